//! Return paths that name the delivery (VERP): a bounce comes back to an address from which alone it is known whose mail failed.
//!
//! Keyed, so that nobody can make one up; pure. Never takes a forged or damaged address for a delivery.

use uuid::Uuid;

use super::header::WireAddress;
use crate::domain::{DeliveryId, EmailAddress};

/// Lower case because servers on the way may fold the local part, and without digits that are taken for letters (RFC 4648 s6).
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Bytes of the keyed hash kept: 80 bits, which with the id are 26 bytes or 42 characters.
const SIGNATURE: usize = 10;
const BYTES: usize = 16 + SIGNATURE;
const CHARACTERS: usize = 42;
/// Longest local part (RFC 5321 s4.5.3.1.1).
const LOCAL: usize = 64;

/// Makes and reads the return paths of one installation: `bounces+TOKEN@sender.example` for the base `bounces@sender.example`.
#[derive(Clone)]
pub struct Verp {
    key: [u8; 32],
    local: String,
    /// In ASCII.
    domain: String,
}

/// An address that is no good as a base.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot carry the mark of a delivery; expected at most 21 letters, digits, dots, hyphens or underscores before the @")]
pub struct BadBase(String);

impl std::fmt::Debug for Verp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verp({}+...@{})", self.local, self.domain)
    }
}

impl Verp {
    /// For a base that [`Verp::suits`].
    #[must_use]
    pub fn new(secret_key: [u8; 32], base: &EmailAddress) -> Self {
        let local = base.as_str().rsplit_once('@').map_or("", |(local, _)| local).to_ascii_lowercase();
        Self { key: secret_key, local, domain: ascii(base.domain()) }
    }

    /// Whether the address leaves room for the mark and comes back as it went out.
    pub fn suits(base: &EmailAddress) -> Result<(), BadBase> {
        let local = base.as_str().rsplit_once('@').map_or("", |(local, _)| local);
        let plain = local.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
        if plain && local.len() + 1 + CHARACTERS <= LOCAL { Ok(()) } else { Err(BadBase(base.to_string())) }
    }

    /// The envelope sender of one delivery, the domain in ASCII.
    #[must_use]
    pub fn address_for(&self, delivery: DeliveryId) -> String {
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(delivery.0.as_bytes());
        bytes[16..].copy_from_slice(&self.signature(delivery).as_bytes()[..SIGNATURE]);
        format!("{}+{}@{}", self.local, base32(&bytes), self.domain)
    }

    /// The same, for the envelope.
    #[must_use]
    pub fn wire_address(&self, delivery: DeliveryId) -> WireAddress {
        WireAddress::made(self.address_for(delivery))
    }

    /// The delivery an address names; `None` for one that was not made here. Case and angle brackets do not matter.
    #[must_use]
    pub fn read(&self, address: &str) -> Option<DeliveryId> {
        let address = address.trim();
        let address = address.strip_prefix('<').and_then(|a| a.strip_suffix('>')).unwrap_or(address);
        let (local, domain) = address.rsplit_once('@')?;
        if address.len() > 400 || !ascii(domain).eq_ignore_ascii_case(&self.domain) {
            return None;
        }
        let (base, token) = local.rsplit_once('+')?;
        let bytes = from_base32(token).filter(|_| base.eq_ignore_ascii_case(&self.local))?;
        let delivery = DeliveryId(Uuid::from_slice(&bytes[..16]).ok()?);
        let expected = self.signature(delivery);
        // The half that is not in the address is taken as given, so that the comparison of whole hashes is blake3's constant-time one.
        let mut given = *expected.as_bytes();
        given[..SIGNATURE].copy_from_slice(&bytes[16..]);
        (blake3::Hash::from_bytes(given) == expected).then_some(delivery)
    }

    fn signature(&self, delivery: DeliveryId) -> blake3::Hash {
        blake3::keyed_hash(&self.key, delivery.0.as_bytes())
    }
}

