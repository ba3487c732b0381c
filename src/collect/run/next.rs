//! What follows a look besides its events: when the next one is, where a source moved to, and in what order hosts are asked.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{
    Collector,
    read::{Answer, Trouble},
};
use crate::{
    domain::PastLook,
    schedule,
    store::{
        StoreError,
        source::{Look, MOVES_BELIEVED, Source},
    },
};

/// What one source said, and when.
pub(super) struct Answered {
    pub answer: Result<Answer, Trouble>,
    /// From asking for the host's turn to the parsed document, UTC.
    pub started_at: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
    /// Where its address was redirected for good.
    pub moved_to: Option<Url>,
}

impl Answered {
    /// How long the host asked to be left alone.
    pub fn rest(&self) -> Option<TimeDelta> {
        let Err(Trouble::Fetch(e)) = &self.answer else { return None };
        e.retry_after().and_then(|wish| TimeDelta::from_std(wish).ok())
    }

    /// Nobody was asked, for the host rests: the reason.
    pub fn put_off(&self) -> Option<String> {
        match &self.answer {
            Err(Trouble::Fetch(e)) if e.is_put_off() => Some(e.to_string()),
            _ => None,
        }
    }
}

impl Collector<'_> {
    /// Reads one source where it is to be found now, with the permission that its publisher gave.
    pub(super) async fn visit(&self, source: &Source, now: DateTime<Utc>) -> Answered {
        let started_at = (self.clock)();
        if let Some(permission) = &source.robots_permission {
            tracing::info!(source = %source.url, %permission, "robots.txt is not asked: its publisher gave permission");
        }
        let fetcher = Url::parse(source.reads_at()).ok().map(|url| self.fetcher.for_source(&url, source.robots_permission.is_some()));
        let fetcher = fetcher.as_ref().unwrap_or(self.fetcher);
        let answer = Collector { fetcher, ..self.clone() }.read(source, now).await;
        Answered { answer, started_at, finished_at: (self.clock)(), moved_to: fetcher.moved_to() }
    }

    /// When this source is looked at next (UTC): by its own rate of change, later while it fails (`failures` in a row), and not before its
    /// host wants.
    pub(super) async fn next_look(&self, source: &Source, look: &Look, failures: i64, times: &Times) -> Result<DateTime<Utc>, StoreError> {
        let base = u32::try_from(source.interval_minutes).unwrap_or(u32::MAX);
        let interval = match self.adapts {
            Some(bounds) => schedule::adapted_interval(base, &self.looks(source, look, times.started_at).await?, bounds),
            None => base,
        };
        let seed = source.id.0.as_u64_pair().1 ^ times.finished_at.timestamp().unsigned_abs();
        let next = schedule::next_poll(interval, times.finished_at, u32::try_from(failures).unwrap_or(u32::MAX), seed);
        Ok(next.max(times.finished_at + times.rest))
    }

    /// The good looks at a source, newest first, with the one that just ended.
    async fn looks(&self, source: &Source, look: &Look, at: DateTime<Utc>) -> Result<Vec<PastLook>, StoreError> {
        let mut looks = self.store.recent_looks(source.id, schedule::LOOKS_WEIGHED).await?;
        match look {
            Look::Unchanged => looks.insert(0, PastLook { at, changed: false }),
            Look::Read { added, changed, .. } => looks.insert(0, PastLook { at, changed: added + changed > 0 }),
            Look::Failed { .. } => {}
        }
        Ok(looks)
    }

    /// Counts looks that were redirected for good, and says when something follows from them. What was believed is forgotten when nothing is
    /// there any more.
    pub(super) async fn note_move(&self, source: &Source, answered: &Answered) -> Result<Option<String>, StoreError> {
        let believed = source.reads_at() != source.url;
        let gone = matches!(&answered.answer, Err(Trouble::Fetch(e)) if matches!(e.status(), Some(404 | 410)));
        let stays = !believed && answered.answer.is_ok();
        match &answered.moved_to {
            Some(to) => {
                let times = self.store.record_move(source.id, Some(to.as_str())).await?;
                Ok((times == MOVES_BELIEVED).then(|| format!("moved for good to {to}, {times} times in a row: it is read there from now on")))
            }
            None if source.moved_to.is_some() && (stays || (believed && gone)) => {
                self.store.record_move(source.id, None).await?;
                Ok(believed.then(|| format!("nothing is at {} any more: it is read at its own address again", source.reads_at())))
            }
            None => Ok(None),
        }
    }
}

/// When a look was, and how long its host wants to be left alone.
pub(super) struct Times {
    pub started_at: DateTime<Utc>,
    pub finished_at: DateTime<Utc>,
    pub rest: TimeDelta,
}

impl Times {
    pub fn of(answered: &Answered) -> Self {
        Self { started_at: answered.started_at, finished_at: answered.finished_at, rest: answered.rest().unwrap_or_default() }
    }
}

/// The sources so that hosts take turns: fifty of one host in a row would let everybody else wait for its pauses. Always the same order
/// for the same sources.
pub(super) fn by_turns(sources: Vec<Source>) -> Vec<Source> {
    let mut order: Vec<VecDeque<Source>> = Vec::new();
    let mut hosts: HashMap<String, usize> = HashMap::new();
    for source in sources {
        let host = Url::parse(source.reads_at()).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
        let place = *hosts.entry(host).or_insert_with(|| {
            order.push(VecDeque::new());
            order.len() - 1
        });
        order[place].push_back(source);
    }
    let mut out = Vec::new();
    while !order.is_empty() {
        order.retain_mut(|queue| {
            out.extend(queue.pop_front());
            !queue.is_empty()
        });
    }
    out
}
