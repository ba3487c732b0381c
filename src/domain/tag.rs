//! What an event is about: a kind, and terms of facets, each with who gave it and why (taxonomy sections 0 to 12).

use super::vocabulary;

vocabulary! {
    /// Is it training for professionals at all? Taxonomy section 0.
    pub enum Kind("kind") {
        Cpd = "cpd",
        Job = "job",
        Fund = "fund",
        Call = "call",
        Public = "public",
        News = "news",
        Survey = "survey",
        Resource = "res",
        Advert = "ad",
    }
}

vocabulary! {
    /// A dimension of description. The words are the keys of `gleaner try listings`.
    pub enum Facet("facet") {
        Need = "need",
        LeadershipSense = "leadership_sense",
        Tailoring = "tailoring",
        Subsector = "subsector",
        Activity = "activity",
        Audience = "audience",
        Stage = "stage",
        Level = "level",
        Reach = "reach",
        Format = "format",
        CostBand = "cost_band",
        CostFlags = "cost_flags",
        Accreditation = "accreditation",
        Duration = "duration",
        TimeOfDay = "time_of_day",
        Weekend = "weekend",
        ProviderType = "provider_type",
        HeiFaculty = "hei_faculty",
        LcepStage = "lcep_stage",
        Region = "region",
        Signals = "signals",
    }
}

impl Facet {
    /// Whether an event can carry several terms of it.
    #[must_use]
    pub const fn is_multi(self) -> bool {
        matches!(self, Self::Need | Self::Subsector | Self::Audience | Self::CostFlags | Self::Signals)
    }
}

vocabulary! {
    /// Who gave a tag.
    pub enum TagOrigin("origin of a tag") {
        Rule = "rule",
        Learned = "learned",
        /// Follows from the facts: cost band, duration, time of day.
        Computed = "computed",
        Editor = "editor",
    }
}

/// A term of a facet on an event, with its reason. Never a tag without a reason that can be shown.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Tag {
    pub facet: Facet,
    pub term: String,
    pub origin: TagOrigin,
    /// 0..=1.
    pub confidence: f32,
    /// The words or facts that led to it.
    pub reason: String,
}

/// The tagger's whole verdict on one event.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Verdict {
    pub kind: Kind,
    /// 0..=1.
    pub kind_confidence: f32,
    pub kind_reason: String,
    pub tags: Vec<Tag>,
}

impl Verdict {
    /// The terms of one facet, in order.
    pub fn terms(&self, facet: Facet) -> impl Iterator<Item = &str> {
        self.tags.iter().filter(move |t| t.facet == facet).map(|t| t.term.as_str())
    }
}
