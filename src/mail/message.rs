//! One message as bytes: headers that mailbox providers ask of a list (RFC 2369, 2919, 8058), plain text and HTML from the same content.
//!
//! Never reads a clock and never fails a batch: what cannot be built is an error of that one message.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::{
    body::{Body, Personal},
    header::{BadWireAddress, HeaderText, Mailbox, WireAddress},
};

/// Why this one message cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotBuild {
    #[error(transparent)]
    Address(#[from] BadWireAddress),
    #[error("the {0} does not fit on one line of a mail")]
    TooLong(&'static str),
    #[error("the {0} holds characters that a header cannot carry")]
    Unprintable(&'static str),
}

/// What all messages of an edition share.
#[derive(Debug, Clone)]
pub struct Letterhead {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// The bulletin's name, shown by mail programs.
    pub list_name: HeaderText,
    /// The bulletin's short name; with the sender's domain it is the List-Id (RFC 2919).
    pub list_slug: String,
    /// The edition's number or id for Feedback-ID: letters, digits and hyphens.
    pub campaign: String,
}

/// What all readers of one content share, encoded once.
#[derive(Debug, Clone)]
pub struct Content {
    pub subject: HeaderText,
    pub text: Body,
    pub html: Body,
}

/// What is one reader's own.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    pub to: &'a Mailbox,
    /// Without angle brackets; the same however often it is tried.
    pub message_id: &'a str,
    pub personal: Personal<'a>,
}

/// Who a message is from and for, as the server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    pub from: WireAddress,
    pub to: WireAddress,
}

/// A message ready to hand over.
#[derive(Debug, Clone)]
pub struct Message {
    pub envelope: Envelope,
    pub message_id: String,
    pub bytes: Vec<u8>,
}

/// Gmail shows the first so many bytes of a mail's HTML and hides the rest, the unsubscribe link with it, behind "View entire message".
pub const CLIPPED_AT: usize = 102 * 1024;

/// A warning, when readers at Gmail will not see all of it.
#[must_use]
pub fn clipping(html: &str) -> Option<String> {
    (html.len() > CLIPPED_AT).then(|| {
        let (is, most) = (html.len() / 1024, CLIPPED_AT / 1024);
        format!("the mail has {is} kB of HTML; Gmail shows the first {most} kB and hides the rest: take items out or shorten them")
    })
}

