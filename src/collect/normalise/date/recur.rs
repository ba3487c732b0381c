//! Days named by their place in the month: "first Saturday in May 2027", "second Tuesday of every month until July".
//!
//! With a stated end each day is given; without one only the next, since nobody said how long it goes on. Never more than two years ahead.

use chrono::{Datelike, Months, NaiveDate, Weekday};

use super::day::{self, Dates, Stated};
use super::token::{Kind, Token};

/// The most days one phrase gives.
const MOST: usize = 24;
/// How far behind the phrase its end may stand, in tokens: "..., 6-8pm, until July".
const AHEAD: usize = 14;

/// Before the month in which it begins.
const FROM: &[&str] = &["from", "starting", "beginning", "since", "in"];

/// A month by its number, with the year where one was stated.
type Named = (u32, Option<i32>);

/// Which of a month's weekdays.
#[derive(Clone, Copy)]
enum Nth {
    /// From 1.
    Counted(u8),
    Last,
}

/// Reads such days at token `i`; `today` is where a phrase without a year starts.
pub(super) fn dates(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(Dates, usize)> {
    let (nths, at) = nths(tokens, i)?;
    let Kind::Weekday(weekday) = tokens.get(at)?.kind else { return None };
    let mut at = at + 1;
    if !tokens.get(at).is_some_and(|t| t.is_any(&["of", "in"])) {
        // "Monthly on the second Wednesday"
        let said = tokens[i.saturating_sub(3)..i].windows(2).any(|w| w[0].is_any(&["monthly", "month"]) && w[1].is("on"));
        return said.then(|| monthly(tokens, at, &nths, weekday, today)).flatten();
    }
    at += 1;
    let every = tokens.get(at).is_some_and(|t| t.is_any(&["the", "each", "every", "a"]));
    at += usize::from(every);
    if every && tokens.get(at).is_some_and(|t| t.is_any(&["month", "months"])) {
        return monthly(tokens, at + 1, &nths, weekday, today);
    }
    let Kind::Month(month) = tokens.get(at)?.kind else { return None };
    let (year, next) = day::year(tokens, at + 1).map_or((None, at + 1), |(y, next)| (Some(y), next));
    let list = nths.iter().map(|&nth| in_named(year, month, nth, weekday, today).map(stated)).collect::<Option<Vec<_>>>()?;
    Some((Dates { list, range: false, relative: false }, next))
}

/// In its stated year, or the next from today.
fn in_named(year: Option<i32>, month: u32, nth: Nth, weekday: Weekday, today: NaiveDate) -> Option<NaiveDate> {
    let in_year = |y: i32| in_month(NaiveDate::from_ymd_opt(y, month, 1)?, nth, weekday);
    match year {
        Some(year) => in_year(year),
        None => in_year(today.year()).filter(|d| *d >= today).or_else(|| in_year(today.year() + 1)),
    }
}

/// "first", "first and third", "2nd & 4th".
fn nths(tokens: &[Token], i: usize) -> Option<(Vec<Nth>, usize)> {
    let (first, mut at) = nth(tokens, i)?;
    let mut all = vec![first];
    while all.len() < 4 && tokens.get(at).is_some_and(|t| matches!(t.kind, Kind::And | Kind::Comma)) {
        let the = usize::from(tokens.get(at + 1).is_some_and(|t| t.is("the")));
        let Some((next, end)) = nth(tokens, at + 1 + the) else { break };
        all.push(next);
        at = end;
    }
    Some((all, at))
}

fn nth(tokens: &[Token], i: usize) -> Option<(Nth, usize)> {
    const WORDS: &[&str] = &["first", "second", "third", "fourth"];
    let token = tokens.get(i)?;
    if token.is("last") {
        return Some((Nth::Last, i + 1));
    }
    if let Some(place) = WORDS.iter().position(|w| token.is(w)) {
        return Some((Nth::Counted(u8::try_from(place).ok()? + 1), i + 1));
    }
    let n = day::number(tokens, i, 1..=1).filter(|n| (1..=4).contains(n))?;
    tokens.get(i + 1).filter(|t| day::is_ordinal_ending(t))?;
    Some((Nth::Counted(u8::try_from(n).ok()?), i + 2))
}

/// From the month named ("from January") or today, to the month named ("until July") or the next only.
fn monthly(tokens: &[Token], next: usize, nths: &[Nth], weekday: Weekday, today: NaiveDate) -> Option<(Dates, usize)> {
    let (from, until) = bounds(tokens, next);
    let begin = from.and_then(|m| first_of(m, today)).unwrap_or(today);
    let last = until.and_then(|m| first_of(m, begin.with_day(1)?));
    let months = (0..=MOST).filter_map(|n| begin.with_day(1)?.checked_add_months(Months::new(u32::try_from(n).ok()?)));
    let of_month = |m: NaiveDate| {
        let mut days: Vec<_> = nths.iter().filter_map(|&nth| in_month(m, nth, weekday)).collect();
        days.sort_unstable();
        days.dedup();
        days
    };
    let days = months.take_while(|m| last.is_none_or(|last| *m <= last)).flat_map(of_month).filter(|d| *d >= begin);
    let found: Vec<_> = days.take(if last.is_some() { MOST } else { 1 }).map(stated).collect();
    (!found.is_empty()).then_some((Dates { list: found, range: false, relative: true }, past_bounds(tokens, next)))
}

/// Past "from January until July" where it follows at once.
fn past_bounds(tokens: &[Token], mut next: usize) -> usize {
    loop {
        let comma = usize::from(tokens.get(next).is_some_and(|t| t.kind == Kind::Comma));
        let word = tokens.get(next + comma).is_some_and(|t| t.kind == Kind::Dash || t.is_any(FROM));
        if !word || !matches!(tokens.get(next + comma + 1).map(|t| t.kind), Some(Kind::Month(_))) {
            return next;
        }
        next += comma + 2;
        next = day::year(tokens, next).map_or(next, |(_, end)| end);
    }
}

/// The months of "from January" and "until July" in the rest of the sentence.
fn bounds(tokens: &[Token], next: usize) -> (Option<Named>, Option<Named>) {
    let (mut from, mut until) = (None, None);
    let ends = |at: usize| tokens[at].kind == Kind::Newline || tokens[at].kind == Kind::Dot && !tokens.get(at + 1).is_some_and(|t| t.glued);
    for at in (next..tokens.len().min(next + AHEAD)).take_while(|&at| !ends(at)) {
        let Some(Kind::Month(month)) = tokens.get(at + 1).map(|t| t.kind) else { continue };
        let named = Some((month, day::year(tokens, at + 2).map(|(y, _)| y)));
        if tokens[at].kind == Kind::Dash {
            until = until.or(named);
        } else if tokens[at].is_any(FROM) {
            from = from.or(named);
        }
    }
    (from, until)
}

/// The first of a month, in its stated year or the first on or after the month of `today`.
fn first_of((month, year): Named, today: NaiveDate) -> Option<NaiveDate> {
    let in_year = |y: i32| NaiveDate::from_ymd_opt(y, month, 1);
    match year {
        Some(year) => in_year(year),
        None => in_year(today.year()).filter(|d| Some(*d) >= today.with_day(1)).or_else(|| in_year(today.year() + 1)),
    }
}

fn in_month(first: NaiveDate, nth: Nth, weekday: Weekday) -> Option<NaiveDate> {
    let (year, month) = (first.year(), first.month());
    match nth {
        Nth::Counted(n) => NaiveDate::from_weekday_of_month_opt(year, month, weekday, n),
        Nth::Last => [5, 4].into_iter().find_map(|n| NaiveDate::from_weekday_of_month_opt(year, month, weekday, n)),
    }
}

fn stated(day: NaiveDate) -> Stated {
    Stated { year: Some(day.year()), month: day.month(), day: Some(day.day()), weekday: None }
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
    fn a_place_in_a_named_month_is_a_day() {
        check("first Saturday in May 2027", &["2027-05-01"]);
        check("last Friday of January", &["2027-01-29"]);
        check("3rd Thursday in March", &["2027-03-18"]);
        check("second Monday of November", &["2027-11-08"]);
    }

    #[test]
    fn a_place_in_every_month_is_the_next_or_all_until_the_end() {
        check("first Tuesday of the month", &["2026-12-01"]);
        check("last Wednesday of every month, 6-8pm", &["2026-11-25"]);
        check("first Tuesday of the month until February", &["2026-12-01", "2027-01-05", "2027-02-02"]);
        check("first and third Tuesday of the month until January", &["2026-12-01", "2026-12-15", "2027-01-05", "2027-01-19"]);
        check("1st & 3rd Saturday in May 2027", &["2027-05-01", "2027-05-15"]);
        check("2nd Monday of each month from January to March 2027", &["2027-01-11", "2027-02-08", "2027-03-08"]);
    }

    #[test]
    fn other_firsts_are_none() {
        for text in ["first Tuesday", "first of the month", "last Friday", "second session in May", "fifth Monday of the month"] {
            check(text, &[]);
        }
    }
}
