//! The DNS record that publishes a signing key (RFC 6376 s3.6.1, RFC 8463 s4).

use aws_lc_rs::signature::KeyPair;
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Dkim, Key};

/// `SEQUENCE { OBJECT IDENTIFIER rsaEncryption, NULL }` (RFC 8017 A.1).
const RSA_ENCRYPTION: [u8; 15] = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// A key as receivers find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published<'a> {
    pub selector: &'a str,
    pub domain: &'a str,
    /// The text to publish at `selector._domainkey.domain`: `v=DKIM1; k=rsa; p=...`.
    pub record: String,
}

impl Dkim {
    /// What has to stand in the DNS, a record for each key.
    pub fn published(&self) -> impl Iterator<Item = Published<'_>> {
        self.0.iter().map(|s| Published { selector: &s.selector, domain: &s.domain, record: record(&s.key) })
    }
}

/// RSA keys as SubjectPublicKeyInfo, which is what everybody publishes and reads (RFC 6376 erratum 3017); Ed25519 bare (RFC 8463 s4).
fn record(key: &Key) -> String {
    let (kind, key) = match key {
        Key::Rsa(key) => ("rsa", subject_public_key(key.public_key().as_ref())),
        Key::Ed25519(key) => ("ed25519", key.public_key().as_ref().to_vec()),
    };
    format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(key))
}

/// An RSAPublicKey wrapped as SubjectPublicKeyInfo.
fn subject_public_key(key: &[u8]) -> Vec<u8> {
    let mut bits = vec![0];
    bits.extend_from_slice(key);
    let mut inner = RSA_ENCRYPTION.to_vec();
    inner.extend(element(0x03, &bits));
    element(0x30, &inner)
}

/// A DER element with a definite length.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let bytes = content.len().to_be_bytes();
    let length = &bytes[bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len() - 1)..];
    let mut out = vec![tag];
    match (length, u8::try_from(length.len())) {
        ([short @ 0..=0x7f], _) => out.push(*short),
        (_, count) => {
            // A length of eight bytes at most.
            out.push(0x80 | count.unwrap_or(8));
            out.extend_from_slice(length);
        }
    }
    out.extend_from_slice(content);
    out
}
