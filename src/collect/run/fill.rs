//! What a list left out, taken from the event's own page. Never overwrites what the list states, except a text that was cut off.
//!
//! Pure.

use std::collections::HashSet;

use url::Url;

use crate::{
    domain::{Candidate, Facts, Origin, When},
    store::listing::Seen,
};

/// A text shorter than this is the list's teaser: the page's own text is added to it. Characters.
const TEASER: usize = 400;
/// Words of two titles that must be the same for one event.
const ALIKE: f64 = 0.6;

/// Fills an event from what its own page states, and lets the digest of its words follow.
pub(super) fn fill(event: &mut Seen, page: &[Seen], url: &Url) {
    let Some(own) = same_event(&event.candidate, page, url) else { return };
    let before = event.candidate.clone();
    facts(&mut event.candidate, &own.candidate);
    texts(&mut event.candidate, &own.candidate);
    if event.candidate != before {
        event.raw_hash = blake3::hash(format!("{}{}", event.raw_hash, own.raw_hash).as_bytes()).to_hex().to_string();
    }
}

/// The event of the page that is this one: of the same address or nearly the same title; a page also names others that may interest.
fn same_event<'a>(event: &Candidate, page: &'a [Seen], url: &Url) -> Option<&'a Seen> {
    let score = |s: &Seen| {
        let c = &s.candidate;
        let here = c.url.as_deref() == Some(url.as_str());
        alike(&event.title, &c.title) + if here { 0.5 } else { 0.0 } + if same_day(event, c) { 0.5 } else { 0.0 }
    };
    let best = page.iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    let alone = page.len() == 1 && (event.facts.start.is_none() || same_day(event, &best.candidate));
    (alike(&event.title, &best.candidate.title) >= ALIKE || alone).then_some(best)
}

fn same_day(a: &Candidate, b: &Candidate) -> bool {
    let day = |c: &Candidate| c.facts.start.as_ref().map(|s| s.value.first_day());
    day(a).is_some() && day(a) == day(b)
}

/// The share of the shorter title's words that the other has. 0..=1.
#[allow(clippy::cast_precision_loss, reason = "counts of words")]
fn alike(a: &str, b: &str) -> f64 {
    let words = |s: &str| -> HashSet<String> {
        s.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 2).map(str::to_owned).collect()
    };
    let (a, b) = (words(a), words(b));
    a.intersection(&b).count() as f64 / a.len().min(b.len()).max(1) as f64
}

fn facts(event: &mut Candidate, own: &Candidate) {
    moments(event, own);
    let (to, from): (&mut Facts, &Facts) = (&mut event.facts, &own.facts);
    fill_missing(&mut to.deadline, from.deadline.as_ref());
    fill_missing(&mut to.status, from.status.as_ref());
    fill_missing(&mut to.mode, from.mode.as_ref());
    // A place is one fact in parts: a town is added to a venue only when the page does not name another venue.
    let elsewhere = matches!((&to.venue, &from.venue), (Some(a), Some(b)) if alike(&a.value, &b.value) < 0.5);
    if !elsewhere {
        fill_missing(&mut to.venue, from.venue.as_ref());
        fill_missing(&mut to.address, from.address.as_ref());
        fill_missing(&mut to.town, from.town.as_ref());
        fill_missing(&mut to.postcode, from.postcode.as_ref());
        fill_missing(&mut to.region, from.region.as_ref());
    }
    // That it stands on the provider's own source says less than a name on the event's page.
    if to.provider.as_ref().is_none_or(|p| p.evidence.origin == Origin::Derived) {
        to.provider = from.provider.clone().or_else(|| to.provider.take());
    }
    if to.price.is_none() {
        to.price.clone_from(&from.price);
        if to.cost_flags.is_empty() {
            to.cost_flags.clone_from(&from.cost_flags);
        }
    }
}

/// The page's moments when the list has none, or says less precisely what the page says.
fn moments(event: &mut Candidate, own: &Candidate) {
    let Some(stated) = own.facts.start.clone() else { return };
    let takes = match event.facts.start.as_ref().map(|s| s.value) {
        None => true,
        Some(listed) if refines(stated.value, listed) => true,
        Some(listed) => {
            if listed.first_day() != stated.value.first_day() {
                event.conflicts.push(("start".to_owned(), format!("{} on its own page", stated.value)));
            } else if event.facts.end.is_none() && event.facts.sessions.is_empty() && listed == stated.value {
                event.facts.end.clone_from(&own.facts.end);
            }
            false
        }
    };
    if takes {
        event.zone = own.zone;
        event.facts.start = Some(stated);
        let ends = own.facts.end.clone().or_else(|| event.facts.end.take());
        event.facts.end = ends;
        if event.facts.sessions.is_empty() {
            event.facts.sessions.clone_from(&own.facts.sessions);
        }
    }
}

