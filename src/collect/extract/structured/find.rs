//! Finds the events in a tree of schema.org values: by type and its subtypes, wherever they are nested, within caps that are said.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Deepest nesting that is followed.
const MOST_DEPTH: usize = 64;
/// Most events that are collected before the document's own cap is applied.
const MOST_FOUND: usize = 10_000;

pub type Object = Map<String, Value>;

/// Events found in a tree, each with the object that holds it: a course, a place, another event.
#[derive(Default)]
pub struct Found<'a> {
    pub events: Vec<(&'a Object, Option<&'a Object>)>,
    /// What others refer to by `@id`.
    pub ids: HashMap<&'a str, &'a Object>,
    deep: bool,
    many: bool,
}

impl<'a> Found<'a> {
    pub fn of(blocks: &'a [Value]) -> Self {
        let mut found = Self::default();
        for block in blocks {
            found.ids(block, 0);
            found.walk(block, None, 0);
        }
        found
    }

    /// What was left out; for the operator.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        let deep = self.deep.then(|| format!("structured data nested deeper than {MOST_DEPTH} was left out"));
        let many = self.many.then(|| format!("the structured data holds more than {MOST_FOUND} events; the rest was left out"));
        deep.into_iter().chain(many)
    }

    fn ids(&mut self, value: &'a Value, depth: usize) {
        if depth > MOST_DEPTH {
            self.deep = true;
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
        if depth > MOST_DEPTH {
            return;
        }
        match value {
            Value::Array(list) => list.iter().for_each(|v| self.walk(v, parent, depth + 1)),
            Value::Object(object) => {
                if is_event(object) {
                    self.many |= self.events.len() >= MOST_FOUND;
                    if self.many {
                        return;
                    }
                    self.events.push((object, parent));
                }
                let skip = |key: &str| key == "subEvent" && is_series(object) || matches!(key, "superEvent" | "workFeatured");
                object.iter().filter(|(key, _)| !skip(key)).for_each(|(_, v)| self.walk(v, Some(object), depth + 1));
            }
            _ => {}
        }
    }
}

/// The local names of an object's types.
pub fn kinds(object: &Object) -> impl Iterator<Item = &str> {
    let kind = object.get("@type");
    let list = kind.and_then(Value::as_array).map(Vec::as_slice).or(kind.map(std::slice::from_ref)).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(|k| k.rsplit(['/', '#', ':']).next().unwrap_or(k))
}

/// `Event`, every `...Event`, festivals, and a dated run of a course; never what happens to a parcel or a broadcast.
pub fn is_event(object: &Object) -> bool {
    const NOT: [&str; 5] = ["UserInteractionEvent", "DeliveryEvent", "PublicationEvent", "BroadcastEvent", "OnDemandEvent"];
    kinds(object).any(|k| k.ends_with("Event") && !NOT.contains(&k) || matches!(k, "CourseInstance" | "EventSeries" | "Festival" | "Hackathon"))
}

pub fn is_course(object: &Object) -> bool {
    kinds(object).any(|k| k == "Course")
}

/// Whether the sub-events are sittings of the event itself: they carry no other name.
pub fn is_series(object: &Object) -> bool {
    let name = object.get("name").and_then(Value::as_str).map(str::trim);
    let subs = list(object.get("subEvent"));
    let is_sitting = |s: &Value| s.get("startDate").is_some() && s.get("name").and_then(Value::as_str).is_none_or(|n| Some(n.trim()) == name);
    !subs.is_empty() && subs.iter().all(is_sitting)
}

/// A value as a list, whether it was printed as one or alone.
pub fn list(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(list)) => list,
        Some(one) => std::slice::from_ref(one),
    }
}

/// The text of a string, of the first of a list, or of an object's `@value` or `name`.
pub fn words(value: Option<&Value>) -> Option<String> {
    let text = match list(value).first()? {
        Value::String(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        Value::Object(o) => return words(o.get("@value").or_else(|| o.get("name")).filter(|v| v.is_string())),
        _ => return None,
    };
    Some(text.trim().to_owned()).filter(|t| !t.is_empty())
}
