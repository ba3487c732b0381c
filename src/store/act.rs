//! An editor's act: everything that is said at once, in one transaction, with what it found, so that it can be taken back whole (invariant 3).
//!
//! Nothing is deleted: what was taken back stays, with who took it back and when.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Transaction};
use uuid::Uuid;

use super::{Connection, Db, Result, Store, StoreError, event::EventChange, event_write::write_change, new_id, word};
use crate::domain::{EventId, ListingId, OrganisationId, PERHAPS_THE_SAME, Verb, perhaps_the_same};

/// Who decides, when, and why.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    pub organisation: OrganisationId,
    /// As signed in.
    pub by: &'a str,
    pub at: DateTime<Utc>,
    /// In the editor's words.
    pub note: Option<&'a str>,
}

/// What was taken back, and the events that are to be built anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    pub verb: Verb,
    pub by_whom: String,
    pub at: DateTime<Utc>,
    pub rebuild: Vec<EventId>,
}

/// One row of a decision, besides who and when.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line<'a> {
    pub event: Option<EventId>,
    pub pair: Option<(ListingId, ListingId)>,
    pub field: Option<&'a str>,
    pub value: Option<&'a str>,
}

/// An act that is being performed. Dropped without [`Act::commit`] it was none.
pub(super) struct Act<'a> {
    pub tx: Transaction<'static, Db>,
    id: Uuid,
    word: Word<'a>,
}

#[derive(FromRow)]
struct ActRow {
    act: Uuid,
    verb: String,
    by_whom: String,
    at: DateTime<Utc>,
    id: Uuid,
}

#[derive(FromRow)]
struct BeforeRow {
    event_id: Uuid,
    merged_into: Option<Uuid>,
    flag: Option<String>,
    doubt: Option<String>,
    withdrawn_at: Option<DateTime<Utc>>,
}

impl<'a> Act<'a> {
    pub async fn begin(store: &Store, word: Word<'a>) -> Result<Self> {
        Ok(Self { tx: store.begin().await?, id: new_id(), word })
    }

    /// As [`Act::mark`], for what the event is built from: it has to be built anew. Its listings.
    pub async fn touch(&mut self, event: EventId) -> Result<Vec<ListingId>> {
        let listings = self.mark(event).await?;
        build_anew(&mut self.tx, event).await?;
        Ok(listings)
    }

