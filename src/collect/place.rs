//! Puts a new or changed listing in its place: compares it with what shares a blocking key, joins or founds an event, rebuilds the event's
//! facts from its listings, tags it, and writes down what changed.
//!
//! A shell around `identity` and `tag`. An editor's word always wins (invariant 3).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::said;
use crate::{
    domain::{EventId, ListingId, Origin, PERHAPS_THE_SAME, Status, perhaps_the_same},
    identity::{self, BUCKET_CAP, Corpus, Decisions, Locked, Placement, Profile, Score, Sourced},
    store::{
        Result, Store, StoreError,
        event::{Basis, EventChange, EventContent, Joined, Saved},
        listing::Listing,
        merge::Word,
        placing::{Description, Placing},
    },
    tag::{TagInput, Tagger},
};

/// As the store counts.
#[allow(clippy::cast_possible_wrap, reason = "a small constant")]
const CAP: i64 = BUCKET_CAP as i64;
/// Listings that a newcomer is compared with, at most: those that share the most telling keys.
const NEAREST: i64 = 16;
/// Listings that are described anew in one transaction.
const DESCRIBED_AT_ONCE: i64 = 200;
/// Events that one newcomer can merge into the one it joins, at most.
const MERGES_TRIED: usize = 4;
/// How often work is begun again because another process changed what it was based on. Each time that process got on with its own.
const TRIES: usize = 50;

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

/// The events that a listing is compared with, each with its listings, and what editors said about it.
struct Compared {
    events: Vec<(EventId, Vec<Profile>)>,
    decisions: Decisions,
}

