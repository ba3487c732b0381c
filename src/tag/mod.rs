//! What an event is about: its kind, and the terms of every facet, each with a reason that can be shown.
//!
//! Pure: words and facts in, a verdict out; the same input gives the same verdict. Knows no term that the taxonomy does not have.

pub mod choose;
pub mod computed;
pub mod cues;
pub mod duration;
pub mod kind;
pub mod reach;
pub mod report;
pub mod sections;
pub mod sector;
pub mod taxonomy;
pub mod words;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::{Facet, Facts, Tag, TagOrigin, Verdict, text::multi_line};
use choose::Chosen;
use cues::{Doc, Factors, Findings, Group, Lexicon, Score, Zone, topical};
pub use taxonomy::{Taxonomy, TaxonomyError, Term};

/// Characters of a text that are read.
const MOST_TEXT: usize = 40_000;

/// One event as the tagger sees it.
#[derive(Debug, Clone, Copy)]
pub struct TagInput<'a> {
    pub title: &'a str,
    /// Plain text, without markup.
    pub text: &'a str,
    pub facts: &'a Facts,
    /// Where days begin and end when only a day is stated.
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

/// The rules made ready for use. Cheap to share, costly to build.
#[derive(Debug)]
pub struct Tagger {
    taxonomy: Taxonomy,
    lexicon: Lexicon,
}

/// What is at hand while one event is judged.
struct Evidence<'t> {
    input: TagInput<'t>,
    doc: Doc,
    findings: Findings<'t>,
    /// The provider's name on its own.
    provider: Findings<'t>,
}

impl Tagger {
    /// Compiles the cues of a vocabulary.
    #[must_use]
    pub fn new(taxonomy: Taxonomy) -> Self {
        let lexicon = Lexicon::new(&taxonomy);
        Self { taxonomy, lexicon }
    }

    #[must_use]
    pub const fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    /// Judges one event. Never fails, whatever the text holds.
    #[must_use]
    pub fn judge(&self, input: &TagInput<'_>) -> Verdict {
        let evidence = self.gather(input);
        let tags = self.tags(&evidence);
        let has_subject = tags.iter().any(|t| t.facet == Facet::Need);
        let features = kind::features(input.facts, has_subject, input.zone, input.now);
        let kind = kind::decide(self.taxonomy.kinds(), &evidence.findings, &features);
        Verdict { kind: kind.kind, kind_confidence: kind.confidence, kind_reason: kind.reason, tags }
    }

    fn gather<'t>(&'t self, input: &TagInput<'t>) -> Evidence<'t> {
        let doc = doc_of(input, self.taxonomy.sections());
        let provider = provider_doc(input.facts);
        Evidence { input: *input, findings: self.lexicon.find(&doc), provider: self.lexicon.find(&provider), doc }
    }

    fn tags(&self, evidence: &Evidence<'_>) -> Vec<Tag> {
        let facts = evidence.input.facts;
        let mut tags = self.chosen(evidence, Facet::Need, topical);
        if tags.iter().any(|t| t.term == "lead") {
            tags.extend(self.chosen(evidence, Facet::LeadershipSense, topical));
        }
        for facet in [Facet::Activity, Facet::Audience, Facet::Stage, Facet::Level, Facet::Accreditation, Facet::LcepStage, Facet::Signals] {
            tags.extend(self.chosen(evidence, facet, topical));
        }
        let provider_type = self.provider_type(evidence);
        let kind_of_provider = provider_type.as_ref().map(|t| t.term.clone());
        tags.extend(provider_type);
        if kind_of_provider.as_deref() == Some("hei") {
            tags.extend(self.chosen(evidence, Facet::HeiFaculty, |_| 1.0));
        }
        tags.extend(sector::tags(&self.taxonomy, &evidence.findings, kind_of_provider.as_deref()));
        let is = |activity: &str| tags.iter().any(|t| t.facet == Facet::Activity && t.term == activity);
        let (is_programme, is_meeting) = (is("prog"), is("net"));
        tags.push(reach::reach(&self.taxonomy, &evidence.findings, &evidence.provider, facts, kind_of_provider.as_deref()));
        tags.push(duration::duration(facts, &evidence.doc.words, is_programme, is_meeting));
        tags.extend(computed::facets(facts));
        tags.sort_by_key(|t| t.facet);
        tags
    }

    /// The terms of a facet that its cues give, or the one that stands for "nothing said".
    fn chosen(&self, evidence: &Evidence<'_>, facet: Facet, factors: Factors) -> Vec<Tag> {
        let scores = evidence.findings.scores(Group::Of(facet), factors);
        self.pick(facet, scores)
    }

    fn pick(&self, facet: Facet, scores: Vec<Score>) -> Vec<Tag> {
        let choice = self.taxonomy.choice(facet);
        let terms = self.taxonomy.terms(facet);
        let chosen = choose::choose(terms, scores, &choice);
        if chosen.is_empty() {
            return choice.otherwise.map(|id| nothing_said(facet, &id)).into_iter().collect();
        }
        chosen.into_iter().map(|Chosen { term, score }| rule_tag(facet, &terms[term].id, &score)).collect()
    }

    /// Who delivers, by the name; in its absence by what the text says of it.
    fn provider_type(&self, evidence: &Evidence<'_>) -> Option<Tag> {
        evidence.input.facts.provider.as_ref()?;
        let scores = evidence.provider.scores(Group::Of(Facet::ProviderType), |_| 1.0);
        self.pick(Facet::ProviderType, scores).into_iter().next()
    }
}

/// A tag that the cues gave.
#[must_use]
pub fn rule_tag(facet: Facet, term: &str, score: &Score) -> Tag {
    let reason = if score.reason.is_empty() { "its cues".to_owned() } else { score.reason.clone() };
    Tag { facet, term: term.to_owned(), origin: TagOrigin::Rule, confidence: score.confidence(), reason }
}

/// The tag that says that nothing was said.
#[must_use]
pub fn nothing_said(facet: Facet, term: &str) -> Tag {
    let what = facet.as_str().replace('_', " ");
    Tag { facet, term: term.to_owned(), origin: TagOrigin::Rule, confidence: 0.3, reason: format!("nothing else is said of the {what}") }
}

fn doc_of(input: &TagInput<'_>, headings: &sections::Headings) -> Doc {
    let text = multi_line(input.text, MOST_TEXT);
    let mut doc = Doc::default();
    doc.push(words::split(&multi_line(input.title, 400)), Zone::Title);
    doc.push(words::split(&headings.training_only(&text)), Zone::Body);
    let facts = input.facts;
    if let Some(provider) = &facts.provider {
        doc.mark(&provider.value, Zone::Provider);
    }
    let is_the_provider = |name: &str| facts.provider.as_ref().is_some_and(|p| p.value.contains(name));
    for name in [&facts.venue, &facts.address, &facts.town].into_iter().flatten().filter(|n| !is_the_provider(&n.value)) {
        doc.mark(&name.value, Zone::Venue);
    }
    doc
}

fn provider_doc(facts: &Facts) -> Doc {
    let mut doc = Doc::default();
    if let Some(provider) = &facts.provider {
        doc.push(words::split(&multi_line(&provider.value, 200)), Zone::Provider);
    }
    doc
}

#[cfg(test)]
mod tests;
