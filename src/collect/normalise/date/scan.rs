//! One pass over the tokens: dates, times and lengths in the order they stand.

use chrono::Weekday;

use super::clock::{self, Sureness, Times};
use super::day::{self, Dates};
use super::length;
use super::recur;
use super::relative;
use super::role::{self, TimeRole};
use super::token::{Kind, Token};
use super::weekdays;

/// Something read at tokens `from..to`.
#[derive(Debug)]
pub(super) struct Item {
    pub what: What,
    pub from: usize,
    pub to: usize,
}

#[derive(Debug)]
pub(super) enum What {
    Dates(Dates),
    Time {
        times: Times,
        role: TimeRole,
        /// The weekday right before it: "Sat 10–6, Sun 10–4".
        weekday: Option<Weekday>,
    },
    /// "same time": as the date before.
    SameTime,
    /// Minutes.
    Length(u32),
}

/// Reads every item. `today` resolves relative days.
pub(super) fn items(tokens: &[Token], day_first: bool, today: chrono::NaiveDate) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::new();
    let mut i = 0;
    let mut floor = 0;
    while i < tokens.len() {
        let read = read(tokens, i, &out, floor, day_first, today);
        let Some((what, to)) = read else {
            i += 1;
            continue;
        };
        floor = to;
        out.push(Item { what, from: i, to });
        i = to;
    }
    out
}

fn read(tokens: &[Token], i: usize, so_far: &[Item], floor: usize, day_first: bool, today: chrono::NaiveDate) -> Option<(What, usize)> {
    let dates = day::dates(tokens, i, day_first)
        .or_else(|| recur::dates(tokens, i, today))
        .or_else(|| relative::dates(tokens, i, today))
        .or_else(|| weekdays::dates(tokens, i, today));
    if let Some((dates, to)) = dates {
        // "10-11, 5 May" and "20 January" are dates; "the 10.30-16.30, 18 March" was read as a time before it came here.
        return Some((What::Dates(dates), to));
    }
    if tokens[i].is("same") && tokens.get(i + 1).is_some_and(|t| t.is_any(&["time", "times"])) {
        return Some((What::SameTime, i + 2));
    }
    if let Some((minutes, to)) = length::read(tokens, i) {
        return Some((What::Length(minutes), to));
    }
    let (times, to) = clock::times(tokens, i)?;
    let accepted = match times.sure {
        Sureness::Sure => true,
        Sureness::Likely => is_beside_date(tokens, i, to, so_far, day_first) || is_asked_for(tokens, i),
        Sureness::Bare => is_bare_time(tokens, i, to, so_far, day_first),
    };
    let weekday = i.checked_sub(1).and_then(|b| match tokens[b].kind {
        Kind::Weekday(day) => Some(day),
        _ => None,
    });
    // What stands before "6 for 6.30pm" is said of the arrival.
    let role = if times.arrived { TimeRole::Start } else { role::of_time(tokens, floor, i) };
    accepted.then_some((What::Time { times, role, weekday }, to))
}

/// A single bare hour: "7 Jan at 10 (two hrs)".
fn is_bare_time(tokens: &[Token], i: usize, to: usize, so_far: &[Item], day_first: bool) -> bool {
    let written_whole = tokens[i].text.len() == 4;
    let at = i.checked_sub(1).is_some_and(|b| {
        let sign = written_whole && (tokens[b].kind == Kind::Comma || tokens[b].text == "|");
        tokens[b].is_any(&["at", "from", "@", "ends", "finishes", "finish"]) || tokens[b].kind == Kind::Dash || sign
    }) || written_whole && tokens.get(to).is_some_and(|t| t.is("on"));
    let name_follows = tokens.get(to).is_some_and(|t| t.kind == Kind::Word && t.is_capital());
    at && !name_follows && is_beside_date(tokens, i, to, so_far, day_first)
}

fn is_light(t: &Token) -> bool {
    const WORDS: &[&str] = &[
        "at",
        "on",
        "from",
        "all",
        "both",
        "days",
        "prompt",
        "between",
        "each",
        "day",
        "time",
        "starting",
        "starts",
        "start",
        "t",
        "running",
        "morning",
        "afternoon",
        "evening",
        "session",
        "sessions",
        "ends",
        "finishes",
        "finish",
    ];
    matches!(t.kind, Kind::Comma | Kind::Colon | Kind::Dash | Kind::Newline | Kind::Sign | Kind::Dot | Kind::Weekday(_)) || t.is_any(WORDS)
}

/// Only light tokens stand between it and a date, or a weekday stands right before it.
fn is_beside_date(tokens: &[Token], i: usize, to: usize, so_far: &[Item], day_first: bool) -> bool {
    if i.checked_sub(1).is_some_and(|b| matches!(tokens[b].kind, Kind::Weekday(_))) {
        return true;
    }
    let after = so_far.last().is_some_and(|last| {
        let from = Some(past_bracket(tokens, last.to)).filter(|from| *from <= i).unwrap_or(last.to);
        i - from <= 6 && tokens[from..i].iter().all(is_light) && !matches!(last.what, What::Length(_))
    });
    after || (to..tokens.len().min(to + 4)).take_while(|&j| j == to || is_light(&tokens[j - 1])).any(|j| day::dates(tokens, j, day_first).is_some())
}

/// "12 May (York), 10-4": behind a short remark in brackets.
fn past_bracket(tokens: &[Token], i: usize) -> usize {
    if tokens.get(i).is_none_or(|t| t.text != "(") {
        return i;
    }
    (i..tokens.len().min(i + 6)).find(|&at| tokens[at].text == ")").map_or(i, |at| at + 1)
}

fn is_asked_for(tokens: &[Token], i: usize) -> bool {
    #[rustfmt::skip]
    const ASKING: &[&str] = &[
        "at", "from", "doors", "start", "starts", "starting", "begins", "until", "by", "time", "times", "timings", "all", "between", "around",
        "ends", "finish", "finishes", "close", "closes",
    ];
    let near = i.saturating_sub(2)..i;
    tokens[near].iter().any(|t| t.is_any(ASKING))
}
