//! What needs the database: collecting a source, placing one listing beside many, taking in readers, publishing, claiming.
//!
//! `cargo bench --bench store`, or only a part of it: `-- commits`, `collecting`, `placing`, `readers`. The database is a file in the temporary directory: set `TMPDIR` to the disk that is asked about.

mod support;

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use gleaner::{
    bulletin::{publish, subscribers},
    collect::{
        fetch::{FetchSettings, Fetcher, Guard},
        mailbox::Accounts,
        normalise::normalise,
        place::Placer,
        run::Collector,
    },
    domain::SourceKind,
    identity::Corpus,
    store::{
        Store,
        listing::{Seen, Sighting},
        new_id,
        source::NewSource,
    },
    tag::{Tagger, Taxonomy},
};
use support::{Figure, Sample, Words, archive, desk::Desk, documents, now};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (words, tagger) = (Words::new(10_000), Tagger::new(Taxonomy::built_in()));
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let wants = |part: &str| asked.is_empty() || asked.iter().any(|a| a == part);
    if wants("commits") {
        commits().await?;
    }
    if wants("collecting") {
        collecting(&words, &tagger).await?;
    }
    if wants("placing") {
        placing(&words, &tagger).await?;
    }
    if wants("readers") {
        readers().await?;
    }
    println!("{:<58} {} MiB", "memory at most", support::peak_memory());
    Ok(())
}

/// What the disk gives: the limit of everything that must be durable by itself.
async fn commits() -> anyhow::Result<()> {
    let desk = Desk::new().await?;
    let began = Instant::now();
    for _ in 0..300 {
        let tx = desk.store.begin().await?;
        let mut tx = tx;
        sqlx::query("UPDATE organisation SET contact = contact || '.'").execute(&mut *tx).await?;
        tx.commit().await?;
    }
    Figure::of(300, began.elapsed()).print("durable commits, one row each");
    Ok(())
}

/// One pass over one source with a thousand events that nobody has seen, then the same pass with nothing new in it.
async fn collecting(words: &Words, tagger: &Tagger) -> anyhow::Result<()> {
    let desk = Desk::new().await?;
    // A calendar is read for the months ahead only.
    let soon = now().date_naive() + chrono::Days::new(300);
    let samples: Vec<Sample> = support::samples(5, 5_000, words).into_iter().filter(|s| s.day < soon).take(1_000).collect();
    let port = support::server::serve("text/calendar", documents::calendar(&samples).body)?;
    let source = source(&format!("http://127.0.0.1:{port}/"));
    desk.store.add_source(&source, now()).await?;
    let guard = Guard::new(vec!["127.0.0.0/8".parse()?]);
    let fetcher = Fetcher::new(FetchSettings { pause: Duration::ZERO, guard, ..FetchSettings::default() })?;
    let collector = Collector {
        store: &desk.store,
        fetcher: &fetcher,
        accounts: &Accounts::default(),
        tagger,
        concurrency: 4,
        horizon_days: 400,
        min_confidence: 0.5,
        adapts: None,
        clock: std::sync::Arc::new(now),
    };
    let began = Instant::now();
    let report = collector.pass(desk.store.sources().await?, now(), |_| ()).await?;
    anyhow::ensure!(report.new == 1_000, "{report:?}");
    Figure::of(report.new, began.elapsed()).print(&format!("collect a source of 1,000 new listings, {} events", report.events));
    desk.store.add_source(&source, now()).await?;
    let began = Instant::now();
    let report = collector.pass(desk.store.sources().await?, now() + chrono::TimeDelta::hours(1), |_| ()).await?;
    anyhow::ensure!((report.listings, report.new, report.changed) == (1_000, 0, 0), "{report:?}");
    Figure::of(report.listings, began.elapsed()).print("collect it again, nothing new");
    Ok(())
}

fn source(url: &str) -> NewSource {
    NewSource {
        url: url.to_owned(),
        kind: SourceKind::Auto,
        provider: None,
        selectors: None,
        columns: None,
        zone: chrono_tz::Europe::London,
        day_first: true,
        interval_minutes: 60,
    }
}

