//! `gleaner user`: people who work at the desk.

use anyhow::bail;
use clap::Subcommand;
use serde_json::json;

use super::{Globals, Usage, output};
use crate::{
    app::App,
    domain::{EmailAddress, Role, Slug},
};

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Give a person a role; again to change it
    Add {
        email: EmailAddress,
        #[arg(long)]
        role: Role,
        /// Slug of the organisation; may be left out when there is one
        #[arg(long)]
        organisation: Option<String>,
    },
}

pub async fn run(globals: &Globals, command: UserCommand) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    let UserCommand::Add { email, role, organisation } = command;
    let all = app.store.organisations().await?;
    let organisation = match (organisation, all.as_slice()) {
        (Some(slug), all) => {
            let slug = Slug::parse(&slug).map_err(|e| Usage(e.to_string()))?;
            let Some(found) = all.iter().find(|o| o.slug == slug) else { bail!("there is no organisation `{slug}`; add it to the configuration") };
            found.id
        }
        (None, [one]) => one.id,
        (None, []) => bail!("there is no organisation yet; add an [[organisation]] to the configuration"),
        (None, _) => bail!(Usage("there are several organisations; name one with --organisation".into())),
    };
    app.store.put_user(organisation, &email, role, app.now()).await?;
    if globals.json { output::json(&json!({"user": email.as_str(), "role": role})) } else { output::line(&format!("{email} is {role}")) }
}
