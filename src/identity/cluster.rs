//! Many listings at once: which belong together. One wrong pair cannot chain two events into one.
//!
//! Pairs are taken best first; two groups join only if their members bear it: none barred from another, no source twice unless
//! that pair itself scores as the same, and the mean over the pairs that matter is still "same". The order of input does not matter.

use std::collections::HashMap;

use super::{Batch, Profile, SAME, Weights, bars, prepared::Prepared, score};

/// No event has more listings than this: thousands of equal lines are a broken source, and joining them must stay linear.
pub(super) const MEMBERS_AT_MOST: usize = 64;

/// Listings that are one event, and the pairs that made it so.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Cluster {
    /// Sorted.
    pub ids: Vec<String>,
    /// One link per join: one fewer than ids.
    pub why: Vec<Link>,
}

/// A pair and its judgement.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Link {
    pub a: String,
    pub b: String,
    /// 0..=1.
    pub score: f64,
    /// Signed contributions in log-odds.
    #[serde(serialize_with = "as_map")]
    pub because: Vec<(String, f64)>,
}

fn as_map<S: serde::Serializer>(because: &[(String, f64)], s: S) -> Result<S::Ok, S::Error> {
    s.collect_map(because.iter().map(|(word, part)| (word, part)))
}

/// Every cluster, singletons too, in the order of their first ids. Ids must be unique.
#[must_use]
pub fn cluster(records: &[Profile]) -> Vec<Cluster> {
    records.iter().collect::<Batch>().clusters(Weights::shipped())
}

/// Sums of floating point depend on their order, so a pair is always compared the same way round.
pub(super) fn in_order(ids: &[Box<str>], a: usize, b: usize) -> (usize, usize) {
    if ids[a] <= ids[b] { (a, b) } else { (b, a) }
}

pub(super) struct Groups<'a> {
    ids: &'a [Box<str>],
    prepared: &'a [Prepared],
    weights: &'a Weights,
    /// The group each listing is in, by the index of its founder.
    of: Vec<u32>,
    /// Members of the groups with more than one, sorted by id.
    members: HashMap<u32, Vec<u32>>,
    /// Joining pairs by group.
    links: HashMap<u32, Vec<(f64, u32, u32)>>,
}

impl<'a> Groups<'a> {
    /// Joins what the pairs bear, best first.
    pub(super) fn of(batch: &'a Batch, weights: &'a Weights, pairs: &[(u32, u32)]) -> Self {
        let (ids, prepared) = (batch.ids.as_slice(), batch.prepared.as_slice());
        let of = (0_u32..).take(ids.len()).collect();
        let mut groups = Self { ids, prepared, weights, of, members: HashMap::new(), links: HashMap::new() };
        for (value, a, b) in groups.ranked(pairs) {
            groups.join(a, b, value);
        }
        groups
    }