/// One new listing at a time into an archive; every fifth is a re-post of an event that is there.
async fn placing(words: &Words, tagger: &Tagger) -> anyhow::Result<()> {
    let desk = Desk::new().await?;
    let (host, poster) =
        (desk.store.add_source(&source("https://one.example/"), now()).await?, desk.store.add_source(&source("https://two.example/"), now()).await?);
    let corpus = Corpus::neutral();
    let placer = Placer { store: &desk.store, tagger, corpus: &corpus, min_confidence: 0.5 };
    let mut stored = 0;
    for target in [1_000, 100_000, 500_000] {
        let archive = archive::fill(&desk.store, host, stored..target, words).await?;
        stored = target;
        let fresh = support::samples(8 + u64::try_from(target)?, 500, words);
        let mut times = Vec::with_capacity(fresh.len());
        let (mut joined, mut cpu) = (0, Duration::ZERO);
        for (n, sample) in fresh.iter().enumerate() {
            let sample = if n % 5 == 0 { &archive[n] } else { sample };
            let listing = see(&desk.store, poster, sample, &format!("{target}-{n}")).await?;
            let (began, before) = (Instant::now(), support::cpu_time());
            joined += usize::from(placer.place(listing, now()).await?.joined);
            times.push(began.elapsed());
            cpu += support::cpu_time().saturating_sub(before);
        }
        times.sort_unstable();
        let slow = times[times.len() * 95 / 100];
        let what = format!("place one listing beside {target} events, median");
        Figure::of(1, times[times.len() / 2]).within(&what, Duration::from_millis(2));
        let mean = cpu / u32::try_from(times.len())?;
        println!("{:<58} {:.2} ms; CPU {:.2} ms on average; {joined} of 100 re-posts joined their events", "  95 of 100 within", ms(slow), ms(mean));
    }
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

async fn see(store: &Store, source: gleaner::domain::SourceId, sample: &Sample, key: &str) -> anyhow::Result<gleaner::domain::ListingId> {
    let mut raw = sample.structured();
    raw.native_id = None;
    let candidate = normalise(raw, &support::reading(), None).ok_or_else(|| anyhow::anyhow!("no listing"))?;
    let seen = Seen { native_key: key.to_owned(), own_name: true, raw_hash: key.to_owned(), candidate };
    match store.see_listings(source, &[seen], now()).await?.pop() {
        Some(Sighting::New(id)) => Ok(id),
        other => anyhow::bail!("expected a new listing, got {other:?}"),
    }
}

async fn readers() -> anyhow::Result<()> {
    let desk = Desk::new().await?;
    let mut csv = String::from("email,name,region,aud,sub\n");
    for n in 0..100_000 {
        let _ = writeln!(csv, "reader{n}@reader.example,Reader {n},nw;yh,free,mus");
    }
    for (what, limit) in [("import 100,000 readers, 4 preferences each", 10), ("import them again", 10)] {
        let began = Instant::now();
        let report = subscribers::import(&desk.store, &desk.secret, csv.as_bytes(), &desk.intake(), |_, _| true, now()).await?;
        anyhow::ensure!(report.rejected.is_empty(), "{report:?}");
        Figure::of(100_000, began.elapsed()).within(what, Duration::from_secs(limit));
    }
    let (edition, plan) = desk.approved("<p>Three courses</p>", "Three courses").await?;
    let began = Instant::now();
    let published = publish::publish(&desk.store, &desk.secret, edition, plan, now()).await?;
    anyhow::ensure!(published.queued == 100_000, "{published:?}");
    Figure::of(100_000, began.elapsed()).within("publish to 100,000 readers", Duration::from_secs(5));
    let (worker, until) = (new_id(), now() + chrono::TimeDelta::minutes(10));
    for size in [50_u32, 500] {
        let began = Instant::now();
        let mut claimed = 0;
        for _ in 0..20 {
            claimed += desk.store.claim(edition, worker, now(), until, size).await?.len();
        }
        Figure::of(claimed, began.elapsed()).print(&format!("claim deliveries, {size} at a time"));
    }
    Ok(())
}
