//! Events' own pages, read for the facts that a list lacks, and remembered: an unchanged event costs no request for days.

use std::collections::HashMap;

use chrono::TimeDelta;
use url::Url;

use super::{
    Collector,
    fill::fill,
    read::{Manner, Trouble, understand},
};
use crate::{
    collect::fetch::{Fetched, Validators},
    domain::SourceKind,
    store::{
        listing::Seen,
        page_memory::{Found, PageMemory},
    },
};

/// Own pages that are asked for in one look; the others follow in the next ones.
const MOST_ASKED: usize = 50;
/// An own page is asked for again after so many days, unless its event changes in the list before.
const REMEMBERED_DAYS: i64 = 4;
/// One that failed or said nothing is tried again after so many.
const FAILED_DAYS: i64 = 1;

/// What the own pages said in this look.
pub(super) struct OwnPages {
    pub pages: Vec<PageMemory>,
    /// Whether any was asked for.
    pub changed: bool,
}

impl Collector<'_> {
    /// Fills events from their own pages. `wanted` names each by the digest of its event. One that fails is noted; what the list said stands.
    pub(super) async fn details(
        &self,
        wanted: &[(String, Url)],
        seen: &mut [Seen],
        manner: &Manner,
        memory: &HashMap<Url, PageMemory>,
        notes: &mut Vec<String>,
    ) -> OwnPages {
        let mut out = OwnPages { pages: Vec::new(), changed: false };
        let (mut asked, mut left) = (0, 0);
        for (digest, url) in wanted {
            let Some(event) = seen.iter_mut().find(|s| s.raw_hash == *digest) else { continue };
            let known = memory.get(url);
            let due = known.is_none_or(|m| is_due(m, digest, manner)) && is_ahead(event, manner);
            let page = if due && asked < MOST_ASKED {
                asked += 1;
                out.changed = true;
                Some(self.own_page(url, digest, manner, known, notes).await)
            } else {
                left += usize::from(due);
                known.cloned()
            };
            if let Some(page) = page {
                fill(event, &page.found.seen, url);
                out.pages.push(page);
            }
        }
        if left > 0 {
            out.changed = true;
            notes.push(format!("{left} further events' own pages are read in the next looks"));
        }
        out
    }

    async fn own_page(&self, url: &Url, digest: &str, manner: &Manner, known: Option<&PageMemory>, notes: &mut Vec<String>) -> PageMemory {
        match self.read_page(url, digest, manner, known).await {
            Ok(page) => page,
            Err(e) => {
                notes.push(format!("detail {url}: {e}"));
                let found = known.map(|m| m.found.clone()).unwrap_or_default();
                blank(url, digest, manner, found)
            }
        }
    }

    /// One page with the events it states. An unchanged one says what it said.
    pub(super) async fn read_page(&self, url: &Url, version: &str, manner: &Manner, known: Option<&PageMemory>) -> Result<PageMemory, Trouble> {
        let validators = known.map(|m| Validators { etag: m.etag.clone(), last_modified: m.last_modified.clone() }).unwrap_or_default();
        let again = |m: &PageMemory| PageMemory { version: version.to_owned(), read_at: manner.reading.now, ..m.clone() };
        let body = match (self.fetcher.get(url, &validators).await?, known) {
            (Fetched::Unchanged, Some(m)) => return Ok(again(m)),
            (Fetched::Unchanged, None) => return Ok(blank(url, version, manner, Found::default())),
            (Fetched::Body(body), Some(m)) if m.body_hash.as_deref() == Some(&body.hash) => return Ok(again(m)),
            (Fetched::Body(body), _) => body,
        };
        let manner = Manner { kind: SourceKind::Page, selectors: None, columns: None, ..manner.clone() };
        let read_at = manner.reading.now;
        let found = understand(body.document, manner).await?.found;
        let found = Found { seen: found.seen.into_iter().map(|s| as_before(s, known)).collect(), ..Found::default() };
        let (etag, last_modified) = (body.validators.etag, body.validators.last_modified);
        Ok(PageMemory { url: url.clone(), version: version.to_owned(), etag, last_modified, body_hash: Some(body.hash), found, read_at })
    }
}

/// The same words read again are what they were when they were first read: "5 May" stays the day it was.
fn as_before(seen: Seen, known: Option<&PageMemory>) -> Seen {
    known.and_then(|m| m.found.seen.iter().find(|k| k.raw_hash == seen.raw_hash)).cloned().unwrap_or(seen)
}

fn blank(url: &Url, version: &str, manner: &Manner, found: Found) -> PageMemory {
    let read_at = manner.reading.now;
    PageMemory { url: url.clone(), version: version.to_owned(), etag: None, last_modified: None, body_hash: None, found, read_at }
}

fn is_due(known: &PageMemory, version: &str, manner: &Manner) -> bool {
    let failed = known.body_hash.is_none() || known.found.seen.is_empty();
    let days = if failed { FAILED_DAYS } else { REMEMBERED_DAYS };
    known.version != version || manner.reading.now - known.read_at >= TimeDelta::days(days)
}

/// What is over is not asked about; what says no date may well be ahead.
fn is_ahead(seen: &Seen, manner: &Manner) -> bool {
    let facts = &seen.candidate.facts;
    let last = facts.end.as_ref().or(facts.start.as_ref());
    last.is_none_or(|w| w.value.latest(seen.candidate.zone) >= manner.reading.now)
}
