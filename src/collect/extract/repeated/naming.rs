//! What an event is called: by its own heading, link or line, else by its section and page; and whose meeting it is when it only says "Board meeting".
//!
//! Only words of the page. A paper, a place, a date or a notice is never a title.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use scraper::{ElementRef, Html};

use super::groups::Member;
use super::layout::Layout;
use super::phrases::is_gathering;
use super::words::{has_clock, is_address, is_generic, is_kind, is_only_when, one_of_many, stem, without_attachment, without_date};
use crate::collect::html;
use crate::collect::normalise::date;

/// How far up and aside of a block its headings are looked for.
const LEVELS: usize = 12;
const SIBLINGS: usize = 15;
/// Most headings of one block that are compared.
const MOST_HEADINGS: usize = 4;

/// Bodies that meet, as titles write them: "Board of Directors", "Finance Committee", "Heritage Learning Network".
static BODY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:[A-Z][\w’'./-]*,? (?:(?:of|and|on|for|the|&) ){0,2}){0,6}(?:Board|Committee|Commission|Council|Authority|Trust|Forum|Network|Panel|Association|Society|Partnership|Academy|Consortium|Coalition|BOARD|COMMITTEE|COMMISSION|COUNCIL|FORUM|NETWORK)\b(?: (?:of|on|for) (?:the )?[A-Z][\w’'-]+(?:(?: and | & |, )[A-Z][\w’'-]+){0,2}(?: [A-Z][\w’'-]+){0,2})?",
    )
    .ok()
});

/// Names that a page gives for what it lists.
pub struct Names {
    /// The page's own name.
    pub page: Option<String>,
    /// Bodies it speaks of, the likeliest first.
    bodies: Vec<String>,
}

impl Names {
    pub fn of(page: &Html, layout: &Layout) -> Self {
        let h1 = html::first(page.root_element(), "h1").map(|h| layout.text_of(h).to_owned());
        let head = html::page_title(page).unwrap_or_default();
        let parts = || head.split(['|', '–', '—', '»', '·']).flat_map(|p| p.split(" - ")).flat_map(|p| p.split("::")).filter_map(section_title);
        let own = h1.as_deref().and_then(section_title);
        let named = |t: &String| is_gathering(t) && !is_kind(t);
        let page_name = own.clone().filter(named).or_else(|| parts().find(named)).or(own).or_else(|| parts().next());
        let heads = format!("{}\n{head}", h1.unwrap_or_default()).to_lowercase();
        Self { page: page_name, bodies: bodies(&html::text(page.root_element()), &heads) }
    }

    /// The body that words like "Board meeting" speak of, else the page's own name when it says more.
    fn whose(&self, words: &str) -> Option<&String> {
        let kinds: Vec<String> = lowercase_words(words).filter(|w| BODIES.contains(&w.as_str())).collect();
        let body = |b: &&String| lowercase_words(b).any(|w| kinds.contains(&w));
        let full = self.page.as_ref().filter(|p| !is_kind(p));
        let of_kind = || self.bodies.iter().find(body);
        full.filter(body_or_none(&kinds)).or_else(of_kind).or(full).or_else(|| self.bodies.first())
    }

    /// "Regular meeting" with whose meeting it is.
    pub fn completed(&self, title: String) -> String {
        if !is_kind(&title) {
            return title;
        }
        match self.whose(&title) {
            Some(whose) if whose.len() < 100 && !contains(whose, &title) => format!("{whose}: {title}"),
            Some(whose) if whose.len() < 100 => whose.clone(),
            _ => title,
        }
    }

    /// What a block without a title of its own is called by: its section, with the page's name when that says more.
    pub fn of_section(&self, block: &Member<'_>, layout: &Layout) -> Option<String> {
        let found = headings(block.anchor, layout);
        let section = found.iter().find(|h| is_gathering(h)).or_else(|| found.first());
        match (section, &self.page) {
            (Some(section), _) if is_kind(section) => Some(self.completed(section.clone())),
            (Some(section), Some(page)) if section.len() + page.len() < 100 && !contains(section, page) && !contains(page, section) => {
                Some(format!("{page}: {section}"))
            }
            (Some(section), _) => Some(section.clone()),
            (None, Some(page)) => Some(self.completed(page.clone())),
            (None, None) => self.bodies.first().cloned(),
        }
    }
}

