//! A source without a list: the pages of events that a sitemap names, newest first, each read once and again when it changed.

use std::collections::HashMap;

use chrono::TimeDelta;
use url::Url;

use super::{
    Collector,
    list::once,
    read::{Answer, Manner, Reads, Trouble, signs},
    target::Target,
};
use crate::{
    collect::{
        discover::sitemap::{self, Entry},
        fetch::{Fetched, Validators},
        health::Signs,
    },
    store::{page_memory::PageMemory, source::Source},
};

/// Pages of a sitemap that make up the source, newest change first.
const MOST_PAGES: usize = 200;
/// Pages asked for in one look; the others follow in the next ones.
const MOST_ASKED: usize = 50;
/// A page whose date of change stays the same is asked for again after so many days.
const REMEMBERED_DAYS: i64 = 14;

impl Collector<'_> {
    /// Reads what is new or changed. A page that fails is noted; what it said before stands.
    pub(super) async fn sitemap(&self, source: &Source, target: &Target, manner: &Manner) -> Result<Answer, Trouble> {
        let memory = if target.changed.is_some() { HashMap::new() } else { self.store.remembered(source.id).await? };
        let known = if memory.is_empty() {
            Validators::default()
        } else {
            Validators { etag: source.etag.clone(), last_modified: source.last_modified.clone() }
        };
        let Fetched::Body(body) = self.fetcher.get(&target.url, &known).await? else { return Ok(Answer::Unchanged) };
        if !memory.is_empty() && source.body_hash.as_deref() == Some(&body.hash) {
            return Ok(Answer::Unchanged);
        }
        let entries = sitemap::read(&body.document.body).events(&target.url);
        let mut notes = Vec::new();
        if entries.len() > MOST_PAGES {
            notes.push(format!("the sitemap names {} pages of events; the {MOST_PAGES} newest are read", entries.len()));
        }
        let (pages, whole) = self.named_pages(&entries, manner, &memory, &mut notes).await;
        let addresses = pages.iter().map(|p| p.url.clone()).collect();
        self.store.remember(source.id, &pages, &addresses).await?;
        let seen = once(pages.iter().flat_map(|p| p.found.seen.iter().cloned()));
        // While pages are left to read, the same sitemap is no reason to stop.
        let signs = Signs { partial: !whole || entries.len() > MOST_PAGES, ..signs(&body, &target.url) };
        let (validators, hash) = if whole { (body.validators, Some(body.hash)) } else { (Validators::default(), None) };
        Ok(Answer::Read(Box::new(Reads { seen, validators, hash, bytes: body.document.body.len(), notes, signs })))
    }

    /// The pages as far as they are known after this look, and whether that is all of them.
    async fn named_pages(
        &self,
        entries: &[Entry],
        manner: &Manner,
        memory: &HashMap<Url, PageMemory>,
        notes: &mut Vec<String>,
    ) -> (Vec<PageMemory>, bool) {
        let (mut out, mut asked, mut left) = (Vec::new(), 0, 0);
        for entry in entries.iter().take(MOST_PAGES) {
            let version = entry.changed.clone().unwrap_or_default();
            let known = memory.get(&entry.url);
            let due = known.is_none_or(|m| m.version != version || manner.reading.now - m.read_at >= TimeDelta::days(REMEMBERED_DAYS));
            if !due || asked >= MOST_ASKED {
                left += usize::from(due);
                out.extend(known.cloned());
                continue;
            }
            asked += 1;
            match self.read_page(&entry.url, &version, manner, known).await {
                Ok(page) => out.push(page),
                Err(e) => {
                    notes.push(format!("page {}: {e}", entry.url));
                    out.extend(known.cloned());
                }
            }
        }
        if left > 0 {
            notes.push(format!("{left} further pages of the sitemap are read in the next looks"));
        }
        (out, left == 0)
    }
}
