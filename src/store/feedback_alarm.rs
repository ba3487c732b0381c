//! Alarms about us: a domain refuses our mail for what we are or what it holds. One open alarm for each organisation, domain and class.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, SqliteConnection, types::Uuid};

use super::{Result, Store, new_id};
use crate::domain::{BounceClass, OrganisationId};

/// An alarm is over when nothing was reported for so long.
const QUIET: TimeDelta = TimeDelta::days(7);

/// Somebody refuses our mail.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, serde::Serialize)]
pub struct Refusal {
    #[serde(skip)]
    id: Uuid,
    #[sqlx(try_from = "Uuid")]
    #[serde(skip)]
    pub organisation_id: OrganisationId,
    pub domain: String,
    pub class: String,
    pub words: String,
    pub reports: i64,
    pub opened_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    #[serde(skip)]
    pub told_at: Option<DateTime<Utc>>,
}

impl Store {
    /// What is open, the most reported first.
    pub async fn refusals(&self) -> Result<Vec<Refusal>> {
        Ok(sqlx::query_as(
            "SELECT id, organisation_id, domain, class, words, reports, opened_at, seen_at, told_at FROM feedback_alarm
             WHERE closed_at IS NULL ORDER BY reports DESC, domain, class",
        )
        .fetch_all(self.read())
        .await?)
    }

    /// Closes what has been quiet for a week.
    pub async fn close_quiet_refusals(&self, now: DateTime<Utc>) -> Result<u64> {
        let done = sqlx::query("UPDATE feedback_alarm SET closed_at = $1 WHERE closed_at IS NULL AND seen_at < $2");
        Ok(done.bind(now).bind(now - QUIET).execute(self.write()).await?.rows_affected())
    }

    /// Writes down that the editors were written to.
    pub async fn refusals_told(&self, told: &[Refusal], now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.begin().await?;
        for alarm in told {
            sqlx::query("UPDATE feedback_alarm SET told_at = $1 WHERE id = $2").bind(now).bind(alarm.id).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Opens an alarm, or adds to the one that is open.
pub(crate) async fn raise(
    db: &mut SqliteConnection,
    org: OrganisationId,
    domain: &str,
    class: BounceClass,
    words: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO feedback_alarm (id, organisation_id, domain, class, words, reports, opened_at, seen_at) VALUES ($1, $2, $3, $4, $5, 1, $6, $6)
         ON CONFLICT (organisation_id, domain, class) WHERE closed_at IS NULL
         DO UPDATE SET words = excluded.words, reports = feedback_alarm.reports + 1, seen_at = excluded.seen_at",
    )
    .bind(new_id::<Uuid>())
    .bind(org.0)
    .bind(domain)
    .bind(class.as_str())
    .bind(words)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}
