//! `gleaner segments`: which there are, and what they, or rules that are not stored yet, would reach.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Deserialize;
use serde_json::json;

use super::{Globals, Usage, output};
use crate::{
    app::App,
    curate::segments::{Asked, Preview, preview},
    domain::{EventIs, PersonIs, Rule, check_events, check_people},
    store::bulletin::Bulletin,
};

/// Longest rule file that is read, in bytes.
const LONGEST: u64 = 256 * 1024;

#[derive(Debug, Subcommand)]
pub enum SegmentsCommand {
    /// Show a bulletin's segments and their rules
    List {
        #[arg(long)]
        bulletin: String,
    },
    /// Count the readers and the events that segments reach, and those that several reach
    Preview {
        #[arg(long)]
        bulletin: String,
        /// A segment that is not stored: TOML or JSON with name, people and events, as in the configuration
        #[arg(long, value_name = "FILE")]
        rule: Option<PathBuf>,
    },
}

/// A segment in a file of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    name: Option<String>,
    people: Option<Rule<PersonIs>>,
    events: Option<Rule<EventIs>>,
}

pub async fn run(globals: &Globals, command: SegmentsCommand) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    match command {
        SegmentsCommand::List { bulletin } => list(globals, &app.bulletin_named(&bulletin).await?),
        SegmentsCommand::Preview { bulletin, rule } => {
            let bulletin = app.bulletin_named(&bulletin).await?;
            let mut segments = stored(&bulletin);
            if let Some(file) = rule {
                segments.insert(0, read(&app, &file)?);
            }
            let preview = preview(&app.store, &bulletin, &segments, app.now()).await?;
            if globals.json { output::json(&preview) } else { print(&preview) }
        }
    }
}

fn stored(bulletin: &Bulletin) -> Vec<Asked> {
    let asked = |s: &crate::store::bulletin::Segment| Asked { name: s.name.clone(), people: s.people.clone(), events: s.events.clone() };
    bulletin.segments.iter().map(asked).collect()
}

fn read(app: &App, file: &Path) -> anyhow::Result<Asked> {
    let bad = |e: &dyn std::fmt::Display| Usage(format!("{}: {e}", file.display()));
    let length = std::fs::metadata(file).map_err(|e| bad(&e))?.len();
    if length > LONGEST {
        return Err(bad(&format!("is longer than {LONGEST} bytes")).into());
    }
    let text = std::fs::read_to_string(file).map_err(|e| bad(&e))?;
    let rules: RuleFile = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|e| bad(&e))?
    } else {
        toml::from_str(&text).map_err(|e| bad(&e))?
    };
    let asked = Asked {
        name: rules.name.unwrap_or_else(|| file.file_stem().unwrap_or_default().to_string_lossy().into_owned()),
        people: rules.people.unwrap_or_else(Rule::always),
        events: rules.events.unwrap_or_else(Rule::always),
    };
    let terms = |facet| app.tagger.taxonomy().terms(facet).iter().map(|t| t.id.clone()).collect();
    check_people(&asked.name, &asked.people, &terms).and_then(|()| check_events(&asked.name, &asked.events, &terms)).map_err(|e| bad(&e))?;
    Ok(asked)
}

fn list(globals: &Globals, bulletin: &Bulletin) -> anyhow::Result<()> {
    if globals.json {
        let segments: Vec<_> = bulletin.segments.iter().map(|s| json!({"name": s.name, "people": s.people, "events": s.events})).collect();
        return output::json(&json!({"bulletin": bulletin.slug.as_str(), "segments": segments}));
    }
    if bulletin.segments.is_empty() {
        return output::line("no segments: everybody gets everything");
    }
    bulletin.segments.iter().try_for_each(|s| {
        output::line(&s.name)?;
        output::line(&format!("  people: {}", serde_json::to_string(&s.people)?))?;
        output::line(&format!("  events: {}", serde_json::to_string(&s.events)?))
    })
}

fn print(p: &Preview) -> anyhow::Result<()> {
    output::line(&format!(
        "{} active readers, {} in no segment; {} events ahead, {} in no segment",
        p.readers, p.in_none, p.events, p.events_in_none
    ))?;
    for s in &p.segments {
        output::line(&format!("{}: {} readers, {} events", s.name, s.readers, s.events))?;
        s.sample.iter().try_for_each(|title| output::line(&format!("  {title}")))?;
    }
    p.overlaps.iter().try_for_each(|o| output::line(&format!("{} and {} share {} readers; each gets one mail", o.a, o.b, o.readers)))
}
