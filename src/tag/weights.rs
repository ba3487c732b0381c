//! The learnt weights: how far the cues are to be trusted, and which n-grams speak for or against a term.
//!
//! Read from `config/tag_weights.txt`, which `gleaner train` writes; a line is a statement that a person can read and check. Never
//! gives a term that the vocabulary does not have.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::str::FromStr;

use super::acts::Sign;
use super::cues::{Group, Score};
use super::grams::{self, Grams};
use super::taxonomy::{Taxonomy, Term};
use crate::domain::Facet;

/// What is learnt; the other facets are left to rules and facts.
pub const LEARNT: [Group; 4] = [Group::Kind, Group::Of(Facet::Need), Group::Of(Facet::Activity), Group::Of(Facet::ProviderType)];
/// First line of the file.
const HEADER: &str = "gleaner tag weights 1";
/// Numbers by which the rules' view of a term is described; see [`view`].
pub const VIEW: usize = 5;

/// A line that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct WeightsError {
    /// From 1.
    pub line: usize,
    pub what: String,
}

/// How the terms of one group are weighed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroupWeights {
    /// The least probability that gives a term where several may be given. 0..=1.
    pub threshold: f32,
    /// The weights of the rules' view, the same for all terms.
    pub rules: [f32; VIEW],
    /// By term, in the order of the vocabulary.
    pub bias: Vec<f32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Speaks {
    group: usize,
    term: usize,
    weight: f32,
    text: usize,
}

/// All learnt weights, made ready to be looked up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    groups: HashMap<usize, GroupWeights>,
    by_gram: HashMap<u64, Vec<Speaks>>,
    texts: Vec<String>,
}

/// What the grams of one text say for every term of the learnt groups.
#[derive(Debug, Default)]
pub struct Hints<'w> {
    said: Vec<(Speaks, f32)>,
    texts: &'w [String],
}

/// What is known of one term.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// 0..=1.
    pub probability: f32,
    /// The grams that speak for it, heaviest first, for the reason.
    pub grams: Vec<String>,
    /// What the reader is asked to do or gets that speaks for it, in the reader's words.
    pub acts: Vec<String>,
}

/// The rules' view of every term of a group: a constant, whether they gave it, its sum, its lead over the others, and its firm cues.
#[must_use]
pub fn view(scores: &[Score], given: &[usize]) -> Vec<[f32; VIEW]> {
    let best_but = |i: usize| scores.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, s)| s.sum).fold(0.0_f32, f32::max);
    let of = |(i, score): (usize, &Score)| {
        let firm = f32::from(u8::try_from(score.firm.min(3)).unwrap_or(3));
        let is_given = if given.contains(&i) { 1.0 } else { 0.0 };
        [1.0, is_given, score.sum.clamp(-3.0, 9.0) / 3.0, (score.sum - best_but(i)).clamp(-6.0, 6.0) / 3.0, firm / 3.0]
    };
    scores.iter().enumerate().map(of).collect()
}

/// The logistic function.
#[must_use]
pub fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// A group's name in the file.
#[must_use]
pub const fn name(group: Group) -> &'static str {
    match group {
        Group::Kind => "kind",
        Group::Of(facet) => facet.as_str(),
    }
}

/// A group's terms in the order of the vocabulary.
#[must_use]
pub fn terms_of(taxonomy: &Taxonomy, group: Group) -> &[Term] {
    match group {
        Group::Kind => taxonomy.kinds(),
        Group::Of(facet) => taxonomy.terms(facet),
    }
}

impl Weights {
    /// The weights compiled into the program. An operator's vocabulary may lack some of their terms; those are passed over.
    #[must_use]
    pub fn built_in(taxonomy: &Taxonomy) -> Self {
        // A test reads the file, so a build that passes cannot reach the fallback, which is the rules alone.
        Self::read(include_str!("../../config/tag_weights.txt"), taxonomy, true).unwrap_or_default()
    }

    /// Reads a weights file. A facet that is not learnt or a term that the vocabulary lacks is refused with its line.
    pub fn parse(text: &str, taxonomy: &Taxonomy) -> Result<Self, WeightsError> {
        Self::read(text, taxonomy, false)
    }

