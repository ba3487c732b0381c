//! `gleaner try duplicates FILE.jsonl`: one JSON object per cluster, or scored pairs with `--pairs`.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
};

use anyhow::Context;
use chrono_tz::Tz;
use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    cli::{Usage, output},
    domain::{Currency, Money, Price, When},
    identity::{self, Profile},
};

#[derive(Debug, Args)]
pub struct DuplicatesArgs {
    /// One JSON object a line: {id, source, title, start, end, city?, country?, online?, url?, provider?, description?, price?}
    file: PathBuf,
    /// Print scored pairs instead of clusters
    #[arg(long)]
    pairs: bool,
}

#[derive(Deserialize)]
struct Record {
    id: String,
    source: String,
    #[serde(default)]
    title: String,
    start: Option<String>,
    end: Option<String>,
    city: Option<String>,
    country: Option<String>,
    online: Option<bool>,
    url: Option<String>,
    provider: Option<String>,
    description: Option<String>,
    price: Option<Value>,
}

pub fn run(args: &DuplicatesArgs) -> anyhow::Result<()> {
    let records = read(&args.file)?;
    if args.pairs {
        for pair in identity::pairs(&records) {
            output::json(&json!({"a": pair.a, "b": pair.b, "score": pair.score, "because": because(&pair.because)}))?;
        }
        return Ok(());
    }
    for cluster in identity::cluster(&records) {
        let why: Vec<Value> =
            cluster.why.iter().map(|l| json!({"a": l.a, "b": l.b, "score": l.score, "because": because(&l.because)})).collect();
        output::json(&json!({"ids": cluster.ids, "why": why}))?;
    }
    Ok(())
}

fn because(parts: &[(String, f64)]) -> Map<String, Value> {
    parts.iter().map(|(name, value)| (name.clone(), json!((value * 1000.0).round() / 1000.0))).collect()
}

fn read(file: &PathBuf) -> anyhow::Result<Vec<Profile>> {
    let reader = BufReader::new(File::open(file).with_context(|| format!("cannot read {}", file.display()))?);
    let mut out = Vec::new();
    for (number, line) in (1..).zip(reader.lines()) {
        let line = line.with_context(|| format!("{}:{number}: not UTF-8 text", file.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        let record: Record = serde_json::from_str(&line).map_err(|e| Usage(format!("{}:{number}: {e}", file.display())))?;
        out.push(profile(record));
    }
    Ok(out)
}

/// Facts that cannot be read are left out: a record without a date is still a record.
fn profile(r: Record) -> Profile {
    let zone = Tz::Europe__London;
    let when = |s: Option<String>| s.and_then(|s| When::parse(&s, zone).ok());
    Profile {
        id: r.id,
        source: r.source,
        title: r.title,
        start: when(r.start),
        end: when(r.end),
        zone,
        sessions: Vec::new(),
        town: r.city,
        country: r.country,
        online: r.online,
        url: r.url,
        native_id: None,
        provider: r.provider,
        price: r.price.as_ref().and_then(price),
        text: r.description.unwrap_or_default(),
    }
}

#[allow(clippy::cast_possible_truncation, reason = "rounded, and Money refuses what is out of range")]
fn price(value: &Value) -> Option<Price> {
    let major = value.as_f64().or_else(|| value.as_str()?.trim_start_matches('£').parse().ok())?;
    let money = Money::new((major * 100.0).round() as i64, Currency::GBP)?;
    Some(Price { min: Some(money), max: Some(money) })
}
