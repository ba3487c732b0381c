//! Text as the cues see it: whole words without case, plural or -ing, numbers by their kind, sentences kept apart.
//!
//! Addresses of pages and mailboxes are no words. Linear in the text; reads at most [`MOST_WORDS`] words.

/// What is read of one text; an announcement has a few hundred words.
pub const MOST_WORDS: usize = 6_000;
/// A sum from which money is a salary or a grant rather than a fee.
const LARGE_SUM: u64 = 5_000;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Lower case, without possessive.
    pub exact: String,
    /// [`Word::exact`] without plural; `#` stands for the digits of a number, `£#` for a sum, `£#k` for a large one.
    pub folded: String,
    /// Whether it stands in capitals, as SEND does and "send" does not.
    pub is_capital: bool,
    /// Which sentence or line it belongs to.
    pub sentence: u32,
    /// The number itself, in figures or in words to twelve.
    pub number: Option<u32>,
}

/// Whether a cue holds no word at all.
#[must_use]
pub fn is_blank(cue: &str) -> bool {
    !cue.starts_with('@') && cue_words(cue).is_empty()
}

/// The words of a cue, in which `#` stands for any number and `£#k` for any large sum.
#[must_use]
pub fn cue_words(cue: &str) -> Vec<Word> {
    split(&cue.replace("£#k", "£9000").replace('#', "1"))
}

/// Splits text into words.
#[must_use]
pub fn split(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut sentence = 0;
    for line in text.lines() {
        for chunk in line.split_whitespace() {
            if words.len() >= MOST_WORDS {
                return words;
            }
            if !is_address(chunk) {
                words_of(chunk, &mut sentence, &mut words);
            }
        }
        sentence += 1;
    }
    words
}

/// Web and mail addresses, with or without scheme.
fn is_address(chunk: &str) -> bool {
    let chunk = chunk.trim_end_matches(|c: char| !c.is_alphanumeric());
    if chunk.contains("://") || chunk.contains('@') || chunk.starts_with("www.") {
        return true;
    }
    let host = chunk.split('/').next().unwrap_or(chunk);
    let mut labels = host.rsplit('.');
    let last = labels.next().unwrap_or("");
    let before = labels.next().unwrap_or("");
    let starts_with_letter = |s: &str| s.chars().next().is_some_and(char::is_alphabetic);
    last.len() >= 2
        && last.chars().all(char::is_alphabetic)
        && before.len() >= 2
        && before.chars().all(|c| c.is_alphanumeric() || c == '-')
        && starts_with_letter(before)
}

fn words_of(chunk: &str, sentence: &mut u32, words: &mut Vec<Word>) {
    let mut rest = chunk;
    while let Some(c) = rest.chars().next() {
        let length = if c == '£' || c.is_ascii_digit() {
            number_length(rest)
        } else if c.is_alphanumeric() {
            rest.find(|c: char| !(c.is_alphanumeric() || is_apostrophe(c))).unwrap_or(rest.len())
        } else {
            if c == '&' || c == '+' {
                words.push(plain("and", *sentence));
            }
            rest = &rest[c.len_utf8()..];
            if ends_sentence(c, rest) {
                *sentence += 1;
            }
            continue;
        };
        let (word, after) = rest.split_at(length.max(c.len_utf8()));
        words.push(if c == '£' || c.is_ascii_digit() { number(word, *sentence) } else { plain(word, *sentence) });
        rest = after;
    }
}

/// Inside "10:30" or "1:1" nothing ends.
fn ends_sentence(c: char, rest: &str) -> bool {
    matches!(c, '!' | '?' | ';' | '•' | '|') || (matches!(c, '.' | ':') && !rest.starts_with(char::is_alphanumeric))
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘')
}

/// Digits with their separators and the letters stuck to them: `10.30am`, `£1,095`, `£29k`.
fn number_length(rest: &str) -> usize {
    let digit_follows = |at: usize| rest[at..].chars().nth(1).is_some_and(|c| c.is_ascii_digit());
    for (at, c) in rest.char_indices() {
        let inside = match c {
            '£' => at == 0,
            ',' | '.' => digit_follows(at),
            '%' => true,
            _ => c.is_alphanumeric(),
        };
        if !inside {
            return at;
        }
    }
    rest.len()
}

