//! A bulletin by e-mail: one message, many events. Forwarded inline or as an attachment, as text or HTML.
//!
//! The sender re-posts and is never the provider. Each item stands for itself; what names no date is no event.

mod fields;
mod items;
mod quoted;
mod same;
mod words;

use chrono::{DateTime, TimeDelta, Utc};
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use self::quoted::unquoted;
use super::{ExtractError, blocks, ical};
use crate::collect::html;
use crate::domain::{RawEvent, Reading};

/// Messages inside messages that are followed.
const MOST_NESTED: usize = 4;
/// Parts of one message that are looked at.
const MOST_PARTS: usize = 200;

/// Reads a message (RFC 5322).
pub fn read(body: &[u8], reading: &Reading, notes: &mut Vec<String>) -> Result<Vec<RawEvent>, ExtractError> {
    let message = MessageParser::default().parse(body).ok_or(ExtractError::Email)?;
    let mut out = Vec::new();
    events(&message, reading, 0, notes, &mut out);
    Ok(same::once(out, reading))
}

/// The items of plain text that is no message.
pub fn items_of_text(text: &str, reading: &Reading) -> Vec<RawEvent> {
    items::read(&blocks::of_text(&unquoted(text)), reading, None)
}

fn events(message: &Message<'_>, reading: &Reading, depth: usize, notes: &mut Vec<String>, out: &mut Vec<RawEvent>) {
    if depth > MOST_NESTED {
        notes.push(format!("messages nested deeper than {MOST_NESTED} were not read"));
        return;
    }
    let sent = sent_at(message, reading);
    let blocks = body_blocks(message);
    if blocks.len() >= blocks::MOST_BLOCKS {
        notes.push(format!("the message was cut at {} paragraphs", blocks::MOST_BLOCKS));
    }
    let mut found = items::read(&blocks, reading, sent);
    if let [only] = &mut found[..] {
        announce(only, &blocks, message.subject().unwrap_or_default());
    }
    found.iter_mut().for_each(|e| e.said_at = sent);
    out.extend(found);
    if message.parts.len() > MOST_PARTS {
        notes.push(format!("only the first {MOST_PARTS} of {} parts of the message were read", message.parts.len()));
    }
    for part in message.parts.iter().take(MOST_PARTS) {
        match &part.body {
            PartType::Message(inner) => events(inner, reading, depth + 1, notes, out),
            PartType::Text(text) if is_calendar(part) => match ical::read(text, reading, notes) {
                Ok(found) => out.extend(found),
                Err(why) => notes.push(format!("an attached calendar cannot be read: {why}")),
            },
            PartType::Binary(bytes) if is_message_part(part) => {
                if let Some(inner) = MessageParser::default().parse(bytes.as_ref()) {
                    events(&inner, reading, depth + 1, notes, out);
                }
            }
            _ => {}
        }
    }
}

/// When the message was sent, in UTC. A clock that is far off says nothing.
fn sent_at(message: &Message<'_>, reading: &Reading) -> Option<DateTime<Utc>> {
    let sent = message.date().and_then(|d| DateTime::from_timestamp(d.to_timestamp(), 0))?;
    (sent > reading.now - TimeDelta::days(4_000) && sent < reading.now + TimeDelta::days(400)).then_some(sent)
}

/// A letter about one event has its name in the subject, when no line of it is a title.
fn announce(event: &mut RawEvent, blocks: &[blocks::Block], subject: &str) {
    let in_prose = event.title.len() > 90 || event.title.ends_with(['.', ',']) || event.title.contains(". ");
    let headed = blocks.iter().any(|b| matches!(b.kind, blocks::Kind::Heading(_)) && b.text == event.title);
    if let Some(title) = words::subject_title(subject).filter(|_| in_prose && !headed) {
        event.title = title;
    }
}

fn is_calendar(part: &mail_parser::MessagePart<'_>) -> bool {
    part.content_type().is_some_and(|t| t.subtype().is_some_and(|s| s.eq_ignore_ascii_case("calendar")))
}

fn is_message_part(part: &mail_parser::MessagePart<'_>) -> bool {
    part.content_type().is_some_and(|t| t.ctype().eq_ignore_ascii_case("message"))
}

/// The HTML body, which tells headings from text; else the plain text.
fn body_blocks(message: &Message<'_>) -> Vec<blocks::Block> {
    let own_html = message.html_bodies().find_map(|p| match &p.body {
        PartType::Html(source) => Some(source),
        _ => None,
    });
    if let Some(source) = own_html {
        let page = html::parse(source);
        let found = blocks::of_html(page.html.root_element());
        if !found.is_empty() {
            return found;
        }
    }
    let text = |p: &mail_parser::MessagePart<'_>| match &p.body {
        PartType::Text(t) if !is_calendar(p) => Some(unquoted(t)),
        _ => None,
    };
    message.text_bodies().filter_map(text).flat_map(|t| blocks::of_text(&t)).collect()
}

#[cfg(test)]
mod tests;
