//! The n-grams of an event: single words and pairs of neighbours, as the learnt weights know them.
//!
//! Pure and linear in the text. A pair never crosses a sentence's end, a word that is denied is not taken, and the names of venues
//! say nothing. A gram is written as it is read in the weights file: `cash flow`, `title: trustee`, `name: museum`, and a fact beside
//! them as `fact: undated`.

use super::acts::Sign;
use super::cues::{Doc, Zone, is_negated};
use super::words::Word;

/// The least number of grams by which a text's are weighed, so that three words do not shout.
const FEWEST: f32 = 16.0;
/// Brings the usual text's grams (about a hundred) to weights that can be read.
const SCALE: f32 = 4.0;

pub(super) const IN_TITLE: &str = "title: ";
pub(super) const IN_NAME: &str = "name: ";
const IN_FACTS: &str = "fact: ";
const IN_ACTS: &str = "act: ";
/// What an act weighs, however long the text is: there are few, and each is a statement.
pub(super) const ACT_WEIGHT: f32 = 1.0;

/// Words that say nothing by themselves.
const EMPTY: &[&str] = &[
    "the",
    "and",
    "for",
    "with",
    "from",
    "your",
    "you",
    "our",
    "are",
    "who",
    "what",
    "how",
    "this",
    "that",
    "will",
    "can",
    "all",
    "any",
    "not",
    "but",
    "has",
    "have",
    "was",
    "were",
    "its",
    "their",
    "they",
    "them",
    "one",
    "two",
    "three",
    "into",
    "about",
    "more",
    "than",
    "then",
    "when",
    "where",
    "which",
    "there",
    "here",
    "out",
    "off",
    "over",
    "per",
    "each",
    "also",
    "been",
    "just",
    "some",
    "very",
    "too",
    "it",
    "is",
    "in",
    "of",
    "to",
    "on",
    "at",
    "by",
    "or",
    "an",
    "as",
    "be",
    "we",
    "us",
    "if",
    "so",
    "do",
    "no",
    "am",
    "pm",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
    "sun",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
];

/// The grams of one event, each once, and what each of them weighs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grams {
    pub keys: Vec<u64>,
    pub weight: f32,
    /// The keys of its acts and facts, each of which weighs [`ACT_WEIGHT`].
    pub acts: Vec<u64>,
}

impl Grams {
    /// Every gram with what it weighs.
    pub fn weighed(&self) -> impl Iterator<Item = (u64, f32)> {
        let acts = self.acts.iter().map(|key| (*key, ACT_WEIGHT));
        self.keys.iter().map(|key| (*key, self.weight)).chain(acts)
    }

    /// What one gram weighs here; nothing when the event does not have it.
    #[must_use]
    pub fn weight_of(&self, key: u64) -> f32 {
        if self.keys.binary_search(&key).is_ok() {
            self.weight
        } else if self.acts.contains(&key) {
            ACT_WEIGHT
        } else {
            0.0
        }
    }
}

/// The keys of an event's grams. `provider`: the provider's name on its own; `facts`: names of facts it has.
#[must_use]
pub fn grams(doc: &Doc, provider: &Doc, facts: &[&str], acts: &[Sign]) -> Grams {
    let mut keys = Vec::with_capacity(doc.words.len() * 2);
    each(doc, provider, |prefix, words| keys.push(key_of(prefix, words)));
    keys.extend(facts.iter().map(|fact| fnv(fnv(FNV_START, IN_FACTS.as_bytes()), fact.as_bytes())));
    keys.sort_unstable();
    keys.dedup();
    #[expect(clippy::cast_precision_loss, reason = "a text has a few thousand words at most")]
    let count = keys.len() as f32;
    Grams { weight: SCALE / count.max(FEWEST).sqrt(), keys, acts: act_names(facts, acts).map(|text| key(&text)).collect() }
}

/// The grams as they are written, for the weights file; with repetitions.
#[must_use]
pub fn written(doc: &Doc, provider: &Doc, facts: &[&str], acts: &[Sign]) -> Vec<String> {
    let mut texts: Vec<String> = facts.iter().map(|fact| format!("{IN_FACTS}{fact}")).chain(act_names(facts, acts)).collect();
    each(doc, provider, |prefix, words| {
        let words: Vec<&str> = words.iter().map(|w| w.folded.as_str()).collect();
        texts.push(format!("{prefix}{}", words.join(" ")));
    });
    texts
}

