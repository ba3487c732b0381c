//! What holds for every adapter: other shapes are left to others, hostile ones are bounded.

use super::testing::{page, payload, ways_of};
use super::*;
use proptest::prelude::*;

#[test]
fn json_of_no_platform_is_left_to_schema_org() {
    let read = payload(r#"{"@type":"Event","name":"A","startDate":"2027-05-04"}"#);
    assert_eq!(read.events[0].method, crate::domain::Method::JsonLd);
    for other in [r#"{"events":[]}"#, r#"{"data":[{"object":"order"}]}"#, r#"{"events":[{"title":"x"}]}"#, "[]", "7", r#"{"Items":[{"Name":"x"}]}"#] {
        assert!(payload(other).events.is_empty(), "{other}");
    }
}

#[test]
fn deep_data_in_a_page_is_bounded() {
    let deep = format!("<script type='application/json'>{}1{}</script>", "{\"a\":".repeat(100), "}".repeat(100));
    assert!(page(&deep, "https://deep.example/").events.is_empty());
}

#[test]
fn a_page_of_a_thousand_calendars_names_few() {
    let many: Vec<String> = (0..1_000).map(|n| format!("<a href='/c{n}.ics'>x</a><a href='https://www.eventbrite.co.uk/o/x-{n}'>y</a>")).collect();
    assert!(ways_of(&many.concat(), "https://many.example/").len() <= MOST_WAYS);
}

/// Through the front door, as a source is read.
fn front_door(body: &str) -> Extracted {
    let doc = crate::domain::Document { url: Url::parse("https://museum.example/events").ok(), content_type: None, body: body.as_bytes().to_vec() };
    let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
    super::super::extract(&doc, &reading, SourceKind::Auto, None).unwrap()
}

#[test]
fn a_log_in_page_is_named() {
    let page = front_door("<html><title>Sign in</title><form><input type=text><input type=password></form>");
    assert!(page.notes.iter().any(|n| n.contains("log-in page")), "{:?}", page.notes);
}

#[test]
fn an_answer_through_the_front_door_has_its_method_and_its_next_page() {
    let answer = front_door(
        r#"{"events":[{"id":7,"global_id":"m?id=7","title":"Pests","start_date":"2027-05-04 10:00:00","utc_start_date":"2027-05-04 09:00:00","timezone":"Europe/London",
        "description":"Join https://us02web.zoom.us/j/1?pwd=x"}],"next_rest_url":"https://museum.example/wp-json/tribe/events/v1/events/?page=2"}"#,
    );
    assert_eq!(answer.events[0].method.to_string(), "api:events_calendar");
    assert!(answer.next_page.is_some());
    assert!(!answer.events[0].text.contains("zoom.us"));
    assert_eq!(answer.events[0].mode.as_ref().unwrap().value, crate::domain::Mode::Online);
}

/// JSON with the names that adapters look for in all the wrong places.
fn jumble() -> impl Strategy<Value = Value> {
    let word =
        prop::sample::select(vec!["2027-05-04T10:00:00", "UTC", "x", "é", "https://a.example/e/1", "true", "event", "Event", "9999999999999999"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from)
    ];
    let names = vec![
        "events",
        "event",
        "event_instances",
        "event_instance",
        "title",
        "start_date",
        "utc_start_date",
        "timezone",
        "venue",
        "cost",
        "cost_details",
        "start",
        "end",
        "local",
        "name",
        "url",
        "Items",
        "Name",
        "EventID",
        "StartDateTime",
        "AdvertisedOffers",
        "data",
        "object",
        "website",
        "collection",
        "upcoming",
        "startDate",
        "endDate",
        "scheduling",
        "config",
        "recurrences",
        "occurrences",
        "attributes",
        "type",
        "start_at",
        "links",
        "next",
        "page",
        "current",
        "total",
        "firstInstanceDateTime",
        "jsonapi",
        "__typename",
        "dateTime",
        "ticket_types",
        "price",
        "json_ld",
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(names.clone()), inner, 0..7)
                .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_shape_makes_an_adapter_panic(value in jumble()) {
        let source = value.to_string();
        payload(&source);
        page(&format!("<script type='application/json'>{source}</script>"), "https://www.eventbrite.co.uk/o/x-1");
    }
}
