//! Blocks of a bulletin as events: a dated list item, or a heading with the dated text under it.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use super::quoted::{is_forward_mark, is_header_line};
use super::words::{asks_to_send, is_about_itself, is_bold_heading, is_call, is_list_link, is_note, opens_other_section, pictured_heading};
use crate::collect::extract::blocks::{Block, Kind, Link};
use crate::collect::extract::repeated::words::{is_generic, is_only_when, without_date};
use crate::collect::html;
use crate::collect::normalise::{date, link};
use crate::domain::{Method, RawEvent, Reading};

/// Most characters of an item that are kept.
const MOST_TEXT: usize = 20_000;
/// A line longer than this is a sentence, not a title.
const LONG_TITLE: usize = 110;

/// The events in a sequence of blocks.
///
/// `sent` is when the bulletin was: what took place well before it is a report, not an announcement.
pub fn read(blocks: &[Block], reading: &Reading, sent: Option<DateTime<Utc>>) -> Vec<RawEvent> {
    let headers = headers(blocks);
    let own = blocks.iter().zip(headers).filter(|(b, header)| !header && !is_about_itself(b));
    let blocks: Vec<Block> = own.flat_map(|(b, _)| with_heading(b)).collect();
    let mut out = Vec::new();
    let mut headings: Vec<&Block> = Vec::new();
    let mut at = 0;
    while at < blocks.len() && out.len() <= super::super::MOST_EVENTS {
        let block = &blocks[at];
        let end = if let Kind::Heading(level) = block.kind {
            headings.retain(|h| matches!(h.kind, Kind::Heading(l) if l < level));
            headings.push(block);
            section_end(&blocks, at)
        } else {
            item_end(&blocks, at)
        };
        let elsewhere = headings.iter().any(|h| opens_other_section(&h.text));
        if !elsewhere && let Some(event) = item(&blocks[at..end], &headings).filter(|e| is_announced(e, reading, sent)) {
            out.push(event);
        }
        at = end.max(at + 1);
    }
    out
}

/// A block, with the heading that a picture or a line in bold capitals is.
fn with_heading(block: &Block) -> Vec<Block> {
    let heading = |text: &str| Block { kind: Kind::Heading(2), text: text.to_owned(), links: Vec::new(), strong: None, pictured: None };
    let pictured = pictured_heading(block).map(heading);
    let own = if is_bold_heading(block) { Block { kind: Kind::Heading(2), ..block.clone() } } else { block.clone() };
    pictured.into_iter().chain([own]).collect()
}

/// Whether some date of the item says when it takes place, or until when one can apply, and that is not long before the bulletin was sent. A
/// programme or fellowship often states its deadline alone. A survey or call does so too and is none; jobs and funds outside a section of their
/// own are told apart by their tags, which say why.
fn is_announced(event: &RawEvent, reading: &Reading, sent: Option<DateTime<Utc>>) -> bool {
    let reading = Reading { now: sent.unwrap_or(reading.now), ..*reading };
    let mentions = date::read(&event.text, &reading);
    let can_be_applied_for = |m: &date::Mention| m.role == date::Role::Deadline && !asks_to_send(&event.title);
    let takes_place = mentions.is_empty() || mentions.iter().any(|m| m.role == date::Role::Event || can_be_applied_for(m));
    let Some(sent) = sent else { return takes_place };
    takes_place && (mentions.is_empty() || mentions.iter().any(|m| m.end.unwrap_or(m.start).latest(reading.zone) >= sent - TimeDelta::days(7)))
}

/// A heading's own paragraphs: up to the next heading, list item that is dated, or bold opening that is.
fn section_end(blocks: &[Block], at: usize) -> usize {
    let rest = &blocks[at + 1..];
    let own = rest.iter().position(|b| matches!(b.kind, Kind::Heading(_))).unwrap_or(rest.len());
    // A title, a date and a place on lines of their own, twice and more: a list under the heading.
    let listed = rest[..own].iter().filter(|b| is_record(b)).take(2).count() == 2;
    let len = rest[..own].iter().enumerate().position(|(i, b)| match b.kind {
        Kind::Heading(_) => true,
        Kind::Item(_) => has_date(b),
        // Right below its heading a dated line in bold says when and where, not what comes next.
        Kind::Paragraph => opens(b) && (i > 0 || !opens_dated(b)) || listed && is_record(b),
    });
    at + 1 + len.unwrap_or(own)
}

