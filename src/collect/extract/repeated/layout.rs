//! A page's text laid out once, with the range of every element in it, so that each date is looked for only once.

use std::collections::HashMap;
use std::ops::Range;

use chrono::Datelike;
use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeRef};
use scraper::node::Element;
use scraper::{ElementRef, Html, Node};

use crate::collect::html;
use crate::collect::normalise::date;
use crate::domain::Reading;

/// Most bytes of text that are looked at.
pub const MOST_TEXT: usize = 500_000;

/// The text of a page and where its elements and dates stand in it.
pub struct Layout {
    pub text: String,
    ranges: HashMap<NodeId, Range<usize>>,
    /// Dates in order.
    dates: Vec<Range<usize>>,
    /// The day and month of each date, 0 where it cannot be read.
    days: Vec<u32>,
    /// The page holds more text than is looked at; elements beyond it have no range.
    pub cut: bool,
}

impl Layout {
    /// Leaves asides out, unless most dates of the page stand in what it marks as one.
    pub fn of(page: &Html, reading: &Reading) -> Self {
        let without = Self::laid(page, false, reading);
        let asides = html::first(page.root_element(), "aside").is_some();
        let with = asides.then(|| Self::laid(page, true, reading));
        with.filter(|w| w.dates.len() > 2 * without.dates.len() + 1).unwrap_or(without)
    }

    fn laid(page: &Html, asides: bool, reading: &Reading) -> Self {
        let apart = |node: NodeRef<'_, Node>, e: &Element| is_unread(node, e) || is_apart(node, e) && !(asides && e.name() == "aside");
        let mut layout = Self { text: String::new(), ranges: HashMap::new(), dates: Vec::new(), days: Vec::new(), cut: false };
        let mut skipped = 0_usize;
        // Where each open element began; none beyond the cut.
        let mut starts: Vec<Option<usize>> = Vec::new();
        for edge in page.root_element().traverse() {
            match edge {
                Edge::Open(node) => match node.value() {
                    Node::Element(e) if apart(node, e) => skipped += 1,
                    Node::Element(e) if skipped == 0 => {
                        layout.cut |= layout.text.len() >= MOST_TEXT;
                        layout.mark(e);
                        starts.push((!layout.cut).then_some(layout.text.len()));
                    }
                    Node::Text(t) if skipped == 0 && layout.text.len() < MOST_TEXT => layout.push(t),
                    _ => {}
                },
                Edge::Close(node) => match node.value() {
                    Node::Element(e) if apart(node, e) => skipped = skipped.saturating_sub(1),
                    Node::Element(e) if skipped == 0 => {
                        if let Some(start) = starts.pop().flatten() {
                            layout.ranges.insert(node.id(), start.min(layout.text.len())..layout.text.len());
                        }
                        layout.mark(e);
                    }
                    _ => {}
                },
            }
        }
        layout.dates = date::spans(&layout.text).into_iter().filter(|d| !is_posted(&layout.text, d)).collect();
        layout.days = layout.dates.iter().map(|d| day_and_month(&layout.text[d.clone()], reading)).collect();
        layout
    }

    fn push(&mut self, t: &str) {
        for c in t.chars() {
            if !c.is_whitespace() {
                self.text.push(c);
            } else if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
                self.text.push(' ');
            }
        }
    }

    fn mark(&mut self, e: &Element) {
        let end = if html::is_block(e.name()) || e.name() == "option" { '\n' } else { ' ' };
        if (end == '\n' || matches!(e.name(), "td" | "th")) && !self.text.is_empty() && !self.text.ends_with('\n') {
            if self.text.ends_with(' ') {
                self.text.pop();
            }
            self.text.push(if matches!(e.name(), "td" | "th") { '\n' } else { end });
        }
    }

    /// Where an element's text stands; none for what is skipped.
    pub fn range(&self, element: ElementRef<'_>) -> Option<Range<usize>> {
        let range = self.ranges.get(&element.id())?;
        Some(range.start.min(self.text.len())..range.end.min(self.text.len()))
    }

    pub fn text_of(&self, element: ElementRef<'_>) -> &str {
        self.range(element).map_or("", |r| self.slice(r))
    }

    pub fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default().trim()
    }

    /// The dates within a range.
    pub fn dates(&self, range: &Range<usize>) -> &[Range<usize>] {
        let from = self.dates.partition_point(|d| d.start < range.start);
        let to = self.dates.partition_point(|d| d.start < range.end);
        &self.dates[from.min(to)..to]
    }

    /// How many different days a range names, as far as they can be read.
    pub fn distinct(&self, range: &Range<usize>) -> usize {
        let from = self.dates.partition_point(|d| d.start < range.start);
        let to = self.dates.partition_point(|d| d.start < range.end).min(from + 20);
        let mut days = self.days[from.min(to)..to].to_vec();
        days.sort_unstable();
        days.dedup();
        days.len()
    }

    /// The first day that a range names.
    pub fn first_day(&self, range: &Range<usize>) -> Option<u32> {
        let from = self.dates.partition_point(|d| d.start < range.start);
        self.dates.get(from).filter(|d| d.start < range.end)?;
        self.days.get(from).copied().filter(|d| *d > 0)
    }

    /// The place itself, or the nearest before it between two characters.
    pub fn floor(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        (0..=at).rev().find(|n| self.text.is_char_boundary(*n)).unwrap_or(0)
    }

    /// The line that a place in the text stands in.
    pub fn line(&self, at: &Range<usize>) -> Range<usize> {
        let start = self.text[..at.start].rfind('\n').map_or(0, |n| n + 1);
        let end = self.text[at.end..].find('\n').map_or(self.text.len(), |n| at.end + n);
        start..end
    }
}

