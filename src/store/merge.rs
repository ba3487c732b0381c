//! Merging and splitting events at an editor's word, so that it can be taken back: nothing is deleted, every listing remembers the event that it
//! was taken from, and what was said stands in `decision` (invariant 3).

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;

pub use super::act::Word;
use super::{
    Connection, Db, Result, Store, StoreError,
    act::{Act, Line},
    event::{EventContent, Joined},
    event_write::{insert_event, put_listing},
    listing::push_ids,
    new_id,
};
use crate::domain::{EventId, ListingId, Verb};

impl Store {
    /// Merges an event into another because an editor says that they are the same. The caller builds `into` anew.
    pub async fn merge_by_word(&self, from: EventId, into: EventId, word: Word<'_>) -> Result<()> {
        if from == into {
            return Err(StoreError::Refused("an event cannot be merged into itself".to_owned()));
        }
        let mut act = Act::begin(self, word).await?;
        let (theirs, ours) = (act.touch(from).await?, act.touch(into).await?);
        act.say(Verb::Merge, Line { event: Some(into), value: Some(&from.to_string()), ..Line::default() }).await?;
        act.say_of_pairs(Verb::Same, &theirs, &ours).await?;
        act.answer_perhaps(from, into).await?;
        for listing in &theirs {
            act.remember(*listing).await?;
        }
        let joined = Joined { score: 1.0, because: "{\"editor\":1}".to_owned() };
        move_all(&mut act.tx, from, into, theirs.iter().map(|l| (*l, &joined)), word.at).await?;
        act.commit().await
    }

    /// Takes listings out of an event because an editor says that they are about another. Listings that all came with one merge go back to the event
    /// they were in; others found one with the given content. Says which; the caller builds both anew.
    pub async fn split_by_word(&self, event: EventId, listings: &[ListingId], content: &EventContent, word: Word<'_>) -> Result<EventId> {
        let mut act = Act::begin(self, word).await?;
        let members = act.touch(event).await?;
        let (leave, stay): (Vec<ListingId>, Vec<ListingId>) = members.into_iter().partition(|l| listings.contains(l));
        if leave.is_empty() || leave.len() < listings.len() || stay.is_empty() {
            return Err(StoreError::Refused(format!("name some, and not all, of the listings of event {event}")));
        }
        let former = former(&mut act.tx, event, &leave).await?;
        let apart = former.unwrap_or_else(new_id);
        if former.is_none() {
            insert_event(&mut act.tx, apart, content, word.at).await?;
        }
        act.touch_merged(apart, event).await?;
        sqlx::query("UPDATE event SET merged_into = NULL WHERE id = $1").bind(apart.0).execute(&mut *act.tx).await?;
        act.say(Verb::Split, Line { event: Some(event), value: Some(&apart.to_string()), ..Line::default() }).await?;
        act.say_of_pairs(Verb::NotSame, &leave, &stay).await?;
        for listing in &leave {
            act.remember(*listing).await?;
            put_listing(&mut act.tx, *listing, apart, None, None, word.at).await?;
        }
        act.commit().await?;
        Ok(apart)
    }

    /// Writes down that two events are not one, and takes the question back whether they are.
    pub async fn tell_apart(&self, a: EventId, b: EventId, word: Word<'_>) -> Result<()> {
        if a == b {
            return Err(StoreError::Refused("an event is always the same as itself; name two".to_owned()));
        }
        let mut act = Act::begin(self, word).await?;
        let (some, others) = (act.touch(a).await?, act.touch(b).await?);
        act.say(Verb::NotSame, Line { event: Some(a), value: Some(&b.to_string()), ..Line::default() }).await?;
        act.say_of_pairs(Verb::NotSame, &some, &others).await?;
        act.answer_perhaps(a, b).await?;
        act.commit().await
    }
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
