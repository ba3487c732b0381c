//! One block of a repeating group as an event: the words of its date, its place, price and link.

use std::ops::Range;
use std::sync::LazyLock;

use chrono::Datelike;
use regex::Regex;
use scraper::{ElementRef, Html};
use url::Url;

use super::bodies::is_gathering;
use super::groups::Member;
use super::layout::Layout;
use super::naming::{self, Names, itself};
use super::words::{has_clock, is_address, is_part, labelled_place, labelled_price};
use crate::collect::html;
use crate::collect::normalise::date;
use crate::domain::{Method, RawEvent, Reading};

/// Most characters of a block that are kept.
const MOST_TEXT: usize = 20_000;

/// Longest text that announces a year, in bytes; over 60 only one that says "2027 meetings" or the like.
const LONGEST_YEAR: usize = 250;

static YEAR_OF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|\D)(20\d\d)\s+(?:\w+\s+){0,3}(?:meetings?|dates|schedule|calendar|events|courses|workshops|sessions|programme|training)\b")
        .ok()
});

/// What a block's surroundings say for it: the years announced above it, and how the page and its sections are called.
pub struct Context {
    /// Years that headings and toggles announce for the dates below them.
    years: Vec<(usize, i32)>,
    names: Names,
}

impl Context {
    pub fn of(page: &Html, layout: &Layout, reading: &Reading) -> Self {
        Self { years: years(page, layout, reading), names: Names::of(page, layout) }
    }

    /// The year announced nearest before a place in the text.
    fn year_before(&self, at: usize) -> Option<i32> {
        let count = self.years.partition_point(|(start, _)| *start <= at);
        self.years[..count].last().map(|(_, year)| *year)
    }
}

/// Short texts that hold one year and no day: "2027 meetings", "Dates for 2027".
fn years(page: &Html, layout: &Layout, reading: &Reading) -> Vec<(usize, i32)> {
    let this = reading.now.with_timezone(&reading.zone).year();
    let mut out: Vec<(usize, i32)> = html::page_title(page).and_then(|t| only_year(&t, this)).map(|y| (0, y)).into_iter().collect();
    for e in html::all(
        page.root_element(),
        "h1, h2, h3, h4, h5, h6, caption, th, td, summary, strong, b, u, a, p, button, label, legend, dt, li, span, div",
    ) {
        let Some(range) = layout.range(e).filter(|r| r.len() <= LONGEST_YEAR) else { continue };
        let words = layout.slice(range.clone());
        let announced =
            || if range.len() > 60 { only_year(YEAR_OF.as_ref()?.captures(words)?.get(1)?.as_str(), this) } else { only_year(words, this) };
        let has_day = || layout.dates(&range).iter().any(|d| names_day(layout.slice(d.clone())));
        if let Some(year) = announced().filter(|_| !has_day()) {
            out.push((range.start, year));
        }
    }
    out
}

/// "2027 meetings: 4 May, 1 June": the year that words state before their dates.
pub fn own_year(words: &str) -> Option<i32> {
    let first = date::spans(words).first()?.start;
    let before = words.get(..first)?;
    let mut years =
        before.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() == 4).filter_map(|w| w.parse().ok()).filter(|y| (1990..2100).contains(y));
    years.next().filter(|_| years.next().is_none())
}

/// Whether a date names a day, not just a month and a year.
fn names_day(date: &str) -> bool {
    date.split(|c: char| !c.is_ascii_digit()).any(|n| (1..=2).contains(&n.len()))
}

/// The one year that words name, when it is near this one.
fn only_year(words: &str, this: i32) -> Option<i32> {
    let mut found = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| w.len() == 4).filter_map(|w| w.parse().ok());
    let year: i32 = found.next()?;
    (found.next().is_none_or(|other: i32| other == year) && (this - 15..=this + 3).contains(&year)).then_some(year)
}

