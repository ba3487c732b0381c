//! What an event is about: its kind, and the terms of every facet, each with a reason that can be shown.
//!
//! Pure: words and facts in, a verdict out; the same input gives the same verdict. Knows no term that the taxonomy does not have.

pub mod acts;
pub mod choose;
pub mod computed;
pub mod corrected;
pub mod cues;
pub mod duration;
pub mod figures;
pub mod grams;
pub mod kind;
pub mod provider;
pub mod reach;
pub mod report;
pub mod sections;
pub mod sector;
pub mod taxonomy;
pub mod training;
pub mod weights;
pub mod words;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::{Facet, Facts, Tag, TagOrigin, Verdict, text::multi_line};
use choose::Chosen;
use cues::{Doc, Factors, Findings, Group, Lexicon, Score, Zone, topical};
pub use taxonomy::{Taxonomy, TaxonomyError, Term};
use weights::{Hints, LEARNT, Opinion, Weights};

/// Characters of a text that are read.
const MOST_TEXT: usize = 40_000;

/// Words of a text that say what it is about; what comes later counts less.
const LEAD_WORDS: usize = 60;

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
#[derive(Debug, Clone)]
pub struct Tagger {
    taxonomy: Taxonomy,
    lexicon: Lexicon,
    acts: acts::Acts,
    weights: Weights,
    lessons: corrected::Lessons,
}

/// One event as training sees it.
#[derive(Debug)]
pub struct Seen {
    pub grams: grams::Grams,
    /// The same, as the weights file has them.
    pub grams_written: Vec<String>,
    /// For each of the learnt groups the rules' scores, and the terms that the rules alone would give.
    pub ruled: Vec<(Vec<Score>, Vec<usize>)>,
}

/// What is at hand while one event is judged.
struct Evidence<'t> {
    input: TagInput<'t>,
    /// As far as the first bracket or dash.
    title: Vec<words::Word>,
    /// What the reader is asked to do, and what they get.
    acts: Vec<acts::Sign>,
    doc: Doc,
    findings: Findings<'t>,
    /// The provider's name on its own.
    provider: Findings<'t>,
    /// By what the provider's type is known: its name, or what else names a body.
    provider_type: Findings<'t>,
    /// What the learnt weights say of the words.
    hints: Hints<'t>,
}

impl Tagger {
    /// Compiles the cues of a vocabulary; with the weights that come with the program.
    #[must_use]
    pub fn new(taxonomy: Taxonomy) -> Self {
        let weights = Weights::built_in(&taxonomy);
        Self::with_weights(taxonomy, weights)
    }

    /// With other weights; with none at all ([`Weights::default`]) the rules decide alone.
    #[must_use]
    pub fn with_weights(taxonomy: Taxonomy, weights: Weights) -> Self {
        let lexicon = Lexicon::new(&taxonomy);
        let acts = acts::Acts::new(taxonomy.acts(), taxonomy.classes());
        Self { taxonomy, lexicon, acts, weights, lessons: corrected::Lessons::default() }
    }

    /// The same, taught by editors' corrections, and by nothing that it was taught before.
    #[must_use]
    pub fn taught(&self, lessons: corrected::Lessons) -> Self {
        Self { lessons, ..self.clone() }
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
        let kind = self.kind(&evidence, tags.iter().any(|t| t.facet == Facet::Need));
        let mut verdict = Verdict { kind: kind.kind, kind_confidence: kind.confidence, kind_reason: kind.reason, tags };
        self.lessons.teach(self, input, &mut verdict);
        verdict
    }

    /// What training needs to know of an event. The learnt weights play no part in it.
    #[must_use]
    pub fn seen(&self, input: &TagInput<'_>) -> Seen {
        let evidence = self.gather(input);
        let provider = provider_doc(input.facts);
        let has_subject = !self.ruled(&evidence, Group::Of(Facet::Need), false).1.is_empty();
        Seen {
            grams: grams::grams(&evidence.doc, &provider, &facts_of(input), &evidence.acts),
            grams_written: grams::written(&evidence.doc, &provider, &facts_of(input), &evidence.acts),
            ruled: LEARNT.iter().map(|group| self.ruled(&evidence, *group, has_subject)).collect(),
        }
    }

