//! Bytes to [`RawEvent`]s: works out what a document is and calls the parser of that format.
//!
//! Pure: no network, no clock. The declared content type is a hint only. Whatever the bytes are, it ends soon, never panics, and
//! says in words what was skipped.

mod blocks;
pub mod email;
pub mod feed;
pub mod ical;
mod joining;
mod json_ld;
mod markup;
mod microdata;
mod microformats;
mod paging;
pub mod platform;
mod rdfa;
pub mod repeated;
pub mod selectors;
mod sniff;
pub mod structured;
pub mod table;
mod union;

use url::Url;

use crate::collect::html;
use crate::domain::{Columns, Document, RawEvent, Reading, Selectors, SourceKind, vocabulary};

/// Most events of one document; a note says when there were more.
pub const MOST_EVENTS: usize = 2_000;
/// Most bytes of a document (messages and calendars; pages are cut at 5 MiB by their parser).
const MOST_BYTES: usize = 20 * 1024 * 1024;

vocabulary! {
    /// What a document turned out to be.
    pub enum Format("format") {
        Feed = "feed",
        JsonFeed = "json_feed",
        Ical = "ical",
        Json = "json",
        Html = "html",
        Email = "email",
        /// A spreadsheet as CSV.
        Table = "table",
        /// Plain text of no known format.
        Text = "text",
    }
}

/// What a document yielded.
#[derive(Debug)]
pub struct Extracted {
    pub events: Vec<RawEvent>,
    pub format: Format,
    /// The next page of a list.
    pub next_page: Option<Url>,
    /// The events' own pages to read as well; empty, or in step with `events`.
    pub details: Vec<Option<Url>>,
    /// What was skipped or cut, and why; for the operator.
    pub notes: Vec<String>,
}

/// Why a document yields nothing at all. Says what was wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    #[error("the document is empty")]
    Empty,
    #[error("expected a {expected}, got {found}")]
    NotExpected { expected: &'static str, found: String },
    #[error("the feed cannot be read: {0}")]
    Feed(String),
    #[error("the calendar cannot be read: {0}")]
    Ical(#[from] ical::BadCalendar),
    #[error("the JSON cannot be read: {0}")]
    Json(String),
    #[error("the message cannot be read: no header and no body")]
    Email,
    #[error("the table cannot be read: {0}")]
    Table(String),
    #[error("`{0}` is not a CSS selector")]
    Selector(String),
}

/// Reads a document. `hint` is what the source is said to be: a feed or calendar that turns out to be a page is an error, a
/// page without events is not. With `selectors` an HTML page is read by the operator's rules alone.
pub fn extract(doc: &Document, reading: &Reading, hint: SourceKind, selectors: Option<&Selectors>) -> Result<Extracted, ExtractError> {
    let mut notes = Vec::new();
    let body = &doc.body[..doc.body.len().min(MOST_BYTES)];
    if body.len() < doc.body.len() {
        notes.push("the document was cut at 20 MiB".into());
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(ExtractError::Empty);
    }
    if let Some(found) = other_kind(body) {
        return Err(ExtractError::NotExpected {
            expected: "page, feed, calendar or message",
            found: format!("{found}, which Gleaner does not read"),
        });
    }
    let content_type = doc.content_type.as_deref();
    let format = sniff::format(body, content_type);
    expect(hint, format, body, content_type)?;
    let text = || sniff::decode(body, content_type);
    let mut out = Extracted { events: Vec::new(), format, next_page: None, details: Vec::new(), notes };
    match format {
        Format::Feed | Format::JsonFeed => out.events = feed::read(&text(), doc.url.as_ref(), reading, &mut out.notes)?,
        Format::Ical => out.events = ical::read(&text(), reading, &mut out.notes)?,
        Format::Json => json(&text(), reading, doc.url.as_ref(), &mut out)?,
        Format::Table => out.events = table::csv(&text(), doc.url.as_ref(), reading, None, &mut out.notes)?,
        Format::Html => page(&text(), doc, reading, selectors, &mut out)?,
        Format::Email => out.events = email::read(body, reading, &mut out.notes)?,
        Format::Text => out.events = email::items_of_text(&text(), reading),
    }
    out.events.iter_mut().for_each(joining::strip);
    if out.events.len() > MOST_EVENTS {
        out.notes.push(format!("{} events were found; only the first {MOST_EVENTS} were taken", out.events.len()));
        out.events.truncate(MOST_EVENTS);
        out.details.truncate(MOST_EVENTS);
    }
    Ok(out)
}

fn page(source: &str, doc: &Document, reading: &Reading, rules: Option<&Selectors>, out: &mut Extracted) -> Result<(), ExtractError> {
    let page = html::parse(source);
    out.notes.extend(page.cut.map(str::to_owned));
    let base = html::base(&page.html, doc.url.as_ref());
    if let Some(rules) = rules {
        return selectors::list(&page.html, base.as_ref(), rules, out);
    }
    out.events = structured::page(&page.html, base.as_ref(), reading, &mut out.notes);
    platform::page(&page.html, base.as_ref(), reading, out);
    let blocks = repeated::read(&page.html, base.as_ref(), reading, &mut out.notes);
    out.events = union::of(std::mem::take(&mut out.events), blocks, reading);
    if out.events.is_empty() && html::first(page.html.root_element(), "input[type=password]").is_some() {
        out.notes.push("the page asks for a password: it is a log-in page, or its events are behind one".into());
    }
    out.details = paging::details(&out.events, base.as_ref());
    out.next_page = out.next_page.take().or_else(|| paging::next(&page.html, base.as_ref(), doc.url.as_ref()));
    Ok(())
}

/// A platform's answer or schema.org events, or else the rows of a table.
fn json(source: &str, reading: &Reading, url: Option<&Url>, out: &mut Extracted) -> Result<(), ExtractError> {
    let known = out.notes.len();
    platform::json(source, reading, url, out)?;
    if !out.events.is_empty() || out.next_page.is_some() {
        return Ok(());
    }
    let mut notes = Vec::new();
    out.events = table::json(source, url, reading, None, &mut notes).unwrap_or_default();
    if !out.events.is_empty() {
        out.notes.truncate(known);
        out.notes.extend(notes);
    }
    Ok(())
}

/// Reads a spreadsheet (CSV) or a JSON array of objects whose columns the operator mapped.
pub fn extract_table(doc: &Document, reading: &Reading, columns: &Columns) -> Result<Extracted, ExtractError> {
    let content_type = doc.content_type.as_deref();
    let body = &doc.body[..doc.body.len().min(MOST_BYTES)];
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(ExtractError::Empty);
    }
    let mut notes = Vec::new();
    let text = sniff::decode(body, content_type);
    let (format, read): (_, fn(&str, Option<&Url>, &Reading, Option<&Columns>, &mut Vec<String>) -> Result<Vec<RawEvent>, ExtractError>) =
        match sniff::format(body, content_type) {
            Format::Json | Format::JsonFeed => (Format::Json, table::json),
            Format::Html => return Err(ExtractError::NotExpected { expected: "table", found: "an HTML page".into() }),
            _ => (Format::Table, table::csv),
        };
    let mut events = read(&text, doc.url.as_ref(), reading, Some(columns), &mut notes)?;
    if events.len() > MOST_EVENTS {
        notes.push(format!("{} rows were found; only the first {MOST_EVENTS} were taken", events.len()));
        events.truncate(MOST_EVENTS);
    }
    Ok(Extracted { events, format, next_page: None, details: Vec::new(), notes })
}

