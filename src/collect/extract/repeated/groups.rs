//! Groups of like blocks: siblings of one signature, runs under headings, lines of one element.

use std::collections::BTreeMap;
use std::ops::Range;

use scraper::{ElementRef, Html};

use super::layout::Layout;
use super::words::{has_clock, is_only_when};
use crate::collect::html;

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
    /// The words of its date when they do not stand in it as such: a day under a month.
    pub when: Option<String>,
}

/// Blocks that look alike.
#[derive(Debug)]
pub struct Group<'a> {
    pub members: Vec<Member<'a>>,
    /// How likely this kind of group is a list at all, 0..=1.
    pub weight: f64,
}

impl Group<'_> {
    /// One for each member with one date of its own, less for members with more dates, less when the date stands alone, and little when
    /// it stands deep in prose.
    pub fn score(&self, layout: &Layout) -> f64 {
        let mut before = None;
        let worths = self.members.iter().take(2_500).map(|m| {
            // Several papers of one meeting are one record.
            let day = layout.first_day(&m.range);
            let again = day.is_some() && day == std::mem::replace(&mut before, day);
            worth(m, layout) * if again { 0.3 } else { 1.0 }
        });
        self.weight * worths.sum::<f64>()
    }

    /// Whether nearly each member is a record, going by the group's score.
    pub fn is_clear(&self, score: f64) -> bool {
        #[allow(clippy::cast_precision_loss, reason = "counts of elements in a page")]
        let count = self.members.len().min(2_500) as f64;
        score >= 0.45 * count
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

fn worth(member: &Member<'_>, layout: &Layout) -> f64 {
    if member.when.is_some() {
        return 0.8;
    }
    let text = layout.slice(member.range.clone());
    let alone = match member.range.len() < 300 && is_only_when(text) {
        true if has_clock(text) => 0.7,
        true => 0.5,
        false => 1.0,
    };
    let crowded = match layout.distinct(&member.range) {
        0 => 0.0,
        1 => 1.0,
        2 => 0.8,
        3 => 0.5,
        _ => 0.15,
    };
    alone * crowded * if is_prose(member, layout) { 0.25 } else { 1.0 }
}

/// A paragraph that mentions a date and no time of day: a report, not a record.
pub fn is_prose(member: &Member<'_>, layout: &Layout) -> bool {
    let [only] = member.elements.as_slice() else { return false };
    let text = layout.slice(member.range.clone());
    let first = layout.dates(&member.range).first();
    let line = first.map(|d| layout.slice(layout.line(d))).unwrap_or_default();
    matches!(only.value().name(), "p" | "li" | "div") && text.len() > 250 && line.len() > 200 && !has_clock(line)
}

/// Every group of the page with at least two dated members; members without a date are left out.
pub fn all<'a>(page: &'a Html, layout: &Layout) -> Vec<Group<'a>> {
    let mut by_signature: BTreeMap<String, Vec<(ElementRef<'a>, bool)>> = BTreeMap::new();
    let mut by_lines: BTreeMap<String, Vec<Member<'a>>> = BTreeMap::new();
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
    out.extend(super::months::groups(page, layout));
    out.extend(by_lines.into_values().map(|members| Group { members, weight: 0.9 }));
    out.extend(by_signature.into_values().filter_map(|children| siblings(children, layout)));
    out.retain(|g| g.members.len() >= 2);
    for group in &mut out {
        group.members.sort_by_key(|m| m.range.start);
    }
    out
}

/// Tag and classes, without numbers and positions in them.
pub fn signature(element: ElementRef<'_>) -> String {
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
    if dated.len() < 2 || share < least || matches!(name, "td" | "th" | "span" | "br" | "tbody" | "thead") {
        return None;
    }
    let weight = match name {
        "p" | "div" => 0.9,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "a" | "strong" | "b" | "em" | "dt" | "dd" | "time" | "option" => 0.6,
        _ => 1.0,
    };
    let members = dated.into_iter().filter_map(|e| Some(Member { elements: vec![e], anchor: e, range: layout.range(e)?, when: None })).collect();
    Some(Group { members, weight })
}

