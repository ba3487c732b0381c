//! Sources, their providers, and the log of every look at them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sqlx::{FromRow, Transaction};
use uuid::Uuid;

use super::{Connection, Db, Result, Store, StoreError, health_write, new_id, word, zone};
use crate::domain::{AlarmEnd, Checkup, Columns, Health, PastLook, ProviderId, Selectors, SourceId, SourceKind};

/// A place to look, as configured and as it is doing.
#[derive(Debug, Clone)]
pub struct Source {
    pub id: SourceId,
    pub provider: Option<ProviderId>,
    pub provider_name: Option<String>,
    pub url: String,
    pub kind: SourceKind,
    pub selectors: Option<Selectors>,
    /// For a table: which column holds what.
    pub columns: Option<Columns>,
    pub zone: Tz,
    pub day_first: bool,
    pub interval_minutes: i64,
    /// UTC.
    pub next_due_at: DateTime<Utc>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub body_hash: Option<String>,
    pub health: Health,
    pub health_reason: Option<String>,
    /// Failures in a row.
    pub failures: i64,
    pub last_ok_at: Option<DateTime<Utc>>,
    /// Listings in the newest answer that was read.
    pub last_listings: Option<i64>,
    pub disabled_at: Option<DateTime<Utc>>,
    /// The publisher's permission to read it whatever robots.txt says, in the operator's words, and when they were written down (UTC).
    pub robots_permission: Option<String>,
    pub robots_permission_at: Option<DateTime<Utc>>,
    /// Where the last look was redirected for good, and how many looks in a row were.
    pub moved_to: Option<String>,
    pub moved_times: i64,
}

/// Looks in a row that must be redirected for good to the same place before a source is read there: one can be a slip of theirs.
pub const MOVES_BELIEVED: i64 = 3;

impl Source {
    /// Whether the discovery ladder has a say: the operator named neither a kind nor rules, and it is no mailbox or file.
    #[must_use]
    pub fn is_discoverable(&self) -> bool {
        let own_words = self.selectors.is_some() || self.columns.is_some();
        self.kind == SourceKind::Auto && !own_words && ["http://", "https://"].iter().any(|scheme| self.url.starts_with(scheme))
    }

    /// Where it is read: the operator's address, or where that has moved for good.
    #[must_use]
    pub fn reads_at(&self) -> &str {
        self.moved_to.as_deref().filter(|_| self.moved_times >= MOVES_BELIEVED).unwrap_or(&self.url)
    }
}

/// What an operator says of a new source.
#[derive(Debug, Clone)]
pub struct NewSource {
    pub url: String,
    pub kind: SourceKind,
    /// Who delivers its events; none for a re-poster.
    pub provider: Option<String>,
    pub selectors: Option<Selectors>,
    /// Which column of a table holds what; none when its headings are to say it.
    pub columns: Option<Columns>,
    pub zone: Tz,
    pub day_first: bool,
    pub interval_minutes: i64,
}

/// How one look ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Not modified since the last look.
    Unchanged,
    Read {
        etag: Option<String>,
        last_modified: Option<String>,
        body_hash: Option<String>,
        bytes: i64,
        listings: i64,
        added: i64,
        changed: i64,
    },
    Failed {
        status: Option<u16>,
        reason: String,
    },
}

#[derive(FromRow)]
struct SourceRow {
    id: Uuid,
    provider_id: Option<Uuid>,
    provider_name: Option<String>,
    url: String,
    kind: String,
    selectors: Option<String>,
    column_map: Option<String>,
    zone: String,
    day_first: bool,
    interval_minutes: i64,
    next_due_at: DateTime<Utc>,
    etag: Option<String>,
    last_modified: Option<String>,
    body_hash: Option<String>,
    health: String,
    health_reason: Option<String>,
    failures: i64,
    last_ok_at: Option<DateTime<Utc>>,
    last_listings: Option<i64>,
    disabled_at: Option<DateTime<Utc>>,
    robots_permission: Option<String>,
    robots_permission_at: Option<DateTime<Utc>>,
    moved_to: Option<String>,
    moved_times: i64,
}

impl TryFrom<SourceRow> for Source {
    type Error = StoreError;

