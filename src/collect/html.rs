//! What every reader of HTML needs: a parse that hostile markup cannot make slow or deep, and the plain text of elements.
//!
//! html5ever takes 20 s for 156 KB of nested `<div>`: [`parse`] therefore cuts depth, size, tags and attributes before a tree is
//! built. Never hands out markup, only text and attribute values.

use std::{cell::RefCell, collections::HashMap};

use ego_tree::iter::Edge;
use scraper::{ElementRef, Html, Node, Selector};
use url::Url;

mod guard;

/// Most characters that [`text`] returns.
pub const MOST_TEXT: usize = 100_000;

/// Elements whose content nobody reads.
const UNREAD: &[&str] = &["script", "style", "noscript", "template", "svg", "head", "iframe", "object", "select", "button", "textarea"];

/// Elements that begin and end a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "tr",
    "ul",
];

/// A parsed page and whether something had to be cut to parse it safely.
pub struct Page {
    pub html: Html,
    /// What was cut, for the operator; `None` when the whole page was read.
    pub cut: Option<&'static str>,
}

/// Parses a page within the caps of this module.
#[must_use]
pub fn parse(source: &str) -> Page {
    let (safe, cut) = guard::tame(source);
    Page { html: Html::parse_document(&safe), cut }
}

thread_local! {
    /// Selectors of this program's own by their text: parsing one costs more than most matches, and a page asks for the same few thousands of times.
    static OWN: RefCell<HashMap<&'static str, Option<Selector>>> = RefCell::default();
}

/// A selector of this program's own, known to be valid; an invalid one selects nothing.
#[must_use]
pub fn own_selector(css: &'static str) -> Option<Selector> {
    OWN.with_borrow_mut(|own| own.entry(css).or_insert_with(|| Selector::parse(css).ok()).clone())
}

/// All elements that match a selector of this program's own.
#[must_use]
pub fn all<'a>(within: ElementRef<'a>, css: &'static str) -> Vec<ElementRef<'a>> {
    own_selector(css).map(|s| within.select(&s).collect()).unwrap_or_default()
}

/// The first element that matches a selector of this program's own.
#[must_use]
pub fn first<'a>(within: ElementRef<'a>, css: &'static str) -> Option<ElementRef<'a>> {
    own_selector(css).and_then(|s| within.select(&s).next())
}

/// The plain text of an element as a reader sees it: blocks on lines of their own, white space collapsed, scripts and hidden
/// parts left out.
#[must_use]
pub fn text(element: ElementRef<'_>) -> String {
    let mut out = Lines::default();
    let mut unread = 0_usize;
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(t) if unread == 0 => out.push(t),
                Node::Element(e) if is_unread(e) => unread += 1,
                Node::Element(e) if unread == 0 => out.mark(e.name()),
                _ => {}
            },
            Edge::Close(node) => match node.value() {
                Node::Element(e) if is_unread(e) => unread = unread.saturating_sub(1),
                Node::Element(e) if unread == 0 => out.mark(e.name()),
                _ => {}
            },
        }
        if out.text.len() > MOST_TEXT {
            break;
        }
    }
    out.finish()
}

/// The text of an element on one line.
#[must_use]
pub fn line(element: ElementRef<'_>) -> String {
    one_line(&text(element))
}

