//! The grammar of dates over tokens: single days, lists ("16/17 May", "26 Feb, 5 Mar"), ranges ("29 April - 2 May") and months.
//!
//! A rule either reads the whole form or nothing; every rule looks at a bounded number of tokens, so the scan is linear.

use chrono::Weekday;

use super::mixed;
use super::month;
use super::token::{Kind, Token};

/// A date as it was stated, the year perhaps missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stated {
    pub year: Option<i32>,
    pub month: u32,
    /// `None` when only the month was stated.
    pub day: Option<u32>,
    pub weekday: Option<Weekday>,
}

/// Dates stated together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dates {
    pub list: Vec<Stated>,
    /// The list is a first and a last day, not an enumeration.
    pub range: bool,
    /// Named from today: "tomorrow", "next Tuesday".
    pub relative: bool,
}

/// The most dates one phrase enumerates; the rest of a longer list becomes phrases of its own.
const MOST: usize = 31;

/// Numbers after these words count something else ("Room 4, 18 March").
#[rustfmt::skip]
const COUNTERS: &[&str] = &[
    "room", "level", "floor", "stage", "part", "unit", "module", "session", "week", "ks", "max", "page", "no", "number", "suite", "block", "hall",
    "studio", "year", "years", "grade", "zone", "gate", "platform", "chapter", "phase", "day", "round", "cohort",
];

/// Reads dates at token `i`; gives them with the index after the last token used.
pub(super) fn dates(tokens: &[Token], i: usize, day_first: bool) -> Option<(Dates, usize)> {
    let (mut dates, mut next) = one(tokens, i, day_first, false)?;
    while dates.list.len() < MOST && !dates.range {
        let Some((range, after)) = joint(tokens, next) else { break };
        let Some((more, end)) = one(tokens, after, day_first, true) else { break };
        if range && (more.list.len() > 1 || dates.list.len() > 1) {
            break;
        }
        // "January/February 2027": in the one or the other.
        let months = tokens[next].kind == Kind::Slash && dates.list.iter().chain(&more.list).all(|d| d.day.is_none());
        let range = range || months;
        if dates.list.iter().chain(&more.list).any(|d| d.day.is_none()) && !range {
            break;
        }
        dates.list.extend(more.list);
        dates.range = range || more.range;
        next = end;
    }
    Some((dates, next))
}

/// What joins two dates: true for a range, false for an enumeration.
fn joint(tokens: &[Token], i: usize) -> Option<(bool, usize)> {
    let token = tokens.get(i)?;
    match token.kind {
        Kind::Dash => Some((true, i + 1)),
        Kind::And | Kind::Slash => Some((false, i + 1)),
        Kind::Comma => Some((false, i + 1 + usize::from(tokens.get(i + 1).is_some_and(|t| t.kind == Kind::And)))),
        _ => None,
    }
}

/// One date, or several that share a month. `listed`: it goes on from a date, so that "19/1" is one too.
fn one(tokens: &[Token], i: usize, day_first: bool, listed: bool) -> Option<(Dates, usize)> {
    if is_part_of_more(tokens, i) {
        return None;
    }
    iso(tokens, i)
        .or_else(|| mixed::date(tokens, i))
        .or_else(|| numeric(tokens, i, day_first, listed))
        .or_else(|| day_month(tokens, i))
        .or_else(|| month_day(tokens, i))
        .or_else(|| month::only(tokens, i))
}

/// A number glued to what precedes it belongs to that: a decimal, an amount, a path, a code.
fn is_part_of_more(tokens: &[Token], i: usize) -> bool {
    let (Some(token), Some(before)) = (tokens.get(i), i.checked_sub(1).and_then(|b| tokens.get(b))) else { return false };
    if !matches!(token.kind, Kind::Number(_)) {
        return false;
    }
    let sign = token.glued && matches!(before.text, "_" | "=" | "#" | "@" | "%" | "~" | "*");
    let figure = i >= 2 && token.glued && before.glued && matches!(before.kind, Kind::Dot | Kind::Colon) && is_number(&tokens[i - 2]);
    let path = i >= 2 && token.glued && before.glued && before.kind == Kind::Slash && tokens[i - 2].kind == Kind::Word;
    before.kind == Kind::Money || sign || figure || path || (token.glued && before.kind == Kind::Word && !before.is("T"))
}

