//! Tables that a partner keeps: a spreadsheet as CSV, or a JSON array of objects; a row is an event.
//!
//! Columns are known by what their heading says, or as the operator mapped them. A cell is text and nothing else: no formula is ever worked
//! out. A row that cannot be read is noted with its line, and the others stand.

mod heading;
mod objects;
mod sheet;

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use url::Url;

use super::{ExtractError, MOST_EVENTS};
use crate::collect::html;
use crate::collect::normalise::{date, link};
use crate::domain::{Column, Columns, Fact, Method, Origin, RawEvent, Reading, When, text::single_line};

pub use sheet::looks_like;

/// Rows that are looked at.
const MOST_ROWS: usize = 10_000;
/// Rows noted one by one; the others are counted.
const MOST_NOTED: usize = 20;
/// How sure a row is to be one event: somebody wrote it into a table of events.
const CONFIDENCE: f32 = 0.9;

/// One row: what stands in the columns that are known, and where it stands.
pub(super) struct Row {
    cells: BTreeMap<Column, String>,
    /// "line 7" or "object 7".
    at: String,
}

/// The events of a CSV text.
pub fn csv(
    source: &str,
    base: Option<&Url>,
    reading: &Reading,
    columns: Option<&Columns>,
    notes: &mut Vec<String>,
) -> Result<Vec<RawEvent>, ExtractError> {
    Ok(events(sheet::rows(source, columns)?, base, reading, notes))
}

/// The events of a JSON array of objects, wherever in the document it stands.
pub fn json(
    source: &str,
    base: Option<&Url>,
    reading: &Reading,
    columns: Option<&Columns>,
    notes: &mut Vec<String>,
) -> Result<Vec<RawEvent>, ExtractError> {
    Ok(events(objects::rows(source, columns)?, base, reading, notes))
}

fn events(rows: Vec<Row>, base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let mut troubles = Vec::new();
    let mut out = Vec::new();
    if rows.len() > MOST_ROWS {
        troubles.push(format!("only the first {MOST_ROWS} of {} rows were read", rows.len()));
    }
    for row in rows.iter().take(MOST_ROWS) {
        if let Some(event) = event(row, base, reading, &mut troubles) {
            out.push(event);
        }
        if out.len() > MOST_EVENTS {
            break;
        }
    }
    let further = troubles.len().saturating_sub(MOST_NOTED);
    troubles.truncate(MOST_NOTED);
    notes.extend(troubles);
    if further > 0 {
        notes.push(format!("{further} further rows have faults of this kind"));
    }
    out
}

fn event(row: &Row, base: Option<&Url>, reading: &Reading, troubles: &mut Vec<String>) -> Option<RawEvent> {
    let cell = |column| row.cells.get(&column).map(|c| html::plain(c)).filter(|c| !c.is_empty());
    let Some(title) = cell(Column::Title).map(|t| html::one_line(&t)) else {
        troubles.push(format!("{}: no title; the row was left out", row.at));
        return None;
    };
    let mut event = RawEvent::new(Method::Table, title);
    event.confidence = CONFIDENCE;
    dates(&mut event, row, reading, troubles);
    event.native_id = cell(Column::Id);
    event.text = body(row);
    event.place.words = cell(Column::Place);
    event.place.address = cell(Column::Address);
    event.place.town = cell(Column::Town);
    event.place.postcode = cell(Column::Postcode);
    event.price_words = cell(Column::Price).map(|p| html::one_line(&p));
    event.provider = cell(Column::Provider).map(|p| html::one_line(&p));
    event.url = address(row, Column::Link, base, troubles);
    event.booking_url = address(row, Column::Booking, base, troubles);
    Some(event)
}

