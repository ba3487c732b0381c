//! The mail as its receivers' programs and filters judge it: SpamAssassin, two HTML validators, caniemail's tables. On the demo's own mails.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use mail_parser::MessageParser;

use crate::dkim::has;

/// Features that a mail program may lack without harm, each with what its readers then see.
const DISPENSABLE: [(&str, &str); 8] = [
    ("@media", "the light colours"),
    ("<body> element", "the colours of the page around"),
    ("word-spacing", "MJML says that it is normal"),
    ("aria-label attribute", "a screen reader reads the heading instead"),
    ("role attribute", "a screen reader counts layout tables"),
    ("display:none", "the words after the subject, once more above the head"),
    ("overflow", "the same"),
    ("word-break", "a long address that is wider than the screen"),
];

struct Demo {
    _dir: tempfile::TempDir,
    mails: Vec<PathBuf>,
}

impl Demo {
    fn sent() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        let done = command.args(["demo", "--once", "--data"]).arg(dir.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let mails: Vec<PathBuf> = fs::read_dir(dir.path().join("outbox/new")).unwrap().map(|e| e.unwrap().path()).collect();
        assert!(mails.len() > 5);
        Self { _dir: dir, mails }
    }

    /// The HTML of each mail.
    fn pages(&self) -> Vec<String> {
        let html = |path: &PathBuf| MessageParser::new().parse(&fs::read(path).unwrap()).unwrap().body_html(0).unwrap().into_owned();
        self.mails.iter().map(html).collect()
    }
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools")
}

/// What a program prints when it is given this.
fn ask(mut command: Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned()
}

fn runs(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|o| o.status.success())
}

#[test]
fn a_spam_filter_finds_nothing() {
    if !has("spamassassin", runs("spamassassin", "--version")) {
        return;
    }
    for mail in Demo::sent().mails.iter().take(3) {
        let mut filter = Command::new("spamassassin");
        filter.args(["--local", "--test-mode"]);
        let said = ask(filter, &fs::read_to_string(mail).unwrap());
        let score = said.split_once("X-Spam-Status: ").and_then(|(_, s)| s.split_once("score=")).and_then(|(_, s)| s.split_whitespace().next());
        let score: f32 = score.and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("no score in {said}"));
        println!("SpamAssassin: {score}");
        assert!(score <= 0.5, "{said}");
    }
}

#[test]
fn two_validators_find_no_error() {
    let installed = tools().join("node_modules/html-validate").is_dir();
    if !has(
        "node, java or the validators (npm ci --ignore-scripts in tests/tools)",
        installed && runs("node", "--version") && runs("java", "-version"),
    ) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (n, html) in Demo::sent().pages().iter().enumerate() {
        fs::write(dir.path().join(format!("{n}.html")), html).unwrap();
    }
    let mut checker = Command::new("java");
    checker.arg("-jar").arg(tools().join("node_modules/vnu-jar/build/dist/vnu.jar")).args(["--errors-only"]).arg(dir.path());
    assert_eq!(ask(checker, ""), "", "vnu");
    let mut checker = Command::new("node");
    checker
        .arg(tools().join("node_modules/html-validate/bin/html-validate.mjs"))
        .arg("--config")
        .arg(tools().join("htmlvalidate.json"))
        .arg(dir.path());
    let verdict = checker.output().unwrap();
    assert!(verdict.status.success(), "html-validate: {}", String::from_utf8_lossy(&verdict.stdout));
}

#[test]
fn what_a_mail_program_lacks_is_dispensable() {
    let installed = tools().join("node_modules/@jsx-email/doiuse-email").is_dir();
    if !has("node or the tables (npm ci --ignore-scripts in tests/tools)", installed && runs("node", "--version")) {
        return;
    }
    let mut tables = Command::new("node");
    tables.arg(tools().join("support.mjs"));
    let said = ask(tables, &Demo::sent().pages()[0]);
    assert!(said.contains("outlook.windows"), "the tables know no mail program: {said}");
    for line in said.lines() {
        assert!(DISPENSABLE.iter().any(|(feature, _)| line.starts_with(&format!("`{feature}`"))), "{line}");
    }
}