    /// Pairs that score as the same, best first; ties by ids.
    fn ranked(&self, pairs: &[(u32, u32)]) -> Vec<(f64, usize, usize)> {
        let mut same: Vec<(f64, usize, usize)> = Vec::new();
        for (a, b) in pairs {
            let (a, b) = in_order(self.ids, *a as usize, *b as usize);
            let value = score::value(&self.prepared[a], &self.prepared[b], self.weights);
            if value >= SAME {
                same.push((value, a, b));
            }
        }
        let ids = |x: &(f64, usize, usize)| (&self.ids[x.1], &self.ids[x.2]);
        same.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| ids(x).cmp(&ids(y))));
        same
    }

    fn members(&self, group: u32) -> Vec<u32> {
        self.members.get(&group).cloned().unwrap_or_else(|| vec![group])
    }

    #[allow(clippy::cast_possible_truncation, reason = "indexes come from u32")]
    fn join(&mut self, a: usize, b: usize, value: f64) {
        let (x, y) = (self.of[a], self.of[b]);
        if x == y {
            return;
        }
        let (mut left, mut right) = (self.members(x), self.members(y));
        if left.len() + right.len() > MEMBERS_AT_MOST || !self.bear(&left, &right) {
            return;
        }
        let (keep, gone) = if left.len() >= right.len() { (x, y) } else { (y, x) };
        for at in if keep == x { &right } else { &left } {
            self.of[*at as usize] = keep;
        }
        left.append(&mut right);
        left.sort_by(|p, q| self.ids[*p as usize].cmp(&self.ids[*q as usize]));
        self.members.remove(&gone);
        self.members.insert(keep, left);
        let mut links = self.links.remove(&gone).unwrap_or_default();
        let kept = self.links.entry(keep).or_default();
        kept.append(&mut links);
        kept.push((value, a as u32, b as u32));
    }

    /// Whether two groups can be one: see the head of this file.
    fn bear(&self, left: &[u32], right: &[u32]) -> bool {
        let (mut sum, mut count) = (0.0, 0);
        for a in left {
            for b in right {
                let (a, b) = in_order(self.ids, *a as usize, *b as usize);
                let (p, q) = (&self.prepared[a], &self.prepared[b]);
                let value = score::value(p, q, self.weights);
                if (p.source == q.source && value < SAME) || bars::between(p, q).is_some() {
                    return false;
                }
                sum += value;
                count += 1;
            }
        }
        sum / f64::from(count.max(1)) >= SAME
    }

    pub(super) fn clusters(mut self) -> Vec<Cluster> {
        let mut founders: Vec<u32> = self.of.clone();
        founders.sort_unstable();
        founders.dedup();
        let mut out: Vec<Cluster> = founders.into_iter().map(|g| self.take(g)).collect();
        out.sort_by(|x, y| x.ids.cmp(&y.ids));
        out
    }

    fn take(&mut self, group: u32) -> Cluster {
        let id = |at: u32| self.ids[at as usize].to_string();
        let ids = self.members(group).into_iter().map(id).collect();
        let links = self.links.remove(&group).unwrap_or_default();
        let link = |(value, a, b): (f64, u32, u32)| {
            let because = score::of(&self.prepared[a as usize], &self.prepared[b as usize], self.weights).because;
            Link { a: id(a), b: id(b), score: value, because }
        };
        let mut why: Vec<Link> = links.into_iter().map(link).collect();
        why.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
        Cluster { ids, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::When;
    use proptest::prelude::*;

    fn listing(id: &str, title: &str, day: &str, town: &str) -> Profile {
        let mut p = Profile::new(id, id.split(':').next().unwrap(), title);
        p.start = Some(When::parse(day, p.zone).unwrap());
        p.town = (!town.is_empty()).then(|| town.to_owned());
        p
    }

    fn groups(records: &[Profile]) -> Vec<Vec<String>> {
        cluster(records).into_iter().map(|c| c.ids).collect()
    }

    #[test]
    fn listings_of_one_event_come_together_with_their_reasons() {
        let found = cluster(&[
            listing("a:1", "Governance for museums", "2027-05-04", "Leeds"),
            listing("b:1", "Governance for Museums (workshop)", "2027-05-04T10:00", "Leeds"),
            listing("c:1", "Museums governance", "2027-05-04", ""),
            listing("a:2", "Object handling", "2027-05-04", "Leeds"),
        ]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].ids, ["a:1", "b:1", "c:1"]);
        assert_eq!(found[0].why.len(), 2, "one link per join");
        assert!(found[0].why.iter().all(|l| l.score >= SAME && !l.because.is_empty()));
    }

    #[test]
    fn a_listing_between_two_events_does_not_chain_them() {
        // The one without a town fits both; Leeds and York are held apart.
        let found = groups(&[
            listing("a:1", "Governance for museums", "2027-05-04", "Leeds"),
            listing("b:1", "Governance for museums", "2027-05-04", ""),
            listing("c:1", "Governance for museums", "2027-05-04", "York"),
        ]);
        assert_eq!(found.len(), 2);
        assert!(!found.iter().any(|ids| ids.contains(&"a:1".to_owned()) && ids.contains(&"c:1".to_owned())));
    }

    /// Five sources tell one event, five another, and `between` is taken for either: nobody of the one may end up with somebody of the other.
    #[track_caller]
    fn check_no_chain(one: (&str, &str), other: (&str, &str), between: (&str, &str)) {
        let day = "2027-05-04";
        let five = |names: &str, (title, town): (&str, &str)| {
            names.chars().map(|source| listing(&format!("{source}:1"), title, day, town)).collect::<Vec<_>>()
        };
        let mut records = [five("abcde", one), five("fghij", other)].concat();
        let apart = groups(&records);
        assert_eq!(apart.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5], "without it: {apart:?}");
        let bridge = listing("k:1", between.0, day, between.1);
        for end in [&records[0], &records[5]] {
            let found = crate::identity::score(&bridge, end, &crate::identity::Corpus::neutral());
            assert!(found.is_same(), "{} / {}: a bridge to both, or this tests nothing: {found:?}", bridge.title, end.title);
        }
        records.push(bridge);
        let found = groups(&records);
        let holds = |ids: &[String], of: &str| ids.iter().any(|id| of.contains(&id[..1]));
        assert!(!found.iter().any(|ids| holds(ids, "abcde") && holds(ids, "fghij")), "{found:?}");
        assert!(found.iter().any(|ids| "abcde".chars().all(|s| holds(ids, &s.to_string()))), "it tears nothing apart: {found:?}");
    }

    #[test]
    fn one_wrong_pair_chains_no_strangers() {
        check_no_chain(("Governance for museums", "Leeds"), ("Governance for museums", "York"), ("Governance for museums", ""));
        check_no_chain(("Bid writing: Part 1", "Leeds"), ("Bid writing: Part 2", "Leeds"), ("Bid writing", "Leeds"));
        check_no_chain(("Safeguarding basics, cohort A", ""), ("Safeguarding basics, cohort B", ""), ("Safeguarding basics", ""));
    }

    /// Each title shares all but a word with the next: a chain of good pairs from the first to the last, which have nothing in common.
    #[test]
    fn a_chain_of_good_pairs_is_not_one_event() {
        let words =
            ["archives", "budgets", "curators", "dementia", "exhibitions", "fundraising", "galleries", "heritage", "insurance", "juries", "kilns"];
        let told = |i: usize| listing(&format!("s{i:02}:1"), &words[i..i + 5].join(" "), "2027-05-04", "Leeds");
        let records: Vec<Profile> = (0..words.len() - 4).map(told).collect();
        let corpus = crate::identity::Corpus::neutral();
        assert!(records.windows(2).all(|w| crate::identity::score(&w[0], &w[1], &corpus).is_same()), "the pairs are good");
        assert!(
            groups(&records).iter().all(|ids| !(ids.contains(&"s00:1".to_owned()) && ids.contains(&"s06:1".to_owned()))),
            "{:?}",
            groups(&records)
        );
    }

    /// `title | day | town`; whether two sources' listings come together.
    fn check(a: &str, b: &str, together: bool) {
        let read = |id: &str, line: &str| {
            let parts: Vec<&str> = line.split('|').map(str::trim).collect();
            listing(id, parts[0], parts[1], parts.get(2).copied().unwrap_or_default())
        };
        assert_eq!(groups(&[read("a:1", a), read("b:1", b)]).len() == 1, together, "{a} / {b}");
    }

    #[test]
    fn siblings_of_one_name_stay_apart() {
        check("Museums and Heritage Congress 2026 | 2026-10-05 | Leeds", "Museums and Heritage Congress 2027 | 2027-10-04 | Leeds", false);
        check("12th Archives Forum | 2027-05-04 | York", "13th Archives Forum | 2027-05-04 | York", false);
        check("Introduction to copyright for archives | 2027-05-04", "Introduction to copyright for archives | 2027-05-18", false);
        check("Object marking and labelling | 2027-05-04 | Truro", "Object marking and labelling | 2027-05-04 | Exeter", false);
        check("Writing Arts Council bids: Part 1 | 2027-05-04", "Writing Arts Council bids: Part 2 | 2027-05-04", false);
        check("Relaxed performances (session 1 of 3) | 2027-05-04", "Relaxed performances (session 2 of 3) | 2027-05-04", false);
        check("Arts Award adviser training: Level 1 | 2027-05-04 | Hull", "Arts Award adviser training: Level 2 | 2027-05-04 | Hull", false);
        check("Leadership for freelancers, cohort 3 | 2027-05-04", "Leadership for freelancers, cohort 4 | 2027-05-04", false);
        check("Beginners' BSL for front of house | 2027-05-04 | Hull", "Advanced BSL for front of house | 2027-05-04 | Hull", false);
        check("Collections care basics pt 1 | 2027-05-04", "Collections care basics pt 2 | 2027-05-04", false);
    }

    #[test]
    fn one_course_told_by_three_bodies_comes_together() {
        check("Dementia-friendly museums | 2027-05-04T10:00 | Leeds", "Dementia Friendly Museums: training day | 2027-05-04 | Leeds", true);
        check("Mill Museum Network: Audience development on a budget | 2027-05-04", "Audience development on a budget | 2027-05-04", true);
        check("Pest management (in person) | 2027-05-04 | Kingston upon Hull", "PEST MANAGEMENT workshop | 2027-05-04 | Hull", true);
        check("Intro to grant writing | 2027-05-04 | York", "Introduction to grant writing | 2027-05-04 | York", true);
    }

    #[test]
    fn sittings_of_one_course_are_one_event() {
        let days = ["2027-02-26", "2027-03-05", "2027-03-12"];
        let mut course = listing("a:1", "Three Fridays of evaluation", days[0], "Leeds");
        course.sessions = days.map(|d| crate::domain::Session { start: When::parse(d, course.zone).unwrap(), end: None }).to_vec();
        let told = listing("b:1", "Three Fridays of evaluation", days[1], "Leeds");
        assert_eq!(groups(&[course, told]).len(), 1);
    }

    #[test]
    fn two_listings_of_one_source_stay_two_events() {
        let found = groups(&[
            listing("a:1", "Governance clinic for museums", "2027-05-04", ""),
            listing("a:2", "Governance lab for museums and archives", "2027-05-04", ""),
            listing("b:1", "Governance for museums", "2027-05-04", ""),
        ]);
        assert!(!found.iter().any(|ids| ids.contains(&"a:1".to_owned()) && ids.contains(&"a:2".to_owned())));
    }

    #[test]
    fn thousands_of_equal_listings_stay_bounded() {
        let records: Vec<Profile> = (0..2000).map(|i| listing(&format!("s{i}:1"), "Governance for museums", "2027-05-04", "")).collect();
        assert!(cluster(&records).iter().all(|c| c.ids.len() <= MEMBERS_AT_MOST));
    }

    fn many() -> impl Strategy<Value = Vec<Profile>> {
        let one = ("[abc]", "(Governance|Bid writing|Object handling)( for museums| for archives| day|)( Part [12]|)", 1_u32..5, "Leeds|York|");
        proptest::collection::vec(one, 1..24).prop_map(|rows| {
            let listed = rows.into_iter().enumerate();
            listed.map(|(i, (source, title, day, town))| listing(&format!("{source}:{i}"), &title, &format!("2027-05-{day:02}"), &town)).collect()
        })
    }

    proptest! {
        #[test]
        fn the_order_of_input_does_not_matter((records, shuffled) in many().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))) {
            prop_assert_eq!(cluster(&records), cluster(&shuffled));
        }

        /// However the pairs lie: what is said of a cluster holds of all its pairs, so nobody came in by one of them alone.
        #[test]
        fn the_members_of_a_cluster_bear_one_another(records in many()) {
            let corpus = crate::identity::Corpus::neutral();
            for found in cluster(&records) {
                let members: Vec<&Profile> = records.iter().filter(|r| found.ids.contains(&r.id)).collect();
                let pairs = members.iter().enumerate().flat_map(|(i, a)| members[i + 1..].iter().map(move |b| (a, b)));
                let scores: Vec<_> = pairs.map(|(a, b)| crate::identity::score(a, b, &corpus)).collect();
                prop_assert!(scores.iter().all(|s| s.barred.is_none()), "{found:?}");
                let sum: f64 = scores.iter().map(|s| s.value).sum();
                prop_assert!(sum >= SAME * f64::from(u32::try_from(scores.len()).unwrap()) - 1e-6, "{found:?}");
            }
        }

        #[test]
        fn every_listing_is_in_one_cluster(records in many()) {
            let mut ids: Vec<String> = groups(&records).concat();
            ids.sort();
            let mut expected: Vec<String> = records.iter().map(|r| r.id.clone()).collect();
            expected.sort();
            prop_assert_eq!(ids, expected);
        }
    }
}
