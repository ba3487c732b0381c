//! Corrections as a list to look at, and as labelled listings from which `gleaner train` learns.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    domain::{Aspect, Correction, EventId, Facet},
    store::{Result, Store, event::Event},
};

/// An event that was corrected, with what of it counts.
#[derive(Debug, Clone)]
pub struct Corrected {
    /// As it stands, the corrections in it.
    pub event: Event,
    pub corrections: Vec<Correction>,
}

/// Every corrected event, in the order in which they were first corrected.
pub async fn corrected(store: &Store) -> Result<Vec<Corrected>> {
    let said = store.corrected_events().await?;
    let ids: Vec<EventId> = said.iter().map(|(id, _)| *id).collect();
    let mut events: BTreeMap<EventId, Event> = store.events(&ids).await?.into_iter().map(|e| (e.id, e)).collect();
    Ok(said.into_iter().filter_map(|(id, corrections)| Some(Corrected { event: events.remove(&id)?, corrections })).collect())
}

/// A line of training: the event's words, its kind, and of each facet that was corrected the terms that it has now. Facets that nobody corrected are
/// left out, so that nothing is learnt from what was merely not looked at.
#[must_use]
pub fn labelled(corrected: &Corrected) -> Value {
    let event = &corrected.event;
    let facets: BTreeSet<Facet> =
        corrected.corrections.iter().filter_map(|c| if let Aspect::Of(facet) = c.aspect { Some(facet) } else { None }).collect();
    let tags: BTreeMap<Facet, Vec<&str>> = facets.into_iter().map(|facet| (facet, event.verdict.terms(facet).collect())).collect();
    let at = corrected.corrections.iter().map(|c| c.at).max();
    json!({
        "id": event.id, "as_of": at.map(|at| at.format("%Y-%m-%d").to_string()), "title": event.title, "text": event.text, "kind": event.verdict.kind,
        "tags": tags,
    })
}
