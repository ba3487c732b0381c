//! Segments: a rule over people together with a rule over events. What the desk's form shows, the configuration file says and the database keeps is this one type.
//!
//! What was not stated holds for no condition: silence about a price is not "cheap". What a person did not ask about is not a mismatch.

use chrono::NaiveDate;

use super::{CostFlag, Facet, Frequency, Mode, Money, Preference, Preferences, Region};

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

    /// Levels of nesting; a condition alone is one.
    pub fn depth(&self) -> usize {
        match self {
            Self::All(rules) | Self::Any(rules) => 1 + rules.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(rule) => 1 + rule.depth(),
            Self::Is(_) => 1,
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

/// What rules over people can see of one.
#[derive(Debug, Clone, Copy)]
pub struct PersonTraits<'a> {
    pub asked: &'a Preferences,
    /// The day they came onto the list (UTC); `None` for somebody who is on none.
    pub joined: Option<NaiveDate>,
}

impl<'a> PersonTraits<'a> {
    /// Somebody of whom nothing but their preferences is known.
    #[must_use]
    pub const fn new(asked: &'a Preferences) -> Self {
        Self { asked, joined: None }
    }
}

/// A condition over a person. One who named nothing under a heading is taken to want anything of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PersonIs {
    Region(Vec<String>),
    /// Short forms of local authorities.
    Authority(Vec<String>),
    /// Short forms of local cultural education partnerships.
    Lcep(Vec<String>),
    Subsector(Vec<String>),
    Audience(Vec<String>),
    Stage(Vec<String>),
    Need(Vec<String>),
    Format(Vec<String>),
    TimeOfDay(Vec<String>),
    Frequency(Vec<Frequency>),
    /// Came onto the list on that day or later.
    JoinedSince(NaiveDate),
    /// Came onto the list before that day.
    JoinedBefore(NaiveDate),
}

impl PersonIs {
    /// The heading it is about, and its terms; `None` for conditions that are not about terms.
    #[must_use]
    pub fn terms(&self) -> Option<(Preference, &[String])> {
        Some(match self {
            Self::Region(t) => (Preference::Region, t),
            Self::Authority(t) => (Preference::Authority, t),
            Self::Lcep(t) => (Preference::Lcep, t),
            Self::Subsector(t) => (Preference::Subsector, t),
            Self::Audience(t) => (Preference::Audience, t),
            Self::Stage(t) => (Preference::Stage, t),
            Self::Need(t) => (Preference::Need, t),
            Self::Format(t) => (Preference::Format, t),
            Self::TimeOfDay(t) => (Preference::TimeOfDay, t),
            Self::Frequency(_) | Self::JoinedSince(_) | Self::JoinedBefore(_) => return None,
        })
    }

    #[must_use]
    pub fn holds(&self, person: &PersonTraits<'_>) -> bool {
        match self {
            Self::Frequency(often) => often.contains(&person.asked.frequency),
            Self::JoinedSince(day) => person.joined.is_some_and(|joined| joined >= *day),
            Self::JoinedBefore(day) => person.joined.is_some_and(|joined| joined < *day),
            _ => self.terms().is_some_and(|(heading, terms)| {
                let asked = person.asked.terms(heading);
                asked.is_empty() || terms.iter().any(|t| asked.contains(t))
            }),
        }
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
    Level(Vec<String>),
    Duration(Vec<String>),
    TimeOfDay(Vec<String>),
    ProviderType(Vec<String>),
    Weekend,
    /// Takes place in one of the regions; online without restriction counts for every region.
    Region(Vec<Region>),
    /// Takes place in one of the local authorities.
    Authority(Vec<String>),
    Mode(Vec<Mode>),
    /// Its highest stated price in pence is at most this. Not stated does not hold.
    CostAtMost(u32),
    Free,
    /// Bursaries are offered.
    Bursary,
    /// Booking closes within so many days.
    ClosingWithin(u32),
    /// Begins within so many days.
    StartingWithin(u32),
    /// Marked as having few places left.
    LastPlaces,
    /// The organisation vouches for who delivers it.
    ProviderKnown,
    /// Delivered by one of these, whatever the capitals.
    Provider(Vec<String>),
    /// The title holds one of these as whole words, whatever the capitals.
    Title(Vec<String>),
    /// Title or text does.
    Words(Vec<String>),
}

/// What rules over events can see of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTraits {
    pub tags: Vec<(Facet, String)>,
    pub region: Option<Region>,
    /// Short form of the local authority.
    pub authority: Option<&'static str>,
    pub mode: Option<Mode>,
    pub price_max: Option<Money>,
    pub flags: Vec<CostFlag>,
    /// Whole days until booking closes; `None` when not stated or over.
    pub closes_in: Option<i64>,
    /// Days until it begins; `None` when not stated or begun.
    pub starts_in: Option<i64>,
    pub last_places: bool,
    pub provider: Option<String>,
    pub provider_known: bool,
    /// As [`folded`] gives it.
    pub title: String,
    /// The same of the title and the text.
    pub words: String,
}

