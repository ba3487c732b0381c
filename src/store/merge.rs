//! Merging and splitting events at an editor's word, so that it can be taken back: nothing is deleted, every listing remembers the event that it
//! was taken from, and what was said stands in `decision` (invariant 3).

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{
    Connection, Db, Result, Store, StoreError,
    event::{EventContent, Joined, Verb},
    event_write::{insert_event, put_listing, write_decision},
    listing::push_ids,
    new_id,
};
use crate::domain::{EventId, ListingId, OrganisationId};

/// Who decides, and when.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    pub organisation: OrganisationId,
    /// As signed in.
    pub by: &'a str,
    pub at: DateTime<Utc>,
}

impl Store {
    /// Merges an event into another because an editor says that they are the same. The caller builds `into` anew.
    pub async fn merge_by_word(&self, from: EventId, into: EventId, word: Word<'_>) -> Result<()> {
        if from == into {
            return Err(StoreError::Refused("an event cannot be merged into itself".to_owned()));
        }
        let mut tx = self.begin().await?;
        let (theirs, ours) = (standing(&mut tx, from).await?, standing(&mut tx, into).await?);
        let joined = Joined { score: 1.0, because: "{\"editor\":1}".to_owned() };
        for listing in &theirs {
            for other in &ours {
                write_decision(&mut tx, word.organisation, Verb::Same, None, Some((*listing, *other)), word.by, word.at).await?;
            }
        }
        move_all(&mut tx, from, into, theirs.iter().map(|l| (*l, &joined)), word.at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes listings out of an event because an editor says that they are about another. Listings that all came with one merge go back to the event
    /// they were in; others found one with the given content. Says which; the caller builds both anew.
    pub async fn split_by_word(&self, event: EventId, listings: &[ListingId], content: &EventContent, word: Word<'_>) -> Result<EventId> {
        let mut tx = self.begin().await?;
        let members = standing(&mut tx, event).await?;
        let (leave, stay): (Vec<ListingId>, Vec<ListingId>) = members.into_iter().partition(|l| listings.contains(l));
        if leave.is_empty() || leave.len() < listings.len() || stay.is_empty() {
            return Err(StoreError::Refused(format!("name some, and not all, of the listings of event {event}")));
        }
        let apart = if let Some(former) = former(&mut tx, event, &leave).await? {
            sqlx::query("UPDATE event SET merged_into = NULL WHERE id = $1").bind(former.0).execute(&mut *tx).await?;
            former
        } else {
            let id = new_id();
            insert_event(&mut tx, id, content, word.at).await?;
            id
        };
        for listing in &leave {
            for other in &stay {
                write_decision(&mut tx, word.organisation, Verb::NotSame, None, Some((*listing, *other)), word.by, word.at).await?;
            }
            put_listing(&mut tx, *listing, apart, None, None, word.at).await?;
        }
        // The rest has to be built again as well: from fewer listings.
        sqlx::query("UPDATE event_listing SET built_from = NULL WHERE event_id = $1").bind(event.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(apart)
    }

    /// Takes back what was said of a pair of listings, whoever said it last: scores count again. What was joined or parted meanwhile stays.
    pub async fn undo_pair_decision(&self, pair: (ListingId, ListingId), word: Word<'_>) -> Result<()> {
        sqlx::query(
            "UPDATE decision SET undone_at = $4 WHERE organisation_id = $1 AND verb IN ('same', 'not_same') AND undone_at IS NULL
             AND ((listing_a = $2 AND listing_b = $3) OR (listing_a = $3 AND listing_b = $2))",
        )
        .bind(word.organisation.0)
        .bind(pair.0.0)
        .bind(pair.1.0)
        .bind(word.at)
        .execute(self.write())
        .await?;
        Ok(())
    }
}

/// The listings of an event that is there and not merged.
async fn standing(db: &mut Connection, event: EventId) -> Result<Vec<ListingId>> {
    let merged: Option<Option<Uuid>> =
        sqlx::query_scalar("SELECT merged_into FROM event WHERE id = $1").bind(event.0).fetch_optional(&mut *db).await?;
    match merged {
        None => return Err(StoreError::not_found("event", event)),
        Some(Some(into)) => return Err(StoreError::Refused(format!("event {event} was merged into {into}; name that one"))),
        Some(None) => {}
    }
    let ids: Vec<Uuid> =
        sqlx::query_scalar("SELECT listing_id FROM event_listing WHERE event_id = $1 ORDER BY listing_id").bind(event.0).fetch_all(db).await?;
    Ok(ids.into_iter().map(Into::into).collect())
}

/// The one merged event that all of these came from.
async fn former(db: &mut Connection, event: EventId, listings: &[ListingId]) -> Result<Option<EventId>> {
    let mut sql = QueryBuilder::<Db>::new("SELECT DISTINCT el.came_from FROM event_listing el WHERE el.listing_id IN (");
    push_ids(&mut sql, listings.iter().map(|l| l.0));
    let from: Vec<Option<Uuid>> = sql.push(")").build_query_scalar().fetch_all(&mut *db).await?;
    let [Some(only)] = from.as_slice() else { return Ok(None) };
    let merged: Option<Uuid> =
        sqlx::query_scalar("SELECT id FROM event WHERE id = $1 AND merged_into = $2").bind(only).bind(event.0).fetch_optional(db).await?;
    Ok(merged.map(Into::into))
}

/// Moves listings to an event and leaves the one they were in behind as merged.
pub(super) async fn move_all<'a>(
    db: &mut Connection,
    from: EventId,
    into: EventId,
    listings: impl Iterator<Item = (ListingId, &'a Joined)>,
    now: DateTime<Utc>,
) -> Result<()> {
    for (listing, joined) in listings {
        put_listing(db, listing, into, Some(joined), None, now).await?;
        sqlx::query("UPDATE event_listing SET came_from = $2 WHERE listing_id = $1").bind(listing.0).bind(from.0).execute(&mut *db).await?;
    }
    sqlx::query("UPDATE event SET merged_into = $2 WHERE id = $1").bind(from.0).bind(into.0).execute(db).await?;
    Ok(())
}
