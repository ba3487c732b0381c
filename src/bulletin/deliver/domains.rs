//! Rules for receiving domains: so many messages under way at once, so many in a stretch of time.
//!
//! What was let through is counted in the database; here is only what need not outlive the process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::domain::RateLimit;

/// What one domain is given at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRule {
    /// In ASCII and lower case.
    pub domain: String,
    pub limits: Vec<RateLimit>,
    /// Messages under way at the same time, of one process.
    pub connections: Option<u16>,
}

struct State {
    rule: DomainRule,
    under_way: u16,
    /// Nothing may go before.
    full_until: Option<DateTime<Utc>>,
    /// The last turn that was given to a message that waits.
    last_turn: Option<DateTime<Utc>>,
}

/// The rules of a run.
#[derive(Default)]
pub struct Domains {
    states: Mutex<HashMap<String, State>>,
    left: Notify,
}

/// A message to a domain is under way for as long as the value lives.
pub struct Place {
    of: Option<(Arc<Domains>, String)>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((domains, domain)) = self.of.take() {
            if let Some(state) = domains.states().get_mut(&domain) {
                state.under_way = state.under_way.saturating_sub(1);
            }
            domains.left.notify_waiters();
        }
    }
}

impl Domains {
    pub fn new(rules: &[DomainRule]) -> Self {
        let state = |rule: &DomainRule| State { rule: rule.clone(), under_way: 0, full_until: None, last_turn: None };
        Self { states: Mutex::new(rules.iter().map(|r| (r.domain.clone(), state(r))).collect()), left: Notify::new() }
    }

    fn states(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a message to `domain`; `None` when all are taken.
    pub fn enter(self: &Arc<Self>, domain: &str) -> Option<Place> {
        let mut states = self.states();
        let Some(state) = states.get_mut(domain) else { return Some(Place { of: None }) };
        if state.rule.connections.is_some_and(|most| state.under_way >= most) {
            return None;
        }
        state.under_way += 1;
        Some(Place { of: Some((Arc::clone(self), domain.to_owned())) })
    }

    /// Returns when somebody has left since the call.
    pub async fn somebody_left(&self) {
        // A place that was given back before the call is seen at the next look.
        let _ = tokio::time::timeout(std::time::Duration::from_millis(100), self.left.notified()).await;
    }

    /// What a message to `domain` counts against.
    pub fn limits(&self, domain: &str) -> Vec<RateLimit> {
        self.states().get(domain).map(|s| s.rule.limits.clone()).unwrap_or_default()
    }

    /// When a message to a domain known to be full should come back; `None` when it may be tried now. Each that asks is given a turn of its
    /// own, spread as the limit lets them through, so that those that wait are not written down again and again.
    pub fn waits(&self, domain: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut states = self.states();
        let state = states.get_mut(domain)?;
        let until = state.full_until.filter(|until| *until > now)?;
        let spacing = state.rule.limits.iter().map(RateLimit::spacing).max().unwrap_or_default();
        let turn = state.last_turn.filter(|last| *last >= until).map_or(until, |last| last + spacing);
        state.last_turn = Some(turn);
        Some(rounded(turn))
    }

    /// A limit of the domain is used up until then.
    pub fn full(&self, domain: &str, until: DateTime<Utc>) {
        if let Some(state) = self.states().get_mut(domain) {
            state.full_until = Some(until);
        }
    }
}

/// Up to the next full two seconds, so that those that wait come back in groups and find one connection open.
fn rounded(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp((at.timestamp_millis() + 1_999).div_euclid(2_000) * 2, 0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_domain_has_so_many_places_and_those_that_wait_come_one_after_another() {
        let limit = RateLimit { scope: "domain:large.example".into(), window: TimeDelta::minutes(1), most: 6 };
        let rule = DomainRule { domain: "large.example".into(), limits: vec![limit], connections: Some(2) };
        let domains = Arc::new(Domains::new(&[rule]));
        let first = domains.enter("large.example").unwrap();
        let second = domains.enter("large.example");
        assert!(second.is_some() && domains.enter("large.example").is_none() && domains.enter("small.example").is_some());
        drop(first);
        assert!(domains.enter("large.example").is_some());
        let now = DateTime::<Utc>::UNIX_EPOCH;
        assert_eq!(domains.waits("large.example", now), None);
        domains.full("large.example", now + TimeDelta::seconds(30));
        let turns: Vec<i64> = (0..3).map(|_| domains.waits("large.example", now).unwrap().timestamp()).collect();
        assert_eq!(turns, [30, 40, 50]);
        assert_eq!(domains.waits("large.example", now + TimeDelta::seconds(30)), None);
        assert_eq!(domains.waits("small.example", now), None);
    }
}