/// The domain as it goes over the wire; one that has no such form stays as it is and matches nothing else.
fn ascii(domain: &str) -> String {
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) => ascii,
        _ => domain.to_ascii_lowercase(),
    }
}

fn base32(bytes: &[u8; BYTES]) -> String {
    let mut out = String::with_capacity(CHARACTERS);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
    }
    out.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
    out
}

fn from_base32(text: &str) -> Option<[u8; BYTES]> {
    if text.len() != CHARACTERS {
        return None;
    }
    let mut out = [0; BYTES];
    let (mut held, mut bits, mut at) = (0_u32, 0, 0);
    for character in text.bytes() {
        let value = ALPHABET.iter().position(|a| *a == character.to_ascii_lowercase())?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *out.get_mut(at)? = u8::try_from(held >> bits & 255).ok()?;
            at += 1;
        }
    }
    // What is left over must be nought, so that a delivery has one address.
    (held & ((1 << bits) - 1) == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn verp(base: &str) -> Verp {
        Verp::new([7; 32], &EmailAddress::parse(base).unwrap())
    }

    fn delivery(n: u128) -> DeliveryId {
        DeliveryId(Uuid::from_u128(n))
    }

    #[test]
    fn an_address_names_its_delivery_whatever_the_way_back_did_to_it() {
        let verp = verp("bounces@münchen.example");
        let address = verp.address_for(delivery(0x0190_1234));
        assert!(address.starts_with("bounces+") && address.ends_with("@xn--mnchen-3ya.example") && address.is_ascii(), "{address}");
        assert!(EmailAddress::parse(&address).is_ok());
        let folded = address.to_uppercase();
        let shown = address.replace("xn--mnchen-3ya", "münchen");
        for form in [address.clone(), folded, shown, format!(" <{address}>")] {
            assert_eq!(verp.read(&form), Some(delivery(0x0190_1234)), "{form}");
        }
    }

    #[test]
    fn what_was_not_made_here_is_nothing() {
        let ours = verp("bounces@sender.example");
        let address = ours.address_for(delivery(5));
        assert_eq!(Verp::new([8; 32], &EmailAddress::parse("bounces@sender.example").unwrap()).read(&address), None, "another key");
        let elsewhere = [
            address.replace("sender.example", "other.example"),
            address.replace("bounces+", "bounce+"),
            address.replace('+', "-"),
            address.replace('@', "a@"),
            "bounces@sender.example".into(),
            "bounces+@sender.example".into(),
            format!("bounces+{}@sender.example", "a".repeat(CHARACTERS)),
            String::new(),
            "+".repeat(100_000),
        ];
        for forged in elsewhere {
            assert_eq!(ours.read(&forged), None, "{forged:.90}");
        }
    }

    #[test]
    fn a_base_leaves_room_for_the_mark() {
        let suits = |base: &str| Verp::suits(&EmailAddress::parse(base).unwrap()).is_ok();
        assert!(suits("bounces@sender.example") && suits("bulletin-bounces.2027@sender.example"));
        assert!(!suits("bulletin-bounces.2027.1@sender.example") && !suits("a+b@sender.example") && !suits("jö@sender.example"));
    }

    proptest! {
        #[test]
        fn every_delivery_comes_back_and_no_changed_character_does(n: u128, at in 8_usize..50, to in "[a-z2-7]") {
            let verp = verp("bounces@sender.example");
            let address = verp.address_for(delivery(n));
            prop_assert!(address.rsplit_once('@').unwrap().0.len() <= LOCAL);
            prop_assert_eq!(verp.read(&address), Some(delivery(n)));
            let mut changed = address.clone();
            changed.replace_range(at..=at, &to);
            prop_assert_eq!(verp.read(&changed).is_some(), changed == address);
        }

        #[test]
        fn nothing_makes_it_fall_over(text in "\\PC{0,120}") {
            prop_assert_eq!(verp("bounces@sender.example").read(&text), None);
        }
    }
}
