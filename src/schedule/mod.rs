//! When a bulletin is due and when a source is looked at next: cron expressions in civil time, catch-up, back-off.
//!
//! Pure: never reads the clock and never sleeps; `now` is a parameter. What was already done is the database's to say
//! (`edition_once_a_day`), so that neither a restart nor a clock change skips or repeats an edition (invariant 10).

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

mod cron;
mod polling;
#[cfg(test)]
mod year_tests;

pub use cron::{BadCron, Cron, Occurrence};
pub use polling::{IntervalBounds, LOOKS_WEIGHED, adapted_interval, next_poll};

/// What [`decide`] needs to know of a bulletin.
#[derive(Debug, Clone)]
pub struct Timetable {
    pub cron: Cron,
    /// The zone in whose civil time the expression is meant.
    pub zone: Tz,
    /// How long after its time an edition may still go out by itself.
    pub window: TimeDelta,
    /// When the bulletin was made (UTC): what lay before was nobody's to send.
    pub since: DateTime<Utc>,
}

/// What is to be done about a bulletin now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing; `next` is the occurrence to wait for, `None` when the expression never comes again.
    NotYet { next: Option<Occurrence> },
    /// Make the edition of this civil date.
    Due(Occurrence),
    /// The newest occurrence is longer ago than the window: make its edition, but hold it for a person.
    TooLate(Occurrence),
}

/// Decides from what was done and what time it is; asking again with the same answers decides the same.
///
/// Of several occurrences that were missed only the newest counts: one bulletin with everything, not three at once.
/// `last_done` is the newest civil date that has an edition, in whatever state; no date up to it is ever decided again,
/// whichever way the clock is set.
#[must_use]
pub fn decide(timetable: &Timetable, last_done: Option<NaiveDate>, now: DateTime<Utc>) -> Decision {
    let Timetable { cron, zone, window, since } = timetable;
    let open = |o: &Occurrence| last_done.is_none_or(|done| o.civil_date > done);
    let from = last_done.and_then(start_of).map_or(*since, |done| done.max(*since));
    match cron.occurrences(*zone, from).take_while(|o| o.at <= now).filter(open).last() {
        None => NotYet { next: cron.occurrences(*zone, now.max(*since)).find(open) },
        Some(missed) if now - missed.at <= *window => Due(missed),
        Some(missed) => TooLate(missed),
    }
}
use Decision::{Due, NotYet, TooLate};

/// An instant that is before the civil date in every zone: where a search for later dates may begin.
fn start_of(date: NaiveDate) -> Option<DateTime<Utc>> {
    let midnight = date.and_time(chrono::NaiveTime::MIN).and_utc();
    midnight.checked_sub_signed(TimeDelta::hours(15))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{Asia::Kathmandu, Europe::London, Pacific::Honolulu};

    fn at(s: &str) -> DateTime<Utc> {
        s.parse().unwrap()
    }

    fn weekly() -> Timetable {
        Timetable { cron: Cron::parse("0 7 * * MON").unwrap(), zone: London, window: TimeDelta::hours(4), since: at("2027-03-01T12:00:00Z") }
    }

    fn day(s: &str) -> NaiveDate {
        s.parse().unwrap()
    }

    #[test]
    fn before_at_and_after_its_time() {
        let check = |last: Option<&str>, now: &str, expected: &str| {
            let told = match decide(&weekly(), last.map(day), at(now)) {
                NotYet { next } => format!("next {}", next.unwrap().civil_date),
                Due(o) => format!("due {}", o.civil_date),
                TooLate(o) => format!("late {}", o.civil_date),
            };
            assert_eq!(told, expected, "last {last:?}, now {now}");
        };
        check(None, "2027-03-08T06:59:59Z", "next 2027-03-08");
        check(None, "2027-03-08T07:00:00Z", "due 2027-03-08");
        check(None, "2027-03-08T11:00:00Z", "due 2027-03-08");
        check(None, "2027-03-08T11:00:01Z", "late 2027-03-08");
        check(Some("2027-03-08"), "2027-03-08T07:00:00Z", "next 2027-03-15");
        // Down for three weeks: the newest alone, and only within its window.
        check(Some("2027-03-08"), "2027-03-29T08:00:00Z", "due 2027-03-29");
        check(Some("2027-03-08"), "2027-03-30T08:00:00Z", "late 2027-03-29");
        // A clock set back does not bring an edition back.
        check(Some("2027-03-15"), "2027-03-14T23:00:00Z", "next 2027-03-22");
        check(Some("2027-03-15"), "2027-02-01T00:00:00Z", "next 2027-03-22");
    }

    #[test]
    fn what_lay_before_the_bulletin_was_made_is_not_late() {
        assert!(matches!(decide(&weekly(), None, at("2027-03-01T12:00:00Z")), NotYet { .. }));
        let mut same_day = weekly();
        same_day.since = at("2027-03-08T07:00:00Z");
        assert!(matches!(decide(&same_day, None, at("2027-03-08T07:00:01Z")), NotYet { next: Some(o) } if o.civil_date == day("2027-03-15")));
    }

    #[test]
    fn a_schedule_that_has_ended_waits_for_nothing() {
        let ended = Timetable { cron: Cron::parse("0 0 7 * * * 2026").unwrap(), ..weekly() };
        assert_eq!(decide(&ended, None, at("2027-03-08T07:00:00Z")), NotYet { next: None });
    }

    #[test]
    fn extreme_dates_are_answered() {
        for now in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            for (done, zone) in [(None, Kathmandu), (Some(NaiveDate::MIN), Honolulu), (Some(NaiveDate::MAX), London)] {
                assert!(matches!(decide(&Timetable { zone, ..weekly() }, done, now), NotYet { .. } | TooLate(_)));
            }
        }
    }
}
