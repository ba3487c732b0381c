//! Days named from today: "today", "tomorrow", "next Tuesday", "Friday next week", "this weekend", "a week on Monday", "in three weeks".
//!
//! "In three weeks" counts only where it says when something starts; "within two days" never does. A weekday alone names no date.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::day::{Dates, Stated};
use super::token::{Kind, Token};

/// Reads a relative day at token `i`.
pub(super) fn dates(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(Dates, usize)> {
    if let Some((saturday, next)) = weekend(tokens, i, today) {
        return Some((Dates { list: vec![stated(saturday), stated(ahead(saturday, 1)?)], range: true, relative: true }, next));
    }
    let (day, next) = named(tokens, i, today)
        .or_else(|| weekday(tokens, i, today))
        .or_else(|| weekday_of_week(tokens, i, today))
        .or_else(|| counted(tokens, i, today))?;
    Some((Dates { list: vec![stated(day)], range: false, relative: true }, next))
}

fn stated(day: NaiveDate) -> Stated {
    Stated { year: Some(day.year()), month: day.month(), day: Some(day.day()), weekday: None }
}

fn monday(today: NaiveDate) -> Option<NaiveDate> {
    today.checked_sub_days(Days::new(u64::from(today.weekday().num_days_from_monday())))
}

/// "this weekend", "next weekend": the Saturday.
fn weekend(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    tokens.get(i + 1).filter(|t| t.is("weekend"))?;
    let days = if tokens[i].is("this") {
        5
    } else if tokens[i].is("next") {
        12
    } else {
        return None;
    };
    Some((ahead(monday(today)?, days)?, i + 2))
}

/// "Friday next week", "Tuesday of this week", "Monday week", "Monday fortnight", "a week on Tuesday".
fn weekday_of_week(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let lead =
        tokens[i].is("a") && tokens.get(i + 1).is_some_and(|t| t.is_any(&["week", "fortnight"])) && tokens.get(i + 2).is_some_and(|t| t.is("on"));
    let at = if lead { i + 3 } else { i };
    let Kind::Weekday(day) = tokens.get(at)?.kind else { return None };
    let from_monday = u64::from(day.num_days_from_monday());
    // The next such day from tomorrow, then a week or two on.
    let coming = u64::from((7 + day.num_days_from_monday() - today.weekday().num_days_from_monday() - 1) % 7) + 1;
    let more = |word: &Token| if word.is("fortnight") { 14 } else { 7 };
    if lead {
        return Some((ahead(today, coming + more(&tokens[i + 1]))?, at + 1));
    }
    let next = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Comma || t.is("of")));
    let (first, second) = (tokens.get(next)?, tokens.get(next + 1));
    if second.is_some_and(|t| t.is("week")) && first.is_any(&["next", "this"]) {
        let weeks = if first.is("next") { 7 } else { 0 };
        return Some((ahead(monday(today)?, weeks + from_monday)?, next + 2));
    }
    let ends = second.is_none_or(|t| matches!(t.kind, Kind::Dot | Kind::Comma | Kind::Newline | Kind::Sign) || t.is_any(&["at", "from"]));
    (next == at + 1 && first.is_any(&["week", "fortnight"]) && ends).then(|| ahead(today, coming + more(first)).map(|d| (d, at + 2))).flatten()
}

fn ahead(today: NaiveDate, days: u64) -> Option<NaiveDate> {
    today.checked_add_days(Days::new(days))
}

