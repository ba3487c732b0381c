//! Delivering: from rows to the server and back to rows, so that a process killed at any instant skips nobody and repeats at most
//! what its connections had in flight. `docs/DELIVERY.md` tells the order of commits.
//!
//! Never sends what is not a row marked `handing_over` on disk, and never decides who gets what: that was frozen by `publish`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::publish::RenderedContent;
use crate::{
    domain::{Basis, BulletinId, EditionId, EditionState, EmailAddress, SubscriberId, UncertainPolicy, WorkerId},
    feedback::Secret,
    mail::{Dkim, RelayError, Transport, Verp},
    store::{Store, StoreError, delivery::Counts, new_id},
};

mod domains;
mod lane;
mod outcome;
mod owner;
mod queue;
mod recorder;
mod relay;
mod routes;
pub mod scribe;

pub use domains::DomainRule;
use owner::Worker;
use scribe::{Reader, Scribe};

/// Words that only the renderer knows, passed in so that both say the same.
#[derive(Debug, Clone, Copy)]
pub struct Wording {
    /// The greeting for a name, which may be empty.
    pub greeting: fn(&str) -> String,
    /// Why a person gets this: ground, bulletin's name, organisation's name.
    pub why: fn(Basis, &str, &str) -> String,
}

/// How to deliver; the same for every edition of an installation.
#[derive(Debug, Clone)]
pub struct Settings {
    pub secret: Arc<Secret>,
    /// Where the reader's pages are: what links begin with.
    pub public_url: Url,
    /// Holds `workers/`, the lock files that tell the living from the dead.
    pub data: PathBuf,
    pub dkim: Option<Dkim>,
    /// Return paths that name the delivery; without, bounces go to the bulletin's sender.
    pub return_path: Option<Verp>,
    pub domains: Arc<[DomainRule]>,
    pub wording: Wording,
    pub pace: Pace,
}

/// Times and counts of trying again.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// After the first 4xx; doubled for each further one, up to an hour, with up to a quarter of jitter.
    pub first_retry: Duration,
    /// Times the server is asked before a message fails for good.
    pub attempts: u32,
    /// After the first failed connection; doubled up to a minute.
    pub first_pause: Duration,
    /// How long a relay that was reached in this run may stay away before the run gives up.
    pub patience: Duration,
    /// The same for a relay that was never reached in this run.
    pub first_patience: Duration,
    /// How long an edition is tried when its bulletin does not say, counted from the start of sending.
    pub deadline: Duration,
    /// How long answers in flight are awaited after the run is asked to stop.
    pub drain: Duration,
    /// How long a row is held without a sign of life; more than the longest wait for a server's answer.
    pub lease: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_retry: Duration::from_secs(10),
            attempts: 40,
            first_pause: Duration::from_secs(1),
            patience: Duration::from_mins(5),
            first_patience: Duration::from_secs(20),
            deadline: Duration::from_hours(24),
            drain: Duration::from_secs(25),
            lease: Duration::from_mins(10),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub counts: Counts,
    /// Every row is final, and the edition is sent.
    pub drained: bool,
}

/// Why a run stopped before its end. What was recorded stays; run again, it goes on.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("gave up on the relay: {0}. Nothing was lost: {left} mails wait; mend it and run the same command again", left = .1.queued)]
    Relay(RelayError, Counts),
    #[error("cannot lock {0}: {1}; check that --data can be written")]
    Lock(PathBuf, std::io::Error),
    #[error("a sending task ended unexpectedly: {0}; run again to go on")]
    Task(String),
}

/// Time as the run sees it: it began at a given instant and goes on at the pace of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunClock {
    began: DateTime<Utc>,
    tick: Instant,
}

impl RunClock {
    fn starting(now: DateTime<Utc>) -> Self {
        Self { began: now, tick: Instant::now() }
    }

    fn now(&self) -> DateTime<Utc> {
        self.began + TimeDelta::from_std(self.tick.elapsed()).unwrap_or_default()
    }
}

