//! Holds the design's rules against the source: who may import whom, where the clock, the database and the mail library are named,
//! and what every file owes its reader. Reads tokens, not types: code made by macros and `#[cfg(test)]` parts are not looked at.

#![allow(clippy::unwrap_used, reason = "a test that cannot read the source fails")]

#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use rules::{BANS, LAYERS, Layer, Reach, UNIT_FILE_LINES};
use source::{Source, within};

#[test]
fn the_source_keeps_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<Source> = ["src", "tests", "benches"].iter().flat_map(|dir| rust_files(&root.join(dir))).map(|path| read(root, &path)).collect();
    assert!(files.len() > 20, "the source was not found");
    let tests: BTreeSet<String> = files.iter().flat_map(Source::test_modules).collect();
    let found: Vec<String> = files.iter().flat_map(|file| problems(file, &tests)).collect();
    assert!(found.is_empty(), "{} rule(s) broken:\n{}", found.len(), found.join("\n"));
}

/// Everything that is wrong with one file, each as `file:line: what; because why`.
fn problems(file: &Source, test_modules: &BTreeSet<String>) -> Vec<String> {
    let mut out = owed_to_the_reader(file);
    let is_test = !file.path.starts_with("src/") || test_modules.iter().any(|module| within(&file.module, module));
    if !is_test {
        out.extend(imports(file));
        out.extend(bans(file));
        out.extend(unproven_unwraps(file));
    }
    out
}

fn owed_to_the_reader(file: &Source) -> Vec<String> {
    let mut out = Vec::new();
    if !file.text.starts_with("//!") {
        out.push(format!("{}:1: does not open with `//!`; because a file says what it is for before anything else", file.path));
    }
    let lines = file.text.lines().count();
    if lines > UNIT_FILE_LINES {
        out.push(format!("{}:{lines}: more than {UNIT_FILE_LINES} lines; because a file is to be read in one sitting: split it by topic", file.path));
    }
    out
}

fn imports(file: &Source) -> Vec<String> {
    let Some(layer) = layer_of(&file.module) else { return Vec::new() };
    let own = |path: &str| layer_of(path).is_some_and(|l| l.who == layer.who);
    let mut out = Vec::new();
    for name in file.names() {
        let Some(path) = file.in_crate(&name.path) else { continue };
        let allowed = match layer.reach {
            Reach::Only(may) => own(&path) || may.iter().any(|m| within(&path, m)),
            Reach::AllBut(never) => !never.iter().any(|n| within(&path, n)),
        };
        if !allowed {
            out.push(format!("{}:{}: `{}` imports `{path}`; because {}", file.path, name.line, layer.who, layer.why));
        }
    }
    out
}

/// The layer with the longest matching name.
fn layer_of(module: &str) -> Option<&'static Layer> {
    LAYERS.iter().filter(|layer| within(module, layer.who)).max_by_key(|layer| layer.who.len())
}

fn bans(file: &Source) -> Vec<String> {
    let mut out = Vec::new();
    for ban in BANS.iter().filter(|ban| ban.binds(&file.module)) {
        for name in file.names().iter().filter(|name| ban.names(&name.path)) {
            out.push(format!("{}:{}: names `{}`; because {}", file.path, name.line, ban.word, ban.why));
        }
    }
    out
}

fn unproven_unwraps(file: &Source) -> Vec<String> {
    let lines: Vec<&str> = file.text.lines().collect();
    let above = |line: usize| line > 1 && lines[line - 2].trim_start().starts_with("// ");
    let proven = |line: usize| lines[line - 1].contains(" // ") || above(line);
    let unproven = file.unwraps().into_iter().filter(|line| !proven(*line));
    unproven.map(|line| format!("{}:{line}: `unwrap()` without a comment that proves it; because a daemon does not panic", file.path)).collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            out.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
    out.sort();
    out
}

fn read(root: &Path, path: &Path) -> Source {
    let shown = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    Source::new(&shown, &fs::read_to_string(path).unwrap())
}

/// Every rule is proven able to fail, and not to fail on what is allowed.
mod the_rules_can_fail {
    use super::*;

    /// The problems of a file that opens as it should.
    fn found(path: &str, code: &str) -> Vec<String> {
        problems(&Source::new(path, &format!("//! Why.\n{code}")), &BTreeSet::new())
    }

    fn refused(path: &str, code: &str, because: &str) {
        let told = found(path, code);
        assert!(told.iter().any(|t| t.contains(because) && t.starts_with(path)), "{path}: {code}: {told:?}");
    }

