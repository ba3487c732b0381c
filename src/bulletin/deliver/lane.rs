//! One connection's work: connect, mark, hand over, remember the answer, and commit it together with the mark for the next.
//!
//! Never hands over what is not marked on disk, and never ends with an answer it has not sent to the recorder.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    DeliverError, Pace, Run, RunClock, Wording, outcome,
    queue::{Job, Queue},
    recorder::Recorder,
    relay::Relay,
};
use crate::{
    domain::{BulletinId, DeliveryState, UncertainPolicy},
    feedback::{Secret, links},
    mail::{
        Addressee, Connection, Dkim, Handed, Letterhead, Message, RelayError, Transport, assemble,
        body::Personal,
        header::{HeaderText, Mailbox},
    },
    store::{StoreError, bulletin::Bulletin, delivery::Record},
};

/// What all connections of a round use.
pub struct Shared {
    queue: Queue,
    relay: Arc<Relay>,
    head: Letterhead,
    bulletin: BulletinId,
    bulletin_name: String,
    organisation_name: String,
    secret: Arc<Secret>,
    public_url: Url,
    dkim: Option<Dkim>,
    wording: Wording,
    pace: Pace,
    policy: UncertainPolicy,
    clock: RunClock,
    halt: CancellationToken,
}

/// What every mail of an edition begins with.
pub fn letterhead(bulletin: &Bulletin, number: u32) -> Result<Letterhead, StoreError> {
    let unusable = |e: crate::mail::header::BadWireAddress| StoreError::Refused(format!("the bulletin's sender cannot be used: {e}"));
    Ok(Letterhead {
        from: Mailbox::new(&bulletin.from_name, &bulletin.from_address).map_err(unusable)?,
        reply_to: bulletin.reply_to.as_ref().map(|a| Mailbox::new("", a)).transpose().map_err(unusable)?,
        list_name: HeaderText::new(&bulletin.name),
        list_slug: bulletin.slug.to_string(),
        campaign: number.to_string(),
    })
}

impl Shared {
    pub async fn new(run: &Run) -> Result<Self, DeliverError> {
        let edition = run.store.edition(run.edition).await?;
        let bulletin = run.store.bulletin(edition.bulletin_id).await?;
        let organisation = run.store.organisation(bulletin.organisation_id).await?;
        let head = letterhead(&bulletin, edition.number)?;
        Ok(Self {
            queue: Queue::new(run, organisation.id),
            relay: Arc::clone(&run.relay),
            head,
            bulletin: bulletin.id,
            bulletin_name: bulletin.name,
            organisation_name: organisation.name,
            secret: Arc::clone(&run.settings.secret),
            public_url: run.settings.public_url.clone(),
            dkim: run.settings.dkim.clone(),
            wording: run.settings.wording,
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
        let address = job.address.as_ref().map_err(Clone::clone)?;
        let content = job.content.as_ref().ok_or("its content is missing")?;
        let subscriber = job.row.subscriber().ok_or("the person was erased")?;
        let to = Mailbox::new(&job.row.name, address).map_err(|e| e.to_string())?;
        let personal = Personal {
            greeting: &(self.wording.greeting)(&job.row.name),
            email: address.as_str(),
            why: &(self.wording.why)(job.basis, &self.bulletin_name, &self.organisation_name),
            unsubscribe_url: &links::unsubscribe_url(&self.secret, &self.public_url, subscriber, self.bulletin),
            preferences_url: &links::preferences_url(&self.secret, &self.public_url, subscriber, self.bulletin),
        };
        let now = self.clock.now();
        let reader = Addressee { to: &to, message_id: &job.row.message_id, personal };
        let mut message = assemble(&self.head, content, &reader, now).map_err(|e| e.to_string())?;
        if let Some(dkim) = &self.dkim {
            message.bytes = dkim.sign(&message.bytes, now).map_err(|e| e.to_string())?;
        }
        Ok(message)
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
