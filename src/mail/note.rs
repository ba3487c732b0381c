//! A single mail that is not an edition, to one person: the link that confirms a sign-up, or the digest of alarms for an editor.
//!
//! Carries no list headers: it is not sent to a list.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::{CannotBuild, Envelope, HeaderText, Mailbox, Message, body::quoted_printable};

/// What it says, and to whom.
#[derive(Debug, Clone)]
pub struct Note {
    pub from: Mailbox,
    pub to: Mailbox,
    pub subject: HeaderText,
    /// Plain text, lines ended by `\n`.
    pub text: String,
    /// The same as HTML, when there is such a form.
    pub html: Option<String>,
}

/// Puts a note together. `id` is the left half of the Message-ID: letters, digits, dots and hyphens.
pub fn note(note: &Note, id: &str, date: DateTime<Utc>) -> Result<Message, CannotBuild> {
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-') {
        return Err(CannotBuild::Unprintable("Message-ID"));
    }
    let message_id = format!("{id}@{}", note.from.address.domain());
    let mut out = String::with_capacity(2 * 1024);
    let _ = write!(out, "From: {}\r\nTo: {}\r\n", note.from.header(), note.to.header());
    let _ = write!(out, "Subject: {}\r\n", note.subject.unstructured("Subject: ".len()));
    let _ = write!(out, "Date: {}\r\nMessage-ID: <{message_id}>\r\n", date.format("%a, %d %b %Y %H:%M:%S +0000"));
    out.push_str("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
    match &note.html {
        None => part("plain", &note.text, &mut out),
        Some(html) => {
            // From the Message-ID, so that a repeat is the same bytes; quoted-printable never holds "=_" unencoded (RFC 2045 s6.7).
            let boundary = format!("=_{id:.32}");
            let _ = write!(out, "Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n\r\n");
            for (kind, body) in [("plain", &note.text), ("html", html)] {
                let _ = write!(out, "--{boundary}\r\n");
                part(kind, body, &mut out);
            }
            let _ = write!(out, "--{boundary}--\r\n");
        }
    }
    let envelope = Envelope { from: note.from.address.clone(), to: note.to.address.clone() };
    Ok(Message { envelope, message_id, bytes: out.into_bytes() })
}

/// One body with its headers.
fn part(kind: &str, body: &str, out: &mut String) {
    let _ = write!(out, "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    quoted_printable(body, out);
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::EmailAddress;

    #[test]
    fn a_note_is_read_back_as_it_was_written() {
        let address = |s: &str| EmailAddress::parse(s).unwrap();
        let sample = Note {
            from: Mailbox::new("Culture Bulletin", &address("bulletin@sender.example")).unwrap(),
            to: Mailbox::new("", &address("jo@reader.example")).unwrap(),
            subject: HeaderText::new("Please confirm\r\nBcc: x@y.example"),
            text: "Open this:\nhttps://g.example/confirm/abc=def\n".into(),
            html: None,
        };
        let made = note(&sample, "1.2-3", "2027-03-01T09:30:00Z".parse().unwrap()).unwrap();
        let parsed = mail_parser::MessageParser::default().parse(&made.bytes).unwrap();
        assert_eq!(parsed.message_id(), Some("1.2-3@sender.example"));
        assert!(parsed.header("Bcc").is_none());
        assert!(parsed.body_text(0).unwrap().replace("\r\n", "\n").contains("Open this:\nhttps://g.example/confirm/abc=def"));
        let both = Note { html: Some("<p>Open <b>this</b></p>".into()), ..sample.clone() };
        let made = note(&both, "1.2-3", "2027-03-01T09:30:00Z".parse().unwrap()).unwrap();
        let parsed = mail_parser::MessageParser::default().parse(&made.bytes).unwrap();
        assert_eq!(parsed.body_html(0).unwrap().trim(), "<p>Open <b>this</b></p>");
        assert!(parsed.body_text(0).unwrap().contains("https://g.example/confirm/abc=def"));
        assert!(note(&sample, "a b", "2027-03-01T09:30:00Z".parse().unwrap()).is_err());
    }
}
