//! The vocabulary as data: which terms each facet has, and by which words they are recognised.
//!
//! The built-in one is `config/taxonomy.toml`; an operator's file replaces it whole. Nothing here looks at an event, and a term
//! that is not in the file cannot be given, asked for or stored.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;

use super::acts::{self, Act, Classes};
use super::kind::{FEATURES, ROLES};
use super::sections::Headings;
use crate::domain::{Aspect, Facet, Kind};

/// Why a taxonomy file cannot be used; names the line or the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxonomyError {
    /// Not TOML, or a key that no term has. The message holds line and column.
    #[error("the taxonomy cannot be read: {0}")]
    Syntax(String),
    #[error("`{0}` is not a facet; see docs/TAGGING.md for the list")]
    UnknownFacet(String),
    #[error("{facet}.{id}: {what}")]
    BadTerm { facet: String, id: String, what: &'static str },
    #[error("{facet}: the term `{id}` is missing, which the program gives by itself")]
    Missing { facet: &'static str, id: String },
    #[error("choose.{facet}: {what}")]
    BadChoice { facet: String, what: &'static str },
}

/// The words by which one term is recognised, by how much they say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cues {
    /// Decide by themselves.
    pub strong: Vec<String>,
    /// Say so.
    pub cues: Vec<String>,
    /// Support others.
    pub weak: Vec<String>,
    /// Speak against the term.
    pub against: Vec<String>,
    /// Phrases inside which the words above mean something else.
    pub except: Vec<String>,
    /// How many different cues must meet before the term is given (taxonomy: the terms marked with a dagger need two).
    pub needs: Option<usize>,
}

/// One term of a facet.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// As stored and printed.
    pub id: String,
    /// As readers see it.
    pub label: String,
    /// The group it is listed under, when the facet has groups.
    pub category: Option<String>,
    pub(super) cues: Cues,
}

/// How the terms of one facet are chosen from their scores.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The least score that gives a term.
    pub threshold: f32,
    /// The least part of the best term's score that gives a further one. 0..=1.
    #[serde(default)]
    pub share: f32,
    /// The most terms given.
    #[serde(default = "one")]
    pub most: usize,
    /// The term that stands for "nothing said".
    #[serde(default)]
    pub otherwise: Option<String>,
}

const fn one() -> usize {
    1
}

impl Default for Choice {
    fn default() -> Self {
        Self { threshold: 2.0, share: 0.0, most: 1, otherwise: None }
    }
}

/// A checked vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub struct Taxonomy {
    kinds: Vec<Term>,
    facets: BTreeMap<Facet, Vec<Term>>,
    choices: BTreeMap<Facet, Choice>,
    sections: Headings,
    acts: Vec<Act>,
    classes: Classes,
}

/// The file as it is written: every other table is a facet.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    act: Vec<Act>,
    #[serde(default)]
    class: Classes,
    #[serde(default)]
    choose: BTreeMap<String, Choice>,
    #[serde(default)]
    sections: Headings,
    #[serde(flatten)]
    facets: BTreeMap<String, Vec<RawTerm>>,
}

/// A term as it is written; a key that is not here is a mistake in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerm {
    id: String,
    label: String,
    category: Option<String>,
    #[serde(default)]
    strong: Vec<String>,
    #[serde(default)]
    cues: Vec<String>,
    #[serde(default)]
    weak: Vec<String>,
    #[serde(default)]
    against: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    needs: Option<usize>,
}

impl From<RawTerm> for Term {
    fn from(raw: RawTerm) -> Self {
        let RawTerm { id, label, category, strong, cues, weak, against, except, needs } = raw;
        Self { id, label, category, cues: Cues { strong, cues, weak, against, except, needs } }
    }
}

/// Terms that the program computes from facts or falls back on: without them its tags would be unknown words.
const RELIED_ON: &[(Facet, &[&str])] = &[
    (Facet::CostBand, &["free", "low", "mid", "high", "prem", "tbc"]),
    (Facet::CostFlags, &["members", "bursary", "travel", "pwyc", "vat", "early", "deposit"]),
    (Facet::Duration, &["short", "half", "day", "multi", "long", "self", "unk"]),
    (Facet::TimeOfDay, &["early", "am", "full", "pm", "twi", "eve", "na"]),
    (Facet::Weekend, &["true", "false"]),
    (Facet::Format, &["inp", "onl", "hyb", "dist"]),
    (Facet::Region, &["nw", "ne", "yh", "em", "wm", "ee", "lon", "se", "sw", "wal", "sco", "ni", "uk", "int"]),
    (Facet::Reach, &["loc", "reg", "nat", "int"]),
    (Facet::Need, &["lead"]),
    (Facet::Subsector, &["all", "gen"]),
    (Facet::Tailoring, &["sector", "generic"]),
    (Facet::Signals, &["last", "postponed"]),
];

