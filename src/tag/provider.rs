//! The words by which a provider's type is known: its name, and where that says nothing, the names of bodies in the text.
//!
//! Never says who the provider is; that is a fact, found elsewhere.

use super::cues::{Doc, Zone};
use super::words::{Word, split};
use crate::domain::{CostFlag, Facts, text::multi_line};

/// Words inside a name: "Guild of Stage Technicians", "Museums in the East".
const INSIDE: &[&str] = &["of", "for", "the", "and", "&", "in"];
/// Words after which the name of whoever invites stands.
const BEFORE: &[&str] = &["by", "from", "with", "of", "at", "our", "join"];
/// Names that are read of one text.
const MOST_NAMES: usize = 60;

/// A name as a text of its own. Its head, which says what sort of body it is, counts as a title: the last word, or the last
/// before "of" or "for" ("Guild of Stage Technicians").
#[must_use]
pub fn of_name(name: &str) -> Doc {
    let mut doc = Doc::default();
    for part in name.split([',', '(', ')', '–', '|']) {
        push(&mut doc, part, Zone::Provider);
    }
    doc
}

fn push(doc: &mut Doc, name: &str, zone: Zone) {
    let from = doc.words.len();
    doc.push(split(name), zone);
    let words = &doc.words[from..];
    if let (Some(head), Zone::Provider) = (head(words), zone) {
        doc.zones[from + head] = Zone::Title;
    }
}

fn head(words: &[Word]) -> Option<usize> {
    let end = words.iter().skip(1).position(|w| matches!(w.exact.as_str(), "of" | "for" | "in" | "at")).map_or(words.len(), |at| at + 1);
    end.checked_sub(1)
}

/// What a text says of its provider when no name was found in it, or one that says nothing: the names of bodies, and whether
/// members pay less.
#[must_use]
pub fn of_text(text: &str, facts: &Facts) -> Doc {
    let mut doc = Doc::default();
    for (name, is_invited) in names(&multi_line(text, 8_000)) {
        let is_venue = [&facts.venue, &facts.address].into_iter().flatten().any(|v| v.value.contains(&name) || name.contains(&v.value));
        push(&mut doc, &name, if is_invited && !is_venue { Zone::Provider } else { Zone::Later });
    }
    let has = |flag| facts.cost_flags.iter().any(|f| f.value == flag);
    if has(CostFlag::Members) {
        push(&mut doc, "for members", Zone::Provider);
    }
    doc
}

/// Runs of at least two capitalised words, and whether they stand where whoever invites is named.
fn names(text: &str) -> Vec<(String, bool)> {
    let mut names = Vec::new();
    for sentence in text.split(['.', ';', '\n', '!', '?', ':', ',', '(', ')', '•', '|']) {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        let mut at = 0;
        while at < words.len() && names.len() < MOST_NAMES {
            let length = name_length(&words[at..]);
            if length > 1 {
                let before = at.checked_sub(1).map(|b| words[b].to_lowercase());
                let invites = before.is_none_or(|b| BEFORE.contains(&b.as_str()));
                names.push((words[at..at + length].join(" "), invites));
            }
            at += length.max(1);
        }
    }
    names
}

fn name_length(words: &[&str]) -> usize {
    let is_capital = |w: &str| w.chars().next().is_some_and(char::is_uppercase);
    if !words.first().is_some_and(|w| is_capital(w)) {
        return 0;
    }
    let run = words.iter().take(10).take_while(|w| is_capital(w) || INSIDE.contains(*w)).count();
    words[..run].iter().rposition(|w| is_capital(w)).map_or(0, |last| last + 1)
}
