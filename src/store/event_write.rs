//! Writing events: founding, joining, and rebuilding from listings and from editors' words, which stand in `decision` and are in whatever is
//! written here (invariant 3).

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Transaction};
use uuid::Uuid;

use super::{
    Connection, Db, Result, Store,
    act::{Act, Line, Word},
    event::{Basis, CHUNK, EventChange, EventContent, Joined, Saved, Verb},
    new_id,
};
use crate::domain::{EventId, Field, FieldRow, ListingId, OrganisationId, Status, Tag};

impl Store {
    /// Brings an event up to date with what its listings and its editors now say.
    pub async fn save_event(&self, id: EventId, content: &EventContent, changes: &[EventChange], basis: Basis, now: DateTime<Utc>) -> Result<Saved> {
        let mut tx = self.begin_collecting().await?;
        let saved = built(&mut tx, id, basis).await?;
        if saved != Saved::Written {
            return Ok(saved);
        }
        write_event(&mut tx, id, content).await?;
        for change in changes {
            write_change(&mut tx, id, change, now).await?;
        }
        if changes.iter().any(|c| c.to_be_told) {
            sqlx::query("UPDATE event SET changed_at = $2 WHERE id = $1").bind(id.0).bind(now).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(Saved::Written)
    }

    /// Writes an editor's word about an event or a pair of listings down, before anything is built from it.
    pub async fn decide(
        &self,
        organisation: OrganisationId,
        verb: Verb,
        event: Option<EventId>,
        pair: Option<(ListingId, ListingId)>,
        by_whom: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut act = Act::begin(self, Word { organisation, by: by_whom, at: now, note: None }).await?;
        if let Some(event) = event {
            act.mark(event).await?;
        }
        act.say(verb, Line { event, pair, ..Line::default() }).await?;
        act.commit().await
    }
}

pub(super) async fn write_change(db: &mut Connection, event: EventId, change: &EventChange, now: DateTime<Utc>) -> Result<()> {
    sqlx::query("INSERT INTO event_change (id, event_id, at, what, was, becomes, to_be_told) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(new_id::<Uuid>())
        .bind(event.0)
        .bind(now)
        .bind(&change.what)
        .bind(change.was.as_deref())
        .bind(change.becomes.as_deref())
        .bind(change.to_be_told)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes down which revisions an event is built from, if they are still the newest of its listings and no editor said more.
async fn built(tx: &mut Transaction<'static, Db>, event: EventId, basis: Basis) -> Result<Saved> {
    let (listings, revisions, words): (i64, i64, i64) = sqlx::query_as(
        "SELECT COUNT(*), CAST(COALESCE(SUM(l.revision), 0) AS BIGINT), COALESCE((SELECT words FROM event WHERE id = $1), 0)
         FROM event_listing el JOIN listing l ON l.id = el.listing_id WHERE el.event_id = $1",
    )
    .bind(event.0)
    .fetch_one(&mut **tx)
    .await?;
    if (Basis { listings, revisions, words }) != basis {
        return Ok(Saved::Stale);
    }
    let done = sqlx::query(
        "UPDATE event_listing SET built_from = (SELECT l.revision FROM listing l WHERE l.id = event_listing.listing_id)
         WHERE event_id = $1 AND built_from IS DISTINCT FROM (SELECT l.revision FROM listing l WHERE l.id = event_listing.listing_id)",
    )
    .bind(event.0)
    .execute(&mut **tx)
    .await?;
    Ok(if done.rows_affected() == 0 { Saved::UpToDate } else { Saved::Written })
}

/// `built_from` is the revision that the event is built from already; None when it has to be built anew.
pub(super) async fn put_listing(
    tx: &mut Connection,
    listing: ListingId,
    event: EventId,
    joined: Option<&Joined>,
    built_from: Option<i64>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO event_listing (listing_id, event_id, joined_at, score, because, built_from) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (listing_id) DO UPDATE SET event_id = excluded.event_id, joined_at = excluded.joined_at, score = excluded.score, because = excluded.because,
             built_from = excluded.built_from, came_from = NULL",
    )
    .bind(listing.0)
    .bind(event.0)
    .bind(now)
    .bind(joined.map(|j| j.score))
    .bind(joined.map(|j| j.because.as_str()))
    .bind(built_from)
    .execute(tx)
    .await?;
    Ok(())
}

/// What lists and windows sort by: the first instant the start can mean, and the first at which it is certainly over.
fn bounds(c: &EventContent) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let starts_at = c.facts.start.as_ref().map(|s| s.value.earliest(c.zone));
    let last = c.facts.sessions.iter().map(|s| s.end.unwrap_or(s.start)).chain(c.facts.end.as_ref().or(c.facts.start.as_ref()).map(|f| f.value));
    (starts_at, last.map(|w| w.latest(c.zone)).max())
}

fn status(c: &EventContent) -> Status {
    c.facts.status.as_ref().map_or(Status::Scheduled, |s| s.value)
}

/// Makes a new event with all that its content says.
pub(super) async fn insert_event(tx: &mut Connection, id: EventId, c: &EventContent, now: DateTime<Utc>) -> Result<()> {
    let (starts_at, ends_at) = bounds(c);
    sqlx::query(
        "INSERT INTO event (id, title, body, url, booking_url, zone, provider_id, kind, kind_confidence, kind_reason, status, starts_at, ends_at, flag,
             first_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
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
    .bind(status(c).as_str())
    .bind(starts_at)
    .bind(ends_at)
    .bind(c.flag.as_deref())
    .bind(now)
    .execute(&mut *tx)
    .await?;
    write_fields(tx, id, c).await?;
    write_sessions(tx, id, c).await?;
    write_tags(tx, id, &c.verdict.tags).await
}

/// Writes all that is rebuilt from listings and editors' words: the row, the fields, the sittings, the tags.
async fn write_event(tx: &mut Connection, id: EventId, c: &EventContent) -> Result<()> {
    let (starts_at, ends_at) = bounds(c);
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
    .bind(status(c).as_str())
    .bind(starts_at)
    .bind(ends_at)
    .bind(c.flag.as_deref())
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM event_field WHERE event_id = $1").bind(id.0).execute(&mut *tx).await?;
    sqlx::query("DELETE FROM session WHERE event_id = $1").bind(id.0).execute(&mut *tx).await?;
    sqlx::query("DELETE FROM tag_assignment WHERE event_id = $1").bind(id.0).execute(&mut *tx).await?;
    write_fields(tx, id, c).await?;
    write_sessions(tx, id, c).await?;
    write_tags(tx, id, &c.verdict.tags).await
}

async fn write_fields(tx: &mut Connection, id: EventId, c: &EventContent) -> Result<()> {
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
            .push_bind(c.locked.contains(&fact.field));
    });
    sql.build().execute(&mut *tx).await?;
    Ok(())
}

async fn write_sessions(tx: &mut Connection, id: EventId, c: &EventContent) -> Result<()> {
    for (start, chunk) in (0_i64..).step_by(CHUNK).zip(c.facts.sessions.chunks(CHUNK)) {
        let mut sql = QueryBuilder::<Db>::new("INSERT INTO session (event_id, position, start_value, end_value, starts_at) ");
        sql.push_values((start..).zip(chunk), |mut row, (position, session)| {
            row.push_bind(id.0)
                .push_bind(position)
                .push_bind(session.start.to_string())
                .push_bind(session.end.map(|e| e.to_string()))
                .push_bind(session.start.earliest(c.zone));
        });
        sql.build().execute(&mut *tx).await?;
    }
    Ok(())
}

async fn write_tags(tx: &mut Connection, id: EventId, tags: &[Tag]) -> Result<()> {
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
    sql.push(" ON CONFLICT (event_id, facet, term) DO NOTHING").build().execute(&mut *tx).await?;
    Ok(())
}
