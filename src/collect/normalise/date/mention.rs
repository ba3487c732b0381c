//! Drafts to mentions: years resolved, times placed in their zone, sittings counted out.

use std::ops::Range;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::draft::{Draft, Timed};
use super::role::{Role, TimeRole};
use super::token::Token;
use super::year::{self, Whole};
use crate::domain::when::civil;
use crate::domain::{Session, When};

/// A date or a phrase of dates as the text states it, with what it is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// Bytes of the text it was read from.
    pub span: Range<usize>,
    /// Of the first sitting; a time only when one was stated.
    pub start: When,
    /// Of the last sitting, when an end was stated.
    pub end: Option<When>,
    /// Every sitting, when the phrase enumerates several; otherwise empty.
    pub sessions: Vec<Session>,
    pub role: Role,
    /// It is the first of a series whose later dates are not listed here, so nothing states the end.
    pub series: bool,
    /// Named from today ("tomorrow") or by its week ("w/c 8 March"): an exact date is believed before it.
    pub vague: bool,
    /// 0..=1: lower for a month alone, a date to be confirmed, and a weekday that disagrees with its date.
    pub confidence: f32,
}

/// Makes the mention of a draft; none when its dates are not in the calendar.
pub(super) fn mention(tokens: &[Token], draft: &Draft, today: NaiveDate, zone: Tz) -> Option<Mention> {
    let wholes = counted_out(draft, year::resolve(&draft.dates, today));
    let (first, last) = (wholes.first()?, wholes.last()?);
    let span = tokens.get(draft.from)?.start..tokens.get(draft.last_token().checked_sub(1)?)?.end();
    let agrees = wholes.iter().all(|w| w.agrees);
    let stated_year = draft.dates.list.iter().any(|d| d.year.is_some());
    let mut mention = Mention {
        span,
        start: day_or_month(first),
        end: None,
        sessions: Vec::new(),
        role: draft.role,
        vague: draft.dates.relative || draft.week,
        series: draft.series && !draft.dates.range && wholes.len() == 1,
        confidence: if !agrees || is_provisional(tokens, draft.last_token()) {
            0.5
        } else if first.day.is_none() {
            0.6
        } else if stated_year {
            0.95
        } else {
            0.85
        },
    };
    if first.day.is_none() || last.day.is_none() {
        mention.end = (draft.dates.range && first.day.is_none()).then(|| day_or_month(last));
        mention.start = first_moment(draft, first, zone);
        return Some(mention);
    }
    if draft.dates.range {
        (mention.start, mention.end) = of_range(draft, first, last, zone);
    } else {
        let sessions: Vec<_> = wholes.iter().map(|w| of_day(draft, w, zone)).collect();
        mention.start = sessions.first()?.start;
        mention.end = sessions.last()?.end.or_else(|| (sessions.len() > 1).then(|| day_or_month(last)));
        if sessions.len() > 1 {
            mention.sessions = sessions;
        }
    }
    if mention.series || mention.end.is_some_and(|e| e.latest(zone) < mention.start.earliest(zone)) {
        mention.end = None;
    }
    Some(mention)
}

/// "6 Wednesdays from 13 Jan": every one of them.
fn counted_out(draft: &Draft, wholes: Vec<Whole>) -> Vec<Whole> {
    let ([first], Some(run)) = (wholes.as_slice(), draft.run) else { return wholes };
    let days = if first.day.is_some() { run.days(first.first_day()) } else { Vec::new() };
    let whole = |day: NaiveDate| Whole { year: day.year(), month: day.month(), day: Some(day.day()), agrees: first.agrees };
    if days.is_empty() { wholes } else { days.into_iter().map(whole).collect() }
}

/// "4 May (TBC)"; "4 May, time TBC" is certain of the day.
fn is_provisional(tokens: &[Token], to: usize) -> bool {
    let behind = tokens[to.min(tokens.len())..]
        .iter()
        .take(3)
        .take_while(|t| t.text == "(" || t.text == "-" || t.is_any(&["date", "tbc", "tba", "provisional"]));
    behind.into_iter().any(|t| t.is_any(&["tbc", "tba", "provisional"]))
}

fn day_or_month(whole: &Whole) -> When {
    match whole.day {
        Some(_) => When::Day(whole.first_day()),
        None => When::Month { year: whole.year, month: whole.month },
    }
}

fn first_moment(draft: &Draft, whole: &Whole, zone: Tz) -> When {
    if whole.day.is_some() { of_day(draft, whole, zone).start } else { day_or_month(whole) }
}

/// The start that holds for a day: the one its weekday labels, or the first.
fn start_for(draft: &Draft, day: NaiveDate) -> Option<Timed> {
    // "Closes 5pm on 29 January" is the moment of a deadline; "closes at midnight" is the day's end.
    let closes = |t: &&Timed| draft.role == Role::Deadline && t.role == TimeRole::End && t.start != NaiveTime::MIN;
    let starts = || draft.times.iter().filter(|t| t.role == TimeRole::Start || closes(t));
    starts().find(|t| draft.dates.list.len() > 1 && t.weekday == Some(chrono::Datelike::weekday(&day))).or_else(|| starts().next()).copied()
}

/// The end that holds for a start: its own, the next stated end, or the start and a length.
fn end_for(draft: &Draft, start: &Timed) -> Option<NaiveTime> {
    let later = || draft.times.iter().find(|t| t.role == TimeRole::End).map(|t| t.end.unwrap_or(t.start));
    let length = || draft.length.and_then(|m| start.start.overflowing_add_signed(TimeDelta::minutes(i64::from(m))).0.into());
    start.end.or_else(later).or_else(length)
}

fn of_day(draft: &Draft, whole: &Whole, zone: Tz) -> Session {
    let day = whole.first_day();
    let Some(start) = start_for(draft, day) else { return Session { start: When::Day(day), end: None } };
    let end = end_for(draft, &start).map(|end| moment(end_day(day, start.start, end), end, &start, zone));
    Session { start: moment(day, start.start, &start, zone), end }
}

/// An end before its start is of the next day, within half a day.
fn end_day(day: NaiveDate, start: NaiveTime, end: NaiveTime) -> NaiveDate {
    if end > start { day } else { day.checked_add_days(Days::new(1)).unwrap_or(day) }
}

fn of_range(draft: &Draft, first: &Whole, last: &Whole, zone: Tz) -> (When, Option<When>) {
    let (from, to) = (first.first_day(), last.first_day());
    let starts: Vec<_> = draft.times.iter().filter(|t| t.role == TimeRole::Start).copied().collect();
    if draft.crossed {
        let start = starts.first().map_or(When::Day(from), |t| moment(from, t.start, t, zone));
        let end = starts.get(1).map_or(When::Day(to), |t| moment(to, t.end.unwrap_or(t.start), t, zone));
        return (start, Some(end));
    }
    let Some(start) = start_for(draft, from) else { return (When::Day(from), Some(When::Day(to))) };
    let last_start = start_for(draft, to).unwrap_or(start);
    let end = end_for(draft, &last_start).map_or(When::Day(to), |end| moment(end_day(to, last_start.start, end), end, &last_start, zone));
    (moment(from, start.start, &start, zone), Some(end))
}

fn moment(day: NaiveDate, time: NaiveTime, timed: &Timed, zone: Tz) -> When {
    let local = day.and_time(time);
    if let Some(abroad) = timed.zone {
        return When::Minute(civil(local, abroad).with_timezone(&zone));
    }
    match timed.offset.and_then(|offset| local.and_local_timezone(offset).single()) {
        Some(instant) => When::Minute(instant.with_timezone(&zone)),
        None => When::at(local, zone),
    }
}
