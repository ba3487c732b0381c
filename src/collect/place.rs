//! Puts a new or changed listing in its place: compares it with what shares a blocking key, joins or founds an event, rebuilds the event's
//! facts from its listings, tags it, and writes down what changed.
//!
//! A shell around `identity` and `tag`. An editor's word always wins (invariant 3).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{EventId, ListingId},
    identity::{self, BUCKET_CAP, Corpus, Decisions, Locked, Placement, Profile, Score, Sourced},
    store::{
        Result, Store,
        event::{EventChange, EventContent, Joined},
        listing::Listing,
    },
    tag::{TagInput, Tagger},
};

/// Events that one newcomer can merge into the one it joins, at most.
const MERGES_TRIED: usize = 4;
/// How the flag of an event begins that may be another one.
const PERHAPS: &str = "possibly the same as event";

/// What placing works with.
pub struct Placer<'a> {
    pub store: &'a Store,
    pub tagger: &'a Tagger,
    pub corpus: &'a Corpus,
    /// Below it an event is flagged for the editor. 0..=1.
    pub min_confidence: f32,
}

/// What became of a listing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Placed {
    /// It made an event.
    pub founded: bool,
    /// It was put to an event that was there.
    pub joined: bool,
    /// Its event changed in a way that readers are to be told.
    pub updated: bool,
}

