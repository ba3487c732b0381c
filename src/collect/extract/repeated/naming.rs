//! What an event is called: by its own heading, link or line, else by its section and page; and whose meeting it is when it only says "Board meeting".
//!
//! Only words of the page. A paper, a place, a date or a notice is never a title.

use std::ops::Range;

use scraper::{ElementRef, Html};

use super::bodies::{self, BODIES, Body, is_gathering, lowercase_words};
use super::groups::Member;
use super::layout::Layout;
use super::words::{has_clock, is_address, is_generic, is_kind, is_only_when, is_telling, one_of_many, without_attachment, without_date};
use crate::collect::html;
use crate::collect::normalise::date;

/// How far up and aside of a block its headings are looked for.
const LEVELS: usize = 12;
const SIBLINGS: usize = 15;
/// How far over a block it may be said who meets, in bytes.
const NEAR: usize = 700;
/// Most headings of one block that are compared.
const MOST_HEADINGS: usize = 6;

/// Names that a page gives for what it lists.
pub struct Names {
    /// The page's own name.
    page: Option<String>,
    /// Bodies it speaks of, the likeliest first.
    bodies: Vec<Body>,
    /// The board that it speaks of in small letters.
    board: Option<String>,
    /// "commission", when the text keeps speaking of it without naming it in full.
    noun: Option<&'static str>,
}

impl Names {
    pub fn of(page: &Html, layout: &Layout) -> Self {
        let h1 = html::first(page.root_element(), "h1").map(|h| layout.text_of(h).to_owned());
        let head = html::page_title(page).unwrap_or_default();
        let heads = format!("{}\n{head}", h1.as_deref().unwrap_or_default()).to_lowercase();
        let text = html::text(page.root_element());
        let bodies = bodies::named(&format!("{text}\n{}", labels(page)), &heads);
        let parts = || head.split(['|', '–', '—', '»', '·']).flat_map(|p| p.split(" - ")).flat_map(|p| p.split("::")).filter_map(section_title);
        let own = h1.as_deref().and_then(section_title);
        let named = |t: &String| is_gathering(t) && !is_kind(t);
        // The title of many sites names the house; a body that the page speaks of all the time is nearer.
        let weight = |t: &String| bodies.iter().find(|b| contains(t, &b.name)).map_or(0, |b| b.weight);
        let part = parts().find(named).filter(|t| bodies.first().is_none_or(|b| b.weight <= 2 * weight(t)));
        // Where the page says of one body what it is, and is headed by none, it is that body's.
        let mut defined = bodies.iter().filter(|b| b.defined);
        let subject = defined.next().filter(|_| defined.next().is_none()).map(|b| b.name.clone());
        let page = own.clone().filter(named).or(subject).or(part).or(own).or_else(|| parts().next());
        Self { page, bodies, board: bodies::board(&text), noun: bodies::noun(layout) }
    }

    /// The body that words like "Board meeting" speak of, else the page's own name.
    fn whose(&self, words: &str) -> Option<&str> {
        let kinds: Vec<String> = lowercase_words(words).filter(|w| BODIES.contains(&w.as_str())).collect();
        let full = self.page.as_deref().filter(|p| !is_kind(p));
        let of_kind = |name: &str| lowercase_words(name).any(|w| kinds.contains(&w));
        let bodies = || self.bodies.iter().map(|b| b.name.as_str());
        if kinds.is_empty() {
            return full.filter(|p| is_gathering(p)).or_else(|| bodies().next()).or(full);
        }
        full.filter(|p| of_kind(p)).or_else(|| bodies().find(|b| of_kind(b))).or(full).or_else(|| bodies().next())
    }

    /// "Regular meeting" with whose meeting it is, "HLN meeting" with what the letters stand for.
    pub fn completed(&self, title: String) -> String {
        if self.in_full(&title).is_some() {
            return self.spelt_out(title);
        }
        match self.whose(&title).filter(|w| is_kind(&title) && w.len() < 100) {
            Some(whose) if !contains(whose, &title) => format!("{whose}: {title}"),
            Some(whose) => whose.to_owned(),
            None => title,
        }
    }

    /// A title that shortens a body's name, with that name.
    fn spelt_out(&self, title: String) -> String {
        match self.in_full(&title) {
            Some(body) => format!("{body}: {title}"),
            None => title,
        }
    }

