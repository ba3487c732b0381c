//! Sources, their providers, and the log of every look at them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sqlx::{FromRow, Transaction};
use uuid::Uuid;

use super::{Db, Result, Store, StoreError, new_id, word, zone};
use crate::domain::{Health, PastLook, ProviderId, Selectors, SourceId, SourceKind};

/// A place to look, as configured and as it is doing.
#[derive(Debug, Clone)]
pub struct Source {
    pub id: SourceId,
    pub provider: Option<ProviderId>,
    pub provider_name: Option<String>,
    pub url: String,
    pub kind: SourceKind,
    pub selectors: Option<Selectors>,
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
        /// Far fewer listings than usual, in words; nothing was withdrawn for it.
        suspect: Option<String>,
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
        Ok(Self {
            id: r.id.into(),
            provider: r.provider_id.map(Into::into),
            provider_name: r.provider_name,
            kind: word("source", r.id, &r.kind)?,
            selectors,
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
            disabled_at: r.disabled_at,
            robots_permission: r.robots_permission,
            robots_permission_at: r.robots_permission_at,
            moved_to: r.moved_to,
            moved_times: r.moved_times,
        })
    }
}

const SELECT: &str =
    "SELECT s.id, s.provider_id, p.name AS provider_name, s.url, s.kind, s.selectors, s.zone, s.day_first, s.interval_minutes, s.next_due_at,
    s.etag, s.last_modified, s.body_hash, s.health, s.health_reason, s.failures, s.last_ok_at, s.disabled_at,
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
        let id: Uuid = sqlx::query_scalar(
            "INSERT INTO source (id, provider_id, url, kind, selectors, zone, day_first, interval_minutes, next_due_at, health, failures, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'new', 0, $9)
             ON CONFLICT (url) DO UPDATE SET provider_id = excluded.provider_id, kind = excluded.kind, selectors = excluded.selectors,
                 zone = excluded.zone, day_first = excluded.day_first, interval_minutes = excluded.interval_minutes,
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
        .fetch_one(self.write())
        .await?;
        Ok(id.into())
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
        let id: Uuid = sqlx::query_scalar(
            // The update changes nothing; it makes RETURNING answer for the row that was there.
            "INSERT INTO provider (id, name, name_key, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name_key) DO UPDATE SET name_key = excluded.name_key RETURNING id",
        )
        .bind(new_id::<Uuid>())
        .bind(name)
        .bind(key)
        .bind(now)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(id.into())
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
        let done = sqlx::query("UPDATE source SET disabled_at = $2, health = 'disabled', health_reason = NULL WHERE id = $1")
            .bind(id.0)
            .bind(now)
            .execute(self.write())
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "source", id: id.to_string(), hint: "; `gleaner source list` shows them" });
        }
        Ok(())
    }

    /// Writes down how a look ended and when the next one is due. Waits for the disk, and with it for all that was collected before; only a
    /// look that found nothing new does not, for what a power cut takes of it is looked at again.
    pub async fn record_look(
        &self,
        id: SourceId,
        look: &Look,
        started_at: DateTime<Utc>,
        finished_at: DateTime<Utc>,
        next_due_at: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = if matches!(look, Look::Unchanged) { self.begin_collecting().await? } else { self.begin().await? };
        log_look(&mut tx, id, look, started_at, finished_at).await?;
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
            Look::Read { etag, last_modified, body_hash, suspect, .. } => sqlx::query(
                "UPDATE source SET health = $4, health_reason = $5, failures = 0, next_due_at = $2, last_ok_at = $3,
                 etag = $6, last_modified = $7, body_hash = $8 WHERE id = $1",
            )
            .bind(id.0)
            .bind(next_due_at)
            .bind(finished_at)
            .bind(if suspect.is_some() { Health::Suspect } else { Health::Ok }.as_str())
            .bind(suspect.as_deref())
            .bind(etag.as_deref())
            .bind(last_modified.as_deref())
            .bind(body_hash.as_deref()),
            Look::Failed { reason, .. } => {
                sqlx::query("UPDATE source SET health = 'failed', health_reason = $3, failures = failures + 1, next_due_at = $2 WHERE id = $1")
                    .bind(id.0)
                    .bind(next_due_at)
                    .bind(reason)
            }
        }
        .execute(&mut *tx)
        .await?;
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

    /// Listings found by the last good reads of a source, newest first: its yield baseline. Suspect reads without any listing are
    /// no part of it: a broken source must not become sound by staying broken. A shorter list that stays becomes the new usual.
    pub async fn recent_yields(&self, id: SourceId, most: i64) -> Result<Vec<i64>> {
        let rows = sqlx::query_scalar(
            "SELECT listings FROM fetch_log WHERE source_id = $1 AND outcome = 'read' AND (error IS NULL OR listings > 0)
                 ORDER BY started_at DESC, id DESC LIMIT $2",
        )
        .bind(id.0)
        .bind(most)
        .fetch_all(self.read())
        .await?;
        Ok(rows)
    }
}

async fn log_look(
    tx: &mut Transaction<'static, Db>,
    source: SourceId,
    look: &Look,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
) -> Result<()> {
    let (outcome, status, [bytes, listings, added, changed], error) = match look {
        Look::Unchanged => ("unchanged", Some(304), [0; 4], None),
        Look::Read { bytes, listings, added, changed, suspect, .. } => ("read", Some(200), [*bytes, *listings, *added, *changed], suspect.as_deref()),
        Look::Failed { status, reason } => ("failed", status.map(i64::from), [0; 4], Some(reason.as_str())),
    };
    sqlx::query(
        "INSERT INTO fetch_log (id, source_id, started_at, finished_at, outcome, http_status, bytes, listings, added, changed, error)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(new_id::<Uuid>())
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
    Ok(())
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
    use crate::store::sample;

    fn read(listings: i64, suspect: Option<&str>) -> Look {
        let suspect = suspect.map(Into::into);
        Look::Read { etag: None, last_modified: None, body_hash: None, bytes: 1, listings, added: 0, changed: 0, suspect }
    }

    #[tokio::test]
    async fn a_source_does_not_become_sound_by_staying_empty() {
        let sample = sample::store().await;
        let at = DateTime::UNIX_EPOCH;
        let new = NewSource {
            url: "https://a.example/".into(),
            kind: SourceKind::Auto,
            provider: None,
            selectors: None,
            zone: Tz::Europe__London,
            day_first: true,
            interval_minutes: 60,
        };
        let id = sample.store.add_source(&new, at).await.unwrap();
        for look in [read(9, None), read(0, Some("empty")), read(0, Some("empty")), read(3, Some("short")), Look::Unchanged] {
            sample.store.record_look(id, &look, at, at, at).await.unwrap();
        }
        assert_eq!(sample.store.recent_yields(id, 5).await.unwrap(), [3, 9]);
        let source = sample.store.source(id).await.unwrap();
        assert_eq!((source.health, source.health_reason.as_deref()), (Health::Suspect, Some("short")), "unchanged is as short as it was");
        let failed = Look::Failed { status: Some(500), reason: "trouble".into() };
        sample.store.record_look(id, &failed, at, at, at).await.unwrap();
        let source = sample.store.source(id).await.unwrap();
        assert_eq!((source.health, source.failures, source.health_reason.as_deref()), (Health::Failed, 1, Some("trouble")));
    }

    #[test]
    fn one_provider_however_it_signs() {
        assert_eq!(provider_key("The Fens & Coast Museum Network"), provider_key("Fens and Coast Museum Network Ltd."));
        assert_ne!(provider_key("Museum Network"), provider_key("Network"));
        assert_eq!(provider_key("The"), "the");
    }
}
