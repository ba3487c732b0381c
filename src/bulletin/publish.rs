//! Publishing: who gets which content is frozen as rows in one transaction, counted and verified. From here on nothing that changes
//! elsewhere changes the edition.
//!
//! Never sends anything, and never publishes what nobody approved.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::{
    domain::{EditionId, EditionState, EmailAddress, EventId, Nothing, SubscriberId},
    feedback::Secret,
    mail::header::WireAddress,
    store::{
        Result, Store, StoreError,
        freeze::{FrozenContent, Recipient},
    },
};

/// One rendering, shared by all readers whose selection is the same. Marks stand where the reader's name and links go (`mail::body::MARKS`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedContent {
    /// Digest of what it was rendered from; names it in the plan.
    pub key: String,
    pub subject: String,
    pub html: String,
    pub text: String,
    /// The events it tells of.
    pub events: Vec<EventId>,
}

/// Who gets what: every active subscriber with the key of a content, or `None` for one whose selection is empty.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub contents: Vec<RenderedContent>,
    pub readers: Vec<(SubscriberId, Option<String>)>,
    /// How many of them get nothing, by the reason; kept with the edition.
    pub nothing: BTreeMap<Nothing, u64>,
}

/// What publishing did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// Rows written: mails to send.
    pub queued: u64,
    /// Subscribers with nothing in this edition for them.
    pub empty: u64,
    /// Active, but the address is suppressed.
    pub suppressed: u64,
    /// In the plan, but no longer active.
    pub left: u64,
    /// Active, but not in the plan: joined after it was made. The next edition is their first.
    pub joined_since: u64,
    /// The edition was published before; nothing was done.
    pub was_published: bool,
}

/// Freezes an approved edition (or one that was held and released). Published already, it does nothing and says so.
pub async fn publish(store: &Store, secret: &Secret, edition: EditionId, plan: Plan, now: DateTime<Utc>) -> Result<Published> {
    let row = store.edition(edition).await?;
    if row.published_at.is_some() {
        let counts = store.delivery_counts(edition).await?;
        return Ok(Published { queued: counts.queued, was_published: true, ..Published::default() });
    }
    if row.state != EditionState::Approved {
        return Err(StoreError::Refused(format!("edition {edition} is {}; approve it first", row.state)));
    }
    let bulletin = store.bulletin(row.bulletin_id).await?;
    let sender =
        WireAddress::new(&bulletin.from_address).map_err(|e| StoreError::Refused(format!("the bulletin's from_address cannot send: {e}")))?;
    let people = store.active_people(row.bulletin_id).await?;
    let suppressed = store.suppressed().await?;
    let mut done = Published::default();
    let recipients = choose(&plan, people, &mut done, |email| match EmailAddress::parse(email) {
        Ok(address) => !suppressed.is_empty() && suppressed.contains(&secret.email_hash(&address)),
        // One that cannot be read fails by itself when its mail is built, where it is seen.
        Err(_) => false,
    })?;
    let recipients: Vec<Recipient> =
        recipients.into_iter().map(|r| Recipient { message_id: secret.message_id(edition, r.subscriber, sender.domain()), ..r }).collect();
    let contents: Vec<FrozenContent> = plan.contents.into_iter().map(frozen).collect();
    done.queued = store.freeze(edition, EditionState::Approved, &contents, &recipients, &plan.nothing, now).await?;
    Ok(done)
}

fn frozen(c: RenderedContent) -> FrozenContent {
    FrozenContent { key: c.key, subject: c.subject, html: c.html, plain: c.text, events: c.events }
}

