//! How an event came to be what it is: where its listings were found, why each was put to it, what was merged into it, what editors said.
//! For showing; nothing is decided from it.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::{Db, Result, Store, listing::push_ids};
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
    pub pair: Option<(ListingId, ListingId)>,
    pub field: Option<String>,
    pub value: Option<String>,
    pub by_whom: String,
    pub at: DateTime<Utc>,
    pub undone_at: Option<DateTime<Utc>>,
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
    listing_a: Option<Uuid>,
    listing_b: Option<Uuid>,
    field: Option<String>,
    value: Option<String>,
    by_whom: String,
    at: DateTime<Utc>,
    undone_at: Option<DateTime<Utc>>,
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
        /// A chain of merges is short; one that is longer is a ring that was made from outside.
        const MOST: usize = 100;
        let mut at = event;
        for _ in 0..MOST {
            let into: Option<Option<Uuid>> =
                sqlx::query_scalar("SELECT merged_into FROM event WHERE id = $1").bind(at.0).fetch_optional(self.read()).await?;
            match into.flatten() {
                Some(next) => at = next.into(),
                None => break,
            }
        }
        Ok((at != event).then_some(at))
    }

    /// Events that were merged into this one, with their titles.
    pub async fn merged_into(&self, event: EventId) -> Result<Vec<(EventId, String)>> {
        let rows: Vec<(Uuid, String)> =
            sqlx::query_as("SELECT id, title FROM event WHERE merged_into = $1 ORDER BY id").bind(event.0).fetch_all(self.read()).await?;
        Ok(rows.into_iter().map(|(id, title)| (id.into(), title)).collect())
    }

    /// What editors said about an event or any of these listings, oldest first. A pair is stored both ways and shown once.
    pub async fn said_about(&self, event: EventId, listings: &[ListingId]) -> Result<Vec<Said>> {
        let mut sql =
            QueryBuilder::<Db>::new("SELECT verb, listing_a, listing_b, field, value, by_whom, at, undone_at FROM decision WHERE event_id = ");
        sql.push_bind(event.0);
        if !listings.is_empty() {
            sql.push(" OR ((listing_a < listing_b) AND (listing_a IN (");
            push_ids(&mut sql, listings.iter().map(|l| l.0));
            sql.push(") OR listing_b IN (");
            push_ids(&mut sql, listings.iter().map(|l| l.0));
            sql.push(")))");
        }
        let rows: Vec<SaidRow> = sql.push(" ORDER BY at, id").build_query_as().fetch_all(self.read()).await?;
        let read = |r: SaidRow| Said {
            verb: r.verb,
            pair: r.listing_a.zip(r.listing_b).map(|(a, b)| (a.into(), b.into())),
            field: r.field,
            value: r.value,
            by_whom: r.by_whom,
            at: r.at,
            undone_at: r.undone_at,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
