//! The daemon: that the program serves, ends in order and takes up its work again, and that a bulletin whose time has come goes out once,
//! or is held when its time is long gone (invariant 10).

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use gleaner::{
    app::{App, daemon},
    domain::EditionState,
    store::edition::Edition,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::program::{self, Program, monday, page, training_day};

/// Tuesdays at seven, approved by itself, good for two hours.
const WEEKLY: &str = "schedule = \"0 7 * * TUE\"\napproval = \"auto\"\nwindow_minutes = 120";
const READERS: [&str; 3] = ["one@reader.example", "two@reader.example", "three@reader.example"];
/// Longer than the daemon's own grace period: what is not over then never will be.
const PATIENCE: Duration = Duration::from_mins(1);

fn tuesday(time: &str) -> DateTime<Utc> {
    format!("2027-03-02T{time}Z").parse().unwrap()
}

/// A program that has read its source and has three readers, on the Monday before.
async fn on_monday(bulletin: &str) -> Program {
    let program = Program::new(bulletin, &page(&[training_day("Collections care training for museum staff", "2027-03-16T10:00:00+00:00")])).await;
    let app = program.at(monday()).await;
    program::collect(&app).await;
    program::subscribe(&app, &READERS).await;
    app.store.close().await;
    program
}

async fn tend(app: &App) {
    daemon::tend(app, &program::bulletin(app).await, &CancellationToken::new()).await.unwrap();
}

async fn editions(app: &App) -> Vec<Edition> {
    app.store.editions(program::bulletin(app).await.id).await.unwrap()
}

#[tokio::test]
async fn a_bulletin_goes_out_at_its_time_and_once() {
    let program = on_monday(WEEKLY).await;
    let early = program.at(tuesday("06:59:59")).await;
    tend(&early).await;
    assert!(editions(&early).await.is_empty() && program.outbox().is_empty(), "not before its time");
    early.store.close().await;
    for time in ["07:00:05", "07:00:25", "08:59:00", "23:00:00"] {
        let app = program.at(tuesday(time)).await;
        tend(&app).await;
        let made = editions(&app).await;
        assert_eq!((made.len(), made[0].state, made[0].approved_by.as_deref()), (1, EditionState::Sent, Some("policy")), "{time}");
        assert_eq!(program.outbox().len(), READERS.len(), "{time}");
        app.store.close().await;
    }
}

#[tokio::test]
async fn long_after_its_time_it_is_held_with_the_reason() {
    let program = on_monday(WEEKLY).await;
    let app = program.at(tuesday("09:00:01")).await;
    tend(&app).await;
    tend(&app).await;
    let made = editions(&app).await;
    assert_eq!((made.len(), made[0].state), (1, EditionState::Held));
    assert_eq!(
        made[0].held_because.as_deref(),
        Some("it was due on Tuesday 2 March 2027, 7am; more than 120 minutes (window_minutes) later a person decides")
    );
    assert!(program.outbox().is_empty());
}

#[tokio::test]
async fn a_bulletin_that_a_person_approves_waits_and_then_goes_by_itself() {
    let program = on_monday("schedule = \"0 7 * * TUE\"\napproval = \"person\"").await;
    let app = program.at(tuesday("07:00:05")).await;
    tend(&app).await;
    let made = editions(&app).await.remove(0);
    assert_eq!((made.state, program.outbox().len()), (EditionState::InReview, 0));
    app.store.step_edition(made.id, EditionState::InReview, EditionState::Approved, "desk", None, app.now()).await.unwrap();
    tend(&app).await;
    assert_eq!((editions(&app).await[0].state, program.outbox().len()), (EditionState::Sent, READERS.len()));
}

#[tokio::test]
async fn what_was_approved_by_hand_is_sent_by_hand() {
    let program = on_monday("approval = \"auto\"").await;
    let app = program.at(tuesday("07:00:05")).await;
    let drafted = gleaner::curate::draft::draft(&app.store, &program::bulletin(&app).await, None, false, app.now()).await.unwrap();
    app.store.step_edition(drafted.edition, EditionState::Draft, EditionState::Approved, "desk", None, app.now()).await.unwrap();
    tend(&app).await;
    assert_eq!((editions(&app).await[0].state, program.outbox().len()), (EditionState::Approved, 0));
}

#[tokio::test]
async fn what_was_published_when_the_program_ended_is_sent_on() {
    let program = on_monday(WEEKLY).await;
    let app = program.at(tuesday("07:00:05")).await;
    let stop = CancellationToken::new();
    stop.cancel();
    daemon::tend(&app, &program::bulletin(&app).await, &stop).await.unwrap();
    let before = (editions(&app).await[0].state, program.outbox().len());
    assert_eq!(before, (EditionState::Sending, 0), "told to stop it hands nothing over");
    tend(&app).await;
    assert_eq!((editions(&app).await[0].state, program.outbox().len()), (EditionState::Sent, READERS.len()));
}

#[tokio::test]
async fn the_week_after_only_what_is_new_goes_out_and_an_empty_edition_goes_to_nobody() {
    let program = on_monday(WEEKLY).await;
    let app = program.at(tuesday("07:00:05")).await;
    tend(&app).await;
    app.store.close().await;
    let next = program.at(tuesday("07:00:05") + TimeDelta::days(7)).await;
    tend(&next).await;
    let states: Vec<EditionState> = editions(&next).await.iter().map(|e| e.state).collect();
    assert!(states.contains(&EditionState::Sent) && !states.contains(&EditionState::Sending), "{states:?}");
    assert_eq!(program.outbox().len(), READERS.len(), "nobody gets a mail with nothing in it");
}

/// `gleaner serve`, as an operator runs it. Killed with the value.
struct Daemon {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Daemon {
    fn start(program: &Program, now: DateTime<Utc>) -> Self {
        let mut child = serve(&program.config(), &program.data(), now).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, log }
    }

    /// The first log line with these words.
    async fn says(&mut self, words: &str) -> String {
        let found = async {
            while let Some(line) = self.log.next_line().await.unwrap() {
                if line.contains(words) {
                    return line;
                }
            }
            panic!("it ended without saying `{words}`")
        };
        timeout(PATIENCE, found).await.unwrap()
    }

    /// The status with which it ends after SIGTERM.
    async fn ends(mut self) -> Option<i32> {
        let pid = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.says("stopped").await;
        timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap().code()
    }
}

fn serve(config: &Path, data: &Path, now: DateTime<Utc>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
    command.arg("serve").arg("--config").arg(config).arg("--data").arg(data).args(["--as-of", &now.to_rfc3339()]);
    command.env("GLEANER_LOG", "info").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn the_program_serves_sends_what_is_due_ends_on_sigterm_and_does_not_send_again() {
    let program = on_monday(WEEKLY).await;
    let mut first = Daemon::start(&program, tuesday("07:00:05"));
    let address = first.says("listening").await.split_once("address=").unwrap().1.trim().to_owned();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let health = client.get(format!("http://{address}/health")).send().await.unwrap();
    assert_eq!(health.text().await.unwrap(), "ok\n");
    assert!(first.says("delivered").await.contains("sent=3"));
    let page = client.get(format!("http://{address}/culture/editions/1")).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Collections care training"));
    assert_eq!(first.ends().await, Some(0), "the client's open connection does not hold it up");
    assert_eq!(program.outbox().len(), READERS.len());

    let mut second = Daemon::start(&program, tuesday("07:10:00"));
    assert!(second.says("next edition").await.contains("2027-03-09T07:00:00+00:00"), "it has looked, and waits for the week after");
    assert_eq!(second.ends().await, Some(0));
    assert_eq!(program.outbox().len(), READERS.len(), "a restart sends nothing twice");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_the_setting() {
    let program = Program::new("", &page(&[])).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = serve(&program.config(), &program.data(), monday());
    let output = command.env("GLEANER__WEB__LISTEN", taken.local_addr().unwrap().to_string()).output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains(&taken.local_addr().unwrap().to_string()) && said.contains("web.listen"), "{said}");
}

#[tokio::test]
async fn the_loops_of_the_daemon_end_when_told_to() {
    let program = on_monday(WEEKLY).await;
    let app = Arc::new(program.at(monday()).await);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stop = CancellationToken::new();
    stop.cancel();
    timeout(PATIENCE, daemon::run(app, listener, stop)).await.unwrap().unwrap();
}
