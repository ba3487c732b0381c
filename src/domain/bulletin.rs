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
