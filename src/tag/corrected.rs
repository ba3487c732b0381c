//! What an editor's corrections say: of the event itself, which they settle, and of others that are like it, which they teach.
//!
//! A correction is an example. An event that shares enough of an example's title, words and provider is judged as the editor judged that one;
//! what shares less is left exactly as it was, however many examples there are. Nothing is fitted: the lessons are a plain list, in any order, and
//! without one of them everything is as if it had never been. Pure.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};

use super::cues::Doc;
use super::grams::{self, IN_NAME, IN_TITLE};
use super::{TagInput, Tagger, Taxonomy, doc_of, nothing_said, provider_doc};
use crate::domain::{Aspect, Correction, Facet, Kind, Tag, TagOrigin, Verdict, kind_of};

/// How much of the likeness is the title's; the rest is that of the text and of the provider's name.
const TITLES_SHARE: f32 = 0.6;
/// What is less like an example than this is not touched by it...
const UNLIKE: f32 = 0.35;
/// ...and what is more like it than this is taken for the same sort of event. 0..=1.
const ALIKE: f32 = 0.65;
/// The support that gives or takes a term: one example half-way between, or several that are less like it.
const ENOUGH: f32 = 0.5;
/// By how much one term of several must be better supported than the next: two examples that contradict one another say nothing.
const LEAD: f32 = 0.2;
/// What a word weighs that stands in many announcements.
const COMMON_WEIGHT: f32 = 0.25;
/// What a pair weighs with one such word in it.
const HALF_COMMON_WEIGHT: f32 = 0.6;
/// Words named in a reason.
const NAMED: usize = 3;

/// Words of every other announcement, which make no two events alike; folded before they are compared.
const COMMON_WORDS: &str = "arts art culture cultural heritage museum museums gallery training course courses workshop workshops webinar seminar session sessions \
    event events conference programme network meeting introduction day half year online free members staff book join new";

static COMMON: LazyLock<BTreeSet<String>> = LazyLock::new(|| super::words::split(COMMON_WORDS).into_iter().map(|w| w.folded).collect());

/// An event that was corrected.
#[derive(Debug, Clone, Copy)]
pub struct Corrected<'a> {
    pub input: TagInput<'a>,
    /// What counts of what was said of it.
    pub corrections: &'a [Correction],
}

/// All that corrections teach. Empty, it teaches nothing and costs nothing.
#[derive(Debug, Clone, Default)]
pub struct Lessons {
    examples: Vec<Example>,
    /// Which examples hold a gram, and what it weighs there.
    by_gram: HashMap<u64, Vec<(usize, f32)>>,
    /// Grams as a reader sees them.
    as_read: HashMap<u64, String>,
}

#[derive(Debug, Clone)]
struct Example {
    title: String,
    corrections: Vec<Correction>,
}

/// An example that an event is like.
struct Near<'l> {
    example: &'l Example,
    /// 0..=1, nothing at [`UNLIKE`] and one at [`ALIKE`].
    support: f32,
    /// The shared grams, heaviest first.
    shared: Vec<&'l str>,
}

impl Lessons {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// Adds an example. Terms that the vocabulary does not have teach nothing.
    pub fn add(&mut self, tagger: &Tagger, corrected: &Corrected<'_>) {
        let known = |c: &&Correction| is_known(tagger.taxonomy(), c);
        let corrections: Vec<Correction> = corrected.corrections.iter().filter(known).cloned().collect();
        if corrections.is_empty() {
            return;
        }
        let docs = docs(tagger, &corrected.input);
        let words = docs.iter().flat_map(|doc| &doc.words);
        let as_read: HashMap<&str, &str> = words.map(|w| (w.folded.as_str(), w.exact.as_str())).collect();
        for (gram, weight) in features(&docs) {
            let key = grams::key(&gram);
            self.by_gram.entry(key).or_default().push((self.examples.len(), weight));
            let words: Vec<&str> = without_prefix(&gram).split(' ').map(|w| as_read.get(w).copied().unwrap_or(w)).collect();
            self.as_read.insert(key, words.join(" "));
        }
        self.examples.push(Example { title: corrected.input.title.to_owned(), corrections });
    }

    /// Judges as the editor judged what is like this event.
    pub fn teach(&self, tagger: &Tagger, input: &TagInput<'_>, verdict: &mut Verdict) {
        if self.is_empty() {
            return;
        }
        let near = self.near(tagger, input);
        let mut said: BTreeMap<Aspect, BTreeMap<&str, f32>> = BTreeMap::new();
        for one in &near {
            for c in &one.example.corrections {
                let sign = if c.holds { 1.0 } else { -1.0 };
                *said.entry(c.aspect).or_default().entry(&c.term).or_default() += sign * one.support;
            }
        }
        for (aspect, terms) in said {
            let reason = |term: &str| reason(&near, aspect, term);
            match aspect {
                Aspect::Kind => teach_kind(verdict, &terms, reason),
                Aspect::Of(facet) if facet.is_multi() => teach_each(verdict, facet, &terms, reason),
                Aspect::Of(facet) => teach_one(verdict, facet, &terms, reason),
            }
            if let Aspect::Of(facet) = aspect {
                say_nothing_said(tagger.taxonomy(), verdict, facet);
            }
        }
    }

