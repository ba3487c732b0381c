//! Brings the database up to date with the organisations, bulletins and sources that the configuration names. What the configuration does
//! not name stays: it was made at the desk or on the command line.

use anyhow::Context;

use super::App;
use crate::{
    collect::address,
    config::{BulletinConfig, SourceConfig},
    domain::{OrganisationId, check_events, check_people},
    store::{
        bulletin::{Bulletin, Section, Segment},
        new_id,
        plan::Plan,
        source::NewSource,
    },
    tag::Taxonomy,
};

pub async fn bulletins_and_sources(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    for o in &app.config.organisations {
        let context = || format!("organisation `{}`", o.slug);
        let id = app.store.put_organisation(&o.slug, &o.name, &o.postal_address, o.contact.as_str(), now).await.with_context(context)?;
        for provider in &o.known_providers {
            app.store.vouch_for(id, provider, now).await.with_context(context)?;
        }
    }
    for b in &app.config.bulletins {
        let organisation = app.store.organisation_by_slug(&b.organisation).await?.with_context(|| format!("organisation `{}`", b.organisation))?;
        known_terms(b, app.tagger.taxonomy())?;
        let id = app.store.put_bulletin(&bulletin(b, organisation.id), now).await.with_context(|| format!("bulletin `{}`", b.slug))?;
        app.store.set_deadline(id, b.deadline_minutes).await.with_context(|| format!("bulletin `{}`", b.slug))?;
    }
    let known = app.store.sources().await?;
    for s in &app.config.sources {
        let mut new = new_source(s)?;
        // Columns that were named on the command line stay while the configuration names none.
        new.columns = new.columns.or_else(|| known.iter().find(|k| k.url == new.url).and_then(|k| k.columns.clone()));
        let same = known.iter().any(|k| {
            k.url == new.url
                && k.kind == new.kind
                && k.provider_name == new.provider
                && k.selectors == new.selectors
                && k.columns == new.columns
                && k.zone == new.zone
                && k.day_first == new.day_first
                && k.interval_minutes == new.interval_minutes
        });
        // One that is as configured keeps its validators and its next time; a person's "disable" stands.
        let context = || format!("source `{}`", s.url);
        if !same {
            let before = known.iter().find(|k| k.url == new.url);
            let id = app.store.add_source(&new, now).await.with_context(context)?;
            let source = app.store.source(id).await.with_context(context)?;
            if !source.is_discoverable() {
                app.store.drop_plan(id).await.with_context(context)?;
            } else if s.discover && before.is_none_or(|k| !k.is_discoverable()) {
                // Walked at the first look: a start asks nobody anything.
                app.store.put_plan(id, &Plan::default()).await.with_context(context)?;
            }
        }
        permission(app, s, &new.url).await.with_context(context)?;
    }
    Ok(())
}

/// Writes down a permission that is new in the configuration. One that was given on the command line stays.
async fn permission(app: &App, s: &SourceConfig, url: &str) -> anyhow::Result<()> {
    let Some(words) = &s.ignore_robots else { return Ok(()) };
    let Some(source) = app.store.sources().await?.into_iter().find(|k| k.url == url) else { return Ok(()) };
    if source.robots_permission.as_ref() != Some(words) {
        app.store.permit_robots(source.id, Some(words), app.now()).await?;
    }
    Ok(())
}

/// Refuses rules that name a term the taxonomy does not have: they would quietly select nothing.
fn known_terms(b: &BulletinConfig, taxonomy: &Taxonomy) -> anyhow::Result<()> {
    let terms = |facet| taxonomy.terms(facet).iter().map(|t| t.id.clone()).collect();
    let checked = b.sections.iter().try_for_each(|(heading, rule)| check_events(heading, rule, &terms)).and_then(|()| {
        b.segments.iter().try_for_each(|(name, people, events)| check_people(name, people, &terms).and_then(|()| check_events(name, events, &terms)))
    });
    checked.map_err(|e| crate::cli::Usage(format!("bulletin `{}`: {e}", b.slug)).into())
}

/// A configured bulletin as the store keeps it. Ids are those of a new one; the store keeps the ids of one that is there.
fn bulletin(b: &BulletinConfig, organisation_id: OrganisationId) -> Bulletin {
    let bounded = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    Bulletin {
        id: new_id(),
        organisation_id,
        slug: b.slug.clone(),
        name: b.name.clone(),
        strapline: b.strapline.clone(),
        from_name: b.from_name.clone(),
        from_address: b.from_address.clone(),
        reply_to: b.reply_to.clone(),
        colour: b.colour.clone(),
        schedule: b.schedule.clone(),
        zone: b.zone,
        window_minutes: bounded(b.window_minutes),
        approval: b.approval,
        min_items: bounded(b.min_items),
        max_items: bounded(b.max_items),
        horizon_days: bounded(b.horizon_days),
        uncertain_policy: b.uncertain_policy,
        measure: b.measure,
        send_despite: b.send_despite.iter().map(|t| t.as_str().to_owned()).collect(),
        sections: b.sections.iter().map(|(heading, events)| Section { id: new_id(), heading: heading.clone(), events: events.clone() }).collect(),
        segments: b
            .segments
            .iter()
            .map(|(name, people, events)| Segment { id: new_id(), name: name.clone(), people: people.clone(), events: events.clone() })
            .collect(),
    }
}

fn new_source(s: &SourceConfig) -> anyhow::Result<NewSource> {
    Ok(NewSource {
        url: address::parse(&s.url)?,
        kind: s.kind,
        provider: s.provider.clone(),
        selectors: s.selectors.clone(),
        columns: s.columns.clone(),
        zone: s.zone,
        day_first: s.day_first,
        interval_minutes: s.interval_minutes,
    })
}
