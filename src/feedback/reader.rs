//! What a reader does about their own subscription: sign up, confirm, leave. Each act goes into the consent ledger in the same transaction.
//!
//! Called from POST alone. Signing up answers the same whether or not the address is known, so that nobody learns who is on a list.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Secret,
    links::{BadLink, Claim},
};
use crate::{
    domain::{Basis, BulletinId, ConsentAct, EmailAddress, EmailHash, OrganisationId, Preferences, SubscriberId, SubscriberState},
    store::{
        Result, Store,
        consent::{self, NewConsent},
        subscriber,
    },
};

/// How long a confirmation link is good.
pub const CONFIRM_WITHIN: TimeDelta = TimeDelta::days(7);

/// Where and by what way an act happened.
#[derive(Debug, Clone, Copy)]
pub struct Channel<'a> {
    /// web, one_click, mailto.
    pub name: &'a str,
    /// The version of the wording that was shown.
    pub note: &'a str,
    /// The network address it came from; only its keyed hash is kept.
    pub origin: Option<&'a str>,
}

/// A sign-up to confirm: send the link with this nonce. `None` when there is nothing to send (active already, suppressed or complained).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToConfirm {
    pub subscriber: SubscriberId,
    pub nonce: u64,
    pub until: DateTime<Utc>,
}

/// What a person gives when signing up.
#[derive(Debug, Clone)]
pub struct SignUp<'a> {
    pub organisation: OrganisationId,
    pub bulletin: BulletinId,
    pub email: &'a EmailAddress,
    pub name: &'a str,
    pub preferences: &'a Preferences,
}

/// Double opt-in, first half: the person is pending and a nonce is stored; nobody is written to who does not confirm.
pub async fn sign_up(
    store: &Store,
    secret: &Secret,
    who: &SignUp<'_>,
    channel: Channel<'_>,
    nonce: u64,
    now: DateTime<Utc>,
) -> Result<Option<ToConfirm>> {
    let hash = secret.email_hash(who.email);
    if store.is_suppressed(&hash).await? {
        return Ok(None);
    }
    let mut tx = store.begin().await?;
    let name = crate::domain::text::single_line(who.name, 100);
    let id = subscriber::find_or_create(&mut tx, who.organisation, who.email, &name, now).await?;
    let stored = nonce_text(nonce);
    match subscriber::subscription(&mut tx, id, who.bulletin).await? {
        None => subscriber::subscribe(&mut tx, id, who.bulletin, SubscriberState::Pending, Some(&stored), now).await?,
        Some(_) => {
            if !subscriber::step(&mut tx, id, who.bulletin, SubscriberState::Pending, Some(&stored), now).await? {
                return Ok(None);
            }
        }
    }
    // Somebody else may be typing this address: preferences of one who is on another list already are not theirs to change.
    if !subscriber::is_active_anywhere(&mut tx, id).await? {
        subscriber::set_preferences(&mut tx, id, who.preferences).await?;
    }
    let entry = entry(secret, who.organisation, who.bulletin, id, hash, ConsentAct::Asked, Basis::Consent, channel);
    consent::append(&mut tx, &[entry], now).await?;
    tx.commit().await?;
    Ok(Some(ToConfirm { subscriber: id, nonce, until: now + CONFIRM_WITHIN }))
}

/// Why an act on a link did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    #[error(transparent)]
    Link(#[from] BadLink),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

/// Double opt-in, second half. Works once: the nonce is cleared with it.
pub async fn confirm(store: &Store, secret: &Secret, claim: &Claim, channel: Channel<'_>, now: DateTime<Utc>) -> Result<(), ActError> {
    let Some(person) = store.subscriber(claim.subscriber).await? else { return Err(BadLink::Used.into()) };
    let hash = secret.email_hash(&person.email);
    if store.is_suppressed(&hash).await? {
        return Err(BadLink::Used.into());
    }
    let mut tx = store.begin().await?;
    let open = subscriber::subscription(&mut tx, person.id, claim.bulletin).await?;
    let nonce = nonce_text(claim.nonce);
    if !matches!(&open, Some((SubscriberState::Pending, Some(stored))) if *stored == nonce) {
        return Err(BadLink::Used.into());
    }
    subscriber::step(&mut tx, person.id, claim.bulletin, SubscriberState::Active, None, now).await?;
    let entry = entry(secret, person.organisation_id, claim.bulletin, person.id, hash, ConsentAct::Confirmed, Basis::Consent, channel);
    consent::append(&mut tx, &[entry], now).await?;
    tx.commit().await.map_err(crate::store::StoreError::from)?;
    Ok(())
}

/// Leaves a list. Done again, or for one who is gone already, it says yes and changes nothing: the reader's wish holds.
pub async fn unsubscribe(store: &Store, secret: &Secret, claim: &Claim, channel: Channel<'_>, now: DateTime<Utc>) -> Result<()> {
    let Some(person) = store.subscriber(claim.subscriber).await? else { return Ok(()) };
    let hash = secret.email_hash(&person.email);
    let mut tx = store.begin().await?;
    if subscriber::step(&mut tx, person.id, claim.bulletin, SubscriberState::Unsubscribed, None, now).await? {
        let basis = consent::last_basis(&mut tx, person.organisation_id, &hash).await?;
        let entry = entry(secret, person.organisation_id, claim.bulletin, person.id, hash, ConsentAct::Withdrawn, basis, channel);
        consent::append(&mut tx, &[entry], now).await?;
    }
    Ok(tx.commit().await?)
}

fn nonce_text(nonce: u64) -> String {
    format!("{nonce:016x}")
}

#[allow(clippy::too_many_arguments, reason = "one entry has this many sides; a struct for it is what it returns")]
fn entry<'a>(
    secret: &Secret,
    organisation: OrganisationId,
    bulletin: BulletinId,
    subscriber: SubscriberId,
    hash: EmailHash,
    act: ConsentAct,
    basis: Basis,
    channel: Channel<'a>,
) -> NewConsent<'a> {
    let origin_hash = channel.origin.map(|o| secret.origin_hash(o));
    NewConsent {
        organisation,
        bulletin: Some(bulletin),
        subscriber: Some(subscriber),
        hash,
        act,
        basis,
        channel: channel.name,
        note: channel.note,
        origin_hash,
    }
}
