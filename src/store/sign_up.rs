//! Wishes to be put on a list: written by the page, judged and answered by the daemon. A row is there until its mail was handed over or nothing is
//! to be sent, so that a restart loses none.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, SqliteConnection, types::Uuid};

use super::{Result, Store, new_id, word};
use crate::domain::{BulletinId, EmailAddress, SubscriberId};

/// A wish as it was typed.
#[derive(Debug, Clone)]
pub struct NewSignUp<'a> {
    pub bulletin: BulletinId,
    pub email: &'a EmailAddress,
    pub name: &'a str,
    /// The version of the words that were shown.
    pub wording: &'a str,
    pub origin_hash: Option<String>,
}

/// A wish that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: Uuid,
    pub bulletin: BulletinId,
    pub email: EmailAddress,
    pub name: String,
    pub wording: String,
    pub origin_hash: Option<String>,
    pub asked_at: DateTime<Utc>,
    /// The confirmation to send, once it was judged that one goes out: person, nonce, good until.
    pub judged: Option<(SubscriberId, u64, DateTime<Utc>)>,
    pub attempts: u32,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    bulletin_id: Uuid,
    email: String,
    name: String,
    wording: String,
    origin_hash: Option<String>,
    asked_at: DateTime<Utc>,
    subscriber_id: Option<Uuid>,
    nonce: Option<String>,
    good_until: Option<DateTime<Utc>>,
    attempts: i64,
}

impl Row {
    fn into_waiting(self) -> Result<Waiting> {
        let nonce = self.nonce.as_deref().and_then(|n| u64::from_str_radix(n, 16).ok());
        let judged = match (self.subscriber_id, nonce, self.good_until) {
            (Some(person), Some(nonce), Some(until)) => Some((person.into(), nonce, until)),
            _ => None,
        };
        Ok(Waiting {
            id: self.id,
            bulletin: self.bulletin_id.into(),
            email: word("sign_up", self.id, &self.email)?,
            name: self.name,
            wording: self.wording,
            origin_hash: self.origin_hash,
            asked_at: self.asked_at,
            judged,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
        })
    }
}

impl Store {
    /// Keeps a wish. The same work for every address: whose it is is asked later, by somebody else.
    pub async fn ask(&self, wish: &NewSignUp<'_>, now: DateTime<Utc>) -> Result<()> {
        sqlx::query(
            "INSERT INTO sign_up (id, bulletin_id, email, email_key, name, wording, origin_hash, asked_at, attempts, not_before)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $8)",
        )
        .bind(new_id::<Uuid>())
        .bind(wish.bulletin.0)
        .bind(wish.email.as_str())
        .bind(wish.email.key())
        .bind(wish.name)
        .bind(wish.wording)
        .bind(wish.origin_hash.as_deref())
        .bind(now)
        .execute(self.write())
        .await?;
        Ok(())
    }

    /// Claims what is due, oldest first, for whoever asks until `until`.
    pub async fn claim_sign_ups(&self, now: DateTime<Utc>, until: DateTime<Utc>, limit: u32) -> Result<Vec<Waiting>> {
        let rows: Vec<Row> = sqlx::query_as(
            "UPDATE sign_up SET lease_until = $2 WHERE id IN (
                 SELECT id FROM sign_up WHERE not_before <= $1 AND (lease_until IS NULL OR lease_until <= $1) ORDER BY not_before, id LIMIT $3)
             RETURNING id, bulletin_id, email, name, wording, origin_hash, asked_at, subscriber_id, nonce, good_until, attempts",
        )
        .bind(now)
        .bind(until)
        .bind(i64::from(limit))
        .fetch_all(self.write())
        .await?;
        rows.into_iter().map(Row::into_waiting).collect()
    }

    /// Nothing more is to be done for it.
    pub async fn drop_sign_up(&self, id: Uuid) -> Result<()> {
        sqlx::query("DELETE FROM sign_up WHERE id = $1").bind(id).execute(self.write()).await?;
        Ok(())
    }

    /// Gives it back for another try at `not_before`.
    pub async fn put_off_sign_up(&self, id: Uuid, attempts: u32, not_before: DateTime<Utc>) -> Result<()> {
        sqlx::query("UPDATE sign_up SET attempts = $2, not_before = $3, lease_until = NULL WHERE id = $1")
            .bind(id)
            .bind(i64::from(attempts))
            .bind(not_before)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Wishes that wait, claimed or not.
    pub async fn count_sign_ups(&self) -> Result<u64> {
        let n: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sign_up").fetch_one(self.read()).await?;
        Ok(n.unsigned_abs())
    }
}

/// Notes within the judging transaction which link goes out, so that a repeat sends the same.
pub(crate) async fn judged(db: &mut SqliteConnection, id: Uuid, person: SubscriberId, nonce: &str, until: DateTime<Utc>) -> Result<()> {
    sqlx::query("UPDATE sign_up SET subscriber_id = $2, nonce = $3, good_until = $4 WHERE id = $1")
        .bind(id)
        .bind(person.0)
        .bind(nonce)
        .bind(until)
        .execute(db)
        .await?;
    Ok(())
}
