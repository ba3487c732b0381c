//! Links that prove themselves: what for, for whom, until when, signed with the installation's secret.
//!
//! Verifying changes nothing; what a link allows is done by a POST that carries it again (invariant 6).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use url::Url;

use super::Secret;
use crate::domain::{BulletinId, SubscriberId, vocabulary};

vocabulary! {
    /// What a link is good for. One purpose's link is nothing for another.
    pub enum Purpose("purpose of a link") {
        Confirm = "confirm",
        Unsubscribe = "unsubscribe",
        Preferences = "preferences",
    }
}

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub purpose: Purpose,
    pub subscriber: SubscriberId,
    pub bulletin: BulletinId,
    /// Good until then; `None` for ever, as unsubscribing must be.
    pub until: Option<DateTime<Utc>>,
    /// The one-time half: compared with the stored one when the link is used. Zero where none is needed.
    pub nonce: u64,
}

/// Why a link is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    #[error("this link is damaged or was not made here; copy it whole from the mail")]
    Forged,
    #[error("this link has run out; ask for a new one")]
    Expired,
    #[error("this link was used already")]
    Used,
}

/// Bytes before the signature: purpose, two ids, expiry, nonce.
const PAYLOAD: usize = 1 + 16 + 16 + 8 + 8;
/// Bytes of signature kept: 128 bits.
const SIGNATURE: usize = 16;

