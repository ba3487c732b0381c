//! Drupal's JSON:API, where a site has it on: the index names the type that holds events; its date fields are each site's own.

use serde_json::{Map, Value};

use super::fields::{self, line, list, object};
use super::traces::{Traces, on_same_host, way};
use super::{Asked, Payload, WayIn};
use crate::collect::html;
use crate::domain::{Method, RawEvent, RawPlace, SourceKind};

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    if !traces.made_by("drupal") && traces.with("/sites/default/files/").is_none() {
        return Vec::new();
    }
    way("drupal", &on_same_host(traces.url, "/jsonapi"), SourceKind::Api, "the page is made by Drupal").into_iter().collect()
}

pub fn read(value: &Value, asked: &Asked, notes: &mut Vec<String>) -> Option<Payload> {
    if !value["jsonapi"].is_object() {
        return None;
    }
    let kind = |name: &str| name.starts_with("node--") && ["event", "course", "training", "workshop"].iter().any(|w| name.contains(w));
    let data = list(&value["data"]);
    let link = |v: &Value| v["href"].as_str().or(v.as_str()).and_then(|u| html::absolute(asked.url, u));
    if data.is_empty() {
        let next = value["links"].as_object().and_then(|links| links.iter().find(|(name, _)| kind(name))).and_then(|(_, v)| link(v));
        notes.extend(next.is_none().then(|| "the site's JSON:API names no type of events".to_owned()));
        return Some(Payload { events: Vec::new(), next_page: next });
    }
    let events: Vec<RawEvent> = data.iter().filter(|d| d["type"].as_str().is_some_and(kind)).filter_map(|d| event(d, asked)).collect();
    Some(Payload { next_page: asked.next(&events, link(&value["links"]["next"])), events })
}

fn event(source: &Value, asked: &Asked) -> Option<RawEvent> {
    let attributes = source["attributes"].as_object()?;
    let mut event = RawEvent::new(Method::Drupal, line(attributes.get("title")?)?);
    event.native_id = line(&source["id"]);
    event.url = attributes.get("path").and_then(|p| fields::address(&p["alias"], asked.url));
    event.text =
        attributes.get("body").and_then(|b| [&b["processed"], &b["value"]].into_iter().map(fields::text).find(|t| !t.is_empty())).unwrap_or_default();
    dates(attributes, asked, &mut event);
    let place =
        |words: [&str; 2]| attributes.iter().find(|(k, v)| words.iter().any(|w| k.contains(w)) && line(v).is_some()).and_then(|(_, v)| line(v));
    event.place = RawPlace { words: place(["location", "venue"]), ..RawPlace::default() };
    event.price_words = place(["price", "cost"]);
    event.start.is_some().then_some(event)
}

/// The field whose name speaks of a date and whose value is one; never when the page was made.
fn dates(attributes: &Map<String, Value>, asked: &Asked, event: &mut RawEvent) {
    let mut named: Vec<(&String, &Value)> =
        attributes.iter().filter(|(k, _)| k.starts_with("field_") && ["date", "when", "time", "start"].iter().any(|w| k.contains(w))).collect();
    named.sort_by_key(|(k, _)| (k.contains("end"), k.contains("deadline") || k.contains("clos"), k.len()));
    for (name, value) in named {
        if name.contains("deadline") || name.contains("clos") {
            continue;
        }
        let all: Vec<&Value> = if value.is_array() { list(value).iter().collect() } else { vec![value] };
        let parts = all.into_iter().map(|v| if v.is_object() { (&object(v)["value"], &object(v)["end_value"]) } else { (v, &Value::Null) });
        fields::sittings(event, parts, asked.reading.zone);
        if event.start.is_some() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{payload_at, show, ways_of};

    #[test]
    fn the_index_names_the_type_and_the_type_holds_the_events() {
        let at = "https://trust.example/jsonapi";
        let index = r#"{"jsonapi":{"version":"1.0"},"data":[],"links":{"node--event":{"href":"https://trust.example/jsonapi/node/event"},"node--page":{"href":"x"}}}"#;
        assert_eq!(payload_at(index, at).next_page.unwrap().as_str(), "https://trust.example/jsonapi/node/event");
        let answer = r#"{"jsonapi":{"version":"1.0"},"data":[{"type":"node--event","id":"1","attributes":{"title":"Grant writing","created":"2026-01-01T00:00:00+00:00","body":{"processed":"<p>How to ask</p>"},
            "path":{"alias":"/events/grant-writing"},"field_date":{"value":"2027-05-04T10:00:00+01:00","end_value":"2027-05-04T12:00:00+01:00"},"field_booking_deadline_date":"2027-04-01","field_location":"Leeds"}}]}"#;
        let e = payload_at(answer, at).events.remove(0);
        assert_eq!(show(&e), "Grant writing|2027-05-04T10:00:00+01:00|2027-05-04T12:00:00+01:00");
        assert_eq!((e.url.as_deref(), e.place.words.as_deref()), (Some("https://trust.example/events/grant-writing"), Some("Leeds")));
    }

    #[test]
    fn its_pages_name_the_index() {
        assert_eq!(
            ways_of("<meta name=generator content='Drupal 10 (https://www.drupal.org)'>", "https://trust.example/x"),
            ["drupal api https://trust.example/jsonapi"]
        );
    }
}
