//! What one source says now, fetched and parsed: a document, with its further pages and the events' own pages; a mailbox; a file.
//!
//! A further page that fails is noted; what was read so far stands.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use url::Url;

use super::{
    Collector,
    mail::{self, Inbox, Place},
    sightings::{seen, seen_once},
    target::Target,
};
use crate::{
    collect::{
        extract::{self, Extracted, Format},
        fetch::{Body, FetchError, Fetched, Validators},
        health::{Signs, access::asks_for_login},
        mailbox, normalise,
    },
    domain::{Columns, Document, RawEvent, Reading, RungName, Selectors, SourceKind},
    store::{StoreError, listing::Seen, page_memory::Found, source::Source},
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
    pub signs: Signs,
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
    #[error("what is remembered of it cannot be read: {0}")]
    Store(#[from] StoreError),
    #[error("`{0}` is not an address; expected http://, https:// or, for a mailbox or a table, imaps:// or a path")]
    BadAddress(String),
    #[error("reading it failed inside Gleaner; please report this address")]
    Inside,
}

/// How documents of a source are read.
#[derive(Clone)]
pub(super) struct Manner {
    pub reading: Reading,
    pub kind: SourceKind,
    pub selectors: Option<Selectors>,
    pub columns: Option<Columns>,
    /// On whose own source it stands.
    pub host: Option<String>,
}

impl Manner {
    fn of(source: &Source, reading: Reading) -> Self {
        let (selectors, columns) = (source.selectors.clone(), source.columns.clone());
        Self { reading, kind: source.kind, selectors, columns, host: source.provider_name.clone() }
    }
}

impl Collector<'_> {
    /// Fetches a source with its further pages and reads them.
    pub(super) async fn read(&self, source: &Source, now: DateTime<Utc>) -> Result<Answer, Trouble> {
        let reading = reading(source, now, self.horizon_days);
        let mut manner = Manner::of(source, reading);
        match mail::place(source.reads_at()).transpose()? {
            Some(Place::Here(path)) if !is_mailbox(source, &path) => return read_file(path, source, manner).await,
            Some(place) => return self.open_mail(source, place, reading).await,
            None => {}
        }
        let target = self.target(source, reading).await?;
        manner.kind = target.kind;
        let answer = match &source.selectors {
            Some(rules) if rules.detail.is_some() => self.by_rules(source, &manner, rules).await?,
            _ if target.rung == Some(RungName::Sitemap) => self.sitemap(source, &target, &manner).await?,
            _ => self.list(source, &target, &manner).await?,
        };
        Ok(with_change(answer, target))
    }

    /// A list read by the operator's rules for it and for the events' own pages. These rules win over the list, so all of them are read each time.
    async fn by_rules(&self, source: &Source, manner: &Manner, rules: &Selectors) -> Result<Answer, Trouble> {
        let url = Url::parse(source.reads_at()).map_err(|_| Trouble::BadAddress(source.reads_at().to_owned()))?;
        let Fetched::Body(body) = self.fetcher.get(&url, &Validators::default()).await? else { return Ok(Answer::Unchanged) };
        let mut signs = signs(&body, &url);
        let bytes = body.document.body.len();
        let (first, base) = parse(body.document, manner.clone()).await?;
        let mut events = with_base(first.events, base.as_ref());
        let mut notes = first.notes;
        signs.partial = !self.follow_pages(&url, manner, first.next_page, rules.pages, &mut events, &mut notes).await;
        self.follow_details(source, &mut events, &mut notes).await;
        let seen = candidates(events, manner).await?;
        Ok(Answer::Read(Box::new(Reads { seen, validators: Validators::default(), hash: None, bytes, notes, signs })))
    }

    /// Reads the further pages of a list. One that fails is noted; what was read so far stands. Says whether the list was read to its end.
    async fn follow_pages(
        &self,
        start: &Url,
        manner: &Manner,
        first: Option<Url>,
        most: u32,
        events: &mut Vec<(RawEvent, Option<Url>)>,
        notes: &mut Vec<String>,
    ) -> bool {
        let mut next = first;
        let mut visited = vec![start.clone()];
        for _ in 1..most {
            let Some(url) = next.take().filter(|u| !visited.contains(u)) else { return true };
            visited.push(url.clone());
            let page = match self.fetcher.get(&url, &Validators::default()).await {
                Ok(Fetched::Body(body)) => parse(body.document, manner.clone()).await,
                Ok(Fetched::Unchanged) => return false,
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
                    return false;
                }
            }
        }
        next.is_none()
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

/// What an answer shows besides its events.
pub(super) fn signs(body: &Body, asked: &Url) -> Signs {
    Signs {
        moved_to: body.moved_to.as_ref().map(ToString::to_string),
        login: asks_for_login(&body.document.body, asked, body.document.url.as_ref()),
        ..Signs::default()
    }
}

fn with_change(mut answer: Answer, target: Target) -> Answer {
    if let Answer::Read(reads) = &mut answer {
        reads.notes.extend(target.changed.clone());
        reads.signs.changed_way = target.changed.filter(|_| target.mended);
    }
    answer
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
async fn parse(document: Document, manner: Manner) -> Result<(Extracted, Option<Url>), Trouble> {
    tokio::task::spawn_blocking(move || extracted(&document, &manner).map(|e| (e, document.url)))
        .await
        .map_err(|_| Trouble::Inside)?
        .map_err(Into::into)
}

/// A document up to named and normalised events.
pub(super) struct Understood {
    pub found: Found,
    /// A feed shows its newest items only.
    pub is_feed: bool,
    /// What was left out, in words.
    pub notes: Vec<String>,
}

/// As [`parse`], up to named and normalised events.
pub(super) async fn understand(document: Document, manner: Manner) -> Result<Understood, Trouble> {
    let read = move || {
        let found = extracted(&document, &manner)?;
        let details = if found.details.len() == found.events.len() { found.details } else { Vec::new() };
        let base = document.url.as_ref();
        let (seen, own_pages) = seen_once(found.events, details, base, &manner.reading, manner.host.as_deref());
        let is_feed = matches!(found.format, Format::Feed | Format::JsonFeed);
        Ok(Understood { found: Found { seen, next_page: found.next_page, details: own_pages }, is_feed, notes: found.notes })
    };
    tokio::task::spawn_blocking(read).await.map_err(|_| Trouble::Inside)?
}

fn extracted(document: &Document, manner: &Manner) -> Result<Extracted, extract::ExtractError> {
    match &manner.columns {
        Some(columns) => extract::extract_table(document, &manner.reading, columns),
        None => extract::extract(document, &manner.reading, manner.kind, manner.selectors.as_ref()),
    }
}

async fn candidates(events: Vec<(RawEvent, Option<Url>)>, manner: &Manner) -> Result<Vec<Seen>, Trouble> {
    let (reading, host) = (manner.reading, manner.host.clone());
    tokio::task::spawn_blocking(move || seen(events, &reading, host.as_deref())).await.map_err(|_| Trouble::Inside)
}

/// A folder is one, and so is what begins like a message; a file of another kind is a document.
fn is_mailbox(source: &Source, path: &Path) -> bool {
    source.kind == SourceKind::Mailbox
        || !path.is_file()
        || (source.kind == SourceKind::Auto && source.columns.is_none() && mailbox::is_message(path))
}

/// A table, calendar, feed or page on this machine.
async fn read_file(path: PathBuf, source: &Source, manner: Manner) -> Result<Answer, Trouble> {
    let body = mailbox::file(&path)?;
    let (bytes, hash) = (body.len(), blake3::hash(&body).to_hex().to_string());
    if source.body_hash.as_deref() == Some(&hash) {
        return Ok(Answer::Unchanged);
    }
    let document = Document { url: None, content_type: None, body };
    let Understood { found, notes, .. } = understand(document, manner).await?;
    Ok(Answer::Read(Box::new(Reads { seen: found.seen, validators: Validators::default(), hash: Some(hash), bytes, notes, signs: Signs::default() })))
}
