//! What only SQLite can do: opening with its pragmas, backup and restore. Everything else in `store` is SQL that PostgreSQL reads too.

use std::{path::Path, time::Duration};

use sqlx::{
    Connection, SqliteConnection,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Result, Store, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// How long a statement waits for another process's write before it fails.
const BUSY: Duration = Duration::from_secs(30);
/// Prepared statements that a connection keeps: those of many rows come in as many lengths.
const STATEMENTS: usize = 512;

/// The consent ledger only grows. The one change let through is the erasure of a person, which takes the row's link to them away.
const APPEND_ONLY: &str = "
CREATE TRIGGER IF NOT EXISTS consent_keeps BEFORE DELETE ON consent
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS consent_is_new BEFORE INSERT ON consent
WHEN EXISTS (SELECT 1 FROM consent WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS consent_stays BEFORE UPDATE ON consent
WHEN NEW.subscriber_id IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.organisation_id IS NOT OLD.organisation_id
    OR NEW.bulletin_id IS NOT OLD.bulletin_id OR NEW.email_hash IS NOT OLD.email_hash OR NEW.act IS NOT OLD.act OR NEW.basis IS NOT OLD.basis
    OR NEW.channel IS NOT OLD.channel OR NEW.wording IS NOT OLD.wording OR NEW.note IS NOT OLD.note
    OR NEW.origin_hash IS NOT OLD.origin_hash OR NEW.at IS NOT OLD.at
BEGIN SELECT RAISE(ABORT, 'the consent ledger is append-only'); END;";

impl Store {
    /// Opens the database file, making it and bringing its schema up to date as needed.
    pub async fn open(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: what was acknowledged survives a power cut. The delivery engine shares commits, so it costs little.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .statement_cache_capacity(STATEMENTS)
            // What is deleted is overwritten: an erased person's address must not stay behind in a free page.
            .pragma("secure_delete", "on")
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "memory")
            .pragma("wal_autocheckpoint", "4000");
        let writer = SqlitePoolOptions::new().max_connections(1).acquire_timeout(BUSY).connect_with(options.clone()).await?;
        MIGRATIONS.run(&writer).await?;
        sqlx::raw_sql(APPEND_ONLY).execute(&writer).await?;
        // NORMAL: a commit is written to the log and not waited for. Waiting four times for each listing took a second for every fifty.
        let collecting = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY)
            .connect_lazy_with(options.clone().synchronous(SqliteSynchronous::Normal));
        let readers = SqlitePoolOptions::new().max_connections(4).acquire_timeout(BUSY).connect_with(options.read_only(true)).await?;
        Ok(Self { readers, writer, collecting })
    }

    /// Whether the database answers at all; costs nothing, however much is in it.
    pub async fn answers(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(self.read()).await?;
        Ok(())
    }

    /// Looks for damage inside the file and for rows that point nowhere.
    pub async fn integrity(&self) -> Result<()> {
        let sound: String = sqlx::query_scalar("PRAGMA quick_check").fetch_one(&self.readers).await?;
        if sound != "ok" {
            return Err(StoreError::Refused(format!("is damaged: {sound}; restore a backup")));
        }
        let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&self.readers).await?.len();
        if dangling > 0 {
            return Err(StoreError::Refused(format!("holds {dangling} rows that point nowhere; restore a backup")));
        }
        Ok(())
    }

    /// Writes a consistent copy to a new file while others go on working. Refuses to overwrite.
    pub async fn backup(&self, to: &Path) -> Result<()> {
        if to.exists() {
            return Err(StoreError::Refused(format!("{} is there already; give a new file name", to.display())));
        }
        sqlx::query("VACUUM INTO $1").bind(to.to_string_lossy().as_ref()).execute(&self.writer).await?;
        Ok(())
    }
}

/// Checks that a file is a sound database of this program, not newer than it understands.
pub async fn verify_backup(file: &Path) -> Result<()> {
    let refuse = |why: String| StoreError::Refused(format!("{} {why}", file.display()));
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut db = SqliteConnection::connect_with(&options).await.map_err(|e| refuse(format!("cannot be opened as a database: {e}")))?;
    let sound: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut db).await.map_err(|e| refuse(format!("is not a database: {e}")))?;
    if sound != "ok" {
        return Err(refuse(format!("is damaged: {sound}")));
    }
    let newest: Option<i64> = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations")
        .fetch_one(&mut db)
        .await
        .map_err(|_| refuse("is a database, but not one of Gleaner's".into()))?;
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    match newest {
        Some(v) if v <= known => Ok(()),
        Some(v) => Err(refuse(format!("comes from a newer Gleaner (schema {v}, this one knows {known}); install that version first"))),
        None => Err(refuse("holds no schema".into())),
    }
}

/// Replaces the database at `to` with the backup `from`. The caller makes sure that nobody has `to` open; what was there is kept beside it as `.before-restore`.
pub async fn restore(from: &Path, to: &Path) -> Result<()> {
    verify_backup(from).await?;
    let io = |e: std::io::Error| StoreError::Refused(format!("cannot replace {}: {e}", to.display()));
    let staged = to.with_extension("db.restoring");
    std::fs::copy(from, &staged).map_err(io)?;
    std::fs::File::open(&staged).and_then(|f| f.sync_all()).map_err(io)?;
    if to.exists() {
        // Fold the write-ahead log in, so that the file set aside is complete by itself.
        let mut old = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(to)).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut old).await?;
        old.close().await?;
        std::fs::rename(to, to.with_extension("db.before-restore")).map_err(io)?;
    }
    for suffix in ["db-wal", "db-shm"] {
        let _ = std::fs::remove_file(to.with_extension(suffix));
    }
    std::fs::rename(&staged, to).map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_backup_restores_and_a_strange_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (db, copy) = (dir.path().join("gleaner.db"), dir.path().join("copy.db"));
        let store = Store::open(&db).await.unwrap();
        store.backup(&copy).await.unwrap();
        assert!(store.backup(&copy).await.is_err(), "an existing file is not overwritten");
        store.close().await;
        restore(&copy, &db).await.unwrap();
        Store::open(&db).await.unwrap().close().await;
        let strange = dir.path().join("strange.db");
        std::fs::write(&strange, "not a database at all, but long enough to look at").unwrap();
        assert!(restore(&strange, &db).await.unwrap_err().to_string().contains("not a database"));
    }
}
