//! JSON arrays of objects: each object is a row, each dotted path a column.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Row, heading};
use crate::collect::extract::{ExtractError, json_ld};
use crate::domain::{Column, Columns};

/// How deep the array may stand, and how deep an object's own fields are looked at.
const MOST_DEPTH: usize = 4;
/// Objects from which the fields are gathered: not every one has every field.
const SURVEYED: usize = 20;
/// Fields of an object that are looked at.
const MOST_FIELDS: usize = 300;

/// The rows of the array that the operator names, or of the first whose objects have a title and a date.
pub fn rows(source: &str, mapped: Option<&Columns>) -> Result<Vec<Row>, ExtractError> {
    let value = json_ld::parse(source).map_err(ExtractError::Json)?;
    let (list, paths) = match mapped.and_then(|m| m.rows.as_deref()) {
        Some(path) => {
            let list = at(&value, path).and_then(Value::as_array).ok_or_else(|| ExtractError::Table(format!("`{path}` is no array in this JSON")))?;
            (list, paths(list, mapped))
        }
        None => find(&value, mapped, 0).ok_or_else(|| ExtractError::Table("no array of objects with a title and a date".into()))?,
    };
    let row = |(i, object): (usize, &Value)| {
        let cells = paths.iter().filter_map(|(column, path)| Some((*column, text(at(object, path)?)?))).collect();
        Row { cells, at: format!("object {}", i + 1) }
    };
    Ok(list.iter().enumerate().filter(|(_, v)| v.is_object()).take(super::MOST_ROWS + 1).map(row).collect())
}

fn find<'a>(value: &'a Value, mapped: Option<&Columns>, depth: usize) -> Option<(&'a Vec<Value>, BTreeMap<Column, String>)> {
    if depth > MOST_DEPTH {
        return None;
    }
    match value {
        Value::Array(list) => {
            let paths = paths(list, mapped);
            (paths.contains_key(&Column::Title) && paths.contains_key(&Column::Start)).then_some((list, paths))
        }
        Value::Object(object) => object.values().take(MOST_FIELDS).find_map(|v| find(v, mapped, depth + 1)),
        _ => None,
    }
}

/// Which path holds what: by the names along it, or as the operator says.
fn paths(list: &[Value], mapped: Option<&Columns>) -> BTreeMap<Column, String> {
    let mut names = Vec::new();
    for object in list.iter().filter_map(Value::as_object).take(SURVEYED) {
        gather(object, "", 0, &mut names);
    }
    let mut out: BTreeMap<Column, String> =
        heading::columns(&names, mapped).into_iter().filter_map(|(column, i)| Some((column, names.get(i)?.clone()))).collect();
    out.extend(mapped.iter().flat_map(|m| &m.columns).map(|(column, path)| (*column, path.clone())));
    out
}

fn gather(object: &Map<String, Value>, before: &str, depth: usize, names: &mut Vec<String>) {
    for (key, value) in object {
        let path = if before.is_empty() { key.clone() } else { format!("{before}.{key}") };
        if names.len() >= MOST_FIELDS {
            return;
        }
        match value {
            Value::Object(inner) if depth < MOST_DEPTH => gather(inner, &path, depth + 1, names),
            Value::String(_) | Value::Number(_) | Value::Bool(_) if !names.contains(&path) => names.push(path),
            _ => {}
        }
    }
}

/// What stands at a dotted path; numbers go into arrays.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|p| !p.is_empty()).try_fold(value, |v, key| match v {
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => v.get(key),
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Array(list) => Some(list.iter().filter_map(text).collect::<Vec<_>>().join(", ")),
        _ => None,
    }
    .filter(|s| !s.trim().is_empty())
}
