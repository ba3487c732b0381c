//! Events as they stand: the facts chosen from their listings, their sittings and tags, what changed about them, and what editors decided.
//! Read here; written in `event_write.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::{
    Connection, Db, Result, Store, StoreError,
    listing::{FieldRecord, Listing, push_ids},
    word, zone,
};
pub use crate::domain::Verb;
use crate::domain::{EventId, Facts, Field, FieldRow, Kind, ListingId, OrganisationId, ProviderId, Session, Tag, Verdict, When};

/// How long an event without a stated start counts as ahead, from when it was first seen.
const UNDATED_FOR: TimeDelta = TimeDelta::days(90);

/// Ids or rows bound in one statement at most.
pub(super) const CHUNK: usize = 400;

/// An event as it stands.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: EventId,
    pub title: String,
    pub text: String,
    pub url: Option<String>,
    pub booking_url: Option<String>,
    pub zone: Tz,
    pub provider: Option<ProviderId>,
    pub provider_name: Option<String>,
    pub facts: Facts,
    /// Fields that hold an editor's word.
    pub locked: BTreeSet<Field>,
    /// Which listing each field came from.
    pub from: BTreeMap<Field, ListingId>,
    pub verdict: Verdict,
    /// Why an editor should look first.
    pub flag: Option<String>,
    /// "withdrawn?": why an editor should ask whether it still takes place. Weightier than a flag.
    pub doubt: Option<String>,
    pub first_seen_at: DateTime<Utc>,
    /// When something changed that readers who were told should hear. UTC.
    pub changed_at: Option<DateTime<Utc>>,
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// How often an editor's word about it was given or taken back.
    pub words: i64,
}

/// What an event is rebuilt to.
#[derive(Debug, Clone)]
pub struct EventContent {
    pub title: String,
    pub text: String,
    pub url: Option<String>,
    pub booking_url: Option<String>,
    pub zone: Tz,
    pub provider: Option<ProviderId>,
    pub facts: Facts,
    /// Fields that hold an editor's word.
    pub locked: BTreeSet<Field>,
    pub from: BTreeMap<Field, ListingId>,
    pub verdict: Verdict,
    pub flag: Option<String>,
}

/// The listings and editors' words that an event's content was built from. Another process may have changed them since; what was built from stale
/// ones is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// How many there were.
    pub listings: i64,
    /// Their revision numbers added up; these only ever grow.
    pub revisions: i64,
    /// As [`Event::words`].
    pub words: i64,
}

impl Basis {
    #[must_use]
    pub fn of(listings: &[Listing], words: i64) -> Self {
        Self { listings: i64::try_from(listings.len()).unwrap_or(i64::MAX), revisions: listings.iter().map(|l| l.revision).sum(), words }
    }
}

/// What became of an event's new content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    Written,
    /// Another process has built the event from the same listings already.
    UpToDate,
    /// Its listings are no longer those that the content was built from: build it again.
    Stale,
}

/// Something that became different, in words of [`Field`] and values as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventChange {
    pub what: String,
    pub was: Option<String>,
    pub becomes: Option<String>,
    /// Whether readers who were told of the event are to hear of it.
    pub to_be_told: bool,
}

impl EventChange {
    /// A person confirmed that it does not take place, or took that back.
    #[must_use]
    pub fn withdrawn(is_so: bool) -> Self {
        let word = |holds: bool| holds.then(|| "withdrawn".to_owned());
        Self { what: "withdrawn".to_owned(), was: word(!is_so), becomes: word(is_so), to_be_told: true }
    }
}

/// Why a listing was put to an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    pub score: f64,
    /// Named contributions as JSON.
    pub because: String,
}

