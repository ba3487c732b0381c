//! The Events Calendar (WordPress): `/wp-json/tribe/events/v1/events`, `?ical=1`.
//!
//! A site left on UTC prints its civil times as if they were UTC: they are read in the reader's own zone.

use serde_json::Value;
use url::Url;

use super::fields::{self, line, list, object};
use super::traces::{Traces, on_same_host, path, way};
use super::{Asked, Payload, WayIn};
use crate::collect::extract::structured;
use crate::collect::html;
use crate::domain::{Method, RawEvent, RawPlace, SourceKind, When};

/// An end this many years after the start is a slip of the editor.
const ABSURD_YEARS: i32 = 3;

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let printed = traces.addresses().find(|u| u.query().is_some_and(|q| q.contains("ical=1") || q.contains("outlook-ical=1")));
    let why = if traces.with("/wp-json/tribe/events/").is_some() {
        "the page names The Events Calendar's API"
    } else if traces.with("/plugins/the-events-calendar/").is_some() || traces.has(".tribe-events, [class*='tribe-events'], [class*='tribe-common']")
    {
        "the page is made by The Events Calendar"
    } else if printed.is_some_and(|u| u.path().contains("event")) {
        "a calendar link of The Events Calendar"
    } else {
        return Vec::new();
    };
    let own = |u: &&Url| u.host_str() == traces.url.host_str() && u.path().contains("/wp-json/");
    let root = traces.addresses().find(own).and_then(|u| u.as_str().split_once("/wp-json/")).map(|(root, _)| root.to_owned());
    let root = root.unwrap_or_else(|| on_same_host(traces.url, "/").trim_end_matches('/').to_owned());
    let category = category(traces);
    let filter = category.map(|c| format!("&categories={c}")).unwrap_or_default();
    let folder = category.map(|c| format!("category/{c}/")).unwrap_or_default();
    let calendar = printed.map_or_else(|| format!("{root}/events/{folder}?ical=1"), |u| u.as_str().replace("outlook-ical=1", "ical=1"));
    [
        way("events_calendar", &format!("{root}/wp-json/tribe/events/v1/events?per_page=50{filter}"), SourceKind::Api, why),
        way("events_calendar", &calendar, SourceKind::Ical, why),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The category a page is about: `/events/category/training/`.
fn category<'a>(traces: &'a Traces) -> Option<&'a str> {
    let parts = path(traces.url);
    let at = parts.iter().position(|p| *p == "category")?;
    parts.get(at + 1).copied().filter(|_| at > 0)
}

pub fn read(value: &Value, asked: &Asked, notes: &mut Vec<String>) -> Option<Payload> {
    if let Some(code) = value["code"].as_str().filter(|c| c.starts_with("rest") || c.starts_with("event")).filter(|_| value["message"].is_string()) {
        let says = line(&value["message"]).unwrap_or_default();
        notes.push(crate::domain::text::single_line(&format!("the site's API refuses: {says} ({code})"), 300));
        return Some(Payload::default());
    }
    let own = |v: &Value| v["rest_url"].as_str().is_some_and(|u| u.contains("tribe/events"));
    let printed = if is_event(value) { std::slice::from_ref(value) } else { list(&value["events"]) };
    let is_empty = value["events"].is_array() && own(value);
    if !is_empty && !printed.iter().any(is_event) {
        return None;
    }
    let events: Vec<RawEvent> = printed.iter().filter_map(|e| event(e, asked, notes)).collect();
    let next = value["next_rest_url"].as_str().and_then(|u| html::absolute(asked.url, u));
    Some(Payload { next_page: asked.next(&events, next), events })
}

fn is_event(value: &Value) -> bool {
    value["title"].is_string() && value["start_date"].is_string() && (value["utc_start_date"].is_string() || value["global_id"].is_string())
}

fn event(source: &Value, asked: &Asked, notes: &mut Vec<String>) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::EventsCalendar, line(&source["title"])?);
    event.native_id = line(&source["global_id"]).or_else(|| line(&source["id"]));
    event.url = fields::address(&source["url"], asked.url);
    event.booking_url = fields::address(&source["website"], asked.url).filter(|u| Some(u) != event.url.as_ref());
    event.text = Some(fields::text(&source["description"])).filter(|t| !t.is_empty()).unwrap_or_else(|| fields::text(&source["excerpt"]));
    dates(source, asked, &mut event, notes);
    event.place = place(object(&source["venue"]));
    event.price_words = cost(source);
    event.provider = line(&object(&source["organizer"])["organizer"]).filter(|name| !name.contains('@'));
    if let Some(marked_up) = object(&source["json_ld"]).as_object() {
        structured::status(marked_up, &mut event);
        event.mode = event.mode.take().or_else(|| structured::attendance(&source["json_ld"]["eventAttendanceMode"]));
    }
    Some(event)
}

fn dates(source: &Value, asked: &Asked, event: &mut RawEvent, notes: &mut Vec<String>) {
    event.zone = fields::zone(&source["timezone"]);
    let zone = event.zone.unwrap_or(asked.reading.zone);
    // "UTC+1" is a fixed offset that nobody lives in: only there the UTC times say more than the civil ones.
    let offset = source["timezone"].as_str().is_some_and(|z| z.starts_with("UTC") && z.chars().any(|c| ('1'..='9').contains(&c)));
    let utc = |name: &str| Value::from(source[name].as_str().map(|s| format!("{s}Z")));
    if offset && source["utc_start_date"].is_string() {
        fields::span(event, &utc("utc_start_date"), &utc("utc_end_date"), zone);
    } else {
        fields::span(event, &source["start_date"], &source["end_date"], zone);
    }
    if fields::is_true(&source["all_day"]) {
        let day = |when: When| when.day().map_or(when, When::Day);
        event.start = event.start.take().map(|f| f.map(day));
        event.end = event.end.take().map(|f| f.map(day)).filter(|e| event.start.as_ref().is_some_and(|s| e.value != s.value));
    }
    if event.end.is_none() && year(&source["end_date"]).zip(year(&source["start_date"])).is_some_and(|(end, start)| end - start >= ABSURD_YEARS) {
        notes.push("an end years after its start was left out".into());
    }
}

