//! Sources that the configuration file names: they are discovered, have columns, and are changed in the file.

use std::{fmt::Write as _, process::Command};

use gleaner::store::plan::Plan;

use crate::program::{Program, monday};

const MORE: &str = r#"
    [[source]]
    url = "https://one.example/"
    [[source]]
    url = "https://two.example/"
    discover = false
    [[source]]
    url = "https://three.example/table.csv"
    [source.columns.columns]
    title = "Course"
    start = "When"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_source_is_discovered_at_its_first_look_unless_somebody_said_how_to_read_it() {
    let program = Program::new("", "").await;
    let mut text = std::fs::read_to_string(program.config()).unwrap();
    write!(text, "{MORE}").unwrap();
    std::fs::write(program.config(), text).unwrap();
    let app = program.at(monday()).await;
    let sources = app.store.sources().await.unwrap();
    let source = |part: &str| sources.iter().find(|s| s.url.contains(part)).unwrap();
    assert_eq!(app.store.plan(source("one.example").id).await.unwrap(), Some(Plan::default()), "the ladder is walked at the first look");
    assert_eq!(app.store.plan(source("two.example").id).await.unwrap(), None);
    assert_eq!(app.store.plan(source("three.example").id).await.unwrap(), None);
    assert!(source("three.example").columns.is_some());
    let plan = Plan { walked_at: Some(monday()), ..Plan::default() };
    app.store.put_plan(source("one.example").id, &plan).await.unwrap();
    let again = program.at(monday()).await;
    assert_eq!(again.store.plan(source("one.example").id).await.unwrap(), Some(plan), "another start walks nothing again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_configuration_says_of_a_source_is_changed_there() {
    let program = Program::new("", "").await;
    let id = program.at(monday()).await.store.sources().await.unwrap()[0].id.to_string();
    let (config, data) = (program.config(), program.data());
    let edit = |change: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        command.arg("--config").arg(&config).arg("--data").arg(&data).args(["source", "edit", &id]).args(change).output().unwrap()
    };
    let refused = edit(&["--interval", "60"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("change it there"));
    assert!(edit(&["--ignore-robots", "by e-mail, 3 May 2027"]).status.success(), "what the file does not say can be said here");
}
