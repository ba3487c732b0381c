//! Whole words in running text. Shared by the readers of prices, places and modes; judges no meaning.

/// Lower case, byte for byte in place: ASCII letters only, so that offsets stay those of the text.
#[must_use]
pub fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// Where `phrase` (lower case) stands as whole words in `lower`, from byte `from`.
#[must_use]
pub fn find_from(lower: &str, phrase: &str, from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = lower.get(at..)?.find(phrase) {
        let start = at + found;
        let end = start + phrase.len();
        let before = lower[..start].chars().next_back().is_some_and(char::is_alphanumeric);
        let after = lower[end..].chars().next().is_some_and(char::is_alphanumeric);
        let inside = before && phrase.starts_with(char::is_alphanumeric) || after && phrase.ends_with(char::is_alphanumeric);
        if !inside {
            return Some(start);
        }
        at = end;
    }
    None
}

/// Where `phrase` stands first as whole words.
#[must_use]
pub fn find(lower: &str, phrase: &str) -> Option<usize> {
    find_from(lower, phrase, 0)
}

/// Whether `phrase` stands there as whole words.
#[must_use]
pub fn has(lower: &str, phrase: &str) -> bool {
    find(lower, phrase).is_some()
}

/// The sentence or line around byte `at`, at most 240 bytes, trimmed.
#[must_use]
pub fn around(text: &str, at: usize) -> &str {
    let from = floor(text, at.saturating_sub(120));
    let to = floor(text, (at + 120).min(text.len()));
    let at = floor(text, at);
    let start = text[from..at].rfind(['\n', ';']).map_or(from, |i| from + i + 1);
    let start = text[start..at].rfind(". ").map_or(start, |i| start + i + 2);
    let end = text[at..to].find(['\n', ';']).map_or(to, |i| at + i);
    let end = text[at..end].find(". ").map_or(end, |i| at + i + 1);
    text[start..end].trim()
}

/// The nearest character boundary at or before `at`.
#[must_use]
pub fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

/// A word of the text: letters, digits and inner apostrophes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub text: &'a str,
    pub start: usize,
}

impl Word<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn is_capital(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }
}

/// Every word of the text in order.
pub(super) fn split(text: &str) -> Vec<Word<'_>> {
    let mut out = Vec::new();
    let mut start = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inner = matches!(c, '\'' | '’') && start.is_some() && chars.peek().is_some_and(|(_, n)| n.is_alphabetic());
        match (c.is_alphanumeric() || inner, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                out.push(Word { text: &text[from..at], start: from });
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        out.push(Word { text: &text[from..], start: from });
    }
    out
}
