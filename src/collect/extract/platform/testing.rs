//! What the tests of the adapters share.

use super::*;
use crate::collect::extract::Format;

fn reading() -> Reading {
    Reading::british("2026-11-21T12:00:00Z".parse().unwrap())
}

fn nothing(format: Format) -> Extracted {
    Extracted { events: Vec::new(), format, next_page: None, details: Vec::new(), notes: Vec::new() }
}

/// Reads an answer that came from nowhere in particular.
pub fn payload(source: &str) -> Extracted {
    let mut out = nothing(Format::Json);
    json(source, &reading(), None, &mut out).unwrap();
    out
}

pub fn payload_at(source: &str, url: &str) -> Extracted {
    let mut out = nothing(Format::Json);
    json(source, &reading(), Some(&Url::parse(url).unwrap()), &mut out).unwrap();
    out
}

/// A page's structured data and embedded data, as the extractor reads them.
pub fn page(source: &str, url: &str) -> Extracted {
    let mut out = nothing(Format::Html);
    let url = Url::parse(url).unwrap();
    let parsed = html::parse(source);
    out.events = structured::page(&parsed.html, Some(&url), &reading(), &mut out.notes);
    super::page(&parsed.html, Some(&url), &reading(), &mut out);
    out
}

/// `platform kind url` of every way in.
pub fn ways_of(source: &str, url: &str) -> Vec<String> {
    let ways = ways_in(&html::parse(source).html, &Url::parse(url).unwrap());
    ways.iter().map(|w| format!("{} {} {}", w.platform, w.kind, w.url)).collect()
}

/// `title|start|end`
pub fn show(event: &RawEvent) -> String {
    let when = |fact: &Option<crate::domain::Fact<crate::domain::When>>| fact.as_ref().map(|f| f.value.to_string()).unwrap_or_default();
    format!("{}|{}|{}", event.title, when(&event.start), when(&event.end))
}
