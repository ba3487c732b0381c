//! How a source is read and what was changed of it, as it is printed.

use serde_json::{Value, json};

use crate::{
    domain::RungName,
    store::{
        plan::{Plan, Way},
        source::Source,
    },
};

/// What is read and why, and what instead when it fails.
pub(super) fn plan(p: &Plan) -> Value {
    let way = |w: &Way| json!({"rung": w.rung, "url": w.url, "kind": w.kind, "why": w.why, "events": w.events});
    json!({"walked_at": p.walked_at, "chosen": p.chosen().map(way), "fallback": p.fallback().map(way), "note": p.note})
}

pub(super) fn plan_lines(p: &Plan) -> Vec<String> {
    let rung = |w: &Way| if w.rung == RungName::Itself { "document itself" } else { w.rung.as_str() };
    let way = |what: &str, w: &Way| format!("  {what} the {} at {}: {}", rung(w), w.url, w.why);
    let mut out: Vec<String> = p.chosen().map(|w| way("reads", w)).into_iter().collect();
    out.extend(p.fallback().map(|w| way("if that fails,", w)));
    if out.is_empty() {
        out.push("  no way of reading it yields events now; it is read as it is. `gleaner try source URL` shows what was tried".into());
    }
    out
}

/// The plan below what else is shown of a source.
pub(super) fn shown(p: &Plan) -> Vec<String> {
    let walked = p
        .walked_at
        .map_or_else(|| "the ladder is walked at the next look".to_owned(), |at| format!("the ladder was walked {}", at.format("%Y-%m-%d")));
    let mut out = vec![String::new(), format!("plan: {walked}")];
    out.extend(plan_lines(p));
    out.extend(p.note.as_ref().map(|n| format!("  {n}")));
    out
}

/// What differs, in words.
pub(super) fn changes(was: &Source, now: &Source) -> Vec<String> {
    let mut out = Vec::new();
    let mut compare = |what: &str, was: String, now: String| {
        if was != now {
            out.push(format!("{what} {was} -> {now}"));
        }
    };
    let name = |s: &Source| s.provider_name.clone().unwrap_or_else(|| "none".into());
    let permission = |s: &Source| s.robots_permission.clone().unwrap_or_else(|| "honoured".into());
    let has = |there: bool| if there { "set" } else { "none" }.to_owned();
    compare("provider", name(was), name(now));
    compare("kind", was.kind.to_string(), now.kind.to_string());
    compare("interval", format!("{} min", was.interval_minutes), format!("{} min", now.interval_minutes));
    compare("timezone", was.zone.to_string(), now.zone.to_string());
    compare("dates", if was.day_first { "dmy" } else { "mdy" }.into(), if now.day_first { "dmy" } else { "mdy" }.into());
    compare("robots.txt", permission(was), permission(now));
    compare("selectors", has(was.selectors.is_some()), has(now.selectors.is_some()));
    compare("columns", has(was.columns.is_some()), has(now.columns.is_some()));
    if was.selectors.is_some() && now.selectors.is_some() && was.selectors != now.selectors {
        out.push("selectors replaced".into());
    }
    if was.columns.is_some() && now.columns.is_some() && was.columns != now.columns {
        out.push("columns replaced".into());
    }
    out
}
