//! Parses the command line, calls the command, and turns its end into an exit status: 0 done, 1 it failed, 2 the command line or the
//! configuration is wrong.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use gleaner::{
    bulletin::templates::TemplateError,
    cli::{self, Cli, Usage, output::ReaderGone},
    config::ConfigError,
    mail::dkim::BadDkim,
    tag::TaxonomyError,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("gleaner: cannot start: {e}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if e.downcast_ref::<ReaderGone>().is_some() => ExitCode::SUCCESS,
        Err(e) => {
            // One line that says what happened, with its causes.
            eprintln!("gleaner: {}", format!("{e:#}").replace('\n', " "));
            let is_usage = e
                .chain()
                .any(|c| c.is::<ConfigError>() || c.is::<Usage>() || c.is::<TemplateError>() || c.is::<TaxonomyError>() || c.is::<BadDkim>());
            if is_usage { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}
