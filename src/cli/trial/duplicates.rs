//! `gleaner try duplicates FILE.jsonl`: one JSON object per cluster, or scored pairs with `--pairs`.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use anyhow::Context;
use chrono_tz::Tz;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    cli::{Usage, output},
    identity::{Batch, Record, Weights},
};

#[derive(Debug, Args)]
pub struct DuplicatesArgs {
    /// One JSON object a line: {id, source, title, start, end, city?, country?, online?, url?, provider?, description?, price?}
    file: PathBuf,
    /// Print scored pairs instead of clusters
    #[arg(long)]
    pairs: bool,
}

pub fn run(args: &DuplicatesArgs) -> anyhow::Result<()> {
    let batch = read(&args.file)?;
    if args.pairs {
        for (a, b, score) in batch.pairs(Weights::shipped()) {
            output::json(&json!({"a": a, "b": b, "score": score.value, "because": because(&score.because), "barred": score.barred}))?;
        }
        return Ok(());
    }
    for cluster in batch.clusters(Weights::shipped()) {
        output::json(&cluster)?;
    }
    Ok(())
}

fn because(parts: &[(String, f64)]) -> Map<String, Value> {
    parts.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

fn read(file: &Path) -> anyhow::Result<Batch> {
    let reader = BufReader::new(File::open(file).with_context(|| format!("cannot read {}", file.display()))?);
    let mut batch = Batch::default();
    for (number, line) in (1..).zip(reader.lines()) {
        let line = line.with_context(|| format!("{}:{number}: not UTF-8 text", file.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        let record: Record = serde_json::from_str(&line).map_err(|e| Usage(format!("{}:{number}: {e}", file.display())))?;
        batch.add(&record.profile(Tz::Europe__London));
    }
    Ok(batch)
}
