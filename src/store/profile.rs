//! Readers by the one line that says what they asked for: counted for segments, walked through for the plan of an edition.

use chrono::{DateTime, NaiveDate, Utc};
use futures::TryStreamExt;
use sqlx::{FromRow, types::Uuid};

use super::{
    Result, Store, StoreError,
    subscriber::{preferences_of, terms},
};
use crate::domain::{BulletinId, Preferences};

/// People worked out at a time.
const PAGE: i64 = 500;

/// So many people who asked alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    pub asked: Preferences,
    /// The day they joined; `None` when it was not asked for.
    pub joined: Option<NaiveDate>,
    pub readers: u64,
}

/// An active reader, by what selecting sees.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReaderLine {
    pub subscriber_id: Uuid,
    pub profile: String,
    pub joined_on: String,
}

/// A reader without a line: id, ceiling, frequency, when they joined this list, when they came.
type Unfinished = (Uuid, Option<i64>, String, Option<String>, DateTime<Utc>);

impl Store {
    /// Active readers of a bulletin, counted by what they asked for, and by the day they joined if `by_day`. One walk over one index.
    pub async fn alike(&self, bulletin: BulletinId, by_day: bool) -> Result<Vec<Alike>> {
        self.complete_profiles(bulletin).await?;
        let sql = if by_day {
            "SELECT profile, joined_on, COUNT(*) FROM subscription WHERE bulletin_id = $1 AND state = 'active' AND profile IS NOT NULL
             GROUP BY profile, joined_on"
        } else {
            "SELECT profile, '', COUNT(*) FROM subscription WHERE bulletin_id = $1 AND state = 'active' AND profile IS NOT NULL GROUP BY profile"
        };
        let rows: Vec<(String, Option<String>, i64)> = sqlx::query_as(sql).bind(bulletin.0).fetch_all(self.read()).await?;
        let read = |(profile, joined, n): (String, Option<String>, i64)| {
            let asked = parsed(bulletin, &profile)?;
            Ok(Alike { asked, joined: joined.and_then(|d| d.parse().ok()), readers: n.unsigned_abs() })
        };
        rows.into_iter().map(read).collect()
    }

    /// Shows `each` every active reader, those who asked alike one after the other: one walk over one index, whatever their number.
    pub async fn reader_lines(&self, bulletin: BulletinId, mut each: impl FnMut(ReaderLine)) -> Result<()> {
        self.complete_profiles(bulletin).await?;
        let mut lines = sqlx::query_as(
            "SELECT subscriber_id, profile, COALESCE(joined_on, '') AS joined_on FROM subscription
             WHERE bulletin_id = $1 AND state = 'active' AND profile IS NOT NULL ORDER BY profile",
        )
        .bind(bulletin.0)
        .fetch(self.read());
        while let Some(line) = lines.try_next().await? {
            each(line);
        }
        Ok(())
    }

    /// Works out the lines of active readers that have none: those stored by an older version, and those whose preferences changed by another list.
    pub async fn complete_profiles(&self, bulletin: BulletinId) -> Result<()> {
        loop {
            let rows: Vec<Unfinished> = sqlx::query_as(
                "SELECT p.id, p.cost_max, p.frequency, s.joined_on, p.created_at FROM subscription s JOIN subscriber p ON p.id = s.subscriber_id
                 WHERE s.bulletin_id = $1 AND s.state = 'active' AND s.profile IS NULL LIMIT $2",
            )
            .bind(bulletin.0)
            .bind(PAGE)
            .fetch_all(self.read())
            .await?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut tx = self.begin().await?;
            let ids: Vec<Uuid> = rows.iter().map(|r| r.0).collect();
            let mut asked = terms(&mut tx, &ids).await?;
            for (id, cost_max, frequency, joined, created) in rows {
                let line = preferences_of(id, cost_max, &frequency, asked.remove(&id).unwrap_or_default())?.profile();
                sqlx::query("UPDATE subscription SET profile = $1, joined_on = $2 WHERE subscriber_id = $3 AND bulletin_id = $4")
                    .bind(line)
                    .bind(joined.unwrap_or_else(|| created.date_naive().to_string()))
                    .bind(id)
                    .bind(bulletin.0)
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
    }
}

/// Reads a stored line.
pub(crate) fn parsed(bulletin: BulletinId, line: &str) -> Result<Preferences> {
    Preferences::from_profile(line).ok_or_else(|| StoreError::bad_row("subscription", bulletin, format!("the profile `{line}`")))
}
