//! `gleaner explain EVENT`: where an event's facts come from, why its listings are one event, why it has its tags, and what happened to it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Globals, output};
use crate::{
    app::App,
    bulletin::wording,
    curate::decide,
    domain::{Editable, EventId, Field, FieldRow, IdPrefix, ListingId, text::single_line},
    store::{
        StoreError,
        correction::{Typed, Words},
        event::{Event, EventChange},
        history::{Joining, Said},
        listing::Listing,
    },
};

/// All that is known of one event.
struct Known {
    /// The event that was asked for, when it was merged into the one that is shown.
    asked: Option<EventId>,
    event: Event,
    listings: Vec<(Listing, Joining)>,
    merged: Vec<(EventId, String)>,
    said: Vec<Said>,
    words: Words,
    changes: Vec<(DateTime<Utc>, EventChange)>,
}

pub async fn run(globals: &Globals, event: &IdPrefix) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    let known = known(&app, decide::named(&app.store, event).await?).await?;
    if globals.json {
        return output::json(&as_json(&known));
    }
    lines(&known).iter().try_for_each(|l| output::line(l))
}

async fn known(app: &App, asked: EventId) -> anyhow::Result<Known> {
    let store = &app.store;
    let stands_as = store.stands_as(asked).await?;
    let id = stands_as.unwrap_or(asked);
    let event = store.events(&[id]).await?.pop().ok_or_else(|| StoreError::not_found("event", id))?;
    let joinings = store.joinings(id).await?;
    let ids: Vec<ListingId> = joinings.iter().map(|j| j.listing).collect();
    let mut read = store.listings(&ids).await?;
    let mut listings = Vec::with_capacity(read.len());
    for joining in joinings {
        if let Some(at) = read.iter().position(|l| l.id == joining.listing) {
            listings.push((read.swap_remove(at), joining));
        }
    }
    Ok(Known {
        asked: stands_as.map(|_| asked),
        event,
        listings,
        merged: store.merged_into(id).await?,
        said: store.said_about(id, &ids).await?,
        words: store.words_about(id).await?,
        changes: store.changes_of(&[id]).await?.remove(&id).unwrap_or_default(),
    })
}

fn as_json(k: &Known) -> Value {
    let e = &k.event;
    json!({
        "event": e.id, "asked": k.asked, "title": e.title, "url": e.url, "flag": e.flag, "doubt": e.doubt, "first_seen_at": e.first_seen_at, "withdrawn_at": e.withdrawn_at,
        "kind": {"kind": e.verdict.kind, "confidence": e.verdict.kind_confidence, "reason": e.verdict.kind_reason},
        "fields": e.facts.rows().iter().map(|r| json!({
            "field": r.field, "value": r.value, "words": r.evidence.words, "origin": r.evidence.origin, "confidence": r.evidence.confidence,
            "listing": e.from.get(&r.field), "locked": e.locked.contains(&r.field),
        })).collect::<Vec<_>>(),
        "listings": k.listings.iter().map(|(l, j)| listing_json(l, j)).collect::<Vec<_>>(),
        "merged": k.merged.iter().map(|(id, title)| json!({"event": id, "title": title})).collect::<Vec<_>>(),
        "tags": e.verdict.tags,
        "typed": k.words.fields.iter().map(typed_json).collect::<Vec<_>>(),
        "corrections": k.words.corrections,
        "decisions": k.said.iter().map(said_json).collect::<Vec<_>>(),
        "history": k.changes.iter().map(|(at, c)| json!({"at": at, "what": c.what, "was": c.was, "becomes": c.becomes, "told": c.to_be_told})).collect::<Vec<_>>(),
    })
}

fn listing_json(l: &Listing, j: &Joining) -> Value {
    let because: Option<Value> = j.because.as_deref().and_then(|b| serde_json::from_str(b).ok());
    json!({
        "listing": l.id, "source": j.source_url, "provider": l.provider_name, "title": l.candidate.title, "url": l.candidate.url, "revision": l.revision,
        "first_seen_at": j.first_seen_at, "last_seen_at": j.last_seen_at, "missed": j.missed, "joined_at": j.joined_at, "score": j.score,
        "because": because, "came_from": j.came_from, "conflicts": l.candidate.conflicts,
    })
}

fn said_json(s: &Said) -> Value {
    let pair = s.pair.map(|(a, b)| json!([a, b]));
    json!({
        "verb": s.verb, "event": s.event, "pair": pair, "field": s.field, "value": s.value, "by": s.by_whom, "at": s.at, "note": s.note,
        "undone_at": s.undone_at, "undone_by": s.undone_by,
    })
}

fn typed_json((field, typed): (&Editable, &Typed)) -> Value {
    json!({"field": field.as_str(), "value": typed.value, "by": typed.by, "at": typed.at, "note": typed.note})
}

