//! `gleaner source`: add, list, show and disable places to look.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Globals, Usage, output};
use crate::{
    app::App,
    collect::{address, mailbox::ImapAddress},
    domain::{Selectors, SourceId, SourceKind, text::single_line},
    store::source::{NewSource, Source},
};

#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Add an address to look at, or change what is known of it
    Add {
        /// http(s) or webcal address; for a mailbox imaps://user@host/Folder, or the path of a Maildir or message file
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
        /// Read it whatever its robots.txt says, because its publisher permits it: who said so and when. "" takes it back
        #[arg(long, value_name = "WORDS")]
        ignore_robots: Option<String>,
    },
    /// All sources and how they are doing
    List,
    /// One source
    Show { id: SourceId },
    /// Stop looking there; what was collected stays
    Disable { id: SourceId },
}

pub async fn run(globals: &Globals, command: SourceCommand) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    match command {
        SourceCommand::Add { url, provider, kind, selectors, interval, timezone, month_first, ignore_robots } => {
            let new = NewSource {
                url: address::parse(&url).map_err(|e| Usage(e.to_string()))?,
                kind,
                provider,
                selectors: selectors.as_deref().map(read_selectors).transpose()?,
                zone: timezone,
                day_first: !month_first,
                interval_minutes: interval,
            };
            add(globals, &app, new, ignore_robots.as_deref()).await
        }
        SourceCommand::List => {
            let sources = app.store.sources().await?;
            if globals.json {
                return output::json(&json!({"sources": sources.iter().map(source_json).collect::<Vec<_>>()}));
            }
            if sources.is_empty() {
                return output::line("no sources yet; add one with `gleaner source add URL`");
            }
            sources.iter().try_for_each(|s| output::line(&list_line(s)))
        }
        SourceCommand::Show { id } => {
            let source = app.store.source(id).await?;
            output::line(&serde_json::to_string_pretty(&source_json(&source))?)
        }
        SourceCommand::Disable { id } => {
            app.store.disable_source(id, app.now()).await?;
            if globals.json { output::json(&json!({"source": id, "disabled": true})) } else { output::line(&format!("disabled {id}")) }
        }
    }
}

/// Adds a source, or changes one that is there. Its provider, its rules and its publisher's permission stay when none are named this time: they
/// cost somebody work.
async fn add(globals: &Globals, app: &App, mut new: NewSource, ignore_robots: Option<&str>) -> anyhow::Result<()> {
    let known = app.store.sources().await?.into_iter().find(|s| s.url == new.url);
    let done = if known.is_some() { "was there already; brought up to date:" } else { "added" };
    if let Some(known) = known {
        new.provider = new.provider.or(known.provider_name);
        new.selectors = new.selectors.or(known.selectors);
    }
    let id = app.store.add_source(&new, app.now()).await?;
    if let Some(Ok(mailbox)) = ImapAddress::parse(&new.url)
        && let Err(e) = app.config.mailboxes.of(&mailbox)
    {
        tracing::warn!("{e}");
    }
    if let Some(words) = ignore_robots.map(|w| single_line(w, 300)) {
        app.store.permit_robots(id, Some(words.as_str()).filter(|w| !w.is_empty()), app.now()).await?;
    }
    if globals.json { output::json(&json!({"source": id, "url": new.url})) } else { output::line(&format!("{done} {id} {}", new.url)) }
}

fn read_selectors(file: &std::path::Path) -> anyhow::Result<Selectors> {
    let text = std::fs::read_to_string(file).map_err(|e| Usage(format!("cannot read {}: {e}", file.display())))?;
    toml::from_str(&text).map_err(|e| Usage(format!("{}: {e}", file.display())).into())
}

fn source_json(s: &Source) -> Value {
    json!({
        "id": s.id, "url": s.url, "kind": s.kind, "provider": s.provider_name, "zone": s.zone.name(), "interval_minutes": s.interval_minutes,
        "health": s.health, "reason": s.health_reason, "failures": s.failures,
        "last_ok_at": s.last_ok_at, "next_due_at": s.next_due_at, "disabled_at": s.disabled_at,
        "ignore_robots": s.robots_permission, "ignore_robots_since": s.robots_permission_at,
        "reads_at": s.reads_at(), "moved_to": s.moved_to, "moved_times": s.moved_times,
    })
}

fn list_line(s: &Source) -> String {
    let reason = s.health_reason.as_deref().map(|r| format!("  ({r})")).unwrap_or_default();
    format!("{}  {:<8}  {:<7}  {}{reason}", s.id, s.health, s.kind, s.url)
}