fn named(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let token = &tokens[i];
    if token.kind != Kind::Word {
        return None;
    }
    let follows = |at: usize, words: &[&str]| tokens.get(i + at).is_some_and(|t| t.is_any(words));
    if token.is("day") && follows(1, &["after"]) && follows(2, &["tomorrow"]) {
        return Some((ahead(today, 2)?, i + 3));
    }
    if token.is("this") && follows(1, &["morning", "afternoon", "evening"]) && is_dated(tokens, i + 1) {
        return Some((today, i + 1));
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
    let before = i.checked_sub(1).is_some_and(|b| {
        matches!(tokens[b].kind, Kind::Colon | Kind::Dash)
            || tokens[b].is_any(&["is", "are", "from"])
            || matches!(tokens[b].kind, Kind::Number(_))
            || tokens[b].is_any(&["am", "pm"])
            || tokens[b].kind == Kind::Dot && b >= 1 && tokens[b - 1].is("m")
    });
    after || before
}

/// "next Tuesday", "this Friday", "last Monday". "Next" is the one of the week after this.
fn weekday(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let coming = usize::from(tokens[i].is("this") && tokens.get(i + 1).is_some_and(|t| t.is("coming")));
    let i = i + coming;
    let word = tokens[i];
    let week = usize::from(tokens.get(i + 1).is_some_and(|t| t.is("week")));
    let Kind::Weekday(day) = tokens.get(i + 1 + week)?.kind else { return None };
    if tokens[i + 1 + week].text.len() > 6 && tokens[i + 1 + week].text.ends_with('s') {
        return None;
    }
    let monday = monday(today)?;
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

/// "in 3 days", "two weeks ago", "5 days from now", "two months from today", "a fortnight today".
fn counted(tokens: &[Token], i: usize, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    let inside = tokens[i].is("in");
    let at = i + usize::from(inside);
    let n = count(tokens.get(at)?)?;
    let unit = unit(tokens.get(at + 1)?)?;
    let follows = |place: usize, words: &[&str]| tokens.get(at + place).is_some_and(|t| t.is_any(words));
    if follows(2, &["ago"]) {
        return Some((unit.before(today, n)?, at + 3));
    }
    if follows(2, &["from"]) && follows(3, &["now", "today", "tomorrow"]) {
        let base = if follows(3, &["tomorrow"]) { ahead(today, 1)? } else { today };
        return Some((unit.after(base, n)?, at + 4));
    }
    if follows(2, &["today"]) && !inside {
        return Some((unit.after(today, n)?, at + 3));
    }
    let weeks = matches!(unit, Unit::Days(_));
    (inside && weeks && is_clause_end(tokens, at + 2) && says_when(tokens, i)).then(|| unit.after(today, n).map(|d| (d, at + 2))).flatten()
}

/// What is counted.
#[derive(Clone, Copy)]
enum Unit {
    /// So many days each.
    Days(u64),
    Months,
}

impl Unit {
    fn after(self, day: NaiveDate, n: u64) -> Option<NaiveDate> {
        match self {
            Self::Days(each) => ahead(day, n * each),
            Self::Months => day.checked_add_months(Months::new(u32::try_from(n).ok()?)),
        }
    }

    fn before(self, day: NaiveDate, n: u64) -> Option<NaiveDate> {
        match self {
            Self::Days(each) => day.checked_sub_days(Days::new(n * each)),
            Self::Months => day.checked_sub_months(Months::new(u32::try_from(n).ok()?)),
        }
    }
}

fn unit(token: &Token) -> Option<Unit> {
    Some(if token.is_any(&["day", "days"]) {
        Unit::Days(1)
    } else if token.is_any(&["week", "weeks"]) {
        Unit::Days(7)
    } else if token.is_any(&["fortnight", "fortnights"]) {
        Unit::Days(14)
    } else if token.is_any(&["month", "months"]) {
        Unit::Months
    } else {
        return None;
    })
}

/// It opens its line, or a word before it says that something starts: "we will reply in two days" says nothing of the event.
fn says_when(tokens: &[Token], i: usize) -> bool {
    #[rustfmt::skip]
    const STARTS: &[&str] = &[
        "starts", "starting", "start", "begins", "beginning", "begin", "place", "happening", "happens", "held", "runs", "running", "kicks", "opens",
        "is", "are", "back", "returns",
    ];
    let line = i.checked_sub(1).is_none_or(|b| matches!(tokens[b].kind, Kind::Newline | Kind::Colon));
    line || tokens[i.saturating_sub(3)..i].iter().any(|t| t.is_any(STARTS))
}

fn is_clause_end(tokens: &[Token], i: usize) -> bool {
    tokens.get(i).is_none_or(|t| matches!(t.kind, Kind::Dot | Kind::Newline | Kind::Sign))
}

fn count(token: &Token) -> Option<u64> {
    const WORDS: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    match token.kind {
        Kind::Number(n) if n <= 999 => Some(u64::from(n)),
        _ if token.is_any(&["a", "an"]) => Some(1),
        _ => WORDS.iter().position(|w| token.is(w)).map(|p| p as u64 + 1),
    }
}
