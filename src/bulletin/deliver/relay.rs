//! A relay's health as all connections of a run see it: after a failure everybody rests, longer each time, and after a while the run gives up.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::time::{Duration, Instant};

use super::Pace;
use crate::{
    domain::DeliveryId,
    mail::{Handed, RelayError},
};

const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Times the server may leave over one message before that counts as its answer to it.
const DEPARTURES: u8 = 3;

#[derive(Debug)]
struct State {
    /// When it was first unreachable without a success since.
    away_since: Option<Instant>,
    pause: Duration,
    rest_until: Option<Instant>,
    was_reached: bool,
    given_up: Option<RelayError>,
}

#[derive(Debug)]
pub struct Health {
    pace: Pace,
    state: Mutex<State>,
}

/// How often a server left over each message, whichever relay it was.
#[derive(Debug, Default)]
pub struct Departures(Mutex<HashMap<DeliveryId, u8>>);

impl Departures {
    /// A message at which the server always leaves is not tried for ever: from the third time on it counts as deferred, and the relay is not blamed.
    pub fn judge(&self, id: DeliveryId, handed: Handed) -> Handed {
        let Handed::Away(said) = handed else { return handed };
        let mut departures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = departures.entry(id).or_default();
        *seen = seen.saturating_add(1);
        if *seen >= DEPARTURES { Handed::Deferred(said) } else { Handed::Away(said) }
    }
}

impl Health {
    pub fn new(pace: Pace) -> Self {
        Self { pace, state: Mutex::new(State { away_since: None, pause: pace.first_pause, rest_until: None, was_reached: false, given_up: None }) }
    }

    /// A message was answered, with whatever answer: the relay is there.
    pub fn answered(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { away_since: None, pause: self.pace.first_pause, rest_until: None, was_reached: true, given_up: state.given_up.take() };
    }

    /// It could not be reached, or it left. False when waiting makes no sense any more: it is given up for this run.
    pub fn failed(&self, name: &str, error: RelayError, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let since = *state.away_since.get_or_insert(now);
        let patience = if state.was_reached { self.pace.patience } else { self.pace.first_patience };
        if error.for_good || now.duration_since(since) >= patience {
            state.given_up = Some(error);
            return false;
        }
        // Connections that fail together count as one failure.
        if state.rest_until.is_none_or(|until| until <= now) {
            tracing::warn!(pause = ?state.pause, "{name} is away: {error}");
            state.rest_until = Some(now + state.pause);
            state.pause = (state.pause * 2).min(LONGEST_PAUSE);
        }
        true
    }

    /// Why it is given up, if it is.
    pub fn given_up(&self) -> Option<RelayError> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).given_up.clone()
    }

    /// Whether it is left alone now.
    pub fn rests(&self) -> bool {
        self.rest_until().is_some_and(|until| until > Instant::now())
    }

    /// Until when to leave it alone.
    pub fn rest_until(&self) -> Option<Instant> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rest_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_given_longer_rests_and_then_up() {
        let relay = Health::new(Pace::default());
        let away = || RelayError { said: "refused".into(), for_good: false };
        relay.answered();
        let began = Instant::now();
        let mut now = began;
        let mut rests = Vec::new();
        while relay.failed("r", away(), now) {
            let until = relay.rest_until().unwrap();
            rests.push(until.duration_since(now).as_secs());
            now = until;
        }
        assert_eq!(rests[..7], [1, 2, 4, 8, 16, 32, 60]);
        assert_eq!(rests.iter().sum::<u64>(), 303);
        let never_reached = Health::new(Pace::default());
        assert!(never_reached.failed("r", away(), began));
        assert!(!never_reached.failed("r", away(), began + Duration::from_secs(20)));
    }

    #[test]
    fn a_wrong_password_is_not_tried_again() {
        let wrong = RelayError { said: "535".into(), for_good: true };
        let relay = Health::new(Pace::default());
        assert!(!relay.failed("r", wrong.clone(), Instant::now()));
        assert_eq!(relay.given_up(), Some(wrong));
    }
}
