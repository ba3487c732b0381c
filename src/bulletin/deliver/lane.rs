//! One connection's work: connect, mark, hand over, remember the answer, and commit it together with the mark for the next.
//!
//! Never hands over what is not marked on disk, and never ends with an answer it has not sent to the recorder.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::{
    DeliverError, Pace, Run, RunClock,
    domains::Domains,
    outcome,
    queue::{Job, Queue},
    recorder::{Asked, Recorder, Verdict},
    relay::Departures,
    routes::{Route, Routes},
    scribe::{Reader, Scribe},
};
use crate::{
    domain::UncertainPolicy,
    mail::{Connection, Handed, Message, RelayError},
    store::delivery::Record,
};

/// What all connections of a round use.
pub struct Shared {
    queue: Queue,
    routes: Arc<Routes>,
    domains: Arc<Domains>,
    departures: Arc<Departures>,
    scribe: Scribe,
    pace: Pace,
    policy: UncertainPolicy,
    deadline: DateTime<Utc>,
    clock: RunClock,
    /// The run is asked to end.
    stop: CancellationToken,
    /// This round has failed.
    halt: CancellationToken,
}

impl Shared {
    pub async fn new(run: &Run) -> Result<Self, DeliverError> {
        let edition = run.store.edition(run.edition).await?;
        let bulletin = run.store.bulletin(edition.bulletin_id).await?;
        Ok(Self {
            queue: Queue::new(run, bulletin.organisation_id),
            routes: Arc::clone(&run.routes),
            domains: Arc::clone(&run.domains),
            departures: Arc::clone(&run.departures),
            scribe: Scribe::new(&run.store, &run.settings, bulletin.id, edition.number.to_string()).await?,
            pace: run.settings.pace,
            policy: run.policy,
            deadline: run.deadline,
            clock: run.clock,
            stop: run.stop.clone(),
            halt: run.stop.child_token(),
        })
    }

    /// Nobody takes another message.
    pub fn halt(&self) {
        self.halt.cancel();
    }

    fn message(&self, job: &Job) -> Result<Message, String> {
        let email = job.address.as_ref().map_err(Clone::clone)?;
        let content = job.content.as_ref().ok_or("its content is missing")?;
        let subscriber = job.row.subscriber().ok_or("the person was erased")?;
        let reader = Reader { subscriber, email, name: &job.row.name, basis: job.basis, message_id: &job.row.message_id, delivery: Some(job.row.id) };
        self.scribe.write(&reader, content, self.clock.now())
    }
}

/// Works until nothing may go now, everything is stopped, or the relay is given up.
pub async fn run(shared: Arc<Shared>, recorder: Recorder, route: Arc<Route>) -> Result<(), DeliverError> {
    let mut lane = Lane { shared, recorder, route, connection: None, fresh: false, last: None };
    let worked = lane.work().await;
    let flushed = lane.flush().await;
    if let Some(connection) = lane.connection.take() {
        connection.close().await;
    }
    worked.and(flushed)
}

struct Lane {
    shared: Arc<Shared>,
    recorder: Recorder,
    route: Arc<Route>,
    connection: Option<Connection>,
    /// Nothing was sent over it yet.
    fresh: bool,
    /// The outcome of the last message, to be committed with the next mark.
    last: Option<Record>,
}

impl Lane {
    fn stopped(&self) -> bool {
        self.shared.halt.is_cancelled() || self.route.closed.is_cancelled()
    }

    async fn flush(&mut self) -> Result<(), DeliverError> {
        self.recorder.commit(self.last.take(), None).await.map(|_| ())
    }

    async fn work(&mut self) -> Result<(), DeliverError> {
        let shared = Arc::clone(&self.shared);
        let _at_work = self.route.begin();
        // A relay is waited for before a message is taken, so that one that is away keeps none from the others.
        while !self.stopped() && shared.queue.has_some().await? && self.connected().await? {
            if !shared.routes.turn(&self.route, shared.clock.now(), &shared.halt).await {
                continue;
            }
            let Some(job) = shared.queue.next().await? else { continue };
            match shared.message(&job) {
                Ok(message) => self.take_on(job, &message).await?,
                Err(why) => {
                    let failed = outcome::not_built(job.row.id, why);
                    self.recorder.commit(self.last.replace(failed), None).await?;
                }
            }
        }
        Ok(())
    }