/// White space of any kind and length becomes one space.
#[must_use]
pub fn one_line(s: &str) -> String {
    s.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The plain text of a string that may hold HTML, entities, or neither.
#[must_use]
pub fn plain(source: &str) -> String {
    let decoded;
    let mut s = source;
    // Feeds and JSON-LD often hold HTML that was escaped once more than needed.
    if !s.contains('<') && s.contains("&lt;") {
        decoded = html_escape::decode_html_entities(s).into_owned();
        s = &decoded;
    }
    if has_markup(s) {
        let page = parse(s);
        let mut out = text(page.html.root_element());
        if out.contains("&amp;") || out.contains("&#") || out.contains("&nbsp;") {
            out = html_escape::decode_html_entities(&out).replace('\u{a0}', " ");
        }
        return out;
    }
    let once = html_escape::decode_html_entities(s);
    let twice = html_escape::decode_html_entities(once.as_ref()).replace(['\u{a0}', '\r'], " ");
    twice.lines().map(one_line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// [`plain`] on one line, for titles and names.
#[must_use]
pub fn plain_line(source: &str) -> String {
    one_line(&plain(source))
}

/// An attribute with something in it.
#[must_use]
pub fn attr<'a>(element: ElementRef<'a>, name: &str) -> Option<&'a str> {
    element.attr(name).map(str::trim).filter(|v| !v.is_empty())
}

/// An address in a page as an absolute http(s) URL; anything else (`mailto:`, `javascript:`, fragments of the same page) is none.
#[must_use]
pub fn absolute(base: Option<&Url>, href: &str) -> Option<Url> {
    let href = href.trim();
    if href.is_empty() || href.starts_with('#') || href.len() > 4_000 {
        return None;
    }
    let url = match base {
        Some(base) => base.join(href).ok()?,
        None => Url::parse(href).ok()?,
    };
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// What relative links of a page hang on: its `<base href>` or the address it was found at.
#[must_use]
pub fn base(page: &Html, found_at: Option<&Url>) -> Option<Url> {
    let stated = first(page.root_element(), "base[href]").and_then(|b| absolute(found_at, b.attr("href")?));
    stated.or_else(|| found_at.cloned())
}

/// The page's own title: `og:title`, else `<title>`, else the first heading.
#[must_use]
pub fn page_title(page: &Html) -> Option<String> {
    let root = page.root_element();
    let og = first(root, "meta[property='og:title']").and_then(|m| attr(m, "content")).map(plain_line);
    let title = || first(root, "title").map(|t| one_line(&t.text().collect::<String>()));
    let heading = || first(root, "h1").map(line);
    og.or_else(title).or_else(heading).filter(|t| !t.is_empty())
}

fn has_markup(s: &str) -> bool {
    s.match_indices('<').any(|(at, _)| s[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'))
}

/// Whether nobody reads what is in an element: scripts, controls, hidden parts.
pub(crate) fn is_unread(e: &scraper::node::Element) -> bool {
    UNREAD.contains(&e.name())
        || e.attr("hidden").is_some()
        || e.attr("style").is_some_and(|s| s.len() < 400 && s.to_ascii_lowercase().replace(' ', "").contains("display:none"))
}

/// Whether an element begins and ends a line.
pub(crate) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

/// Collects text line by line.
#[derive(Default)]
struct Lines {
    text: String,
    gap: bool,
}

impl Lines {
    fn push(&mut self, t: &str) {
        for c in t.chars() {
            if c.is_whitespace() {
                self.gap = true;
                continue;
            }
            if self.gap && !self.text.is_empty() && !self.text.ends_with('\n') {
                self.text.push(' ');
            }
            self.gap = false;
            self.text.push(c);
        }
    }

    fn mark(&mut self, name: &str) {
        if BLOCKS.contains(&name) {
            self.gap = false;
            if !self.text.is_empty() && !self.text.ends_with('\n') {
                self.text.push('\n');
            }
        } else if matches!(name, "td" | "th") {
            self.gap = true;
        }
    }

    fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_a_reader_sees() {
        let page = parse("<body><h1>Pests &amp;\n moulds</h1><script>x()</script><p>On <b>4 May</b><br>at the <i hidden>old</i> museum</p>");
        assert_eq!(text(page.html.root_element()), "Pests & moulds\nOn 4 May\nat the museum");
    }

    #[test]
    fn strings_with_markup_or_entities_become_plain() {
        for (source, expected) in [
            ("Pests &#038; Moulds", "Pests & Moulds"),
            ("a &amp;amp; b", "a & b"),
            ("<p>one</p><p>two</p>", "one\ntwo"),
            ("&lt;p&gt;one&lt;/p&gt;", "one"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ] {
            assert_eq!(plain(source), expected, "{source}");
        }
    }

    #[test]
    fn only_web_addresses_are_links() {
        let base = Url::parse("https://museum.example/events/").unwrap();
        assert_eq!(absolute(Some(&base), "../a?b=1").unwrap().as_str(), "https://museum.example/a?b=1");
        for bad in ["javascript:alert(1)", "mailto:x@y.example", "#top", "", "data:text/html,x"] {
            assert!(absolute(Some(&base), bad).is_none(), "{bad}");
        }
    }
}
