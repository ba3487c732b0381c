//! One block of a repeating group as an event: its title, the words of its date, its place, price and link.

use std::ops::Range;

use chrono::Datelike;
use scraper::{ElementRef, Html};
use url::Url;

use super::groups::Member;
use super::layout::Layout;
use super::words::{
    has_clock, is_address, is_generic, is_kind, is_only_when, labelled_place, labelled_price, stem, without_attachment, without_date,
};
use crate::collect::html;
use crate::collect::normalise::date;
use crate::domain::{Method, RawEvent, Reading};

/// Most characters of a block that are kept.
const MOST_TEXT: usize = 20_000;

/// What a block's surroundings say for it: the section's heading and year, the page's title.
pub struct Context {
    /// Years that headings and toggles announce for the dates below them.
    years: Vec<(usize, i32)>,
    page: Option<String>,
}

impl Context {
    pub fn of(page: &Html, layout: &Layout, reading: &Reading) -> Self {
        let h1 = html::first(page.root_element(), "h1").map(|h| layout.text_of(h).to_owned());
        let of_page = || html::page_title(page).and_then(|t| t.split(['|', '–', '—', '»', '·']).find_map(title));
        Self { years: years(page, layout, reading), page: h1.as_deref().and_then(title).or_else(of_page) }
    }

    /// The year announced nearest before a place in the text.
    fn year_before(&self, at: usize) -> Option<i32> {
        let count = self.years.partition_point(|(start, _)| *start <= at);
        self.years[..count].last().map(|(_, year)| *year)
    }

    /// What a block without a title of its own is called by: its section's heading, with the page's title when that says more.
    fn title(&self, block: &Member<'_>, layout: &Layout) -> Option<String> {
        match (heading(block.anchor, layout), &self.page) {
            (Some(section), Some(page)) if section.len() + page.len() < 100 && !shares_words(&section, page) => Some(format!("{page}: {section}")),
            (section, page) => section.or_else(|| page.clone()),
        }
    }
}

impl Context {
    /// "Regular meeting" with whose meeting it is.
    fn completed(&self, title: String) -> String {
        match &self.page {
            Some(page) if is_kind(&title) && !shares_words(&title, page) && page.len() < 100 => format!("{page}: {title}"),
            _ => title,
        }
    }
}

fn shares_words(a: &str, b: &str) -> bool {
    let (a, b) = (stem(a), stem(b));
    a.split(' ').any(|w| b.split(' ').any(|o| o == w))
}

/// The nearest heading that stands beside the block or beside something that holds it.
fn heading(anchor: ElementRef<'_>, layout: &Layout) -> Option<String> {
    let mut at = Some(anchor);
    for _ in 0..12 {
        let here = at?;
        let before = here.prev_siblings().filter_map(ElementRef::wrap).take(15);
        if let Some(found) = before.into_iter().find_map(|e| sibling_heading(e, layout)) {
            return Some(found);
        }
        at = here.parent().and_then(ElementRef::wrap).filter(|p| p.value().name() != "body");
    }
    None
}

/// A heading, a short block that holds one, or a line in bold.
fn sibling_heading(e: ElementRef<'_>, layout: &Layout) -> Option<String> {
    let text = layout.text_of(e);
    let is_heading = |e: ElementRef<'_>| matches!(e.value().name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "caption" | "legend" | "summary");
    if text.ends_with('?') {
        return None;
    }
    if is_heading(e) {
        return title(text);
    }
    if text.is_empty() || text.len() > 200 {
        return None;
    }
    let inner = html::first(e, "h1, h2, h3, h4, h5, h6, strong, b")?;
    let words = layout.text_of(inner);
    // A sentence in bold is a notice, not a heading.
    let short = words.len() + 2 >= text.len() && words.len() <= 70 && !words.ends_with('.') && date::spans(words).is_empty();
    (is_heading(inner) || short).then(|| title(words))?
}

/// Short texts that hold one year and no day: "2027 meetings", "Dates for 2027".
fn years(page: &Html, layout: &Layout, reading: &Reading) -> Vec<(usize, i32)> {
    let this = reading.now.with_timezone(&reading.zone).year();
    let mut out: Vec<(usize, i32)> = html::page_title(page).and_then(|t| only_year(&t, this)).map(|y| (0, y)).into_iter().collect();
    for e in html::all(
        page.root_element(),
        "h1, h2, h3, h4, h5, h6, caption, th, td, summary, strong, b, u, a, p, button, label, legend, dt, li, span, div",
    ) {
        let Some(range) = layout.range(e).filter(|r| r.len() <= 60) else { continue };
        let has_day = layout.dates(&range).iter().any(|d| layout.slice(d.clone()).chars().filter(char::is_ascii_digit).count() > 4);
        if let Some(year) = only_year(layout.slice(range.clone()), this).filter(|_| !has_day) {
            out.push((range.start, year));
        }
    }
    out
}

