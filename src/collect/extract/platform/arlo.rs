//! Arlo: the public, unauthenticated `eventsearch` resource (developer.arlo.co, 2012-02-01).
//!
//! Prices are printed with and without VAT: what one pays is taken. A group discount is not the price of one place.

use serde_json::Value;
use url::Url;

use super::fields::{self, line, list, object};
use super::traces::{Traces, is_host, path, way};
use super::{Asked, Payload, WayIn};
use crate::collect::html;
use crate::domain::{Method, Mode, RawEvent, RawOffer, RawPlace, SourceKind, Status};

/// The fields asked for; without naming them few are returned.
const FIELDS: &str =
    "EventID,Code,Name,Summary,Description,StartDateTime,EndDateTime,TimeZone,Location,ViewUri,RegistrationInfo,AdvertisedOffers,IsFull,Provider";

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let host = traces.on("arlo.co").filter_map(Url::host_str).find(|h| !["www.arlo.co", "api.arlo.co", "arlo.co", "developer.arlo.co"].contains(h));
    let through_api = || traces.on("api.arlo.co").find_map(|u| path(u).first().map(|platform| format!("{platform}.arlo.co")));
    let in_script = || traces.quoted_in_script("platformID").filter(|id| is_name(id)).map(|id| format!("{id}.arlo.co"));
    let Some(host) = host.map(str::to_owned).or_else(through_api).or_else(in_script) else { return Vec::new() };
    let address = format!("https://{host}/api/2012-02-01/pub/resources/eventsearch/?format=json&top=50&fields={FIELDS}");
    way("arlo", &address, SourceKind::Api, format!("the page names the Arlo platform {host}")).into_iter().collect()
}

fn is_name(id: &str) -> bool {
    id.len() < 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

pub fn read(value: &Value, asked: &Asked, _notes: &mut Vec<String>) -> Option<Payload> {
    let items = list(&value["Items"]);
    let own = |e: &Value| e["Name"].is_string() && (e["EventID"].is_number() || e["StartDateTime"].is_string() || e["AdvertisedOffers"].is_array());
    let empty = items.is_empty() && value["Items"].is_array() && asked.url.is_some_and(|u| is_host(u, "arlo.co"));
    if !items.iter().any(own) && !empty {
        return None;
    }
    let events: Vec<RawEvent> = items.iter().filter_map(|e| event(e, asked)).collect();
    let next = value["NextPageUri"].as_str().and_then(|u| html::absolute(asked.url, u));
    Some(Payload { next_page: asked.next(&events, next), events })
}

fn event(source: &Value, asked: &Asked) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::Arlo, line(&source["Name"])?);
    event.native_id = line(&source["EventID"]).or_else(|| line(&source["Code"]));
    event.url = fields::address(&source["ViewUri"], asked.url);
    let registration = object(&source["RegistrationInfo"]);
    event.booking_url = fields::address(&registration["RegisterUri"], asked.url);
    event.text = words(source);
    // The offset is printed; TimeZoneId is Arlo's own number and says nothing to others.
    fields::span(&mut event, &source["StartDateTime"], &source["EndDateTime"], asked.reading.zone);
    let location = object(&source["Location"]);
    let name = line(&location["VenueName"]).or_else(|| line(&location["Name"]));
    let online = fields::is_true(&location["IsOnline"]) || fields::is_true(&source["IsOnline"]);
    event.mode = online.then(|| fields::mode(Mode::Online, "Location: online"));
    let town = line(&location["Name"]).filter(|n| location["VenueName"].is_string() && Some(n) != name.as_ref());
    event.place = if online { RawPlace::default() } else { RawPlace { name, town, ..RawPlace::default() } };
    event.offers = offers(list(&source["AdvertisedOffers"]));
    event.provider = line(&object(&source["Provider"])["Name"]).or_else(|| line(&source["Provider"]));
    event.status = fields::is_true(&source["IsFull"]).then(|| fields::status(Status::SoldOut, "IsFull"));
    Some(event)
}

fn words(source: &Value) -> String {
    let summary = fields::text(&source["Summary"]);
    let described = &source["Description"];
    let described = if described.is_object() { fields::text(&described["Text"]) } else { fields::text(described) };
    match (summary.is_empty(), described.is_empty() || described.contains(&summary) || summary.contains(&described)) {
        (true, _) => described,
        (false, true) => {
            if described.len() > summary.len() {
                described
            } else {
                summary
            }
        }
        (false, false) => format!("{summary}\n\n{described}"),
    }
}

