//! Editions and their items. Every change of state goes through `EditionState::step` and holds only if nobody was faster.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, QueryBuilder, SqliteConnection, types::Uuid};

use super::{Db, Result, Store, StoreError, new_id, word};
use crate::domain::{BulletinId, EditionId, EditionState, EventId, ItemId, ItemReason, SectionId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    pub id: EditionId,
    pub bulletin_id: BulletinId,
    pub number: u32,
    /// The civil day it was due; `None` for one drafted by hand.
    pub scheduled_for: Option<NaiveDate>,
    pub state: EditionState,
    pub subject: String,
    pub intro: String,
    /// "Now" for everything it says.
    pub as_of: DateTime<Utc>,
    pub drafted_at: DateTime<Utc>,
    pub approved_by: Option<String>,
    pub published_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub held_because: Option<String>,
    /// In order; empty in lists of editions.
    pub items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub id: ItemId,
    pub event_id: EventId,
    pub section_id: Option<SectionId>,
    /// An editor's pick goes to everyone, first.
    pub pick: bool,
    pub because: ItemReason,
    /// The editor's words; `None` for the event's own title.
    pub heading: Option<String>,
    pub blurb: Option<String>,
}

/// An edition to draft. Items get their ids here.
#[derive(Debug, Clone)]
pub struct NewEdition {
    pub bulletin_id: BulletinId,
    pub scheduled_for: Option<NaiveDate>,
    pub subject: String,
    pub intro: String,
    pub as_of: DateTime<Utc>,
    pub items: Vec<NewItem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    pub event_id: EventId,
    pub section_id: Option<SectionId>,
    pub pick: bool,
    pub because: ItemReason,
    pub heading: Option<String>,
    pub blurb: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    bulletin_id: Uuid,
    number: i64,
    scheduled_for: Option<String>,
    state: String,
    subject: String,
    intro: String,
    as_of: DateTime<Utc>,
    drafted_at: DateTime<Utc>,
    approved_by: Option<String>,
    published_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    held_because: Option<String>,
}

impl TryFrom<Row> for Edition {
    type Error = StoreError;
    fn try_from(r: Row) -> Result<Self> {
        let id = r.id;
        Ok(Self {
            id: id.into(),
            bulletin_id: r.bulletin_id.into(),
            number: u32::try_from(r.number).map_err(|_| StoreError::bad_row("edition", id, "a number out of range"))?,
            scheduled_for: r.scheduled_for.map(|d| word("edition", id, &d)).transpose()?,
            state: word("edition", id, &r.state)?,
            subject: r.subject,
            intro: r.intro,
            as_of: r.as_of,
            drafted_at: r.drafted_at,
            approved_by: r.approved_by,
            published_at: r.published_at,
            finished_at: r.finished_at,
            held_because: r.held_because,
            items: Vec::new(),
        })
    }
}

#[derive(FromRow)]
struct ItemRow {
    id: Uuid,
    event_id: Uuid,
    section_id: Option<Uuid>,
    pick: bool,
    because: String,
    heading: Option<String>,
    blurb: Option<String>,
}

/// 31 December 9999: later instants are stored in a form that does not sort.
fn end_of_time() -> DateTime<Utc> {
    DateTime::from_timestamp(253_402_300_799, 0).unwrap_or_default()
}

/// Alerts are numbered above it.
pub(crate) const LAST_NUMBER: i64 = 1_000_000;

const COLUMNS: &str = "SELECT id, bulletin_id, number, scheduled_for, state, subject, intro, as_of, drafted_at, approved_by, published_at, \
     finished_at, held_because FROM edition";

