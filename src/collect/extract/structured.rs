//! schema.org events, wherever they come from: JSON-LD, bare JSON, microdata. One walker finds them, one mapper reads them.
//!
//! Structured values stay values; a zero price that nobody calls free is a default, not a fact, and is left out.

pub(super) mod moment;
mod offers;
mod place;

use std::collections::{HashMap, HashSet};

use scraper::Html;
use serde_json::{Map, Value};
use url::Url;

use super::{json_ld, microdata};
use crate::collect::html;
use crate::domain::{Fact, Method, Mode, Origin, RawEvent, Reading, Session, Status};
pub(super) use offers::is_zero;

/// Deepest nesting that is followed.
const MOST_DEPTH: usize = 64;
/// Most events that are collected before the document's own cap is applied.
const MOST_FOUND: usize = 10_000;

type Object = Map<String, Value>;

/// The events of a page's JSON-LD and microdata, each once.
pub fn page(page: &Html, base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let blocks = json_ld::blocks(page, notes);
    let mut out = read(&blocks, Method::JsonLd, base, reading);
    out.extend(read(&microdata::items(page, notes), Method::Microdata, base, reading));
    once(out)
}

/// The schema.org events of a JSON document.
pub fn value(document: &Value, base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let out = once(read(std::slice::from_ref(document), Method::JsonLd, base, reading));
    if out.is_empty() {
        notes.push("the JSON holds no schema.org events".into());
    }
    out
}

fn read(blocks: &[Value], method: Method, base: Option<&Url>, reading: &Reading) -> Vec<RawEvent> {
    let mut found = Found::default();
    for block in blocks {
        found.ids(block, 0);
        found.walk(block, None, 0);
    }
    let mapper = Mapper { ids: &found.ids, method, base, reading };
    found.events.iter().filter_map(|(event, course)| mapper.event(event, *course)).collect()
}

/// The same event printed twice, in two syntaxes or two blocks, is one.
fn once(events: Vec<RawEvent>) -> Vec<RawEvent> {
    let mut seen = HashSet::new();
    let key = |e: &RawEvent| {
        let start = e.start.as_ref().map(|s| s.value.first_day().to_string()).or_else(|| e.date_words.clone());
        (e.title.to_lowercase(), start)
    };
    events.into_iter().filter(|e| seen.insert(key(e))).collect()
}

/// Events found in a tree, with the course they are an instance of.
#[derive(Default)]
struct Found<'a> {
    events: Vec<(&'a Object, Option<&'a Object>)>,
    ids: HashMap<&'a str, &'a Object>,
}

impl<'a> Found<'a> {
    fn ids(&mut self, value: &'a Value, depth: usize) {
        if depth > MOST_DEPTH {
            return;
        }
        match value {
            Value::Array(list) => list.iter().for_each(|v| self.ids(v, depth + 1)),
            Value::Object(object) => {
                if let Some(id) = object.get("@id").and_then(Value::as_str).filter(|_| object.len() > 1) {
                    self.ids.entry(id).or_insert(object);
                }
                object.values().for_each(|v| self.ids(v, depth + 1));
            }
            _ => {}
        }
    }

    fn walk(&mut self, value: &'a Value, parent: Option<&'a Object>, depth: usize) {
        if depth > MOST_DEPTH || self.events.len() >= MOST_FOUND {
            return;
        }
        match value {
            Value::Array(list) => list.iter().for_each(|v| self.walk(v, parent, depth + 1)),
            Value::Object(object) => {
                if is_event(object) {
                    self.events.push((object, parent.filter(|p| is_course(p))));
                }
                let skip = |key: &str| key == "subEvent" && is_series(object) || matches!(key, "superEvent" | "workFeatured");
                object.iter().filter(|(key, _)| !skip(key)).for_each(|(_, v)| self.walk(v, Some(object), depth + 1));
            }
            _ => {}
        }
    }
}

fn kinds(object: &Object) -> impl Iterator<Item = &str> {
    let kind = object.get("@type");
    let list = kind.and_then(Value::as_array).map(Vec::as_slice).or(kind.map(std::slice::from_ref)).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(|k| k.rsplit(['/', '#', ':']).next().unwrap_or(k))
}

/// `Event`, every `...Event`, festivals, and a dated run of a course.
fn is_event(object: &Object) -> bool {
    kinds(object)
        .any(|k| (k.ends_with("Event") && k != "UserInteractionEvent") || matches!(k, "CourseInstance" | "EventSeries" | "Festival" | "Hackathon"))
}

fn is_course(object: &Object) -> bool {
    kinds(object).any(|k| k == "Course")
}

/// Whether the sub-events are sittings of the event itself: they carry no other name.
fn is_series(object: &Object) -> bool {
    let name = object.get("name").and_then(Value::as_str).map(str::trim);
    let subs = list(object.get("subEvent"));
    !subs.is_empty() && subs.iter().all(|s| s.get("name").and_then(Value::as_str).is_none_or(|n| Some(n.trim()) == name))
}

/// A value as a list, whether it was printed as one or alone.
fn list(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(list)) => list,
        Some(one) => std::slice::from_ref(one),
    }
}

/// The text of a string, of the first of a list, or of an object's `@value` or `name`.
fn words(value: Option<&Value>) -> Option<String> {
    let text = match list(value).first()? {
        Value::String(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        Value::Object(o) => return words(o.get("@value").or_else(|| o.get("name")).filter(|v| v.is_string())),
        _ => return None,
    };
    Some(text.trim().to_owned()).filter(|t| !t.is_empty())
}

struct Mapper<'a> {
    ids: &'a HashMap<&'a str, &'a Object>,
    method: Method,
    base: Option<&'a Url>,
    reading: &'a Reading,
}