    fn gather<'t>(&'t self, input: &TagInput<'t>) -> Evidence<'t> {
        let doc = doc_of(input, self.taxonomy.sections());
        let provider = provider_doc(input.facts);
        let acts = self.acts.find(input.title, &doc);
        let hints = self.weights.hints(&grams::grams(&doc, &provider, &facts_of(input), &acts));
        let title = words::split(&multi_line(input.title.split(['(', '–', '—', '|', ',']).next().unwrap_or(""), 200));
        let named = self.lexicon.find(&provider);
        let says_type = named.scores(Group::Of(Facet::ProviderType), cues::naming).iter().any(|s| s.firm > 0);
        let provider_type = if says_type { named.clone() } else { self.lexicon.find(&provider::of_text(input.text, input.facts)) };
        Evidence { input: *input, title, acts, findings: self.lexicon.find(&doc), provider: named, provider_type, doc, hints }
    }

    /// The rules' scores for a learnt group, and what the rules alone would give.
    fn ruled(&self, evidence: &Evidence<'_>, group: Group, has_subject: bool) -> (Vec<Score>, Vec<usize>) {
        let facet = match group {
            Group::Kind => {
                let scores = evidence.findings.scores_with(Group::Kind, cues::anywhere, &signs(evidence, has_subject));
                let best = kind::best(&scores);
                return (scores, vec![best]);
            }
            Group::Of(facet) => facet,
        };
        let scores = match facet {
            Facet::ProviderType => evidence.provider_type.scores(group, cues::naming),
            _ => evidence.findings.scores(group, topical),
        };
        let choice = self.taxonomy.choice(facet);
        let terms = self.taxonomy.terms(facet);
        let mut given: Vec<usize> = choose::choose(terms, scores.clone(), &choice).iter().map(|c| c.term).collect();
        if given.is_empty() {
            given.extend(choice.otherwise.and_then(|id| terms.iter().position(|t| t.id == id)));
        }
        (scores, given)
    }

    fn kind(&self, evidence: &Evidence<'_>, has_subject: bool) -> kind::KindVerdict {
        let (scores, given) = self.ruled(evidence, Group::Kind, has_subject);
        let mut opinions = self.weights.opinions(Group::Kind, &weights::view(&scores, &given), &evidence.hints);
        let signs = signs(evidence, has_subject);
        opinions.iter_mut().flatten().for_each(|opinion| opinion.tell(&signs));
        kind::decide(self.taxonomy.kinds(), scores, opinions.as_deref())
    }

    /// The terms of a learnt facet: by the weights where there are any, else by the rules.
    fn learnt(&self, evidence: &Evidence<'_>, facet: Facet) -> Vec<Tag> {
        let group = Group::Of(facet);
        let (scores, given) = self.ruled(evidence, group, false);
        let Some(opinions) = self.weights.opinions(group, &weights::view(&scores, &given), &evidence.hints) else {
            return self.pick(facet, scores);
        };
        let choice = self.taxonomy.choice(facet);
        let terms = self.taxonomy.terms(facet);
        let threshold = if facet.is_multi() { self.weights.threshold(group) } else { 0.0 };
        let likely = |(i, o): (usize, &Opinion)| {
            // Where several may be given, what the cues give stays unless the weights speak clearly against it.
            let least = if facet.is_multi() && given.contains(&i) && o.probability >= threshold / 2.0 { threshold } else { 0.0 };
            let is_otherwise = choice.otherwise.as_deref() == Some(terms[i].id.as_str());
            let has_reason = !scores[i].reason.is_empty() || !o.grams.is_empty() || is_otherwise;
            if has_reason && may_be_given(&terms[i], &scores[i]) { o.probability.max(least) } else { 0.0 }
        };
        let probabilities: Vec<f32> = opinions.iter().enumerate().map(likely).collect();
        let chosen = self::likely(&probabilities, threshold, choice.most);
        chosen.into_iter().map(|i| learnt_tag(facet, &terms[i].id, &scores[i], &opinions[i])).collect()
    }