fn is_number(token: &Token) -> bool {
    matches!(token.kind, Kind::Number(_))
}

pub(super) fn number(tokens: &[Token], i: usize, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    match tokens.get(i)?.kind {
        Kind::Number(n) if digits.contains(&tokens[i].text.len()) => Some(n),
        _ => None,
    }
}

pub(super) fn single(year: Option<i32>, month: u32, day: Option<u32>, weekday: Option<Weekday>) -> Dates {
    Dates { list: vec![Stated { year, month, day, weekday }], range: false, relative: false }
}

pub(super) fn is_day(year: Option<i32>, month: u32, day: u32) -> bool {
    chrono::NaiveDate::from_ymd_opt(year.unwrap_or(2024), month, day).is_some()
}

/// `2027-05-04`, `2027/5/4`, `2027-May-04`, with an ISO time behind or not.
fn iso(tokens: &[Token], i: usize) -> Option<(Dates, usize)> {
    let (weekday, i) = weekday(tokens, i);
    let year = year_value(number(tokens, i, 4..=4)?)?;
    let sign = tokens.get(i + 1).filter(|t| matches!(t.kind, Kind::Dash | Kind::Slash | Kind::Dot) && t.text.chars().count() == 1 && t.glued)?;
    tokens.get(i + 3).filter(|t| t.kind == sign.kind && t.glued)?;
    let month = month_value(tokens, i + 2)?;
    let day = number(tokens, i + 4, 1..=2).filter(|_| tokens[i + 4].glued)?;
    is_day(Some(year), month, day).then(|| (single(Some(year), month, Some(day), weekday), i + 5))
}

fn month_value(tokens: &[Token], i: usize) -> Option<u32> {
    match tokens.get(i)?.kind {
        Kind::Month(m) => Some(m),
        Kind::Number(m @ 1..=12) if tokens[i].text.len() <= 2 => Some(m),
        _ => None,
    }
}

/// `04/05/2027`, `4.5.27`, `18/3` after a weekday or before a time.
fn numeric(tokens: &[Token], i: usize, day_first: bool, listed: bool) -> Option<(Dates, usize)> {
    let (weekday, i) = weekday(tokens, i);
    let first = number(tokens, i, 1..=2)?;
    let sign = tokens.get(i + 1).filter(|t| matches!(t.kind, Kind::Slash | Kind::Dot | Kind::Dash) && t.text.chars().count() == 1)?;
    let second = number(tokens, i + 2, 1..=2)?;
    let third = tokens.get(i + 3).filter(|t| t.kind == sign.kind && t.text == sign.text).and_then(|_| short_year(tokens, i + 4));
    let (day, month) = order(first, second, day_first, third, weekday)?;
    if let Some(year) = third {
        return Some((single(Some(year), month, Some(day), weekday), i + 5));
    }
    let plain = sign.kind == Kind::Slash && sign.glued && tokens[i + 2].glued;
    let stands_alone = !tokens.get(i + 3).is_some_and(|t| t.glued && matches!(t.kind, Kind::Slash | Kind::Number(_) | Kind::Word));
    let as_days = matches!(tokens.get(i + 3).map(|t| t.kind), Some(Kind::Month(_)));
    let vouched = listed || weekday.is_some() || is_after_date_cue(tokens, i) || is_before_date_cue(tokens, i + 3);
    // "5/1-5/7, 2020"
    let (year, next) =
        tokens.get(i + 3).filter(|t| t.kind == Kind::Comma).and_then(|_| year(tokens, i + 3)).map_or((None, i + 3), |(y, n)| (Some(y), n));
    (plain && stands_alone && !as_days && vouched).then(|| (single(year, month, Some(day), weekday), next))
}

/// Words before "12/1" that make it a date.
const CUES: &[&str] = &["on", "by", "from", "until", "date", "dates", "when", "before", "after", "starting", "starts"];

fn is_after_date_cue(tokens: &[Token], i: usize) -> bool {
    i.checked_sub(1)
        .is_some_and(|b| tokens[b].is_any(CUES) || is_second(tokens, b) || b > 0 && tokens[b].kind == Kind::Colon && tokens[b - 1].is_any(CUES))
}

