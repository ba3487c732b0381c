//! Freezing an edition: contents and recipients become rows in one transaction, or nothing does.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, SqliteConnection, types::Uuid};

use super::{Db, Result, Store, StoreError, edition, new_id, word};
use crate::domain::{BulletinId, EditionId, EditionState, EmailHash, EventId, Nothing, SubscriberId};

/// One rendering and the events it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenContent {
    /// Digest of what it was rendered from.
    pub key: String,
    pub subject: String,
    pub html: String,
    pub plain: String,
    pub events: Vec<EventId>,
}

/// A person who gets a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub subscriber: SubscriberId,
    pub email: String,
    pub name: String,
    /// Index into the contents.
    pub content: usize,
    pub message_id: String,
}

impl Store {
    /// Active people of a bulletin with address and name, in order of their ids.
    pub async fn active_people(&self, bulletin: BulletinId) -> Result<Vec<(SubscriberId, String, String)>> {
        let rows: Vec<(Uuid, String, String)> = sqlx::query_as(
            "SELECT p.id, p.email, p.name FROM subscription s JOIN subscriber p ON p.id = s.subscriber_id
             WHERE s.bulletin_id = $1 AND s.state = 'active' ORDER BY p.id",
        )
        .bind(bulletin.0)
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(id, email, name)| (id.into(), email, name)).collect())
    }

    /// Every suppressed address: few, compared with subscribers, and asked for once per edition.
    pub async fn suppressed(&self) -> Result<std::collections::HashSet<EmailHash>> {
        let rows: Vec<String> = sqlx::query_scalar("SELECT email_hash FROM suppression").fetch_all(self.read()).await?;
        Ok(rows.into_iter().map(EmailHash).collect())
    }

    /// How many readers an edition had nothing for, and why.
    pub async fn nothing_for(&self, id: EditionId) -> Result<BTreeMap<Nothing, u64>> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT because, readers FROM edition_nothing WHERE edition_id = $1").bind(id.0).fetch_all(self.read()).await?;
        rows.into_iter().map(|(because, n)| Ok((word("edition_nothing", id, &because)?, n.unsigned_abs()))).collect()
    }

    /// Writes contents and recipients and takes the edition from `from` to sending, all or nothing; counts the rows before it lets go.
    pub async fn freeze(
        &self,
        id: EditionId,
        from: EditionState,
        contents: &[FrozenContent],
        recipients: &[Recipient],
        nothing: &BTreeMap<Nothing, u64>,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        let mut tx = self.begin().await?;
        edition::step(&mut tx, id, from, EditionState::Sending, "", None, now).await?;
        let ids = insert_contents(&mut tx, id, contents).await?;
        for some in recipients.chunks(1_000) {
            insert_recipients(&mut tx, id, &ids, some).await?;
        }
        for (because, readers) in nothing {
            sqlx::query("INSERT INTO edition_nothing (edition_id, because, readers) VALUES ($1, $2, $3)")
                .bind(id.0)
                .bind(because.as_str())
                .bind(i64::try_from(*readers).unwrap_or(i64::MAX))
                .execute(&mut *tx)
                .await?;
        }
        let written: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM delivery WHERE edition_id = $1").bind(id.0).fetch_one(&mut *tx).await?;
        if usize::try_from(written) != Ok(recipients.len()) {
            return Err(StoreError::Refused(format!("{written} deliveries were written where {} belong; nothing was published", recipients.len())));
        }
        tx.commit().await?;
        Ok(written.unsigned_abs())
    }
}

async fn insert_contents(db: &mut SqliteConnection, id: EditionId, contents: &[FrozenContent]) -> Result<Vec<Uuid>> {
    let mut ids = Vec::with_capacity(contents.len());
    let mut known: HashMap<&str, Uuid> = HashMap::new();
    for content in contents {
        if known.contains_key(content.key.as_str()) {
            return Err(StoreError::Refused(format!("the content {} was rendered twice", content.key)));
        }
        let content_id: Uuid = new_id();
        sqlx::query("INSERT INTO edition_content (id, edition_id, content_key, subject, html, plain) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(content_id)
            .bind(id.0)
            .bind(&content.key)
            .bind(&content.subject)
            .bind(&content.html)
            .bind(&content.plain)
            .execute(&mut *db)
            .await?;
        for some in content.events.chunks(1_000) {
            let mut query = QueryBuilder::<Db>::new("INSERT INTO edition_content_event (content_id, event_id) ");
            query.push_values(some, |mut row, event| {
                row.push_bind(content_id).push_bind(event.0);
            });
            query.push(" ON CONFLICT DO NOTHING").build().execute(&mut *db).await?;
        }
        known.insert(&content.key, content_id);
        ids.push(content_id);
    }
    Ok(ids)
}

async fn insert_recipients(db: &mut SqliteConnection, id: EditionId, contents: &[Uuid], some: &[Recipient]) -> Result<()> {
    if let Some(bad) = some.iter().find(|r| r.content >= contents.len()) {
        return Err(StoreError::Refused(format!("subscriber {} was planned for a content that is not there", bad.subscriber)));
    }
    let mut query = QueryBuilder::<Db>::new(
        "INSERT INTO delivery (id, edition_id, subscriber_id, content_id, email, name, state, attempts, repeats, message_id) ",
    );
    query.push_values(some, |mut row, r| {
        row.push_bind(new_id::<Uuid>())
            .push_bind(id.0)
            .push_bind(r.subscriber.0)
            .push_bind(contents[r.content])
            .push_bind(&r.email)
            .push_bind(&r.name)
            .push("'queued', 0, 0")
            .push_bind(&r.message_id);
    });
    query.build().execute(db).await?;
    Ok(())
}