/// The one year that words name, when it is near this one.
fn only_year(words: &str, this: i32) -> Option<i32> {
    let mut found = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| w.len() == 4).filter_map(|w| w.parse().ok());
    let year: i32 = found.next()?;
    (found.next().is_none_or(|other: i32| other == year) && (this - 15..=this + 3).contains(&year)).then_some(year)
}

/// A block as an event; none when nothing names it.
pub fn event(block: &Member<'_>, layout: &Layout, context: &Context, base: Option<&Url>) -> Option<RawEvent> {
    let (own, link) = own_title(block, layout);
    let columns = columns(block, layout);
    let own = columns.title.clone().or(own);
    let title = own.or_else(|| line_title(block, layout)).or_else(|| context.title(block, layout))?;
    let title = context.completed(title);
    let mut event = of_range(&block.range, title, layout)?;
    if let Some(year) = context.year_before(block.range.start) {
        event.date_words = event.date_words.map(|w| with_year(&w, year));
    }
    let first_link = || links(block).into_iter().find_map(|a| html::absolute(base, html::attr(a, "href")?).filter(|u| Some(u) != base));
    event.url = link.and_then(|a| html::absolute(base, html::attr(a, "href")?)).or_else(first_link).map(String::from);
    if let Some(place) = classed(block, layout, &["location", "venue", "place", "where", "address"]) {
        event.place.words = Some(place);
    }
    if let Some(price) = classed(block, layout, &["price", "cost", "fee"]) {
        event.price_words = Some(price);
    }
    if columns.place.is_some() {
        event.place.words = columns.place;
    }
    Some(event)
}

/// Cells of a table row that the header names.
#[derive(Default)]
struct Columns {
    title: Option<String>,
    place: Option<String>,
}

fn columns(block: &Member<'_>, layout: &Layout) -> Columns {
    let mut out = Columns::default();
    let Some(row) = block.elements.first().filter(|e| e.value().name() == "tr") else { return out };
    let table = row.ancestors().filter_map(ElementRef::wrap).find(|e| e.value().name() == "table");
    let Some(header) = table.and_then(|t| html::first(t, "tr")).filter(|h| h.id() != row.id()) else { return out };
    for (name, cell) in header.child_elements().zip(row.child_elements()).take(20) {
        let name = layout.text_of(name).to_lowercase();
        let says = |words: &[&str]| name.len() < 40 && words.iter().any(|w| name.contains(w));
        let text = html::one_line(layout.text_of(cell));
        if says(&["name", "title", "event", "course", "session", "topic", "workshop", "subject", "committee"]) && !says(&["date", "time"]) {
            out.title = out.title.or_else(|| title(&text));
        } else if says(&["location", "venue", "place", "where"]) && !text.is_empty() && text.len() < 300 {
            out.place = Some(text);
        }
    }
    out
}

/// An event with what the text of a range says.
pub fn of_range(range: &Range<usize>, title: String, layout: &Layout) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::Repeated, title);
    let text = layout.slice(range.clone());
    event.date_words = Some(date_words(range, layout)?);
    event.place.words = labelled_place(text).or_else(|| text.lines().take(30).find(|l| is_address(l)).map(str::to_owned));
    event.price_words = labelled_price(text);
    event.text = text.chars().take(MOST_TEXT).collect();
    event.confidence = 0.5;
    Some(event)
}

/// The line of the first date, and the lines after it up to one with a time of day when its own has none.
fn date_words(range: &Range<usize>, layout: &Layout) -> Option<String> {
    let first = layout.dates(range).first()?;
    let line = layout.line(first);
    let line = line.start.max(range.start)..line.end.min(range.end);
    let mut words = layout.slice(line.clone()).to_owned();
    if !has_clock(&words) {
        let rest = layout.text.get(line.end..range.end).unwrap_or_default();
        let after: Vec<&str> = rest.lines().filter(|l| !l.trim().is_empty()).take(3).collect();
        if let Some(at) = after.iter().position(|l| has_clock(l) && l.len() < 120) {
            words = format!("{words}\n{}", after[..=at].join("\n"));
        }
    }
    Some(words.chars().take(600).collect())
}