/// The dash of "7/17-7/18" stands before it.
fn is_second(tokens: &[Token], dash: usize) -> bool {
    tokens[dash].kind == Kind::Dash
        && dash >= 3
        && is_number(&tokens[dash - 1])
        && tokens[dash - 2].kind == Kind::Slash
        && is_number(&tokens[dash - 3])
}

/// "7/17-7/18", "6/28 5:00 PM".
fn is_before_date_cue(tokens: &[Token], i: usize) -> bool {
    let pair = tokens.get(i).is_some_and(|t| t.kind == Kind::Dash)
        && number(tokens, i + 1, 1..=2).is_some()
        && tokens.get(i + 2).is_some_and(|t| t.kind == Kind::Slash);
    let clock = number(tokens, i, 1..=2).is_some() && is_clock_ahead(tokens, i + 1);
    pair || clock
}

/// Day and month in the given order, or the other when only that is a date, or only that falls on the weekday stated.
fn order(first: u32, second: u32, day_first: bool, year: Option<i32>, weekday: Option<Weekday>) -> Option<(u32, u32)> {
    let (a, b) = ((first, second), (second, first));
    let choices = if day_first { [a, b] } else { [b, a] };
    let found = |(day, month): (u32, u32)| chrono::NaiveDate::from_ymd_opt(year?, month, day);
    let agrees = |&choice: &(u32, u32)| weekday.is_some_and(|w| found(choice).is_some_and(|d| chrono::Datelike::weekday(&d) == w));
    choices.into_iter().find(agrees).or_else(|| choices.into_iter().find(|&(day, month)| is_day(year, month, day)))
}

pub(super) fn year_value(n: u32) -> Option<i32> {
    (1000..=2999).contains(&n).then(|| i32::try_from(n).ok()).flatten()
}

fn short_year(tokens: &[Token], i: usize) -> Option<i32> {
    if let Some(year) = number(tokens, i, 4..=4) {
        return year_value(year);
    }
    let n = i32::try_from(number(tokens, i, 2..=2)?).ok()?;
    Some(if n < 70 { 2000 + n } else { 1900 + n })
}

/// "the 22nd February", "Sat 8–Sun 9 May", "1, 8 and 15 June 2027", "19th day of May", "05-Aug-2016".
fn day_month(tokens: &[Token], i: usize) -> Option<(Dates, usize)> {
    let mut days: Vec<(u32, Option<Weekday>)> = Vec::new();
    let (mut range, mut commas, mut at) = (false, false, i);
    let mut marked = false;
    let (month, next) = loop {
        let (weekday, after) = weekday(tokens, at);
        let (day, ordinal, after) = day_number(tokens, after)?;
        if days.last().is_some_and(|&(last, _)| last >= day) {
            return None;
        }
        days.push((day, weekday));
        marked |= ordinal || weekday.is_some();
        if let Some(found) = month_after(tokens, after) {
            break found;
        }
        let (is_range, after) = joint(tokens, after)?;
        // "Cohort 1 – 3 March", "Room 4, 18 March"
        commas |= tokens[after - 1].kind == Kind::Comma || is_range && !tokens[after - 1].glued;
        if range || days.len() >= MOST || (is_range && days.len() > 1) {
            return None;
        }
        range = is_range;
        at = after;
    };
    if (commas && counts_something(tokens, i)) || !marked && is_verb(&tokens[next - 1]) && year(tokens, next).is_none() {
        return None;
    }
    if is_year_zero(tokens, next) {
        return None;
    }
    let (year, next) = year(tokens, next).map_or((None, next), |(y, n)| (Some(y), n));
    let list: Vec<_> = days.iter().map(|&(day, weekday)| Stated { year, month, day: Some(day), weekday }).collect();
    list.iter().all(|d| d.day.is_some_and(|day| is_day(year, month, day))).then_some((Dates { list, range, relative: false }, next))
}

/// "1 January 0000" is no day; "1 January 0000-0200" is a night.
fn is_year_zero(tokens: &[Token], i: usize) -> bool {
    tokens.get(i).is_some_and(|t| t.text == "0000") && !tokens.get(i + 1).is_some_and(|t| t.kind == Kind::Dash || t.is_any(&["hrs", "hours"]))
}

