//! The grammar of times of day: "10am-1pm", "5.30-7pm", "10–4", "13.00–16.30", "1900 hrs", "noon", "10.15 for 10.30".
//!
//! Hours without am or pm are read as a working day has them: 8 to 12 as printed, 1 to 6 in the afternoon, 7 in the evening unless the end
//! says otherwise. In a range the stated half of the day decides the other: the latest start before a stated end, the first end after a start.

use chrono::{FixedOffset, NaiveTime};
use chrono_tz::Tz;

use super::token::{Kind, Token};
use super::{offset, spoken};

/// Minutes after midnight of one reading of a clock.
type Minutes = u32;

const O_CLOCK: &[&str] = &["o'clock", "o’clock", "oclock"];

const NOON: Minutes = 720;
const DAY: Minutes = 1440;

/// A time of day, perhaps with an end, as stated at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub start: NaiveTime,
    pub end: Option<NaiveTime>,
    /// The offset of an ISO time.
    pub offset: Option<FixedOffset>,
    /// The clock of another country, where one was named.
    pub zone: Option<Tz>,
    pub sure: Sureness,
    /// "6 for 6.30pm": what stands before it is said of the arrival.
    pub arrived: bool,
}

/// How much a figure looks like a time of day by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sureness {
    /// "10": only beside a date.
    Bare,
    /// "10.30", "10–4": beside a date or after a word that asks for a time.
    Likely,
    /// "10am", "10:30", "noon".
    Sure,
}

#[derive(Debug, Clone, Copy)]
struct Clock {
    hour: u32,
    minute: u32,
    /// Some(true) for pm.
    pm: Option<bool>,
    /// Written the 24-hour way: 13 or more, or with a leading zero.
    whole_day: bool,
    sure: Sureness,
}

impl Clock {
    const fn noon(hour: u32) -> Self {
        Self { hour, minute: 0, pm: None, whole_day: true, sure: Sureness::Sure }
    }

    /// The moments of the day it can mean.
    fn readings(&self) -> (Minutes, Option<Minutes>) {
        let at = |hour: u32| hour * 60 + self.minute;
        match self.pm {
            Some(pm) => (at(self.hour % 12 + if pm { 12 } else { 0 }), None),
            None if self.whole_day => (at(self.hour % 24), None),
            None => (at(self.hour % 12), Some(at(self.hour % 12 + 12))),
        }
    }

    /// The reading of a working day.
    fn usual(&self) -> Minutes {
        let (first, second) = self.readings();
        second.filter(|_| self.hour < 8 || self.hour == 12).unwrap_or(first)
    }

    /// With the half of the day that the words before it name, where the figure leaves it open.
    fn in_part(self, part: Option<bool>) -> Self {
        let open = self.pm.is_none() && !self.whole_day && (1..=12).contains(&self.hour);
        let fits = part.is_some_and(|pm| if pm { self.hour < 10 || self.hour == 12 } else { self.hour < 12 });
        if open && fits { Self { pm: part, ..self } } else { self }
    }

    fn first_after(&self, start: Minutes) -> Minutes {
        let (first, second) = self.readings();
        if first > start { first } else { second.filter(|&s| s > start).unwrap_or(first) }
    }

    fn latest_before(&self, end: Minutes) -> Minutes {
        let (first, second) = self.readings();
        let end = if end == 0 { DAY } else { end };
        second.filter(|&s| s < end).unwrap_or(first)
    }
}

/// Reads a time or a range of times at token `i`.
pub(super) fn times(tokens: &[Token], i: usize) -> Option<(Times, usize)> {
    let (first, mut next) = clock(tokens, i)?;
    let first = first.in_part(part_of_day(tokens, i));
    next += usize::from(tokens.get(next).is_some_and(|t| t.is_any(&["prompt", "sharp"])));
    if let Some((second, end)) = arrival(tokens, next, first.sure) {
        // "10.15 for 10.30": arrive, then begin.
        return Some((Times { arrived: true, ..single(second, None, first.sure.max(second.sure)) }, end));
    }
    if let Some((offset, end)) = offset::read(tokens, i, next) {
        return Some((single(first, offset, Sureness::Sure), end));
    }
    // "10 'til 4"
    next +=
        usize::from(tokens.get(next).is_some_and(|t| t.kind == Kind::Apostrophe) && tokens.get(next + 1).is_some_and(|t| t.is_any(&["til", "till"])));
    let between = tokens.get(next).is_some_and(|t| t.kind == Kind::And) && i > 0 && tokens[i - 1].is("between");
    if between || tokens.get(next).is_some_and(|t| t.kind == Kind::Dash) {
        let from = next + 1 + usize::from(tokens.get(next + 1).is_some_and(|t| t.kind == Kind::Dash));
        if let Some((second, end)) = clock(tokens, from).filter(|_| !starts_a_date(tokens, from)) {
            return Some(abroad(tokens, range(first, second), end));
        }
    }
    // "6 'til late", "6 onwards": an hour, and no end.
    let late = tokens.get(next).is_some_and(|t| t.kind == Kind::Dash) && tokens.get(next + 1).is_some_and(|t| t.is("late"));
    if late || tokens.get(next).is_some_and(|t| t.is("onwards")) {
        return Some((single(first, None, first.sure.max(Sureness::Likely)), next + 1 + usize::from(late)));
    }
    Some(abroad(tokens, single(first, None, first.sure), next))
}

