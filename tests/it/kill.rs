//! Invariant 4: killed with SIGKILL at any instant, nobody is skipped, and repeats are at most the connections in flight, each with
//! the same Message-ID.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use gleaner::{domain::EditionId, store::delivery::Counts};

use crate::{
    edition::TestEdition,
    smtp_sink::{Answer, Sink},
};

const READERS: usize = 2_000;
const CONNECTIONS: u16 = 6;
const KILLS: usize = 20;

/// The process that is killed: the program itself, as an operator runs it.
fn victim_command(data: &Path, edition: EditionId, port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
    command.arg("--data").arg(data).args(["edition", "send", &edition.to_string(), "--json"]).current_dir(data);
    let settings = [("TRANSPORT", "smtp"), ("SMTP__HOST", "127.0.0.1"), ("SMTP__TLS", "none")];
    command.envs(settings.map(|(key, value)| (format!("GLEANER__MAIL__{key}"), value)));
    command.env("GLEANER__MAIL__SMTP__PORT", port.to_string()).env("GLEANER__MAIL__SMTP__CONNECTIONS", CONNECTIONS.to_string());
    command.stdout(Stdio::null()).stderr(Stdio::inherit());
    command
}

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_it_skips_nobody_and_repeats_no_more_than_its_connections() {
    let edition = TestEdition::published(READERS).await;
    let (taken, fatal) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(usize::MAX)));
    let victim: Arc<Mutex<Option<std::process::Child>>> = Arc::default();
    let sink = {
        let (taken, fatal, victim) = (Arc::clone(&taken), Arc::clone(&fatal), Arc::clone(&victim));
        // The kill happens while a recipient is being named on one connection and the others are wherever they are.
        Sink::deciding(move |_, _| {
            if taken.fetch_add(1, SeqCst) + 1 == fatal.load(SeqCst)
                && let Some(child) = victim.lock().unwrap().as_mut()
            {
                child.kill().unwrap();
            }
            Answer::Take
        })
        .await
    };
    let mut dice = Dice(0x5EED);
    let mut repeats_before = 0;
    for kill in 1..=KILLS {
        fatal.store(taken.load(SeqCst) + 1 + dice.below(READERS / KILLS - 20), SeqCst);
        run(&edition, sink.port, &victim).await;
        let repeats = sink.count() - sink.by_message_id().len();
        assert!(repeats - repeats_before <= usize::from(CONNECTIONS), "kill {kill}: {} repeats", repeats - repeats_before);
        repeats_before = repeats;
    }
    fatal.store(usize::MAX, SeqCst);
    run(&edition, sink.port, &victim).await;
    let by_id = sink.by_message_id();
    let repeats = sink.count() - by_id.len();
    println!("{KILLS} kills: {} readers reached, {repeats} repeats, worst possible {}", by_id.len(), KILLS * usize::from(CONNECTIONS));
    assert_eq!(by_id.len(), READERS, "nobody is skipped, and a repeat bears the Message-ID of the first");
    assert!(repeats <= KILLS * usize::from(CONNECTIONS));
    let counts = edition.store.delivery_counts(edition.edition).await.unwrap();
    assert_eq!(counts, Counts { sent: READERS as u64, ..Counts::default() });
    assert_eq!(std::fs::read_dir(edition.dir.path().join("workers")).unwrap().count(), 0, "the dead left no files behind");
}

/// Starts the victim and waits for its end, by its own doing or by the sink's.
async fn run(edition: &TestEdition, port: u16, victim: &Arc<Mutex<Option<std::process::Child>>>) {
    let child = victim_command(edition.dir.path(), edition.edition, port).spawn().unwrap();
    *victim.lock().unwrap() = Some(child);
    loop {
        if victim.lock().unwrap().as_mut().unwrap().try_wait().unwrap().is_some() {
            return;
        }
        tokio::task::yield_now().await;
    }
}
