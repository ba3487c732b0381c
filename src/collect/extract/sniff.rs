//! What bytes are, and which characters they mean: by looking at them first, by what the server declared second.

use encoding_rs::Encoding;

use super::Format;

/// How far into a document its first words are looked for.
const HEAD: usize = 4_096;

/// The format of a document.
pub fn format(body: &[u8], content_type: Option<&str>) -> Format {
    let declared = content_type.unwrap_or("").to_ascii_lowercase();
    let head = decode(&body[..body.len().min(HEAD)], content_type);
    let head = head.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t', '\0']);
    let upper = head.to_ascii_uppercase();
    if upper.starts_with("BEGIN:V") || upper.contains("\nBEGIN:VCALENDAR") && !head.starts_with('<') && !is_message(head) {
        return Format::Ical;
    }
    if declared.starts_with("message/rfc822") || is_message(head) {
        return Format::Email;
    }
    if head.starts_with(['{', '[']) {
        return if head.contains("jsonfeed.org/version") { Format::JsonFeed } else { Format::Json };
    }
    let is_table = declared.starts_with("text/csv") || declared.starts_with("text/tab-separated") || super::table::looks_like(head);
    if !head.starts_with('<') && is_table {
        return Format::Table;
    }
    match first_element(head).as_deref() {
        Some("rss" | "rdf" | "feed" | "channel") => Format::Feed,
        Some(_) => Format::Html,
        None if declared.contains("html") || head.contains("</") => Format::Html,
        None => Format::Text,
    }
}

/// The local name of the first element, after the XML declaration, comments and a document type.
fn first_element(head: &str) -> Option<String> {
    let mut rest = head;
    loop {
        rest = &rest[rest.find('<')? + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = &comment[comment.find("-->")? + 3..];
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let name: String = rest.chars().take(30).take_while(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '-')).collect();
            return Some(name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase());
        }
    }
}

/// Begins with header lines of a message (RFC 5322), one of which every message has.
fn is_message(head: &str) -> bool {
    let names = [
        "from:",
        "return-path:",
        "received:",
        "delivered-to:",
        "subject:",
        "date:",
        "message-id:",
        "mime-version:",
        "to:",
        "from ",
        "content-type:",
        "x-",
        "list-",
        "dkim-signature:",
        "reply-to:",
    ];
    let lower = head.to_ascii_lowercase();
    let first = lower.lines().next().unwrap_or_default();
    let has = |name: &str| lower.starts_with(name) || lower.contains(&format!("\n{name}"));
    names.iter().any(|n| first.starts_with(n))
        && first.contains([':', '@'])
        && (has("from:") || has("received:"))
        && (has("subject:") || has("date:") || has("mime-version:"))
}

/// The text of a document: byte order mark, then what the server declared, then what the document declares, then UTF-8 if it is,
/// then a guess.
pub fn decode(body: &[u8], content_type: Option<&str>) -> String {
    if let Some((encoding, len)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[len..]).0.into_owned();
    }
    let declared = content_type.and_then(charset).or_else(|| declared_inside(body));
    if let Ok(text) = std::str::from_utf8(body) {
        // What is valid UTF-8 and not plain ASCII is UTF-8, whatever is declared; UTF-7 and the like are not worth the risk.
        if !declared.is_some_and(|e| e == encoding_rs::ISO_2022_JP) {
            return text.to_owned();
        }
    }
    let encoding = declared.filter(|e| *e != encoding_rs::UTF_8).unwrap_or_else(|| guess(body));
    encoding.decode_without_bom_handling(body).0.into_owned()
}

fn guess(body: &[u8]) -> &'static Encoding {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(&body[..body.len().min(200_000)], true);
    // What names no encoding here is nearly always Western; without the hint a lone pound sign is taken for a Polish letter.
    detector.guess(Some(b"uk"), chardetng::Utf8Detection::Allow)
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    let at = content_type.to_ascii_lowercase().find("charset=")?;
    label(content_type.get(at + 8..)?)
}

/// `<?xml encoding="...">` or `<meta charset="...">` within the first kilobyte.
fn declared_inside(body: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&body[..body.len().min(1_024)]).to_ascii_lowercase();
    let after = |word: &str| head.find(word).and_then(|at| label(&head[at + word.len()..]));
    if head.trim_start().starts_with("<?xml") { after("encoding=") } else { after("charset=") }
}

fn label(s: &str) -> Option<&'static Encoding> {
    let s = s.trim_start_matches(['"', '\'', ' ']);
    let end = s.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.'))).unwrap_or(s.len());
    Encoding::for_label(&s.as_bytes()[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_their_bytes() {
        for (body, declared, format) in [
            ("BEGIN:VCALENDAR\n", "text/html", Format::Ical),
            ("\u{feff}<?xml version='1.0'?><!-- <html> --><rss version='2.0'>", "text/html", Format::Feed),
            ("<rdf:RDF xmlns=''>", "", Format::Feed),
            ("<!DOCTYPE html><html>", "application/rss+xml", Format::Html),
            ("<div>x</div>", "", Format::Html),
            (r#"{"version":"https://jsonfeed.org/version/1.1"}"#, "", Format::JsonFeed),
            (r#"[{"@type":"Event"}]"#, "", Format::Json),
            ("Received: by x\nFrom: a@b.example\nSubject: News\n\nHello", "", Format::Email),
            ("From: a@b.example\nMIME-Version: 1.0\n\nBEGIN:VCALENDAR\n", "", Format::Email),
            ("Just words", "", Format::Text),
            ("Title;Date;Venue\nLooms;4 May 2027;<b>Hull</b>\n", "text/html", Format::Table),
        ] {
            assert_eq!(super::format(body.as_bytes(), Some(declared)), format, "{body}");
        }
    }

    #[test]
    fn characters_are_read_as_declared_or_guessed() {
        assert_eq!(decode(b"caf\xe9", Some("text/html; charset=iso-8859-1")), "café");
        assert_eq!(decode(b"<meta charset=\"windows-1252\">\x93caf\xe9\x94", None), "<meta charset=\"windows-1252\">“café”");
        assert_eq!(decode("café".as_bytes(), Some("text/html; charset=iso-8859-1")), "café");
        assert_eq!(decode(b"\xff\xfea\0b\0", None), "ab");
        assert_eq!(decode(b"Caf\xe9 day;\xa345\r\nLooms;\xa310", None), "Caf\u{e9} day;\u{a3}45\r\nLooms;\u{a3}10");
    }
}