/// The time behind "for" in "10.15 for 10.30"; two bare figures are no times.
fn arrival(tokens: &[Token], next: usize, first: Sureness) -> Option<(Clock, usize)> {
    tokens.get(next).filter(|t| t.is("for"))?;
    let article = usize::from(tokens.get(next + 1).is_some_and(|t| t.is("a")));
    clock(tokens, next + 1 + article).filter(|(second, _)| first.max(second.sure) > Sureness::Bare)
}

/// The clock of another country behind a time. BST and GMT are how people here say "our time", in summer too, so they change nothing.
fn abroad(tokens: &[Token], times: Times, next: usize) -> (Times, usize) {
    let open = usize::from(tokens.get(next).is_some_and(|t| t.text == "("));
    let zone = tokens.get(next + open).and_then(|t| match t.text {
        "UTC" => Some(Tz::UTC),
        "CET" | "CEST" => Some(Tz::Europe__Paris),
        "EST" | "EDT" => Some(Tz::America__New_York),
        "PST" | "PDT" => Some(Tz::America__Los_Angeles),
        _ => None,
    });
    let sure = if zone.is_some() { Sureness::Sure } else { times.sure };
    (Times { zone, sure, ..times }, next + if zone.is_some() { 1 + 2 * open } else { 0 })
}

/// "Monday morning 6-8", "evening, 7-9": Some(true) is past noon.
fn part_of_day(tokens: &[Token], i: usize) -> Option<bool> {
    let light = |t: &Token| matches!(t.kind, Kind::Comma | Kind::Colon) || t.is_any(&["at", "from"]);
    let part = tokens[i.saturating_sub(3)..i].iter().rfind(|t| !light(t))?;
    if part.is_any(&["morning", "mornings"]) { Some(false) } else { part.is_any(&["afternoon", "afternoons", "evening", "evenings"]).then_some(true) }
}

/// "10–4, 5 May" ends at 4; "10am – 5 May" and "10:00 - 13/01/2027" do not.
fn starts_a_date(tokens: &[Token], i: usize) -> bool {
    let after = |at: usize| tokens.get(i + at);
    let figures = |at: usize| after(at).is_some_and(|t| t.glued) && after(at + 1).is_some_and(|t| t.glued && matches!(t.kind, Kind::Number(_)));
    let sign = after(1).map(|t| t.kind);
    let slashed = sign == Some(Kind::Slash) && figures(1);
    let three_parts = matches!(sign, Some(Kind::Dot | Kind::Dash)) && figures(1) && after(3).map(|t| t.kind) == sign && figures(3);
    let named = after(1).is_some_and(|t| t.is_any(&["st", "nd", "rd", "th"]) || matches!(t.kind, Kind::Month(_)));
    slashed || three_parts || named
}

fn single(clock: Clock, offset: Option<FixedOffset>, sure: Sureness) -> Times {
    Times { start: time(clock.usual()), end: None, offset, zone: None, sure, arrived: false }
}

fn range(first: Clock, second: Clock) -> Times {
    let (start, end) = resolve(first, second);
    let minutes = first.minute + second.minute > 0;
    let sure = first.sure.max(second.sure).max(if minutes { Sureness::Sure } else { Sureness::Likely });
    Times { start: time(start), end: Some(time(end)), offset: None, zone: None, sure, arrived: false }
}

fn resolve(first: Clock, second: Clock) -> (Minutes, Minutes) {
    let fixed = |c: &Clock| c.pm.is_some() || c.whole_day;
    if fixed(&first) {
        let start = first.usual();
        return (start, if fixed(&second) { second.usual() } else { second.first_after(start) });
    }
    if fixed(&second) {
        let end = second.usual();
        let printed = second.whole_day && first.hour >= 7;
        return (if printed { first.hour * 60 + first.minute } else { first.latest_before(end) }, end);
    }
    let start = first.usual();
    let end = second.first_after(start);
    let length = (end + DAY - start) % DAY;
    // "7-3" is a day's work, "7-9" an evening.
    if first.hour == 7 && length > 300 {
        let early = start - NOON;
        return (early, second.first_after(early));
    }
    (start, end)
}