    /// The body whose initials stand in a title.
    fn in_full(&self, title: &str) -> Option<&str> {
        let letters = |w: &&str| (3..=6).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_uppercase());
        // In a title that shouts every word is in capitals.
        let short: Vec<&str> = title.split(|c: char| !c.is_alphanumeric()).filter(letters).collect();
        if short.is_empty() || title.len() > 80 || !title.contains(char::is_lowercase) {
            return None;
        }
        self.bodies.iter().map(|b| b.name.as_str()).find(|name| {
            let words = || name.split([' ', '-']).filter_map(|w| w.chars().next()).filter(|c| c.is_uppercase());
            short.iter().any(|s| words().count() >= s.len() && words().skip(words().count() - s.len()).eq(s.chars())) && !contains(title, name)
        })
    }

    /// What a block without a title of its own is called by: its section, with the page's name when that says more.
    pub fn of_section(&self, block: &Member<'_>, layout: &Layout) -> Option<String> {
        let above = headings(block.anchor, layout);
        let meetings = above.iter().any(|raw| says_meeting(raw))
            || says_meeting(layout.slice(block.range.start..layout.floor(block.range.end.min(block.range.start + 120))));
        let found: Vec<String> = above.iter().filter_map(|raw| section_title(raw)).collect();
        let section = found.iter().find(|h| is_gathering(h)).or_else(|| found.first());
        let title = match (section, &self.page) {
            (Some(section), _) if is_kind(section) => self.completed(section.clone()),
            (Some(section), Some(page)) if section.len() + page.len() < 100 && !contains(section, page) && !contains(page, section) => {
                format!("{page}: {section}")
            }
            (Some(section), _) => section.clone(),
            (None, Some(page)) => self.completed(page.clone()),
            (None, None) => return self.bodies.first().map(|b| b.name.clone()),
        };
        let title = self.spelt_out(title);
        let near = bodies::said_to_meet(layout.slice(layout.floor(block.range.start.saturating_sub(NEAR))..block.range.start));
        Some(self.with_body(title, near, meetings, section.is_none()))
    }

    /// What a block that is only a part ("Block 2") belongs to: the nearest heading, a cohort's say, with the page's name.
    pub fn of_part(&self, block: &Member<'_>, layout: &Layout) -> Option<String> {
        let section = headings(block.anchor, layout).iter().find_map(|raw| section_title(raw))?;
        let page = self.page.as_ref().filter(|p| section.len() + p.len() < 150 && !contains(&section, p) && !contains(p, &section));
        Some(page.map_or(section.clone(), |page| format!("{page}: {section}")))
    }

    /// Dates of meetings under a name that does not say who meets: the body that the page says meets.
    fn with_body(&self, title: String, near: Option<&'static str>, meetings: bool, bare: bool) -> String {
        if !(meetings || bare) || bodies::says_who(&title) || title.len() > 100 {
            return title;
        }
        let house = lowercase_words(&title).any(|w| BODIES.contains(&w.as_str()));
        // Dates under no name are those of the board, not of one of its committees.
        let top = self.bodies.first().map_or(0, |b| b.weight);
        let meeting = || self.bodies.iter().filter(|b| b.meets);
        let whole = meeting().filter(|b| 3 * b.weight >= top).find(|b| !lowercase_words(&b.name).any(|w| w == "committee" || w == "subcommittee"));
        let body = whole.or_else(|| self.bodies.first().filter(|b| b.meets));
        if let Some(board) = self.board.as_ref().filter(|_| meetings && (house || body.is_none())) {
            return format!("{title}: {board}");
        }
        match (body.filter(|_| !house), self.noun) {
            (Some(body), _) if near.is_none_or(|n| body.name.contains(n)) => format!("{title}: {}", body.name),
            (_, noun) if meetings => near.or(noun).map_or(title.clone(), |noun| format!("{title}: {noun} meeting")),
            _ => title,
        }
    }
}

/// What pictures and links are labelled with: a logo often spells out what the text shortens.
fn labels(page: &Html) -> String {
    let labelled = html::all(page.root_element(), "img[alt], a[title]").into_iter().take(300);
    let mut seen: Vec<&str> = labelled.filter_map(|e| e.attr("alt").or_else(|| e.attr("title"))).filter(|l| l.len() < 100).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.join("\n")
}

fn says_meeting(words: &str) -> bool {
    lowercase_words(words).any(|w| matches!(w.as_str(), "meeting" | "meetings" | "mtg" | "mtgs"))
}

/// Whether one name says everything that the other says.
fn contains(long: &str, short: &str) -> bool {
    let light = |w: &String| matches!(w.as_str(), "the" | "of" | "and" | "meeting" | "meetings");
    let long: Vec<String> = lowercase_words(long).collect();
    lowercase_words(short).filter(|w| !light(w)).all(|w| long.contains(&w))
}

/// The headings above a block as they stand, the nearest first; then the lines right above it that only read like one.
fn headings(anchor: ElementRef<'_>, layout: &Layout) -> Vec<String> {
    let (mut out, mut lines) = (Vec::new(), Vec::new());
    let mut at = Some(anchor);
    for _ in 0..LEVELS {
        let Some(here) = at else { break };
        let telling = |e: &ElementRef<'_>| !matches!(e.value().name(), "br" | "img" | "a" | "hr") && !layout.text_of(*e).is_empty();
        let before = here.prev_siblings().take(4 * SIBLINGS).filter_map(ElementRef::wrap).filter(telling).take(SIBLINGS);
        let mut here_found = 0;
        for (n, e) in before.enumerate() {
            if let Some(heading) = sibling_heading(e, layout) {
                out.push(heading);
                here_found += 1;
            } else if n == 0 {
                lines.extend(line_above(e, layout));
            }
            if here_found == 3 {
                break;
            }
        }
        if out.len() >= MOST_HEADINGS {
            break;
        }
        at = here.parent().and_then(ElementRef::wrap).filter(|p| p.value().name() != "body");
    }
    out.extend(lines);
    out
}

