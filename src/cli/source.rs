//! `gleaner source`: add, list, show, change and disable places to look.

mod describe;
mod health;
mod walk;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Globals, Usage, output, rules_file};
use crate::{
    app::App,
    collect::{address, mailbox::ImapAddress},
    domain::{Columns, Selectors, SourceId, SourceKind, text::single_line},
    store::source::{NewSource, Source},
};

#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Add an address to look at, or change what is known of it
    Add(AddArgs),
    /// All sources and how they are doing
    List,
    /// One source, with the plan by which it is read
    Show { id: SourceId },
    /// Change what is known of a source; what is not named stays
    Edit(EditArgs),
    /// Walk the discovery ladder again and read what it chooses
    Discover { id: SourceId },
    /// Say that the newest read is as it should be: what is usual begins anew with it
    Accept { id: SourceId },
    /// Stop looking there; what was collected stays
    Disable { id: SourceId },
    /// Look there again
    Enable { id: SourceId },
}

#[derive(Debug, Args)]
pub struct AddArgs {
    /// http(s) or webcal address; for a mailbox imaps://user@host/Folder; the path of a Maildir, message or table
    url: String,
    /// Who delivers its events; leave out for a re-poster
    #[arg(long)]
    provider: Option<String>,
    /// What it is; auto finds the best way of reading it
    #[arg(long, default_value = "auto")]
    kind: SourceKind,
    /// CSS rules (TOML) for a page without structure
    #[arg(long, value_name = "FILE")]
    selectors: Option<PathBuf>,
    /// Which column of a spreadsheet or JSON array holds what (TOML)
    #[arg(long, value_name = "FILE", conflicts_with = "selectors")]
    columns: Option<PathBuf>,
    /// Minutes between two looks, at most a year
    #[arg(long, default_value_t = 360, value_parser = clap::value_parser!(i64).range(5..=527_040))]
    interval: i64,
    /// Zone of times that name none
    #[arg(long, default_value = "Europe/London")]
    timezone: chrono_tz::Tz,
    /// 03/04 is March 4
    #[arg(long)]
    month_first: bool,
    /// Read the address as it is: ask nobody now and try no other way
    #[arg(long)]
    no_discover: bool,
    /// Read it whatever its robots.txt says, because its publisher permits it: who said so and when. "" takes it back
    #[arg(long, value_name = "WORDS")]
    ignore_robots: Option<String>,
}

#[derive(Debug, Args)]
pub struct EditArgs {
    id: SourceId,
    /// Who delivers its events
    #[arg(long, conflicts_with = "no_provider")]
    provider: Option<String>,
    /// It re-posts other people's events
    #[arg(long)]
    no_provider: bool,
    #[arg(long)]
    kind: Option<SourceKind>,
    /// CSS rules (TOML)
    #[arg(long, value_name = "FILE", conflicts_with = "no_selectors")]
    selectors: Option<PathBuf>,
    /// Read it without rules
    #[arg(long)]
    no_selectors: bool,
    /// Columns of a table (TOML)
    #[arg(long, value_name = "FILE", conflicts_with = "no_columns")]
    columns: Option<PathBuf>,
    /// Know the columns by their headings
    #[arg(long)]
    no_columns: bool,
    /// Minutes between two looks, at most a year
    #[arg(long, value_parser = clap::value_parser!(i64).range(5..=527_040))]
    interval: Option<i64>,
    #[arg(long)]
    timezone: Option<chrono_tz::Tz>,
    /// Whether 03/04 is March 4
    #[arg(long, value_name = "true|false")]
    month_first: Option<bool>,
    /// Read it whatever its robots.txt says: who permitted it and when. "" takes it back
    #[arg(long, value_name = "WORDS")]
    ignore_robots: Option<String>,
}

pub async fn run(globals: &Globals, command: SourceCommand) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    match command {
        SourceCommand::Add(args) => add(globals, &app, args).await,
        SourceCommand::List => health::list(globals, &app).await,
        SourceCommand::Show { id } => health::show(globals, &app, id).await,
        SourceCommand::Edit(args) => edit(globals, &app, args).await,
        SourceCommand::Discover { id } => {
            let source = app.store.source(id).await?;
            walk::again(globals, &app, &source).await
        }
        SourceCommand::Accept { id } => {
            app.store.accept_as_usual(id, app.now()).await?;
            if globals.json { output::json(&json!({"source": id, "accepted": true})) } else { output::line(&format!("usual from now on: {id}")) }
        }
        SourceCommand::Disable { id } => {
            app.store.disable_source(id, app.now()).await?;
            let said = format!("disabled {id}: it is not looked at any more, what was collected stays; `gleaner source enable {id}` looks again");
            if globals.json { output::json(&json!({"source": id, "disabled": true})) } else { output::line(&said) }
        }
        SourceCommand::Enable { id } => {
            app.store.enable_source(id, app.now()).await?;
            let said = format!("enabled {id}: it is looked at in the next pass");
            if globals.json { output::json(&json!({"source": id, "disabled": false})) } else { output::line(&said) }
        }
    }
}

