//! Listings and their revisions: what each source said, and when it said something else. Nothing here is ever overwritten or deleted.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder, Transaction};
use uuid::Uuid;

use super::{
    Connection, Db, Result, Store, StoreError, new_id,
    recognise::{self, Known, recognise},
    word, zone,
};
use crate::domain::{Candidate, EventId, Evidence, Facts, FieldRow, ListingId, ProviderId, SourceId, When};

/// Ids bound in one statement at most: below every engine's limit on parameters.
const CHUNK: usize = 500;

/// One event as a source states it in this look.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What the source calls it; see [`crate::collect::run`]. Several sightings can bear one name.
    pub native_key: String,
    /// The name is the source's own identifier, not an address or title that we took for one.
    pub own_name: bool,
    /// Digest of the words it was read from. Equal digests make no new revision, so that "5 May" read a year later stays the day it was.
    pub raw_hash: String,
    pub candidate: Candidate,
}

/// What a look found out about one listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    New(ListingId),
    Changed(ListingId),
    Same(ListingId),
}

/// A listing's newest revision, with where it hangs.
#[derive(Debug, Clone)]
pub struct Listing {
    pub id: ListingId,
    pub source: SourceId,
    /// Of the source: set when the source is the host's own.
    pub provider: Option<ProviderId>,
    /// The name of that provider.
    pub provider_name: Option<String>,
    pub event: Option<EventId>,
    pub native_key: String,
    /// The newest revision's number.
    pub revision: i64,
    /// When this revision was first seen. UTC.
    pub seen_at: DateTime<Utc>,
    /// Starts that earlier revisions stated: a re-poster may still give one of them.
    pub former: Vec<When>,
    pub candidate: Candidate,
}

#[derive(FromRow)]
struct ListingRow {
    id: Uuid,
    source_id: Uuid,
    provider_id: Option<Uuid>,
    provider_name: Option<String>,
    event_id: Option<Uuid>,
    native_key: String,
    revision: i64,
    revision_id: Uuid,
    seen_at: DateTime<Utc>,
    method: String,
    title: String,
    body: String,
    url: Option<String>,
    booking_url: Option<String>,
    zone: String,
    confidence: f64,
    conflicts: String,
}

/// A stored fact: shared by revisions and events.
#[derive(FromRow)]
pub(super) struct FieldRecord {
    pub owner: Uuid,
    pub field: String,
    pub position: i64,
    pub value: String,
    pub words: String,
    pub origin: String,
    pub confidence: f64,
}

impl FieldRecord {
    #[allow(clippy::cast_possible_truncation, reason = "a share between 0 and 1")]
    pub fn read(self, table: &'static str) -> Result<(Uuid, FieldRow)> {
        let evidence = Evidence { words: self.words, origin: word(table, self.owner, &self.origin)?, confidence: self.confidence as f32 };
        let position = usize::try_from(self.position).map_err(|e| StoreError::bad_row(table, self.owner, e))?;
        Ok((self.owner, FieldRow { field: word(table, self.owner, &self.field)?, position, value: self.value, evidence }))
    }
}

impl Store {
    /// Writes down what a source's good answer holds, in one transaction. Listings that the answer no longer holds are counted as missed,
    /// and nothing more: an answer without any listing counts nobody as missed (invariant 1).
    pub async fn see_listings(&self, source: SourceId, seen: &[Seen], now: DateTime<Utc>) -> Result<Vec<Sighting>> {
        self.see(source, seen, false, now).await
    }

    /// As [`Store::see_listings`], for an answer that has lost facts: what is known of listings stays as it is until the source is well again,
    /// so that a half-broken page takes no date from anybody. New listings are taken.
    pub async fn see_listings_without_revising(&self, source: SourceId, seen: &[Seen], now: DateTime<Utc>) -> Result<Vec<Sighting>> {
        self.see(source, seen, true, now).await
    }

