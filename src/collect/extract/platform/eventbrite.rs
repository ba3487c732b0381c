//! Eventbrite: organiser and event pages, the data inside them, and API answers.
//!
//! A repeating event is printed as one item from its first date to its last, and prices include fees: both are said to the editor.

use chrono::TimeDelta;
use serde_json::Value;
use url::Url;

use super::fields::{self, is_true, line, list, object};
use super::traces::{Traces, path, way};
use super::{Asked, Payload, WayIn};
use crate::collect::extract::Extracted;
use crate::collect::extract::structured;
use crate::domain::{Method, Mode, RawEvent, RawOffer, RawPlace, Reading, SourceKind, Status};

/// A single sitting does not last longer.
const LONGEST_SITTING: TimeDelta = TimeDelta::days(14);
/// How sure one can be of a repeating event's dates.
const REPEATING: f32 = 0.5;

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let organiser = |u: &&Url| is_eventbrite(u) && path(u).first() == Some(&"o");
    let page = |u: &Url| {
        let address = format!("https://{}/{}", u.host_str()?, path(u).join("/"));
        way("eventbrite", &address, SourceKind::Page, "the page names an organiser on Eventbrite")
    };
    traces.addresses().filter(organiser).take(3).filter_map(page).collect()
}

/// `eventbrite.co.uk`, `eventbrite.com`, `eventbrite.ie`...
fn is_eventbrite(url: &Url) -> bool {
    url.host_str().is_some_and(|h| h.split('.').any(|part| part == "eventbrite"))
}

pub fn read(value: &Value, asked: &Asked, notes: &mut Vec<String>) -> Option<Payload> {
    let printed = if is_event(value) { std::slice::from_ref(value) } else { list(&value["events"]) };
    let is_empty = value["pagination"]["has_more_items"].is_boolean() && value["events"].is_array();
    if !is_empty && !printed.iter().any(is_event) {
        return None;
    }
    let events: Vec<RawEvent> = printed.iter().filter(|e| is_event(e)).filter_map(|e| event(e, asked, notes)).collect();
    let more = is_true(&value["pagination"]["has_more_items"]).then(|| line(&value["pagination"]["continuation"])).flatten();
    let next = more.and_then(|token| asked.with("continuation", &token));
    Some(Payload { next_page: asked.next(&events, next), events })
}

/// The events in the data of an organiser's page, in either shape that was seen there.
pub fn embedded(value: &Value, asked: &Asked, notes: &mut Vec<String>) -> Vec<RawEvent> {
    if !asked.url.is_none_or(is_eventbrite) {
        return Vec::new();
    }
    fields::found(value, is_event).into_iter().filter_map(|e| event(e, asked, notes)).collect()
}

fn is_event(value: &Value) -> bool {
    let own = value["url"].as_str().is_some_and(|u| u.contains("eventbrite.") || u.starts_with("/e/"));
    let start = value["start"]["local"].is_string() || value["start"]["utc"].is_string() || value["start_date"].is_string();
    own && start && (value["name"].is_string() || value["name"]["text"].is_string())
}

fn event(source: &Value, asked: &Asked, notes: &mut Vec<String>) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::Eventbrite, line(&source["name"]["text"]).or_else(|| line(&source["name"]))?);
    event.native_id = line(&source["id"]);
    event.url = fields::address(&source["url"], asked.url);
    event.text = ["description", "summary"].iter().map(|n| words(&source[*n])).find(|t| !t.is_empty()).unwrap_or_default();
    event.zone = fields::zone(&source["start"]["timezone"]).or_else(|| fields::zone(&source["timezone"]));
    let zone = event.zone.unwrap_or(asked.reading.zone);
    fields::span(&mut event, &moment(source, "start"), &moment(source, "end"), zone);
    let online = [&source["online_event"], &source["is_online_event"]].into_iter().any(is_true);
    event.mode = online.then(|| fields::mode(Mode::Online, "online_event"));
    event.place = place(object(&source["venue"]), object(&source["primary_venue"]));
    price(source, &mut event);
    event.provider = line(&source["organizer"]["name"]).or_else(|| line(&source["primary_organizer"]["name"]));
    if let Some(s @ ("canceled" | "cancelled")) = source["status"].as_str() {
        event.status = Some(fields::status(Status::Cancelled, s));
    }
    if [&source["is_series"], &source["is_series_parent"]].into_iter().any(is_true) {
        doubt(&mut event);
        notes.push(SERIES.into());
    }
    Some(event)
}

