//! The relays of a run: which may take the next message, by their health, their weights and what their limits let through.
//!
//! Never decides about a message: a relay that may not take one leaves it to the others.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{Pace, relay::Health};
use crate::{
    domain::{RateLimit, WarmUp},
    mail::{RelayError, Transport},
};

/// Messages by which a relay may be ahead of its share, for each unit of weight: enough that nobody waits for a slow neighbour's answer.
const AHEAD: f64 = 32.0;
/// Looked again at least this often, so that a call that was missed costs little.
const LOOK: Duration = Duration::from_millis(200);
/// A limit that lets the next through within this time is waited for.
const WORTH_WAITING: TimeDelta = TimeDelta::seconds(2);

/// One relay.
pub struct Route {
    pub name: String,
    pub transport: Transport,
    pub health: Health,
    /// Nobody takes another message for it in this run.
    pub closed: CancellationToken,
    weight: f64,
    limits: Vec<RateLimit>,
    warm_up: Option<WarmUp>,
    turn: Mutex<Turn>,
    /// Connections at work on it.
    working: AtomicUsize,
}

/// A connection at work, until it is dropped.
pub struct Working(Arc<Route>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Relaxed);
    }
}

#[derive(Default)]
struct Turn {
    /// Messages taken over the weight.
    share: f64,
    full_until: Option<DateTime<Utc>>,
}

impl Route {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another connection works on it.
    pub fn begin(self: &Arc<Self>) -> Working {
        self.working.fetch_add(1, Relaxed);
        Working(Arc::clone(self))
    }

    /// What a message over it counts against at `now`.
    pub fn limits(&self, now: DateTime<Utc>) -> Vec<RateLimit> {
        let mut all = self.limits.clone();
        if let Some(most) = self.warm_up.and_then(|w| w.cap(now.date_naive())) {
            all.push(RateLimit { scope: format!("warm-up:{}", self.name), window: TimeDelta::days(1), most });
        }
        all
    }

    /// A limit of its own is used up until then.
    pub fn full(&self, until: DateTime<Utc>) {
        self.turn().full_until = Some(until);
    }

    /// How long until its limits let the next through; `None` when they do.
    pub fn full_for(&self, now: DateTime<Utc>) -> Option<Duration> {
        self.turn().full_until.and_then(|until| (until - now).to_std().ok()).filter(|d| !d.is_zero())
    }

    /// Whether the wait is short enough to stay for.
    pub fn is_soon(wait: Duration) -> bool {
        TimeDelta::from_std(wait).is_ok_and(|w| w <= WORTH_WAITING)
    }

    /// It failed. A relay that is given up is closed.
    pub fn failed(&self, error: RelayError) {
        if !self.health.failed(&self.name, error, Instant::now()) {
            self.closed.cancel();
        }
    }

    /// Whether it takes messages now, so that the others keep in step with it.
    fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.working.load(Relaxed) > 0 && !self.closed.is_cancelled() && !self.health.rests() && self.full_for(now).is_none()
    }
}

/// All relays of a run.
pub struct Routes {
    pub all: Vec<Arc<Route>>,
    taken: Notify,
}

impl Routes {
    pub fn new(transport: &Transport, pace: Pace) -> Self {
        let route = |name: &str, transport: Transport, weight: u32, limits: Vec<RateLimit>, warm_up| {
            Arc::new(Route {
                name: name.to_owned(),
                transport,
                health: Health::new(pace),
                closed: CancellationToken::new(),
                weight: f64::from(weight.max(1)),
                limits,
                warm_up,
                turn: Mutex::default(),
                working: AtomicUsize::new(0),
            })
        };
        let all = match transport {
            Transport::Relays(relays) => {
                relays.iter().map(|r| route(&r.name, Transport::Smtp(r.smtp.clone()), r.weight, r.limits.clone(), r.warm_up)).collect()
            }
            one => vec![route("relay", one.clone(), 1, Vec::new(), None)],
        };
        Self { all, taken: Notify::new() }
    }

    /// Whether a relay may take another message without running ahead of its share. If not, it waits a little first: the caller then looks
    /// whether anything is left, because who waits for the others must not go on waiting when they took the last.
    pub async fn turn(&self, route: &Route, now: DateTime<Utc>, stop: &CancellationToken) -> bool {
        let others = self.all.iter().filter(|o| !std::ptr::eq(o.as_ref(), route) && o.is_open(now));
        let least = others.map(|o| o.turn().share).fold(f64::INFINITY, f64::min);
        if route.turn().share <= least + AHEAD {
            return true;
        }
        tokio::select! {
            () = self.taken.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => {}
        }
        false
    }

