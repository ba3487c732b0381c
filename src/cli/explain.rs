//! `gleaner explain EVENT`: where an event's facts come from, why its listings are one event, why it has its tags, and what happened to it.

use serde_json::{Value, json};

use super::{Globals, output};
use crate::{
    app::App,
    bulletin::wording,
    domain::{EventId, Field, ListingId},
    store::{
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
    changes: Vec<(chrono::DateTime<chrono::Utc>, EventChange)>,
}

pub async fn run(globals: &Globals, event: EventId) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    let known = known(&app, event).await?;
    if globals.json {
        return output::json(&as_json(&known));
    }
    lines(&known).iter().try_for_each(|l| output::line(l))
}

async fn known(app: &App, asked: EventId) -> anyhow::Result<Known> {
    let store = &app.store;
    let stands_as = store.stands_as(asked).await?;
    let id = stands_as.unwrap_or(asked);
    let not_found = || crate::store::StoreError::NotFound { what: "event", id: asked.to_string(), hint: "; `gleaner edition show` names events" };
    let event = store.events(&[id]).await?.pop().ok_or_else(not_found)?;
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
        changes: store.changes_of(&[id]).await?.remove(&id).unwrap_or_default(),
    })
}

fn as_json(k: &Known) -> Value {
    let e = &k.event;
    json!({
        "event": e.id, "asked": k.asked, "title": e.title, "url": e.url, "flag": e.flag, "first_seen_at": e.first_seen_at, "withdrawn_at": e.withdrawn_at,
        "kind": {"kind": e.verdict.kind, "confidence": e.verdict.kind_confidence, "reason": e.verdict.kind_reason},
        "fields": e.facts.rows().iter().map(|r| json!({
            "field": r.field, "value": r.value, "words": r.evidence.words, "origin": r.evidence.origin, "confidence": r.evidence.confidence,
            "listing": e.from.get(&r.field), "locked": e.locked.contains(&r.field),
        })).collect::<Vec<_>>(),
        "listings": k.listings.iter().map(|(l, j)| listing_json(l, j)).collect::<Vec<_>>(),
        "merged": k.merged.iter().map(|(id, title)| json!({"event": id, "title": title})).collect::<Vec<_>>(),
        "tags": e.verdict.tags,
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
    json!({"verb": s.verb, "pair": pair, "field": s.field, "value": s.value, "by": s.by_whom, "at": s.at, "undone_at": s.undone_at})
}

fn lines(k: &Known) -> Vec<String> {
    let e = &k.event;
    let mut out = Vec::new();
    if let Some(asked) = k.asked {
        out.push(format!("{asked} was merged into {}", e.id));
    }
    out.push(format!("{}  {}", e.id, e.title));
    out.extend(e.url.iter().map(|url| format!("  {url}")));
    out.extend(e.doubt.iter().chain(&e.flag).map(|why| format!("  look first: {why}")));
    out.push(format!("  {} ({:.2}): {}", e.verdict.kind, e.verdict.kind_confidence, e.verdict.kind_reason));
    let number = |id: &ListingId| k.listings.iter().position(|(l, _)| l.id == *id).map_or("?".to_owned(), |at| (at + 1).to_string());
    out.push("fields".to_owned());
    for row in e.facts.rows() {
        let from = if e.locked.contains(&row.field) {
            "an editor".to_owned()
        } else {
            e.from.get(&row.field).map_or("-".to_owned(), |l| format!("[{}]", number(l)))
        };
        // The row holds the price in pence, as it is stored.
        let value = if row.field == Field::Price { wording::price(e.facts.price.as_ref().map(|f| &f.value)) } else { row.value };
        out.push(format!("  {:<10} {value:<32} {from}, {}: \"{}\"", row.field.as_str(), row.evidence.origin, row.evidence.words));
    }
    out.push("listings".to_owned());
    out.extend(k.listings.iter().enumerate().flat_map(|(n, (l, j))| listing_lines(n + 1, l, j)));
    for (id, title) in &k.merged {
        out.push(format!("  took in {id}  {title}"));
    }
    section(&mut out, "tags", e.verdict.tags.iter().map(|t| format!("  {} {} ({}, {:.2}): {}", t.facet, t.term, t.origin, t.confidence, t.reason)));
    section(&mut out, "decisions", k.said.iter().map(said_line));
    let changed = |(at, c): &(chrono::DateTime<chrono::Utc>, EventChange)| {
        let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "not stated".to_owned());
        format!(
            "  {} {}: {} -> {}{}",
            at.format("%Y-%m-%d %H:%M"),
            c.what,
            value(&c.was),
            value(&c.becomes),
            if c.to_be_told { " (told)" } else { "" }
        )
    };
    section(
        &mut out,
        "history",
        std::iter::once(format!("  {} first seen", e.first_seen_at.format("%Y-%m-%d %H:%M"))).chain(k.changes.iter().map(changed)),
    );
    out
}

fn section(out: &mut Vec<String>, head: &str, lines: impl Iterator<Item = String>) {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        out.push(head.to_owned());
        out.extend(lines);
    }
}

fn listing_lines(n: usize, l: &Listing, j: &Joining) -> Vec<String> {
    let mut out = vec![format!("  [{n}] {}  {}", l.candidate.title, j.source_url)];
    let whose = l.provider_name.as_deref().map_or("a re-poster".to_owned(), |p| format!("source of {p}"));
    let missed = if j.missed > 0 { format!(", missing from the last {} looks", j.missed) } else { String::new() };
    out.push(format!("      {whose}, revision {}, last seen {}{missed}", l.revision, j.last_seen_at.format("%Y-%m-%d %H:%M")));
    match j.score {
        None => out.push("      founded the event".to_owned()),
        Some(score) => out.push(format!("      joined at {score:.3}: {}", reasons(j.because.as_deref().unwrap_or_default()))),
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

fn said_line(s: &Said) -> String {
    let pair = s.pair.map_or(String::new(), |(a, b)| format!(" {a} {b}"));
    let undone = s.undone_at.map_or(String::new(), |at| format!(", taken back {}", at.format("%Y-%m-%d %H:%M")));
    format!("  {} {}{pair} by {}{undone}", s.at.format("%Y-%m-%d %H:%M"), s.verb, s.by_whom)
}