    fn allowed(path: &str, code: &str) {
        assert_eq!(found(path, code), Vec::<String>::new(), "{path}: {code}");
    }

    #[test]
    fn a_layer_imports_only_what_lies_below() {
        refused("src/domain/x.rs", "use crate::store::Store;", "`domain` imports `store::Store`");
        refused("src/domain/x.rs", "fn f() -> crate::mail::Relay { todo() }", "`domain` imports `mail::Relay`");
        refused("src/collect/extract/x.rs", "use crate::{domain::Fact, collect::{fetch::Client, html}};", "collect::fetch::Client");
        refused("src/collect/normalise/x.rs", "use crate::collect::extract::read;", "collect::extract::read");
        refused("src/tag/x.rs", "use crate::identity::Profile;", "identity::Profile");
        refused("src/identity/x.rs", "use crate::tag::Tagger;", "tag::Tagger");
        refused("src/bulletin/compose.rs", "use super::deliver::Engine;", "bulletin::deliver::Engine");
        refused("src/feedback/dsn.rs", "use crate::store::Store;", "store::Store");
        refused("src/store/x.rs", "use crate::mail::Relay;", "mail::Relay");
        refused("src/mail/x.rs", "use crate::collect::fetch::Client;", "collect::fetch::Client");
        refused("src/collect/fetch.rs", "use crate::store::Store;", "store::Store");
        refused("src/schedule.rs", "use crate::store::Store;", "store::Store");
        refused("src/curate/x.rs", "use crate::web::Desk;", "web::Desk");
        refused("src/collect/html.rs", "use crate::collect::extract::read;", "collect::extract::read");
        refused("src/feedback/arf.rs", "use crate::mail::Relay;", "mail::Relay");
        refused("src/feedback/report.rs", "use crate::feedback::links::Claim;", "feedback::links::Claim");
        refused("src/feedback/policy.rs", "use crate::store::Store;", "store::Store");
        refused("src/telemetry.rs", "use crate::store::Store;", "store::Store");
        refused("src/web/x.rs", "use crate::app::App;", "app::App");
        refused("src/bulletin/x.rs", "use crate::store::Store;", "store::Store");
        refused("src/collect/x.rs", "use crate::web::Desk;", "web::Desk");
        refused("src/collect/health/x.rs", "use crate::store::Store;", "store::Store");
        refused("src/feedback/x.rs", "use crate::web::Desk;", "web::Desk");
        refused("src/bulletin/publish.rs", "use crate::app::App;", "app::App");
        refused("src/bulletin/deliver.rs", "use crate::web::Desk;", "web::Desk");
        refused("src/bulletin/subscribers.rs", "use crate::cli::Import;", "cli::Import");
        refused("src/web/desk/x.rs", "use crate::config::Config;", "config::Config");
        refused("src/config.rs", "use crate::app::App;", "app::App");
        refused("src/domain/x.rs", "use crate as all;", "the whole crate");
        allowed("src/domain/x.rs", "use super::Money; use crate::domain::{When, text::single_line as line};");
        allowed("src/collect/extract/x/y.rs", "use crate::{collect::{html, normalise::date}, domain::*}; use super::super::z;");
        allowed("src/bulletin/render.rs", "use super::wording; use crate::bulletin::view::View;");
        allowed("src/bulletin/deliver.rs", "use crate::{mail::Relay, store::Store};");
        allowed("src/app.rs", "use crate::{config::Config, store::Store, web};");
    }

    #[test]
    fn every_ban_can_fail_and_knows_its_exceptions() {
        refused("src/web/x.rs", "fn f() { let t = Utc::now(); }", "names `Utc::now`");
        refused("src/web/x.rs", "fn f() { let t = std::time::SystemTime::now(); }", "names `SystemTime::now`");
        refused("src/web/x.rs", "fn f() { let t = chrono::Local::now(); }", "names `Local::now`");
        refused("src/web/x.rs", "use sqlx::query;", "names `sqlx`");
        refused("src/cli/x.rs", "#[derive(sqlx::FromRow)] struct Row;", "names `sqlx`");
        refused("src/bulletin/deliver.rs", "use ::lettre::Message;", "names `lettre`");
        refused("src/web/x.rs", "fn f(c: &reqwest::Client) {}", "names `reqwest`");
        refused("src/domain/x.rs", "use tokio::sync::Mutex;", "names `tokio`");
        refused("src/tag/x.rs", "use std::{collections::HashMap, fs};", "names `std::fs`");
        refused("src/identity/x.rs", "fn f() { std::env::var(\"HOME\"); }", "names `std::env`");
        refused("src/bulletin/render.rs", "fn f() -> u8 { rand::random() }", "names `rand`");
        refused("src/collect/extract/x.rs", "async fn f() {}", "names `async`");
        refused("src/web/x.rs", "fn f() { tokio::spawn(work()); }", "names `tokio::spawn`");
        refused("src/web/x.rs", "fn f() { std::process::exit(1) }", "names `process::exit`");
        refused("src/store/x.rs", "fn f() { println!(\"x\"); }", "names `println`");
        refused("src/store/x.rs", "fn f() { print!(\"x\"); }", "names `print`");
        allowed("src/cli/x.rs", "fn f() { println!(\"x\"); if a != print { eprintln!() } }");
        allowed("src/app.rs", "fn f() { let t = Utc::now(); tokio::spawn(work()); }");
        allowed("src/store/x.rs", "use sqlx::query; async fn f() {}");
        allowed("src/mail/x.rs", "use lettre::Message;");
        allowed("src/collect/fetch/x.rs", "use reqwest::Client;");
    }

