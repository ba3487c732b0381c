//! Digests of alarms: made, with the alarms marked as told, in one transaction; handed over one mail at a time by lease.
//!
//! What was made is never lost: a mail whose process died goes again with the same Message-ID, at most as often as `attempts` says.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::{
    Db, Result, Store, StoreError,
    health::{ALARM, Alarm, AlarmRow},
    listing::push_ids,
    new_id, word,
};
use crate::domain::{EmailAddress, OrganisationId, vocabulary};

vocabulary! {
    /// What became of a mail of a digest.
    pub enum DigestState("state of a digest's mail") {
        Queued = "queued",
        HandingOver = "handing_over",
        Sent = "sent",
        Failed = "failed",
        /// The address is suppressed (invariant 5).
        Skipped = "skipped",
    }
}

/// Who hears of alarms: an owner or editor of an organisation.
#[derive(Debug, Clone)]
pub struct DeskUser {
    pub organisation: OrganisationId,
    pub email: EmailAddress,
}

/// A mail of a digest that is to be made.
#[derive(Debug, Clone)]
pub struct NewDigestMail {
    pub to: DeskUser,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A mail that this process is to hand over.
#[derive(Debug, Clone)]
pub struct DigestMail {
    pub id: Uuid,
    pub organisation: OrganisationId,
    pub email: EmailAddress,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// This one included.
    pub attempts: i64,
}

/// Alarms as a digest sees them.
#[derive(Debug, Clone, Default)]
pub struct AlarmNews {
    pub fresh: Vec<Alarm>,
    pub over: Vec<Alarm>,
    pub standing: Vec<Alarm>,
    /// The civil day of the newest digest.
    pub last: Option<NaiveDate>,
}

/// Ids bound in one statement at most.
const CHUNK: usize = 400;

impl Store {
    /// What a digest made now would say.
    pub async fn alarm_news(&self) -> Result<AlarmNews> {
        // Over before anybody was told of it: no news to anybody.
        let sql = format!(
            "{ALARM} WHERE closed_at IS NULL OR (closed_at IS NOT NULL AND end_told_at IS NULL AND told_at IS NOT NULL) ORDER BY opened_at, id"
        );
        let rows: Vec<AlarmRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(self.read()).await?;
        let mut news = AlarmNews::default();
        for row in rows {
            let alarm = Alarm::try_from(row)?;
            match (alarm.closed, alarm.told_at) {
                (Some(_), _) => news.over.push(alarm),
                (None, None) => news.fresh.push(alarm),
                (None, Some(_)) => news.standing.push(alarm),
            }
        }
        let last: Option<String> = sqlx::query_scalar("SELECT day FROM digest ORDER BY day DESC LIMIT 1").fetch_optional(self.read()).await?;
        news.last = last.map(|day| day.parse().map_err(|e| StoreError::bad_row("digest", &day, e))).transpose()?;
        Ok(news)
    }

    /// Owners and editors of every organisation.
    pub async fn editors(&self) -> Result<Vec<DeskUser>> {
        let rows: Vec<(Uuid, String)> =
            sqlx::query_as("SELECT organisation_id, email FROM desk_user WHERE role IN ('owner', 'editor') ORDER BY organisation_id, email_key")
                .fetch_all(self.read())
                .await?;
        rows.into_iter()
            .map(|(organisation, email)| {
                let email = EmailAddress::parse(&email).map_err(|e| StoreError::bad_row("desk_user", organisation, e))?;
                Ok(DeskUser { organisation: organisation.into(), email })
            })
            .collect()
    }

    /// Makes the digest of a civil day and marks its alarms as told, all or nothing. False when the day has one already.
    pub async fn make_digest(
        &self,
        day: NaiveDate,
        news: &AlarmNews,
        mails: &[NewDigestMail],
        due_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let id: Uuid = new_id();
        let made = sqlx::query("INSERT INTO digest (id, day, made_at) VALUES ($1, $2, $3) ON CONFLICT (day) DO NOTHING")
            .bind(id)
            .bind(day.to_string())
            .bind(now)
            .execute(&mut *tx)
            .await?;
        if made.rows_affected() == 0 {
            return Ok(false);
        }
        for (alarms, mark) in [(&news.fresh, "told_at"), (&news.over, "end_told_at")] {
            for chunk in alarms.chunks(CHUNK) {
                let mut sql = QueryBuilder::<Db>::new(format!("UPDATE alarm SET {mark} = "));
                sql.push_bind(now).push(" WHERE id IN (");
                push_ids(&mut sql, chunk.iter().map(|a| a.id));
                sql.push(")").build().execute(&mut *tx).await?;
            }
        }
        for mail in mails {
            sqlx::query(
                "INSERT INTO digest_mail (id, digest_id, organisation_id, email_key, subject, body_text, body_html, state, attempts, due_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', 0, $8)",
            )
            .bind(new_id::<Uuid>())
            .bind(id)
            .bind(mail.to.organisation.0)
            .bind(mail.to.email.key())
            .bind(&mail.subject)
            .bind(&mail.text)
            .bind(&mail.html)
            .bind(due_at)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Takes the next mail whose time has come and marks it as being handed over, before the server hears of it. Until `lease` it is this
    /// process's; whoever is still at it then is taken for dead.
    pub async fn claim_digest_mail(&self, now: DateTime<Utc>, lease: DateTime<Utc>) -> Result<Option<DigestMail>> {
        #[derive(FromRow)]
        struct Row {
            id: Uuid,
            organisation_id: Uuid,
            email: String,
            subject: String,
            body_text: String,
            body_html: String,
            attempts: i64,
        }
        let row: Option<Row> = sqlx::query_as(
            "UPDATE digest_mail SET state = 'handing_over', attempts = attempts + 1, due_at = $2 WHERE id = (
                 SELECT id FROM digest_mail WHERE state IN ('queued', 'handing_over') AND due_at <= $1 ORDER BY due_at, id LIMIT 1)
             RETURNING id, organisation_id, subject, body_text, body_html, attempts,
                 (SELECT u.email FROM desk_user u WHERE u.organisation_id = digest_mail.organisation_id AND u.email_key = digest_mail.email_key) AS email",
        )
        .bind(now)
        .bind(lease)
        .fetch_optional(self.write())
        .await?;
        row.map(|r| {
            Ok(DigestMail {
                email: EmailAddress::parse(&r.email).map_err(|e| StoreError::bad_row("desk_user", r.organisation_id, e))?,
                id: r.id,
                organisation: r.organisation_id.into(),
                subject: r.subject,
                text: r.body_text,
                html: r.body_html,
                attempts: r.attempts,
            })
        })
        .transpose()
    }

    /// Writes down what became of a mail; one that goes back to the queue is due again then.
    pub async fn settle_digest_mail(&self, id: Uuid, state: DigestState, said: &str, due_at: DateTime<Utc>) -> Result<()> {
        sqlx::query("UPDATE digest_mail SET state = $2, said = $3, due_at = $4 WHERE id = $1")
            .bind(id)
            .bind(state.as_str())
            .bind(said)
            .bind(due_at)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// States of all mails of digests, for tests and for looking.
    pub async fn digest_states(&self) -> Result<Vec<DigestState>> {
        let rows: Vec<(Uuid, String)> = sqlx::query_as("SELECT id, state FROM digest_mail ORDER BY id").fetch_all(self.read()).await?;
        rows.into_iter().map(|(id, state)| word("digest_mail", id, &state)).collect()
    }
}
