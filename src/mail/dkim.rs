//! DKIM signatures (RFC 6376, RFC 8463): relaxed/relaxed, RSA-SHA256 or Ed25519-SHA256, over the headers of [`SIGNED`].
//!
//! Signs what `message` assembled and nothing else; never checks other people's signatures. Own canonicalisation, because lettre's signing
//! takes 2 ms a message and ring's takes a quarter of it.

use std::{fmt::Write as _, path::Path, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use ring::{
    digest,
    rand::SystemRandom,
    signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
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
#[derive(Clone)]
pub struct Dkim {
    selector: String,
    domain: String,
    key: Arc<Key>,
}

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
        write!(f, "Dkim({}._domainkey.{})", self.selector, self.domain)
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
        Ok(Self { selector: selector.to_owned(), domain: domain.to_ascii_lowercase(), key: Arc::new(key) })
    }

    /// The message with a signature before it. `now` is the signature's time stamp.
    pub fn sign(&self, message: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>, CannotSign> {
        let (head, body) = split(message);
        let fields = fields(head);
        let signed: Vec<&(String, String)> = SIGNED.iter().filter_map(|name| fields.iter().rev().find(|(n, _)| n == name)).collect();
        let names: Vec<&str> = signed.iter().map(|(n, _)| n.as_str()).collect();
        let algorithm = if matches!(*self.key, Key::Rsa(_)) { "rsa-sha256" } else { "ed25519-sha256" };
        let body_hash = STANDARD.encode(digest::digest(&digest::SHA256, &relaxed_body(body)));
        let mut value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n\ts={}; t={}; h={};\r\n\tbh={body_hash};\r\n\tb=",
            self.domain,
            self.selector,
            now.timestamp(),
            names.join(":\r\n\t "),
        );
        let mut input = String::new();
        for (name, content) in signed {
            let _ = write!(input, "{name}:{content}\r\n");
        }
        let _ = write!(input, "dkim-signature:{}", relaxed_value(&value));
        let signature = STANDARD.encode(self.signature(input.as_bytes())?);
        for (i, part) in signature.as_bytes().chunks(70).enumerate() {
            value.push_str(if i == 0 { "" } else { "\r\n\t " });
            value.extend(part.iter().copied().map(char::from));
        }
        let mut out = format!("DKIM-Signature: {value}\r\n").into_bytes();
        out.extend_from_slice(message);
        Ok(out)
    }

    fn signature(&self, input: &[u8]) -> Result<Vec<u8>, CannotSign> {
        match &*self.key {
            Key::Rsa(key) => {
                let mut out = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut out).map_err(|_| CannotSign)?;
                Ok(out)
            }
            // RFC 8463 s3: Ed25519 signs the SHA-256 digest of the input.
            Key::Ed25519(key) => Ok(key.sign(digest::digest(&digest::SHA256, input).as_ref()).as_ref().to_vec()),
        }
    }
}

fn pkcs8(der: &[u8]) -> Result<Key, BadDkim> {
    if let Ok(key) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        return Ok(Key::Ed25519(key));
    }
    RsaKeyPair::from_pkcs8(der).map(Key::Rsa).map_err(|e| BadDkim::Key(e.to_string()))
}

fn split(message: &[u8]) -> (&[u8], &[u8]) {
    match message.windows(4).position(|w| w == b"\r\n\r\n") {
        Some(at) => (&message[..at + 2], &message[at + 4..]),
        None => (message, &[]),
    }
}

/// Header fields as relaxed canonicalisation has them (RFC 6376 s3.4.2), in order.
fn fields(head: &[u8]) -> Vec<(String, String)> {
    let head = String::from_utf8_lossy(head);
    let mut out: Vec<(String, String)> = Vec::new();
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
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut empty = 0;
    for line in body.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.trim_ascii_end();
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
        assert_eq!(relaxed_body(body), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b"\r\n\r\n"), b"");
    }

    #[test]
    fn a_key_that_is_none_is_refused_in_words() {
        assert!(matches!(Dkim::from_pem("s", "sender.example", b"nothing"), Err(BadDkim::Key(_))));
        assert!(matches!(Dkim::from_pem("a b", "sender.example", b""), Err(BadDkim::Name("selector", _))));
    }
}