impl Store {
    /// Drafts an edition with the bulletin's next number. Refuses a second one for the same civil day (invariant 10).
    pub async fn draft_edition(&self, new: &NewEdition, now: DateTime<Utc>) -> Result<EditionId> {
        let mut tx = self.begin().await?;
        let id: EditionId = new_id();
        let done = sqlx::query(
            "INSERT INTO edition (id, bulletin_id, number, scheduled_for, state, subject, intro, as_of, drafted_at)
             VALUES ($1, $2, (SELECT COALESCE(MAX(number), 0) + 1 FROM edition WHERE bulletin_id = $2 AND number <= $8), $3, 'draft', $4, $5, $6, $7)",
        )
        .bind(id.0)
        .bind(new.bulletin_id.0)
        .bind(new.scheduled_for.map(|d| d.to_string()))
        .bind(&new.subject)
        .bind(&new.intro)
        .bind(new.as_of)
        .bind(now)
        .bind(LAST_NUMBER)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::from);
        if let (Err(e), Some(day)) = (&done, new.scheduled_for)
            && e.is_unique_violation()
        {
            return Err(StoreError::Refused(format!("there is an edition for {day} already; one civil day, one edition")));
        }
        done?;
        insert_items(&mut tx, id, &new.items).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The edition with its items.
    pub async fn edition(&self, id: EditionId) -> Result<Edition> {
        let mut db = self.read().acquire().await?;
        let mut edition = load(&mut db, id).await?;
        let rows: Vec<ItemRow> =
            sqlx::query_as("SELECT id, event_id, section_id, pick, because, heading, blurb FROM item WHERE edition_id = $1 ORDER BY position")
                .bind(id.0)
                .fetch_all(&mut *db)
                .await?;
        for r in rows {
            edition.items.push(Item {
                id: r.id.into(),
                event_id: r.event_id.into(),
                section_id: r.section_id.map(Into::into),
                pick: r.pick,
                because: word("item", r.id, &r.because)?,
                heading: r.heading,
                blurb: r.blurb,
            });
        }
        Ok(edition)
    }

    /// A bulletin's editions without their items, newest first.
    pub async fn editions(&self, bulletin: BulletinId) -> Result<Vec<Edition>> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE bulletin_id = $1 ORDER BY number DESC"));
        let rows: Vec<Row> = sqlx::query_as(sql).bind(bulletin.0).fetch_all(self.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Takes an edition from `from` to `to`. `by` is who approved; `why` is why it is held. Refuses a step that is not allowed
    /// or that somebody else was faster with.
    pub async fn step_edition(
        &self,
        id: EditionId,
        from: EditionState,
        to: EditionState,
        by: &str,
        why: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut db = self.write().acquire().await?;
        step(&mut db, id, from, to, by, why, now).await
    }

    /// Titles of the events in an approved edition that changed, in a way readers are to hear of, after somebody approved it.
    pub async fn changed_since_approval(&self, id: EditionId) -> Result<Vec<String>> {
        let titles = sqlx::query_scalar(
            "SELECT v.title FROM item i JOIN edition e ON e.id = i.edition_id JOIN event v ON v.id = i.event_id
             WHERE e.id = $1 AND e.state = 'approved' AND v.changed_at > e.approved_at ORDER BY i.position",
        )
        .bind(id.0)
        .fetch_all(self.read())
        .await?;
        Ok(titles)
    }

    /// Somebody looked again and approves an approved edition as it is now.
    pub async fn approve_again(&self, id: EditionId, by: &str, now: DateTime<Utc>) -> Result<()> {
        sqlx::query("UPDATE edition SET approved_at = $2, approved_by = $3 WHERE id = $1 AND state = 'approved'")
            .bind(id.0)
            .bind(now)
            .bind(by)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Replaces subject and intro while the edition is open.
    pub async fn set_edition_words(&self, id: EditionId, subject: &str, intro: &str) -> Result<()> {
        let done = sqlx::query("UPDATE edition SET subject = $1, intro = $2 WHERE id = $3 AND state IN ('draft', 'in_review')")
            .bind(subject)
            .bind(intro)
            .bind(id.0)
            .execute(self.write())
            .await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(closed(id)) }
    }

    /// Replaces the items while the edition is open.
    pub async fn set_items(&self, id: EditionId, items: &[NewItem]) -> Result<()> {
        let mut tx = self.begin().await?;
        if !load(&mut tx, id).await?.state.is_open() {
            return Err(closed(id));
        }
        sqlx::query("DELETE FROM item WHERE edition_id = $1").bind(id.0).execute(&mut *tx).await?;
        insert_items(&mut tx, id, items).await?;
        Ok(tx.commit().await?)
    }

    /// Whether an edition of the bulletin told of this event, merged since or not.
    pub async fn is_told(&self, bulletin: BulletinId, event: EventId) -> Result<bool> {
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM edition_content_event t JOIN edition_content c ON c.id = t.content_id
                 JOIN edition e ON e.id = c.edition_id JOIN event x ON x.id = t.event_id
                 WHERE (x.id = $2 OR x.merged_into = $2) AND e.bulletin_id = $1 AND e.state <> 'cancelled')",
        )
        .bind(bulletin.0)
        .bind(event.0)
        .fetch_one(self.read())
        .await?)
    }

    /// What the editions of a bulletin told of, and when last. Alerts do not count: few readers get them.
    pub async fn events_told(&self, bulletin: BulletinId) -> Result<HashMap<EventId, DateTime<Utc>>> {
        self.events_told_before(bulletin, end_of_time()).await
    }

    /// The same for the editions before an instant: what the readers of a later one had heard.
    pub async fn events_told_before(&self, bulletin: BulletinId, before: DateTime<Utc>) -> Result<HashMap<EventId, DateTime<Utc>>> {
        let rows: Vec<(Uuid, DateTime<Utc>)> = sqlx::query_as(
            // What was told of an event that was since merged was told of the one it went into.
            "SELECT COALESCE(x.merged_into, x.id), MAX(e.as_of) FROM edition_content_event t
             JOIN event x ON x.id = t.event_id JOIN edition_content c ON c.id = t.content_id JOIN edition e ON e.id = c.edition_id
             WHERE e.bulletin_id = $1 AND e.state <> 'cancelled' AND e.as_of < $2 AND e.number <= $3 GROUP BY COALESCE(x.merged_into, x.id)",
        )
        .bind(bulletin.0)
        .bind(before)
        .bind(LAST_NUMBER)
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(id, at)| (id.into(), at)).collect())
    }
}

