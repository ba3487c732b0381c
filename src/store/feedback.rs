//! What came back, as rows: each statement once, found by delivery, by person or by the hash of an address.
//!
//! Decides nothing; what a report proves and leads to is `feedback::record`'s.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, SqliteConnection, types::Uuid};

use super::{Result, Store, new_id, word};
use crate::domain::{
    BounceClass, BulletinId, DeliveryId, EmailHash, FeedbackOutcome, LeavingReason, OrganisationId, Report, ReportKind, SubscriberId,
};

/// Rows that belong to nobody here are kept for so long, and so many: anybody can send us mail.
const UNPROVEN_FOR: TimeDelta = TimeDelta::days(90);
const MOST_UNPROVEN: i64 = 5_000;

/// A delivery that a report may be about.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Known {
    #[sqlx(try_from = "Uuid")]
    pub delivery: DeliveryId,
    #[sqlx(try_from = "Uuid")]
    pub bulletin: BulletinId,
    #[sqlx(try_from = "Uuid")]
    pub organisation: OrganisationId,
    subscriber_id: Option<Uuid>,
    /// As it was sent; empty after erasure.
    pub email: String,
}

impl Known {
    /// `None` after the person was erased.
    #[must_use]
    pub fn subscriber(&self) -> Option<SubscriberId> {
        self.subscriber_id.map(Into::into)
    }
}

/// A statement to write down.
#[derive(Debug, Clone)]
pub struct NewFeedback<'a> {
    pub digest: &'a str,
    pub organisation: Option<OrganisationId>,
    pub delivery: Option<DeliveryId>,
    pub subscriber: Option<SubscriberId>,
    pub report: &'a Report,
    pub hash: Option<&'a EmailHash>,
    pub outcome: FeedbackOutcome,
    pub why: &'a str,
    pub happened_at: DateTime<Utc>,
}

/// A statement as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Feedback {
    pub id: String,
    pub kind: ReportKind,
    pub class: Option<BounceClass>,
    pub status: Option<String>,
    pub words: String,
    pub said_by: String,
    pub recipient: String,
    pub outcome: FeedbackOutcome,
    pub why: String,
    pub happened_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    class: Option<String>,
    status: Option<String>,
    words: String,
    said_by: String,
    recipient: String,
    outcome: String,
    why: String,
    happened_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
}

impl TryFrom<Row> for Feedback {
    type Error = super::StoreError;

    fn try_from(r: Row) -> Result<Self> {
        Ok(Self {
            id: r.id.to_string(),
            kind: word("feedback", r.id, &r.kind)?,
            class: r.class.map(|c| word("feedback", r.id, &c)).transpose()?,
            status: r.status,
            words: r.words,
            said_by: r.said_by,
            recipient: r.recipient,
            outcome: word("feedback", r.id, &r.outcome)?,
            why: r.why,
            happened_at: r.happened_at,
            recorded_at: r.recorded_at,
        })
    }
}

const KNOWN: &str = "SELECT d.id AS delivery, e.bulletin_id AS bulletin, b.organisation_id AS organisation, d.subscriber_id, d.email
     FROM delivery d JOIN edition e ON e.id = d.edition_id JOIN bulletin b ON b.id = e.bulletin_id";
const LISTED: &str = "SELECT id, kind, class, status, words, said_by, recipient, outcome, why, happened_at, recorded_at FROM feedback";

impl Store {
    pub async fn delivery_by_id(&self, id: DeliveryId) -> Result<Option<Known>> {
        let sql = format!("{KNOWN} WHERE d.id = $1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(self.read()).await?)
    }

    /// The delivery with this Message-ID, without brackets.
    pub async fn delivery_by_message_id(&self, message_id: &str) -> Result<Option<Known>> {
        let sql = format!("{KNOWN} WHERE d.message_id = $1 ORDER BY d.id LIMIT 1");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(message_id).fetch_optional(self.read()).await?)
    }

