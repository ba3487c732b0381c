//! Text to tokens: numbers, months, weekdays, signs and words, each with its place. Linear; never judges meaning beyond one word.

use chrono::Weekday;

/// What a token is by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::collect::normalise) enum Kind {
    /// A run of at most eight digits.
    Number(u32),
    /// A month by its English name or abbreviation, 1..=12.
    Month(u32),
    Weekday(Weekday),
    Word,
    /// A hyphen or dash of any length, or a word that stands for one ("to", "until").
    Dash,
    Slash,
    Dot,
    Colon,
    Comma,
    /// "and", "&", "+".
    And,
    /// A currency sign.
    Money,
    /// An apostrophe, as in '27.
    Apostrophe,
    Newline,
    /// Any other sign.
    Sign,
}

/// A token and the bytes it covers.
#[derive(Debug, Clone, Copy)]
pub(in crate::collect::normalise) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: usize,
    /// No white space between it and the token before.
    pub glued: bool,
}

impl Token<'_> {
    pub(in crate::collect::normalise) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(in crate::collect::normalise) fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    pub(in crate::collect::normalise) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|w| self.is(w))
    }

    /// Written with a capital first letter.
    pub(in crate::collect::normalise) fn is_capital(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }
}

/// Splits text into tokens; white space other than line breaks is dropped, and a URL is one sign.
pub(in crate::collect::normalise) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut glued = true;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() && c != '\n' {
            at += c.len_utf8();
            glued = false;
            continue;
        }
        let len = length(&text[at..], c);
        let word = &text[at..at + len];
        out.push(Token { kind: kind(word, c), text: word, start: at, glued });
        at += len;
        glued = c != '\n';
    }
    out
}

fn length(rest: &str, first: char) -> usize {
    if let Some(url) = url_length(rest) {
        return url;
    }
    let run = |keep: fn(char) -> bool| rest.find(|c| !keep(c)).unwrap_or(rest.len());
    if first.is_ascii_digit() {
        run(|c| c.is_ascii_digit())
    } else if first.is_alphabetic() {
        word_length(rest)
    } else {
        first.len_utf8()
    }
}

/// Letters, with an apostrophe only between two of them.
fn word_length(rest: &str) -> usize {
    let mut end = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inner = matches!(c, '\'' | '’') && chars.peek().is_some_and(|(_, next)| next.is_alphabetic());
        if !(c.is_alphabetic() || inner) {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

fn url_length(rest: &str) -> Option<usize> {
    let starts = ["http://", "https://", "www."].iter().any(|p| rest.get(..p.len()).is_some_and(|s| s.eq_ignore_ascii_case(p)));
    starts.then(|| rest.find(char::is_whitespace).unwrap_or(rest.len()))
}

fn kind(word: &str, first: char) -> Kind {
    match first {
        _ if url_length(word).is_some() => Kind::Sign,
        '0'..='9' => word.parse().ok().filter(|_| word.len() <= 8).map_or(Kind::Word, Kind::Number),
        '-' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => Kind::Dash,
        '/' => Kind::Slash,
        '.' => Kind::Dot,
        ':' => Kind::Colon,
        ',' => Kind::Comma,
        '&' | '+' => Kind::And,
        '£' | '$' | '€' => Kind::Money,
        '\'' | '’' | '‘' => Kind::Apostrophe,
        '\n' => Kind::Newline,
        c if c.is_alphabetic() => word_kind(word),
        _ => Kind::Sign,
    }
}

fn word_kind(word: &str) -> Kind {
    if word.len() > 12 {
        return Kind::Word;
    }
    let lower = word.to_ascii_lowercase();
    match lower.as_str() {
        "to" | "until" | "till" | "til" | "through" | "thru" => Kind::Dash,
        "and" | "plus" => Kind::And,
        _ => month(&lower).map(Kind::Month).or_else(|| weekday(&lower).map(Kind::Weekday)).unwrap_or(Kind::Word),
    }
}

/// Whole names only: "Marketing", "Decolonising" and "Augmented" are not months.
fn month(lower: &str) -> Option<u32> {
    Some(match lower {
        "january" | "jan" => 1,
        "february" | "feb" | "febuary" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sept" | "sep" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}

fn weekday(lower: &str) -> Option<Weekday> {
    Some(match lower {
        "monday" | "mondays" | "mon" => Weekday::Mon,
        "tuesday" | "tuesdays" | "tues" | "tue" => Weekday::Tue,
        "wednesday" | "wednesdays" | "weds" | "wed" => Weekday::Wed,
        "thursday" | "thursdays" | "thurs" | "thur" | "thu" => Weekday::Thu,
        "friday" | "fridays" | "fri" => Weekday::Fri,
        "saturday" | "saturdays" | "sat" => Weekday::Sat,
        "sunday" | "sundays" | "sun" => Weekday::Sun,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Kind]) {
        assert_eq!(tokens(text).iter().map(|t| t.kind).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn words_that_contain_a_month_are_words() {
        check("Marketing Decolonising Augmented", &[Kind::Word, Kind::Word, Kind::Word]);
        check("Sept. 22nd", &[Kind::Month(9), Kind::Dot, Kind::Number(22), Kind::Word]);
        check("https://a.example/2027/05/04 x", &[Kind::Sign, Kind::Word]);
    }
}
