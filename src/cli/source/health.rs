//! `gleaner source list` and `source show`: how the sources are doing, for a terminal or as JSON. Changes nothing.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::describe;
use crate::{
    app::App,
    bulletin::{digest::headline, wording::count},
    cli::{Globals, output},
    collect::health::{Baseline, READS, usual},
    domain::{SourceId, YieldField, Yields, text::single_line},
    store::{
        health::{Alarm, LoggedLook},
        plan::Plan,
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

/// One line for the source, and one below it for each thing that is wrong with it.
fn row(s: &Source, alarms: &[Alarm], now: DateTime<Utc>) -> String {
    let events = s.last_listings.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let last = s.last_ok_at.map_or_else(|| "never".to_owned(), |at| ago(now - at));
    let line = format!("{}  {:<8} {events:>6}  {last:<9} {:>5}  {}", s.id, s.health.as_str(), s.failures, s.url);
    let wrong = alarms.iter().map(|a| format!("{:38}! {}: {}", "", headline(a.kind), single_line(&a.words, 160)));
    let reason = s.health_reason.iter().filter(|_| alarms.is_empty()).map(|r| format!("{:38}  {}", "", single_line(r, 160)));
    std::iter::once(line).chain(wrong).chain(reason).collect::<Vec<_>>().join("\n")
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

/// Everything that is shown of one source.
struct Shown {
    source: Source,
    plan: Option<Plan>,
    looks: Vec<LoggedLook>,
    /// Newest first, the closed ones included.
    alarms: Vec<Alarm>,
    baseline: Option<Baseline>,
    newest: Option<Yields>,
}

/// One source with its plan, its last looks, what is usual of it, and its alarms.
pub async fn show(globals: &Globals, app: &App, id: SourceId) -> anyhow::Result<()> {
    let store = &app.store;
    let shown = Shown {
        source: store.source(id).await?,
        plan: store.plan(id).await?,
        looks: store.last_looks(id, LOOKS).await?,
        alarms: store.alarms_of(id, ALARMS).await?,
        baseline: usual(&store.usual_reads(id, READS).await?),
        newest: store.last_read(id).await?,
    };
    if globals.json {
        return output::json(&shown.json());
    }
    let parts = [shown.facts(), shown.yields(), shown.looks(), shown.alarms()];
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            output::line("")?;
        }
        part.iter().try_for_each(|line| output::line(line))?;
    }
    Ok(())
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// "1 look", "3 looks".
fn counted(n: i64, one: &str, many: &str) -> String {
    count(usize::try_from(n).unwrap_or(0), one, many)
}

impl Shown {
    fn facts(&self) -> Vec<String> {
        let s = &self.source;
        let rules = if s.selectors.is_some() { ", read with the operator's selectors" } else { "" };
        let mut out = vec![
            format!("{}  {}", s.id, s.url),
            format!("kind      {}{rules}", s.kind),
            format!("provider  {}", s.provider_name.as_deref().unwrap_or("none: it re-posts, each listing names its own")),
            format!("health    {}{}", s.health, s.health_reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default()),
            format!("last ok   {}", s.last_ok_at.map_or_else(|| "never".to_owned(), time)),
        ];
        if s.reads_at() != s.url {
            out.push(format!("moved to  {}, and is read there", s.reads_at()));
        }
        if let Some(words) = &s.robots_permission {
            out.push(format!("robots    not asked: {words}"));
        }
        out.push(match s.disabled_at {
            Some(at) => format!("next look never: disabled {}", time(at)),
            None => format!("next look {}, every {} minutes or so", time(s.next_due_at), s.interval_minutes),
        });
        out.extend(self.plan.iter().flat_map(describe::shown));
        out
    }

    /// Each field's usual share beside that of the newest read.
    fn yields(&self) -> Vec<String> {
        let Some(newest) = &self.newest else { return vec!["nothing was read yet".to_owned()] };
        let percent = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |s| format!("{:.0} %", s * 100.0));
        let events = self.baseline.as_ref().map_or_else(|| "-".to_owned(), |b| b.listings.to_string());
        let reads = count(self.baseline.as_ref().map_or(0, |b| b.reads), "good read", "good reads");
        let mut out = vec![
            format!("{:<14} {:>8} {:>8}   (usual: of the last {reads})", "yield", "usual", "newest"),
            format!("{:<14} {events:>8} {:>8}", "events", newest.listings),
        ];
        for field in YieldField::ALL.iter().filter(|f| **f != YieldField::Title) {
            out.push(format!("{:<14} {:>8} {:>8}", field.label(), percent(self.usual(*field)), percent(newest.share(*field))));
        }
        out
    }

    fn usual(&self, field: YieldField) -> Option<f64> {
        self.baseline.as_ref().and_then(|b| b.shares.get(&field).copied())
    }

    fn looks(&self) -> Vec<String> {
        let line = |look: &LoggedLook| {
            let what = match look.outcome.as_str() {
                "read" => {
                    let counts = if look.teaches { "" } else { ", not counted as usual" };
                    format!("{}, {} new, {} changed{counts}", counted(look.listings, "event", "events"), look.added, look.changed)
                }
                other => other.to_owned(),
            };
            let why = look.error.as_deref().map(|e| format!(": {}", single_line(e, 120))).unwrap_or_default();
            format!("  {}  {what}{why}", time(look.started_at))
        };
        std::iter::once("last looks".to_owned()).chain(self.looks.iter().map(line)).collect()
    }

    fn alarms(&self) -> Vec<String> {
        let mut out = vec![if self.alarms.is_empty() { "no alarms".to_owned() } else { "alarms".to_owned() }];
        for a in &self.alarms {
            let until = a.closed.map_or_else(|| "open".to_owned(), |(at, end)| format!("{end} {}", time(at)));
            out.push(format!("  {}  {} ({until}, {})", time(a.opened_at), headline(a.kind), counted(a.looks, "look", "looks")));
            if a.closed.is_none() {
                out.push(format!("    {}", a.words));
            }
        }
        out
    }

    fn json(&self) -> Value {
        let (open, closed): (Vec<Alarm>, Vec<Alarm>) = self.alarms.iter().cloned().partition(|a| a.closed.is_none());
        let mut value = source_json(&self.source, &open);
        value["selectors"] = json!(self.source.selectors);
        value["columns"] = json!(self.source.columns);
        value["plan"] = json!(self.plan.as_ref().map(describe::plan));
        value["closed_alarms"] = closed.iter().map(alarm_json).collect();
        value["looks"] = self.looks.iter().map(look_json).collect();
        let newest = |f: YieldField| self.newest.as_ref().and_then(|n| n.share(f));
        let field = |f: &YieldField| (f.as_str().to_owned(), json!({"usual": self.usual(*f), "newest": newest(*f)}));
        value["yield"] = json!({
            "reads": self.baseline.as_ref().map_or(0, |b| b.reads),
            "listings": {"usual": self.baseline.as_ref().map(|b| b.listings), "newest": self.newest.as_ref().map(|n| n.listings)},
            "fields": YieldField::ALL.iter().map(field).collect::<Map<String, Value>>(),
        });
        value
    }
}

fn look_json(l: &LoggedLook) -> Value {
    json!({
        "at": l.started_at, "outcome": l.outcome, "listings": l.listings, "new": l.added, "changed": l.changed, "teaches": l.teaches,
        "error": l.error,
    })
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
