//! The run's queue: rows claimed a batch at a time, with the contents they need, shared by the connections.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use chrono::TimeDelta;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{
    Run, RunClock,
    domains::{Domains, Place},
    scribe,
};
use crate::{
    domain::{Basis, EditionId, EmailAddress, EmailHash, OrganisationId, WorkerId},
    feedback::Secret,
    mail::Content,
    store::{Result, Store, delivery::Claimed},
};

/// Contents kept encoded; beyond, the cache begins anew.
const CONTENTS: usize = 512;

/// A claimed row with what is needed to write it.
pub struct Job {
    pub row: Claimed,
    /// `Err` when the frozen address cannot be read: the row then fails alone.
    pub address: std::result::Result<EmailAddress, String>,
    pub hash: EmailHash,
    pub content: Option<Arc<Content>>,
    pub basis: Basis,
    /// Held while it is under way.
    _place: Option<Place>,
}

impl Job {
    /// The receiving domain; empty when the address cannot be read.
    pub fn domain(&self) -> &str {
        self.address.as_ref().map_or("", EmailAddress::domain)
    }
}

pub struct Queue {
    store: Store,
    secret: Arc<Secret>,
    domains: Arc<Domains>,
    edition: EditionId,
    organisation: OrganisationId,
    worker: WorkerId,
    clock: RunClock,
    lease: TimeDelta,
    /// Rows per claim: enough to be cheap, few enough not to lie idle when the server is slow.
    batch: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    contents: HashMap<Uuid, Arc<Content>>,
    dry: bool,
}

impl Queue {
    pub fn new(run: &Run, organisation: OrganisationId) -> Self {
        Self {
            store: run.store.clone(),
            secret: Arc::clone(&run.settings.secret),
            domains: Arc::clone(&run.domains),
            edition: run.edition,
            organisation,
            worker: run.worker.id,
            clock: run.clock,
            lease: TimeDelta::from_std(run.settings.pace.lease).unwrap_or(TimeDelta::minutes(10)),
            batch: (u32::from(run.transport.connections()) * 16).clamp(32, 500),
            state: Mutex::default(),
        }
    }

    /// Whether anything may go now.
    pub async fn has_some(&self) -> Result<bool> {
        let mut state = self.state.lock().await;
        if state.jobs.is_empty() && !state.dry {
            self.refill(&mut state).await?;
        }
        Ok(!state.jobs.is_empty())
    }

    /// The next row to hand over whose domain has a place; `None` when there is none, after a wait if others may make one.
    pub async fn next(&self) -> Result<Option<Job>> {
        let mut state = self.state.lock().await;
        let mut found = None;
        for (at, job) in state.jobs.iter().enumerate() {
            if let Some(place) = self.domains.enter(job.domain()) {
                found = Some((at, place));
                break;
            }
        }
        if let Some((at, place)) = found {
            return Ok(state.jobs.remove(at).map(|job| Job { _place: Some(place), ..job }));
        }
        let waits = !state.jobs.is_empty();
        drop(state);
        if waits {
            self.domains.somebody_left().await;
        }
        Ok(None)
    }

    /// Puts a row back that was not begun.
    pub async fn give_back(&self, job: Job) {
        self.state.lock().await.jobs.push_front(Job { _place: None, ..job });
    }

    async fn refill(&self, state: &mut State) -> Result<()> {
        let now = self.clock.now();
        let rows = self.store.claim(self.edition, self.worker, now, now + self.lease, self.batch).await?;
        state.dry = rows.is_empty();
        self.load_contents(state, &rows).await?;
        let jobs: Vec<Job> = rows.into_iter().map(|row| self.job(row, &state.contents)).collect();
        let hashes: Vec<EmailHash> = jobs.iter().map(|j| j.hash.clone()).collect();
        let bases = self.store.bases(self.organisation, &hashes).await?;
        state.jobs.extend(jobs.into_iter().map(|job| Job { basis: bases.get(&job.hash).copied().unwrap_or(Basis::Consent), ..job }));
        Ok(())
    }

    async fn load_contents(&self, state: &mut State, rows: &[Claimed]) -> Result<()> {
        if state.contents.len() > CONTENTS {
            state.contents.clear();
        }
        let mut missing: Vec<Uuid> = rows.iter().map(|r| r.content_id).filter(|id| !state.contents.contains_key(id)).collect();
        missing.sort_unstable();
        missing.dedup();
        for (id, (subject, html, plain)) in self.store.edition_contents(&missing).await? {
            state.contents.insert(id, Arc::new(scribe::content(&subject, &html, &plain)));
        }
        Ok(())
    }

    fn job(&self, row: Claimed, contents: &HashMap<Uuid, Arc<Content>>) -> Job {
        let address = EmailAddress::parse(&row.email).map_err(|e| e.to_string());
        let hash = address.as_ref().map_or_else(|_| EmailHash(String::new()), |a| self.secret.email_hash(a));
        Job { content: contents.get(&row.content_id).cloned(), address, hash, basis: Basis::Consent, _place: None, row }
    }
}
