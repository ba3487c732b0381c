//! The sittings of a series, with single ones changed by RECURRENCE-ID (RFC 5545 section 3.8.4.4).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::lines::{Component, Property};
use super::recur::{MOST_DATE_LINES, Span, Starts};
use super::stamp::Stamp;
use super::zone::Zones;
use crate::domain::When;

/// Most changed sittings of a series that are followed.
pub const MOST_CHANGES: usize = 2_000;

/// One dated sitting.
#[derive(Debug, Clone, Copy)]
pub struct Sitting {
    stamp: Stamp,
    length: TimeDelta,
}

impl Sitting {
    pub fn start(&self, shown: Tz) -> When {
        super::when(self.stamp, shown)
    }

    /// Of a day: the last day, when it is not the first. Of a time: when a length was stated.
    pub fn end(&self, shown: Tz) -> Option<When> {
        let end = Stamp { local: self.stop(), ..self.stamp };
        if self.stamp.is_day {
            let last = end.last_day();
            return (last > self.stamp.local.date()).then_some(When::Day(last));
        }
        (self.length > TimeDelta::zero()).then(|| end.when(shown))
    }

    fn stop(&self) -> NaiveDateTime {
        self.stamp.local.checked_add_signed(self.length).unwrap_or(self.stamp.local)
    }

    /// A sitting without length counts when it begins in the window.
    fn overlaps(&self, window: Span) -> bool {
        let start = self.stamp.local;
        start < window.to && (self.stop() > window.from || start >= window.from)
    }
}

/// The sittings by the civil start the rule gave them.
pub struct Sittings {
    first: Stamp,
    by_start: BTreeMap<NaiveDateTime, Sitting>,
}

impl Sittings {
    pub fn new(starts: Starts, first: Stamp, length: TimeDelta) -> Self {
        let sitting = |at, own: Option<TimeDelta>| Sitting { stamp: Stamp { local: at, ..first }, length: own.unwrap_or(length) };
        Self { first, by_start: starts.into_iter().map(|(at, own)| (at, sitting(at, own))).collect() }
    }

    /// Applies changes: those to "this and future" first, in order, then those to single sittings; the highest SEQUENCE wins.
    pub fn change(&mut self, changes: &[(&Component, Stamp)], master: &Component, zones: &Zones, length: impl Fn(&Component, Stamp) -> TimeDelta) {
        let mut sorted: Vec<Change> =
            changes.iter().take(MOST_CHANGES).filter_map(|(event, start)| self.read(event, *start, zones, &length)).collect();
        let excluded: BTreeSet<NaiveDateTime> =
            master.all("EXDATE").take(MOST_DATE_LINES).flat_map(|p| Stamp::all(p, zones)).map(|s| self.original(s)).collect();
        let version = super::sequence(master);
        // What the series has left behind: a sitting since excluded, or one that a newer version no longer has.
        sorted.retain(|c| !excluded.contains(&c.at) && (self.by_start.contains_key(&c.at) || c.sequence >= version));
        sorted.sort_by_key(|c| (!c.onwards, c.sequence, c.at));
        let onwards: Vec<NaiveDateTime> = sorted.iter().filter(|c| c.onwards).map(|c| c.at).collect();
        let single: BTreeSet<NaiveDateTime> = sorted.iter().filter(|c| !c.onwards).map(|c| c.at).collect();
        for change in sorted {
            if change.onwards {
                let until = onwards.iter().copied().filter(|at| *at > change.at).min();
                self.move_onwards(&change, until, &single);
            }
            if change.cancelled {
                self.by_start.remove(&change.at);
            } else {
                self.by_start.insert(change.at, Sitting { stamp: change.start, length: change.length });
            }
        }
    }

    fn read(&self, event: &Component, start: Stamp, zones: &Zones, length: impl Fn(&Component, Stamp) -> TimeDelta) -> Option<Change> {
        let id = event.get("RECURRENCE-ID")?;
        let stamp = Stamp::one(id, zones).or_else(|| Stamp::read(id.value.rsplit(':').next()?, id, zones))?;
        Some(Change {
            at: self.original(stamp),
            onwards: is_onwards(id),
            start,
            length: length(event, start),
            sequence: super::sequence(event),
            cancelled: super::describe::is_cancelled(event),
        })
    }

    /// The sitting that a recurrence id means; a day means the sitting of that day.
    fn original(&self, id: Stamp) -> NaiveDateTime {
        let local = id.local_in(self.first.zone);
        if self.first.is_day {
            return local.date().into();
        }
        let day = NaiveDateTime::from(local.date());
        let same_day = || self.by_start.range(day..).next().map(|(k, _)| *k).filter(|k| k.date() == local.date());
        if id.is_day { same_day().unwrap_or(local) } else { local }
    }

    fn move_onwards(&mut self, change: &Change, until: Option<NaiveDateTime>, single: &BTreeSet<NaiveDateTime>) {
        let shift = change.start.local_in(self.first.zone) - change.at;
        let later: Vec<NaiveDateTime> = self.by_start.range(change.at..).map(|(at, _)| *at).take_while(|at| until.is_none_or(|u| *at < u)).collect();
        for at in later.into_iter().filter(|at| !single.contains(at)) {
            if change.cancelled {
                self.by_start.remove(&at);
            } else if let Some(sitting) = self.by_start.get_mut(&at) {
                sitting.stamp.local = at.checked_add_signed(shift).unwrap_or(at);
                sitting.length = change.length;
            }
        }
    }

    /// Those that overlap the window, by their actual start.
    pub fn overlapping(self, window: Span) -> Vec<Sitting> {
        let mut out: Vec<Sitting> = self.by_start.into_values().filter(|s| s.overlaps(window)).collect();
        out.sort_by_key(|s| s.stamp.local);
        out
    }
}

struct Change {
    /// The sitting's start by the rule.
    at: NaiveDateTime,
    onwards: bool,
    start: Stamp,
    length: TimeDelta,
    sequence: i64,
    cancelled: bool,
}

fn is_onwards(id: &Property) -> bool {
    id.param("RANGE").is_some_and(|r| r.eq_ignore_ascii_case("THISANDFUTURE"))
}
