//! schema.org events, wherever they come from: JSON-LD, bare JSON, microdata, RDFa, microformats. One walker finds them, one mapper reads them.
//!
//! Structured values stay values; a zero price that nobody calls free is a default, not a fact, and is left out.

mod find;
pub(super) mod moment;
mod offers;
mod place;
mod schedule;

use std::collections::{HashMap, HashSet};

use scraper::Html;
use serde_json::Value;
use url::Url;

use super::markup::Gathering;
use super::{json_ld, microdata, microformats, rdfa};
use crate::collect::html;
use crate::collect::normalise::mode as mode_words;
use crate::domain::{Fact, Method, Mode, Origin, RawEvent, RawPlace, Reading, Session, Status};
use find::{Found, Object, is_course, is_event, is_series, kinds, list, words};
pub(super) use offers::is_zero;

/// The events of a page's JSON-LD, microdata, RDFa and microformats, each once.
pub fn page(page: &Html, base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let mut out = vec![read(&json_ld::blocks(page, notes), Method::JsonLd, base, reading, notes)];
    let mut gathering = Gathering::of(page);
    for items in [microdata::items, rdfa::items, microformats::items] {
        out.push(read(&items(&mut gathering), Method::Microdata, base, reading, notes));
    }
    notes.extend(gathering.notes);
    once(out)
}

/// The schema.org events of a JSON document.
pub fn value(document: &Value, base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let out = once(vec![read(std::slice::from_ref(document), Method::JsonLd, base, reading, notes)]);
    if out.is_empty() {
        notes.push("the JSON holds no schema.org events and no platform's".into());
    }
    out
}

fn read(blocks: &[Value], method: Method, base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let found = Found::of(blocks);
    notes.extend(found.notes());
    let mapper = Mapper { ids: &found.ids, method, base, reading };
    found.events.iter().filter_map(|(event, parent)| mapper.event(event, *parent)).collect()
}

/// The same event printed twice is one: in one syntax by all that tells events apart, in two syntaxes by title and day, because one of
/// them often says less.
fn once(syntaxes: Vec<Vec<RawEvent>>) -> Vec<RawEvent> {
    let mut seen = HashSet::new();
    let mut first_in: HashMap<(String, String), usize> = HashMap::new();
    let mut kept = |syntax: usize, e: &RawEvent| {
        let start = e.start.as_ref().map(|s| s.value);
        let day = start.map(|s| s.first_day().to_string()).or_else(|| e.date_words.clone()).unwrap_or_default();
        let title = e.title.to_lowercase();
        let known_in = *first_in.entry((title.clone(), day)).or_insert(syntax);
        known_in == syntax && seen.insert((title, start.map(|s| s.to_string()), e.url.clone(), e.place.name.clone()))
    };
    let numbered = syntaxes.into_iter().enumerate().flat_map(|(n, events)| events.into_iter().map(move |e| (n, e)));
    numbered.filter(|(syntax, e)| kept(*syntax, e)).map(|(_, e)| e).collect()
}

struct Mapper<'a> {
    ids: &'a HashMap<&'a str, &'a Object>,
    method: Method,
    base: Option<&'a Url>,
    reading: &'a Reading,
}

