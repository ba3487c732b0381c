//! What changes between two revisions of a listing is stored as dated changes, and marked when those who were told of the event are to hear of it.

use gleaner::{
    domain::{Field, SourceKind},
    store::event::Event,
};
use serde_json::{Value, json};

use crate::{
    bad_input::feed,
    collecting::{Desk, at, source},
    program::{page, training_day},
    site::{Answer, Site},
};

const NOW: &str = "2027-03-01T09:00:00Z";
const NEXT: &str = "2027-03-08T09:00:00Z";

type Told = (&'static str, Option<&'static str>, Option<&'static str>, bool);

/// Shows a source one answer, then another; what is written down must be these changes, all of the second look, of one event that stays itself.
async fn check(kind: SourceKind, first: Answer, second: Answer, expected: &[Told]) -> Event {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/events", first);
    let id = desk.add(source(site.url("/events"), kind)).await;
    desk.look(&[id], NOW).await;
    let before = desk.event().await;
    site.set("/events", second);
    let report = desk.look(&[id], NEXT).await;
    assert_eq!((report.new, report.changed, report.events), (0, 1, 0), "{report:?}");
    assert_eq!(report.updates, usize::from(expected.iter().any(|c| c.3)), "{report:?}");
    let after = desk.event().await;
    assert_eq!(after.id, before.id, "it is the same event");
    let changes = desk.store.changes_of(&[after.id]).await.unwrap().remove(&after.id).unwrap_or_default();
    let found: Vec<_> = changes.iter().map(|(_, c)| (c.what.as_str(), c.was.as_deref(), c.becomes.as_deref(), c.to_be_told)).collect();
    assert_eq!(found, expected);
    assert!(changes.iter().all(|(when, _)| *when == at(NEXT)), "each is dated by the look that showed it");
    assert_eq!(after.changed_at, expected.iter().any(|c| c.3).then(|| at(NEXT)));
    after
}

fn day() -> Value {
    training_day("Caring for textiles: a training day", "2027-05-04T10:00:00+01:00")
}

/// A page of one training day, with something about it otherwise.
fn shown(change: impl FnOnce(&mut Value)) -> Answer {
    let mut event = day();
    change(&mut event);
    Answer::ok("text/html; charset=utf-8", page(&[event]))
}

async fn structured(change: impl FnOnce(&mut Value), expected: &[Told]) -> Event {
    check(SourceKind::Page, shown(|_| ()), shown(change), expected).await
}

async fn words(title: &str, date: &str, expected: &[Told]) -> Event {
    let first = feed(&[("c1", "Caring for textiles", "4 May 2027, 10am to 4pm")]);
    check(SourceKind::Feed, first, feed(&[("c1", title, date)]), expected).await
}

const SCHEMA: &str = "https://schema.org/";

#[tokio::test]
async fn cancelled() {
    let status = |e: &mut Value| e["eventStatus"] = json!(format!("{SCHEMA}EventCancelled"));
    structured(status, &[("status", None, Some("cancelled"), true)]).await;
    words("CANCELLED: Caring for textiles", "4 May 2027, 10am to 4pm", &[("status", None, Some("cancelled"), true)]).await;
}

#[tokio::test]
async fn postponed() {
    let status = |e: &mut Value| e["eventStatus"] = json!(format!("{SCHEMA}EventPostponed"));
    structured(status, &[("status", None, Some("postponed"), true)]).await;
    words("POSTPONED: Caring for textiles", "4 May 2027, 10am to 4pm", &[("status", None, Some("postponed"), true)]).await;
}

#[tokio::test]
async fn rescheduled() {
    let moved = |e: &mut Value| {
        e["eventStatus"] = json!(format!("{SCHEMA}EventRescheduled"));
        e["startDate"] = json!("2027-06-15T10:00:00+01:00");
    };
    let start = ("start", Some("2027-05-04T10:00:00+01:00"), Some("2027-06-15T10:00:00+01:00"), true);
    structured(moved, &[("status", None, Some("rescheduled"), true), start]).await;
    words("Caring for textiles", "15 June 2027, 10am to 4pm", &[start]).await;
}

#[tokio::test]
async fn moved_online() {
    let online = |e: &mut Value| {
        e["eventAttendanceMode"] = json!(format!("{SCHEMA}OnlineEventAttendanceMode"));
        e["location"] = json!({"@type": "VirtualLocation", "url": "https://northfield.example/room"});
    };
    structured(online, &[("mode", Some("in_person"), Some("online"), true)]).await;
}

#[tokio::test]
async fn sold_out_or_a_waiting_list() {
    let sold_out = |e: &mut Value| e["offers"][0]["availability"] = json!(format!("{SCHEMA}SoldOut"));
    let told = [("status", None, Some("sold_out"), true)];
    structured(sold_out, &told).await;
    words("SOLD OUT: Caring for textiles", "4 May 2027, 10am to 4pm", &told).await;
    words("Caring for textiles", "4 May 2027, 10am to 4pm. Join the waiting list. Held", &told).await;
}

#[tokio::test]
async fn another_price() {
    let dearer = |e: &mut Value| e["offers"][0]["price"] = json!("40.00");
    structured(dearer, &[("price", Some("2500..2500 GBP"), Some("4000..4000 GBP"), true)]).await;
}

#[tokio::test]
async fn another_venue_or_town() {
    let venue = |e: &mut Value| e["location"]["name"] = json!("Town Hall");
    structured(venue, &[("venue", Some("The Mill"), Some("Town Hall"), true)]).await;
    let town = |e: &mut Value| {
        e["location"]["address"] = json!({"@type": "PostalAddress", "addressLocality": "York", "postalCode": "YO1 7HH"});
    };
    structured(town, &[("town", Some("Leeds"), Some("York"), true)]).await;
}

#[tokio::test]
async fn more_words_and_silence_are_no_news() {
    let words = |e: &mut Value| e["description"] = json!("A practical training workshop for museum staff and volunteers. Lunch is included.");
    structured(words, &[]).await;
    let silent = |e: &mut Value| {
        e["offers"] = Value::Null;
        e["location"] = Value::Null;
    };
    let event = structured(silent, &[]).await;
    assert_eq!((event.facts.price, event.facts.venue), (None, None), "what is no longer stated is not stated");
}

#[tokio::test]
async fn withdrawn_by_a_person_and_standing_again() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/events", shown(|_| ()));
    let id = desk.add(source(site.url("/events"), SourceKind::Page)).await;
    desk.look(&[id], NOW).await;
    let event = desk.event().await.id;
    desk.editor(NEXT).withdraw(event).await.unwrap();
    assert_eq!(desk.events().await.len(), 0, "nobody draws on it");
    assert!(desk.editor(NEXT).withdraw(event).await.unwrap_err().to_string().contains("withdrawn already"));
    let told = async || -> Vec<_> {
        let changes = desk.store.changes_of(&[event]).await.unwrap().remove(&event).unwrap();
        changes.into_iter().map(|(when, c)| (when, c.what, c.becomes, c.to_be_told)).collect()
    };
    assert_eq!(told().await, [(at(NEXT), "withdrawn".to_owned(), Some("withdrawn".to_owned()), true)]);
    // Its source still shows it, in other words: a person's word stands.
    site.set("/events", shown(|e| e["description"] = json!("With lunch.")));
    desk.look(&[id], "2027-03-09T09:00:00Z").await;
    assert_eq!(desk.events().await.len(), 0);
    desk.editor("2027-03-10T09:00:00Z").undo(event).await.unwrap();
    assert_eq!(desk.event().await.id, event);
    assert_eq!(told().await.last().unwrap().2, None, "that it stands again is written down too");
}