/// The description, and the status in words, which are read as any others.
fn body(row: &Row) -> String {
    let cell = |column| row.cells.get(&column).map(|c| html::plain(c)).filter(|c| !c.is_empty());
    let status = cell(Column::Status).map(|s| format!("Status: {}", html::one_line(&s)));
    [cell(Column::Text), status].into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn address(row: &Row, column: Column, base: Option<&Url>, troubles: &mut Vec<String>) -> Option<String> {
    let cell = row.cells.get(&column)?.trim();
    if cell.is_empty() {
        return None;
    }
    let whole = if cell.starts_with("www.") { format!("https://{cell}") } else { cell.to_owned() };
    // A sheet has no pages of its own: a word in the column ("TBC", "see website") is no relative address.
    let stated = whole.contains("://") || whole.starts_with('/');
    let found = if stated { link::canonical(&whole, base) } else { None };
    if found.is_none() {
        troubles.push(format!("{}: `{}` is no public web address", row.at, single_line(cell, 60)));
    }
    found.map(String::from)
}

/// The date as a value when the cell holds one that can mean only one thing, else as words.
fn dates(event: &mut RawEvent, row: &Row, reading: &Reading, troubles: &mut Vec<String>) {
    let cell = |column| row.cells.get(&column).map(|c| html::one_line(c)).filter(|c| !c.is_empty());
    let (start, end) = (cell(Column::Start), cell(Column::End));
    let (time, end_time) = (cell(Column::Time), cell(Column::EndTime));
    if let Some(value) = start.as_deref().and_then(|c| exact(c, reading))
        && time.is_none()
        && end_time.is_none()
    {
        event.start = Some(value);
        event.end = end.as_deref().and_then(|c| exact(c, reading));
    } else {
        event.date_words = words(start.as_deref(), time.as_deref(), end.as_deref(), end_time.as_deref(), reading);
        if let (Some(words), Some(start)) = (&event.date_words, &start)
            && date::spans(words).is_empty()
        {
            troubles.push(format!("{}: `{}` is no date; the event has none", row.at, single_line(start, 60)));
        }
    }
    event.deadline = cell(Column::Deadline).and_then(|c| exact(&c, reading).or_else(|| first_date(&c, reading)));
}

/// "4 May 2027, 10:00 - 12:30": what the cells say, in one line. An end on the same day is only its time.
fn words(start: Option<&str>, time: Option<&str>, end: Option<&str>, end_time: Option<&str>, reading: &Reading) -> Option<String> {
    let shown = |cell: &str| match exact(cell, reading) {
        Some(fact) if fact.value.time().is_none() => fact.value.first_day().format("%-d %B %Y").to_string(),
        _ => cell.to_owned(),
    };
    let mut out = shown(start?);
    let mut add = |before: &str, cell: Option<&str>| {
        if let Some(cell) = cell {
            out.push_str(before);
            out.push_str(cell);
        }
    };
    add(", ", time);
    let other_end = end.filter(|e| Some(*e) != start).map(shown);
    add(" - ", other_end.as_deref());
    add(if other_end.is_some() { ", " } else { " - " }, end_time);
    Some(out)
}

/// A cell that is a date in ISO 8601, a spreadsheet's day number, or seconds or milliseconds since 1970.
fn exact(cell: &str, reading: &Reading) -> Option<Fact<When>> {
    let value = match cell.parse::<f64>() {
        Ok(number) => from_number(number, reading)?,
        Err(_) => When::parse(cell, reading.zone).ok()?,
    };
    Some(Fact::new(value, Origin::Field, cell, 0.95))
}

#[allow(clippy::cast_possible_truncation, reason = "both ranges are far inside i64")]
fn from_number(number: f64, reading: &Reading) -> Option<When> {
    let instant = |seconds: f64| DateTime::<Utc>::from_timestamp(seconds as i64, 0).map(|at| When::Minute(at.with_timezone(&reading.zone)));
    match number {
        // Days since 30 December 1899, as spreadsheets count; the part behind the point is the time of day.
        n if (30_000.0..80_000.0).contains(&n) => {
            #[allow(clippy::cast_sign_loss, reason = "the range is positive")]
            let day = NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(n as u64))?;
            let minutes = (n.fract() * 1_440.0).round() as i64;
            let midnight = day.and_time(chrono::NaiveTime::MIN);
            Some(if minutes == 0 { When::Day(day) } else { When::at(midnight + chrono::TimeDelta::minutes(minutes), reading.zone) })
        }
        n if (1e9..1e11).contains(&n) => instant(n),
        n if (1e12..1e14).contains(&n) => instant(n / 1_000.0),
        _ => None,
    }
}

fn first_date(cell: &str, reading: &Reading) -> Option<Fact<When>> {
    let mention = date::read(cell, reading).into_iter().next()?;
    Some(Fact::new(mention.start, Origin::Field, cell, mention.confidence))
}

#[cfg(test)]
mod tests;