impl Mapper<'_> {
    /// `parent` holds the event: the course it is a run of, the event it is part of, the place or organisation that announces it.
    fn event(&self, source: &Object, parent: Option<&Object>) -> Option<RawEvent> {
        let course = parent.filter(|p| is_course(p));
        let field = |name: &str| source.get(name).filter(|v| !v.is_null()).or_else(|| course?.get(name));
        let title = ["name", "headline", "summary"].iter().find_map(|n| words(field(n))).map(|t| html::plain_line(&t)).filter(|t| !t.is_empty())?;
        let mut event = RawEvent::new(self.method, title);
        event.confidence = 0.95;
        event.text = words(field("description")).map(|d| html::plain(&d)).unwrap_or_default();
        self.dates(source, &mut event);
        let around = self.around(source, parent);
        self.place(source, parent, around, &mut event);
        self.links(source, course, &mut event);
        let offers: Vec<&Object> = list(field("offers")).iter().take(200).filter_map(|o| self.object(o)).collect();
        offers::read(&offers, field("isAccessibleForFree"), self.base, self.reading.zone, &mut event);
        let outer = |name: &str| around.and_then(|a| a.get(name));
        event.provider = ["organizer", "provider", "performer"].iter().find_map(|n| self.name(field(n).or_else(|| outer(n))));
        if event.provider.is_none() {
            event.provider = parent.filter(|p| kinds(p).any(|k| k.ends_with("Organization"))).and_then(|p| words(p.get("name")));
        }
        status(source, &mut event);
        if let Some(mode) = field("eventAttendanceMode").or_else(|| field("courseMode")).and_then(attendance) {
            lay_mode(mode, &mut event);
        }
        Some(event)
    }

    /// The event that this one is part of: where it is nested, or what `superEvent` names.
    fn around<'v>(&'v self, source: &'v Object, parent: Option<&'v Object>) -> Option<&'v Object> {
        parent.filter(|p| is_event(p)).or_else(|| list(source.get("superEvent")).first().and_then(|s| self.object(s)))
    }

    /// Its own location, else that of the event around it, else the place that announces it.
    fn place(&self, source: &Object, parent: Option<&Object>, around: Option<&Object>, event: &mut RawEvent) {
        let own = list(source.get("location"));
        let locations = if own.is_empty() { list(around.and_then(|a| a.get("location"))) } else { own };
        place::read(locations, |v| self.object(v), event);
        let is_place = |p: &&Object| p.get("address").is_some() && !is_event(p) && !kinds(p).any(|k| k.ends_with("Organization"));
        if let Some(holder) = parent.filter(is_place)
            && event.place == RawPlace::default()
            && event.mode.is_none()
        {
            event.place = place::place(holder, &|v| self.object(v));
        }
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
        let schedule = schedule::of(source.get("eventSchedule")).or_else(|| schedule::of(source.get("courseSchedule")));
        let bounds = schedule.and_then(|s| schedule::bounds(s, self.reading.zone));
        let (first, last) = bounds.map_or((None, None), |(first, last)| (Some(first), last));
        if let Some(start) = words(source.get("startDate")).or(first) {
            let end = words(source.get("endDate")).or(last);
            match moment::span(&start, end.as_deref(), self.reading.zone) {
                Some((first, last)) => {
                    event.start = Some(first);
                    event.end = last;
                }
                None => event.date_words = Some(html::plain_line(&[start, end.unwrap_or_default()].join(" "))),
            }
        }
        if is_series(source) {
            self.sessions(source, event);
        } else if let Some(schedule) = schedule {
            self.scheduled(schedule, event);
        }
    }

    /// Several sittings by a schedule replace the bare first and last day.
    fn scheduled(&self, schedule: &Object, event: &mut RawEvent) {
        let sittings = schedule::sittings(schedule, self.reading);
        let (Some(first), Some(last)) = (sittings.first().copied(), sittings.last().copied()) else { return };
        let fact = |when| Fact::new(when, Origin::Structured, "a schedule of its sittings", 0.9);
        event.start = Some(fact(first.start));
        event.end = last.end.map(fact);
        if sittings.len() > 1 {
            event.sessions = sittings;
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
    let status = match stated.as_deref().map(|s| s.rsplit(['/', '#', ':']).next().unwrap_or(s).trim()) {
        Some("EventCancelled" | "EventCanceled" | "Cancelled" | "CANCELLED" | "cancelled") => Status::Cancelled,
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

/// A stated mode. "Offline" is what plugins print for everything: a virtual location or words that say online are stronger.
fn lay_mode(stated: Fact<Mode>, event: &mut RawEvent) {
    let virtual_only = event.mode.as_ref().is_some_and(|m| m.value == Mode::Online);
    let in_words = || {
        let text = format!("{}\n{}", event.title, event.text);
        mode_words::read(&text, false, Origin::Prose).is_some_and(|m| matches!(m.value, Mode::Online | Mode::SelfPaced))
    };
    let placed = event.place.town.is_some() || event.place.postcode.is_some() || event.place.address.is_some();
    if stated.value == Mode::InPerson && (virtual_only || !placed && in_words()) {
        return;
    }
    event.mode = Some(stated);
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
