//! Localist: `/api/2/events`, every event wrapped twice.
//!
//! What the cost says in words wins over the flag `free`, which is a default on many sites.

use serde_json::Value;

use super::fields::{self, line, list, object};
use super::traces::{Traces, on_same_host, way};
use super::{Asked, Payload, WayIn};
use crate::domain::{Method, Mode, RawEvent, RawPlace, SourceKind, Status};

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let host = traces.on("localist.com").find(|u| u.host_str().is_some_and(|h| !h.starts_with("www.") && h != "localist.com"));
    let named = traces.with("/api/2/events");
    let served =
        traces.with("localist-images").is_some() || traces.made_by("localist") || traces.has("link[href*='localist'], script[src*='localist']");
    let (site, why) = match (named, host) {
        (Some(api), _) => (api, "the page names Localist's API"),
        (None, Some(host)) => (host, "the page names a Localist calendar"),
        (None, None) if served => (traces.url, "the page is served by Localist"),
        (None, None) => return Vec::new(),
    };
    way("localist", &on_same_host(site, "/api/2/events?days=365&pp=100&page=1"), SourceKind::Api, why).into_iter().collect()
}

pub fn read(value: &Value, asked: &Asked, _notes: &mut Vec<String>) -> Option<Payload> {
    let wrapped = list(&value["events"]);
    let own = |e: &Value| e["event"]["title"].is_string() && (e["event"]["event_instances"].is_array() || e["event"]["localist_url"].is_string());
    if !wrapped.iter().any(own) {
        return None;
    }
    let events: Vec<RawEvent> = wrapped.iter().filter_map(|e| event(&e["event"], asked)).collect();
    let (current, total) = (value["page"]["current"].as_u64(), value["page"]["total"].as_u64());
    let next = current.zip(total).filter(|(current, total)| current < total).and_then(|(current, _)| asked.with("page", &(current + 1).to_string()));
    Some(Payload { next_page: asked.next(&events, next), events })
}

fn event(source: &Value, asked: &Asked) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::Localist, line(&source["title"])?);
    event.native_id = line(&source["id"]);
    event.url = fields::address(&source["localist_url"], asked.url).or_else(|| fields::address(&source["url"], asked.url));
    event.booking_url = fields::address(&source["ticket_url"], asked.url);
    event.text = [&source["description_text"], &source["description"]].into_iter().map(fields::text).find(|t| !t.is_empty()).unwrap_or_default();
    let sittings = list(&source["event_instances"]).iter().map(|wrapped| {
        let own = &wrapped["event_instance"];
        let sitting = if own.is_object() { own } else { wrapped };
        (whole_day(sitting), &sitting["end"])
    });
    let printed: Vec<(Value, &Value)> = sittings.collect();
    fields::sittings(&mut event, printed.iter().map(|(start, end)| (start, *end)), asked.reading.zone);
    if event.start.is_none() {
        fields::span(&mut event, &source["first_date"], &source["last_date"], asked.reading.zone);
    }
    event.place = place(source);
    event.price_words = line(&source["ticket_cost"]).or_else(|| fields::is_true(&source["free"]).then(|| "Free".to_owned()));
    event.mode = match source["experience"].as_str() {
        Some("virtual") => Some(fields::mode(Mode::Online, "experience: virtual")),
        Some("hybrid") => Some(fields::mode(Mode::Hybrid, "experience: hybrid")),
        Some("inperson" | "in_person") => Some(fields::mode(Mode::InPerson, "experience: inperson")),
        _ => None,
    };
    event.status = match source["status"].as_str() {
        Some(s @ ("canceled" | "cancelled")) => Some(fields::status(Status::Cancelled, s)),
        Some(s @ "postponed") => Some(fields::status(Status::Postponed, s)),
        _ => None,
    };
    Some(event)
}

/// The start; of a whole day only its day.
fn whole_day(sitting: &Value) -> Value {
    let start = sitting["start"].as_str().unwrap_or_default();
    let day = start.get(..10).filter(|_| fields::is_true(&sitting["all_day"]));
    Value::from(day.unwrap_or(start))
}

fn place(source: &Value) -> RawPlace {
    let geo = object(&source["geo"]);
    let venue = line(&source["location_name"]).or_else(|| line(&source["location"]));
    let room = line(&source["room_number"]);
    RawPlace {
        name: match (venue, room) {
            (Some(venue), Some(room)) => Some(format!("{venue}, {room}")),
            (venue, room) => venue.or(room),
        },
        address: line(&source["address"]).or_else(|| line(&geo["street"])),
        town: line(&geo["city"]),
        postcode: line(&geo["zip"]),
        region: line(&geo["state"]),
        words: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{payload_at, show, ways_of};

    fn check(fields: &str) -> crate::domain::RawEvent {
        let source = format!(
            r#"{{"events":[{{"event":{{"id":5,"title":"Museum ethics","localist_url":"https://events.uni.example/event/ethics",
            "event_instances":[{{"event_instance":{{"id":1,"start":"2027-03-04T10:00:00+00:00","end":null,"all_day":false}}}}]{fields}}}}}],"page":{{"current":1,"size":100,"total":1}}}}"#
        );
        payload_at(&source, "https://events.uni.example/api/2/events?page=1").events.remove(0)
    }

    #[test]
    fn instances_are_sittings() {
        let one = check("");
        assert_eq!(show(&one), "Museum ethics|2027-03-04T10:00:00+00:00|");
        let two = check(
            r#","event_instances":[{"event_instance":{"start":"2027-05-11T10:00:00+01:00","end":"2027-05-11T12:00:00+01:00"}},
            {"event_instance":{"start":"2027-05-04T10:00:00+01:00","end":"2027-05-04T12:00:00+01:00"}}]"#,
        );
        assert_eq!(show(&two), "Museum ethics|2027-05-04T10:00:00+01:00|2027-05-11T12:00:00+01:00");
        assert_eq!(two.sessions.len(), 2);
        assert_eq!(
            show(&check(r#","event_instances":[{"event_instance":{"start":"2027-05-04T00:00:00+01:00","all_day":true}}]"#)),
            "Museum ethics|2027-05-04|"
        );
    }

    #[test]
    fn the_cost_in_words_wins_over_the_flag() {
        assert_eq!(check(r#","free":true,"ticket_cost":"£10""#).price_words.as_deref(), Some("£10"));
        assert_eq!(check(r#","free":true,"ticket_cost":"""#).price_words.as_deref(), Some("Free"));
        assert_eq!(check(r#","free":false"#).price_words, None);
    }

    #[test]
    fn pages_are_numbered() {
        let source =
            r#"{"events":[{"event":{"title":"A","localist_url":"https://e.example/a","event_instances":[]}}],"page":{"current":2,"total":3}}"#;
        let next = payload_at(source, "https://e.example/api/2/events?pp=100&page=2").next_page.unwrap();
        assert_eq!(next.as_str(), "https://e.example/api/2/events?pp=100&page=3");
    }

    #[test]
    fn its_pages_name_the_api() {
        let page = "<img src=x><link rel=preload href='https://localist-images.azureedge.net/photos/1/x.jpg'>";
        assert_eq!(
            ways_of(page, "https://events.uni.example/calendar"),
            ["localist api https://events.uni.example/api/2/events?days=365&pp=100&page=1"]
        );
    }
}