/// Puts a message together; `date` goes into the Date header.
pub fn assemble(head: &Letterhead, content: &Content, reader: &Addressee<'_>, date: DateTime<Utc>) -> Result<Message, CannotBuild> {
    let id = token("Message-ID", reader.message_id)?;
    let url = token("unsubscribe link", reader.personal.unsubscribe_url)?;
    let domain = head.from.address.domain();
    let sender = head.from.address.as_str();
    // Derived from the Message-ID, so that a repeat is the same bytes; quoted-printable never holds "=_" unencoded (RFC 2045 s6.7).
    let boundary = format!("=_{:.32}", id.replace('@', "_"));
    let mut out = String::with_capacity(32 * 1024);
    let mut put = |name: &str, value: &str| {
        let _ = write!(out, "{name}: {value}\r\n");
    };
    put("From", &head.from.header());
    put("To", &reader.to.header());
    if let Some(to) = &head.reply_to {
        put("Reply-To", &to.header());
    }
    put("Subject", &content.subject.unstructured("Subject: ".len()));
    put("Date", &date.format("%a, %d %b %Y %H:%M:%S +0000").to_string());
    put("Message-ID", &format!("<{id}>"));
    put("List-Id", &list_id(head));
    put("List-Unsubscribe", &format!("<{url}>,\r\n <mailto:{sender}?subject=unsubscribe>"));
    put("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    put("Feedback-ID", &format!("{}:{}:gleaner:{domain}", head.campaign, head.list_slug));
    put("Auto-Submitted", "auto-generated");
    put("MIME-Version", "1.0");
    put("Content-Type", &format!("multipart/alternative;\r\n boundary=\"{boundary}\""));
    out.push_str("\r\n");
    for (kind, body) in [("plain", &content.text), ("html", &content.html)] {
        let _ = write!(out, "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
        body.write(&reader.personal, &mut out);
    }
    let _ = write!(out, "--{boundary}--\r\n");
    let envelope = Envelope { from: head.from.address.clone(), to: reader.to.address.clone() };
    Ok(Message { envelope, message_id: id.to_owned(), bytes: out.into_bytes() })
}

fn list_id(head: &Letterhead) -> String {
    let id = format!("<{}.{}>", head.list_slug, head.from.address.domain());
    if head.list_name.is_empty() { id } else { format!("{}\r\n {id}", head.list_name.unstructured("List-Id: ".len())) }
}

/// Printable ASCII without spaces or angle brackets, short enough for one line.
fn token<'a>(what: &'static str, s: &'a str) -> Result<&'a str, CannotBuild> {
    if s.len() > 900 {
        return Err(CannotBuild::TooLong(what));
    }
    if s.is_empty() || !s.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>') {
        return Err(CannotBuild::Unprintable(what));
    }
    Ok(s)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::EmailAddress;

    pub(crate) fn sample(name: &str) -> Message {
        let address = |s: &str| EmailAddress::parse(s).unwrap();
        let head = Letterhead {
            from: Mailbox::new("Culture Bulletin", &address("bulletin@sender.example")).unwrap(),
            reply_to: Some(Mailbox::new("", &address("desk@sender.example")).unwrap()),
            list_name: HeaderText::new("Culture Bulletin: training for the sector"),
            list_slug: "culture".into(),
            campaign: "7".into(),
        };
        let content = Content {
            subject: HeaderText::new("Seven courses – two close on Friday"),
            text: Body::text("Dear \u{E000}greeting\u{E001},\n.a dot line\nFrom here on\nleave: \u{E000}unsubscribe\u{E001}\n"),
            html: Body::html("<p>Dear \u{E000}greeting\u{E001}</p><a href=\"\u{E000}unsubscribe\u{E001}\">leave</a>"),
        };
        let to = Mailbox::new(name, &address("jo@reader.example")).unwrap();
        let personal = Personal {
            greeting: name,
            email: "jo@reader.example",
            why: "you asked",
            unsubscribe_url: "https://g.example/u?t=abc",
            preferences_url: "https://g.example/p?t=abc",
        };
        let reader = Addressee { to: &to, message_id: "0123456789abcdef@sender.example", personal };
        assemble(&head, &content, &reader, "2027-03-01T09:30:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_message_carries_what_lists_must_carry() {
        let message = sample("Jo Reader");
        insta::assert_snapshot!(String::from_utf8(message.bytes.clone()).unwrap().replace("\r\n", "\n"));
        let parsed = mail_parser::MessageParser::default().parse(&message.bytes).unwrap();
        assert_eq!(parsed.message_id(), Some("0123456789abcdef@sender.example"));
        assert_eq!(parsed.subject(), Some("Seven courses – two close on Friday"));
        assert_eq!(parsed.header_raw("List-Unsubscribe-Post").map(str::trim), Some("List-Unsubscribe=One-Click"));
        assert!(
            parsed.body_text(0).unwrap().contains("Dear Jo Reader,\n.a dot line\nFrom here on")
                || parsed.body_text(0).unwrap().contains("Dear Jo Reader,\r\n.a dot line\r\nFrom here on")
        );
        assert!(parsed.body_html(0).unwrap().contains("href=\"https://g.example/u?t=abc\""));
    }

    #[test]
    fn a_mail_that_gmail_would_cut_is_named() {
        assert_eq!(clipping(&"x".repeat(CLIPPED_AT)), None);
        assert!(clipping(&"x".repeat(110 * 1024)).unwrap().contains("110 kB of HTML"));
    }

    #[test]
    fn hostile_names_make_one_odd_greeting_and_nothing_else() {
        let message = sample("Jo\r\nBcc: all@example.org\r\n\r\nevil\0");
        let parsed = mail_parser::MessageParser::default().parse(&message.bytes).unwrap();
        assert!(parsed.bcc().is_none());
        assert!(message.bytes.split(|b| *b == b'\n').all(|l| l.len() <= 998));
    }
}
