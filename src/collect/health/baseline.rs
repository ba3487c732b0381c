//! What is usual of a source: the median of its last good reads, for the number of listings and for the share that states each field.
//!
//! The median of nine: four odd reads in nine move it nowhere.

use std::collections::BTreeMap;

use crate::domain::{YieldField, Yields};

/// Good reads that are looked back on.
pub const READS: usize = 9;

/// What a read of this source usually finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Reads it was learnt from.
    pub reads: usize,
    pub listings: usize,
    /// 0..=1; fields of reads that did not count them are left out.
    pub shares: BTreeMap<YieldField, f64>,
}

/// The baseline of the newest [`READS`] of these reads, newest first. None without any.
#[must_use]
pub fn usual(reads: &[Yields]) -> Option<Baseline> {
    let reads = &reads[..reads.len().min(READS)];
    let listings = median(reads.iter().map(|r| r.listings).collect(), Ord::cmp)?;
    let share = |field: YieldField| Some((field, median(reads.iter().filter_map(|r| r.share(field)).collect(), f64::total_cmp)?));
    Some(Baseline { reads: reads.len(), listings, shares: YieldField::ALL.iter().filter_map(|f| share(*f)).collect() })
}

/// The upper one of an even number: rather an alarm too many.
fn median<T: Copy>(mut values: Vec<T>, order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Option<T> {
    values.sort_unstable_by(order);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(listings: usize, dated: usize) -> Yields {
        Yields { listings, filled: BTreeMap::from([(YieldField::Title, listings), (YieldField::Start, dated.min(listings))]) }
    }

    #[test]
    fn nothing_is_usual_before_the_first_read() {
        assert_eq!(usual(&[]), None);
        let one = usual(&[read(20, 19)]).unwrap();
        assert_eq!((one.reads, one.listings), (1, 20));
        assert!((one.shares[&YieldField::Start] - 0.95).abs() < 1e-9);
        assert!((one.shares[&YieldField::Price]).abs() < 1e-9, "counted and never stated");
        let old = Yields { listings: 7, filled: BTreeMap::new() };
        assert!(usual(&[old]).unwrap().shares.is_empty(), "reads of before fields were counted say nothing of them");
    }

    fn reads() -> impl Strategy<Value = Vec<(usize, usize)>> {
        prop::collection::vec((1_usize..500, 0_usize..500), 3..20)
    }

    fn of(reads: &[(usize, usize)]) -> Baseline {
        usual(&reads.iter().map(|(n, dated)| read(*n, *dated)).collect::<Vec<_>>()).unwrap()
    }

    proptest! {
        /// Longer lists never make a shorter usual one, and fuller ones never a lower share.
        #[test]
        fn more_never_makes_the_usual_less(some in reads(), more in 0_usize..100) {
            let longer: Vec<_> = some.iter().map(|(n, dated)| (n + more, *dated)).collect();
            prop_assert!(of(&longer).listings >= of(&some).listings);
            let fuller: Vec<_> = some.iter().map(|(n, dated)| (*n, dated + more)).collect();
            prop_assert!(of(&fuller).shares[&YieldField::Start] >= of(&some).shares[&YieldField::Start]);
        }

        /// One odd read among three or more leaves the usual between values that were seen before and after it.
        #[test]
        fn one_outlier_moves_it_no_further_than_its_neighbours(some in reads(), odd in 0_usize..1_000_000, place in 0_usize..READS) {
            let mut sorted: Vec<usize> = some.iter().take(READS).map(|r| r.0).collect();
            let mut with = some.clone();
            let place = place % sorted.len();
            with[place] = (odd, 0);
            sorted.remove(place);
            sorted.sort_unstable();
            let found = of(&with).listings;
            prop_assert!((sorted[0]..=sorted[sorted.len() - 1]).contains(&found), "{found} in {sorted:?}");
        }

        /// The usual is a value that was read.
        #[test]
        fn the_usual_was_seen(some in reads()) {
            let found = of(&some);
            prop_assert!(some.iter().take(READS).any(|r| r.0 == found.listings));
            prop_assert!(found.shares.values().all(|s| (0.0..=1.0).contains(s)));
        }
    }
}