#[derive(FromRow)]
struct EventRow {
    id: Uuid,
    title: String,
    body: String,
    url: Option<String>,
    booking_url: Option<String>,
    zone: String,
    provider_id: Option<Uuid>,
    provider_name: Option<String>,
    kind: String,
    kind_confidence: f64,
    kind_reason: String,
    flag: Option<String>,
    doubt: Option<String>,
    first_seen_at: DateTime<Utc>,
    changed_at: Option<DateTime<Utc>>,
    withdrawn_at: Option<DateTime<Utc>>,
    words: i64,
}

#[derive(FromRow)]
struct ChangeRow {
    event_id: Uuid,
    at: DateTime<Utc>,
    what: String,
    was: Option<String>,
    becomes: Option<String>,
    to_be_told: bool,
}

#[derive(FromRow)]
struct SessionRow {
    event_id: Uuid,
    start_value: String,
    end_value: Option<String>,
}

#[derive(FromRow)]
struct TagRow {
    event_id: Uuid,
    facet: String,
    term: String,
    origin: String,
    confidence: f64,
    reason: String,
}

#[derive(FromRow)]
struct EventFieldRow {
    #[sqlx(flatten)]
    record: FieldRecord,
    listing_id: Option<Uuid>,
    locked: bool,
}

const SELECT: &str = "SELECT e.id, e.title, e.body, e.url, e.booking_url, e.zone, e.provider_id, p.name AS provider_name, e.kind, e.kind_confidence,
    e.kind_reason, e.flag, e.doubt, e.first_seen_at, e.changed_at, e.withdrawn_at, e.words FROM event e LEFT JOIN provider p ON p.id = e.provider_id ";