fn closed(id: EditionId) -> StoreError {
    StoreError::Refused(format!("edition {id} is closed; only a draft or one in review can be changed"))
}

pub(crate) async fn load(db: &mut SqliteConnection, id: EditionId) -> Result<Edition> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
    let row: Option<Row> = sqlx::query_as(sql).bind(id.0).fetch_optional(db).await?;
    row.ok_or_else(|| StoreError::not_found("edition", id))?.try_into()
}

pub(crate) async fn insert_items(db: &mut SqliteConnection, id: EditionId, items: &[NewItem]) -> Result<()> {
    for (chunk, some) in items.chunks(1_000).enumerate() {
        let mut query = QueryBuilder::<Db>::new("INSERT INTO item (id, edition_id, event_id, section_id, position, pick, because, heading, blurb) ");
        let first = i64::try_from(chunk * 1_000).unwrap_or(i64::MAX);
        query.push_values((first..).zip(some), |mut row, (position, item)| {
            row.push_bind(new_id::<Uuid>())
                .push_bind(id.0)
                .push_bind(item.event_id.0)
                .push_bind(item.section_id.map(|s| s.0))
                .push_bind(position)
                .push_bind(item.pick)
                .push_bind(item.because.as_str())
                .push_bind(&item.heading)
                .push_bind(&item.blurb);
        });
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

pub(crate) async fn step(
    db: &mut SqliteConnection,
    id: EditionId,
    from: EditionState,
    to: EditionState,
    by: &str,
    why: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let to = from.step(to).map_err(|e| StoreError::Refused(e.to_string()))?;
    let approving = to == EditionState::Approved;
    let done = sqlx::query(
        "UPDATE edition SET state = $1, held_because = $2,
             approved_at = CASE WHEN $3 THEN $4 ELSE approved_at END, approved_by = CASE WHEN $3 THEN $5 ELSE approved_by END,
             published_at = CASE WHEN $6 AND published_at IS NULL THEN $4 ELSE published_at END,
             finished_at = CASE WHEN $7 THEN $4 ELSE finished_at END
         WHERE id = $8 AND state = $9",
    )
    .bind(to.as_str())
    .bind(why)
    .bind(approving)
    .bind(now)
    .bind(by)
    .bind(to == EditionState::Sending)
    .bind(matches!(to, EditionState::Sent | EditionState::Cancelled))
    .bind(id.0)
    .bind(from.as_str())
    .execute(db)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Refused(format!("edition {id} is no longer {from}; look at it again"))) }
}