    fn read(text: &str, taxonomy: &Taxonomy, lenient: bool) -> Result<Self, WeightsError> {
        let mut weights = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let wrong = |what: String| WeightsError { line: number, what };
            match (number, line.trim()) {
                (1, HEADER) => {}
                (1, _) => return Err(wrong(format!("the first line is `{HEADER}`"))),
                (_, "") => {}
                (_, line) if line.starts_with("# ") => {}
                (_, line) => weights.add(line, taxonomy, lenient).map_err(wrong)?,
            }
        }
        Ok(weights)
    }

    fn add(&mut self, line: &str, taxonomy: &Taxonomy, lenient: bool) -> Result<(), String> {
        let (key, rest) = line.split_once(' ').ok_or("expected a facet or a term, and what it weighs")?;
        let (facet, term) = key.split_once('.').map_or((key, None), |(f, t)| (f, Some(t)));
        let group = learnt_group(facet)?;
        let terms = terms_of(taxonomy, LEARNT[group]);
        let Some(term) = term else {
            self.groups.insert(group, group_line(rest, terms.len())?);
            return Ok(());
        };
        match terms.iter().position(|t| t.id == term) {
            Some(index) => self.add_term(group, index, rest),
            None if lenient => Ok(()),
            None => Err(format!("`{term}` is not a term of {facet}")),
        }
    }

    fn add_term(&mut self, group: usize, term: usize, rest: &str) -> Result<(), String> {
        let (weight, gram) = rest.split_once(' ').unwrap_or((rest, ""));
        if weight == "bias" {
            let weights = self.groups.get_mut(&group).ok_or("a bias before the facet's own line")?;
            weights.bias[term] = number(gram)?;
            return Ok(());
        }
        let weight = number(weight)?;
        if gram.trim().is_empty() {
            return Err("expected the words that weigh so much".to_owned());
        }
        self.texts.push(gram.to_owned());
        let speaks = Speaks { group, term, weight, text: self.texts.len() - 1 };
        self.by_gram.entry(grams::key(gram)).or_default().push(speaks);
        Ok(())
    }

    /// What a text's grams say.
    #[must_use]
    pub fn hints(&self, grams: &Grams) -> Hints<'_> {
        let found = grams.weighed().filter_map(|(key, x)| Some((self.by_gram.get(&key)?, x)));
        Hints { said: found.flat_map(|(said, x)| said.iter().map(move |s| (*s, s.weight * x))).collect(), texts: &self.texts }
    }

    /// The opinion on every term of a group; `None` when nothing was learnt for it.
    #[must_use]
    pub fn opinions(&self, group: Group, view: &[[f32; VIEW]], hints: &Hints<'_>) -> Option<Vec<Opinion>> {
        let index = LEARNT.iter().position(|g| *g == group)?;
        let weights = self.groups.get(&index)?;
        let of = |(term, view): (usize, &[f32; VIEW])| {
            let said = hints.of(index, term);
            let sum: f32 = said.iter().map(|(_, w)| w).sum();
            let probability = logistic(weights.rules_say(view) + weights.bias.get(term).unwrap_or(&0.0) + sum);
            Opinion { probability, grams: hints.heaviest(said), acts: Vec::new() }
        };
        Some(view.iter().enumerate().map(of).collect())
    }

    /// The least probability that gives a term of the group.
    #[must_use]
    pub fn threshold(&self, group: Group) -> f32 {
        let index = LEARNT.iter().position(|g| *g == group);
        index.and_then(|i| self.groups.get(&i)).map_or(0.5, |g| g.threshold)
    }
}

impl Opinion {
    /// Puts acts into the words of those that were found.
    pub fn tell(&mut self, signs: &[Sign]) {
        let (acts, grams) = std::mem::take(&mut self.grams).into_iter().partition::<Vec<String>, _>(|gram| grams::is_act(gram));
        self.grams = grams;
        let said = |act: &String| signs.iter().find(|sign| grams::names(act, sign)).map(|sign| sign.said.clone());
        self.acts = acts.iter().filter_map(said).collect();
    }
}

impl GroupWeights {
    /// What the rules' view is worth.
    #[must_use]
    pub fn rules_say(&self, view: &[f32; VIEW]) -> f32 {
        self.rules.iter().zip(view).map(|(w, v)| w * v).sum()
    }
}