    /// The examples that an event is like, the likest first.
    fn near(&self, tagger: &Tagger, input: &TagInput<'_>) -> Vec<Near<'_>> {
        let mut likeness = vec![0.0_f32; self.examples.len()];
        let mut shared: Vec<Vec<(f32, u64)>> = vec![Vec::new(); self.examples.len()];
        for (gram, weight) in features(&docs(tagger, input)) {
            let key = grams::key(&gram);
            for (example, its) in self.by_gram.get(&key).into_iter().flatten() {
                likeness[*example] += weight * its;
                shared[*example].push((weight * its, key));
            }
        }
        let mut near: Vec<Near<'_>> = Vec::new();
        for ((example, likeness), mut shared) in self.examples.iter().zip(likeness).zip(shared) {
            let support = ((likeness - UNLIKE) / (ALIKE - UNLIKE)).clamp(0.0, 1.0);
            if support > 0.0 {
                shared.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                near.push(Near { example, support, shared: self.named(&shared) });
            }
        }
        // Sums do not depend on the order in which corrections were read.
        near.sort_by(|a, b| b.support.total_cmp(&a.support).then_with(|| a.example.title.cmp(&b.example.title)));
        near
    }

    /// The heaviest grams, each word once.
    fn named(&self, shared: &[(f32, u64)]) -> Vec<&str> {
        let mut named: Vec<&str> = Vec::new();
        for gram in shared.iter().filter_map(|(_, key)| self.as_read.get(key)).map(String::as_str) {
            if named.len() < NAMED && !named.iter().any(|n| n.contains(gram) || gram.contains(n)) {
                named.push(gram);
            }
        }
        named
    }
}

/// The term with enough support, and more than any other has.
fn best<'t>(terms: &BTreeMap<&'t str, f32>) -> Option<(&'t str, f32)> {
    let mut order: Vec<(&str, f32)> = terms.iter().map(|(term, support)| (*term, *support)).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let next = order.get(1).map_or(0.0, |(_, support)| support.max(0.0));
    order.first().copied().filter(|(_, support)| *support >= ENOUGH && *support - next >= LEAD)
}

fn teach_kind(verdict: &mut Verdict, terms: &BTreeMap<&str, f32>, reason: impl Fn(&str) -> String) {
    let Some((term, support)) = best(terms) else { return };
    match term.parse::<Kind>() {
        Ok(kind) if kind != verdict.kind => {
            verdict.kind = kind;
            verdict.kind_confidence = confidence(support);
            verdict.kind_reason = reason(term);
        }
        _ => {}
    }
}

fn teach_each(verdict: &mut Verdict, facet: Facet, terms: &BTreeMap<&str, f32>, reason: impl Fn(&str) -> String) {
    for (term, support) in terms {
        let given = verdict.tags.iter().any(|t| t.facet == facet && t.term == *term);
        if *support >= ENOUGH && !given {
            put(verdict, taught_tag(facet, term, *support, reason(term)));
        } else if *support <= -ENOUGH {
            take(verdict, facet, term);
        }
    }
}

fn teach_one(verdict: &mut Verdict, facet: Facet, terms: &BTreeMap<&str, f32>, reason: impl Fn(&str) -> String) {
    for (term, _) in terms.iter().filter(|(_, support)| **support <= -ENOUGH) {
        take(verdict, facet, term);
    }
    if let Some((term, support)) = best(terms)
        && !verdict.tags.iter().any(|t| t.facet == facet && t.term == term)
    {
        put(verdict, taught_tag(facet, term, support, reason(term)));
    }
}

fn taught_tag(facet: Facet, term: &str, support: f32, reason: String) -> Tag {
    Tag { facet, term: term.to_owned(), origin: TagOrigin::Learned, confidence: confidence(support), reason }
}

fn confidence(support: f32) -> f32 {
    0.5 + 0.4 * support.min(1.0)
}

