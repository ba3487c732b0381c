//! One pass over the tokens: dates, times and lengths in the order they stand.

use chrono::Weekday;

use super::clock::{self, Sureness, Times};
use super::day::{self, Dates};
use super::recur;
use super::relative;
use super::role::{self, TimeRole};
use super::token::{Kind, Token};

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
    if let Some((dates, to)) =
        day::dates(tokens, i, day_first).or_else(|| recur::dates(tokens, i, today)).or_else(|| relative::dates(tokens, i, today))
    {
        // "10-11, 5 May" and "20 January" are dates; "the 10.30-16.30, 18 March" was read as a time before it came here.
        return Some((What::Dates(dates), to));
    }
    if tokens[i].is("same") && tokens.get(i + 1).is_some_and(|t| t.is_any(&["time", "times"])) {
        return Some((What::SameTime, i + 2));
    }
    if let Some((minutes, to)) = length(tokens, i) {
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
    accepted.then(|| (What::Time { times, role: role::of_time(tokens, floor, i), weekday }, to))
}

/// A single bare hour: "7 Jan at 10 (two hrs)".
fn is_bare_time(tokens: &[Token], i: usize, to: usize, so_far: &[Item], day_first: bool) -> bool {
    let at = i.checked_sub(1).is_some_and(|b| tokens[b].is_any(&["at", "from", "@"]) || tokens[b].kind == Kind::Dash);
    let name_follows = tokens.get(to).is_some_and(|t| t.kind == Kind::Word && t.is_capital());
    at && !name_follows && is_beside_date(tokens, i, to, so_far, day_first)
}

fn is_light(t: &Token) -> bool {
    const WORDS: &[&str] = &[
        "at",
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

/// "90 min", "two hrs", "1.5 hours".
fn length(tokens: &[Token], i: usize) -> Option<(u32, usize)> {
    const WORDS: &[(&str, u32)] = &[
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("half-an", 0),
        ("twenty", 20),
        ("thirty", 30),
        ("forty", 40),
        ("sixty", 60),
        ("ninety", 90),
    ];
    let token = tokens.get(i)?;
    if i > 0 && token.glued && matches!(tokens[i - 1].kind, Kind::Dot | Kind::Money | Kind::Dash) {
        return None;
    }
    let whole = match token.kind {
        Kind::Number(n) if token.text.len() <= 3 => n,
        _ => WORDS.iter().find(|(w, _)| token.is(w))?.1,
    };
    let tenth = match (tokens.get(i + 1)?.kind, tokens.get(i + 2).map(|t| t.kind)) {
        (Kind::Dot, Some(Kind::Number(n @ (5 | 25 | 75)))) if tokens[i + 1].glued && tokens[i + 2].glued => Some(if n == 5 { 50 } else { n }),
        _ => None,
    };
    let mut at = i + if tenth.is_some() { 3 } else { 1 };
    at += usize::from(tokens.get(at).is_some_and(|t| t.kind == Kind::Dash && t.text == "-"));
    let unit = tokens.get(at)?;
    let each = if unit.is_any(&["hour", "hours", "hrs", "hr"]) {
        60
    } else if unit.is_any(&["minute", "minutes", "mins", "min"]) {
        1
    } else {
        return None;
    };
    let minutes = whole * each + tenth.unwrap_or(0) * each / 100;
    (5..=1440).contains(&minutes).then_some((minutes, at + 1))
}
