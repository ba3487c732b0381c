//! Blocks of a bulletin as events: a dated list item, or a heading with the dated text under it.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use crate::collect::extract::blocks::{Block, Kind, Link};
use crate::collect::extract::ical::is_meeting_link;
use crate::collect::extract::repeated::words::{is_generic, without_date};
use crate::collect::html;
use crate::collect::normalise::date;
use crate::domain::{Method, RawEvent, Reading};

/// Most characters of an item that are kept.
const MOST_TEXT: usize = 20_000;

/// The events in a sequence of blocks.
///
/// `sent` is when the bulletin was: what took place well before it is a report, not an announcement.
pub fn read(blocks: &[Block], reading: &Reading, sent: Option<DateTime<Utc>>) -> Vec<RawEvent> {
    let mut out = Vec::new();
    let mut headings: Vec<&Block> = Vec::new();
    let mut at = 0;
    while at < blocks.len() && out.len() <= super::super::MOST_EVENTS {
        let block = &blocks[at];
        if let Kind::Heading(level) = block.kind {
            headings.retain(|h| matches!(h.kind, Kind::Heading(l) if l < level));
            headings.push(block);
            let end = section_end(blocks, at);
            if let Some(event) = item(&blocks[at..end], &headings).filter(|e| is_announced(e, reading, sent)) {
                out.push(event);
            }
            at = end.max(at + 1);
            continue;
        }
        let end = item_end(blocks, at);
        if let Some(event) = item(&blocks[at..end], &headings).filter(|e| is_announced(e, reading, sent)) {
            out.push(event);
        }
        at = end.max(at + 1);
    }
    out
}

/// Whether some date of the event is not long before the bulletin was sent.
fn is_announced(event: &RawEvent, reading: &Reading, sent: Option<DateTime<Utc>>) -> bool {
    let Some(sent) = sent else { return true };
    let reading = Reading { now: sent, ..*reading };
    let mentions = date::read(&event.text, &reading);
    mentions.is_empty() || mentions.iter().any(|m| m.end.unwrap_or(m.start).latest(reading.zone) >= sent - TimeDelta::days(7))
}

/// A heading's own paragraphs: up to the next heading, list item that is dated, or bold opening that is.
fn section_end(blocks: &[Block], at: usize) -> usize {
    let rest = &blocks[at + 1..];
    let len = rest.iter().enumerate().position(|(i, b)| match b.kind {
        Kind::Heading(_) => true,
        Kind::Item(_) => has_date(b),
        Kind::Paragraph => i > 0 && opens(b),
    });
    at + 1 + len.unwrap_or(rest.len())
}

/// A list item with the deeper ones under it; a paragraph with those after it until something new begins.
fn item_end(blocks: &[Block], at: usize) -> usize {
    let rest = &blocks[at + 1..];
    let deeper = |b: &&Block| matches!((blocks[at].kind, b.kind), (Kind::Item(own), Kind::Item(other)) if other > own);
    // A single line below a dated one completes it, even when it names a date again.
    let completes = has_date(&blocks[at]) && rest.iter().take_while(deeper).take(2).count() == 1;
    let len = rest.iter().position(|b| match (blocks[at].kind, b.kind) {
        (Kind::Item(own), Kind::Item(other)) => other <= own || has_date(b) && !completes,
        (Kind::Paragraph, Kind::Paragraph) => opens(b) || has_date(b) && blocks[at].strong.is_none() && blocks[at].links.is_empty(),
        _ => true,
    });
    at + 1 + len.unwrap_or(rest.len())
}

/// A paragraph that begins with bold words or is a link: the title of something.
fn opens(block: &Block) -> bool {
    let begins = |words: &str| words.len() > 3 && block.text.starts_with(words) && !is_generic(words);
    block.strong.as_deref().is_some_and(begins) || block.links.first().is_some_and(|l| begins(&l.words) && block.text.len() < l.words.len() + 10)
}

/// Whether a block names a day; a month alone is the name of a report more often than a date.
fn has_date(block: &Block) -> bool {
    days(&block.text).next().is_some()
}

