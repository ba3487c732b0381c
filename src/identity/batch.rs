//! Many listings read one after the other, each taken apart at once and let go: what is kept of a listing does not grow with its text.

use std::collections::HashMap;

use super::{
    Cluster, Corpus, Profile, Score, Weights,
    bucket::Buckets,
    cluster::{Groups, in_order},
    corpus::hash,
    keys::{self, Key},
    prepared::Prepared,
    score,
    title::Title,
};

/// Listings on their way to being clustered.
pub struct Batch {
    pub(super) ids: Vec<Box<str>>,
    /// Where an id stands, by its hash.
    known: HashMap<u64, u32>,
    pub(super) prepared: Vec<Prepared>,
    buckets: Buckets,
    corpus: Corpus,
}

impl Default for Batch {
    fn default() -> Self {
        Self { ids: Vec::new(), known: HashMap::new(), prepared: Vec::new(), buckets: Buckets::new(), corpus: Corpus::neutral() }
    }
}

/// A listing taken apart, ready to be put to others. Takes most of the time that a listing takes, and none of the others'.
pub struct Ready {
    id: Box<str>,
    prepared: Prepared,
    keys: Vec<Key>,
}

impl Ready {
    #[must_use]
    pub fn read(profile: &Profile) -> Self {
        let title = Title::read(&profile.title);
        let prepared = Prepared::of_title(profile, &title, &Corpus::neutral());
        let keys = keys::read(profile, &title, &prepared.dates, &prepared.place);
        Self { id: profile.id.as_str().into(), prepared, keys }
    }
}

impl Batch {
    /// Puts one more listing to the others. Says false, and leaves it out, when one of this id is there already; past `u32::MAX` listings too.
    pub fn put(&mut self, listing: Ready) -> bool {
        let Ok(at) = u32::try_from(self.ids.len()) else { return false };
        let first = *self.known.entry(hash(&listing.id)).or_insert(at);
        if first != at && self.ids[first as usize] == listing.id {
            return false;
        }
        self.buckets.add(at, listing.keys.into_iter().flat_map(Key::met_under));
        self.corpus.add_words(listing.prepared.title().split(' ').filter(|w| !w.is_empty()));
        self.prepared.push(listing.prepared);
        self.ids.push(listing.id);
        true
    }

    /// Every cluster, singletons too, in the order of their first ids.
    #[must_use]
    pub fn clusters(mut self, weights: &Weights) -> Vec<Cluster> {
        let pairs = self.compared();
        Groups::of(&self, weights, &pairs).clusters()
    }

    /// The scored pairs that are compared at all, barred ones included, by ids.
    #[must_use]
    pub fn pairs(mut self, weights: &Weights) -> Vec<(String, String, Score)> {
        let pairs = self.compared();
        let named = |(a, b): (u32, u32)| {
            let (a, b) = in_order(&self.ids, a as usize, b as usize);
            (self.ids[a].to_string(), self.ids[b].to_string(), score::of(&self.prepared[a], &self.prepared[b], weights))
        };
        let mut all: Vec<_> = pairs.into_iter().map(named).collect();
        all.sort_by(|x, y| (&x.0, &x.1).cmp(&(&y.0, &y.1)));
        all
    }

    /// Indexes of the pairs that are compared. Weighs the words by what was read.
    pub(super) fn compared(&mut self) -> Vec<(u32, u32)> {
        for prepared in &mut self.prepared {
            prepared.weigh(&self.corpus);
        }
        self.buckets.pairs(&self.ids, &self.prepared)
    }
}

impl<'a> FromIterator<&'a Profile> for Batch {
    fn from_iter<I: IntoIterator<Item = &'a Profile>>(profiles: I) -> Self {
        let mut batch = Self::default();
        for profile in profiles {
            batch.put(Ready::read(profile));
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::When, identity::bucket::NEIGHBOURS};

    #[test]
    fn equal_titles_do_not_make_it_quadratic() {
        let one = |i: usize| {
            let mut p = Profile::new(format!("s{i}:1"), format!("s{i}"), "Governance for museums");
            p.start = Some(When::parse("2027-05-04", p.zone).unwrap());
            p
        };
        let records: Vec<Profile> = (0..3000).map(one).collect();
        assert!(records.iter().collect::<Batch>().compared().len() <= records.len() * NEIGHBOURS);
        let twice: Batch = [&records[..], &records[..]].concat().iter().collect();
        assert_eq!(twice.ids.len(), records.len(), "an id counts once");
        assert_eq!(records[..8].iter().collect::<Batch>().compared().len(), 28, "a few are all compared");
    }
}