impl Placer<'_> {
    pub async fn place(&self, id: ListingId, now: DateTime<Utc>) -> Result<Placed> {
        let Some(listing) = self.store.listings(&[id]).await?.pop() else { return Ok(Placed::default()) };
        let profile = profile(&listing);
        let keys = identity::keys(&profile);
        if let Some(event) = listing.event {
            let updated = self.rebuild(event, now).await?;
            self.store.set_block_keys(id, &keys).await?;
            return Ok(Placed { updated, ..Placed::default() });
        }
        let candidates = self.candidates(&listing, &keys).await?;
        let decisions = self.decisions(&[id]).await?;
        match identity::place(&profile, &candidates, &decisions, self.corpus) {
            Placement::Join { event, score } => {
                self.store.join_listing(id, event, Some(&joined(&score)), now).await?;
                self.merge_what_it_links(event, &profile, candidates, now).await?;
                let updated = self.rebuild(event, now).await?;
                self.store.set_block_keys(id, &keys).await?;
                Ok(Placed { joined: true, updated, founded: false })
            }
            Placement::Found => self.found(&listing, &keys, None, now).await,
            Placement::Possible { with } => self.found(&listing, &keys, with.first().map(|(event, _)| *event), now).await,
        }
    }

    /// The events that share a key with a listing, with their listings.
    async fn candidates(&self, listing: &Listing, keys: &[String]) -> Result<Vec<(EventId, Vec<Profile>)>> {
        let near = self.store.listings_with_keys(keys, listing.id, i64::try_from(BUCKET_CAP).unwrap_or(i64::MAX)).await?;
        let events = self.store.events_holding(&near).await?;
        let members: Vec<ListingId> = self.store.listings_of(&events).await?.into_values().flatten().collect();
        let mut by_event: BTreeMap<EventId, Vec<Profile>> = BTreeMap::new();
        for member in self.store.listings(&members).await? {
            if let Some(event) = member.event {
                by_event.entry(event).or_default().push(self::profile(&member));
            }
        }
        Ok(by_event.into_iter().collect())
    }

    /// What editors said about these listings.
    async fn decisions(&self, listings: &[ListingId]) -> Result<Decisions> {
        let mut decisions = Decisions::default();
        for (a, b, same) in self.store.pair_decisions(listings).await? {
            let (a, b) = (a.to_string(), b.to_string());
            if same { decisions.say_same(&a, &b) } else { decisions.say_not_same(&a, &b) }
        }
        Ok(decisions)
    }

    /// A newcomer can show that two events are one: each was too unlike the other, and both are like it. Events whose every listing the
    /// joined event now bears are merged into it, so that the order of arrival does not decide.
    async fn merge_what_it_links(
        &self,
        into: EventId,
        newcomer: &Profile,
        candidates: Vec<(EventId, Vec<Profile>)>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (mut target, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|(event, _)| *event == into);
        let Some((_, members)) = target.first_mut() else { return Ok(()) };
        members.push(newcomer.clone());
        for (event, profiles) in others.into_iter().take(MERGES_TRIED) {
            let ids: Vec<ListingId> = profiles.iter().filter_map(|p| p.id.parse().ok()).collect();
            let decisions = self.decisions(&ids).await?;
            let mut scores = Vec::with_capacity(profiles.len());
            for profile in &profiles {
                if let Placement::Join { score, .. } = identity::place(profile, &target, &decisions, self.corpus) {
                    scores.push(score);
                }
            }
            if scores.len() < profiles.len() {
                continue;
            }
            let joins: Vec<(ListingId, Joined)> = ids.into_iter().zip(scores.iter().map(joined)).collect();
            self.store.merge_event(event, into, &joins, now).await?;
            target[0].1.extend(profiles);
        }
        Ok(())
    }

    async fn found(&self, listing: &Listing, keys: &[String], perhaps: Option<EventId>, now: DateTime<Utc>) -> Result<Placed> {
        let content = self.content(std::slice::from_ref(listing), &Locked::default(), perhaps, now).await?;
        self.store.create_event(&content, listing.id, keys, now).await?;
        Ok(Placed { founded: true, ..Placed::default() })
    }

    /// Builds an event anew from its listings. Says whether readers are to be told of a change.
    async fn rebuild(&self, id: EventId, now: DateTime<Utc>) -> Result<bool> {
        let members = self.store.listings_of(&[id]).await?.remove(&id).unwrap_or_default();
        let listings = self.store.listings(&members).await?;
        let Some(before) = self.store.events(&[id]).await?.pop() else { return Ok(false) };
        let locked = Locked {
            rows: before.facts.rows().into_iter().filter(|r| before.locked.contains(&r.field)).collect(),
            fields: before.locked,
            ..Locked::default()
        };
        let mut content = self.content(&listings, &locked, None, now).await?;
        // A doubt stays until an editor decides: a further listing or a new revision does not answer it.
        content.flag = before.flag.filter(|f| f.starts_with(PERHAPS)).or(content.flag);
        let changes: Vec<EventChange> = identity::changes(&before.facts, &content.facts)
            .into_iter()
            .map(|c| EventChange { what: c.what.to_string(), was: c.was, becomes: c.becomes, to_be_told: c.tell })
            .collect();
        self.store.save_event(id, &content, &changes, now).await?;
        Ok(changes.iter().any(|c| c.to_be_told))
    }

    async fn content(&self, listings: &[Listing], locked: &Locked, perhaps: Option<EventId>, now: DateTime<Utc>) -> Result<EventContent> {
        let sourced: Vec<Sourced> =
            listings.iter().map(|l| Sourced { listing: l.id, candidate: &l.candidate, is_host: l.provider.is_some(), seen_at: l.seen_at }).collect();
        let chosen = identity::choose(&sourced, locked);
        let provider = match &chosen.facts.provider {
            Some(named) => Some(self.store.provider_named(&named.value, now).await?),
            None => None,
        };
        let zone = listings.first().map_or(chrono_tz::Tz::Europe__London, |l| l.candidate.zone);
        let input = TagInput { title: &chosen.title, text: &chosen.text, facts: &chosen.facts, zone, now };
        let verdict = self.tagger.judge(&input);
        let confidence = listings.iter().map(|l| l.candidate.confidence).fold(0.0, f32::max);
        let flag = self.flag(&chosen, confidence, perhaps);
        Ok(EventContent {
            title: chosen.title,
            text: chosen.text,
            url: chosen.url,
            booking_url: chosen.booking_url,
            zone,
            provider,
            facts: chosen.facts,
            from: chosen.from,
            verdict,
            flag,
        })
    }

    /// Why an editor should look first; the weightiest reason.
    fn flag(&self, chosen: &identity::Chosen, confidence: f32, perhaps: Option<EventId>) -> Option<String> {
        if let Some(other) = perhaps {
            return Some(format!("{PERHAPS} {other}"));
        }
        if chosen.facts.start.is_none() {
            return Some("no date is stated".to_owned());
        }
        if let Some((field, words)) = chosen.conflicts.first() {
            return Some(format!("{field} is stated differently: {words}"));
        }
        (confidence < self.min_confidence).then(|| format!("read with little confidence ({confidence:.2})"))
    }
}

fn profile(listing: &Listing) -> Profile {
    let profile = Profile::of_candidate(listing.id.to_string(), listing.source.to_string(), &listing.candidate);
    Profile { former: listing.former.clone(), ..profile }
}

fn joined(score: &Score) -> Joined {
    let parts: BTreeMap<&str, f64> = score.because.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    Joined { score: score.value, because: serde_json::to_string(&parts).unwrap_or_default() }
}
