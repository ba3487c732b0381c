//! Finds the vocabulary's cues in a text and adds up what they say for each term.
//!
//! Whole words only, never across a sentence's end. Linear in the text whatever it holds: at each word only the phrases that
//! begin with it are tried, and those are bounded by the vocabulary.

use std::collections::HashMap;
use std::ops::Range;

use super::acts::Sign;
use super::taxonomy::{Cues, Taxonomy, Term};
use super::words::{Word, cue_words, split};
use crate::domain::Facet;

/// What a cue of each list weighs. Few steps on purpose: a weight is a statement a person can agree with.
const STRONG: f32 = 3.0;
const PLAIN: f32 = 2.0;
const WEAK: f32 = 1.0;
const AGAINST: f32 = -3.0;
/// What each further cue for the same term is worth beside the one before.
const KIND_FADES: f32 = 0.8;
const TERM_FADES: f32 = 0.9;

/// Where a word stands, which decides how much it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    Title,
    Body,
    /// Far down in a long text, where more is mentioned than meant.
    Later,
    /// Inside the provider's name.
    Provider,
    /// Inside the name of the venue, its address or town: says nothing of the event.
    Venue,
}

/// How much a zone counts for a group of terms.
pub type Factors = fn(Zone) -> f32;

/// What an event is about is said in its title twice as clearly, and not by the names of places and bodies.
pub const fn topical(zone: Zone) -> f32 {
    match zone {
        Zone::Title => 2.0,
        Zone::Body => 1.0,
        Zone::Later => 0.7,
        Zone::Provider | Zone::Venue => 0.0,
    }
}

/// What sort of thing it is can be said anywhere.
pub const fn anywhere(zone: Zone) -> f32 {
    match zone {
        Zone::Later => 1.0,
        _ => topical(zone),
    }
}

/// A body is what the head of its name says; one that is only mentioned is hardly the provider.
pub const fn naming(zone: Zone) -> f32 {
    match zone {
        Zone::Title => 1.6,
        Zone::Body | Zone::Provider => 1.0,
        Zone::Later => 0.4,
        Zone::Venue => 0.0,
    }
}

/// A sub-sector can be known by who delivers.
pub const fn by_provider_too(zone: Zone) -> f32 {
    match zone {
        Zone::Provider => 0.5,
        _ => topical(zone),
    }
}

/// Words in order, each in its zone.
#[derive(Debug, Default)]
pub struct Doc {
    pub words: Vec<Word>,
    pub zones: Vec<Zone>,
}

impl Doc {
    /// Appends a text as sentences of their own.
    pub fn push(&mut self, words: Vec<Word>, zone: Zone) {
        let offset = self.words.last().map_or(0, |w| w.sentence + 1);
        self.zones.resize(self.zones.len() + words.len(), zone);
        self.words.extend(words.into_iter().map(|w| Word { sentence: w.sentence + offset, ..w }));
    }

    /// Marks what follows the first words of the body.
    pub fn later(&mut self, first: usize) {
        self.zones.iter_mut().filter(|z| **z == Zone::Body).skip(first).for_each(|z| *z = Zone::Later);
    }

    /// Puts every occurrence of a name outside the title into a zone.
    pub fn mark(&mut self, name: &str, zone: Zone) {
        let name = split(name);
        if name.is_empty() || name.len() > 20 {
            return;
        }
        for start in 0..self.words.len().saturating_sub(name.len() - 1) {
            let found = self.words[start..start + name.len()].iter().zip(&name).all(|(a, b)| a.exact == b.exact);
            if found && self.zones[start] != Zone::Title {
                self.zones[start..start + name.len()].fill(zone);
            }
        }
    }
}

/// A group of terms scored together: the kinds, or the terms of one facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    Kind,
    Of(Facet),
}

#[derive(Debug, Clone, Copy)]
enum Says {
    Weight(f32),
    /// Hides the term's other cues that lie inside it.
    Hides,
}

#[derive(Debug, Clone)]
struct Phrase {
    words: Vec<u32>,
    text: String,
    says: Vec<(usize, Says)>,
}

/// The vocabulary's cues, made ready to be looked up.
#[derive(Debug, Clone)]
pub struct Lexicon {
    ids: HashMap<String, u32>,
    phrases: Vec<Phrase>,
    /// Phrases by their first word, longest first.
    starting: HashMap<u32, Vec<usize>>,
    features: HashMap<String, Vec<(usize, f32)>>,
    slots: HashMap<Group, Range<usize>>,
    slot_count: usize,
}

/// One cue that was found for a term.
#[derive(Debug, Clone, Copy)]
struct Found {
    phrase: usize,
    zone: Zone,
    weight: f32,
}

/// What was found for every term.
#[derive(Debug, Clone)]
pub struct Findings<'l> {
    lexicon: &'l Lexicon,
    by_slot: Vec<Vec<Found>>,
}