impl Hints<'_> {
    fn of(&self, group: usize, term: usize) -> Vec<(Speaks, f32)> {
        self.said.iter().filter(|(s, _)| s.group == group && s.term == term).copied().collect()
    }

    fn heaviest(&self, mut said: Vec<(Speaks, f32)>) -> Vec<String> {
        said.retain(|(_, weight)| *weight > 0.05);
        said.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.text.cmp(&b.0.text)));
        said.iter().take(4).map(|(s, _)| self.texts[s.text].clone()).collect()
    }
}

/// One group's weights as they are written: its terms' biases, and its grams by term.
pub struct Written<'a> {
    pub group: Group,
    pub weights: &'a GroupWeights,
    /// Term by its place, gram as written, weight.
    pub grams: &'a [(usize, String, f32)],
}

/// The file that [`Weights::parse`] reads; the same weights give the same bytes.
#[must_use]
pub fn write(groups: &[Written<'_>], taxonomy: &Taxonomy) -> String {
    let mut file = format!("{HEADER}\n# Written by `gleaner train`; docs/TAGGING.md tells how to read it. Not to be edited by hand.\n");
    for Written { group, weights, grams } in groups {
        let (name, terms) = (name(*group), terms_of(taxonomy, *group));
        let rules: Vec<String> = weights.rules.iter().map(|w| format!("{w:.2}")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(file, "{name} threshold {:.2} rules {}", weights.threshold, rules.join(" "));
        for (index, term) in terms.iter().enumerate() {
            let _ = writeln!(file, "{name}.{} bias {:.2}", term.id, weights.bias[index]);
            for (_, gram, weight) in grams.iter().filter(|(t, _, _)| *t == index) {
                let _ = writeln!(file, "{name}.{} {weight:.2} {gram}", term.id);
            }
        }
    }
    file
}

fn learnt_group(name_in_file: &str) -> Result<usize, String> {
    if name_in_file != "kind" && Facet::from_str(name_in_file).is_err() {
        return Err(format!("`{name_in_file}` is not a facet"));
    }
    LEARNT.iter().position(|g| name(*g) == name_in_file).ok_or_else(|| format!("`{name_in_file}` is not learnt"))
}

fn group_line(rest: &str, terms: usize) -> Result<GroupWeights, String> {
    let expected = || format!("expected `threshold` and a number, then `rules` and {VIEW} numbers");
    let words: Vec<&str> = rest.split(' ').collect();
    let ["threshold", threshold, "rules", rules @ ..] = words.as_slice() else { return Err(expected()) };
    let rules: Vec<f32> = rules.iter().map(|w| number(w)).collect::<Result<_, _>>()?;
    Ok(GroupWeights { threshold: number(threshold)?, rules: rules.try_into().map_err(|_| expected())?, bias: vec![0.0; terms] })
}

fn number(text: &str) -> Result<f32, String> {
    text.parse().ok().filter(|n: &f32| n.is_finite()).ok_or_else(|| format!("`{text}` is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_weights_can_be_read() {
        let weights = Weights::parse(include_str!("../../config/tag_weights.txt"), &Taxonomy::built_in()).unwrap();
        assert_eq!(weights.groups.len(), LEARNT.len());
    }

    #[test]
    fn a_mistake_is_named_by_its_line() {
        let check = |lines: &str, expected: &str| {
            let said = Weights::parse(&format!("{HEADER}\n{lines}"), &Taxonomy::built_in()).unwrap_err().to_string();
            assert_eq!(said, expected);
        };
        check("nead.fin 0.5 cash", "line 2: `nead` is not a facet");
        check("\nstage.early 0.5 cash", "line 3: `stage` is not learnt");
        check("need.zoo 0.5 cash", "line 2: `zoo` is not a term of need");
        check("need.fin much cash", "line 2: `much` is not a number");
        check("need.fin 0.5", "line 2: expected the words that weigh so much");
        check("need.fin bias 1", "line 2: a bias before the facet's own line");
        check("need threshold 0.5 rules 1 2", "line 2: expected `threshold` and a number, then `rules` and 5 numbers");
        assert!(Weights::parse("weights", &Taxonomy::built_in()).is_err());
    }
}
