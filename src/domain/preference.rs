//! What people asked to hear about: the headings, their terms, and the one line that says the same for everybody who asked alike.

use std::fmt::Write as _;

use super::{Facet, Money, Slug, vocabulary};

vocabulary! {
    /// A heading under which people name terms. Empty means "anything".
    pub enum Preference("preference") {
        Region = "region",
        /// A local authority by its short form; see [`super::authority`].
        Authority = "authority",
        /// A local cultural education partnership by its short form, which is not looked up anywhere.
        Lcep = "lcep",
        Subsector = "subsector",
        Audience = "audience",
        Stage = "stage",
        Need = "need",
        Format = "format",
        TimeOfDay = "time_of_day",
    }
}

impl Preference {
    /// The facet of the taxonomy whose terms it takes; `None` for places that are no facet.
    #[must_use]
    pub const fn facet(self) -> Option<Facet> {
        match self {
            Self::Region => Some(Facet::Region),
            Self::Subsector => Some(Facet::Subsector),
            Self::Audience => Some(Facet::Audience),
            Self::Stage => Some(Facet::Stage),
            Self::Need => Some(Facet::Need),
            Self::Format => Some(Facet::Format),
            Self::TimeOfDay => Some(Facet::TimeOfDay),
            Self::Authority | Self::Lcep => None,
        }
    }

    /// Whether it can be asked for. `knows` says which terms the taxonomy has.
    #[must_use]
    pub fn takes(self, term: &str, knows: impl Fn(Facet, &str) -> bool) -> bool {
        match (self, self.facet()) {
            (_, Some(facet)) => knows(facet, term),
            (Self::Authority, None) => super::authority(term).is_some(),
            (_, None) => Slug::parse(term).is_ok(),
        }
    }
}

vocabulary! {
    /// How often somebody wants mail.
    pub enum Frequency("frequency") {
        EachEdition = "each",
        /// The first edition of a week that has something for them, with what they missed since their last.
        Weekly = "weekly",
        /// The same by calendar months.
        Monthly = "monthly",
        /// Each edition, and between them at most one alert a day for what closes soon.
        Instant = "instant",
    }
}

/// What a person asked to hear about. Empty lists mean "anything". Terms are those of the taxonomy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferences {
    pub region: Vec<String>,
    pub authority: Vec<String>,
    pub lcep: Vec<String>,
    pub subsector: Vec<String>,
    pub audience: Vec<String>,
    pub stage: Vec<String>,
    pub need: Vec<String>,
    pub cost_max: Option<Money>,
    pub format: Vec<String>,
    pub time_of_day: Vec<String>,
    pub frequency: Frequency,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            region: Vec::new(),
            authority: Vec::new(),
            lcep: Vec::new(),
            subsector: Vec::new(),
            audience: Vec::new(),
            stage: Vec::new(),
            need: Vec::new(),
            cost_max: None,
            format: Vec::new(),
            time_of_day: Vec::new(),
            frequency: Frequency::EachEdition,
        }
    }
}

impl Preferences {
    /// The terms under one heading.
    #[must_use]
    pub fn terms(&self, heading: Preference) -> &Vec<String> {
        match heading {
            Preference::Region => &self.region,
            Preference::Authority => &self.authority,
            Preference::Lcep => &self.lcep,
            Preference::Subsector => &self.subsector,
            Preference::Audience => &self.audience,
            Preference::Stage => &self.stage,
            Preference::Need => &self.need,
            Preference::Format => &self.format,
            Preference::TimeOfDay => &self.time_of_day,
        }
    }

    pub fn terms_mut(&mut self, heading: Preference) -> &mut Vec<String> {
        match heading {
            Preference::Region => &mut self.region,
            Preference::Authority => &mut self.authority,
            Preference::Lcep => &mut self.lcep,
            Preference::Subsector => &mut self.subsector,
            Preference::Audience => &mut self.audience,
            Preference::Stage => &mut self.stage,
            Preference::Need => &mut self.need,
            Preference::Format => &mut self.format,
            Preference::TimeOfDay => &mut self.time_of_day,
        }
    }

    /// One line that is equal for people who asked alike: `often=weekly cost=5000 region=nw,yh`. Rules and selections see nothing of a
    /// person but this (and when they joined), so both are worked out once for each line and not once for each person.
    #[must_use]
    pub fn profile(&self) -> String {
        let mut out = format!("often={}", self.frequency);
        if let Some(most) = self.cost_max {
            let _ = write!(out, " cost={}", most.minor);
        }
        for heading in Preference::ALL {
            let mut terms: Vec<&str> = self.terms(*heading).iter().map(String::as_str).collect();
            terms.sort_unstable();
            terms.dedup();
            if !terms.is_empty() {
                let _ = write!(out, " {heading}={}", terms.join(","));
            }
        }
        out
    }

    /// What [`Preferences::profile`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_profile(line: &str) -> Option<Self> {
        let mut out = Self::default();
        for (name, value) in line.split(' ').map(|part| part.split_once('=')).collect::<Option<Vec<_>>>()? {
            match name {
                "often" => out.frequency = value.parse().ok()?,
                "cost" => out.cost_max = Some(Money::pence(value.parse().ok()?)),
                _ => *out.terms_mut(name.parse().ok()?) = value.split(',').map(str::to_owned).collect(),
            }
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn people_who_asked_alike_have_one_line() {
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let one = Preferences { region: list(&["yh", "nw"]), cost_max: Some(Money::pence(5_000)), ..Preferences::default() };
        let other = Preferences { region: list(&["nw", "yh", "nw"]), ..one.clone() };
        assert_eq!(one.profile(), "often=each cost=5000 region=nw,yh");
        assert_eq!(one.profile(), other.profile());
        for bad in ["", "often=hourly", "often=each colour=red", "often=each cost=much", "nonsense"] {
            assert_eq!(Preferences::from_profile(bad), None, "{bad}");
        }
    }

    #[test]
    fn terms_are_those_of_the_taxonomy_of_the_list_of_authorities_or_in_form() {
        let knows = |facet: Facet, term: &str| facet == Facet::TimeOfDay && term == "eve";
        let check = |heading: Preference, term: &str, expected: bool| assert_eq!(heading.takes(term, knows), expected, "{heading} {term}");
        check(Preference::TimeOfDay, "eve", true);
        check(Preference::TimeOfDay, "dawn", false);
        check(Preference::Authority, "leeds", true);
        check(Preference::Authority, "leedz", false);
        check(Preference::Lcep, "bradford-lcep", true);
        for bad in ["", "Bradford", "a b", "-a", "=1+1", &"x".repeat(61)] {
            check(Preference::Lcep, bad, false);
        }
    }

    proptest! {
        #[test]
        fn the_line_reads_back(
            lists in proptest::collection::vec(proptest::collection::btree_set("[a-z0-9-]{1,8}", 0..4), 9),
            cost in proptest::option::of(0u32..1_000_000),
            often in 0usize..4,
        ) {
            let mut person = Preferences { cost_max: cost.map(Money::pence), frequency: Frequency::ALL[often], ..Preferences::default() };
            for (heading, terms) in Preference::ALL.iter().zip(lists) {
                *person.terms_mut(*heading) = terms.into_iter().collect();
            }
            prop_assert_eq!(Preferences::from_profile(&person.profile()), Some(person));
        }
    }
}