fn lines(k: &Known) -> Vec<String> {
    let e = &k.event;
    let mut out = Vec::new();
    if let Some(asked) = k.asked {
        out.push(format!("{asked} was merged into {}", e.id));
    }
    out.push(format!("{}  {}", e.id, e.title));
    out.extend(e.url.iter().map(|url| format!("  {url}")));
    out.extend(e.withdrawn_at.iter().map(|at| format!("  withdrawn {}", minute(at))));
    out.extend(e.doubt.iter().chain(&e.flag).map(|why| format!("  look first: {why}")));
    out.push(format!("  {} ({:.2}): {}", e.verdict.kind, e.verdict.kind_confidence, e.verdict.kind_reason));
    out.push("fields".to_owned());
    out.extend(field_lines(k));
    out.push("listings".to_owned());
    out.extend(k.listings.iter().enumerate().flat_map(|(n, (l, j))| listing_lines(n + 1, l, j)));
    out.extend(k.merged.iter().map(|(id, title)| format!("  took in {id}  {title}")));
    section(&mut out, "tags", e.verdict.tags.iter().map(|t| format!("  {} {} ({}, {:.2}): {}", t.facet, t.term, t.origin, t.confidence, t.reason)));
    section(&mut out, "decisions", k.said.iter().map(|s| said_line(s, e.id)));
    let first = std::iter::once(format!("  {} first seen", minute(&e.first_seen_at)));
    section(&mut out, "history", first.chain(k.changes.iter().map(changed)));
    out
}

/// Each fact with the listing it came from, and what an editor fixed.
fn field_lines(k: &Known) -> Vec<String> {
    let e = &k.event;
    let number = |id: &ListingId| k.listings.iter().position(|(l, _)| l.id == *id).map_or("?".to_owned(), |at| (at + 1).to_string());
    let line = |row: FieldRow| {
        let from = if e.locked.contains(&row.field) {
            "an editor".to_owned()
        } else {
            e.from.get(&row.field).map_or("-".to_owned(), |l| format!("[{}]", number(l)))
        };
        // The row holds the price in pence, as it is stored.
        let value = if row.field == Field::Price { wording::price(e.facts.price.as_ref().map(|f| &f.value)) } else { row.value };
        format!("  {:<10} {value:<32} {from}, {}: \"{}\"", row.field.as_str(), row.evidence.origin, row.evidence.words)
    };
    let mut out: Vec<String> = e.facts.rows().into_iter().map(line).collect();
    for (field, typed) in &k.words.fields {
        match (field, &typed.value) {
            (Editable::Fact(_), Some(_)) => {}
            (field, None) => out.push(format!("  {:<10} not stated                       an editor, {}", field.as_str(), minute(&typed.at))),
            (field, Some(value)) => out.push(format!("  {:<10} {:<32} an editor, {}", field.as_str(), single_line(value, 60), minute(&typed.at))),
        }
    }
    out
}

fn minute(at: &DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

fn changed((at, c): &(DateTime<Utc>, EventChange)) -> String {
    let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "not stated".to_owned());
    let told = if c.to_be_told { " (to be told)" } else { "" };
    format!("  {} {}: {} -> {}{told}", minute(at), c.what, value(&c.was), value(&c.becomes))
}

fn section(out: &mut Vec<String>, head: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        out.push(head.to_owned());
        out.extend(lines);
    }
}

fn listing_lines(n: usize, l: &Listing, j: &Joining) -> Vec<String> {
    let mut out = vec![format!("  [{n}] {}  {}", l.candidate.title, j.source_url), format!("      listing {}", l.id)];
    let whose = l.provider_name.as_deref().map_or("a re-poster".to_owned(), |p| format!("source of {p}"));
    let missed = if j.missed > 0 { format!(", missing from the last {} looks", j.missed) } else { String::new() };
    out.push(format!("      {whose}, revision {}, last seen {}{missed}", l.revision, minute(&j.last_seen_at)));
    match j.score {
        None => out.push("      founded the event".to_owned()),
        Some(score) => {
            let why = reasons(j.because.as_deref().unwrap_or_default());
            out.push(format!("      joined at {score:.3} on {}: {why}", minute(&j.joined_at)));
        }
    }
    out.extend(j.came_from.map(|id| format!("      came with the merged event {id}")));
    out.extend(l.candidate.conflicts.iter().map(|(field, words)| format!("      its prose contradicts its {field}: {words}")));
    out
}

/// The weightiest contributions first.
fn reasons(because: &str) -> String {
    let parts: std::collections::BTreeMap<String, f64> = serde_json::from_str(because).unwrap_or_default();
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then_with(|| a.0.cmp(&b.0)));
    parts.iter().map(|(word, part)| format!("{word} {part:+.1}")).collect::<Vec<_>>().join(", ")
}

/// "2027-03-01 09:00 merge took in 01a2... by ed@body.example: one course, taken back 2027-03-02 10:00 by ed@body.example"
fn said_line(s: &Said, shown: EventId) -> String {
    let value = s.value.as_deref().unwrap_or_default();
    let of = s.event.filter(|e| *e != shown).map_or(String::new(), |e| format!(" (of {e})"));
    let what = match (s.verb.as_str(), &s.pair, &s.field) {
        (verb, Some((a, b)), _) => format!("{verb} {a} {b}"),
        ("edit", _, Some(field)) => {
            format!("set {field} to {}", s.value.as_ref().map_or("not stated".to_owned(), |v| format!("“{}”", single_line(v, 60))))
        }
        (verb, _, Some(field)) => format!("{verb} {field} {value}").trim_end().to_owned(),
        ("merge", ..) => format!("merged in {value}"),
        ("split", ..) => format!("split off {value}"),
        ("not_same", ..) => format!("not the same as {value}"),
        (verb, ..) => verb.to_owned(),
    };
    let note = s.note.as_ref().map_or(String::new(), |n| format!(": {n}"));
    let by = s.undone_by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
    let undone = s.undone_at.map_or(String::new(), |at| format!(", taken back {}{by}", minute(&at)));
    format!("  {} {what}{of} by {}{note}{undone}", minute(&s.at), s.by_whom)
}
