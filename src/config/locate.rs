//! Finds the line on which a key stands, so that an error says where to look.

use std::path::Path;

use figment::error::Kind;
use toml::de::{DeTable, DeValue};

use super::ConfigError;

/// `FILE:LINE` of a dotted key (list positions as numbers), or the file alone, or what stands in for one.
pub fn place(file: Option<&Path>, text: &str, key: &str) -> String {
    let name = file.map_or_else(|| "configuration".to_owned(), |f| f.display().to_string());
    match line_of(text, key) {
        Some(line) => format!("{name}:{line}"),
        None => name,
    }
}

/// Turns figment's error into one that names file, line, key and what is expected.
pub fn figment_error(e: &figment::Error, file: Option<&Path>, text: &str) -> ConfigError {
    let key = e.path.join(".");
    let from_env = e.metadata.as_ref().is_some_and(|m| m.name.contains("environment"));
    if let Kind::Message(message) = &e.kind
        && !from_env
        && let Err(syntax) = DeTable::parse(text)
    {
        let line = syntax.span().map_or(1, |s| line_at(text, s.start));
        let name = file.map_or_else(|| "configuration".to_owned(), |f| f.display().to_string());
        let problem = if syntax.message().is_empty() { message.clone() } else { syntax.message().to_owned() };
        return ConfigError { place: format!("{name}:{line}"), key: "not valid TOML".into(), problem };
    }
    let (key, problem) = match &e.kind {
        // The path already ends in the unknown field.
        Kind::UnknownField(field, known) => {
            let key = if key.is_empty() { field.clone() } else { key };
            (key, format!("there is no such key; expected one of {}", known.join(", ")))
        }
        Kind::MissingField(field) => {
            let key = if key.is_empty() { field.to_string() } else { format!("{key}.{field}") };
            (key, "is missing".to_owned())
        }
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => (key, format!("expected {expected}, found {found}")),
        other => (key, other.to_string()),
    };
    let place = if from_env { format!("GLEANER__{}", key.to_uppercase().replace('.', "__")) } else { place(file, text, &key) };
    ConfigError { place, key, problem }
}

/// One-based line of the nearest part of `key` that is written in `text`.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut found = None;
    let mut parts = key.split('.');
    let first = parts.next()?;
    let (name, value) = table.get_ref().get_key_value(first)?;
    found = Some(name.span().start).or(found);
    let mut at = value;
    for part in parts {
        let next = match at.get_ref() {
            DeValue::Table(table) => table.get_key_value(part).map(|(name, value)| (name.span().start, value)),
            DeValue::Array(list) => part.parse::<usize>().ok().and_then(|i| list.get(i)).map(|value| (value.span().start, value)),
            _ => None,
        };
        let Some((start, value)) = next else { break };
        found = Some(start);
        at = value;
    }
    found.map(|start| line_at(text, start))
}

fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|b| **b == b'\n').count() + 1
}
