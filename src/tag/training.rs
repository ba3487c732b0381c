//! Learns from labelled listings how far the cues are to be trusted and which n-grams say more.
//!
//! Two steps for each group: one small logistic model of the rules' view, shared by all terms; then one model a term of its n-grams on
//! top of it. Deterministic: a fixed order, no randomness, weights rounded. What is held out is never looked at here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cues::{Group, Score};
use super::figures::f1;
use super::grams::{self, ACT_WEIGHT, Grams};
use super::taxonomy::Term;
use super::weights::{GroupWeights, LEARNT, VIEW, Written, logistic, name, terms_of, view, write};
use super::{TagInput, Tagger};
use crate::domain::{Candidate, Facet, Kind};

/// Parts in cross-validation.
const FOLDS: u64 = 5;
/// Of so many listings one is held out.
const HELD_OUT: u64 = 5;
/// A gram that fewer listings have says nothing of others.
const LEAST_LISTINGS: usize = 3;
const LEAST_WEIGHT: f32 = 0.20;
const ROUNDS: usize = 25;
const PULL_TO_ZERO: f32 = 0.05;
const PULL_ON_ACTS: f32 = 0.02;
/// What is left of the cues for training in a text whose wording is new. Of those for another kind nothing is: training has its words
/// everywhere, and a fund or a call may have none that anybody thought of.
const KEPT_OF_TRAINING: f32 = 0.4;

/// What people say of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    pub kind: Kind,
    /// By facet; a facet that is missing was not labelled.
    pub terms: BTreeMap<Facet, BTreeSet<String>>,
}

/// One labelled listing.
#[derive(Debug, Clone)]
pub struct Example {
    pub id: String,
    pub candidate: Candidate,
    pub now: chrono::DateTime<chrono::Utc>,
    pub labels: Labels,
}

impl Example {
    /// Whether it is kept for the trial; by its id alone, so that it stays there whatever is added.
    #[must_use]
    pub fn is_held_out(&self) -> bool {
        spread(&self.id).is_multiple_of(HELD_OUT)
    }

    /// As the tagger sees it.
    #[must_use]
    pub fn input(&self) -> TagInput<'_> {
        let Candidate { title, text, facts, zone, .. } = &self.candidate;
        TagInput { title, text, facts, zone: *zone, now: self.now }
    }
}

/// An id's place among all numbers, evenly spread.
fn spread(id: &str) -> u64 {
    let hash = grams::key(id);
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32
}

/// A listing as numbers.
struct Sample {
    fold: u64,
    grams: Grams,
    /// By group, then term.
    views: Vec<Vec<[f32; VIEW]>>,
    /// The same as if the wording of this listing had never been seen; only for kinds.
    unseen: Vec<Option<Vec<[f32; VIEW]>>>,
    /// By group, the terms that are right; `None` when that was not labelled.
    right: Vec<Option<BTreeSet<usize>>>,
}

/// How the model of one group did in cross-validation.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub group: &'static str,
    pub listings: usize,
    /// Micro-F1 for several terms, else the share that is right: by the rules alone, by their weighed view, and with n-grams.
    pub rules: f32,
    pub without_grams: f32,
    pub with_grams: f32,
}

/// Learns. Returns the weights file and how each group did in cross-validation over the training part.
#[must_use]
pub fn train(tagger: &Tagger, examples: &[Example]) -> (String, Vec<Outcome>) {
    let mut texts = HashMap::new();
    let samples: Vec<Sample> = examples.iter().filter(|e| !e.is_held_out()).map(|e| sample(tagger, e, &mut texts)).collect();
    let vocabulary = common(&samples);
    let of_names = vocabulary.iter().filter(|(key, _)| texts.get(key).is_some_and(|t| grams::is_of_name(t)));
    let of_names: HashMap<u64, usize> = of_names.map(|(key, place)| (*key, *place)).collect();
    let without_acts = vocabulary.iter().filter(|(key, _)| texts.get(key).is_some_and(|t| !grams::is_act(t)));
    let without_acts: HashMap<u64, usize> = without_acts.map(|(key, place)| (*key, *place)).collect();
    let mut outcomes = Vec::new();
    let mut learnt = Vec::new();
    for (index, group) in LEARNT.into_iter().enumerate() {
        // Who delivers is known by names, and what is asked of the reader says what sort of thing it is.
        let vocabulary = match group {
            Group::Kind => &vocabulary,
            Group::Of(Facet::ProviderType) => &of_names,
            Group::Of(_) => &without_acts,
        };
        let task = Task { index, group, terms: terms_of(tagger.taxonomy(), group).len(), vocabulary };
        let labelled: Vec<&Sample> = samples.iter().filter(|s| s.right[index].is_some()).collect();
        let (model, outcome) = task.learn(&labelled);
        learnt.push((group, model.rules, written_grams(&model.grams, &texts)));
        outcomes.push(outcome);
    }
    let groups: Vec<Written<'_>> = learnt.iter().map(|(group, weights, grams)| Written { group: *group, weights, grams }).collect();
    (format!("{}{}\n", write(&groups, tagger.taxonomy()), learnt_from(examples)), outcomes)
}

