//! schema.org `Schedule` (`eventSchedule`, `courseSchedule`): the sittings it means, as far as it states a time of day.
//!
//! A schedule without a time tells how much work a course is, not when it sits. Expansion is bounded by the window and by a count.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;
use serde_json::Value;

use super::{Object, list, moment, words};
use crate::domain::{Reading, Session, When};

/// Most sittings of one schedule.
const MOST_SITTINGS: usize = 500;
/// Most steps of its rule.
const MOST_STEPS: u32 = 4_000;

enum Step {
    Days(u64),
    Months(u32),
}

/// The sittings within the window, in order; empty when the schedule states none.
pub fn sittings(schedule: &Object, reading: &Reading) -> Vec<Session> {
    let field = |name: &str| words(schedule.get(name));
    let day = |name: &str| moment::read(&field(name)?, reading.zone)?.day();
    let (Some(first), Some(start)) = (day("startDate"), field("startTime").and_then(|t| time(&t))) else { return Vec::new() };
    let stop = field("endTime").and_then(|t| time(&t));
    let except: Vec<NaiveDate> =
        list(schedule.get("exceptDate")).iter().take(500).filter_map(|d| moment::read(d.as_str()?, reading.zone)?.day()).collect();
    let count = field("repeatCount").and_then(|c| c.parse::<usize>().ok()).unwrap_or(MOST_SITTINGS).min(MOST_SITTINGS);
    let days = days(schedule, first, day("endDate"), count);
    let sitting = |day: NaiveDate| {
        let end = stop.map(|t| if t > start { day } else { day.succ_opt().unwrap_or(day) }.and_time(stop.unwrap_or(t)));
        Session { start: When::at(day.and_time(start), reading.zone), end: end.map(|e| When::at(e, reading.zone)) }
    };
    let within = |s: &Session| s.start.latest(reading.zone) >= reading.window.0 && s.start.earliest(reading.zone) < reading.window.1;
    days.into_iter().filter(|d| !except.contains(d)).map(sitting).filter(within).collect()
}

/// The days of the rule: from the first on, on the days of the week it names.
fn days(schedule: &Object, first: NaiveDate, last: Option<NaiveDate>, count: usize) -> Vec<NaiveDate> {
    let by_day: Vec<Weekday> = list(schedule.get("byDay")).iter().filter_map(|d| weekday(d.as_str()?)).collect();
    let Some(step) = words(schedule.get("repeatFrequency")).and_then(|f| frequency(&f, !by_day.is_empty())) else { return vec![first] };
    let unbounded = last.is_none() && schedule.get("repeatCount").is_none();
    let count = if unbounded { MOST_SITTINGS } else { count };
    let mut out = Vec::new();
    for n in 0..MOST_STEPS {
        let day = match step {
            Step::Days(days) => first.checked_add_days(Days::new(days * u64::from(n))),
            Step::Months(months) => first.checked_add_months(Months::new(months * n)),
        };
        let Some(day) = day.filter(|d| last.is_none_or(|l| *d <= l)) else { break };
        if by_day.is_empty() || matches!(step, Step::Months(_)) || by_day.contains(&day.weekday()) {
            out.push(day);
        }
        if out.len() >= count {
            break;
        }
    }
    out
}

/// `P1W`, `Weekly`, `P1D`; a weekly rule that names days of the week is walked by days.
fn frequency(words: &str, by_day: bool) -> Option<Step> {
    let lower = words.trim().to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let number = || name.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().ok().filter(|n| (1..=100).contains(n));
    match name {
        "daily" | "p1d" => Some(Step::Days(1)),
        "weekly" | "p1w" | "p7d" => Some(Step::Days(if by_day { 1 } else { 7 })),
        "biweekly" => Some(Step::Days(14)),
        "monthly" => Some(Step::Months(1)),
        _ if name.starts_with('p') && name.ends_with('d') => Some(Step::Days(number()?)),
        _ if name.starts_with('p') && name.ends_with('w') => Some(Step::Days(7 * number()?)),
        _ if name.starts_with('p') && name.ends_with('m') && !name.contains('t') => Some(Step::Months(u32::try_from(number()?).ok()?)),
        _ => None,
    }
}

/// `Monday`, `https://schema.org/Monday`, `MO`.
fn weekday(words: &str) -> Option<Weekday> {
    let name = words.rsplit(['/', '#']).next()?.to_ascii_lowercase();
    let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    let two = name.get(..2)?;
    days.into_iter().find(|d| d.to_string().to_ascii_lowercase().starts_with(two))
}

/// `10:00`, `10:00:00`, `10:00:00+01:00`: the civil time; an offset cannot hold for a whole series.
fn time(words: &str) -> Option<NaiveTime> {
    let clock = words.trim().trim_start_matches('T');
    let clock = clock.split(['+', 'Z', '-']).next()?.trim();
    NaiveTime::parse_from_str(clock, "%H:%M:%S").or_else(|_| NaiveTime::parse_from_str(clock, "%H:%M")).ok()
}

/// The first and the last day that a schedule names, at the times it names; what an event without sittings lasts.
pub fn bounds(schedule: &Object, zone: Tz) -> Option<(String, Option<String>)> {
    let field = |name: &str| words(schedule.get(name));
    let at = |day: String, clock: Option<String>| match clock.and_then(|c| time(&c)) {
        Some(clock) if moment::read(&day, zone).is_some_and(|w| matches!(w, When::Day(_))) => format!("{day}T{clock}"),
        _ => day,
    };
    let start = at(field("startDate")?, field("startTime"));
    Some((start, field("endDate").map(|end| at(end, field("endTime")))))
}

/// Whether a value is a schedule at all.
pub fn of(value: Option<&Value>) -> Option<&Object> {
    list(value).first()?.as_object()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(schedule: &str, expected: &[&str]) {
        let value: Value = serde_json::from_str(schedule).unwrap();
        let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
        let got: Vec<String> = sittings(value.as_object().unwrap(), &reading).iter().map(|s| s.start.to_string()).collect();
        assert_eq!(got, expected, "{schedule}");
    }

    #[test]
    fn a_weekly_course_keeps_its_civil_time() {
        check(
            r#"{"startDate":"2027-03-22","endDate":"2027-04-05","repeatFrequency":"P1W","startTime":"10:00","endTime":"12:00"}"#,
            &["2027-03-22T10:00:00+00:00", "2027-03-29T10:00:00+01:00", "2027-04-05T10:00:00+01:00"],
        );
        check(
            r#"{"startDate":"2027-03-01","repeatCount":3,"repeatFrequency":"Weekly","byDay":["https://schema.org/Tuesday","TH"],"startTime":"10:00:00","exceptDate":"2027-03-04"}"#,
            &["2027-03-02T10:00:00+00:00", "2027-03-09T10:00:00+00:00"],
        );
    }

    #[test]
    fn a_schedule_without_a_time_is_no_series() {
        check(r#"{"startDate":"2027-03-01","repeatFrequency":"Daily","repeatCount":31,"duration":"PT3H"}"#, &[]);
        check(r#"{"repeatFrequency":"Daily","startTime":"10:00"}"#, &[]);
    }

    #[test]
    fn an_endless_schedule_ends() {
        let value: Value = serde_json::from_str(r#"{"startDate":"2020-03-01","repeatFrequency":"P1D","startTime":"10:00"}"#).unwrap();
        let reading = Reading::british("2021-03-01T12:00:00Z".parse().unwrap());
        assert!(sittings(value.as_object().unwrap(), &reading).len() <= MOST_SITTINGS);
    }
}
