//! Which pairs of many listings are compared: those that share a key, and of a crowded key only neighbours.
//!
//! Linear in the number of listings: a bucket up to [`BUCKET_CAP`] gives all its pairs, a larger one a fixed number per listing.

use super::{Profile, corpus::hash, keys, prepared::Prepared};

/// Listings under one key that are all compared with one another. A key that more listings share tells little: of those each is
/// compared with its [`NEIGHBOURS`] in an order that puts the most alike side by side.
pub const BUCKET_CAP: usize = 24;
/// Neighbours compared within a crowded bucket.
const NEIGHBOURS: usize = 4;

/// Indexes of the pairs worth comparing, smaller index first, sorted, without repeats.
#[must_use]
pub fn candidates(records: &[Profile]) -> Vec<(u32, u32)> {
    let prepared: Vec<Prepared> = records.iter().map(|p| Prepared::read(p, &super::Corpus::neutral())).collect();
    among(records, &prepared)
}

/// A key that a listing has: hash of the key, then what orders listings within a crowded bucket, then the listing.
type Entry = (u64, u32);

pub(super) fn among(records: &[Profile], prepared: &[Prepared]) -> Vec<(u32, u32)> {
    // Room for all is reserved at once: growing by doubling would touch twice the memory.
    let mut entries: Vec<Entry> = Vec::with_capacity(records.len() * keys::KEYS_AT_MOST);
    for (at, record) in (0_u32..).zip(records) {
        let from = entries.len();
        keys::each(record, |key| entries.push((hash(key), at)));
        entries[from..].sort_unstable();
        drop_repeats(&mut entries, from);
    }
    entries.sort_unstable();
    let mut pairs = Pairs::default();
    for bucket in entries.chunk_by(|a, b| a.0 == b.0).filter(|b| b.len() > 1) {
        if bucket.len() <= BUCKET_CAP {
            for (i, (_, a)) in bucket.iter().enumerate() {
                bucket[i + 1..].iter().for_each(|(_, b)| pairs.put(*a, *b));
            }
        } else {
            crowded(bucket, records, prepared, &mut pairs);
        }
    }
    pairs.finish()
}

/// Sorted by name, place and id, so that the most alike are neighbours whatever order they came in.
fn crowded(bucket: &[Entry], records: &[Profile], prepared: &[Prepared], pairs: &mut Pairs) {
    let mut order: Vec<u32> = bucket.iter().map(|(_, at)| *at).collect();
    let key = |at: u32| {
        let (p, r) = (&prepared[at as usize], &records[at as usize]);
        (p.compact, &p.place.town, p.dates.days, &r.id)
    };
    order.sort_unstable_by(|a, b| key(*a).cmp(&key(*b)));
    for (i, a) in order.iter().enumerate() {
        order[i + 1..].iter().take(NEIGHBOURS).for_each(|b| pairs.put(*a, *b));
    }
}

fn drop_repeats(entries: &mut Vec<Entry>, from: usize) {
    let mut kept = from;
    for i in from..entries.len() {
        if i == from || entries[i] != entries[kept - 1] {
            entries[kept] = entries[i];
            kept += 1;
        }
    }
    entries.truncate(kept.min(from + keys::KEYS_AT_MOST));
}

/// Collects pairs; repeats are dropped whenever they have doubled the memory.
#[derive(Default)]
struct Pairs {
    found: Vec<(u32, u32)>,
    /// Length after the last clearing.
    clean: usize,
}

impl Pairs {
    fn put(&mut self, a: u32, b: u32) {
        if self.found.len() > 2 * self.clean + 1_000_000 {
            self.clear();
        }
        self.found.push((a.min(b), a.max(b)));
    }

    fn clear(&mut self) {
        self.found.sort_unstable();
        self.found.dedup();
        self.clean = self.found.len();
    }

    fn finish(mut self) -> Vec<(u32, u32)> {
        self.clear();
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::When;

    #[test]
    fn equal_titles_do_not_make_it_quadratic() {
        let one = |i: usize| {
            let mut p = Profile::new(format!("s{i}:1"), format!("s{i}"), "Governance for museums");
            p.start = Some(When::parse("2027-05-04", p.zone).unwrap());
            p
        };
        let records: Vec<Profile> = (0..3000).map(one).collect();
        assert!(candidates(&records).len() <= records.len() * NEIGHBOURS);
        assert_eq!(candidates(&records[..10]).len(), 45);
    }
}
