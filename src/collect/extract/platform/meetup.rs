//! Meetup: a group's calendar, and the state its pages carry.

use serde_json::Value;

use super::fields::{self, is_true, line, object};
use super::traces::{Traces, path, way};
use super::{Asked, Payload, WayIn};
use crate::domain::{Method, Mode, RawEvent, RawOffer, RawPlace, SourceKind, Status};

/// First parts of its addresses that are no groups.
const NO_GROUP: &[&str] =
    &["find", "topics", "login", "register", "help", "apps", "pro", "about", "blog", "media", "privacy", "terms", "_next", "cities", "home"];

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let mut groups: Vec<&str> = traces.on("meetup.com").filter_map(|u| path(u).first().copied()).filter(|g| !NO_GROUP.contains(g)).collect();
    groups.dedup();
    let calendar = |group: &&str| {
        way(
            "meetup",
            &format!("https://www.meetup.com/{group}/events/ical/"),
            SourceKind::Ical,
            format!("the page names the group {group} on Meetup"),
        )
    };
    groups.iter().take(2).filter_map(calendar).collect()
}

pub fn read(value: &Value, asked: &Asked, notes: &mut Vec<String>) -> Option<Payload> {
    let events = embedded(value, asked, notes);
    (!events.is_empty()).then_some(Payload { events, next_page: None })
}

pub fn embedded(value: &Value, asked: &Asked, _notes: &mut Vec<String>) -> Vec<RawEvent> {
    let found = fields::found(value, is_event);
    if found.is_empty() {
        return Vec::new();
    }
    let state = state(value, 0).unwrap_or(&Value::Null);
    fields::once(found.into_iter().filter_map(|e| event(e, state, asked)).collect())
}

fn is_event(value: &Value) -> bool {
    value["__typename"] == "Event" && value["title"].is_string() && value["dateTime"].is_string()
}

/// The table of objects that others refer to by name.
fn state(value: &Value, depth: usize) -> Option<&Value> {
    let own = value["__APOLLO_STATE__"].as_object().map(|_| &value["__APOLLO_STATE__"]);
    own.or_else(|| (depth < 8).then(|| value.as_object()?.values().find_map(|v| state(v, depth + 1))).flatten())
}

fn event(source: &Value, state: &Value, asked: &Asked) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::Meetup, line(&source["title"])?);
    event.native_id = line(&source["id"]);
    event.url = fields::address(&source["eventUrl"], asked.url);
    event.text = fields::text(&source["description"]);
    fields::span(&mut event, &source["dateTime"], &source["endTime"], asked.reading.zone);
    let follow = |value: &'_ Value| value["__ref"].as_str().map_or_else(|| object(value).clone(), |name| object(&state[name]).clone());
    let venue = follow(&source["venue"]);
    let online = is_true(&source["isOnline"]) || source["eventType"] == "ONLINE" || venue["name"] == "Online event";
    event.mode = online.then(|| fields::mode(Mode::Online, "an online event"));
    if !online {
        event.place = RawPlace { name: line(&venue["name"]), address: line(&venue["address"]), town: line(&venue["city"]), ..RawPlace::default() };
    }
    event.provider = line(&follow(&source["group"])["name"]);
    if let Some(amount) = line(&source["feeSettings"]["amount"]) {
        event.offers.push(RawOffer { name: None, low: Some(amount.clone()), high: Some(amount), currency: line(&source["feeSettings"]["currency"]) });
    }
    event.status = (source["status"] == "CANCELLED").then(|| fields::status(Status::Cancelled, "CANCELLED"));
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{page, show, ways_of};

    #[test]
    fn the_state_of_its_pages_is_read() {
        let source = r#"<script id="__NEXT_DATA__" type="application/json">{"props":{"pageProps":{"__APOLLO_STATE__":{"Event:1":{"__typename":"Event","id":"1","title":"Conservators' evening",
            "eventUrl":"https://www.meetup.com/conservators/events/1","dateTime":"2027-05-04T18:30:00+01:00","endTime":"2027-05-04T20:00:00+01:00","isOnline":false,"description":"Bring a lens",
            "venue":{"__ref":"Venue:9"}},"Venue:9":{"__typename":"Venue","name":"The Mill","city":"Leeds"}}}}}</script>"#;
        let e = page(source, "https://www.meetup.com/conservators/events/").events.remove(0);
        assert_eq!(show(&e), "Conservators' evening|2027-05-04T18:30:00+01:00|2027-05-04T20:00:00+01:00");
        assert_eq!(e.place.town.as_deref(), Some("Leeds"));
    }

    #[test]
    fn a_group_has_a_calendar() {
        assert_eq!(
            ways_of("<a href='https://www.meetup.com/conservators/'>x</a>", "https://c.example/"),
            ["meetup ical https://www.meetup.com/conservators/events/ical/"]
        );
    }
}