impl Claim {
    /// The token that stands in the link: 87 characters of base64url.
    #[must_use]
    pub fn token(&self, secret: &Secret) -> String {
        let mut bytes = self.payload();
        bytes.extend_from_slice(&secret.signature(&bytes).as_bytes()[..SIGNATURE]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn payload(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PAYLOAD + SIGNATURE);
        bytes.push(match self.purpose {
            Purpose::Confirm => b'c',
            Purpose::Unsubscribe => b'u',
            Purpose::Preferences => b'p',
        });
        bytes.extend_from_slice(self.subscriber.0.as_bytes());
        bytes.extend_from_slice(self.bulletin.0.as_bytes());
        bytes.extend_from_slice(&self.until.map_or(0, |t| t.timestamp()).to_be_bytes());
        bytes.extend_from_slice(&self.nonce.to_be_bytes());
        bytes
    }
}

/// Reads a token that must be for `purpose` and still good at `now`.
pub fn verify(secret: &Secret, purpose: Purpose, token: &str, now: DateTime<Utc>) -> Result<Claim, BadLink> {
    if token.len() > 200 {
        return Err(BadLink::Forged);
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink::Forged)?;
    let (payload, signature) = bytes.split_at_checked(PAYLOAD).ok_or(BadLink::Forged)?;
    let mut expected = *secret.signature(payload).as_bytes();
    // The half that is not in the link is taken as given, so that the comparison of whole hashes is blake3's constant-time one.
    let mut given = expected;
    given[..SIGNATURE].copy_from_slice(signature.get(..SIGNATURE).filter(|_| signature.len() == SIGNATURE).ok_or(BadLink::Forged)?);
    let genuine = blake3::Hash::from_bytes(given) == blake3::Hash::from_bytes(expected);
    expected.fill(0);
    let claim = genuine.then(|| read(payload)).flatten().filter(|c| c.purpose == purpose).ok_or(BadLink::Forged)?;
    if claim.until.is_some_and(|until| until < now) { Err(BadLink::Expired) } else { Ok(claim) }
}

fn read(payload: &[u8]) -> Option<Claim> {
    let purpose = match payload.first()? {
        b'c' => Purpose::Confirm,
        b'u' => Purpose::Unsubscribe,
        b'p' => Purpose::Preferences,
        _ => return None,
    };
    let id = |at: usize| uuid::Uuid::from_slice(payload.get(at..at + 16)?).ok();
    let number = |at: usize| <[u8; 8]>::try_from(payload.get(at..at + 8)?).ok();
    let until = match i64::from_be_bytes(number(33)?) {
        0 => None,
        seconds => Some(DateTime::from_timestamp(seconds, 0)?),
    };
    Some(Claim { purpose, subscriber: SubscriberId(id(1)?), bulletin: BulletinId(id(17)?), until, nonce: u64::from_be_bytes(number(41)?) })
}

/// `PUBLIC/unsubscribe/TOKEN`: shows a page on GET, unsubscribes on POST, one-click included (RFC 8058). Never runs out.
#[must_use]
pub fn unsubscribe_url(secret: &Secret, public: &Url, subscriber: SubscriberId, bulletin: BulletinId) -> String {
    link(public, &Claim { purpose: Purpose::Unsubscribe, subscriber, bulletin, until: None, nonce: 0 }, secret)
}

/// `PUBLIC/preferences/TOKEN`. Never runs out, because it stands in mails that are kept.
#[must_use]
pub fn preferences_url(secret: &Secret, public: &Url, subscriber: SubscriberId, bulletin: BulletinId) -> String {
    link(public, &Claim { purpose: Purpose::Preferences, subscriber, bulletin, until: None, nonce: 0 }, secret)
}

/// `PUBLIC/confirm/TOKEN`: shows a button on GET, confirms on POST, once.
#[must_use]
pub fn confirm_url(secret: &Secret, public: &Url, subscriber: SubscriberId, bulletin: BulletinId, nonce: u64, until: DateTime<Utc>) -> String {
    link(public, &Claim { purpose: Purpose::Confirm, subscriber, bulletin, until: Some(until), nonce }, secret)
}

fn link(public: &Url, claim: &Claim, secret: &Secret) -> String {
    format!("{}/{}/{}", public.as_str().trim_end_matches('/'), claim.purpose, claim.token(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim() -> Claim {
        let id = uuid::Uuid::from_u128;
        Claim { purpose: Purpose::Confirm, subscriber: SubscriberId(id(7)), bulletin: BulletinId(id(8)), until: Some(at(1_000)), nonce: 99 }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_link_is_good_for_its_purpose_and_time_only() {
        let secret = Secret::from_bytes([1; 32]);
        let token = claim().token(&secret);
        assert_eq!(verify(&secret, Purpose::Confirm, &token, at(1_000)), Ok(claim()));
        assert_eq!(verify(&secret, Purpose::Confirm, &token, at(1_001)), Err(BadLink::Expired));
        assert_eq!(verify(&secret, Purpose::Unsubscribe, &token, at(0)), Err(BadLink::Forged));
        assert_eq!(verify(&Secret::from_bytes([2; 32]), Purpose::Confirm, &token, at(0)), Err(BadLink::Forged));
    }

    #[test]
    fn links_are_addresses_under_the_public_one() {
        let secret = Secret::from_bytes([1; 32]);
        let public: Url = "https://bulletin.example/base/".parse().unwrap();
        let url = unsubscribe_url(&secret, &public, claim().subscriber, claim().bulletin);
        let token = url.strip_prefix("https://bulletin.example/base/unsubscribe/").unwrap();
        let years_later = at(4_000_000_000);
        assert_eq!(verify(&secret, Purpose::Unsubscribe, token, years_later).unwrap().subscriber, claim().subscriber);
    }

    proptest! {
        #[test]
        fn any_change_makes_it_void(place in 0usize..65, flip in 1u8..=255) {
            let secret = Secret::from_bytes([1; 32]);
            let mut bytes = URL_SAFE_NO_PAD.decode(claim().token(&secret)).unwrap();
            bytes[place] ^= flip;
            prop_assert_eq!(verify(&secret, Purpose::Confirm, &URL_SAFE_NO_PAD.encode(bytes), at(0)), Err(BadLink::Forged));
        }

        #[test]
        fn nonsense_is_refused(token in ".{0,120}") {
            prop_assert_eq!(verify(&Secret::from_bytes([1; 32]), Purpose::Confirm, &token, at(0)), Err(BadLink::Forged));
        }
    }
}
