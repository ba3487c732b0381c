//! Publishing: who gets which content is frozen as rows in one transaction, counted and verified. From here on nothing that changes
//! elsewhere changes the edition.
//!
//! Never sends anything, and never publishes what nobody approved.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::{
    domain::{EditionId, EditionState, EmailAddress, EventId, SubscriberId},
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
    done.queued = store.freeze(edition, EditionState::Approved, &contents, &recipients, now).await?;
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
