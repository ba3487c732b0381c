//! `gleaner try listings FILE.jsonl`: kind, tags and facts of single listings, in order, with reasons.

use std::path::Path;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};

use super::lines;
use crate::{
    app,
    cli::{Globals, Usage, output},
    collect::understand::understand,
    domain::{BadWhen, Candidate, Facet, Kind, Mode, Reading, Verdict, When},
    tag::{TagInput, Tagger, report},
};

#[derive(Deserialize)]
struct Listing {
    id: String,
    as_of: Option<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    url: Option<String>,
    dates: Option<String>,
}

pub fn run(globals: &Globals, file: &Path) -> anyhow::Result<()> {
    let tagger = app::tagger(&app::configuration(globals)?)?;
    let now = app::Clock::from(globals.as_of).now();
    let work = |number: usize, line: &str| -> anyhow::Result<Value> {
        let wrong = |e: &dyn std::fmt::Display| Usage(format!("{}:{number}: {e}", file.display()));
        let listing: Listing = serde_json::from_str(line).map_err(|e| wrong(&e))?;
        Ok(judge(&tagger, &listing, &reading(&listing, now).map_err(|e| wrong(&format!("as_of: {e}")))?))
    };
    lines::each(file, work, |verdict| output::json(&verdict))
}

fn reading(listing: &Listing, now: DateTime<Utc>) -> Result<Reading, BadWhen> {
    let mut reading = Reading::british(now);
    if let Some(as_of) = &listing.as_of {
        reading = Reading::british(When::parse(as_of, Tz::Europe__London)?.earliest(Tz::Europe__London));
    }
    reading.day_first = listing.dates.as_deref() != Some("mdy");
    Ok(reading)
}

fn judge(tagger: &Tagger, listing: &Listing, reading: &Reading) -> Value {
    let title = if listing.title.trim().is_empty() { "(no title)" } else { &listing.title };
    let Some(candidate) = understand(title, &listing.text, reading) else {
        return json!({"id": listing.id, "kind": Kind::News, "is_cpd_event": false, "tags": {}, "facts": {}, "why": []});
    };
    let input = TagInput { title: &candidate.title, text: &candidate.text, facts: &candidate.facts, zone: candidate.zone, now: reading.now };
    let verdict = tagger.judge(&input);
    json!({
        "id": listing.id,
        "kind": verdict.kind,
        "is_cpd_event": verdict.kind == Kind::Cpd,
        "tags": report::tags_json(&verdict),
        "facts": facts_json(&candidate, &verdict, listing.url.as_deref()),
        "why": report::why_json(&verdict),
    })
}

fn facts_json(c: &Candidate, verdict: &Verdict, url: Option<&str>) -> Value {
    let f = &c.facts;
    let price = f.price.as_ref().map(|p| p.value);
    let currency = price.and_then(|p| p.max.or(p.min)).map(|m| m.currency);
    json!({
        "start": f.start.as_ref().map(|s| s.value),
        "end": f.end.as_ref().map(|s| s.value),
        "timezone": c.zone.name(),
        "price_min": price.and_then(|p| p.min),
        "price_max": price.and_then(|p| p.max),
        "free": price.map(|p| p.is_free()),
        "currency": currency.as_ref().map(crate::domain::Currency::as_str),
        "venue": f.venue.as_ref().map(|v| &v.value),
        "town": f.town.as_ref().map(|v| &v.value),
        "region": f.region.as_ref().map(|v| v.value),
        // Whether one can take part from afar: false unless it is said.
        "online": f.mode.as_ref().is_some_and(|m| matches!(m.value, Mode::Online | Mode::Hybrid | Mode::SelfPaced)),
        "provider": f.provider.as_ref().map(|v| &v.value),
        "booking_url": c.booking_url.as_deref().or(c.url.as_deref()).or(url),
        "audience": verdict.terms(Facet::Audience).collect::<Vec<_>>(),
    })
}
