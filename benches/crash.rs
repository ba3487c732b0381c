//! `gleaner edition send` killed with SIGKILL at random moments of sends of 10,000: nobody skipped, at most one repeat for each connection
//! and kill, every repeat under its first Message-ID; with servers that are well behaved, that defer, that lose answers, that limit connections.
//!
//! `cargo bench --bench crash -- [KILLS [SEED]]`: so many kills of each server, 200 of seed 1 when nothing is said. Fails when a promise is broken.

mod support;

use std::{
    collections::HashSet,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Instant,
};

use anyhow::{Context, ensure};
use gleaner::{bulletin::publish, domain::EditionId, store::Store};
use support::{
    Numbers,
    desk::Desk,
    now,
    sink::{Manners, Sink},
};

const MAILS: usize = 10_000;
const CONNECTIONS: usize = 8;
/// Kills of one send: with more, each process would hardly get to work.
const KILLS_OF_A_SEND: usize = 25;
const HTML: &str = "<p>\u{E000}greeting\u{E001}</p><p>Zoë's course, Monday 1 March, Leeds</p><a href=\"\u{E000}unsubscribe\u{E001}\">leave</a>";
const TEXT: &str = "\u{E000}greeting\u{E001}\n\nZoë's course, Monday 1 March, Leeds\n\nLeave: \u{E000}unsubscribe\u{E001}\n";

/// What came of the kills of one send.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    kills: usize,
    repeats: usize,
    /// Most messages at one kill that the server had and no row knew as sent.
    most_in_doubt: usize,
    dropped: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let kills = numbers.first().map_or(Ok(200), |n| usize::try_from(*n))?;
    let seed = numbers.get(1).copied().unwrap_or(1);
    println!("{kills} kills of each server, seed {seed}, {MAILS} mails a send, {CONNECTIONS} connections");
    let well = Manners::default();
    for (what, manners) in [
        ("a server that takes everything", well),
        ("451 for 10 % of the readers", Manners { defers: 10, ..well }),
        ("1 % of the answers lost after the final dot", Manners { drops: 10, ..well }),
        ("no more than five connections at once", Manners { connections: Some(5), ..well }),
    ] {
        let (began, mut all, mut sends) = (Instant::now(), Tally::default(), 0);
        while all.kills < kills {
            sends += 1;
            let one = send(manners, (kills - all.kills).min(KILLS_OF_A_SEND), seed + sends).await.with_context(|| format!("{what}, send {sends}"))?;
            all.kills += one.kills;
            all.repeats += one.repeats;
            all.dropped += one.dropped;
            all.most_in_doubt = all.most_in_doubt.max(one.most_in_doubt);
        }
        println!(
            "{what:<46} {} kills in {sends} sends, 0 skipped, {} repeats ({} possible), most in doubt at a kill {}, {} answers lost by the server, {:.0} s",
            all.kills,
            all.repeats,
            all.kills * CONNECTIONS + all.dropped,
            all.most_in_doubt,
            all.dropped,
            began.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

/// One send of 10,000, killed so often.
async fn send(manners: Manners, kills: usize, seed: u64) -> anyhow::Result<Tally> {
    let desk = Desk::new().await?;
    desk.subscribe(MAILS).await?;
    let (edition, plan) = desk.approved(HTML, TEXT).await?;
    publish::publish(&desk.store, &desk.secret, edition, plan, now()).await?;
    let (victim, fatal): (Arc<Mutex<Option<Child>>>, _) = (Arc::default(), Arc::new(AtomicUsize::new(usize::MAX)));
    let sink = {
        let (victim, fatal) = (Arc::clone(&victim), Arc::clone(&fatal));
        Sink::start(manners, move |step| {
            if step == fatal.load(SeqCst)
                && let Some(child) = victim.lock().unwrap_or_else(PoisonError::into_inner).as_mut()
            {
                let _ = child.kill();
            }
        })?
    };
    let mut dice = Numbers::seeded(seed);
    let mut tally = Tally::default();
    let mut steps = 0;
    // MAIL, RCPT, DATA and the final dot are four steps of each message.
    let a_share = MAILS * 4 / (kills + 1);
    while tally.kills < kills {
        steps += 1 + dice.below(a_share);
        fatal.store(steps, SeqCst);
        let killed = run(desk.dir.path(), edition, sink.port, &victim)?;
        if !killed {
            break;
        }
        tally.kills += 1;
        let in_doubt = sink.unknown_to(&sent(&desk.store, edition).await?);
        let lost = sink.seen().dropped;
        tally.most_in_doubt = tally.most_in_doubt.max(in_doubt);
        ensure!(in_doubt <= CONNECTIONS + lost, "seed {seed}, kill {}: {in_doubt} messages are with the server and not recorded", tally.kills);
        steps = sink.steps();
    }
    fatal.store(usize::MAX, SeqCst);
    while run(desk.dir.path(), edition, sink.port, &victim)? {}
    verify(&desk.store, edition, &sink, &mut tally).await.with_context(|| format!("seed {seed}"))?;
    Ok(tally)
}

async fn verify(store: &Store, edition: EditionId, sink: &Sink, tally: &mut Tally) -> anyhow::Result<()> {
    let (seen, counts) = (sink.seen(), store.delivery_counts(edition).await?);
    ensure!(seen.recipients == MAILS, "{} of {MAILS} readers were reached: {counts:?}", seen.recipients);
    ensure!(seen.messages == MAILS, "{} Message-IDs for {MAILS} readers", seen.messages);
    ensure!(usize::try_from(counts.sent)? == MAILS, "{counts:?}");
    (tally.repeats, tally.dropped) = (seen.taken - seen.messages, seen.dropped);
    ensure!(tally.repeats <= tally.kills * CONNECTIONS + seen.dropped, "{} repeats", tally.repeats);
    store.integrity().await?;
    Ok(())
}

/// Message-IDs of what is recorded as sent.
async fn sent(store: &Store, edition: EditionId) -> anyhow::Result<HashSet<String>> {
    Ok(store.sent_message_ids(edition).await?.into_iter().collect())
}

/// Runs the program until it ends; whether it was killed.
fn run(data: &Path, edition: EditionId, port: u16, victim: &Mutex<Option<Child>>) -> anyhow::Result<bool> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
    command.arg("--data").arg(data).args(["edition", "send", &edition.to_string(), "--json"]).current_dir(data);
    let settings = [("TRANSPORT", "smtp"), ("SMTP__HOST", "127.0.0.1"), ("SMTP__TLS", "none")];
    command.envs(settings.map(|(key, value)| (format!("GLEANER__MAIL__{key}"), value)));
    command.env("GLEANER__MAIL__SMTP__PORT", port.to_string()).env("GLEANER__MAIL__SMTP__CONNECTIONS", CONNECTIONS.to_string());
    command.env("GLEANER__LOG__LEVEL", "error").stdout(Stdio::null()).stderr(Stdio::inherit());
    let mut slot = victim.lock().unwrap_or_else(PoisonError::into_inner);
    *slot = Some(command.spawn()?);
    drop(slot);
    loop {
        let ended = victim.lock().unwrap_or_else(PoisonError::into_inner).as_mut().context("there is a victim")?.try_wait()?;
        if let Some(status) = ended {
            ensure!(status.success() || status.code().is_none(), "the program failed by itself: {status}");
            return Ok(status.code().is_none());
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