/// A short line right above a list that names a gathering.
fn line_above(e: ElementRef<'_>, layout: &Layout) -> Option<String> {
    let text = layout.text_of(e);
    let short = text.len() < 80 && !text.ends_with(['.', '?']) && !(e.value().name() == "tr" && e.child_elements().nth(1).is_some());
    (short && is_gathering(text) && date::spans(text).is_empty()).then(|| text.to_owned())
}

fn is_heading(e: ElementRef<'_>) -> bool {
    matches!(e.value().name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "caption" | "legend" | "summary" | "dt" | "label")
}

/// A toggle that opens what follows it.
fn is_toggle(e: ElementRef<'_>) -> bool {
    const TOGGLES: [&str; 6] = ["tab-title", "accordion-title", "accordion-header", "accordion-toggle", "panel-title", "panel-heading"];
    e.value().name() == "button" || e.value().classes().any(|c| TOGGLES.iter().any(|w| c.to_ascii_lowercase().contains(w)))
}

/// A heading, a toggle, a block that begins with one, or a line in bold.
fn sibling_heading(e: ElementRef<'_>, layout: &Layout) -> Option<String> {
    let text = layout.text_of(e);
    if text.is_empty() || text.ends_with('?') {
        return None;
    }
    let first = text.lines().next().unwrap_or_default();
    if is_heading(e) || is_toggle(e) && text.len() < 120 {
        return Some(first.to_owned());
    }
    // A record of the list itself heads nothing, nor do the names of its columns.
    let undated = layout.range(e).is_some_and(|r| layout.dates(&r).is_empty());
    if text.len() > 800 || !undated || e.value().name() == "tr" && e.child_elements().nth(1).is_some() {
        return None;
    }
    let css = "h1, h2, h3, h4, h5, h6, strong, b, u";
    let inner = itself(e, css).or_else(|| html::first(e, css))?;
    let words = layout.text_of(inner);
    // A sentence in bold is a notice, not a heading.
    let begins = first == words.lines().next().unwrap_or_default() && first.len() <= 90 && !first.ends_with('.') && date::spans(first).is_empty();
    (begins || is_heading(inner) && words.len() + 40 >= text.len()).then(|| words.lines().next().unwrap_or_default().to_owned())
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
    let papers: Vec<&str> =
        block.elements.iter().flat_map(|e| html::all(*e, "a[href]")).filter(|a| is_paper(*a)).map(|a| layout.text_of(a)).collect();
    let is_papers = |l: &str| {
        let rest = papers.iter().filter(|p| p.len() > 2).take(10).fold(l.to_owned(), |rest, p| rest.replace(p, ""));
        rest.len() < l.len() && is_only_when(&rest)
    };
    let mut lines = lines.filter(|(start, l)| !l.is_empty() && !apart.iter().any(|a| a.contains(start))).take(8);
    lines.find_map(|(_, l)| title(l).filter(|t| !is_address(l) && !is_telling(l) && !is_notice(t) && !is_papers(l)))
}

/// Words about the event that are not its name: a sentence, a note in small letters, a label.
fn is_notice(title: &str) -> bool {
    const LABELS: [&str; 8] = ["location", "where", "venue", "address", "cost", "price", "time", "contact"];
    let words = title.split_whitespace().count();
    let lower = title.to_lowercase();
    title.starts_with(|c: char| c == '*' || c.is_lowercase())
        || words > 16
        || words > 8 && title.ends_with('.')
        || LABELS.iter().any(|l| lower.starts_with(l))
        || has_clock(title)
}

/// Words as a title: without the date, not too long, naming something.
pub fn title(words: &str) -> Option<String> {
    const OPEN: [&str; 9] = ["for", "of", "to", "the", "and", "with", "from", "held", "by"];
    let words = html::one_line(words);
    if words.is_empty() || words.len() > 250 || is_only_when(&words) {
        return None;
    }
    let mut found = without_attachment(&without_date(&words));
    if let Some(inner) = found.strip_prefix('(').and_then(|f| f.strip_suffix(')')).filter(|f| f.split(' ').count() >= 2 && !f.starts_with("See ")) {
        found = String::from(inner);
    }
    // "Applications by 4 May" leaves half a phrase; "Pests: what to look for" is whole.
    let last = found.rsplit(' ').next().unwrap_or_default().to_lowercase();
    let is_half = found != words && OPEN.contains(&last.as_str());
    Some(found).filter(|t| !is_generic(t) && !is_half)
}
