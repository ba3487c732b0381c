//! `gleaner source`: add, list, show and disable places to look.

mod health;

use clap::Subcommand;
use serde_json::json;

use super::{Globals, Usage, output};
use crate::{
    app::App,
    collect::address,
    domain::{Selectors, SourceId, SourceKind},
    store::source::NewSource,
};

#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Add an address to look at, or change what is known of it
    Add {
        /// http(s) or webcal address; for a mailbox the path of a Maildir or message file
        url: String,
        /// Who delivers its events; leave out for a re-poster
        #[arg(long)]
        provider: Option<String>,
        #[arg(long, default_value = "auto")]
        kind: SourceKind,
        /// CSS rules (TOML) for a page without structure
        #[arg(long, value_name = "FILE")]
        selectors: Option<std::path::PathBuf>,
        /// Minutes between two looks, at most a year
        #[arg(long, default_value_t = 360, value_parser = clap::value_parser!(i64).range(5..=527_040))]
        interval: i64,
        /// Zone of times that name none
        #[arg(long, default_value = "Europe/London")]
        timezone: chrono_tz::Tz,
        /// 03/04 is March 4
        #[arg(long)]
        month_first: bool,
    },
    /// All sources and how they are doing
    List,
    /// One source
    Show { id: SourceId },
    /// Say that the newest read is as it should be: what is usual begins anew with it
    Accept { id: SourceId },
    /// Stop looking there; what was collected stays
    Disable { id: SourceId },
}

pub async fn run(globals: &Globals, command: SourceCommand) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    match command {
        SourceCommand::Add { url, provider, kind, selectors, interval, timezone, month_first } => {
            let new = NewSource {
                url: address::parse(&url).map_err(|e| Usage(e.to_string()))?,
                kind,
                provider,
                selectors: selectors.as_deref().map(read_selectors).transpose()?,
                zone: timezone,
                day_first: !month_first,
                interval_minutes: interval,
            };
            add(globals, &app, new).await
        }
        SourceCommand::List => health::list(globals, &app).await,
        SourceCommand::Show { id } => health::show(globals, &app, id).await,
        SourceCommand::Accept { id } => {
            app.store.accept_as_usual(id, app.now()).await?;
            if globals.json { output::json(&json!({"source": id, "accepted": true})) } else { output::line(&format!("usual from now on: {id}")) }
        }
        SourceCommand::Disable { id } => {
            app.store.disable_source(id, app.now()).await?;
            if globals.json { output::json(&json!({"source": id, "disabled": true})) } else { output::line(&format!("disabled {id}")) }
        }
    }
}

/// Adds a source, or changes one that is there. Its provider and its rules stay when none are named this time: they cost somebody work.
async fn add(globals: &Globals, app: &App, mut new: NewSource) -> anyhow::Result<()> {
    let known = app.store.sources().await?.into_iter().find(|s| s.url == new.url);
    let done = if known.is_some() { "was there already; brought up to date:" } else { "added" };
    if let Some(known) = known {
        new.provider = new.provider.or(known.provider_name);
        new.selectors = new.selectors.or(known.selectors);
    }
    let id = app.store.add_source(&new, app.now()).await?;
    if globals.json { output::json(&json!({"source": id, "url": new.url})) } else { output::line(&format!("{done} {id} {}", new.url)) }
}

fn read_selectors(file: &std::path::Path) -> anyhow::Result<Selectors> {
    let text = std::fs::read_to_string(file).map_err(|e| Usage(format!("cannot read {}: {e}", file.display())))?;
    toml::from_str(&text).map_err(|e| Usage(format!("{}: {e}", file.display())).into())
}
