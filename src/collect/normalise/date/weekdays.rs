//! Days by weekday and number, without their month: "Tue 12 - Fri 15", "Tuesday 12th". The first month from today in which all of them agree.
//!
//! A single one counts only as an ordinal ("Fri 10" may be an hour). They are vague: an exact date is believed before them.

use chrono::{Datelike, Months, NaiveDate, Weekday};

use super::day::{self, Dates, Stated};
use super::token::{Kind, Token};

/// How many months ahead are tried.
const AHEAD: u32 = 12;

/// Reads such days at token `i`; `today` is where the search for their month starts.
pub(super) fn dates(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(Dates, usize)> {
    let (first, ordinal, next) = labelled(tokens, i)?;
    if let Some((second, _, end)) = tokens.get(next).filter(|t| t.kind == Kind::Dash).and_then(|_| labelled(tokens, next + 1))
        && second.1 > first.1
    {
        let list = in_one_month(&[first, second], today)?;
        return ends_day(tokens, end).then_some((Dates { list, range: true, relative: true }, end));
    }
    let list = in_one_month(&[first], today)?;
    (ordinal && ends_day(tokens, next)).then_some((Dates { list, range: false, relative: true }, next))
}

/// A weekday with its number, and whether the number was an ordinal.
fn labelled(tokens: &[Token], i: usize) -> Option<((Weekday, u32), bool, usize)> {
    let Kind::Weekday(weekday) = tokens.get(i)?.kind else { return None };
    let at = i + 1 + usize::from(tokens.get(i + 1).is_some_and(|t| t.is("the")));
    let n = day::number(tokens, at, 1..=2).filter(|n| (1..=31).contains(n))?;
    let ordinal = tokens.get(at + 1).is_some_and(day::is_ordinal_ending);
    Some(((weekday, n), ordinal, at + 1 + usize::from(ordinal)))
}

/// No clock, month or noun follows: "Sat 10.30", "Friday 13th Floor".
fn ends_day(tokens: &[Token], i: usize) -> bool {
    let plain = tokens.get(i).is_none_or(|t| match t.kind {
        Kind::Word => t.is_any(&["at", "from", "in", "online", "via", "start", "starts"]),
        Kind::Month(_) | Kind::Slash | Kind::And => false,
        _ => true,
    });
    plain && !day::is_clock_ahead(tokens, i)
}

fn in_one_month(days: &[(Weekday, u32)], today: NaiveDate) -> Option<Vec<Stated>> {
    let first = today.with_day(1)?;
    (0..AHEAD).filter_map(|n| first.checked_add_months(Months::new(n))).find_map(|month| {
        let found = days.iter().map(|&(weekday, n)| month.with_day(n).filter(|d| d.weekday() == weekday && *d >= today));
        let stated = |d: NaiveDate| Stated { year: Some(d.year()), month: d.month(), day: Some(d.day()), weekday: Some(d.weekday()) };
        found.map(|d| d.map(stated)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let show = |d: &Stated| format!("{}-{:02}-{:02}", d.year.unwrap(), d.month, d.day.unwrap());
        let got: Vec<_> = dates(&tokens(text), 0, today).map(|(d, _)| d.list.iter().map(show).collect()).unwrap_or_default();
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn the_month_is_the_first_in_which_all_agree() {
        check("Tue 12 - Fri 15", &["2027-01-12", "2027-01-15"]);
        check("Tue 12 - Fri 15, 4pm", &["2027-01-12", "2027-01-15"]);
        check("Tuesday 12th, 7pm", &["2027-01-12"]);
        check("Monday 23rd", &["2026-11-23"]);
    }

    #[test]
    fn hours_floors_and_contradictions_are_none() {
        for text in ["Sat 10–6", "Fri 10", "Sat 10.30 - Sun 11.30", "Friday 13th floor", "Tue 12 - Fri 16", "Tuesday 32nd", "Fri 9 - Sat 5pm"] {
            check(text, &[]);
        }
    }
}
