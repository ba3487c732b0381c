//! People, what they asked for, and where they stand on each list. Every question names the organisation or the bulletin (invariant 9).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder, SqliteConnection, types::Uuid};

use super::{Db, Result, Store, StoreError, consent, feedback, new_id, suppression, word};
use crate::domain::{
    BulletinId, ConsentAct, Currency, EmailAddress, EmailHash, Frequency, Money, OrganisationId, Preference, Preferences, SubscriberId,
    SubscriberState, SuppressionReason,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    pub id: SubscriberId,
    pub organisation_id: OrganisationId,
    pub email: EmailAddress,
    pub name: String,
    pub preferences: Preferences,
}

/// A person on one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub subscriber: Subscriber,
    pub state: SubscriberState,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    organisation_id: Uuid,
    email: String,
    name: String,
    cost_max: Option<i64>,
    frequency: String,
}

#[derive(FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    person: Row,
    state: String,
}

impl Row {
    fn into_subscriber(self, terms: Vec<(Preference, String)>) -> Result<Subscriber> {
        let id = self.id;
        Ok(Subscriber {
            id: id.into(),
            organisation_id: self.organisation_id.into(),
            email: word("subscriber", id, &self.email)?,
            name: self.name,
            preferences: preferences_of(id, self.cost_max, &self.frequency, terms)?,
        })
    }
}

/// What a person asked for, from the rows that hold it.
pub(crate) fn preferences_of(id: Uuid, cost_max: Option<i64>, frequency: &str, terms: Vec<(Preference, String)>) -> Result<Preferences> {
    let price = |minor| Money::new(minor, Currency::GBP).ok_or_else(|| StoreError::bad_row("subscriber", id, format!("the price {minor}")));
    let mut asked =
        Preferences { cost_max: cost_max.map(price).transpose()?, frequency: word("subscriber", id, frequency)?, ..Preferences::default() };
    for (heading, term) in terms {
        asked.terms_mut(heading).push(term);
    }
    Ok(asked)
}

impl Store {
    pub async fn subscriber(&self, id: SubscriberId) -> Result<Option<Subscriber>> {
        let row: Option<Row> = sqlx::query_as("SELECT id, organisation_id, email, name, cost_max, frequency FROM subscriber WHERE id = $1")
            .bind(id.0)
            .fetch_optional(self.read())
            .await?;
        self.with_terms(row).await
    }

