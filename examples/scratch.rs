use gleaner::collect::extract;
use gleaner::domain::*;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let get = |n: &str| args.iter().position(|a| a == n).and_then(|i| args.get(i + 1)).cloned();
    let file = &args[2];
    let zone: chrono_tz::Tz = get("--timezone").and_then(|z| z.parse().ok()).unwrap_or(chrono_tz::Europe::London);
    let day = |s: String| {
        let d = chrono::NaiveDate::parse_from_str(&s[..10], "%Y-%m-%d").unwrap();
        civil(d.and_hms_opt(0, 0, 0).unwrap(), zone).with_timezone(&chrono::Utc)
    };
    let now = get("--as-of").map(day).unwrap_or_else(|| "2026-11-21T12:00:00Z".parse().unwrap());
    let mut reading = Reading::british(now);
    reading.zone = zone;
    reading.day_first = get("--dates").as_deref() != Some("mdy");
    if let (Some(f), Some(t)) = (get("--from"), get("--to")) {
        reading.window = (day(f), day(t));
    }
    let doc = Document {
        url: get("--url").and_then(|u| url::Url::parse(&u).ok()),
        content_type: get("--content-type"),
        body: std::fs::read(file).unwrap(),
    };
    match extract::extract(&doc, &reading, SourceKind::Auto, None) {
        Err(e) => {
            eprintln!("{e}");
            std::process::exit(1)
        }
        Ok(x) => {
            if args.iter().any(|a| a == "-v") {
                eprintln!("{:?} {:?}", x.format, x.notes);
            }
            for e in x.events {
                let dw = e.date_words.clone();
                let Some(c) = gleaner::collect::normalise::normalise(e, &reading, doc.url.as_ref()) else { continue };
                let f = &c.facts;
                let w = |x: &Option<Fact<When>>| x.as_ref().map(|s| s.value.to_string());
                let t = |x: &Option<Fact<String>>| x.as_ref().map(|s| s.value.clone());
                let s: Vec<_> =
                    f.sessions.iter().map(|s| serde_json::json!({"start": s.start.to_string(), "end": s.end.map(|e| e.to_string())})).collect();
                println!(
                    "{}",
                    serde_json::json!({"title": c.title, "start": w(&f.start), "end": w(&f.end), "sessions": s, "url": c.url, "booking_url": c.booking_url, "method": c.method.as_str(), "confidence": c.confidence,
                    "venue": t(&f.venue), "address": t(&f.address), "town": t(&f.town), "provider": t(&f.provider), "date_words": dw})
                );
            }
        }
    }
}
