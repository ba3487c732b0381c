//! Dates of the samples: whole weeks after an anchor, on a weekday, in working order, written as people in Britain write them.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::{Europe::London, Tz};

use crate::domain::civil;

/// A time of day: hour, minute.
pub type Clock = (u32, u32);

/// When a sample course takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Calendar weeks after the anchor's; at least one, so that it always lies ahead.
    pub weeks: u64,
    pub day: Weekday,
    pub from: Clock,
    pub to: Clock,
}

impl Slot {
    pub fn date(&self, anchor: DateTime<Utc>) -> NaiveDate {
        on(anchor, self.weeks, self.day)
    }

    pub fn start(&self, anchor: DateTime<Utc>) -> DateTime<Tz> {
        civil(self.date(anchor).and_time(time(self.from)), London)
    }

    pub fn end(&self, anchor: DateTime<Utc>) -> DateTime<Tz> {
        civil(self.date(anchor).and_time(time(self.to)), London)
    }

    /// "Tuesday 9 March 2027".
    pub fn long(&self, anchor: DateTime<Utc>) -> String {
        self.date(anchor).format("%A %-d %B %Y").to_string()
    }

    /// "Tuesday 9 March", as most listings have it.
    pub fn without_year(&self, anchor: DateTime<Utc>) -> String {
        self.date(anchor).format("%A %-d %B").to_string()
    }

    /// "10am to 4.30pm".
    pub fn hours(&self) -> String {
        format!("{} to {}", clock(self.from), clock(self.to))
    }
}

/// The weekday of a later week. Nobody trains between Christmas and the first days of January: two weeks later then.
pub fn on(anchor: DateTime<Utc>, weeks: u64, day: Weekday) -> NaiveDate {
    let today = anchor.with_timezone(&London).date_naive();
    let monday = today - Days::new(u64::from(today.weekday().num_days_from_monday()));
    let date = monday + Days::new(weeks * 7 + u64::from(day.num_days_from_monday()));
    let holidays = matches!((date.month(), date.day()), (12, 21..) | (1, ..=3));
    if holidays { date + Days::new(14) } else { date }
}

fn time((hour, minute): Clock) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default()
}

/// "10am", "4.30pm", "12 noon".
fn clock((hour, minute): Clock) -> String {
    let half = if hour < 12 { "am" } else { "pm" };
    let hour = if hour > 12 { hour - 12 } else { hour };
    match minute {
        0 if half == "pm" && hour == 12 => "12 noon".to_owned(),
        0 => format!("{hour}{half}"),
        _ => format!("{hour}.{minute:02}{half}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_in_britain() {
        for (given, expected) in [((10, 0), "10am"), ((16, 30), "4.30pm"), ((12, 0), "12 noon"), ((12, 15), "12.15pm"), ((9, 5), "9.05am")] {
            assert_eq!(clock(given), expected);
        }
    }

    #[test]
    fn every_slot_lies_ahead_on_its_weekday_and_not_in_the_holidays() {
        let first: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().unwrap();
        for day in 0..800 {
            let anchor = first + chrono::TimeDelta::days(day);
            for weeks in 1..8 {
                let date = on(anchor, weeks, Weekday::Wed);
                assert_eq!(date.weekday(), Weekday::Wed);
                assert!(date > anchor.date_naive(), "{anchor} {weeks}");
                assert!(!matches!((date.month(), date.day()), (12, 24..=26) | (1, 1)), "{date}");
            }
        }
    }
}
