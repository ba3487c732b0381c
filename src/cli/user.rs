//! `gleaner user`: people who work at the desk.

use clap::Subcommand;
use serde_json::json;

use super::{Globals, output};
use crate::{
    app::App,
    domain::{EmailAddress, Role},
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
    let organisation = super::organisation(&app, organisation.as_deref()).await?;
    app.store.put_user(organisation, &email, role, app.now()).await?;
    if globals.json { output::json(&json!({"user": email.as_str(), "role": role})) } else { output::line(&format!("{email} is {role}")) }
}