/// Words in lower case with a blank before, between and after: what whole words are looked up in.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for c in text.chars().filter(|c| !matches!(c, '\'' | '’')) {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

impl EventIs {
    /// The facet it is about, and its terms, when it is about tags.
    #[must_use]
    pub fn tagged(&self) -> Option<(Facet, &[String])> {
        match self {
            Self::Tagged { facet, any_of } => Some((*facet, any_of)),
            Self::Level(t) => Some((Facet::Level, t)),
            Self::Duration(t) => Some((Facet::Duration, t)),
            Self::TimeOfDay(t) => Some((Facet::TimeOfDay, t)),
            Self::ProviderType(t) => Some((Facet::ProviderType, t)),
            _ => None,
        }
    }

    #[must_use]
    pub fn holds(&self, event: &EventTraits) -> bool {
        let within = |days: Option<i64>, most: u32| days.is_some_and(|d| (0..=i64::from(most)).contains(&d));
        let says = |text: &str, phrases: &[String]| phrases.iter().any(|p| text.contains(&folded(p)));
        match self {
            Self::Tagged { .. } | Self::Level(_) | Self::Duration(_) | Self::TimeOfDay(_) | Self::ProviderType(_) => {
                self.tagged().is_some_and(|(facet, terms)| event.tags.iter().any(|(f, t)| *f == facet && terms.contains(t)))
            }
            Self::Weekend => event.tags.iter().any(|(f, t)| *f == Facet::Weekend && t == "true"),
            Self::Region(regions) => event.region.is_some_and(|r| r == Region::Uk || regions.contains(&r)),
            Self::Authority(list) => event.authority.is_some_and(|a| list.iter().any(|l| l == a)),
            Self::Mode(modes) => event.mode.is_some_and(|m| modes.contains(&m)),
            Self::CostAtMost(pence) => event.price_max.is_some_and(|m| m.minor <= i64::from(*pence)),
            Self::Free => event.price_max.is_some_and(|m| m.minor == 0),
            Self::Bursary => event.flags.contains(&CostFlag::Bursary),
            Self::ClosingWithin(days) => within(event.closes_in, *days),
            Self::StartingWithin(days) => within(event.starts_in, *days),
            Self::LastPlaces => event.last_places,
            Self::ProviderKnown => event.provider_known,
            Self::Provider(names) => event.provider.as_ref().is_some_and(|p| names.iter().any(|n| folded(n) == folded(p))),
            Self::Title(phrases) => says(&event.title, phrases),
            Self::Words(phrases) => says(&event.words, phrases),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person_rule(json: &str) -> Rule<PersonIs> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn rules_combine_and_silence_means_anything() {
        let rule = person_rule(r#"{"all":[{"is":{"region":["nw"]}},{"not":{"is":{"audience":["acad"]}}}]}"#);
        let holds = |p: &Preferences| rule.holds(&|c: &PersonIs| c.holds(&PersonTraits::new(p)));
        let mut person = Preferences { audience: vec!["free".into()], ..Preferences::default() };
        assert!(holds(&person));
        person.region = vec!["lon".into()];
        assert!(!holds(&person));
        assert!(Rule::<PersonIs>::always().holds(&|_| false));
        assert_eq!((rule.depth(), rule.conditions().len()), (3, 2));
    }

    #[test]
    fn people_are_seen_by_place_frequency_and_day_of_joining() {
        let asked =
            Preferences { authority: vec!["leeds".into()], lcep: vec!["leeds-lcep".into()], frequency: Frequency::Weekly, ..Preferences::default() };
        let check = |joined: Option<&str>, json: &str, expected: bool| {
            let person = PersonTraits { asked: &asked, joined: joined.map(|d| d.parse().unwrap()) };
            assert_eq!(person_rule(json).holds(&|c: &PersonIs| c.holds(&person)), expected, "{json}");
        };
        check(None, r#"{"is":{"authority":["leeds","york"]}}"#, true);
        check(None, r#"{"is":{"authority":["york"]}}"#, false);
        check(None, r#"{"is":{"lcep":["leeds-lcep"]}}"#, true);
        check(None, r#"{"is":{"frequency":["weekly","instant"]}}"#, true);
        check(None, r#"{"is":{"frequency":["each"]}}"#, false);
        check(Some("2027-03-01"), r#"{"is":{"joined_since":"2027-03-01"}}"#, true);
        check(Some("2027-03-01"), r#"{"is":{"joined_before":"2027-03-01"}}"#, false);
        check(None, r#"{"is":{"joined_before":"2027-03-01"}}"#, false);
    }

    #[test]
    fn what_was_not_stated_holds_for_nothing() {
        for json in [
            r#"{"cost_at_most":5000}"#,
            r#""free""#,
            r#"{"closing_within":7}"#,
            r#"{"starting_within":7}"#,
            r#"{"region":["nw"]}"#,
            r#"{"authority":["leeds"]}"#,
            r#"{"mode":["online"]}"#,
            r#""bursary""#,
            r#""weekend""#,
            r#""provider_known""#,
            r#""last_places""#,
            r#"{"provider":["Northfield"]}"#,
            r#"{"title":["evaluation"]}"#,
        ] {
            let condition: EventIs = serde_json::from_str(json).unwrap();
            assert!(!condition.holds(&EventTraits::default()), "{json}");
            assert_eq!(serde_json::from_str::<EventIs>(&serde_json::to_string(&condition).unwrap()).unwrap(), condition);
        }
    }

    #[test]
    fn events_are_seen_by_time_words_place_and_provider() {
        let event = EventTraits {
            tags: vec![(Facet::Level, "intro".into()), (Facet::Weekend, "true".into()), (Facet::TimeOfDay, "eve".into())],
            authority: Some("leeds"),
            mode: Some(Mode::Hybrid),
            price_max: Some(Money::pence(4_000)),
            flags: vec![CostFlag::Bursary],
            closes_in: Some(7),
            starts_in: Some(20),
            provider: Some("Northfield Museum Network".into()),
            title: folded("Evaluation – a beginner’s day"),
            words: folded("Evaluation – a beginner’s day\nTheory of change, step by step."),
            ..EventTraits::default()
        };
        let check = |json: &str, expected: bool| assert_eq!(serde_json::from_str::<EventIs>(json).unwrap().holds(&event), expected, "{json}");
        check(r#"{"level":["intro"]}"#, true);
        check(r#"{"time_of_day":["am"]}"#, false);
        check(r#""weekend""#, true);
        check(r#""bursary""#, true);
        check(r#"{"closing_within":7}"#, true);
        check(r#"{"closing_within":6}"#, false);
        check(r#"{"starting_within":21}"#, true);
        check(r#"{"mode":["online","hybrid"]}"#, true);
        check(r#"{"authority":["leeds"]}"#, true);
        check(r#"{"provider":["northfield museum network"]}"#, true);
        check(r#"{"title":["Beginner's Day"]}"#, true);
        check(r#"{"title":["begin"]}"#, false);
        check(r#"{"words":["theory of change"]}"#, true);
        check(r#"{"title":["theory of change"]}"#, false);
    }

    #[test]
    fn an_unknown_condition_is_refused() {
        assert!(serde_json::from_str::<Rule<EventIs>>(r#"{"is":{"colour":["red"]}}"#).is_err());
        assert!(serde_json::from_str::<Rule<EventIs>>(r#"{"is":{"tagged":{"facet":"need","any_of":[],"all_of":[]}}}"#).is_err());
    }
}
