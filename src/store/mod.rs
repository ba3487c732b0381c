//! All SQL, one file per aggregate. Rows become domain types at this border: bad stored data is an error here and goes no further.
//!
//! Never fetches, sends mail or decides; never holds a transaction over anything but the database.

use std::fmt::Display;

use chrono_tz::Tz;
use sqlx::{Sqlite, SqlitePool, Transaction};
use uuid::Uuid;

pub mod act;
pub mod alert;
pub mod bulletin;
mod calling_off;
pub mod consent;
pub mod correction;
pub mod delivery;
pub mod digest;
pub mod edition;
pub mod event;
mod event_write;
pub mod feedback;
pub mod feedback_alarm;
mod feedback_mailbox;
pub mod freeze;
pub mod health;
mod health_write;
pub mod history;
pub mod listing;
pub mod mailbox;
pub mod merge;
pub mod organisation;
pub mod page_memory;
pub mod person;
pub mod placing;
pub mod plan;
pub mod profile;
mod rate;
mod recognise;
#[cfg(test)]
pub mod sample;
pub mod sign_up;
pub mod source;
pub mod sqlite;
pub mod subscriber;
pub mod subscriber_batch;
pub mod suppression;
pub mod throttle;
pub mod told;
pub mod user;

#[cfg(test)]
mod tests;

/// The engine in use. PostgreSQL runs the same SQL text; what only SQLite can do is in `sqlite.rs`.
pub type Db = Sqlite;
/// One connection of that engine, in a transaction or not.
pub(crate) type Connection = <Db as sqlx::Database>::Connection;

/// What can go wrong between the program and its rows.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("database schema: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("stored {table} {id} holds {problem}; it was changed from outside, restore a backup or mend the row")]
    BadRow { table: &'static str, id: String, problem: String },
    #[error("there is no {what} `{id}`{hint}")]
    NotFound { what: &'static str, id: String, hint: &'static str },
    #[error("{0}")]
    Refused(String),
}

impl StoreError {
    pub fn bad_row(table: &'static str, id: impl Display, problem: impl Display) -> Self {
        Self::BadRow { table, id: id.to_string(), problem: problem.to_string() }
    }

    pub fn not_found(what: &'static str, id: impl Display) -> Self {
        Self::NotFound { what, id: id.to_string(), hint: "" }
    }

    /// The name of the violated constraint's columns or constraint, when that is what went wrong.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Sql(sqlx::Error::Database(e)) if e.is_unique_violation())
    }
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The database: a pool of readers, one writer, so that writers of this process queue here and not inside SQLite, and one more for what is
/// collected, whose commits do not wait for the disk.
#[derive(Debug, Clone)]
pub struct Store {
    readers: SqlitePool,
    writer: SqlitePool,
    collecting: SqlitePool,
}

impl Store {
    /// For queries that change nothing.
    pub fn read(&self) -> &SqlitePool {
        &self.readers
    }

    /// For single statements that change something.
    pub fn write(&self) -> &SqlitePool {
        &self.writer
    }

    /// A transaction that holds the write lock from its first statement, so that it cannot fail half-way for want of it.
    pub async fn begin(&self) -> Result<Transaction<'static, Db>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// As [`Store::begin`], for what sources said and what follows from it. Its commit survives the death of the process at once, but a power cut
    /// only once a later commit of [`Store::begin`] has waited for the disk: both write one log, in order, so what is lost is a last part
    /// of it and never its middle. The commit that says that a source was read ([`Store::record_look`]) is such a one, and so is every
    /// commit that builds on an event (a decision, an item, a delivery). Whatever a power cut takes is therefore collected again by the next pass.
    pub async fn begin_collecting(&self) -> Result<Transaction<'static, Db>> {
        Ok(self.collecting.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Lets running statements end and closes every connection.
    pub async fn close(&self) {
        self.readers.close().await;
        self.collecting.close().await;
        self.writer.close().await;
    }
}

/// A fresh identifier: UUIDv7, so that rows sort by the time of their making.
#[must_use]
pub fn new_id<T: From<Uuid>>() -> T {
    Uuid::now_v7().into()
}

/// Reads a stored IANA zone name.
pub(crate) fn zone(table: &'static str, id: impl Display, name: &str) -> Result<Tz> {
    name.parse().map_err(|_| StoreError::bad_row(table, id, format!("unknown time zone `{name}`")))
}

/// Reads a stored word of a closed vocabulary or any other parsed text.
pub(crate) fn word<T>(table: &'static str, id: impl Display, text: &str) -> Result<T>
where
    T: std::str::FromStr,
    T::Err: Display,
{
    text.parse().map_err(|e: T::Err| StoreError::bad_row(table, id, e))
}
