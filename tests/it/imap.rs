//! A mailbox on a real server: Debian's Dovecot, run as an ordinary process with a configuration of its own, holds the bulletins.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use gleaner::{
    collect::mailbox::{Account, Accounts, After, ImapAddress},
    domain::{SourceId, SourceKind},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    cli::Program,
    collecting::{Desk, source},
    dkim::has,
    site::{Answer, Site},
};

const NOW: &str = "2027-03-01T09:00:00Z";
const PASSWORD: &str = "s3cret word";

/// A Dovecot of its own on free ports; stopped when dropped.
pub struct Dovecot {
    dir: tempfile::TempDir,
    process: Child,
    port: u16,
    tls_port: u16,
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub fn is_there() -> bool {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0");
    root && Command::new("dovecot").arg("--version").output().is_ok_and(|o| o.status.success())
}

impl Dovecot {
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path();
        std::fs::set_permissions(at, PermissionsExt::from_mode(0o755)).unwrap();
        let (port, tls_port) = (free_port(), free_port());
        let certificate = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=127.0.0.1", "-addext"];
        let names = ["subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key.pem", "-out", "cert.pem"];
        let done = Command::new("openssl").args(certificate).args(names).current_dir(at).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        for folder in ["new", "cur", "tmp"] {
            std::fs::create_dir_all(at.join("mail").join(folder)).unwrap();
        }
        let owner = Command::new("chown").args(["-R", "nobody:nogroup"]).arg(at.join("mail")).output().unwrap();
        assert!(owner.status.success());
        let id = |of: &str| String::from_utf8(Command::new("id").args([of, "nobody"]).output().unwrap().stdout).unwrap().trim().to_owned();
        let at = at.display();
        std::fs::write(dir.path().join("users"), format!("news:{{PLAIN}}{PASSWORD}:{}:{}::{at}/mail\n", id("-u"), id("-g"))).unwrap();
        let config = format!(
            "base_dir = {at}/run\nstate_dir = {at}/state\nlog_path = {at}/log\nprotocols = imap\nlisten = 127.0.0.1\n\
             ssl = yes\nssl_cert = <{at}/cert.pem\nssl_key = <{at}/key.pem\ndisable_plaintext_auth = no\n\
             mail_location = maildir:{at}/mail\nfirst_valid_uid = 1\nfirst_valid_gid = 1\nauth_mechanisms = plain login\n\
             passdb {{\n driver = passwd-file\n args = {at}/users\n}}\nuserdb {{\n driver = passwd-file\n args = {at}/users\n}}\n\
             default_login_user = nobody\ndefault_internal_user = nobody\ndefault_internal_group = nogroup\n\
             service imap-login {{\n chroot =\n inet_listener imap {{\n port = {port}\n }}\n inet_listener imaps {{\n port = {tls_port}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n"
        );
        let file = dir.path().join("dovecot.conf");
        std::fs::write(&file, config).unwrap();
        let process = Command::new("dovecot").arg("-F").arg("-c").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { dir, process, port, tls_port };
        server.ready().await;
        server
    }

    /// Waits until it answers.
    async fn ready(&self) {
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            // Another process's start cannot be awaited; it is asked again, and the number of questions is bounded.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("Dovecot did not start: {}", self.log());
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn mail(&self) -> PathBuf {
        self.dir.path().join("mail")
    }

    /// Puts a message into the mailbox, as a mail server delivers it.
    pub fn deliver(&self, name: &str, message: &str) {
        let staged = self.mail().join("tmp").join(name);
        std::fs::write(&staged, message.replace('\n', "\r\n")).unwrap();
        std::fs::set_permissions(&staged, PermissionsExt::from_mode(0o666)).unwrap();
        std::fs::rename(staged, self.mail().join("new").join(name)).unwrap();
    }

    /// File names of a folder's messages, flags included, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let mut names = Vec::new();
        for part in ["new", "cur"] {
            let Ok(entries) = std::fs::read_dir(self.mail().join(folder).join(part)) else { continue };
            names.extend(entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()));
        }
        names.sort();
        names
    }

    pub fn address(&self, folder: &str) -> String {
        format!("imap://news@127.0.0.1:{}/{folder}", self.port)
    }

    pub fn account(&self, after: After, after_name: &str) -> Account {
        Account {
            address: ImapAddress::parse(&self.address("")).unwrap().unwrap(),
            password: Some(PASSWORD.to_owned().into()),
            password_file: None,
            after,
            after_name: after_name.to_owned(),
        }
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let _ = Command::new("doveadm").arg("-c").arg(self.dir.path().join("dovecot.conf")).arg("stop").output();
        let _ = self.process.wait();
    }
}

