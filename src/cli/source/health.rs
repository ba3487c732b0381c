//! `gleaner source list` and `source show`: how the sources are doing, for a terminal or as JSON. Changes nothing.

use std::{collections::HashMap, fmt::Write as _};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::describe;
use crate::{
    app::App,
    bulletin::{digest::headline, wording::count},
    cli::{Globals, output},
    collect::health::{Baseline, READS, usual},
    domain::{Health, SourceId, YieldField, Yields, text::single_line},
    store::{
        health::{Alarm, LoggedLook},
        source::Source,
    },
};

/// Looks shown of one source.
const LOOKS: i64 = 10;
/// Alarms shown of one source, the closed ones included.
const ALARMS: i64 = 20;

/// All sources.
pub async fn list(globals: &Globals, app: &App) -> anyhow::Result<()> {
    let (sources, alarms) = (app.store.sources().await?, app.store.open_alarms().await?);
    if globals.json {
        let all: Vec<Value> = sources.iter().map(|s| source_json(s, open(&alarms, s.id))).collect();
        return output::json(&json!({"sources": all}));
    }
    if sources.is_empty() {
        return output::line("no sources yet; add one with `gleaner source add URL`");
    }
    output::line(&format!("{:<36}  {:<8} {:>6}  {:<9} {:>5}  {}", "ID", "HEALTH", "EVENTS", "LAST OK", "FAILS", "ADDRESS"))?;
    for source in &sources {
        output::line(&row(source, open(&alarms, source.id), app.now()))?;
    }
    Ok(())
}

fn open(alarms: &HashMap<SourceId, Vec<Alarm>>, id: SourceId) -> &[Alarm] {
    alarms.get(&id).map_or(&[], Vec::as_slice)
}

/// One line for the source, and one below it for what is wrong with it.
fn row(s: &Source, alarms: &[Alarm], now: DateTime<Utc>) -> String {
    let events = s.last_listings.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let last = s.last_ok_at.map_or_else(|| "never".to_owned(), |at| ago(now - at));
    let mut line = format!("{}  {:<8} {events:>6}  {last:<9} {:>5}  {}", s.id, s.health, s.failures, s.url);
    let names: Vec<&str> = alarms.iter().map(|a| headline(a.kind)).collect();
    match (names.is_empty(), &s.health_reason) {
        (false, _) => drop(write!(line, "\n{:38}! {}", "", names.join("; "))),
        (true, Some(reason)) => drop(write!(line, "\n{:38}  {}", "", single_line(reason, 100))),
        (true, None) => {}
    }
    line
}

/// "3 min", "5 h", "12 days".
fn ago(time: TimeDelta) -> String {
    match time.num_minutes() {
        ..1 => "just now".to_owned(),
        minutes @ 1..120 => format!("{minutes} min"),
        minutes @ 120..2_880 => format!("{} h", minutes / 60),
        minutes => format!("{} days", minutes / 1_440),
    }
}

/// One source with its last looks, what is usual of it, and its alarms.
pub async fn show(globals: &Globals, app: &App, id: SourceId) -> anyhow::Result<()> {
    let source = app.store.source(id).await?;
    let looks = app.store.last_looks(id, LOOKS).await?;
    let alarms = app.store.alarms_of(id, ALARMS).await?;
    let baseline = usual(&app.store.usual_reads(id, READS).await?);
    let last = app.store.last_read(id).await?;
    let plan = app.store.plan(id).await?;
    if globals.json {
        let mut shown = shown_json(&source, &looks, &alarms, baseline.as_ref(), last.as_ref());
        shown["columns"] = json!(source.columns);
        shown["plan"] = json!(plan.as_ref().map(describe::plan));
        return output::json(&shown);
    }
    for line in shown(&source, &looks, &alarms, baseline.as_ref(), last.as_ref()) {
        output::line(&line)?;
    }
    plan.iter().flat_map(describe::shown).try_for_each(|l| output::line(&l))
}

