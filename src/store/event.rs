//! Events: the facts chosen from their listings, their sittings and tags, what changed about them, and what editors decided.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sqlx::{FromRow, QueryBuilder, Transaction};
use uuid::Uuid;

use super::{
    Db, Result, Store, StoreError,
    listing::{FieldRecord, push_ids},
    new_id, word, zone,
};
use crate::domain::{EventId, Fact, Facts, Field, FieldRow, Kind, ListingId, OrganisationId, ProviderId, Session, Status, Tag, Verdict, When};

const CHUNK: usize = 400;

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
    pub first_seen_at: DateTime<Utc>,
    /// When something changed that readers who were told should hear. UTC.
    pub changed_at: Option<DateTime<Utc>>,
    pub withdrawn_at: Option<DateTime<Utc>>,
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
    pub from: BTreeMap<Field, ListingId>,
    pub verdict: Verdict,
    pub flag: Option<String>,
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

/// Why a listing was put to an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    pub score: f64,
    /// Named contributions as JSON.
    pub because: String,
}

/// What an editor said, as later steps need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    Approve,
    Reject,
    Same,
    NotSame,
    Edit,
}

impl Verb {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Same => "same",
            Self::NotSame => "not_same",
            Self::Edit => "edit",
        }
    }
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
    first_seen_at: DateTime<Utc>,
    changed_at: Option<DateTime<Utc>>,
    withdrawn_at: Option<DateTime<Utc>>,
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
    e.kind_reason, e.flag, e.first_seen_at, e.changed_at, e.withdrawn_at FROM event e LEFT JOIN provider p ON p.id = e.provider_id ";

impl Store {
    /// Makes an event that one listing founds.
    pub async fn create_event(&self, content: &EventContent, founder: ListingId, now: DateTime<Utc>) -> Result<EventId> {
        let id: EventId = new_id();
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO event (id, title, body, zone, kind, kind_confidence, kind_reason, status, first_seen_at) VALUES ($1, '', '', 'UTC', 'cpd', 0, '', 'scheduled', $2)",
        )
        .bind(id.0)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        write_event(&mut tx, id, content).await?;
        put_listing(&mut tx, founder, id, None, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Puts a listing to an event, taking it from wherever it was.
    pub async fn join_listing(&self, listing: ListingId, event: EventId, joined: Option<&Joined>, now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.begin().await?;
        put_listing(&mut tx, listing, event, joined, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Brings an event up to date with what its listings now say. Locked fields and editors' tags stay as they are.
    pub async fn save_event(&self, id: EventId, content: &EventContent, changes: &[EventChange], now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.begin().await?;
        write_event(&mut tx, id, content).await?;
        for change in changes {
            sqlx::query("INSERT INTO event_change (id, event_id, at, what, was, becomes, to_be_told) VALUES ($1, $2, $3, $4, $5, $6, $7)")
                .bind(new_id::<Uuid>())
                .bind(id.0)
                .bind(now)
                .bind(&change.what)
                .bind(change.was.as_deref())
                .bind(change.becomes.as_deref())
                .bind(change.to_be_told)
                .execute(&mut *tx)
                .await?;
        }
        if changes.iter().any(|c| c.to_be_told) {
            sqlx::query("UPDATE event SET changed_at = $2 WHERE id = $1").bind(id.0).bind(now).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

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
             AND (starts_at IS NULL OR (starts_at <= $2 AND COALESCE(ends_at, starts_at) >= $1)) ORDER BY id",
        )
        .bind(now)
        .bind(until)
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
            "SELECT event_id, verb FROM decision WHERE organisation_id = $1 AND verb IN ('approve', 'reject') AND event_id IS NOT NULL AND undone_at IS NULL
             ORDER BY at, id",
        )
        .bind(organisation.0)
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(event, verb)| (event.into(), if verb == "approve" { Verb::Approve } else { Verb::Reject })).collect())
    }

