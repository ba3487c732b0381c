//! `gleaner serve`: collection, bulletins and pages side by side, until SIGTERM or SIGINT.
//!
//! All progress is rows, so each loop can be stopped anywhere; whoever is at work gets half a minute to end in order.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{App, alarms, deliverability::Undeliverable};
use crate::{
    bulletin::wording,
    collect::run::Report,
    curate::{draft, steps},
    domain::{AlarmKind, BulletinId, EditionState, Health, When},
    feedback::inbox::ReadReport,
    schedule::{self, Cron, Decision, Occurrence, Timetable},
    store::{bulletin::Bulletin, edition::Edition},
    telemetry::names,
    web::server::{Web, serve},
};

/// How often the loops look at what is due.
const LOOK: Duration = Duration::from_secs(20);
/// How often it is looked for alerts: each look reads every event ahead.
const ALERTS: Duration = Duration::from_mins(10);
/// How long tasks may take to end after a signal.
const GRACE: Duration = Duration::from_secs(30);

/// Runs until a signal. `ready` is called with the address that is listened on.
pub async fn run(app: Arc<App>, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let bell = Arc::new(Notify::new());
    let web = pages(&app, Arc::clone(&bell));
    tracing::info!(address = %listener.local_addr()?, "listening");
    let on = stop.clone();
    tasks.spawn(async move { serve(listener, web, on).await.context("the web server stopped") });
    tasks.spawn(confirm(Arc::clone(&app), bell, stop.clone()));
    tasks.spawn(collect(Arc::clone(&app), stop.clone()));
    tasks.spawn(publish(Arc::clone(&app), stop.clone()));
    tasks.spawn(tell(Arc::clone(&app), stop.clone()));
    tasks.spawn(returned(Arc::clone(&app), stop.clone()));
    tasks.spawn(alert(Arc::clone(&app), stop.clone()));
    tasks.spawn(signals(stop.clone()));
    let mut ended = Ok(());
    // The first task that ends, by signal or by failure, ends the others.
    if let Some(first) = tasks.join_next().await {
        ended = first.context("a task ended unexpectedly").and_then(|r| r);
    }
    stop.cancel();
    let rest = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, rest).await.is_err() {
        tracing::warn!("some tasks did not end in {} s; what they were at is taken up at the next start", GRACE.as_secs());
    }
    app.store.close().await;
    tracing::info!("stopped");
    ended
}

/// What the pages need of the program.
pub fn pages(app: &App, bell: Arc<Notify>) -> Web {
    let (clock, telemetry) = (app.clock, app.telemetry.clone());
    Web {
        store: app.store.clone(),
        secret: Arc::clone(&app.secret),
        pages: Arc::clone(&app.pages),
        templates: Arc::clone(&app.templates),
        public_url: app.config.public_url.clone(),
        now: Arc::new(move || clock.now()),
        metrics: Arc::new(move || telemetry.render()),
        sign_ups: app.sign_up_limits(),
        bell,
    }
}

async fn signals(stop: CancellationToken) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => tracing::info!("SIGTERM: stopping"),
        _ = int.recv() => tracing::info!("SIGINT: stopping"),
        () = stop.cancelled() => {}
    }
    Ok(())
}