impl Taxonomy {
    /// The vocabulary compiled into the program.
    #[must_use]
    pub fn built_in() -> Self {
        // The file is part of the program; a test parses it, so a build that passes cannot reach the fallback.
        Self::parse(include_str!("../../config/taxonomy.toml")).unwrap_or_else(|_| Self {
            kinds: Vec::new(),
            facets: BTreeMap::new(),
            choices: BTreeMap::new(),
            sections: Headings::default(),
            acts: Vec::new(),
            classes: Classes::new(),
        })
    }

    /// Reads and checks a whole vocabulary.
    pub fn parse(toml: &str) -> Result<Self, TaxonomyError> {
        let file: File = toml::from_str(toml).map_err(|e| TaxonomyError::Syntax(e.to_string()))?;
        let mut kinds = Vec::new();
        let mut facets = BTreeMap::new();
        let mut classes = file.class;
        classes.insert("role".to_owned(), ROLES.iter().map(|role| (*role).to_owned()).collect());
        for act in &file.act {
            let bad = |what| TaxonomyError::BadTerm { facet: "act".into(), id: act.id.clone(), what };
            acts::check(act, &classes).map_err(bad)?;
        }
        for (name, raw) in file.facets {
            let terms = checked(&name, raw, &file.act)?;
            if name == "kind" {
                kinds = terms;
            } else {
                facets.insert(facet_named(&name)?, terms);
            }
        }
        let taxonomy = Self { kinds, facets, choices: BTreeMap::new(), sections: file.sections, acts: file.act, classes };
        taxonomy.has_what_the_program_gives()?;
        taxonomy.with_choices(file.choose)
    }

    fn with_choices(mut self, written: BTreeMap<String, Choice>) -> Result<Self, TaxonomyError> {
        for (name, choice) in written {
            let facet = facet_named(&name)?;
            let bad = |what| TaxonomyError::BadChoice { facet: name.clone(), what };
            if !choice.threshold.is_finite() || choice.threshold <= 0.0 {
                return Err(bad("`threshold` must be above 0"));
            }
            if !(0.0..=1.0).contains(&choice.share) {
                return Err(bad("`share` must lie between 0 and 1"));
            }
            if choice.most == 0 || (choice.most > 1 && !facet.is_multi()) {
                return Err(bad("`most` must be 1, or more for a facet that takes several terms"));
            }
            if choice.otherwise.as_deref().is_some_and(|id| !self.knows(facet, id)) {
                return Err(bad("`otherwise` names a term that the facet does not have"));
            }
            self.choices.insert(facet, choice);
        }
        Ok(self)
    }

    fn has_what_the_program_gives(&self) -> Result<(), TaxonomyError> {
        for kind in Kind::ALL {
            if !self.kinds.iter().any(|t| t.id == kind.as_str()) {
                return Err(TaxonomyError::Missing { facet: "kind", id: kind.to_string() });
            }
        }
        if let Some(extra) = self.kinds.iter().find(|t| Kind::from_str(&t.id).is_err()) {
            return Err(TaxonomyError::BadTerm { facet: "kind".into(), id: extra.id.clone(), what: "is not a kind the program knows" });
        }
        for (facet, ids) in RELIED_ON {
            if let Some(id) = ids.iter().find(|id| !self.knows(*facet, id)) {
                return Err(TaxonomyError::Missing { facet: facet.as_str(), id: (*id).to_owned() });
            }
        }
        Ok(())
    }

    /// The terms of a facet in the order of the file; empty for a facet without terms.
    #[must_use]
    pub fn terms(&self, facet: Facet) -> &[Term] {
        self.facets.get(&facet).map_or(&[], Vec::as_slice)
    }

    /// The terms that a correction can name.
    pub fn terms_about(&self, aspect: Aspect) -> impl Iterator<Item = &Term> {
        match aspect {
            Aspect::Kind => self.kinds.iter(),
            Aspect::Of(facet) => self.terms(facet).iter(),
        }
    }

