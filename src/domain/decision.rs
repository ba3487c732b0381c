//! What an editor says of events: the verbs, what can be typed in place of a fact, and corrections of kind and tags.
//!
//! Only words and what they mean for one another; keeping them is the store's.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use super::{EventId, Facet, Field, Kind, UnknownWord, vocabulary};

vocabulary! {
    /// What was decided.
    pub enum Verb("decision") {
        Approve = "approve",
        Reject = "reject",
        /// Two listings are one event.
        Same = "same",
        NotSame = "not_same",
        Merge = "merge",
        Split = "split",
        /// A field is what the editor typed, until it is unlocked.
        Edit = "edit",
        /// A field is what the listings state again.
        Unlock = "unlock",
        /// Kind or tags are wrong or missing.
        Correct = "correct",
        /// It does not take place.
        Withdraw = "withdraw",
        /// It takes place, although its sources no longer show it or seem to call it off.
        Keep = "keep",
    }
}

/// How the flag of an event begins that may be another one.
pub const PERHAPS_THE_SAME: &str = "possibly the same as event ";

/// The event that a flag asks about, when it asks whether two are one.
#[must_use]
pub fn perhaps_the_same(flag: &str) -> Option<EventId> {
    flag.strip_prefix(PERHAPS_THE_SAME)?.parse().ok()
}

/// What an editor can type: a fact, or one of the words and addresses around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Editable {
    Title,
    Text,
    Url,
    BookingUrl,
    Fact(Field),
}

impl Editable {
    /// As it is typed and stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Text => "text",
            Self::Url => "url",
            Self::BookingUrl => "booking_url",
            Self::Fact(field) => field.as_str(),
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        [Self::Title, Self::Text, Self::Url, Self::BookingUrl].into_iter().chain(Field::ALL.iter().copied().map(Self::Fact))
    }
}

impl fmt::Display for Editable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Editable {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let expected = || Self::all().map(Self::as_str).collect::<Vec<_>>().join(", ");
        Self::all().find(|e| e.as_str() == word).ok_or_else(|| UnknownWord { what: "field", word: word.to_owned(), expected: expected() })
    }
}

/// What a correction is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    Kind,
    Of(Facet),
}

impl Aspect {
    /// As it is typed and stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Of(facet) => facet.as_str(),
        }
    }

    /// Whether an event can carry several terms of it.
    #[must_use]
    pub const fn is_multi(self) -> bool {
        matches!(self, Self::Of(facet) if facet.is_multi())
    }

    /// The facts that it follows from, when it is computed and never said: then the fact is to be set.
    #[must_use]
    pub const fn follows_from(self) -> Option<&'static str> {
        match self {
            Self::Of(Facet::CostBand) => Some("price"),
            Self::Of(Facet::CostFlags) => Some("cost_flag"),
            Self::Of(Facet::Format) => Some("mode"),
            Self::Of(Facet::TimeOfDay | Facet::Weekend) => Some("start"),
            Self::Of(Facet::Region) => Some("region"),
            _ => None,
        }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Aspect {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        if word == "kind" { Ok(Self::Kind) } else { word.parse().map(Self::Of) }
    }
}

/// One thing that an editor says of an event's kind or tags.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Correction {
    #[serde(serialize_with = "as_word")]
    pub aspect: Aspect,
    pub term: String,
    /// It is so, or it is not.
    pub holds: bool,
    pub by: String,
    /// UTC.
    pub at: DateTime<Utc>,
    /// Why, in the editor's words.
    pub note: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn as_word<S: serde::Serializer>(aspect: &Aspect, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(aspect.as_str())
}

impl Correction {
    /// As it is typed and stored: `+lead`, `-fund`.
    #[must_use]
    pub fn signed(&self) -> String {
        format!("{}{}", if self.holds { '+' } else { '-' }, self.term)
    }

    /// Reads `+lead`, `-fund` and `lead`, which is `+lead`.
    #[must_use]
    pub fn read_signed(text: &str) -> (bool, &str) {
        match text.strip_prefix('-') {
            Some(term) => (false, term),
            None => (true, text.strip_prefix('+').unwrap_or(text)),
        }
    }

    /// Whether the later word leaves nothing of an earlier one about the same event.
    fn supersedes(&self, earlier: &Self) -> bool {
        let takes_its_place = !self.aspect.is_multi() && self.holds && earlier.holds;
        self.aspect == earlier.aspect && (self.term == earlier.term || takes_its_place)
    }
}

/// What of an event's corrections still counts, given in the order in which they were said.
#[must_use]
pub fn standing(said: Vec<Correction>) -> Vec<Correction> {
    let mut out: Vec<Correction> = Vec::with_capacity(said.len());
    for correction in said {
        out.retain(|earlier| !correction.supersedes(earlier));
        out.push(correction);
    }
    out
}

/// The kind that corrections name, if they do.
#[must_use]
pub fn kind_of(corrections: &[Correction]) -> Option<(Kind, &Correction)> {
    corrections.iter().rev().filter(|c| c.aspect == Aspect::Kind && c.holds).find_map(|c| Some((c.term.parse().ok()?, c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(aspect: &str, signed: &str) -> Correction {
        let (holds, term) = Correction::read_signed(signed);
        let aspect = aspect.parse().unwrap();
        Correction { aspect, term: term.into(), holds, by: "editor".into(), at: DateTime::UNIX_EPOCH, note: None }
    }

    fn check(said: &[(&str, &str)], expected: &[&str]) {
        let left = standing(said.iter().map(|(aspect, signed)| say(aspect, signed)).collect());
        assert_eq!(left.iter().map(|c| format!("{} {}", c.aspect, c.signed())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_later_word_about_a_term_counts_and_of_a_single_one_the_last() {
        check(&[("need", "+lead"), ("need", "fund"), ("need", "-lead")], &["need +fund", "need -lead"]);
        check(&[("activity", "talk"), ("activity", "-prog"), ("activity", "prog")], &["activity +prog"]);
        check(&[("kind", "job"), ("kind", "cpd")], &["kind +cpd"]);
        assert_eq!(kind_of(&[say("kind", "job"), say("need", "lead")]).map(|(k, _)| k), Some(Kind::Job));
    }

    #[test]
    fn what_can_be_typed_reads_back_and_mistakes_say_what_is_expected() {
        for editable in Editable::all() {
            assert_eq!(editable.as_str().parse(), Ok(editable));
        }
        let said = "begin".parse::<Editable>().unwrap_err().to_string();
        assert!(said.contains("`begin` is not a field; expected one of title, text, url, booking_url, start"), "{said}");
        let id = EventId(uuid::Uuid::from_u128(7));
        assert_eq!(perhaps_the_same(&format!("{PERHAPS_THE_SAME}{id}")), Some(id));
        assert_eq!(perhaps_the_same("no date is stated"), None);
    }
}
