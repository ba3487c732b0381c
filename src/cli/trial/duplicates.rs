//! `gleaner try duplicates FILE.jsonl`: one JSON object per cluster, or scored pairs with `--pairs`.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use clap::Args;
use serde_json::{Map, Value, json};

use super::lines;
use crate::{
    cli::{Usage, output},
    identity::{Batch, Ready, Record, Weights},
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
        let pairs = batch.pairs(Weights::shipped()).into_iter();
        return output::all_json(
            pairs.map(|(a, b, score)| json!({"a": a, "b": b, "score": score.value, "because": because(&score.because), "barred": score.barred})),
        );
    }
    output::all_json(batch.clusters(Weights::shipped()))
}

fn because(parts: &[(String, f64)]) -> Map<String, Value> {
    parts.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

fn read(file: &Path) -> anyhow::Result<Batch> {
    let mut batch = Batch::default();
    let work = |number: usize, line: &str| -> anyhow::Result<(usize, Ready)> {
        let record: Record = serde_json::from_str(line).map_err(|e| Usage(format!("{}:{number}: {e}", file.display())))?;
        Ok((number, Ready::read(&record.profile(Tz::Europe__London))))
    };
    let (mut repeats, mut first) = (0_usize, 0);
    lines::each(file, work, |(number, ready)| {
        if !batch.put(ready) {
            repeats += 1;
            first = if first == 0 { number } else { first };
        }
        Ok(())
    })?;
    if repeats > 0 {
        eprintln!("{}:{first}: its id stands in an earlier line; such lines are left out: {repeats}", file.display());
    }
    Ok(batch)
}
