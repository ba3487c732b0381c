//! CSV as spreadsheets write it: comma, semicolon or tab; lines above the headings; quoted line breaks.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};

use super::{Row, heading};
use crate::collect::{extract::ExtractError, normalise::date};
use crate::domain::{Column, Columns, text::single_line};

/// Lines that may stand above the headings: a title, a date of issue.
const MOST_ABOVE: usize = 15;
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Where the headings stand, and what separates the cells.
struct Shape {
    separator: u8,
    /// Records above the headings.
    above: usize,
    columns: BTreeMap<Column, usize>,
}

/// The rows of a table.
pub fn rows(source: &str, mapped: Option<&Columns>) -> Result<Vec<Row>, ExtractError> {
    let source = source.trim_start_matches('\u{feff}');
    let shape = shape(source, mapped).ok_or_else(|| ExtractError::Table(missing(source, mapped)))?;
    let mut out = Vec::new();
    for record in records(source, shape.separator).skip(shape.above + 1).take(super::MOST_ROWS + 1) {
        let line = record.position().map_or(0, csv::Position::line);
        let cells: BTreeMap<Column, String> = shape
            .columns
            .iter()
            .filter_map(|(column, i)| Some((*column, record.get(*i)?.trim().to_owned())))
            .filter(|(_, c)| !c.is_empty())
            .collect();
        if record.iter().any(|c| !c.trim().is_empty()) {
            out.push(Row { cells, at: format!("line {line}") });
        }
    }
    Ok(out)
}

/// Whether a text of unknown kind is such a table: headings that name a title and a date, and below them a date where one should stand.
#[must_use]
pub fn looks_like(head: &str) -> bool {
    let Some(shape) = shape(head, None).filter(|s| s.columns.len() >= 3) else { return false };
    let start = shape.columns.get(&Column::Start).copied().unwrap_or_default();
    records(head, shape.separator).skip(shape.above + 1).take(3).any(|r| r.get(start).is_some_and(|c| is_date(c)))
}

fn is_date(cell: &str) -> bool {
    !date::spans(cell).is_empty() || cell.trim().parse::<f64>().is_ok_and(|n| n > 30_000.0)
}

fn records(source: &str, separator: u8) -> impl Iterator<Item = StringRecord> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(source.as_bytes()).into_records().map_while(Result::ok)
}

/// The separator and the line that make the most of the headings.
fn shape(source: &str, mapped: Option<&Columns>) -> Option<Shape> {
    let mut best: Option<Shape> = None;
    for separator in SEPARATORS {
        for (above, record) in records(source, separator).take(MOST_ABOVE).enumerate() {
            let headings: Vec<String> = record.iter().map(str::to_owned).collect();
            let columns = heading::columns(&headings, mapped);
            let whole = columns.contains_key(&Column::Title) && columns.contains_key(&Column::Start);
            // Headings hold no dates: a row of events that mentions "course" and "date" is no line of headings.
            let plain = headings.iter().all(|h| h.chars().count() <= 80) && columns.get(&Column::Start).is_none_or(|i| !is_date(&headings[*i]));
            if whole && plain && best.as_ref().is_none_or(|b| b.columns.len() < columns.len()) {
                best = Some(Shape { separator, above, columns });
            }
        }
    }
    best
}

fn missing(source: &str, mapped: Option<&Columns>) -> String {
    let first = source.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let shown = single_line(first, 120);
    let named: Vec<&str> = mapped.iter().flat_map(|m| m.columns.values()).map(String::as_str).collect();
    if named.is_empty() {
        format!("no heading names a title and a date; its first line is `{shown}`. Name the columns with --columns FILE")
    } else {
        format!("no line holds the mapped headings ({}) with a title and a date; its first line is `{shown}`", single_line(&named.join(", "), 120))
    }
}