fn counts_something(tokens: &[Token], i: usize) -> bool {
    i.checked_sub(1).is_some_and(|b| tokens[b].is_any(COUNTERS))
}

/// "may" and "march" in lower case are more often verbs.
pub(super) fn is_verb(token: &Token) -> bool {
    matches!(token.text, "may" | "march")
}

/// A weekday with what may follow it, and "the".
fn weekday(tokens: &[Token], i: usize) -> (Option<Weekday>, usize) {
    let (mut found, mut at) = (None, i);
    if let Some(Token { kind: Kind::Weekday(day), .. }) = tokens.get(i) {
        found = Some(*day);
        at = i + 1;
        if tokens.get(at).is_some_and(|t| matches!(t.kind, Kind::Comma | Kind::Dot)) {
            at += 1;
        }
    }
    if tokens.get(at).is_some_and(|t| t.is("the")) {
        at += 1;
    }
    (found, at)
}

/// A number from 1 to 31, and whether it was written as an ordinal.
fn day_number(tokens: &[Token], i: usize) -> Option<(u32, bool, usize)> {
    if is_part_of_more(tokens, i) {
        return None;
    }
    let day = number(tokens, i, 1..=2).filter(|d| (1..=31).contains(d))?;
    let ordinal = tokens.get(i + 1).is_some_and(is_ordinal_ending);
    Some((day, ordinal, i + 1 + usize::from(ordinal)))
}

pub(super) fn is_ordinal_ending(token: &Token) -> bool {
    token.is_any(&["st", "nd", "rd", "th"])
}

/// The month after a day, past "of", "day of", a hyphen or a slash.
fn month_after(tokens: &[Token], i: usize) -> Option<(u32, usize)> {
    let mut at = i + usize::from(is_badge(tokens, i));
    let skip = |at: usize, f: fn(&Token) -> bool| at + usize::from(tokens.get(at).is_some_and(f));
    at = skip(at, |t| t.is("day"));
    at = skip(at, |t| t.is("of") || (t.glued && t.text.chars().count() == 1 && matches!(t.kind, Kind::Dash | Kind::Slash | Kind::Dot)));
    match tokens.get(at)?.kind {
        Kind::Month(m) => Some((m, at + 1)),
        _ => None,
    }
}

/// A line break inside a date badge: what follows, a day, a month or a year, has its line to itself.
fn is_badge(tokens: &[Token], i: usize) -> bool {
    let breaks = |at: usize| tokens.get(at).is_none_or(|t| matches!(t.kind, Kind::Newline | Kind::Comma));
    let part = tokens.get(i + 1).is_some_and(|t| is_number(t) && matches!(t.text.len(), 1 | 2 | 4) || matches!(t.kind, Kind::Month(_)));
    tokens.get(i).is_some_and(|t| t.kind == Kind::Newline) && part && breaks(i + 2)
}

/// The year after a month or day: "2027", ", 2027", "'27", "-2027".
pub(super) fn year(tokens: &[Token], i: usize) -> Option<(i32, usize)> {
    let mut at = i;
    if tokens.get(at).is_some_and(|t| t.kind == Kind::Dot && t.glued) || is_badge(tokens, at) {
        at += 1;
    }
    let token = tokens.get(at)?;
    if token.kind == Kind::Apostrophe {
        return number(tokens, at + 1, 2..=2).and_then(|_| short_year(tokens, at + 1)).map(|y| (y, at + 2));
    }
    let glued_sign = token.glued && matches!(token.kind, Kind::Dash | Kind::Slash) && tokens.get(at + 1).is_some_and(|t| t.glued);
    at += usize::from(token.kind == Kind::Comma || glued_sign || token.is_any(&["of", "in"]));
    if glued_sign && token.text == "-" && i >= 2 && tokens[i - 2].text == "-" && number(tokens, at, 2..=2).is_some() {
        // "21-APR-16"
        return short_year(tokens, at).map(|y| (y, at + 1));
    }
    let behind_day = at >= 2 && (is_number(&tokens[at - 2]) || is_ordinal_ending(&tokens[at - 2]));
    if at == i && behind_day && number(tokens, at, 2..=2).is_some_and(|n| (24..=39).contains(&n)) && ends_clause(tokens, at + 1) {
        // "4 May 27"
        return short_year(tokens, at).map(|y| (y, at + 1));
    }
    let n = number(tokens, at, 4..=4).filter(|n| (1900..=2199).contains(n) || year_value(*n).is_some() && n % 100 > 59)?;
    (!is_clock(tokens, at, n)).then(|| year_value(n).map(|y| (y, at + 1))).flatten()
}

