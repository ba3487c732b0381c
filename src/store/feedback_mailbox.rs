//! How far the mailbox of returned mail was read, by its address. The rules are those of `mailbox`: stored, remembered, and only then marked.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::{
    Db, Result, Store,
    mailbox::{Progress, ReadMessage, small},
};

/// Values bound in one statement at most.
const CHUNK: usize = 200;

impl Store {
    /// All zero when it was never read.
    pub async fn feedback_progress(&self, address: &str) -> Result<Progress> {
        let row: Option<(i64, i64, i64, i64)> =
            sqlx::query_as("SELECT uid_validity, read_uid, stuck_uid, stuck_times FROM feedback_mailbox WHERE address = $1")
                .bind(address)
                .fetch_optional(self.read())
                .await?;
        Ok(row.map_or_else(Progress::default, |(validity, read, stuck, times)| Progress {
            uid_validity: small(validity),
            read_uid: small(read),
            stuck_uid: small(stuck),
            stuck_times: small(times),
        }))
    }

    /// The names of the messages that are recorded.
    pub async fn feedback_messages_read(&self, address: &str) -> Result<HashSet<String>> {
        let names: Vec<String> =
            sqlx::query_scalar("SELECT name FROM feedback_message WHERE address = $1").bind(address).fetch_all(self.read()).await?;
        Ok(names.into_iter().collect())
    }

    /// Writes down that these messages are recorded, and over IMAP how far the mailbox was read. Afterwards they may be marked.
    pub async fn remember_feedback(&self, address: &str, read: &[ReadMessage], progress: Option<Progress>, now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.begin().await?;
        if let Some(p) = progress {
            // Under another UIDVALIDITY, numbers that wait to be marked mean nothing any more.
            sqlx::query(
                "UPDATE feedback_message SET uid = NULL WHERE address = $1 AND uid IS NOT NULL
                 AND EXISTS (SELECT 1 FROM feedback_mailbox m WHERE m.address = $1 AND m.uid_validity <> $2)",
            )
            .bind(address)
            .bind(i64::from(p.uid_validity))
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "INSERT INTO feedback_mailbox (address, uid_validity, read_uid, stuck_uid, stuck_times) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (address) DO UPDATE SET uid_validity = excluded.uid_validity, read_uid = excluded.read_uid,
                     stuck_uid = excluded.stuck_uid, stuck_times = excluded.stuck_times",
            )
            .bind(address)
            .bind(i64::from(p.uid_validity))
            .bind(i64::from(p.read_uid))
            .bind(i64::from(p.stuck_uid))
            .bind(i64::from(p.stuck_times))
            .execute(&mut *tx)
            .await?;
        }
        for chunk in read.chunks(CHUNK) {
            let mut sql = QueryBuilder::<Db>::new("INSERT INTO feedback_message (address, name, uid, read_at) ");
            sql.push_values(chunk, |mut row, message| {
                row.push_bind(address).push_bind(&message.name).push_bind(message.uid.map(i64::from)).push_bind(now);
            });
            sql.push(" ON CONFLICT (address, name) DO UPDATE SET uid = excluded.uid").build().execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Numbers of the messages that are recorded and not yet marked on the server, ascending.
    pub async fn feedback_to_mark(&self, address: &str) -> Result<Vec<u32>> {
        let uids: Vec<i64> = sqlx::query_scalar("SELECT uid FROM feedback_message WHERE address = $1 AND uid IS NOT NULL ORDER BY uid")
            .bind(address)
            .fetch_all(self.read())
            .await?;
        Ok(uids.into_iter().map(small).collect())
    }

    /// Writes down that these messages are marked.
    pub async fn feedback_marked(&self, address: &str, uids: &[u32]) -> Result<()> {
        for chunk in uids.chunks(CHUNK) {
            let mut sql = QueryBuilder::<Db>::new("UPDATE feedback_message SET uid = NULL WHERE address = ");
            sql.push_bind(address).push(" AND uid IN (");
            let mut list = sql.separated(", ");
            for uid in chunk {
                list.push_bind(i64::from(*uid));
            }
            sql.push(")").build().execute(self.write()).await?;
        }
        Ok(())
    }
}
