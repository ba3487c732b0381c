//! Many people at once: what an import writes, a thousand rows in one transaction and one statement per table.
//!
//! Never brings anyone back who left, bounced, complained or was erased.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder, SqliteConnection, types::Uuid};

use super::{
    Db, Result, Store,
    consent::{self, NewConsent},
    new_id,
    subscriber::{insert_terms, terms},
    suppression::suppressed_among,
    word,
};
use crate::domain::{
    Basis, BulletinId, ConsentAct, Currency, EmailAddress, EmailHash, Frequency, Money, OrganisationId, Preference, Preferences, SubscriberState,
};

/// One person as an import names them. A preference that the file has no column for is `None` and stays as it was.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub email: EmailAddress,
    pub hash: EmailHash,
    /// Empty to leave the name as it is.
    pub name: String,
    /// In the order of `Preference`, terms sorted, one entry per column of the file.
    pub terms: Vec<(Preference, Vec<String>)>,
    pub cost_max: Ceiling,
    pub frequency: Option<Frequency>,
}

/// What an import says about the price a person would pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceiling {
    AsItWas,
    /// Any price.
    Lifted,
    At(Money),
}

impl Ceiling {
    /// In pence, over what was there.
    fn over(self, was: Option<i64>) -> Option<i64> {
        match self {
            Self::AsItWas => was,
            Self::Lifted => None,
            Self::At(money) => Some(money.minor),
        }
    }
}

/// Where they go and on what ground.
#[derive(Debug, Clone)]
pub struct Intake {
    pub organisation: OrganisationId,
    pub bulletin: BulletinId,
    pub basis: Basis,
    pub note: String,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// New on the list.
    pub imported: u64,
    /// On the list already, name or preferences now different.
    pub updated: u64,
    pub unchanged: u64,
    /// Not brought back: suppressed, unsubscribed, bounced or complained.
    pub suppressed: u64,
}

#[derive(FromRow)]
struct There {
    id: Uuid,
    email_key: String,
    name: String,
    cost_max: Option<i64>,
    frequency: String,
    state: Option<String>,
}

/// A person as they will be stored.
struct Person<'a> {
    id: Uuid,
    incoming: &'a Incoming,
    name: String,
    cost_max: Option<i64>,
    frequency: Frequency,
    terms: Vec<(Preference, String)>,
    is_there: bool,
    joins: bool,
}

impl Person<'_> {
    fn profile(&self) -> String {
        let cost_max = self.cost_max.and_then(|minor| Money::new(minor, Currency::GBP));
        let mut asked = Preferences { cost_max, frequency: self.frequency, ..Preferences::default() };
        for (heading, term) in &self.terms {
            asked.terms_mut(*heading).push(term.clone());
        }
        asked.profile()
    }
}

impl Store {
    /// Writes one batch. No two of `rows` may share an address.
    pub async fn take_in(&self, intake: &Intake, rows: &[Incoming], now: DateTime<Utc>) -> Result<Taken> {
        let mut tx = self.begin().await?;
        let hashes: Vec<EmailHash> = rows.iter().map(|r| r.hash.clone()).collect();
        let suppressed = suppressed_among(&mut tx, &hashes).await?;
        let there = people_there(&mut tx, intake, rows).await?;
        let ids: Vec<Uuid> = there.values().map(|t| t.id).collect();
        let mut old_terms = terms(&mut tx, &ids).await?;
        let mut taken = Taken::default();
        let mut people = Vec::new();
        for incoming in rows {
            let known = there.get(&incoming.email.key());
            let state: Option<SubscriberState> = known.and_then(|t| Some(word("subscription", t.id, t.state.as_ref()?))).transpose()?;
            let left = state.is_some_and(|s| !matches!(s, SubscriberState::Active | SubscriberState::Pending));
            if left || suppressed.contains(&incoming.hash.0) {
                taken.suppressed += 1;
                continue;
            }
            let terms = known.and_then(|t| old_terms.remove(&t.id)).unwrap_or_default();
            let person = merge(incoming, known, &terms, state.is_none())?;
            let changed = known.is_none_or(|k| differs(&person, k, &terms));
            match (person.joins, changed) {
                (true, _) => taken.imported += 1,
                (false, true) => taken.updated += 1,
                (false, false) => taken.unchanged += 1,
            }
            if person.joins || changed {
                people.push(person);
            }
        }
        write(&mut tx, intake, &people, now).await?;
        tx.commit().await?;
        Ok(taken)
    }
}

async fn people_there(db: &mut SqliteConnection, intake: &Intake, rows: &[Incoming]) -> Result<HashMap<String, There>> {
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = QueryBuilder::<Db>::new(
        "SELECT p.id, p.email_key, p.name, p.cost_max, p.frequency, s.state FROM subscriber p
         LEFT JOIN subscription s ON s.subscriber_id = p.id AND s.bulletin_id = ",
    );
    query.push_bind(intake.bulletin.0).push(" WHERE p.organisation_id = ").push_bind(intake.organisation.0).push(" AND p.email_key IN (");
    let mut list = query.separated(", ");
    for row in rows {
        list.push_bind(row.email.key());
    }
    query.push(")");
    let found: Vec<There> = query.build_query_as().fetch_all(db).await?;
    Ok(found.into_iter().map(|t| (t.email_key.clone(), t)).collect())
}