/// Told after each commit.
pub type Progress = Arc<dyn Fn(Counts) + Send + Sync>;

/// Delivers an edition that is being sent until every row is final, the token is cancelled, or the relay stays away.
/// Cancelled, it finishes what is in flight, records it and gives back the rest. `now` is the instant of the call. UTC.
pub async fn deliver(
    store: &Store,
    transport: &Transport,
    settings: &Settings,
    edition: EditionId,
    now: DateTime<Utc>,
    progress: Progress,
    stop: CancellationToken,
) -> Result<Outcome, DeliverError> {
    let run = Run::begin(store, transport, settings, edition, now, progress, stop).await?;
    let ended = run.until_drained().await;
    // Every connection has ended: nothing stays claimed that nobody works on. An error here must not hide the first one.
    let left = store.bury(run.worker.id).await;
    let outcome = ended?;
    left?;
    run.worker.retire();
    Ok(outcome)
}

/// Sends a content to one address outside any edition: "show me". Its links belong to nobody and change nothing. The server's words come back.
pub async fn send_test(
    store: &Store,
    transport: &Transport,
    settings: &Settings,
    bulletin: BulletinId,
    rendered: &RenderedContent,
    to: &EmailAddress,
    now: DateTime<Utc>,
) -> Result<String, TestError> {
    let scribe = Scribe::new(store, settings, bulletin, "test".into()).await?;
    let nobody = SubscriberId(uuid::Uuid::nil());
    let message_id = settings.secret.message_id(new_id(), nobody, scribe.domain());
    let reader = Reader { subscriber: nobody, email: to, name: "", basis: Basis::Consent, message_id: &message_id, delivery: None };
    let content = scribe::content(&format!("[Test] {}", rendered.subject), &rendered.html, &rendered.text);
    let message = scribe.write(&reader, &content, now).map_err(TestError::NotTaken)?;
    transport.send_one(&message).await?.taken().map_err(TestError::NotTaken)
}

/// Why a test did not go out.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error("the test was not taken: {0}")]
    NotTaken(String),
}

/// One run of one process over one edition.
struct Run {
    store: Store,
    transport: Transport,
    settings: Settings,
    edition: EditionId,
    clock: RunClock,
    progress: Progress,
    stop: CancellationToken,
    worker: Worker,
    routes: Arc<routes::Routes>,
    domains: Arc<domains::Domains>,
    departures: Arc<relay::Departures>,
    policy: UncertainPolicy,
    deadline: DateTime<Utc>,
}

impl Run {
    async fn begin(
        store: &Store,
        transport: &Transport,
        settings: &Settings,
        edition: EditionId,
        now: DateTime<Utc>,
        progress: Progress,
        stop: CancellationToken,
    ) -> Result<Self, DeliverError> {
        let row = store.edition(edition).await?;
        let bulletin = store.bulletin(row.bulletin_id).await?;
        let usual = TimeDelta::from_std(settings.pace.deadline).unwrap_or(TimeDelta::hours(24));
        Ok(Self {
            store: store.clone(),
            transport: transport.clone(),
            settings: settings.clone(),
            edition,
            clock: RunClock::starting(now),
            progress,
            stop,
            worker: Worker::enlist(&settings.data)?,
            routes: Arc::new(routes::Routes::new(transport, settings.pace)),
            domains: Arc::new(domains::Domains::new(&settings.domains)),
            departures: Arc::default(),
            policy: bulletin.uncertain_policy,
            deadline: store.deliver_by(edition, now, usual).await?,
        })
    }

