//! One listing's words to what they state, when nothing but the words is at hand: running text, or a scrap of a feed, calendar or JSON-LD.
//!
//! Pure.

use crate::{
    collect::{extract, html, normalise},
    domain::{Candidate, Document, Method, RawEvent, Reading, SourceKind},
};

/// Reads a listing. Structured scraps go the way a document of their format goes; everything else is prose. `None` when there is no title.
#[must_use]
pub fn understand(title: &str, text: &str, reading: &Reading) -> Option<Candidate> {
    structured(title, text, reading).or_else(|| {
        let mut raw = RawEvent::new(Method::Email, title);
        raw.text = if text.trim_start().starts_with('<') { html::plain(text) } else { text.to_owned() };
        normalise::normalise(raw, reading, None)
    })
}

fn structured(title: &str, text: &str, reading: &Reading) -> Option<Candidate> {
    let (kind, content_type, body) = wrap(text.trim_start())?;
    let document = Document { url: None, content_type: Some(content_type.to_owned()), body: body.into_bytes() };
    let mut events = extract::extract(&document, reading, kind, None).ok()?.events;
    if events.len() != 1 {
        return None;
    }
    let mut raw = events.remove(0);
    if raw.title.trim().is_empty() {
        title.clone_into(&mut raw.title);
    }
    normalise::normalise(raw, reading, None)
}

/// Completes a scrap to a document of its format.
fn wrap(text: &str) -> Option<(SourceKind, &'static str, String)> {
    let upper: String = text.chars().take(20).collect::<String>().to_uppercase();
    if upper.starts_with("BEGIN:VCALENDAR") {
        Some((SourceKind::Ical, "text/calendar", text.to_owned()))
    } else if upper.starts_with("BEGIN:VEVENT") {
        Some((SourceKind::Ical, "text/calendar", format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{text}\r\nEND:VCALENDAR\r\n")))
    } else if upper.starts_with("<ITEM") {
        let wrapped = format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>-</title>{text}</channel></rss>");
        Some((SourceKind::Feed, "application/rss+xml", wrapped))
    } else if text.starts_with('{') || text.starts_with('[') {
        Some((SourceKind::Auto, "application/ld+json", text.to_owned()))
    } else {
        None
    }
}
