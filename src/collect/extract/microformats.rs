//! h-event (microformats2) and hCalendar (classic `vevent`) as the JSON-LD they would be, with the value class pattern.
//!
//! A property inside another microformat belongs to that one.

use scraper::ElementRef;
use serde_json::{Map, Value, json};

use super::markup::Gathering;
use crate::collect::html;

/// An event without a marked name is its whole text only when that is a line, not an article.
const LONGEST_NAME: usize = 200;

/// Events inside events inside events...: each would look through all the others.
const MOST_DEPTH: usize = 4;

/// Every event of the page.
pub fn items(page: &mut Gathering<'_>) -> Vec<Value> {
    let mut roots = page.roots(".h-event, .vevent");
    let found = roots.len();
    let is_event = |e: ElementRef<'_>| e.value().classes().any(|c| c == "h-event" || c == "vevent");
    roots.retain(|e| e.ancestors().filter_map(ElementRef::wrap).filter(|a| is_event(*a)).count() < MOST_DEPTH);
    if roots.len() < found {
        page.notes.push(format!("{} events nested deeper than {MOST_DEPTH} in one another were left out", found - roots.len()));
    }
    roots.into_iter().map(event).collect()
}

fn event(element: ElementRef<'_>) -> Value {
    let find = |css: &'static str| html::all(element, css).into_iter().find(|e| is_own(*e, element));
    let mut out = Map::new();
    out.insert("@type".into(), "Event".into());
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            out.insert(name.into(), value);
        }
    };
    let start = find(".dt-start, .dtstart").map(moment);
    put("name", name(element, find(".p-name, .summary")));
    put("endDate", find(".dt-end, .dtend").map(moment).map(|end| Value::from(on_day_of(&end, start.as_deref()))));
    put("startDate", start.map(Value::from));
    put("location", find(".p-location, .location").map(place));
    put("description", find(".e-content, .p-summary, .p-description, .description").map(|e| Value::from(html::text(e))));
    let linked = || Some(element).filter(|e| e.value().name() == "a");
    put("url", find("a.u-url, a.url, .u-url[href]").or_else(linked).and_then(|a| html::attr(a, "href")).map(Value::from));
    put("organizer", find(".p-organizer, .organizer").map(named).map(Value::from));
    put("eventStatus", find(".p-status, .status").map(|e| Value::from(words(e))));
    put("identifier", find(".u-uid, .uid").map(|e| Value::from(words(e))));
    Value::Object(out)
}

/// Whether a property of the event itself: no other microformat stands between the two.
fn is_own(property: ElementRef<'_>, event: ElementRef<'_>) -> bool {
    let between = property.ancestors().take_while(|a| a.id() != event.id()).filter_map(ElementRef::wrap);
    property.id() != event.id() && !between.into_iter().any(is_root)
}

fn is_root(element: ElementRef<'_>) -> bool {
    element.value().classes().any(|c| {
        matches!(c, "vevent" | "vcard" | "hreview" | "hentry" | "hresume" | "hproduct" | "adr")
            || matches!(
                c,
                "h-event" | "h-card" | "h-adr" | "h-geo" | "h-entry" | "h-feed" | "h-review" | "h-product" | "h-resume" | "h-item" | "h-cite"
            )
    })
}

fn name(event: ElementRef<'_>, marked: Option<ElementRef<'_>>) -> Option<Value> {
    let heading = || html::first(event, "h1, h2, h3").map(words);
    let whole = || Some(html::line(event)).filter(|t| t.len() <= LONGEST_NAME);
    marked.map(words).filter(|t| !t.is_empty()).or_else(heading).or_else(whole).filter(|t| !t.is_empty()).map(Value::from)
}

/// The words of an element; of an abbreviation what it stands for.
fn words(element: ElementRef<'_>) -> String {
    let stated = match element.value().name() {
        "abbr" => html::attr(element, "title"),
        "data" | "input" => html::attr(element, "value"),
        "img" => html::attr(element, "alt"),
        _ => html::first(element, ".value-title[title]").and_then(|e| html::attr(e, "title")),
    };
    stated.map_or_else(|| html::line(element), html::one_line)
}