const BODIES: &[&str] = &[
    "board",
    "committee",
    "commission",
    "council",
    "authority",
    "trust",
    "forum",
    "network",
    "panel",
    "association",
    "society",
    "partnership",
    "academy",
    "consortium",
    "coalition",
];

fn body_or_none(kinds: &[String]) -> impl Fn(&&String) -> bool {
    move |name| kinds.is_empty() || lowercase_words(name).any(|w| kinds.contains(&w))
}

fn lowercase_words(words: &str) -> impl Iterator<Item = String> + '_ {
    words.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase)
}

/// Whether one name says everything that the other says.
fn contains(long: &str, short: &str) -> bool {
    let long = stem(long);
    stem(short).split(' ').all(|w| long.split(' ').any(|l| l == w))
}

/// The bodies a text names in full, by how often and where it does.
fn bodies(text: &str, heads: &str) -> Vec<String> {
    const MEETS: [&str; 7] = ["meets", "meeting", "will meet", "is scheduled", "hold", "monthly", "regular"];
    const STARTS: [&str; 12] = ["The ", "All ", "Our ", "This ", "Each ", "For ", "In ", "Contact ", "About ", "Join ", "If ", "Your "];
    let mut found: HashMap<String, (String, usize, usize)> = HashMap::new();
    for at in BODY.as_ref().into_iter().flat_map(|b| b.find_iter(text)).take(2_000) {
        let mut name = at.as_str();
        while let Some(rest) = STARTS.iter().find_map(|s| name.strip_prefix(s)) {
            name = rest;
        }
        let lower = name.to_lowercase();
        if name.len() > 90 || name.split(' ').count() < 2 || is_kind(name) {
            continue;
        }
        let after = text[at.end()..].chars().take(30).collect::<String>().to_lowercase();
        let worth = 1 + if MEETS.iter().any(|m| after.contains(m)) { 3 } else { 0 };
        let first = found.len();
        let entry = found.entry(lower.clone()).or_insert_with(|| (name.to_owned(), if heads.contains(&lower) { 8 } else { 0 }, first));
        entry.1 = (entry.1 + worth).min(30);
    }
    let mut out: Vec<(String, usize, usize)> = found.into_values().collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then(a.2.cmp(&b.2)));
    out.into_iter().map(|(name, ..)| name).take(40).collect()
}

/// The headings above a block, the nearest first.
fn headings(anchor: ElementRef<'_>, layout: &Layout) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = Some(anchor);
    for _ in 0..LEVELS {
        let Some(here) = at else { break };
        let before = here.prev_siblings().filter_map(ElementRef::wrap).take(SIBLINGS);
        out.extend(before.filter_map(|e| sibling_heading(e, layout)).next());
        if out.len() >= MOST_HEADINGS {
            break;
        }
        at = here.parent().and_then(ElementRef::wrap).filter(|p| p.value().name() != "body");
    }
    out
}

fn is_heading(e: ElementRef<'_>) -> bool {
    matches!(e.value().name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "caption" | "legend" | "summary" | "dt" | "label")
}

/// A toggle that opens what follows it.
fn is_toggle(e: ElementRef<'_>) -> bool {
    let says = |c: &str| ["tab-title", "accordion-title", "accordion-header", "toggle", "panel-title", "panel-heading"].iter().any(|w| c.contains(w));
    e.value().name() == "button" || e.value().classes().any(|c| says(&c.to_ascii_lowercase()))
}

/// A heading, a toggle, a short block that holds one, or a line in bold.
fn sibling_heading(e: ElementRef<'_>, layout: &Layout) -> Option<String> {
    let text = layout.text_of(e);
    if text.ends_with('?') {
        return None;
    }
    if is_heading(e) || is_toggle(e) && text.len() < 120 {
        return section_title(text.lines().next().unwrap_or_default());
    }
    if text.is_empty() || text.len() > 200 {
        return None;
    }
    let inner = html::first(e, "h1, h2, h3, h4, h5, h6, strong, b, u")?;
    let words = layout.text_of(inner);
    // A sentence in bold is a notice, not a heading.
    let short = words.len() + 2 >= text.len() && words.len() <= 90 && !words.ends_with('.') && date::spans(words).is_empty();
    (is_heading(inner) && words.len() + 40 >= text.len() || short).then(|| section_title(words))?
}

