//! Header members of a message, of a status block and of a returned mail: names, unfolded values, addresses and identifiers in them.
//!
//! Everything is bounded; what is too much is left out.

use chrono::{DateTime, Utc};
use mail_parser::MessageParser;

use crate::domain::{EmailAddress, text::single_line};

/// Members of one header that are read.
const MOST_MEMBERS: usize = 300;
/// Bytes of one header that are read.
const MOST_BYTES: usize = 64 * 1024;
/// Characters of one value that are kept.
const MOST_VALUE: usize = 4_000;
/// Addresses or identifiers taken out of one value.
const MOST_FOUND: usize = 20;

/// `Name: value` members in their order, names in lower case, values unfolded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head(Vec<(String, String)>);

impl Head {
    /// Reads members up to the first empty line; gives the rest of the bytes as well.
    pub fn read(bytes: &[u8]) -> (Self, &[u8]) {
        let mut members: Vec<(String, String)> = Vec::new();
        let mut rest = bytes;
        while let Some((line, next)) = next_line(rest) {
            rest = next;
            if line.is_empty() {
                break;
            }
            if bytes.len() - rest.len() > MOST_BYTES || members.len() > MOST_MEMBERS {
                continue;
            }
            let text = String::from_utf8_lossy(line);
            match (members.last_mut(), text.starts_with([' ', '\t'])) {
                (Some((_, value)), true) if value.len() < MOST_VALUE => {
                    value.push(' ');
                    value.push_str(text.trim());
                }
                (_, true) => {}
                _ => members.extend(member(&text)),
            }
        }
        (Self(members), rest)
    }

    /// Members that are written among other text: lines before the first member are passed over.
    pub fn among(text: &str) -> Self {
        let starts_member = |line: &&str| member(line).is_some_and(|(name, _)| !name.contains(' ') && name.len() > 1);
        let skipped: usize = text.split_inclusive('\n').take_while(|line| !starts_member(line)).map(str::len).sum();
        Self::read(&text.as_bytes()[skipped..]).0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first value of a member, trimmed; `name` in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Whether a member is there and its value begins so, in lower case.
    pub fn begins(&self, name: &str, with: &str) -> bool {
        self.get(name).is_some_and(|v| v.get(..with.len()).is_some_and(|v| v.eq_ignore_ascii_case(with)))
    }

    /// The subject as people read it (RFC 2047).
    pub fn subject(&self) -> String {
        let raw = format!("Subject: {}\r\n\r\n", self.get("subject").unwrap_or_default());
        let parsed = MessageParser::default().parse_headers(raw.as_bytes());
        single_line(parsed.as_ref().and_then(|m| m.subject()).unwrap_or_default(), 300)
    }

    /// A member's date. UTC.
    pub fn date(&self, name: &str) -> Option<DateTime<Utc>> {
        let raw = format!("Date: {}\r\n\r\n", self.get(name)?);
        let parsed = MessageParser::default().parse_headers(raw.as_bytes())?;
        let date = parsed.date().filter(|d| d.is_valid())?;
        DateTime::from_timestamp(date.to_timestamp(), 0)
    }

    /// Addresses in all members of these names.
    pub fn addresses(&self, names: &[&str]) -> Vec<String> {
        let mut out = Vec::new();
        for value in names.iter().flat_map(|name| self.all(name)) {
            for address in addresses(value) {
                if out.len() < MOST_FOUND && !out.contains(&address) {
                    out.push(address);
                }
            }
        }
        out
    }
}

fn next_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    let end = bytes.iter().position(|b| *b == b'\n');
    let (line, rest) = end.map_or((bytes, &bytes[bytes.len()..]), |at| (&bytes[..at], &bytes[at + 1..]));
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest))
}

fn member(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim_end();
    let is_name = !name.is_empty() && name.len() <= 80 && name.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    is_name.then(|| (name.to_ascii_lowercase(), value.trim().chars().take(MOST_VALUE).collect()))
}

/// What looks like an address in a text, in the order in which it stands there.
pub fn addresses(text: &str) -> Vec<String> {
    let outside = |c: char| c.is_whitespace() || c.is_control() || "<>()[]\",;:'|".contains(c);
    let words = text.split(outside).map(|w| w.trim_matches(['.', '*', '=', '`']));
    let is_address = |w: &&str| w.len() <= 320 && w.split_once('@').is_some_and(|(l, d)| !l.is_empty() && d.contains('.') && !d.contains('@'));
    words.filter(is_address).take(MOST_FOUND).map(str::to_owned).collect()
}

/// The addresses of a text that are addresses, each once.
pub fn checked(found: impl IntoIterator<Item = String>) -> Vec<EmailAddress> {
    let mut out: Vec<EmailAddress> = Vec::new();
    for address in found.into_iter().filter_map(|a| EmailAddress::parse(&a).ok()) {
        if out.len() < MOST_FOUND && !out.iter().any(|a| a.key() == address.key()) {
            out.push(address);
        }
    }
    out
}

/// Message-IDs in a text: what stands between angle brackets and holds an at sign, without them.
pub fn message_ids(text: &str) -> Vec<String> {
    let between = text.split('<').skip(1).filter_map(|part| part.split_once('>')).map(|(id, _)| id.trim());
    let is_id = |id: &&str| id.len() <= 250 && id.contains('@') && id.bytes().all(|b| b.is_ascii_graphic());
    between.filter(is_id).take(MOST_FOUND).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_unfolded_and_end_at_an_empty_line() {
        let (head, rest) = Head::read(b"From: a\r\nX-Long: one\r\n two\r\n\tthree\r\nno member\r\n\r\nbody: no\r\n");
        assert_eq!((head.get("from"), head.get("x-long"), head.get("body")), (Some("a"), Some("one two three"), None));
        assert_eq!(rest, b"body: no\r\n");
        assert_eq!(Head::read("Subject: =?utf-8?q?Caf=C3=A9?=\n".as_bytes()).0.subject(), "Café");
    }

    #[test]
    fn addresses_are_found_however_they_are_written() {
        let check = |text: &str, expected: &[&str]| assert_eq!(addresses(text), expected, "{text}");
        check("rfc822; jo@reader.example", &["jo@reader.example"]);
        check("<jo@reader.example>: user unknown (kim@reader.example).", &["jo@reader.example", "kim@reader.example"]);
        check("RFC822;<SMTP:jo@reader.example>", &["jo@reader.example"]);
        check("a@ @b c@d @", &[]);
    }

    #[test]
    fn a_date_is_read_and_nonsense_is_none() {
        let head = |date: &str| Head::read(format!("Date: {date}\n").as_bytes()).0.date("date");
        assert_eq!(head("Mon, 1 Mar 2027 10:00:00 +0100"), "2027-03-01T09:00:00Z".parse().ok());
        assert_eq!(head("yesterday"), None);
    }
}
