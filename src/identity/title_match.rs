//! Two titles, word by word: what they share, what only one says, and how alike their letters are.
//!
//! Bounded by the words of a title (24 each), so a pair costs microseconds whatever was put in.

use super::{
    place_words::Place,
    prepared::{Prepared, Word},
    title::WORDS_AT_MOST,
};

/// How two titles compare; all shares are 0..=1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct TitleMatch {
    /// Weight of the words that agree, of the weight of all words.
    pub shared: f64,
    /// The same for the title that is better covered: 1 when one title is within the other.
    pub contained: f64,
    /// Pairs of letters in common, spaces ignored.
    pub letters: f64,
    /// Weight of the words that only one has, for the title that has less of them: high when both say something else.
    pub clash: f64,
    /// Weight of the most telling word in common.
    pub telling: f64,
}

/// Both on the stack: a pair is compared millions of times.
struct Side<'a> {
    words: Words<'a>,
    /// How far each word agrees with the other title, 0..=1.
    agrees: [f32; WORDS_AT_MOST],
}

struct Words<'a> {
    all: [Word<'a>; WORDS_AT_MOST],
    len: usize,
}

impl<'a> std::ops::Deref for Words<'a> {
    type Target = [Word<'a>];
    fn deref(&self) -> &Self::Target {
        &self.all[..self.len]
    }
}

impl std::ops::DerefMut for Words<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.all[..self.len]
    }
}

/// A word that the place already says counts this much when only one title says it.
const PLACE_SHARE: f32 = 0.15;
/// Agreement of a short form, an initialism or a spelling.
const ALIKE: f32 = 0.85;

pub(super) fn compare(a: &Prepared, b: &Prepared) -> TitleMatch {
    let mut left = Side::of(a);
    let mut right = Side::of(b);
    equal_words(&mut left, &mut right);
    joined_words(&mut left, &mut right);
    joined_words(&mut right, &mut left);
    initials(&mut left, &mut right);
    initials(&mut right, &mut left);
    alike_words(&mut left, &mut right);
    left.written_out();
    right.written_out();
    left.excuse_places(a, b);
    right.excuse_places(a, b);
    let (agreed_a, all_a) = left.sums();
    let (agreed_b, all_b) = right.sums();
    let share = |agreed: f64, all: f64| if all > 0.0 { agreed / all } else { 0.0 };
    TitleMatch {
        shared: share(agreed_a + agreed_b, all_a + all_b),
        contained: share(agreed_a, all_a).max(share(agreed_b, all_b)),
        letters: letters(&a.letters, &b.letters),
        clash: (all_a - agreed_a).min(all_b - agreed_b).min(1.0),
        telling: left.telling().max(right.telling()),
    }
}

impl<'a> Side<'a> {
    fn of(p: &'a Prepared) -> Self {
        let mut words = Words { all: [Word { text: "", name: 0, weight: 0.0 }; WORDS_AT_MOST], len: 0 };
        for (place, word) in words.all.iter_mut().zip(p.words()) {
            *place = word;
            words.len += 1;
        }
        Self { words, agrees: [0.0; WORDS_AT_MOST] }
    }

    fn open(&self, at: usize) -> bool {
        self.agrees[at] == 0.0
    }

    fn excuse_places(&mut self, a: &Prepared, b: &Prepared) {
        for (word, agrees) in self.words.iter_mut().zip(&self.agrees) {
            let said = |p: &Place| p.is_named(word.name);
            if *agrees == 0.0 && (said(&a.place) || said(&b.place)) {
                word.weight *= PLACE_SHARE;
            }
        }
    }

    /// "MDN: Museum Development Network" against "MDN": what writes out an agreed word agrees with it.
    fn written_out(&mut self) {
        for j in 0..self.words.len() {
            let run = if self.open(j) { None } else { run_spelling(self, self.words[j].text) };
            if let Some(run) = run.filter(|run| !run.contains(&j)) {
                self.agrees[run].iter_mut().for_each(|agrees| *agrees = agrees.max(ALIKE));
            }
        }
    }

    /// Weight that agrees, and all weight.
    fn sums(&self) -> (f64, f64) {
        self.words.iter().zip(&self.agrees).fold((0.0, 0.0), |(some, all), (word, agrees)| {
            let weight = f64::from(word.weight);
            (some + weight * f64::from(*agrees), all + weight)
        })
    }

    fn telling(&self) -> f64 {
        self.words.iter().zip(&self.agrees).map(|(w, agrees)| f64::from(w.weight * agrees)).fold(0.0, f64::max)
    }
}

fn equal_words(a: &mut Side, b: &mut Side) {
    for i in 0..a.words.len() {
        if let Some(j) = (0..b.words.len()).find(|&j| b.open(j) && b.words[j].name == a.words[i].name) {
            a.agrees[i] = 1.0;
            b.agrees[j] = 1.0;
        }
    }
}