/// The words with the section's year after each date that names none.
fn with_year(words: &str, year: i32) -> String {
    let mut out = words.to_owned();
    for span in date::spans(words).into_iter().rev() {
        if !names_year(&words[span.clone()]) {
            out.insert_str(span.end, &format!(" {year}"));
        }
    }
    out
}

/// `2027`, `04/05/27`, `'27`
fn names_year(date: &str) -> bool {
    let digits: Vec<usize> = date.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|n| *n > 0).collect();
    digits.contains(&4) || digits.len() >= 3 && date.contains(['/', '.', '-']) && !date.contains(char::is_alphabetic) || date.contains(['\'', '’'])
}

/// A title from a heading, an element classed so, a link or bold words; and the link it is.
fn own_title<'a>(block: &Member<'a>, layout: &Layout) -> (Option<String>, Option<ElementRef<'a>>) {
    let elements = |css: &'static str| block.elements.iter().flat_map(move |e| itself(*e, css).into_iter().chain(html::all(*e, css)));
    let marks = [
        "h1, h2, h3, h4, h5, h6, dt",
        "[class*=title], [class*=Title], [class*=headline], [class*=summary], [class*=event-name]",
        "a[href]",
        "strong, b, th",
    ];
    for css in marks {
        let papers = css == "a[href]" && elements(css).filter(|e| is_paper(*e)).nth(1).is_some();
        let found = elements(css)
            .filter(|e| layout.range(*e).is_some() && !(papers && is_paper(*e)))
            .take(12)
            .find_map(|e| Some((title(layout.text_of(e))?, e)));
        if let Some((title, e)) = found {
            let link = itself(e, "a[href]")
                .or_else(|| html::first(e, "a[href]"))
                .or_else(|| e.ancestors().take(2).filter_map(ElementRef::wrap).find(|a| a.value().name() == "a"));
            return (Some(title), link);
        }
    }
    (None, None)
}

/// A link to a document. Several of them beside a date are its papers.
fn is_paper(a: ElementRef<'_>) -> bool {
    let href = a.attr("href").unwrap_or_default().split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".pdf", ".doc", ".docx", ".ppt", ".pptx", ".xls", ".xlsx", ".ics", ".mp3", ".mp4"].iter().any(|e| href.ends_with(e))
}

fn itself<'a>(element: ElementRef<'a>, css: &'static str) -> Option<ElementRef<'a>> {
    html::own_selector(css).filter(|s| s.matches(&element)).map(|_| element)
}

/// The first line that says more than when.
fn line_title(block: &Member<'_>, layout: &Layout) -> Option<String> {
    let text = layout.slice(block.range.clone());
    text.lines().take(8).find_map(|l| title(l).filter(|_| !is_address(l) && !l.trim_start().to_lowercase().starts_with("location")))
}

/// Words as a title: without the date, not too long, naming something.
fn title(words: &str) -> Option<String> {
    let words = html::one_line(words);
    if words.is_empty() || words.len() > 250 || is_only_when(&words) {
        return None;
    }
    Some(without_attachment(&without_date(&words))).filter(|t| !is_generic(t))
}

fn links<'a>(block: &Member<'a>) -> Vec<ElementRef<'a>> {
    block.elements.iter().flat_map(|e| itself(*e, "a[href]").into_iter().chain(html::all(*e, "a[href]"))).take(20).collect()
}

/// The text of the first element whose class says what it holds.
fn classed(block: &Member<'_>, layout: &Layout, names: &[&str]) -> Option<String> {
    let says = |e: ElementRef<'_>| {
        e.value().classes().any(|c| {
            let c = c.to_ascii_lowercase();
            names.iter().any(|n| c.contains(n))
        })
    };
    let found = block.elements.iter().flat_map(|e| e.descendent_elements().take(500)).filter(|e| says(*e)).find_map(|e| {
        let text = html::one_line(layout.text_of(e));
        (!text.is_empty() && text.len() < 300).then_some(text)
    })?;
    let bare = found
        .split_once(':')
        .filter(|(label, _)| label.len() < 12 && names.contains(&label.to_lowercase().as_str()))
        .map_or(found.as_str(), |(_, rest)| rest);
    Some(bare.trim().to_owned()).filter(|p| !p.is_empty())
}
