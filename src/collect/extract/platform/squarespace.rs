//! Squarespace: any of its pages with `?format=json`.
//!
//! Times are epoch milliseconds; a place that was never set has the coordinates of New York; its paging walks into the past.

use serde_json::Value;
use url::Url;

use super::fields::{self, line, list};
use super::traces::{Traces, way};
use super::{Asked, Payload, WayIn};
use crate::collect::html;
use crate::domain::{Fact, Method, Origin, RawEvent, RawPlace, SourceKind};

/// Where a place that nobody set is said to be.
const UNSET: (f64, f64) = (40.720_755_9, -74.000_761_3);

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let served = ["squarespace.com", "squarespace-cdn.com"].into_iter().any(|h| traces.on(h).next().is_some());
    if !served && !traces.says_in_comment("This is Squarespace") && !traces.made_by("squarespace") {
        return Vec::new();
    }
    let mut url = traces.url.clone();
    url.set_fragment(None);
    if !url.query_pairs().any(|(k, _)| k == "format") {
        url.query_pairs_mut().append_pair("format", "json");
    }
    way("squarespace", url.as_str(), SourceKind::Api, "the page is made by Squarespace").into_iter().collect()
}

pub fn read(value: &Value, asked: &Asked, _notes: &mut Vec<String>) -> Option<Payload> {
    if !value["website"].is_object() || !value["collection"].is_object() {
        return None;
    }
    let zone = fields::zone(&value["website"]["timeZone"]);
    let base = value["website"]["baseUrl"].as_str().and_then(|u| html::absolute(None, u)).or_else(|| asked.url.cloned());
    let lists = ["upcoming", "past", "items"].iter().flat_map(|name| list(&value[*name]));
    let lists = lists.chain(Some(fields::object(&value["item"])));
    let events = lists.filter_map(|e| event(e, zone.unwrap_or(asked.reading.zone), base.as_ref())).map(|e| RawEvent { zone, ..e });
    // `pagination` pages the past: what is ahead is all here.
    Some(Payload { events: once(events.collect()), next_page: None })
}

fn event(source: &Value, zone: chrono_tz::Tz, base: Option<&Url>) -> Option<RawEvent> {
    let content = &source["structuredContent"];
    let stated = |name: &str| [&source[name], &content[name]].into_iter().find_map(|v| fields::from_milliseconds(v, zone));
    let start = stated("startDate")?;
    let mut event = RawEvent::new(Method::Squarespace, line(&source["title"])?);
    event.native_id = line(&source["id"]);
    event.url = fields::address(&source["fullUrl"], base);
    let fact = |when, words: &Value| Fact::new(when, Origin::Structured, words.to_string(), 1.0);
    event.start = Some(fact(start, &source["startDate"]));
    event.end = stated("endDate").filter(|end| end.earliest(zone) > start.earliest(zone)).map(|end| fact(end, &source["endDate"]));
    event.text = [&source["body"], &source["excerpt"]].into_iter().map(fields::text).find(|t| !t.is_empty()).unwrap_or_default();
    event.place = place(&source["location"]);
    Some(event)
}

fn place(location: &Value) -> RawPlace {
    let (name, address, words) = (line(&location["addressTitle"]), line(&location["addressLine1"]), line(&location["addressLine2"]));
    let near = |v: &Value, at: f64| v.as_f64().is_some_and(|v| (v - at).abs() < 0.001);
    let unset = near(&location["mapLat"], UNSET.0) && near(&location["mapLng"], UNSET.1);
    if unset && name.is_none() && address.is_none() {
        return RawPlace::default();
    }
    RawPlace { name, address, words: words.filter(|w| w.chars().any(char::is_alphanumeric)), ..RawPlace::default() }
}

/// A copied event keeps its words and start under another identifier.
fn once(events: Vec<RawEvent>) -> Vec<RawEvent> {
    let mut seen = std::collections::HashSet::new();
    let key = |e: &RawEvent| (e.title.to_lowercase(), e.start.as_ref().map(|s| s.value.to_string()), e.place.name.clone());
    events.into_iter().filter(|e| seen.insert(key(e))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{payload, show, ways_of};

    const EVENT: &str = r#"{"id":"634e","title":"Pests &amp; moulds","fullUrl":"/our-events/2027/1/14/x","startDate":1799920800588,"endDate":1799931600140,
        "body":"<div class=\"sqs-layout\"><p>All about it</p></div>","location":{"addressTitle":"","addressLine1":"","addressLine2":"","mapLat":40.7207559,"mapLng":-74.0007613}}"#;

    fn page(upcoming: &str) -> String {
        format!(
            r#"{{"website":{{"baseUrl":"https://makers.example","timeZone":"Europe/London"}},"collection":{{"typeName":"events"}},"upcoming":[{upcoming}],
            "past":[],"pagination":{{"nextPage":true,"nextPageUrl":"/our-events?offset=1660059698543"}}}}"#
        )
    }

    #[test]
    fn milliseconds_are_minutes_and_new_york_is_nowhere() {
        let read = payload(&page(EVENT));
        let e = &read.events[0];
        assert_eq!(show(e), "Pests & moulds|2027-01-14T10:00:00+00:00|2027-01-14T13:00:00+00:00");
        assert_eq!(e.place, crate::domain::RawPlace::default());
        assert_eq!(e.url.as_deref(), Some("https://makers.example/our-events/2027/1/14/x"));
        assert_eq!(e.text, "All about it");
        assert_eq!(read.next_page, None);
    }

    #[test]
    fn an_events_own_page_holds_one_and_a_blog_none() {
        let own = page("").replace(r#""past":[]"#, &format!(r#""item":{EVENT}"#));
        assert_eq!(payload(&own).events.len(), 1);
        assert!(payload(&page("").replace(r#""past":[]"#, r#""items":[{"id":"1","title":"A post","publishOn":1799920800588}]"#)).events.is_empty());
    }

    #[test]
    fn a_copy_is_the_same_event_and_a_stated_place_is_kept() {
        let placed = EVENT.replace(r#""addressTitle":"""#, r#""addressTitle":"Weir Mill""#).replace("634e", "99ab");
        let events = payload(&page(&format!("{EVENT},{},{placed}", EVENT.replace("634e", "77cc")))).events;
        assert_eq!(events.len(), 2);
        assert_eq!(events[1].place.name.as_deref(), Some("Weir Mill"));
    }

    #[test]
    fn its_pages_are_asked_for_json() {
        let comment = "<!-- This is Squarespace. --><html><body>x";
        assert_eq!(
            ways_of(comment, "https://makers.example/our-events?view=list"),
            ["squarespace api https://makers.example/our-events?view=list&format=json"]
        );
    }
}