/// The name on a card, or all its words.
fn named(card: ElementRef<'_>) -> String {
    html::first(card, ".p-name, .fn, .p-org, .org").map_or_else(|| words(card), words)
}

/// A place in words, or its card with an address.
fn place(element: ElementRef<'_>) -> Value {
    let part = |css: &'static str| html::first(element, css).map(words);
    let address = json!({
        "streetAddress": part(".p-street-address, .street-address"),
        "addressLocality": part(".p-locality, .locality"),
        "addressRegion": part(".p-region, .region"),
        "postalCode": part(".p-postal-code, .postal-code"),
    });
    let name = part(".p-name, .fn, .p-org, .org");
    let stated = address.as_object().is_some_and(|a| a.values().any(|v| !v.is_null()));
    match (stated, name) {
        (false, None) => Value::from(words(element)),
        (false, Some(name)) => json!({ "@type": "Place", "name": name }),
        (true, name) => json!({ "@type": "Place", "name": name, "address": address }),
    }
}

/// A moment by the value class pattern, `datetime`, the title of an `abbr`, or its words.
fn moment(element: ElementRef<'_>) -> String {
    let parts: Vec<String> = html::all(element, ".value, .value-title").into_iter().take(4).map(stated).collect();
    if parts.is_empty() {
        return stated(element);
    }
    let whole = parts.iter().find(|p| is_day(p) && p.len() > 10);
    if let Some(whole) = whole {
        return whole.clone();
    }
    let day = parts.iter().find(|p| is_day(p)).cloned().unwrap_or_default();
    let time = parts.iter().find_map(|p| time(p)).unwrap_or_default();
    let offset = parts.iter().find(|p| p.len() <= 6 && (p.starts_with(['+', '-']) || p.eq_ignore_ascii_case("z"))).cloned().unwrap_or_default();
    let moment = [day, time].join(" ").trim().to_owned() + &offset;
    if moment.is_empty() { parts.join(" ") } else { moment }
}

fn stated(element: ElementRef<'_>) -> String {
    let attribute = match element.value().name() {
        "abbr" => "title",
        "data" | "input" => "value",
        _ if element.value().classes().any(|c| c == "value-title") => "title",
        _ => "datetime",
    };
    let value = html::attr(element, attribute).or_else(|| html::attr(element, "datetime")).or_else(|| html::attr(element, "content"));
    value.map_or_else(|| html::line(element), html::one_line)
}

/// `2027-05-04...` or the day of a year, `2027-124`.
fn is_day(part: &str) -> bool {
    part.len() >= 8 && part.as_bytes()[4] == b'-' && part.bytes().take(4).all(|b| b.is_ascii_digit())
}

/// `7pm`, `07:00:00 p.m.`, `19:00+01:00` as `19:00:00` with whatever offset follows.
fn time(part: &str) -> Option<String> {
    let lower = part.trim().to_ascii_lowercase().replace(['.', ' '], "");
    let digits = lower.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(lower.len());
    let (clock, rest) = lower.split_at(digits);
    let mut numbers = clock.split(':').map(|n| n.parse::<u32>().ok().filter(|_| n.len() <= 2));
    let hour = numbers.next()??;
    let minute = numbers.next().unwrap_or(Some(0))?;
    let second = numbers.next().unwrap_or(Some(0))?;
    let half = rest.starts_with("am") || rest.starts_with("pm");
    if (!half && !clock.contains(':')) || hour > 24 || minute > 59 || second > 59 {
        return None;
    }
    let hour = match (rest.starts_with("pm"), rest.starts_with("am"), hour) {
        (true, _, 1..=11) => hour + 12,
        (_, true, 12) => 0,
        _ => hour,
    };
    let offset = if half { &rest[2..] } else { rest };
    Some(format!("{hour:02}:{minute:02}:{second:02}{}", offset.to_ascii_uppercase()))
}

