//! Which address is read for a source: the one the operator gave, or the one that the discovery ladder chose. A source that fails or stays
//! empty tries its fallback, then walks the ladder again. Nothing is withdrawn for it (invariant 1).

use chrono::TimeDelta;
use url::Url;

use super::{Collector, read::Trouble};
use crate::{
    collect::{
        discover::{self, Explorer, Rung},
        extract,
        fetch::{Fetched, Validators},
        normalise,
    },
    domain::{Health, Reading, RungName, SourceKind},
    store::{
        plan::{Plan, Way},
        source::Source,
    },
};

/// Between two walks up the ladder for a source in trouble. Days.
const DAYS_BETWEEN_WALKS: i64 = 2;

/// What is read in this look.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub url: Url,
    pub kind: SourceKind,
    pub rung: Option<RungName>,
    /// What was changed just now, in words. Validators of the last look then belong to another address.
    pub changed: Option<String>,
    /// It was changed because what was read until now brought nothing.
    pub mended: bool,
}

impl Target {
    fn of(source: &Source, way: Option<&Way>) -> Result<Self, Trouble> {
        // A way that leads to the operator's own address moves with it.
        let text = way.map(|w| w.url.as_str()).filter(|url| *url != source.url).unwrap_or_else(|| source.reads_at());
        let url = Url::parse(text).map_err(|_| Trouble::BadAddress(text.to_owned()))?;
        Ok(Self { url, kind: way.map_or(source.kind, |w| w.kind), rung: way.map(|w| w.rung), changed: None, mended: false })
    }
}

/// What the ladder chose, as it is stored. Empty ways when no rung yields events: then the address is read as it is.
#[must_use]
pub fn plan_of(rungs: &[Rung], reading: &Reading) -> Plan {
    let way = |r: &Rung| Way {
        rung: r.name,
        url: r.url.to_string(),
        kind: r.kind,
        why: r.why.clone(),
        events: i64::try_from(r.events.len()).unwrap_or(i64::MAX),
    };
    let chosen = rungs.iter().find(|r| r.chosen);
    let fallback = rungs.iter().find(|r| r.fallback);
    Plan { walked_at: Some(reading.now), note: None, ways: chosen.into_iter().chain(fallback).map(way).collect() }
}

impl Collector<'_> {
    /// Decides what to read, and changes the source's plan when it is in trouble or was never looked at.
    pub(super) async fn target(&self, source: &Source, reading: Reading) -> Result<Target, Trouble> {
        // What the operator wrote rules for, or called by its kind, is read as he said.
        if !source.is_discoverable() {
            return Target::of(source, None);
        }
        let plan = self.store.plan(source.id).await?;
        // One that answers again is in no trouble, whatever came before; "not modified" counts for an answer.
        let is_well = source.health == Health::Ok && source.last_listings.is_some_and(|n| n > 0);
        match plan {
            Some(plan) if plan.walked_at.is_none() => self.first_walk(source, reading).await,
            plan if !is_well && self.store.is_in_trouble(source.id).await? => self.mend(source, plan.unwrap_or_default(), reading).await,
            plan => Target::of(source, plan.as_ref().and_then(Plan::chosen)),
        }
    }

    /// The address could not be reached when it was added: the ladder is walked now.
    async fn first_walk(&self, source: &Source, reading: Reading) -> Result<Target, Trouble> {
        let own = Target::of(source, None)?;
        let plan = self.walk(&own.url, reading).await?;
        self.store.put_plan(source.id, &plan).await?;
        let mut target = Target::of(source, plan.chosen())?;
        target.changed = plan.chosen().map(|w| format!("found by the discovery ladder: {} at {}", w.rung, w.url));
        Ok(target)
    }

    async fn walk(&self, url: &Url, reading: Reading) -> Result<Plan, Trouble> {
        let explorer = Explorer { fetcher: self.fetcher, tagger: self.tagger, reading: &reading };
        Ok(plan_of(&explorer.walk(url).await?, &reading))
    }

    /// Three looks in a row brought nothing: the fallback is read when it has events, else the ladder is walked again, now and then.
    async fn mend(&self, source: &Source, plan: Plan, reading: Reading) -> Result<Target, Trouble> {
        let now = Target::of(source, plan.chosen())?;
        if let Some(fallback) = plan.fallback()
            && self.yields(fallback, reading).await
        {
            let ways: Vec<Way> = plan.ways.iter().rev().cloned().collect();
            return self.change(source, Plan { ways, ..plan.clone() }, &now, reading).await;
        }
        let recently = plan.walked_at.is_some_and(|at| reading.now - at < TimeDelta::days(DAYS_BETWEEN_WALKS));
        if recently {
            return Ok(now);
        }
        let own = Target::of(source, None)?;
        // The address itself may be what fails: then the look fails as it would have.
        let Ok(found) = self.walk(&own.url, reading).await else { return Ok(now) };
        match found.chosen() {
            Some(way) if way.url != now.url.as_str() => self.change(source, found, &now, reading).await,
            _ => {
                let note = format!("{}: the discovery ladder was walked again and found nothing better", reading.now.date_naive());
                self.store.put_plan(source.id, &Plan { walked_at: Some(reading.now), note: Some(note), ways: plan.ways }).await?;
                Ok(now)
            }
        }
    }

    async fn change(&self, source: &Source, mut plan: Plan, was: &Target, reading: Reading) -> Result<Target, Trouble> {
        let mut target = Target::of(source, plan.chosen())?;
        let rung = target.rung.map_or("address", RungName::as_str);
        let words = format!(
            "since {} the {rung} at {} is read, because three looks at {} brought no events; nothing was withdrawn",
            reading.now.date_naive(),
            target.url,
            was.url
        );
        tracing::warn!(source = %source.url, "{words}");
        plan.note = Some(words.clone());
        self.store.put_plan(source.id, &plan).await?;
        target.changed = Some(words);
        target.mended = true;
        Ok(target)
    }

    /// Whether a way has events that say when they are.
    async fn yields(&self, way: &Way, reading: Reading) -> bool {
        let Ok(url) = Url::parse(&way.url) else { return false };
        let Ok(Fetched::Body(body)) = self.fetcher.get(&url, &Validators::default()).await else { return false };
        let (rung, kind) = (way.rung, way.kind);
        let read = move || {
            if rung == RungName::Sitemap {
                return !discover::sitemap::read(&body.document.body).events(&url).is_empty();
            }
            let found = extract::extract(&body.document, &reading, kind, None).map(|f| f.events).unwrap_or_default();
            let base = body.document.url.as_ref();
            found.into_iter().filter_map(|raw| normalise::normalise(raw, &reading, base)).any(|c| c.facts.start.is_some())
        };
        tokio::task::spawn_blocking(read).await.unwrap_or(false)
    }
}
