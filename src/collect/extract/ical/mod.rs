//! iCalendar (RFC 5545): one event per VEVENT, its recurrence expanded over the window of the reading.
//!
//! An event without a sitting in the window is left out; a sitting that was cancelled vanishes; joining links never become the
//! event's address. Bounded in depth, lines and occurrences.

mod describe;
mod lines;
mod recur;
mod sittings;
mod stamp;
mod zone;

pub use super::joining::is_meeting_link;
pub use lines::BadCalendar;

use std::collections::HashMap;

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::domain::{Fact, Origin, RawEvent, Reading, Session, When};
use lines::Component;
use recur::{Budget, Span};
use sittings::{Sitting, Sittings};
use stamp::Stamp;
use zone::Zones;

/// Reads a calendar. The notes say what was tolerated, skipped or cut.
pub fn read(source: &str, reading: &Reading, notes: &mut Vec<String>) -> Result<Vec<RawEvent>, BadCalendar> {
    let root = lines::read(source, notes)?;
    let mut budget = Budget::default();
    let mut out = Vec::new();
    let (calendars, stray): (Vec<_>, Vec<_>) = root.children.into_iter().partition(|c| c.name == "VCALENDAR");
    let loose = Component { children: stray, ..Component::default() };
    for calendar in calendars.iter().chain((!loose.children.is_empty()).then_some(&loose)) {
        out.extend(events(calendar, reading, &mut budget, notes));
    }
    notes.sort();
    notes.dedup();
    Ok(out)
}

fn events(calendar: &Component, reading: &Reading, budget: &mut Budget, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let zones = Zones::of(calendar, reading.zone);
    let mut series: Vec<Series> = Vec::new();
    let mut by_uid: HashMap<String, usize> = HashMap::new();
    let mut changes = Vec::new();
    for event in calendar.children.iter().filter(|c| c.name == "VEVENT") {
        let uid = event.text("UID");
        let Some(first) = event.get("DTSTART").and_then(|p| Stamp::one(p, &zones)) else {
            notes.push("an event without a readable DTSTART was skipped".into());
            continue;
        };
        if event.get("RECURRENCE-ID").is_some() {
            changes.push((event, uid, first));
            continue;
        }
        // The same UID twice is a newer version, unless it starts at another time: then two events share a UID by mistake.
        let twin = uid.as_ref().and_then(|u| by_uid.get(u)).copied().filter(|i| series[*i].first == first);
        match twin {
            Some(i) if sequence(event) >= sequence(series[i].master) => series[i].master = event,
            Some(_) => {}
            None => {
                if let Some(uid) = uid {
                    by_uid.entry(uid).or_insert(series.len());
                }
                series.push(Series { master: event, first, changes: Vec::new(), orphan: false });
            }
        }
    }
    attach(changes, &by_uid, &mut series);
    series.iter().filter_map(|s| s.event(reading, &zones, budget, notes)).collect()
}

/// Gives each changed sitting to its series; one without a series is an event of its own.
fn attach<'a>(changes: Vec<(&'a Component, Option<String>, Stamp)>, by_uid: &HashMap<String, usize>, series: &mut Vec<Series<'a>>) {
    for (event, uid, first) in changes {
        match uid.as_ref().and_then(|u| by_uid.get(u)) {
            Some(i) => series[*i].changes.push((event, first)),
            None => series.push(Series { master: event, first, changes: Vec::new(), orphan: true }),
        }
    }
}

fn sequence(event: &Component) -> i64 {
    event.text("SEQUENCE").and_then(|s| s.parse().ok()).unwrap_or(0)
}

/// A VEVENT with the VEVENTs that change single sittings of it.
struct Series<'a> {
    master: &'a Component,
    first: Stamp,
    changes: Vec<(&'a Component, Stamp)>,
    /// A changed sitting whose series is not in the calendar.
    orphan: bool,
}

impl Series<'_> {
    fn event(&self, reading: &Reading, zones: &Zones, budget: &mut Budget, notes: &mut Vec<String>) -> Option<RawEvent> {
        if describe::is_placeholder(self.master) {
            notes.push("free/busy placeholders and empty slots were skipped".into());
            return None;
        }
        let shown = if self.first.zone == Tz::UTC { zones.floating() } else { self.first.zone };
        let length = length(self.master, self.first, zones, notes);
        let sittings = self.sittings(length, civil_window(reading), zones, budget, notes);
        let mut event = describe::event(self.master, self.orphan);
        event.zone = (self.first.zone != Tz::UTC).then_some(self.first.zone).or(zones.calendar);
        let (first, last) = (sittings.first()?, sittings.last()?);
        let words = self.master.get("DTSTART").map(|p| p.value.clone()).unwrap_or_default();
        event.start = Some(Fact::new(first.start(shown), Origin::Structured, words, 1.0));
        let end_words = self.master.get("DTEND").or_else(|| self.master.get("DURATION")).map(|p| p.value.clone()).unwrap_or_default();
        event.end = last.end(shown).map(|end| Fact::new(end, Origin::Structured, end_words, 1.0));
        if recur::recurs(self.master) || sittings.len() > 1 {
            event.sessions = sittings.iter().map(|s| Session { start: s.start(shown), end: s.end(shown) }).collect();
        }
        Some(event)
    }

    /// The sittings that overlap the window, in order.
    fn sittings(&self, length: TimeDelta, window: Span, zones: &Zones, budget: &mut Budget, notes: &mut Vec<String>) -> Vec<Sitting> {
        // A changed sitting can come into the window from outside: look a little wider, then filter.
        let margin = length.max(TimeDelta::zero()) + TimeDelta::days(32);
        let wide = Span {
            from: window.from.checked_sub_signed(margin).unwrap_or(window.from),
            to: window.to.checked_add_signed(TimeDelta::days(32)).unwrap_or(window.to),
        };
        let starts = if recur::recurs(self.master) {
            recur::starts(self.master, self.first, wide, zones, budget, notes)
        } else {
            std::iter::once((self.first.local, None)).collect()
        };
        if self.changes.len() > sittings::MOST_CHANGES {
            notes.push(format!("only the first {} of {} changed sittings of an event were followed", sittings::MOST_CHANGES, self.changes.len()));
        }
        let mut sittings = Sittings::new(starts, self.first, length);
        sittings.change(&self.changes, self.master, zones, |event, stamp| self::length(event, stamp, zones, &mut Vec::new()));
        sittings.overlapping(window)
    }
}

/// How long a sitting lasts in civil time; zero when that was not stated or makes no sense.
fn length(event: &Component, start: Stamp, zones: &Zones, notes: &mut Vec<String>) -> TimeDelta {
    let stated = event.get("DURATION").and_then(|p| stamp::duration(&p.value));
    let until = || event.get("DTEND").and_then(|p| Stamp::one(p, zones)).map(|end| end.local_in(start.zone) - start.local);
    let length = stated.or_else(until).unwrap_or(if start.is_day { TimeDelta::days(1) } else { TimeDelta::zero() });
    if length < TimeDelta::zero() {
        notes.push("an event that ends before it begins: its end was left out".into());
        return TimeDelta::zero();
    }
    if start.is_day { length.max(TimeDelta::days(1)) } else { length }
}

/// The window in civil time: a day of the window is a day of the event's own calendar.
fn civil_window(reading: &Reading) -> Span {
    let civil = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&reading.zone).naive_local();
    Span { from: civil(reading.window.0), to: civil(reading.window.1) }
}

/// What a sitting's start is as a fact's value.
fn when(stamp: Stamp, shown: Tz) -> When {
    stamp.when(shown)
}

#[cfg(test)]
mod tests;