/// Answers sign-ups: at once when the bell rings, and at every look those that wait for another try.
async fn confirm(app: Arc<App>, bell: Arc<Notify>, stop: CancellationToken) -> anyhow::Result<()> {
    loop {
        if let Err(e) = app.tend_sign_ups().await {
            tracing::error!(error = %format!("{e:#}"), "sign-ups cannot be answered; trying again");
        }
        tokio::select! {
            () = bell.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

/// Looks a few times an hour whether readers who want to hear at once are to hear something.
async fn alert(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    loop {
        let look = async {
            for bulletin in app.store.bulletins().await? {
                app.tend_alerts(&bulletin).await?;
            }
            anyhow::Ok(())
        };
        if let Err(e) = look.await {
            tracing::error!(error = %format!("{e:#}"), "alerts cannot be made; trying again");
        }
        tokio::select! {
            () = tokio::time::sleep(ALERTS) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

/// Waits, unless told to stop: then false.
async fn wait(stop: &CancellationToken) -> bool {
    tokio::select! {
        () = tokio::time::sleep(LOOK) => true,
        () = stop.cancelled() => false,
    }
}

/// Reads what is due, again and again. Trouble with the database is logged and tried again: the next look may find it mended.
async fn collect(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let fetcher = app.fetcher()?;
    loop {
        let pass = async {
            let due = app.store.sources_due(app.now()).await?;
            if due.is_empty() {
                return Ok(());
            }
            let report = app.collector(&fetcher).pass(due, app.now(), |_| ()).await?;
            count(&report);
            tracing::info!(
                sources = report.sources,
                failed = report.failed,
                new = report.new,
                changed = report.changed,
                events = report.events,
                "collected"
            );
            anyhow::Ok(())
        };
        tokio::select! {
            done = pass => if let Err(e) = done { tracing::error!(error = %e, "collecting failed; trying again") },
            // A pass can be dropped anywhere: each source is stored in transactions of its own.
            () = stop.cancelled() => return Ok(()),
        }
        if let Err(e) = gauge(&app).await {
            tracing::warn!(error = %e, "sources cannot be counted");
        }
        if !wait(&stop).await {
            return Ok(());
        }
    }
}

/// How the sources are doing, for `/metrics`.
pub async fn gauge(app: &App) -> anyhow::Result<()> {
    let (sources, alarms) = (app.store.sources().await?, app.store.open_alarms().await?);
    #[allow(clippy::cast_precision_loss, reason = "counts, and seconds since 1970")]
    let number = |n: i64| n as f64;
    let count = |n: usize| number(i64::try_from(n).unwrap_or(i64::MAX));
    for health in Health::ALL {
        metrics::gauge!(names::SOURCES, "health" => health.as_str()).set(count(sources.iter().filter(|s| s.health == *health).count()));
    }
    for kind in AlarmKind::ALL {
        let open = alarms.values().flatten().filter(|a| a.kind == *kind).count();
        metrics::gauge!(names::ALARMS, "kind" => kind.as_str()).set(count(open));
    }
    for source in sources.iter().take(names::MOST_SOURCES) {
        let id = source.id.to_string();
        metrics::gauge!(names::SOURCE_LISTINGS, "source" => id.clone()).set(number(source.last_listings.unwrap_or(0)));
        metrics::gauge!(names::SOURCE_LAST_OK, "source" => id.clone()).set(number(source.last_ok_at.map_or(0, |at| at.timestamp())));
        metrics::gauge!(names::SOURCE_FAILURES, "source" => id.clone()).set(number(source.failures));
        metrics::gauge!(names::SOURCE_ALARMS, "source" => id).set(count(alarms.get(&source.id).map_or(0, Vec::len)));
    }
    app.telemetry.upkeep();
    Ok(())
}

/// Tells editors how the sources are doing, once a day when there is news.
async fn tell(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            // Dropped anywhere, a mail that was being handed over goes again when its lease is over.
            done = alarms::tend(&app) => if let Err(e) = done {
                tracing::error!(error = %format!("{e:#}"), "the digest of alarms failed; trying again");
            },
            () = stop.cancelled() => return Ok(()),
        }
        if !wait(&stop).await {
            return Ok(());
        }
    }
}

/// Reads what comes back, and counts what was refused at once, at its interval.
async fn returned(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let interval = Duration::from_secs(60 * u64::from(app.config.feedback.interval_minutes));
    loop {
        tokio::select! {
            // Dropped anywhere: each statement is a transaction of its own, and what was recorded is known when it is read again.
            read = came_back(&app) => match read {
                Ok(r) if r.messages > 0 => tracing::info!(messages = r.messages, repeated = r.repeated, outcomes = ?r.outcomes, "read what came back"),
                Ok(_) => {}
                Err(e) => tracing::error!(error = %format!("{e:#}"), "returned mail cannot be read; trying again"),
            },
            () = stop.cancelled() => return Ok(()),
        }
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = stop.cancelled() => return Ok(()),
        }
    }
}

async fn came_back(app: &App) -> anyhow::Result<ReadReport> {
    let refused = app.count_refusals().await?;
    if !app.has_returned_mail() {
        return Ok(refused);
    }
    app.read_returned().await
}

fn count(r: &Report) {
    let outcomes = [("read", r.sources - r.failed - r.unchanged - r.put_off), ("unchanged", r.unchanged), ("failed", r.failed)];
    for (outcome, n) in outcomes {
        metrics::counter!(names::FETCHES, "outcome" => outcome).increment(n as u64);
    }
    metrics::counter!(names::LISTINGS, "change" => "new").increment(r.new as u64);
    metrics::counter!(names::LISTINGS, "change" => "changed").increment(r.changed as u64);
    metrics::counter!(names::DUPLICATES).increment(r.duplicates as u64);
}

/// Makes due editions, and goes on with what was being sent. Says once for each bulletin when it is due next.
async fn publish(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut announced: HashMap<BulletinId, Occurrence> = HashMap::new();
    loop {
        for bulletin in app.store.bulletins().await.unwrap_or_else(|e| {
            tracing::error!(error = %e, "bulletins cannot be read; trying again");
            Vec::new()
        }) {
            match tend(&app, &bulletin, &stop).await {
                Err(e) => tracing::error!(bulletin = %bulletin.slug, error = %format!("{e:#}"), "publishing failed; trying again"),
                Ok(Some(next)) if announced.insert(bulletin.id, next) != Some(next) => {
                    tracing::info!(bulletin = %bulletin.slug, at = %next.at.with_timezone(&bulletin.zone).to_rfc3339(), "next edition");
                }
                Ok(_) => {}
            }
        }
        if !wait(&stop).await {
            return Ok(());
        }
    }
}

/// One bulletin: what is due is drafted and, if the policy lets it, published; what is being sent is sent on. Returns when it is due
/// next; `None` without a schedule, or when something was due just now.
pub async fn tend(app: &App, bulletin: &Bulletin, stop: &CancellationToken) -> anyhow::Result<Option<Occurrence>> {
    let next = make_due(app, bulletin, app.now()).await?;
    app.store.skip_rest_of_cancelled(app.now()).await?;
    for edition in app.store.editions(bulletin.id).await? {
        // Killed between drafting and what the policy says of it: the day is taken, so without this nobody would ever hear of the edition.
        if edition.state == EditionState::Draft && edition.scheduled_for.is_some() {
            app.store.step_edition(edition.id, EditionState::Draft, EditionState::InReview, "schedule", None, app.now()).await?;
            tracing::warn!(bulletin = %bulletin.slug, edition = %edition.id, "an interrupted draft waits for approval");
        }
        // A scheduled edition that was approved, by policy or by a person, goes; one drafted by hand is sent by hand.
        let approved = edition.state == EditionState::Approved && edition.scheduled_for.is_some();
        if approved && !publish_or_hold(app, &edition).await? {
            continue;
        }
        if approved || edition.state == EditionState::Sending {
            let before = app.store.delivery_counts(edition.id).await?;
            let outcome = app.deliver(edition.id, Arc::new(|_| ()), stop.clone()).await?;
            let c = outcome.counts;
            let made = [("sent", before.sent, c.sent), ("failed", before.failed, c.failed), ("skipped", before.skipped, c.skipped)];
            for (outcome, then, now) in made {
                metrics::counter!(names::DELIVERIES, "outcome" => outcome).increment(now.saturating_sub(then));
            }
            tracing::info!(bulletin = %bulletin.slug, edition = edition.number, sent = outcome.counts.sent, failed = outcome.counts.failed, "delivered");
        }
        if stop.is_cancelled() {
            break;
        }
    }
    Ok(next)
}

/// Freezes who gets an approved edition. One that receivers would turn away is held, with the reason, for a person to see: false.
async fn publish_or_hold(app: &App, edition: &Edition) -> anyhow::Result<bool> {
    match app.publish(edition.id).await {
        Ok(_) => Ok(true),
        Err(e) => match e.downcast_ref::<Undeliverable>() {
            Some(why) => {
                steps::hold(&app.store, edition.id, "deliverability", &why.to_string(), app.now()).await?;
                tracing::error!(edition = %edition.id, "held: {why}");
                Ok(false)
            }
            None => Err(e),
        },
    }
}

/// Drafts the edition of the civil day that is due, or says when one will be. One civil day, one edition: the database refuses a second
/// (invariant 10).
async fn make_due(app: &App, bulletin: &Bulletin, now: DateTime<Utc>) -> anyhow::Result<Option<Occurrence>> {
    let Some(expression) = &bulletin.schedule else { return Ok(None) };
    let timetable = Timetable {
        cron: Cron::parse(expression)?,
        zone: bulletin.zone,
        window: TimeDelta::minutes(i64::from(bulletin.window_minutes)),
        since: app.store.bulletin_since(bulletin.id).await?,
    };
    let last_done = app.store.editions(bulletin.id).await?.iter().filter_map(|e| e.scheduled_for).max();
    let (occurrence, late) = match schedule::decide(&timetable, last_done, now) {
        Decision::NotYet { next } => return Ok(next),
        Decision::Due(o) => (o, false),
        Decision::TooLate(o) => (o, true),
    };
    let drafted = draft::draft(&app.store, bulletin, Some(occurrence.civil_date), false, now).await?;
    if late {
        let time = wording::moment(&When::Minute(occurrence.at.with_timezone(&bulletin.zone)));
        let why = format!("it was due on {time}; more than {} minutes (window_minutes) later a person decides", bulletin.window_minutes);
        app.store.step_edition(drafted.edition, EditionState::Draft, EditionState::Held, "schedule", Some(&why), now).await?;
        tracing::warn!(bulletin = %bulletin.slug, edition = %drafted.edition, "too late: held for a person");
    } else if !draft::approve_by_policy(&app.store, bulletin, &drafted, now).await? {
        app.store.step_edition(drafted.edition, EditionState::Draft, EditionState::InReview, "schedule", None, now).await?;
        tracing::info!(bulletin = %bulletin.slug, edition = %drafted.edition, items = drafted.draft.items.len(), "drafted, waits for approval");
    }
    Ok(None)
}
