//! Bodies that are encoded once per distinct content and personalised per reader: the text between the marks is quoted-printable
//! already, and only what stands at the marks is encoded for each reader.
//!
//! Never looks inside the text beyond the marks; what stands at a mark in HTML is escaped here.

use std::fmt::Write as _;

/// What differs from reader to reader within one content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Greeting,
    Email,
    /// Why this person gets the mail, in words.
    Why,
    Unsubscribe,
    Preferences,
}

/// Marks stand between these private-use characters, which the renderer takes out of text from outside.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

impl Mark {
    fn named(name: &str) -> Option<Self> {
        match name {
            "greeting" => Some(Self::Greeting),
            "email" => Some(Self::Email),
            "why" => Some(Self::Why),
            "unsubscribe" => Some(Self::Unsubscribe),
            "preferences" => Some(Self::Preferences),
            _ => None,
        }
    }
}

/// What to put at the marks for one reader. Links are complete and signed.
#[derive(Debug, Clone, Copy)]
pub struct Personal<'a> {
    pub greeting: &'a str,
    pub email: &'a str,
    pub why: &'a str,
    pub unsubscribe_url: &'a str,
    pub preferences_url: &'a str,
}

impl<'a> Personal<'a> {
    fn at(&self, mark: Mark) -> &'a str {
        match mark {
            Mark::Greeting => self.greeting,
            Mark::Email => self.email,
            Mark::Why => self.why,
            Mark::Unsubscribe => self.unsubscribe_url,
            Mark::Preferences => self.preferences_url,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Quoted-printable, complete in itself: begins at a line's start and ends within a line.
    Encoded(String),
    Mark(Mark),
}

/// A body of one media type, ready for any reader.
#[derive(Debug, Clone)]
pub struct Body {
    pieces: Vec<Piece>,
    is_html: bool,
}

impl Body {
    #[must_use]
    pub fn text(content: &str) -> Self {
        Self { pieces: cut(content), is_html: false }
    }

    #[must_use]
    pub fn html(content: &str) -> Self {
        Self { pieces: cut(content), is_html: true }
    }

    /// Appends the body for one reader, quoted-printable (RFC 2045 s6.7).
    pub fn write(&self, personal: &Personal<'_>, out: &mut String) {
        for (i, piece) in self.pieces.iter().enumerate() {
            if i > 0 {
                out.push_str("=\r\n");
            }
            match piece {
                Piece::Encoded(text) => out.push_str(text),
                Piece::Mark(mark) if self.is_html => quoted_printable(&html_escape::encode_quoted_attribute(personal.at(*mark)), out),
                Piece::Mark(mark) => quoted_printable(personal.at(*mark), out),
            }
        }
        out.push_str("\r\n");
    }
}

/// Cuts at the marks. An unknown mark is nothing; an open one takes the rest with it.
fn cut(content: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = content;
    while !rest.is_empty() {
        let (before, after) = rest.split_once(OPEN).unwrap_or((rest, ""));
        if !before.is_empty() {
            let mut encoded = String::with_capacity(before.len() + before.len() / 8);
            quoted_printable(before, &mut encoded);
            pieces.push(Piece::Encoded(encoded));
        }
        let (name, after) = after.split_once(CLOSE).unwrap_or(("", ""));
        pieces.extend(Mark::named(name).map(Piece::Mark));
        rest = after;
    }
    pieces
}

/// Appends `text`, from the start of a line. Line ends become CRLF, lines stay within 76 characters, a line never begins with a dot or "From ",
/// and of white space there are only single spaces, so that it is what DKIM signs as it stands (RFC 6376 s3.4.4).
pub(super) fn quoted_printable(text: &str, out: &mut String) {
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        encode_line(line.strip_suffix('\r').unwrap_or(line), out);
        if lines.peek().is_some() {
            out.push_str("\r\n");
        }
    }
}

fn encode_line(line: &str, out: &mut String) {
    let (mut column, mut after_space) = (0, false);
    for (i, byte) in line.bytes().enumerate() {
        let last = i + 1 == line.len();
        let plain = match byte {
            b'=' => false,
            b'.' | b'F' => column > 0,
            b' ' => !last && !after_space,
            33..=126 => true,
            _ => false,
        };
        after_space = plain && byte == b' ';
        let width = if plain { 1 } else { 3 };
        if column + width > 75 {
            out.push_str("=\r\n");
            column = 0;
            // At the start of the new line the rule for dots and "From " applies again.
            if matches!(byte, b'.' | b'F') {
                let _ = write!(out, "={byte:02X}");
                column += 3;
                continue;
            }
        }
        if plain {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "={byte:02X}");
        }
        column += width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JO: Personal<'_> = Personal {
        greeting: "Jo & <Co> ŵ",
        email: "jo@reader.example",
        why: "you asked",
        unsubscribe_url: "https://g.example/u?t=a&b=c",
        preferences_url: "https://g.example/p",
    };

    fn arrives(body: &Body) -> String {
        let mut mail =
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".to_owned();
        body.write(&JO, &mut mail);
        assert!(mail.is_ascii() && mail.split("\r\n").skip(4).all(|l| l.len() <= 76 && !l.starts_with('.') && !l.starts_with("From ")), "{mail}");
        let parsed = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap();
        parsed.body_text(0).unwrap().replace("\r\n", "\n")
    }

    #[test]
    fn marks_are_filled_and_escaped_where_they_stand() {
        let marked = "Dear \u{E000}greeting\u{E001},\nleave: \u{E000}unsubscribe\u{E001}\u{E000}unknown\u{E001}";
        assert_eq!(arrives(&Body::text(marked)).trim_end(), "Dear Jo & <Co> ŵ,\nleave: https://g.example/u?t=a&b=c");
        assert!(arrives(&Body::html(marked)).starts_with("Dear Jo &amp; &lt;Co&gt; ŵ,"));
    }

    proptest! {
        #[test]
        fn what_was_written_is_what_is_read(text in "([ -~]|\n|ŵ|=|\\.|F| \n|🎭|\u{E000}greeting\u{E001}){0,300}") {
            let expected = text.replace("\u{E000}greeting\u{E001}", JO.greeting);
            let arrived = arrives(&Body::text(&text));
            prop_assert_eq!(arrived.trim_end_matches('\n'), expected.trim_end_matches('\n'));
        }
    }
}
