//! Wix Events: the events lie as data in a `<script type="application/json">` of the page.
//!
//! An event whose time is still to be decided has an invented one, and is left out.

use serde_json::Value;
use url::Url;

use super::Asked;
use super::fields::{self, is_true, line, list, object};
use super::traces::{is_host, path};
use crate::collect::html;
use crate::domain::{Method, Mode, RawEvent, RawOffer, RawPlace, Status};

pub fn embedded(value: &Value, asked: &Asked, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let found = fields::found(value, is_event);
    let all = found.len();
    let events: Vec<RawEvent> = found.into_iter().filter(|e| !is_undecided(e)).filter_map(|e| event(e, asked)).collect();
    if events.len() < all {
        notes.push(format!("{} events whose time is still to be decided were skipped", all - events.len()));
    }
    events
}

fn is_event(value: &Value) -> bool {
    value["title"].is_string() && value["scheduling"]["config"].is_object()
}

fn is_undecided(source: &Value) -> bool {
    let config = &source["scheduling"]["config"];
    is_true(&config["scheduleTbd"]) || !config["startDate"].is_string()
}

fn event(source: &Value, asked: &Asked) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::Wix, line(&source["title"])?);
    event.native_id = line(&source["id"]);
    event.url = line(&source["slug"]).and_then(|slug| details(asked.url?, &slug)).map(String::from);
    event.text = ["about", "description"].iter().map(|n| fields::text(&source[*n])).find(|t| !t.is_empty()).unwrap_or_default();
    dates(&source["scheduling"]["config"], asked, &mut event);
    event.place = place(&source["location"]);
    if matches!(source["location"]["type"], Value::Number(ref n) if n.as_i64() == Some(1)) || source["location"]["type"] == "ONLINE" {
        event.mode = Some(fields::mode(Mode::Online, "location: online"));
        event.place = RawPlace::default();
    }
    tickets(&source["registration"]["ticketing"], &mut event);
    if source["status"] == "CANCELED" || source["status"].as_i64() == Some(3) {
        event.status = Some(fields::status(Status::Cancelled, "status: CANCELED"));
    }
    Some(event)
}

fn dates(config: &Value, asked: &Asked, event: &mut RawEvent) {
    event.zone = fields::zone(&config["timeZoneId"]);
    let zone = event.zone.unwrap_or(asked.reading.zone);
    let end = if is_true(&config["endDateHidden"]) { &Value::Null } else { &config["endDate"] };
    fields::span(event, &config["startDate"], end, zone);
    let occurrences = list(&config["recurrences"]["occurrences"]);
    if occurrences.len() > 1 {
        fields::sittings(event, occurrences.iter().map(|o| (&o["startDate"], &o["endDate"])), zone);
    }
}

fn place(location: &Value) -> RawPlace {
    if is_true(&location["tbd"]) {
        return RawPlace::default();
    }
    let full = object(&location["fullAddress"]);
    RawPlace {
        name: line(&location["name"]),
        address: line(&full["formattedAddress"]).or_else(|| line(&location["address"])),
        town: line(&full["city"]),
        postcode: line(&full["postalCode"]),
        ..RawPlace::default()
    }
}

/// Prices, where tickets are sold; a zero is what is printed before any is.
fn tickets(ticketing: &Value, event: &mut RawEvent) {
    let (low, high) = (line(&ticketing["lowestPrice"]), line(&ticketing["highestPrice"]));
    let paid = |p: &Option<String>| p.as_deref().is_some_and(|p| p.chars().any(|c| ('1'..='9').contains(&c)));
    if paid(&low) || paid(&high) {
        event.offers.push(RawOffer { name: None, low, high, currency: line(&ticketing["currency"]) });
    }
    if is_true(&ticketing["soldOut"]) {
        event.status = Some(fields::status(Status::SoldOut, "soldOut"));
    }
}

/// The event's own page; a free site's folder is part of its address.
fn details(page: &Url, slug: &str) -> Option<Url> {
    let folder = path(page).first().filter(|_| is_host(page, "wixsite.com")).map(|f| format!("/{f}")).unwrap_or_default();
    html::absolute(Some(page), &format!("{folder}/event-details/{slug}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{page, show};

    fn script(config: &str, padding: usize) -> String {
        format!(
            r#"<meta name="generator" content="Wix.com Website Builder"><script type="application/json" id="wix-warmup-data">{{"platform":{{"pad":"{}"}},"appsWarmupData":{{"x":{{"widget":{{"events":{{"events":[
            {{"id":"e1","title":"Weaving","description":"A day at the loom","slug":"weaving-2","location":{{"name":"The Mill","type":0,"tbd":false,"fullAddress":{{"country":"GB","city":"Ancoats","postalCode":"M4 5AJ"}}}},
            "scheduling":{{"config":{{"scheduleTbd":false,"startDate":"2027-05-21T18:00:00.000Z","endDate":"2027-05-21T20:00:00.000Z","timeZoneId":"Europe/London","endDateHidden":false{config}}}}},
            "registration":{{"type":2,"status":5}}}}]}}}}}}}}}}</script>"#,
            "x".repeat(padding)
        )
    }

    #[test]
    fn events_lie_in_a_script_however_large_the_page() {
        for padding in [0, 1_300_000] {
            let found = page(&script("", padding), "https://looms.example/events");
            let e = &found.events[0];
            assert_eq!(show(e), "Weaving|2027-05-21T19:00:00+01:00|2027-05-21T21:00:00+01:00");
            assert_eq!((e.url.as_deref(), e.place.town.as_deref()), (Some("https://looms.example/event-details/weaving-2"), Some("Ancoats")));
        }
    }

    #[test]
    fn an_undecided_time_is_no_event_and_a_hidden_end_no_end() {
        let found = page(&script(r#","scheduleTbd":true"#, 0), "https://looms.example/events");
        assert!(found.events.is_empty());
        assert!(found.notes.iter().any(|n| n.contains("still to be decided")), "{:?}", found.notes);
        let hidden = page(&script(r#","endDateHidden":true"#, 0), "https://x.wixsite.com/looms/events");
        assert_eq!(show(&hidden.events[0]), "Weaving|2027-05-21T19:00:00+01:00|");
        assert_eq!(hidden.events[0].url.as_deref(), Some("https://x.wixsite.com/looms/event-details/weaving-2"));
    }
}
