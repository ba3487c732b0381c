//! What the documents of a source said when they were last read, so that an unchanged one is not read again.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use url::Url;

use super::{Result, Store, StoreError, listing::Seen, word, zone};
use crate::domain::{Candidate, Evidence, Facts, FieldRow, SourceId};

/// One document as it was last read.
#[derive(Debug, Clone)]
pub struct PageMemory {
    pub url: Url,
    /// What named it then; another value is a reason to read it again.
    pub version: String,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub body_hash: Option<String>,
    pub found: Found,
    /// When it was last asked for. UTC.
    pub read_at: DateTime<Utc>,
}

/// What a document said.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub seen: Vec<Seen>,
    /// The next page of a list.
    pub next_page: Option<Url>,
    /// The events' own pages that are to be read as well, by the digest of the event they belong to.
    pub details: Vec<(String, Url)>,
}

/// Of this program: what another version read may be read better now.
const READER: &str = env!("CARGO_PKG_VERSION");

#[derive(FromRow)]
struct Row {
    url: String,
    version: String,
    etag: Option<String>,
    last_modified: Option<String>,
    body_hash: Option<String>,
    found: String,
    read_at: DateTime<Utc>,
}

/// [`Found`] as it is stored.
#[derive(Serialize, Deserialize)]
struct SavedPage {
    seen: Vec<SavedSeen>,
    next_page: Option<Url>,
    details: Vec<(String, Url)>,
}

#[derive(Serialize, Deserialize)]
struct SavedSeen {
    native_key: String,
    own_name: bool,
    raw_hash: String,
    method: String,
    native_id: Option<String>,
    title: String,
    text: String,
    url: Option<String>,
    booking_url: Option<String>,
    zone: String,
    confidence: f32,
    conflicts: Vec<(String, String)>,
    facts: Vec<SavedFact>,
}

#[derive(Serialize, Deserialize)]
struct SavedFact {
    field: String,
    position: usize,
    value: String,
    words: String,
    origin: String,
    confidence: f32,
}

impl From<&Seen> for SavedSeen {
    fn from(seen: &Seen) -> Self {
        let c = &seen.candidate;
        let fact = |r: FieldRow| SavedFact {
            field: r.field.to_string(),
            position: r.position,
            value: r.value,
            words: r.evidence.words,
            origin: r.evidence.origin.to_string(),
            confidence: r.evidence.confidence,
        };
        Self {
            native_key: seen.native_key.clone(),
            own_name: seen.own_name,
            raw_hash: seen.raw_hash.clone(),
            method: c.method.to_string(),
            native_id: c.native_id.clone(),
            title: c.title.clone(),
            text: c.text.clone(),
            url: c.url.clone(),
            booking_url: c.booking_url.clone(),
            zone: c.zone.name().to_owned(),
            confidence: c.confidence,
            conflicts: c.conflicts.clone(),
            facts: c.facts.rows().into_iter().map(fact).collect(),
        }
    }
}

impl SavedSeen {
    fn read(self, source: SourceId) -> Result<Seen> {
        const TABLE: &str = "page_memory";
        let zone = zone(TABLE, source, &self.zone)?;
        let row = |f: SavedFact| {
            let evidence = Evidence { words: f.words, origin: word(TABLE, source, &f.origin)?, confidence: f.confidence };
            Ok(FieldRow { field: word(TABLE, source, &f.field)?, position: f.position, value: f.value, evidence })
        };
        let rows = self.facts.into_iter().map(row).collect::<Result<Vec<_>>>()?;
        let candidate = Candidate {
            method: word(TABLE, source, &self.method)?,
            native_id: self.native_id,
            title: self.title,
            text: self.text,
            url: self.url,
            booking_url: self.booking_url,
            zone,
            facts: Facts::from_rows(rows, zone).map_err(|e| StoreError::bad_row(TABLE, source, e))?,
            confidence: self.confidence,
            conflicts: self.conflicts,
        };
        Ok(Seen { native_key: self.native_key, own_name: self.own_name, raw_hash: self.raw_hash, candidate })
    }
}

impl Store {
    /// What is remembered of a source's documents, by address. What another version of the program read is not.
    pub async fn remembered(&self, source: SourceId) -> Result<HashMap<Url, PageMemory>> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT url, version, etag, last_modified, body_hash, found, read_at FROM page_memory WHERE source_id = $1 AND reader = $2",
        )
        .bind(source.0)
        .bind(READER)
        .fetch_all(self.read())
        .await?;
        let bad = |e: &dyn std::fmt::Display| StoreError::bad_row("page_memory", source, e);
        let mut out = HashMap::with_capacity(rows.len());
        for row in rows {
            let saved: SavedPage = serde_json::from_str(&row.found).map_err(|e| bad(&e))?;
            let url = Url::parse(&row.url).map_err(|e| bad(&e))?;
            let seen = saved.seen.into_iter().map(|s| s.read(source)).collect::<Result<_>>()?;
            let found = Found { seen, next_page: saved.next_page, details: saved.details };
            let (etag, last_modified, body_hash) = (row.etag, row.last_modified, row.body_hash);
            out.insert(url.clone(), PageMemory { url, version: row.version, etag, last_modified, body_hash, found, read_at: row.read_at });
        }
        Ok(out)
    }

    /// Remembers documents and forgets those of the source that are no longer part of it.
    pub async fn remember(&self, source: SourceId, pages: &[PageMemory], keep: &HashSet<Url>) -> Result<()> {
        let mut tx = self.begin_collecting().await?;
        let known: Vec<String> = sqlx::query_scalar("SELECT url FROM page_memory WHERE source_id = $1").bind(source.0).fetch_all(&mut *tx).await?;
        for url in known.iter().filter(|u| !Url::parse(u).is_ok_and(|u| keep.contains(&u))) {
            sqlx::query("DELETE FROM page_memory WHERE source_id = $1 AND url = $2").bind(source.0).bind(url).execute(&mut *tx).await?;
        }
        for page in pages {
            let saved = SavedPage {
                seen: page.found.seen.iter().map(Into::into).collect(),
                next_page: page.found.next_page.clone(),
                details: page.found.details.clone(),
            };
            let found = serde_json::to_string(&saved).map_err(|e| StoreError::Refused(e.to_string()))?;
            sqlx::query(
                "INSERT INTO page_memory (source_id, url, version, etag, last_modified, body_hash, found, reader, read_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 ON CONFLICT (source_id, url) DO UPDATE SET version = excluded.version, etag = excluded.etag, last_modified = excluded.last_modified,
                     body_hash = excluded.body_hash, found = excluded.found, reader = excluded.reader, read_at = excluded.read_at",
            )
            .bind(source.0)
            .bind(page.url.as_str())
            .bind(&page.version)
            .bind(page.etag.as_deref())
            .bind(page.last_modified.as_deref())
            .bind(page.body_hash.as_deref())
            .bind(found)
            .bind(READER)
            .bind(page.read_at)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