/// A heading as the name of one of what it heads: "2027 Trustee Network Meetings" names a trustee network meeting.
fn section_title(words: &str) -> Option<String> {
    let found = title(words)?;
    if is_address(&found) {
        return None;
    }
    Some(one_of_many(&found)).filter(|t| !is_generic(t))
}

/// A title that the block itself states.
pub struct Own<'a> {
    pub title: String,
    /// The link it is or holds.
    pub link: Option<ElementRef<'a>>,
    /// From a heading or an element classed as title, not just from some link, bold words or a line.
    pub sure: bool,
}

/// The title a block states: a heading, an element classed so, a link, bold words, else its first telling line. `apart` are cells that
/// their column's header says hold something else.
pub fn own<'a>(block: &Member<'a>, apart: &[Range<usize>], layout: &Layout) -> Option<Own<'a>> {
    marked(block, apart, layout).or_else(|| line_title(block, apart, layout).map(|title| Own { title, link: None, sure: false }))
}

fn marked<'a>(block: &Member<'a>, apart: &[Range<usize>], layout: &Layout) -> Option<Own<'a>> {
    let elements = |css: &'static str| block.elements.iter().flat_map(move |e| itself(*e, css).into_iter().chain(html::all(*e, css)));
    let marks = [
        ("h1, h2, h3, h4, h5, h6, dt", true),
        ("[class*=title], [class*=Title], [class*=headline], [class*=summary], [class*=event-name]", true),
        ("a[href]", false),
        ("strong, b, th", false),
    ];
    for (css, sure) in marks {
        let link = css == "a[href]";
        let papers = link && elements(css).filter(|e| is_paper(*e)).nth(1).is_some();
        let found = elements(css)
            .filter(|e| layout.range(*e).is_some_and(|r| !apart.iter().any(|a| a.start <= r.start && r.end <= a.end)))
            .filter(|e| !(papers && is_paper(*e)))
            .take(12)
            .find_map(|e| {
                let title = title(layout.text_of(e)).filter(|t| sure || !is_address(t) && !is_notice(t))?;
                (!(link && is_paper(e)) || is_gathering(&title)).then_some((title, e))
            });
        if let Some((title, e)) = found {
            let link = itself(e, "a[href]")
                .or_else(|| html::first(e, "a[href]"))
                .or_else(|| e.ancestors().take(2).filter_map(ElementRef::wrap).find(|a| a.value().name() == "a"));
            return Some(Own { title, link, sure });
        }
    }
    None
}

/// A link to a document. Several of them beside a date are its papers.
pub fn is_paper(a: ElementRef<'_>) -> bool {
    let href = a.attr("href").unwrap_or_default().split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".pdf", ".doc", ".docx", ".ppt", ".pptx", ".xls", ".xlsx", ".ics", ".mp3", ".mp4"].iter().any(|e| href.ends_with(e))
}

pub fn itself<'a>(element: ElementRef<'a>, css: &'static str) -> Option<ElementRef<'a>> {
    html::own_selector(css).filter(|s| s.matches(&element)).map(|_| element)
}

/// The first line that says more than when and where.
fn line_title(block: &Member<'_>, apart: &[Range<usize>], layout: &Layout) -> Option<String> {
    let text = layout.text.get(block.range.clone())?;
    let mut at = block.range.start;
    let lines = text.split_inclusive('\n').map(|l| {
        let start = at;
        at += l.len();
        (start, l.trim())
    });
    let mut lines = lines.filter(|(start, l)| !l.is_empty() && !apart.iter().any(|a| a.contains(start))).take(8);
    lines.find_map(|(_, l)| title(l).filter(|t| !is_address(l) && !is_notice(t)))
}

/// Words about the event that are not its name: a sentence, a note in small letters, a label.
fn is_notice(title: &str) -> bool {
    const LABELS: [&str; 8] = ["location", "where", "venue", "address", "cost", "price", "time", "contact"];
    let words = title.split_whitespace().count();
    let lower = title.to_lowercase();
    title.starts_with(|c: char| c == '*' || c.is_lowercase())
        || words > 25
        || words > 8 && title.ends_with('.')
        || LABELS.iter().any(|l| lower.starts_with(l))
        || has_clock(title)
}

/// Words as a title: without the date, not too long, naming something.
pub fn title(words: &str) -> Option<String> {
    let words = html::one_line(words);
    if words.is_empty() || words.len() > 250 || is_only_when(&words) {
        return None;
    }
    Some(without_attachment(&without_date(&words))).filter(|t| !is_generic(t))
}
