//! One listing on its way to its event, in one transaction: what it is compared with cannot change meanwhile, so that two processes never
//! find two events for one course.
//!
//! What it costs does not grow with the archive: keys are indexed, of a key that many share only the nearest are looked at, and what is
//! compared is one short text a listing.

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Transaction};
use uuid::Uuid;

use super::{
    Connection, Db, Result, Store, event,
    event::{EventContent, Joined},
    event_write::{insert_event, put_listing},
    listing::{self, Listing, push_ids},
    merge::move_all,
    new_id, source,
};
use crate::domain::{EventId, ListingId, ProviderId};

/// A transaction that places listings. Dropped without [`Placing::commit`] it has done nothing.
pub struct Placing {
    tx: Transaction<'static, Db>,
}

/// What comparing with a listing needs, as `identity` made it.
#[derive(Debug, Clone, Copy)]
pub struct Description<'a> {
    /// The way in which the rest was made.
    pub scheme: i64,
    pub keys: &'a [i64],
    pub profile: &'a str,
}

/// Keys of which listings are to be found: all from `first` to `last`, those nearest to `at` before the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    pub first: i64,
    pub at: i64,
    pub last: i64,
}

/// How many are found at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// Listings of one bucket, to either side.
    pub each_way: i64,
    /// Listings altogether.
    pub most: i64,
}

/// A listing of an event, as it was described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub event: EventId,
    pub listing: ListingId,
    pub profile: String,
}

impl Store {
    /// Begins placing. Do not hold it over anything slow, and ask nothing of the store but through it: others wait.
    pub async fn placing(&self) -> Result<Placing> {
        Ok(Placing { tx: self.begin_collecting().await? })
    }

    /// Listings that were described in an older way than `scheme`, or never; at most `most`.
    pub async fn described_before(&self, scheme: i64, most: i64) -> Result<Vec<ListingId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar("SELECT listing_id FROM listing_profile WHERE scheme < $1 ORDER BY scheme LIMIT $2")
            .bind(scheme)
            .bind(most)
            .fetch_all(self.read())
            .await?;
        Ok(ids.into_iter().map(Into::into).collect())
    }
}

impl Placing {
    pub async fn listings(&mut self, ids: &[ListingId]) -> Result<Vec<Listing>> {
        listing::listings(&mut self.tx, ids).await
    }

