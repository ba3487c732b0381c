//! Documents of every format by way of the front door, and what hostile ones cost.

use proptest::prelude::*;

use super::*;
use crate::domain::Method;

fn reading() -> Reading {
    Reading::british("2026-11-21T12:00:00Z".parse().unwrap())
}

fn read(body: &[u8], hint: SourceKind) -> Result<Extracted, ExtractError> {
    let doc = Document { url: Url::parse("https://museum.example/events").ok(), content_type: None, body: body.to_vec() };
    extract(&doc, &reading(), hint, None)
}

#[test]
fn a_page_where_a_feed_was_expected_is_named() {
    let page = b"<html><title>Sign in</title><body>x";
    assert_eq!(read(page, SourceKind::Feed).unwrap_err().to_string(), "expected a feed, got an HTML page titled \"Sign in\"");
    assert!(read(page, SourceKind::Ical).is_err());
    assert!(read(page, SourceKind::Auto).unwrap().events.is_empty());
    assert_eq!(read(b" \n", SourceKind::Auto).unwrap_err(), ExtractError::Empty);
    let pdf = read(b"%PDF-1.7 Training programme, 4 May 2027", SourceKind::Auto).unwrap_err().to_string();
    assert_eq!(pdf, "expected a page, feed, calendar or message, got a PDF, which Gleaner does not read");
}

#[test]
fn structure_is_preferred_to_guessing() {
    let page = "<script type='application/ld+json'>{\"@type\":\"Event\",\"name\":\"A\",\"startDate\":\"2027-05-04\"}</script><ul><li>B 4 May 2027<li>C 5 May 2027</ul>";
    let out = read(page.as_bytes(), SourceKind::Page).unwrap();
    assert_eq!(out.events.iter().map(|e| e.method).collect::<Vec<_>>(), [Method::JsonLd]);
}

#[test]
fn a_list_longer_than_is_read_is_read_to_there_and_it_is_said() {
    let items = (0..12_000).map(|i| format!("<li><a href=/e/{i}>Course number {i}</a> on 4 May 2027 at 10am in Hull</li>"));
    let items = items.collect::<Vec<_>>().concat();
    let out = read(format!("<html><body><ul>{items}</ul>").as_bytes(), SourceKind::Page).unwrap();
    assert_eq!(out.events.len(), MOST_EVENTS);
    assert!(out.notes.iter().any(|n| n.contains("500 KB")), "{:?}", out.notes);
    let marked = "<div itemscope itemtype='https://schema.org/Event'><i itemprop=name>A</i></div>".repeat(2_501);
    let out = read(format!("<html><body>{marked}").as_bytes(), SourceKind::Page).unwrap();
    assert!(out.notes.iter().any(|n| n.contains("2501")), "{:?}", out.notes);
}

#[test]
fn hostile_documents_end() {
    let deep = format!("<html><body>{}", "<div>".repeat(100_000));
    let json = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let entities = "<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><rss version='2.0'><channel><item><title>&b;&b; 4 May 2027</title></item></channel></rss>";
    let nested = "BEGIN:VEVENT\r\n".repeat(8_000);
    let feed = format!("<rss version='2.0'><channel>{}", "<item>".repeat(50_000));
    for body in [deep.as_str(), &json, entities, &nested, &feed] {
        let _ = read(body.as_bytes(), SourceKind::Auto);
    }
    assert!(read(nested.as_bytes(), SourceKind::Auto).unwrap_err().to_string().contains("deeper than 8"));
    assert!(read(json.as_bytes(), SourceKind::Auto).is_err());
}

#[test]
fn ten_thousand_events_are_cut_with_a_note() {
    let items: String = (0..10_000).map(|n| format!("<li class=event><h3>Course {n}</h3> 4 May 2027</li>")).collect::<Vec<_>>().concat();
    let out = read(format!("<ul>{items}</ul>").as_bytes(), SourceKind::Page).unwrap();
    assert_eq!(out.events.len(), MOST_EVENTS);
    assert!(out.notes.iter().any(|n| n.contains("only the first 2000")), "{:?}", out.notes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&body, SourceKind::Auto);
    }

    #[test]
    fn no_fragments_panic(parts in proptest::collection::vec(prop::sample::select(FRAGMENTS), 0..60)) {
        let _ = read(parts.concat().as_bytes(), SourceKind::Auto);
    }
}

const FRAGMENTS: &[&str] = &[
    "<html>",
    "<div class=event>",
    "</div>",
    "<li>",
    "<table><tr><td>",
    "<h2>",
    "<br>",
    "<a href=/x>",
    "4 May 2027",
    " 10am–12pm ",
    "é",
    "\u{0}",
    "<rss version='2.0'><channel>",
    "<item><title>",
    "</title></item>",
    "<script type='application/ld+json'>",
    "{\"@type\":\"Event\",\"name\":\"A\",\"startDate\":",
    "\"2027-05-04\"}",
    "</script>",
    "[",
    "]",
    "BEGIN:VCALENDAR\n",
    "BEGIN:VEVENT\n",
    "END:VEVENT\n",
    "DTSTART;TZID=X:20270504T100000\n",
    "RRULE:FREQ=DAILY;COUNT=9\n",
    "SUMMARY:A\n",
    "RECURRENCE-ID:20270504T100000\n",
    "From: a@b.example\nSubject: x\n\n",
    "* ",
    "\n",
    "[a](https://x.example)",
    "**b**",
    "<!--",
    "-->",
    "&#0;",
    "<div itemscope itemtype='x/Event'>",
    "<b itemprop=name>",
    "Where: ",
    "\u{202e}",
    "\"",
    ",",
    ":",
];
