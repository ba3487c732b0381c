//! A title taken apart: words without accents, case and punctuation; and apart from them the marks that tell siblings from
//! duplicates (years, numbers, editions, parts, levels).
//!
//! Bounded: at most [`WORDS_AT_MOST`] words of at most [`LETTERS_AT_MOST`] bytes are read, however long the title is.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::words::{ABBREVIATIONS, MONTHS, NOTICES, NUMBER_WORDS, PART_WORDS, SERIES, STOP};

/// Words of a title that are compared; the rest is ignored.
pub(super) const WORDS_AT_MOST: usize = 24;
/// Bytes of one word that are compared.
const LETTERS_AT_MOST: usize = 32;

/// What tells an event from its siblings of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// A year in the title: "2027".
    Year(u16),
    /// Which edition: "12th", "third annual", "edition 4".
    Edition(u16),
    /// Which part of several: "Part 2", "Module B", "Day 3", "2 of 4".
    Part(u16),
    /// Any other number.
    Number(u32),
    /// 1 introductory, 2 intermediate, 3 advanced.
    Level(u8),
}

/// A title as it is compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Title {
    /// Significant words in order. Never longer than [`WORDS_AT_MOST`].
    pub words: Vec<String>,
    /// Sorted, without repeats.
    pub marks: Vec<Mark>,
}

impl Title {
    pub(super) fn read(title: &str) -> Self {
        let raw = split(title);
        let mut read = Reader { raw: &raw, at: 0, title: Self::default() };
        while read.at < raw.len() {
            read.step();
        }
        let mut title = read.title;
        title.marks.sort_unstable();
        title.marks.dedup();
        title
    }

    /// The words without spaces, series words left out unless nothing else is there: "GrillRB" and "Grill.RB" agree in it.
    pub(super) fn compact(&self) -> String {
        let kept: String = self.words.iter().filter(|w| !is_series(w)).map(String::as_str).collect();
        if kept.is_empty() { self.words.concat() } else { kept }
    }

    /// The significant words sorted and joined: equal for titles that differ only in order, series words, case and marks.
    pub(super) fn signature(&self) -> String {
        let mut kept: Vec<&str> = self.words.iter().map(String::as_str).filter(|w| !is_series(w)).collect();
        if kept.is_empty() {
            kept = self.words.iter().map(String::as_str).collect();
        }
        for word in &mut kept {
            *word = long_form(word);
        }
        kept.sort_unstable();
        kept.dedup();
        kept.join(" ")
    }
}

/// Whether a word says what kind of occasion it is rather than which one.
pub(super) fn is_series(word: &str) -> bool {
    SERIES.binary_search(&word).is_ok()
}

/// A short form written out; any other word as it is.
pub(super) fn long_form(word: &str) -> &str {
    ABBREVIATIONS.binary_search_by_key(&word, |(short, _)| short).map_or(word, |at| ABBREVIATIONS[at].1)
}

/// Lower case, no accents, split at everything that is neither letter nor digit, and before a year or two digits stuck to a word.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    for c in text.chars().take(400).nfkd().filter(|c| !is_combining_mark(*c) && !matches!(c, '\'' | '’')) {
        if c.is_alphanumeric() {
            if word.len() < LETTERS_AT_MOST {
                word.extend(fold(c));
            }
        } else if !word.is_empty() {
            push(&mut out, std::mem::take(&mut word));
        }
        if out.len() >= WORDS_AT_MOST * 2 {
            return out;
        }
    }
    if !word.is_empty() {
        push(&mut out, word);
    }
    out
}

/// Lower case, and the letters that have no decomposition.
fn fold(c: char) -> impl Iterator<Item = char> {
    let plain = match c {
        'ł' | 'Ł' => 'l',
        'ø' | 'Ø' => 'o',
        'đ' | 'Đ' => 'd',
        'ı' => 'i',
        other => other,
    };
    plain.to_lowercase()
}

fn push(out: &mut Vec<String>, word: String) {
    let digits = word.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (name, tail) = word.split_at(word.len() - digits);
    if !name.is_empty() && (year(tail).is_some() || (digits == 2 && name.len() >= 4)) {
        out.push(name.to_owned());
        out.push(tail.to_owned());
    } else {
        out.push(word);
    }
}

fn year(word: &str) -> Option<u16> {
    word.parse().ok().filter(|y| word.len() == 4 && (1980..=2079).contains(y))
}

/// "3", "three", "iii" (not the bare letters i, v, x, which are too often words or initials).
fn number(word: &str) -> Option<u16> {
    word.parse().ok().or_else(|| NUMBER_WORDS.iter().find(|(w, _)| *w == word).map(|(_, n)| *n))
}

/// "3rd", "21st", "third".
fn ordinal(word: &str) -> Option<u16> {
    let digits = word.strip_suffix("st").or_else(|| word.strip_suffix("nd")).or_else(|| word.strip_suffix("rd")).or_else(|| word.strip_suffix("th"));
    let spelt = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    let spelt = || spelt.iter().position(|w| *w == word).and_then(|i| u16::try_from(i + 1).ok());
    digits.and_then(|d| d.parse().ok()).or_else(spelt)
}

