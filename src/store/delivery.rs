//! Deliveries: one row per edition and subscriber, claimed by short lease, marked before the server hears of it, recorded after.
//!
//! The order of commits is what makes `kill -9` harmless; `docs/DELIVERY.md` tells it. Nothing here waits for the network.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder, SqliteConnection, types::Uuid};

use super::{Db, Result, Store, rate, word};
use crate::domain::{DeliveryId, DeliveryState, EditionId, EmailHash, Failure, RateLimit, SubscriberId, UncertainPolicy, WorkerId};

/// A row that was claimed and waits its turn.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Claimed {
    #[sqlx(try_from = "Uuid")]
    pub id: DeliveryId,
    /// `None` after the person was erased.
    pub subscriber_id: Option<Uuid>,
    pub content_id: Uuid,
    /// As frozen; checked when the message is built, so that a bad one fails alone.
    pub email: String,
    pub name: String,
    pub message_id: String,
    /// Times the server was asked before.
    pub attempts: i64,
    pub repeats: i64,
}

impl Claimed {
    #[must_use]
    pub fn subscriber(&self) -> Option<SubscriberId> {
        self.subscriber_id.map(Into::into)
    }
}

/// What became of a delivery this worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: DeliveryId,
    pub state: DeliveryState,
    /// The server's words, or ours.
    pub reply: String,
    /// When it may be tried again, for one that goes back to the queue.
    pub not_before: Option<DateTime<Utc>>,
    /// The attempt counts (the server was asked and answered, or may have the message).
    pub counts: bool,
    /// It is queued again although the server may have it.
    pub repeats: bool,
    /// What kind of refusal it was.
    pub failure: Option<Failure>,
}

/// A delivery that is about to be handed over.
#[derive(Debug, Clone)]
pub struct Mark {
    pub id: DeliveryId,
    pub hash: EmailHash,
    /// Which of the batch's limits it counts against.
    pub limits: Vec<usize>,
}

/// What the connections of a worker want committed together.
#[derive(Debug, Default)]
pub struct Batch {
    pub records: Vec<Record>,
    pub marks: Vec<Mark>,
    pub limits: Vec<RateLimit>,
}

/// What was committed.
#[derive(Debug, Default)]
pub struct Committed {
    /// May be handed over now; a mark that is missing here was skipped, or the lease is somebody else's.
    pub marked: Vec<DeliveryId>,
    /// Suppressed, unsubscribed or erased since publishing.
    pub skipped: u64,
    /// Not marked, because a limit is used up: which of the batch's, and when it lets the next through.
    pub later: Vec<(DeliveryId, usize, DateTime<Utc>)>,
}

/// How far an edition's deliveries are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Not final: waiting or under way.
    pub queued: u64,
    pub sent: u64,
    pub failed: u64,
    pub uncertain: u64,
    pub skipped: u64,
}

impl Counts {
    pub fn add(&mut self, state: DeliveryState, n: u64) {
        *self.slot(state) += n;
    }

    pub fn take(&mut self, state: DeliveryState, n: u64) {
        let slot = self.slot(state);
        *slot = slot.saturating_sub(n);
    }

    fn slot(&mut self, state: DeliveryState) -> &mut u64 {
        match state {
            DeliveryState::Queued | DeliveryState::HandingOver => &mut self.queued,
            DeliveryState::Sent => &mut self.sent,
            DeliveryState::Failed => &mut self.failed,
            DeliveryState::Uncertain => &mut self.uncertain,
            DeliveryState::Skipped => &mut self.skipped,
        }
    }
}

/// A delivery as the desk shows it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Doubtful {
    #[sqlx(try_from = "Uuid")]
    pub id: DeliveryId,
    pub email: String,
    pub message_id: String,
    pub handed_over_at: Option<DateTime<Utc>>,
    pub server_reply: Option<String>,
}

/// Who may not be written to although the row is queued: the condition that `mark` and `skip` share, over `delivery` and `v`.
const NOT_WELCOME: &str = "(EXISTS (SELECT 1 FROM suppression x WHERE x.email_hash = v.hash)
     OR NOT EXISTS (SELECT 1 FROM subscription s JOIN edition e ON e.bulletin_id = s.bulletin_id
         WHERE e.id = delivery.edition_id AND s.subscriber_id = delivery.subscriber_id AND s.state = 'active'))";

