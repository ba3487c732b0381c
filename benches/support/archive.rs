//! Fills a database with listings that are placed already, by statements of many rows: the daemon's own way would take an hour, and is what
//! is measured afterwards.

use std::{ops::Range, thread};

use chrono::TimeDelta;
use gleaner::{
    collect::normalise::normalise,
    domain::{Candidate, SourceId},
    identity::{self, Profile},
    store::{Db, Store},
};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use uuid::Uuid;

use super::{Sample, Words, now, reading, samples};

/// Events made at once: half a million would fill the memory.
const AT_ONCE: usize = 20_000;

struct Row {
    listing: Uuid,
    revision: Uuid,
    event: Uuid,
    name: String,
    candidate: Candidate,
    keys: Vec<i64>,
    profile: String,
}

/// One listing and one event for every number. Returns the last samples that were written.
pub async fn fill(store: &Store, source: SourceId, numbers: Range<usize>, words: &Words) -> anyhow::Result<Vec<Sample>> {
    // So that each page is written once.
    sqlx::query("PRAGMA cache_size = -2000000").execute(store.write()).await?;
    let mut tx = store.begin().await?;
    let mut keys: Vec<(i64, Uuid)> = Vec::new();
    let mut last = Vec::new();
    let mut from = numbers.start;
    while from < numbers.end {
        last = samples(60_000 + u64::try_from(from)?, AT_ONCE.min(numbers.end - from), words);
        for sample in &mut last {
            sample.number += from;
        }
        from += last.len();
        let rows = rows(source, &last);
        keys.extend(rows.iter().flat_map(|r| r.keys.iter().map(|k| (*k, r.listing))));
        write(&mut tx, source, &rows).await?;
    }
    // In the order of their index.
    keys.sort_unstable();
    for some in keys.chunks(10_000) {
        key_rows(some).build().execute(&mut *tx).await?;
    }
    tx.commit().await?;
    for pragma in ["PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA cache_size = -65536", "PRAGMA shrink_memory"] {
        sqlx::query(pragma).execute(store.write()).await?;
    }
    Ok(last)
}

/// Read on all cores: it is what filling takes longest over.
fn rows(source: SourceId, samples: &[Sample]) -> Vec<Row> {
    let read = |some: &[Sample]| some.iter().filter_map(|s| row(source, s)).collect::<Vec<_>>();
    thread::scope(|scope| {
        let workers: Vec<_> = samples.chunks(samples.len().div_ceil(2).max(1)).map(|some| scope.spawn(move || read(some))).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_default()).collect()
    })
}

async fn write(tx: &mut Transaction<'static, Sqlite>, source: SourceId, rows: &[Row]) -> anyhow::Result<()> {
    for some in rows.chunks(1_000) {
        for mut query in [listings(source, some), revisions(some), events(some), places(some), profiles(some)] {
            query.build().execute(&mut **tx).await?;
        }
        for some in some.chunks(100) {
            facts(some).build().execute(&mut **tx).await?;
        }
    }
    Ok(())
}

fn row(source: SourceId, sample: &Sample) -> Option<Row> {
    let candidate = normalise(sample.structured(), &reading(), None)?;
    let listing = Uuid::now_v7();
    let profile = Profile::of_candidate(listing.to_string(), source.to_string(), &candidate);
    let (keys, profile) = (identity::keys(&profile), profile.kept());
    Some(Row { profile, listing, revision: Uuid::now_v7(), event: Uuid::now_v7(), name: sample.number.to_string(), candidate, keys })
}

fn listings(source: SourceId, rows: &[Row]) -> QueryBuilder<Db> {
    let mut sql = QueryBuilder::new("INSERT INTO listing (id, source_id, native_key, revision, first_seen_at, last_seen_at, missed) ");
    sql.push_values(rows, |mut out, r| {
        out.push_bind(r.listing).push_bind(source.0).push_bind(r.name.clone()).push("1").push_bind(now()).push_bind(now()).push("0");
    });
    sql
}

fn revisions(rows: &[Row]) -> QueryBuilder<Db> {
    let mut sql = QueryBuilder::new(
        "INSERT INTO revision (id, listing_id, number, seen_at, content_hash, method, title, body, url, zone, confidence, conflicts) ",
    );
    sql.push_values(rows, |mut out, r| {
        let c = &r.candidate;
        out.push_bind(r.revision).push_bind(r.listing).push("1").push_bind(now()).push_bind(r.name.clone()).push_bind(c.method.as_str());
        out.push_bind(c.title.clone()).push_bind(c.text.clone()).push_bind(c.url.clone()).push_bind(c.zone.name()).push("1.0").push("'[]'");
    });
    sql
}

fn facts(rows: &[Row]) -> QueryBuilder<Db> {
    let all = rows.iter().flat_map(|r| r.candidate.facts.rows().into_iter().map(|f| (r.revision, f)));
    let mut sql = QueryBuilder::new("INSERT INTO revision_field (revision_id, field, position, value, words, origin, confidence) ");
    sql.push_values(all, |mut out, (revision, f)| {
        out.push_bind(revision).push_bind(f.field.as_str()).push_bind(i64::try_from(f.position).unwrap_or_default()).push_bind(f.value);
        out.push_bind(f.evidence.words).push_bind(f.evidence.origin.as_str()).push_bind(f64::from(f.evidence.confidence));
    });
    sql
}

fn key_rows(keys: &[(i64, Uuid)]) -> QueryBuilder<Db> {
    let mut sql = QueryBuilder::new("INSERT INTO block_key (key, listing_id) ");
    sql.push_values(keys, |mut out, (key, listing)| {
        out.push_bind(*key).push_bind(*listing);
    });
    sql
}

fn profiles(rows: &[Row]) -> QueryBuilder<Db> {
    let mut sql = QueryBuilder::new("INSERT INTO listing_profile (listing_id, scheme, profile) ");
    sql.push_values(rows, |mut out, r| {
        out.push_bind(r.listing).push_bind(identity::SCHEME).push_bind(r.profile.clone());
    });
    sql
}

fn events(rows: &[Row]) -> QueryBuilder<Db> {
    let mut sql = QueryBuilder::new(
        "INSERT INTO event (id, title, body, zone, kind, kind_confidence, kind_reason, status, starts_at, ends_at, first_seen_at) ",
    );
    sql.push_values(rows, |mut out, r| {
        let c = &r.candidate;
        let start = c.facts.start.as_ref().map(|s| s.value.earliest(c.zone));
        out.push_bind(r.event).push_bind(c.title.clone()).push_bind(c.text.clone()).push_bind(c.zone.name()).push("'cpd', 1.0, '', 'scheduled'");
        out.push_bind(start).push_bind(start.map(|s| s + TimeDelta::hours(2))).push_bind(now());
    });
    sql
}

fn places(rows: &[Row]) -> QueryBuilder<Db> {
    let mut sql = QueryBuilder::new("INSERT INTO event_listing (listing_id, event_id, joined_at) ");
    sql.push_values(rows, |mut out, r| {
        out.push_bind(r.listing).push_bind(r.event).push_bind(now());
    });
    sql
}