/// An end that names a time only is on the day of the start.
fn on_day_of(end: &str, start: Option<&str>) -> String {
    match start.and_then(|s| s.get(..10)).filter(|s| is_day(s)) {
        Some(day) if !is_day(end) => time(end).map_or_else(|| end.to_owned(), |t| format!("{day} {t}")),
        _ => end.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Value {
        let page = html::parse(source);
        items(&mut Gathering::of(&page.html)).remove(0)
    }

    /// `start..end` of an event whose date is marked up so.
    fn check(dates: &str, expected: &str) {
        let event = read(&format!("<div class=vevent><b class=summary>Pests</b>{dates}</div>"));
        let show = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(format!("{}..{}", show("startDate"), show("endDate")), expected, "{dates}");
    }

    #[test]
    fn moments_by_the_value_class_pattern() {
        let day = "<time class=value datetime='2027-05-04'>4 May</time>";
        for (clock, expected) in [
            ("07:00:00pm ", "19:00:00"),
            ("7pm", "19:00:00"),
            ("12am", "00:00:00"),
            ("07:00p.m.", "19:00:00"),
            ("19:00", "19:00:00"),
            ("19:00:00-0800", "19:00:00-0800"),
            ("19:00z", "19:00:00Z"),
        ] {
            check(&format!("<p class=dtstart>{day}, from <span class=value>{clock}</span></p>"), &format!("2027-05-04 {expected}.."));
        }
        check(
            &format!("<p class=dtstart>{day} <i class=value>10:00</i></p> to <p class=dtend><i class=value>12:00</i></p>"),
            "2027-05-04 10:00:00..2027-05-04 12:00:00",
        );
        check("<p class=dtstart><span class=value-title title='2027-05-04'> </span>4 May</p>", "2027-05-04..");
        check(
            "<abbr class=dtstart title='2027-05-04T10:00'>4 May</abbr><abbr class=dtend title='2027-05-05'>5 May</abbr>",
            "2027-05-04T10:00..2027-05-05",
        );
        check("<data class=dtstart value='2027-05-04'></data>", "2027-05-04..");
        check("<p class=dtstart>2027-05-04</p>", "2027-05-04..");
    }

    #[test]
    fn places_with_a_card() {
        let event = read(
            "<div class=h-event><a class='p-name u-url' href='/x'>Pests</a><span class='p-location h-card'><a class='p-name u-url' href='/hall'>Town Hall</a> \
             <span class=p-locality>Hull</span> <span class=p-postal-code>HU1 1AA</span></span></div>",
        );
        assert_eq!((event["name"].as_str(), event["url"].as_str()), (Some("Pests"), Some("/x")));
        assert_eq!((&event["location"]["name"], &event["location"]["address"]["addressLocality"]), (&json!("Town Hall"), &json!("Hull")));
    }

    #[test]
    fn a_link_alone_is_an_event_and_an_article_has_no_name() {
        let link = read("<a class=h-event href='/camp'>Summer camp</a>");
        assert_eq!((link["name"].as_str(), link["url"].as_str()), (Some("Summer camp"), Some("/camp")));
        assert_eq!(read(&format!("<div class=h-event><p>{}</p></div>", "word ".repeat(80)))["name"], Value::Null);
    }

    #[test]
    fn nested_events_are_cut_and_said() {
        let page = html::parse(&"<div class=h-event><b class=p-name>x</b>".repeat(50));
        let mut gathering = Gathering::of(&page.html);
        assert_eq!(items(&mut gathering).len(), MOST_DEPTH);
        assert_eq!(gathering.notes, ["46 events nested deeper than 4 in one another were left out"]);
    }

    #[test]
    fn the_properties_of_an_event_inside_are_its_own() {
        let event = read(
            "<div class=h-event><div class=h-event><b class=p-name>Inner</b><time class=dt-start datetime=2027-05-05></time></div><h2>Outer</h2></div>",
        );
        assert_eq!((event["name"].as_str(), &event["startDate"]), (Some("Outer"), &Value::Null));
    }
}