fn words(value: &Value) -> String {
    let inner = ["html", "text"].iter().map(|n| fields::text(&value[*n])).find(|t| !t.is_empty());
    inner.unwrap_or_else(|| fields::text(value))
}

/// `start.local`, `start.utc`, or a page's `start_date` and `start_time`.
fn moment(source: &Value, name: &str) -> Value {
    let own = &source[name];
    if own["local"].is_string() {
        return own["local"].clone();
    }
    if own["utc"].is_string() {
        return own["utc"].clone();
    }
    let part = |kind: &str| source[format!("{name}_{kind}")].as_str();
    match (part("date"), part("time")) {
        (Some(day), Some(time)) => Value::from(format!("{day} {time}")),
        (Some(day), None) => Value::from(day),
        _ => Value::Null,
    }
}

fn place(venue: &Value, primary: &Value) -> RawPlace {
    let venue = if venue.is_object() { venue } else { primary };
    let address = object(&venue["address"]);
    RawPlace {
        name: line(&venue["name"]),
        address: line(&address["address_1"]),
        town: line(&address["city"]),
        postcode: line(&address["postal_code"]),
        region: line(&address["region"]),
        words: None,
    }
}

fn price(source: &Value, event: &mut RawEvent) {
    let tickets = object(&source["ticket_availability"]);
    let amount = |name: &str| line(&tickets[name]["major_value"]);
    let (low, high) = (amount("minimum_ticket_price"), amount("maximum_ticket_price"));
    let free = is_true(&source["is_free"]) || is_true(&tickets["is_free"]);
    if free {
        event.price_words = Some("Free".into());
    } else if low.is_some() || high.is_some() {
        let currency = line(&tickets["minimum_ticket_price"]["currency"]).or_else(|| line(&source["currency"]));
        event.offers.push(RawOffer { name: Some("with fees".into()), low, high, currency });
    }
    if is_true(&tickets["is_sold_out"]) {
        event.status = Some(fields::status(Status::SoldOut, "is_sold_out"));
    }
}

const SERIES: &str = "a repeating event is printed as one, from its first date to its last: its dates are on its own page";

/// Dates that may be those of a whole series are for the editor to look at.
fn doubt(event: &mut RawEvent) {
    event.confidence = event.confidence.min(REPEATING);
    for fact in [&mut event.start, &mut event.end].into_iter().flatten() {
        fact.evidence.confidence = fact.evidence.confidence.min(REPEATING);
    }
}

