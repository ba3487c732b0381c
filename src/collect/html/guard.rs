//! Cuts from HTML source what would make a tree builder slow, deep or large, before it sees it.
//!
//! A single pass over the tags with a stack of open elements; it must never pop where html5ever would not, or depth goes unseen.

use std::borrow::Cow;

/// Most bytes of a page that are read.
const MOST_BYTES: usize = 5 * 1024 * 1024;
/// Deepest nesting of elements.
const MOST_DEPTH: usize = 128;
/// Most formatting elements open at once: html5ever opens each again in every new block.
const MOST_FORMATTING: usize = 8;
/// Most tags of a page.
const MOST_TAGS: usize = 200_000;
/// Most attributes of a tag: html5ever compares each with all before it.
const MOST_ATTRIBUTES: usize = 200;

const VOID: &[&str] = &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "param"];
/// Closed by their next sibling, so that open ones do not nest.
const SELF_CLOSING: &[&str] = &["p", "li", "dd", "dt", "td", "th", "tr", "tbody", "thead", "tfoot", "option", "html", "body", "head"];
const FORMATTING: &[&str] = &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
const RAW: &[&str] = &["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];
/// End tags do not reach through these.
const BARRIERS: &[&str] = &["table", "caption", "marquee", "object", "template", "svg", "math", "applet"];
/// Inline elements: their end tag does not close a block.
const INLINE: &[&str] = &["span", "label", "abbr", "cite", "sub", "sup", "time", "q", "del", "ins", "mark"];

/// The source, safe to parse, and what was cut, if anything.
pub fn tame(source: &str) -> (Cow<'_, str>, Option<&'static str>) {
    let whole = source;
    let source = &source[..floor(source, source.len().min(MOST_BYTES))];
    let mut cut = (source.len() < whole.len()).then_some("the page was cut at 5 MiB");
    let mut scan = Scan::default();
    let mut out: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(tag) = next_tag(source, at) {
        at = tag.end;
        scan.tags += 1;
        if scan.tags > MOST_TAGS {
            out.get_or_insert_default().push_str(&source[copied..tag.start]);
            copied = source.len();
            cut = Some("the page was cut at 200,000 tags");
            break;
        }
        if !scan.keeps(&tag) {
            let kept = out.get_or_insert_default();
            kept.push_str(&source[copied..tag.start]);
            copied = tag.end;
            cut = cut.or(scan.cut);
        } else if !tag.closes && RAW.contains(&tag.name.as_str()) {
            at = raw_end(source, tag.end, &tag.name);
        }
    }
    match out {
        None => (Cow::Borrowed(source), cut),
        Some(mut kept) => {
            kept.push_str(&source[copied..]);
            (Cow::Owned(kept), cut)
        }
    }
}

fn floor(s: &str, mut at: usize) -> usize {
    while !s.is_char_boundary(at) {
        at -= 1;
    }
    at
}

struct TagAt {
    start: usize,
    end: usize,
    name: String,
    closes: bool,
    attributes: usize,
}

/// The next start or end tag at or after `from`; comments and declarations are passed over.
fn next_tag(source: &str, mut from: usize) -> Option<TagAt> {
    let bytes = source.as_bytes();
    loop {
        let start = from + source.get(from..)?.find('<')?;
        let rest = &bytes[start + 1..];
        if rest.starts_with(b"!--") {
            from = source[start + 4..].find("-->").map_or(source.len(), |n| start + 4 + n + 3);
            continue;
        }
        let closes = rest.first() == Some(&b'/');
        let name_at = start + 1 + usize::from(closes);
        if !bytes.get(name_at).is_some_and(u8::is_ascii_alphabetic) {
            from = start + 1;
            continue;
        }
        let len = bytes[name_at..].iter().take(40).take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'/')).count();
        let name = String::from_utf8_lossy(&bytes[name_at..name_at + len]).to_ascii_lowercase();
        let (end, attributes) = tag_end(bytes, name_at + len);
        return Some(TagAt { start, end, name, closes, attributes });
    }
}

/// Where a tag ends (after `>`), and how many attributes it can have at most.
fn tag_end(bytes: &[u8], from: usize) -> (usize, usize) {
    let mut quote = 0_u8;
    let mut attributes = 0;
    let mut value_next = false;
    for (i, &b) in bytes.iter().enumerate().skip(from) {
        match b {
            _ if quote != 0 && b != quote => {}
            _ if quote != 0 => {
                quote = 0;
                attributes += 1;
            }
            b'>' => return (i + 1, attributes),
            b'"' | b'\'' if value_next => quote = b,
            b'/' => attributes += 1,
            b if b.is_ascii_whitespace() => attributes += usize::from(!value_next),
            _ => {}
        }
        value_next = b == b'=' || (value_next && b.is_ascii_whitespace());
    }
    (bytes.len(), attributes)
}

