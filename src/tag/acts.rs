//! What the reader is asked to do and what they get: pay, apply for money, submit work, read, answer, come with the children.
//!
//! Topic words are the same in a course and in a fund for courses; what is asked is not. Acts are data (`[[act]]` in the taxonomy):
//! patterns within one sentence, with classes of words and short gaps, and the nouns that head a title. Linear in the text: at each
//! word only patterns that begin with it are tried, and a gap is at most [`GAP`] words.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::cues::{Doc, Zone, is_negated};
use super::words::{Word, cue_words, split};

/// The most words that `..` stands for.
const GAP: usize = 5;
/// The most words of a quotation.
const QUOTED: usize = 9;
/// The most gaps of a pattern, so that what is tried at a word stays small.
const MOST_GAPS: usize = 2;

/// An act as it is written in the taxonomy.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Written `@id` among the cues of a kind.
    pub id: String,
    /// What it means, for the reason.
    pub label: String,
    /// Patterns: words, `{class}`, `(this|that)`, `..` for a few words, `^` for a sentence's start, `title:` for titles alone.
    #[serde(default)]
    says: Vec<String>,
    /// Patterns inside which the others mean something else.
    #[serde(default)]
    except: Vec<String>,
    /// Nouns that head a title: "Bursaries for conservators".
    #[serde(default)]
    heads: Vec<String>,
}

/// Classes of words, by name.
pub type Classes = BTreeMap<String, Vec<String>>;

/// Something that speaks for or against a kind: an act, or a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// As written after `@` among the cues.
    pub name: String,
    /// For the reason.
    pub said: String,
}

#[derive(Debug, Clone)]
enum Item {
    OneOf(Vec<u32>),
    Gap,
}

#[derive(Debug, Clone)]
struct Pattern {
    act: usize,
    items: Vec<Item>,
    is_except: bool,
    begins_sentence: bool,
    in_title: bool,
}

/// All acts, made ready to be looked for.
#[derive(Debug, Clone, Default)]
pub struct Acts {
    all: Vec<Act>,
    /// Numbers of words as folded, and of words that are asked for as they stand.
    folded: HashMap<String, u32>,
    exact: HashMap<String, u32>,
    patterns: Vec<Pattern>,
    /// By the number of a word: the patterns that begin with it.
    starting: Vec<Vec<usize>>,
    heads: HashMap<String, Vec<usize>>,
}

/// Where a pattern was found.
struct Found {
    pattern: usize,
    start: usize,
    end: usize,
}

/// Why an act cannot be used.
pub fn check(act: &Act, classes: &Classes) -> Result<(), &'static str> {
    let mut scratch = Acts::default();
    act.says.iter().chain(&act.except).try_for_each(|written| scratch.pattern(written, classes).map(|_| ()))
}

impl Act {
    /// The act itself, and `work_to_submit.more` when it is said in two ways: a post is described at length, a course mentions one.
    fn signs(&self, said: &BTreeMap<usize, String>) -> impl Iterator<Item = Sign> {
        let quote = |n: usize| said.values().take(n).cloned().collect::<Vec<_>>().join(", ");
        let sign = |name: String, quoted: String| Sign { name, said: format!("{} ({quoted})", self.label) };
        let once = (!said.is_empty()).then(|| sign(self.id.clone(), quote(1)));
        let more = (said.len() > 1).then(|| sign(format!("{}.more", self.id), quote(2)));
        once.into_iter().chain(more)
    }
}

impl Acts {
    /// Compiles acts that [`check`] has passed; a pattern that cannot be read is left out.
    #[must_use]
    pub fn new(written: &[Act], classes: &Classes) -> Self {
        let mut acts = Self { all: written.to_vec(), ..Self::default() };
        for (index, act) in written.iter().enumerate() {
            for (text, is_except) in act.says.iter().map(|t| (t, false)).chain(act.except.iter().map(|t| (t, true))) {
                if let Ok(pattern) = acts.pattern(text, classes) {
                    acts.add(Pattern { act: index, is_except, ..pattern });
                }
            }
            for head in act.heads.iter().flat_map(|h| cue_words(h)) {
                acts.heads.entry(head.folded).or_default().push(index);
            }
        }
        acts
    }

    fn add(&mut self, pattern: Pattern) {
        let index = self.patterns.len();
        if let Some(Item::OneOf(firsts)) = pattern.items.first() {
            for first in firsts {
                let at = *first as usize;
                if self.starting.len() <= at {
                    self.starting.resize_with(at + 1, Vec::new);
                }
                self.starting[at].push(index);
            }
        }
        self.patterns.push(pattern);
    }