fn number(word: &str, sentence: u32) -> Word {
    let money = word.starts_with('£');
    let whole: String =
        word.chars().skip_while(|c| *c == '£').take_while(|c| c.is_ascii_digit() || *c == ',').filter(char::is_ascii_digit).take(9).collect();
    let value: Option<u64> = whole.parse().ok();
    let tail: String = word.chars().skip_while(|c| !c.is_alphabetic() && *c != '%').collect::<String>().to_lowercase();
    let folded = match (money, tail.as_str()) {
        (true, "k" | "m" | "bn") => "£#k".to_owned(),
        (true, _) if value.is_some_and(|v| v >= LARGE_SUM) => "£#k".to_owned(),
        (true, _) => "£#".to_owned(),
        (false, "st" | "nd" | "rd" | "th") => "#".to_owned(),
        (false, tail) => format!("#{tail}"),
    };
    Word { exact: word.to_lowercase(), folded, is_capital: false, sentence, number: value.and_then(|v| u32::try_from(v).ok()).filter(|_| !money) }
}

fn plain(word: &str, sentence: u32) -> Word {
    let mut exact: String = word.chars().map(|c| if is_apostrophe(c) { '\'' } else { c }).flat_map(char::to_lowercase).collect();
    while exact.ends_with('\'') {
        exact.pop();
    }
    if let Some(stem) = exact.strip_suffix("'s") {
        exact.truncate(stem.len());
    }
    let spelt = SPELT.iter().position(|n| *n == exact).and_then(|n| u32::try_from(n + 1).ok());
    let letters = word.trim_end_matches('s');
    let is_capital = letters.len() > 1 && letters.chars().all(char::is_uppercase);
    Word { folded: fold(&exact), exact, is_capital, sentence, number: spelt }
}

const SPELT: [&str; 12] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// A word without plural and final e, so that "price" and "prices" meet. Both sides of every comparison go through it; what
/// comes out need not be a word. "Chairs" are no "chairing", so -ing stays.
#[must_use]
pub fn fold(word: &str) -> String {
    if !word.is_ascii() || word.len() <= 3 {
        return word.to_owned();
    }
    let singular = match word {
        w if w.len() > 4 && w.ends_with("ies") => format!("{}y", &w[..w.len() - 3]),
        w if w.ends_with("ss") || w.ends_with("us") || w.ends_with("is") => w.to_owned(),
        w if w.ends_with("sses") || w.ends_with("ches") || w.ends_with("shes") || w.ends_with("xes") => w[..w.len() - 2].to_owned(),
        w => w.strip_suffix('s').unwrap_or(w).to_owned(),
    };
    let mut stem = singular;
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = |w: &Word| if w.folded.contains('#') { w.folded.clone() } else { w.exact.clone() };
        assert_eq!(split(text).iter().map(shown).collect::<Vec<_>>().join(" "), expected, "{text}");
    }

    #[test]
    fn words_are_found_whole() {
        check("Martyn’s Law: R&D, co-creation", "martyn law r and d co creation");
        check("10.30am–4pm, £29,269 or £29k, £1,095 + VAT", "#am #pm £#k or £#k £# and vat");
        check("0.6 FTE; 18th March, 3D, 50%", "# fte # march #d #%");
        check("Book: pdmd.example/flood or https://x.example or a@b.example. Teachers' e.g.", "book or or teachers e g");
        check("", "");
    }

    #[test]
    fn forms_of_a_word_meet() {
        for group in [&["price", "prices"][..], &["policy", "policies"], &["coach", "coaches"], &["briefing", "briefings"]] {
            assert!(group.iter().all(|w| fold(w) == fold(group[0])), "{group:?}");
        }
        for (a, b) in [("business", "busy"), ("museum", "muse"), ("chairs", "chairing"), ("campus", "camp")] {
            assert_ne!(fold(a), fold(b));
        }
    }

    #[test]
    fn sentences_and_numbers_are_kept() {
        let words = split("Two hours. Six days\n12 weeks");
        assert_eq!(
            words.iter().map(|w| (w.sentence, w.number)).collect::<Vec<_>>(),
            [(0, Some(2)), (0, None), (1, Some(6)), (1, None), (2, Some(12)), (2, None)]
        );
    }
}
