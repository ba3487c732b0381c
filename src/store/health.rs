//! How sources are doing, read: past yields, open alarms, habits, and what is still to come of each source's listings.
//! Written in `health_write.rs`.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Result, Store, StoreError, health_write, word};
use crate::domain::{AlarmEnd, AlarmKind, ListedAhead, ListingId, Severity, SourceId, Yields};

/// Something that is or was wrong with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    pub id: Uuid,
    pub source: SourceId,
    pub kind: AlarmKind,
    pub severity: Severity,
    /// In words an operator can act on.
    pub words: String,
    /// UTC, as all times here.
    pub opened_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    /// Looks that showed it.
    pub looks: i64,
    pub closed: Option<(DateTime<Utc>, AlarmEnd)>,
    /// When a digest said so.
    pub told_at: Option<DateTime<Utc>>,
}

/// A look at a source, as the log has it.
#[derive(Debug, Clone, FromRow)]
pub struct LoggedLook {
    pub started_at: DateTime<Utc>,
    /// read, unchanged or failed.
    pub outcome: String,
    pub listings: i64,
    pub added: i64,
    pub changed: i64,
    /// Why it failed, or why it is suspect.
    pub error: Option<String>,
    /// It counts for what is usual.
    pub teaches: bool,
}

#[derive(FromRow)]
pub(super) struct AlarmRow {
    id: Uuid,
    source_id: Uuid,
    kind: String,
    severity: String,
    words: String,
    opened_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
    looks: i64,
    closed_at: Option<DateTime<Utc>>,
    closed_because: Option<String>,
    told_at: Option<DateTime<Utc>>,
}

impl TryFrom<AlarmRow> for Alarm {
    type Error = StoreError;

    fn try_from(r: AlarmRow) -> Result<Self> {
        let end = r.closed_because.as_deref().map(|w| word("alarm", r.id, w)).transpose()?;
        Ok(Self {
            id: r.id,
            source: r.source_id.into(),
            kind: word("alarm", r.id, &r.kind)?,
            severity: word("alarm", r.id, &r.severity)?,
            words: r.words,
            opened_at: r.opened_at,
            seen_at: r.seen_at,
            looks: r.looks,
            closed: r.closed_at.zip(end),
            told_at: r.told_at,
        })
    }
}

pub(super) const ALARM: &str =
    "SELECT id, source_id, kind, severity, words, opened_at, seen_at, looks, closed_at, closed_because, told_at FROM alarm";

/// Yields of reads, from rows of (read, listings, field, filled) in order of reads.
fn yields(rows: Vec<(Uuid, i64, Option<String>, Option<i64>)>) -> Result<Vec<Yields>> {
    let mut out: Vec<(Uuid, Yields)> = Vec::new();
    for (id, listings, field, filled) in rows {
        if out.last().is_none_or(|(last, _)| *last != id) {
            out.push((id, Yields { listings: usize::try_from(listings).unwrap_or(0), filled: BTreeMap::new() }));
        }
        if let (Some(field), Some(filled), Some((_, read))) = (field, filled, out.last_mut()) {
            read.filled.insert(word("fetch_field", id, &field)?, usize::try_from(filled).unwrap_or(0));
        }
    }
    Ok(out.into_iter().map(|(_, read)| read).collect())
}

