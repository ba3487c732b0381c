//! A list with its further pages: followed until it leaves the window, never more than a cap, each page asked with its own validators.
//!
//! A source of one document costs one conditional request; what is remembered of the others makes theirs as cheap.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{
    Collector,
    read::{Answer, Manner, Reads, Trouble, Understood, signs, understand},
    target::Target,
};
use crate::{
    collect::{
        fetch::{Fetched, Validators},
        health::Signs,
    },
    domain::Reading,
    store::{
        listing::Seen,
        page_memory::{Found, PageMemory},
        source::Source,
    },
};

/// Pages of one list that are read when the operator's rules do not say otherwise.
const MOST_PAGES: usize = 20;
/// What is remembered of a page of a list is read anew after so many days, whatever the server says.
const REMEMBERED_DAYS: i64 = 7;

/// The pages of a list as they were read in this look.
#[derive(Default)]
pub(super) struct Pages {
    pub read: Vec<PageMemory>,
    /// Whether any of them says something else than last time.
    pub changed: bool,
    pub notes: Vec<String>,
    bytes: usize,
    /// Of the first page, when it was sent.
    validators: Validators,
    hash: Option<String>,
    signs: Signs,
}

/// What became of one page.
enum Page {
    /// As it was when nothing is remembered: a source of one document.
    AsBefore,
    Remembered(PageMemory),
    Read(Box<JustRead>),
}

/// A page that was read in this look.
struct JustRead {
    page: PageMemory,
    notes: Vec<String>,
    bytes: usize,
    signs: Signs,
}

impl Collector<'_> {
    /// Reads a list, its further pages and the events' own pages.
    pub(super) async fn list(&self, source: &Source, target: &Target, manner: &Manner) -> Result<Answer, Trouble> {
        let memory = if target.changed.is_some() { HashMap::new() } else { self.store.remembered(source.id).await? };
        let Some(mut pages) = self.pages(source, target, manner, &memory).await? else { return Ok(Answer::Unchanged) };
        let several = pages.read.len() > 1 || pages.read.iter().any(|p| !p.found.details.is_empty());
        let mut seen = once(pages.read.iter().flat_map(|p| p.found.seen.iter().cloned()));
        let mut details = Vec::new();
        if several {
            let wanted: Vec<(String, Url)> = pages.read.iter().flat_map(|p| p.found.details.iter().cloned()).collect();
            let own = self.details(&wanted, &mut seen, manner, &memory, &mut pages.notes).await;
            pages.changed |= own.changed;
            details = own.pages;
        }
        if several || !memory.is_empty() {
            let kept: Vec<PageMemory> = if several { pages.read.iter().chain(&details).cloned().collect() } else { Vec::new() };
            let addresses = kept.iter().map(|p| p.url.clone()).collect();
            self.store.remember(source.id, &kept, &addresses).await?;
        }
        if several && !pages.changed {
            return Ok(Answer::Unchanged);
        }
        // Of several documents each has its own validators; the source's would vouch for all of them.
        let (validators, hash) = if several { (Validators::default(), None) } else { (pages.validators, pages.hash) };
        Ok(Answer::Read(Box::new(Reads { seen, validators, hash, bytes: pages.bytes, notes: pages.notes, signs: pages.signs })))
    }

    /// The pages of a list. `None` when it is one document and unchanged.
    async fn pages(&self, source: &Source, target: &Target, manner: &Manner, memory: &HashMap<Url, PageMemory>) -> Result<Option<Pages>, Trouble> {
        let mut out = Pages::default();
        let most = manner.selectors.as_ref().map_or(MOST_PAGES, |rules| rules.pages as usize);
        let mut next = Some(target.url.clone());
        let mut visited = HashSet::new();
        while let Some(url) = next.take().filter(|u| visited.insert(u.clone())) {
            if visited.len() > most.max(1) {
                out.signs.partial = true;
                out.notes.push(format!("the list goes on after {most} pages; the others were not read"));
                break;
            }
            let first = visited.len() == 1;
            let own = if first && memory.is_empty() && target.changed.is_none() { Some(source) } else { None };
            let page = match self.page(&url, own, manner, memory).await {
                Ok(page) => page,
                Err(e) if first => return Err(e),
                Err(e) => {
                    out.signs.partial = true;
                    out.notes.push(format!("page {url}: {e}"));
                    // What it said before still stands, so that its events are not missed.
                    if let Some(known) = memory.get(&url) {
                        out.read.push(known.clone());
                    }
                    break;
                }
            };
            let read = match page {
                Page::AsBefore => return Ok(None),
                Page::Remembered(known) => known,
                Page::Read(just) => {
                    let JustRead { page, notes, bytes, signs } = *just;
                    out.changed = true;
                    out.notes.extend(notes);
                    out.bytes += bytes;
                    if first {
                        out.signs = signs;
                        out.validators = Validators { etag: page.etag.clone(), last_modified: page.last_modified.clone() };
                        out.hash.clone_from(&page.body_hash);
                    }
                    page
                }
            };
            let is_new = read.found.seen.iter().any(|s| !out.read.iter().any(|p| p.found.seen.iter().any(|k| k.raw_hash == s.raw_hash)));
            next = read.found.next_page.clone().filter(|_| is_new && goes_on(&read.found, &manner.reading));
            out.read.push(read);
        }
        Ok(Some(out))
    }

    /// One page: unchanged, as remembered, or read. `source` is given for the first page of a source of one document.
    async fn page(&self, url: &Url, source: Option<&Source>, manner: &Manner, memory: &HashMap<Url, PageMemory>) -> Result<Page, Trouble> {
        let now = manner.reading.now;
        let known = memory.get(url).filter(|m| now - m.read_at < TimeDelta::days(REMEMBERED_DAYS));
        let validators = match (known, source) {
            (Some(m), _) => Validators { etag: m.etag.clone(), last_modified: m.last_modified.clone() },
            (None, Some(s)) => Validators { etag: s.etag.clone(), last_modified: s.last_modified.clone() },
            (None, None) => Validators::default(),
        };
        let body = match (self.fetcher.get(url, &validators).await?, known) {
            (Fetched::Unchanged, Some(m)) => return Ok(Page::Remembered(m.clone())),
            (Fetched::Unchanged, None) => return Ok(Page::AsBefore),
            (Fetched::Body(body), Some(m)) if m.body_hash.as_deref() == Some(&body.hash) => return Ok(Page::Remembered(m.clone())),
            (Fetched::Body(body), _) => body,
        };
        if source.is_some_and(|s| s.body_hash.as_deref() == Some(&body.hash)) {
            return Ok(Page::AsBefore);
        }
        let mut signs = signs(&body, url);
        let bytes = body.document.body.len();
        let Understood { found, is_feed, notes } = understand(body.document, manner.clone()).await?;
        signs.partial = is_feed;
        let page = PageMemory {
            url: url.clone(),
            version: String::new(),
            etag: body.validators.etag,
            last_modified: body.validators.last_modified,
            body_hash: Some(body.hash),
            found,
            read_at: now,
        };
        Ok(Page::Read(Box::new(JustRead { page, notes, bytes, signs })))
    }
}

