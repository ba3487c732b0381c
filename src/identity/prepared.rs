//! A profile taken apart once, so that each of its many comparisons is cheap.

use super::{
    Corpus, Profile, address,
    corpus::hash,
    dates::Dates,
    place_words::Place,
    title::{Mark, Title, long_form, split},
};
use crate::domain::{Price, Status};

/// Hashes of running text that are kept: the smallest of all, a sample that is the same for the same text.
const SKETCH: usize = 48;
/// Words of running text that are read.
const TEXT_WORDS: usize = 600;

/// One word of a title and how telling it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub text: &'a str,
    /// Hash of its long form: equal for "conf" and "conference".
    pub name: u32,
    pub weight: f32,
}

/// A word of a title by where it ends, the hash of its long form, and its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Telling {
    end: u16,
    name: u32,
    weight: f32,
}

/// What is compared, ready to compare.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prepared {
    pub source: u64,
    /// The significant words of the title, joined by single spaces.
    title: Box<str>,
    /// For each word.
    telling: Box<[Telling]>,
    /// Pairs of neighbouring letters of the title, spaces ignored, sorted; repeats stay.
    pub letters: Box<[u16]>,
    /// Hash of the signature.
    pub signature: u64,
    /// Hash of the compact form.
    pub compact: u64,
    pub marks: Box<[Mark]>,
    pub dates: Dates,
    pub place: Place,
    pub online: Option<bool>,
    /// Canonical.
    pub url: Option<Box<str>>,
    pub native_id: Option<Box<str>>,
    /// Words without accents and case; empty when not stated.
    pub provider: Box<str>,
    pub price: Option<Price>,
    pub status: Option<Status>,
    /// Smallest hashes of word pairs of the text, sorted.
    sketch: Box<[u32]>,
}

impl Prepared {
    pub(super) fn read(p: &Profile, corpus: &Corpus) -> Self {
        Self::of_title(p, &Title::read(&p.title), corpus)
    }

    /// The same, for a caller that has taken the title apart already.
    pub(super) fn of_title(p: &Profile, title: &Title, corpus: &Corpus) -> Self {
        Self {
            source: hash(&p.source),
            telling: telling(&title.words, corpus),
            signature: hash(&title.signature()),
            compact: hash(&title.compact()),
            letters: letter_pairs(&title.words.concat()),
            title: title.words.join(" ").into(),
            marks: title.marks.as_slice().into(),
            dates: Dates::read(p),
            place: Place::read(p.town.as_deref(), p.country.as_deref()),
            online: p.online,
            url: p.url.as_deref().and_then(address::canonical).map(Into::into),
            native_id: p.native_id.as_deref().map(str::trim).filter(|n| !n.is_empty()).map(Into::into),
            provider: provider(p.provider.as_deref().unwrap_or_default()).into(),
            price: p.price,
            status: p.status,
            sketch: if p.text.is_empty() { p.sketch.as_slice().into() } else { sketch(&p.text) },
        }
    }

    /// Weighs the words of the title anew: for many listings at once the corpus is known only when all are read.
    pub(super) fn weigh(&mut self, corpus: &Corpus) {
        for (word, telling) in self.title.split(' ').zip(&mut self.telling) {
            telling.weight = corpus.weight(word);
        }
    }

    /// The words of the title in order.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        let mut from = 0;
        self.telling.iter().map(move |t| {
            let text = self.title.get(from..usize::from(t.end)).unwrap_or_default();
            from = usize::from(t.end) + 1;
            Word { text, name: t.name, weight: t.weight }
        })
    }

    /// Share of the texts' word pairs in common, 0..=1, from the samples; None when either has too little text.
    #[allow(clippy::cast_precision_loss, reason = "at most SKETCH")]
    pub(super) fn text_alike(&self, other: &Self) -> Option<f64> {
        const LEAST: usize = 8;
        if self.sketch.len() < LEAST || other.sketch.len() < LEAST {
            return None;
        }
        let both = self.sketch.iter().filter(|h| other.sketch.binary_search(h).is_ok()).count();
        Some(both as f64 / self.sketch.len().min(other.sketch.len()) as f64)
    }
}

/// Words of a provider's name that do not tell it from others.
const FORMS: &[&str] = &["the", "ltd", "limited", "cic", "cio", "plc", "llp", "trust", "charity", "uk", "and", "of"];

pub(super) fn provider(name: &str) -> String {
    let words = split(name);
    let kept: Vec<&str> = words.iter().map(String::as_str).filter(|w| !FORMS.contains(w)).take(8).collect();
    if kept.is_empty() { words.join(" ") } else { kept.join(" ") }
}

#[allow(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
pub(super) fn short_hash(word: &str) -> u32 {
    hash(word) as u32
}

/// The words stand in the title with single spaces between them; bounded as they are, their ends fit 16 bits.
fn telling(words: &[String], corpus: &Corpus) -> Box<[Telling]> {
    let mut end = 0;
    let one = |word: &String| {
        end += word.len() + usize::from(end > 0);
        Telling { end: u16::try_from(end).unwrap_or(u16::MAX), name: short_hash(long_form(word)), weight: corpus.weight(word) }
    };
    words.iter().map(one).collect()
}

/// Letter pairs that are kept of one title.
const PAIRS: usize = 120;

/// Each pair as 16 bits: two ASCII letters exactly, others by their low bytes.
#[allow(clippy::cast_possible_truncation, reason = "the low byte is meant")]
fn letter_pairs(text: &str) -> Box<[u16]> {
    let bytes = || text.chars().map(|c| c as u32 as u8);
    let mut pairs: Vec<u16> = bytes().zip(bytes().skip(1)).take(PAIRS).map(|(a, b)| u16::from_be_bytes([a, b])).collect();
    pairs.sort_unstable();
    pairs.into()
}

#[allow(clippy::cast_possible_truncation, reason = "half of a hash is a hash")]
pub(super) fn sketch(text: &str) -> Box<[u32]> {
    let words: Vec<u64> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(TEXT_WORDS).map(|w| hash(&w.to_lowercase())).collect();
    let mut pairs: Vec<u32> = words.windows(2).map(|w| (w[0].rotate_left(7) ^ w[1]).wrapping_mul(0x9e37_79b9_7f4a_7c15) as u32).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.truncate(SKETCH);
    pairs.into()
}