/// What structured data of Eventbrite's pages gets wrong: an item from a past first date to a last one is a series, its prices hold fees.
pub fn settle(reading: &Reading, out: &mut Extracted) {
    let own = |e: &RawEvent| e.url.as_deref().and_then(|u| Url::parse(u).ok()).is_some_and(|u| is_eventbrite(&u));
    let zone = reading.zone;
    let mut fees = false;
    for event in out.events.iter_mut().filter(|e| own(e)) {
        let span = event.start.as_ref().zip(event.end.as_ref()).map(|(s, e)| e.value.earliest(zone) - s.value.earliest(zone));
        if event.sessions.is_empty() && span.is_some_and(|s| s > LONGEST_SITTING) {
            doubt(event);
            out.notes.push(SERIES.into());
        }
        fees |= event.offers.iter().any(|o| !structured::is_zero(o));
    }
    if fees {
        out.notes.push("Eventbrite's prices include its fees".into());
    }
    let mut seen = std::collections::HashSet::new();
    out.notes.retain(|note| seen.insert(note.clone()));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{page, payload_at, show, ways_of};

    const API: &str = "https://www.eventbriteapi.example/v3/organizers/9/events/?expand=venue&page=1";

    #[test]
    fn api_answers_and_their_continuation() {
        let source = r#"{"pagination":{"has_more_items":true,"continuation":"abc"},"events":[{"id":"1","name":{"text":"Zine day","html":"Zine day"},"url":"https://www.eventbrite.co.uk/e/zine-day-tickets-1",
            "start":{"timezone":"Europe/London","local":"2027-05-04T10:00:00","utc":"2027-05-04T09:00:00Z"},"end":{"local":"2027-05-04T12:00:00"},"online_event":false,"is_free":true,"status":"live",
            "venue":{"name":"The Mill","address":{"address_1":"1 Lane","city":"Ancoats","region":"England","postal_code":"M4 5AJ"}}}]}"#;
        let read = payload_at(source, API);
        let e = &read.events[0];
        assert_eq!(show(e), "Zine day|2027-05-04T10:00:00+01:00|2027-05-04T12:00:00+01:00");
        assert_eq!((e.price_words.as_deref(), e.place.postcode.as_deref()), (Some("Free"), Some("M4 5AJ")));
        assert!(read.next_page.unwrap().as_str().ends_with("continuation=abc"));
    }

    fn organiser(end: &str) -> String {
        format!(
            r#"<script type="application/ld+json">{{"@context":"https://schema.org","itemListElement":[{{"position":1,"@type":"ListItem","item":{{"@type":"Event","name":"Zine club",
            "startDate":"2026-10-03T19:00:00+0100","endDate":"{end}","url":"https://www.eventbrite.co.uk/e/zine-club-tickets-1","offers":{{"@type":"AggregateOffer","lowPrice":"6.13",
            "highPrice":"19.11","priceCurrency":"GBP"}},"location":{{"@type":"Place","name":"The Mill","address":{{"addressLocality":"Ancoats"}}}}}}}}]}}</script>"#
        )
    }

    #[test]
    fn a_repeating_event_printed_as_one_is_doubted() {
        let found = page(&organiser("2027-12-18T22:00:00+0000"), "https://www.eventbrite.co.uk/o/zines-9");
        assert_eq!(show(&found.events[0]), "Zine club|2026-10-03T19:00:00+01:00|2027-12-18T22:00:00+00:00");
        assert!(found.events[0].confidence <= super::REPEATING);
        assert_eq!(found.notes, [super::SERIES, "Eventbrite's prices include its fees"]);
        let single = page(&organiser("2026-10-03T21:00:00+0100"), "https://www.eventbrite.co.uk/o/zines-9");
        assert!(single.events[0].confidence > 0.9);
    }

    #[test]
    fn events_in_the_data_of_a_page_are_read() {
        let data = r#"<script id="__NEXT_DATA__" type="application/json">{"props":{"upcomingEvents":[{"id":"2","name":"Zine day","url":"https://www.eventbrite.co.uk/e/x-tickets-2","start_date":"2027-05-04","start_time":"10:00",
            "end_date":"2027-05-04","end_time":"12:00","timezone":"Europe/London","primary_venue":{"name":"The Mill","address":{"city":"Leeds"}},"is_online_event":false,
            "ticket_availability":{"minimum_ticket_price":{"major_value":"6.13","currency":"GBP"},"is_sold_out":true}}]}}</script>"#;
        let e = page(data, "https://www.eventbrite.co.uk/o/zines-9").events.remove(0);
        assert_eq!(show(&e), "Zine day|2027-05-04T10:00:00+01:00|2027-05-04T12:00:00+01:00");
        assert_eq!((e.offers[0].low.as_deref(), e.status.unwrap().value), (Some("6.13"), crate::domain::Status::SoldOut));
    }

    #[test]
    fn organisers_named_by_a_page_are_ways_in() {
        let html = "<a href='https://www.eventbrite.co.uk/o/zines-9?aff=x'>events</a><a href='https://www.eventbrite.co.uk/e/one-tickets-1'>one</a>";
        assert_eq!(ways_of(html, "https://zines.example/"), ["eventbrite page https://www.eventbrite.co.uk/o/zines-9"]);
    }
}
