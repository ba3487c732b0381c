//! `gleaner demo`: the whole way on invented providers, with an account of each stage that a newcomer understands. Needs nothing but the binary.

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use anyhow::Context;
use axum::{Router, http::header, routing::get};
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Globals, Usage, edition, output, subscribers};
use crate::{
    app::{App, Clock, daemon},
    collect::run::Report,
    config::{BulletinConfig, Config, OrganisationConfig, SourceConfig},
    curate::draft::{self, Drafted},
    domain::{Basis, EditionState, EmailAddress, Measure, Slug, SourceKind, UncertainPolicy},
    store::{bulletin::Bulletin, subscriber_batch::Intake},
};

mod account;
pub mod samples;

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End after one edition instead of serving the pages
    #[arg(long)]
    once: bool,
    /// Port of the pages
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

/// What the first run wrote down, so that a later one meets the same providers at the same addresses.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stage {
    /// The instant on which all sample dates hang. UTC.
    anchor: DateTime<Utc>,
    /// Where the sample providers are served.
    providers: SocketAddr,
}

pub async fn run(globals: &Globals, args: &DemoArgs) -> anyhow::Result<()> {
    let globals = Globals { data: data_directory(globals), ..globals.clone() };
    // Before anything is done: a port that is taken must not be found out when the edition is sent.
    let pages = if args.once { None } else { Some(listen(args.port).await?) };
    let now = Clock::from(globals.as_of).now();
    let (stage, listener, again) = set_the_stage(&globals.data, now).await?;
    let base = format!("http://{}", stage.providers);
    let samples = if again { samples::second_visit(stage.anchor, &base) } else { samples::documents(stage.anchor, &base) };
    let mailbox = write_mail(&globals.data, &samples)?;
    tokio::spawn(serve_samples(listener, samples));
    let app = Arc::new(App::with(configuration(&base, &mailbox, args.port)?, &globals).await?);
    let told = account::Account::new(globals.json);
    told.opening(&base, again)?;
    let account = publish_one(&app, &told).await?;
    told.closing(&app, &account)?;
    if globals.json {
        output::json(&account)?;
    }
    let Some(pages) = pages else {
        app.store.close().await;
        return Ok(());
    };
    told.serving(&app.config.public_url)?;
    daemon::run(app, pages, CancellationToken::new()).await
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}; choose another port with --port"))
}

/// The demo keeps to a directory of its own unless one was named.
fn data_directory(globals: &Globals) -> std::path::PathBuf {
    if globals.data == Path::new("var") { globals.data.join("demo") } else { globals.data.clone() }
}

