//! Documents that could drift from the code: the example configurations are read with every default uncommented, and each dependency
//! has its reason written down.
#![allow(clippy::unwrap_used, reason = "a broken document fails the test")]

use std::collections::BTreeSet;

use gleaner::domain::{EventIs, PersonIs, Rule};
use serde::Deserialize;

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// `#key = ...` and `#[table]` without the sign that makes them defaults; prose begins with `# `.
fn uncommented(text: &str) -> String {
    let setting = |rest: &&str| rest.starts_with('[') || rest.starts_with(|c: char| c.is_ascii_lowercase());
    let lines: Vec<&str> = text.lines().map(|line| line.strip_prefix('#').filter(setting).unwrap_or(line)).collect();
    lines.join("\n")
}

fn typed<T: for<'de> Deserialize<'de>>(value: &toml::Value) -> T {
    value.clone().try_into().unwrap_or_else(|e| panic!("{value}: {e}"))
}

#[test]
fn the_production_example_only_sets_keys_that_are_explained() {
    let known: toml::Table = uncommented(&read("config/gleaner.toml")).parse().unwrap();
    let production: toml::Table = read("deploy/gleaner.toml").parse().unwrap();
    compare("", &toml::Value::Table(production), &toml::Value::Table(known));
}

fn compare(at: &str, given: &toml::Value, known: &toml::Value) {
    match (given, known) {
        // A rule is a tree with words of its own.
        (rule, _) if matches!(at.rsplit('.').next(), Some("rule" | "events")) => drop(typed::<Rule<EventIs>>(rule)),
        (rule, _) if at.rsplit('.').next() == Some("people") => drop(typed::<Rule<PersonIs>>(rule)),
        (toml::Value::Table(given), toml::Value::Table(known)) => {
            for (key, value) in given {
                let explained = known.get(key).unwrap_or_else(|| panic!("{at}.{key} is not explained in config/gleaner.toml"));
                compare(&format!("{at}.{key}"), value, explained);
            }
        }
        (toml::Value::Array(given), toml::Value::Array(known)) if given.iter().any(toml::Value::is_table) => {
            for value in given {
                compare(at, value, &known[0]);
            }
        }
        (given, known) => assert!(given.same_type(known), "{at}"),
    }
}

#[test]
fn every_dependency_has_its_reason_and_no_reason_outlives_its_dependency() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let names = |key: &str| manifest[key].as_table().unwrap().keys().cloned().collect::<Vec<String>>();
    let taken: BTreeSet<String> = ["dependencies", "dev-dependencies"].iter().flat_map(|key| names(key)).collect();
    let document = read("docs/DEPENDENCIES.md");
    let (reasons, _) = document.split_once("## Not taken").unwrap();
    let cells = reasons.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).filter(|cell| *cell != "crate");
    let written: BTreeSet<String> = cells.flat_map(|cell| cell.split(", ").map(str::to_owned).collect::<Vec<_>>()).collect();
    let missing: Vec<_> = taken.difference(&written).collect();
    let stale: Vec<_> = written.difference(&taken).collect();
    assert!(missing.is_empty() && stale.is_empty(), "docs/DEPENDENCIES.md: without a reason {missing:?}, no longer taken {stale:?}");
}
