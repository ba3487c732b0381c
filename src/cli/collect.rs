//! `gleaner collect`: one pass over what is due, or over the sources named.

use clap::Args;

use super::{Globals, output};
use crate::{app::App, collect::run::Report, domain::SourceId, store::source::Source};

#[derive(Debug, Args)]
pub struct CollectArgs {
    /// Only this source, due or not; may be given several times
    #[arg(long = "source", value_name = "ID")]
    sources: Vec<SourceId>,
}

pub async fn run(globals: &Globals, args: CollectArgs) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    let sources = if args.sources.is_empty() {
        app.store.sources_due(app.now()).await?
    } else {
        let mut named = Vec::new();
        for id in args.sources {
            named.push(app.store.source(id).await?);
        }
        named
    };
    let report = pass(&app, sources).await?;
    if globals.json { output::json(&report) } else { print(&report) }
}

/// One pass with a progress bar.
pub async fn pass(app: &App, sources: Vec<Source>) -> anyhow::Result<Report> {
    let bar = output::progress(sources.len() as u64, "reading sources");
    let fetcher = app.fetcher()?;
    let report = app.collector(&fetcher).pass(sources, app.now(), |_| bar.inc(1)).await?;
    bar.finish_and_clear();
    Ok(report)
}

fn print(r: &Report) -> anyhow::Result<()> {
    output::line(&format!(
        "sources read: {} ({} unchanged, {} failed, {} put off): {} listings, {} new, {} changed; {} new events, {} listings of known events, {} updates to be told",
        r.sources, r.unchanged, r.failed, r.put_off, r.listings, r.new, r.changed, r.events, r.duplicates, r.updates
    ))?;
    for f in &r.failures {
        output::line(&format!("failed: {}: {}", f.url, f.reason))?;
    }
    r.notes.iter().try_for_each(|n| output::line(&format!("note: {n}")))
}
