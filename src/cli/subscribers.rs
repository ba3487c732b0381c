//! `gleaner subscribers`: people in, out, and forgotten.

use std::{fs::File, io, path::PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;
use serde_json::json;

use super::{Globals, output};
use crate::{
    app::App,
    bulletin::subscribers::{self, ImportReport},
    domain::{Basis, EmailAddress},
    store::subscriber_batch::Intake,
};

#[derive(Debug, Subcommand)]
pub enum SubscribersCommand {
    /// Put people on a list from CSV: email,name and any of region,sub,aud,stage,need,cost_max,format,frequency,time,authority,lcep
    Import {
        file: PathBuf,
        #[arg(long)]
        bulletin: String,
        /// The ground on which they are written to
        #[arg(long)]
        basis: Basis,
        /// Where and when it was given; kept in the consent ledger
        #[arg(long)]
        note: String,
    },
    /// Write a list as CSV to standard output
    Export {
        /// May be left out when there is one bulletin
        #[arg(long)]
        bulletin: Option<String>,
    },
    /// Everything that is held on a person, as JSON: preferences, consent, mails, what came back
    Show { email: EmailAddress },
    /// Erase a person; only a keyed hash stays, so that nobody writes to them again
    Forget { email: EmailAddress },
}

pub async fn run(globals: &Globals, command: SubscribersCommand) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    match command {
        SubscribersCommand::Import { file, bulletin, basis, note } => {
            let report = import(&app, &file, &bulletin, basis, note).await?;
            if globals.json { output::json(&report) } else { print(&report) }
        }
        SubscribersCommand::Export { bulletin } => export(&app, bulletin).await,
        SubscribersCommand::Show { email } => super::person::show(globals, &app, &email).await,
        SubscribersCommand::Forget { email } => forget(globals, &app, &email).await,
    }
}

async fn import(app: &App, file: &PathBuf, bulletin: &str, basis: Basis, note: String) -> anyhow::Result<ImportReport> {
    let bulletin = app.bulletin_named(bulletin).await?;
    let reader = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let intake = Intake { organisation: bulletin.organisation_id, bulletin: bulletin.id, basis, note };
    import_from(app, reader, &intake).await.with_context(|| file.display().to_string())
}

/// Imports from anything that can be read.
pub async fn import_from(app: &App, reader: impl io::Read, intake: &Intake) -> anyhow::Result<ImportReport> {
    let taxonomy = app.tagger.taxonomy();
    let report = subscribers::import(&app.store, &app.secret, reader, intake, |facet, term| taxonomy.knows(facet, term), app.now()).await?;
    Ok(report)
}

fn print(r: &ImportReport) -> anyhow::Result<()> {
    output::line(&format!(
        "{} imported, {} updated, {} unchanged, {} left out because they left or are suppressed, {} lines rejected",
        r.imported,
        r.updated,
        r.unchanged,
        r.suppressed,
        r.rejected.len()
    ))?;
    for p in &r.rejected {
        output::line(&format!("line {}: rejected: {}", p.line, p.reason))?;
    }
    r.warnings.iter().try_for_each(|p| output::line(&format!("line {}: {}", p.line, p.reason)))
}

async fn export(app: &App, bulletin: Option<String>) -> anyhow::Result<()> {
    let bulletin = match (bulletin, app.store.bulletins().await?.as_slice()) {
        (Some(slug), _) => app.bulletin_named(&slug).await?,
        (None, [one]) => app.bulletin_named(one.slug.as_str()).await?,
        (None, []) => bail!("there is no bulletin yet; add a [[bulletin]] to the configuration"),
        (None, _) => bail!("there are several bulletins; name one with --bulletin"),
    };
    subscribers::export(&app.store, bulletin.id, io::stdout().lock()).await?;
    Ok(())
}

async fn forget(globals: &Globals, app: &App, email: &EmailAddress) -> anyhow::Result<()> {
    let hash = app.secret.email_hash(email);
    let mut found = false;
    for organisation in app.store.organisations().await? {
        found |= app.store.forget(organisation.id, email, &hash, app.now()).await?;
    }
    if globals.json {
        return output::json(&json!({"forgotten": found}));
    }
    output::line(if found {
        "forgotten; a keyed hash keeps the address from being written to again"
    } else {
        "nobody of that address is on a list here"
    })
}
