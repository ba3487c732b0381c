//! Organisations: the owners of everything about people.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, types::Uuid};

use super::{Result, Store, StoreError, new_id, word};
use crate::domain::{OrganisationId, Slug};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    pub id: OrganisationId,
    pub slug: Slug,
    pub name: String,
    /// Printed in every mail.
    pub postal_address: String,
    /// How readers reach a person there.
    pub contact: String,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    slug: String,
    name: String,
    postal_address: String,
    contact: String,
}

impl TryFrom<Row> for Organisation {
    type Error = StoreError;
    fn try_from(r: Row) -> Result<Self> {
        let slug = word("organisation", r.id, &r.slug)?;
        Ok(Self { id: r.id.into(), slug, name: r.name, postal_address: r.postal_address, contact: r.contact })
    }
}

const COLUMNS: &str = "SELECT id, slug, name, postal_address, contact FROM organisation";

impl Store {
    /// Refuses a short name that is taken.
    pub async fn create_organisation(
        &self,
        slug: &Slug,
        name: &str,
        postal_address: &str,
        contact: &str,
        now: DateTime<Utc>,
    ) -> Result<OrganisationId> {
        let id: OrganisationId = new_id();
        let done = sqlx::query("INSERT INTO organisation (id, slug, name, postal_address, contact, created_at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(id.0)
            .bind(slug.as_str())
            .bind(name)
            .bind(postal_address)
            .bind(contact)
            .bind(now)
            .execute(self.write())
            .await
            .map_err(StoreError::from);
        match done {
            Err(e) if e.is_unique_violation() => Err(StoreError::Refused(format!("there is an organisation `{slug}` already"))),
            other => other.map(|_| id),
        }
    }

    /// Writes down that an organisation vouches for a provider; done already, it changes nothing.
    pub async fn vouch_for(&self, organisation: OrganisationId, provider: &str, now: DateTime<Utc>) -> Result<()> {
        let provider = self.provider_named(provider, now).await?;
        sqlx::query("INSERT INTO provider_known (organisation_id, provider_id, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(organisation.0)
            .bind(provider.0)
            .bind(now)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Makes an organisation, or brings the one with this short name up to date.
    pub async fn put_organisation(&self, slug: &Slug, name: &str, postal_address: &str, contact: &str, now: DateTime<Utc>) -> Result<OrganisationId> {
        let id: sqlx::types::Uuid = sqlx::query_scalar(
            "INSERT INTO organisation (id, slug, name, postal_address, contact, created_at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (slug) DO UPDATE SET name = excluded.name, postal_address = excluded.postal_address, contact = excluded.contact RETURNING id",
        )
        .bind(new_id::<sqlx::types::Uuid>())
        .bind(slug.as_str())
        .bind(name)
        .bind(postal_address)
        .bind(contact)
        .bind(now)
        .fetch_one(self.write())
        .await?;
        Ok(id.into())
    }

    pub async fn organisation_by_slug(&self, slug: &Slug) -> Result<Option<Organisation>> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE slug = $1"));
        let row: Option<Row> = sqlx::query_as(sql).bind(slug.as_str()).fetch_optional(self.read()).await?;
        row.map(TryInto::try_into).transpose()
    }

    pub async fn organisation(&self, id: OrganisationId) -> Result<Organisation> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
        let row: Option<Row> = sqlx::query_as(sql).bind(id.0).fetch_optional(self.read()).await?;
        row.ok_or_else(|| StoreError::not_found("organisation", id))?.try_into()
    }

    pub async fn organisations(&self) -> Result<Vec<Organisation>> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY slug"));
        let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(self.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}