    async fn until_drained(&self) -> Result<Outcome, DeliverError> {
        loop {
            self.recover().await?;
            // Claiming what nobody may send would only be to give it back.
            if !self.routes.all_full(self.clock.now()) {
                self.round().await?;
            }
            let counts = self.store.delivery_counts(self.edition).await?;
            let state = self.store.edition(self.edition).await?.state;
            if counts.queued == 0 && state == EditionState::Sending {
                return self.finish(counts).await;
            }
            if self.stop.is_cancelled() || state != EditionState::Sending {
                return Ok(Outcome { counts, drained: counts.queued == 0 });
            }
            self.rest().await?;
        }
    }

    /// Rows of dead workers go back to the queue or become uncertain, as the policy says.
    async fn recover(&self) -> Result<(), DeliverError> {
        for dead in owner::dead_here(&self.settings.data) {
            self.bury(dead.id).await?;
            dead.clear();
        }
        let now = self.clock.now();
        for (owner, until) in self.store.lease_owners(self.edition).await? {
            // Another machine's, or one whose file is lost: only its lease can tell.
            if until < now && owner != self.worker.id && !owner::is_alive_here(&self.settings.data, owner) {
                self.bury(owner).await?;
            }
        }
        self.store.settle_uncertain(self.edition, self.policy, now).await?;
        let late = self.store.expire(self.edition, now).await?;
        if late > 0 {
            tracing::warn!(late, "the deadline for this edition has passed; what still waited has failed");
        }
        Ok(())
    }

    async fn bury(&self, owner: WorkerId) -> Result<(), DeliverError> {
        let doubtful = self.store.bury(owner).await?;
        tracing::warn!(worker = %owner, doubtful, "took over from a sending process that is gone");
        Ok(())
    }

    /// All connections work until the queue has nothing that may go now.
    async fn round(&self) -> Result<(), DeliverError> {
        let shared = Arc::new(lane::Shared::new(self).await?);
        let (recorder, desk) = recorder::open(self).await?;
        let mut lanes = JoinSet::new();
        for route in &self.routes.all {
            for _ in 0..route.transport.connections() {
                lanes.spawn(lane::run(Arc::clone(&shared), recorder.clone(), Arc::clone(route)));
            }
        }
        drop(recorder);
        let (written, ended) = tokio::join!(desk.work(), all_ended(lanes, &shared));
        // A recorder that failed is the cause of whatever its connections say.
        written.and(ended)?;
        // Claimed by relays that are full now: others may have them.
        self.store.release(self.edition, self.worker.id).await?;
        match self.routes.given_up() {
            Some(e) => Err(DeliverError::Relay(e, self.store.delivery_counts(self.edition).await?)),
            None => Ok(()),
        }
    }

    async fn finish(&self, counts: Counts) -> Result<Outcome, DeliverError> {
        let stepped = self.store.step_edition(self.edition, EditionState::Sending, EditionState::Sent, "", None, self.clock.now()).await;
        match stepped {
            // Another process may have been first to see the last row done.
            Err(StoreError::Refused(_)) | Ok(()) => Ok(Outcome { counts, drained: true }),
            Err(e) => Err(e.into()),
        }
    }

    /// Sleeps until the next row is due, at most two seconds, so that rows of a process that dies meanwhile are soon taken over.
    async fn rest(&self) -> Result<(), DeliverError> {
        const MOST: Duration = Duration::from_secs(2);
        let due = self.store.next_due(self.edition).await?;
        let wait =
            due.map_or(MOST, |at| (at - self.clock.now()).to_std().unwrap_or(Duration::from_millis(20)).clamp(Duration::from_millis(20), MOST));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.stop.cancelled() => {}
        }
        Ok(())
    }
}

/// Waits for every connection; the first error halts the others and comes back.
async fn all_ended(mut lanes: JoinSet<Result<(), DeliverError>>, shared: &lane::Shared) -> Result<(), DeliverError> {
    let mut first = Ok(());
    while let Some(ended) = lanes.join_next().await {
        let ended = ended.unwrap_or_else(|e| Err(DeliverError::Task(e.to_string())));
        if ended.is_err() {
            shared.halt();
            first = first.and(ended);
        }
    }
    first
}