    /// Replaces what comparing with a listing needs.
    pub async fn describe(&mut self, listing: ListingId, what: Description<'_>) -> Result<()> {
        sqlx::query("DELETE FROM block_key WHERE listing_id = $1").bind(listing.0).execute(&mut *self.tx).await?;
        if !what.keys.is_empty() {
            let mut sql = QueryBuilder::<Db>::new("INSERT INTO block_key (key, listing_id) ");
            sql.push_values(what.keys, |mut row, key| {
                row.push_bind(key).push_bind(listing.0);
            });
            sql.push(" ON CONFLICT DO NOTHING").build().execute(&mut *self.tx).await?;
        }
        sqlx::query(
            "INSERT INTO listing_profile (listing_id, scheme, profile) VALUES ($1, $2, $3)
             ON CONFLICT (listing_id) DO UPDATE SET scheme = excluded.scheme, profile = excluded.profile",
        )
        .bind(listing.0)
        .bind(what.scheme)
        .bind(what.profile)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// The events of the listings that stand in the most telling of these buckets, in order of id. A bucket tells the more the fewer stand in it.
    pub async fn near(&mut self, buckets: &[Bucket], not: ListingId, nearest: Nearest) -> Result<Vec<EventId>> {
        near(&mut self.tx, buckets, not, nearest).await
    }

    /// The events of these listings; those that are in none are left out.
    pub async fn events_of(&mut self, listings: &[ListingId]) -> Result<Vec<EventId>> {
        if listings.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = QueryBuilder::<Db>::new("SELECT DISTINCT event_id FROM event_listing WHERE listing_id IN (");
        push_ids(&mut sql, listings.iter().map(|l| l.0));
        let ids: Vec<Uuid> = sql.push(")").build_query_scalar().fetch_all(&mut *self.tx).await?;
        Ok(ids.into_iter().map(Into::into).collect())
    }

    /// Every listing of these events, in order of event and listing.
    pub async fn members(&mut self, events: &[EventId]) -> Result<Vec<Member>> {
        let mut out = Vec::new();
        for chunk in events.chunks(event::CHUNK) {
            let mut sql = QueryBuilder::<Db>::new(
                "SELECT el.event_id, el.listing_id, p.profile FROM event_listing el JOIN listing_profile p ON p.listing_id = el.listing_id
                 WHERE el.event_id IN (",
            );
            push_ids(&mut sql, chunk.iter().map(|e| e.0));
            let rows: Vec<(Uuid, Uuid, String)> = sql.push(") ORDER BY el.event_id, el.listing_id").build_query_as().fetch_all(&mut *self.tx).await?;
            out.extend(rows.into_iter().map(|(event, listing, profile)| Member { event: event.into(), listing: listing.into(), profile }));
        }
        Ok(out)
    }

    /// As [`Store::pair_decisions`].
    pub async fn pair_decisions(&mut self, listings: &[ListingId]) -> Result<Vec<(ListingId, ListingId, bool)>> {
        event::pair_decisions(&mut self.tx, listings).await
    }

    /// The provider of this name, made if need be.
    pub async fn provider_named(&mut self, name: &str, now: DateTime<Utc>) -> Result<ProviderId> {
        source::provider_named(&mut self.tx, name, now).await
    }

    /// Makes an event that one listing founds.
    pub async fn found(&mut self, content: &EventContent, founder: &Listing, now: DateTime<Utc>) -> Result<EventId> {
        let id: EventId = new_id();
        insert_event(&mut self.tx, id, content, now).await?;
        put_listing(&mut self.tx, founder.id, id, None, Some(founder.revision), now).await?;
        Ok(id)
    }

    /// Puts a listing to an event, taking it from wherever it was.
    pub async fn join(&mut self, listing: ListingId, event: EventId, joined: &Joined, now: DateTime<Utc>) -> Result<()> {
        put_listing(&mut self.tx, listing, event, Some(joined), None, now).await
    }

    /// Moves an event's listings to another and leaves it behind as merged: its row stays and says where it went, so that the merge can be undone.
    pub async fn merge(&mut self, from: EventId, into: EventId, listings: &[(ListingId, Joined)], now: DateTime<Utc>) -> Result<()> {
        move_all(&mut self.tx, from, into, listings.iter().map(|(listing, joined)| (*listing, joined)), now).await
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}

async fn near(db: &mut Connection, buckets: &[Bucket], not: ListingId, nearest: Nearest) -> Result<Vec<EventId>> {
    if buckets.is_empty() {
        return Ok(Vec::new());
    }
    // One statement, and the sorting out done where the rows are: bearers by the hundred are not worth carrying over.
    let mut sql = QueryBuilder::<Db>::new("WITH bearer (bucket, listing_id) AS (");
    for (n, bucket) in (0_i64..).zip(buckets) {
        sql.push(if n == 0 { "SELECT " } else { " UNION ALL SELECT " }).push(n);
        sql.push(", listing_id FROM (SELECT listing_id FROM block_key WHERE key >= ").push_bind(bucket.at);
        sql.push(" AND key <= ").push_bind(bucket.last).push(" ORDER BY key LIMIT ").push_bind(nearest.each_way);
        sql.push(") AS above UNION ALL SELECT ").push(n);
        sql.push(", listing_id FROM (SELECT listing_id FROM block_key WHERE key < ").push_bind(bucket.at);
        sql.push(" AND key >= ").push_bind(bucket.first).push(" ORDER BY key DESC LIMIT ").push_bind(nearest.each_way).push(") AS below");
    }
    sql.push("), crowd (bucket, bearers) AS (SELECT bucket, COUNT(*) FROM bearer GROUP BY bucket) ");
    sql.push("SELECT DISTINCT el.event_id FROM (SELECT b.listing_id, SUM(1.0 / c.bearers) AS telling ");
    sql.push("FROM bearer b JOIN crowd c ON c.bucket = b.bucket WHERE b.listing_id <> ").push_bind(not.0);
    sql.push(" GROUP BY b.listing_id ORDER BY telling DESC, b.listing_id LIMIT ").push_bind(nearest.most);
    sql.push(") AS nearest JOIN event_listing el ON el.listing_id = nearest.listing_id ORDER BY el.event_id");
    let ids: Vec<Uuid> = sql.build_query_scalar().fetch_all(db).await?;
    Ok(ids.into_iter().map(Into::into).collect())
}