#[tokio::test]
async fn what_a_structured_date_and_its_own_prose_say_differently_is_flagged() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let odd =
        |e: &mut Value| e["description"] = json!("A practical training workshop for museum staff. Join us on Tuesday 11 May 2027 at 10am in Leeds.");
    site.set("/events", shown(odd));
    let id = desk.add(source(site.url("/events"), SourceKind::Page)).await;
    desk.look(&[id], NOW).await;
    let event = desk.event().await;
    let flag = event.flag.clone().unwrap_or_default();
    assert!(flag.starts_with("start is stated differently") && flag.contains("2027-05-11"), "{flag}");
    // The editor says which: the question is answered and stays so.
    let start = ("start".parse().unwrap(), "2027-05-11T10:00".to_owned());
    desk.editor(NEXT).set(event.id, &[start]).await.unwrap();
    assert_eq!(desk.event().await.flag, None);
}

/// One event on its host's page and on a board that re-posts it.
#[tokio::test]
async fn each_fact_is_the_hosts_and_else_the_re_posters_and_says_whose() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let mut own = day();
    own["offers"] = Value::Null;
    site.set("/own", Answer::ok("text/html; charset=utf-8", page(&[own])));
    let posted = |price: &str, end: &str| {
        let mut event = training_day("Caring for Textiles, a training day", "2027-05-04T10:00:00+01:00");
        event["offers"][0]["price"] = json!(price);
        event["endDate"] = json!(end);
        event["location"]["name"] = json!("Mill");
        Answer::ok("text/html; charset=utf-8", page(&[event]))
    };
    site.set("/board", posted("25.00", "2027-05-04T16:00:00+01:00"));
    let host = desk
        .add(gleaner::store::source::NewSource { provider: Some("Northfield Museum Network".into()), ..source(site.url("/own"), SourceKind::Page) })
        .await;
    let board = desk.add(source(site.url("/board"), SourceKind::Page)).await;
    desk.look(&[board, host], NOW).await;
    let event = desk.event().await;
    let (own, theirs) = (desk.listings_from(host).await.remove(0).id, desk.listings_from(board).await.remove(0).id);
    let whose = |event: &Event| [Field::Start, Field::Venue, Field::Price, Field::End].map(|field| event.from[&field]);
    assert_eq!((event.title.as_str(), whose(&event)), ("Caring for textiles: a training day", [own, own, theirs, theirs]));
    assert_eq!(event.facts.venue.as_ref().unwrap().value, "The Mill");
    // The newest revision of each counts.
    site.set("/board", posted("30.00", "2027-05-04T15:00:00+01:00"));
    desk.look(&[board], NEXT).await;
    let after = desk.event().await;
    assert_eq!(after.facts.price.as_ref().unwrap().value.max.unwrap().minor, 3000);
    assert_eq!(after.facts.end.as_ref().unwrap().value.to_string(), "2027-05-04T15:00:00+01:00");
    assert_eq!(whose(&after), whose(&event));
}
