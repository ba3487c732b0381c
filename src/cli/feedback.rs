//! `gleaner feedback`: read what came back, and see what was made of it.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Globals, output};
use crate::{
    app::App,
    feedback::inbox::ReadReport,
    store::{feedback::Feedback, feedback_alarm::Refusal},
};

/// Bytes of one message that is piped in.
const MOST_BYTES: u64 = 20 * 1024 * 1024;

#[derive(Debug, Subcommand)]
pub enum FeedbackCommand {
    /// Read bounces, complaints and wishes to leave: from the configured mailbox, or from what is named
    Read(ReadArgs),
    /// Show what came back and what was done about it
    List {
        /// Everything, not only what waits for a person
        #[arg(long)]
        all: bool,
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Afterwards, take what was shown as dealt with
        #[arg(long)]
        done: bool,
    },
}

#[derive(Debug, Args)]
pub struct ReadArgs {
    /// A message, or `-` for standard input, as a mail server pipes it
    #[arg(long, conflicts_with = "maildir")]
    file: Option<PathBuf>,
    /// A Maildir, or a directory of messages
    #[arg(long)]
    maildir: Option<PathBuf>,
}

pub async fn run(globals: &Globals, command: FeedbackCommand) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    match command {
        FeedbackCommand::Read(args) => {
            let report = read(&app, &args).await?;
            if globals.json { output::json(&report) } else { print(&report) }
        }
        FeedbackCommand::List { all, limit, done } => list(globals, &app, all, limit, done).await,
    }
}

async fn read(app: &App, args: &ReadArgs) -> anyhow::Result<ReadReport> {
    match (&args.file, &args.maildir) {
        (Some(file), _) if file.as_os_str() == "-" => app.read_returned_message(standard_input()?).await,
        (Some(file), _) => {
            let message = crate::collect::mailbox::file(file)?;
            app.read_returned_message(message).await
        }
        (None, Some(path)) => app.read_returned_at(path).await,
        (None, None) => {
            app.count_refusals().await?;
            app.read_returned().await
        }
    }
}

fn standard_input() -> anyhow::Result<Vec<u8>> {
    let mut message = Vec::new();
    io::stdin().lock().take(MOST_BYTES).read_to_end(&mut message).context("cannot read standard input")?;
    Ok(message)
}

fn print(r: &ReadReport) -> anyhow::Result<()> {
    let counted = |what: Vec<(String, usize)>| what.into_iter().map(|(word, n)| format!("{n} {word}")).collect::<Vec<_>>().join(", ");
    let kinds = counted(r.kinds.iter().map(|(k, n)| (k.to_string(), *n)).collect());
    let outcomes = counted(r.outcomes.iter().map(|(o, n)| (o.to_string(), *n)).collect());
    output::line(&format!("messages read: {} ({} statements known already)", r.messages, r.repeated))?;
    if !kinds.is_empty() {
        output::line(&format!("they say: {kinds}"))?;
    }
    if !outcomes.is_empty() {
        output::line(&format!("done: {outcomes}"))?;
    }
    r.notes.iter().try_for_each(|n| output::line(&format!("note: {n}")))
}

async fn list(globals: &Globals, app: &App, all: bool, limit: u32, done: bool) -> anyhow::Result<()> {
    let (found, refusals) = (app.store.feedback(!all, limit).await?, app.store.refusals().await?);
    let counts = app.store.feedback_counts().await?;
    if globals.json {
        let counts: Vec<_> = counts.iter().map(|(kind, outcome, n)| json!({"kind": kind, "outcome": outcome, "count": n})).collect();
        output::json(&json!({"refused_by": refusals, "counts": counts, "feedback": found}))?;
    } else {
        refusals.iter().try_for_each(|r| output::line(&refusal(r)))?;
        found.iter().try_for_each(|f| output::line(&statement(f)))?;
        if found.is_empty() && refusals.is_empty() {
            output::line(if all { "nothing has come back" } else { "nothing waits for a person; --all shows everything" })?;
        }
    }
    if done {
        app.store.feedback_looked_at(app.now()).await?;
    }
    Ok(())
}

fn refusal(r: &Refusal) -> String {
    format!("REFUSED by {} ({}; {} reports since {}): {}", r.domain, r.class, r.reports, r.opened_at.format("%Y-%m-%d"), r.words)
}

fn statement(f: &Feedback) -> String {
    let class = f.class.map(|c| format!(" ({c})")).unwrap_or_default();
    let about = if f.recipient.is_empty() { String::new() } else { format!(" {}", f.recipient) };
    let why = if f.why.is_empty() { String::new() } else { format!(" ({})", f.why) };
    format!("{}  {}{class}{about}: {}{why}\n    {}", f.recorded_at.format("%Y-%m-%d %H:%M"), f.kind, f.outcome, f.words)
}