impl Store {
    /// Leases up to `limit` queued rows of an edition that is being sent. The outer conditions repeat the inner ones, so that two
    /// processes of an engine without one writer cannot both have a row.
    pub async fn claim(&self, edition: EditionId, worker: WorkerId, now: DateTime<Utc>, until: DateTime<Utc>, limit: u32) -> Result<Vec<Claimed>> {
        Ok(sqlx::query_as(
            "UPDATE delivery SET lease_owner = $1, lease_until = $2
             WHERE id IN (SELECT d.id FROM delivery d JOIN edition e ON e.id = d.edition_id
                 WHERE d.edition_id = $3 AND e.state = 'sending' AND d.state = 'queued' AND (d.not_before IS NULL OR d.not_before <= $4)
                   AND (d.lease_owner IS NULL OR d.lease_until < $4) LIMIT $5)
               AND state = 'queued' AND (lease_owner IS NULL OR lease_until < $4)
             RETURNING id, subscriber_id, content_id, email, name, message_id, attempts, repeats",
        )
        .bind(worker.0)
        .bind(until)
        .bind(edition.0)
        .bind(now)
        .bind(i64::from(limit))
        .fetch_all(self.write())
        .await?)
    }

    /// Commits outcomes and marks together: one wait for the disk, however many connections asked.
    pub async fn commit_deliveries(&self, worker: WorkerId, batch: &Batch, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Committed> {
        let mut tx = self.begin().await?;
        record(&mut tx, worker, &batch.records, now).await?;
        let (allowed, later) = rate::allowed(&mut tx, &batch.limits, &batch.marks, now).await?;
        let marked = mark(&mut tx, worker, &allowed, now, until).await?;
        // Nearly always all of them are welcome, and nothing more is asked.
        let unmarked: Vec<&Mark> = allowed.iter().copied().filter(|m| !marked.contains(&m.id)).collect();
        let skipped = skip(&mut tx, worker, &unmarked, now).await?;
        rate::use_up(&mut tx, &batch.limits, &allowed, &marked, now).await?;
        tx.commit().await?;
        Ok(Committed { marked, skipped, later })
    }

    /// Who holds rows of an edition, and until when the latest of their leases lasts.
    pub async fn lease_owners(&self, edition: EditionId) -> Result<Vec<(WorkerId, DateTime<Utc>)>> {
        let rows: Vec<(Uuid, DateTime<Utc>)> = sqlx::query_as(
            "SELECT lease_owner, MAX(lease_until) FROM delivery
             WHERE edition_id = $1 AND state IN ('queued', 'handing_over') AND lease_owner IS NOT NULL GROUP BY lease_owner",
        )
        .bind(edition.0)
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(id, until)| (id.into(), until)).collect())
    }

    /// Takes everything from a worker that is gone, whichever edition: what it had claimed is free, what it was handing over is uncertain.
    pub async fn bury(&self, worker: WorkerId) -> Result<u64> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE delivery SET state = 'uncertain', server_reply = 'the sending process ended before the answer was recorded', lease_owner = NULL,
                 lease_until = NULL WHERE lease_owner = $1 AND state = 'handing_over'",
        )
        .bind(worker.0)
        .execute(&mut *tx)
        .await?;
        sqlx::query("UPDATE delivery SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1").bind(worker.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// Decides about deliveries that a dead process left uncertain: queued again with the same Message-ID, or left for a person.
    /// Those whose answer was lost for good carry `finished_at` already and stay.
    pub async fn settle_uncertain(&self, edition: EditionId, policy: UncertainPolicy, now: DateTime<Utc>) -> Result<u64> {
        let sql = match policy {
            UncertainPolicy::ResendOnce => {
                "UPDATE delivery SET state = 'queued', repeats = repeats + 1, not_before = NULL
                 WHERE edition_id = $1 AND state = 'uncertain' AND finished_at IS NULL AND $2 = $2"
            }
            UncertainPolicy::Hold => "UPDATE delivery SET finished_at = $2 WHERE edition_id = $1 AND state = 'uncertain' AND finished_at IS NULL",
        };
        Ok(sqlx::query(sql).bind(edition.0).bind(now).execute(self.write()).await?.rows_affected())
    }

    /// Until when an edition's mails are tried: set when it is first asked, from the bulletin's own setting or `usual`. UTC.
    pub async fn deliver_by(&self, edition: EditionId, now: DateTime<Utc>, usual: chrono::TimeDelta) -> Result<DateTime<Utc>> {
        let minutes: Option<i64> =
            sqlx::query_scalar("SELECT b.deadline_minutes FROM edition e JOIN bulletin b ON b.id = e.bulletin_id WHERE e.id = $1")
                .bind(edition.0)
                .fetch_one(self.read())
                .await?;
        let until = now + minutes.map_or(usual, chrono::TimeDelta::minutes);
        Ok(sqlx::query_scalar("UPDATE edition SET deliver_by = COALESCE(deliver_by, $2) WHERE id = $1 RETURNING deliver_by")
            .bind(edition.0)
            .bind(until)
            .fetch_one(self.write())
            .await?)
    }

    /// A bulletin's own time for sending, in minutes; none: the usual one.
    pub async fn set_deadline(&self, bulletin: crate::domain::BulletinId, minutes: Option<i64>) -> Result<()> {
        sqlx::query("UPDATE bulletin SET deadline_minutes = $2 WHERE id = $1").bind(bulletin.0).bind(minutes).execute(self.write()).await?;
        Ok(())
    }

    /// What still waits after the deadline has failed; what is in somebody's hands is left to him.
    pub async fn expire(&self, edition: EditionId, now: DateTime<Utc>) -> Result<u64> {
        let done = sqlx::query(
            "UPDATE delivery SET state = 'failed', failure = 'too_late', finished_at = $2,
                 server_reply = 'deadline passed' || COALESCE('; the last answer: ' || server_reply, '')
             WHERE edition_id = $1 AND state = 'queued' AND lease_owner IS NULL
               AND EXISTS (SELECT 1 FROM edition e WHERE e.id = $1 AND e.state = 'sending' AND e.deliver_by <= $2)",
        )
        .bind(edition.0)
        .bind(now)
        .execute(self.write())
        .await?;
        Ok(done.rows_affected())
    }

    /// Gives back what a living worker has claimed and not begun.
    pub async fn release(&self, edition: EditionId, worker: WorkerId) -> Result<()> {
        sqlx::query("UPDATE delivery SET lease_owner = NULL, lease_until = NULL WHERE edition_id = $1 AND lease_owner = $2 AND state = 'queued'")
            .bind(edition.0)
            .bind(worker.0)
            .execute(self.write())
            .await?;
        Ok(())
    }

    pub async fn delivery_counts(&self, edition: EditionId) -> Result<Counts> {
        let rows: Vec<(String, i64)> = sqlx::query_as("SELECT state, COUNT(*) FROM delivery WHERE edition_id = $1 GROUP BY state")
            .bind(edition.0)
            .fetch_all(self.read())
            .await?;
        let mut counts = Counts::default();
        for (state, n) in rows {
            counts.add(word("delivery", edition, &state)?, n.unsigned_abs());
        }
        Ok(counts)
    }

    /// The next instant at which a row that is not final can be worked on: the end of its back-off or of somebody's lease.
    pub async fn next_due(&self, edition: EditionId) -> Result<Option<DateTime<Utc>>> {
        Ok(sqlx::query_scalar(
            "SELECT MIN(COALESCE(lease_until, not_before)) FROM delivery WHERE edition_id = $1 AND state IN ('queued', 'handing_over')",
        )
        .bind(edition.0)
        .fetch_one(self.read())
        .await?)
    }

    /// The Message-IDs of what the server is known to have taken.
    pub async fn sent_message_ids(&self, edition: EditionId) -> Result<Vec<String>> {
        let sql = "SELECT message_id FROM delivery WHERE edition_id = $1 AND state = 'sent'";
        Ok(sqlx::query_scalar(sql).bind(edition.0).fetch_all(self.read()).await?)
    }

    /// Deliveries of which nobody knows whether they arrived, for a person to look at.
    pub async fn uncertain_deliveries(&self, edition: EditionId) -> Result<Vec<Doubtful>> {
        Ok(sqlx::query_as(
            "SELECT id, email, message_id, handed_over_at, server_reply FROM delivery WHERE edition_id = $1 AND state = 'uncertain' ORDER BY id",
        )
        .bind(edition.0)
        .fetch_all(self.read())
        .await?)
    }

    /// The frozen contents with these ids: subject, HTML, plain text.
    pub async fn edition_contents(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, (String, String, String)>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut query = QueryBuilder::<Db>::new("SELECT id, subject, html, plain FROM edition_content WHERE id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id);
        }
        query.push(")");
        let rows: Vec<(Uuid, String, String, String)> = query.build_query_as().fetch_all(self.read()).await?;
        Ok(rows.into_iter().map(|(id, subject, html, plain)| (id, (subject, html, plain))).collect())
    }
}