fn ends_clause(tokens: &[Token], i: usize) -> bool {
    let number_follows = tokens.get(i + 1).is_some_and(|t| t.glued && is_number(t));
    tokens.get(i).is_none_or(|t| matches!(t.kind, Kind::Newline | Kind::Comma | Kind::Sign | Kind::Dot)) && !number_follows
}

/// "1900-2100" and "1900 hrs" are times of day.
fn is_clock(tokens: &[Token], i: usize, n: u32) -> bool {
    let clock = |n: u32| n / 100 < 24 && n % 100 < 60;
    let hours = tokens.get(i + 1).is_some_and(|t| t.is_any(&["hrs", "hours"]) || t.glued && t.is("h"));
    let range = tokens.get(i + 1).is_some_and(|t| t.kind == Kind::Dash)
        && number(tokens, i + 2, 4..=4).is_some_and(|to| clock(to) && to > n && n.is_multiple_of(5) && to.is_multiple_of(5))
        && !tokens.get(i + 3).is_some_and(|t| t.glued && t.kind == Kind::Dash);
    clock(n) && (hours || range)
}

/// "May 5, 2027", "June 7th", "June 11-16, 2026", "Sep-23-2020".
fn month_day(tokens: &[Token], i: usize) -> Option<(Dates, usize)> {
    let (weekday, at) = weekday(tokens, i);
    let (month, mut at) = month_word(tokens, at)?;
    let word = at - 1;
    at += usize::from(is_badge(tokens, at));
    let sign = |t: &Token| t.glued && t.text.chars().count() == 1 && matches!(t.kind, Kind::Dot | Kind::Dash | Kind::Slash);
    let bracket = tokens.get(at).is_some_and(|t| t.text == "(");
    at += usize::from(bracket || tokens.get(at).is_some_and(|t| sign(t) || t.is("the")));
    let (first, mut marked, mut next) = day_number(tokens, at)?;
    if is_clock_ahead(tokens, next) {
        return None;
    }
    let (mut days, mut range) = (vec![first], false);
    while let Some((is_range, after)) = joint(tokens, next).filter(|_| !range && days.len() < MOST) {
        let Some((day, ordinal, end)) = day_number(tokens, after) else { break };
        if days.last().is_some_and(|&last| last >= day) || is_clock_ahead(tokens, end) || month_after(tokens, end).is_some() {
            break;
        }
        days.push(day);
        (range, next, marked) = (is_range, end, marked || ordinal);
    }
    if bracket {
        // "Tuesdays in May (4, 11, 18)"; "May (3 places)" counts something else.
        if days.len() < 2 || tokens.get(next).is_none_or(|t| t.text != ")") {
            return None;
        }
        (next, marked) = (next + 1, true);
    }
    let (year, next) = year(tokens, next).map_or((None, next), |(y, n)| (Some(y), n));
    if is_verb(&tokens[word]) && year.is_none() && !marked {
        return None;
    }
    let list: Vec<_> = days.iter().map(|&day| Stated { year, month, day: Some(day), weekday: weekday.filter(|_| day == first) }).collect();
    list.iter().all(|d| d.day.is_some_and(|day| is_day(year, month, day))).then_some((Dates { list, range, relative: false }, next))
}

pub(super) fn month_word(tokens: &[Token], i: usize) -> Option<(u32, usize)> {
    match tokens.get(i)?.kind {
        Kind::Month(m) => Some((m, i + 1)),
        _ => None,
    }
}

/// What follows makes the number before it a time of day.
pub(super) fn is_clock_ahead(tokens: &[Token], i: usize) -> bool {
    let Some(token) = tokens.get(i) else { return false };
    let digits = tokens.get(i + 1).is_some_and(|t| t.glued && is_number(t) && t.text.len() == 2);
    let minutes = token.glued && matches!(token.kind, Kind::Dot | Kind::Colon) && digits;
    minutes || token.is_any(&["am", "pm", "a", "p"]) && (token.glued || token.text.len() == 2)
}
