//! Which pairs of many listings are compared: those that share a key, and of a crowded key only neighbours.
//!
//! Linear in the number of listings: a bucket up to [`CROWD`] gives all its pairs, a larger one a fixed number per listing.

use super::prepared::Prepared;

/// Listings under one key that are all compared with one another in a batch. Of a key that more share each is compared with its
/// [`NEIGHBOURS`] in an order that puts the most alike side by side. On labelled pairs a greater number finds nothing more.
const CROWD: usize = 8;
/// Neighbours compared within a crowded bucket: a third one there meets the first through the second.
pub(super) const NEIGHBOURS: usize = 1;

/// Parts of the keys, by the first byte of their hash: each is sorted by itself.
const PARTS: usize = 256;

/// The keys of many listings: 32 bits of a key's hash above the number of the listing. With the part that makes 40 bits of hash; two
/// keys that agree in them cost a comparison and no more.
pub(super) struct Buckets {
    parts: Vec<Vec<u64>>,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self { parts: vec![Vec::new(); PARTS] }
    }

    /// Notes the hashed keys of listing `at`, without repeats.
    pub(super) fn add(&mut self, at: u32, keys: impl Iterator<Item = u64>) {
        for key in keys {
            let part = (key >> 56) as usize;
            let rest = (key << 8) & 0xffff_ffff_0000_0000;
            self.parts[part].push(rest | u64::from(at));
        }
    }

    /// Indexes of the pairs worth comparing, smaller index first, sorted, without repeats.
    pub(super) fn pairs(&mut self, ids: &[Box<str>], prepared: &[Prepared]) -> Vec<(u32, u32)> {
        let order = alike_together(ids, prepared);
        let mut place = vec![0; order.len()];
        (0_u32..).zip(&order).for_each(|(at, listing)| place[*listing as usize] = at);
        let mut pairs = Pairs::default();
        for part in &mut self.parts {
            let mut part = std::mem::take(part);
            for entry in &mut part {
                *entry = *entry & !u64::from(u32::MAX) | u64::from(place[listing(*entry) as usize]);
            }
            // By key, and within a key the most alike side by side.
            part.sort_unstable();
            for bucket in part.chunk_by(|a, b| a >> 32 == b >> 32).filter(|b| b.len() > 1) {
                let reach = if bucket.len() <= CROWD { CROWD } else { NEIGHBOURS };
                for (i, a) in bucket.iter().enumerate() {
                    bucket[i + 1..].iter().take(reach).for_each(|b| pairs.put(order[listing(*a) as usize], order[listing(*b) as usize]));
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

/// The listings by name, place and id, so that the most alike are neighbours whatever order they came in.
fn alike_together(ids: &[Box<str>], prepared: &[Prepared]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..).take(ids.len()).collect();
    let key = |at: u32| {
        let p = &prepared[at as usize];
        (p.title(), &p.place.town, p.dates.days, &ids[at as usize])
    };
    order.sort_unstable_by(|a, b| key(*a).cmp(&key(*b)));
    order
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
