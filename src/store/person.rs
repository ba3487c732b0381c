//! What is held on one person beyond themselves: where they stand on each list, and every mail that went to them.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, types::Uuid};

use super::{Result, Store, word};
use crate::domain::{BulletinId, SubscriberId, SubscriberState};

/// A mail to a person.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MailTo {
    pub subject: String,
    /// As it was sent.
    pub email: String,
    pub state: String,
    pub server_reply: Option<String>,
    pub message_id: String,
    /// When it was handed over or ended; `None` while it waits.
    pub at: Option<DateTime<Utc>>,
}

impl Store {
    /// Where a person stands on every list, and since when.
    pub async fn subscriptions_of(&self, id: SubscriberId) -> Result<Vec<(BulletinId, SubscriberState, DateTime<Utc>)>> {
        let rows: Vec<(Uuid, String, DateTime<Utc>)> =
            sqlx::query_as("SELECT bulletin_id, state, changed_at FROM subscription WHERE subscriber_id = $1 ORDER BY bulletin_id")
                .bind(id.0)
                .fetch_all(self.read())
                .await?;
        rows.into_iter().map(|(list, state, at)| Ok((list.into(), word("subscription", id, &state)?, at))).collect()
    }

    /// Every mail to a person, oldest first.
    pub async fn deliveries_to(&self, id: SubscriberId) -> Result<Vec<MailTo>> {
        Ok(sqlx::query_as(
            "SELECT c.subject, d.email, d.state, d.server_reply, d.message_id, COALESCE(d.finished_at, d.handed_over_at) AS at
             FROM delivery d JOIN edition_content c ON c.id = d.content_id WHERE d.subscriber_id = $1 ORDER BY d.id",
        )
        .bind(id.0)
        .fetch_all(self.read())
        .await?)
    }
}