    /// Pairs of listings that an editor called the same (true) or not the same (false), whichever was said last.
    pub async fn pair_decisions(&self, listings: &[ListingId]) -> Result<Vec<(ListingId, ListingId, bool)>> {
        let mut out = Vec::new();
        for chunk in listings.chunks(CHUNK) {
            let mut sql = QueryBuilder::<Db>::new(
                "SELECT listing_a, listing_b, verb FROM decision WHERE verb IN ('same', 'not_same') AND undone_at IS NULL AND listing_a IN (",
            );
            push_ids(&mut sql, chunk.iter().map(|i| i.0));
            sql.push(") ORDER BY at, id");
            let rows: Vec<(Uuid, Uuid, String)> = sql.build_query_as().fetch_all(self.read()).await?;
            out.extend(rows.into_iter().map(|(a, b, verb)| (a.into(), b.into(), verb == "same")));
        }
        Ok(out)
    }

    /// Writes an editor's word about an event or a pair of listings down. Pairs are kept in both directions, so that either listing finds them.
    pub async fn decide(
        &self,
        organisation: OrganisationId,
        verb: Verb,
        event: Option<EventId>,
        pair: Option<(ListingId, ListingId)>,
        by_whom: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let directions = match pair {
            Some((a, b)) => vec![(Some(a.0), Some(b.0)), (Some(b.0), Some(a.0))],
            None => vec![(None, None)],
        };
        for (a, b) in directions {
            sqlx::query(
                "INSERT INTO decision (id, organisation_id, verb, event_id, listing_a, listing_b, by_whom, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(new_id::<Uuid>())
            .bind(organisation.0)
            .bind(verb.as_str())
            .bind(event.map(|e| e.0))
            .bind(a)
            .bind(b)
            .bind(by_whom)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Providers that an organisation vouches for.
    pub async fn known_providers(&self, organisation: OrganisationId) -> Result<BTreeSet<ProviderId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar("SELECT provider_id FROM provider_known WHERE organisation_id = $1")
            .bind(organisation.0)
            .fetch_all(self.read())
            .await?;
        Ok(ids.into_iter().map(ProviderId).collect())
    }

    /// Events in all, merged ones not counted.
    pub async fn event_count(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("SELECT COUNT(*) FROM event WHERE merged_into IS NULL").fetch_one(self.read()).await?)
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

async fn put_listing(
    tx: &mut Transaction<'static, Db>,
    listing: ListingId,
    event: EventId,
    joined: Option<&Joined>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO event_listing (listing_id, event_id, joined_at, score, because) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (listing_id) DO UPDATE SET event_id = excluded.event_id, joined_at = excluded.joined_at, score = excluded.score, because = excluded.because",
    )
    .bind(listing.0)
    .bind(event.0)
    .bind(now)
    .bind(joined.map(|j| j.score))
    .bind(joined.map(|j| j.because.as_str()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes all that is rebuilt from listings: the row, the unlocked fields, the sittings, the tags that no editor gave.
async fn write_event(tx: &mut Transaction<'static, Db>, id: EventId, c: &EventContent) -> Result<()> {
    let starts_at = c.facts.start.as_ref().map(|s| s.value.earliest(c.zone));
    let last = c.facts.sessions.iter().map(|s| s.end.unwrap_or(s.start)).chain(c.facts.end.as_ref().or(c.facts.start.as_ref()).map(|f| f.value));
    let ends_at = last.map(|w| w.latest(c.zone)).max();
    let status = c.facts.status.as_ref().map_or(Status::Scheduled, |s| s.value);
    sqlx::query(
        "UPDATE event SET title = $2, body = $3, url = $4, booking_url = $5, zone = $6, provider_id = $7, kind = $8, kind_confidence = $9, kind_reason = $10,
         status = $11, starts_at = $12, ends_at = $13, flag = $14 WHERE id = $1",
    )
    .bind(id.0)
    .bind(&c.title)
    .bind(&c.text)
    .bind(c.url.as_deref())
    .bind(c.booking_url.as_deref())
    .bind(c.zone.name())
    .bind(c.provider.map(|p| p.0))
    .bind(c.verdict.kind.as_str())
    .bind(f64::from(c.verdict.kind_confidence))
    .bind(&c.verdict.kind_reason)
    .bind(status.as_str())
    .bind(starts_at)
    .bind(ends_at)
    .bind(c.flag.as_deref())
    .execute(&mut **tx)
    .await?;
    write_fields(tx, id, c).await?;
    write_sessions(tx, id, c).await?;
    write_tags(tx, id, &c.verdict.tags).await
}

async fn write_fields(tx: &mut Transaction<'static, Db>, id: EventId, c: &EventContent) -> Result<()> {
    sqlx::query("DELETE FROM event_field WHERE event_id = $1 AND NOT locked").bind(id.0).execute(&mut **tx).await?;
    let rows: Vec<FieldRow> = c.facts.rows().into_iter().filter(|r| r.field != Field::Session).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql =
        QueryBuilder::<Db>::new("INSERT INTO event_field (event_id, field, position, value, words, origin, confidence, listing_id, locked) ");
    sql.push_values(&rows, |mut row, fact| {
        row.push_bind(id.0)
            .push_bind(fact.field.as_str())
            .push_bind(i64::try_from(fact.position).unwrap_or(i64::MAX))
            .push_bind(&fact.value)
            .push_bind(&fact.evidence.words)
            .push_bind(fact.evidence.origin.as_str())
            .push_bind(f64::from(fact.evidence.confidence))
            .push_bind(c.from.get(&fact.field).map(|l| l.0))
            .push_bind(false);
    });
    // What is locked stays: an editor's word outlives every re-run (invariant 3).
    sql.push(" ON CONFLICT (event_id, field, position) DO NOTHING").build().execute(&mut **tx).await?;
    Ok(())
}

async fn write_sessions(tx: &mut Transaction<'static, Db>, id: EventId, c: &EventContent) -> Result<()> {
    sqlx::query("DELETE FROM session WHERE event_id = $1").bind(id.0).execute(&mut **tx).await?;
    for (start, chunk) in (0_i64..).step_by(CHUNK).zip(c.facts.sessions.chunks(CHUNK)) {
        let mut sql = QueryBuilder::<Db>::new("INSERT INTO session (event_id, position, start_value, end_value, starts_at) ");
        sql.push_values((start..).zip(chunk), |mut row, (position, session)| {
            row.push_bind(id.0)
                .push_bind(position)
                .push_bind(session.start.to_string())
                .push_bind(session.end.map(|e| e.to_string()))
                .push_bind(session.start.earliest(c.zone));
        });
        sql.build().execute(&mut **tx).await?;
    }
    Ok(())
}

async fn write_tags(tx: &mut Transaction<'static, Db>, id: EventId, tags: &[Tag]) -> Result<()> {
    sqlx::query("DELETE FROM tag_assignment WHERE event_id = $1 AND origin <> 'editor'").bind(id.0).execute(&mut **tx).await?;
    if tags.is_empty() {
        return Ok(());
    }
    let mut sql = QueryBuilder::<Db>::new("INSERT INTO tag_assignment (event_id, facet, term, origin, confidence, reason) ");
    sql.push_values(tags, |mut row, tag| {
        row.push_bind(id.0)
            .push_bind(tag.facet.as_str())
            .push_bind(&tag.term)
            .push_bind(tag.origin.as_str())
            .push_bind(f64::from(tag.confidence))
            .push_bind(&tag.reason);
    });
    sql.push(" ON CONFLICT (event_id, facet, term) DO NOTHING").build().execute(&mut **tx).await?;
    Ok(())
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
            first_seen_at: self.first_seen_at,
            changed_at: self.changed_at,
            withdrawn_at: self.withdrawn_at,
        })
    }
}

impl Event {
    /// The provider as readers see it: the one on file, or the one the text names.
    #[must_use]
    pub fn provider_shown(&self) -> Option<&str> {
        self.facts.provider.as_ref().map(|p: &Fact<String>| p.value.as_str()).or(self.provider_name.as_deref())
    }
}