    #[test]
    fn each_rule_of_the_tables_was_seen_to_fail() {
        let here = include_str!("architecture.rs");
        for ban in BANS {
            assert!(here.contains(&format!("\"names `{}`\"", ban.word)), "no case refuses {}", ban.word);
        }
        for layer in LAYERS {
            let path = layer.who.replace("::", "/");
            let shown = ["/x.rs", ".rs"].iter().any(|end| here.contains(&format!("refused(\"src/{path}{end}\"")));
            assert!(shown, "no case refuses {}", layer.who);
        }
    }

    #[test]
    fn an_unwrap_needs_its_proof() {
        refused("src/web/x.rs", "fn f() { g().unwrap(); }", "x.rs:2: `unwrap()`");
        refused("src/web/x.rs", "fn f() { g()\n.unwrap ( ) }", "x.rs:3: `unwrap()`");
        allowed("src/web/x.rs", "fn f() {\n    // The pattern is a constant.\n    g().unwrap();\n}");
        allowed("src/web/x.rs", "fn f() { g().unwrap(); // just checked\n}");
        allowed("src/web/x.rs", "fn f() { g().unwrap_or(1); }");
    }

    #[test]
    fn a_file_opens_with_its_purpose_and_ends_in_time() {
        let bare = Source::new("tests/it/x.rs", "use std::fs;");
        assert!(problems(&bare, &BTreeSet::new())[0].contains("does not open"));
        refused("src/web/x.rs", &"\n".repeat(UNIT_FILE_LINES), "more than");
    }

    #[test]
    fn what_only_looks_like_code_is_not_code() {
        allowed("src/domain/x.rs", "// use crate::store::Store;\n/* crate::store /* nested */ sqlx::query */");
        allowed(
            "src/domain/x.rs",
            "const A: &str = \"sqlx::query \\\" crate::store::X\"; const B: &str = r#\"crate::mail::\"X\"#; const C: char = '\"';",
        );
        refused("src/domain/x.rs", "fn f<'a>(x: &'a str, c: char) { if c == '\\'' { crate::store::open(x) } }", "store::open");
    }

    #[test]
    fn test_code_is_free() {
        allowed("src/domain/x.rs", "#[cfg(test)]\nmod tests {\n use crate::store::Store;\n fn f() { g().unwrap(); }\n}");
        allowed("src/domain/x.rs", "#[cfg(test)]\n#[rustfmt::skip]\nuse crate::store::Store;");
        refused("src/domain/x.rs", "#[cfg(test)]\nmod tests {}\nuse crate::store::Store;", "store::Store");
        refused("src/domain/x.rs", "#[cfg(not(test))]\nuse crate::store::Store;", "store::Store");
        let parent = Source::new("src/tag/mod.rs", "//! Why.\n#[cfg(test)]\nmod tests;\nmod words;");
        let child = Source::new("src/tag/tests.rs", "//! Why.\nuse crate::store::Store;");
        let modules = BTreeSet::from_iter(parent.test_modules());
        assert_eq!(modules, BTreeSet::from(["tag::tests".to_owned()]));
        let renamed = Source::new("src/tag/rules.rs", "#[cfg(test)]\n#[path = \"rules_tests.rs\"]\nmod tests;");
        assert!(renamed.test_modules().contains(&"tag::rules_tests".to_owned()));
        assert_eq!(problems(&child, &modules), Vec::<String>::new());
        assert_eq!(problems(&child, &BTreeSet::new()).len(), 1);
    }
}
