//! One pass over sources: fetch, extract and normalise side by side; then, in one place and one after the other, store, compare and tag.
//!
//! A source that fails is written down as failed with its reason; the others go on, and nothing is withdrawn (invariant 1).

mod checkup;
mod details;
mod fill;
mod links;
mod list;
mod mail;
mod next;
mod read;
mod sightings;
mod sitemap;
mod target;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::StreamExt;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use self::{
    next::{Answered, Times, by_turns},
    read::{Answer, Trouble},
};
use crate::{
    collect::{fetch::Fetcher, mailbox::Accounts, place::Placer, said},
    domain::{AlarmKind, Checkup, SourceId},
    identity::Corpus,
    schedule::IntervalBounds,
    store::{
        Store, StoreError,
        listing::Sighting,
        source::{Look, Source},
    },
    tag::Tagger,
};

pub use self::{read::reading, target::plan_of};

/// Titles from which the weight of words is taken.
const TITLES_WEIGHED: i64 = 5_000;

/// Answers that may wait for one before them, as a multiple of the sources read at the same time.
const READ_AHEAD: usize = 8;

/// The time, as whoever starts a pass reads it (UTC).
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What a pass works with.
#[derive(Clone)]
pub struct Collector<'a> {
    pub store: &'a Store,
    pub fetcher: &'a Fetcher,
    pub tagger: &'a Tagger,
    /// Who reads mailboxes over IMAP.
    pub accounts: &'a Accounts,
    /// Sources read at the same time.
    pub concurrency: usize,
    /// Days ahead to which recurring events are expanded.
    pub horizon_days: i64,
    /// Below it an event is flagged for the editor. 0..=1.
    pub min_confidence: f32,
    /// How far intervals follow the rate of change; none: they are what the operator said.
    pub adapts: Option<IntervalBounds>,
    /// Tells how long each look took.
    pub clock: Clock,
}

/// What a pass did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub sources: usize,
    pub failed: usize,
    /// Not modified since the last look.
    pub unchanged: usize,
    /// Not asked, because their hosts want to be left alone for a while.
    pub put_off: usize,
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

/// What one source said, until it is digested.
struct Heard {
    source: Source,
    answered: Answered,
    /// Bounds what is read ahead.
    _place: Option<OwnedSemaphorePermit>,
}

