//! A disk that is full or broken at the Nth write of a send: the run ends with an error, what was acknowledged is kept, the database is
//! sound, and the next run finishes the edition (strace's fault injection).

use std::{collections::HashSet, path::Path, process::Command};

use gleaner::{domain::EditionId, store::delivery::Counts};

use crate::{dkim::has, edition::TestEdition, smtp_sink::Sink};

const READERS: usize = 120;
const CONNECTIONS: usize = 4;

/// The program as an operator runs it, under strace when there is a fault to inject.
fn program(fault: Option<&str>, data: &Path, edition: EditionId, port: u16) -> Command {
    let gleaner = env!("CARGO_BIN_EXE_gleaner");
    let mut command = match fault {
        Some(fault) => {
            let mut strace = Command::new("strace");
            let inject = format!("inject=pwrite64:{fault}");
            strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", &inject, gleaner]);
            strace
        }
        None => Command::new(gleaner),
    };
    command.arg("--data").arg(data).args(["edition", "send", &edition.to_string(), "--json"]).current_dir(data);
    command.env("GLEANER__MAIL__TRANSPORT", "smtp").env("GLEANER__MAIL__SMTP__HOST", "127.0.0.1").env("GLEANER__MAIL__SMTP__TLS", "none");
    command.env("GLEANER__MAIL__SMTP__PORT", port.to_string()).env("GLEANER__MAIL__SMTP__CONNECTIONS", CONNECTIONS.to_string());
    command
}

/// Whether strace may trace here at all.
fn can_inject() -> bool {
    Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "-e", "inject=pwrite64:error=EIO:when=1", "true"])
        .output()
        .is_ok_and(|o| o.status.success())
}

/// One send with this fault, and one without. True if the fault stopped the first.
async fn survives(fault: &str) -> bool {
    let edition = TestEdition::published(READERS).await;
    let sink = Sink::taking_all().await;
    let run = |fault: Option<String>| {
        let mut command = program(fault.as_deref(), edition.dir.path(), edition.edition, sink.port);
        tokio::task::spawn_blocking(move || command.output().unwrap())
    };
    let first = run(Some(fault.to_owned())).await.unwrap();
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(edition.store.read()).await.unwrap();
    assert_eq!(sound, "ok", "{fault}");
    let recorded: HashSet<String> = edition.store.sent_message_ids(edition.edition).await.unwrap().into_iter().collect();
    let taken: HashSet<String> = sink.by_message_id().into_keys().map(|id| id.trim_matches(['<', '>']).to_owned()).collect();
    assert!(recorded.is_subset(&taken), "{fault}: nothing is recorded that was not taken");
    assert!(taken.difference(&recorded).count() <= CONNECTIONS, "{fault}: what was acknowledged is recorded, but for what was in flight");
    let second = run(None).await.unwrap();
    assert!(second.status.success(), "{fault}: {}", String::from_utf8_lossy(&second.stderr));
    let counts = edition.store.delivery_counts(edition.edition).await.unwrap();
    assert_eq!(counts, Counts { sent: READERS as u64, ..Counts::default() }, "{fault}");
    assert_eq!(sink.by_message_id().len(), READERS, "{fault}");
    assert!(sink.count() - READERS <= CONNECTIONS, "{fault}: {} repeats", sink.count() - READERS);
    !first.status.success()
}

async fn all_survive(writes: impl Iterator<Item = usize>) {
    if !has("strace", can_inject()) {
        return;
    }
    let (mut runs, mut stopped) = (0, 0);
    for n in writes {
        // Full from then on; broken once.
        for fault in [format!("error=ENOSPC:when={n}+"), format!("error=EIO:when={n}")] {
            runs += 1;
            stopped += usize::from(survives(&fault).await);
        }
    }
    println!("{runs} sends with a fault, {stopped} stopped by it, nothing lost");
    assert!(stopped > 0, "the fault was met");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_or_broken_at_some_write_loses_nothing() {
    all_survive([3, 9, 40, 90].into_iter()).await;
}

/// `cargo test --release --test it -- --ignored --nocapture at_every_write`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a thousand seconds"]
async fn a_disk_that_is_full_or_broken_at_every_write_loses_nothing() {
    all_survive(1..=200).await;
}
