//! Ticket Tailor: its API's answers, which a box office's own key gives, and its public pages.
//!
//! Booleans are strings, money is pence, and the joining link is a secret.

use serde_json::Value;

use super::fields::{self, is_true, line, list, object};
use super::traces::{Traces, path, way};
use super::{Asked, Payload, WayIn};
use crate::collect::html;
use crate::domain::{Method, Mode, RawEvent, RawOffer, RawPlace, SourceKind};

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let mut boxes: Vec<&str> = traces
        .on("tickettailor.com")
        .filter_map(|u| match path(u)[..] {
            ["events" | "all-tickets", office, ..] => Some(office),
            _ => None,
        })
        .chain(traces.on("buytickets.at").filter_map(|u| path(u).first().copied()))
        .collect();
    boxes.sort_unstable();
    boxes.dedup();
    let page = |office: &&str| {
        way(
            "ticket_tailor",
            &format!("https://www.tickettailor.com/events/{office}"),
            SourceKind::Page,
            format!("the box office {office} sells there"),
        )
    };
    boxes.iter().take(3).filter_map(page).collect()
}

pub fn read(value: &Value, asked: &Asked, notes: &mut Vec<String>) -> Option<Payload> {
    let data = if is_event(value) { std::slice::from_ref(value) } else { list(&value["data"]) };
    if !data.iter().any(is_event) {
        return None;
    }
    let shown = |e: &&Value| is_event(e) && !is_true(&e["hidden"]) && !is_true(&e["private"]) && e["status"].as_str() != Some("draft");
    let events: Vec<RawEvent> = data.iter().filter(shown).filter_map(|e| event(e, asked)).collect();
    if events.len() < data.len() {
        notes.push(format!("{} events that are hidden, private or drafts were skipped", data.len() - events.len()));
    }
    let next = value["links"]["next"].as_str().and_then(|u| html::absolute(asked.url, u));
    Some(Payload { next_page: asked.next(&events, next), events })
}

fn is_event(value: &Value) -> bool {
    value["object"] == "event" && value["start"].is_object()
}

fn event(source: &Value, asked: &Asked) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::TicketTailor, line(&source["name"])?);
    event.native_id = line(&source["id"]);
    event.url = fields::address(&source["url"], asked.url);
    event.text = fields::text(&source["description"]);
    // `start.timezone` is an offset; the zone is the event's own.
    event.zone = fields::zone(&source["timezone"]);
    let zone = event.zone.unwrap_or(asked.reading.zone);
    fields::span(&mut event, &moment(&source["start"]), &moment(&source["end"]), zone);
    event.mode = is_true(&source["online_event"]).then(|| fields::mode(Mode::Online, "online_event"));
    let venue = object(&source["venue"]);
    event.place = RawPlace { name: line(&venue["name"]), postcode: line(&venue["postal_code"]), ..RawPlace::default() };
    let currency = line(&source["currency"]);
    let on_show = |t: &&Value| !matches!(t["status"].as_str(), Some("hidden" | "locked"));
    event.offers = list(&source["ticket_types"]).iter().take(200).filter(on_show).filter_map(|t| offer(t, currency.as_ref())).collect();
    event.status = (source["status"] == "cancelled").then(|| fields::status(crate::domain::Status::Cancelled, "status: cancelled"));
    Some(event)
}

/// `iso` with its offset, else the civil date and time.
fn moment(printed: &Value) -> Value {
    if printed["iso"].is_string() {
        return printed["iso"].clone();
    }
    let parts: Vec<&str> = ["date", "time"].iter().filter_map(|name| printed[*name].as_str()).collect();
    if parts.is_empty() { Value::Null } else { Value::from(parts.join(" ")) }
}

/// A ticket type; its price is in pence.
fn offer(ticket: &Value, currency: Option<&String>) -> Option<RawOffer> {
    let pence = ticket["price"].as_u64()?;
    let price = format!("{}.{:02}", pence / 100, pence % 100);
    Some(RawOffer { name: line(&ticket["name"]), low: Some(price.clone()), high: Some(price), currency: currency.map(|c| c.to_uppercase()) })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{payload, show, ways_of};

    fn event(fields: &str) -> String {
        format!(
            r#"{{"data":[{{"object":"event","id":"ev_46","name":"Clay day","description":"<p>10:00-12:30</p>","currency":"gbp","status":"published",
            "start":{{"date":"2027-04-10","time":"10:00","iso":"2027-04-10T10:00:00+01:00","timezone":"+01:00"}},"end":{{"iso":"2027-04-10T12:00:00+01:00"}},
            "timezone":"Europe/London","online_event":"false","online_link":"https://meet.example/secret","hidden":"false","private":"false",
            "venue":{{"name":"The Kiln","postal_code":"M20 1HP","country":"GB"}},"url":"https://www.tickettailor.com/events/makers/46",
            "ticket_types":[{{"name":"Free ticket","price":0,"status":"on_sale"}},{{"name":"£8 ticket","price":850,"status":"on_sale"}}]{fields}}}],"links":{{"next":null}}}}"#
        )
    }

    #[test]
    fn pence_and_booleans_in_strings() {
        let e = payload(&event("")).events.remove(0);
        assert_eq!(show(&e), "Clay day|2027-04-10T10:00:00+01:00|2027-04-10T12:00:00+01:00");
        assert_eq!(e.offers.iter().map(|o| o.low.as_deref().unwrap()).collect::<Vec<_>>(), ["0.00", "8.50"]);
        assert_eq!((e.mode, e.place.postcode.as_deref()), (None, Some("M20 1HP")));
        assert!(!format!("{:?}", payload(&event("")).events).contains("secret"));
    }

    #[test]
    fn what_is_hidden_stays_hidden() {
        let read = payload(&event(r#","hidden":"true""#));
        assert!(read.events.is_empty());
        assert_eq!(read.notes, ["1 events that are hidden, private or drafts were skipped"]);
        assert_eq!(payload(&event(r#","online_event":"true""#)).events[0].mode.as_ref().unwrap().value, crate::domain::Mode::Online);
    }

    #[test]
    fn its_pages_are_found_behind_short_addresses_and_widgets() {
        let page = "<a href='https://buytickets.at/makers/46'>Book</a><script src='https://cdn.tickettailor.com/js/widgets/min/widget.js' \
                    data-url='https://www.tickettailor.com/all-tickets/makers/?ref=website_widget'></script>";
        assert_eq!(ways_of(page, "https://makers.example/"), ["ticket_tailor page https://www.tickettailor.com/events/makers"]);
    }
}
