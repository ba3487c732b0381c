//! RRULE, EXRULE, RDATE and EXDATE as a bounded set of civil starts (RFC 5545 section 3.8.5).
//!
//! The rrule crate reasons in civil time only (it is fed local times as if UTC), so that 10:00 stays 10:00 across clock changes.
//! Rules are kept from running away: none by minutes or seconds, and a budget of steps for the whole calendar.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, TimeZone, Utc};
use rrule::{RRule, RRuleSet, Unvalidated};

use super::lines::Component;
use super::stamp::{Stamp, duration};
use super::zone::Zones;

/// Most occurrences of one event.
const MOST_OCCURRENCES: usize = 5_000;
/// Most RRULE or EXRULE lines of one event.
const MOST_RULES: usize = 10;
/// Most RDATE or EXDATE lines of one event.
pub const MOST_DATE_LINES: usize = 5_000;

/// A civil half-open span of time.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
}

/// What is left of the calendar's allowance of rule steps.
pub struct Budget(pub usize);

impl Default for Budget {
    fn default() -> Self {
        Self(400_000)
    }
}

/// Civil starts in the master's zone, each with its length when that differs from the master's (RDATE periods).
pub type Starts = BTreeMap<NaiveDateTime, Option<TimeDelta>>;

/// Whether the event recurs at all.
pub fn recurs(event: &Component) -> bool {
    event.get("RRULE").is_some() || event.get("RDATE").is_some()
}

/// Every start of a recurring event from `reach.from` to `reach.to`, in order; the notes say what could not be followed.
pub fn starts(event: &Component, first: Stamp, reach: Span, zones: &Zones, budget: &mut Budget, notes: &mut Vec<String>) -> Starts {
    let mut out: Starts = BTreeMap::new();
    out.insert(first.local, None);
    say_caps(event, notes);
    for property in event.all("RRULE").take(MOST_RULES) {
        for start in expand(&property.value, first, reach, budget, notes) {
            out.entry(start).or_insert(None);
        }
    }
    for property in event.all("RDATE").take(MOST_DATE_LINES) {
        for value in property.value.split(',') {
            let (start, end) = value.split_once('/').map_or((value, None), |(s, e)| (s, Some(e)));
            let Some(at) = Stamp::read(start, property, zones) else { continue };
            let length = end.and_then(|e| duration(e).or_else(|| Some(Stamp::read(e, property, zones)?.instant() - at.instant())));
            if out.len() >= MOST_OCCURRENCES {
                notes.push(format!("an event names more than {MOST_OCCURRENCES} dates; the rest was left out"));
                break;
            }
            out.insert(at.local_in(first.zone), length);
        }
    }
    for property in event.all("EXRULE").take(MOST_RULES) {
        for start in expand(&property.value, first, reach, budget, notes) {
            out.remove(&start);
        }
    }
    for property in event.all("EXDATE").take(MOST_DATE_LINES) {
        for stamp in Stamp::all(property, zones) {
            exclude(&mut out, stamp, first);
        }
    }
    out.retain(|s, _| *s < reach.to);
    out
}

fn say_caps(event: &Component, notes: &mut Vec<String>) {
    for (name, most) in [("RRULE", MOST_RULES), ("EXRULE", MOST_RULES), ("RDATE", MOST_DATE_LINES), ("EXDATE", MOST_DATE_LINES)] {
        if event.all(name).nth(most).is_some() {
            notes.push(format!("an event has more than {most} {name} lines; the rest was left out"));
        }
    }
}

fn exclude(starts: &mut Starts, stamp: Stamp, first: Stamp) {
    if stamp.is_day && !first.is_day {
        starts.retain(|s, _| s.date() != stamp.local.date());
    } else if first.is_day {
        starts.remove(&stamp.local.date().into());
    } else {
        starts.remove(&stamp.local_in(first.zone));
    }
}