    /// A message was handed over. One that was away does not make up for it.
    pub fn took(&self, route: &Route, now: DateTime<Utc>) {
        if self.all.len() == 1 {
            return;
        }
        let others = self.all.iter().filter(|o| !std::ptr::eq(o.as_ref(), route) && o.is_open(now));
        let least = others.map(|o| o.turn().share).fold(f64::INFINITY, f64::min);
        let mut turn = route.turn();
        let was_away = least.is_finite() && turn.share < least - 2.0 * AHEAD;
        turn.share = if was_away { least } else { turn.share } + 1.0 / route.weight;
        drop(turn);
        self.taken.notify_waiters();
    }

    /// Whether no relay can take a message before its limits let the next through.
    pub fn all_full(&self, now: DateTime<Utc>) -> bool {
        self.all.iter().all(|r| r.closed.is_cancelled() || r.full_for(now).is_some())
    }

    /// Why the run is given up: when every relay is. The words of all.
    pub fn given_up(&self) -> Option<RelayError> {
        let mut said = Vec::new();
        let mut for_good = true;
        for route in &self.all {
            let error = route.health.given_up()?;
            for_good &= error.for_good;
            said.push(if self.all.len() == 1 { error.said } else { format!("{}: {}", route.name, error.said) });
        }
        Some(RelayError { said: said.join("; "), for_good })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Relay, Security, Smtp};

    fn two(weights: [u32; 2]) -> Routes {
        let smtp = Smtp { host: "relay.example".into(), port: 25, security: Security::None, login: None, connections: 1 };
        let relay = |(i, weight)| Relay { name: format!("r{i}"), smtp: smtp.clone(), weight, limits: Vec::new(), warm_up: None };
        Routes::new(&Transport::Relays(weights.into_iter().enumerate().map(relay).collect()), Pace::default())
    }

    /// A connection at work on each.
    fn at_work(routes: &Routes) -> Vec<Working> {
        routes.all.iter().map(Route::begin).collect()
    }

    /// Who got how many of a thousand, when each takes whenever it may.
    async fn split(routes: &Routes) -> Vec<usize> {
        let _at_work = at_work(routes);
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let mut counts = vec![0; routes.all.len()];
        while counts.iter().sum::<usize>() < 1_000 {
            for (i, route) in routes.all.iter().enumerate() {
                let may = tokio::time::timeout(Duration::ZERO, routes.turn(route, now, &CancellationToken::new())).await;
                if may == Ok(true) {
                    routes.took(route, now);
                    counts[i] += 1;
                }
            }
        }
        counts
    }

    #[tokio::test]
    async fn messages_are_shared_out_by_weight_and_a_closed_relay_leaves_all_to_the_other() {
        let counts = split(&two([3, 1])).await;
        assert!((650..=850).contains(&counts[0]), "{counts:?}");
        let routes = two([3, 1]);
        routes.all[0].failed(RelayError { said: "535 no".into(), for_good: true });
        let counts = tokio::time::timeout(Duration::from_secs(5), async {
            let mut n = 0;
            while routes.turn(&routes.all[1], DateTime::<Utc>::UNIX_EPOCH, &CancellationToken::new()).await && n < 1_000 {
                routes.took(&routes.all[1], DateTime::<Utc>::UNIX_EPOCH);
                n += 1;
            }
            n
        });
        assert_eq!(counts.await, Ok(1_000));
        assert_eq!(routes.given_up(), None, "one is left");
        routes.all[1].failed(RelayError { said: "refused".into(), for_good: true });
        assert_eq!(routes.given_up().unwrap().said, "r0: 535 no; r1: refused");
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_that_is_ahead_waits_for_nobody_whose_connections_have_ended() {
        let (routes, now, go_on) = (two([1, 1]), DateTime::<Utc>::UNIX_EPOCH, CancellationToken::new());
        let mut at_work = at_work(&routes);
        while routes.turn(&routes.all[0], now, &go_on).await {
            routes.took(&routes.all[0], now);
        }
        assert!(routes.all[0].turn().share > AHEAD, "the other takes nothing and is waited for");
        // The other found nothing left and ended; then a message came back to the queue.
        at_work.pop();
        assert!(routes.turn(&routes.all[0], now, &go_on).await);
    }
}