    fn try_from(r: SourceRow) -> Result<Self> {
        let selectors = r.selectors.as_deref().map(serde_json::from_str).transpose().map_err(|e| StoreError::bad_row("source", r.id, e))?;
        let columns = r.column_map.as_deref().map(serde_json::from_str).transpose().map_err(|e| StoreError::bad_row("source", r.id, e))?;
        Ok(Self {
            id: r.id.into(),
            provider: r.provider_id.map(Into::into),
            provider_name: r.provider_name,
            kind: word("source", r.id, &r.kind)?,
            selectors,
            columns,
            zone: zone("source", r.id, &r.zone)?,
            health: word("source", r.id, &r.health)?,
            url: r.url,
            day_first: r.day_first,
            interval_minutes: r.interval_minutes,
            next_due_at: r.next_due_at,
            etag: r.etag,
            last_modified: r.last_modified,
            body_hash: r.body_hash,
            health_reason: r.health_reason,
            failures: r.failures,
            last_ok_at: r.last_ok_at,
            last_listings: r.last_listings,
            disabled_at: r.disabled_at,
            robots_permission: r.robots_permission,
            robots_permission_at: r.robots_permission_at,
            moved_to: r.moved_to,
            moved_times: r.moved_times,
        })
    }
}

const SELECT: &str =
    "SELECT s.id, s.provider_id, p.name AS provider_name, s.url, s.kind, s.selectors, s.column_map, s.zone, s.day_first, s.interval_minutes, s.next_due_at,
    s.etag, s.last_modified, s.body_hash, s.health, s.health_reason, s.failures, s.last_ok_at, s.last_listings, s.disabled_at,
    s.robots_permission, s.robots_permission_at, s.moved_to, s.moved_times
    FROM source s LEFT JOIN provider p ON p.id = s.provider_id";