    /// Marks the message and hands it over, unless a limit or its reader is against it.
    async fn take_on(&mut self, job: Job, message: &Message) -> Result<(), DeliverError> {
        let now = self.shared.clock.now();
        if let Some(at) = self.shared.domains.waits(job.domain(), now) {
            return self.postpone(&job, at).await;
        }
        let (mine, its) = (self.route.limits(now), self.shared.domains.limits(job.domain()));
        let of_relay = mine.len();
        let asked = Asked { id: job.row.id, hash: job.hash.clone(), limits: mine.into_iter().chain(its).collect() };
        match self.recorder.commit(self.last.take(), Some(asked)).await? {
            Verdict::Go => {
                self.shared.routes.took(&self.route, now);
                self.hand_over(&job, message).await;
                Ok(())
            }
            Verdict::No => Ok(()),
            Verdict::Later { limit, at } if limit < of_relay => {
                self.route.full(at);
                self.shared.queue.give_back(job).await;
                Ok(())
            }
            Verdict::Later { at, .. } => {
                self.shared.domains.full(job.domain(), at);
                let turn = self.shared.domains.waits(job.domain(), now).unwrap_or(at);
                self.postpone(&job, turn).await
            }
        }
    }

    async fn postpone(&mut self, job: &Job, at: DateTime<Utc>) -> Result<(), DeliverError> {
        let postponed = outcome::postponed(job.row.id, job.domain(), at);
        self.recorder.commit(self.last.replace(postponed), None).await.map(|_| ())
    }

    async fn hand_over(&mut self, job: &Job, message: &Message) {
        // `connected` made sure of it before the row was marked.
        let Some(mut connection) = self.connection.take() else { return };
        let handed = self.send(&mut connection, message).await;
        let was_fresh = std::mem::replace(&mut self.fresh, false);
        if matches!(handed, Handed::Accepted(_) | Handed::Deferred(_) | Handed::Refused(_)) {
            self.route.health.answered();
            self.connection = Some(connection);
        }
        let handed = self.shared.departures.judge(job.row.id, handed);
        match &handed {
            Handed::Away(said) if was_fresh => self.route.failed(RelayError { said: said.clone(), for_good: false }),
            Handed::Wrong(said) => self.route.failed(RelayError { said: said.clone(), for_good: true }),
            _ => {}
        }
        let shared = &self.shared;
        let record = outcome::record(&job.row, handed, &shared.pace, shared.policy, shared.deadline, shared.clock.now());
        self.last = Some(record);
    }

    /// Sends; asked to stop, it waits for the answer no longer than the pace allows.
    async fn send(&self, connection: &mut Connection, message: &Message) -> Handed {
        let (stop, drain) = (self.shared.stop.clone(), self.shared.pace.drain);
        let patience = async move {
            stop.cancelled().await;
            tokio::time::sleep(drain).await;
        };
        let handed = tokio::select! {
            handed = connection.send(message) => Some(handed),
            () = patience => None,
        };
        handed.unwrap_or_else(|| connection.given_up(&format!("asked to stop and no answer within {} s", drain.as_secs())))
    }

    /// Makes sure of a connection, resting as long as the relay is away or full; false when stopped meanwhile.
    async fn connected(&mut self) -> Result<bool, DeliverError> {
        loop {
            if let Some(wait) = self.route.full_for(self.shared.clock.now()) {
                if !Route::is_soon(wait) {
                    return Ok(false);
                }
                self.rest(wait).await?;
            } else if self.connection.is_some() {
                return Ok(!self.stopped());
            } else if let Some(until) = self.route.health.rest_until() {
                self.rest(until.saturating_duration_since(tokio::time::Instant::now())).await?;
            }
            if self.stopped() {
                return Ok(false);
            }
            if self.connection.is_none() {
                self.connect().await;
            }
        }
    }

    async fn connect(&mut self) {
        let (halt, closed) = (self.shared.halt.clone(), self.route.closed.clone());
        tokio::select! {
            made = self.route.transport.connect() => match made {
                Ok(connection) => (self.connection, self.fresh) = (Some(connection), true),
                Err(e) => self.route.failed(e),
            },
            () = halt.cancelled() => {}
            () = closed.cancelled() => {}
        }
    }

    /// What is known is written down before a rest that may be long.
    async fn rest(&mut self, wait: Duration) -> Result<(), DeliverError> {
        self.flush().await?;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.shared.halt.cancelled() => {}
            () = self.route.closed.cancelled() => {}
        }
        Ok(())
    }
}