/// Outcomes of rows that this worker holds. A row whose lease was taken over meanwhile is left to its new owner.
async fn record(db: &mut SqliteConnection, worker: WorkerId, records: &[Record], now: DateTime<Utc>) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Db>::new("WITH v (d, state, reply, not_before, finished_at, uncounted, repeated, failure) AS (");
    query.push_values(records, |mut row, r| {
        let finished = (r.state != DeliveryState::Queued).then_some(now);
        row.push_bind(r.id.0)
            .push_bind(r.state.as_str())
            .push_bind(&r.reply)
            .push_bind(r.not_before)
            .push_bind(finished)
            .push_bind(i64::from(!r.counts))
            .push_bind(i64::from(r.repeats))
            .push_bind(r.failure.map(Failure::as_str));
    });
    query.push(
        ") UPDATE delivery SET state = v.state, failure = v.failure, server_reply = v.reply, not_before = v.not_before, finished_at = v.finished_at,
             attempts = CASE WHEN delivery.state = 'handing_over' THEN attempts - v.uncounted ELSE attempts END, repeats = repeats + v.repeated,
             email = CASE WHEN subscriber_id IS NULL THEN '' ELSE email END, name = CASE WHEN subscriber_id IS NULL THEN '' ELSE name END,
             lease_owner = NULL, lease_until = NULL
         FROM v WHERE delivery.id = v.d AND delivery.state IN ('queued', 'handing_over') AND delivery.lease_owner = ",
    );
    query.push_bind(worker.0).build().execute(db).await?;
    Ok(())
}