/// Files that people link where a page would stand, by their first bytes.
fn other_kind(body: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 6] = [
        (b"%PDF-", "a PDF"),
        (b"PK\x03\x04", "a ZIP archive or an office document"),
        (b"\xD0\xCF\x11\xE0", "an old office document"),
        (b"\x89PNG", "a picture"),
        (b"\xFF\xD8\xFF", "a picture"),
        (b"GIF8", "a picture"),
    ];
    KINDS.iter().find(|(start, _)| body.starts_with(start)).map(|(_, kind)| *kind)
}

/// A source that is said to be a feed or a calendar must be one.
fn expect(hint: SourceKind, format: Format, body: &[u8], content_type: Option<&str>) -> Result<(), ExtractError> {
    let expected = match (hint, format) {
        (SourceKind::Feed, Format::Feed | Format::JsonFeed) | (SourceKind::Ical, Format::Ical) => return Ok(()),
        (SourceKind::Feed, _) => "feed",
        (SourceKind::Ical, _) => "calendar",
        _ => return Ok(()),
    };
    let found = match format {
        Format::Html => {
            let page = html::parse(&sniff::decode(&body[..body.len().min(100_000)], content_type));
            let title = html::page_title(&page.html).map(|t| crate::domain::text::single_line(&t, 80));
            title.map_or_else(|| "an HTML page".to_owned(), |t| format!("an HTML page titled \"{t}\""))
        }
        Format::Feed | Format::JsonFeed => "a feed".into(),
        Format::Ical => "a calendar".into(),
        Format::Json => "JSON that is no feed".into(),
        Format::Email => "an e-mail message".into(),
        Format::Table => "a table".into(),
        Format::Text => "plain text".into(),
    };
    Err(ExtractError::NotExpected { expected, found })
}

#[cfg(test)]
mod tests;
