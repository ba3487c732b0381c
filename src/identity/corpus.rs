//! How telling a word is: words that few listings carry weigh more.
//!
//! Counts only, so it does not depend on the order in which listings were read.

use std::collections::HashMap;

use super::{
    Profile,
    title::{Title, is_series, long_form},
};

/// Below this many listings the counts say nothing yet and the neutral weights hold.
const ENOUGH: u32 = 200;
/// Weight of a word that names a kind of occasion, relative to a name.
const SERIES_SHARE: f32 = 0.35;

/// Word frequencies over the titles of many listings, or nothing (neutral).
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    titles: u32,
    /// In how many titles a word stands, by [`hash`] of the word.
    holding: HashMap<u64, u32>,
}

impl Corpus {
    /// Every name weighs the same, series words less.
    #[must_use]
    pub fn neutral() -> Self {
        Self::default()
    }

    /// Counts the words of the titles of `profiles`.
    #[must_use]
    pub fn of<'a>(profiles: impl IntoIterator<Item = &'a Profile>) -> Self {
        let mut corpus = Self::default();
        for profile in profiles {
            corpus.add(&profile.title);
        }
        corpus
    }

    /// Counts the words of one more title.
    pub fn add(&mut self, title: &str) {
        self.add_words(Title::read(title).words.iter().map(String::as_str));
    }

    pub(super) fn add_words<'a>(&mut self, words: impl Iterator<Item = &'a str>) {
        let mut words: Vec<u64> = words.map(|w| hash(long_form(w))).collect();
        words.sort_unstable();
        words.dedup();
        self.titles = self.titles.saturating_add(1);
        for word in words {
            let count = self.holding.entry(word).or_insert(0);
            *count = count.saturating_add(1);
        }
    }

    /// How telling a word is, 0..=1.
    pub(super) fn weight(&self, word: &str) -> f32 {
        let share = if is_series(word) { SERIES_SHARE } else { 1.0 };
        share * self.rarity(word).max(0.1)
    }

    #[allow(clippy::cast_precision_loss, reason = "a ratio of counts; the last bits do not matter")]
    fn rarity(&self, word: &str) -> f32 {
        if self.titles < ENOUGH {
            return 1.0;
        }
        let holding = self.holding.get(&hash(long_form(word))).copied().unwrap_or(0).max(1) as f32;
        let titles = self.titles as f32;
        ((1.0 + titles / holding).ln() / (1.0 + titles).ln()).clamp(0.0, 1.0)
    }
}

/// FNV-1a: small and the same on every machine and in every run. Collisions cost a comparison, never a merge.
pub(super) fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_tell_more() {
        let mut corpus = Corpus::neutral();
        assert!((corpus.weight("governance") - 1.0).abs() < f32::EPSILON);
        for i in 0..1000 {
            corpus.add(&format!("Museum training x{i}"));
        }
        assert!(corpus.weight("x7") > 3.0 * corpus.weight("museum"));
        assert!(corpus.weight("training") < corpus.weight("museum"));
    }
}
