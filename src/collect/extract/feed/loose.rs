//! Feeds that are no well-formed XML, or of a kind the parser does not know (CDF, unprefixed RDF, base64 content): read by their tags alone.
//!
//! One pass over the text, no tree and no recursion, so that nothing in it can be deep or slow. Used only when the parser gives up.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Most items that are kept.
const MOST_ITEMS: usize = 5_001;
/// Most bytes of one field.
const MOST_FIELD: usize = 200_000;

/// An item as its tags gave it: text may still hold HTML.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Item {
    pub title: Option<String>,
    pub link: Option<String>,
    pub id: Option<String>,
    pub texts: Vec<String>,
}

/// Reads what can be read. `None` when it is no feed, or breaks off before anything was said.
pub fn read(source: &str) -> Option<Vec<Item>> {
    let mut reader = Reader::default();
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        reader.text(&rest[..at], true);
        rest = &rest[at..];
        rest = &rest[reader.markup(rest)..];
        if reader.items.len() >= MOST_ITEMS {
            break;
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    /// The element that makes it a feed.
    root: Option<String>,
    closed: bool,
    item: Option<Item>,
    items: Vec<Item>,
    field: Option<Field>,
    /// No `]]>` stands in what is left: looking for it again and again would be quadratic.
    no_more_cdata_ends: bool,
}

/// An open field of an item.
struct Field {
    name: String,
    text: String,
    is_base64: bool,
    /// How many elements of the same name are open inside it.
    inner: usize,
}

impl Reader {
    /// Reads one piece of markup and says how long it is.
    fn markup(&mut self, s: &str) -> usize {
        let until = |end: &str, from: usize| s.get(from..).and_then(|t| t.find(end)).map(|n| (from + n, from + n + end.len()));
        if s.starts_with("<![CDATA[") {
            // One that is never closed ends with the element around it.
            let closed = if self.no_more_cdata_ends { None } else { until("]]>", 9) };
            self.no_more_cdata_ends |= closed.is_none();
            let (stop, next) = closed.or_else(|| until("</", 9).map(|(stop, _)| (stop, stop))).unwrap_or((s.len(), s.len()));
            self.text(&s[9..stop], false);
            return next;
        }
        if s.starts_with("<!--") {
            return until("-->", 4).map_or(s.len(), |(_, next)| next);
        }
        if !s[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '?' | '!' | '_')) {
            self.text("<", false);
            return 1;
        }
        let end = tag_end(s);
        let tag = s[1..end].trim_end_matches('>');
        if s.starts_with("</") {
            self.close(&local_name(&tag[1..]));
        } else if !s.starts_with("<?") && !s.starts_with("<!") {
            self.open(tag.trim_end_matches('/'), tag.ends_with('/'));
        }
        end
    }

    fn text(&mut self, text: &str, has_entities: bool) {
        if let Some(field) = self.field.as_mut().filter(|f| f.text.len() < MOST_FIELD) {
            let text = if has_entities { html_escape::decode_html_entities(text) } else { Cow::Borrowed(text) };
            field.text.push_str(&text);
        }
    }

    fn open(&mut self, tag: &str, is_empty: bool) {
        let name = local_name(tag);
        if let Some(field) = self.field.as_mut() {
            // Markup inside a field is a gap between words.
            field.text.push(if matches!(name.as_str(), "p" | "br" | "div" | "li") { '\n' } else { ' ' });
            field.inner += usize::from(name == field.name && !is_empty);
            return;
        }
        if self.root.is_none() {
            let known = matches!(name.as_str(), "rss" | "rdf" | "feed" | "channel");
            self.root = known.then(|| name.clone());
            self.closed = known && is_empty;
        }
        if self.root.is_some() && matches!(name.as_str(), "item" | "entry") {
            self.items.extend(self.item.take());
            self.item = Some(Item { link: attribute(tag, "href"), id: attribute(tag, "about"), ..Item::default() });
            return;
        }
        let Some(item) = self.item.as_mut() else { return };
        match name.as_str() {
            "link" | "a" if attribute(tag, "href").is_some() => {
                let is_page = attribute(tag, "rel").is_none_or(|r| r == "alternate");
                item.link = item.link.take().or_else(|| attribute(tag, "href").filter(|_| is_page));
            }
            "title" | "link" | "guid" | "id" | "description" | "summary" | "content" | "encoded" | "abstract" if !is_empty => {
                let kind = attribute(tag, "type").unwrap_or_default();
                let words = kind.is_empty() || !kind.contains('/') || kind.contains("text") || kind.contains("html") || kind.contains("xml");
                let is_base64 = attribute(tag, "mode").is_some_and(|m| m == "base64") || !words;
                self.field = Some(Field { name, text: String::new(), is_base64, inner: 0 });
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        self.closed |= self.root.as_deref() == Some(name);
        let ends_item = matches!(name, "item" | "entry");
        if let Some(field) = self.field.as_mut() {
            if field.name == name && field.inner > 0 {
                field.inner -= 1;
                return;
            }
            if field.name == name || ends_item || self.closed {
                self.take_field();
            }
        }
        if ends_item {
            self.items.extend(self.item.take());
        }
    }

    fn take_field(&mut self) {
        let (Some(field), Some(item)) = (self.field.take(), self.item.as_mut()) else { return };
        let plain = || STANDARD.decode(field.text.split_whitespace().collect::<String>()).ok().and_then(|b| String::from_utf8(b).ok());
        let text = if field.is_base64 { plain().unwrap_or_else(|| field.text.clone()) } else { field.text.clone() };
        let text = text.trim().to_owned();
        match field.name.as_str() {
            _ if text.is_empty() => {}
            "title" => item.title = item.title.take().or(Some(text)),
            "link" => item.link = item.link.take().or(Some(text)),
            "guid" | "id" => item.id = Some(text),
            _ => item.texts.push(text),
        }
    }

    fn finish(mut self) -> Option<Vec<Item>> {
        self.root.as_ref()?;
        if self.closed {
            self.take_field();
            self.items.extend(self.item.take());
        }
        (self.closed || !self.items.is_empty()).then_some(self.items)
    }
}

/// Where a tag ends: after its `>` outside quotes, or before the next `<` when it is never closed.
fn tag_end(s: &str) -> usize {
    let mut quote = None;
    for (i, b) in s.bytes().enumerate().skip(1) {
        match (quote, b) {
            (Some(q), _) if q == b => quote = None,
            (None, b'"' | b'\'') if s.as_bytes()[i - 1] == b'=' => quote = Some(b),
            (None, b'>') => return i + 1,
            (None, b'<') => return i,
            _ => {}
        }
    }
    // A quote that is never closed: the tag ends at its first bracket.
    s[1..].find(['>', '<']).map_or(s.len(), |n| n + 1 + usize::from(s.as_bytes()[n + 1] == b'>'))
}

/// The name of a tag without its prefix, in lower case.
fn local_name(tag: &str) -> String {
    let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase()
}

/// The value of an attribute, its prefix aside.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    while let Some(at) = rest.find('=') {
        let key = rest[..at].trim_end().rsplit(|c: char| c.is_whitespace() || c == ':' || c == '"' || c == '\'').next().unwrap_or_default();
        let value = rest[at + 1..].trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (text, after) = match quote {
            Some(q) => value[1..].split_once(q).unwrap_or((&value[1..], "")),
            None => value.split_once(char::is_whitespace).unwrap_or((value, "")),
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(html_escape::decode_html_entities(text).trim().to_owned()).filter(|v| !v.is_empty());
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `title|link|text` of every item, or `none`.
    fn check(source: &str, expected: &[&str]) {
        let show = |i: &Item| format!("{}|{}|{}", i.title.as_deref().unwrap_or(""), i.link.as_deref().unwrap_or(""), i.texts.join(" / "));
        let got = read(source).map_or_else(|| vec!["none".to_owned()], |items| items.iter().map(show).collect());
        assert_eq!(got, expected, "{source}");
    }

    #[test]
    fn what_is_not_well_formed_is_read_by_its_tags() {
        check(
            "<rss><channel><item><title>A & b &amp; c</title><link>https://m.example/?a=1&b=2</link></item></rss>",
            &["A & b & c|https://m.example/?a=1&b=2|"],
        );
        check("<rss><channel><item><title>A<description><![CDATA[<p>x</p></description></item></channel></rss>", &["A <p>x||"]);
        check("<feed><entry><title type='html'>A</title><link href='https://m.example/' rel=alternate /><x:unknown>", &["none"]);
        check("<rss><channel><item><title>1 < 2</title></item><item><title>cut", &["1 < 2||"]);
    }

    #[test]
    fn old_and_odd_kinds_are_read() {
        check(
            "<CHANNEL HREF='https://m.example/'><ITEM HREF='https://m.example/1'><TITLE>A</TITLE><ABSTRACT>words</ABSTRACT></ITEM></CHANNEL>",
            &["A|https://m.example/1|words"],
        );
        check(
            "<rdf:RDF><rss:item rdf:about='x'><rss:title>A</rss:title><rss:link>https://m.example/</rss:link></rss:item></rdf:RDF>",
            &["A|https://m.example/|"],
        );
        check("<feed><entry><title type='application/octet-stream'>UGVzdHM=</title></entry></feed>", &["Pests||"]);
        check("<rss version='0.92'/>", &[]);
        check("<html><item><title>x</title></item></html>", &["none"]);
    }

    #[test]
    fn sections_that_are_never_closed_take_no_longer() {
        let source = format!("<rss><channel><item><title>{}", "<![CDATA[x</b>".repeat(200_000));
        assert_eq!(read(&source), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(source in "(<|>|</|/>|<rss>|<item>|</item>|<title|='|\"|<!\\[CDATA\\[|\\]\\]>|<!--|é|&amp;| |=){0,60}") {
            let _ = read(&source);
        }
    }
}