fn time(minutes: Minutes) -> NaiveTime {
    NaiveTime::from_hms_opt(minutes / 60 % 24, minutes % 60, 0).unwrap_or(NaiveTime::MIN)
}

fn clock(tokens: &[Token], i: usize) -> Option<(Clock, usize)> {
    let token = tokens.get(i)?;
    if token.is_any(&["noon", "midday"]) {
        return Some((Clock::noon(12), i + 1));
    }
    if token.is("midnight") {
        return Some((Clock::noon(0), i + 1));
    }
    if let Some((said, next)) = spoken::time(tokens, i).filter(|_| !is_figure(tokens, i)) {
        let (pm, next) = half(tokens, next);
        let next = next + usize::from(pm.is_none() && tokens.get(next).is_some_and(|t| t.is_any(O_CLOCK)));
        let sure = if said.plain || pm.is_some() { Sureness::Sure } else { Sureness::Bare };
        return Some((Clock { hour: said.hour, minute: said.minute, pm, whole_day: false, sure }, next));
    }
    let Kind::Number(value) = token.kind else { return None };
    if is_figure(tokens, i) {
        return None;
    }
    match token.text.len() {
        1 | 2 if value <= 24 => hours(tokens, i, value),
        4 => compact(tokens, i, value),
        _ => None,
    }
}

/// Part of an amount, a decimal or a code, or counting something.
fn is_figure(tokens: &[Token], i: usize) -> bool {
    let before = i.checked_sub(1).map(|b| &tokens[b]);
    let glued_before =
        tokens[i].glued && before.is_some_and(|b| matches!(b.kind, Kind::Dot | Kind::Slash | Kind::Colon) || b.kind == Kind::Word && !b.is("T"));
    glued_before || before.is_some_and(|b| b.kind == Kind::Money || b.kind == Kind::Sign && b.text == "#")
}

fn hours(tokens: &[Token], i: usize, hour: u32) -> Option<(Clock, usize)> {
    let (minute, next) = minutes(tokens, i + 1);
    let colon = minute.is_some() && tokens[i + 1].kind == Kind::Colon;
    let (pm, next) = half(tokens, next);
    let noon = pm.is_none() && hour == 12 && tokens.get(next).is_some_and(|t| t.is_any(&["noon", "midday"]));
    let clocked = pm.is_none() && tokens.get(next).is_some_and(|t| t.is("hrs") || t.is_any(O_CLOCK) || is_hour_sign(tokens, i, next));
    // 24:00 is the end of a day, never a start.
    let ends = i > 0 && (tokens[i - 1].kind == Kind::Dash || tokens[i - 1].is_any(&["by", "ends", "at", "finishes"]));
    if hour == 24 && (minute.unwrap_or(0) > 0 || !ends) || pm.is_some() && hour > 12 && minute.is_none() || pm.is_none() && counts(tokens, next) {
        return None;
    }
    let whole_day = hour >= 13 || hour == 0 || tokens[i].text.starts_with('0');
    let sure = match minute {
        _ if pm.is_some() || colon || noon || clocked => Sureness::Sure,
        Some(_) => Sureness::Likely,
        None => Sureness::Bare,
    };
    let pm = pm.filter(|_| hour <= 12);
    Some((Clock { hour, minute: minute.unwrap_or(0), pm, whole_day: whole_day || noon, sure }, next + usize::from(noon || clocked)))
}

/// The "h" of "10h-12h", "14h30-16h"; "2h" alone is a length.
fn is_hour_sign(tokens: &[Token], i: usize, next: usize) -> bool {
    let sign = |at: Option<usize>| at.and_then(|at| tokens.get(at)).is_some_and(|t| t.glued && t.is("h"));
    let dash = |at: Option<usize>| at.and_then(|at| tokens.get(at)).is_some_and(|t| t.kind == Kind::Dash);
    let goes_on = dash(Some(next + 1)) && (sign(Some(next + 3)) || sign(Some(next + 2)));
    let follows = dash(i.checked_sub(1)) && (sign(i.checked_sub(2)) || sign(i.checked_sub(3)));
    sign(Some(next)) && (goes_on || follows)
}

