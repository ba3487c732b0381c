//! What a reader does about their own subscription: sign up, confirm, leave. Each act goes into the consent ledger in the same transaction.
//!
//! Called from POST alone. Signing up answers the same whether or not the address is known, so that nobody learns who is on a list.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Secret,
    links::{BadLink, Claim},
};
use crate::{
    domain::{Basis, BulletinId, ConsentAct, EmailAddress, EmailHash, LeavingReason, OrganisationId, Preferences, SubscriberId, SubscriberState},
    store::{
        self, Result, Store,
        consent::{self, NewConsent},
        feedback, subscriber,
        throttle::{self, Gate},
    },
};

/// How long a confirmation link is good.
pub const CONFIRM_WITHIN: TimeDelta = TimeDelta::days(7);

/// One confirmation mail a day for an address: nobody can have us flood somebody else's inbox. The link that was sent stays good.
const ONE_MAIL_IN: TimeDelta = TimeDelta::days(1);

/// Where and by what way an act happened.
#[derive(Debug, Clone, Copy)]
pub struct Channel<'a> {
    /// web, one_click, mailto.
    pub name: &'a str,
    /// The version of the wording that was shown; for leaving, what the person said.
    pub note: &'a str,
    /// The network address it came from; only its keyed hash is kept.
    pub origin: Option<&'a str>,
}

/// A sign-up to confirm: send the link with this nonce. `None` when there is nothing to send (active already, asked within the day, suppressed
/// or complained).
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
    /// The kept wish that is judged, with the hash of the network address it came from: the link is noted there in the same transaction.
    pub wish: Option<(uuid::Uuid, Option<&'a str>)>,
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
    // Counted last, and with the rest or not at all: an address that gets no mail opens no window.
    let once = Gate { scope: "address", key_hash: &hash.0, most: 1, window: ONE_MAIL_IN };
    if throttle::count(&mut tx, once, now).await? > 1 {
        return Ok(None);
    }
    // Somebody else may be typing this address: preferences of one who is on another list already are not theirs to change.
    if !subscriber::is_active_anywhere(&mut tx, id).await? {
        subscriber::set_preferences(&mut tx, id, who.preferences).await?;
    }
    let mut entry = entry(secret, who.organisation, who.bulletin, id, hash, ConsentAct::Asked, Basis::Consent, channel);
    let until = now + CONFIRM_WITHIN;
    if let Some((wish, origin_hash)) = who.wish {
        entry.origin_hash = origin_hash.map(str::to_owned);
        store::sign_up::judged(&mut tx, wish, id, &stored, until).await?;
    }
    consent::append(&mut tx, &[entry], now).await?;
    tx.commit().await?;
    Ok(Some(ToConfirm { subscriber: id, nonce, until }))
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

/// How far somebody leaves, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Every list of the organisation, not only the one of the link.
    pub everything: bool,
    /// With the reader's own words, which may be empty.
    pub reason: Option<(LeavingReason, String)>,
}

/// Leaves a list. Done again, or for one who is gone already, it says yes and changes nothing: the reader's wish holds.
pub async fn unsubscribe(store: &Store, secret: &Secret, claim: &Claim, channel: Channel<'_>, now: DateTime<Utc>) -> Result<()> {
    leave(store, secret, claim, &Wish::default(), channel, now).await
}