fn year(date: &Value) -> Option<i32> {
    date.as_str()?.get(..4)?.parse().ok()
}

fn place(venue: &Value) -> RawPlace {
    RawPlace {
        name: line(&venue["venue"]),
        address: line(&venue["address"]),
        town: line(&venue["city"]),
        postcode: line(&venue["zip"]),
        region: line(&venue["province"]).or_else(|| line(&venue["state"])),
        words: None,
    }
}

/// The cost as printed; a bare figure gets the site's currency sign.
fn cost(source: &Value) -> Option<String> {
    let cost = line(&source["cost"])?;
    let details = object(&source["cost_details"]);
    let sign = line(&details["currency_symbol"]).filter(|_| cost.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')));
    Some(format!("{}{cost}", sign.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{payload, show, ways_of};

    fn one(fields: &str) -> String {
        format!(
            r#"{{"events":[{{"id":7,"global_id":"museums.example?id=7","status":"publish","url":"https://museums.example/event/x/","title":"Pests &#038; Moulds",
            "description":"<p>All about it</p>","image":false,"all_day":false,"start_date":"2027-05-04 10:00:00","end_date":"2027-05-04 13:00:00",
            "utc_start_date":"2027-05-04 09:00:00","utc_end_date":"2027-05-04 12:00:00","timezone":"Europe/London","cost":"£25 – £45","venue":[],"organizer":[]{fields}}}],
            "rest_url":"https://museums.example/wp-json/tribe/events/v1/events/","next_rest_url":"https://museums.example/wp-json/tribe/events/v1/events/?page=2","total":2,"total_pages":2}}"#
        )
    }

    #[test]
    fn an_event_with_everything_and_the_next_page() {
        let read = payload(&one(
            r#","venue":{"venue":"Old Customs House","address":"1 Quay","city":"Hull","zip":"HU1 1AA"},"organizer":[{"organizer":"Humber Museums","email":"x@museums.example"}]"#,
        ));
        let e = &read.events[0];
        assert_eq!(show(e), "Pests & Moulds|2027-05-04T10:00:00+01:00|2027-05-04T13:00:00+01:00");
        assert_eq!((e.place.town.as_deref(), e.place.name.as_deref()), (Some("Hull"), Some("Old Customs House")));
        assert_eq!((e.price_words.as_deref(), e.provider.as_deref()), (Some("£25 – £45"), Some("Humber Museums")));
        assert_eq!(read.next_page.unwrap().query(), Some("page=2"));
    }

    #[test]
    fn a_site_left_on_utc_prints_civil_time() {
        for zone in ["UTC", "UTC+0", ""] {
            let source = one(&format!(r#","timezone":"{zone}","utc_start_date":"2027-05-04 10:00:00""#));
            assert_eq!(show(&payload(&source).events[0]), "Pests & Moulds|2027-05-04T10:00:00+01:00|2027-05-04T13:00:00+01:00", "{zone}");
        }
        let source = one(r#","timezone":"UTC+2","utc_start_date":"2027-05-04 08:00:00","utc_end_date":"""#);
        assert_eq!(show(&payload(&source).events[0]), "Pests & Moulds|2027-05-04T09:00:00+01:00|");
    }

    #[test]
    fn all_day_and_absurd_ends() {
        let days = one(r#","all_day":true,"start_date":"2027-05-04 00:00:00","end_date":"2027-05-05 23:59:59""#);
        assert_eq!(show(&payload(&days).events[0]), "Pests & Moulds|2027-05-04|2027-05-05");
        let absurd = payload(&one(r#","end_date":"2067-05-04 13:00:00""#));
        assert_eq!(show(&absurd.events[0]), "Pests & Moulds|2027-05-04T10:00:00+01:00|");
        assert_eq!(absurd.notes, ["an end years after its start was left out"]);
    }

    #[test]
    fn a_bare_cost_gets_its_sign_and_an_empty_one_is_none() {
        assert_eq!(payload(&one(r#","cost":"25","cost_details":{"currency_symbol":"£"}"#)).events[0].price_words.as_deref(), Some("£25"));
        assert_eq!(payload(&one(r#","cost":"""#)).events[0].price_words, None);
    }

    #[test]
    fn an_error_is_said_and_an_empty_answer_is_one() {
        let refused = payload(r#"{"code":"rest-event-not-found","message":"No such event","data":{"status":404}}"#);
        assert_eq!(refused.notes, ["the site's API refuses: No such event (rest-event-not-found)"]);
        assert!(payload(r#"{"events":[],"rest_url":"https://m.example/wp-json/tribe/events/v1/events/","total":0}"#).events.is_empty());
    }

    #[test]
    fn its_pages_name_the_api_and_the_calendar() {
        let page = "<body class='tribe-events-page'><a href='webcal://museums.example/events/category/cpd/?ical=1'>Subscribe</a>";
        assert_eq!(
            ways_of(page, "https://museums.example/events/category/cpd/"),
            [
                "events_calendar api https://museums.example/wp-json/tribe/events/v1/events?per_page=50&categories=cpd",
                "events_calendar ical https://museums.example/events/category/cpd/?ical=1"
            ]
        );
        assert!(ways_of("<p class='events'>x</p>", "https://museums.example/").is_empty());
    }
}
