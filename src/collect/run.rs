//! One pass over sources: fetch, extract and normalise side by side; then, in one place and one after the other, store, compare and tag.
//!
//! A source that fails is written down as failed with its reason; the others go on, and nothing is withdrawn (invariant 1).

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use futures::StreamExt;
use serde::Serialize;
use url::Url;

use crate::{
    collect::{
        extract::{self, Extracted},
        fetch::{FetchError, Fetched, Fetcher, Validators},
        mailbox, normalise,
        place::Placer,
    },
    domain::{Document, Fact, Facts, Origin, RawEvent, Reading, SourceId, SourceKind},
    identity::Corpus,
    schedule,
    store::{
        Store, StoreError,
        listing::{Seen, Sighting},
        source::{Look, Source},
    },
    tag::Tagger,
};

/// Detail pages followed for one source in one pass.
const MOST_DETAILS: usize = 200;

/// Titles from which the weight of words is taken.
const TITLES_WEIGHED: i64 = 5_000;

/// What a pass works with.
pub struct Collector<'a> {
    pub store: &'a Store,
    pub fetcher: &'a Fetcher,
    pub tagger: &'a Tagger,
    /// Sources read at the same time.
    pub concurrency: usize,
    /// Days ahead to which recurring events are expanded.
    pub horizon_days: i64,
    /// Below it an event is flagged for the editor. 0..=1.
    pub min_confidence: f32,
}

/// What a pass did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub sources: usize,
    pub failed: usize,
    /// Not modified since the last look.
    pub unchanged: usize,
    /// Listings seen in the answers that were read.
    pub listings: usize,
    pub new: usize,
    pub changed: usize,
    /// Events that this pass made.
    pub events: usize,
    /// Listings that this pass put to an event that was there.
    pub duplicates: usize,
    /// Events whose facts changed in a way that readers are to be told.
    pub updates: usize,
    pub failures: Vec<Failure>,
    /// What was left out of a document, and why.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub source: SourceId,
    pub url: String,
    pub reason: String,
}

/// What one source's answer holds.
enum Answer {
    Unchanged,
    Read(Box<Reads>),
}

