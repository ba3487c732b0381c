//! A publication: when it appears, who signs it, and what may go out without a person's word.

use super::vocabulary;

vocabulary! {
    /// Who lets an edition go out.
    pub enum Approval("approval policy") {
        /// A person, always.
        Person = "person",
        /// By itself when nothing in it is flagged and it holds at least the bulletin's minimum of items.
        AutoWhenClean = "auto_when_clean",
        /// By itself whenever it holds at least the bulletin's minimum of items.
        Auto = "auto",
    }
}

/// How much one reader gets of an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Items under one heading at most. Picks and changes are never cut.
    pub per_section: u32,
    /// Items in one mail at most.
    pub in_all: u32,
    /// With more items than this, a list of titles with dates stands before them.
    pub brief_above: u32,
    /// Whether a reader for whom there is nothing but the editor's picks gets them.
    pub picks_anyway: bool,
    /// Whether those who want to hear at once get an alert between editions.
    pub alerts: bool,
}

impl Default for Measure {
    fn default() -> Self {
        Self { per_section: 15, in_all: 40, brief_above: 5, picks_anyway: false, alerts: true }
    }
}

vocabulary! {
    /// Why an active reader gets no mail of an edition.
    pub enum Nothing("reason for no mail") {
        /// Gets mail once a week or a month and had it.
        NotDue = "not_due",
        /// No segment holds for them.
        NoSegment = "no_segment",
        /// What their segments take is outside what they asked for: price, format, place.
        NotWanted = "not_wanted",
        /// They heard of all of it before.
        ToldBefore = "told_before",
        /// Nothing but the editor's picks, which the bulletin does not send alone.
        PicksAlone = "picks_alone",
    }
}

/// A short name in addresses and commands: lower-case letters, digits and hyphens, at most 60.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a short name: use lower-case letters, digits and hyphens, at most 60")]
pub struct BadSlug(pub String);

impl Slug {
    pub fn parse(s: &str) -> Result<Self, BadSlug> {
        let ok = !s.is_empty()
            && s.len() <= 60
            && !s.starts_with('-')
            && !s.ends_with('-')
            && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        ok.then(|| Self(s.to_owned())).ok_or_else(|| BadSlug(super::text::single_line(s, 80)))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Slug {
    type Err = BadSlug;
    fn from_str(s: &str) -> Result<Self, BadSlug> {
        Self::parse(s)
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert!(Slug::parse("culture-north-2").is_ok());
        for bad in ["", "-a", "A", "a b", "../etc", "é"] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
    }
}