/// Acts as the weights file has them; facts are among them, since a date to come is to a kind what an act is.
fn act_names<'a>(facts: &'a [&str], acts: &'a [Sign]) -> impl Iterator<Item = String> {
    facts.iter().copied().chain(acts.iter().map(|sign| sign.name.as_str())).map(|name| format!("{IN_ACTS}{name}"))
}

/// Whether a gram as it is written is an act.
#[must_use]
pub fn is_act(written: &str) -> bool {
    written.starts_with(IN_ACTS)
}

/// Whether an act as it is written is this one.
#[must_use]
pub fn names(written: &str, sign: &Sign) -> bool {
    written.strip_prefix(IN_ACTS) == Some(&sign.name)
}

/// Whether a gram as it is written is part of the provider's name.
#[must_use]
pub fn is_of_name(written: &str) -> bool {
    written.starts_with(IN_NAME)
}

/// The key of a gram as it is written.
#[must_use]
pub fn key(written: &str) -> u64 {
    fnv(FNV_START, written.as_bytes())
}

fn each(doc: &Doc, provider: &Doc, mut take: impl FnMut(&'static str, &[Word])) {
    for at in 0..doc.words.len() {
        let zone = doc.zones[at];
        if matches!(zone, Zone::Provider | Zone::Venue) || is_negated(doc, at) {
            continue;
        }
        for words in at_most_two(doc, at) {
            take("", words);
            if zone == Zone::Title {
                take(IN_TITLE, words);
            }
        }
    }
    for at in 0..provider.words.len() {
        at_most_two(provider, at).for_each(|words| take(IN_NAME, words));
    }
}

/// The word and the pair that begin here, when they say something.
fn at_most_two(doc: &Doc, at: usize) -> impl Iterator<Item = &[Word]> {
    let word = &doc.words[at];
    let next = doc.words.get(at + 1).filter(|n| n.sentence == word.sentence && doc.zones[at] == doc.zones[at + 1]);
    let single = (!is_empty(word)).then(|| &doc.words[at..=at]);
    let pair = next.filter(|n| !(is_empty(n) || is_empty(word))).map(|_| &doc.words[at..at + 2]);
    single.into_iter().chain(pair)
}

fn is_empty(word: &Word) -> bool {
    word.folded.len() < 2 || word.number.is_some() || EMPTY.contains(&word.exact.as_str())
}

fn key_of(prefix: &str, words: &[Word]) -> u64 {
    let mut hash = fnv(FNV_START, prefix.as_bytes());
    for (place, word) in words.iter().enumerate() {
        if place > 0 {
            hash = fnv(hash, b" ");
        }
        hash = fnv(hash, word.folded.as_bytes());
    }
    hash
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: the same on every machine and in every version, as the weights file needs.
fn fnv(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::words::split;

    fn check(title: &str, text: &str, expected: &[&str]) {
        let mut doc = Doc::default();
        doc.push(split(title), Zone::Title);
        doc.push(split(text), Zone::Body);
        let none = Doc::default();
        let sign = Sign { name: "submit".into(), said: String::new() };
        let (texts, read) = (written(&doc, &none, &["dated"], std::slice::from_ref(&sign)), grams(&doc, &none, &["dated"], &[sign]));
        assert_eq!(texts[..3], ["fact: dated", "act: dated", "act: submit"]);
        assert_eq!(texts[3..], *expected);
        let has = |text: &String| read.keys.contains(&key(text)) || read.acts.contains(&key(text));
        assert!(texts.iter().all(has), "a gram has the same key written and read");
    }

    #[test]
    fn grams_are_words_and_pairs_within_a_sentence() {
        check("", "Cash flow. The reserves", &["cash", "cash flow", "flow", "reserv"]);
        check("Cash", "flow", &["cash", "title: cash", "flow"]);
        check("", "Not fundraising", &[]);
    }
}