struct Reads {
    seen: Vec<Seen>,
    validators: Validators,
    hash: Option<String>,
    bytes: usize,
    notes: Vec<String>,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Extract(#[from] extract::ExtractError),
    #[error(transparent)]
    Mailbox(#[from] mailbox::MailboxError),
    #[error("`{0}` is not an address; expected http://, https:// or, for a mailbox, a path")]
    BadAddress(String),
    #[error("reading it failed inside Gleaner; please report this address")]
    Inside,
}

impl Collector<'_> {
    /// Reads the given sources once. `now` is when the pass happens; `done` is called after each source.
    pub async fn pass(&self, sources: Vec<Source>, now: DateTime<Utc>, done: impl Fn(&Source)) -> Result<Report, StoreError> {
        let mut report = Report { sources: sources.len(), ..Report::default() };
        let mut corpus = Corpus::neutral();
        for title in self.store.event_titles(TITLES_WEIGHED).await? {
            corpus.add(&title);
        }
        let placer = Placer { store: self.store, tagger: self.tagger, corpus: &corpus, min_confidence: self.min_confidence };
        let mut answers = futures::stream::iter(sources)
            .map(|source| async {
                let answer = self.read(&source, now).await;
                (source, answer)
            })
            // In order: what is placed first must not depend on which server is quick.
            .buffered(self.concurrency);
        while let Some((source, answer)) = answers.next().await {
            let look = self.digest(&placer, &source, answer, now, &mut report).await?;
            let failures = if matches!(look, Look::Failed { .. }) { source.failures + 1 } else { 0 };
            let next = schedule::next_poll(
                u32::try_from(source.interval_minutes).unwrap_or(u32::MAX),
                now,
                u32::try_from(failures).unwrap_or(u32::MAX),
                source.id.0.as_u64_pair().1,
            );
            self.store.record_look(source.id, &look, now, now, next).await?;
            done(&source);
        }
        Ok(report)
    }

    /// Stores what a source said and puts each new or changed listing in its place.
    async fn digest(
        &self,
        placer: &Placer<'_>,
        source: &Source,
        answer: Result<Answer, Trouble>,
        now: DateTime<Utc>,
        report: &mut Report,
    ) -> Result<Look, StoreError> {
        let reads = match answer {
            Ok(Answer::Read(reads)) => reads,
            Ok(Answer::Unchanged) => {
                report.unchanged += 1;
                return Ok(Look::Unchanged);
            }
            Err(trouble) => {
                tracing::warn!(source = %source.url, reason = %trouble, "source failed");
                report.failed += 1;
                report.failures.push(Failure { source: source.id, url: source.url.clone(), reason: trouble.to_string() });
                let status = if let Trouble::Fetch(e) = &trouble { e.status() } else { None };
                return Ok(Look::Failed { status, reason: trouble.to_string() });
            }
        };
        let sightings = self.store.see_listings(source.id, &reads.seen, now).await?;
        let (mut added, mut changed) = (0, 0);
        for sighting in &sightings {
            let listing = match sighting {
                Sighting::New(id) => {
                    added += 1;
                    *id
                }
                Sighting::Changed(id) => {
                    changed += 1;
                    *id
                }
                Sighting::Same(_) => continue,
            };
            let outcome = placer.place(listing, now).await?;
            report.events += usize::from(outcome.founded);
            report.duplicates += usize::from(outcome.joined);
            report.updates += usize::from(outcome.updated);
        }
        report.listings += sightings.len();
        report.new += added;
        report.changed += changed;
        report.notes.extend(reads.notes.iter().map(|n| format!("{}: {n}", source.url)));
        let suspect = suspicion(sightings.len(), &self.store.recent_yields(source.id, 5).await?);
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        Ok(Look::Read {
            etag: reads.validators.etag,
            last_modified: reads.validators.last_modified,
            // A suspect answer is read again even if it stays the same, so that a mended parser sees it.
            body_hash: reads.hash.filter(|_| suspect.is_none()),
            bytes: count(reads.bytes),
            listings: count(sightings.len()),
            added: count(added),
            changed: count(changed),
            suspect,
        })
    }

    /// Fetches a source with its further pages and reads them.
    async fn read(&self, source: &Source, now: DateTime<Utc>) -> Result<Answer, Trouble> {
        let reading = reading(source, now, self.horizon_days);
        if let Some(path) = mailbox::local_path(&source.url) {
            return read_mailbox(path, reading).await;
        }
        let url = Url::parse(&source.url).map_err(|_| Trouble::BadAddress(source.url.clone()))?;
        let validators = Validators { etag: source.etag.clone(), last_modified: source.last_modified.clone() };
        let Fetched::Body(body) = self.fetcher.get(&url, &validators).await? else { return Ok(Answer::Unchanged) };
        // Further pages and detail pages may have changed behind an unchanged list, so only a source that is one document is compared by its body.
        let single = source.selectors.is_none();
        if single && source.body_hash.as_deref() == Some(&body.hash) {
            return Ok(Answer::Unchanged);
        }
        let bytes = body.document.body.len();
        let (first, base) = parse(body.document, source, reading).await?;
        let mut events = with_base(first.events, base.as_ref());
        let mut notes = first.notes;
        if let Some(to) = &body.moved_to {
            notes.push(format!("moved for good to {to}; add that address and disable this one"));
        }
        if let Some(rules) = &source.selectors {
            self.follow_pages(source, reading, first.next_page, rules.pages, &mut events, &mut notes).await;
            if rules.detail.is_some() {
                self.follow_details(source, &mut events, &mut notes).await;
            }
        }
        let seen = candidates(events, reading, source.provider_name.clone()).await?;
        let validators = if single { body.validators } else { Validators::default() };
        Ok(Answer::Read(Box::new(Reads { seen, validators, hash: single.then_some(body.hash), bytes, notes })))
    }

    /// Reads the further pages of a list. One that fails is noted; what was read so far stands.
    async fn follow_pages(
        &self,
        source: &Source,
        reading: Reading,
        first: Option<Url>,
        most: u32,
        events: &mut Vec<(RawEvent, Option<Url>)>,
        notes: &mut Vec<String>,
    ) {
        let mut next = first;
        let mut visited = vec![source.url.clone()];
        for _ in 1..most {
            let Some(url) = next.take().filter(|u| !visited.contains(&u.to_string())) else { return };
            visited.push(url.to_string());
            let page = match self.fetcher.get(&url, &Validators::default()).await {
                Ok(Fetched::Body(body)) => parse(body.document, source, reading).await,
                Ok(Fetched::Unchanged) => return,
                Err(e) => Err(e.into()),
            };
            match page {
                Ok((page, base)) => {
                    events.extend(with_base(page.events, base.as_ref()));
                    notes.extend(page.notes);
                    next = page.next_page;
                }
                Err(e) => {
                    notes.push(format!("page {url}: {e}"));
                    return;
                }
            }
        }
    }

    /// Fills events from their own pages. One that fails is noted; what the list said stands.
    async fn follow_details(&self, source: &Source, events: &mut [(RawEvent, Option<Url>)], notes: &mut Vec<String>) {
        let Some(rules) = source.selectors.as_ref().and_then(|s| s.detail.as_ref()) else { return };
        if events.len() > MOST_DETAILS {
            notes.push(format!("only the first {MOST_DETAILS} of {} detail pages were followed", events.len()));
        }
        for (event, base) in events.iter_mut().take(MOST_DETAILS) {
            let Some(url) = event.url.as_deref().and_then(|u| normalise::link::canonical(u, base.as_ref())) else { continue };
            match self.fetcher.get(&url, &Validators::default()).await {
                Ok(Fetched::Body(body)) => {
                    if let Err(e) = extract::selectors::detail(&body.document, rules, event) {
                        notes.push(format!("detail {url}: {e}"));
                    }
                }
                Ok(Fetched::Unchanged) => {}
                Err(e) => notes.push(format!("detail {url}: {e}")),
            }
        }
    }
}

/// How to read this source now. The window moves by whole months, so that an endless weekly series is not a new revision every day.
#[must_use]
pub fn reading(source: &Source, now: DateTime<Utc>, horizon_days: i64) -> Reading {
    let month = now.date_naive().with_day(1).unwrap_or(now.date_naive()).and_time(chrono::NaiveTime::MIN).and_utc();
    let window = (month - TimeDelta::days(31), month + TimeDelta::days(horizon_days + 31));
    Reading { now, zone: source.zone, day_first: source.day_first, window }
}

fn with_base(events: Vec<RawEvent>, base: Option<&Url>) -> Vec<(RawEvent, Option<Url>)> {
    events.into_iter().map(|e| (e, base.cloned())).collect()
}

/// Parses off the async threads: a large page takes tens of milliseconds, a hostile one more. A panic in there fails the source alone.
async fn parse(document: Document, source: &Source, reading: Reading) -> Result<(Extracted, Option<Url>), Trouble> {
    let (kind, selectors) = (source.kind, source.selectors.clone());
    tokio::task::spawn_blocking(move || {
        let base = document.url.clone();
        extract::extract(&document, &reading, kind, selectors.as_ref()).map(|e| (e, base))
    })
    .await
    .map_err(|_| Trouble::Inside)?
    .map_err(Into::into)
}

async fn candidates(events: Vec<(RawEvent, Option<Url>)>, reading: Reading, host: Option<String>) -> Result<Vec<Seen>, Trouble> {
    tokio::task::spawn_blocking(move || seen(events, &reading, host.as_deref())).await.map_err(|_| Trouble::Inside)
}

async fn read_mailbox(path: PathBuf, reading: Reading) -> Result<Answer, Trouble> {
    tokio::task::spawn_blocking(move || {
        let (mut events, mut notes, mut bytes) = (Vec::new(), Vec::new(), 0);
        for message in mailbox::messages(Path::new(&path))? {
            let message = message?;
            bytes += message.body.len();
            let document = Document { url: None, content_type: Some("message/rfc822".into()), body: message.body };
            match extract::extract(&document, &reading, SourceKind::Mailbox, None) {
                Ok(found) => {
                    events.extend(found.events.into_iter().map(|e| (e, None)));
                    notes.extend(found.notes);
                }
                // One unreadable message must not hide the others.
                Err(e) => notes.push(format!("{}: {e}", message.name)),
            }
        }
        Ok(Answer::Read(Box::new(Reads { seen: seen(events, &reading, None), validators: Validators::default(), hash: None, bytes, notes })))
    })
    .await
    .map_err(|_| Trouble::Inside)?
}

/// Names, digests and reads raw events. What stands there twice in the same words is one sighting.
fn seen(events: Vec<(RawEvent, Option<Url>)>, reading: &Reading, host: Option<&str>) -> Vec<Seen> {
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

/// Whether an answer is oddly short for its source. `usual` holds the yields of the last reads.
fn suspicion(listings: usize, usual: &[i64]) -> Option<String> {
    let mut sorted = usual.to_vec();
    sorted.sort_unstable();
    let Some(median) = sorted.get(sorted.len() / 2) else {
        return (listings == 0).then(|| "no events were found there; `gleaner try source URL` shows what each way of reading it yields".to_owned());
    };
    let median = usize::try_from(*median).ok()?;
    if median == 0 || (listings > 0 && (median < 5 || listings * 10 >= median * 4)) {
        return None;
    }
    Some(format!("{listings} events where there were usually {median}; nothing was withdrawn, look at the page"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_far_shorter_than_usual_is_suspect() {
        assert!(suspicion(0, &[]).is_some_and(|s| s.contains("try source")), "a source that never held anything is the wrong address");
        assert_eq!(suspicion(1, &[]), None, "nothing to compare with");
        assert!(suspicion(0, &[3, 3, 2]).is_some());
        assert!(suspicion(7, &[20, 21, 19]).is_some());
        assert_eq!(suspicion(8, &[20, 21, 19]), None);
        assert_eq!(suspicion(1, &[4, 4, 4]), None, "small lists vary");
    }
}