/// A term's sum with the cues behind it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    pub sum: f32,
    /// Different cues that speak for it.
    pub support: usize,
    /// Those among them that are more than weak.
    pub firm: usize,
    pub reason: String,
}

impl Lexicon {
    /// Compiles the cues of a vocabulary.
    #[must_use]
    pub fn new(taxonomy: &Taxonomy) -> Self {
        let mut lexicon = Self {
            ids: HashMap::new(),
            phrases: Vec::new(),
            starting: HashMap::new(),
            features: HashMap::new(),
            slots: HashMap::new(),
            slot_count: 0,
        };
        let mut known = HashMap::new();
        lexicon.add_group(Group::Kind, taxonomy.kinds(), &mut known);
        for facet in Facet::ALL {
            lexicon.add_group(Group::Of(*facet), taxonomy.terms(*facet), &mut known);
        }
        for (index, phrase) in lexicon.phrases.iter().enumerate() {
            lexicon.starting.entry(phrase.words[0]).or_default().push(index);
        }
        for indices in lexicon.starting.values_mut() {
            indices.sort_by_key(|i| std::cmp::Reverse(lexicon.phrases[*i].words.len()));
        }
        lexicon
    }

    fn add_group(&mut self, group: Group, terms: &[Term], known: &mut HashMap<Vec<u32>, usize>) {
        let first = self.slot_count;
        for term in terms {
            self.add_term(&term.cues, known);
            self.slot_count += 1;
        }
        self.slots.insert(group, first..self.slot_count);
    }

    fn add_term(&mut self, cues: &Cues, known: &mut HashMap<Vec<u32>, usize>) {
        let Cues { strong, cues, weak, against, except, .. } = cues;
        for (list, weight) in [(strong, STRONG), (cues, PLAIN), (weak, WEAK), (against, AGAINST)] {
            for cue in list {
                match cue.strip_prefix('@') {
                    Some(feature) => self.features.entry(feature.to_owned()).or_default().push((self.slot_count, weight)),
                    None => self.add_phrase(cue, Says::Weight(weight), known),
                }
            }
        }
        for cue in except {
            self.add_phrase(cue, Says::Hides, known);
        }
    }

    fn add_phrase(&mut self, cue: &str, says: Says, known: &mut HashMap<Vec<u32>, usize>) {
        let key = |w: Word| match cue.chars().next() {
            Some('=') => exact_key(&w.exact),
            Some('^') if w.is_capital => capital_key(&w.folded),
            _ => w.folded,
        };
        let keys: Vec<String> = cue_words(cue).into_iter().map(key).collect();
        if keys.is_empty() {
            return;
        }
        let words: Vec<u32> = keys.into_iter().map(|key| self.id_of(key)).collect();
        let index = *known.entry(words.clone()).or_insert_with(|| {
            self.phrases.push(Phrase { words, text: cue.trim_start_matches(['=', '^']).to_owned(), says: Vec::new() });
            self.phrases.len() - 1
        });
        self.phrases[index].says.push((self.slot_count, says));
    }

    fn id_of(&mut self, key: String) -> u32 {
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        *self.ids.entry(key).or_insert(next)
    }

    /// Finds every cue in the words.
    #[must_use]
    pub fn find(&self, doc: &Doc) -> Findings<'_> {
        let mut findings = Findings { lexicon: self, by_slot: vec![Vec::new(); self.slot_count] };
        let mut hidden_until = vec![0; self.slot_count];
        let ids: Vec<Ids> = doc.words.iter().map(|w| self.ids(w)).collect();
        for start in 0..ids.len() {
            let candidates = ids[start].iter().flatten().filter_map(|id| self.starting.get(id)).flatten();
            for index in candidates.copied().filter(|i| self.stands_at(*i, &ids, doc, start)) {
                self.note(index, start, doc, &mut hidden_until, &mut findings);
            }
        }
        findings
    }

    fn ids(&self, word: &Word) -> Ids {
        let capital = word.is_capital.then(|| self.ids.get(&capital_key(&word.folded)).copied()).flatten();
        [self.ids.get(&word.folded).copied(), self.ids.get(&exact_key(&word.exact)).copied(), capital]
    }

    fn stands_at(&self, phrase: usize, ids: &[Ids], doc: &Doc, start: usize) -> bool {
        let words = &self.phrases[phrase].words;
        let end = start + words.len();
        end <= ids.len()
            && doc.words[start].sentence == doc.words[end - 1].sentence
            && words.iter().zip(&ids[start..end]).all(|(word, ids)| ids.contains(&Some(*word)))
    }

    fn note(&self, index: usize, start: usize, doc: &Doc, hidden_until: &mut [usize], findings: &mut Findings<'_>) {
        let phrase = &self.phrases[index];
        let end = start + phrase.words.len();
        let negated = is_negated(doc, start);
        for (slot, says) in &phrase.says {
            if end <= hidden_until[*slot] {
                continue;
            }
            hidden_until[*slot] = end;
            if let (Says::Weight(weight), false) = (says, negated) {
                let zone = if doc.zones[start..end].contains(&Zone::Title) { Zone::Title } else { doc.zones[start] };
                findings.keep(*slot, Found { phrase: index, zone, weight: *weight });
            }
        }
    }

    fn slots(&self, group: Group) -> Range<usize> {
        self.slots.get(&group).cloned().unwrap_or(0..0)
    }
}