    fn pattern(&mut self, written: &str, classes: &Classes) -> Result<Pattern, &'static str> {
        let (in_title, rest) = written.strip_prefix("title:").map_or((false, written), |rest| (true, rest));
        let rest = rest.trim_start();
        let (begins_sentence, rest) = rest.strip_prefix('^').map_or((false, rest), |rest| (true, rest));
        let mut items = Vec::new();
        for token in rest.split_whitespace() {
            self.items(token, classes, &mut items)?;
        }
        let gaps = items.iter().filter(|i| matches!(i, Item::Gap)).count();
        if gaps > MOST_GAPS {
            return Err("a pattern has too many gaps");
        }
        if !matches!(items.first(), Some(Item::OneOf(_))) || !matches!(items.last(), Some(Item::OneOf(_))) {
            return Err("a pattern begins and ends with a word");
        }
        Ok(Pattern { act: 0, items, is_except: false, begins_sentence, in_title })
    }

    fn items(&mut self, token: &str, classes: &Classes, items: &mut Vec<Item>) -> Result<(), &'static str> {
        if token == ".." {
            items.push(Item::Gap);
        } else if let Some(name) = token.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
            let words = classes.get(name).ok_or("a pattern names a class that is not there")?;
            items.push(Item::OneOf(words.iter().filter_map(|w| self.id(w)).collect()));
        } else if let Some(list) = token.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
            items.push(Item::OneOf(list.split('|').filter_map(|w| self.id(w)).collect()));
        } else {
            items.extend(cue_words(token.trim_start_matches('=')).into_iter().map(|w| self.key(&w, token)).map(|id| Item::OneOf(vec![id])));
        }
        Ok(())
    }

    /// The id of a single word of a class.
    fn id(&mut self, word: &str) -> Option<u32> {
        cue_words(word.trim_start_matches('=')).first().map(|w| self.key(w, word))
    }

    fn key(&mut self, word: &Word, written: &str) -> u32 {
        let next = u32::try_from(self.folded.len() + self.exact.len()).unwrap_or(u32::MAX);
        let (ids, key) = if written.starts_with('=') { (&mut self.exact, &word.exact) } else { (&mut self.folded, &word.folded) };
        *ids.entry(key.clone()).or_insert(next)
    }

    /// The acts of a text, each once, in the order of the vocabulary, with the words that say so.
    #[must_use]
    pub fn find(&self, title: &str, doc: &Doc) -> Vec<Sign> {
        let mut said: Vec<BTreeMap<usize, String>> = vec![BTreeMap::new(); self.all.len()];
        let found = self.matches(doc);
        for hit in found.iter().filter(|hit| !self.patterns[hit.pattern].is_except) {
            let act = self.patterns[hit.pattern].act;
            let excepts = |other: &&Found| self.patterns[other.pattern].is_except && self.patterns[other.pattern].act == act;
            if !found.iter().filter(excepts).any(|other| other.start < hit.end && hit.start < other.end) {
                said[act].entry(hit.pattern).or_insert_with(|| quoted(&doc.words[hit.start..hit.end]));
            }
        }
        let signs = self.all.iter().zip(&said).flat_map(|(act, said)| act.signs(said));
        self.headed(title).into_iter().chain(signs).collect()
    }

    /// What the title calls itself, by the first of its parts that says so: `money_to_win.head`.
    fn headed(&self, title: &str) -> Vec<Sign> {
        let known = heads(title).into_iter().find_map(|head| Some((self.heads.get(&head.folded)?, head)));
        let sign = |act: &usize, head: &Word| Sign {
            name: format!("{}.head", self.all[*act].id),
            said: format!("{} (“{}” heads the title)", self.all[*act].label, head.exact),
        };
        known.iter().flat_map(|(acts, head)| acts.iter().map(move |act| sign(act, head))).collect()
    }

    fn matches(&self, doc: &Doc) -> Vec<Found> {
        let ids: Vec<[Option<u32>; 3]> = doc.words.iter().map(|w| self.ids(w)).collect();
        let mut found = Vec::new();
        for start in 0..ids.len() {
            let sentence = doc.words[start].sentence;
            let candidates = ids[start].iter().flatten().filter_map(|id| self.starting.get(*id as usize)).flatten();
            if matches!(doc.zones[start], Zone::Provider | Zone::Venue) {
                continue;
            }
            for index in candidates.copied().filter(|index| self.may_begin(*index, doc, start)) {
                let within = |at: usize| doc.words.get(at).is_some_and(|w| w.sentence == sentence);
                if let Some(end) = stands_at(&self.patterns[index].items, &ids, start, &within).filter(|_| !is_negated(doc, start)) {
                    found.push(Found { pattern: index, start, end });
                }
            }
        }
        found
    }

    fn may_begin(&self, pattern: usize, doc: &Doc, start: usize) -> bool {
        let Pattern { begins_sentence, in_title, .. } = self.patterns[pattern];
        let is_first = start == 0 || doc.words[start - 1].sentence != doc.words[start].sentence;
        (!begins_sentence || is_first) && (!in_title || doc.zones[start] == Zone::Title)
    }

    fn ids(&self, word: &Word) -> [Option<u32>; 3] {
        let number = word.number.and_then(|_| self.folded.get("#"));
        [self.folded.get(&word.folded).copied(), self.exact.get(&word.exact).copied(), number.copied()]
    }
}