impl Store {
    /// Adds a source, or brings the one with this address up to date with what the operator says now. Due at once.
    pub async fn add_source(&self, new: &NewSource, now: DateTime<Utc>) -> Result<SourceId> {
        let provider = match &new.provider {
            Some(name) => Some(self.provider_named(name, now).await?),
            None => None,
        };
        let selectors = new.selectors.as_ref().map(serde_json::to_string).transpose().map_err(|e| StoreError::Refused(e.to_string()))?;
        let columns = new.columns.as_ref().map(serde_json::to_string).transpose().map_err(|e| StoreError::Refused(e.to_string()))?;
        let id: Uuid = sqlx::query_scalar(
            "INSERT INTO source (id, provider_id, url, kind, selectors, zone, day_first, interval_minutes, next_due_at, health, failures, created_at,
                 column_map)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'new', 0, $9, $10)
             ON CONFLICT (url) DO UPDATE SET provider_id = excluded.provider_id, kind = excluded.kind, selectors = excluded.selectors,
                 column_map = excluded.column_map, zone = excluded.zone, day_first = excluded.day_first, interval_minutes = excluded.interval_minutes,
                 next_due_at = excluded.next_due_at, disabled_at = NULL, etag = NULL, last_modified = NULL, body_hash = NULL,
                 health = CASE source.health WHEN 'disabled' THEN 'new' ELSE source.health END
             RETURNING id",
        )
        .bind(new_id::<Uuid>())
        .bind(provider.map(|p| p.0))
        .bind(&new.url)
        .bind(new.kind.as_str())
        .bind(selectors)
        .bind(new.zone.name())
        .bind(new.day_first)
        .bind(new.interval_minutes)
        .bind(now)
        .bind(columns)
        .fetch_one(self.write())
        .await?;
        // As validators are: a mailbox that is added again is read again.
        for sql in ["DELETE FROM mailbox WHERE source_id = $1", "DELETE FROM mailbox_message WHERE source_id = $1"] {
            sqlx::query(sql).bind(id).execute(self.write()).await?;
        }
        Ok(id.into())
    }

    /// Looks there again from now on.
    pub async fn enable_source(&self, id: SourceId, now: DateTime<Utc>) -> Result<()> {
        let done = sqlx::query(
            "UPDATE source SET disabled_at = NULL, next_due_at = $2, failures = 0, health_reason = NULL,
                 health = CASE WHEN last_ok_at IS NULL THEN 'new' ELSE 'ok' END WHERE id = $1 AND disabled_at IS NOT NULL",
        )
        .bind(id.0)
        .bind(now)
        .execute(self.write())
        .await?;
        if done.rows_affected() == 0 {
            // Either it is not there, which is an error, or it was never disabled, which is as wished.
            self.source(id).await?;
        }
        Ok(())
    }

    /// The provider of that name, made when it is new. Names that differ in case, punctuation or "the" and "Ltd" are one.
    pub async fn provider_named(&self, name: &str, now: DateTime<Utc>) -> Result<ProviderId> {
        let key = provider_key(name);
        // Nearly always known: reading waits for no writer.
        let known: Option<Uuid> = sqlx::query_scalar("SELECT id FROM provider WHERE name_key = $1").bind(&key).fetch_optional(self.read()).await?;
        if let Some(id) = known {
            return Ok(id.into());
        }
        let mut tx = self.begin_collecting().await?;
        let id = provider_named(&mut tx, name, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub async fn sources(&self) -> Result<Vec<Source>> {
        let rows: Vec<SourceRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} ORDER BY s.created_at, s.id"))).fetch_all(self.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Enabled sources whose time has come, longest overdue first.
    pub async fn sources_due(&self, now: DateTime<Utc>) -> Result<Vec<Source>> {
        let sql = format!("{SELECT} WHERE s.disabled_at IS NULL AND s.next_due_at <= $1 ORDER BY s.next_due_at, s.id");
        let rows: Vec<SourceRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(now).fetch_all(self.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    pub async fn source(&self, id: SourceId) -> Result<Source> {
        let row: Option<SourceRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{SELECT} WHERE s.id = $1"))).bind(id.0).fetch_optional(self.read()).await?;
        row.ok_or(StoreError::NotFound { what: "source", id: id.to_string(), hint: "; `gleaner source list` shows them" })?.try_into()
    }

    /// Stops looking there. What was collected stays.
    pub async fn disable_source(&self, id: SourceId, now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.begin().await?;
        let done = sqlx::query("UPDATE source SET disabled_at = $2, health = 'disabled', health_reason = NULL WHERE id = $1")
            .bind(id.0)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        health_write::close_all(&mut tx, id, AlarmEnd::Disabled, now).await?;
        tx.commit().await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "source", id: id.to_string(), hint: "; `gleaner source list` shows them" });
        }
        Ok(())
    }

    /// Writes down how a look ended, what it says of the source's health, and when the next one is due. Waits for the disk, and with it for all
    /// that was collected before; only a look that found nothing new does not, for what a power cut takes of it is looked at again.
    pub async fn record_look(
        &self,
        id: SourceId,
        look: &Look,
        checkup: &Checkup,
        started_at: DateTime<Utc>,
        finished_at: DateTime<Utc>,
        next_due_at: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = if matches!(look, Look::Unchanged) { self.begin_collecting().await? } else { self.begin().await? };
        let suspect = checkup.suspicion().map(|s| s.words.as_str());
        let fetch = log_look(&mut tx, id, look, suspect, started_at, finished_at).await?;
        match look {
            // Suspect stays suspect: the page is still as short as it was.
            Look::Unchanged => sqlx::query(
                "UPDATE source SET health = CASE health WHEN 'suspect' THEN 'suspect' ELSE 'ok' END,
                 health_reason = CASE health WHEN 'suspect' THEN health_reason ELSE NULL END,
                 failures = 0, next_due_at = $2, last_ok_at = $3 WHERE id = $1",
            )
            .bind(id.0)
            .bind(next_due_at)
            .bind(finished_at),
            Look::Read { etag, last_modified, body_hash, listings, .. } => sqlx::query(
                "UPDATE source SET health = $4, health_reason = $5, failures = 0, next_due_at = $2, last_ok_at = $3,
                 etag = $6, last_modified = $7, body_hash = $8, last_listings = $9 WHERE id = $1",
            )
            .bind(id.0)
            .bind(next_due_at)
            .bind(finished_at)
            .bind(if suspect.is_some() { Health::Suspect } else { Health::Ok }.as_str())
            .bind(suspect)
            .bind(etag.as_deref())
            .bind(last_modified.as_deref())
            .bind(body_hash.as_deref())
            .bind(listings),
            Look::Failed { reason, .. } => {
                sqlx::query("UPDATE source SET health = 'failed', health_reason = $3, failures = failures + 1, next_due_at = $2 WHERE id = $1")
                    .bind(id.0)
                    .bind(next_due_at)
                    .bind(reason)
            }
        }
        .execute(&mut *tx)
        .await?;
        health_write::checkup(&mut tx, id, fetch, checkup, finished_at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes down that its publisher permits to read a source whatever its robots.txt says, or that he no longer does. Due at once.
    pub async fn permit_robots(&self, id: SourceId, words: Option<&str>, now: DateTime<Utc>) -> Result<()> {
        sqlx::query("UPDATE source SET robots_permission = $2, robots_permission_at = $3, next_due_at = $4 WHERE id = $1")
            .bind(id.0)
            .bind(words)
            .bind(words.map(|_| now))
            .bind(now)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// A look that was redirected for good, or (`None`) one that was not. Returns how many in a row led to the same place.
    pub async fn record_move(&self, id: SourceId, to: Option<&str>) -> Result<i64> {
        let times = sqlx::query_scalar(
            "UPDATE source SET moved_times = CASE WHEN $2 IS NULL THEN 0 WHEN moved_to = $2 THEN moved_times + 1 ELSE 1 END, moved_to = $2
             WHERE id = $1 RETURNING moved_times",
        )
        .bind(id.0)
        .bind(to)
        .fetch_one(self.write())
        .await?;
        Ok(times)
    }

    /// Nobody was asked, because the host wants to be left alone until then (UTC).
    pub async fn put_off(&self, id: SourceId, until: DateTime<Utc>) -> Result<()> {
        sqlx::query("UPDATE source SET next_due_at = $2 WHERE id = $1").bind(id.0).bind(until).execute(self.write()).await?;
        Ok(())
    }

    /// The last good looks at a source, newest first, and whether each found anything new or changed.
    pub async fn recent_looks(&self, id: SourceId, most: i64) -> Result<Vec<PastLook>> {
        let rows: Vec<(DateTime<Utc>, i64)> = sqlx::query_as(
            "SELECT started_at, added + changed FROM fetch_log WHERE source_id = $1 AND outcome <> 'failed'
                 ORDER BY started_at DESC, id DESC LIMIT $2",
        )
        .bind(id.0)
        .bind(most)
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|(at, differences)| PastLook { at, changed: differences > 0 }).collect())
    }
}

/// The provider of this name, made if need be, inside a transaction that writes.
pub(super) async fn provider_named(db: &mut Connection, name: &str, now: DateTime<Utc>) -> Result<ProviderId> {
    let key = provider_key(name);
    let known: Option<Uuid> = sqlx::query_scalar("SELECT id FROM provider WHERE name_key = $1").bind(&key).fetch_optional(&mut *db).await?;
    if let Some(id) = known {
        return Ok(id.into());
    }
    let id: Uuid = sqlx::query_scalar(
        // The update changes nothing; it makes RETURNING answer for the row that was there.
        "INSERT INTO provider (id, name, name_key, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name_key) DO UPDATE SET name_key = excluded.name_key RETURNING id",
    )
    .bind(new_id::<Uuid>())
    .bind(name)
    .bind(key)
    .bind(now)
    .fetch_one(db)
    .await?;
    Ok(id.into())
}

async fn log_look(
    tx: &mut Transaction<'static, Db>,
    source: SourceId,
    look: &Look,
    suspect: Option<&str>,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
) -> Result<Uuid> {
    let id: Uuid = new_id();
    let (outcome, status, [bytes, listings, added, changed], error) = match look {
        Look::Unchanged => ("unchanged", Some(304), [0; 4], None),
        Look::Read { bytes, listings, added, changed, .. } => ("read", Some(200), [*bytes, *listings, *added, *changed], suspect),
        Look::Failed { status, reason } => ("failed", status.map(i64::from), [0; 4], Some(reason.as_str())),
    };
    sqlx::query(
        "INSERT INTO fetch_log (id, source_id, started_at, finished_at, outcome, http_status, bytes, listings, added, changed, error)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id)
    .bind(source.0)
    .bind(started_at)
    .bind(finished_at)
    .bind(outcome)
    .bind(status)
    .bind(bytes)
    .bind(listings)
    .bind(added)
    .bind(changed)
    .bind(error)
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// A provider's name folded for comparison.
#[must_use]
pub fn provider_key(name: &str) -> String {
    const SILENT: [&str; 7] = ["the", "ltd", "limited", "plc", "cic", "cio", "llp"];
    let folded: String = name.to_lowercase().replace('&', " and ").chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = folded.split_whitespace().filter(|w| !SILENT.contains(w)).collect();
    if words.is_empty() { folded.trim().to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_provider_however_it_signs() {
        assert_eq!(provider_key("The Fens & Coast Museum Network"), provider_key("Fens and Coast Museum Network Ltd."));
        assert_ne!(provider_key("Museum Network"), provider_key("Network"));
        assert_eq!(provider_key("The"), "the");
    }
}