/// Under which keys a word is known: folded, as it stands, in capitals.
type Ids = [Option<u32>; 3];

fn capital_key(word: &str) -> String {
    format!("^{word}")
}

/// Words compared as they stand are kept apart from folded ones.
fn exact_key(word: &str) -> String {
    format!("={word}")
}

/// "not", "no" or "without" shortly before, in the same sentence; "not only" denies nothing.
pub(super) fn is_negated(doc: &Doc, start: usize) -> bool {
    let sentence = doc.words[start].sentence;
    let before = &doc.words[start.saturating_sub(2)..start];
    let negator = before.iter().rposition(|w| w.sentence == sentence && is_negator(&w.exact));
    negator.is_some_and(|at| !before[at + 1..].iter().any(|w| matches!(w.exact.as_str(), "just" | "only" | "necessarily")))
}

fn is_negator(word: &str) -> bool {
    matches!(word, "not" | "no" | "never" | "without" | "nor" | "isn't" | "aren't" | "don't" | "won't" | "nobody")
}

impl Findings<'_> {
    /// Keeps a cue once, at the place where it says most.
    fn keep(&mut self, slot: usize, found: Found) {
        match self.by_slot[slot].iter_mut().find(|f| f.phrase == found.phrase) {
            Some(kept) if topical(found.zone) > topical(kept.zone) || kept.zone == Zone::Venue => kept.zone = found.zone,
            Some(_) => {}
            None => self.by_slot[slot].push(found),
        }
    }

    /// The sums of a group's terms in the order of the file.
    #[must_use]
    pub fn scores(&self, group: Group, factors: Factors) -> Vec<Score> {
        let fade = if group == Group::Kind { KIND_FADES } else { TERM_FADES };
        self.lexicon.slots(group).map(|slot| self.score(slot, factors, fade)).collect()
    }

    /// As [`Findings::scores`], with facts and acts counted as cues: the `@` entries of the vocabulary.
    #[must_use]
    pub fn scores_with(&self, group: Group, factors: Factors, signs: &[Sign]) -> Vec<Score> {
        let slots = self.lexicon.slots(group);
        let mut scores = self.scores(group, factors);
        for sign in signs {
            for (slot, weight) in self.lexicon.features.get(&sign.name).into_iter().flatten().filter(|(slot, _)| slots.contains(slot)) {
                scores[slot - slots.start].add_fact(&sign.said, *weight);
            }
        }
        scores
    }

    fn score(&self, slot: usize, factors: Factors, fade: f32) -> Score {
        let mut said: Vec<(f32, &Found)> = self.by_slot[slot].iter().map(|f| (f.weight * factors(f.zone), f)).filter(|(w, _)| *w != 0.0).collect();
        said.sort_by(|a, b| b.0.total_cmp(&a.0));
        let words: Vec<String> = said.iter().filter(|(w, _)| *w > 0.0).take(4).map(|(_, f)| self.quoted(f)).collect();
        Score {
            sum: faded(said.iter().map(|(w, _)| *w), fade),
            support: said.iter().filter(|(w, _)| *w > 0.0).count(),
            firm: said.iter().filter(|(w, f)| *w > 0.0 && f.weight > WEAK).count(),
            reason: words.join(", "),
        }
    }

    fn quoted(&self, found: &Found) -> String {
        let text = &self.lexicon.phrases[found.phrase].text;
        match found.zone {
            Zone::Title => format!("“{text}” in the title"),
            Zone::Provider => format!("“{text}” in the provider's name"),
            Zone::Body | Zone::Later | Zone::Venue => format!("“{text}”"),
        }
    }
}

/// Each further cue says less than the one before: ten mentions are not ten times as much.
fn faded(weights: impl Iterator<Item = f32>, fade: f32) -> f32 {
    let mut worth = 1.0;
    weights
        .map(|w| {
            if w > 0.0 {
                let x = w * worth;
                worth *= fade;
                x
            } else {
                w
            }
        })
        .sum()
}

impl Score {
    fn add_fact(&mut self, feature: &str, weight: f32) {
        self.sum += weight;
        if weight > 0.0 {
            self.reason = if self.reason.is_empty() { feature.to_owned() } else { format!("{}, {feature}", self.reason) };
        }
    }

    /// A sum as a degree of certainty. 0..1.
    #[must_use]
    pub fn confidence(&self) -> f32 {
        let sum = self.sum.max(0.0);
        sum / (sum + 2.0)
    }
}