/// "Ruby Conf" and "RubyConf": two or three neighbours of `parts` that make one word of `whole`.
fn joined_words(parts: &mut Side, whole: &mut Side) {
    for j in 0..whole.words.len() {
        if !whole.open(j) {
            continue;
        }
        let target = whole.words[j].text;
        let found = (0..parts.words.len()).find_map(|i| joins(parts, i, target).map(|n| i..i + n));
        if let Some(run) = found {
            whole.agrees[j] = 1.0;
            parts.agrees[run].fill(1.0);
        }
    }
}

/// How many words from `at` on make `target`; the first must be open.
fn joins(side: &Side, at: usize, target: &str) -> Option<usize> {
    if !side.open(at) {
        return None;
    }
    let mut rest = target;
    for (n, word) in side.words[at..].iter().take(3).enumerate() {
        // "rubyconf" against "ruby conference": the last part may be the short form.
        if n > 0 && rest.len() >= 3 && word.text.starts_with(rest) {
            return Some(n + 1);
        }
        rest = rest.strip_prefix(word.text)?;
        if rest.is_empty() {
            return (n > 0).then_some(n + 1);
        }
    }
    None
}

/// "CPD" and "Continuing Professional Development": a word made of the first letters of a run of the other's words.
fn initials(short: &mut Side, long: &mut Side) {
    for j in 0..short.words.len() {
        if !short.open(j) {
            continue;
        }
        if let Some(run) = run_spelling(long, short.words[j].text) {
            short.agrees[j] = ALIKE;
            long.agrees[run].fill(ALIKE);
        }
    }
}

/// The words whose first letters spell `text`, which has two to six.
fn run_spelling(side: &Side, text: &str) -> Option<std::ops::Range<usize>> {
    let n = text.len();
    if !(2..=6).contains(&n) || !text.is_ascii() || side.words.len() < n {
        return None;
    }
    let spells = |i: &usize| side.words[*i..*i + n].iter().zip(text.chars()).all(|(w, c)| w.text.starts_with(c));
    (0..=side.words.len() - n).find(spells).map(|i| i..i + n)
}

/// What is left: short forms and slips of spelling.
fn alike_words(a: &mut Side, b: &mut Side) {
    for i in 0..a.words.len() {
        if !a.open(i) {
            continue;
        }
        let found = (0..b.words.len()).find(|&j| b.open(j) && alike(a.words[i].text, b.words[j].text));
        if let Some(j) = found {
            a.agrees[i] = ALIKE;
            b.agrees[j] = ALIKE;
        }
    }
}

fn alike(a: &str, b: &str) -> bool {
    // Slips of the pen rarely hit the first letter, and looking at it alone spares nearly every comparison.
    if a.as_bytes().first() != b.as_bytes().first() {
        return false;
    }
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let digits = |s: &str| s.bytes().any(|b| b.is_ascii_digit());
    if short.len() < 4 || digits(short) || digits(long) {
        return false;
    }
    let slips = 1 + short.len() / 9;
    long.starts_with(short) || (short.len() >= 5 && long.len() - short.len() <= slips * 4 && strsim::osa_distance(short, long) <= slips)
}

/// Sørensen-Dice over sorted pairs of neighbouring letters.
#[allow(clippy::cast_precision_loss, reason = "lengths of titles")]
fn letters(a: &[u16], b: &[u16]) -> f64 {
    let (mut i, mut j, mut both) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                both += 1;
                i += 1;
                j += 1;
            }
        }
    }
    if a.is_empty() || b.is_empty() { 0.0 } else { 2.0 * f64::from(both) / (a.len() + b.len()) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Corpus, Profile};

    fn matched(a: &str, b: &str) -> TitleMatch {
        let read = |t: &str| Prepared::read(&Profile::new("x", "s", t), &Corpus::neutral());
        let (there, back) = (compare(&read(a), &read(b)), compare(&read(b), &read(a)));
        assert!((there.shared - back.shared).abs() < 1e-6, "{a} / {b}");
        there
    }

    #[test]
    fn spellings_of_one_name_agree() {
        for (a, b) in [
            ("Ruby Conf India", "RubyConf India 2015"),
            ("Museum Development Conference", "Museum development conf"),
            ("CPD for teachers", "Continuing Professional Development for teachers"),
            ("Fundraising basics", "Fundrasing basics"),
            ("Café culture", "CAFE CULTURE"),
        ] {
            assert!(matched(a, b).shared > 0.8, "{a} / {b}: {:?}", matched(a, b));
        }
    }

    #[test]
    fn different_names_do_not() {
        for (a, b) in [("Bid writing for museums", "Collections care for museums"), ("Python for beginners", "Drawing for beginners")] {
            assert!(matched(a, b).shared < 0.6 && matched(a, b).clash > 0.5, "{a} / {b}: {:?}", matched(a, b));
        }
        assert!(matched("ADMN", "ADMN - Anglian Digital Museum Network").shared > 0.8);
        assert!(matched("Digital skills", "Digital skills: a day for small museums").contained > 0.99);
    }
}
