//! Groups of like blocks: siblings of one signature, runs under headings, lines of one element.

use std::collections::HashMap;
use std::ops::Range;

use scraper::{ElementRef, Html};

use super::layout::Layout;
use super::words::is_only_when;

/// Most elements of a page that are looked at.
pub const MOST_ELEMENTS: usize = 30_000;

/// One block of a group: its elements and where their text stands.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// Empty for a line of text.
    pub elements: Vec<ElementRef<'a>>,
    /// The element it is or stands in: where its heading is looked for.
    pub anchor: ElementRef<'a>,
    pub range: Range<usize>,
}

/// Blocks that look alike.
#[derive(Debug)]
pub struct Group<'a> {
    pub members: Vec<Member<'a>>,
    /// How likely this kind of group is a list at all, 0..=1.
    weight: f64,
}

impl Group<'_> {
    /// One for each member with one date of its own, less for members with more dates, and less when the date stands alone.
    pub fn score(&self, layout: &Layout) -> f64 {
        let worth = |m: &Member<'_>| {
            let dates = distinct(layout, &m.range);
            let alone = if m.range.len() < 300 && is_only_when(layout.slice(m.range.clone())) { 0.5 } else { 1.0 };
            let crowded = match dates {
                0 => 0.0,
                1 => 1.0,
                2 => 0.8,
                3 => 0.5,
                _ => 0.15,
            };
            alone * crowded
        };
        self.weight * self.members.iter().take(2_500).map(worth).sum::<f64>()
    }

    pub fn confidence(&self, layout: &Layout) -> f32 {
        let count = self.members.len();
        let many: f32 = if count >= 5 { 0.7 } else { 0.6 };
        if self.score(layout) >= 0.75 * f64::from(u32::try_from(count).unwrap_or(u32::MAX)) { many } else { many - 0.15 }
    }

    pub fn overlaps(&self, other: &Group<'_>) -> bool {
        let mut mine = self.members.iter().map(|m| &m.range).peekable();
        let mut theirs = other.members.iter().map(|m| &m.range).peekable();
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            if a.start < b.end && b.start < a.end {
                return true;
            }
            if a.end <= b.start {
                mine.next()
            } else {
                theirs.next()
            };
        }
        false
    }
}

/// How many different dates a range names.
fn distinct(layout: &Layout, range: &Range<usize>) -> usize {
    let mut words: Vec<&str> = layout.dates(range).iter().take(20).map(|d| layout.slice(d.clone())).collect();
    words.sort_unstable();
    words.dedup();
    words.len()
}

/// Every group of the page with at least two dated members; members without a date are left out.
pub fn all<'a>(page: &'a Html, layout: &Layout) -> Vec<Group<'a>> {
    let mut by_signature: HashMap<String, Vec<(ElementRef<'a>, bool)>> = HashMap::new();
    let mut by_lines: HashMap<String, Vec<Member<'a>>> = HashMap::new();
    let mut out = Vec::new();
    for parent in page.root_element().descendent_elements().take(MOST_ELEMENTS) {
        let Some(range) = layout.range(parent) else { continue };
        if layout.dates(&range).is_empty() {
            continue;
        }
        let own = signature(parent);
        for child in parent.child_elements() {
            if let Some(range) = layout.range(child) {
                let dated = !layout.dates(&range).is_empty();
                by_signature.entry(format!("{own}>{}", signature(child))).or_default().push((child, dated));
            }
        }
        out.extend(runs(parent, layout));
        if let Some(members) = lines(parent, layout) {
            let above = parent.parent().and_then(ElementRef::wrap).map(signature).unwrap_or_default();
            by_lines.entry(format!("{above}>{own}")).or_default().extend(members);
        }
    }
    out.extend(by_lines.into_values().map(|members| Group { members, weight: 0.9 }));
    out.extend(by_signature.into_values().filter_map(|children| siblings(children, layout)));
    out.retain(|g| g.members.len() >= 2);
    for group in &mut out {
        group.members.sort_by_key(|m| m.range.start);
    }
    out
}