fn days(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_day = |s: &Range<usize>| text[s.clone()].split(|c: char| !c.is_ascii_digit()).any(|d| matches!(d.len(), 1 | 2));
    date::spans(text).into_iter().filter(is_day)
}

/// Header lines of a message that was forwarded inline.
fn is_header(block: &Block) -> bool {
    let lower = block.text.to_lowercase();
    block.kind == Kind::Paragraph && super::is_header_line(&lower) && lower.len() < 1_000
}

fn item(group: &[Block], headings: &[&Block]) -> Option<RawEvent> {
    let first = group.first()?;
    let dated = group.iter().find(|b| has_date(b)).filter(|_| !is_header(first))?;
    let (title, from) = title(group, headings)?;
    let mut event = RawEvent::new(Method::Email, title);
    event.confidence = 0.6;
    event.date_words = days(&dated.text).next().map(|s| line_of(&dated.text, &s));
    let text: Vec<&str> = group.iter().map(|b| b.text.as_str()).collect();
    event.text = text.join("\n").chars().take(MOST_TEXT).collect();
    let link =
        from.and_then(|l| web(&l.href)).or_else(|| group.iter().flat_map(|b| &b.links).filter(|l| !is_list_link(l)).find_map(|l| web(&l.href)));
    event.url = link;
    if matches!(first.kind, Kind::Item(_)) {
        fields(first, &mut event);
    }
    Some(event)
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
    marked(group).or_else(|| first.text.lines().find_map(usable).map(|t| (t, None))).or(under)
}

/// Words in bold or of a link that say more than "book now".
fn marked(group: &[Block]) -> Option<(String, Option<&Link>)> {
    let link = |b: &'_ Block| b.links.iter().position(|l| usable(&l.words).is_some());
    group.iter().take(6).find_map(|b| {
        let strong = b.strong.as_deref().and_then(usable);
        let at = link(b);
        match (strong, at) {
            (Some(words), _) => Some((words.clone(), b.links.iter().find(|l| usable(&l.words).as_deref() == Some(&words)))),
            (None, Some(at)) => usable(&b.links[at].words).map(|t| (t, Some(&b.links[at]))),
            (None, None) => None,
        }
    })
}

/// A title without its date, when enough is left and it is more than a section's name.
fn usable(words: &str) -> Option<String> {
    let title = without_date(&html::one_line(words));
    (title.chars().filter(|c| c.is_alphabetic()).count() >= 3 && title.len() <= 300 && !is_generic(&title)).then_some(title)
}

/// `date | place | who` as list lines put it.
fn fields(block: &Block, event: &mut RawEvent) {
    let line = block.text.lines().next().unwrap_or_default();
    let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
    if parts.len() < 2 || date::spans(parts[0]).is_empty() {
        return;
    }
    let linked = |part: &str| block.links.iter().any(|l| l.words == part);
    for part in &parts[1..] {
        if linked(part) && event.provider.is_none() && *part != event.title {
            event.provider = Some((*part).to_owned());
        } else if !linked(part) && event.place.words.is_none() {
            event.place.words = Some((*part).to_owned());
        }
    }
}

/// The line a date stands in, cut to what is near it.
fn line_of(text: &str, span: &Range<usize>) -> String {
    let start = text[..span.start].rfind('\n').map_or(0, |n| n + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |n| span.end + n);
    let near = text[start..end].char_indices().map(|(i, _)| start + i).find(|i| *i + 200 >= span.start).unwrap_or(start);
    text[near..end].chars().take(500).collect::<String>().trim().to_owned()
}

fn web(href: &str) -> Option<String> {
    html::absolute(None, href).filter(|u| !is_meeting_link(u.as_str())).map(String::from)
}

/// Links about the bulletin itself.
fn is_list_link(link: &Link) -> bool {
    let words = link.words.to_lowercase();
    ["unsubscribe", "view in browser", "view this email", "forward", "preferences", "twitter", "facebook", "instagram", "linkedin"]
        .iter()
        .any(|w| words.contains(w))
}
