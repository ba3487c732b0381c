//! `gleaner edition`: draft, look at, approve, test and send.

use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Globals, output};
use crate::{
    app::App,
    bulletin::deliver::Outcome,
    curate::{draft, issue::Issue, steps},
    domain::{EditionId, EditionState, EmailAddress},
    mail,
    store::{bulletin::Bulletin, edition::Edition, organisation::Organisation},
};

#[derive(Debug, Subcommand)]
pub enum EditionCommand {
    /// Draft an edition from what is new, changed and ahead
    Draft {
        #[arg(long)]
        bulletin: String,
        /// Tell again of what was told before
        #[arg(long)]
        repeat: bool,
    },
    /// Editions of a bulletin, newest first
    List {
        #[arg(long)]
        bulletin: String,
    },
    /// What is in an edition and how far it is
    Show { id: EditionId },
    /// The mail as everyone, or as one subscriber, would get it
    Preview {
        id: EditionId,
        #[arg(long, value_name = "EMAIL")]
        subscriber: Option<EmailAddress>,
        #[arg(long, value_enum, default_value = "html")]
        format: Format,
    },
    /// Let it be sent
    Approve { id: EditionId },
    /// Stop it where it is; what is on its way to a server ends, nothing new is begun
    Hold {
        id: EditionId,
        /// Why, for whoever looks at it next
        #[arg(long, default_value = "held by hand")]
        because: String,
    },
    /// Let a held edition go on: to the rest of its readers, or approved if it was not being sent
    Resume { id: EditionId },
    /// Call it off; those who have it have it, the rest get nothing
    Cancel { id: EditionId },
    /// Send it to one address that need not be on a list
    Test {
        id: EditionId,
        #[arg(long, value_name = "EMAIL")]
        to: EmailAddress,
    },
    /// Publish and deliver an approved edition; blocks until done; run again, it resumes
    Send { id: EditionId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Html,
    Text,
    Eml,
}

pub async fn run(globals: &Globals, command: EditionCommand) -> anyhow::Result<()> {
    let app = App::open(globals).await?;
    match command {
        EditionCommand::Draft { bulletin, repeat } => draft_edition(globals, &app, &bulletin, repeat).await,
        EditionCommand::List { bulletin } => list(globals, &app, &bulletin).await,
        EditionCommand::Show { id } => show(globals, &app, id).await,
        EditionCommand::Preview { id, subscriber, format } => preview(&app, id, subscriber.as_ref(), format).await,
        EditionCommand::Approve { id } => approve(globals, &app, id).await,
        EditionCommand::Hold { id, because } => hold(globals, &app, id, &because).await,
        EditionCommand::Resume { id } => resume(globals, &app, id).await,
        EditionCommand::Cancel { id } => cancel(globals, &app, id).await,
        EditionCommand::Test { id, to } => test(globals, &app, id, &to).await,
        EditionCommand::Send { id } => send(globals, &app, id).await,
    }
}

async fn draft_edition(globals: &Globals, app: &App, slug: &str, repeat: bool) -> anyhow::Result<()> {
    let bulletin = app.bulletin_named(slug).await?;
    let drafted = draft::draft(&app.store, &bulletin, None, repeat, app.now()).await?;
    let titles = |id| drafted.events.iter().find(|e| e.id == id).map_or("", |e| e.title.as_str());
    let d = &drafted.draft;
    if globals.json {
        return output::json(&json!({
            "edition": drafted.edition, "bulletin": slug, "subject": d.subject, "intro": d.intro,
            "items": d.items.iter().map(|i| json!({"event": i.event, "title": titles(i.event), "because": i.because, "reason": i.reason, "flag": i.flag})).collect::<Vec<_>>(),
            "left": d.left.iter().map(|l| json!({"event": l.event, "title": titles(l.event), "because": l.because})).collect::<Vec<_>>(),
            "warnings": d.warnings,
        }));
    }
    output::line(&format!("edition {}\nsubject: {}\n{} items, {} events left out", drafted.edition, d.subject, d.items.len(), d.left.len()))?;
    for item in &d.items {
        output::line(&format!("  in   {}  ({})", titles(item.event), item.reason))?;
    }
    for left in &d.left {
        output::line(&format!("  out  {}  ({})", titles(left.event), left.because))?;
    }
    for warning in &d.warnings {
        output::line(&format!("note: {warning}"))?;
    }
    output::line(&format!("next: gleaner edition preview {0} --format text; gleaner edition approve {0}", drafted.edition))
}

async fn list(globals: &Globals, app: &App, slug: &str) -> anyhow::Result<()> {
    let bulletin = app.bulletin_named(slug).await?;
    let mut editions = app.store.editions(bulletin.id).await?;
    editions.sort_by_key(|e| std::cmp::Reverse(e.number));
    if globals.json {
        return output::json(&json!({"editions": editions.iter().map(edition_json).collect::<Vec<_>>()}));
    }
    editions.iter().try_for_each(|e| output::line(&format!("{}  {:>4}  {:<9}  {}", e.id, e.number, e.state, e.subject)))
}

fn edition_json(e: &Edition) -> Value {
    json!({
        "edition": e.id, "number": e.number, "state": e.state, "subject": e.subject, "intro": e.intro, "scheduled_for": e.scheduled_for,
        "drafted_at": e.drafted_at, "approved_by": e.approved_by, "published_at": e.published_at, "finished_at": e.finished_at,
        "held_because": e.held_because,
    })
}

async fn show(globals: &Globals, app: &App, id: EditionId) -> anyhow::Result<()> {
    let loaded = Loaded::of(app, id).await?;
    let counts = app.store.delivery_counts(id).await?;
    let issue = loaded.issue(app).await?;
    let view = issue.view(&issue.items());
    if globals.json {
        let mut out = edition_json(&loaded.edition);
        out["bulletin"] = json!(loaded.bulletin.slug.as_str());
        out["deliveries"] = json!(counts);
        out["sections"] = json!(view.sections);
        return output::json(&out);
    }
    let e = &loaded.edition;
    output::line(&format!("edition {} of {}: {}\nsubject: {}\n{}", e.number, loaded.bulletin.name, e.state, e.subject, e.intro))?;
    if let Some(why) = &e.held_because {
        output::line(&format!("held: {why}"))?;
    }
    for section in &view.sections {
        output::line(&format!("\n{}", section.heading))?;
        for item in &section.items {
            output::line(&format!("  {}\n      {}", item.heading, item.brief))?;
        }
    }
    output::line(&format!(
        "\ndeliveries: {} queued, {} sent, {} failed, {} uncertain, {} skipped",
        counts.queued, counts.sent, counts.failed, counts.uncertain, counts.skipped
    ))
}

async fn preview(app: &App, id: EditionId, subscriber: Option<&EmailAddress>, format: Format) -> anyhow::Result<()> {
    let loaded = Loaded::of(app, id).await?;
    if let Some(email) = subscriber
        && app.store.subscriber_by_email(loaded.organisation.id, email).await?.is_none()
    {
        bail!("{email} is on no list of {}; without --subscriber the whole edition is shown", loaded.organisation.name);
    }
    let sample = loaded.sample(app, subscriber).await?;
    if let Some(words) = mail::clipping(&sample.html) {
        tracing::warn!("{words}");
    }
    match format {
        Format::Eml => output::line(&String::from_utf8_lossy(&sample.message.bytes)),
        Format::Html => output::line(&sample.html),
        Format::Text => output::line(&sample.text),
    }
}

async fn approve(globals: &Globals, app: &App, id: EditionId) -> anyhow::Result<()> {
    let state = app.store.edition(id).await?.state;
    if state == EditionState::Approved {
        app.store.approve_again(id, "command line", app.now()).await?;
    } else {
        app.store.step_edition(id, state, EditionState::Approved, "command line", None, app.now()).await?;
    }
    let warning = Loaded::of(app, id).await?.sample(app, None).await.ok().and_then(|sample| mail::clipping(&sample.html));
    if globals.json {
        return output::json(&json!({"edition": id, "state": EditionState::Approved, "warnings": Vec::from_iter(warning)}));
    }
    if let Some(words) = warning {
        output::line(&format!("warning: {words}"))?;
    }
    output::line(&format!("approved; next: gleaner edition send {id}"))
}

/// Who did it, in the edition's own record.
const BY_HAND: &str = "command line";

async fn hold(globals: &Globals, app: &App, id: EditionId, because: &str) -> anyhow::Result<()> {
    steps::hold(&app.store, id, BY_HAND, because, app.now()).await?;
    stepped(globals, id, EditionState::Held, &format!("held; go on with: gleaner edition resume {id}"))
}

async fn resume(globals: &Globals, app: &App, id: EditionId) -> anyhow::Result<()> {
    let state = steps::resume(&app.store, id, BY_HAND, app.now()).await?;
    let next = if state == EditionState::Sending { "goes on" } else { "approved" };
    stepped(globals, id, state, &format!("{next}; the daemon sends on what it began, or: gleaner edition send {id}"))
}

async fn cancel(globals: &Globals, app: &App, id: EditionId) -> anyhow::Result<()> {
    let spared = steps::cancel(&app.store, id, BY_HAND, app.now()).await?;
    stepped(globals, id, EditionState::Cancelled, &format!("called off; {spared} will not get it"))
}

fn stepped(globals: &Globals, id: EditionId, state: EditionState, words: &str) -> anyhow::Result<()> {
    if globals.json { output::json(&json!({"edition": id, "state": state})) } else { output::line(words) }
}

async fn test(globals: &Globals, app: &App, id: EditionId, to: &EmailAddress) -> anyhow::Result<()> {
    let loaded = Loaded::of(app, id).await?;
    let sample = loaded.sample(app, Some(to)).await?;
    let said = match app.transport().send_one(&sample.message).await?.taken() {
        Ok(said) => said,
        Err(said) => bail!("the test mail was not taken; the mail server said: {said}"),
    };
    if globals.json {
        output::json(&json!({"edition": id, "to": to.as_str(), "server": said}))
    } else {
        output::line(&format!("sent to {to}: {said}"))
    }
}

async fn send(globals: &Globals, app: &App, id: EditionId) -> anyhow::Result<()> {
    let (published, outcome) = publish_and_deliver(app, id).await?;
    let c = outcome.counts;
    if globals.json {
        return output::json(&json!({
            "edition": id, "queued": c.queued, "sent": c.sent, "failed": c.failed, "uncertain": c.uncertain, "skipped": c.skipped,
            "empty": published.empty, "suppressed": published.suppressed, "drained": outcome.drained,
        }));
    }
    output::line(&format!("{} sent, {} failed, {} uncertain, {} skipped, {} still queued", c.sent, c.failed, c.uncertain, c.skipped, c.queued))?;
    if !published.was_published && published.queued == 0 {
        output::line(nobody(published.empty, published.suppressed))?;
    }
    if !outcome.drained {
        output::line(&format!("stopped before the end; go on with: gleaner edition send {id}"))?;
    }
    Ok(())
}

/// Why an edition went to no one, and what to do.
fn nobody(empty: u64, suppressed: u64) -> &'static str {
    if empty > 0 {
        "nobody got it: nothing in it is for any reader of the list; see `gleaner edition draft` for why events are out"
    } else if suppressed > 0 {
        "nobody got it: every address on the list is suppressed"
    } else {
        "nobody got it: the list is empty; bring readers in with `gleaner subscribers import`"
    }
}

