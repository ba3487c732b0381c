//! JSON values of an answer as text, flags, lists and moments; and what every adapter does with them.
//!
//! A value of another type than expected is absent, never an error: platforms print `[]`, `false` and `""` for nothing.

use std::collections::HashSet;

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::Value;
use url::Url;

use crate::collect::extract::structured::moment;
use crate::collect::html;
use crate::domain::{Fact, Mode, Origin, RawEvent, Session, Status, When};

/// Deepest nesting in which an array of events is looked for.
const MOST_DEPTH: usize = 40;
/// Most sittings of one event.
const MOST_SESSIONS: usize = 500;

/// A string or number as one line of plain text.
pub fn line(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(s) => html::plain_line(s),
        Value::Number(n) => n.to_string(),
        _ => return None,
    };
    Some(text).filter(|t| !t.is_empty())
}

/// A string that may hold HTML as plain text.
pub fn text(value: &Value) -> String {
    value.as_str().map(html::plain).unwrap_or_default()
}

/// A boolean, also where it is printed as a string or a number.
pub fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::String(s) if s.eq_ignore_ascii_case("true") || s == "1" => Some(true),
        Value::String(s) if s.eq_ignore_ascii_case("false") || s == "0" => Some(false),
        Value::Number(n) => Some(n.as_f64() != Some(0.0)),
        _ => None,
    }
}

pub fn is_true(value: &Value) -> bool {
    flag(value) == Some(true)
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// An object, or the first of a list of them; `[]` is none.
pub fn object(value: &Value) -> &Value {
    const NOTHING: &Value = &Value::Null;
    match value {
        Value::Object(_) => value,
        Value::Array(list) => list.iter().find(|v| v.is_object()).unwrap_or(NOTHING),
        _ => NOTHING,
    }
}

pub fn address(value: &Value, base: Option<&Url>) -> Option<String> {
    html::absolute(base, value.as_str()?).map(String::from)
}

/// An IANA zone. The names of UTC are what a site is left on, not where it is: none.
pub fn zone(value: &Value) -> Option<Tz> {
    let zone: Tz = value.as_str()?.trim().parse().ok()?;
    (!matches!(zone, Tz::UTC | Tz::Etc__UTC | Tz::GMT | Tz::Etc__GMT)).then_some(zone)
}

/// Lays a start and an end, as printed, into an event. Words that are no moment are kept as words.
pub fn span(event: &mut RawEvent, start: &Value, end: &Value, zone: Tz) {
    let Some(start) = start.as_str().map(str::trim).filter(|s| !s.is_empty()) else { return };
    match moment::span(start, end.as_str().filter(|e| !e.trim().is_empty()), zone) {
        Some((first, last)) => {
            event.start = Some(first);
            event.end = last;
        }
        None => event.date_words = Some(html::plain_line(start)),
    }
}

/// A moment in milliseconds since 1970, to the nearest minute: editors leave stray milliseconds behind.
pub fn from_milliseconds(value: &Value, zone: Tz) -> Option<When> {
    let ms = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    let minutes = ms.checked_add(30_000)?.div_euclid(60_000);
    Some(When::Minute(DateTime::from_timestamp(minutes.checked_mul(60)?, 0)?.with_timezone(&zone)))
}

/// Sittings from printed starts and ends, in order; start and end of the event follow from them.
pub fn sittings<'a>(event: &mut RawEvent, printed: impl Iterator<Item = (&'a Value, &'a Value)>, zone: Tz) {
    let read = |(start, end): (&Value, &Value)| moment::span(start.as_str()?, end.as_str(), zone);
    let mut all: Vec<(Fact<When>, Option<Fact<When>>)> = printed.take(MOST_SESSIONS).filter_map(read).collect();
    all.sort_by_key(|(start, _)| start.value.earliest(zone));
    all.dedup_by_key(|(start, _)| start.value.earliest(zone));
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return };
    event.start = Some(first.0.clone());
    event.end.clone_from(&last.1);
    if all.len() > 1 {
        event.sessions = all.iter().map(|(start, end)| Session { start: start.value, end: end.as_ref().map(|e| e.value) }).collect();
    }
}

pub fn mode(mode: Mode, words: &str) -> Fact<Mode> {
    Fact::new(mode, Origin::Structured, words, 0.8)
}

pub fn status(status: Status, words: &str) -> Fact<Status> {
    Fact::new(status, Origin::Structured, words, 0.95)
}

/// Every object of a tree that is one of a platform's events, in the order of the document.
pub fn found(value: &Value, is_event: fn(&Value) -> bool) -> Vec<&Value> {
    fn walk<'a>(value: &'a Value, is_event: fn(&Value) -> bool, depth: usize, out: &mut Vec<&'a Value>) {
        if depth > MOST_DEPTH || out.len() >= super::super::MOST_EVENTS {
            return;
        }
        if is_event(value) {
            out.push(value);
            return;
        }
        match value {
            Value::Array(list) => list.iter().for_each(|v| walk(v, is_event, depth + 1, out)),
            Value::Object(object) => object.values().for_each(|v| walk(v, is_event, depth + 1, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(value, is_event, 0, &mut out);
    out
}

/// The same event printed twice is one: by its own identifier and start, else by title and start.
pub fn once(events: Vec<RawEvent>) -> Vec<RawEvent> {
    let mut seen = HashSet::new();
    let key = |e: &RawEvent| (e.native_id.clone().unwrap_or_else(|| e.title.to_lowercase()), e.start.as_ref().map(|s| s.value.to_string()));
    events.into_iter().filter(|e| seen.insert(key(e))).collect()
}