/// Where a pattern that begins here ends; `within`: whether a word is there and in the same sentence.
fn stands_at(items: &[Item], ids: &[[Option<u32>; 3]], at: usize, within: &impl Fn(usize) -> bool) -> Option<usize> {
    match items.split_first() {
        None => Some(at),
        Some((Item::Gap, rest)) => (at..=at + GAP).take_while(|at| within(*at)).find_map(|at| stands_at(rest, ids, at, within)),
        Some((Item::OneOf(words), rest)) => {
            let is_here = within(at) && ids[at].iter().flatten().any(|id| words.contains(id));
            if is_here { stands_at(rest, ids, at + 1, within) } else { None }
        }
    }
}

fn quoted(words: &[Word]) -> String {
    let words: Vec<&str> = words.iter().take(QUOTED).map(|w| w.exact.as_str()).collect();
    format!("“{}”", words.join(" "))
}

/// Before these the head of a name ends.
const AFTER_HEAD: &[&str] = &["for", "to", "from", "on", "in", "of", "at", "with", "about", "by", "open", "now", "out"];
/// What a name does not hold and a sentence does.
const OF_SENTENCES: &[&str] = &["how", "what", "who", "why", "when", "you", "i", "is", "are", "do", "does", "can", "should", "be", "we"];

/// The nouns that head the parts of a title: "grants" in "Go and Learn Grants: round two".
fn heads(title: &str) -> Vec<Word> {
    let parts = title.split(['(', '–', '—', '|', ':', '!', '?']).flat_map(|part| part.split(" - "));
    parts.filter_map(|part| head(&split(part))).collect()
}

fn head(words: &[Word]) -> Option<Word> {
    let is_verb = |w: &Word| w.exact.ends_with("ing") && !matches!(w.exact.as_str(), "training" | "evening" | "recording" | "briefing" | "screening");
    if words.first().is_none_or(is_verb) || words.iter().take(6).any(|w| OF_SENTENCES.contains(&w.exact.as_str())) {
        return None;
    }
    let cut = words.iter().skip(1).position(|w| AFTER_HEAD.contains(&w.exact.as_str())).map_or(words.len(), |at| at + 1);
    words[..cut].iter().rev().find(|w| w.number.is_none() && w.exact.len() > 1).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::Taxonomy;

    fn found(title: &str, text: &str) -> Vec<String> {
        let taxonomy = Taxonomy::built_in();
        let mut doc = Doc::default();
        doc.push(split(title), Zone::Title);
        doc.push(split(text), Zone::Body);
        Acts::new(taxonomy.acts(), taxonomy.classes()).find(title, &doc).into_iter().map(|sign| sign.name).collect()
    }

    #[test]
    fn an_act_is_known_by_verb_and_object_within_a_sentence() {
        let has = |text: &str, act: &str| found("", text).iter().any(|name| name == act);
        assert!(has("You may apply now for a small grant.", "money_to_win"));
        assert!(!has("Apply. For the grant see above.", "money_to_win"), "a pattern never crosses a sentence's end");
        assert!(has("Apply for a place on the course.", "place_to_book"));
        assert!(!has("Apply for a place on the course.", "money_to_win"));
        assert!(has("Send a short proposal.", "work_to_submit"));
        assert!(!has("Do not send a proposal.", "work_to_submit"), "what is denied is not asked");
        assert!(has("Children can make a hat.", "for_children"));
        assert!(!has("For people who work with children.", "for_children"), "an exception hides what lies inside it");
    }

    #[test]
    fn what_is_said_in_two_ways_counts_for_more() {
        assert!(found("", "Salary £20,000.").iter().all(|name| name != "post_to_fill.more"));
        assert!(found("", "Covering letter and CV to the manager. Fixed term.").contains(&"post_to_fill.more".to_owned()));
    }

    #[test]
    fn a_title_is_headed_by_its_noun() {
        let check = |title: &str, expected: Option<&str>| {
            let heads = found(title, "").into_iter().find(|name| name.contains(".head"));
            assert_eq!(heads.as_deref(), expected, "{title}");
        };
        check("Bursaries for early-career conservators", Some("money_to_win.head"));
        check("Go and Learn Grants 2027: round two", Some("money_to_win.head"));
        check("Writing grants", None);
        check("How to find a grant", None);
        check("Call for papers: the spring conference", Some("work_to_submit.head"));
        check("Moths – a workshop", Some("to_learn.head"));
        check("", None);
    }

    #[test]
    fn a_mistake_in_a_pattern_is_named() {
        let said = |pattern: &str| {
            let act = Act { id: "x".into(), label: "x".into(), says: vec![pattern.into()], except: Vec::new(), heads: Vec::new() };
            check(&act, &Classes::new()).unwrap_err()
        };
        assert_eq!(said("apply for {nothing}"), "a pattern names a class that is not there");
        assert_eq!(said("apply .."), "a pattern begins and ends with a word");
        assert_eq!(said("a .. b .. c .. d"), "a pattern has too many gaps");
    }
}
