//! A message that came back, taken apart: its header, what it says to people, its machine-readable parts, the header of the mail it returns.
//!
//! Hostile until proven otherwise: size, parts and depth are bounded here, and what is cut is said.

use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use mail_parser::{MessageParser, PartType};

use super::head::Head;

/// Bytes of a message that are read: what matters stands before the returned mail's body.
const MOST_BYTES: usize = 512 * 1024;
/// Parts that are looked at.
const MOST_PARTS: usize = 60;
/// Multiparts within multiparts that are followed.
const MOST_DEPTH: usize = 4;
/// Bytes of text for people that are kept.
const MOST_TEXT: usize = 64 * 1024;
/// Blocks of a delivery status that are read.
const MOST_BLOCKS: usize = 30;

/// A message in its parts.
#[derive(Debug, Default)]
pub struct Letter {
    pub head: Head,
    /// `report-type` of a multipart/report (RFC 6522), in lower case.
    pub report_type: String,
    /// What people read; of HTML its text.
    pub text: String,
    /// Blocks of message/delivery-status (RFC 3464 s2.1).
    pub blocks: Vec<Head>,
    /// message/feedback-report (RFC 5965 s3).
    pub complaint: Head,
    /// Header of the mail that is returned.
    pub original: Head,
    /// Parts, depth or size were too much, and the rest was not looked at.
    pub is_cut: bool,
    parts: usize,
}

/// Content-Type: what it is, and its parameters.
struct Media {
    kind: String,
    value: String,
}

impl Media {
    fn of(head: &Head) -> Self {
        let value = head.get("content-type").unwrap_or("text/plain").to_owned();
        let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Self { kind, value }
    }

    /// A parameter's value, quotes off.
    fn parameter(&self, name: &str) -> Option<String> {
        let mut rest = self.value.split_once(';')?.1;
        for _ in 0..20 {
            let (key, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let (value, next) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => after.split_once(';').unwrap_or((after, "")),
            };
            if key.trim().trim_start_matches(';').trim().eq_ignore_ascii_case(name) {
                return Some(value.trim().to_owned());
            }
            rest = next.trim_start().trim_start_matches(';');
        }
        None
    }
}

impl Letter {
    /// Takes a message apart. Never fails: what cannot be read is not there.
    pub fn open(message: &[u8]) -> Self {
        let mut letter = Self { is_cut: message.len() > MOST_BYTES, ..Self::default() };
        let message = &message[..message.len().min(MOST_BYTES)];
        // A separator of mbox files.
        let message =
            if message.starts_with(b"From ") { message.split_at(message.iter().position(|b| *b == b'\n').map_or(0, |n| n + 1)).1 } else { message };
        let (head, body) = Head::read(message);
        let media = Media::of(&head);
        letter.report_type = media.parameter("report-type").unwrap_or_default().to_ascii_lowercase();
        letter.head = head.clone();
        letter.part(&head, &media, body, 0);
        letter
    }

    fn part(&mut self, head: &Head, media: &Media, body: &[u8], depth: usize) {
        self.parts += 1;
        if self.parts > MOST_PARTS || depth > MOST_DEPTH {
            self.is_cut = true;
            return;
        }
        match (media.kind.as_str(), media.parameter("boundary")) {
            (kind, Some(boundary)) if kind.starts_with("multipart/") && !boundary.is_empty() => self.multipart(&boundary, body, depth),
            ("message/delivery-status" | "message/global-delivery-status", _) => self.status(&decoded(head, body)),
            ("message/feedback-report", _) => self.complaint = Head::read(&decoded(head, body)).0,
            (kind, _) if is_returned(kind) && self.original.is_empty() => self.original = Head::read(&decoded(head, body)).0,
            ("text/plain" | "text/html", _) => self.words(media, head, body),
            _ => {}
        }
    }

    fn multipart(&mut self, boundary: &str, body: &[u8], depth: usize) {
        let texts = self.text.len();
        for part in parts(body, boundary.as_bytes()) {
            if self.parts > MOST_PARTS {
                self.is_cut = true;
                return;
            }
            let (head, body) = Head::read(part);
            let media = Media::of(&head);
            // The same words again, as HTML.
            if media.kind == "text/html" && self.text[texts..].trim().len() > 20 {
                continue;
            }
            self.part(&head, &media, body, depth + 1);
        }
    }

    fn status(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() && self.blocks.len() < MOST_BLOCKS {
            let (head, next) = Head::read(rest);
            rest = next;
            if !head.is_empty() {
                self.blocks.push(head);
            }
        }
    }

    fn words(&mut self, media: &Media, head: &Head, body: &[u8]) {
        let left = MOST_TEXT.saturating_sub(self.text.len());
        let text = text(media, head, &body[..body.len().min(4 * MOST_TEXT)]);
        let text = if media.kind == "text/html" { without_tags(&text) } else { text };
        self.text.extend(text.chars().take(left));
        self.text.push('\n');
    }
}

/// Types of a mail that is returned, whole or its header.
fn is_returned(kind: &str) -> bool {
    matches!(kind, "message/rfc822" | "message/global" | "message/rfc822-headers" | "text/rfc822-headers" | "message/global-headers")
}