fn offers(printed: &[Value]) -> Vec<RawOffer> {
    let read = |offer: &Value| {
        let amount = object(&offer["OfferAmount"]);
        let price = line(&amount["AmountTaxInclusive"]).or_else(|| line(&amount["AmountTaxExclusive"]))?;
        Some(RawOffer { name: line(&offer["Label"]), low: Some(price.clone()), high: Some(price), currency: line(&amount["CurrencyCode"]) })
    };
    printed.iter().filter(|o| !is_for_groups(o)).filter_map(read).collect()
}

/// "15% off for 3": what several people pay together.
fn is_for_groups(offer: &Value) -> bool {
    let label = offer["Label"].as_str().unwrap_or_default().to_lowercase();
    let group = ["group", "off for", "people", "places", "delegates", " or more", "+ "].iter().any(|w| label.contains(w));
    fields::is_true(&offer["IsDiscountOffer"]) && group
}

#[cfg(test)]
mod tests {
    use super::super::testing::{payload_at, show, ways_of};

    const ANSWER: &str = r#"{"StartIndex":0,"Count":1,"Items":[{"EventID":12,"Name":"Object handling","StartDateTime":"2027-05-04T10:00:00.0000000+01:00",
        "EndDateTime":"2027-05-04T16:00:00.0000000+01:00","TimeZoneID":27,"Location":{"Name":"Leeds","VenueName":"Tower Works","IsOnline":false},
        "ViewUri":"https://courses.example/x","RegistrationInfo":{"RegisterUri":"https://courses.example/register?id=12"},"IsFull":false,
        "AdvertisedOffers":[{"OfferID":1,"Label":"15% off for 3 delegates","IsDiscountOffer":true,"OfferAmount":{"CurrencyCode":"GBP","AmountTaxExclusive":80.75,"AmountTaxInclusive":96.9}},
        {"OfferID":0,"Label":"Standard","IsDiscountOffer":false,"OfferAmount":{"CurrencyCode":"GBP","AmountTaxExclusive":95.0,"AmountTaxInclusive":114.0}}]}],
        "NextPageUri":"https://guild.arlo.co/api/2012-02-01/pub/resources/eventsearch/?skip=50"}"#;

    #[test]
    fn the_price_of_one_place_is_what_one_pays() {
        let read = payload_at(ANSWER, "https://guild.arlo.co/api/2012-02-01/pub/resources/eventsearch/");
        let e = &read.events[0];
        assert_eq!(show(e), "Object handling|2027-05-04T10:00:00+01:00|2027-05-04T16:00:00+01:00");
        assert_eq!(e.offers.iter().map(|o| o.low.as_deref().unwrap()).collect::<Vec<_>>(), ["114.0"]);
        assert_eq!((e.place.name.as_deref(), e.place.town.as_deref()), (Some("Tower Works"), Some("Leeds")));
        assert_eq!(read.next_page.unwrap().query(), Some("skip=50"));
    }

    #[test]
    fn paging_ends_with_the_window() {
        let late = ANSWER.replace("2027-05-04", "2029-05-04");
        assert_eq!(payload_at(&late, "https://guild.arlo.co/api/2012-02-01/pub/resources/eventsearch/").next_page, None);
    }

    #[test]
    fn online_has_no_venue_and_full_is_said() {
        let online = ANSWER.replace("\"IsOnline\":false", "\"IsOnline\":true").replace("\"IsFull\":false", "\"IsFull\":true");
        let e = payload_at(&online, "https://guild.arlo.co/x").events.remove(0);
        assert_eq!(
            (e.mode.unwrap().value, e.place.name, e.status.unwrap().value),
            (crate::domain::Mode::Online, None, crate::domain::Status::SoldOut)
        );
    }

    #[test]
    fn its_platform_is_found_in_links_and_scripts() {
        for page in ["<a href='https://guild.arlo.co/courses'>x</a>", "<script>new ArloWebControls().start({'platformID': 'guild', x: 1})</script>"] {
            let ways = ways_of(page, "https://guild.example/training");
            assert_eq!(ways.len(), 1, "{page}");
            assert!(ways[0].starts_with("arlo api https://guild.arlo.co/api/2012-02-01/pub/resources/eventsearch/?format=json&top=50"), "{ways:?}");
        }
    }
}
