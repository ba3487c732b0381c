//! Sign-ups in two halves: the page keeps the wish, the daemon judges it and sends the confirmation. Between the two lies a row.
//!
//! The page never asks whether an address is known, so neither its answer nor its time tells. Nothing that the submitter typed but the address
//! itself goes into the mail.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Secret,
    reader::{self, Channel, SignUp, ToConfirm},
};
use crate::{
    domain::{BulletinId, EmailAddress, Preferences, text},
    store::{
        Result, Store,
        sign_up::{NewSignUp, Waiting},
        throttle::Gate,
    },
};

/// The window of the limits by domain and by network.
const HOUR: TimeDelta = TimeDelta::hours(1);
/// A wish that could not be judged for so long is given up; the person can sign up again.
const PATIENCE: TimeDelta = TimeDelta::days(2);

/// How much is let through in an hour.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Confirmations to addresses of one domain; the others wait.
    pub per_domain: u32,
    /// Sign-ups from one network (IPv4 /24, IPv6 /48); the others are refused.
    pub per_network: u32,
}

/// A confirmation mail to send.
#[derive(Debug, Clone)]
pub struct Confirmation {
    pub bulletin: BulletinId,
    pub email: EmailAddress,
    pub to_confirm: ToConfirm,
}

/// What is typed into the form, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    pub bulletin: BulletinId,
    pub email: &'a EmailAddress,
    pub name: &'a str,
    /// The version of the words that were shown.
    pub wording: &'a str,
    /// The network address; empty when it is not known.
    pub origin: &'a str,
}

/// The page's half. False when the network has asked too often: the one refusal, and it depends on nothing about the address.
pub async fn keep(store: &Store, secret: &Secret, wish: &Wish<'_>, limits: Limits, now: DateTime<Utc>) -> Result<bool> {
    let network = secret.origin_hash(&network_of(wish.origin));
    if !store.passes(Gate { scope: "network", key_hash: &network, most: limits.per_network, window: HOUR }, now).await? {
        return Ok(false);
    }
    let name = text::single_line(wish.name, 100);
    let origin_hash = Some(secret.origin_hash(wish.origin)).filter(|_| !wish.origin.is_empty());
    let new = NewSignUp { bulletin: wish.bulletin, email: wish.email, name: &name, wording: wish.wording, origin_hash };
    store.ask(&new, now).await?;
    Ok(true)
}

/// What is to be done about a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    Send(ToConfirm),
    /// The domain has had its share: again at that time.
    Later(DateTime<Utc>),
    /// Nothing, now or ever: on the list already, suppressed, asked today, or too old.
    Nothing,
}

/// The daemon's half, once for each wish; one that was judged before is only sent again, with the same link. `nonce` is the one-time half of a new link.
pub async fn judge(store: &Store, secret: &Secret, wish: &Waiting, nonce: u64, limits: Limits, now: DateTime<Utc>) -> Result<Judged> {
    if let Some((subscriber, nonce, until)) = wish.judged {
        return Ok(if until > now { Judged::Send(ToConfirm { subscriber, nonce, until }) } else { Judged::Nothing });
    }
    if now - wish.asked_at > PATIENCE {
        return Ok(Judged::Nothing);
    }
    let domain = secret.origin_hash(wish.email.domain());
    if !store.passes(Gate { scope: "domain", key_hash: &domain, most: limits.per_domain, window: HOUR }, now).await? {
        return Ok(Judged::Later(now + HOUR));
    }
    let bulletin = store.bulletin(wish.bulletin).await?;
    let preferences = Preferences::default();
    let who = SignUp {
        organisation: bulletin.organisation_id,
        bulletin: wish.bulletin,
        email: &wish.email,
        name: &wish.name,
        preferences: &preferences,
        wish: Some((wish.id, wish.origin_hash.as_deref())),
    };
    let channel = Channel { name: "web", note: &wish.wording, origin: None };
    Ok(reader::sign_up(store, secret, &who, channel, nonce, now).await?.map_or(Judged::Nothing, Judged::Send))
}

