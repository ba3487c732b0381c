//! One connection's work: connect, mark, hand over, remember the answer, and commit it together with the mark for the next.
//!
//! Never hands over what is not marked on disk, and never ends with an answer it has not sent to the recorder.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    DeliverError, Pace, Run, RunClock, outcome,
    queue::{Job, Queue},
    recorder::Recorder,
    relay::Relay,
    scribe::{Reader, Scribe},
};
use crate::{
    domain::{DeliveryState, UncertainPolicy},
    mail::{Connection, Handed, Message, RelayError, Transport},
    store::delivery::Record,
};

/// What all connections of a round use.
pub struct Shared {
    queue: Queue,
    relay: Arc<Relay>,
    scribe: Scribe,
    pace: Pace,
    policy: UncertainPolicy,
    clock: RunClock,
    halt: CancellationToken,
}

impl Shared {
    pub async fn new(run: &Run) -> Result<Self, DeliverError> {
        let edition = run.store.edition(run.edition).await?;
        let bulletin = run.store.bulletin(edition.bulletin_id).await?;
        Ok(Self {
            queue: Queue::new(run, bulletin.organisation_id),
            relay: Arc::clone(&run.relay),
            scribe: Scribe::new(&run.store, &run.settings, bulletin.id, edition.number.to_string()).await?,
            pace: run.settings.pace,
            policy: run.policy,
            clock: run.clock,
            halt: CancellationToken::new(),
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
        let reader = Reader { subscriber, email, name: &job.row.name, basis: job.basis, message_id: &job.row.message_id };
        self.scribe.write(&reader, content, self.clock.now())
    }
}

/// Works until nothing may go now, everything is stopped, or the relay is given up.
pub async fn run(shared: Arc<Shared>, recorder: Recorder, transport: Transport, stop: CancellationToken) -> Result<(), DeliverError> {
    let mut lane = Lane { shared, recorder, transport, stop, connection: None, fresh: false, last: None };
    let worked = lane.work().await;
    let flushed = lane.recorder.commit(lane.last.take(), None).await;
    if let Some(connection) = lane.connection.take() {
        connection.close().await;
    }
    worked.and(flushed.map(|_| ()))
}

struct Lane {
    shared: Arc<Shared>,
    recorder: Recorder,
    transport: Transport,
    stop: CancellationToken,
    connection: Option<Connection>,
    /// Nothing was sent over it yet.
    fresh: bool,
    /// The outcome of the last message, to be committed with the next mark.
    last: Option<Record>,
}

impl Lane {
    fn stopped(&self) -> bool {
        self.stop.is_cancelled() || self.shared.halt.is_cancelled()
    }

    async fn work(&mut self) -> Result<(), DeliverError> {
        loop {
            if self.stopped() {
                return Ok(());
            }
            let Some(job) = self.shared.queue.next().await? else { return Ok(()) };
            let message = match self.shared.message(&job) {
                Ok(message) => message,
                Err(why) => {
                    self.cannot(&job, why).await?;
                    continue;
                }
            };
            if !self.connected().await? {
                return Ok(());
            }
            if self.recorder.commit(self.last.take(), Some((job.row.id, job.hash.clone()))).await? {
                self.hand_over(&job, &message).await?;
            }
        }
    }

    /// Records a message that cannot be built; the batch goes on.
    async fn cannot(&mut self, job: &Job, why: String) -> Result<(), DeliverError> {
        let failed = Record { id: job.row.id, state: DeliveryState::Failed, reply: why, not_before: None, counts: false, repeats: false };
        let previous = self.last.replace(failed);
        self.recorder.commit(previous, None).await?;
        Ok(())
    }

    async fn hand_over(&mut self, job: &Job, message: &Message) -> Result<(), DeliverError> {
        // `connected` made sure of it before the row was marked.
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let handed = connection.send(message).await;
        let was_fresh = std::mem::replace(&mut self.fresh, false);
        match &handed {
            Handed::Accepted(_) | Handed::Deferred(_) | Handed::Refused(_) => self.shared.relay.answered(),
            Handed::Away(_) | Handed::Lost(_) | Handed::Wrong(_) => self.connection = None,
        }
        let handed = self.shared.relay.judge(job.row.id, handed);
        let goes_on = match &handed {
            Handed::Away(said) if was_fresh => self.shared.relay.failed(RelayError { said: said.clone(), for_good: false }, Instant::now()),
            Handed::Wrong(said) => self.shared.relay.failed(RelayError { said: said.clone(), for_good: true }, Instant::now()),
            _ => true,
        };
        self.last = Some(outcome::record(&job.row, handed, &self.shared.pace, self.shared.policy, self.shared.clock.now()));
        if !goes_on {
            self.shared.halt();
        }
        Ok(())
    }

    /// Makes sure of a connection, resting as long as the relay is away; false when stopped meanwhile.
    async fn connected(&mut self) -> Result<bool, DeliverError> {
        while self.connection.is_none() {
            if let Some(until) = self.shared.relay.rest_until() {
                // What is known is written down before a rest that may be long.
                self.recorder.commit(self.last.take(), None).await?;
                tokio::select! {
                    () = tokio::time::sleep_until(until) => {}
                    () = self.stop.cancelled() => {}
                    () = self.shared.halt.cancelled() => {}
                }
            }
            if self.stopped() {
                return Ok(false);
            }
            match self.transport.connect().await {
                Ok(connection) => (self.connection, self.fresh) = (Some(connection), true),
                Err(e) => {
                    if !self.shared.relay.failed(e, Instant::now()) {
                        self.shared.halt();
                    }
                }
            }
        }
        Ok(true)
    }
}
