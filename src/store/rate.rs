//! What limits have let through, counted in the transaction that marks a delivery: two processes share one count, and a restart keeps it.
//!
//! Asks nothing and writes nothing where no limit is set.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;

use super::{Result, delivery::Mark};
use crate::domain::{Allowance, DeliveryId, RateLimit};

/// A mark that must wait: which limit is used up, and when it lets the next through. UTC.
type Later = (DeliveryId, usize, DateTime<Utc>);

/// The marks that may go, first come first, and those that must wait.
pub(super) async fn allowed<'a>(
    db: &mut SqliteConnection,
    limits: &[RateLimit],
    marks: &'a [Mark],
    now: DateTime<Utc>,
) -> Result<(Vec<&'a Mark>, Vec<Later>)> {
    let mut left: Vec<Allowance> = Vec::with_capacity(limits.len());
    for limit in limits {
        left.push(limit.allowance(&used(db, limit, now).await?, now));
    }
    let (mut go, mut wait) = (Vec::with_capacity(marks.len()), Vec::new());
    for mark in marks {
        // Of several that are used up, the one that is so longest.
        let full = mark.limits.iter().copied().filter(|i| left.get(*i).is_some_and(|a| a.left == 0)).max_by_key(|i| left[*i].next_at);
        if let Some(full) = full {
            wait.push((mark.id, full, left[full].next_at));
            continue;
        }
        for i in &mark.limits {
            if let Some(allowance) = left.get_mut(*i) {
                allowance.left -= 1;
            }
        }
        go.push(mark);
    }
    Ok((go, wait))
}

async fn used(db: &mut SqliteConnection, limit: &RateLimit, now: DateTime<Utc>) -> Result<Vec<(i64, u64)>> {
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT slot, used FROM rate_use WHERE scope = $1 AND window_ms = $2 AND slot >= $3")
        .bind(&limit.scope)
        .bind(limit.window_ms())
        .bind(limit.oldest(now))
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(|(slot, n)| (slot, n.unsigned_abs())).collect())
}

/// Counts what was marked after all, and forgets what counts no longer.
pub(super) async fn use_up(
    db: &mut SqliteConnection,
    limits: &[RateLimit],
    allowed: &[&Mark],
    marked: &[DeliveryId],
    now: DateTime<Utc>,
) -> Result<()> {
    if limits.is_empty() || marked.is_empty() {
        return Ok(());
    }
    for (i, limit) in limits.iter().enumerate() {
        let n = allowed.iter().filter(|m| m.limits.contains(&i) && marked.contains(&m.id)).count();
        if n == 0 {
            continue;
        }
        let slot = limit.slot(now);
        sqlx::query(
            "INSERT INTO rate_use (scope, window_ms, slot, used, counts_until) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (scope, window_ms, slot) DO UPDATE SET used = rate_use.used + excluded.used",
        )
        .bind(&limit.scope)
        .bind(limit.window_ms())
        .bind(slot)
        .bind(i64::try_from(n).unwrap_or(i64::MAX))
        .bind(limit.counts_until(slot))
        .execute(&mut *db)
        .await?;
    }
    sqlx::query("DELETE FROM rate_use WHERE counts_until < $1").bind(now).execute(&mut *db).await?;
    Ok(())
}
