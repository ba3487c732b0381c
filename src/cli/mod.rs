//! The command line: what can be typed, and which file answers it. One file per subcommand.
//!
//! Results go to standard output, progress and logs to standard error. Exit status: 0 done, 1 it failed, 2 the command line or the
//! configuration is wrong.

use std::path::PathBuf;

use anyhow::bail;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use clap::{Args, Parser, Subcommand};

use crate::{
    app::App,
    domain::{IdPrefix, OrganisationId, Slug, When},
};

pub mod backup;
pub mod check;
pub mod collect;
pub mod demo;
pub mod edition;
pub mod event;
pub mod explain;
pub mod feedback;
pub mod output;
pub mod person;
pub mod segments;
pub mod serve;
pub mod source;
pub mod subscribers;
pub mod train;
pub mod trial;
pub mod user;

/// Training news from everywhere, curated, in one e-mail.
#[derive(Debug, Parser)]
#[command(name = "gleaner", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Command,
}

/// Accepted before or after the subcommand.
#[derive(Debug, Clone, Args)]
pub struct Globals {
    /// Configuration file [default: config/gleaner.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory that holds everything that is written
    #[arg(long, global = true, value_name = "DIR", default_value = "var")]
    pub data: PathBuf,
    /// Take this as "now": a date, or a date and time (ISO 8601)
    #[arg(long, global = true, value_name = "DATE", value_parser = as_of)]
    pub as_of: Option<DateTime<Utc>>,
    /// Print the report as one JSON object
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the whole way on sample providers: collect, compare, tag, compose and send one edition
    Demo(demo::DemoArgs),
    /// Run as a daemon: collect and publish on schedule, serve the web pages
    Serve,
    /// Test the configuration, the database and the mail relay, and say what to mend
    Check(check::CheckArgs),
    /// Read a document without a database, for operators and for checks
    #[command(subcommand, name = "try")]
    Try(trial::TryCommand),
    /// Learn the tagger's weights from labelled listings, and say how right it is on those held out
    Train(train::TrainArgs),
    /// Places to look
    #[command(subcommand)]
    Source(source::SourceCommand),
    /// Read every source that is due, once
    Collect(collect::CollectArgs),
    /// Show where an event's facts come from, why its listings are one event, and what happened to it
    Explain {
        /// Its id, or the first characters of it
        event: IdPrefix,
    },
    /// Decide about events: approve, reject, merge, split, correct, set facts, undo
    #[command(subcommand)]
    Event(event::EventCommand),
    /// People on the lists
    #[command(subcommand)]
    Subscribers(subscribers::SubscribersCommand),
    /// Bounces, complaints and wishes to leave
    #[command(subcommand)]
    Feedback(feedback::FeedbackCommand),
    /// Who gets what: the segments of a bulletin, and what they reach
    #[command(subcommand)]
    Segments(segments::SegmentsCommand),
    /// Draft, look at, approve and send editions
    #[command(subcommand)]
    Edition(edition::EditionCommand),
    /// Write a consistent copy of the database
    Backup { file: PathBuf },
    /// Replace the database with a backup
    Restore { file: PathBuf },
    /// People who work at the desk
    #[command(subcommand)]
    User(user::UserCommand),
}

/// A command line that clap cannot judge by itself is wrong: exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Calls the command.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    let globals = &cli.globals;
    match cli.command {
        Command::Demo(args) => demo::run(globals, &args).await,
        Command::Serve => serve::run(globals).await,
        Command::Check(args) => check::run(globals, &args).await,
        Command::Try(command) => trial::run(globals, command).await,
        Command::Train(args) => train::run(globals, &args),
        Command::Source(command) => source::run(globals, command).await,
        Command::Collect(args) => collect::run(globals, args).await,
        Command::Explain { event } => explain::run(globals, &event).await,
        Command::Event(command) => event::run(globals, command).await,
        Command::Subscribers(command) => subscribers::run(globals, command).await,
        Command::Feedback(command) => feedback::run(globals, command).await,
        Command::Segments(command) => segments::run(globals, command).await,
        Command::Edition(command) => edition::run(globals, command).await,
        Command::Backup { file } => backup::backup(globals, &file).await,
        Command::Restore { file } => backup::restore(globals, &file).await,
        Command::User(command) => user::run(globals, command).await,
    }
}

/// An operator's rules (TOML): selectors of a page, columns of a table.
fn rules_file<T: serde::de::DeserializeOwned>(file: &std::path::Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(file).map_err(|e| Usage(format!("cannot read {}: {e}", file.display())))?;
    toml::from_str(&text).map_err(|e| Usage(format!("{}: {e}", file.display())).into())
}

/// The organisation of this short name, or the only one there is.
async fn organisation(app: &App, slug: Option<&str>) -> anyhow::Result<OrganisationId> {
    let all = app.store.organisations().await?;
    match (slug, all.as_slice()) {
        (Some(slug), all) => {
            let slug = Slug::parse(slug).map_err(|e| Usage(e.to_string()))?;
            let Some(found) = all.iter().find(|o| o.slug == slug) else { bail!("there is no organisation `{slug}`; add it to the configuration") };
            Ok(found.id)
        }
        (None, [one]) => Ok(one.id),
        (None, []) => bail!("there is no organisation yet; add an [[organisation]] to the configuration"),
        (None, _) => bail!(Usage("there are several organisations; name one with --organisation".into())),
    }
}

/// A date means its first moment in London.
fn as_of(text: &str) -> Result<DateTime<Utc>, String> {
    match When::parse(text, Tz::Europe__London) {
        Ok(when @ (When::Day(_) | When::Minute(_))) => Ok(when.earliest(Tz::Europe__London)),
        _ => Err("expected a date such as 2026-11-21 or a date and time such as 2026-11-21T09:00:00+00:00".to_owned()),
    }
}

/// The first moment of a civil day.
fn first_moment(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    crate::domain::when::civil(day.and_time(NaiveTime::MIN), zone).with_timezone(&Utc)
}