/// What stands between the lines `--boundary`.
fn parts<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut out = Vec::new();
    let (mut from, mut at) = (None, 0);
    for line in body.split_inclusive(|b| *b == b'\n') {
        if let Some(rest) = line.strip_prefix(b"--").and_then(|l| l.strip_prefix(boundary)) {
            let rest = rest.trim_ascii();
            if rest.is_empty() || rest == b"--" {
                out.extend(from.map(|start| &body[start..at]));
                from = rest.is_empty().then_some(at + line.len());
                if out.len() > MOST_PARTS {
                    return out;
                }
            }
        }
        at += line.len();
    }
    // Cut off, as returned mails often are.
    out.extend(from.map(|start| &body[start..]));
    out
}

/// The bytes of a part, out of base64; quoted-printable is left: machine-readable parts are ASCII (RFC 3464 s2.1).
fn decoded(head: &Head, body: &[u8]) -> Vec<u8> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
    );
    if !head.begins("content-transfer-encoding", "base64") {
        return body.to_vec();
    }
    let symbols: Vec<u8> = body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    LENIENT.decode(symbols).unwrap_or_default()
}

/// The characters of a text part, whatever their encoding: a message of this part alone is given to the parser.
fn text(media: &Media, head: &Head, body: &[u8]) -> String {
    let charset = media.parameter("charset").filter(|c| c.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b)));
    let encoding = head.get("content-transfer-encoding").unwrap_or("8bit");
    let encoding = if encoding.bytes().all(|b| b.is_ascii_graphic()) { encoding } else { "8bit" };
    let charset = charset.map_or_else(String::new, |c| format!("; charset=\"{c}\""));
    let mut alone = format!("Content-Type: text/plain{charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n").into_bytes();
    alone.extend_from_slice(body);
    let parsed = MessageParser::default().parse(&alone);
    let first = parsed.as_ref().and_then(|m| m.parts.first());
    match first.map(|p| &p.body) {
        Some(PartType::Text(text) | PartType::Html(text)) => text.replace("\r\n", "\n"),
        _ => String::from_utf8_lossy(body).replace("\r\n", "\n"),
    }
}

/// HTML as lines of text. Not for showing: only words are looked for in it.
fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut hidden = "";
    let mut pieces = html.split('<');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let name: String = tag.chars().take_while(|c| *c == '/' || c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase();
        match name.as_str() {
            "style" | "script" | "head" => {
                hidden = if name == "style" {
                    "/style"
                } else if name == "script" {
                    "/script"
                } else {
                    "/head"
                }
            }
            closing if !hidden.is_empty() && closing == hidden => hidden = "",
            "br" | "p" | "div" | "tr" | "li" | "/p" | "/div" | "/tr" | "h1" | "h2" | "/h1" | "/h2" | "hr" => out.push('\n'),
            "td" | "th" | "/td" => out.push(' '),
            _ => {}
        }
        if hidden.is_empty() {
            out.push_str(text);
        }
    }
    html_escape::decode_html_entities(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NESTED: &str = "Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"=_x\"\n\npreamble\n--=_x\n\
        Content-Type: multipart/alternative; boundary=y\n\n--y\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n\
        Caf=E9 is not there, says the server.\n--y\nContent-Type: text/html\n\n<p>Another text</p>\n--y--\n--=_x\nContent-Type: message/delivery-status\n\n\
        Reporting-MTA: dns; a.example\n\n\nFinal-Recipient: rfc822;jo@b.example\n\n--=_x\nContent-Type: message/rfc822\n\nMessage-ID: <1@c.example>\n\nbody\n--=_x--\n";

    #[test]
    fn a_report_falls_into_its_parts() {
        let letter = Letter::open(NESTED.as_bytes());
        assert_eq!((letter.report_type.as_str(), letter.text.trim()), ("delivery-status", "Café is not there, says the server."));
        assert_eq!(letter.blocks.iter().map(|b| b.get("final-recipient")).collect::<Vec<_>>(), [None, Some("rfc822;jo@b.example")]);
        assert_eq!((letter.original.get("message-id"), letter.is_cut), (Some("<1@c.example>"), false));
    }

    #[test]
    fn html_alone_is_read_as_its_words() {
        let html = "<html><head><title>x</title></head><style>p{}</style><p>Delivery&nbsp;has <b>failed</b></p><br>jo@b.example<script>1<2</script>";
        assert_eq!(without_tags(html).split_whitespace().collect::<Vec<_>>(), ["Delivery", "has", "failed", "jo@b.example"]);
    }

    #[test]
    fn bombs_are_cut() {
        let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(50_000));
        assert!(Letter::open(many.as_bytes()).is_cut);
        let deep = "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(20_000);
        assert!(Letter::open(deep.as_bytes()).is_cut);
        let letters = "Content-Type: message/rfc822\n\n".repeat(20_000);
        assert_eq!(Letter::open(letters.as_bytes()).original.get("content-type"), Some("message/rfc822"));
        let members = format!("{}\nx", "a: b\n".repeat(200_000));
        assert!(Letter::open(members.as_bytes()).is_cut);
        let blocks = format!("Content-Type: message/delivery-status\n\n{}", "Status: 5.1.1\n\n".repeat(30_000));
        assert_eq!(Letter::open(blocks.as_bytes()).blocks.len(), MOST_BLOCKS);
        assert!(Letter::open(&vec![b'<'; 3_000_000]).is_cut);
    }
}