/// What stands on several pages in the same words is one sighting.
pub(super) fn once(all: impl Iterator<Item = Seen>) -> Vec<Seen> {
    let mut known = HashSet::new();
    all.filter(|s| known.insert(s.raw_hash.clone())).collect()
}

/// Whether the page after this one can hold an event of the window: not after a page with events beyond the horizon only, nor after one of a
/// list that goes back in time with past ones only.
fn goes_on(page: &Found, reading: &Reading) -> bool {
    let moments = |s: &Seen| {
        let facts = &s.candidate.facts;
        let start = facts.start.as_ref()?.value;
        let last = facts.end.as_ref().map_or(start, |e| e.value);
        Some((start.earliest(s.candidate.zone), last.latest(s.candidate.zone)))
    };
    let dated: Vec<(DateTime<Utc>, DateTime<Utc>)> = page.seen.iter().filter_map(moments).collect();
    let (Some(first), Some(last)) = (dated.first(), dated.last()) else { return !page.seen.is_empty() };
    let beyond = dated.iter().all(|(start, _)| *start >= reading.window.1);
    let over = dated.iter().all(|(_, end)| *end < reading.now);
    !(beyond || (over && first.0 >= last.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::run::sightings,
        domain::{Method, RawEvent},
    };

    fn check(dates: &[&str], expected: bool) {
        let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
        let raw = |d: &&str| {
            let mut raw = RawEvent::new(Method::Repeated, format!("Looms on {d}"));
            raw.date_words = Some((*d).to_owned());
            (raw, None)
        };
        let seen = sightings::seen(dates.iter().map(raw).collect(), &reading, None);
        assert_eq!(goes_on(&Found { seen, ..Found::default() }, &reading), expected, "{dates:?}");
    }

    #[test]
    fn a_list_is_followed_while_it_can_hold_what_is_wanted() {
        check(&["1 December 2026", "4 May 2027"], true);
        check(&["4 May 2029", "5 May 2029"], false);
        check(&["20 November 2026", "1 May 2026"], false);
        check(&["1 May 2020", "1 May 2021"], true);
        check(&["1 December 2026", "1 May 2020"], true);
        check(&["no date"], true);
        check(&[], false);
    }
}