    /// The name readers see.
    #[must_use]
    pub fn label(&self, facet: Facet, id: &str) -> Option<&str> {
        self.terms(facet).iter().find(|t| t.id == id).map(|t| t.label.as_str())
    }

    /// Whether the facet has such a term.
    #[must_use]
    pub fn knows(&self, facet: Facet, id: &str) -> bool {
        self.terms(facet).iter().any(|t| t.id == id)
    }

    pub(super) fn kinds(&self) -> &[Term] {
        &self.kinds
    }

    pub(super) fn acts(&self) -> &[Act] {
        &self.acts
    }

    pub(super) const fn classes(&self) -> &Classes {
        &self.classes
    }

    pub(super) const fn sections(&self) -> &Headings {
        &self.sections
    }

    pub(super) fn choice(&self, facet: Facet) -> Choice {
        self.choices.get(&facet).cloned().unwrap_or_default()
    }
}

fn facet_named(name: &str) -> Result<Facet, TaxonomyError> {
    Facet::from_str(name).map_err(|_| TaxonomyError::UnknownFacet(name.to_owned()))
}

fn checked(facet: &str, raw: Vec<RawTerm>, acts: &[Act]) -> Result<Vec<Term>, TaxonomyError> {
    let mut terms: Vec<Term> = Vec::with_capacity(raw.len());
    for term in raw.into_iter().map(Term::from) {
        let bad = |what| TaxonomyError::BadTerm { facet: facet.to_owned(), id: term.id.clone(), what };
        if term.id.is_empty() || !term.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return Err(bad("an id is written in lower-case letters, digits and `_`"));
        }
        if term.label.trim().is_empty() {
            return Err(bad("the label is empty"));
        }
        if terms.iter().any(|t| t.id == term.id) {
            return Err(bad("is there twice"));
        }
        if term.cues.every().any(|cue| super::words::is_blank(cue)) {
            return Err(bad("a cue holds no word"));
        }
        let is_sign = |name: &str| FEATURES.iter().any(|(f, _)| *f == name) || acts.iter().any(|a| a.id == name);
        let is_known = |cue: &str| cue.strip_prefix('@').is_none_or(|name| facet == "kind" && is_sign(name));
        if !term.cues.every().all(|cue| is_known(cue)) {
            return Err(bad("a cue that begins with @ names no fact and no act"));
        }
        terms.push(term);
    }
    Ok(terms)
}

impl Cues {
    fn every(&self) -> impl Iterator<Item = &String> {
        [&self.strong, &self.cues, &self.weak, &self.against, &self.except].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_vocabulary_can_be_read() {
        let parsed = Taxonomy::parse(include_str!("../../config/taxonomy.toml")).unwrap();
        assert_eq!(parsed.label(Facet::Need, "hs"), Some("Health & safety, risk, safeguarding & employment law"));
        assert!(parsed.knows(Facet::Subsector, "mgal") && !parsed.knows(Facet::Subsector, "zoo"));
        for facet in Facet::ALL {
            assert!(!parsed.terms(*facet).is_empty(), "{facet} has terms");
        }
    }

    #[test]
    fn a_mistake_is_named_by_line_or_key() {
        let built_in = include_str!("../../config/taxonomy.toml");
        let check = |toml: &str, expected: &str| {
            let said = Taxonomy::parse(toml).unwrap_err().to_string();
            assert!(said.contains(expected), "{said}");
        };
        check("[[need]]\nid = 3", "line");
        check("[[need]]\nid = \"x\"\nlabel = \"X\"\ncuez = []", "cuez");
        check("[[neeed]]\nid = \"x\"\nlabel = \"X\"", "neeed");
        check("[[need]]\nid = \"X Y\"\nlabel = \"X\"", "need.X Y");
        check("[[need]]\nid = \"x\"\nlabel = \"X\"\ncues = [\" - \"]", "holds no word");
        check("[[kind]]\nid = \"cpd\"\nlabel = \"CPD\"", "the term `job` is missing");
        check(&built_in.replace("id = \"prem\"", "id = \"dear\""), "the term `prem` is missing");
        check(&built_in.replace("otherwise = \"open\"", "otherwise = \"nobody\""), "choose.audience");
        check(&format!("{built_in}\n[[need]]\nid = \"hs\"\nlabel = \"again\""), "need.hs: is there twice");
    }
}