impl Store {
    /// What the newest reads that count for the usual found, newest first.
    pub async fn usual_reads(&self, source: SourceId, most: usize) -> Result<Vec<Yields>> {
        let rows = sqlx::query_as(
            "SELECT f.id, f.listings, ff.field, ff.filled FROM (
                 SELECT id, listings, started_at FROM fetch_log WHERE source_id = $1 AND teaches ORDER BY started_at DESC, id DESC LIMIT $2
             ) AS f LEFT JOIN fetch_field ff ON ff.fetch_id = f.id ORDER BY f.started_at DESC, f.id DESC",
        )
        .bind(source.0)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .fetch_all(self.read())
        .await?;
        yields(rows)
    }

    /// What the newest read found, whether or not it counts.
    pub async fn last_read(&self, source: SourceId) -> Result<Option<Yields>> {
        let rows = sqlx::query_as(
            "SELECT f.id, f.listings, ff.field, ff.filled FROM (
                 SELECT id, listings FROM fetch_log WHERE source_id = $1 AND outcome = 'read' ORDER BY started_at DESC, id DESC LIMIT 1
             ) AS f LEFT JOIN fetch_field ff ON ff.fetch_id = f.id",
        )
        .bind(source.0)
        .fetch_all(self.read())
        .await?;
        Ok(yields(rows)?.pop())
    }

    /// The newest looks, newest first.
    pub async fn last_looks(&self, source: SourceId, most: i64) -> Result<Vec<LoggedLook>> {
        let rows = sqlx::query_as(
            "SELECT started_at, outcome, listings, added, changed, error, teaches FROM fetch_log WHERE source_id = $1
             ORDER BY started_at DESC, id DESC LIMIT $2",
        )
        .bind(source.0)
        .bind(most)
        .fetch_all(self.read())
        .await?;
        Ok(rows)
    }

    /// Open alarms of one source, oldest first.
    pub async fn open_alarms_of(&self, source: SourceId) -> Result<Vec<Alarm>> {
        let sql = format!("{ALARM} WHERE closed_at IS NULL AND source_id = $1 ORDER BY opened_at, id");
        let rows: Vec<AlarmRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(source.0).fetch_all(self.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Every alarm of one source, open or not, newest first.
    pub async fn alarms_of(&self, source: SourceId, most: i64) -> Result<Vec<Alarm>> {
        let sql = format!("{ALARM} WHERE source_id = $1 ORDER BY opened_at DESC, id DESC LIMIT $2");
        let rows: Vec<AlarmRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(source.0).bind(most).fetch_all(self.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Open alarms by source, oldest first.
    pub async fn open_alarms(&self) -> Result<HashMap<SourceId, Vec<Alarm>>> {
        let sql = format!("{ALARM} WHERE closed_at IS NULL ORDER BY opened_at, id");
        let rows: Vec<AlarmRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(self.read()).await?;
        let mut out: HashMap<SourceId, Vec<Alarm>> = HashMap::new();
        for alarm in rows.into_iter().map(Alarm::try_from) {
            let alarm = alarm?;
            out.entry(alarm.source).or_default().push(alarm);
        }
        Ok(out)
    }

    /// When the newest looks that brought something happened, newest first.
    pub async fn news_of(&self, source: SourceId, most: i64) -> Result<Vec<DateTime<Utc>>> {
        let rows =
            sqlx::query_scalar("SELECT started_at FROM fetch_log WHERE source_id = $1 AND added + changed > 0 ORDER BY started_at DESC LIMIT $2")
                .bind(source.0)
                .bind(most)
                .fetch_all(self.read())
                .await?;
        Ok(rows)
    }

    /// The end of the last event a source ever listed, and whether it lists one without a date now.
    pub async fn last_end_of(&self, source: SourceId) -> Result<(Option<DateTime<Utc>>, bool)> {
        let last = sqlx::query_scalar(
            "SELECT e.ends_at FROM listing l JOIN event_listing el ON el.listing_id = l.id JOIN event e ON e.id = el.event_id
             WHERE l.source_id = $1 AND e.ends_at IS NOT NULL ORDER BY e.ends_at DESC LIMIT 1",
        )
        .bind(source.0)
        .fetch_optional(self.read())
        .await?;
        let undated: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM listing l JOIN event_listing el ON el.listing_id = l.id JOIN event e ON e.id = el.event_id
             WHERE l.source_id = $1 AND l.missed = 0 AND e.ends_at IS NULL LIMIT 1",
        )
        .bind(source.0)
        .fetch_optional(self.read())
        .await?;
        Ok((last, undated.is_some()))
    }

    /// A source's listings whose events start between these times (UTC).
    pub async fn listed_ahead(&self, source: SourceId, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<ListedAhead>> {
        #[derive(FromRow)]
        struct Row {
            id: Uuid,
            method: String,
            starts_at: DateTime<Utc>,
            first_seen_at: DateTime<Utc>,
            last_seen_at: DateTime<Utc>,
            missed: i64,
            absences: i64,
        }
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT l.id, r.method, e.starts_at, l.first_seen_at, l.last_seen_at, l.missed, l.absences
             FROM listing l JOIN revision r ON r.listing_id = l.id AND r.number = l.revision
             JOIN event_listing el ON el.listing_id = l.id JOIN event e ON e.id = el.event_id
             WHERE l.source_id = $1 AND e.starts_at > $2 AND e.starts_at < $3 ORDER BY l.id",
        )
        .bind(source.0)
        .bind(from)
        .bind(until)
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|r| {
                Ok(ListedAhead {
                    method: word("revision", r.id, &r.method)?,
                    listing: r.id.into(),
                    starts_at: r.starts_at,
                    first_seen_at: r.first_seen_at,
                    last_seen_at: r.last_seen_at,
                    missed: r.missed,
                    absences: r.absences,
                })
            })
            .collect()
    }

    /// Listings that the last good read lacked and that are not asked about yet: an unchanged answer lacks them once more.
    pub async fn absent_already(&self, source: SourceId, now: DateTime<Utc>) -> Result<Vec<ListingId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "SELECT l.id FROM listing l JOIN event_listing el ON el.listing_id = l.id JOIN event e ON e.id = el.event_id
             WHERE l.source_id = $1 AND l.absences > 0 AND l.absences < 3 AND l.absences >= l.missed AND e.starts_at > $2 ORDER BY l.id",
        )
        .bind(source.0)
        .bind(now)
        .fetch_all(self.read())
        .await?;
        Ok(ids.into_iter().map(ListingId).collect())
    }

    /// An operator's word that the newest read is as it should be: what is usual begins anew with it.
    pub async fn accept_as_usual(&self, source: SourceId, now: DateTime<Utc>) -> Result<()> {
        let last: Option<DateTime<Utc>> = sqlx::query_scalar(
            "SELECT started_at FROM fetch_log WHERE source_id = $1 AND outcome = 'read' AND listings > 0 ORDER BY started_at DESC LIMIT 1",
        )
        .bind(source.0)
        .fetch_optional(self.read())
        .await?;
        let Some(last) = last else {
            return Err(StoreError::Refused(
                "nothing was ever found there, so nothing can count as usual; `gleaner try source URL` shows why".into(),
            ));
        };
        let mut tx = self.begin().await?;
        health_write::learn_anew(&mut tx, source, last).await?;
        health_write::close(&mut tx, source, &health_write::ABOUT_THE_USUAL, AlarmEnd::Usual, now).await?;
        // Read anew, because a suspect read left what was known of events as it was. One that is disabled stays so.
        sqlx::query(
            "UPDATE source SET etag = NULL, last_modified = NULL, body_hash = NULL, next_due_at = $2, health_reason = NULL,
             health = CASE health WHEN 'suspect' THEN 'ok' ELSE health END WHERE id = $1",
        )
        .bind(source.0)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}
