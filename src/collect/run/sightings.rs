//! Raw events of one source to sightings: each one named, digested and normalised.

use std::collections::HashSet;

use url::Url;

use crate::{
    collect::normalise,
    domain::{Fact, Facts, Origin, RawEvent, Reading},
    store::listing::Seen,
};

/// Names, digests and reads raw events. What stands there twice in the same words is one sighting.
pub(super) fn seen(events: Vec<(RawEvent, Option<Url>)>, reading: &Reading, host: Option<&str>) -> Vec<Seen> {
    let mut known = HashSet::new();
    let mut out = Vec::with_capacity(events.len());
    for (raw, base) in events {
        let raw_hash = blake3::hash(format!("{raw:?}").as_bytes()).to_hex().to_string();
        if !known.insert(raw_hash.clone()) {
            continue;
        }
        let own_name = raw.native_id.is_some() && raw.native_id != raw.url;
        let Some(mut candidate) = normalise::normalise(raw, reading, base.as_ref()) else { continue };
        if let Some(host) = host {
            name_host(&mut candidate.facts, host);
        }
        let (native_key, own_name) = match &candidate.native_id {
            Some(id) if own_name => (id.clone(), true),
            _ => (candidate.url.clone().unwrap_or_else(|| candidate.title.to_lowercase()), false),
        };
        out.push(Seen { native_key, own_name, raw_hash, candidate });
    }
    out
}

/// On a provider's own source the provider is that one, unless the words name another; a venue is not another.
fn name_host(facts: &mut Facts, host: &str) {
    let venue = facts.venue.as_ref().map(|v| v.value.as_str());
    let is_named = facts.provider.as_ref().is_some_and(|p| Some(p.value.as_str()) != venue);
    if !is_named {
        facts.provider = Some(Fact::new(host.to_owned(), Origin::Derived, format!("listed on the provider's own source: {host}"), 0.8));
    }
}
