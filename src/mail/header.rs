//! Header fields whose values cannot break out of their line: text is sanitised when a [`HeaderText`] is made, and encoded (RFC 2047) when it is written.
//!
//! Never writes a value that is not one of these types.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::domain::{EmailAddress, text};

/// Longest line without the line end that this module starts on purpose (RFC 5322 s2.1.1 recommends 78).
const WIDTH: usize = 76;
/// Bytes of UTF-8 in one encoded word, so that it stays within 75 characters (RFC 2047 s2).
const WORD_BYTES: usize = 42;

/// One line of text for a header: no controls, no line breaks, no direction overrides, at most 400 characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeaderText(String);

impl HeaderText {
    #[must_use]
    pub fn new(s: &str) -> Self {
        Self(text::single_line(s, 400))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As unstructured text (RFC 5322 s2.2.1): folded when plain, as encoded words when not. `column` is where it starts.
    #[must_use]
    pub fn unstructured(&self, column: usize) -> String {
        if self.is_plain() { fold(&self.0, column) } else { encoded_words(&self.0) }
    }

    /// As a phrase before an address (RFC 5322 s3.2.5): quoted when plain, as encoded words when not.
    fn phrase(&self) -> String {
        if self.is_plain() { format!("\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\"")) } else { encoded_words(&self.0) }
    }

    /// Whether it can stand as it is: printable ASCII, nothing that reads as an encoded word, no single word too long to fold.
    fn is_plain(&self) -> bool {
        self.0.is_ascii() && !self.0.contains("=?") && self.0.split(' ').all(|w| w.len() < 200)
    }
}

fn fold(s: &str, column: usize) -> String {
    let mut out = String::with_capacity(s.len() + 8);
    let mut at = column;
    for (i, word) in s.split(' ').enumerate() {
        if i > 0 {
            let breaks = at + 1 + word.len() > WIDTH;
            out.push_str(if breaks { "\r\n " } else { " " });
            at = if breaks { 1 } else { at + 1 };
        }
        out.push_str(word);
        at += word.len();
    }
    out
}

fn encoded_words(s: &str) -> String {
    let mut words = Vec::new();
    let mut start = 0;
    for (at, c) in s.char_indices() {
        if at + c.len_utf8() - start > WORD_BYTES {
            words.push(&s[start..at]);
            start = at;
        }
    }
    words.push(&s[start..]);
    words.iter().map(|w| format!("=?UTF-8?B?{}?=", STANDARD.encode(w))).collect::<Vec<_>>().join("\r\n ")
}

/// Why an address cannot be used on the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{address}: {problem}")]
pub struct BadWireAddress {
    /// Masked, fit for logs.
    pub address: String,
    pub problem: String,
}

/// An address as it goes over the wire: the domain in ASCII (IDNA), the local part as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireAddress {
    text: String,
}

impl WireAddress {
    /// Fails for a domain that has no ASCII form and for what SMTP's limits exclude (RFC 5321 s4.5.3.1).
    pub fn new(address: &EmailAddress) -> Result<Self, BadWireAddress> {
        let bad = |problem: &str| BadWireAddress { address: address.masked(), problem: problem.to_owned() };
        let (local, domain) = address.as_str().rsplit_once('@').ok_or_else(|| bad("no domain"))?;
        let Ok(url::Host::Domain(domain)) = url::Host::parse(domain) else {
            return Err(bad("the domain is not a host name"));
        };
        if local.len() > 64 || domain.len() > 253 {
            return Err(bad("longer than SMTP allows"));
        }
        Ok(Self { text: format!("{local}@{domain}") })
    }

    /// One that was put together here of characters that need no checking.
    pub(super) fn made(text: String) -> Self {
        Self { text }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The domain, in ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.text.rsplit_once('@').map_or("", |(_, d)| d)
    }

    /// Whether only a server that offers SMTPUTF8 (RFC 6531) can take it.
    #[must_use]
    pub fn needs_utf8(&self) -> bool {
        !self.text.is_ascii()
    }
}

/// A name and an address, as in From and To.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: HeaderText,
    pub address: WireAddress,
}

impl Mailbox {
    pub fn new(name: &str, address: &EmailAddress) -> Result<Self, BadWireAddress> {
        Ok(Self { name: HeaderText::new(name), address: WireAddress::new(address)? })
    }

    /// `"Name" <local@domain>`, folded between the two.
    #[must_use]
    pub fn header(&self) -> String {
        if self.name.is_empty() {
            return format!("<{}>", self.address.as_str());
        }
        let phrase = self.name.phrase();
        let gap = if phrase.len() + self.address.as_str().len() > 64 { "\r\n " } else { " " };
        format!("{phrase}{gap}<{}>", self.address.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(header: &str) -> String {
        let mail = format!("Subject: {header}\r\n\r\n");
        mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap().subject().unwrap().to_owned()
    }

    #[test]
    fn a_header_cannot_be_broken_out_of() {
        let text = HeaderText::new("Hello\r\nBcc: x@example.org\0\n");
        assert_eq!(text.as_str(), "Hello Bcc: x@example.org");
        let mailbox = Mailbox::new("Jo \"the\\boss\"\r\nX: y", &EmailAddress::parse("jo@example.org").unwrap()).unwrap();
        assert_eq!(mailbox.header(), r#""Jo \"the\\boss\" X: y" <jo@example.org>"#);
    }

    #[test]
    fn any_text_arrives_as_it_was() {
        for text in ["Plain words", "Gŵyl: what’s on – 日本語 🎭", "=?UTF-8?B?trick?=", &"long ".repeat(60), &"ŵ".repeat(300), &"x".repeat(300)]
        {
            let header = HeaderText::new(text).unstructured(9);
            assert_eq!(decoded(&header), HeaderText::new(text).as_str());
            assert!(header.is_ascii() && header.split("\r\n").all(|l| l.len() <= 78 + 9), "{header}");
        }
    }

    #[test]
    fn a_domain_goes_out_in_ascii() {
        let wire = |s: &str| WireAddress::new(&EmailAddress::parse(s).unwrap()).unwrap();
        assert_eq!(wire("jo@münchen.example").as_str(), "jo@xn--mnchen-3ya.example");
        assert!(!wire("jo@münchen.example").needs_utf8());
        assert!(wire("jö@example.org").needs_utf8());
    }
}