fn shown(s: &Source, looks: &[LoggedLook], alarms: &[Alarm], baseline: Option<&Baseline>, last: Option<&Yields>) -> Vec<String> {
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M UTC").to_string();
    let mut out = vec![
        format!("{}  {}", s.id, s.url),
        format!("kind      {}{}", s.kind, if s.selectors.is_some() { ", read with the operator's selectors" } else { "" }),
        format!("provider  {}", s.provider_name.as_deref().unwrap_or("none: it re-posts, each listing names its own")),
        format!("health    {}{}", s.health, s.health_reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default()),
        format!("last ok   {}", s.last_ok_at.map_or_else(|| "never".to_owned(), time)),
        match s.health {
            Health::Disabled => "next look never: it is disabled".to_owned(),
            _ => format!("next look {}, every {} minutes", time(s.next_due_at), s.interval_minutes),
        },
    ];
    if s.reads_at() != s.url {
        out.push(format!("read at   {}, where it moved for good", s.reads_at()));
    }
    if let Some(words) = &s.robots_permission {
        let since = s.robots_permission_at.map(|at| format!(" (noted {})", at.format("%Y-%m-%d"))).unwrap_or_default();
        out.push(format!("robots    not asked: {words}{since}"));
    }
    out.push(String::new());
    out.extend(yields_table(baseline, last));
    out.push(String::new());
    out.push("last looks".to_owned());
    for look in looks {
        let what = match look.outcome.as_str() {
            "read" => format!(
                "{}, {} new, {} changed{}",
                count(usize::try_from(look.listings).unwrap_or(0), "event", "events"),
                look.added,
                look.changed,
                if look.teaches { "" } else { ", not counted as usual" }
            ),
            other => other.to_owned(),
        };
        let why = look.error.as_deref().map(|e| format!(": {}", single_line(e, 120))).unwrap_or_default();
        out.push(format!("  {}  {what}{why}", time(look.started_at)));
    }
    out.push(String::new());
    out.push(if alarms.is_empty() { "no alarms".to_owned() } else { "alarms".to_owned() });
    for a in alarms {
        let until = a.closed.map_or_else(|| "open".to_owned(), |(at, end)| format!("{end} {}", time(at)));
        out.push(format!(
            "  {}  {} ({until}, {})",
            time(a.opened_at),
            headline(a.kind),
            count(usize::try_from(a.looks).unwrap_or(0), "look", "looks")
        ));
        if a.closed.is_none() {
            out.push(format!("    {}", a.words));
        }
    }
    out
}

/// Each field's usual share beside that of the newest read.
fn yields_table(baseline: Option<&Baseline>, last: Option<&Yields>) -> Vec<String> {
    let Some(last) = last else { return vec!["nothing was read yet".to_owned()] };
    let percent = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |s| format!("{:.0} %", s * 100.0));
    let events = baseline.map_or_else(|| "-".to_owned(), |b| b.listings.to_string());
    let reads = baseline.map_or(0, |b| b.reads);
    let mut out = vec![format!("{:<14} {:>8} {:>8}   (usual: of the last {})", "yield", "usual", "newest", count(reads, "good read", "good reads"))];
    out.push(format!("{:<14} {events:>8} {:>8}", "events", last.listings));
    for field in YieldField::ALL.iter().filter(|f| **f != YieldField::Title) {
        let usual = baseline.and_then(|b| b.shares.get(field).copied());
        out.push(format!("{:<14} {:>8} {:>8}", field.label(), percent(usual), percent(last.share(*field))));
    }
    out
}

fn source_json(s: &Source, alarms: &[Alarm]) -> Value {
    json!({
        "id": s.id, "url": s.url, "kind": s.kind, "provider": s.provider_name, "zone": s.zone.name(), "interval_minutes": s.interval_minutes,
        "health": s.health, "reason": s.health_reason, "failures": s.failures, "listings": s.last_listings,
        "last_ok_at": s.last_ok_at, "next_due_at": s.next_due_at, "disabled_at": s.disabled_at,
        "ignore_robots": s.robots_permission, "ignore_robots_since": s.robots_permission_at,
        "reads_at": s.reads_at(), "moved_to": s.moved_to, "moved_times": s.moved_times,
        "alarms": alarms.iter().map(alarm_json).collect::<Vec<_>>(),
    })
}

fn alarm_json(a: &Alarm) -> Value {
    json!({
        "kind": a.kind, "severity": a.severity, "words": a.words, "opened_at": a.opened_at, "seen_at": a.seen_at, "looks": a.looks,
        "closed_at": a.closed.map(|c| c.0), "closed_because": a.closed.map(|c| c.1), "told_at": a.told_at,
    })
}

fn shown_json(s: &Source, looks: &[LoggedLook], alarms: &[Alarm], baseline: Option<&Baseline>, last: Option<&Yields>) -> Value {
    let open: Vec<Alarm> = alarms.iter().filter(|a| a.closed.is_none()).cloned().collect();
    let mut value = source_json(s, &open);
    let look = |l: &LoggedLook| json!({"at": l.started_at, "outcome": l.outcome, "listings": l.listings, "new": l.added, "changed": l.changed, "teaches": l.teaches, "error": l.error});
    value["selectors"] = json!(s.selectors);
    value["looks"] = json!(looks.iter().map(look).collect::<Vec<_>>());
    value["closed_alarms"] = json!(alarms.iter().filter(|a| a.closed.is_some()).map(alarm_json).collect::<Vec<_>>());
    let fields: Map<String, Value> = YieldField::ALL
        .iter()
        .map(|f| {
            let usual = baseline.and_then(|b| b.shares.get(f).copied());
            (f.as_str().to_owned(), json!({"usual": usual, "newest": last.and_then(|l| l.share(*f))}))
        })
        .collect();
    value["yield"] = json!({
        "reads": baseline.map_or(0, |b| b.reads),
        "listings": {"usual": baseline.map(|b| b.listings), "newest": last.map(|l| l.listings)},
        "fields": fields,
    });
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_tell_them() {
        for (minutes, expected) in [(-5, "just now"), (0, "just now"), (1, "1 min"), (119, "119 min"), (120, "2 h"), (2_880, "2 days")] {
            assert_eq!(ago(TimeDelta::minutes(minutes)), expected);
        }
    }
}
