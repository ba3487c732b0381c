//! How a source is read: the ways that the discovery ladder found, and what the source changed by itself.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::{Result, Store, StoreError, word};
use crate::domain::{RungName, SourceId, SourceKind};

/// Looks in a row without an event after which a source is in trouble.
const EMPTY_LOOKS: i64 = 3;

/// One way of reading a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub rung: RungName,
    pub url: String,
    pub kind: SourceKind,
    /// Why it was chosen, in words.
    pub why: String,
    /// Events it yielded when the ladder was walked.
    pub events: i64,
}

/// What is read for a source, and what instead when that fails.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// When the ladder was last walked (UTC); `None` when the next look is to do so.
    pub walked_at: Option<DateTime<Utc>>,
    /// What the source changed by itself, and why.
    pub note: Option<String>,
    /// The chosen way and its fallback; empty when the address is read as it is.
    pub ways: Vec<Way>,
}

impl Plan {
    #[must_use]
    pub fn chosen(&self) -> Option<&Way> {
        self.ways.first()
    }

    #[must_use]
    pub fn fallback(&self) -> Option<&Way> {
        self.ways.get(1)
    }
}

#[derive(FromRow)]
struct WayRow {
    rung: String,
    url: String,
    kind: String,
    why: String,
    events: i64,
}

impl Store {
    /// The plan of a source, if the ladder has, or is to have, a say in it.
    pub async fn plan(&self, source: SourceId) -> Result<Option<Plan>> {
        let row: Option<(Option<DateTime<Utc>>, Option<String>)> =
            sqlx::query_as("SELECT walked_at, note FROM source_plan WHERE source_id = $1").bind(source.0).fetch_optional(self.read()).await?;
        let Some((walked_at, note)) = row else { return Ok(None) };
        let rows: Vec<WayRow> = sqlx::query_as("SELECT rung, url, kind, why, events FROM source_way WHERE source_id = $1 ORDER BY position")
            .bind(source.0)
            .fetch_all(self.read())
            .await?;
        let way = |r: WayRow| {
            let (rung, kind) = (word("source_way", source, &r.rung)?, word("source_way", source, &r.kind)?);
            Ok(Way { rung, url: r.url, kind, why: r.why, events: r.events })
        };
        Ok(Some(Plan { walked_at, note, ways: rows.into_iter().map(way).collect::<Result<_, StoreError>>()? }))
    }

    /// Replaces a source's plan. What was remembered of the documents read so far belongs to the old one and is forgotten; listings stay.
    pub async fn put_plan(&self, source: SourceId, plan: &Plan) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO source_plan (source_id, walked_at, note) VALUES ($1, $2, $3)
             ON CONFLICT (source_id) DO UPDATE SET walked_at = excluded.walked_at, note = excluded.note",
        )
        .bind(source.0)
        .bind(plan.walked_at)
        .bind(plan.note.as_deref())
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM source_way WHERE source_id = $1").bind(source.0).execute(&mut *tx).await?;
        for (position, way) in plan.ways.iter().enumerate() {
            sqlx::query("INSERT INTO source_way (source_id, position, rung, url, kind, why, events) VALUES ($1, $2, $3, $4, $5, $6, $7)")
                .bind(source.0)
                .bind(i64::try_from(position).unwrap_or(i64::MAX))
                .bind(way.rung.as_str())
                .bind(&way.url)
                .bind(way.kind.as_str())
                .bind(&way.why)
                .bind(way.events)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("UPDATE source SET etag = NULL, last_modified = NULL, body_hash = NULL WHERE id = $1").bind(source.0).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM page_memory WHERE source_id = $1").bind(source.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The address is read as it is from now on.
    pub async fn drop_plan(&self, source: SourceId) -> Result<()> {
        let mut tx = self.begin().await?;
        for table in ["source_way", "source_plan", "page_memory"] {
            let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE source_id = $1"));
            sqlx::query(sql).bind(source.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Whether its last looks, three at least, failed or found nothing. Looks that found nothing new do not count for either.
    pub async fn is_in_trouble(&self, source: SourceId) -> Result<bool> {
        let looks: Vec<(String, i64)> = sqlx::query_as(
            "SELECT outcome, listings FROM fetch_log WHERE source_id = $1 AND outcome <> 'unchanged' ORDER BY started_at DESC, id DESC LIMIT $2",
        )
        .bind(source.0)
        .bind(EMPTY_LOOKS)
        .fetch_all(self.read())
        .await?;
        let enough = i64::try_from(looks.len()).unwrap_or(0) >= EMPTY_LOOKS;
        Ok(enough && looks.iter().all(|(outcome, listings)| outcome == "failed" || *listings == 0))
    }
}