/// As [`unsubscribe`], from all lists of the organisation if so wished. A reason is written down even when the person had left before: the
/// newest word stands.
pub async fn leave(store: &Store, secret: &Secret, claim: &Claim, wish: &Wish, channel: Channel<'_>, now: DateTime<Utc>) -> Result<()> {
    let Some(person) = store.subscriber(claim.subscriber).await? else { return Ok(()) };
    let hash = secret.email_hash(&person.email);
    let mut lists = vec![claim.bulletin];
    if wish.everything {
        let all = store.subscriptions_of(person.id).await?;
        lists.extend(all.into_iter().map(|(list, ..)| list).filter(|list| *list != claim.bulletin));
    }
    let mut tx = store.begin().await?;
    for list in lists {
        if subscriber::step(&mut tx, person.id, list, SubscriberState::Unsubscribed, None, now).await? {
            let basis = consent::last_basis(&mut tx, person.organisation_id, &hash).await?;
            let entry = entry(secret, person.organisation_id, list, person.id, hash.clone(), ConsentAct::Withdrawn, basis, channel);
            consent::append(&mut tx, &[entry], now).await?;
        }
    }
    if let Some((reason, words)) = &wish.reason {
        feedback::leave(&mut tx, person.id, claim.bulletin, *reason, words, now).await?;
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
    let (wording, note) = match act {
        ConsentAct::Asked => (channel.note, "the address was typed into the sign-up form"),
        ConsentAct::Confirmed => (channel.note, "the button behind the link sent to the address was pressed"),
        _ => ("", channel.note),
    };
    NewConsent {
        organisation,
        bulletin: Some(bulletin),
        subscriber: Some(subscriber),
        hash,
        act,
        basis,
        channel: channel.name,
        wording,
        note,
        origin_hash,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::SuppressionReason,
        feedback::links::Purpose,
        store::sample::{self, Sample},
    };

    const WEB: Channel<'_> = Channel { name: "web", note: "wording 1", origin: Some("192.0.2.7") };

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    struct Desk {
        sample: Sample,
        secret: Secret,
        jo: EmailAddress,
    }

    impl Desk {
        async fn new() -> Self {
            Self { sample: sample::store().await, secret: Secret::from_bytes([4; 32]), jo: EmailAddress::parse("jo@example.org").unwrap() }
        }

        async fn sign_up(&self, nonce: u64) -> Option<ToConfirm> {
            let preferences = Preferences { region: vec!["nw".into()], ..Preferences::default() };
            let who = SignUp {
                organisation: self.sample.organisation,
                bulletin: self.sample.bulletin,
                email: &self.jo,
                name: "Jo\r\n",
                preferences: &preferences,
                wish: None,
            };
            sign_up(&self.sample.store, &self.secret, &who, WEB, nonce, at(nonce.cast_signed())).await.unwrap()
        }

        fn claim(&self, purpose: Purpose, to: ToConfirm) -> Claim {
            Claim { purpose, subscriber: to.subscriber, bulletin: self.sample.bulletin, until: None, nonce: to.nonce }
        }

        async fn confirm(&self, to: ToConfirm) -> Result<(), ActError> {
            confirm(&self.sample.store, &self.secret, &self.claim(Purpose::Confirm, to), WEB, at(50)).await
        }

        async fn unsubscribe(&self, to: ToConfirm) {
            unsubscribe(&self.sample.store, &self.secret, &self.claim(Purpose::Unsubscribe, to), WEB, at(60)).await.unwrap();
        }

        async fn state(&self, to: ToConfirm) -> SubscriberState {
            self.sample.store.subscription_state(to.subscriber, self.sample.bulletin).await.unwrap().unwrap()
        }

        async fn acts(&self) -> Vec<ConsentAct> {
            let hash = self.secret.email_hash(&self.jo);
            self.sample.store.consent_history(self.sample.organisation, &hash).await.unwrap().iter().map(|c| c.act).collect()
        }
    }

    #[tokio::test]
    async fn a_sign_up_counts_only_when_confirmed_and_its_link_works_once() {
        let desk = Desk::new().await;
        let first = desk.sign_up(1).await.unwrap();
        assert_eq!(desk.state(first).await, SubscriberState::Pending);
        let second = desk.sign_up(2).await.unwrap();
        assert!(matches!(desk.confirm(first).await, Err(ActError::Link(BadLink::Used))), "an older link was replaced");
        desk.confirm(second).await.unwrap();
        assert!(matches!(desk.confirm(second).await, Err(ActError::Link(BadLink::Used))));
        assert_eq!(desk.state(second).await, SubscriberState::Active);
        assert_eq!(desk.sign_up(3).await, None, "nothing to confirm for one who is active");
        let person = desk.sample.store.subscriber(second.subscriber).await.unwrap().unwrap();
        assert_eq!((person.name.as_str(), person.preferences.region), ("Jo", vec!["nw".to_owned()]));
        assert_eq!(desk.acts().await, [ConsentAct::Asked, ConsentAct::Asked, ConsentAct::Confirmed]);
    }

    #[tokio::test]
    async fn leaving_holds_and_an_old_confirmation_does_not_undo_it() {
        let desk = Desk::new().await;
        let to = desk.sign_up(1).await.unwrap();
        desk.confirm(to).await.unwrap();
        desk.unsubscribe(to).await;
        desk.unsubscribe(to).await;
        assert!(desk.confirm(to).await.is_err());
        assert_eq!(desk.state(to).await, SubscriberState::Unsubscribed);
        assert_eq!(desk.acts().await, [ConsentAct::Asked, ConsentAct::Confirmed, ConsentAct::Withdrawn]);
        let again = desk.sign_up(40).await.unwrap();
        desk.confirm(again).await.unwrap();
        assert_eq!(desk.state(again).await, SubscriberState::Active, "a person's own act brings them back");
    }

    #[tokio::test]
    async fn a_suppressed_address_cannot_sign_up_or_confirm() {
        let desk = Desk::new().await;
        let to = desk.sign_up(1).await.unwrap();
        let hash = desk.secret.email_hash(&desk.jo);
        desk.sample.store.suppress(desk.sample.organisation, &hash, SuppressionReason::Complained, "", at(2)).await.unwrap();
        assert!(desk.confirm(to).await.is_err());
        assert_eq!(desk.sign_up(3).await, None);
    }

    #[tokio::test]
    async fn a_complaint_ends_every_list_and_erasure_leaves_a_hash_alone() {
        let desk = Desk::new().await;
        let to = desk.sign_up(1).await.unwrap();
        desk.confirm(to).await.unwrap();
        let (store, hash) = (&desk.sample.store, desk.secret.email_hash(&desk.jo));
        store.suppress_subscriber(to.subscriber, &hash, SuppressionReason::Complained, "ARF", at(65)).await.unwrap();
        assert_eq!(desk.state(to).await, SubscriberState::Complained);
        assert_eq!(desk.acts().await.last(), Some(&ConsentAct::Withdrawn));
        assert!(store.forget(desk.sample.organisation, &desk.jo, &hash, at(70)).await.unwrap());
        assert!(store.is_suppressed(&hash).await.unwrap());
        assert_eq!(store.subscriber(to.subscriber).await.unwrap(), None);
        assert_eq!(desk.acts().await.last(), Some(&ConsentAct::Erased));
        desk.unsubscribe(to).await;
        store.close().await;
        let file = std::fs::read(desk.sample.dir.path().join("gleaner.db")).unwrap();
        let wal = std::fs::read(desk.sample.dir.path().join("gleaner.db-wal")).unwrap_or_default();
        let bytes: Vec<u8> = file.into_iter().chain(wal).collect();
        assert!(!bytes.windows(14).any(|w| w == b"jo@example.org"), "the address is nowhere in the file");
    }
}
