//! Limits on how fast something may be done: so many in any stretch of a given length, counted by slots of a sliding window.
//!
//! Pure: what was used is a parameter. Counts a slot until its last instant has left the window, so that no stretch ever holds more than
//! the limit; what is given away for that is at most a twentieth of the window.

use chrono::{DateTime, TimeDelta, Utc};

/// Slots of a window.
const SLOTS: i64 = 20;

/// At most `most` in any stretch of `window`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// What is counted together: "relay:NAME", "warm-up:NAME" or "domain:NAME".
    pub scope: String,
    pub window: TimeDelta,
    pub most: u64,
}

/// What a limit still lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    pub left: u64,
    /// When the next may go once nothing is left. UTC.
    pub next_at: DateTime<Utc>,
}

impl RateLimit {
    /// Milliseconds.
    #[must_use]
    pub fn window_ms(&self) -> i64 {
        self.window.num_milliseconds().max(SLOTS)
    }

    fn slot_ms(&self) -> i64 {
        self.window_ms() / SLOTS
    }

    /// The slot in which an instant lies.
    #[must_use]
    pub fn slot(&self, at: DateTime<Utc>) -> i64 {
        at.timestamp_millis().div_euclid(self.slot_ms())
    }

    /// The oldest slot that counts at `now`.
    #[must_use]
    pub fn oldest(&self, now: DateTime<Utc>) -> i64 {
        (now.timestamp_millis() - self.window_ms()).div_euclid(self.slot_ms())
    }

    /// From when on a slot does not count. UTC.
    #[must_use]
    pub fn counts_until(&self, slot: i64) -> DateTime<Utc> {
        let ms = slot.saturating_add(1).saturating_mul(self.slot_ms()).saturating_add(self.window_ms());
        DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The time between two when they are spread evenly.
    #[must_use]
    pub fn spacing(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.window_ms() / i64::try_from(self.most.max(1)).unwrap_or(i64::MAX))
    }

    /// `used` are slots with what went in them, in any order.
    #[must_use]
    pub fn allowance(&self, used: &[(i64, u64)], now: DateTime<Utc>) -> Allowance {
        let oldest = self.oldest(now);
        let mut counted: Vec<(i64, u64)> = used.iter().copied().filter(|(slot, _)| *slot >= oldest).collect();
        counted.sort_unstable();
        let sum: u64 = counted.iter().map(|(_, n)| n).sum();
        let left = self.most.saturating_sub(sum);
        // As if what is left went now: it then comes back last.
        counted.push((self.slot(now), left));
        let (mut over, mut next_at) = (sum + left, now);
        for (slot, n) in counted {
            if over < self.most.max(1) {
                break;
            }
            over -= n;
            next_at = self.counts_until(slot);
        }
        Allowance { left, next_at }
    }
}

/// A new relay is trusted little by little: a cap for the first day that grows by a factor each day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmUp {
    /// The first day. UTC.
    pub from: chrono::NaiveDate,
    /// Messages on the first day.
    pub first: u64,
    /// Each day's cap over the day's before; at least 1.
    pub growth: f64,
    /// From this cap on there is none.
    pub until: u64,
}

impl WarmUp {
    /// The cap of a day; `None` when it is over. Days before the first have the first's.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cap far below 2^52")]
    pub fn cap(&self, day: chrono::NaiveDate) -> Option<u64> {
        let days = (day - self.from).num_days().clamp(0, 10_000);
        let cap = self.first as f64 * self.growth.max(1.0).powi(i32::try_from(days).unwrap_or(i32::MAX));
        (cap < self.until as f64).then_some(cap as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(ms).unwrap()
    }

    fn minute(most: u64) -> RateLimit {
        RateLimit { scope: "domain:large.example".into(), window: TimeDelta::minutes(1), most }
    }

    #[test]
    fn what_is_used_comes_back_when_its_slot_has_left_the_window() {
        let limit = minute(10);
        let now = at(1_000_000_000);
        assert_eq!(limit.allowance(&[], now), Allowance { left: 10, next_at: limit.counts_until(limit.slot(now)) });
        let used = [(limit.slot(now), 4), (limit.slot(now) - 5, 6)];
        let full = limit.allowance(&used, now);
        assert_eq!(full.left, 0);
        assert!(full.next_at > now && full.next_at <= now + TimeDelta::seconds(60), "{full:?}");
        assert_eq!(limit.allowance(&used, full.next_at).left, 6);
        assert_eq!(limit.allowance(&used, now + TimeDelta::seconds(64)).left, 10);
    }

    #[test]
    fn a_warm_up_grows_and_ends() {
        let warm = WarmUp { from: "2027-03-01".parse().unwrap(), first: 100, growth: 2.0, until: 1_000 };
        let caps: Vec<Option<u64>> = ["2027-02-27", "2027-03-01", "2027-03-02", "2027-03-04", "2027-03-05", "2040-01-01"]
            .iter()
            .map(|d| warm.cap(d.parse().unwrap()))
            .collect();
        assert_eq!(caps, [Some(100), Some(100), Some(200), Some(800), None, None]);
    }

    proptest! {
        #[test]
        fn no_stretch_of_the_windows_length_holds_more_than_the_limit(most in 1_u64..20, gaps in prop::collection::vec(0_i64..9_000, 1..200)) {
            let limit = minute(most);
            let (mut now, mut used, mut sent) = (1_700_000_000_000_i64, BTreeMap::<i64, u64>::new(), Vec::new());
            for gap in gaps {
                now += gap;
                let slots: Vec<(i64, u64)> = used.iter().map(|(s, n)| (*s, *n)).collect();
                let allowance = limit.allowance(&slots, at(now));
                if allowance.left > 0 {
                    *used.entry(limit.slot(at(now))).or_default() += 1;
                    sent.push(now);
                } else {
                    prop_assert!(limit.allowance(&slots, allowance.next_at).left > 0 && allowance.next_at > at(now));
                }
            }
            for start in &sent {
                let within = sent.iter().filter(|t| (*start..start + 60_000).contains(*t)).count();
                prop_assert!(within as u64 <= most, "{within}");
            }
        }
    }
}