/// The last line of a weights file: which listings it was learnt from, told by their ids.
#[must_use]
pub fn learnt_from(examples: &[Example]) -> String {
    let mut ids: Vec<&str> = examples.iter().filter(|e| !e.is_held_out()).map(|e| e.id.as_str()).collect();
    ids.sort_unstable();
    format!("# learnt from {} listings, digest {:016x}", ids.len(), grams::key(&ids.join(" ")))
}

fn sample(tagger: &Tagger, example: &Example, texts: &mut HashMap<u64, String>) -> Sample {
    let seen = tagger.seen(&example.input());
    for text in &seen.grams_written {
        texts.entry(grams::key(text)).or_insert_with(|| text.clone());
    }
    let right: Vec<Option<BTreeSet<usize>>> = LEARNT.iter().map(|group| right(tagger, *group, &example.labels)).collect();
    let views = seen.ruled.iter().map(|(scores, given)| view(scores, given)).collect();
    let unseen = LEARNT.iter().zip(&seen.ruled).zip(&right);
    let unseen = unseen
        .map(|((group, (scores, _)), right)| (*group == Group::Kind).then(|| unseen_wording(tagger.taxonomy().kinds(), scores, right.as_ref())));
    Sample { fold: (spread(&example.id) / HELD_OUT) % FOLDS, unseen: unseen.collect(), grams: seen.grams, views, right }
}

/// The rules' view if the cues for the right kind had been met by a text whose wording nobody had in mind when they were written.
///
/// Cues of kinds were written and mended in sight of these very listings, so here they are right more often than they ever will
/// be again; learning from both views keeps them from being trusted for what they know by heart.
fn unseen_wording(kinds: &[Term], scores: &[Score], right: Option<&BTreeSet<usize>>) -> Vec<[f32; VIEW]> {
    let mut scores = scores.to_vec();
    for index in right.into_iter().flatten() {
        let is_training = kinds[*index].id == Kind::Cpd.as_str();
        scores[*index].sum *= if is_training { KEPT_OF_TRAINING } else { 0.0 };
        scores[*index].firm = scores[*index].firm.min(1);
    }
    view(&scores, &[super::kind::best(&scores)])
}

fn right(tagger: &Tagger, group: Group, labels: &Labels) -> Option<BTreeSet<usize>> {
    let terms = terms_of(tagger.taxonomy(), group);
    let places = |ids: &mut dyn Iterator<Item = &str>| ids.filter_map(|id| terms.iter().position(|t| t.id == id)).collect::<BTreeSet<_>>();
    match group {
        Group::Kind => Some(places(&mut std::iter::once(labels.kind.as_str()))),
        Group::Of(facet) => labels.terms.get(&facet).map(|ids| places(&mut ids.iter().map(String::as_str))).filter(|p| !p.is_empty()),
    }
}

/// Grams that enough listings have, with a place for each.
fn common(samples: &[Sample]) -> HashMap<u64, usize> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for (key, _) in samples.iter().flat_map(|s| s.grams.weighed()) {
        *counts.entry(key).or_default() += 1;
    }
    counts.into_iter().filter(|(_, n)| *n >= LEAST_LISTINGS).map(|(key, _)| key).enumerate().map(|(place, key)| (key, place)).collect()
}

fn written_grams(grams: &[(usize, u64, f32)], texts: &HashMap<u64, String>) -> Vec<(usize, String, f32)> {
    let mut written: Vec<_> = grams.iter().filter_map(|(term, key, w)| texts.get(key).map(|text| (*term, text.clone(), *w))).collect();
    written.sort_by(|a, b| a.0.cmp(&b.0).then(b.2.total_cmp(&a.2)).then(a.1.cmp(&b.1)));
    written
}

struct Task<'v> {
    index: usize,
    group: Group,
    terms: usize,
    vocabulary: &'v HashMap<u64, usize>,
}

