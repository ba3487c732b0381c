//! Whole deliveries over loopback into Postfix's `smtp-sink`, beside Postfix's own `smtp-source` into the same sink in the same run.
//!
//! `cargo bench --bench delivery`. Every message is personalised and its row committed (`synchronous = FULL`) before and after; smtp-source
//! sends one fixed text and keeps no rows. Needs smtp-sink and smtp-source (Debian: postfix) and openssl; says so and ends well without.

mod support;

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use gleaner::{
    bulletin::{
        deliver::{self, Pace, Settings, Wording},
        publish,
    },
    mail::{Dkim, Login, Security, Smtp, Transport},
};
use support::{Figure, desk::Desk, now};
use tokio_util::sync::CancellationToken;

const MAILS: usize = 10_000;
const CONNECTIONS: u16 = 16;
/// Of one message on the wire, about.
const BYTES: usize = 20_000;
/// Readers of a whole list.
const LIST: usize = 100_000;
const AT_MOST: Duration = Duration::from_mins(2);

/// A running smtp-sink; it goes with the value.
struct Sink {
    child: Child,
    port: u16,
}

impl Sink {
    fn start() -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("/usr/sbin/smtp-sink");
        command.args(["-c", "-u", "nobody", &format!("127.0.0.1:{port}"), "1024"]).stdout(Stdio::null()).stderr(Stdio::null());
        let sink = Self { child: command.spawn().context("smtp-sink cannot be run; install postfix to measure")?, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(began.elapsed() < Duration::from_secs(5), "smtp-sink does not listen");
            std::thread::yield_now();
        }
        Ok(sink)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let sink = match Sink::start() {
        Ok(sink) => sink,
        Err(why) => {
            println!("nothing measured: {why:#}");
            return Ok(());
        }
    };
    let keys = tempfile::tempdir()?;
    for (what, algorithm) in [
        ("not signed", None),
        ("signed, Ed25519", Some(&["ED25519"][..])),
        ("signed, RSA-2048", Some(&["RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..])),
    ] {
        let dkim = algorithm.map(|a| key(keys.path(), a)).transpose()?;
        let peer = smtp_source(sink.port)?;
        let (ours, size) = send(sink.port, dkim).await?;
        ours.against(&format!("deliver, {what}, {size} kB"), "smtp-source -d", peer);
    }
    println!("{:<58} {} MiB", "memory at most, the bench itself included", support::peak_memory());
    whole_list(sink.port).await
}

/// The program itself over a whole list: its rate and the most memory it holds.
async fn whole_list(port: u16) -> anyhow::Result<()> {
    let desk = Desk::new().await?;
    desk.subscribe(LIST).await?;
    let (html, text) = content();
    let (edition, plan) = desk.approved(&html, &text).await?;
    publish::publish(&desk.store, &desk.secret, edition, plan, now()).await?;
    let began = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
    command.arg("--data").arg(desk.dir.path()).args(["edition", "send", &edition.to_string(), "--json"]).current_dir(desk.dir.path());
    let settings = [("TRANSPORT", "smtp".to_owned()), ("SMTP__HOST", "127.0.0.1".into()), ("SMTP__TLS", "none".into())];
    let more = [("SMTP__PORT", port.to_string()), ("SMTP__CONNECTIONS", CONNECTIONS.to_string())];
    command.envs(settings.into_iter().chain(more).map(|(key, value)| (format!("GLEANER__MAIL__{key}"), value)));
    let mut child = command.env("GLEANER__LOG__LEVEL", "error").stdout(Stdio::null()).spawn()?;
    let mut most = 0;
    while child.try_wait()?.is_none() {
        most = most.max(support::peak_memory_of(&child.id().to_string()));
        std::thread::sleep(Duration::from_millis(20));
    }
    let counts = desk.store.delivery_counts(edition).await?;
    ensure!(usize::try_from(counts.sent)? == LIST, "{counts:?}");
    Figure::of(LIST, began.elapsed()).print(&format!("`gleaner edition send` to a whole list, {most} MiB at most"));
    Ok(())
}

fn key(directory: &Path, algorithm: &[&str]) -> anyhow::Result<Dkim> {
    let file = directory.join(format!("{}.pem", algorithm[0]));
    let made = Command::new("openssl").args(["genpkey", "-algorithm"]).args(algorithm).arg("-out").arg(&file).stderr(Stdio::null()).status()?;
    ensure!(made.success(), "openssl made no key");
    Ok(Dkim::load("s1", "sender.example", &file)?)
}

fn smtp_source(port: u16) -> anyhow::Result<Figure> {
    let (connections, bytes, mails) = (CONNECTIONS.to_string(), BYTES.to_string(), MAILS.to_string());
    let began = Instant::now();
    let done = Command::new("/usr/sbin/smtp-source")
        .args(["-d", "-s", &connections, "-l", &bytes, "-m", &mails, "-f", "bulletin@sender.example", "-t", "reader@reader.example"])
        .arg(format!("127.0.0.1:{port}"))
        .status()?;
    ensure!(done.success(), "smtp-source failed");
    Ok(Figure::of(MAILS, began.elapsed()))
}

/// One edition to everybody; with it, the size of its content in kB.
async fn send(port: u16, dkim: Option<Dkim>) -> anyhow::Result<(Figure, usize)> {
    let desk = Desk::new().await?;
    desk.subscribe(MAILS).await?;
    let (html, text) = content();
    let (edition, plan) = desk.approved(&html, &text).await?;
    publish::publish(&desk.store, &desk.secret, edition, plan, now()).await?;
    let settings = settings(desk.dir.path(), dkim)?;
    let transport =
        Transport::Smtp(Smtp { host: "127.0.0.1".into(), port, security: Security::None, login: None::<Login>, connections: CONNECTIONS });
    let began = Instant::now();
    let sending = deliver::deliver(&desk.store, &transport, &settings, edition, now(), Arc::new(|_| ()), CancellationToken::new());
    let outcome = tokio::time::timeout(AT_MOST, sending).await.context("not done in two minutes")??;
    ensure!(usize::try_from(outcome.counts.sent)? == MAILS, "{outcome:?}");
    Ok((Figure::of(MAILS, began.elapsed()), (html.len() + text.len()) / 1_000))
}

/// HTML and text with the marks of a rendering, four to one as in a bulletin, together as large as the peer's text.
fn content() -> (String, String) {
    let links = "\u{E000}greeting\u{E001} \u{E000}why\u{E001} \u{E000}unsubscribe\u{E001} \u{E000}preferences\u{E001}";
    let item = "<tr><td style=\"padding:8px\"><h3>Zoë's course</h3><p>Monday 1 March, Leeds, £25</p></td></tr>\n";
    let html = format!("<html><body><table>{}</table><p>{links}</p></body></html>", item.repeat(BYTES * 7 / 10 / item.len()));
    let item = "Zoë's course\nMonday 1 March, Leeds, £25\n\n";
    let text = format!("{}{links}\n", item.repeat(BYTES * 2 / 10 / item.len()));
    (html, text)
}

fn settings(data: &Path, dkim: Option<Dkim>) -> anyhow::Result<Settings> {
    Ok(Settings {
        secret: Arc::new(gleaner::feedback::Secret::from_bytes([9; 32])),
        public_url: "https://bulletin.example/".parse()?,
        data: data.to_owned(),
        dkim,
        return_path: None,
        domains: Arc::new([]),
        wording: Wording {
            greeting: |name| format!("Hello {name},"),
            why: |_, bulletin, organisation| format!("You asked {organisation} for {bulletin}."),
        },
        pace: Pace::default(),
    })
}
