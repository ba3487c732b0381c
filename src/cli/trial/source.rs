//! `gleaner try source URL`: what each rung of the discovery ladder yields, and which is chosen.

use anyhow::Context;
use chrono_tz::Tz;
use clap::Args;
use serde_json::{Value, json};
use url::Url;

use super::page::{DateOrder, event_json};
use crate::{
    app,
    cli::{Globals, output},
    collect::discover::{Explorer, Rung},
    domain::Reading,
};

/// Events shown of each rung.
const SAMPLE: usize = 3;

#[derive(Debug, Args)]
pub struct SourceArgs {
    /// An http(s) address: a page, a feed, a calendar, or the home page of a site
    url: Url,
    /// Zone of times that name none
    #[arg(long, value_name = "ZONE", default_value = "Europe/London")]
    timezone: Tz,
    /// Whether 03/04 is 3 April (dmy) or March 4 (mdy)
    #[arg(long, value_enum, default_value = "dmy")]
    dates: DateOrder,
    /// Print every event of the chosen rung, one JSON object a line, instead of the rungs
    #[arg(long)]
    events: bool,
}

pub async fn run(globals: &Globals, args: &SourceArgs) -> anyhow::Result<()> {
    let config = app::configuration(globals)?;
    let fetcher = app::impatient_fetcher(&config)?;
    let tagger = app::tagger(&config)?;
    let now = app::Clock::from(globals.as_of).now();
    let reading = Reading { zone: args.timezone, day_first: args.dates == DateOrder::Dmy, ..Reading::british(now) };
    let rungs = Explorer { fetcher: &fetcher, tagger: &tagger, reading: &reading }.walk(&args.url).await.with_context(|| args.url.to_string())?;
    if args.events {
        return rungs.iter().filter(|r| r.chosen).flat_map(|r| &r.events).try_for_each(|c| output::json(&event_json(c)));
    }
    rungs.iter().try_for_each(|r| output::json(&rung_json(r)))
}

/// The object of CONTRACTS, `try source`.
fn rung_json(rung: &Rung) -> Value {
    json!({
        "rung": rung.name,
        "url": rung.url,
        "kind": rung.kind,
        "events": rung.events.len(),
        "set_aside": rung.set_aside,
        "fields": rung.filled(),
        "freshness": rung.freshness,
        "chosen": rung.chosen,
        "fallback": rung.fallback,
        "why": rung.why,
        "error": rung.trouble,
        "sample": rung.events.iter().take(SAMPLE).map(event_json).collect::<Vec<_>>(),
    })
}
