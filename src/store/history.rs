//! How an event came to be what it is: where its listings were found, why each was put to it, what was merged into it, what editors said.
//! For showing; nothing is decided from it.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::{Db, Result, Store, act::stands_as, listing::push_ids};
use crate::domain::{EventId, ListingId};

/// How a listing came to its event.
#[derive(Debug, Clone, PartialEq)]
pub struct Joining {
    pub listing: ListingId,
    /// Address of its source.
    pub source_url: String,
    pub joined_at: DateTime<Utc>,
    /// None for the listing that founded the event.
    pub score: Option<f64>,
    /// Named contributions as JSON.
    pub because: Option<String>,
    /// The event it was in before that one was merged into this.
    pub came_from: Option<EventId>,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    /// Good answers of the source in a row that did not hold it.
    pub missed: i64,
}

/// An editor's word, undone or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub verb: String,
    /// What it was said of; for a merge the event that took the other in.
    pub event: Option<EventId>,
    /// Listings, when it was said of these and no event was named.
    pub pair: Option<(ListingId, ListingId)>,
    pub field: Option<String>,
    pub value: Option<String>,
    pub by_whom: String,
    pub at: DateTime<Utc>,
    /// In the editor's words.
    pub note: Option<String>,
    pub undone_at: Option<DateTime<Utc>>,
    pub undone_by: Option<String>,
}

#[derive(FromRow)]
struct JoiningRow {
    listing_id: Uuid,
    source_url: String,
    joined_at: DateTime<Utc>,
    score: Option<f64>,
    because: Option<String>,
    came_from: Option<Uuid>,
    first_seen_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    missed: i64,
}

#[derive(FromRow)]
struct SaidRow {
    verb: String,
    event_id: Option<Uuid>,
    listing_a: Option<Uuid>,
    listing_b: Option<Uuid>,
    field: Option<String>,
    value: Option<String>,
    by_whom: String,
    at: DateTime<Utc>,
    note: Option<String>,
    undone_at: Option<DateTime<Utc>>,
    undone_by: Option<String>,
}

impl Store {
    /// How each listing of an event came to it, the founder first.
    pub async fn joinings(&self, event: EventId) -> Result<Vec<Joining>> {
        let rows: Vec<JoiningRow> = sqlx::query_as(
            "SELECT el.listing_id, s.url AS source_url, el.joined_at, el.score, el.because, el.came_from, l.first_seen_at, l.last_seen_at, l.missed
             FROM event_listing el JOIN listing l ON l.id = el.listing_id JOIN source s ON s.id = l.source_id
             WHERE el.event_id = $1 ORDER BY el.joined_at, el.listing_id",
        )
        .bind(event.0)
        .fetch_all(self.read())
        .await?;
        let read = |r: JoiningRow| Joining {
            listing: r.listing_id.into(),
            source_url: r.source_url,
            joined_at: r.joined_at,
            score: r.score,
            because: r.because,
            came_from: r.came_from.map(Into::into),
            first_seen_at: r.first_seen_at,
            last_seen_at: r.last_seen_at,
            missed: r.missed,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// The event that this one was merged into, however many merges on; None when it stands.
    pub async fn stands_as(&self, event: EventId) -> Result<Option<EventId>> {
        let at = stands_as(&mut *self.read().acquire().await?, event).await?;
        Ok((at != event).then_some(at))
    }

    /// Events that were merged into this one, with their titles.
    pub async fn merged_into(&self, event: EventId) -> Result<Vec<(EventId, String)>> {
        let rows: Vec<(Uuid, String)> =
            sqlx::query_as("SELECT id, title FROM event WHERE merged_into = $1 ORDER BY id").bind(event.0).fetch_all(self.read()).await?;
        Ok(rows.into_iter().map(|(id, title)| (id.into(), title)).collect())
    }

    /// What editors said about an event, about those that went into it and about pairs of these listings, oldest first. What an act says of
    /// every pair of listings of two events is told once, of the events.
    pub async fn said_about(&self, event: EventId, listings: &[ListingId]) -> Result<Vec<Said>> {
        let mut sql = QueryBuilder::<Db>::new(
            "WITH RECURSIVE within (id, depth) AS (
                 SELECT id, 0 FROM event WHERE id = ",
        );
        sql.push_bind(event.0);
        sql.push(
            " UNION SELECT e.id, w.depth + 1 FROM event e JOIN within w ON e.merged_into = w.id WHERE w.depth < 50)
             SELECT d.verb, d.event_id, d.listing_a, d.listing_b, d.field, d.value, d.by_whom, d.at, d.note, d.undone_at, d.undone_by FROM decision d
             WHERE (d.listing_a IS NULL AND (d.event_id IN (SELECT id FROM within)
                 OR d.act IN (SELECT ae.act FROM act_event ae WHERE ae.event_id IN (SELECT id FROM within))))",
        );
        if !listings.is_empty() {
            sql.push(" OR (d.listing_a < d.listing_b AND NOT EXISTS (SELECT 1 FROM act_event ae WHERE ae.act = d.act) AND (d.listing_a IN (");
            push_ids(&mut sql, listings.iter().map(|l| l.0));
            sql.push(") OR d.listing_b IN (");
            push_ids(&mut sql, listings.iter().map(|l| l.0));
            sql.push(")))");
        }
        let rows: Vec<SaidRow> = sql.push(" ORDER BY d.at, d.id").build_query_as().fetch_all(self.read()).await?;
        let read = |r: SaidRow| Said {
            verb: r.verb,
            event: r.event_id.map(Into::into),
            pair: r.listing_a.zip(r.listing_b).map(|(a, b)| (a.into(), b.into())),
            field: r.field,
            value: r.value,
            by_whom: r.by_whom,
            at: r.at,
            note: r.note,
            undone_at: r.undone_at,
            undone_by: r.undone_by,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
