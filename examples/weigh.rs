//! Learns the weights of `identity` from labelled pairs and says how well they, and the weights that are there, do on pairs they have not
//! seen. Changes nothing: what it prints is put into `src/identity/weights.rs` by hand, or not.
//!
//! `cargo run --release --example weigh -- LISTINGS.jsonl TRUTH.csv [AMBIGUOUS.csv]`

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::Context;
use chrono_tz::Tz;
use gleaner::{
    domain::EventId,
    identity::{self, Batch, Corpus, Cue, Decisions, Example, Placement, Profile, Record, Weights, learn},
};

type Pairs = BTreeSet<(String, String)>;

/// Strengths of the pull towards the present weights that are tried.
const PULLS: [f64; 3] = [1.0, 10.0, 30.0];
const FOLDS: usize = 5;
/// As `collect::place` asks for.
const EACH_WAY: usize = 8;
const NEAREST: usize = 16;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [listings, truth, rest @ ..] = args.as_slice() else { anyhow::bail!("usage: weigh LISTINGS.jsonl TRUTH.csv [AMBIGUOUS.csv]") };
    let data = Data { profiles: profiles(listings)?, truth: pairs(truth)?, skip: rest.first().map_or(Ok(Pairs::new()), |f| pairs(f))? };
    let shipped = Weights::shipped();
    println!("{:<44}{:>9}{:>9}{:>9}", "", "precision", "recall", "F1");
    data.judged(shipped, |_| true).print("shipped weights, all pairs (seen)");
    data.one_by_one().print("shipped weights, one listing after the other");
    let by_hand = Weights::by_hand();
    data.judged(by_hand, |_| true).print("weights set by hand, all pairs (seen)");
    for pull in PULLS {
        println!("\nlearnt, pull {pull} towards those set by hand");
        data.judged(&learn(&data.examples(|_| true), by_hand, pull), |_| true).print("  all pairs (seen)");
        data.folds(by_hand, pull).print("  five folds of events (not seen)");
        data.lists(by_hand, pull);
    }
    let nothing = Weights::none();
    println!("\nlearnt from nothing, pull 1 towards zero");
    data.folds(&nothing, 1.0).print("  five folds of events (not seen)");
    data.lists(&nothing, 1.0);
    let learnt = learn(&data.examples(|_| true), by_hand, 10.0);
    println!("\n{:<20}{:>9}{:>9}{:>9}   (pull 10)", "cue", "by hand", "shipped", "learnt");
    for c in Cue::ALL {
        println!("{:<20}{:>9.2}{:>9.2}{:>9.2}", c.as_str(), by_hand.of(*c), shipped.of(*c), learnt.of(*c));
    }
    Ok(())
}

fn profiles(file: &str) -> anyhow::Result<Vec<Profile>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let read = |line: &str| Ok(serde_json::from_str::<Record>(line)?.profile(Tz::Europe__London));
    text.lines().filter(|l| !l.trim().is_empty()).map(read).collect()
}

/// Lines `id_a,id_b`, after a header.
fn pairs(file: &str) -> anyhow::Result<Pairs> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    Ok(text.lines().skip(1).filter_map(|l| l.trim().split_once(',')).map(|(a, b)| ordered(a, b)).collect())
}

fn ordered(a: &str, b: &str) -> (String, String) {
    if a <= b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) }
}

fn list(id: &str) -> &str {
    id.split(':').next().unwrap_or_default()
}

struct Data {
    profiles: Vec<Profile>,
    truth: Pairs,
    /// Pairs of which nobody is sure.
    skip: Pairs,
}

/// Pairs found, true, and both.
#[derive(Default, Clone, Copy)]
struct Judged {
    found: usize,
    truth: usize,
    both: usize,
}

impl Judged {
    #[allow(clippy::cast_precision_loss, reason = "counts of pairs")]
    fn f1(self) -> (f64, f64, f64) {
        let (p, r) = (self.both as f64 / self.found.max(1) as f64, self.both as f64 / self.truth.max(1) as f64);
        (p, r, 2.0 * p * r / (p + r).max(1e-9))
    }

    fn print(self, what: &str) {
        let (p, r, f) = self.f1();
        println!("{what:<44}{p:>9.4}{r:>9.4}{f:>9.4}");
    }

    fn and(self, other: Self) -> Self {
        Self { found: self.found + other.found, truth: self.truth + other.truth, both: self.both + other.both }
    }
}

impl Data {
    /// Labelled pairs of different lists of which `of` holds.
    fn examples(&self, of: impl Fn(&(String, String)) -> bool) -> Vec<Example> {
        let label = |a: &str, b: &str| {
            let pair = ordered(a, b);
            let counts = list(a) != list(b) && !self.skip.contains(&pair) && of(&pair);
            counts.then(|| self.truth.contains(&pair))
        };
        self.profiles.iter().collect::<Batch>().examples(label)
    }

    /// How well weights cluster all records, over the pairs of which `of` holds.
    fn judged(&self, weights: &Weights, of: impl Fn(&(String, String)) -> bool) -> Judged {
        self.compared(self.profiles.iter().collect::<Batch>().clusters(weights).into_iter().map(|c| c.ids), of)
    }