impl Mapper<'_> {
    fn event(&self, source: &Object, course: Option<&Object>) -> Option<RawEvent> {
        let field = |name: &str| source.get(name).filter(|v| !v.is_null()).or_else(|| course?.get(name));
        let title = words(field("name")).or_else(|| words(field("headline"))).map(|t| html::plain_line(&t)).filter(|t| !t.is_empty())?;
        let mut event = RawEvent::new(self.method, title);
        event.confidence = 0.95;
        event.text = words(field("description")).map(|d| html::plain(&d)).unwrap_or_default();
        self.dates(source, &mut event);
        place::read(list(source.get("location")), |v| self.object(v), &mut event);
        self.links(source, course, &mut event);
        let offers: Vec<&Object> = list(field("offers")).iter().take(200).filter_map(|o| self.object(o)).collect();
        offers::read(&offers, field("isAccessibleForFree"), self.base, self.reading.zone, &mut event);
        event.provider = ["organizer", "provider", "performer"].iter().find_map(|n| self.name(field(n)));
        status(source, &mut event);
        if let Some(mode) = field("eventAttendanceMode").or_else(|| field("courseMode")).and_then(attendance) {
            event.mode = Some(mode);
        }
        Some(event)
    }

    /// An object, or what it refers to when it is only a reference.
    fn object<'v>(&'v self, value: &'v Value) -> Option<&'v Object> {
        let object = value.as_object()?;
        let id = object.get("@id").and_then(Value::as_str).filter(|_| object.len() <= 2);
        Some(id.and_then(|id| self.ids.get(id).copied()).unwrap_or(object))
    }

    fn name(&self, value: Option<&Value>) -> Option<String> {
        let first = list(value).first()?;
        let text = match self.object(first) {
            Some(object) => words(object.get("name")),
            None => words(Some(first)),
        };
        text.map(|t| html::plain_line(&t)).filter(|t| !t.is_empty() && !t.starts_with("http"))
    }

    fn dates(&self, source: &Object, event: &mut RawEvent) {
        let zone = self.reading.zone;
        let schedule = list(source.get("eventSchedule")).first().and_then(Value::as_object);
        let value = |name: &str| words(source.get(name)).or_else(|| words(schedule?.get(name)));
        let Some(start) = value("startDate") else { return };
        let end = value("endDate");
        match moment::span(&start, end.as_deref(), zone) {
            Some((first, last)) => {
                event.start = Some(first);
                event.end = last;
            }
            None => event.date_words = Some(html::plain_line(&[start, end.unwrap_or_default()].join(" "))),
        }
        if is_series(source) {
            self.sessions(source, event);
        }
    }

    fn sessions(&self, source: &Object, event: &mut RawEvent) {
        let sitting = |sub: &Value| {
            let (start, end) = moment::span(&words(sub.get("startDate"))?, words(sub.get("endDate")).as_deref(), self.reading.zone)?;
            Some(Session { start: start.value, end: end.map(|e| e.value) })
        };
        event.sessions = list(source.get("subEvent")).iter().take(500).filter_map(sitting).collect();
        event.sessions.sort_by_key(|s| s.start.earliest(self.reading.zone));
    }

    fn links(&self, source: &Object, course: Option<&Object>, event: &mut RawEvent) {
        let address = |name: &str| words(source.get(name)).or_else(|| words(course?.get(name))).and_then(|u| html::absolute(self.base, &u));
        let id = words(source.get("@id"));
        let id_url = || id.as_deref().and_then(|i| html::absolute(None, i)).filter(|u| u.fragment().is_none());
        event.url = address("url").or_else(|| address("mainEntityOfPage")).or_else(id_url).map(String::from);
        let identifier = words(source.get("identifier"));
        event.native_id = id.filter(|i| !i.starts_with('#') && !i.starts_with("_:")).or(identifier).or_else(|| event.url.clone());
    }
}

/// `eventStatus`, or a previous start that says it was moved.
pub(super) fn status(source: &Object, event: &mut RawEvent) {
    let stated = words(source.get("eventStatus"));
    let status = match stated.as_deref().map(|s| s.rsplit(['/', '#']).next().unwrap_or(s)) {
        Some("EventCancelled" | "EventCanceled" | "Cancelled") => Status::Cancelled,
        Some("EventPostponed" | "Postponed") => Status::Postponed,
        Some("EventRescheduled" | "Rescheduled") => Status::Rescheduled,
        Some("EventMovedOnline") => {
            event.mode = Some(Fact::new(Mode::Online, Origin::Structured, "EventMovedOnline", 0.9));
            return;
        }
        _ => match words(source.get("previousStartDate")) {
            Some(before) => {
                event.status = Some(Fact::new(Status::Rescheduled, Origin::Structured, format!("previousStartDate {before}"), 0.8));
                return;
            }
            None => return,
        },
    };
    event.status = Some(Fact::new(status, Origin::Structured, stated.unwrap_or_default(), 1.0));
}

/// How one takes part, as `eventAttendanceMode` or `courseMode` states it.
pub(super) fn attendance(value: &Value) -> Option<Fact<Mode>> {
    let stated = words(Some(value))?;
    let lower = stated.to_lowercase();
    let mode = match () {
        () if lower.contains("mixed") || lower.contains("blended") => Mode::Hybrid,
        () if lower.contains("online") => Mode::Online,
        () if lower.contains("offline") || lower.contains("onsite") => Mode::InPerson,
        () => return None,
    };
    // "OfflineEventAttendanceMode" holds neither "online" nor "mixed".
    Some(Fact::new(mode, Origin::Structured, stated, 0.8))
}

#[cfg(test)]
mod tests;
