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
    events.into_iter().filter_map(|(raw, base)| sighting(raw, base.as_ref(), reading, host, &mut known)).collect()
}

/// As [`seen`] for the events of one document, with the events' own pages by the digest of the event they belong to.
pub(super) fn seen_once(
    events: Vec<RawEvent>,
    own_pages: Vec<Option<Url>>,
    base: Option<&Url>,
    reading: &Reading,
    host: Option<&str>,
) -> (Vec<Seen>, Vec<(String, Url)>) {
    let mut known = HashSet::new();
    let (mut out, mut pages) = (Vec::with_capacity(events.len()), Vec::new());
    let own_pages = own_pages.into_iter().chain(std::iter::repeat(None));
    for (raw, page) in events.into_iter().zip(own_pages) {
        let Some(seen) = sighting(raw, base, reading, host, &mut known) else { continue };
        pages.extend(page.map(|p| (seen.raw_hash.clone(), p)));
        out.push(seen);
    }
    (out, pages)
}

fn sighting(raw: RawEvent, base: Option<&Url>, reading: &Reading, host: Option<&str>, known: &mut HashSet<String>) -> Option<Seen> {
    let raw_hash = blake3::hash(format!("{raw:?}").as_bytes()).to_hex().to_string();
    if !known.insert(raw_hash.clone()) {
        return None;
    }
    let own_name = raw.native_id.is_some() && raw.native_id != raw.url;
    let mut candidate = normalise::normalise(raw, reading, base)?;
    if let Some(host) = host {
        name_host(&mut candidate.facts, host);
    }
    let (native_key, own_name) = match &candidate.native_id {
        Some(id) if own_name => (id.clone(), true),
        _ => (candidate.url.clone().unwrap_or_else(|| candidate.title.to_lowercase()), false),
    };
    Some(Seen { native_key, own_name, raw_hash, candidate })
}

/// On a provider's own source the provider is that one, unless the words name another; a venue is not another.
fn name_host(facts: &mut Facts, host: &str) {
    let venue = facts.venue.as_ref().map(|v| v.value.as_str());
    let is_named = facts.provider.as_ref().is_some_and(|p| Some(p.value.as_str()) != venue);
    if !is_named {
        facts.provider = Some(Fact::new(host.to_owned(), Origin::Derived, format!("listed on the provider's own source: {host}"), 0.8));
    }
}
