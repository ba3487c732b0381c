//! What one source says now: its document, further pages and detail pages, fetched and parsed.
//!
//! A further page that fails is noted; what was read so far stands.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use url::Url;

use super::{
    Collector,
    mail::{self, Inbox},
    sightings::seen,
};
use crate::{
    collect::{
        extract::{self, Extracted},
        fetch::{FetchError, Fetched, Validators},
        mailbox, normalise,
    },
    domain::{Document, RawEvent, Reading},
    store::{StoreError, listing::Seen, source::Source},
};

/// Detail pages followed for one source in one pass.
const MOST_DETAILS: usize = 200;

/// What one source's answer holds.
pub(super) enum Answer {
    Unchanged,
    Read(Box<Reads>),
    /// New messages, to be stored in batches.
    Mail(Box<Inbox>),
}

pub(super) struct Reads {
    pub seen: Vec<Seen>,
    pub validators: Validators,
    pub hash: Option<String>,
    pub bytes: usize,
    pub notes: Vec<String>,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Extract(#[from] extract::ExtractError),
    #[error(transparent)]
    Mailbox(#[from] mailbox::MailboxError),
    #[error(transparent)]
    Imap(#[from] mailbox::BadImapAddress),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("`{0}` is not an address; expected http://, https:// or, for a mailbox, imaps:// or a path")]
    BadAddress(String),
    #[error("reading it failed inside Gleaner; please report this address")]
    Inside,
}

impl Collector<'_> {
    /// Fetches a source with its further pages and reads them.
    pub(super) async fn read(&self, source: &Source, now: DateTime<Utc>) -> Result<Answer, Trouble> {
        let reading = reading(source, now, self.horizon_days);
        if let Some(place) = mail::place(&source.url) {
            return self.open_mail(source, place?, reading).await;
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
