//! Addresses that get nothing, whoever asks (invariant 5), by keyed hash. Nothing here takes an entry away.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, SqliteConnection};

use super::{Db, Result, Store};
use crate::domain::{EmailHash, OrganisationId, SuppressionReason};

impl Store {
    /// Adds an address; one that is there keeps its first reason, except that a complaint outweighs a bounce.
    pub async fn suppress(&self, org: OrganisationId, hash: &EmailHash, reason: SuppressionReason, detail: &str, now: DateTime<Utc>) -> Result<()> {
        let mut tx = self.begin().await?;
        suppress(&mut tx, org, hash, reason, detail, now).await?;
        Ok(tx.commit().await?)
    }

    pub async fn is_suppressed(&self, hash: &EmailHash) -> Result<bool> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM suppression WHERE email_hash = $1").bind(&hash.0).fetch_optional(self.read()).await?;
        Ok(found.is_some())
    }
}

pub(crate) async fn suppress(
    db: &mut SqliteConnection,
    org: OrganisationId,
    hash: &EmailHash,
    reason: SuppressionReason,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO suppression (email_hash, organisation_id, reason, detail, at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (email_hash) DO UPDATE SET reason = excluded.reason, detail = excluded.detail, at = excluded.at
         WHERE suppression.reason = 'bounced' AND excluded.reason = 'complained'",
    )
    .bind(&hash.0)
    .bind(org.0)
    .bind(reason.as_str())
    .bind(detail)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Which of these are suppressed.
pub(crate) async fn suppressed_among(db: &mut SqliteConnection, hashes: &[EmailHash]) -> Result<HashSet<String>> {
    if hashes.is_empty() {
        return Ok(HashSet::new());
    }
    let mut query = QueryBuilder::<Db>::new("SELECT email_hash FROM suppression WHERE email_hash IN (");
    let mut list = query.separated(", ");
    for hash in hashes {
        list.push_bind(&hash.0);
    }
    query.push(")");
    Ok(query.build_query_scalar().fetch_all(db).await?.into_iter().collect())
}
