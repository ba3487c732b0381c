//! What is known of an event, fact by fact, each with the words it was read from.
//!
//! Invariant 2: no fact without evidence. "Not stated" is `None`, and nothing here turns it into a value.

use super::{Money, Region, When, vocabulary};

vocabulary! {
    /// How a value was read, weakest last; decides between values that disagree.
    pub enum Origin("origin of a fact") {
        /// An editor typed or chose it.
        Editor = "editor",
        /// A field of structured data: JSON-LD, iCalendar, an API.
        Structured = "structured",
        /// An element that the operator's selectors or the page's structure mark as this fact.
        Field = "field",
        /// Read from running text.
        Prose = "prose",
        /// Follows from other facts, such as a region from a postcode.
        Derived = "derived",
    }
}

/// The words a value was read from, how they were found, and how sure the reading is.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Evidence {
    /// Verbatim, cut to a sentence's length.
    pub words: String,
    pub origin: Origin,
    /// 0..=1.
    pub confidence: f32,
}

/// A value together with its evidence.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Fact<T> {
    pub value: T,
    pub evidence: Evidence,
}

impl<T> Fact<T> {
    pub fn new(value: T, origin: Origin, words: impl Into<String>, confidence: f32) -> Self {
        Self { value, evidence: Evidence { words: cut(words.into(), 240), origin, confidence } }
    }

    /// The same evidence for a value that follows from this one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        Fact { value: f(self.value), evidence: self.evidence }
    }
}

fn cut(mut words: String, most: usize) -> String {
    if let Some((at, _)) = words.char_indices().nth(most) {
        words.truncate(at);
        words.push('…');
    }
    words
}

vocabulary! {
    /// Whether it still takes place as announced.
    pub enum Status("status") {
        Scheduled = "scheduled",
        Cancelled = "cancelled",
        /// Will take place later; the new date is not stated.
        Postponed = "postponed",
        /// Takes place on another date, which is stated.
        Rescheduled = "rescheduled",
        SoldOut = "sold_out",
    }
}

vocabulary! {
    /// How one takes part.
    pub enum Mode("mode") {
        InPerson = "in_person",
        Online = "online",
        /// Either way at the same event.
        Hybrid = "hybrid",
        /// At any time, at one's own pace.
        SelfPaced = "self_paced",
    }
}

vocabulary! {
    /// Taxonomy section 7, `cost_flags`.
    pub enum CostFlag("cost flag") {
        Members = "members",
        Bursary = "bursary",
        Travel = "travel",
        PayWhatYouCan = "pwyc",
        PlusVat = "vat",
        EarlyBird = "early",
        Deposit = "deposit",
    }
}

/// What a place costs. A bound that was not stated is `None`; both are never `None` together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Price {
    /// The lowest price any attendee can pay; zero when one tier is free.
    pub min: Option<Money>,
    /// The highest price as printed (without VAT when so printed). `None` for "from £20".
    pub max: Option<Money>,
}

impl Price {
    /// True only if every attendee pays nothing.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.max.is_some_and(|m| m.minor == 0)
    }
}

/// One dated sitting of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Session {
    pub start: When,
    pub end: Option<When>,
}

/// Everything stated about one event. Absent means not stated.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Facts {
    /// Of the first sitting.
    pub start: Option<Fact<When>>,
    /// Of the last sitting.
    pub end: Option<Fact<When>>,
    /// All sittings in order, when there are several; otherwise empty.
    pub sessions: Vec<Session>,
    /// The last moment to apply or book. Never the start.
    pub deadline: Option<Fact<When>>,
    pub status: Option<Fact<Status>>,
    pub mode: Option<Fact<Mode>>,
    pub venue: Option<Fact<String>>,
    pub address: Option<Fact<String>>,
    pub town: Option<Fact<String>>,
    pub postcode: Option<Fact<String>>,
    pub region: Option<Fact<Region>>,
    /// Who delivers it, as named in the text; not necessarily who lists it.
    pub provider: Option<Fact<String>>,
    pub price: Option<Fact<Price>>,
    pub cost_flags: Vec<Fact<CostFlag>>,
}
