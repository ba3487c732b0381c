//! Days named from today: "today", "tomorrow", "next Tuesday", "in three weeks".

use chrono::{Datelike, Days, NaiveDate};

use super::day::{Dates, Stated};
use super::token::{Kind, Token};

/// Reads a relative day at token `i`.
pub(super) fn dates(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(Dates, usize)> {
    let (day, next) = named(tokens, i, today).or_else(|| weekday(tokens, i, today)).or_else(|| counted(tokens, i, today))?;
    let stated = Stated { year: Some(day.year()), month: day.month(), day: Some(day.day()), weekday: None };
    Some((Dates { list: vec![stated], range: false, relative: true }, next))
}

fn ahead(today: NaiveDate, days: u64) -> Option<NaiveDate> {
    today.checked_add_days(Days::new(days))
}

fn named(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let token = &tokens[i];
    if token.kind != Kind::Word {
        return None;
    }
    if token.is_any(&["today", "tonight"]) && is_dated(tokens, i) {
        Some((today, i + 1))
    } else if token.is("tomorrow") && !i.checked_sub(1).is_some_and(|b| tokens[b].is_any(&["of", "for"])) {
        Some((ahead(today, 1)?, i + 1))
    } else if token.is("yesterday") {
        Some((today.pred_opt()?, i + 1))
    } else {
        None
    }
}

/// A time follows, or a word before says that it is when; "Book today" is neither.
fn is_dated(tokens: &[Token], i: usize) -> bool {
    let after = tokens.get(i + 1).is_some_and(|t| t.is_any(&["at", "from", "@"]) || matches!(t.kind, Kind::Number(_)));
    let before = i.checked_sub(1).is_some_and(|b| matches!(tokens[b].kind, Kind::Colon | Kind::Dash) || tokens[b].is_any(&["is", "are", "from"]) || matches!(tokens[b].kind, Kind::Number(_)) || tokens[b].is_any(&["am", "pm"]));
    after || before
}

/// "next Tuesday", "this Friday", "last Monday". "Next" is the one of the week after this.
fn weekday(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let word = tokens[i];
    let week = usize::from(tokens.get(i + 1).is_some_and(|t| t.is("week")));
    let Kind::Weekday(day) = tokens.get(i + 1 + week)?.kind else { return None };
    if tokens[i + 1 + week].text.len() > 6 && tokens[i + 1 + week].text.ends_with('s') {
        return None;
    }
    let monday = today.checked_sub_days(Days::new(u64::from(today.weekday().num_days_from_monday())))?;
    let in_week = |weeks: u64| ahead(monday, weeks * 7 + u64::from(day.num_days_from_monday()));
    let found = if word.is("next") {
        in_week(1)?
    } else if word.is_any(&["this", "coming"]) {
        in_week(0).filter(|d| *d >= today || week > 0).or_else(|| in_week(1))?
    } else if word.is("last") {
        in_week(0)?.checked_sub_days(Days::new(7))?
    } else {
        return None;
    };
    Some((found, i + 2 + week))
}

/// "in 3 days", "two weeks ago", "5 days from now".
fn counted(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let (inside, at) = if tokens[i].is_any(&["in", "within"]) { (true, i + 1) } else { (false, i) };
    let n = count(tokens.get(at)?)?;
    let unit = tokens.get(at + 1)?;
    let days = if unit.is_any(&["day", "days"]) {
        n
    } else if unit.is_any(&["week", "weeks"]) {
        n * 7
    } else {
        return None;
    };
    let ago = tokens.get(at + 2).is_some_and(|t| t.is("ago"));
    let from_now = tokens.get(at + 2).is_some_and(|t| t.is("from")) && tokens.get(at + 3).is_some_and(|t| t.is_any(&["now", "today"]));
    if ago {
        return Some((today.checked_sub_days(Days::new(days))?, at + 3));
    }
    let time = tokens.get(at + 2).is_some_and(|t| t.is_any(&["time", "to", "of", "for"]) || t.kind == Kind::Dash);
    let end = if from_now { at + 4 } else { at + 2 };
    (from_now || inside && !time && is_clause_end(tokens, end)).then(|| ahead(today, days).map(|d| (d, end))).flatten()
}

fn is_clause_end(tokens: &[Token], i: usize) -> bool {
    tokens.get(i).is_none_or(|t| matches!(t.kind, Kind::Dot | Kind::Comma | Kind::Newline | Kind::Sign))
}

fn count(token: &Token) -> Option<u64> {
    const WORDS: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    match token.kind {
        Kind::Number(n) if n <= 999 => Some(u64::from(n)),
        _ if token.is_any(&["a", "an"]) => Some(1),
        _ => WORDS.iter().position(|w| token.is(w)).map(|p| p as u64 + 1),
    }
}