/// Publishes if need be and delivers, with a bar. SIGTERM and SIGINT finish what is in flight and give back the rest.
pub async fn publish_and_deliver(app: &App, id: EditionId) -> anyhow::Result<(crate::bulletin::publish::Published, Outcome)> {
    let published = app.publish(id).await?;
    let bar = output::progress(app.store.delivery_counts(id).await?.queued, "sending");
    let (stop, shown) = (CancellationToken::new(), bar.clone());
    let total = bar.length().unwrap_or(0);
    let on_signal = stop.clone();
    let signals = tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            on_signal.cancel();
        }
    });
    let outcome = app.deliver(id, Arc::new(move |c| shown.set_position(total.saturating_sub(c.queued))), stop).await;
    signals.abort();
    bar.finish_and_clear();
    Ok((published, outcome?))
}

/// An edition with whose it is.
struct Loaded {
    edition: Edition,
    bulletin: Bulletin,
    organisation: Organisation,
}

impl Loaded {
    async fn of(app: &App, id: EditionId) -> anyhow::Result<Self> {
        let edition = app.store.edition(id).await?;
        let bulletin = app.store.bulletin(edition.bulletin_id).await?;
        let organisation = app.store.organisation(bulletin.organisation_id).await?;
        Ok(Self { edition, bulletin, organisation })
    }

    async fn issue<'a>(&'a self, app: &'a App) -> anyhow::Result<Issue<'a>> {
        let url = &app.config.public_url;
        Ok(Issue::load(&app.store, &self.bulletin, &self.organisation, &self.edition, &app.templates, url).await?)
    }

    /// The mail one subscriber would get, or the whole edition for an address that is on no list.
    async fn sample(&self, app: &App, to: Option<&EmailAddress>) -> anyhow::Result<crate::app::Sample> {
        let issue = self.issue(app).await?;
        let listed = match to {
            Some(email) => app.store.subscriber_by_email(self.organisation.id, email).await?,
            None => None,
        };
        let rendered = match &listed {
            Some(person) => issue
                .for_person(&person.preferences, &crate::bulletin::view::Told::new())?
                .with_context(|| format!("{} gets nothing of this edition: no segment and no pick is for them", person.email))?,
            None => issue.whole()?,
        };
        app.sample(&self.bulletin, &rendered, to, listed.as_ref()).await
    }
}