/// A heading, `dt` or `hr` with what follows it up to the next one of its kind.
fn runs<'a>(parent: ElementRef<'a>, layout: &Layout) -> Vec<Group<'a>> {
    let mut out = Vec::new();
    let children: Vec<ElementRef<'a>> = parent.child_elements().filter(|c| layout.range(*c).is_some()).collect();
    for name in ["h2", "h3", "h4", "h5", "h6", "dt", "p"] {
        let begins = |c: ElementRef<'a>| c.value().name() == name && (name != "p" || is_bold(c, layout));
        let starts: Vec<usize> = children.iter().enumerate().filter(|(_, c)| begins(**c)).map(|(i, _)| i).collect();
        if starts.len() < 2 {
            continue;
        }
        let ends = starts.iter().skip(1).copied().chain(std::iter::once(children.len()));
        let members = starts.iter().zip(ends).filter_map(|(from, to)| member(&children[*from..to], layout)).collect();
        out.push(Group { members, weight: 0.95 });
    }
    out
}

/// A paragraph in bold stands for a heading.
fn is_bold(p: ElementRef<'_>, layout: &Layout) -> bool {
    let text = layout.text_of(p);
    !text.is_empty() && text.len() < 150 && html::first(p, "strong, b").is_some_and(|b| layout.text_of(b).len() * 10 >= text.len() * 7)
}

fn member<'a>(elements: &[ElementRef<'a>], layout: &Layout) -> Option<Member<'a>> {
    let (first, last) = (layout.range(*elements.first()?)?, layout.range(*elements.last()?)?);
    let range = first.start..last.end.max(first.end);
    (!layout.dates(&range).is_empty()).then(|| Member { elements: elements.to_vec(), anchor: elements[0], range, when: None })
}

/// Lines of one element that are kept apart by `<br>`. Lines between two dated ones go with the date they stand under, or, when the
/// first line has none, with the date they stand over.
fn lines<'a>(parent: ElementRef<'a>, layout: &Layout) -> Option<Vec<Member<'a>>> {
    if !is_broken(parent) {
        return None;
    }
    let range = layout.range(parent)?;
    let whole = range.clone();
    let mut start = range.start;
    let all: Vec<(Range<usize>, bool)> = layout.text[range]
        .split_inclusive('\n')
        .map(|line| {
            let own = start..start + line.trim_end().len();
            start += line.len();
            let dated = !layout.dates(&own).is_empty();
            (own, dated)
        })
        .filter(|(own, _)| !own.is_empty())
        .collect();
    let dated: Vec<usize> = all.iter().enumerate().filter(|(_, (_, dated))| *dated).map(|(n, _)| n).collect();
    let (first, last) = (*dated.first()?, *dated.last()?);
    let alone = dated.iter().filter(|n| is_only_when(layout.slice(all[**n].0.clone()))).count();
    // Only bare dates need the lines around them, and only a few of them each.
    let gaps = dated.len() > 1 && alone * 2 > dated.len() && dated.windows(2).all(|w| (2..=8).contains(&(w[1] - w[0])));
    let (under, over) = (gaps && last + 1 < all.len(), gaps && first > 0 && last + 1 == all.len());
    if dated.len() == 1 && all.len() <= 4 && whole.len() < 300 {
        return Some(vec![Member { elements: vec![parent], anchor: parent, range: whole, when: None }]);
    }
    let mut inner = parent.descendent_elements().skip(1).filter_map(|c| Some((layout.range(c)?, c))).peekable();
    let mut anchor = parent;
    let member = |(at, n): (usize, &usize)| {
        let from = if over { at.checked_sub(1).map_or(0, |b| dated[b] + 1) } else { *n };
        let to = if under { dated.get(at + 1).map_or(all.len(), |next| *next).min(n + 8) } else { n + 1 };
        // Headings are looked for from where the line begins, and not from further out.
        while let Some((range, element)) = inner.next_if(|(range, _)| range.start <= all[*n].0.start) {
            if range.end >= all[*n].0.start || element.parent() == Some(*parent) {
                anchor = element;
            }
        }
        Member { elements: Vec::new(), anchor, range: all[from].0.start..all[to - 1].0.end, when: None }
    };
    Some(dated.iter().enumerate().map(member).collect())
}

/// Whether an element's own text is broken into lines.
fn is_broken(parent: ElementRef<'_>) -> bool {
    if parent.child_elements().any(|c| c.value().name() == "br") {
        return true;
    }
    let name = parent.value().name();
    if !(html::is_block(name) || matches!(name, "td" | "th")) {
        return false;
    }
    let mut broken = false;
    for inner in parent.descendent_elements().skip(1).take(200) {
        match inner.value().name() {
            "br" => broken = true,
            other if html::is_block(other) || matches!(other, "td" | "th") => return false,
            _ => {}
        }
    }
    broken
}