fn bulletin(title: &str, day: &str, link: &str) -> String {
    format!(
        "From: Culture North <news@culture.example>\nTo: news@body.example\nSubject: Training news\nDate: Mon, 22 Feb 2027 09:00:00 +0000\nMessage-ID: <{title}@culture.example>\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<h2>Training</h2><h3>{title}</h3><p>{day}, 10am, Old Mill, Leeds. A workshop for museum staff.</p><p><a href=\"{link}\">Book now</a></p>\n"
    )
}

async fn desk_with(server: &Dovecot, after: After, after_name: &str) -> (Desk, SourceId) {
    let mut desk = Desk::open().await;
    desk.accounts = Accounts(vec![server.account(after, after_name)]);
    let id = desk.add(source(server.address("INBOX"), SourceKind::Mailbox)).await;
    (desk, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn new_messages_are_read_once_and_flagged_after_they_are_stored() {
    if !has("Dovecot (as root)", is_there()) {
        return;
    }
    let server = Dovecot::start().await;
    server.deliver("1", &bulletin("Pests and moulds", "Tuesday 4 May", "https://museums.example/1"));
    server.deliver("2", "this is no message\n");
    server.deliver("3", &bulletin("Grant writing", "Wednesday 5 May", "https://funds.example/2?mc_eid=abc&utm_source=x"));
    let (desk, id) = desk_with(&server, After::Seen, "").await;
    let first = desk.look(&[id], NOW).await;
    assert_eq!((first.failed, first.new, first.events), (0, 2, 2), "{first:?} {}", server.log());
    assert!(server.names("").iter().all(|n| n.ends_with(":2,S")), "{:?}", server.names(""));
    let links: Vec<_> = desk.listings().await.into_iter().filter_map(|l| l.candidate.url).collect();
    assert!(links.contains(&"https://funds.example/2".to_owned()), "{links:?}");
    assert!(desk.listings().await.iter().all(|l| l.candidate.facts.provider.is_none()), "the sender is no provider");
    // Nothing new: nothing is read. Then one more.
    let again = desk.look(&[id], NOW).await;
    assert_eq!((again.unchanged, again.listings), (1, 0));
    server.deliver("4", &bulletin("Object handling", "Thursday 6 May", "https://museums.example/4"));
    let third = desk.look(&[id], NOW).await;
    assert_eq!((third.listings, third.new), (1, 1));
    assert_eq!(desk.rows("listing").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_marked_as_the_operator_chose() {
    if !has("Dovecot (as root)", is_there()) {
        return;
    }
    let server = Dovecot::start().await;
    for (n, (after, name)) in
        [(After::Nothing, ""), (After::Keyword, "Gleaned"), (After::Move, "Gelesen & gemocht: Förderung")].into_iter().enumerate()
    {
        server.deliver(&format!("m{n}"), &bulletin(&format!("Course {n}"), "Tuesday 4 May", &format!("https://museums.example/{n}")));
        let (desk, id) = desk_with(&server, after, name).await;
        let report = desk.look(&[id], NOW).await;
        assert_eq!((report.failed, report.new, report.notes.len()), (0, n + 1, 0), "{report:?}");
        match after {
            After::Nothing => assert!(server.names("").iter().all(|f| !f.contains(",S")), "{:?}", server.names("")),
            After::Keyword => assert!(server.names("").iter().all(|f| f.ends_with(":2,a")), "{:?}", server.names("")),
            _ => assert!(server.names("").is_empty()),
        }
    }
    let moved = std::fs::read_dir(server.mail()).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).find(|n| n.starts_with('.'));
    assert_eq!(server.names(&moved.unwrap()).len(), 3, "moved, and still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_died_between_storing_and_marking_leaves_no_double_and_no_gap() {
    if !has("Dovecot (as root)", is_there()) {
        return;
    }
    let server = Dovecot::start().await;
    for n in 0..5 {
        server.deliver(&format!("m{n}"), &bulletin(&format!("Course {n}"), "Tuesday 4 May", &format!("https://museums.example/{n}")));
    }
    let (desk, id) = desk_with(&server, After::Seen, "").await;
    desk.look(&[id], NOW).await;
    // Died before the messages were remembered: they are read again.
    for table in ["mailbox", "mailbox_message"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}"))).execute(desk.store.write()).await.unwrap();
    }
    let again = desk.look(&[id], NOW).await;
    assert_eq!((again.listings, again.new, again.changed, again.events), (5, 0, 0, 0));
    // Died after that and before they were marked.
    sqlx::query("UPDATE mailbox_message SET uid = 3 WHERE name = (SELECT MIN(name) FROM mailbox_message)").execute(desk.store.write()).await.unwrap();
    let marked = desk.look(&[id], NOW).await;
    assert_eq!((marked.failed, marked.listings), (0, 0));
    assert_eq!(desk.store.messages_to_mark(id).await.unwrap(), Vec::<u32>::new());
    // The mailbox came back from a backup: every number is new, every message known.
    sqlx::query("UPDATE mailbox SET uid_validity = 1").execute(desk.store.write()).await.unwrap();
    let moved = desk.look(&[id], NOW).await;
    assert_eq!((moved.failed, moved.listings, desk.rows("listing").await, desk.rows("revision").await), (0, 0, 5, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_off_loses_nothing_and_doubles_nothing() {
    if !has("Dovecot (as root)", is_there()) {
        return;
    }
    let server = Dovecot::start().await;
    for n in 0..12 {
        server.deliver(&format!("m{n:02}"), &bulletin(&format!("Course {n}"), "Tuesday 4 May", &format!("https://museums.example/{n}")));
    }
    let (mut desk, _) = desk_with(&server, After::Seen, "").await;
    let mut read = 0;
    // Cut after so many bytes, ever later: in the greeting, in the login, in the middle of a message.
    let mut failures = 0;
    for most in [10, 600, 1_500, 3_000, 5_000, 6_500, 200_000] {
        let port = cut_after(server.port, most).await;
        let address = format!("imap://news@127.0.0.1:{port}/INBOX");
        desk.accounts.0[0].address = ImapAddress::parse(&address).unwrap().unwrap();
        sqlx::query("UPDATE source SET url = $1").bind(&address).execute(desk.store.write()).await.unwrap();
        let id = desk.store.sources().await.unwrap()[0].id;
        let report = desk.look(&[id], NOW).await;
        failures += report.failed;
        read += report.new;
        assert_eq!(report.changed, 0);
    }
    assert!(failures >= 4, "{failures}");
    assert_eq!((read, desk.rows("listing").await), (12, 12), "{}", server.log());
    assert!(server.names("").iter().all(|n| n.ends_with(":2,S")), "{:?}", server.names(""));
}

/// A port that passes on to another one and cuts the connection once the server has sent so many bytes.
async fn cut_after(port: u16, most: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let up = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            let (mut left, mut buffer) = (most, [0; 512]);
            while let Ok(n) = from_server.read(&mut buffer).await {
                let n = n.min(left);
                left -= n;
                if n == 0 || to_client.write_all(&buffer[..n]).await.is_err() || left == 0 {
                    break;
                }
            }
            up.abort();
        }
    });
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_messages_are_read_in_batches() {
    if !has("Dovecot (as root)", is_there()) {
        return;
    }
    let server = Dovecot::start().await;
    for n in 0..1_000 {
        server.deliver(&format!("m{n:04}"), &format!("From: a@b.example\nSubject: Nothing {n}\n\nNothing to see here.\n"));
    }
    server.deliver("last", &bulletin("Pests and moulds", "Tuesday 4 May", "https://museums.example/1"));
    let (desk, id) = desk_with(&server, After::Seen, "").await;
    let report = desk.look(&[id], NOW).await;
    assert_eq!((report.failed, report.new), (0, 1), "{report:?}");
    assert_eq!(desk.rows("mailbox_message").await, 1_001);
    assert!(server.names("").iter().all(|n| n.ends_with(":2,S")));
}

#[tokio::test(flavor = "multi_thread")]
async fn tracking_links_are_asked_once_and_never_published() {
    if !has("Dovecot (as root)", is_there()) {
        return;
    }
    let (server, site) = (Dovecot::start().await, Site::start().await);
    let tracking = "/track/click?upn=AbCdEfGhIjKlMn1234567890";
    site.set(tracking, Answer::status(302).with("location", &site.url("/course?utm_source=news&mc_eid=1a2b3c4d5e")));
    site.set("/course?utm_source=news&mc_eid=1a2b3c4d5e", Answer::ok("text/html", "<p>A course</p>"));
    let dead = "/track/click?upn=ZyXwVuTsRqPoNm0987654321";
    server.deliver("1", &bulletin("Pests and moulds", "Tuesday 4 May", &site.url(tracking)));
    server.deliver("2", &bulletin("Pests and moulds again", "Tuesday 11 May", &site.url(tracking)));
    server.deliver("3", &bulletin("Dead end", "Tuesday 18 May", &site.url(dead)));
    let (desk, id) = desk_with(&server, After::Seen, "").await;
    let report = desk.look(&[id], NOW).await;
    assert_eq!((report.failed, report.new), (0, 3), "{report:?}");
    let mut links: Vec<_> = desk.listings().await.into_iter().map(|l| l.candidate.url.unwrap_or_default()).collect();
    links.sort();
    assert_eq!(links, [String::new(), site.url("/course"), site.url("/course")]);
    assert_eq!(site.asked(tracking).len(), 1, "asked once, remembered for the second message");
    let stored: Vec<(String, Option<String>)> = sqlx::query_as("SELECT digest, target FROM tracked_link").fetch_all(desk.store.read()).await.unwrap();
    assert!(stored.iter().all(|(d, t)| !d.contains("AbCd") && !t.as_deref().unwrap_or_default().contains("1a2b")), "{stored:?}");
}

/// Accepts connections and says what a test wants, then nothing.
async fn says(words: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(words).await;
            kept.push(stream);
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_none_costs_little_and_fails_in_words() {
    let mut desk = Desk::open().await;
    let check = async |desk: &mut Desk, words: &'static [u8], expected: &str| {
        let address = format!("imap://news@127.0.0.1:{}/INBOX", says(words).await);
        let parsed = ImapAddress::parse(&address).unwrap().unwrap();
        desk.accounts = Accounts(vec![Account {
            address: parsed,
            password: Some("p".to_owned().into()),
            password_file: None,
            after: After::Seen,
            after_name: String::new(),
        }]);
        let id = desk.add(source(&address, SourceKind::Mailbox)).await;
        let report = desk.look(&[id], NOW).await;
        assert!(report.failed == 1 && report.failures[0].reason.contains(expected), "{:?}", report.failures);
    };
    check(&mut desk, b"HTTP/1.1 200 OK\r\n\r\n", "broke off: its answer is no IMAP").await;
    check(&mut desk, b"* OK hello\r\n* LIST () \"/\" {400000000}\r\n", "larger than a message may be").await;
    check(&mut desk, b"* OK ready\r\nA0001 NO [AUTHENTICATIONFAILED] No.\r\n", "refused the login of news: [AUTHENTICATIONFAILED] No.").await;
    let outside = desk.add(source("imap://news@10.0.0.1/INBOX", SourceKind::Mailbox)).await;
    let reason = |r: gleaner::collect::run::Report| r.failures[0].reason.clone();
    let unknown = reason(desk.look(&[outside], NOW).await);
    assert!(unknown.contains("no password is configured for imap://news@10.0.0.1"), "{unknown}");
    desk.accounts.0[0].address = ImapAddress::parse("imap://news@10.0.0.1/").unwrap().unwrap();
    let refused = reason(desk.look(&[outside], NOW).await);
    assert!(refused.contains("10.0.0.1 is not a public address"), "{refused}");
}

fn configured(program: &Program, server: &Dovecot, port: u16, scheme: &str, password: &str) -> String {
    let secret = program.write("password", &format!("{password}\n"));
    let address = format!("{scheme}://news@127.0.0.1:{port}");
    let _ = server;
    program.write("gleaner.toml", &format!("[mailbox.bulletins]\naddress = \"{address}\"\npassword_file = \"{secret}\"\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_reads_a_mailbox_over_tls_and_says_in_words_what_is_wrong() {
    if !has("Dovecot (as root)", is_there()) {
        return;
    }
    let server = Dovecot::start().await;
    server.deliver("1", &bulletin("Pests and moulds", "Tuesday 4 May", "https://museums.example/1"));
    let run = |config: &str, folder: &str, scheme: &str, port: u16, trust: Option<&Path>| {
        let program = Program::new();
        let password = if config == "wrong" { "wrong" } else { PASSWORD };
        let file = configured(&program, &server, port, scheme, password);
        let address = format!("{scheme}://news@127.0.0.1:{port}/{folder}");
        let call = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
            command.args(["--config", &file, "--as-of", NOW, "--json"]).args(args).current_dir(program.dir.path());
            command.env("GLEANER__FETCH__ALLOW_NETWORKS", "[\"127.0.0.0/8\"]").env("GLEANER_LOG", "trace");
            if let Some(certificate) = trust {
                command.env("SSL_CERT_FILE", certificate);
            }
            let out = command.output().unwrap();
            let logged = String::from_utf8_lossy(&out.stderr).into_owned();
            assert!(!logged.contains(PASSWORD), "the password was logged");
            assert!(out.status.success(), "{logged}");
            serde_json::from_slice::<serde_json::Value>(&out.stdout).unwrap()
        };
        call(&["source", "add", &address]);
        call(&["collect"])
    };
    let certificate = server.dir.path().join("cert.pem");
    let good = run("good", "INBOX", "imaps", server.tls_port, Some(&certificate));
    assert_eq!((good["failed"].as_u64(), good["new"].as_u64()), (Some(0), Some(1)), "{good} {}", server.log());
    let reason = |report: serde_json::Value| report["failures"][0]["reason"].as_str().unwrap_or_default().to_owned();
    let untrusted = reason(run("good", "INBOX", "imaps", server.tls_port, None));
    assert!(untrusted.contains("TLS with 127.0.0.1 failed") && untrusted.contains("certificate"), "{untrusted}");
    let refused = reason(run("wrong", "INBOX", "imap", server.port, None));
    assert!(refused.contains("refused the login of news"), "{refused}");
    let missing = reason(run("good", "Bulletins", "imap", server.port, None));
    assert!(missing.contains("there is no folder `Bulletins`") && missing.contains("the mailbox has INBOX"), "{missing}");
}