struct Model {
    rules: GroupWeights,
    /// Term, gram, weight.
    grams: Vec<(usize, u64, f32)>,
}

/// Places of grams with what each weighs, what the rules say, and the target.
type Prepared = (Vec<(usize, f32)>, f32, f32);
/// Probabilities of all terms of one listing, and those that are right.
type Forecast<'s> = (Vec<f32>, &'s BTreeSet<usize>);

impl Task<'_> {
    fn learn(&self, samples: &[&Sample]) -> (Model, Outcome) {
        let mut with = Vec::new();
        let mut without = Vec::new();
        for fold in 0..FOLDS {
            let (tested, taught): (Vec<&Sample>, Vec<&Sample>) = samples.iter().partition(|s| s.fold == fold);
            let model = self.fit(&taught);
            with.extend(tested.iter().filter_map(|s| self.forecast(&model, s, true)));
            without.extend(tested.iter().filter_map(|s| self.forecast(&model, s, false)));
        }
        let (with, without) = (self.best_threshold(&with), self.best_threshold(&without));
        let mut model = self.fit(samples);
        // Grams that do harm on listings they were not learnt from are left out.
        let helps = with.1 >= without.1;
        model.rules.threshold = if helps { with.0 } else { without.0 };
        if !helps {
            model.grams.clear();
            model.rules.bias.fill(0.0);
        }
        let outcome = Outcome {
            group: name(self.group),
            listings: samples.len(),
            rules: self.rules_alone(samples),
            without_grams: without.1,
            with_grams: with.1,
        };
        (model, outcome)
    }

    fn forecast<'s>(&self, model: &Model, sample: &'s Sample, with_grams: bool) -> Option<Forecast<'s>> {
        let mut logits: Vec<f32> = sample.views[self.index].iter().map(|v| model.rules.rules_say(v)).collect();
        if with_grams {
            for (term, key, weight) in &model.grams {
                debug_assert!(self.vocabulary.contains_key(key), "only common grams are learnt");
                logits[*term] += weight * sample.grams.weight_of(*key);
            }
            logits.iter_mut().zip(&model.rules.bias).for_each(|(l, b)| *l += b);
        }
        Some((logits.into_iter().map(logistic).collect(), sample.right[self.index].as_ref()?))
    }

    /// What the rules alone would give, scored in the same way.
    fn rules_alone(&self, samples: &[&Sample]) -> f32 {
        let given = |s: &&'_ Sample| s.views[self.index].iter().map(|v| v[1]).collect::<Vec<f32>>();
        let forecasts: Vec<Forecast<'_>> = samples.iter().filter_map(|s| Some((given(s), s.right[self.index].as_ref()?))).collect();
        let is_multi = matches!(self.group, Group::Of(facet) if facet.is_multi());
        if is_multi { f1(counts(&forecasts, 0.5)) } else { share_right(&forecasts) }
    }

    /// The threshold with the best score, and that score. One term is the likeliest, whatever the threshold.
    fn best_threshold(&self, forecasts: &[Forecast<'_>]) -> (f32, f32) {
        let is_multi = matches!(self.group, Group::Of(facet) if facet.is_multi());
        if !is_multi {
            return (0.5, share_right(forecasts));
        }
        let tried = (3..=14).map(|step: u8| f32::from(step) * 0.05).map(|threshold| (threshold, counts(forecasts, threshold)));
        let best = tried.reduce(|best, now| if leaning_to_recall(now.1) > leaning_to_recall(best.1) { now } else { best });
        best.map_or((0.5, 0.0), |(threshold, counts)| (threshold, f1(counts)))
    }

    fn fit(&self, samples: &[&Sample]) -> Model {
        let rules = self.fit_rules(samples);
        let mut model = Model { rules: GroupWeights { threshold: 0.5, rules, bias: vec![0.0; self.terms] }, grams: Vec::new() };
        for term in 0..self.terms {
            self.fit_term(term, samples, &mut model);
        }
        model
    }

    /// The shared model of the rules' view, by descent over all listings and terms.
    fn fit_rules(&self, samples: &[&Sample]) -> [f32; VIEW] {
        let mut weights = [-2.0, 2.0, 0.5, 0.5, 0.0];
        let pairs: Vec<(&[f32; VIEW], f32)> = samples.iter().flat_map(|s| self.pairs(s)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a few thousand pairs")]
        let count = pairs.len().max(1) as f32;
        for _ in 0..400 {
            let mut slope = [0.0_f32; VIEW];
            for (view, target) in &pairs {
                let off = logistic(weights.iter().zip(*view).map(|(w, v)| w * v).sum()) - target;
                slope.iter_mut().zip(*view).for_each(|(s, v)| *s += off * v);
            }
            weights.iter_mut().zip(slope).for_each(|(w, s)| *w -= 3.0 * s / count);
        }
        weights.map(rounded)
    }

    fn pairs<'s>(&self, sample: &'s Sample) -> impl Iterator<Item = (&'s [f32; VIEW], f32)> {
        let right = sample.right[self.index].as_ref();
        let views = std::iter::once(&sample.views[self.index]).chain(&sample.unseen[self.index]);
        views.flat_map(|views| views.iter().enumerate()).map(move |(term, view)| (view, target(right, term)))
    }

    /// The grams of one term on top of the rules, with steps that shrink by gram (AdaGrad) and a pull to zero.
    fn fit_term(&self, term: usize, samples: &[&Sample], model: &mut Model) {
        let bias = self.vocabulary.values().max().map_or(0, |last| last + 1);
        let mut weights = vec![0.0_f32; bias + 1];
        let mut squares = vec![0.1_f32; weights.len()];
        let prepared: Vec<Prepared> = samples.iter().flat_map(|s| self.prepared(s, term, model)).collect();
        for _ in 0..ROUNDS {
            for (places, ruled, target) in &prepared {
                let sum: f32 = places.iter().map(|(p, x)| weights[*p] * x).sum();
                let off = logistic(ruled + weights[bias] + sum) - target;
                for (place, x) in places.iter().copied().chain([(bias, 0.3)]) {
                    let slope = off * x + pull(x) * weights[place];
                    squares[place] += slope * slope;
                    weights[place] -= 0.1 * slope / squares[place].sqrt();
                }
            }
        }
        model.rules.bias[term] = rounded(weights[bias]);
        let kept = self.vocabulary.iter().map(|(key, place)| (term, *key, rounded(weights[*place]))).filter(|(_, _, w)| w.abs() >= LEAST_WEIGHT);
        let mut kept: Vec<(usize, u64, f32)> = kept.collect();
        kept.sort_by_key(|(_, key, _)| *key);
        model.grams.extend(kept);
    }

    /// Places of its common grams with what each weighs, what the rules say, and the target; once for each view.
    fn prepared(&self, sample: &Sample, term: usize, model: &Model) -> Vec<Prepared> {
        let places: Vec<(usize, f32)> = sample.grams.weighed().filter_map(|(key, x)| Some((*self.vocabulary.get(&key)?, x))).collect();
        let target = target(sample.right[self.index].as_ref(), term);
        let views = std::iter::once(&sample.views[self.index]).chain(&sample.unseen[self.index]);
        views.map(|views| (places.clone(), model.rules.rules_say(&views[term]), target)).collect()
    }
}