    /// Takes an event into the act: what it is now is written down. It must be there and not be merged. Its listings.
    pub async fn mark(&mut self, event: EventId) -> Result<Vec<ListingId>> {
        let listings = standing(&mut self.tx, event).await?;
        sqlx::query(
            "INSERT INTO act_event (act, event_id, merged_into, flag, doubt, withdrawn_at)
             SELECT $1, id, merged_into, flag, doubt, withdrawn_at FROM event WHERE id = $2",
        )
        .bind(self.id)
        .bind(event.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(listings)
    }

    /// Takes a merged event into the act, which brings it back.
    pub async fn touch_merged(&mut self, event: EventId, into: EventId) -> Result<()> {
        sqlx::query("INSERT INTO act_event (act, event_id, merged_into) VALUES ($1, $2, $3)")
            .bind(self.id)
            .bind(event.0)
            .bind(into.0)
            .execute(&mut *self.tx)
            .await?;
        build_anew(&mut self.tx, event).await
    }

    /// Writes down where a listing hangs before it is moved.
    pub async fn remember(&mut self, listing: ListingId) -> Result<()> {
        sqlx::query(
            "INSERT INTO act_listing (act, listing_id, event_id, joined_at, score, because, came_from)
             SELECT $1, listing_id, event_id, joined_at, score, because, came_from FROM event_listing WHERE listing_id = $2",
        )
        .bind(self.id)
        .bind(listing.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Writes one line of what is said. Pairs are kept in both directions, so that either listing finds them.
    pub async fn say(&mut self, verb: Verb, line: Line<'_>) -> Result<()> {
        let directions = match line.pair {
            Some((a, b)) => vec![(Some(a.0), Some(b.0)), (Some(b.0), Some(a.0))],
            None => vec![(None, None)],
        };
        for (a, b) in directions {
            sqlx::query(
                "INSERT INTO decision (id, organisation_id, verb, event_id, listing_a, listing_b, field, value, by_whom, at, act, note)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            )
            .bind(new_id::<Uuid>())
            .bind(self.word.organisation.0)
            .bind(verb.as_str())
            .bind(line.event.map(|e| e.0))
            .bind(a)
            .bind(b)
            .bind(line.field)
            .bind(line.value)
            .bind(self.word.by)
            .bind(self.word.at)
            .bind(self.id)
            .bind(self.word.note)
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }

    /// Every listing of the one and every listing of the other are, or are not, one event.
    pub async fn say_of_pairs(&mut self, verb: Verb, some: &[ListingId], others: &[ListingId]) -> Result<()> {
        for a in some {
            for b in others {
                self.say(verb, Line { pair: Some((*a, *b)), ..Line::default() }).await?;
            }
        }
        Ok(())
    }

    /// Takes back the question whether two events are one, in either direction: it was answered.
    pub async fn answer_perhaps(&mut self, a: EventId, b: EventId) -> Result<()> {
        for (event, other) in [(a, b), (b, a)] {
            let flag: Option<Option<String>> =
                sqlx::query_scalar("SELECT flag FROM event WHERE id = $1").bind(event.0).fetch_optional(&mut *self.tx).await?;
            let Some(named) = flag.flatten().as_deref().and_then(perhaps_the_same) else { continue };
            if stands_as(&mut self.tx, named).await? == other {
                sqlx::query("UPDATE event SET flag = NULL WHERE id = $1").bind(event.0).execute(&mut *self.tx).await?;
            }
        }
        Ok(())
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}

impl Store {
    /// Takes back the last act about an event that was not taken back yet. Refuses one whose events were merged or split again since: the later is
    /// to be undone first.
    pub async fn undo(&self, event: EventId, word: Word<'_>) -> Result<Undone> {
        let mut tx = self.begin().await?;
        let Some(act) = last_act(&mut tx, event, word.organisation).await? else {
            return Err(StoreError::Refused(format!("nothing that was decided about event {event} still stands; there is nothing to undo")));
        };
        let verb = word_of(&act)?;
        if matches!(verb, Verb::Merge | Verb::Split) {
            refuse_if_moved_since(&mut tx, &act).await?;
        }
        let mut touched = put_back(&mut tx, act.act, verb).await?;
        touched.extend(move_back(&mut tx, act.act).await?);
        sqlx::query("UPDATE decision SET undone_at = $2, undone_by = $3 WHERE act = $1")
            .bind(act.act)
            .bind(word.at)
            .bind(word.by)
            .execute(&mut *tx)
            .await?;
        touched.sort();
        touched.dedup();
        if matches!(verb, Verb::Approve | Verb::Reject) {
            // Nothing is built from these.
            touched.clear();
        }
        let mut rebuild = Vec::with_capacity(touched.len());
        for event in touched {
            if verb == Verb::Withdraw {
                write_change(&mut tx, event, &EventChange::withdrawn(false), word.at).await?;
            }
            build_anew(&mut tx, event).await?;
            if stands_as(&mut tx, event).await? == event {
                rebuild.push(event);
            }
        }
        tx.commit().await?;
        Ok(Undone { verb, by_whom: act.by_whom, at: act.at, rebuild })
    }
}

fn word_of(act: &ActRow) -> Result<Verb> {
    word("decision", act.id, &act.verb)
}

/// The first line of an act names it: what follows says the same of pairs or fields.
async fn last_act(db: &mut Connection, event: EventId, organisation: OrganisationId) -> Result<Option<ActRow>> {
    let last: Option<Uuid> = sqlx::query_scalar(
        "SELECT d.act FROM act_event ae JOIN decision d ON d.act = ae.act
         WHERE ae.event_id = $1 AND d.organisation_id = $2 AND d.undone_at IS NULL ORDER BY d.at DESC, d.id DESC LIMIT 1",
    )
    .bind(event.0)
    .bind(organisation.0)
    .fetch_optional(&mut *db)
    .await?;
    let Some(act) = last else { return Ok(None) };
    Ok(sqlx::query_as("SELECT act, verb, by_whom, at, id FROM decision WHERE act = $1 ORDER BY id LIMIT 1").bind(act).fetch_optional(db).await?)
}

/// Listings that were moved again since cannot be put back behind the later act's back.
async fn refuse_if_moved_since(db: &mut Connection, act: &ActRow) -> Result<()> {
    let later: Option<(String, Uuid)> = sqlx::query_as(
        "SELECT d.verb, theirs.event_id FROM act_event mine JOIN act_event theirs ON theirs.event_id = mine.event_id AND theirs.act <> mine.act
         JOIN decision d ON d.act = theirs.act
         WHERE mine.act = $1 AND d.undone_at IS NULL AND d.verb IN ('merge', 'split') AND (d.at > $2 OR (d.at = $2 AND d.id > $3)) LIMIT 1",
    )
    .bind(act.act)
    .bind(act.at)
    .bind(act.id)
    .fetch_optional(db)
    .await?;
    match later {
        Some((verb, event)) => {
            Err(StoreError::Refused(format!("a later {verb} concerns event {event} as well; undo that first: gleaner event undo {event}")))
        }
        None => Ok(()),
    }
}

/// Puts back of each event what the verb changed. Says which events those are.
async fn put_back(db: &mut Connection, act: Uuid, verb: Verb) -> Result<Vec<EventId>> {
    let before: Vec<BeforeRow> =
        sqlx::query_as("SELECT event_id, merged_into, flag, doubt, withdrawn_at FROM act_event WHERE act = $1").bind(act).fetch_all(&mut *db).await?;
    for event in &before {
        let asks = event.flag.as_deref().filter(|f| f.starts_with(PERHAPS_THE_SAME));
        match verb {
            Verb::Merge | Verb::Split => {
                let sql = "UPDATE event SET merged_into = $2, flag = COALESCE($3, flag) WHERE id = $1";
                sqlx::query(sql).bind(event.event_id).bind(event.merged_into).bind(asks).execute(&mut *db).await?;
            }
            Verb::NotSame => {
                let sql = "UPDATE event SET flag = COALESCE($2, flag) WHERE id = $1";
                sqlx::query(sql).bind(event.event_id).bind(asks).execute(&mut *db).await?;
            }
            Verb::Withdraw | Verb::Keep => {
                let sql = "UPDATE event SET doubt = $2, withdrawn_at = $3 WHERE id = $1";
                sqlx::query(sql).bind(event.event_id).bind(&event.doubt).bind(event.withdrawn_at).execute(&mut *db).await?;
            }
            Verb::Approve | Verb::Reject | Verb::Same | Verb::Edit | Verb::Unlock | Verb::Correct => {}
        }
    }
    Ok(before.into_iter().map(|e| e.event_id.into()).collect())
}

/// Hangs every listing where it hung. Says from which events they were taken.
async fn move_back(db: &mut Connection, act: Uuid) -> Result<Vec<EventId>> {
    let from: Vec<Uuid> = sqlx::query_scalar(
        "SELECT DISTINCT el.event_id FROM act_listing al JOIN event_listing el ON el.listing_id = al.listing_id WHERE al.act = $1",
    )
    .bind(act)
    .fetch_all(&mut *db)
    .await?;
    sqlx::query(
        "INSERT INTO event_listing (listing_id, event_id, joined_at, score, because, came_from)
         SELECT listing_id, event_id, joined_at, score, because, came_from FROM act_listing WHERE act = $1
         ON CONFLICT (listing_id) DO UPDATE SET event_id = excluded.event_id, joined_at = excluded.joined_at, score = excluded.score,
             because = excluded.because, came_from = excluded.came_from, built_from = NULL",
    )
    .bind(act)
    .execute(db)
    .await?;
    Ok(from.into_iter().map(Into::into).collect())
}

/// What was built of the event before is no longer so: whoever is building it just now begins again.
pub(super) async fn build_anew(db: &mut Connection, event: EventId) -> Result<()> {
    sqlx::query("UPDATE event SET words = words + 1 WHERE id = $1").bind(event.0).execute(&mut *db).await?;
    sqlx::query("UPDATE event_listing SET built_from = NULL WHERE event_id = $1").bind(event.0).execute(db).await?;
    Ok(())
}

/// The listings of an event that is there and not merged.
pub(super) async fn standing(db: &mut Connection, event: EventId) -> Result<Vec<ListingId>> {
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

/// The event that this one was merged into, however many merges on; itself when it stands.
pub(super) async fn stands_as(db: &mut Connection, event: EventId) -> Result<EventId> {
    /// A chain of merges is short; one that is longer is a ring that was made from outside.
    const MOST: usize = 100;
    let mut at = event;
    for _ in 0..MOST {
        let into: Option<Option<Uuid>> =
            sqlx::query_scalar("SELECT merged_into FROM event WHERE id = $1").bind(at.0).fetch_optional(&mut *db).await?;
        match into.flatten() {
            Some(next) => at = next.into(),
            None => break,
        }
    }
    Ok(at)
}
