//! How far each mailbox was read, which of its messages are stored, and where tracking links lead.
//!
//! Never holds a message, an address of a link with a reader's number in it, or a password.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;

use super::{Db, Result, Store};
use crate::domain::SourceId;

/// Values bound in one statement at most.
const CHUNK: usize = 200;

/// How far a mailbox over IMAP was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// 0: never read.
    pub uid_validity: u32,
    /// Everything up to here was read or passed over.
    pub read_uid: u32,
    /// The message at which the last looks broke off, and how many of them.
    pub stuck_uid: u32,
    pub stuck_times: u32,
}

/// A message whose events are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMessage {
    /// Over IMAP the digest of the message; in a Maildir its unique name.
    pub name: String,
    /// Set when it is still to be marked on the server.
    pub uid: Option<u32>,
}

/// What is known of a tracking link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedLink {
    /// Where it leads; `None` when nobody could tell.
    pub target: Option<String>,
    pub tries: i64,
}

pub(super) fn small(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(0)
}

impl Store {
    /// How far a mailbox was read; all zero when it never was.
    pub async fn mailbox_progress(&self, source: SourceId) -> Result<Progress> {
        let row: Option<(i64, i64, i64, i64)> =
            sqlx::query_as("SELECT uid_validity, read_uid, stuck_uid, stuck_times FROM mailbox WHERE source_id = $1")
                .bind(source.0)
                .fetch_optional(self.read())
                .await?;
        Ok(row.map_or_else(Progress::default, |(validity, read, stuck, times)| Progress {
            uid_validity: small(validity),
            read_uid: small(read),
            stuck_uid: small(stuck),
            stuck_times: small(times),
        }))
    }

    /// The names of the messages of a mailbox that are stored.
    pub async fn messages_read(&self, source: SourceId) -> Result<HashSet<String>> {
        let names: Vec<String> =
            sqlx::query_scalar("SELECT name FROM mailbox_message WHERE source_id = $1").bind(source.0).fetch_all(self.read()).await?;
        Ok(names.into_iter().collect())
    }