impl Store {
    /// Events by id, in order of id. Unknown ids are left out.
    pub async fn events(&self, ids: &[EventId]) -> Result<Vec<Event>> {
        let mut out = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let mut sql = QueryBuilder::<Db>::new(SELECT);
            sql.push("WHERE e.id IN (");
            push_ids(&mut sql, chunk.iter().map(|i| i.0));
            let rows: Vec<EventRow> = sql.push(") ORDER BY e.id").build_query_as().fetch_all(self.read()).await?;
            out.extend(self.complete(rows).await?);
        }
        Ok(out)
    }

    /// What a bulletin can draw on: events that are not over and start before `until`, and those without a stated start. Merged and withdrawn ones are left out.
    pub async fn events_ahead(&self, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Event>> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "SELECT id FROM event WHERE merged_into IS NULL AND withdrawn_at IS NULL
             AND ((starts_at IS NULL AND first_seen_at >= $3) OR (starts_at <= $2 AND COALESCE(ends_at, starts_at) >= $1)) ORDER BY id",
        )
        .bind(now)
        .bind(until)
        .bind(now - UNDATED_FOR)
        .fetch_all(self.read())
        .await?;
        self.events(&ids.into_iter().map(EventId).collect::<Vec<_>>()).await
    }

    /// Listings of each of these events.
    pub async fn listings_of(&self, events: &[EventId]) -> Result<HashMap<EventId, Vec<ListingId>>> {
        let mut out: HashMap<EventId, Vec<ListingId>> = HashMap::new();
        for chunk in events.chunks(CHUNK) {
            let mut sql = QueryBuilder::<Db>::new("SELECT event_id, listing_id FROM event_listing WHERE event_id IN (");
            push_ids(&mut sql, chunk.iter().map(|i| i.0));
            let rows: Vec<(Uuid, Uuid)> = sql.push(") ORDER BY event_id, listing_id").build_query_as().fetch_all(self.read()).await?;
            for (event, listing) in rows {
                out.entry(event.into()).or_default().push(listing.into());
            }
        }
        Ok(out)
    }

    /// What changed about each of these events, oldest first.
    pub async fn changes_of(&self, events: &[EventId]) -> Result<HashMap<EventId, Vec<(DateTime<Utc>, EventChange)>>> {
        let mut out: HashMap<EventId, Vec<(DateTime<Utc>, EventChange)>> = HashMap::new();
        for chunk in events.chunks(CHUNK) {
            let mut sql = QueryBuilder::<Db>::new("SELECT event_id, at, what, was, becomes, to_be_told FROM event_change WHERE event_id IN (");
            push_ids(&mut sql, chunk.iter().map(|i| i.0));
            let rows: Vec<ChangeRow> = sql.push(") ORDER BY event_id, at, id").build_query_as().fetch_all(self.read()).await?;
            for r in rows {
                let change = EventChange { what: r.what, was: r.was, becomes: r.becomes, to_be_told: r.to_be_told };
                out.entry(r.event_id.into()).or_default().push((r.at, change));
            }
        }
        Ok(out)
    }

    /// Events that an organisation approved or rejected, whichever it said last.
    pub async fn approvals(&self, organisation: OrganisationId) -> Result<HashMap<EventId, Verb>> {
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            // A word about an event that was since merged is a word about the one it went into, however many merges on.
            "WITH RECURSIVE up (decided, id) AS (
                 SELECT DISTINCT d.event_id, d.event_id FROM decision d
                 WHERE d.organisation_id = $1 AND d.verb IN ('approve', 'reject') AND d.undone_at IS NULL
                 UNION SELECT up.decided, e.merged_into FROM up JOIN event e ON e.id = up.id WHERE e.merged_into IS NOT NULL)
             SELECT up.id, d.verb FROM decision d JOIN up ON up.decided = d.event_id
             WHERE d.organisation_id = $1 AND d.verb IN ('approve', 'reject') AND d.undone_at IS NULL ORDER BY d.at, d.id",
        )
        .bind(organisation.0)
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(event, verb)| (event.into(), if verb == "approve" { Verb::Approve } else { Verb::Reject })).collect())
    }

    /// Pairs of listings that an editor called the same (true) or not the same (false), whichever was said last.
    pub async fn pair_decisions(&self, listings: &[ListingId]) -> Result<Vec<(ListingId, ListingId, bool)>> {
        pair_decisions(&mut *self.read().acquire().await?, listings).await
    }

    /// Providers that an organisation vouches for.
    pub async fn known_providers(&self, organisation: OrganisationId) -> Result<BTreeSet<ProviderId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar("SELECT provider_id FROM provider_known WHERE organisation_id = $1")
            .bind(organisation.0)
            .fetch_all(self.read())
            .await?;
        Ok(ids.into_iter().map(ProviderId).collect())
    }

    /// Titles of the newest events: what makes a word of a title rare or common here.
    pub async fn event_titles(&self, most: i64) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar("SELECT title FROM event WHERE merged_into IS NULL ORDER BY id DESC LIMIT $1")
            .bind(most)
            .fetch_all(self.read())
            .await?)
    }

    async fn complete(&self, rows: Vec<EventRow>) -> Result<Vec<Event>> {
        let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut fields: HashMap<Uuid, Vec<(FieldRow, Option<Uuid>, bool)>> = HashMap::new();
        let sql =
            "SELECT event_id AS owner, field, position, value, words, origin, confidence, listing_id, locked FROM event_field WHERE event_id IN (";
        let mut query = QueryBuilder::<Db>::new(sql);
        push_ids(&mut query, ids.iter().copied());
        let records: Vec<EventFieldRow> = query.push(") ORDER BY event_id, field, position").build_query_as().fetch_all(self.read()).await?;
        for r in records {
            let (owner, row) = r.record.read("event_field")?;
            fields.entry(owner).or_default().push((row, r.listing_id, r.locked));
        }
        let mut sessions: HashMap<Uuid, Vec<SessionRow>> = HashMap::new();
        let mut query = QueryBuilder::<Db>::new("SELECT event_id, start_value, end_value FROM session WHERE event_id IN (");
        push_ids(&mut query, ids.iter().copied());
        let found: Vec<SessionRow> = query.push(") ORDER BY event_id, position").build_query_as().fetch_all(self.read()).await?;
        for s in found {
            sessions.entry(s.event_id).or_default().push(s);
        }
        let mut tags: HashMap<Uuid, Vec<Tag>> = HashMap::new();
        let mut query = QueryBuilder::<Db>::new("SELECT event_id, facet, term, origin, confidence, reason FROM tag_assignment WHERE event_id IN (");
        push_ids(&mut query, ids.iter().copied());
        let found: Vec<TagRow> = query.push(") ORDER BY event_id, facet, term").build_query_as().fetch_all(self.read()).await?;
        for t in found {
            tags.entry(t.event_id).or_default().push(t.read()?);
        }
        rows.into_iter()
            .map(|r| {
                let id = r.id;
                r.read(fields.remove(&id).unwrap_or_default(), sessions.remove(&id).unwrap_or_default(), tags.remove(&id).unwrap_or_default())
            })
            .collect()
    }
}