/// Acts are few and general, and need less to hold them back than words.
const fn pull(weighs: f32) -> f32 {
    if weighs < ACT_WEIGHT { PULL_TO_ZERO } else { PULL_ON_ACTS }
}

fn target(right: Option<&BTreeSet<usize>>, term: usize) -> f32 {
    if right.is_some_and(|r| r.contains(&term)) { 1.0 } else { 0.0 }
}

fn rounded(weight: f32) -> f32 {
    (weight * 100.0).round() / 100.0
}

fn share_right(forecasts: &[Forecast<'_>]) -> f32 {
    let best = |p: &[f32]| (0..p.len()).fold(0, |best, i| if p[i] > p[best] { i } else { best });
    let right = forecasts.iter().filter(|(p, right)| right.contains(&best(p))).count();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand listings")]
    let share = right as f32 / forecasts.len().max(1) as f32;
    share
}

/// Hits, wrongly given, missed.
fn counts(forecasts: &[Forecast<'_>], threshold: f32) -> [usize; 3] {
    let mut counts = [0; 3];
    for (probabilities, right) in forecasts {
        let given: BTreeSet<usize> = super::likely(probabilities, threshold, 3).into_iter().collect();
        counts[0] += given.intersection(right).count();
        counts[1] += given.difference(right).count();
        counts[2] += right.difference(&given).count();
    }
    counts
}

/// The F-measure in which a missed term weighs twice: it keeps a listing from its readers, and one too many costs them a glance.
#[expect(clippy::cast_precision_loss, reason = "counts of listings")]
fn leaning_to_recall([hits, extra, missed]: [usize; 3]) -> f32 {
    (3 * hits) as f32 / (3 * hits + extra + 2 * missed).max(1) as f32
}