/// A list item with the deeper ones under it; a paragraph with those after it until something new begins.
fn item_end(blocks: &[Block], at: usize) -> usize {
    let rest = &blocks[at + 1..];
    let deeper = |b: &&Block| matches!((blocks[at].kind, b.kind), (Kind::Item(own), Kind::Item(other)) if other > own);
    // A single line below a dated one completes it, even when it names a date again.
    let completes = has_date(&blocks[at]) && rest.iter().take_while(deeper).take(2).count() == 1;
    let record = is_record(&blocks[at]);
    let plain = blocks[at].strong.is_none() && blocks[at].links.is_empty();
    let len = rest.iter().enumerate().position(|(i, b)| match (blocks[at].kind, b.kind) {
        (Kind::Item(own), Kind::Item(other)) => other <= own || has_date(b) && !completes,
        (Kind::Paragraph, Kind::Paragraph) => {
            let titled = i == 0 && is_title_line(&blocks[at]);
            opens(b) || (has_date(b) && plain || is_record(b)) && !titled || record && is_titled(b)
        }
        _ => true,
    });
    at + 1 + len.unwrap_or(rest.len())
}

/// A short line of its own that could be a title.
fn is_title_line(block: &Block) -> bool {
    !block.text.contains('\n')
        && block.text.len() <= LONG_TITLE
        && !has_date(block)
        && !block.text.ends_with([',', '.', ':'])
        && usable(&block.text).is_some()
}

/// A dated paragraph whose first line is a title: a record of a list without marks.
fn is_record(block: &Block) -> bool {
    has_date(block) && is_titled(block)
}

/// A paragraph of several lines whose first could be a title.
fn is_titled(block: &Block) -> bool {
    let mut lines = block.text.lines();
    let (Some(first), Some(_)) = (lines.next(), lines.next()) else { return false };
    let short = first.len() <= LONG_TITLE && !first.contains(". ") && !first.ends_with(['.', ',', ':']) && !is_labelled(first);
    block.kind == Kind::Paragraph && short && days(first).next().is_none() && usable(first).is_some()
}

/// "Where: Town Hall": a line that says what kind of fact it holds.
fn is_labelled(line: &str) -> bool {
    #[rustfmt::skip]
    const LABELS: &[&str] = &[
        "date", "dates", "time", "times", "when", "where", "venue", "place", "location", "cost", "price", "fee", "tickets", "book", "booking", "contact",
        "speaker", "speakers", "who", "what", "website", "web", "link", "email", "tel", "phone", "date and time", "for", "more", "info", "details",
    ];
    line.split_once(':').is_some_and(|(label, _)| LABELS.contains(&label.trim().to_lowercase().as_str()))
}

/// A paragraph that begins with bold words or is a link: the title of something.
fn opens(block: &Block) -> bool {
    let begins = |words: &str| words.len() > 3 && block.text.starts_with(words) && !is_label(words) && usable(words).is_some();
    block.strong.as_deref().is_some_and(begins) || block.links.first().is_some_and(|l| begins(&l.words) && block.text.len() < l.words.len() + 10)
}

/// Whether the words in bold with which a paragraph begins name a day.
fn opens_dated(block: &Block) -> bool {
    block.strong.as_deref().is_some_and(|s| days(s).next().is_some())
}

/// "When:", "Date and time:".
fn is_label(words: &str) -> bool {
    words.ends_with(':') && words.len() < 25
}

/// Whether a block names a day; a month alone is the name of a report more often than a date.
fn has_date(block: &Block) -> bool {
    days(&block.text).next().is_some()
}

fn days(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_day = |s: &Range<usize>| text[s.clone()].split(|c: char| !c.is_ascii_digit()).any(|d| matches!(d.len(), 1 | 2));
    date::spans(text).into_iter().filter(is_day)
}

/// Which blocks are header lines of a message that was forwarded inline: several of them together. One alone is a label, as in "Date: 4 May".
fn headers(blocks: &[Block]) -> Vec<bool> {
    let kinds: Vec<usize> = blocks.iter().map(header_lines).collect();
    let near = |at: usize| at.checked_sub(1).and_then(|b| kinds.get(b)).is_some_and(|n| *n > 0) || kinds.get(at + 1).is_some_and(|n| *n > 0);
    kinds.iter().enumerate().map(|(at, n)| *n > 1 || *n == 1 && near(at)).collect()
}

/// Header lines of a block that holds little else.
fn header_lines(block: &Block) -> usize {
    if block.kind != Kind::Paragraph || block.text.len() > 1_500 {
        return 0;
    }
    let lines: Vec<String> = block.text.lines().map(str::to_lowercase).collect();
    let headers = lines.iter().filter(|l| is_header_line(l) || is_forward_mark(l)).count();
    if headers * 2 > lines.len() { headers } else { 0 }
}