/// Adds a source, or changes one that is there. Its provider, its rules and its publisher's permission stay when none are named this time: they
/// cost somebody work.
async fn add(globals: &Globals, app: &App, args: AddArgs) -> anyhow::Result<()> {
    let mut new = NewSource {
        url: address::parse(&args.url).map_err(|e| Usage(e.to_string()))?,
        kind: args.kind,
        provider: args.provider,
        selectors: args.selectors.as_deref().map(rules_file::<Selectors>).transpose()?,
        columns: args.columns.as_deref().map(rules_file::<Columns>).transpose()?,
        zone: args.timezone,
        day_first: !args.month_first,
        interval_minutes: args.interval,
    };
    let known = app.store.sources().await?.into_iter().find(|s| s.url == new.url);
    let done = if known.is_some() { "was there already; brought up to date:" } else { "added" };
    if let Some(known) = known {
        new.provider = new.provider.or(known.provider_name);
        new.selectors = new.selectors.or(known.selectors);
        new.columns = new.columns.or(known.columns);
    }
    let id = app.store.add_source(&new, app.now()).await?;
    if let Some(Ok(mailbox)) = ImapAddress::parse(&new.url)
        && let Err(e) = app.config.mailboxes.of(&mailbox)
    {
        // Not through the log, which masks addresses: these are to be copied.
        eprintln!("{e}");
    }
    permit(app, id, args.ignore_robots.as_deref()).await?;
    let source = app.store.source(id).await?;
    let found = if args.no_discover { walk::not_at_all(app, &source).await? } else { walk::first(app, &source).await? };
    if globals.json {
        return output::json(&json!({"source": id, "url": new.url, "plan": found.as_ref().map(describe::plan)}));
    }
    output::line(&format!("{done} {id} {}", new.url))?;
    found.iter().flat_map(describe::plan_lines).try_for_each(|l| output::line(&l))?;
    eprintln!("it is read in the next pass; `gleaner collect --source {id}` reads it now");
    Ok(())
}

/// Writes down, or takes back, its publisher's permission to read it whatever robots.txt says.
async fn permit(app: &App, id: SourceId, words: Option<&str>) -> anyhow::Result<()> {
    if let Some(words) = words.map(|w| single_line(w, 300)) {
        app.store.permit_robots(id, Some(words.as_str()).filter(|w| !w.is_empty()), app.now()).await?;
    }
    Ok(())
}

/// Changes what is named. A kind or rules of another sort make the plan void: it is then read as said.
async fn edit(globals: &Globals, app: &App, args: EditArgs) -> anyhow::Result<()> {
    let known = app.store.source(args.id).await?;
    refuse_configured(app, &known, &args)?;
    let provider = if args.no_provider { None } else { args.provider.or_else(|| known.provider_name.clone()) };
    let selectors = args.selectors.as_deref().map(rules_file::<Selectors>).transpose()?;
    let columns = args.columns.as_deref().map(rules_file::<Columns>).transpose()?;
    let changed = NewSource {
        url: known.url.clone(),
        kind: args.kind.unwrap_or(known.kind),
        provider,
        selectors: if args.no_selectors { None } else { selectors.or_else(|| known.selectors.clone()) },
        columns: if args.no_columns { None } else { columns.or_else(|| known.columns.clone()) },
        zone: args.timezone.unwrap_or(known.zone),
        day_first: args.month_first.map_or(known.day_first, |m| !m),
        interval_minutes: args.interval.unwrap_or(known.interval_minutes),
    };
    app.store.add_source(&changed, app.now()).await?;
    permit(app, args.id, args.ignore_robots.as_deref()).await?;
    if known.disabled_at.is_some() {
        // Changing a disabled source does not begin to look there again.
        app.store.disable_source(args.id, app.now()).await?;
    }
    let now = app.store.source(args.id).await?;
    if !now.is_discoverable() {
        app.store.drop_plan(args.id).await?;
    }
    let said = describe::changes(&known, &now);
    if globals.json {
        return output::json(&json!({"source": args.id, "changed": said}));
    }
    let words =
        if said.is_empty() { "nothing was changed".to_owned() } else { format!("{}; it is looked at again in the next pass", said.join(", ")) };
    output::line(&format!("{}: {words}", args.id))
}

/// What the configuration says of a source holds again at every start, so it is changed there.
fn refuse_configured(app: &App, known: &Source, args: &EditArgs) -> anyhow::Result<()> {
    let configured = app.config.sources.iter().any(|s| address::parse(&s.url).is_ok_and(|url| url == known.url));
    let changes = args.provider.is_some()
        || args.no_provider
        || args.kind.is_some()
        || args.selectors.is_some()
        || args.no_selectors
        || args.interval.is_some()
        || args.timezone.is_some()
        || args.month_first.is_some();
    if configured && changes {
        let url = &known.url;
        anyhow::bail!("{url} is a [[source]] of the configuration file, which would undo this at the next start; change it there");
    }
    Ok(())
}
