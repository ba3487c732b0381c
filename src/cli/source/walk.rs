//! Walking the discovery ladder for a source, and storing what it chooses. Says on standard error that it does.

use url::Url;

use super::describe;
use crate::{
    app::{self, App},
    cli::{Globals, output},
    collect::{
        discover::{Explorer, Rung},
        fetch::FetchError,
        run::plan_of,
    },
    domain::Reading,
    store::{plan::Plan, source::Source},
};

/// Looks for the best way of reading a new source. One that cannot be reached now is looked for at its first look.
pub(super) async fn first(app: &App, source: &Source) -> anyhow::Result<Option<Plan>> {
    if !source.is_discoverable() {
        return not_at_all(app, source).await;
    }
    eprintln!("looking for the best way of reading {} (up to a minute; --no-discover reads it as it is)", source.url);
    let plan = match climb(app, source).await? {
        Ok(plan) => plan,
        Err(e) => {
            eprintln!("it cannot be reached now: {e}; it is added all the same, and the ladder is walked at its first look");
            Plan::default()
        }
    };
    app.store.put_plan(source.id, &plan).await?;
    Ok(plan.walked_at.is_some().then_some(plan))
}

/// The address is read as it is.
pub(super) async fn not_at_all(app: &App, source: &Source) -> anyhow::Result<Option<Plan>> {
    app.store.drop_plan(source.id).await?;
    Ok(None)
}

/// Walks the ladder of a source that is there.
pub(super) async fn again(globals: &Globals, app: &App, source: &Source) -> anyhow::Result<()> {
    if !source.is_discoverable() {
        anyhow::bail!("{} is read as its kind and rules say; `gleaner source edit {} --kind auto` lets the ladder choose", source.url, source.id);
    }
    let plan = climb(app, source).await??;
    app.store.put_plan(source.id, &plan).await?;
    if globals.json {
        return output::json(&describe::plan(&plan));
    }
    describe::plan_lines(&plan).into_iter().try_for_each(|l| output::line(&l))
}

async fn climb(app: &App, source: &Source) -> anyhow::Result<Result<Plan, FetchError>> {
    let url: Url = source.reads_at().parse()?;
    let fetcher = app::impatient_fetcher(&app.config)?.for_source(&url, source.robots_permission.is_some());
    let reading = Reading { zone: source.zone, day_first: source.day_first, ..Reading::british(app.now()) };
    let explorer = Explorer { fetcher: &fetcher, tagger: &app.tagger, reading: &reading };
    Ok(explorer.walk(&url).await.map(|rungs: Vec<Rung>| plan_of(&rungs, &reading)))
}