    pub async fn subscriber_by_email(&self, org: OrganisationId, email: &EmailAddress) -> Result<Option<Subscriber>> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT id, organisation_id, email, name, cost_max, frequency FROM subscriber WHERE organisation_id = $1 AND email_key = $2",
        )
        .bind(org.0)
        .bind(email.key())
        .fetch_optional(self.read())
        .await?;
        self.with_terms(row).await
    }

    async fn with_terms(&self, row: Option<Row>) -> Result<Option<Subscriber>> {
        let Some(row) = row else { return Ok(None) };
        let mut db = self.read().acquire().await?;
        let mut terms = terms(&mut db, &[row.id]).await?;
        let own = terms.remove(&row.id).unwrap_or_default();
        row.into_subscriber(own).map(Some)
    }

    /// People on a list in order of their ids, `limit` at a time after `after`; all states, or one.
    pub async fn subscribers(
        &self,
        bulletin: BulletinId,
        state: Option<SubscriberState>,
        after: Option<SubscriberId>,
        limit: u32,
    ) -> Result<Vec<Listed>> {
        let mut query = QueryBuilder::<Db>::new(
            "SELECT p.id, p.organisation_id, p.email, p.name, p.cost_max, p.frequency, s.state FROM subscription s
             JOIN subscriber p ON p.id = s.subscriber_id WHERE s.bulletin_id = ",
        );
        query.push_bind(bulletin.0);
        if let Some(state) = state {
            query.push(" AND s.state = ").push_bind(state.as_str());
        }
        if let Some(after) = after {
            query.push(" AND s.subscriber_id > ").push_bind(after.0);
        }
        query.push(" ORDER BY s.subscriber_id LIMIT ").push_bind(i64::from(limit));
        let mut db = self.read().acquire().await?;
        let rows: Vec<ListedRow> = query.build_query_as().fetch_all(&mut *db).await?;
        let ids: Vec<Uuid> = rows.iter().map(|r| r.person.id).collect();
        let mut terms = terms(&mut db, &ids).await?;
        rows.into_iter()
            .map(|r| {
                let own = terms.remove(&r.person.id).unwrap_or_default();
                let state = word("subscription", r.person.id, &r.state)?;
                Ok(Listed { subscriber: r.person.into_subscriber(own)?, state })
            })
            .collect()
    }

    /// How many people stand where on a list.
    pub async fn count_subscribers(&self, bulletin: BulletinId) -> Result<HashMap<SubscriberState, u64>> {
        let rows: Vec<(String, i64)> = sqlx::query_as("SELECT state, COUNT(*) FROM subscription WHERE bulletin_id = $1 GROUP BY state")
            .bind(bulletin.0)
            .fetch_all(self.read())
            .await?;
        rows.into_iter().map(|(state, n)| Ok((word("subscription", bulletin, &state)?, n.unsigned_abs()))).collect()
    }

    /// Replaces what a person asked for.
    pub async fn set_preferences(&self, id: SubscriberId, preferences: &Preferences) -> Result<()> {
        let mut tx = self.begin().await?;
        set_preferences(&mut tx, id, preferences).await?;
        Ok(tx.commit().await?)
    }

    /// Where a person stands on a list; `None` when not on it.
    pub async fn subscription_state(&self, id: SubscriberId, bulletin: BulletinId) -> Result<Option<SubscriberState>> {
        let mut db = self.read().acquire().await?;
        Ok(subscription(&mut db, id, bulletin).await?.map(|(state, _)| state))
    }

    /// Erases a person: the row with its preferences and subscriptions goes, and so do address and name on deliveries. What stays is the
    /// keyed hash, suppressed, so that no import brings the person back. False when nobody here has the address; it is suppressed even so.
    pub async fn forget(&self, org: OrganisationId, email: &EmailAddress, hash: &EmailHash, now: DateTime<Utc>) -> Result<bool> {
        let mut tx = self.begin().await?;
        let id: Option<Uuid> = sqlx::query_scalar("SELECT id FROM subscriber WHERE organisation_id = $1 AND email_key = $2")
            .bind(org.0)
            .bind(email.key())
            .fetch_optional(&mut *tx)
            .await?;
        let basis = consent::last_basis(&mut tx, org, hash).await?;
        if let Some(id) = id {
            // One that is being handed over at this instant keeps its address until the answer is recorded, and loses it then.
            sqlx::query("UPDATE delivery SET state = 'skipped', server_reply = 'the person was erased', finished_at = $1 WHERE subscriber_id = $2 AND state = 'queued'")
                .bind(now)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "UPDATE delivery SET email = '', name = '', server_reply = CASE WHEN state = 'skipped' THEN server_reply END
                 WHERE subscriber_id = $1 AND state <> 'handing_over'",
            )
            .bind(id)
            .execute(&mut *tx)
            .await?;
            feedback::erase(&mut tx, Some(id.into()), hash).await?;
            sqlx::query("DELETE FROM subscriber WHERE id = $1").bind(id).execute(&mut *tx).await?;
        }
        sqlx::query("DELETE FROM sign_up WHERE email_key = $1").bind(email.key()).execute(&mut *tx).await?;
        suppression::suppress(&mut tx, org, hash, SuppressionReason::Erased, "", now).await?;
        feedback::erase(&mut tx, None, hash).await?;
        let entry = consent::ending(org, None, hash, ConsentAct::Erased, basis, "operator");
        consent::append(&mut tx, &[entry], now).await?;
        tx.commit().await?;
        Ok(id.is_some())
    }
}

/// Finds or makes a person. What one who is there asked for stays; an empty name is filled in.
pub(crate) async fn find_or_create(
    db: &mut SqliteConnection,
    org: OrganisationId,
    email: &EmailAddress,
    name: &str,
    now: DateTime<Utc>,
) -> Result<SubscriberId> {
    let id: Uuid = sqlx::query_scalar(
        "INSERT INTO subscriber (id, organisation_id, email, email_key, name, frequency, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (organisation_id, email_key) DO UPDATE SET name = CASE WHEN subscriber.name = '' THEN excluded.name ELSE subscriber.name END
         RETURNING id",
    )
    .bind(new_id::<Uuid>())
    .bind(org.0)
    .bind(email.as_str())
    .bind(email.key())
    .bind(name)
    .bind(Frequency::EachEdition.as_str())
    .bind(now)
    .fetch_one(db)
    .await?;
    Ok(id.into())
}