/// The network of an address: what one household, office or provider of machines has. The text itself when it is no address.
fn network_of(origin: &str) -> String {
    match origin.parse() {
        Ok(IpAddr::V4(a)) => {
            let [a, b, c, _] = a.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(IpAddr::V6(a)) => match a.to_ipv4_mapped() {
            Some(v4) => network_of(&v4.to_string()),
            None => format!("{:x}:{:x}:{:x}::/48", a.segments()[0], a.segments()[1], a.segments()[2]),
        },
        Err(_) => origin.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Basis, SubscriberState, SuppressionReason},
        store::sample::{self, Sample},
    };

    const LIMITS: Limits = Limits { per_domain: 2, per_network: 3 };

    struct Desk {
        sample: Sample,
        secret: Secret,
    }

    impl Desk {
        async fn new() -> Self {
            Self { sample: sample::store().await, secret: Secret::from_bytes([6; 32]) }
        }

        async fn keep(&self, email: &str, origin: &str, now: DateTime<Utc>) -> bool {
            let email = EmailAddress::parse(email).unwrap();
            let wish = Wish { bulletin: self.sample.bulletin, email: &email, name: "Jo\r\nBcc: x", wording: "wording 1", origin };
            keep(&self.sample.store, &self.secret, &wish, LIMITS, now).await.unwrap()
        }

        /// What the daemon makes of all that waits; leases run out at once.
        async fn judge_all(&self, now: DateTime<Utc>) -> Vec<Judged> {
            let mut out = Vec::new();
            for (n, wish) in self.sample.store.claim_sign_ups(now, now, 50).await.unwrap().iter().enumerate() {
                let judged = judge(&self.sample.store, &self.secret, wish, n as u64 + 1, LIMITS, now).await.unwrap();
                match judged {
                    Judged::Nothing => self.sample.store.drop_sign_up(wish.id).await.unwrap(),
                    Judged::Later(at) => self.sample.store.put_off_sign_up(wish.id, 0, at).await.unwrap(),
                    Judged::Send(_) => {}
                }
                out.push(judged);
            }
            out
        }
    }

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    #[tokio::test]
    async fn a_wish_waits_in_a_row_and_a_repeat_sends_the_same_link() {
        let desk = Desk::new().await;
        assert!(desk.keep("jo@example.org", "192.0.2.7", at(0)).await);
        let first = desk.judge_all(at(1)).await;
        let Judged::Send(link) = first[0] else { panic!("{first:?}") };
        assert_eq!(desk.judge_all(at(2)).await, [Judged::Send(link)], "killed before it was sent");
        assert_eq!(desk.judge_all(at(8 * 24 * 60)).await, [Judged::Nothing], "the link has run out");
        assert_eq!(desk.sample.store.count_sign_ups().await.unwrap(), 0);
        let person = desk.sample.store.subscriber(link.subscriber).await.unwrap().unwrap();
        assert_eq!(person.name, "Jo Bcc: x");
        let history = desk.sample.store.consent_history(desk.sample.organisation, &desk.secret.email_hash(&person.email)).await.unwrap();
        assert_eq!((history.len(), history[0].basis, history[0].wording.as_str()), (1, Basis::Consent, "wording 1"));
        assert!(history[0].note.contains("typed into the sign-up form"));
    }

    #[tokio::test]
    async fn who_is_known_and_who_is_not_leave_the_same_row_behind() {
        let desk = Desk::new().await;
        desk.keep("jo@example.org", "192.0.2.7", at(0)).await;
        let Judged::Send(link) = desk.judge_all(at(1)).await[0] else { panic!("a confirmation goes out") };
        let hash = desk.secret.email_hash(&EmailAddress::parse("gone@example.org").unwrap());
        desk.sample.store.suppress(desk.sample.organisation, &hash, SuppressionReason::Complained, "", at(1)).await.unwrap();
        let mut tx = desk.sample.store.begin().await.unwrap();
        crate::store::subscriber::step(&mut tx, link.subscriber, desk.sample.bulletin, SubscriberState::Active, None, at(2)).await.unwrap();
        tx.commit().await.unwrap();
        let before = desk.sample.store.count_sign_ups().await.unwrap();
        for (n, address) in ["jo@example.org", "gone@example.org", "new@elsewhere.example"].iter().enumerate() {
            assert!(desk.keep(address, &format!("198.51.{n}.7"), at(3)).await);
            assert_eq!(desk.sample.store.count_sign_ups().await.unwrap(), before + 1 + n as u64, "{address}");
        }
    }

    #[tokio::test]
    async fn an_address_gets_one_mail_a_day_a_domain_its_share_and_a_network_no_more_than_it_may_ask() {
        let desk = Desk::new().await;
        for (address, kept) in [("a@one.example", true), ("b@one.example", true), ("c@one.example", true), ("d@two.example", false)] {
            assert_eq!(desk.keep(address, "192.0.2.7", at(0)).await, kept, "{address}: three of one network");
        }
        assert!(!desk.keep("d@two.example", "192.0.2.200", at(1)).await, "the same network");
        assert!(desk.keep("d@two.example", "2001:db8::1", at(1)).await);
        let judged = desk.judge_all(at(2)).await;
        assert_eq!(judged.iter().filter(|j| matches!(j, Judged::Send(_))).count(), 3, "{judged:?}");
        assert!(judged.contains(&Judged::Later(at(62))), "the third of one domain waits");
        // Again within the day, from elsewhere: the mail that was sent is the one.
        assert!(desk.keep("a@one.example", "203.0.113.1", at(200)).await);
        let again = desk.judge_all(at(200)).await;
        assert_eq!(again.iter().filter(|j| **j == Judged::Nothing).count(), 1, "{again:?}");
    }

    #[test]
    fn networks_are_what_one_place_has() {
        let check = |origin: &str, expected: &str| assert_eq!(network_of(origin), expected);
        check("192.0.2.7", "192.0.2.0/24");
        check("2001:db8:1:2::3", "2001:db8:1::/48");
        check("::ffff:192.0.2.9", "192.0.2.0/24");
        check("", "");
    }
}
