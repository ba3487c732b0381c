//! A single mail that is not an edition: plain text to one person, such as the link that confirms a sign-up.
//!
//! Carries no list headers: nobody is on a list yet.

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
    out.push_str("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
    out.push_str("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    quoted_printable(&note.text, &mut out);
    out.push_str("\r\n");
    let envelope = Envelope { from: note.from.address.clone(), to: note.to.address.clone() };
    Ok(Message { envelope, message_id, bytes: out.into_bytes() })
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
        };
        let made = note(&sample, "1.2-3", "2027-03-01T09:30:00Z".parse().unwrap()).unwrap();
        let parsed = mail_parser::MessageParser::default().parse(&made.bytes).unwrap();
        assert_eq!(parsed.message_id(), Some("1.2-3@sender.example"));
        assert!(parsed.header("Bcc").is_none());
        assert!(parsed.body_text(0).unwrap().replace("\r\n", "\n").contains("Open this:\nhttps://g.example/confirm/abc=def"));
        assert!(note(&sample, "a b", "2027-03-01T09:30:00Z".parse().unwrap()).is_err());
    }
}