fn merge<'a>(incoming: &'a Incoming, known: Option<&There>, old: &[(Preference, String)], joins: bool) -> Result<Person<'a>> {
    let named = |heading: Preference| incoming.terms.iter().any(|(f, _)| *f == heading);
    let mut terms: Vec<(Preference, String)> = old.iter().filter(|(f, _)| !named(*f)).cloned().collect();
    terms.extend(incoming.terms.iter().flat_map(|(f, list)| list.iter().map(|t| (*f, t.clone()))));
    terms.sort();
    terms.dedup();
    let old_frequency = known.map_or(Ok(Frequency::EachEdition), |k| word("subscriber", k.id, &k.frequency))?;
    Ok(Person {
        id: known.map_or_else(new_id, |k| k.id),
        incoming,
        name: if incoming.name.is_empty() { known.map(|k| k.name.clone()).unwrap_or_default() } else { incoming.name.clone() },
        cost_max: incoming.cost_max.over(known.and_then(|k| k.cost_max)),
        frequency: incoming.frequency.unwrap_or(old_frequency),
        terms,
        is_there: known.is_some(),
        joins,
    })
}

fn differs(person: &Person<'_>, known: &There, old: &[(Preference, String)]) -> bool {
    let mut old = old.to_vec();
    old.sort();
    person.name != known.name || person.cost_max != known.cost_max || person.frequency.as_str() != known.frequency || person.terms != old
}

async fn write(db: &mut SqliteConnection, intake: &Intake, people: &[Person<'_>], now: DateTime<Utc>) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    write_people(db, intake, people, now).await?;
    let known: Vec<Uuid> = people.iter().filter(|p| p.is_there).map(|p| p.id).collect();
    clear_terms(db, &known).await?;
    let terms: Vec<(Uuid, Preference, String)> = people.iter().flat_map(|p| p.terms.iter().map(|(f, t)| (p.id, *f, t.clone()))).collect();
    insert_terms(db, &terms).await?;
    write_subscriptions(db, intake, people, &known, now).await?;
    let entries: Vec<NewConsent<'_>> = people.iter().filter(|p| p.joins).map(|p| entry(intake, p)).collect();
    consent::append(db, &entries, now).await
}

/// Who is new here joins; of who is here, the line of what they asked for is written anew. Other lists of theirs work it out again later.
async fn write_subscriptions(db: &mut SqliteConnection, intake: &Intake, people: &[Person<'_>], known: &[Uuid], now: DateTime<Utc>) -> Result<()> {
    let mut query = QueryBuilder::<Db>::new("INSERT INTO subscription (subscriber_id, bulletin_id, state, changed_at, profile, joined_on) ");
    let today = now.date_naive().to_string();
    query.push_values(people, |mut row, p| {
        row.push_bind(p.id)
            .push_bind(intake.bulletin.0)
            .push_bind(SubscriberState::Active.as_str())
            .push_bind(now)
            .push_bind(p.profile())
            .push_bind(&today);
    });
    query.push(" ON CONFLICT (subscriber_id, bulletin_id) DO UPDATE SET profile = excluded.profile").build().execute(&mut *db).await?;
    if known.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Db>::new("UPDATE subscription SET profile = NULL WHERE bulletin_id <> ");
    query.push_bind(intake.bulletin.0).push(" AND subscriber_id IN (");
    let mut list = query.separated(", ");
    for id in known {
        list.push_bind(id);
    }
    query.push(")").build().execute(db).await?;
    Ok(())
}

async fn write_people(db: &mut SqliteConnection, intake: &Intake, people: &[Person<'_>], now: DateTime<Utc>) -> Result<()> {
    let mut query = QueryBuilder::<Db>::new("INSERT INTO subscriber (id, organisation_id, email, email_key, name, cost_max, frequency, created_at) ");
    query.push_values(people, |mut row, p| {
        row.push_bind(p.id)
            .push_bind(intake.organisation.0)
            .push_bind(p.incoming.email.as_str())
            .push_bind(p.incoming.email.key())
            .push_bind(&p.name)
            .push_bind(p.cost_max)
            .push_bind(p.frequency.as_str())
            .push_bind(now);
    });
    query.push(
        " ON CONFLICT (organisation_id, email_key) DO UPDATE SET name = excluded.name, cost_max = excluded.cost_max, frequency = excluded.frequency",
    );
    query.build().execute(db).await?;
    Ok(())
}

async fn clear_terms(db: &mut SqliteConnection, ids: &[Uuid]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Db>::new("DELETE FROM preference WHERE subscriber_id IN (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id);
    }
    query.push(")").build().execute(db).await?;
    Ok(())
}

fn entry<'a>(intake: &'a Intake, p: &Person<'_>) -> NewConsent<'a> {
    NewConsent {
        organisation: intake.organisation,
        bulletin: Some(intake.bulletin),
        subscriber: Some(p.id.into()),
        hash: p.incoming.hash.clone(),
        act: ConsentAct::Imported,
        basis: intake.basis,
        channel: "import",
        wording: "",
        note: &intake.note,
        origin_hash: None,
    }
}
