//! `gleaner try`: the stages on a file, without a database. What CONTRACTS promises to scripts is printed here and nowhere else.

use clap::Subcommand;

use super::Globals;

mod duplicates;
pub mod lines;
mod listings;
mod page;
mod source;

#[derive(Debug, Subcommand)]
pub enum TryCommand {
    /// Read a page, feed, calendar or e-mail and print the events in it
    Page(page::PageArgs),
    /// Judge single listings: kind, tags and facts, with reasons
    Listings {
        /// One JSON object a line: {id, source, as_of, title, text, url?, dates?}
        file: std::path::PathBuf,
    },
    /// Find out which records are the same event
    Duplicates(duplicates::DuplicatesArgs),
    /// Try every way of reading an address and show what each yields
    Source(source::SourceArgs),
}

pub async fn run(globals: &Globals, command: TryCommand) -> anyhow::Result<()> {
    match command {
        TryCommand::Page(args) => page::run(globals, &args),
        TryCommand::Listings { file } => listings::run(globals, &file),
        TryCommand::Duplicates(args) => duplicates::run(&args),
        TryCommand::Source(args) => source::run(globals, &args).await,
    }
}
