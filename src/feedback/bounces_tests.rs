//! The collection of messages in tests/fixtures/bounces against its manifest: every one is what its line says, and the count is printed.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::read;
use crate::domain::Report;

const OURS: &str = "5b1c7e0f9a2d4c6e8b3a1f0d9c7e5b42@sender.example";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bounces")
}

fn joined(reports: &[Report], value: impl Fn(&Report) -> Option<String>) -> String {
    let values: Vec<String> = reports.iter().filter_map(value).collect();
    if values.is_empty() { "-".into() } else { values.join("+") }
}

/// A message's line of the manifest, as it was read.
fn line(name: &str, reports: &[Report]) -> String {
    let kinds: BTreeSet<&str> = reports.iter().map(|r| r.kind.as_str()).collect();
    let class = joined(reports, |r| r.class.map(|c| c.to_string()));
    let status = joined(reports, |r| r.status.map(|s| s.to_string()));
    let recipient = joined(reports, |r| r.clues.recipients.first().map(ToString::to_string));
    let named = reports.iter().all(|r| r.clues.message_ids.iter().any(|id| id == OURS));
    [name, &kinds.into_iter().collect::<Vec<_>>().join("+"), &class, &status, &recipient, if named { "yes" } else { "no" }].join("\t")
}

#[test]
fn every_message_of_the_collection_is_what_the_manifest_says() {
    let manifest = fs::read_to_string(folder().join("manifest.tsv")).unwrap();
    let expected: Vec<&str> = manifest.lines().filter(|l| !l.starts_with('#')).collect();
    let name = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    let found: Vec<String> = expected
        .iter()
        .map(|l| {
            let message = fs::read(folder().join(format!("{}.eml", name(l)))).unwrap();
            // As mail servers store them, with either line end.
            let wire = String::from_utf8_lossy(&message).replace('\n', "\r\n");
            let (there, sent) = (line(&name(l), &read(&message)), line(&name(l), &read(wire.as_bytes())));
            assert_eq!(there, sent, "line ends change nothing");
            there
        })
        .collect();
    let wrong: Vec<String> = expected.iter().zip(&found).filter(|(e, f)| *e != f).map(|(e, f)| format!("  expected {e}\n     found {f}")).collect();
    let bounces = expected.iter().filter(|l| l.split('\t').nth(1).is_some_and(|k| k == "bounce" || k == "delayed")).count();
    println!("{} of {} messages classified correctly, {bounces} of them bounces and delays", expected.len() - wrong.len(), expected.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(bounces >= 40 && fs::read_dir(folder()).unwrap().count() == expected.len() + 1, "each file has its line");
}
