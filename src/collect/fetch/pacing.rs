//! One request at a time per host, with a pause between two: the order of the queue is the order of asking.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard},
    time::Instant,
};

/// When a host may be asked next; holding its lock is having the turn.
type NextTurn = Option<Instant>;

/// The hosts asked so far.
#[derive(Debug, Default)]
pub struct Pacing {
    hosts: Mutex<HashMap<String, Arc<Turn<NextTurn>>>>,
}

/// The right to ask one host, until dropped.
pub struct HostTurn {
    next: OwnedMutexGuard<NextTurn>,
    pause: Duration,
}

impl Pacing {
    /// Waits for the host's turn and for its pause to be over.
    pub async fn turn(&self, host: &str, pause: Duration) -> HostTurn {
        let queue = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hosts.entry(host.to_owned()).or_default())
        };
        let next = queue.lock_owned().await;
        if let Some(at) = *next {
            tokio::time::sleep_until(at).await;
        }
        HostTurn { next, pause }
    }
}

impl HostTurn {
    /// The host asked for more time than our own pause.
    pub fn rest(&mut self, at_least: Duration) {
        self.pause = self.pause.max(at_least);
    }
}

impl Drop for HostTurn {
    fn drop(&mut self) {
        *self.next = Some(Instant::now() + self.pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn two_requests_to_one_host_are_a_pause_apart_and_two_hosts_are_not() {
        let pacing = Pacing::default();
        let start = Instant::now();
        let pause = Duration::from_secs(2);
        drop(pacing.turn("a.example", pause).await);
        drop(pacing.turn("b.example", pause).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        let mut turn = pacing.turn("a.example", pause).await;
        assert_eq!(start.elapsed(), pause);
        turn.rest(Duration::from_mins(1));
        drop(turn);
        drop(pacing.turn("a.example", pause).await);
        assert_eq!(start.elapsed(), Duration::from_secs(62));
    }
}
