//! Which pairs of many listings are compared: those that share a key, and of a crowded key only neighbours.
//!
//! Linear in the number of listings: a bucket up to [`BUCKET_CAP`] gives all its pairs, a larger one a fixed number per listing.

use super::{corpus::hash, keys, prepared::Prepared};

/// Listings under one key that are all compared with one another. A key that more listings share tells little: of those each is
/// compared with its [`NEIGHBOURS`] in an order that puts the most alike side by side.
pub const BUCKET_CAP: usize = 24;
/// Neighbours compared within a crowded bucket.
pub(super) const NEIGHBOURS: usize = 4;

/// Parts of the keys, by the first byte of their hash: each is sorted by itself.
const PARTS: usize = 256;

/// The keys of many listings: 32 bits of a key's hash above the number of the listing. With the part that makes 40 bits of hash; two
/// keys that agree in them cost a comparison and no more.
pub(super) struct Buckets {
    parts: Vec<Vec<u64>>,
    /// The keys of the listing at hand.
    own: Vec<u64>,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self { parts: vec![Vec::new(); PARTS], own: Vec::with_capacity(2 * keys::KEYS_AT_MOST) }
    }

    /// Notes the keys that `each` tells of listing `at`.
    pub(super) fn add(&mut self, at: u32, each: impl FnOnce(&mut dyn FnMut(&str))) {
        self.own.clear();
        each(&mut |key| self.own.push(hash(key)));
        self.own.sort_unstable();
        self.own.dedup();
        for key in self.own.iter().take(keys::KEYS_AT_MOST) {
            let part = (key >> 56) as usize;
            let rest = (key << 8) & 0xffff_ffff_0000_0000;
            self.parts[part].push(rest | u64::from(at));
        }
    }

    /// Indexes of the pairs worth comparing, smaller index first, sorted, without repeats.
    pub(super) fn pairs(&mut self, ids: &[Box<str>], prepared: &[Prepared]) -> Vec<(u32, u32)> {
        let mut pairs = Pairs::default();
        for part in &mut self.parts {
            let mut part = std::mem::take(part);
            part.sort_unstable();
            for bucket in part.chunk_by(|a, b| a >> 32 == b >> 32).filter(|b| b.len() > 1) {
                if bucket.len() <= BUCKET_CAP {
                    for (i, a) in bucket.iter().enumerate() {
                        bucket[i + 1..].iter().for_each(|b| pairs.put(listing(*a), listing(*b)));
                    }
                } else {
                    crowded(bucket, ids, prepared, &mut pairs);
                }
            }
        }
        pairs.finish()
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the lower half is the listing")]
const fn listing(entry: u64) -> u32 {
    entry as u32
}

/// Sorted by name, place and id, so that the most alike are neighbours whatever order they came in.
fn crowded(bucket: &[u64], ids: &[Box<str>], prepared: &[Prepared], pairs: &mut Pairs) {
    let mut order: Vec<u32> = bucket.iter().map(|entry| listing(*entry)).collect();
    let key = |at: u32| {
        let p = &prepared[at as usize];
        (p.title(), &p.place.town, p.dates.days, &ids[at as usize])
    };
    order.sort_unstable_by(|a, b| key(*a).cmp(&key(*b)));
    for (i, a) in order.iter().enumerate() {
        order[i + 1..].iter().take(NEIGHBOURS).for_each(|b| pairs.put(*a, *b));
    }
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
