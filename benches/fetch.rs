//! Asking whether anything is new: conditional requests a second beside `wrk` and beside bare reqwest, and what 2,000 sources cost.
//!
//! `cargo bench --bench fetch`. The server is a process of its own, so that the memory printed is the client's. One request at a time goes to
//! each host, so the hosts are addresses of the loopback network.

mod support;

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use gleaner::{
    collect::{
        fetch::{FetchSettings, Fetched, Fetcher, Guard, Validators},
        mailbox::Accounts,
        run::Collector,
    },
    domain::SourceKind,
    schedule::IntervalBounds,
    store::source::NewSource,
    tag::{Tagger, Taxonomy},
};
use support::{Figure, desk::Desk, now, server};
use url::Url;

const CONNECTIONS: usize = 64;
const SOURCES: usize = 2_000;
const FOR: Duration = Duration::from_secs(4);
/// Set in the process that serves.
const SERVES: &str = "GLEANER_BENCH_SERVES";

fn main() -> anyhow::Result<()> {
    if std::env::var_os(SERVES).is_some() {
        return serve();
    }
    let server = Server::start()?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(server.port))
}

async fn measure(port: u16) -> anyhow::Result<()> {
    let peer = wrk(&format!("http://127.0.0.1:{port}/"));
    for (what, figure) in [("poll, 304 over 64 kept connections", polling(port).await?), ("the same by bare reqwest", bare(port).await?)] {
        match &peer {
            Ok(peer) => figure.against(what, "wrk", *peer),
            Err(_) => figure.print(what),
        }
    }
    if let Err(why) = peer {
        println!("  no peer: {why}");
    }
    passes(port).await?;
    println!("{:<58} {} MiB", "memory at most", support::peak_memory());
    Ok(())
}

/// The server's process; it ends with the value.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?).env(SERVES, "1").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let out = process.stdout.take().context("the server says nothing")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line)?;
        Ok(Self { port: line.trim().parse()?, process })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says the port and serves until its standard input ends, as it does when its parent dies.
fn serve() -> anyhow::Result<()> {
    println!("{}", server::serve("text/html", b"<p>Nothing new</p>".to_vec())?);
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

fn fetcher() -> anyhow::Result<Fetcher> {
    let guard = Guard::new(vec!["127.0.0.0/8".parse()?]);
    Ok(Fetcher::new(FetchSettings { pause: Duration::ZERO, guard, ..FetchSettings::default() })?)
}

fn host(n: usize, port: u16) -> String {
    format!("http://127.0.{}.{}:{port}/", 1 + n / 250, 1 + n % 250)
}

/// Asks each of the hosts again and again, one request at a time, as `ask` does until it is told that the time is over.
async fn for_a_while<F>(port: u16, ask: impl Fn(Url, Instant) -> F) -> anyhow::Result<Figure>
where
    F: Future<Output = anyhow::Result<usize>> + Send + 'static,
{
    let (began, mut hosts) = (Instant::now(), tokio::task::JoinSet::new());
    for n in 0..CONNECTIONS {
        hosts.spawn(ask(Url::parse(&host(n, port))?, began + FOR));
    }
    let asked = hosts.join_all().await.into_iter().sum::<anyhow::Result<usize>>()?;
    Ok(Figure::of(asked, began.elapsed()))
}

async fn polling(port: u16) -> anyhow::Result<Figure> {
    let (fetcher, validators) = (fetcher()?, Arc::new(Validators { etag: Some("\"one\"".into()), last_modified: None }));
    for_a_while(port, |url, end| {
        let (fetcher, validators) = (fetcher.clone(), Arc::clone(&validators));
        async move {
            let mut asked = 0;
            while Instant::now() < end {
                ensure!(matches!(fetcher.get(&url, &validators).await?, Fetched::Unchanged), "{url}: not a 304");
                asked += 1;
            }
            Ok(asked)
        }
    })
    .await
}

/// What the HTTP client alone gives: the limit of the line before.
async fn bare(port: u16) -> anyhow::Result<Figure> {
    let client = reqwest::Client::builder().no_proxy().user_agent("bench").build()?;
    for_a_while(port, |url, end| {
        let client = client.clone();
        async move {
            let mut asked = 0;
            while Instant::now() < end {
                let answer = client.get(url.clone()).header("if-none-match", "\"one\"").send().await?;
                ensure!(answer.status() == 304, "{url}: not a 304");
                asked += 1;
            }
            Ok(asked)
        }
    })
    .await
}

/// Two passes over sources that are each a host of their own, by the collector and with the database: the first reads them all, and
/// robots.txt with each; the second finds them as empty as they were.
async fn passes(port: u16) -> anyhow::Result<()> {
    let (desk, fetcher, tagger) = (Desk::new().await?, fetcher()?, Tagger::new(Taxonomy::built_in()));
    for n in 0..SOURCES {
        let new = NewSource {
            url: host(n, port),
            kind: SourceKind::Page,
            provider: None,
            selectors: None,
            columns: None,
            zone: chrono_tz::Tz::Europe__London,
            day_first: true,
            interval_minutes: 360,
        };
        desk.store.add_source(&new, now()).await?;
    }
    let collector = Collector {
        store: &desk.store,
        fetcher: &fetcher,
        accounts: &Accounts::default(),
        tagger: &tagger,
        concurrency: CONNECTIONS,
        horizon_days: 400,
        min_confidence: 0.5,
        adapts: Some(IntervalBounds::default()),
        clock: Arc::new(now),
    };
    for what in ["pass over 2,000 new sources", "the same again"] {
        let began = Instant::now();
        let report = collector.pass(desk.store.sources().await?, now(), |_| ()).await?;
        // A page without events is suspect, and so is read again although it is the same.
        ensure!((report.failed, report.sources) == (0, SOURCES), "{:?}", report.failures.first());
        Figure::of(SOURCES, began.elapsed()).print(what);
    }
    Ok(())
}

/// `Requests/sec:  12345.67` of wrk's report.
fn wrk(server: &str) -> anyhow::Result<Figure> {
    let seconds = FOR.as_secs();
    let run = Command::new("wrk").args(["-c64", "-t2", &format!("-d{seconds}s"), "-H", "If-None-Match: \"one\"", server]).output();
    let output = run.map_err(|e| anyhow::anyhow!("wrk cannot be run ({e}); install it to compare"))?;
    let report = String::from_utf8_lossy(&output.stdout);
    let rate: f64 = report
        .lines()
        .find_map(|l| l.strip_prefix("Requests/sec:"))
        .and_then(|r| r.trim().parse().ok())
        .ok_or_else(|| anyhow::anyhow!("wrk said nothing of use: {report}"))?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of requests")]
    Ok(Figure::of((rate * FOR.as_secs_f64()) as usize, FOR))
}
