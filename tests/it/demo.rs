//! The demo as a newcomer runs it: what it says of each stage is what it did, and each mail says what is in it.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// Runs the demo on a directory, with the clock stopped on a day.
fn demo(data: &Path, day: &str, further: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
    command.args(["demo", "--as-of", &format!("{day}T09:00:00+00:00"), "--data"]).arg(data).args(further).stdin(Stdio::null());
    command.output().unwrap()
}

fn account(data: &Path, day: &str) -> String {
    let output = demo(data, day, &["--once"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The one JSON object that `--json` prints.
fn figures(data: &Path, day: &str) -> Value {
    let output = demo(data, day, &["--once", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), text.lines().count()), (Some(0), 1));
    serde_json::from_str(&text).unwrap()
}

/// Subject and plain text of each mail in the outbox.
fn mails(data: &Path) -> Vec<(String, String)> {
    let files = std::fs::read_dir(data.join("outbox/new")).unwrap();
    files
        .map(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
            (mail.subject().unwrap().to_owned(), mail.body_text(0).unwrap().replace("\r\n", "\n"))
        })
        .collect()
}

#[tokio::test]
async fn an_event_of_three_sources_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    account(dir.path(), "2027-03-01");
    let store = gleaner::store::Store::open(&dir.path().join("gleaner.db")).await.unwrap();
    let id: uuid::Uuid = sqlx::query_scalar("SELECT event_id FROM event_listing GROUP BY event_id ORDER BY count(*) DESC LIMIT 1")
        .fetch_one(store.read())
        .await
        .unwrap();
    let explain = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        let output = command.args(["explain", &id.to_string(), "--data"]).arg(dir.path()).args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let said = explain(&[]);
    for words in
        ["Collections care on a shoestring", "£35 ", "\"Places cost £35, lunch included.\"", "[3] ", "founded the event", "joined at ", "first seen"]
    {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let known: Value = serde_json::from_str(&explain(&["--json"])).unwrap();
    assert_eq!(known["listings"].as_array().unwrap().len(), 3, "{known}");
}

#[test]
fn it_says_what_it_did_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let said = account(dir.path(), "2027-03-01");
    for words in [
        "5 sources read, none failed: 29 listings",
        "29 listings tell of 25 events ahead",
        "“Collections care on a shoestring” and “Training day: caring for your collection on a shoestring”, “Caring for collections with little money”",
        "cancelled:       “Copyright and licensing for cultural freelancers”",
        "new date:        “Planning your school's arts award year”",
        "12 subscribers of “Culture Skills North” in 3 segments",
        "Welcoming visitors with dementia · Carlisle · cost not stated",
        "“Exhibition: Looms and Light”: it is not training but an event for the public",
        "Wool Hall Gallery, Kendal”: it is not training but a job",
        "12 mails written to",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let again = account(dir.path(), "2027-03-08");
    for words in
        ["26 new", "CANCELLED: Writing labels that people read", "Moths, mould and mice: pest management for historic houses", "as they were"]
    {
        assert_eq!(again.contains(words), words != "26 new", "{words}\n{again}");
    }
}

#[test]
fn two_runs_tell_the_same_and_a_further_one_sends_only_what_is_new_or_changed() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let told = |data: &Path, day: &str| {
        let mut figures = figures(data, day);
        figures.as_object_mut().unwrap().retain(|key, _| key != "edition" && key != "outbox");
        figures
    };
    let first = told(one.path(), "2027-03-01");
    assert_eq!(first, told(two.path(), "2027-03-01"));
    let number = |f: &Value, key: &str| f[key].as_i64().unwrap();
    assert_eq!(["listings", "events", "duplicates", "items", "sent"].map(|k| number(&first, k)), [29, 25, 4, 21, 12]);
    let second = told(one.path(), "2027-03-08");
    assert_eq!(["new", "changed", "updates", "items", "failed"].map(|k| number(&second, k)), [1, 1, 1, 2, 0]);
    let third = told(one.path(), "2027-03-09");
    assert_eq!(["new", "changed", "items", "sent"].map(|k| number(&third, k)), [0, 0, 0, 0]);
}

/// The first line of the first item: after the last empty line before its facts.
fn first_heading(text: &str) -> &str {
    let before = text.split("\n  When: ").next().unwrap();
    before.rsplit("\n\n").next().unwrap().lines().next().unwrap()
}

#[test]
fn each_mail_is_headed_by_what_is_in_it() {
    let dir = tempfile::tempdir().unwrap();
    figures(dir.path(), "2027-03-01");
    let mails = mails(dir.path());
    assert_eq!(mails.len(), 12);
    for (subject, text) in &mails {
        let events = text.matches("\n  When: ").count();
        let listed = text.lines().filter(|l| l.starts_with("* ")).count();
        assert_eq!(listed, if events > 5 { events } else { 0 }, "a short version stands before many items: {text}");
        let promised = subject.split_once(" – and ").map_or(1, |(_, more)| 1 + more.split(' ').next().unwrap().parse::<usize>().unwrap());
        let first = first_heading(text);
        // A long title stands there without its subtitle.
        let lead: String = first.split(':').next().unwrap().chars().take(20).collect();
        assert!(promised == events && subject.contains(&lead), "{subject}: {events} events, first {first}");
        assert!(text.contains(&format!("\n{events} event")), "{text}");
        for label in ["When", "Where", "Who", "Cost"] {
            assert_eq!(text.matches(&format!("\n  {label}: ")).count(), events, "{text}");
        }
    }
}

#[test]
fn the_provider_is_who_delivers_and_not_the_room() {
    let dir = tempfile::tempdir().unwrap();
    figures(dir.path(), "2027-03-01");
    let text: String = mails(dir.path()).into_iter().map(|(_, text)| text).collect();
    assert!(text.contains("Where: Preston (Harbour Row Museum)\n  Who: Pennine Shore Museum Development (known to us)"), "{text}");
    assert!(text.contains("(new to us)") && !text.contains("Who: Harbour Row Museum"));
}

#[test]
fn a_taken_port_is_found_out_before_anything_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = demo(&dir.path().join("demo"), "2027-03-01", &["--port", &port]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains(&port) && said.contains("--port") && output.stdout.is_empty() && !dir.path().join("demo").exists(), "{said}");
}