/// Where the text of a raw element ends: at its end tag.
fn raw_end(source: &str, from: usize, name: &str) -> usize {
    let bytes = source.as_bytes();
    let mut at = from;
    while let Some(n) = source.get(at..).and_then(|s| s.find("</")) {
        at += n;
        let word = bytes.get(at + 2..at + 2 + name.len());
        if word.is_some_and(|w| w.eq_ignore_ascii_case(name.as_bytes())) {
            return at;
        }
        at += 2;
    }
    source.len()
}

/// The open elements, as html5ever sees them or more.
#[derive(Default)]
struct Scan {
    open: Vec<String>,
    formatting: usize,
    tags: usize,
    cut: Option<&'static str>,
}

impl Scan {
    /// Whether the tag may stay; remembers what it opens or closes.
    fn keeps(&mut self, tag: &TagAt) -> bool {
        if tag.attributes > MOST_ATTRIBUTES * 3 {
            self.cut = Some("a tag with too many attributes was left out");
            return false;
        }
        let name = tag.name.as_str();
        if VOID.contains(&name) || SELF_CLOSING.contains(&name) || RAW.contains(&name) {
            return true;
        }
        if tag.closes {
            self.close(name);
            return true;
        }
        self.open(name)
    }

    fn open(&mut self, name: &str) -> bool {
        if FORMATTING.contains(&name) {
            if name == "a" {
                self.close("a");
            }
            if self.formatting >= MOST_FORMATTING {
                return false;
            }
            self.formatting += 1;
        }
        if self.open.len() >= MOST_DEPTH {
            self.formatting -= usize::from(FORMATTING.contains(&name));
            self.cut = Some("elements nested deeper than 128 were left out");
            return false;
        }
        self.open.push(name.to_owned());
        true
    }

    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|o| o == name) else { return };
        if FORMATTING.contains(&name) {
            self.open.remove(at);
            self.formatting -= 1;
            return;
        }
        let above = &self.open[at + 1..];
        let blocked = !BARRIERS.contains(&name) && above.iter().any(|o| BARRIERS.contains(&o.as_str()));
        let inline = INLINE.contains(&name) && above.iter().any(|o| !INLINE.contains(&o.as_str()) && !FORMATTING.contains(&o.as_str()));
        if blocked || inline {
            return;
        }
        // Formatting elements stay in html5ever's list after their block is closed: they stay counted here too.
        let kept: Vec<String> = self.open.drain(at..).filter(|o| FORMATTING.contains(&o.as_str())).collect();
        self.open.extend(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_page_is_left_alone() {
        let page = "<!DOCTYPE html><html><body><div class='a'><p>One<p>Two <b>bold</b><ul><li>x<li>y</ul></div><script>if (a<b) {}</script>";
        assert!(matches!(tame(page), (Cow::Borrowed(_), None)));
    }

    #[test]
    fn unclosed_items_do_not_count_as_depth() {
        let page = "<ul>".to_owned() + &"<li><a href=x>1 May</a><p>text".repeat(2_000) + "</ul>";
        assert!(tame(&page).1.is_none());
    }

    #[test]
    fn depth_size_tags_and_attributes_are_cut() {
        let deep = "<div>".repeat(100_000);
        let (safe, cut) = tame(&deep);
        assert_eq!(safe.matches("<div>").count(), MOST_DEPTH);
        assert!(cut.unwrap().contains("nested"));
        let evading = "<span><div></span>".repeat(10_000);
        assert!(tame(&evading).0.matches("<div>").count() <= MOST_DEPTH);
        let tables = "<div><table><tr><td></div>".repeat(10_000);
        assert!(tame(&tables).0.matches("<table>").count() <= MOST_DEPTH);
        let attributes = format!("<p {}>x", "a=1 ".repeat(100_000));
        assert_eq!(tame(&attributes).0, "x");
        let bold = format!("<p>{}</p>{}", (0..500).map(|n| format!("<font size={n}>")).collect::<Vec<_>>().concat(), "<p>x</p>".repeat(100));
        assert!(tame(&bold).0.matches("<font").count() <= MOST_FORMATTING);
        assert!(tame(&"<br>".repeat(300_000)).1.is_some());
    }
}