/// Finds or makes the stage, and takes the providers' port. Says whether it is a later run.
async fn set_the_stage(data: &Path, now: DateTime<Utc>) -> anyhow::Result<(Stage, TcpListener, bool)> {
    fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let file = data.join("demo.json");
    if let Ok(text) = fs::read_to_string(&file) {
        let stage: Stage =
            serde_json::from_str(&text).with_context(|| format!("{} is damaged; remove {} to begin anew", file.display(), data.display()))?;
        let taken = || format!("the sample providers' port {} is taken; end the other demo, or use another --data", stage.providers);
        let listener = TcpListener::bind(stage.providers).await.with_context(taken)?;
        return Ok((stage, listener, true));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on loopback")?;
    let stage = Stage { anchor: now, providers: listener.local_addr()? };
    fs::write(&file, serde_json::to_string_pretty(&stage)?).with_context(|| format!("cannot write {}", file.display()))?;
    Ok((stage, listener, false))
}

/// Drops the sample e-bulletin into a Maildir, as a mail server would.
fn write_mail(data: &Path, samples: &[samples::Sample]) -> anyhow::Result<std::path::PathBuf> {
    let mailbox = data.join("inbox");
    for folder in ["new", "cur", "tmp"] {
        fs::create_dir_all(mailbox.join(folder)).with_context(|| format!("cannot make {}", mailbox.display()))?;
    }
    for (i, sample) in samples.iter().filter(|s| s.content_type == "message/rfc822").enumerate() {
        let crlf = sample.body.replace("\r\n", "\n").replace('\n', "\r\n");
        fs::write(mailbox.join("new").join(format!("{i}.demo")), crlf)?;
    }
    Ok(mailbox)
}

async fn serve_samples(listener: TcpListener, samples: Vec<samples::Sample>) {
    let mut router = Router::new();
    for sample in samples.into_iter().filter(|s| s.content_type != "message/rfc822") {
        let (content_type, body) = (sample.content_type, sample.body);
        router = router.route(&sample.path, get(move || async move { ([(header::CONTENT_TYPE, content_type)], body) }));
    }
    if let Err(e) = axum::serve(listener, router).await {
        tracing::error!(error = %e, "the sample providers went away");
    }
}

/// The built-in configuration with the demo's organisation, bulletin and sources.
fn configuration(base: &str, mailbox: &Path, port: u16) -> anyhow::Result<Config> {
    let mut config = Config::built_in()?;
    "warn".clone_into(&mut config.log_level);
    config.listen = SocketAddr::from(([127, 0, 0, 1], port));
    config.public_url = format!("http://127.0.0.1:{port}/").parse()?;
    config.fetch.guard = crate::collect::fetch::Guard::new(vec!["127.0.0.0/8".parse()?]);
    config.fetch.pause = std::time::Duration::ZERO;
    // One after the other: which of two listings came first is the same in every run, and so is the account.
    config.concurrency = 1;
    let o = samples::ORGANISATION;
    config.organisations = vec![OrganisationConfig {
        slug: Slug::parse(o.slug)?,
        name: o.name.to_owned(),
        postal_address: o.postal_address.to_owned(),
        contact: EmailAddress::parse(o.contact)?,
        known_providers: samples::KNOWN_PROVIDERS.map(str::to_owned).to_vec(),
    }];
    config.bulletins = vec![bulletin()?];
    let mailbox = mailbox.canonicalize()?;
    config.sources = samples::sources()
        .into_iter()
        .map(|s| SourceConfig {
            url: if s.kind == SourceKind::Mailbox { mailbox.to_string_lossy().into_owned() } else { format!("{base}{}", s.path) },
            kind: s.kind,
            provider: s.provider.map(str::to_owned),
            zone: chrono_tz::Tz::Europe__London,
            day_first: true,
            interval_minutes: 60,
            ignore_robots: None,
            selectors: s.selectors,
            columns: None,
            discover: false,
        })
        .collect();
    Ok(config)
}

fn bulletin() -> anyhow::Result<BulletinConfig> {
    let b = samples::BULLETIN;
    Ok(BulletinConfig {
        slug: Slug::parse(b.slug)?,
        organisation: Slug::parse(samples::ORGANISATION.slug)?,
        name: b.name.to_owned(),
        strapline: b.strapline.to_owned(),
        from_name: b.from_name.to_owned(),
        from_address: EmailAddress::parse(b.from_address)?,
        reply_to: b.reply_to.map(EmailAddress::parse).transpose()?,
        colour: b.colour.to_owned(),
        schedule: Some(b.schedule.to_owned()),
        zone: b.zone.parse().map_err(|e| Usage(format!("{e}")))?,
        window_minutes: b.window_minutes,
        approval: b.approval,
        min_items: b.min_items,
        max_items: b.max_items,
        horizon_days: b.horizon_days,
        uncertain_policy: UncertainPolicy::ResendOnce,
        measure: Measure::default(),
        send_despite: Vec::new(),
        deadline_minutes: None,
        sections: samples::sections().into_iter().map(|s| (s.heading.to_owned(), s.rule)).collect(),
        segments: samples::segments().into_iter().map(|s| (s.name.to_owned(), s.people, s.events)).collect(),
    })
}

/// Collect, draft, approve, publish, deliver: each as the commands do it. Returns the account in figures.
async fn publish_one(app: &App, told: &account::Account) -> anyhow::Result<Value> {
    let report = collect(app).await?;
    told.collected(app, &report).await?;
    let bulletin = app.bulletin_named(samples::BULLETIN.slug).await?;
    let people = sign_up(app, &bulletin).await?;
    told.people(&bulletin, people)?;
    let drafted = draft::draft(&app.store, &bulletin, None, false, app.now()).await?;
    told.drafted(&bulletin, &drafted)?;
    let counts = if drafted.draft.items.is_empty() { None } else { Some(send(app, &drafted).await?) };
    told.sent(app, counts.as_ref())?;
    Ok(json!({
        "sources": report.sources, "failed": report.failed, "listings": report.listings, "new": report.new, "changed": report.changed,
        "events": report.events, "duplicates": report.duplicates, "updates": report.updates, "subscribers": people,
        "edition": drafted.edition, "subject": drafted.draft.subject, "items": drafted.draft.items.len(), "left_out": drafted.draft.left.len(),
        "sent": counts.as_ref().map_or(0, |c| c.sent), "failed_mails": counts.as_ref().map_or(0, |c| c.failed),
        "outbox": app.data.join(&app.config.mail.outbox),
    }))
}

async fn collect(app: &App) -> anyhow::Result<Report> {
    let sources = app.store.sources().await?;
    super::collect::pass(app, sources).await
}

async fn sign_up(app: &App, bulletin: &Bulletin) -> anyhow::Result<u64> {
    let intake = Intake {
        organisation: bulletin.organisation_id,
        bulletin: bulletin.id,
        basis: Basis::Consent,
        note: "sample readers of the demo".to_owned(),
    };
    let report = subscribers::import_from(app, samples::SUBSCRIBERS_CSV.as_bytes(), &intake).await?;
    Ok(report.imported + report.updated + report.unchanged)
}

async fn send(app: &App, drafted: &Drafted) -> anyhow::Result<crate::store::delivery::Counts> {
    app.store.step_edition(drafted.edition, EditionState::Draft, EditionState::Approved, "demo", None, app.now()).await?;
    let (_, outcome) = edition::publish_and_deliver(app, drafted.edition).await?;
    Ok(outcome.counts)
}