    /// Writes down that these messages are stored, and over IMAP how far the mailbox was read. Waits for the disk: afterwards the
    /// messages may be marked. Under another UIDVALIDITY than before, numbers of messages that wait to be marked mean nothing any more.
    pub async fn remember_messages(&self, source: SourceId, read: &[ReadMessage], progress: Option<Progress>, now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.begin().await?;
        if let Some(p) = progress {
            sqlx::query(
                "UPDATE mailbox_message SET uid = NULL WHERE source_id = $1 AND uid IS NOT NULL
                 AND EXISTS (SELECT 1 FROM mailbox m WHERE m.source_id = $1 AND m.uid_validity <> $2)",
            )
            .bind(source.0)
            .bind(i64::from(p.uid_validity))
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "INSERT INTO mailbox (source_id, uid_validity, read_uid, stuck_uid, stuck_times) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (source_id) DO UPDATE SET uid_validity = excluded.uid_validity, read_uid = excluded.read_uid,
                     stuck_uid = excluded.stuck_uid, stuck_times = excluded.stuck_times",
            )
            .bind(source.0)
            .bind(i64::from(p.uid_validity))
            .bind(i64::from(p.read_uid))
            .bind(i64::from(p.stuck_uid))
            .bind(i64::from(p.stuck_times))
            .execute(&mut *tx)
            .await?;
        }
        for chunk in read.chunks(CHUNK) {
            let mut sql = QueryBuilder::<Db>::new("INSERT INTO mailbox_message (source_id, name, uid, read_at) ");
            sql.push_values(chunk, |mut row, message| {
                row.push_bind(source.0).push_bind(&message.name).push_bind(message.uid.map(i64::from)).push_bind(now);
            });
            sql.push(" ON CONFLICT (source_id, name) DO UPDATE SET uid = excluded.uid").build().execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Numbers of the messages that are stored and not yet marked on the server, ascending.
    pub async fn messages_to_mark(&self, source: SourceId) -> Result<Vec<u32>> {
        let uids: Vec<i64> = sqlx::query_scalar("SELECT uid FROM mailbox_message WHERE source_id = $1 AND uid IS NOT NULL ORDER BY uid")
            .bind(source.0)
            .fetch_all(self.read())
            .await?;
        Ok(uids.into_iter().map(small).collect())
    }

    /// Writes down that these messages are marked.
    pub async fn messages_marked(&self, source: SourceId, uids: &[u32]) -> Result<()> {
        for chunk in uids.chunks(CHUNK) {
            let mut sql = QueryBuilder::<Db>::new("UPDATE mailbox_message SET uid = NULL WHERE source_id = ");
            sql.push_bind(source.0).push(" AND uid IN (");
            let mut list = sql.separated(", ");
            for uid in chunk {
                list.push_bind(i64::from(*uid));
            }
            sql.push(")").build().execute(self.write()).await?;
        }
        Ok(())
    }

    /// What is known of tracking links, by the digest of each.
    pub async fn tracked_links(&self, digests: &[String]) -> Result<HashMap<String, TrackedLink>> {
        let mut known = HashMap::new();
        for chunk in digests.chunks(CHUNK) {
            let mut sql = QueryBuilder::<Db>::new("SELECT digest, target, tries FROM tracked_link WHERE digest IN (");
            let mut list = sql.separated(", ");
            for digest in chunk {
                list.push_bind(digest);
            }
            let rows: Vec<(String, Option<String>, i64)> = sql.push(")").build_query_as().fetch_all(self.read()).await?;
            known.extend(rows.into_iter().map(|(digest, target, tries)| (digest, TrackedLink { target, tries })));
        }
        Ok(known)
    }

    /// Writes down where a tracking link leads, or that once more nobody could tell.
    pub async fn remember_link(&self, digest: &str, target: Option<&str>, now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.begin_collecting().await?;
        sqlx::query(
            "INSERT INTO tracked_link (digest, target, tries, tried_at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (digest) DO UPDATE SET target = excluded.target, tries = tracked_link.tries + 1, tried_at = excluded.tried_at",
        )
        .bind(digest)
        .bind(target)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::SourceKind,
        store::{sample, source::NewSource},
    };

    async fn mailbox(store: &Store) -> SourceId {
        let new = NewSource {
            url: "imaps://a@b.example/".into(),
            kind: SourceKind::Mailbox,
            provider: None,
            selectors: None,
            columns: None,
            zone: chrono_tz::Europe::London,
            day_first: true,
            interval_minutes: 60,
        };
        store.add_source(&new, DateTime::UNIX_EPOCH).await.unwrap()
    }

    fn message(name: &str, uid: u32) -> ReadMessage {
        ReadMessage { name: name.into(), uid: Some(uid) }
    }

    #[tokio::test]
    async fn what_is_read_is_marked_once_and_numbers_of_another_validity_are_forgotten() {
        let sample = sample::store().await;
        let (store, now) = (&sample.store, DateTime::UNIX_EPOCH);
        let id = mailbox(store).await;
        assert_eq!(store.mailbox_progress(id).await.unwrap(), Progress::default());
        let first = Progress { uid_validity: 7, read_uid: 2, ..Progress::default() };
        store.remember_messages(id, &[message("a", 1), message("b", 2)], Some(first), now).await.unwrap();
        store.messages_marked(id, &[1]).await.unwrap();
        assert_eq!(store.messages_to_mark(id).await.unwrap(), [2]);
        let second = Progress { uid_validity: 8, read_uid: 1, ..Progress::default() };
        store.remember_messages(id, &[message("a", 1)], Some(second), now).await.unwrap();
        assert_eq!(store.messages_to_mark(id).await.unwrap(), [1]);
        assert_eq!((store.mailbox_progress(id).await.unwrap(), store.messages_read(id).await.unwrap().len()), (second, 2));
        // Added again: read again from the start.
        assert_eq!(mailbox(store).await, id);
        assert_eq!((store.mailbox_progress(id).await.unwrap(), store.messages_read(id).await.unwrap().len()), (Progress::default(), 0));
    }

    #[tokio::test]
    async fn a_link_is_remembered_by_its_digest() {
        let sample = sample::store().await;
        let (store, now) = (&sample.store, DateTime::UNIX_EPOCH);
        for target in [None, Some("https://a.example/")] {
            store.remember_link("d", target, now).await.unwrap();
        }
        let known = store.tracked_links(&["d".into(), "e".into()]).await.unwrap();
        assert_eq!(known.into_iter().collect::<Vec<_>>(), [("d".into(), TrackedLink { target: Some("https://a.example/".into()), tries: 2 })]);
    }
}