    /// Mails that a server refused, or put off until it was too late, since then, and that no statement speaks of yet: the delivery and the
    /// server's words.
    pub async fn refusals_to_count(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<(DeliveryId, String)>> {
        let rows: Vec<(Uuid, String)> = sqlx::query_as(
            "SELECT d.id, d.server_reply FROM delivery d
             WHERE d.state = 'failed' AND d.finished_at > $1 AND d.subscriber_id IS NOT NULL
               AND (d.server_reply LIKE '4%' OR d.server_reply LIKE '5%' OR d.server_reply LIKE '%; the last answer: %')
               AND NOT EXISTS (SELECT 1 FROM feedback f WHERE f.delivery_id = d.id AND f.kind = 'bounce') ORDER BY d.finished_at LIMIT $2",
        )
        .bind(since)
        .bind(i64::from(limit))
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(id, said)| (id.into(), said)).collect())
    }

    /// Where an address is on lists, in any organisation: person, organisation and list.
    pub async fn lists_of_address(&self, email_key: &str) -> Result<Vec<(SubscriberId, OrganisationId, BulletinId)>> {
        let rows: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
            "SELECT p.id, p.organisation_id, s.bulletin_id FROM subscriber p JOIN subscription s ON s.subscriber_id = p.id
             WHERE p.email_key = $1 AND s.state IN ('active', 'pending') ORDER BY p.id, s.bulletin_id",
        )
        .bind(email_key)
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(person, org, list)| (person.into(), org.into(), list.into())).collect())
    }

    /// Statements, the newest first: all, or those that a person should read and nobody has.
    pub async fn feedback(&self, only_open: bool, limit: u32) -> Result<Vec<Feedback>> {
        let open = if only_open { " WHERE outcome IN ('unproven', 'for_a_person') AND looked_at IS NULL" } else { "" };
        let sql = format!("{LISTED}{open} ORDER BY recorded_at DESC, id DESC LIMIT $1");
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(i64::from(limit)).fetch_all(self.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Everything that came back about a person, oldest first: for answering "what do you hold on me?".
    pub async fn feedback_about(&self, id: SubscriberId) -> Result<Vec<Feedback>> {
        let sql = format!("{LISTED} WHERE subscriber_id = $1 ORDER BY recorded_at, id");
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_all(self.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// How many statements had which outcome.
    pub async fn feedback_counts(&self) -> Result<Vec<(ReportKind, FeedbackOutcome, u64)>> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT kind, outcome, COUNT(*) FROM feedback GROUP BY kind, outcome ORDER BY kind, outcome")
                .fetch_all(self.read())
                .await?;
        rows.into_iter()
            .map(|(kind, outcome, n)| Ok((word("feedback", "counts", &kind)?, word("feedback", "counts", &outcome)?, n.unsigned_abs())))
            .collect()
    }

    /// Marks what waits for a person as dealt with.
    pub async fn feedback_looked_at(&self, now: DateTime<Utc>) -> Result<u64> {
        let done = sqlx::query("UPDATE feedback SET looked_at = $1 WHERE outcome IN ('unproven', 'for_a_person') AND looked_at IS NULL");
        Ok(done.bind(now).execute(self.write()).await?.rows_affected())
    }

    /// Lets go of what proved to be about nobody here and is old, or too much.
    pub async fn prune_feedback(&self, now: DateTime<Utc>) -> Result<u64> {
        let done = sqlx::query(
            "DELETE FROM feedback WHERE organisation_id IS NULL AND (recorded_at < $1
                 OR id IN (SELECT id FROM feedback WHERE organisation_id IS NULL ORDER BY recorded_at DESC, id DESC LIMIT 1000000 OFFSET $2))",
        );
        Ok(done.bind(now - UNPROVEN_FOR).bind(MOST_UNPROVEN).execute(self.write()).await?.rows_affected())
    }

    /// Why a person left, in the order of time: list, reason, words.
    pub async fn leavings(&self, id: SubscriberId) -> Result<Vec<(BulletinId, LeavingReason, String, DateTime<Utc>)>> {
        let rows: Vec<(Uuid, String, String, DateTime<Utc>)> =
            sqlx::query_as("SELECT bulletin_id, reason, words, at FROM leaving WHERE subscriber_id = $1 ORDER BY at, bulletin_id")
                .bind(id.0)
                .fetch_all(self.read())
                .await?;
        rows.into_iter().map(|(list, reason, words, at)| Ok((list.into(), word("leaving", id, &reason)?, words, at))).collect()
    }
}

/// Writes a statement down; false when it was there already, and then nothing must follow from it.
pub(crate) async fn add(db: &mut SqliteConnection, new: &NewFeedback<'_>, now: DateTime<Utc>) -> Result<bool> {
    let r = new.report;
    let recipient = r.clues.recipients.first().map_or("", |a| a.as_str());
    let done = sqlx::query(
        "INSERT INTO feedback (id, digest, organisation_id, delivery_id, subscriber_id, kind, class, status, words, said_by, recipient, email_hash,
             outcome, why, happened_at, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (digest) DO NOTHING",
    )
    .bind(new_id::<Uuid>())
    .bind(new.digest)
    .bind(new.organisation.map(|o| o.0))
    .bind(new.delivery.map(|d| d.0))
    .bind(new.subscriber.map(|s| s.0))
    .bind(r.kind.as_str())
    .bind(r.class.map(BounceClass::as_str))
    .bind(r.status.map(|s| s.to_string()))
    .bind(&r.words)
    .bind(&r.by)
    .bind(recipient)
    .bind(new.hash.map(|h| h.0.as_str()))
    .bind(new.outcome.as_str())
    .bind(new.why)
    .bind(new.happened_at)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The bounces of a person: delivery, class, and when.
pub(crate) async fn bounces(db: &mut SqliteConnection, id: SubscriberId) -> Result<Vec<(DeliveryId, BounceClass, DateTime<Utc>)>> {
    let rows: Vec<(Uuid, String, DateTime<Utc>)> = sqlx::query_as(
        "SELECT delivery_id, class, happened_at FROM feedback WHERE subscriber_id = $1 AND kind = 'bounce' AND class IS NOT NULL AND delivery_id IS NOT NULL",
    )
    .bind(id.0)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|(delivery, class, at)| Ok((delivery.into(), word("feedback", id, &class)?, at))).collect()
}

/// Takes out of the rows about a person, and out of the reason of a suppression, what tells who it was.
pub(crate) async fn erase(db: &mut SqliteConnection, id: Option<SubscriberId>, hash: &EmailHash) -> Result<()> {
    sqlx::query("UPDATE feedback SET words = '', recipient = '', why = '' WHERE subscriber_id = $1 OR email_hash = $2")
        .bind(id.map(|i| i.0))
        .bind(&hash.0)
        .execute(&mut *db)
        .await?;
    sqlx::query("UPDATE suppression SET detail = '' WHERE email_hash = $1").bind(&hash.0).execute(db).await?;
    Ok(())
}

/// Why a person leaves a list: the newest word stands.
pub(crate) async fn leave(
    db: &mut SqliteConnection,
    id: SubscriberId,
    bulletin: BulletinId,
    reason: LeavingReason,
    words: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO leaving (subscriber_id, bulletin_id, reason, words, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (subscriber_id, bulletin_id) DO UPDATE SET reason = excluded.reason, words = excluded.words, at = excluded.at",
    )
    .bind(id.0)
    .bind(bulletin.0)
    .bind(reason.as_str())
    .bind(words)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}
