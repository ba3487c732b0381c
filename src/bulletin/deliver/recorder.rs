//! The recorder: one task that commits for all connections. While one commit waits for the disk the next requests gather, so that
//! every message has its own durable mark and record and the disk is asked once for many.
//!
//! Never answers a request before its commit has returned.

use std::collections::HashSet;

use tokio::sync::{mpsc, oneshot};

use super::{DeliverError, Progress, Run, RunClock};
use crate::{
    domain::{DeliveryId, EmailHash, WorkerId},
    store::{
        Store,
        delivery::{Batch, Counts, Record},
    },
};

/// Requests that go into one commit at most.
const MOST: usize = 256;

/// The outcome of a connection's last message together with the mark for its next.
struct Request {
    record: Option<Record>,
    mark: Option<(DeliveryId, EmailHash)>,
    done: oneshot::Sender<bool>,
}

/// Where connections send their requests.
#[derive(Clone)]
pub struct Recorder(mpsc::Sender<Request>);

impl Recorder {
    /// Returns when both are on disk; true if the marked delivery may be handed over. An error means that the recorder has stopped.
    pub async fn commit(&self, record: Option<Record>, mark: Option<(DeliveryId, EmailHash)>) -> Result<bool, DeliverError> {
        if record.is_none() && mark.is_none() {
            return Ok(false);
        }
        let gone = || DeliverError::Task("the recorder stopped".into());
        let (done, answer) = oneshot::channel();
        self.0.send(Request { record, mark, done }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }
}

/// The recorder's own side: works until the last connection has let go of its `Recorder`.
pub struct Desk {
    inbox: mpsc::Receiver<Request>,
    store: Store,
    worker: WorkerId,
    clock: RunClock,
    lease: chrono::TimeDelta,
    counts: Counts,
    progress: Progress,
}

/// The two ends of a new recorder.
pub async fn open(run: &Run) -> Result<(Recorder, Desk), DeliverError> {
    let (requests, inbox) = mpsc::channel(MOST);
    let desk = Desk {
        inbox,
        store: run.store.clone(),
        worker: run.worker.id,
        clock: run.clock,
        lease: chrono::TimeDelta::from_std(run.settings.pace.lease).unwrap_or(chrono::TimeDelta::minutes(10)),
        counts: run.store.delivery_counts(run.edition).await?,
        progress: run.progress.clone(),
    };
    Ok((Recorder(requests), desk))
}

impl Desk {
    pub async fn work(mut self) -> Result<(), DeliverError> {
        let mut some = Vec::with_capacity(MOST);
        while self.inbox.recv_many(&mut some, MOST).await > 0 {
            self.commit(&mut some).await?;
        }
        Ok(())
    }

    async fn commit(&mut self, requests: &mut Vec<Request>) -> Result<(), DeliverError> {
        let mut batch = Batch::default();
        for request in requests.iter_mut() {
            batch.records.extend(request.record.take());
            batch.marks.extend(request.mark.clone());
        }
        let now = self.clock.now();
        let committed = self.store.commit_deliveries(self.worker, &batch, now, now + self.lease).await?;
        for record in &batch.records {
            self.counts.take(crate::domain::DeliveryState::Queued, 1);
            self.counts.add(record.state, 1);
        }
        self.counts.take(crate::domain::DeliveryState::Queued, committed.skipped);
        self.counts.add(crate::domain::DeliveryState::Skipped, committed.skipped);
        let marked: HashSet<DeliveryId> = committed.marked.into_iter().collect();
        for request in requests.drain(..) {
            let granted = request.mark.is_some_and(|(id, _)| marked.contains(&id));
            // A connection that no longer listens has ended; its row is uncertain and will be found.
            let _ = request.done.send(granted);
        }
        (self.progress)(self.counts);
        Ok(())
    }
}
