//! Alerts: editions between the scheduled ones, at most one a civil day and bulletin, for readers who want to hear at once.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Uuid;

use super::{
    Result, Store, StoreError,
    edition::{LAST_NUMBER, NewEdition, insert_items},
    new_id,
};
use crate::domain::{BulletinId, EditionId};

impl Store {
    /// Makes an alert, approved as it is made: its events were let go before. `None` when there was one that day (UNIQUE in the database).
    pub async fn make_alert(&self, new: &NewEdition, day: NaiveDate, now: DateTime<Utc>) -> Result<Option<EditionId>> {
        let mut tx = self.begin().await?;
        let id: EditionId = new_id();
        sqlx::query(
            "INSERT INTO edition (id, bulletin_id, number, state, subject, intro, as_of, drafted_at, approved_at, approved_by)
             VALUES ($1, $2, (SELECT COALESCE(MAX(number), $3) + 1 FROM edition WHERE bulletin_id = $2 AND number > $3),
                 'approved', $4, $5, $6, $7, $7, 'alert')",
        )
        .bind(id.0)
        .bind(new.bulletin_id.0)
        .bind(LAST_NUMBER)
        .bind(&new.subject)
        .bind(&new.intro)
        .bind(new.as_of)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        insert_items(&mut tx, id, &new.items).await?;
        let made = sqlx::query("INSERT INTO alert (edition_id, bulletin_id, day) VALUES ($1, $2, $3)")
            .bind(id.0)
            .bind(new.bulletin_id.0)
            .bind(day.to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::from);
        match made {
            Err(e) if e.is_unique_violation() => Ok(None),
            Err(e) => Err(e),
            Ok(_) => {
                tx.commit().await?;
                Ok(Some(id))
            }
        }
    }

    /// The alerts among a bulletin's editions.
    pub async fn alerts(&self, bulletin: BulletinId) -> Result<BTreeSet<EditionId>> {
        let ids: Vec<Uuid> =
            sqlx::query_scalar("SELECT edition_id FROM alert WHERE bulletin_id = $1").bind(bulletin.0).fetch_all(self.read()).await?;
        Ok(ids.into_iter().map(Into::into).collect())
    }

    /// Whether an edition is an alert.
    pub async fn is_alert(&self, edition: EditionId) -> Result<bool> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM alert WHERE edition_id = $1").bind(edition.0).fetch_optional(self.read()).await?;
        Ok(found.is_some())
    }

    /// Whether there was an alert that day.
    pub async fn was_alerted(&self, bulletin: BulletinId, day: NaiveDate) -> Result<bool> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM alert WHERE bulletin_id = $1 AND day = $2")
            .bind(bulletin.0)
            .bind(day.to_string())
            .fetch_optional(self.read())
            .await?;
        Ok(found.is_some())
    }
}
