//! Missing years: the weekday decides where one is stated, otherwise the next such date from today.

use chrono::{Datelike, Days, NaiveDate};

use super::day::{Dates, Stated};

/// A date made whole, and whether its weekday agrees where one was stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    pub year: i32,
    pub month: u32,
    pub day: Option<u32>,
    pub agrees: bool,
}

impl Whole {
    /// The day, or the first of the month.
    pub(super) fn first_day(&self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, self.day.unwrap_or(1)).unwrap_or(NaiveDate::MIN)
    }
}

/// Gives every date of the phrase a year. Later dates of a phrase follow the earlier ones; a year stated once holds for those before it.
pub(super) fn resolve(dates: &Dates, today: NaiveDate) -> Vec<Whole> {
    let mut out: Vec<Whole> = Vec::with_capacity(dates.list.len());
    let stated = dates.list.iter().find_map(|d| d.year.map(|y| (d, y)));
    for date in &dates.list {
        let whole = match (date.year, out.last(), stated) {
            (Some(year), _, _) => whole(date, year),
            (None, Some(last), _) => following(date, last.first_day()),
            (None, None, Some((anchor, year))) => whole(date, if (date.month, date.day) > (anchor.month, anchor.day) { year - 1 } else { year }),
            (None, None, None) => next(date, today),
        };
        out.push(whole);
    }
    out
}

fn whole(date: &Stated, year: i32) -> Whole {
    let found = NaiveDate::from_ymd_opt(year, date.month, date.day.unwrap_or(1));
    let agrees = date.weekday.is_none_or(|w| found.is_some_and(|d| d.weekday() == w));
    Whole { year, month: date.month, day: date.day.filter(|_| found.is_some()), agrees }
}

/// The first such date on or after `from`.
fn following(date: &Stated, from: NaiveDate) -> Whole {
    (from.year()..from.year().saturating_add(9))
        .map(|y| whole(date, y))
        .find(|w| ends(w) >= from && is_whole(w, date))
        .unwrap_or_else(|| whole(date, from.year()))
}

fn is_whole(whole: &Whole, date: &Stated) -> bool {
    whole.day == date.day
}

/// The last day it can mean.
fn ends(whole: &Whole) -> NaiveDate {
    let spare = if whole.day.is_some() { 0 } else { 27 };
    whole.first_day().checked_add_days(Days::new(spare)).unwrap_or(NaiveDate::MAX)
}

/// The next such date; where its weekday disagrees, the nearest year in which it agrees: next year, the year after, or the year just past.
fn next(date: &Stated, today: NaiveDate) -> Whole {
    let plain = following(date, today);
    if plain.agrees {
        return plain;
    }
    [-1, 1, -2, 2].into_iter().map(|n| whole(date, plain.year.saturating_add(n))).find(|w| w.agrees && is_whole(w, date)).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::super::{day, token};
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let tokens = token::tokens(text);
        let (dates, _) = day::dates(&tokens, 0, true).unwrap();
        let got: Vec<_> = resolve(&dates, NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()).iter().map(|w| w.first_day().to_string()).collect();
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn a_missing_year_is_the_next_or_the_one_the_weekday_names() {
        check("5 May", &["2027-05-05"]);
        check("21 November", &["2026-11-21"]);
        check("20 November", &["2027-11-20"]);
        check("Tue 3 November", &["2026-11-03"]);
        check("Wed 3 November", &["2027-11-03"]);
        check("29 February", &["2028-02-29"]);
    }

    #[test]
    fn a_phrase_is_in_order() {
        check("28 Dec - 3 Jan", &["2026-12-28", "2027-01-03"]);
        check("28 Dec - 3 Jan 2028", &["2027-12-28", "2028-01-03"]);
        check("29 April - 2 May 2027", &["2027-04-29", "2027-05-02"]);
        check("26 Feb, 5 Mar, 12 Mar", &["2027-02-26", "2027-03-05", "2027-03-12"]);
    }
}
