//! The same event twice in one mail, in the roundup at the top and in full below, is one event: the fuller of the two.

use std::collections::HashMap;

use crate::collect::extract::repeated::words::stem;
use crate::collect::normalise::{date, link};
use crate::domain::{RawEvent, Reading, When};

/// Each event once. Two are one when they begin on the same day and share their link, or their title while no two links tell them apart.
pub fn once(events: Vec<RawEvent>, reading: &Reading) -> Vec<RawEvent> {
    let mut out: Vec<RawEvent> = Vec::with_capacity(events.len());
    let mut links: HashMap<String, usize> = HashMap::new();
    let mut titles: HashMap<String, Vec<usize>> = HashMap::new();
    for event in events {
        let Some(day) = day(&event, reading) else {
            out.push(event);
            continue;
        };
        let address = event.url.as_deref().and_then(|u| link::canonical(u, None).or_else(|| link::tracked(u)));
        let by_link = address.map(|a| format!("{day} {a}"));
        let by_title = format!("{day} {}", stem(&event.title));
        let same_link = by_link.as_ref().and_then(|key| links.get(key)).copied().filter(|at| alike(&out[*at].title, &event.title));
        let same_title = || titles.get(&by_title)?.iter().copied().find(|at| by_link.is_none() || out[*at].url.is_none());
        let at = same_link.or_else(same_title);
        let Some(at) = at else {
            titles.entry(by_title).or_default().push(out.len());
            if let Some(key) = by_link {
                links.insert(key, out.len());
            }
            out.push(event);
            continue;
        };
        let kept = &mut out[at];
        let (fuller, other) = if event.text.len() > kept.text.len() { (event, kept.clone()) } else { (kept.clone(), event) };
        *kept = RawEvent {
            url: fuller.url.or(other.url),
            provider: fuller.provider.or(other.provider),
            price_words: fuller.price_words.or(other.price_words),
            ..fuller
        };
        if let Some(key) = by_link {
            links.insert(key, at);
        }
    }
    out
}

/// The day on which it begins, as its own words say.
fn day(event: &RawEvent, reading: &Reading) -> Option<When> {
    if let Some(start) = &event.start {
        return start.value.day().map(When::Day);
    }
    let reading = Reading { now: event.said_at.unwrap_or(reading.now), ..*reading };
    let words = event.date_words.as_deref()?;
    date::choose(words, &date::read(words, &reading), &reading)?.start.day().map(When::Day)
}

/// Two titles of which one says nothing that the other contradicts: at least half of the shorter one's words are the other's.
fn alike(a: &str, b: &str) -> bool {
    let words = |t: &str| t.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2).map(str::to_owned).collect::<Vec<_>>();
    let (a, b) = (words(a), words(b));
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().filter(|w| many.contains(w)).count() * 2 >= few.len()
}