    async fn see(&self, source: SourceId, seen: &[Seen], hold: bool, now: DateTime<Utc>) -> Result<Vec<Sighting>> {
        let mut tx = self.begin_collecting().await?;
        let mut sightings: Vec<Option<Sighting>> = vec![None; seen.len()];
        for (name, places) in by_name(seen) {
            let known = known(&mut tx, source, name).await?;
            let bearers: Vec<&Seen> = places.iter().map(|i| &seen[*i]).collect();
            let mut further = known.len();
            for (place, which) in places.into_iter().zip(recognise(&bearers, &known, now)?) {
                sightings[place] = Some(if let Some(which) = which {
                    see_again(&mut tx, &known[which], &seen[place], hold, now).await?
                } else {
                    let key = recognise::key(name, further);
                    further += 1;
                    add_listing(&mut tx, source, &key, &seen[place], now).await?
                });
            }
        }
        if !seen.is_empty() {
            sqlx::query("UPDATE listing SET missed = missed + 1 WHERE source_id = $1 AND last_seen_at < $2")
                .bind(source.0)
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(sightings.into_iter().flatten().collect())
    }

    /// The newest revision of each of these listings. Unknown ids are left out.
    pub async fn listings(&self, ids: &[ListingId]) -> Result<Vec<Listing>> {
        listings(&mut *self.read().acquire().await?, ids).await
    }
}

/// As [`Store::listings`], on a connection that may be inside a transaction.
pub(super) async fn listings(db: &mut Connection, ids: &[ListingId]) -> Result<Vec<Listing>> {
    let mut out = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let mut sql = QueryBuilder::<Db>::new(
            "SELECT l.id, l.source_id, s.provider_id, p.name AS provider_name, el.event_id, l.native_key, l.revision, r.id AS revision_id, r.seen_at, r.method,
             r.title, r.body, r.url, r.booking_url, r.zone, r.confidence, r.conflicts
             FROM listing l JOIN source s ON s.id = l.source_id JOIN revision r ON r.listing_id = l.id AND r.number = l.revision
             LEFT JOIN provider p ON p.id = s.provider_id LEFT JOIN event_listing el ON el.listing_id = l.id WHERE l.id IN (",
        );
        push_ids(&mut sql, chunk.iter().map(|i| i.0));
        let rows: Vec<ListingRow> = sql.push(") ORDER BY l.id").build_query_as().fetch_all(&mut *db).await?;
        let revisions: Vec<Uuid> = rows.iter().map(|r| r.revision_id).collect();
        let mut fields = revision_fields(&mut *db, &revisions).await?;
        let revised: Vec<Uuid> = rows.iter().filter(|r| r.revision > 1).map(|r| r.id).collect();
        let mut former = former_starts(&mut *db, &revised).await?;
        for row in rows {
            let rows = fields.remove(&row.revision_id).unwrap_or_default();
            let former = former.remove(&row.id).unwrap_or_default();
            out.push(row.read(rows, &former)?);
        }
    }
    Ok(out)
}

async fn former_starts(db: &mut Connection, listings: &[Uuid]) -> Result<HashMap<Uuid, Vec<String>>> {
    let mut out: HashMap<Uuid, Vec<String>> = HashMap::new();
    if listings.is_empty() {
        return Ok(out);
    }
    let mut sql = QueryBuilder::<Db>::new(
        "SELECT DISTINCT l.id, f.value FROM listing l JOIN revision r ON r.listing_id = l.id AND r.number < l.revision
         JOIN revision_field f ON f.revision_id = r.id AND f.field = 'start' WHERE l.id IN (",
    );
    push_ids(&mut sql, listings.iter().copied());
    let rows: Vec<(Uuid, String)> = sql.push(") ORDER BY l.id, f.value").build_query_as().fetch_all(db).await?;
    for (listing, start) in rows {
        out.entry(listing).or_default().push(start);
    }
    Ok(out)
}

async fn revision_fields(db: &mut Connection, revisions: &[Uuid]) -> Result<HashMap<Uuid, Vec<FieldRow>>> {
    if revisions.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = QueryBuilder::<Db>::new(
        "SELECT revision_id AS owner, field, position, value, words, origin, confidence FROM revision_field WHERE revision_id IN (",
    );
    push_ids(&mut sql, revisions.iter().copied());
    let records: Vec<FieldRecord> = sql.push(") ORDER BY revision_id, field, position").build_query_as().fetch_all(db).await?;
    let mut by_owner: HashMap<Uuid, Vec<FieldRow>> = HashMap::new();
    for record in records {
        let (owner, row) = record.read("revision_field")?;
        by_owner.entry(owner).or_default().push(row);
    }
    Ok(by_owner)
}

/// Appends bound ids, separated by commas.
pub(super) fn push_ids(sql: &mut QueryBuilder<Db>, ids: impl Iterator<Item = Uuid>) {
    let mut list = sql.separated(", ");
    for id in ids {
        list.push_bind(id);
    }
}

/// Sightings by name, in the order in which names first appear.
fn by_name(seen: &[Seen]) -> Vec<(&str, Vec<usize>)> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut out: Vec<(&str, Vec<usize>)> = Vec::new();
    for (i, one) in seen.iter().enumerate() {
        let at = *places.entry(&one.native_key).or_insert_with(|| {
            out.push((&one.native_key, Vec::new()));
            out.len() - 1
        });
        out[at].1.push(i);
    }
    out
}

/// All listings of a source that bear a name, oldest first.
async fn known(tx: &mut Transaction<'static, Db>, source: SourceId, name: &str) -> Result<Vec<Known>> {
    let (from, to) = recognise::range(name);
    let rows = sqlx::query_as(
        "SELECT l.id, l.revision, l.missed, r.content_hash, r.zone, el.built_from,
             (SELECT f.value FROM revision_field f WHERE f.revision_id = r.id AND f.field = 'start' AND f.position = 0) AS start_value,
             EXISTS (SELECT 1 FROM revision_field f WHERE f.revision_id = r.id AND f.field = 'session') AS several
         FROM listing l JOIN revision r ON r.listing_id = l.id AND r.number = l.revision LEFT JOIN event_listing el ON el.listing_id = l.id
         WHERE l.source_id = $1 AND l.native_key >= $2 AND l.native_key < $3 ORDER BY l.id",
    )
    .bind(source.0)
    .bind(from)
    .bind(to)
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

async fn add_listing(tx: &mut Transaction<'static, Db>, source: SourceId, key: &str, seen: &Seen, now: DateTime<Utc>) -> Result<Sighting> {
    let id: Uuid = new_id();
    sqlx::query("INSERT INTO listing (id, source_id, native_key, revision, first_seen_at, last_seen_at, missed) VALUES ($1, $2, $3, 1, $4, $4, 0)")
        .bind(id)
        .bind(source.0)
        .bind(key)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    add_revision(tx, id, 1, seen, now).await?;
    Ok(Sighting::New(id.into()))
}

/// A listing that a killed pass stored and did not place, or did not build its event from, is told as new or changed once more.
async fn see_again(tx: &mut Transaction<'static, Db>, known: &Known, seen: &Seen, hold: bool, now: DateTime<Utc>) -> Result<Sighting> {
    let changed = !hold && known.content_hash != seen.raw_hash;
    let number = known.revision + i64::from(changed);
    sqlx::query("UPDATE listing SET last_seen_at = $2, missed = 0, absences = 0, revision = $3 WHERE id = $1")
        .bind(known.id)
        .bind(now)
        .bind(number)
        .execute(&mut **tx)
        .await?;
    if changed {
        add_revision(tx, known.id, number, seen, now).await?;
    }
    Ok(match known.built_from {
        None => Sighting::New(known.id.into()),
        Some(built_from) if built_from != number => Sighting::Changed(known.id.into()),
        Some(_) => Sighting::Same(known.id.into()),
    })
}

async fn add_revision(tx: &mut Transaction<'static, Db>, listing: Uuid, number: i64, seen: &Seen, now: DateTime<Utc>) -> Result<()> {
    let id: Uuid = new_id();
    let c = &seen.candidate;
    let conflicts = serde_json::to_string(&c.conflicts).map_err(|e| StoreError::Refused(e.to_string()))?;
    sqlx::query(
        "INSERT INTO revision (id, listing_id, number, seen_at, content_hash, method, title, body, url, booking_url, zone, confidence, conflicts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(id)
    .bind(listing)
    .bind(number)
    .bind(now)
    .bind(&seen.raw_hash)
    .bind(c.method.as_str())
    .bind(&c.title)
    .bind(&c.text)
    .bind(c.url.as_deref())
    .bind(c.booking_url.as_deref())
    .bind(c.zone.name())
    .bind(f64::from(c.confidence))
    .bind(conflicts)
    .execute(&mut **tx)
    .await?;
    let rows = c.facts.rows();
    for chunk in rows.chunks(CHUNK / 8) {
        let mut sql = QueryBuilder::<Db>::new("INSERT INTO revision_field (revision_id, field, position, value, words, origin, confidence) ");
        sql.push_values(chunk, |mut row, fact| {
            row.push_bind(id)
                .push_bind(fact.field.as_str())
                .push_bind(i64::try_from(fact.position).unwrap_or(i64::MAX))
                .push_bind(&fact.value)
                .push_bind(&fact.evidence.words)
                .push_bind(fact.evidence.origin.as_str())
                .push_bind(f64::from(fact.evidence.confidence));
        });
        sql.build().execute(&mut **tx).await?;
    }
    Ok(())
}

impl ListingRow {
    #[allow(clippy::cast_possible_truncation, reason = "a share between 0 and 1")]
    fn read(self, fields: Vec<FieldRow>, former: &[String]) -> Result<Listing> {
        let zone = zone("revision", self.revision_id, &self.zone)?;
        let bad = |e: &dyn std::fmt::Display| StoreError::bad_row("revision", self.revision_id, e);
        let former = former.iter().map(|s| When::parse(s, zone).map_err(|e| bad(&e))).collect::<Result<Vec<_>>>()?;
        let candidate = Candidate {
            method: word("revision", self.revision_id, &self.method)?,
            native_id: Some(self.native_key.clone()),
            title: self.title,
            text: self.body,
            url: self.url,
            booking_url: self.booking_url,
            zone,
            facts: Facts::from_rows(fields, zone).map_err(|e| bad(&e))?,
            confidence: self.confidence as f32,
            conflicts: serde_json::from_str(&self.conflicts).map_err(|e| bad(&e))?,
        };
        Ok(Listing {
            id: self.id.into(),
            source: self.source_id.into(),
            provider: self.provider_id.map(Into::into),
            provider_name: self.provider_name,
            event: self.event_id.map(Into::into),
            native_key: self.native_key,
            revision: self.revision,
            seen_at: self.seen_at,
            former,
            candidate,
        })
    }
}
