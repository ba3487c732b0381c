//! Everything that prose alone says of one event. A fact that was not stated stays absent.

use std::ops::Range;

use super::{date, mode, place, price, provider, status, words};
use crate::domain::{Fact, Facts, Mode, Origin, Reading, Region, When};

/// Reads facts from a title and running text.
#[must_use]
pub fn facts_of_text(title: &str, text: &str, reading: &Reading) -> Facts {
    let whole = if text.contains(title) { text.to_owned() } else { format!("{title}\n{text}") };
    let mut facts = Facts::default();
    let dated = times(&mut facts, title, text, &whole, reading);
    let cost = price::read(&whole, Origin::Prose);
    (facts.price, facts.cost_flags) = (cost.price, cost.flags);
    facts.status = status::read(title, text);
    let at = place::read(&whole, dated.as_ref(), Origin::Prose);
    where_and_how(&mut facts, &whole, at);
    facts.provider = provider::read(title, text, facts.venue.as_ref().map(|v| v.value.as_str()));
    facts
}

/// Start, end, sittings and deadline; gives where the date stands in `whole`.
fn times(facts: &mut Facts, title: &str, text: &str, whole: &str, reading: &Reading) -> Option<Range<usize>> {
    let mentions = date::read(text, reading);
    let mut found = date::choose(text, &mentions, reading).map(|c| (c, text));
    // The title counts when the text has no day.
    if found.as_ref().is_none_or(|(c, _)| c.start.day().is_none()) {
        let in_title = date::read(title, reading);
        found = date::choose(title, &in_title, reading).filter(|c| found.is_none() || c.start.day().is_some()).map(|c| (c, title)).or(found);
    }
    if let Some(deadline) = mentions.iter().find(|m| m.role == date::Role::Deadline) {
        facts.deadline = Some(Fact::new(deadline.start, Origin::Prose, words::around(text, deadline.span.start), deadline.confidence));
    }
    let (chosen, from) = found?;
    let said = from.get(chosen.span.clone()).unwrap_or_default();
    facts.start = Some(Fact::new(chosen.start, Origin::Prose, said, chosen.confidence));
    facts.end = chosen.end.map(|end| Fact::new(end, Origin::Prose, said, chosen.confidence));
    facts.sessions = chosen.sessions;
    let at = whole.find(said)?;
    Some(at..at + said.len())
}

/// Place and mode bear on each other: an online event has no town, and takes the region it is limited to.
pub(super) fn where_and_how(facts: &mut Facts, text: &str, at: place::Where) {
    let lower = words::lower(text);
    let mode = mode::read(text, at.town.is_some(), Origin::Prose);
    let placed = at.town.as_ref().is_some_and(|t| t.evidence.confidence >= 0.9) || at.postcode.is_some();
    facts.mode = match mode {
        Some(m) if m.value == Mode::Online && placed && m.evidence.confidence < 0.8 => at_a_place(&at),
        Some(m) => Some(m),
        None => at_a_place(&at),
    };
    let remote = facts.mode.as_ref().is_some_and(|m| matches!(m.value, Mode::Online | Mode::SelfPaced));
    if remote {
        facts.region = Some(remote_region(&lower, text, at.area, facts.mode.as_ref()));
        return;
    }
    facts.region = at.region.or_else(|| travels_to_you(&lower, text));
    (facts.venue, facts.town, facts.postcode) = (at.venue, at.town, at.postcode);
}

/// A stated place without a word of going online is in person.
fn at_a_place(at: &place::Where) -> Option<Fact<Mode>> {
    let place = at.venue.as_ref().or(at.town.as_ref()).or(at.postcode.as_ref())?;
    Some(Fact::new(Mode::InPerson, Origin::Derived, place.evidence.words.clone(), 0.75))
}

fn remote_region(lower: &str, text: &str, area: Option<Fact<Region>>, mode: Option<&Fact<Mode>>) -> Fact<Region> {
    const EVERYWHERE: &[&str] =
        &["uk-wide", "uk wide", "across the uk", "anywhere in the uk", "nationwide", "nationally", "from any country", "whole of the uk"];
    if let Some(at) = EVERYWHERE.iter().find_map(|p| words::find(lower, p)) {
        return Fact::new(Region::Uk, Origin::Prose, words::around(text, at), 0.9);
    }
    area.unwrap_or_else(|| Fact::new(Region::Uk, Origin::Derived, mode.map(|m| m.evidence.words.clone()).unwrap_or_default(), 0.7))
}

fn travels_to_you(lower: &str, text: &str) -> Option<Fact<Region>> {
    let at = ["we come to you", "at your venue", "in-house", "at your workplace", "in your school", "uk-wide", "across the uk"]
        .iter()
        .find_map(|p| words::find(lower, p))?;
    Some(Fact::new(Region::Uk, Origin::Derived, words::around(text, at), 0.6))
}

/// Whether a moment says more than another about the same day.
pub(super) fn refines(prose: &When, structured: &When) -> bool {
    structured.time().is_none() && prose.time().is_some() && structured.day().is_some() && prose.day() == structured.day()
}
