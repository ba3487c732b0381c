//! The recorder: one task that commits for all connections. While one commit waits for the disk the next requests gather, so that
//! every message has its own durable mark and record and the disk is asked once for many.
//!
//! Never answers a request before its commit has returned.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};

use super::{DeliverError, Progress, Run, RunClock};
use crate::{
    domain::{DeliveryId, DeliveryState, EmailHash, RateLimit, WorkerId},
    store::{
        Store,
        delivery::{Batch, Committed, Counts, Mark, Record},
    },
};

/// Requests that go into one commit at most.
const MOST: usize = 256;

/// A delivery that a connection wants to hand over.
#[derive(Debug)]
pub struct Asked {
    pub id: DeliveryId,
    pub hash: EmailHash,
    /// What it counts against.
    pub limits: Vec<RateLimit>,
}

/// Whether it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is marked on disk.
    Go,
    /// It was skipped, or it is somebody else's; or nothing was asked.
    No,
    /// One of its limits, by its number, is used up until then.
    Later { limit: usize, at: DateTime<Utc> },
}

/// The outcome of a connection's last message together with the mark for its next.
struct Request {
    record: Option<Record>,
    mark: Option<Asked>,
    done: oneshot::Sender<Verdict>,
}

/// Where connections send their requests.
#[derive(Clone)]
pub struct Recorder(mpsc::Sender<Request>);

impl Recorder {
    /// Returns when both are on disk. An error means that the recorder has stopped.
    pub async fn commit(&self, record: Option<Record>, mark: Option<Asked>) -> Result<Verdict, DeliverError> {
        if record.is_none() && mark.is_none() {
            return Ok(Verdict::No);
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
        let mut known = HashMap::new();
        for request in requests.iter_mut() {
            batch.records.extend(request.record.take());
            if let Some(asked) = &request.mark {
                let limits = asked.limits.iter().map(|limit| number(limit, &mut known, &mut batch.limits)).collect();
                batch.marks.push(Mark { id: asked.id, hash: asked.hash.clone(), limits });
            }
        }
        let now = self.clock.now();
        let committed = self.store.commit_deliveries(self.worker, &batch, now, now + self.lease).await?;
        self.count(&batch, &committed);
        let marked: HashSet<DeliveryId> = committed.marked.iter().copied().collect();
        for request in requests.drain(..) {
            let verdict = request.mark.map_or(Verdict::No, |asked| verdict(&asked, &marked, &committed, &batch.limits));
            // A connection that no longer listens has ended; its row is uncertain and will be found.
            let _ = request.done.send(verdict);
        }
        (self.progress)(self.counts);
        Ok(())
    }

    fn count(&mut self, batch: &Batch, committed: &Committed) {
        for record in &batch.records {
            self.counts.take(DeliveryState::Queued, 1);
            self.counts.add(record.state, 1);
        }
        self.counts.take(DeliveryState::Queued, committed.skipped);
        self.counts.add(DeliveryState::Skipped, committed.skipped);
    }
}

/// The limit's number in the batch, where each stands once.
fn number(limit: &RateLimit, known: &mut HashMap<RateLimit, usize>, limits: &mut Vec<RateLimit>) -> usize {
    *known.entry(limit.clone()).or_insert_with(|| {
        limits.push(limit.clone());
        limits.len() - 1
    })
}

fn verdict(asked: &Asked, marked: &HashSet<DeliveryId>, committed: &Committed, limits: &[RateLimit]) -> Verdict {
    if marked.contains(&asked.id) {
        return Verdict::Go;
    }
    let Some((_, limit, at)) = committed.later.iter().find(|(id, ..)| *id == asked.id) else { return Verdict::No };
    let limit = asked.limits.iter().position(|l| limits.get(*limit) == Some(l)).unwrap_or(0);
    Verdict::Later { limit, at: *at }
}
