//! When a source is looked at next: as often as it changes, less often while it fails, and never at the same moment as its neighbours.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::PastLook;

/// No healthy or failing source waits longer, unless its own interval is longer.
const MOST_MINUTES: i64 = 24 * 60;
/// A source that an operator set to nothing is still not asked more often.
const LEAST_MINUTES: i64 = 5;
/// A longer interval is a slip of the keyboard, and its date would not be one that sorts as text.
const LONGEST_INTERVAL: i64 = 366 * 24 * 60;

/// Looks from which a rate of change is estimated; what was before is another time of year.
pub const LOOKS_WEIGHED: i64 = 30;
/// What the operator's interval counts for: so many looks that found a change, and as many that found none.
const PRIOR: f64 = 1.0;

/// Between which intervals a source adapts. The operator's own interval is always within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntervalBounds {
    /// However much changes there.
    pub least_minutes: u32,
    /// However little changes there.
    pub most_minutes: u32,
}

impl Default for IntervalBounds {
    /// An hour; a day, so that a cancellation is seen before the next morning's bulletin.
    fn default() -> Self {
        Self { least_minutes: 60, most_minutes: 24 * 60 }
    }
}

/// The interval (minutes) after which a source is as likely to have changed as not, from what the last looks found. `looks` are good looks,
/// newest first; with none the answer is the operator's own interval.
///
/// Changes are taken to come at random with a steady rate (a Poisson process), of which a look sees only whether there was at least one. The rate
/// is the maximum-likelihood estimate for looks at unequal distances (J. Cho, H. Garcia-Molina: Estimating frequency of change, ACM
/// Transactions on Internet Technology 3(3), 2003, s5): the rate r at which the sum of t / (e^(r t) - 1) over the intervals t that ended in a change
/// equals the sum of the intervals that did not. As their bias-reduced estimator adds half an observation, so one of each kind is added here
/// with the operator's interval as its length: neither "always" nor "never" is taken at its word, and his word counts until there is a better
/// one.
#[must_use]
pub fn adapted_interval(base_minutes: u32, looks: &[PastLook], bounds: IntervalBounds) -> u32 {
    let base = f64::from(base_minutes.max(1));
    let (least, most) = (f64::from(bounds.least_minutes).min(base), f64::from(bounds.most_minutes).max(base));
    let intervals: Vec<(f64, bool)> = looks.windows(2).filter_map(interval).collect();
    // Positive where changes are rarer than one in `minutes` by half: the root lies at a longer interval.
    let too_short = |minutes: f64| {
        let rate = std::f64::consts::LN_2 / minutes;
        let weigh = |t: f64, changed: bool| if changed { t / (rate * t).exp_m1() } else { -t };
        PRIOR * (weigh(base, true) + weigh(base, false)) + intervals.iter().map(|(t, changed)| weigh(*t, *changed)).sum::<f64>() < 0.0
    };
    let (mut low, mut high) = (least, most);
    // A minute is exact enough, and twenty halvings of a year are less than one.
    for _ in 0..20 {
        let middle = f64::midpoint(low, high);
        if too_short(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two numbers that were u32")]
    let minutes = f64::midpoint(low, high).round() as u32;
    minutes
}

/// Minutes between two looks, and what the later found. A clock that was set back tells nothing.
fn interval(pair: &[PastLook]) -> Option<(f64, bool)> {
    let [later, earlier] = pair else { return None };
    let minutes = (later.at - earlier.at).as_seconds_f64() / 60.0;
    (minutes > 0.0).then_some((minutes, later.changed))
}

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

    /// Looks so many minutes apart, newest first, each with what it found.
    fn looks(apart: i64, found: &[bool]) -> Vec<PastLook> {
        let now: DateTime<Utc> = "2027-03-01T12:00:00Z".parse().unwrap();
        found.iter().zip(0..).map(|(changed, n)| PastLook { at: now - TimeDelta::minutes(apart * n), changed: *changed }).collect()
    }

    #[test]
    fn a_source_is_looked_at_as_often_as_it_changes() {
        let check = |apart: i64, found: &[bool], expected: std::ops::RangeInclusive<u32>| {
            let minutes = adapted_interval(360, &looks(apart, found), IntervalBounds::default());
            assert!(expected.contains(&minutes), "{apart} {found:?}: {minutes}");
        };
        check(360, &[], 360..=360);
        check(360, &[true], 360..=360); // The first look finds everything new, and has no interval.
        check(360, &[false; 3], 700..=1_200);
        check(360, &[false; 31], 1_440..=1_440);
        check(360, &[true; 3], 150..=220);
        check(360, &[true; 31], 65..=80);
        // Every second look: half of them, so the interval is right as it is.
        check(360, &[true, false].repeat(15), 330..=390);
        // Looked at every hour and changed once a day: on the way to the median of a day's wait, 998 minutes.
        check(60, &[&[true][..], &[false; 23]].concat().repeat(2), 650..=850);
    }

    #[test]
    fn the_operator_s_interval_is_always_within_the_bounds() {
        let check = |base: u32, found: &[bool], expected: u32| {
            assert_eq!(adapted_interval(base, &looks(i64::from(base), found), IntervalBounds::default()), expected);
        };
        check(10_080, &[false; 31], 10_080);
        check(15, &[true; 31], 15);
        check(0, &[], 1);
    }

    #[test]
    fn a_clock_that_was_set_back_tells_nothing() {
        let mut odd = looks(360, &[false; 10]);
        odd.reverse();
        assert_eq!(adapted_interval(360, &odd, IntervalBounds::default()), 360);
    }

    proptest! {
        #[test]
        fn always_later_and_always_the_same(interval: u32, failures: u32, seed: u64, secs in -8_000_000_000_000i64..8_000_000_000_000) {
            let last = DateTime::from_timestamp(secs, 0).unwrap();
            let next = next_poll(interval, last, failures, seed);
            prop_assert!(next > last);
            prop_assert_eq!(next, next_poll(interval, last, failures, seed));
        }

        #[test]
        fn always_within_bounds_and_never_longer_for_a_change(
            base: u32, least: u32, most: u32, apart in 1i64..1_000_000, found in proptest::collection::vec(any::<bool>(), 2..31), at in 0usize..30,
        ) {
            let bounds = IntervalBounds { least_minutes: least, most_minutes: most };
            let minutes = adapted_interval(base, &looks(apart, &found), bounds);
            prop_assert!((least.min(base.max(1))..=most.max(base.max(1))).contains(&minutes));
            let mut more = found.clone();
            more[at % found.len()] = true;
            prop_assert!(adapted_interval(base, &looks(apart, &more), bounds) <= minutes);
        }
    }
}