fn day_and_month(words: &str, reading: &Reading) -> u32 {
    let day = date::read(words, reading).first().and_then(|m| m.start.day());
    day.map_or(0, |d| d.month() * 100 + d.day())
}

/// Scripts, controls and hidden parts; but what toggles open and the toggles themselves are read, and a choice of dates.
fn is_unread(node: NodeRef<'_, Node>, e: &Element) -> bool {
    if !html::is_unread(e) {
        return false;
    }
    let opens = |c: &str| {
        let c = c.to_ascii_lowercase();
        ["tab", "accordion", "collaps", "panel", "toggle"].iter().any(|w| c.contains(w))
    };
    match e.name() {
        "button" => !["aria-controls", "aria-expanded", "data-toggle", "data-bs-toggle", "data-target"].iter().any(|a| e.attr(a).is_some()),
        "select" => !is_choice_of_dates(node),
        "script" | "style" | "noscript" | "template" | "svg" | "head" | "iframe" | "object" | "textarea" => true,
        _ => !(e.attr("role") == Some("tabpanel") || e.classes().any(opens)),
    }
}

/// A control whose options are full dates: "4 May 2027", "11 May 2027".
fn is_choice_of_dates(select: NodeRef<'_, Node>) -> bool {
    let options = select.descendants().filter_map(ElementRef::wrap).filter(|e| e.value().name() == "option").take(8);
    let full = |e: ElementRef<'_>| {
        let words = e.text().take(4).collect::<String>();
        let digits = words.bytes().filter(u8::is_ascii_digit).count();
        words.len() < 100 && digits >= 5 && !date::spans(&words).is_empty()
    };
    options.filter(|e| full(*e)).count() >= 2
}

/// Navigation, footers, asides: what stands beside the content of a page. Dates of posting too.
fn is_apart(node: NodeRef<'_, Node>, e: &Element) -> bool {
    if matches!(e.name(), "nav" | "footer" | "aside") || e.attr("role").is_some_and(|r| matches!(r, "navigation" | "contentinfo" | "search")) {
        return true;
    }
    let published = |c: &str| matches!(c, "posted-on" | "entry-date" | "post-date" | "published" | "post-meta" | "entry-meta" | "byline");
    let apart = |c: &str| {
        matches!(
            c,
            "breadcrumb"
                | "breadcrumbs"
                | "navbar"
                | "site-footer"
                | "cookie-notice"
                | "skip-link"
                | "screen-reader-text"
                | "visually-hidden"
                | "sr-only"
        )
    };
    // A whole article may be classed "published"; the line that says when is small.
    let small = || node.descendants().nth(30).is_none();
    !matches!(e.name(), "body" | "html" | "main" | "article") && e.classes().any(|c| apart(c) || published(c) && small())
}

/// "Posted on 4 May 2027", "Last updated: ...", "© 2027".
fn is_posted(text: &str, date: &Range<usize>) -> bool {
    let mut from = date.start.saturating_sub(30);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = text[from..date.start].to_lowercase();
    let near = before.rsplit('\n').next().unwrap_or_default();
    ["posted", "published", "updated", "modified", "reviewed", "copyright", "©", "added on", "uploaded", "release date"]
        .iter()
        .any(|w| near.contains(w))
}