/// "an editor said so on 1 March 2027 of “Board away day”, which has “away day”, “trustee” too"
fn reason(near: &[Near<'_>], aspect: Aspect, term: &str) -> String {
    let taught = near.iter().find_map(|n| Some((n, n.example.corrections.iter().find(|c| c.aspect == aspect && c.term == term && c.holds)?)));
    let Some((near, correction)) = taught else { return "editors' corrections".to_owned() };
    let words: Vec<String> = near.shared.iter().map(|w| format!("“{w}”")).collect();
    let title = crate::domain::text::single_line(&near.example.title, 80);
    format!("an editor said so on {} of “{title}”, which has {} too", correction.at.format("%-d %B %Y"), words.join(", "))
}

/// Puts what editors said of the event itself in the place of whatever was found.
pub fn correct(verdict: &mut Verdict, corrections: &[Correction]) {
    if let Some((kind, said)) = kind_of(corrections) {
        verdict.kind = kind;
        verdict.kind_confidence = 1.0;
        verdict.kind_reason = stated(said);
    }
    for said in corrections {
        let Aspect::Of(facet) = said.aspect else { continue };
        take(verdict, facet, &said.term);
        if said.holds {
            put(verdict, Tag { facet, term: said.term.clone(), origin: TagOrigin::Editor, confidence: 1.0, reason: stated(said) });
        }
    }
}

/// "stated by ed@body.example on 1 March 2027: it is for boards"
fn stated(said: &Correction) -> String {
    let note = said.note.as_ref().map_or(String::new(), |note| format!(": {note}"));
    format!("stated by {} on {}{note}", said.by, said.at.format("%-d %B %Y"))
}

/// Gives a tag; of a facet that takes one term the others go, and so does the one that says that nothing was said.
fn put(verdict: &mut Verdict, tag: Tag) {
    let facet = tag.facet;
    if !facet.is_multi() {
        verdict.tags.retain(|t| t.facet != facet);
    }
    verdict.tags.push(tag);
    verdict.tags.sort_by_key(|t| t.facet);
}

/// Takes a tag, and what stood only beside it.
fn take(verdict: &mut Verdict, facet: Facet, term: &str) {
    verdict.tags.retain(|t| !(t.facet == facet && t.term == term));
    let beside = match (facet, term) {
        (Facet::Need, "lead") => Facet::LeadershipSense,
        (Facet::ProviderType, "hei") => Facet::HeiFaculty,
        _ => return,
    };
    verdict.tags.retain(|t| t.facet != beside);
}

/// A facet that lost its last term says that nothing is said of it, where the vocabulary has a term for that.
fn say_nothing_said(taxonomy: &Taxonomy, verdict: &mut Verdict, facet: Facet) {
    if verdict.tags.iter().any(|t| t.facet == facet) {
        return;
    }
    if let Some(id) = taxonomy.choice(facet).otherwise {
        put(verdict, nothing_said(facet, &id));
    }
}

fn is_known(taxonomy: &Taxonomy, c: &Correction) -> bool {
    match c.aspect {
        Aspect::Kind => c.term.parse::<Kind>().is_ok(),
        Aspect::Of(facet) => taxonomy.knows(facet, &c.term),
    }
}

/// An event's words, and those of its provider's name.
fn docs(tagger: &Tagger, input: &TagInput<'_>) -> [Doc; 2] {
    [doc_of(input, tagger.taxonomy().sections()), provider_doc(input.facts)]
}

/// An event's grams, each once and weighed, so that the likeness of two events is the sum of the products of what they share.
fn features([doc, provider]: &[Doc; 2]) -> Vec<(String, f32)> {
    let mut written = grams::written(doc, provider, &[], &[]);
    written.sort_unstable();
    written.dedup();
    let weighed = written.into_iter().map(|gram| {
        let weight = weight(without_prefix(&gram));
        (gram, weight)
    });
    let (title, rest): (Vec<_>, Vec<_>) = weighed.partition(|(gram, _)| gram.starts_with(IN_TITLE));
    let share = |part: f32, other: &[(String, f32)]| if other.is_empty() { 1.0 } else { part };
    let (titles, rests) = (share(TITLES_SHARE, &rest), share(1.0 - TITLES_SHARE, &title));
    scaled(title, titles).chain(scaled(rest, rests)).collect()
}

/// So that the squares of the weights add up to the part's share.
fn scaled(part: Vec<(String, f32)>, share: f32) -> impl Iterator<Item = (String, f32)> {
    let length = part.iter().map(|(_, w)| w * w).sum::<f32>().sqrt();
    let scale = if length > 0.0 { share.sqrt() / length } else { 0.0 };
    part.into_iter().map(move |(gram, weight)| (gram, weight * scale))
}

fn weight(gram: &str) -> f32 {
    let (mut words, mut common) = (0, 0);
    for word in gram.split(' ') {
        words += 1;
        common += usize::from(COMMON.contains(word));
    }
    match common {
        0 => 1.0,
        n if n < words => HALF_COMMON_WEIGHT,
        _ => COMMON_WEIGHT,
    }
}

fn without_prefix(gram: &str) -> &str {
    gram.strip_prefix(IN_TITLE).or_else(|| gram.strip_prefix(IN_NAME)).unwrap_or(gram)
}

#[cfg(test)]
mod tests;
