//! The consent ledger: on what ground each person is written to, and when that ended. Append only.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder, SqliteConnection, types::Uuid};

use super::{Db, Result, Store, new_id, word};
use crate::domain::{Basis, BulletinId, ConsentAct, EmailHash, OrganisationId, SubscriberId};

/// An entry to append.
#[derive(Debug, Clone)]
pub struct NewConsent<'a> {
    pub organisation: OrganisationId,
    pub bulletin: Option<BulletinId>,
    pub subscriber: Option<SubscriberId>,
    pub hash: EmailHash,
    pub act: ConsentAct,
    pub basis: Basis,
    /// import, web, one_click, mailto, complaint, feedback_loop, operator.
    pub channel: &'a str,
    /// The version of the words that the person was shown; empty where none were.
    pub wording: &'a str,
    /// The evidence: the operator's note on where and when it was given, or what was pressed.
    pub note: &'a str,
    pub origin_hash: Option<String>,
}

/// An entry as it is shown in answer to "what do you hold on me, and why?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub act: ConsentAct,
    pub basis: Basis,
    pub channel: String,
    pub wording: String,
    pub note: String,
    pub at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    act: String,
    basis: String,
    channel: String,
    wording: String,
    note: String,
    at: DateTime<Utc>,
}

impl Store {
    /// Everything recorded about an address, oldest first, in one organisation (invariant 9).
    pub async fn consent_history(&self, org: OrganisationId, hash: &EmailHash) -> Result<Vec<Consent>> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, act, basis, channel, wording, note, at FROM consent WHERE email_hash = $1 AND organisation_id = $2 ORDER BY at, id",
        )
        .bind(&hash.0)
        .bind(org.0)
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|r| {
                Ok(Consent {
                    act: word("consent", r.id, &r.act)?,
                    basis: word("consent", r.id, &r.basis)?,
                    channel: r.channel,
                    wording: r.wording,
                    note: r.note,
                    at: r.at,
                })
            })
            .collect()
    }
}

/// Appends entries within a transaction, in one statement per thousand.
pub(crate) async fn append(db: &mut SqliteConnection, entries: &[NewConsent<'_>], now: DateTime<Utc>) -> Result<()> {
    for some in entries.chunks(1_000) {
        let mut query = QueryBuilder::<Db>::new(
            "INSERT INTO consent (id, organisation_id, bulletin_id, subscriber_id, email_hash, act, basis, channel, wording, note, origin_hash, at) ",
        );
        query.push_values(some, |mut row, e| {
            row.push_bind(new_id::<Uuid>())
                .push_bind(e.organisation.0)
                .push_bind(e.bulletin.map(|b| b.0))
                .push_bind(e.subscriber.map(|s| s.0))
                .push_bind(&e.hash.0)
                .push_bind(e.act.as_str())
                .push_bind(e.basis.as_str())
                .push_bind(e.channel)
                .push_bind(e.wording)
                .push_bind(e.note)
                .push_bind(e.origin_hash.as_deref())
                .push_bind(now);
        });
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// An entry that ends what a person had agreed to, for every list of the organisation.
pub(crate) fn ending<'a>(
    org: OrganisationId,
    id: Option<SubscriberId>,
    hash: &EmailHash,
    act: ConsentAct,
    basis: Basis,
    channel: &'a str,
) -> NewConsent<'a> {
    NewConsent {
        organisation: org,
        bulletin: None,
        subscriber: id,
        hash: hash.clone(),
        act,
        basis,
        channel,
        wording: "",
        note: "",
        origin_hash: None,
    }
}

/// The ground last recorded for a person, for entries that end it.
pub(crate) async fn last_basis(db: &mut SqliteConnection, org: OrganisationId, hash: &EmailHash) -> Result<Basis> {
    let found: Option<(Uuid, String)> =
        sqlx::query_as("SELECT id, basis FROM consent WHERE email_hash = $1 AND organisation_id = $2 ORDER BY at DESC, id DESC LIMIT 1")
            .bind(&hash.0)
            .bind(org.0)
            .fetch_optional(db)
            .await?;
    found.map_or(Ok(Basis::Consent), |(id, basis)| word("consent", id, &basis))
}

impl Store {
    /// The ground last recorded for each address in an organisation.
    pub async fn bases(&self, org: OrganisationId, hashes: &[EmailHash]) -> Result<HashMap<EmailHash, Basis>> {
        if hashes.is_empty() {
            return Ok(HashMap::new());
        }
        let mut query = QueryBuilder::<Db>::new("SELECT id, email_hash, basis FROM consent WHERE organisation_id = ");
        query.push_bind(org.0).push(" AND email_hash IN (");
        let mut list = query.separated(", ");
        for hash in hashes {
            list.push_bind(&hash.0);
        }
        query.push(") ORDER BY at, id");
        let rows: Vec<(Uuid, String, String)> = query.build_query_as().fetch_all(self.read()).await?;
        rows.into_iter().map(|(id, hash, basis)| Ok((EmailHash(hash), word("consent", id, &basis)?))).collect()
    }
}