impl Placer<'_> {
    /// Safe to run twice, and beside other processes: all that it is decided from is read in the transaction that writes it down.
    pub async fn place(&self, id: ListingId, now: DateTime<Utc>) -> Result<Placed> {
        let mut placing = self.store.placing().await?;
        let Some(listing) = placing.listings(&[id]).await?.pop() else { return Ok(Placed::default()) };
        let (profile, keys) = describe(&mut placing, &listing).await?;
        if let Some(event) = listing.event {
            placing.commit().await?;
            return Ok(Placed { updated: self.rebuild(event, now).await?, ..Placed::default() });
        }
        let compared = compared(&mut placing, id, &keys).await?;
        let perhaps = match identity::place(&profile, &compared.events, &compared.decisions, self.corpus) {
            Placement::Join { event, score } => {
                placing.join(id, event, &joined(&score), now).await?;
                self.merge_what_it_links(&mut placing, event, &profile, compared, now).await?;
                placing.commit().await?;
                return Ok(Placed { joined: true, updated: self.rebuild(event, now).await?, founded: false });
            }
            Placement::Found => None,
            Placement::Possible { with } => with.first().map(|(event, _)| *event),
        };
        let mut content = self.content(std::slice::from_ref(&listing), &Locked::default(), perhaps, now);
        if let Some(named) = &content.facts.provider {
            content.provider = Some(placing.provider_named(&named.value, now).await?);
        }
        placing.found(&content, &listing, now).await?;
        placing.commit().await?;
        Ok(Placed { founded: true, ..Placed::default() })
    }

    /// Merges an event into another at an editor's word.
    pub async fn merge(&self, from: EventId, into: EventId, word: Word<'_>) -> Result<()> {
        self.store.merge_by_word(from, into, word).await?;
        self.rebuild(into, word.at).await?;
        Ok(())
    }

    /// Takes listings out of an event at an editor's word, and undoes the merge that brought them if one did. Says where they are now.
    pub async fn split(&self, event: EventId, listings: &[ListingId], word: Word<'_>) -> Result<EventId> {
        let content = self.content(&self.store.listings(listings).await?, &Locked::default(), None, word.at);
        let apart = self.store.split_by_word(event, listings, &content, word).await?;
        for id in [event, apart] {
            self.rebuild(id, word.at).await?;
        }
        Ok(apart)
    }

    /// Describes anew what was described by an older version of the program, so that its listings are still found. Does nothing when there is none.
    pub async fn describe_anew(&self) -> Result<()> {
        loop {
            let ids = self.store.described_before(identity::SCHEME, DESCRIBED_AT_ONCE).await?;
            if ids.is_empty() {
                return Ok(());
            }
            let mut placing = self.store.placing().await?;
            for listing in placing.listings(&ids).await? {
                describe(&mut placing, &listing).await?;
            }
            placing.commit().await?;
        }
    }

    /// A newcomer can show that two events are one: each was too unlike the other, and both are like it. Events whose every listing the
    /// joined event now bears are merged into it, so that the order of arrival does not decide.
    async fn merge_what_it_links(
        &self,
        placing: &mut Placing,
        into: EventId,
        newcomer: &Profile,
        compared: Compared,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (mut target, others): (Vec<_>, Vec<_>) = compared.events.into_iter().partition(|(event, _)| *event == into);
        let Some((_, members)) = target.first_mut() else { return Ok(()) };
        members.push(newcomer.clone());
        for (event, profiles) in others.into_iter().take(MERGES_TRIED) {
            let ids: Vec<ListingId> = profiles.iter().filter_map(|p| p.id.parse().ok()).collect();
            let (decisions, _) = decisions(placing, &ids).await?;
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
            placing.merge(event, into, &joins, now).await?;
            target[0].1.extend(profiles);
        }
        Ok(())
    }

    /// Builds an event anew from its listings and its editors' words. Says whether readers are to be told of a change.
    pub async fn rebuild(&self, id: EventId, now: DateTime<Utc>) -> Result<bool> {
        for _ in 0..TRIES {
            let members = self.store.listings_of(&[id]).await?.remove(&id).unwrap_or_default();
            let listings = self.store.listings(&members).await?;
            let Some(before) = self.store.events(&[id]).await?.pop() else { return Ok(false) };
            // Read after the event: whoever says more meanwhile makes what is built here stale.
            let words = self.store.words_about(id).await?;
            let mut content = self.content(&listings, &said::locked(&words), None, now);
            content.locked = said::fields(&words);
            crate::tag::corrected::correct(&mut content.verdict, &words.corrections);
            if let Some(named) = &content.facts.provider {
                content.provider = Some(self.store.provider_named(&named.value, now).await?);
            }
            content.flag = self.still_asked(before.flag).await?.or(content.flag);
            let changes: Vec<EventChange> = identity::changes(&before.facts, &content.facts)
                .into_iter()
                .map(|c| EventChange { what: c.what.to_string(), was: c.was, becomes: c.becomes, to_be_told: c.tell })
                .collect();
            match self.store.save_event(id, &content, &changes, Basis::of(&listings, before.words), now).await? {
                Saved::Written => return Ok(changes.iter().any(|c| c.to_be_told)),
                Saved::UpToDate => return Ok(false),
                Saved::Stale => {}
            }
        }
        Err(busy(id))
    }

    /// The question whether it is another event, while that one stands.
    async fn still_asked(&self, flag: Option<String>) -> Result<Option<String>> {
        let Some(other) = flag.as_deref().and_then(perhaps_the_same) else { return Ok(None) };
        Ok(if self.store.stands_as(other).await?.is_some() { None } else { flag })
    }

    /// What listings come to; without the provider's row, which is the caller's to look up.
    fn content(&self, listings: &[Listing], locked: &Locked, perhaps: Option<EventId>, now: DateTime<Utc>) -> EventContent {
        let sourced: Vec<Sourced> =
            listings.iter().map(|l| Sourced { listing: l.id, candidate: &l.candidate, is_host: is_host(l), seen_at: l.seen_at }).collect();
        let chosen = identity::choose(&sourced, locked);
        let zone = listings.first().map_or(chrono_tz::Tz::Europe__London, |l| l.candidate.zone);
        let input = TagInput { title: &chosen.title, text: &chosen.text, facts: &chosen.facts, zone, now };
        let verdict = self.tagger.judge(&input);
        let confidence = listings.iter().map(|l| l.candidate.confidence).fold(0.0, f32::max);
        let flag = self.flag(&chosen, confidence, perhaps);
        EventContent {
            title: chosen.title,
            text: chosen.text,
            url: chosen.url,
            booking_url: chosen.booking_url,
            zone,
            provider: None,
            facts: chosen.facts,
            locked: BTreeSet::new(),
            from: chosen.from,
            verdict,
            flag,
        }
    }

    /// Why an editor should look first; the weightiest reason.
    fn flag(&self, chosen: &identity::Chosen, confidence: f32, perhaps: Option<EventId>) -> Option<String> {
        if let Some(other) = perhaps {
            return Some(format!("{PERHAPS_THE_SAME}{other}"));
        }
        if let Some(words) = called_off(chosen) {
            return Some(format!("withdrawn? it says “{words}”"));
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

/// Words read with at least this confidence call an event off without a question: "CANCELLED:" in its title.
const CERTAINLY_OFF: f32 = 0.9;

/// The words that call it off, when words of the running text alone do. A status that the source states as such, that stands in the title or
/// that an editor set is no question: those who were told of the event are told at once.
fn called_off(chosen: &identity::Chosen) -> Option<&str> {
    let status = chosen.facts.status.as_ref().filter(|s| s.value == Status::Cancelled)?;
    let said = &status.evidence;
    (!matches!(said.origin, Origin::Structured | Origin::Editor) && said.confidence < CERTAINLY_OFF).then_some(said.words.as_str())
}

/// Writes down what comparing with a listing needs.
async fn describe(placing: &mut Placing, listing: &Listing) -> Result<(Profile, Vec<i64>)> {
    let profile = profile(listing);
    let keys = identity::keys(&profile);
    placing.describe(listing.id, Description { scheme: identity::SCHEME, keys: &keys, profile: &profile.kept() }).await?;
    Ok((profile, keys))
}

/// The events that share a telling key with a listing, and those an editor called the same.
async fn compared(placing: &mut Placing, listing: ListingId, keys: &[i64]) -> Result<Compared> {
    let (decisions, named) = decisions(placing, &[listing]).await?;
    let near = placing.near(keys, listing, CAP, NEAREST).await?;
    let events: BTreeSet<EventId> = near.into_iter().chain(placing.events_of(&named).await?).collect();
    let mut by_event: BTreeMap<EventId, Vec<Profile>> = BTreeMap::new();
    for member in placing.members(&events.into_iter().collect::<Vec<_>>()).await? {
        by_event.entry(member.event).or_default().extend(Profile::of_kept(member.listing.to_string(), &member.profile));
    }
    Ok(Compared { events: by_event.into_iter().collect(), decisions })
}

/// What editors said about these listings, and which others they called the same.
async fn decisions(placing: &mut Placing, listings: &[ListingId]) -> Result<(Decisions, Vec<ListingId>)> {
    let mut decisions = Decisions::default();
    let mut named = Vec::new();
    for (a, b, same) in placing.pair_decisions(listings).await? {
        let (left, right) = (a.to_string(), b.to_string());
        if same {
            decisions.say_same(&left, &right);
            named.push(b);
        } else {
            decisions.say_not_same(&left, &right);
        }
    }
    Ok((decisions, named))
}

/// Whether a listing is the word of who delivers the event: its source has a provider, and the listing names nobody else as such.
fn is_host(listing: &Listing) -> bool {
    let named = listing.candidate.facts.provider.as_ref().map(|p| p.value.as_str());
    listing.provider_name.as_deref().is_some_and(|own| named.is_none_or(|named| identity::one_provider(own, named)))
}

fn busy(id: EventId) -> StoreError {
    StoreError::Refused(format!("cannot rebuild {id}: other processes change it without pause; try again later"))
}

fn profile(listing: &Listing) -> Profile {
    let profile = Profile::of_candidate(listing.id.to_string(), listing.source.to_string(), &listing.candidate);
    Profile { former: listing.former.clone(), ..profile }
}

fn joined(score: &Score) -> Joined {
    let parts: BTreeMap<&str, f64> = score.because.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    Joined { score: score.value, because: serde_json::to_string(&parts).unwrap_or_default() }
}