fn item(group: &[Block], headings: &[&Block]) -> Option<RawEvent> {
    let first = group.first()?;
    let dated = group.iter().find(|b| has_date(b))?;
    let (title, from) = title(group, headings)?;
    let text: Vec<&str> = group.iter().map(|b| b.text.as_str()).collect();
    let text: String = text.join("\n").chars().take(MOST_TEXT).collect();
    if is_note(&dated.text) {
        return None;
    }
    let mut event = RawEvent::new(Method::Email, title);
    event.confidence = 0.6;
    event.date_words = days(&dated.text).next().map(|s| line_of(&dated.text, &s));
    event.text = text;
    event.url = address(group, from);
    if let Kind::Item(_) = first.kind {
        super::fields::of_list_line(first, &mut event);
    }
    if event.place.words.is_none()
        && let Some(line) = group.iter().flat_map(|b| b.text.lines()).find(|l| l.contains(" | ") && days(l).next().is_some())
    {
        super::fields::of_line(line, &mut event);
    }
    Some(event)
}

/// The event's address: the title's link, before any other one; but a link that says where it leads before one that only counts clicks.
fn address(group: &[Block], from: Option<&Link>) -> Option<String> {
    let links = || from.into_iter().chain(group.iter().flat_map(|b| &b.links)).filter(|l| !is_list_link(l));
    let public = links().find(|l| link::canonical(&l.href, None).is_some());
    public.and_then(|l| web(&l.href)).or_else(|| links().find_map(|l| web(&l.href)))
}

/// The words of the title and the link they came from.
fn title<'a>(group: &'a [Block], headings: &[&'a Block]) -> Option<(String, Option<&'a Link>)> {
    let first = group.first()?;
    if matches!(first.kind, Kind::Heading(_)) {
        return usable(&first.text).map(|t| (t, first.links.first())).or_else(|| marked(&group[1..])).filter(|_| group.len() > 1 || has_date(first));
    }
    if let Kind::Item(_) = first.kind {
        // The nested item names the event; the line above it says when, where and by whom.
        if let Some(found) = marked(&group[1..]) {
            return Some(found);
        }
    }
    let under = headings.last().filter(|h| h.text.len() < 150).and_then(|h| usable(&h.text)).map(|t| (t, None));
    let pictured = first.pictured.as_deref().filter(|_| is_only_when(first.text.lines().next().unwrap_or_default()));
    marked(group)
        .or_else(|| pictured.and_then(usable).map(|t| (t, None)))
        .or_else(|| first.text.lines().find_map(|l| usable(l.split(" | ").find(|p| usable(p).is_some()).unwrap_or(l))).map(|t| (t, None)))
        .or(under)
}

/// Words in bold or of a link that say more than "book now".
fn marked(group: &[Block]) -> Option<(String, Option<&Link>)> {
    let link = |b: &'_ Block| b.links.iter().position(|l| usable(&l.words).is_some());
    group.iter().take(6).find_map(|b| {
        let strong = b.strong.as_deref().filter(|s| !is_label(s)).and_then(usable);
        let at = link(b);
        match (strong, at) {
            (Some(words), _) => Some((words.clone(), b.links.iter().find(|l| usable(&l.words).as_deref() == Some(&words)))),
            (None, Some(at)) => usable(&b.links[at].words).map(|t| (t, Some(&b.links[at]))),
            (None, None) => None,
        }
    })
}

/// A title without its date, when enough is left and it is more than a section's name or a button.
fn usable(words: &str) -> Option<String> {
    let title = without_date(&html::one_line(words));
    let letters = title.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= 3 && title.len() <= 300 && !is_generic(&title) && !is_call(&title) && !is_greeting(&title)).then_some(title)
}

/// How letters begin.
fn is_greeting(title: &str) -> bool {
    let lower = title.to_lowercase();
    title.len() < 60
        && ["dear ", "hello", "hi ", "good morning", "good afternoon"].iter().any(|g| lower.starts_with(g))
        && title.ends_with([',', '!'])
        || lower.starts_with("dear ") && title.len() < 30
}

/// The line a date stands in, cut to what is near it.
fn line_of(text: &str, span: &Range<usize>) -> String {
    let start = text[..span.start].rfind('\n').map_or(0, |n| n + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |n| span.end + n);
    let near = text[start..end].char_indices().map(|(i, _)| start + i).find(|i| *i + 200 >= span.start).unwrap_or(start);
    text[near..end].chars().take(500).collect::<String>().trim().to_owned()
}

/// An address that can be shown, or asked where it leads.
fn web(href: &str) -> Option<String> {
    let shown = link::canonical(href, None).is_some() || link::tracked(href).is_some();
    html::absolute(None, href).filter(|_| shown).map(String::from)
}
