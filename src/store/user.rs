//! People who work at the desk, and in what role.

use chrono::{DateTime, Utc};

use super::{Result, Store};
use crate::domain::{EmailAddress, OrganisationId, Role};

impl Store {
    /// Gives a person a role in an organisation, or another one.
    pub async fn put_user(&self, organisation: OrganisationId, email: &EmailAddress, role: Role, now: DateTime<Utc>) -> Result<()> {
        sqlx::query(
            "INSERT INTO desk_user (organisation_id, email_key, email, role, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organisation_id, email_key) DO UPDATE SET role = excluded.role, email = excluded.email",
        )
        .bind(organisation.0)
        .bind(email.key())
        .bind(email.as_str())
        .bind(role.as_str())
        .bind(now)
        .execute(self.write())
        .await?;
        Ok(())
    }
}