/// A time of a stated day, a day of a stated month.
fn refines(fine: When, coarse: When) -> bool {
    match (fine, coarse) {
        (When::Minute(at), When::Day(day)) => at.date_naive() == day,
        (When::Minute(_) | When::Day(_), When::Month { .. }) => {
            let first = coarse.first_day();
            chrono::Datelike::year(&fine.first_day()) == chrono::Datelike::year(&first)
                && chrono::Datelike::month(&fine.first_day()) == chrono::Datelike::month(&first)
        }
        _ => false,
    }
}

fn fill_missing<T: Clone>(to: &mut Option<T>, from: Option<&T>) {
    if to.is_none() {
        *to = from.cloned();
    }
}

fn texts(event: &mut Candidate, own: &Candidate) {
    if let Some(stem) = cut_off(&event.title)
        && own.title.starts_with(stem)
    {
        event.title.clone_from(&own.title);
    }
    let teaser = cut_off(&event.text).unwrap_or(&event.text).to_owned();
    if event.text.chars().count() < TEASER || teaser.len() < event.text.len() {
        let opening: String = teaser.chars().take(80).collect();
        if own.text.contains(&opening) {
            event.text.clone_from(&own.text);
        } else if !own.text.is_empty() && !event.text.contains(&own.text) {
            event.text = format!("{}\n\n{}", event.text, own.text);
        }
    }
    fill_missing(&mut event.booking_url, own.booking_url.as_ref());
}

/// A text that ends in dots, without them.
fn cut_off(text: &str) -> Option<&str> {
    let bare = text.trim_end();
    let stem = bare.strip_suffix('…').or_else(|| bare.strip_suffix("...")).or_else(|| bare.strip_suffix("[…]"))?;
    Some(stem.trim_end()).filter(|s| s.len() >= 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::run::sightings,
        domain::{Method, RawEvent, Reading},
    };

    fn seen(title: &str, date: &str, text: &str) -> Seen {
        let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
        let mut raw = RawEvent::new(Method::Repeated, title);
        raw.date_words = Some(date.to_owned()).filter(|d| !d.is_empty());
        text.clone_into(&mut raw.text);
        sightings::seen(vec![(raw, None)], &reading, None).remove(0)
    }

    fn check(list: (&str, &str, &str), page: &[(&str, &str, &str)], expected: &str) {
        let mut event = seen(list.0, list.1, list.2);
        let was = event.raw_hash.clone();
        let page: Vec<Seen> = page.iter().map(|(t, d, x)| seen(t, d, x)).collect();
        fill(&mut event, &page, &Url::parse("https://a.example/looms").unwrap());
        let c = &event.candidate;
        let shown = |s: Option<String>| s.unwrap_or_else(|| "-".into());
        let price = c.facts.price.as_ref().and_then(|p| p.value.max).map(|m| m.minor.to_string());
        let found = format!("{}|{}|{}|{}", c.title, shown(c.facts.start.as_ref().map(|s| s.value.to_string())), shown(price), c.conflicts.len());
        assert_eq!(found, expected);
        assert_ne!(event.raw_hash, was, "the digest follows the words");
    }

    #[test]
    fn what_the_list_left_out_is_filled_and_what_it_states_stands() {
        let page = [("Warping the loom by hand", "4 May 2027, 10am", "Tickets cost £25.")];
        check(("Warping the loom…", "4 May 2027", ""), &page, "Warping the loom by hand|2027-05-04T10:00:00+01:00|2500|0");
        check(("Warping the loom by hand", "", "£30 each"), &page, "Warping the loom by hand|2027-05-04T10:00:00+01:00|3000|0");
        check(("Warping the loom by hand", "6 May 2027, 2pm", ""), &page, "Warping the loom by hand|2027-05-06T14:00:00+01:00|2500|1");
    }

    #[test]
    fn another_event_of_the_page_fills_nothing() {
        let mut event = seen("Warping the loom", "4 May 2027", "");
        let before = event.candidate.clone();
        let others = [seen("Dyeing with plants", "9 May 2027", "£9"), seen("Felting hats", "10 May 2027", "£9")];
        fill(&mut event, &others, &Url::parse("https://a.example/looms").unwrap());
        assert_eq!(event.candidate, before);
    }
}
