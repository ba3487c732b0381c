//! DKIM signatures (RFC 6376, RFC 8463): relaxed/relaxed, RSA-SHA256 or Ed25519-SHA256, over the headers of [`SIGNED`].
//!
//! Signs what `message` assembled and nothing else; never checks other people's signatures. Own canonicalisation over aws-lc-rs: signing
//! with RSA-2048 takes lettre 2 ms a message, ring 0.7 and aws-lc-rs 0.3.

use std::{borrow::Cow, fmt::Write as _, path::Path, sync::Arc};

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject};

mod record;

/// The fields under the signature. Both unsubscribe fields are among them: large providers honour one-click only then (RFC 8058 s4).
pub const SIGNED: [&str; 12] = [
    "from",
    "to",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
    "mime-version",
    "content-type",
];

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key with the place where receivers find its public half: `selector._domainkey.domain`.
struct Signer {
    selector: String,
    domain: String,
    key: Key,
}

/// What messages are signed with: one key, or several, of which a receiver checks those it understands (RFC 8463 s3).
#[derive(Clone)]
pub struct Dkim(Arc<[Arc<Signer>]>);

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum BadDkim {
    #[error("mail.dkim.key_file {0}: {1}")]
    Unreadable(String, String),
    #[error("mail.dkim.key_file holds no RSA (2048 bits or more) or Ed25519 private key in PEM: {0}")]
    Key(String),
    #[error("mail.dkim.{0} `{1}` is not a name in the DNS")]
    Name(&'static str, String),
}

/// Signing failed inside the library; the message goes nowhere unsigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message could not be signed")]
pub struct CannotSign;

impl std::fmt::Debug for Dkim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|s| format!("{}._domainkey.{}", s.selector, s.domain))).finish()
    }
}

impl Dkim {
    pub fn load(selector: &str, domain: &str, key_file: &Path) -> Result<Self, BadDkim> {
        let pem = std::fs::read(key_file).map_err(|e| BadDkim::Unreadable(key_file.display().to_string(), e.to_string()))?;
        Self::from_pem(selector, domain, &pem)
    }

    pub fn from_pem(selector: &str, domain: &str, pem: &[u8]) -> Result<Self, BadDkim> {
        for (what, name) in [("selector", selector), ("domain", domain)] {
            let ok = !name.is_empty() && name.len() < 250 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
            if !ok {
                return Err(BadDkim::Name(what, crate::domain::text::single_line(name, 80)));
            }
        }
        let key = match PrivateKeyDer::from_pem_slice(pem).map_err(|e| BadDkim::Key(e.to_string()))? {
            PrivateKeyDer::Pkcs1(der) => Key::Rsa(RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(|e| BadDkim::Key(e.to_string()))?),
            PrivateKeyDer::Pkcs8(der) => pkcs8(der.secret_pkcs8_der())?,
            _ => return Err(BadDkim::Key("another kind of key".into())),
        };
        let signer = Signer { selector: selector.to_owned(), domain: domain.to_ascii_lowercase(), key };
        Ok(Self(Arc::new([Arc::new(signer)])))
    }

    /// Signs with the other keys as well.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(other.0.iter()).cloned().collect())
    }

    /// The message with its signatures before it. `now` is their time stamp.
    pub fn sign(&self, message: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>, CannotSign> {
        let (head, body) = split(message);
        let fields = fields(head);
        let body_hash = STANDARD.encode(digest::digest(&digest::SHA256, &relaxed_body(body)));
        let mut out = Vec::with_capacity(message.len() + 1_024 * self.0.len());
        for signer in self.0.iter() {
            out.extend_from_slice(signer.field(&fields, &body_hash, now)?.as_bytes());
        }
        out.extend_from_slice(message);
        Ok(out)
    }
}

impl Signer {
    /// The whole DKIM-Signature field.
    fn field(&self, fields: &[Field], body_hash: &str, now: DateTime<Utc>) -> Result<String, CannotSign> {
        let algorithm = if matches!(self.key, Key::Rsa(_)) { "rsa-sha256" } else { "ed25519-sha256" };
        let (mut names, mut input) = (String::new(), String::with_capacity(2_048));
        for name in SIGNED {
            for (_, content) in fields.iter().rev().filter(|(n, _)| n == name) {
                let _ = write!(input, "{name}:{content}\r\n");
                let _ = write!(names, "{name}:\r\n\t ");
            }
            if is_closed(name, fields) {
                let _ = write!(names, "{name}:\r\n\t ");
            }
        }
        let names = names.trim_end().trim_end_matches(':');
        let mut value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n\ts={}; t={}; h={names};\r\n\tbh={body_hash};\r\n\tb=",
            self.domain,
            self.selector,
            now.timestamp(),
        );
        let _ = write!(input, "dkim-signature:{}", relaxed_value(&value));
        let signature = STANDARD.encode(self.signature(input.as_bytes())?);
        for (i, part) in signature.as_bytes().chunks(70).enumerate() {
            value.push_str(if i == 0 { "" } else { "\r\n\t " });
            value.extend(part.iter().copied().map(char::from));
        }
        Ok(format!("DKIM-Signature: {value}\r\n"))
    }

    fn signature(&self, input: &[u8]) -> Result<Vec<u8>, CannotSign> {
        match &self.key {
            Key::Rsa(key) => {
                let mut out = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut out).map_err(|_| CannotSign)?;
                Ok(out)
            }
            // RFC 8463 s3: Ed25519 signs the SHA-256 digest of the input.
            Key::Ed25519(key) => Ok(key.sign(digest::digest(&digest::SHA256, input).as_ref()).as_ref().to_vec()),
        }
    }
}

