//! What lies before an editor: the events ahead, with what was decided and why one should be looked at first.

use chrono::{DateTime, Utc};

use crate::{
    domain::{Kind, OrganisationId, Verb},
    store::{Result, Store, event::Event},
};

/// An event ahead, as an organisation's editor sees it.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub event: Event,
    /// Approve or reject, whichever was said last.
    pub decision: Option<Verb>,
    /// Why an editor should look first: a doubt before a flag.
    pub look_first: Option<String>,
}

impl Waiting {
    /// Whether it is training that nobody decided about.
    #[must_use]
    pub fn is_candidate(&self) -> bool {
        self.event.verdict.kind == Kind::Cpd && self.decision.is_none()
    }
}

/// Events that are not over at `now` and start before `until`, in order of their start, those without one last. Merged and withdrawn ones are left out.
pub async fn waiting(store: &Store, organisation: OrganisationId, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Waiting>> {
    let decisions = store.approvals(organisation).await?;
    let events = store.events_ahead(now, until).await?;
    let look_first = |e: &Event| e.doubt.clone().or_else(|| e.flag.clone());
    let mut waiting: Vec<Waiting> =
        events.into_iter().map(|e| Waiting { decision: decisions.get(&e.id).copied(), look_first: look_first(&e), event: e }).collect();
    waiting.sort_by_key(|w| {
        let start = w.event.facts.start.as_ref().map(|s| s.value.earliest(w.event.zone));
        (start.is_none(), start, w.event.id)
    });
    Ok(waiting)
}