fn expand(rule: &str, first: Stamp, reach: Span, budget: &mut Budget, notes: &mut Vec<String>) -> Vec<NaiveDateTime> {
    let rule = match validated(rule, first, reach) {
        Ok(rule) => rule,
        Err(why) => {
            notes.push(why);
            return Vec::new();
        }
    };
    let (set, rule_start) = rule;
    let mut out = Vec::new();
    if budget.0 == 0 {
        notes.push("recurrence rules were not followed: too many in this calendar".into());
        return out;
    }
    for start in &set {
        let start = start.naive_utc();
        if budget.0 == 0 {
            notes.push("recurrence rules were not followed to their end: too many occurrences in this calendar".into());
            break;
        }
        budget.0 -= 1;
        if start >= reach.to {
            break;
        }
        if start >= reach.from || start == rule_start {
            out.push(start);
        }
        if out.len() >= MOST_OCCURRENCES {
            notes.push(format!("an event recurs more than {MOST_OCCURRENCES} times in the window; the rest was left out"));
            break;
        }
    }
    if out.is_empty() {
        // A rule that yields nothing was searched to the crate's own limit: that costs as much as thousands of occurrences.
        budget.0 = budget.0.saturating_sub(8_000);
    }
    out.retain(|s| *s >= first.local);
    out
}

/// The rule as the crate wants it, starting as late as it may without changing what it yields.
fn validated(rule: &str, first: Stamp, reach: Span) -> Result<(RRuleSet, NaiveDateTime), String> {
    let bad = |why: &str| format!("a recurrence rule cannot be read ({why}): {}", crate::domain::text::single_line(rule, 100));
    // The crate slices weekday names by bytes.
    if !rule.is_ascii() || rule.len() > 2_000 {
        return Err(bad("it holds characters that no rule has"));
    }
    let mut until = None;
    let mut parts = Vec::new();
    for part in rule.split(';').map(str::trim).filter(|p| !p.is_empty()) {
        let (name, value) = part.split_once('=').ok_or_else(|| bad("a part without `=`"))?;
        match name.to_ascii_uppercase().as_str() {
            "UNTIL" => until = Some(last_moment(value, first).ok_or_else(|| bad("UNTIL"))?),
            "FREQ" if matches!(value.to_ascii_uppercase().as_str(), "SECONDLY" | "MINUTELY") => return Err(bad("more often than hourly")),
            name if value.is_empty() || name.starts_with("X-") || name == "RSCALE" || name == "SKIP" => {}
            name => parts.push(format!("{name}={value}")),
        }
    }
    let parsed: RRule<Unvalidated> = parts.join(";").parse().map_err(|e: rrule::RRuleError| bad(&e.to_string()))?;
    let start = later_start(&parsed, first.local, reach.from);
    let parsed = match until {
        Some(until) if until < start => return Ok((RRuleSet::new(utc(start)), start)),
        Some(until) => parsed.until(utc(until)),
        None => parsed,
    };
    let rule = parsed.validate(utc(start)).map_err(|e| bad(&e.to_string()))?;
    Ok((RRuleSet::new(utc(start)).rrule(rule).limit(), start))
}

/// UNTIL in the event's own civil time. A day includes all of it.
fn last_moment(value: &str, first: Stamp) -> Option<NaiveDateTime> {
    let property = super::lines::Property { value: value.to_owned(), ..Default::default() };
    let is_utc = value.trim().ends_with(['Z', 'z']);
    let zones = Zones::of(&Component::default(), first.zone);
    let stamp = Stamp::one(&property, &zones)?;
    if stamp.is_day || first.is_day {
        let day = if is_utc && !first.is_day { stamp.local_in(first.zone).date() } else { stamp.local.date() };
        return day.and_hms_opt(23, 59, 59);
    }
    Some(stamp.local_in(first.zone))
}

/// Daily and weekly rules without COUNT need not be walked from decades ago.
fn later_start(rule: &RRule<Unvalidated>, first: NaiveDateTime, from: NaiveDateTime) -> NaiveDateTime {
    let step = match rule.get_freq() {
        rrule::Frequency::Daily => 1,
        rrule::Frequency::Weekly => 7,
        _ => return first,
    };
    if rule.get_count().is_some() || from <= first {
        return first;
    }
    let step = step * i64::from(rule.get_interval().max(1));
    let days = (from - first).num_days() / step - 1;
    if days <= 0 { first } else { first + TimeDelta::days(days * step) }
}

fn utc(local: NaiveDateTime) -> DateTime<rrule::Tz> {
    // The crate's years end at 10,000, chrono's much later.
    let local = if (1..9_000).contains(&local.year()) { local } else { DateTime::UNIX_EPOCH.naive_utc() };
    rrule::Tz::UTC.from_utc_datetime(&Utc.from_utc_datetime(&local).naive_utc())
}
