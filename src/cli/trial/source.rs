//! `gleaner try source URL`: what each rung of the discovery ladder yields, and which is chosen.

use serde_json::{Value, json};
use url::Url;

use super::page::event_json;
use crate::{
    app,
    cli::{Globals, output},
    collect::discover::{self, Rung},
    domain::Reading,
};

/// Events shown of each rung.
const SAMPLE: usize = 3;

pub async fn run(globals: &Globals, url: &Url) -> anyhow::Result<()> {
    let config = app::configuration(globals)?;
    let fetcher = app::fetcher(&config)?;
    let reading = Reading::british(app::Clock::from(globals.as_of).now());
    for rung in discover::ladder(&fetcher, url, &reading).await? {
        output::json(&rung_json(&rung))?;
    }
    Ok(())
}

fn rung_json(rung: &Rung) -> Value {
    json!({
        "rung": rung.name,
        "url": rung.url,
        "events": rung.events.len(),
        "fields": rung.filled(),
        "chosen": rung.chosen,
        "trouble": rung.trouble,
        "sample": rung.events.iter().take(SAMPLE).map(event_json).collect::<Vec<_>>(),
    })
}
