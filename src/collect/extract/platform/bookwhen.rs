//! Bookwhen: the public calendar of an organisation, and answers of its API (JSON:API, with the organisation's own key).

use serde_json::Value;

use super::fields::{self, is_true, line, list};
use super::traces::{Traces, path, way};
use super::{Asked, Payload, WayIn};
use crate::collect::html;
use crate::domain::{Method, RawEvent, RawPlace, SourceKind};

pub fn ways(traces: &Traces) -> Vec<WayIn> {
    let feed = traces.on("feeds.bookwhen.com").find_map(|u| way("bookwhen", u.as_str(), SourceKind::Ical, "the page names a Bookwhen calendar"));
    let page = traces.on("bookwhen.com").find_map(|u| match (u.host_str(), &path(u)[..]) {
        (Some("bookwhen.com" | "www.bookwhen.com"), [name, ..]) if !matches!(*name, "features" | "pricing" | "help" | "blog" | "api") => {
            way("bookwhen", &format!("https://bookwhen.com/{name}"), SourceKind::Page, "the page names a schedule on Bookwhen")
        }
        _ => None,
    });
    feed.into_iter().chain(page).collect()
}

pub fn read(value: &Value, asked: &Asked, _notes: &mut Vec<String>) -> Option<Payload> {
    let own = |e: &Value| e["type"] == "event" && e["attributes"]["start_at"].is_string();
    let data = list(&value["data"]);
    if !data.iter().any(own) {
        return None;
    }
    let events: Vec<RawEvent> = data.iter().filter(|e| own(e)).filter_map(|e| event(e, list(&value["included"]), asked)).collect();
    let next = value["links"]["next"].as_str().and_then(|u| html::absolute(asked.url, u));
    Some(Payload { next_page: asked.next(&events, next), events })
}

fn event(source: &Value, included: &[Value], asked: &Asked) -> Option<RawEvent> {
    let attributes = &source["attributes"];
    let mut event = RawEvent::new(Method::Bookwhen, line(&attributes["title"])?);
    event.native_id = line(&source["id"]);
    event.text = fields::text(&attributes["details"]);
    let day = |name: &str| {
        let printed = attributes[name].as_str().unwrap_or_default();
        Value::from(printed.get(..10).filter(|_| is_true(&attributes["all_day"])).unwrap_or(printed))
    };
    fields::span(&mut event, &day("start_at"), &day("end_at"), asked.reading.zone);
    let place = &source["relationships"]["location"]["data"]["id"];
    let location = included.iter().take(2_000).find(|i| i["type"] == "location" && !place.is_null() && i["id"] == *place);
    event.place = RawPlace { words: location.and_then(|l| line(&l["attributes"]["address_text"])), ..RawPlace::default() };
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{payload, show, ways_of};

    #[test]
    fn answers_refer_to_their_places() {
        let source = r#"{"data":[{"id":"ev-1","type":"event","attributes":{"title":"Bookbinding","start_at":"2027-05-04T10:00:00.000+01:00","end_at":"2027-05-04T16:00:00.000+01:00","all_day":false,"details":"Bring thread"},
            "relationships":{"location":{"data":{"id":"l1","type":"location"}}}}],"included":[{"id":"l1","type":"location","attributes":{"address_text":"The Mill, Leeds"}}],"links":{"next":null}}"#;
        let e = payload(source).events.remove(0);
        assert_eq!(show(&e), "Bookbinding|2027-05-04T10:00:00+01:00|2027-05-04T16:00:00+01:00");
        assert_eq!(e.place.words.as_deref(), Some("The Mill, Leeds"));
    }

    #[test]
    fn its_calendar_is_taken_where_it_is_published() {
        let page = "<a href='https://bookwhen.com/binders#focus=1'>x</a><a href='https://feeds.bookwhen.com/ical/a/b/public.ics'>y</a>";
        assert_eq!(
            ways_of(page, "https://binders.example/"),
            ["calendar ical https://feeds.bookwhen.com/ical/a/b/public.ics", "bookwhen page https://bookwhen.com/binders"]
        );
    }
}
