//! What comes back, on the whole program: one edition is sent, its mails come back in the forms of mail servers, and are read from a mailbox
//! on a real server, a Maildir or a pipe.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use gleaner::{
    app::App,
    collect::mailbox::{Account, After, ImapAddress},
    domain::{FeedbackOutcome, ReportKind, SubscriberState},
};
use serde_json::Value;

use crate::{
    dkim::has,
    imap::{self, Dovecot},
    program::{self, Program, email, monday, page, training_day},
};

const READERS: [&str; 4] = ["ann@reader.example", "bob@reader.example", "cat@reader.example", "dee@reader.example"];

/// A program that has sent one edition, with returned mail read from `feedback` (TOML).
struct Sent {
    program: Program,
    app: App,
}

impl Sent {
    async fn new(feedback: &str) -> Self {
        let program = Program::new("", &page(&[training_day("Collections care training for museum staff", "2027-03-16T10:00:00+00:00")])).await;
        let config = std::fs::read_to_string(program.config()).unwrap();
        std::fs::write(program.config(), format!("{config}\n{feedback}\n")).unwrap();
        let app = program.at(monday()).await;
        program::collect(&app).await;
        program::subscribe(&app, &READERS).await;
        program::send_edition(&app).await;
        Self { program, app }
    }

    /// The header of the mail that went to somebody.
    fn mail_to(&self, to: &str) -> String {
        let mails = self.program.outbox().into_iter().map(|m| String::from_utf8_lossy(&m).replace("\r\n", "\n"));
        let head = mails.map(|m| m.split_once("\n\n").unwrap().0.to_owned()).find(|head| head.contains(to));
        head.unwrap()
    }

    async fn state(&self, of: &str) -> SubscriberState {
        let bulletin = program::bulletin(&self.app).await;
        let person = self.app.store.subscriber_by_email(bulletin.organisation_id, &email(of)).await.unwrap().unwrap();
        self.app.store.subscription_state(person.id, bulletin.id).await.unwrap().unwrap()
    }

    async fn is_suppressed(&self, of: &str) -> bool {
        self.app.store.is_suppressed(&self.app.secret.email_hash(&email(of))).await.unwrap()
    }

    /// What comes back of four readers: nobody there, complaint, wish to leave, out of office.
    fn returned(&self) -> [(&'static str, String); 4] {
        let [ann, bob, cat, dee] = READERS.map(|r| self.mail_to(r));
        [
            ("bounce", qmail(READERS[0], &ann)),
            ("complaint", complaint(READERS[1], &bob)),
            ("leave", format!("From: {}\nTo: bulletin@sender.example\nSubject: Re: news\n\nPlease unsubscribe me.\n\n> {cat}\n", READERS[2])),
            (
                "away",
                format!(
                    "From: {}\nTo: bulletin@sender.example\nSubject: Automatic reply: news\nAuto-Submitted: auto-replied\n\nBack soon. {dee}\n",
                    READERS[3]
                ),
            ),
        ]
    }

    async fn check_done(&self) {
        assert_eq!((self.state(READERS[0]).await, self.is_suppressed(READERS[0]).await), (SubscriberState::Bounced, true));
        assert_eq!((self.state(READERS[1]).await, self.is_suppressed(READERS[1]).await), (SubscriberState::Complained, true));
        assert_eq!((self.state(READERS[2]).await, self.is_suppressed(READERS[2]).await), (SubscriberState::Unsubscribed, false));
        assert_eq!((self.state(READERS[3]).await, self.is_suppressed(READERS[3]).await), (SubscriberState::Active, false));
    }

    /// Runs the program's command line on this data.
    fn command(&self, args: &[&str], stdin: Option<&str>) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        command.args(["--config".as_ref(), self.program.config().as_os_str(), "--data".as_ref(), self.program.data().as_os_str()]);
        command.args(["--as-of", "2027-03-02T09:00:00Z"]).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.unwrap_or_default().as_bytes()).unwrap();
        let out = child.wait_with_output().unwrap();
        (
            out.status.success(),
            format!(
                "{}{}",
                String::from_utf8_lossy(&out.stdout),
                if out.status.success() { "".into() } else { String::from_utf8_lossy(&out.stderr) }
            ),
        )
    }

    fn json(&self, args: &[&str], stdin: Option<&str>) -> Value {
        let (done, out) = self.command(&[args, &["--json"]].concat(), stdin);
        assert!(done, "{args:?}: {out}");
        serde_json::from_str(&out).unwrap()
    }
}