/// A block as an event; none when nothing names it. In a list whose blocks mostly have no title of their own (`untitled`), some link or
/// line is a title only when it names a gathering. With it whether it is only a part ("Block 2") of what it is called by.
pub fn event(block: &Member<'_>, untitled: bool, layout: &Layout, context: &Context, base: Option<&Url>) -> Option<(RawEvent, bool)> {
    let columns = columns(block, layout);
    if columns.ends {
        return None;
    }
    let own = naming::own(block, &columns.apart, layout).filter(|o| o.sure || !untitled || is_gathering(&o.title));
    let link = own.as_ref().and_then(|o| o.link);
    let named = columns.title.clone().or_else(|| own.map(|o| o.title));
    let part = named.as_deref().is_some_and(is_part);
    let stated = named.filter(|_| !part).map(|t| context.names.completed(t));
    let of_part = || part.then(|| context.names.of_part(block, layout)).flatten();
    let title = stated.or_else(of_part).or_else(|| context.names.of_section(block, layout))?;
    let own_line = columns.time.is_some().then(|| first_line(&block.range, layout)).flatten();
    let mut event = of_range(&block.range, block.when.as_deref().or(own_line.as_deref()), title, layout)?;
    if let Some(year) = event.date_words.as_deref().and_then(own_year).or_else(|| context.year_before(block.range.start)) {
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
    if let Some(time) = columns.time {
        event.date_words = event.date_words.map(|w| if has_clock(&w) { w } else { format!("{w}\n{time}") });
    }
    if columns.place.is_some() {
        event.place.words = columns.place;
    }
    Some((event, part))
}

/// Whether the block has a title of its own.
pub fn is_titled(block: &Member<'_>, layout: &Layout) -> bool {
    let columns = columns(block, layout);
    columns.title.is_some() || naming::own(block, &columns.apart, layout).is_some()
}

/// Cells of a table row that the header names.
#[derive(Default)]
struct Columns {
    title: Option<String>,
    place: Option<String>,
    /// What stands under "Time".
    time: Option<String>,
    /// Where cells stand that hold no title.
    apart: Vec<Range<usize>>,
    /// The row's date is the end of something: of a term, an offer, an application.
    ends: bool,
}

fn columns(block: &Member<'_>, layout: &Layout) -> Columns {
    let mut out = Columns::default();
    let Some(row) = block.elements.first().filter(|e| e.value().name() == "tr") else { return out };
    let table = row.ancestors().filter_map(ElementRef::wrap).find(|e| e.value().name() == "table");
    let Some(header) = table.and_then(|t| html::first(t, "tr")).filter(|h| h.id() != row.id()) else { return out };
    let is_header = header.child_elements().all(|c| layout.range(c).is_none_or(|r| r.len() < 60 && layout.dates(&r).is_empty()));
    if !is_header {
        return out;
    }
    for (name, cell) in header.child_elements().zip(row.child_elements()).take(20) {
        let name = layout.text_of(name).to_lowercase();
        let says = |words: &[&str]| name.len() < 40 && words.iter().any(|w| name.contains(w));
        let text = html::one_line(layout.text_of(cell));
        let range = layout.range(cell).unwrap_or_default();
        let first = layout.dates(&block.range).first().is_some_and(|d| range.start <= d.start && d.end <= range.end);
        out.ends |=
            first && says(&["expire", "term end", "ends", "end date", "deadline", "closing", "closes", "posted", "published", "updated", "due"]);
        if says(&["name", "title", "event", "course", "session", "topic", "workshop", "subject", "committee"]) && !says(&["date", "time"]) {
            out.title = out.title.or_else(|| naming::title(&text));
        } else if says(&["location", "venue", "place", "where"]) {
            out.place = out.place.or_else(|| Some(text).filter(|t| !t.is_empty() && t.len() < 300));
            out.apart.push(range);
        } else if says(&["time"]) && !says(&["date", "updated"]) {
            out.time = out.time.or_else(|| Some(text).filter(|t| has_clock(t) && t.len() < 60));
            out.apart.push(range);
        } else if says(&[
            "time", "agenda", "minutes", "document", "notice", "alert", "update", "note", "price", "cost", "fee", "book", "status", "video",
        ]) {
            out.apart.push(range);
        }
    }
    out
}

/// An event with what the text of a range says; `when` are words of its date that do not stand in it as such.
pub fn of_range(range: &Range<usize>, when: Option<&str>, title: String, layout: &Layout) -> Option<RawEvent> {
    let mut event = RawEvent::new(Method::Repeated, title);
    let text = layout.slice(range.clone());
    event.date_words = Some(when.map(str::to_owned).or_else(|| date_words(range, layout))?);
    event.place.words = labelled_place(text).or_else(|| text.lines().take(30).find(|l| is_address(l)).map(str::to_owned));
    event.price_words = labelled_price(text);
    event.text = text.chars().take(MOST_TEXT).collect();
    event.confidence = 0.5;
    Some(event)
}

/// The line of the first date.
fn first_line(range: &Range<usize>, layout: &Layout) -> Option<String> {
    let line = layout.line(layout.dates(range).first()?);
    Some(layout.slice(line.start.max(range.start)..line.end.min(range.end)).chars().take(600).collect())
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
pub fn with_year(words: &str, year: i32) -> String {
    let mut out = words.to_owned();
    for span in date::spans(words).into_iter().rev() {
        if !names_year(&words[span.clone()]) {
            out.insert_str(span.end, &format!(" {year}"));
        }
    }
    out
}

/// `2027`, `04/05/27`, `'27`
pub fn names_year(date: &str) -> bool {
    let digits: Vec<usize> = date.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|n| *n > 0).collect();
    digits.contains(&4) || digits.len() >= 3 && date.contains(['/', '.', '-']) && !date.contains(char::is_alphabetic) || date.contains(['\'', '’'])
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