fn choose(
    plan: &Plan,
    people: Vec<(SubscriberId, String, String)>,
    done: &mut Published,
    suppressed: impl Fn(&str) -> bool,
) -> Result<Vec<Recipient>> {
    let keys: HashMap<&str, usize> = plan.contents.iter().enumerate().map(|(i, c)| (c.key.as_str(), i)).collect();
    let mut wanted: HashMap<SubscriberId, Option<&str>> = HashMap::with_capacity(plan.readers.len());
    for (id, key) in &plan.readers {
        wanted.insert(*id, key.as_deref());
    }
    let active: HashSet<SubscriberId> = people.iter().map(|p| p.0).collect();
    done.left = wanted.keys().filter(|id| !active.contains(id)).count() as u64;
    let mut out = Vec::with_capacity(people.len());
    for (subscriber, email, name) in people {
        match wanted.get(&subscriber) {
            None => done.joined_since += 1,
            Some(None) => done.empty += 1,
            Some(Some(_)) if suppressed(&email) => done.suppressed += 1,
            Some(Some(key)) => {
                let content = *keys.get(key).ok_or_else(|| StoreError::Refused(format!("the plan names a content {key} that was not rendered")))?;
                out.push(Recipient { subscriber, email, name, content, message_id: String::new() });
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Basis, SuppressionReason},
        store::{
            edition::NewEdition,
            sample::{self, Sample},
            subscriber_batch::{Ceiling, Incoming, Intake},
        },
    };

    fn at() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn secret() -> Secret {
        Secret::from_bytes([5; 32])
    }

    fn address(n: usize) -> EmailAddress {
        EmailAddress::parse(&format!("reader{n}@example.org")).unwrap()
    }

    struct Desk {
        sample: Sample,
        edition: EditionId,
        people: Vec<SubscriberId>,
    }

    impl Desk {
        async fn new(readers: usize) -> Self {
            let sample = sample::store().await;
            let intake = Intake { organisation: sample.organisation, bulletin: sample.bulletin, basis: Basis::Consent, note: String::new() };
            let incoming = |n| Incoming {
                email: address(n),
                hash: secret().email_hash(&address(n)),
                name: String::new(),
                terms: Vec::new(),
                cost_max: Ceiling::AsItWas,
                frequency: None,
            };
            let all: Vec<Incoming> = (0..readers).map(incoming).collect();
            sample.store.take_in(&intake, &all, at()).await.unwrap();
            let new = NewEdition {
                bulletin_id: sample.bulletin,
                scheduled_for: None,
                subject: "s".into(),
                intro: String::new(),
                as_of: at(),
                items: Vec::new(),
            };
            let edition = sample.store.draft_edition(&new, at()).await.unwrap();
            let people = sample.store.active_people(sample.bulletin).await.unwrap().into_iter().map(|p| p.0).collect();
            Self { sample, edition, people }
        }

        fn plan(&self) -> Plan {
            let content =
                |key: &str| RenderedContent { key: key.into(), subject: "s".into(), html: "h".into(), text: "t".into(), events: Vec::new() };
            let readers = self.people.iter().enumerate().map(|(i, id)| (*id, Some(if i % 2 == 0 { "a" } else { "b" }.to_owned()))).collect();
            Plan { contents: vec![content("a"), content("b")], readers, nothing: BTreeMap::new() }
        }

        async fn approve(&self) {
            self.sample.store.step_edition(self.edition, EditionState::Draft, EditionState::Approved, "desk", None, at()).await.unwrap();
        }

        async fn publish(&self, plan: Plan) -> Result<Published> {
            publish(&self.sample.store, &secret(), self.edition, plan, at()).await
        }

        async fn rows(&self) -> u64 {
            self.sample.store.delivery_counts(self.edition).await.unwrap().queued
        }
    }

    #[tokio::test]
    async fn what_nobody_approved_is_not_published() {
        let desk = Desk::new(3).await;
        assert!(desk.publish(desk.plan()).await.unwrap_err().to_string().contains("approve it first"));
        assert_eq!(desk.rows().await, 0);
    }

    #[tokio::test]
    async fn everybody_is_counted_and_a_second_time_changes_nothing() {
        let desk = Desk::new(6).await;
        desk.approve().await;
        let mut plan = desk.plan();
        plan.readers[1].1 = None;
        plan.readers.remove(2);
        plan.readers.push((SubscriberId(uuid::Uuid::nil()), Some("a".into())));
        let hash = secret().email_hash(&address(3));
        desk.sample.store.suppress(desk.sample.organisation, &hash, SuppressionReason::Bounced, "", at()).await.unwrap();
        let published = desk.publish(plan.clone()).await.unwrap();
        assert_eq!(published, Published { queued: 3, empty: 1, suppressed: 1, left: 1, joined_since: 1, was_published: false });
        let again = desk.publish(plan).await.unwrap();
        assert_eq!((again.queued, again.was_published, desk.rows().await), (3, true, 3));
    }

    #[tokio::test]
    async fn a_plan_that_cannot_be_kept_publishes_nothing_at_all() {
        let desk = Desk::new(3).await;
        desk.approve().await;
        let mut missing = desk.plan();
        missing.contents.pop();
        assert!(desk.publish(missing).await.is_err());
        let mut twice = desk.plan();
        twice.contents.push(twice.contents[0].clone());
        assert!(desk.publish(twice).await.is_err());
        assert_eq!(desk.rows().await, 0);
        assert_eq!(desk.sample.store.edition(desk.edition).await.unwrap().state, EditionState::Approved);
        assert_eq!(desk.publish(desk.plan()).await.unwrap().queued, 3);
    }
}
