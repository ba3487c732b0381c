//! Lists of people in and out: CSV with the header `email,name` and any of the preference columns.
//!
//! Never brings anybody back who left, never drops a line silently, and never writes a cell that a spreadsheet would run.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Read, Write},
};

use chrono::{DateTime, Utc};
use csv::ByteRecord;

use crate::{
    domain::{BulletinId, Currency, EmailAddress, Facet, Frequency, Money, Preference, SubscriberId, SubscriberState, text},
    feedback::Secret,
    store::{
        Store, StoreError,
        subscriber::Listed,
        subscriber_batch::{Ceiling, Incoming, Intake, Taken},
    },
};

/// Lines per transaction.
const BATCH: usize = 1_000;
/// Longest cell, in bytes.
const CELL: usize = 2_000;

/// A line and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// As an editor counts, the header being line 1.
    pub line: u64,
    pub reason: String,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    pub imported: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Not brought back: suppressed, unsubscribed, bounced or complained.
    pub suppressed: u64,
    /// Lines that were left out.
    pub rejected: Vec<Problem>,
    /// Lines that were taken without what is named here.
    pub warnings: Vec<Problem>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the file cannot be read: {0}")]
    Csv(#[from] csv::Error),
    #[error("{0}")]
    Header(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A column of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Email,
    Name,
    Terms(Preference),
    CostMax,
    Frequency,
}

/// The columns in the order of an export, with their names in the header.
const COLUMNS: [(&str, Column); 13] = [
    ("email", Column::Email),
    ("name", Column::Name),
    ("region", Column::Terms(Preference::Region)),
    ("sub", Column::Terms(Preference::Subsector)),
    ("aud", Column::Terms(Preference::Audience)),
    ("stage", Column::Terms(Preference::Stage)),
    ("need", Column::Terms(Preference::Need)),
    ("cost_max", Column::CostMax),
    ("format", Column::Terms(Preference::Format)),
    ("frequency", Column::Frequency),
    ("time", Column::Terms(Preference::TimeOfDay)),
    ("authority", Column::Terms(Preference::Authority)),
    ("lcep", Column::Terms(Preference::Lcep)),
];

/// Reads people from CSV (UTF-8 with or without a byte order mark, or Windows-1252; columns apart by comma, or by semicolon or tab as
/// spreadsheets of other countries write them) and puts them on a list, a thousand lines in one transaction. Done twice, the second time changes nothing. `is_term` says which terms the taxonomy has.
pub async fn import(
    store: &Store,
    secret: &Secret,
    file: impl Read,
    intake: &Intake,
    is_term: impl Fn(Facet, &str) -> bool,
    now: DateTime<Utc>,
) -> Result<ImportReport, ImportError> {
    let mut file = BufReader::new(file);
    let separator = separator(file.fill_buf().map_err(csv::Error::from)?);
    let mut lines = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(file);
    let mut record = ByteRecord::new();
    if !lines.read_byte_record(&mut record)? {
        return Err(ImportError::Header("the file is empty; its first line must be a header that begins with email,name".into()));
    }
    let columns = header(&record)?;
    let mut report = ImportReport::default();
    let mut batch: Vec<Incoming> = Vec::with_capacity(BATCH);
    let mut seen = HashSet::with_capacity(BATCH);
    while lines.read_byte_record(&mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        match person(&columns, &record, secret, &is_term) {
            Ok((person, doubts)) => {
                report.warnings.extend(doubts.into_iter().map(|reason| Problem { line, reason }));
                // The same person twice: the first line is written before the second is compared with it.
                let again = !seen.insert(person.email.key());
                if again || batch.len() == BATCH {
                    flush(store, intake, &mut batch, &mut report, now).await?;
                    seen.clear();
                    seen.insert(person.email.key());
                }
                batch.push(person);
            }
            Err(reason) => report.rejected.push(Problem { line, reason }),
        }
    }
    flush(store, intake, &mut batch, &mut report, now).await?;
    Ok(report)
}

async fn flush(store: &Store, intake: &Intake, batch: &mut Vec<Incoming>, report: &mut ImportReport, now: DateTime<Utc>) -> Result<(), StoreError> {
    let Taken { imported, updated, unchanged, suppressed } = store.take_in(intake, batch, now).await?;
    report.imported += imported;
    report.updated += updated;
    report.unchanged += unchanged;
    report.suppressed += suppressed;
    batch.clear();
    Ok(())
}

/// What stands between the columns, by the header: no column's name holds any of these.
fn separator(start: &[u8]) -> u8 {
    let header = start.split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    [b',', b';', b'\t'].into_iter().find(|s| header.contains(s)).unwrap_or(b',')
}

fn header(record: &ByteRecord) -> Result<Vec<Column>, ImportError> {
    if record.get(0).is_some_and(|c| c.starts_with(b"\xFF\xFE") || c.starts_with(b"\xFE\xFF")) {
        return Err(ImportError::Header("the file is UTF-16; save it as CSV UTF-8".into()));
    }
    let mut columns = Vec::new();
    for (i, cell) in record.iter().enumerate() {
        let cell = if i == 0 { cell.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(cell) } else { cell };
        let name = text::single_line(&decoded(cell), 40).to_lowercase();
        let known = COLUMNS.iter().find(|(n, _)| *n == name).map(|(_, c)| *c);
        let column = known.ok_or_else(|| ImportError::Header(format!("there is no column `{name}`; expected are {}", names())))?;
        if columns.contains(&column) {
            return Err(ImportError::Header(format!("the column `{name}` is there twice")));
        }
        columns.push(column);
    }
    if columns.contains(&Column::Email) {
        Ok(columns)
    } else {
        Err(ImportError::Header(format!("the header has no `email`; expected are {}", names())))
    }
}

fn names() -> String {
    COLUMNS.map(|(n, _)| n).join(",")
}

/// UTF-8, or Windows-1252 (which holds Latin-1) where it is not: decided cell by cell, because lists are pasted together.
fn decoded(cell: &[u8]) -> std::borrow::Cow<'_, str> {
    match std::str::from_utf8(cell) {
        Ok(s) => s.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(cell).0,
    }
}