fn qmail(to: &str, original: &str) -> String {
    format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.reader.example\nTo: bulletin@sender.example\nSubject: failure notice\n\n\
         Hi. This is the qmail-send program at mx.reader.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\
         This is a permanent error; I've given up. Sorry it didn't work out.\n\n<{to}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n\
         --- Below this line is a copy of the message.\n\n{original}\n\nDear reader\n"
    )
}

fn complaint(to: &str, original: &str) -> String {
    format!(
        "From: fbl@reader.example\nTo: bulletin@sender.example\nSubject: complaint\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n\
         --b\n\nA complaint.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nUser-Agent: x\nOriginal-Rcpt-To: <{to}>\n\n\
         --b\nContent-Type: message/rfc822\n\n{original}\n\nDear reader\n--b--\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_on_a_real_server_is_read_once_recorded_and_then_marked() {
    if !has("Dovecot (as root)", imap::is_there()) {
        return;
    }
    let server = Dovecot::start().await;
    let mut sent = Sent::new("").await;
    for (name, message) in sent.returned() {
        server.deliver(name, &message);
    }
    sent.app.config.feedback.mailbox =
        Some(Account { address: ImapAddress::parse(&server.address("INBOX")).unwrap().unwrap(), ..server.account(After::Seen, "") });
    let first = sent.app.read_returned().await.unwrap();
    assert_eq!((first.messages, first.repeated, first.notes.len()), (4, 0, 0), "{first:?} {}", server.log());
    assert_eq!(first.outcomes.get(&FeedbackOutcome::Suppressed), Some(&2));
    sent.check_done().await;
    assert!(server.names("").iter().all(|n| n.ends_with(":2,S")), "{:?}", server.names(""));
    assert_eq!(sent.app.read_returned().await.unwrap().messages, 0);
    // Died between recording and remembering: everything is read again and nothing counts twice.
    for table in ["feedback_mailbox", "feedback_message"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}"))).execute(sent.app.store.write()).await.unwrap();
    }
    let again = sent.app.read_returned().await.unwrap();
    assert_eq!((again.messages, again.repeated, again.outcomes.len()), (4, 4, 0), "{again:?}");
    // Died between remembering and marking: it is marked with the next look.
    sqlx::query("UPDATE feedback_message SET uid = 2 WHERE name = (SELECT MIN(name) FROM feedback_message)")
        .execute(sent.app.store.write())
        .await
        .unwrap();
    assert_eq!(sent.app.read_returned().await.unwrap().messages, 0);
    let waiting: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM feedback_message WHERE uid IS NOT NULL").fetch_one(sent.app.store.read()).await.unwrap();
    assert_eq!(waiting, 0);
    sent.check_done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maildir_is_read_and_not_touched() {
    let sent = Sent::new("[feedback]\nmaildir = \"returned\"").await;
    let maildir = sent.program.data().join("returned");
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(maildir.join(part)).unwrap();
    }
    for (name, message) in sent.returned() {
        std::fs::write(maildir.join("new").join(name), message).unwrap();
    }
    let report = sent.app.read_returned().await.unwrap();
    assert_eq!((report.messages, report.kinds.get(&ReportKind::AutoReply)), (4, Some(&1)), "{report:?}");
    sent.check_done().await;
    assert_eq!(std::fs::read_dir(maildir.join("new")).unwrap().count(), 4);
    assert_eq!(sent.app.read_returned().await.unwrap().messages, 0);
    assert_eq!(sent.json(&["feedback", "read", "--maildir", maildir.to_str().unwrap()], None)["messages"], 0, "by either name it is one folder");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_reads_from_a_pipe_and_shows_what_was_made_of_it() {
    let sent = Sent::new("").await;
    let [(_, bounce), (_, complaint), ..] = sent.returned();
    let read = sent.json(&["feedback", "read", "--file", "-"], Some(&bounce));
    assert_eq!((read["messages"].as_u64(), read["outcomes"]["suppressed"].as_u64()), (Some(1), Some(1)), "{read}");
    let file = sent.program.dir.path().join("complaint.eml");
    std::fs::write(&file, complaint).unwrap();
    assert_eq!(sent.json(&["feedback", "read", "--file", file.to_str().unwrap()], None)["kinds"]["complaint"], 1);
    let forged = qmail(READERS[3], "Message-ID: <made.up@sender.example>\n");
    assert_eq!(sent.json(&["feedback", "read", "--file", "-"], Some(&forged))["outcomes"]["unproven"], 1);
    let open = sent.json(&["feedback", "list"], None);
    assert_eq!(open["feedback"].as_array().unwrap().len(), 1, "{open}");
    assert_eq!((open["feedback"][0]["recipient"].as_str(), open["feedback"][0]["outcome"].as_str()), (Some(READERS[3]), Some("unproven")));
    let (_, words) = sent.command(&["feedback", "list", "--all", "--done"], None);
    assert!(words.contains("bounce (mailbox) ann@reader.example: suppressed"), "{words}");
    assert!(sent.command(&["feedback", "list"], None).1.contains("nothing waits for a person"));
    let (done, said) = sent.command(&["feedback", "read"], None);
    assert!(!done && said.contains("feedback.mailbox"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_held_on_a_person_is_shown_and_erased() {
    let sent = Sent::new("").await;
    let [(_, bounce), ..] = sent.returned();
    sent.json(&["feedback", "read", "--file", "-"], Some(&bounce));
    let shown = sent.json(&["subscribers", "show", "Ann@reader.example"], None);
    let held = &shown["held"][0];
    assert_eq!((held["organisation"].as_str(), held["name"].as_str()), (Some("Culture Body"), Some("Reader")), "{shown}");
    assert_eq!((held["lists"][0]["state"].as_str(), held["consent"][0]["act"].as_str()), (Some("bounced"), Some("imported")));
    assert_eq!((held["deliveries"][0]["sent_to"].as_str(), held["deliveries"][0]["state"].as_str()), (Some(READERS[0]), Some("sent")));
    assert_eq!((held["feedback"][0]["kind"].as_str(), held["suppression"]["reason"].as_str()), (Some("bounce"), Some("bounced")));
    assert_eq!(held["preferences"]["frequency"], "each");
    assert!(held["feedback"][0]["words"].as_str().unwrap().contains("no mailbox here"));
    assert_eq!(sent.json(&["subscribers", "forget", READERS[0]], None)["forgotten"], true);
    let after = sent.json(&["subscribers", "show", READERS[0]], None);
    assert!(after["held"][0].get("name").is_none() && after["held"][0].get("feedback").is_none(), "{after}");
    assert_eq!(after["held"][0]["consent"].as_array().unwrap().last().unwrap()["act"], "erased");
    assert_eq!(sent.json(&["subscribers", "show", "nobody@reader.example"], None)["held"].as_array().unwrap().len(), 0);
    let rows = program::dump(&sent.app).await;
    assert!(!rows.iter().any(|row| row.contains(READERS[0])), "the address is in no row");
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_and_rubbish_are_read_in_passing() {
    let sent = Sent::new("").await;
    let before = program::dump(&sent.app).await.len();
    let part = "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n";
    let bombs = [
        format!("Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n{}", part.repeat(100_000)),
        "Content-Type: message/rfc822\n\n".repeat(200_000),
        format!("Content-Type: multipart/mixed; boundary={}\n\n", "b".repeat(1_000_000)),
        format!("From: MAILER-DAEMON@x.example\nSubject: failure notice\n\nunable to deliver\n{}", "<a@b.example>:\n".repeat(200_000)),
        "\u{0}\u{1}\u{2}\n".repeat(10_000),
        String::new(),
    ];
    for bomb in &bombs {
        let report = sent.app.read_returned_message(bomb.clone().into_bytes()).await.unwrap();
        assert!(report.outcomes.keys().all(|o| *o == FeedbackOutcome::Unproven), "{report:?}");
    }
    let rows = program::dump(&sent.app).await.len() - before;
    assert!(rows <= bombs.len() + 20, "{rows} rows");
    for reader in READERS {
        assert_eq!(sent.state(reader).await, SubscriberState::Active);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn editors_are_told_once_when_mail_is_refused_because_of_us() {
    let sent = Sent::new("").await;
    let (done, said) = sent.command(&["user", "add", "desk@sender.example", "--role", "editor"], None);
    assert!(done, "{said}");
    let blocked = |to: &str| {
        qmail(to, &sent.mail_to(to)).replace("Sorry, no mailbox here by that name. (#5.1.1)", "Remote host said: 554 5.7.1 blocked using bl.example")
    };
    for reader in READERS {
        let before = sent.program.outbox().len();
        let report = sent.app.read_returned_message(blocked(reader).into_bytes()).await.unwrap();
        assert_eq!(report.outcomes.get(&FeedbackOutcome::Alarmed), Some(&1), "{report:?}");
        assert_eq!((sent.state(reader).await, sent.is_suppressed(reader).await), (SubscriberState::Active, false));
        assert_eq!(sent.program.outbox().len() - before, usize::from(reader == READERS[0]), "one mail, at the first");
    }
    let told = sent.mail_to("desk@sender.example");
    assert!(told.contains("Subject: reader.example refuses our mail"), "{told}");
    assert_eq!(sent.json(&["feedback", "list"], None)["refused_by"][0]["reports"], 4);
}