    /// How well records are placed that come one after the other, the lists mixed, each compared with what is near it in the archive so far.
    /// What the daemon does besides, merging events that a newcomer links, is left out.
    fn one_by_one(&self) -> Judged {
        let mut order: Vec<&Profile> = self.profiles.iter().collect();
        order.sort_by_key(|p| p.id.bytes().fold(7_u32, |h, b| h.wrapping_mul(0x0100_0193) ^ u32::from(b)));
        let (corpus, mut archive) = (Corpus::of(&self.profiles), Archive::default());
        for profile in order {
            archive.place(profile, &corpus);
        }
        let groups = archive.events.into_iter().map(|(_, members)| {
            let mut ids: Vec<String> = members.into_iter().map(|p| p.id).collect();
            ids.sort();
            ids
        });
        self.compared(groups, |_| true)
    }

    fn compared(&self, groups: impl Iterator<Item = Vec<String>>, of: impl Fn(&(String, String)) -> bool) -> Judged {
        let counts = |p: &(String, String)| list(&p.0) != list(&p.1) && !self.skip.contains(p) && of(p);
        let mut found = Pairs::new();
        for ids in groups {
            for (i, a) in ids.iter().enumerate() {
                found.extend(ids[i + 1..].iter().map(|b| ordered(a, b)).filter(counts));
            }
        }
        let truth: BTreeSet<_> = self.truth.iter().filter(|p| counts(p)).collect();
        Judged { found: found.len(), truth: truth.len(), both: found.iter().filter(|p| truth.contains(p)).count() }
    }

    /// Learnt on four fifths of the events, judged on the fifth.
    fn folds(&self, prior: &Weights, pull: f64) -> Judged {
        let fold = self.fold_of();
        let holds = |p: &(String, String), n: usize| fold[p.0.as_str()] == n || fold[p.1.as_str()] == n;
        let one = |n| self.judged(&learn(&self.examples(|p| !holds(p, n)), prior, pull), |p| holds(p, n));
        (0..FOLDS).map(one).fold(Judged::default(), Judged::and)
    }

    /// A fold for each record, the same for all records of one event.
    fn fold_of(&self) -> BTreeMap<&str, usize> {
        let mut of: BTreeMap<&str, &str> = self.profiles.iter().map(|p| (p.id.as_str(), p.id.as_str())).collect();
        for (a, b) in &self.truth {
            let (Some(x), Some(y)) = (of.get(a.as_str()).copied(), of.get(b.as_str()).copied()) else { continue };
            of.values_mut().filter(|v| **v == y).for_each(|v| *v = x);
        }
        let number = |s: &str| s.bytes().fold(7_usize, |h, b| (h * 31 + usize::from(b)) % 1_000_003) % FOLDS;
        of.into_iter().map(|(id, event)| (id, number(event))).collect()
    }

    /// Leave one list out: learnt on the pairs of the others, judged on all its pairs.
    fn lists(&self, prior: &Weights, pull: f64) {
        let lists: BTreeSet<&str> = self.profiles.iter().map(|p| list(&p.id)).collect();
        let mut all = [Judged::default(); 2];
        for name in lists {
            let holds = |p: &(String, String)| list(&p.0) == name || list(&p.1) == name;
            let learnt = self.judged(&learn(&self.examples(|p| !holds(p)), prior, pull), holds);
            let fixed = self.judged(prior, holds);
            learnt.print(&format!("  without {name}, on its pairs"));
            fixed.print("      prior weights on the same");
            all = [all[0].and(learnt), all[1].and(fixed)];
        }
        all[0].print("  leave one list out, all together");
        all[1].print("      prior weights on the same");
    }
}

/// Listings filed under their keys, and their events: in memory what `store::placing` is in the database.
#[derive(Default)]
struct Archive {
    /// Key and event.
    filed: BTreeSet<(i64, usize)>,
    events: Vec<(EventId, Vec<Profile>)>,
}

impl Archive {
    fn place(&mut self, new: &Profile, corpus: &Corpus) {
        let near: Vec<_> = self.near(new).into_iter().map(|event| self.events[event].clone()).collect();
        let event = match identity::place(new, &near, &Decisions::default(), corpus) {
            Placement::Join { event, .. } => self.events.iter().position(|(id, _)| *id == event),
            Placement::Found | Placement::Possible { .. } => None,
        };
        let event = event.unwrap_or_else(|| {
            self.events.push((EventId(uuid::Uuid::from_u128(self.events.len() as u128)), Vec::new()));
            self.events.len() - 1
        });
        self.events[event].1.push(new.clone());
        self.filed.extend(identity::keys(new).into_iter().map(|key| (key, event)));
    }

    /// As `store::placing` finds them; by event instead of by listing.
    #[allow(clippy::cast_precision_loss, reason = "a few")]
    fn near(&self, new: &Profile) -> Vec<usize> {
        let mut telling: BTreeMap<usize, f64> = BTreeMap::new();
        for p in identity::probes(new) {
            let above = self.filed.range((p.at, 0)..=(p.last, usize::MAX)).take(EACH_WAY);
            let below = self.filed.range((p.first, 0)..(p.at, 0)).rev().take(EACH_WAY);
            let bearers: Vec<usize> = above.chain(below).map(|(_, event)| *event).collect();
            for event in &bearers {
                *telling.entry(*event).or_default() += 1.0 / bearers.len() as f64;
            }
        }
        let mut all: Vec<(usize, f64)> = telling.into_iter().collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.into_iter().take(NEAREST).map(|(event, _)| event).collect()
    }
}