    fn tags(&self, evidence: &Evidence<'_>) -> Vec<Tag> {
        let facts = evidence.input.facts;
        let mut tags = self.learnt(evidence, Facet::Need);
        if tags.iter().any(|t| t.term == "lead") {
            tags.extend(self.chosen(evidence, Facet::LeadershipSense, topical));
        }
        tags.extend(self.learnt(evidence, Facet::Activity));
        for facet in [Facet::Audience, Facet::Stage, Facet::Level, Facet::Accreditation, Facet::LcepStage, Facet::Signals] {
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
        if !tags.iter().any(|t| t.facet == Facet::Format) {
            tags.extend(self.pick(Facet::Format, Vec::new()));
        }
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

    /// Who delivers: by the name, and where that is silent by what else is said.
    fn provider_type(&self, evidence: &Evidence<'_>) -> Option<Tag> {
        self.learnt(evidence, Facet::ProviderType).into_iter().next()
    }
}

/// What speaks for or against a kind beside the words: acts, then facts.
fn signs(evidence: &Evidence<'_>, has_subject: bool) -> Vec<acts::Sign> {
    let input = &evidence.input;
    let facts = kind::features(&evidence.title, input.facts, has_subject, input.zone, input.now);
    let fact = |name: &'static str| acts::Sign { name: name.to_owned(), said: kind::said(name).to_owned() };
    evidence.acts.iter().cloned().chain(facts.into_iter().map(fact)).collect()
}

/// The facts that are weighed beside the words; what is always so, or follows from other tags, is none.
fn facts_of(input: &TagInput<'_>) -> Vec<&'static str> {
    let mut facts = kind::features(&[], input.facts, false, input.zone, input.now);
    facts.retain(|fact| !matches!(*fact, "always" | "subject" | "no_subject"));
    facts
}

/// A term with a dagger in the vocabulary is never learnt from single words: without its cues it is not given.
const fn may_be_given(term: &Term, score: &Score) -> bool {
    match term.cues.needs {
        Some(needs) => score.support >= needs && score.firm > 0,
        None => true,
    }
}

/// Which of the terms are likely enough, likeliest first; the likeliest alone when it has at least half of what is asked.
fn likely(probabilities: &[f32], threshold: f32, most: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..probabilities.len()).filter(|i| probabilities[*i] > 0.0 && probabilities[*i] >= threshold / 2.0).collect();
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    let enough = order.iter().take_while(|i| probabilities[**i] >= threshold).count();
    order.truncate(enough.max(1).min(most));
    order
}

/// A tag that cues and learnt weights gave together; learnt when no cue speaks for it.
fn learnt_tag(facet: Facet, term: &str, score: &Score, opinion: &Opinion) -> Tag {
    let origin = if score.reason.is_empty() && !opinion.grams.is_empty() { TagOrigin::Learned } else { TagOrigin::Rule };
    let Some(reason) = reason(score, opinion) else { return nothing_said(facet, term) };
    Tag { facet, term: term.to_owned(), origin, confidence: opinion.probability, reason }
}

/// The cues, then acts, then the grams that weighed most; `None` when there are none of them.
fn reason(score: &Score, opinion: &Opinion) -> Option<String> {
    let new = |act: &&String| !score.reason.contains(act.as_str());
    let cues = Some(&score.reason).filter(|r| !r.is_empty());
    let acts: Vec<&str> = cues.into_iter().chain(opinion.acts.iter().filter(new)).map(String::as_str).collect();
    let grams: Vec<String> = opinion.grams.iter().map(|g| format!("“{g}”")).collect();
    let learnt = (!grams.is_empty()).then(|| format!("learnt: {}", grams.join(", ")));
    let parts: Vec<String> = Some(acts.join(", ")).filter(|a| !a.is_empty()).into_iter().chain(learnt).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
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
    doc.later(LEAD_WORDS);
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
    facts.provider.as_ref().map(|name| provider::of_name(&multi_line(&name.value, 200))).unwrap_or_default()
}

#[cfg(test)]
mod tests;
