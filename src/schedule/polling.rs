//! When a source is looked at next: its interval, longer while it fails, and never at the same moment as its neighbours.

use chrono::{DateTime, TimeDelta, Utc};

/// No healthy or failing source waits longer, unless its own interval is longer.
const MOST_MINUTES: i64 = 24 * 60;
/// A source that an operator set to nothing is still not asked more often.
const LEAST_MINUTES: i64 = 5;
/// A longer interval is a slip of the keyboard, and its date would not be one that sorts as text.
const LONGEST_INTERVAL: i64 = 366 * 24 * 60;

/// The next time (UTC) to look at a source that was last looked at `last` and has failed `failures` times in a row.
///
/// Each failure doubles the wait up to a day. The jitter of up to a tenth either way comes from the seed alone (a digest of the
/// source's id and `last` will do), so that sources added together do not stay together, and a test knows the answer.
#[must_use]
pub fn next_poll(interval_minutes: u32, last: DateTime<Utc>, failures: u32, jitter_seed: u64) -> DateTime<Utc> {
    let interval = i64::from(interval_minutes).clamp(LEAST_MINUTES, LONGEST_INTERVAL);
    let wait = (interval << failures.min(12)).min(MOST_MINUTES.max(interval)) * 60;
    let spread = wait / 10;
    let within = i64::try_from(mixed(jitter_seed) % (2 * spread.unsigned_abs() + 1)).unwrap_or(0);
    last.checked_add_signed(TimeDelta::seconds(wait - spread + within)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Spreads neighbouring seeds over the whole range (the finaliser of SplitMix64, Steele et al. 2014).
fn mixed(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn minutes(interval: u32, failures: u32, seed: u64) -> i64 {
        let last = "2027-03-01T12:00:00Z".parse().unwrap();
        (next_poll(interval, last, failures, seed) - last).num_minutes()
    }

    #[test]
    fn failures_double_the_wait_up_to_a_day() {
        for (interval, failures, expected) in
            [(60, 0, 60), (60, 1, 120), (60, 3, 480), (60, 5, 1440), (60, u32::MAX, 1440), (10_080, 4, 10_080), (0, 0, 5)]
        {
            let found = minutes(interval, failures, 7);
            assert!((expected * 9 / 10 - 1..=expected * 11 / 10 + 1).contains(&found), "{interval} {failures}: {found}");
        }
    }

    #[test]
    fn neighbours_are_spread() {
        let mut found: Vec<i64> = (0..50).map(|seed| minutes(360, 0, seed)).collect();
        found.sort_unstable();
        found.dedup();
        assert!(found.len() > 25, "{found:?}");
    }

    proptest! {
        #[test]
        fn always_later_and_always_the_same(interval: u32, failures: u32, seed: u64, secs in -8_000_000_000_000i64..8_000_000_000_000) {
            let last = DateTime::from_timestamp(secs, 0).unwrap();
            let next = next_poll(interval, last, failures, seed);
            prop_assert!(next > last);
            prop_assert_eq!(next, next_poll(interval, last, failures, seed));
        }
    }
}
