//! What `gleaner event list` and `gleaner event corrections` print.

use serde_json::{Value, json};

use crate::{
    app::App,
    cli::{Globals, output},
    curate::{
        corrections,
        queue::{self, Waiting},
    },
    domain::OrganisationId,
};

/// The events ahead, those that begin first first.
pub async fn waiting(globals: &Globals, app: &App, organisation: OrganisationId, flagged: bool, candidates: bool) -> anyhow::Result<()> {
    let until = app.now() + chrono::TimeDelta::days(app.config.collect.horizon_days);
    let mut events = queue::waiting(&app.store, organisation, app.now(), until).await?;
    events.retain(|w| (!flagged || w.look_first.is_some()) && (!candidates || w.is_candidate()));
    if globals.json {
        return output::json(&json!({"events": events.iter().map(as_json).collect::<Vec<_>>()}));
    }
    if events.is_empty() {
        return output::line("no such events");
    }
    events.iter().flat_map(lines).try_for_each(|l| output::line(&l))
}

fn as_json(w: &Waiting) -> Value {
    let e = &w.event;
    json!({
        "event": e.id, "title": e.title, "start": e.facts.start.as_ref().map(|s| s.value.to_string()), "provider": e.provider_name, "kind": e.verdict.kind,
        "kind_confidence": e.verdict.kind_confidence, "flag": e.flag, "doubt": e.doubt, "decision": w.decision, "url": e.url,
    })
}

fn lines(w: &Waiting) -> Vec<String> {
    let e = &w.event;
    let start = e.facts.start.as_ref().map_or_else(|| "not stated".to_owned(), |s| s.value.to_string());
    let decision = w.decision.map_or("-", |v| v.as_str());
    let mut out = vec![format!("{}  {start:<25}  {:<6}  {decision:<7}  {}", e.id, e.verdict.kind.as_str(), e.title)];
    out.extend(w.look_first.iter().map(|why| format!("    look first: {why}")));
    out
}

/// What was corrected; as labelled listings when `jsonl`.
pub async fn corrections(globals: &Globals, app: &App, jsonl: bool) -> anyhow::Result<()> {
    let corrected = corrections::corrected(&app.store).await?;
    if jsonl {
        return output::all_json(corrected.iter().map(corrections::labelled));
    }
    if globals.json {
        let one = |c: &corrections::Corrected| json!({"event": c.event.id, "title": c.event.title, "corrections": c.corrections});
        return output::json(&json!({"events": corrected.iter().map(one).collect::<Vec<_>>()}));
    }
    if corrected.is_empty() {
        return output::line("nothing was corrected yet");
    }
    for c in &corrected {
        output::line(&format!("{}  {}", c.event.id, c.event.title))?;
        for said in &c.corrections {
            let note = said.note.as_ref().map_or(String::new(), |n| format!(": {n}"));
            output::line(&format!("    {} {} by {} on {}{note}", said.aspect, said.signed(), said.by, said.at.format("%Y-%m-%d")))?;
        }
    }
    Ok(())
}