pub(crate) async fn set_preferences(db: &mut SqliteConnection, id: SubscriberId, preferences: &Preferences) -> Result<()> {
    sqlx::query("UPDATE subscriber SET cost_max = $1, frequency = $2 WHERE id = $3")
        .bind(preferences.cost_max.map(|m| m.minor))
        .bind(preferences.frequency.as_str())
        .bind(id.0)
        .execute(&mut *db)
        .await?;
    sqlx::query("DELETE FROM preference WHERE subscriber_id = $1").bind(id.0).execute(&mut *db).await?;
    let rows: Vec<(Uuid, Preference, String)> =
        Preference::ALL.iter().flat_map(|h| preferences.terms(*h).iter().map(|t| (id.0, *h, t.clone()))).collect();
    insert_terms(db, &rows).await?;
    sqlx::query("UPDATE subscription SET profile = $1 WHERE subscriber_id = $2").bind(preferences.profile()).bind(id.0).execute(db).await?;
    Ok(())
}

pub(crate) async fn insert_terms(db: &mut SqliteConnection, rows: &[(Uuid, Preference, String)]) -> Result<()> {
    for some in rows.chunks(5_000) {
        let mut query = QueryBuilder::<Db>::new("INSERT INTO preference (subscriber_id, facet, term) ");
        query.push_values(some, |mut row, (id, heading, term)| {
            row.push_bind(id).push_bind(heading.as_str()).push_bind(term);
        });
        query.push(" ON CONFLICT DO NOTHING").build().execute(&mut *db).await?;
    }
    Ok(())
}

/// The terms that people asked for, by person, in order.
pub(crate) async fn terms(db: &mut SqliteConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<(Preference, String)>>> {
    let mut out: HashMap<Uuid, Vec<(Preference, String)>> = HashMap::new();
    for some in ids.chunks(5_000) {
        let mut query = QueryBuilder::<Db>::new("SELECT subscriber_id, facet, term FROM preference WHERE subscriber_id IN (");
        let mut list = query.separated(", ");
        for id in some {
            list.push_bind(id);
        }
        query.push(") ORDER BY subscriber_id, facet, term");
        let rows: Vec<(Uuid, String, String)> = query.build_query_as().fetch_all(&mut *db).await?;
        for (id, heading, term) in rows {
            out.entry(id).or_default().push((word("preference", id, &heading)?, term));
        }
    }
    Ok(out)
}

/// Where a person stands on a list, and the nonce of an open confirmation.
pub(crate) async fn subscription(
    db: &mut SqliteConnection,
    id: SubscriberId,
    bulletin: BulletinId,
) -> Result<Option<(SubscriberState, Option<String>)>> {
    let row: Option<(String, Option<String>)> =
        sqlx::query_as("SELECT state, confirm_nonce FROM subscription WHERE subscriber_id = $1 AND bulletin_id = $2")
            .bind(id.0)
            .bind(bulletin.0)
            .fetch_optional(db)
            .await?;
    row.map(|(state, nonce)| Ok((word("subscription", id, &state)?, nonce))).transpose()
}

/// Takes a person to the next state on a list if the step is allowed (`SubscriberState::may_become`); says whether it was taken.
/// `nonce` opens a confirmation; without one an open confirmation is closed.
pub(crate) async fn step(
    db: &mut SqliteConnection,
    id: SubscriberId,
    bulletin: BulletinId,
    next: SubscriberState,
    nonce: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let Some((state, _)) = subscription(db, id, bulletin).await? else { return Ok(false) };
    let renews = state == SubscriberState::Pending && next == SubscriberState::Pending;
    if !renews && !state.may_become(next) {
        return Ok(false);
    }
    sqlx::query(
        "UPDATE subscription SET state = $1, confirm_nonce = $2, confirm_sent_at = $3, changed_at = $4 WHERE subscriber_id = $5 AND bulletin_id = $6",
    )
    .bind(next.as_str())
    .bind(nonce)
    .bind(nonce.map(|_| now))
    .bind(now)
    .bind(id.0)
    .bind(bulletin.0)
    .execute(db)
    .await?;
    Ok(true)
}

/// Puts a person on a list who is not on it.
pub(crate) async fn subscribe(
    db: &mut SqliteConnection,
    id: SubscriberId,
    bulletin: BulletinId,
    state: SubscriberState,
    nonce: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO subscription (subscriber_id, bulletin_id, state, confirm_nonce, confirm_sent_at, changed_at, joined_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id.0)
    .bind(bulletin.0)
    .bind(state.as_str())
    .bind(nonce)
    .bind(nonce.map(|_| now))
    .bind(now)
    .bind(now.date_naive().to_string())
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a person confirmed or was brought in for any list.
pub(crate) async fn is_active_anywhere(db: &mut SqliteConnection, id: SubscriberId) -> Result<bool> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT 1 FROM subscription WHERE subscriber_id = $1 AND state = 'active' LIMIT 1").bind(id.0).fetch_optional(db).await?;
    Ok(found.is_some())
}