impl Collector<'_> {
    /// Reads the given sources once. `now` is when the pass happens; `done` is called after each source.
    pub async fn pass(&self, sources: Vec<Source>, now: DateTime<Utc>, done: impl Fn(&Source)) -> Result<Report, StoreError> {
        let mut report = Report { sources: sources.len(), ..Report::default() };
        let mut corpus = Corpus::neutral();
        for title in self.store.event_titles(TITLES_WEIGHED).await? {
            corpus.add(&title);
        }
        let tagger = said::taught(self.store, self.tagger).await?;
        let placer = Placer { store: self.store, tagger: &tagger, corpus: &corpus, min_confidence: self.min_confidence };
        placer.describe_anew().await?;
        let (said, heard) = mpsc::unbounded_channel();
        // Side by side, so that a source that is being read never keeps a database connection while nobody lets it go on.
        let digesting = async {
            let mut heard = heard;
            while let Some(Heard { source, answered, .. }) = heard.recv().await {
                self.settle(&placer, &source, answered, now, &mut report).await?;
                done(&source);
            }
            Ok::<(), StoreError>(())
        };
        tokio::try_join!(self.ask(sources, now, said), digesting)?;
        Ok(report)
    }

    /// Reads the sources side by side and hands on what they say in their order: what is placed first must not depend on which server is
    /// quick. Those behind a slow one are read ahead.
    async fn ask(&self, sources: Vec<Source>, now: DateTime<Utc>, said: mpsc::UnboundedSender<Heard>) -> Result<(), StoreError> {
        let ahead = self.concurrency * READ_AHEAD;
        let (slots, undigested) = (Semaphore::new(self.concurrency), Arc::new(Semaphore::new(ahead)));
        let mut answers = futures::stream::iter(by_turns(sources))
            .map(|source| async {
                // Neither is ever closed, so there is always a place in the end.
                let place = Arc::clone(&undigested).acquire_owned().await;
                let _slot = slots.acquire().await;
                let answered = self.visit(&source, now).await;
                Heard { source, answered, _place: place.ok() }
            })
            .buffered(ahead);
        while let Some(answer) = answers.next().await {
            if said.send(answer).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Writes down what came of one look, and when the next one is.
    async fn settle(
        &self,
        placer: &Placer<'_>,
        source: &Source,
        answered: Answered,
        now: DateTime<Utc>,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let times = Times::of(&answered);
        if let Some(reason) = answered.put_off() {
            report.put_off += 1;
            report.notes.push(format!("{}: put off: {reason}", source.url));
            return self.store.put_off(source.id, times.finished_at + times.rest).await;
        }
        let moved = self.note_move(source, &answered).await?;
        report.notes.extend(moved.map(|note| format!("{}: {note}", source.url)));
        let backs_off = answered.answer.as_ref().err().is_some_and(|t| checkup::fault(t).backs_off());
        let (look, checkup) = self.digest(placer, source, answered.answer, now, report).await?;
        // Who keeps programs out is asked as seldom as a source that has failed for long.
        let failures = match look {
            Look::Failed { .. } if backs_off => i64::from(u32::MAX),
            Look::Failed { .. } => source.failures + 1,
            _ => 0,
        };
        let next = self.next_look(source, &look, failures, &times).await?;
        self.store.record_look(source.id, &look, &checkup, times.started_at, times.finished_at, next).await
    }

    /// Stores what a source said, puts each new or changed listing in its place, and judges how the source is doing.
    async fn digest(
        &self,
        placer: &Placer<'_>,
        source: &Source,
        answer: Result<Answer, Trouble>,
        now: DateTime<Utc>,
        report: &mut Report,
    ) -> Result<(Look, Checkup), StoreError> {
        let reads = match answer {
            Ok(Answer::Read(reads)) => reads,
            Ok(Answer::Mail(inbox)) => return self.digest_mail(placer, source, *inbox, now, report).await,
            Ok(Answer::Unchanged) => {
                report.unchanged += 1;
                return Ok((Look::Unchanged, self.after_unchanged(source, now).await?));
            }
            Err(trouble) => return Ok(failed(source, &trouble, report)),
        };
        let mut checkup = self.after_read(source, &reads, now).await?;
        let sightings = if checkup.shows(AlarmKind::FieldLost) {
            self.store.see_listings_without_revising(source.id, &reads.seen, now).await?
        } else {
            self.store.see_listings(source.id, &reads.seen, now).await?
        };
        let (added, changed) = place(placer, &sightings, now, report).await?;
        self.after_placing(&mut checkup, source, &reads.signs, added + changed > 0, now).await?;
        report.notes.extend(reads.notes.iter().map(|n| format!("{}: {n}", source.url)));
        // A suspect answer is read again even if it stays the same, so that a mended parser sees it.
        let suspect = checkup.suspicion().is_some();
        report.notes.extend(checkup.suspicion().map(|s| format!("{}: {}", source.url, s.words)));
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let look = Look::Read {
            etag: reads.validators.etag.filter(|_| !suspect),
            last_modified: reads.validators.last_modified.filter(|_| !suspect),
            body_hash: reads.hash.filter(|_| !suspect),
            bytes: count(reads.bytes),
            listings: count(sightings.len()),
            added: count(added),
            changed: count(changed),
        };
        Ok((look, checkup))
    }
}

/// Puts new and changed listings in their places. Returns how many were new and how many changed.
async fn place(placer: &Placer<'_>, sightings: &[Sighting], now: DateTime<Utc>, report: &mut Report) -> Result<(usize, usize), StoreError> {
    let (mut added, mut changed) = (0, 0);
    for sighting in sightings {
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
    Ok((added, changed))
}

/// Writes down that a source could not be read.
fn failed(source: &Source, trouble: &Trouble, report: &mut Report) -> (Look, Checkup) {
    tracing::warn!(source = %source.url, reason = %trouble, "source failed");
    report.failed += 1;
    let reason = trouble.to_string();
    report.failures.push(Failure { source: source.id, url: source.url.clone(), reason: reason.clone() });
    let status = if let Trouble::Fetch(e) = trouble { e.status() } else { None };
    (Look::Failed { status, reason }, checkup::after_failure(source, trouble))
}
