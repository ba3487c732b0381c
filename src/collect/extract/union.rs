//! What a page's structured data and its repeated blocks state, put together: each event once.
//!
//! Structured data that covers the page's list wins alone; where it covers only some of the list's records, the others are added.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::collect::normalise::date;
use crate::domain::{RawEvent, Reading};

/// The events of both. Blocks are added to dated structured data only when they are the same list: at least half of the structured
/// events must be among them.
pub fn of(structured: Vec<RawEvent>, blocks: Vec<RawEvent>, reading: &Reading) -> Vec<RawEvent> {
    let dated = structured.iter().filter(|e| is_dated(e)).count();
    if dated == 0 {
        return if blocks.is_empty() { structured } else { blocks };
    }
    if blocks.len() <= dated {
        return structured;
    }
    let mut by_day: HashMap<NaiveDate, Vec<usize>> = HashMap::new();
    for (at, event) in structured.iter().enumerate() {
        if let Some(day) = day(event, reading) {
            by_day.entry(day).or_default().push(at);
        }
    }
    let mut met = vec![false; structured.len()];
    let mut more = Vec::new();
    for block in blocks {
        let same_day = day(&block, reading).and_then(|d| by_day.get(&d)).map(Vec::as_slice).unwrap_or_default();
        match same_day.iter().take(50).find(|at| is_same(&structured[**at], &block)) {
            Some(at) => met[*at] = true,
            None => more.push(block),
        }
    }
    let mut out = structured;
    if 2 * met.iter().filter(|m| **m).count() >= dated && (dated > 1 || more.len() > 2) {
        out.append(&mut more);
    }
    out
}

fn is_dated(event: &RawEvent) -> bool {
    event.start.is_some() || event.date_words.is_some()
}

fn day(event: &RawEvent, reading: &Reading) -> Option<NaiveDate> {
    let stated = event.start.as_ref().and_then(|s| s.value.day());
    stated.or_else(|| date::read(event.date_words.as_deref()?, reading).iter().find_map(|m| m.start.day()))
}

/// Of two events of one day: the same page, or titles that share most words.
fn is_same(a: &RawEvent, b: &RawEvent) -> bool {
    if a.url.is_some() && a.url == b.url {
        return true;
    }
    let words = |title: &str| -> Vec<String> {
        title.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2).take(40).map(str::to_owned).collect()
    };
    let (a, b) = (words(&a.title), words(&b.title));
    let shared = a.iter().filter(|w| b.contains(w)).count();
    shared > 0 && 2 * shared >= a.len().min(b.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Fact, Method, Origin, When};

    fn reading() -> Reading {
        Reading::british("2026-11-21T12:00:00Z".parse().unwrap())
    }

    fn structured(title: &str, day: &str) -> RawEvent {
        let mut event = RawEvent::new(Method::JsonLd, title);
        event.start = Some(Fact::new(When::Day(day.parse().unwrap()), Origin::Structured, day, 1.0));
        event
    }

    fn block(title: &str, words: &str) -> RawEvent {
        let mut event = RawEvent::new(Method::Repeated, title);
        event.date_words = Some(words.to_owned());
        event
    }

    fn titles(events: &[RawEvent]) -> Vec<&str> {
        events.iter().map(|e| e.title.as_str()).collect()
    }

    #[test]
    fn records_that_structured_data_leaves_out_are_added_once() {
        let stated = vec![structured("Pests and moulds", "2027-05-04"), structured("Grant writing", "2027-05-05")];
        let listed = vec![block("Pests & moulds", "4 May 2027"), block("Grant writing", "5 May 2027"), block("Oral history", "6 May 2027")];
        assert_eq!(titles(&of(stated, listed, &reading())), ["Pests and moulds", "Grant writing", "Oral history"]);
    }

    #[test]
    fn other_events_beside_a_structured_one_are_not_its_list() {
        let stated = vec![structured("Pests and moulds", "2027-05-04")];
        let aside = vec![block("Choir", "6 May 2027"), block("Market", "7 May 2027"), block("Fair", "8 May 2027")];
        assert_eq!(titles(&of(stated, aside, &reading())), ["Pests and moulds"]);
    }

    #[test]
    fn undated_structured_data_gives_way_to_a_list() {
        let stated = vec![RawEvent::new(Method::JsonLd, "Our courses")];
        assert_eq!(titles(&of(stated, vec![block("Pests", "4 May 2027")], &reading())), ["Pests"]);
    }
}
