//! `gleaner train LISTINGS.jsonl…`: learns the tagger's weights from labelled listings and says how right it is on those held out.
//!
//! The same listings give the same file. Never learns from what is held out (a fifth, by id) or from `--trial` files.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::Context;
use chrono_tz::Tz;
use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Globals, Usage, output, trial::lines};
use crate::{
    app,
    collect::understand::understand,
    domain::{Facet, Kind, Reading, When},
    tag::{
        Tagger, Taxonomy,
        figures::figures,
        training::{Example, Labels, train},
        weights::Weights,
    },
};

#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Labelled listings, one JSON object a line: `id`, `title`, `text`, `kind`, `tags`
    #[arg(required = true, value_name = "LISTINGS.jsonl")]
    files: Vec<PathBuf>,
    /// Write the weights here (in the source tree: config/tag_weights.txt)
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Further labelled listings that are only judged
    #[arg(long, value_name = "LISTINGS.jsonl")]
    trial: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Labelled {
    id: String,
    as_of: Option<String>,
    title: String,
    text: String,
    kind: String,
    /// Null for what is no training.
    tags: Option<Map<String, Value>>,
    #[serde(default)]
    not_scored: Vec<String>,
}

pub fn run(globals: &Globals, args: &TrainArgs) -> anyhow::Result<()> {
    let shipped = app::tagger(&app::configuration(globals)?)?;
    let taxonomy = shipped.taxonomy().clone();
    let now = app::Clock::from(globals.as_of).now();
    let read = |files: &[PathBuf]| -> anyhow::Result<Vec<Example>> {
        let each = files.iter().map(|file| examples(file, &taxonomy, now)).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(each.into_iter().flatten().collect())
    };
    let (all, trial) = (read(&args.files)?, read(&args.trial)?);
    let rules = Tagger::with_weights(taxonomy.clone(), Weights::default());
    let (file, outcomes) = train(&rules, &all);
    let learnt = Tagger::with_weights(taxonomy.clone(), Weights::parse(&file, &taxonomy)?);
    if let Some(path) = &args.write {
        std::fs::write(path, &file).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let cross: BTreeMap<&str, Value> = outcomes
        .iter()
        .map(|o| (o.group, json!({ "listings": o.listings, "rules": o.rules, "without_grams": o.without_grams, "with_grams": o.with_grams })))
        .collect();
    let held_out: Vec<&Example> = all.iter().filter(|e| e.is_held_out()).collect();
    output::json(&json!({
        "listings": all.len(),
        "held_out": held_out.len(),
        "cross_validation": cross,
        "on_held_out": { "rules": figures(&rules, held_out.iter().copied()), "learnt": figures(&learnt, held_out.iter().copied()) },
        "on_trial": { "rules": figures(&rules, trial.iter()), "learnt": figures(&learnt, trial.iter()) },
    }))
}

/// Reads labelled listings. An unknown kind, facet or term is refused with file and line.
pub fn examples(file: &Path, taxonomy: &Taxonomy, now: chrono::DateTime<chrono::Utc>) -> anyhow::Result<Vec<Example>> {
    let mut all = Vec::new();
    let work = |number: usize, line: &str| {
        let wrong = |what: String| Usage(format!("{}:{number}: {what}", file.display()));
        let labelled: Labelled = serde_json::from_str(line).map_err(|e| wrong(e.to_string()))?;
        Ok(example(labelled, taxonomy, now).map_err(wrong)?)
    };
    lines::each(file, work, |example| {
        all.extend(example);
        Ok(())
    })?;
    Ok(all)
}

/// `None` for a listing without a title, which is never tagged.
fn example(labelled: Labelled, taxonomy: &Taxonomy, now: chrono::DateTime<chrono::Utc>) -> Result<Option<Example>, String> {
    let zone = Tz::Europe__London;
    let as_of = labelled.as_of.as_deref().map(|text| When::parse(text, zone).map_err(|e| format!("as_of: {e}"))).transpose()?;
    let reading = Reading::british(as_of.map_or(now, |when| when.earliest(zone)));
    let labels = labels(&labelled, taxonomy)?;
    let candidate = understand(&labelled.title, &labelled.text, &reading);
    Ok(candidate.map(|candidate| Example { id: labelled.id, candidate, now: reading.now, labels }))
}

fn labels(labelled: &Labelled, taxonomy: &Taxonomy) -> Result<Labels, String> {
    let kind = Kind::from_str(&labelled.kind).map_err(|e| e.to_string())?;
    let mut terms = BTreeMap::new();
    for (name, value) in labelled.tags.iter().flatten() {
        let facet = Facet::from_str(name).map_err(|_| format!("`{name}` is not a facet"))?;
        let ids = match value {
            Value::Null => continue,
            Value::String(id) => vec![id.clone()],
            Value::Bool(yes) => vec![yes.to_string()],
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => return Err(format!("{name}: expected a term or a list of terms")),
        };
        if let Some(id) = ids.iter().find(|id| !taxonomy.knows(facet, id)) {
            return Err(format!("`{id}` is not a term of {name}"));
        }
        if !labelled.not_scored.contains(name) {
            terms.insert(facet, ids.into_iter().collect());
        }
    }
    Ok(Labels { kind, terms })
}
