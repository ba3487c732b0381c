//! When, compared: how far apart two listings say it is, and whether one's sittings hold the other's.

use chrono::{Datelike, NaiveDate};

use super::Profile;
use crate::domain::When;

/// Sittings of one listing that are compared; a hostile calendar may hold thousands.
const SITTINGS_AT_MOST: usize = 64;

/// The dates of a listing as they are compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Dates {
    /// First and last civil day; equal for an event of a day. None when no day is stated.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// A month when only that was stated, as months since year 0.
    pub month: Option<i32>,
    /// Minutes of UTC since the epoch at which it starts, when a time was stated.
    pub minute: Option<i64>,
    /// Whether an end was stated.
    pub ends: bool,
    /// Days of further sittings, sorted.
    pub sittings: Vec<NaiveDate>,
    /// Days on which it was once stated to start.
    pub former: Vec<NaiveDate>,
}

impl Dates {
    pub(super) fn read(p: &Profile) -> Self {
        let mut sittings: Vec<NaiveDate> = p.sessions.iter().filter_map(|s| s.start.day()).take(SITTINGS_AT_MOST).collect();
        sittings.sort_unstable();
        let start = p.start.or_else(|| p.sessions.first().map(|s| s.start));
        let first = start.and_then(|w| w.day());
        let last = p.end.and_then(|w| w.day()).filter(|e| Some(*e) >= first);
        Self {
            days: first.map(|f| (f, last.unwrap_or(f))),
            month: match start {
                Some(When::Month { year, month }) => Some(months(year, month)),
                _ => None,
            },
            minute: start.filter(|w| w.time().is_some()).map(|w| w.earliest(p.zone).timestamp() / 60),
            ends: last.is_some(),
            sittings,
            former: p.former.iter().filter_map(When::day).take(SITTINGS_AT_MOST).collect(),
        }
    }

    /// Days between the starts; None when either states no day.
    pub(super) fn apart(&self, other: &Self) -> Option<i64> {
        Some((self.days?.0 - other.days?.0).num_days().abs())
    }

    /// Whether the spans from first to last day meet.
    pub(super) fn overlap(&self, other: &Self) -> bool {
        self.days.zip(other.days).is_some_and(|(a, b)| a.0 <= b.1 && b.0 <= a.1)
    }

    pub(super) fn same_end(&self, other: &Self) -> Option<bool> {
        let (a, b) = self.days.zip(other.days)?;
        (self.ends && other.ends).then_some(a.1 == b.1)
    }

    /// Days from first to last, 0 for an event of a day.
    pub(super) fn length(&self) -> i64 {
        self.days.map_or(0, |(a, b)| (b - a).num_days())
    }

    /// Minutes between the stated times.
    pub(super) fn minutes_apart(&self, other: &Self) -> Option<i64> {
        Some((self.minute? - other.minute?).abs())
    }

    /// Whether one's start is a sitting of the other, which has several.
    pub(super) fn share_a_sitting(&self, other: &Self) -> bool {
        let holds = |a: &Self, b: &Self| b.days.is_some_and(|(day, _)| a.sittings.binary_search(&day).is_ok());
        holds(self, other) || holds(other, self) || self.sittings.iter().any(|d| other.sittings.binary_search(d).is_ok())
    }

    /// Whether one states the day the other stated in an earlier revision.
    pub(super) fn once_agreed(&self, other: &Self) -> bool {
        let once = |a: &Self, b: &Self| b.days.is_some_and(|(day, _)| a.former.contains(&day));
        once(self, other) || once(other, self)
    }

    /// Whether one states only a month: Some(true) if the other's start is in it.
    pub(super) fn month_agrees(&self, other: &Self) -> Option<bool> {
        let of_day = |d: &Self| d.days.map(|(day, _)| months(day.year(), day.month()));
        match (self.month, other.month) {
            (None, None) => None,
            (a, b) => Some(a.or_else(|| of_day(self))? == b.or_else(|| of_day(other))?),
        }
    }
}

fn months(year: i32, month: u32) -> i32 {
    year.saturating_mul(12).saturating_add(i32::try_from(month).unwrap_or(0))
}
