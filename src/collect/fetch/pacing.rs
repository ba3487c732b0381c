//! One request at a time per host, with a pause between two: the order of the queue is the order of asking.
//!
//! Keeps only the hosts that are being asked, or were just now: with ten thousand hosts over a year it is as small as with ten.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard},
    time::Instant,
};
use url::Url;

/// Longest rest of a host that is waited for; who asked for a longer one is not asked now.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// Part of the pause that is added at random, so that several of us never fall into step.
const JITTER: f64 = 0.25;
/// Hosts below which nothing is swept.
const FEW: usize = 256;

/// When a host may be asked; holding its lock is having the turn.
#[derive(Debug, Default)]
struct Times {
    /// Our own pause.
    free_at: Option<Instant>,
    /// What the server asked for.
    rests_until: Option<Instant>,
}

impl Times {
    /// How long until the host may be asked, if that is not now.
    fn wait(&self, now: Instant) -> Option<Duration> {
        let at = self.free_at.max(self.rests_until)?;
        at.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    fn rest(&self, now: Instant) -> Duration {
        self.rests_until.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }
}

#[derive(Debug, Default)]
struct Hosts {
    queues: HashMap<String, Arc<Turn<Times>>>,
    /// As many hosts as there may be before those that are free are forgotten.
    sweep_at: usize,
}

/// The queues of the hosts asked lately.
#[derive(Debug, Default)]
pub struct Pacing {
    hosts: Mutex<Hosts>,
}

/// The right to ask one host, until dropped.
#[derive(Debug)]
pub struct HostTurn {
    times: OwnedMutexGuard<Times>,
    pause: Duration,
}

/// The host's own wish to be left alone is longer than [`PATIENCE`].
#[derive(Debug, PartialEq, Eq)]
pub struct Resting(pub Duration);

impl Pacing {
    /// Waits for the host's turn and for its pause to be over. `pause` is what will lie between this request and the next, with up to a quarter
    /// more.
    pub async fn turn(&self, host: &str, pause: Duration) -> Result<HostTurn, Resting> {
        let times = self.queue(host).lock_owned().await;
        let now = Instant::now();
        let rest = times.rest(now);
        if rest > PATIENCE {
            return Err(Resting(rest));
        }
        // A timer rounds up to whole milliseconds, so one that is over already is not set.
        if let Some(left) = times.wait(now) {
            tokio::time::sleep(left).await;
        }
        Ok(HostTurn { times, pause })
    }

    fn queue(&self, host: &str) -> Arc<Turn<Times>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = hosts.queues.get(host) {
            return Arc::clone(queue);
        }
        if hosts.queues.len() >= hosts.sweep_at.max(FEW) {
            hosts.sweep(Instant::now());
        }
        Arc::clone(hosts.queues.entry(host.to_owned()).or_default())
    }

    /// Hosts that are remembered.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.hosts.lock().unwrap().queues.len()
    }
}

impl Hosts {
    /// Forgets whoever is neither asked nor waited for. Twice as many as are left may come before the next sweep, so that a host costs the same
    /// however many there are.
    fn sweep(&mut self, now: Instant) {
        self.queues.retain(|_, queue| Arc::strong_count(queue) > 1 || queue.try_lock().is_ok_and(|times| times.wait(now).is_some()));
        self.sweep_at = self.queues.len() * 2;
    }
}

impl HostTurn {
    /// The host asked for this much rest.
    pub fn rest(&mut self, wish: Duration) {
        self.times.rests_until = self.times.rests_until.max(Instant::now().checked_add(wish));
    }
}

impl Drop for HostTurn {
    fn drop(&mut self) {
        self.times.free_at = (!self.pause.is_zero()).then(|| Instant::now() + self.pause.mul_f64(1.0 + JITTER * rand::random::<f64>()));
    }
}

/// The name of a host in the queues: `example.org.` and `example.org` are one.
pub fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn two_requests_to_one_host_are_a_pause_apart_and_two_hosts_are_not() {
        let pacing = Pacing::default();
        let start = Instant::now();
        drop(pacing.turn("a.example", PAUSE).await);
        drop(pacing.turn("b.example", PAUSE).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(pacing.turn("a.example", PAUSE).await);
        assert!((PAUSE..=PAUSE.mul_f64(1.26)).contains(&start.elapsed()), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_rest_is_waited_for_and_a_long_one_is_told() {
        let pacing = Pacing::default();
        let start = Instant::now();
        pacing.turn("a.example", PAUSE).await.unwrap().rest(PATIENCE);
        pacing.turn("a.example", PAUSE).await.unwrap().rest(Duration::from_hours(1));
        assert_eq!(start.elapsed(), PATIENCE);
        assert_eq!(pacing.turn("a.example", PAUSE).await.unwrap_err(), Resting(Duration::from_hours(1)));
        assert!(pacing.turn("b.example", PAUSE).await.is_ok(), "another host is asked");
        tokio::time::advance(Duration::from_mins(59) + PATIENCE).await;
        assert!(pacing.turn("a.example", PAUSE).await.is_ok(), "and this one when its rest is nearly over");
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_that_are_free_are_forgotten_and_those_that_rest_are_not() {
        let pacing = Pacing::default();
        pacing.turn("rests.example", PAUSE).await.unwrap().rest(Duration::from_hours(1));
        let held = pacing.turn("held.example", PAUSE).await.unwrap();
        for n in 0..10_000 {
            drop(pacing.turn(&format!("{n}.example"), Duration::ZERO).await);
            assert!(pacing.len() <= FEW, "{}", pacing.len());
        }
        assert!(pacing.turn("rests.example", PAUSE).await.is_err());
        let waiting = pacing.turn("held.example", PAUSE);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending(), "whose turn is taken is asked by nobody else");
        drop(held);
        assert!(waiting.await.is_ok());
    }

    #[test]
    fn a_trailing_dot_makes_no_other_host() {
        assert_eq!(host_of(&Url::parse("http://Example.org./a").unwrap()), "example.org");
    }
}
