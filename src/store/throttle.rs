//! How often something was done by or to one address, domain or network, in windows that open with the first time. Kept in rows, so that a restart
//! forgets nothing; keys are keyed hashes, so that the rows tell nobody who it was.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::SqliteConnection;

use super::{Result, Store};

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    /// address, domain or network.
    pub scope: &'a str,
    pub key_hash: &'a str,
    /// Times within the window that are let through.
    pub most: u32,
    pub window: TimeDelta,
}

impl Store {
    /// Counts one more time; says whether it is within the limit.
    pub async fn passes(&self, gate: Gate<'_>, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.begin().await?;
        let passes = count(&mut tx, gate, now).await? <= i64::from(gate.most);
        tx.commit().await?;
        Ok(passes)
    }

    /// Forgets windows that opened before `before`: they stop nobody.
    pub async fn forget_windows(&self, before: DateTime<Utc>) -> Result<()> {
        sqlx::query("DELETE FROM throttle WHERE opened_at < $1").bind(before).execute(self.write()).await?;
        Ok(())
    }
}

/// Counts one more time within a transaction; how many there were in this window, this one included.
pub(crate) async fn count(db: &mut SqliteConnection, gate: Gate<'_>, now: DateTime<Utc>) -> Result<i64> {
    // The conflicting row's columns are those before the update in every expression.
    let n = sqlx::query_scalar(
        "INSERT INTO throttle (scope, key_hash, opened_at, n) VALUES ($1, $2, $3, 1)
         ON CONFLICT (scope, key_hash) DO UPDATE SET
             n = CASE WHEN throttle.opened_at <= $4 THEN 1 ELSE throttle.n + 1 END,
             opened_at = CASE WHEN throttle.opened_at <= $4 THEN excluded.opened_at ELSE throttle.opened_at END
         RETURNING n",
    )
    .bind(gate.scope)
    .bind(gate.key_hash)
    .bind(now)
    .bind(now - gate.window)
    .fetch_one(db)
    .await?;
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample;

    #[tokio::test]
    async fn a_window_opens_with_the_first_time_and_closes_when_it_is_over() {
        let sample = sample::store().await;
        let gate = Gate { scope: "network", key_hash: "a", most: 2, window: TimeDelta::hours(1) };
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        for (minutes, expected) in [(0, true), (10, true), (20, false), (59, false), (60, true), (61, true), (62, false)] {
            assert_eq!(sample.store.passes(gate, at(minutes)).await.unwrap(), expected, "{minutes}");
        }
        assert!(sample.store.passes(Gate { key_hash: "b", ..gate }, at(63)).await.unwrap(), "each is counted apart");
        sample.store.forget_windows(at(100)).await.unwrap();
        assert!(sample.store.passes(gate, at(64)).await.unwrap());
    }
}