/// After "part", "module"...: a number, a Roman numeral or a single letter.
fn part_number(word: &str) -> Option<u16> {
    let roman = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"];
    let roman = roman.iter().position(|r| *r == word).and_then(|i| u16::try_from(i + 1).ok());
    let letter = || match word.as_bytes() {
        [c @ b'a'..=b'h'] => Some(u16::from(c - b'a' + 1)),
        _ => None,
    };
    number(word).or(roman).or_else(letter)
}

fn level(word: &str) -> Option<u8> {
    match word {
        "introduction" | "introductory" | "introducing" | "beginner" | "beginners" | "basic" | "basics" | "foundation" | "foundations"
        | "starter" => Some(1),
        "intermediate" | "improver" | "improvers" => Some(2),
        "advanced" | "expert" => Some(3),
        _ => None,
    }
}

struct Reader<'a> {
    raw: &'a [String],
    at: usize,
    title: Title,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> &str {
        self.raw.get(self.at + ahead).map_or("", String::as_str)
    }

    /// Reads the word at hand and those that belong to it.
    fn step(&mut self) {
        let word = self.peek(0).to_owned();
        let used = self.date().or_else(|| self.mark(&word)).unwrap_or_else(|| self.word(&word));
        self.at += used;
    }

    /// "12 March", "March 12th 2027": when is a fact of its own, not part of the name.
    fn date(&self) -> Option<usize> {
        let is_month = |w: &str| MONTHS.binary_search(&w).is_ok();
        let is_day = |w: &str| w.len() <= 4 && number(w.trim_end_matches(char::is_alphabetic)).is_some_and(|d| d <= 31);
        let pair = (is_month(self.peek(0)) && is_day(self.peek(1))) || (is_day(self.peek(0)) && is_month(self.peek(1)));
        let month_of_year = is_month(self.peek(0)) && year(self.peek(1)).is_some();
        // The year that follows a month stays, and is read as a mark next.
        if pair { Some(2) } else { month_of_year.then_some(1) }
    }

    fn mark(&mut self, word: &str) -> Option<usize> {
        if let Some(y) = year(word) {
            return self.put(Mark::Year(y), 1);
        }
        if PART_WORDS.contains(&word)
            && let Some(n) = part_number(self.peek(1))
        {
            return self.put(Mark::Part(n), 2);
        }
        if self.peek(1) == "of"
            && let (Some(n), Some(_)) = (number(word), number(self.peek(2)))
        {
            return self.put(Mark::Part(n), 3);
        }
        if matches!(word, "edition" | "volume" | "vol" | "no" | "number" | "issue")
            && let Some(n) = number(self.peek(1))
        {
            return self.put(Mark::Edition(n), 2);
        }
        if let Some(n) = ordinal(word) {
            return self.put(Mark::Edition(n), 1);
        }
        if let Some(l) = level(word) {
            self.title.marks.push(Mark::Level(l));
            return None;
        }
        if word.bytes().all(|b| b.is_ascii_digit()) {
            let n = word.parse().unwrap_or(u32::MAX);
            return self.put(Mark::Number(n), 1);
        }
        None
    }

    #[allow(clippy::unnecessary_wraps, reason = "reads as the last word of each branch of `mark`")]
    fn put(&mut self, mark: Mark, used: usize) -> Option<usize> {
        self.title.marks.push(mark);
        Some(used)
    }

    /// A word of the name; words that name nothing are passed over.
    fn word(&mut self, word: &str) -> usize {
        if STOP.binary_search(&word).is_err() && NOTICES.binary_search(&word).is_err() && self.title.words.len() < WORDS_AT_MOST {
            self.title.words.push(word.to_owned());
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, words: &str, marks: &[Mark]) {
        let read = Title::read(title);
        assert_eq!(read.words.join(" "), words, "{title}");
        assert_eq!(read.marks, marks, "{title}");
    }

    #[test]
    fn marks_stand_apart_from_the_name() {
        check("RubyConf2019", "rubyconf", &[Mark::Year(2019)]);
        check("MuseumCamp27", "museumcamp", &[Mark::Number(27)]);
        check("The 12th Annual Museums Conf 2027", "annual museums conf", &[Mark::Year(2027), Mark::Edition(12)]);
        check("Bid Writing: Part II", "bid writing", &[Mark::Part(2)]);
        check("Bid Writing (2 of 4)", "bid writing", &[Mark::Part(2)]);
        check("Module B - Collections care", "collections care", &[Mark::Part(2)]);
        check("Advanced Excel", "advanced excel", &[Mark::Level(3)]);
        check("CANCELLED: Café Culture, 12 March 2027", "cafe culture", &[Mark::Year(2027)]);
        check("March of the Museums", "march museums", &[]);
        check("Łódź Q&A 7", "lodz q", &[Mark::Number(7)]);
    }

    #[test]
    fn spelling_does_not_change_the_compact_form() {
        assert_eq!(Title::read("Grill.RB 2019").compact(), Title::read("GrillRB").compact());
        assert_eq!(Title::read("Webinar").compact(), "webinar");
        assert_eq!(Title::read("Governance for Trustees: webinar").signature(), Title::read("Trustees' governance").signature());
    }

    #[test]
    fn a_hostile_title_costs_little() {
        let long = "a ".repeat(100_000) + &"b".repeat(100_000);
        let read = Title::read(&long);
        assert!(read.words.len() <= WORDS_AT_MOST);
        assert!(Title::read(&"b".repeat(100_000)).words[0].len() <= LETTERS_AT_MOST + 3);
    }
}
