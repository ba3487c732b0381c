//! Asking 64 hosts whether anything is new: conditional requests a second, beside `wrk` on the same server in the same run.
//!
//! `cargo bench --bench fetch`. One request at a time goes to each host, so the hosts are 64 addresses of the loopback network.

mod support;

use std::{
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use gleaner::collect::fetch::{FetchSettings, Fetched, Fetcher, Guard, Validators};
use support::Figure;
use url::Url;

const CONNECTIONS: usize = 64;
const FOR: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port = support::server::serve("text/html", b"<p>Nothing new</p>".to_vec())?;
    let (ours, server) = (polling(port).await?, format!("http://127.0.0.1:{port}/"));
    match wrk(&server) {
        Ok(peer) => ours.against("poll, 304 over 64 kept connections", "wrk", peer),
        Err(why) => {
            ours.print("poll, 304 over 64 kept connections");
            println!("  no peer: {why}");
        }
    }
    println!("{:<58} {} MiB", "memory at most", support::peak_memory());
    Ok(())
}

async fn polling(port: u16) -> anyhow::Result<Figure> {
    let guard = Guard::new(vec!["127.0.0.0/8".parse()?]);
    let fetcher = Arc::new(Fetcher::new(FetchSettings { pause: Duration::ZERO, guard, ..FetchSettings::default() })?);
    let validators = Arc::new(Validators { etag: Some("\"one\"".into()), last_modified: None });
    let began = Instant::now();
    let mut hosts = tokio::task::JoinSet::new();
    for host in 1..=CONNECTIONS {
        let (fetcher, validators) = (Arc::clone(&fetcher), Arc::clone(&validators));
        let url = Url::parse(&format!("http://127.0.1.{host}:{port}/"))?;
        hosts.spawn(async move {
            let mut asked = 0;
            while began.elapsed() < FOR {
                anyhow::ensure!(matches!(fetcher.get(&url, &validators).await?, Fetched::Unchanged), "{url}: not a 304");
                asked += 1;
            }
            Ok(asked)
        });
    }
    let asked = hosts.join_all().await.into_iter().sum::<anyhow::Result<usize>>()?;
    Ok(Figure::of(asked, began.elapsed()))
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
