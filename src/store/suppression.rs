//! Addresses that get nothing, whoever asks (invariant 5), by keyed hash. Nothing here takes an entry away.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, SqliteConnection, types::Uuid};

use super::{Db, Result, Store, StoreError, consent, subscriber};
use crate::domain::{BulletinId, ConsentAct, EmailHash, OrganisationId, SubscriberId, SubscriberState, SuppressionReason};

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

    /// Whether a person of this address asked to be erased, from any organisation.
    pub async fn is_erased(&self, hash: &EmailHash) -> Result<bool> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM consent WHERE email_hash = $1 AND act = 'erased' LIMIT 1")
            .bind(&hash.0)
            .fetch_optional(self.read())
            .await?;
        Ok(found.is_some())
    }

    /// Why and since when an address is suppressed, in one organisation's words: another's reason is not shown (invariant 9).
    pub async fn suppression(&self, org: OrganisationId, hash: &EmailHash) -> Result<Option<(SuppressionReason, String, DateTime<Utc>)>> {
        let row: Option<(String, String, DateTime<Utc>)> =
            sqlx::query_as("SELECT reason, detail, at FROM suppression WHERE email_hash = $1 AND organisation_id = $2")
                .bind(&hash.0)
                .bind(org.0)
                .fetch_optional(self.read())
                .await?;
        row.map(|(reason, detail, at)| Ok((super::word("suppression", &hash.0, &reason)?, detail, at))).transpose()
    }

    /// Puts a person everywhere in the organisation into `bounced` or `complained` and the address on the suppression list. A complaint
    /// ends the consent as well.
    pub async fn suppress_subscriber(
        &self,
        id: SubscriberId,
        hash: &EmailHash,
        reason: SuppressionReason,
        detail: &str,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        suppress_person(&mut tx, id, hash, reason, detail, now).await?;
        Ok(tx.commit().await?)
    }
}

/// As [`Store::suppress_subscriber`], within a transaction. The ledger gets its entry once, when a list is left by it.
pub(crate) async fn suppress_person(
    db: &mut SqliteConnection,
    id: SubscriberId,
    hash: &EmailHash,
    reason: SuppressionReason,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let org: Option<Uuid> = sqlx::query_scalar("SELECT organisation_id FROM subscriber WHERE id = $1").bind(id.0).fetch_optional(&mut *db).await?;
    let org: OrganisationId = org.ok_or_else(|| StoreError::not_found("subscriber", id))?.into();
    let next = if reason == SuppressionReason::Complained { SubscriberState::Complained } else { SubscriberState::Bounced };
    let left = step_everywhere(db, id, next, now).await?;
    suppress(db, org, hash, reason, detail, now).await?;
    if reason == SuppressionReason::Complained && !left.is_empty() {
        let basis = consent::last_basis(db, org, hash).await?;
        let entry = consent::ending(org, Some(id), hash, ConsentAct::Withdrawn, basis, "complaint");
        consent::append(db, &[entry], now).await?;
    }
    Ok(())
}

/// Takes a person to a state on every list where the step is allowed; says on which it was taken.
pub(crate) async fn step_everywhere(
    db: &mut SqliteConnection,
    id: SubscriberId,
    next: SubscriberState,
    now: DateTime<Utc>,
) -> Result<Vec<BulletinId>> {
    let lists: Vec<Uuid> = sqlx::query_scalar("SELECT bulletin_id FROM subscription WHERE subscriber_id = $1 ORDER BY bulletin_id")
        .bind(id.0)
        .fetch_all(&mut *db)
        .await?;
    let mut taken = Vec::new();
    for list in lists {
        if subscriber::step(db, id, list.into(), next, None, now).await? {
            taken.push(list.into());
        }
    }
    Ok(taken)
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