/// Tag and classes, without numbers and positions in them.
fn signature(element: ElementRef<'_>) -> String {
    let mut classes: Vec<&str> = element.value().classes().filter(|c| !is_position(c)).take(4).collect();
    classes.sort_unstable();
    format!("{}.{}", element.value().name(), classes.join("."))
}

fn is_position(class: &str) -> bool {
    class.chars().any(|c| c.is_ascii_digit())
        || ["odd", "even", "first", "last", "alt", "active", "views-row-first", "views-row-last"].contains(&class)
        || class.ends_with("-odd")
        || class.ends_with("-even")
}

fn siblings<'a>(children: Vec<(ElementRef<'a>, bool)>, layout: &Layout) -> Option<Group<'a>> {
    let total = children.len();
    let dated: Vec<ElementRef<'a>> = children.into_iter().filter(|(_, dated)| *dated).map(|(e, _)| e).collect();
    let name = dated.first()?.value().name();
    let least = if matches!(name, "tr" | "li" | "p" | "div" | "article") { 0.25 } else { 0.5 };
    #[allow(clippy::cast_precision_loss, reason = "counts of elements in a page")]
    let share = dated.len() as f64 / total as f64;
    if dated.len() < 2 || share < least || matches!(name, "td" | "th" | "span" | "br" | "tbody" | "thead" | "option") {
        return None;
    }
    let weight = match name {
        "p" | "div" => 0.9,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "a" | "strong" | "b" | "em" | "dt" | "dd" | "time" => 0.6,
        _ => 1.0,
    };
    let members = dated.into_iter().filter_map(|e| Some(Member { elements: vec![e], anchor: e, range: layout.range(e)? })).collect();
    Some(Group { members, weight })
}

/// A heading, `dt` or `hr` with what follows it up to the next one of its kind.
fn runs<'a>(parent: ElementRef<'a>, layout: &Layout) -> Vec<Group<'a>> {
    let mut out = Vec::new();
    let children: Vec<ElementRef<'a>> = parent.child_elements().filter(|c| layout.range(*c).is_some()).collect();
    for name in ["h2", "h3", "h4", "h5", "h6", "dt"] {
        let starts: Vec<usize> = children.iter().enumerate().filter(|(_, c)| c.value().name() == name).map(|(i, _)| i).collect();
        if starts.len() < 2 {
            continue;
        }
        let ends = starts.iter().skip(1).copied().chain(std::iter::once(children.len()));
        let members = starts.iter().zip(ends).filter_map(|(from, to)| member(&children[*from..to], layout)).collect();
        out.push(Group { members, weight: 0.95 });
    }
    out
}

fn member<'a>(elements: &[ElementRef<'a>], layout: &Layout) -> Option<Member<'a>> {
    let (first, last) = (layout.range(*elements.first()?)?, layout.range(*elements.last()?)?);
    let range = first.start..last.end.max(first.end);
    (!layout.dates(&range).is_empty()).then(|| Member { elements: elements.to_vec(), anchor: elements[0], range })
}

/// Lines of one element that are kept apart by `<br>`.
fn lines<'a>(parent: ElementRef<'a>, layout: &Layout) -> Option<Vec<Member<'a>>> {
    let breaks = parent.child_elements().filter(|c| c.value().name() == "br").count();
    if breaks == 0 {
        return None;
    }
    let range = layout.range(parent)?;
    let mut members = Vec::new();
    let mut start = range.start;
    for line in layout.text[range].split_inclusive('\n') {
        let own = start..start + line.trim_end().len();
        start += line.len();
        if !layout.dates(&own).is_empty() {
            members.push(Member { elements: Vec::new(), anchor: parent, range: own });
        }
    }
    Some(members)
}