/// Name in lower case and value as relaxed canonicalisation has them.
type Field = (String, String);

fn pkcs8(der: &[u8]) -> Result<Key, BadDkim> {
    if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        return Ok(Key::Ed25519(key));
    }
    RsaKeyPair::from_pkcs8(der).map(Key::Rsa).map_err(|e| BadDkim::Key(e.to_string()))
}

/// Whether the field is named once more than it is there, so that nobody can add another and be believed (RFC 6376 s8.15). Left open are
/// those that relays add on their own account.
fn is_closed(name: &str, fields: &[Field]) -> bool {
    let is_there = fields.iter().any(|(n, _)| n == name);
    !matches!(name, "list-id" | "feedback-id") && (is_there || name == "reply-to")
}

fn split(message: &[u8]) -> (&[u8], &[u8]) {
    match message.windows(4).position(|w| w == b"\r\n\r\n") {
        Some(at) => (&message[..at + 2], &message[at + 4..]),
        None => (message, &[]),
    }
}

/// Header fields as relaxed canonicalisation has them (RFC 6376 s3.4.2), in order.
fn fields(head: &[u8]) -> Vec<Field> {
    let head = String::from_utf8_lossy(head);
    let mut out: Vec<Field> = Vec::new();
    for line in head.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = out.last_mut() {
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            out.push((name.trim_end().to_ascii_lowercase(), value.to_owned()));
        }
    }
    for (_, value) in &mut out {
        *value = relaxed_value(value);
    }
    out
}

fn relaxed_value(value: &str) -> String {
    value.split([' ', '\t', '\r', '\n']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Runs of white space become one space, none at line ends; no empty lines at the end (RFC 6376 s3.4.4).
fn relaxed_body(body: &[u8]) -> Cow<'_, [u8]> {
    if is_relaxed(body) { Cow::Borrowed(body) } else { Cow::Owned(relax(body)) }
}

/// Whether the canonical form is the body itself, as it is of everything that `body` encodes: one look at each byte, and no copy.
#[allow(clippy::needless_bitwise_bool, reason = "without branches the loop is vectorised: every byte of every mail passes here")]
fn is_relaxed(body: &[u8]) -> bool {
    let changes = body.iter().zip(body.iter().skip(1)).fold(false, |found, (a, b)| {
        let space = (*a == b' ') & ((*b == b' ') | (*b == b'\r') | (*b == b'\n'));
        found | space | (*a == b'\t') | ((*a == b'\r') != (*b == b'\n'))
    });
    body.ends_with(b"\r\n") && !body.ends_with(b"\r\n\r\n") && body != b"\r\n" && !body.starts_with(b"\n") && !changes
}

fn relax(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut empty = 0;
    for line in body.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let end = line.iter().rposition(|b| !matches!(b, b' ' | b'\t')).map_or(0, |last| last + 1);
        let line = &line[..end];
        if line.is_empty() {
            empty += 1;
            continue;
        }
        for _ in 0..empty {
            out.extend_from_slice(b"\r\n");
        }
        empty = 0;
        let mut gap = false;
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                gap = true;
                continue;
            }
            if gap {
                out.push(b' ');
                gap = false;
            }
            out.push(*byte);
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms_are_those_of_the_standard() {
        // RFC 6376 s3.4.5, example 1.
        let (head, body) = split(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n");
        assert_eq!(fields(head), [("a".to_owned(), "X".to_owned()), ("b".into(), "Y Z".into())]);
        assert_eq!(*relaxed_body(body), *b" C\r\nD E\r\n");
        assert_eq!(*relaxed_body(b"\r\n\r\n"), *b"");
    }

    proptest::proptest! {
        #[test]
        fn what_is_taken_for_canonical_is(body in "[a \t\r\n]{0,12}(\r\n)?") {
            proptest::prop_assert_eq!(&*relaxed_body(body.as_bytes()), &*relax(body.as_bytes()));
        }
    }

    #[test]
    fn what_is_encoded_here_is_canonical_without_a_copy() {
        let mut out = String::new();
        crate::mail::body::quoted_printable("a  b\t\tc \n\n  d   \n", &mut out);
        out.push_str("\r\n--b--\r\n");
        assert!(is_relaxed(out.as_bytes()), "{out}");
    }

    #[test]
    fn a_key_that_is_none_is_refused_in_words() {
        assert!(matches!(Dkim::from_pem("s", "sender.example", b"nothing"), Err(BadDkim::Key(_))));
        assert!(matches!(Dkim::from_pem("a b", "sender.example", b""), Err(BadDkim::Name("selector", _))));
    }
}