pub(super) async fn pair_decisions(db: &mut Connection, listings: &[ListingId]) -> Result<Vec<(ListingId, ListingId, bool)>> {
    let mut out = Vec::new();
    for chunk in listings.chunks(CHUNK) {
        let mut sql = QueryBuilder::<Db>::new(
            "SELECT listing_a, listing_b, verb FROM decision WHERE verb IN ('same', 'not_same') AND undone_at IS NULL AND listing_a IN (",
        );
        push_ids(&mut sql, chunk.iter().map(|i| i.0));
        sql.push(") ORDER BY at, id");
        let rows: Vec<(Uuid, Uuid, String)> = sql.build_query_as().fetch_all(&mut *db).await?;
        out.extend(rows.into_iter().map(|(a, b, verb)| (a.into(), b.into(), verb == "same")));
    }
    Ok(out)
}

impl TagRow {
    #[allow(clippy::cast_possible_truncation, reason = "a share between 0 and 1")]
    fn read(self) -> Result<Tag> {
        Ok(Tag {
            facet: word("tag_assignment", self.event_id, &self.facet)?,
            term: self.term,
            origin: word("tag_assignment", self.event_id, &self.origin)?,
            confidence: self.confidence as f32,
            reason: self.reason,
        })
    }
}

impl EventRow {
    #[allow(clippy::cast_possible_truncation, reason = "a share between 0 and 1")]
    fn read(self, fields: Vec<(FieldRow, Option<Uuid>, bool)>, sessions: Vec<SessionRow>, tags: Vec<Tag>) -> Result<Event> {
        let zone = zone("event", self.id, &self.zone)?;
        let locked = fields.iter().filter(|(.., locked)| *locked).map(|(r, ..)| r.field).collect();
        let from = fields.iter().filter_map(|(r, listing, _)| listing.map(|l| (r.field, ListingId(l)))).collect();
        let mut facts = Facts::from_rows(fields.into_iter().map(|(r, ..)| r), zone).map_err(|e| StoreError::bad_row("event_field", self.id, e))?;
        let when = |s: &str| When::parse(s, zone).map_err(|e| StoreError::bad_row("session", self.id, e));
        for s in sessions {
            facts.sessions.push(Session { start: when(&s.start_value)?, end: s.end_value.as_deref().map(when).transpose()? });
        }
        let kind: Kind = word("event", self.id, &self.kind)?;
        Ok(Event {
            id: self.id.into(),
            title: self.title,
            text: self.body,
            url: self.url,
            booking_url: self.booking_url,
            zone,
            provider: self.provider_id.map(Into::into),
            provider_name: self.provider_name,
            facts,
            locked,
            from,
            verdict: Verdict { kind, kind_confidence: self.kind_confidence as f32, kind_reason: self.kind_reason, tags },
            flag: self.flag,
            doubt: self.doubt,
            first_seen_at: self.first_seen_at,
            changed_at: self.changed_at,
            withdrawn_at: self.withdrawn_at,
            words: self.words,
        })
    }
}