fn with_marks(marks: &[&Mark]) -> QueryBuilder<Db> {
    let mut query = QueryBuilder::<Db>::new("WITH v (d, hash) AS (");
    query.push_values(marks, |mut row, mark| {
        row.push_bind(mark.id.0).push_bind(mark.hash.0.clone());
    });
    query.push(") UPDATE delivery SET ");
    query
}

async fn skip(db: &mut SqliteConnection, worker: WorkerId, marks: &[&Mark], now: DateTime<Utc>) -> Result<u64> {
    if marks.is_empty() {
        return Ok(0);
    }
    let mut query = with_marks(marks);
    query.push("state = 'skipped', server_reply = 'suppressed or no longer subscribed', lease_owner = NULL, lease_until = NULL, finished_at = ");
    query.push_bind(now).push(" FROM v WHERE delivery.id = v.d AND delivery.state = 'queued' AND delivery.lease_owner = ").push_bind(worker.0);
    query.push(" AND ").push(NOT_WELCOME);
    Ok(query.build().execute(db).await?.rows_affected())
}

async fn mark(db: &mut SqliteConnection, worker: WorkerId, marks: &[&Mark], now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = with_marks(marks);
    query.push("state = 'handing_over', attempts = attempts + 1, handed_over_at = ").push_bind(now).push(", lease_until = ").push_bind(until);
    query.push(" FROM v WHERE delivery.id = v.d AND delivery.state = 'queued' AND delivery.lease_owner = ").push_bind(worker.0);
    query.push(" AND EXISTS (SELECT 1 FROM edition e WHERE e.id = delivery.edition_id AND e.state = 'sending') AND NOT ");
    query.push(NOT_WELCOME).push(" RETURNING id");
    let ids: Vec<Uuid> = query.build_query_scalar().fetch_all(db).await?;
    Ok(ids.into_iter().map(Into::into).collect())
}
