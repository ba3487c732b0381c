//! The rest of an edition that was called off.

use chrono::{DateTime, Utc};

use super::{Result, Store};

impl Store {
    /// Skips what is still queued of cancelled editions and says how much. Run again, it takes what a server put off meanwhile.
    pub async fn skip_rest_of_cancelled(&self, now: DateTime<Utc>) -> Result<u64> {
        let done = sqlx::query(
            "UPDATE delivery SET state = 'skipped', server_reply = 'the edition was called off', finished_at = $1, lease_owner = NULL, lease_until = NULL
             WHERE state = 'queued' AND edition_id IN (SELECT id FROM edition WHERE state = 'cancelled')",
        )
        .bind(now)
        .execute(self.write())
        .await?;
        Ok(done.rows_affected())
    }
}