/// "10 people", "5%", "1.30m": not times.
fn counts(tokens: &[Token], i: usize) -> bool {
    #[rustfmt::skip]
    const UNITS: &[&str] = &[
        "people", "places", "place", "participants", "delegates", "spaces", "minutes", "minute", "mins", "min", "hours", "hour", "hr", "days",
        "day", "weeks", "week", "months", "years", "quid", "per", "m", "km", "kg", "cm", "mm", "million", "k", "gb", "miles", "schools", "museums",
        "sessions", "staff", "teachers", "artists", "x", "pounds", "members", "organisations", "tickets", "percent",
    ];
    let decimal = tokens.get(i).is_some_and(|t| t.glued && t.kind == Kind::Dot)
        && tokens.get(i + 1).is_some_and(|t| t.glued && matches!(t.kind, Kind::Number(_)));
    decimal || tokens.get(i).is_some_and(|t| t.is_any(UNITS) || t.text == "%")
}

fn minutes(tokens: &[Token], i: usize) -> (Option<u32>, usize) {
    let Some(sign) = tokens.get(i).filter(|t| t.glued && (matches!(t.kind, Kind::Dot | Kind::Colon) || t.is("h"))) else { return (None, i) };
    let Some(Token { kind: Kind::Number(minute @ 0..=59), text, glued: true, .. }) = tokens.get(i + 1) else { return (None, i) };
    if text.len() != 2 || tokens.get(i + 2).is_some_and(|t| t.glued && t.text == "%") {
        return (None, i);
    }
    let seconds = tokens.get(i + 2).is_some_and(|t| t.glued && t.kind == sign.kind)
        && tokens.get(i + 3).is_some_and(|t| t.glued && matches!(t.kind, Kind::Number(0..=60)));
    let mut next = i + 2 + if seconds { 2 } else { 0 };
    let fraction = seconds && tokens.get(next).is_some_and(|t| t.glued && matches!(t.kind, Kind::Dot | Kind::Comma));
    if fraction && tokens.get(next + 1).is_some_and(|t| t.glued && matches!(t.kind, Kind::Number(_))) {
        next += 2;
    }
    (Some(*minute), next)
}

/// "am", "p.m.", "3p", "in the afternoon". Some(true) is pm.
fn half(tokens: &[Token], i: usize) -> (Option<bool>, usize) {
    let Some(token) = tokens.get(i) else { return (None, i) };
    if token.is_any(&["am", "pm"]) {
        return (Some(token.is("pm")), i + 1);
    }
    if token.is_any(&["a", "p"]) {
        let dotted = tokens.get(i + 1).is_some_and(|t| t.glued && t.kind == Kind::Dot) && tokens.get(i + 2).is_some_and(|t| t.glued && t.is("m"));
        if dotted {
            let closed = tokens.get(i + 3).is_some_and(|t| t.glued && t.kind == Kind::Dot);
            return (Some(token.is("p")), i + 3 + usize::from(closed));
        }
        if token.glued && token.is("p") {
            return (Some(true), i + 1);
        }
    }
    let part = tokens.get(i + 2).filter(|_| token.is("in") && tokens.get(i + 1).is_some_and(|t| t.is("the")));
    match part {
        Some(t) if t.is("morning") => (Some(false), i + 3),
        Some(t) if t.is_any(&["afternoon", "evening"]) => (Some(true), i + 3),
        _ => (None, i),
    }
}

/// "1900", "0930hrs": sure with "hrs" or a leading zero, likely otherwise.
fn compact(tokens: &[Token], i: usize, value: u32) -> Option<(Clock, usize)> {
    let (hour, minute) = (value / 100, value % 100);
    if hour > 23 || minute > 59 {
        return None;
    }
    let hrs = tokens.get(i + 1).is_some_and(|t| t.is_any(&["hrs", "hours"]) || t.glued && t.is("h"));
    let (pm, next) = half(tokens, i + 1);
    let in_range = |j: Option<usize>| j.and_then(|j| tokens.get(j)).is_some_and(|t| t.kind == Kind::Dash);
    let said = tokens.get(i + 1).is_some_and(|t| t.is("on"))
        || i.checked_sub(1).is_some_and(|b| tokens[b].is_any(&["at", "from", "@"]) || tokens[b].kind == Kind::Comma || tokens[b].text == "|");
    let looks = minute.is_multiple_of(5) && (said || in_range(Some(i + 1)) || in_range(i.checked_sub(1)));
    if !(hrs || pm.is_some() || looks) {
        return None;
    }
    let sure = if hrs || pm.is_some() { Sureness::Sure } else { Sureness::Bare };
    Some((Clock { hour, minute, pm: pm.filter(|_| hour <= 12), whole_day: true, sure }, next + usize::from(hrs)))
}
