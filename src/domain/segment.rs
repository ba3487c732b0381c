//! Segments: a rule over people together with a rule over events. What the desk's form shows, the configuration file says and the database keeps is this one type.

use super::{Facet, Money, Preferences, Region};

/// A tree of conditions. An empty `all` holds for everything; an empty `any` for nothing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule<C> {
    All(Vec<Rule<C>>),
    Any(Vec<Rule<C>>),
    Not(Box<Rule<C>>),
    Is(C),
}

impl<C> Rule<C> {
    /// Holds for everything.
    #[must_use]
    pub const fn always() -> Self {
        Self::All(Vec::new())
    }

    /// Every condition in the tree, for checking that its terms exist.
    pub fn conditions(&self) -> Vec<&C> {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().flat_map(Self::conditions).collect(),
            Self::Not(rule) => rule.conditions(),
            Self::Is(c) => vec![c],
        }
    }

    pub fn holds(&self, condition: &impl Fn(&C) -> bool) -> bool {
        match self {
            Self::All(rules) => rules.iter().all(|r| r.holds(condition)),
            Self::Any(rules) => rules.iter().any(|r| r.holds(condition)),
            Self::Not(rule) => !rule.holds(condition),
            Self::Is(c) => condition(c),
        }
    }
}

/// A condition over what a person asked for. A person who named nothing under a heading is taken to want anything of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PersonIs {
    Region(Vec<String>),
    Subsector(Vec<String>),
    Audience(Vec<String>),
    Stage(Vec<String>),
    Need(Vec<String>),
    Format(Vec<String>),
}

impl PersonIs {
    /// The facet it is about, and its terms.
    #[must_use]
    pub fn terms(&self) -> (Facet, &[String]) {
        match self {
            Self::Region(t) => (Facet::Region, t),
            Self::Subsector(t) => (Facet::Subsector, t),
            Self::Audience(t) => (Facet::Audience, t),
            Self::Stage(t) => (Facet::Stage, t),
            Self::Need(t) => (Facet::Need, t),
            Self::Format(t) => (Facet::Format, t),
        }
    }

    #[must_use]
    pub fn holds(&self, person: &Preferences) -> bool {
        let asked = match self {
            Self::Region(_) => &person.region,
            Self::Subsector(_) => &person.subsector,
            Self::Audience(_) => &person.audience,
            Self::Stage(_) => &person.stage,
            Self::Need(_) => &person.need,
            Self::Format(_) => &person.format,
        };
        let (_, terms) = self.terms();
        asked.is_empty() || terms.iter().any(|t| asked.contains(t))
    }
}

/// A condition over an event.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum EventIs {
    /// Carries one of the terms.
    Tagged {
        facet: Facet,
        any_of: Vec<String>,
    },
    /// Takes place in one of the regions; online without restriction counts for every region.
    Region(Vec<Region>),
    /// Its highest stated price in pence is at most this. Not stated does not hold.
    CostAtMost(u32),
    Free,
}

/// What rules over events can see of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTraits {
    pub tags: Vec<(Facet, String)>,
    pub region: Option<Region>,
    pub price_max: Option<Money>,
}

impl EventIs {
    #[must_use]
    pub fn holds(&self, event: &EventTraits) -> bool {
        match self {
            Self::Tagged { facet, any_of } => event.tags.iter().any(|(f, t)| f == facet && any_of.contains(t)),
            Self::Region(regions) => event.region.is_some_and(|r| r == Region::Uk || regions.contains(&r)),
            Self::CostAtMost(pence) => event.price_max.is_some_and(|m| m.minor <= i64::from(*pence)),
            Self::Free => event.price_max.is_some_and(|m| m.minor == 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_combine_and_silence_means_anything() {
        let rule: Rule<PersonIs> = serde_json::from_str(r#"{"all":[{"is":{"region":["nw"]}},{"not":{"is":{"audience":["acad"]}}}]}"#).unwrap();
        let holds = |p: &Preferences| rule.holds(&|c: &PersonIs| c.holds(p));
        let mut person = Preferences { audience: vec!["free".into()], ..Preferences::default() };
        assert!(holds(&person));
        person.region = vec!["lon".into()];
        assert!(!holds(&person));
        assert!(Rule::<PersonIs>::always().holds(&|_| false));
    }

    #[test]
    fn cost_that_was_not_stated_is_not_low() {
        assert!(!EventIs::CostAtMost(5000).holds(&EventTraits::default()));
        assert!(!EventIs::Free.holds(&EventTraits::default()));
    }

    #[test]
    fn an_unknown_condition_is_refused() {
        assert!(serde_json::from_str::<Rule<EventIs>>(r#"{"is":{"colour":["red"]}}"#).is_err());
    }
}