/// The person of a line and what was left out of it; `Err` when there is nobody.
fn person(
    columns: &[Column],
    record: &ByteRecord,
    secret: &Secret,
    is_term: &impl Fn(Facet, &str) -> bool,
) -> Result<(Incoming, Vec<String>), String> {
    if record.len() != columns.len() {
        return Err(format!("{} cells where the header has {}", record.len(), columns.len()));
    }
    if record.iter().any(|c| c.len() > CELL) {
        return Err(format!("a cell longer than {CELL} bytes"));
    }
    let cell = |column| {
        let at = columns.iter().position(|c| *c == column)?;
        Some(unescaped(decoded(record.get(at)?).trim()).to_owned())
    };
    let email = EmailAddress::parse(&cell(Column::Email).unwrap_or_default()).map_err(|e| e.to_string())?;
    let mut doubts = Vec::new();
    let mut person = Incoming {
        hash: secret.email_hash(&email),
        email,
        name: text::single_line(&cell(Column::Name).unwrap_or_default(), 100),
        terms: Vec::new(),
        cost_max: Ceiling::AsItWas,
        frequency: None,
    };
    for column in columns {
        let Some(words) = cell(*column) else { continue };
        match column {
            Column::Email | Column::Name => {}
            Column::Terms(heading) => person.terms.push((*heading, terms(*heading, &words, is_term, &mut doubts))),
            Column::CostMax => person.cost_max = read_cost(&words, &mut doubts),
            Column::Frequency => person.frequency = read_frequency(&words, &mut doubts),
        }
    }
    person.terms.sort();
    Ok((person, doubts))
}

fn terms(heading: Preference, words: &str, is_term: &impl Fn(Facet, &str) -> bool, doubts: &mut Vec<String>) -> Vec<String> {
    let mut out = Vec::new();
    for word in words.split(';').map(|w| w.trim().to_lowercase()).filter(|w| !w.is_empty()) {
        if heading.takes(&word, is_term) {
            out.push(word);
        } else {
            doubts.push(format!("`{}` is not a term of {heading}; left out", text::single_line(&word, 40)));
        }
    }
    out.sort();
    out.dedup();
    out
}

fn read_cost(words: &str, doubts: &mut Vec<String>) -> Ceiling {
    if words.is_empty() {
        return Ceiling::Lifted;
    }
    let digits = words.trim_start_matches('£').trim();
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |s: &str, most| !s.is_empty() && s.len() <= most && s.bytes().all(|b| b.is_ascii_digit());
    let minor = (is_number(whole, 6) && is_number(part, 2)).then(|| format!("{whole}{part:0<2}").parse().ok()).flatten();
    if let Some(money) = minor.and_then(|m| Money::new(m, Currency::GBP)) {
        return Ceiling::At(money);
    }
    doubts.push(format!("`{}` is not a price in pounds; left out", text::single_line(words, 40)));
    Ceiling::AsItWas
}

fn read_frequency(words: &str, doubts: &mut Vec<String>) -> Option<Frequency> {
    if words.is_empty() {
        return None;
    }
    words.to_lowercase().parse().map_err(|e: crate::domain::UnknownWord| doubts.push(format!("{e}; left out"))).ok()
}

/// Writes everyone who is active on a list, in the form that `import` reads.
pub async fn export(store: &Store, bulletin: BulletinId, to: impl Write) -> Result<u64, ImportError> {
    let mut out = csv::Writer::from_writer(to);
    out.write_record(COLUMNS.map(|(n, _)| n))?;
    let mut after: Option<SubscriberId> = None;
    let mut count = 0;
    loop {
        let page = store.subscribers(bulletin, Some(SubscriberState::Active), after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.subscriber.id);
        for person in &page {
            out.write_record(cells(person))?;
            count += 1;
        }
    }
    out.flush().map_err(csv::Error::from)?;
    Ok(count)
}

fn cells(listed: &Listed) -> [String; 13] {
    let person = &listed.subscriber;
    let preferences = &person.preferences;
    COLUMNS.map(|(_, column)| {
        let cell = match column {
            Column::Email => person.email.to_string(),
            Column::Name => person.name.clone(),
            Column::Terms(heading) => preferences.terms(heading).join(";"),
            Column::CostMax => preferences.cost_max.map(|m| format!("{}.{:02}", m.minor / 100, m.minor % 100)).unwrap_or_default(),
            Column::Frequency => preferences.frequency.to_string(),
        };
        escaped(cell)
    })
}

/// Cells that begin like this are formulas to a spreadsheet (OWASP, CSV injection).
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A formula, or one that was escaped: what an apostrophe is put before, and what it is taken away from again.
fn needs_apostrophe(cell: &str) -> bool {
    is_formula(cell.trim_start_matches('\''))
}

fn escaped(cell: String) -> String {
    if needs_apostrophe(&cell) { format!("'{cell}") } else { cell }
}

fn unescaped(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| needs_apostrophe(rest)).unwrap_or(cell)
}

#[cfg(test)]
#[path = "subscribers_tests.rs"]
mod tests;
