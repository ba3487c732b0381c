//! What composing and rendering see of events, editions and segments: plain values that the caller reads from the store.
//!
//! No rows, no queries: the caller fills these in, the stages only read them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::{
    EventId, EventIs, EventTraits, Facet, Facts, ItemId, ItemReason, Kind, PersonIs, Rule, SectionId, Status, When, authority_of_town, folded,
};

/// What an editor decided about an event; `None` in [`EventView::decision`] when nobody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Approved,
    Rejected,
}

/// Something about an event that became different, in the words of `event_change`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// UTC.
    pub at: DateTime<Utc>,
    /// The field: `start`, `status`, `mode`, `venue`, `price`...
    pub what: String,
    /// As stored (ISO 8601, a word of a vocabulary); `None` when it was not stated.
    pub was: Option<String>,
    pub becomes: Option<String>,
}

/// One event as composing and rendering see it.
#[derive(Debug, Clone)]
pub struct EventView {
    pub id: EventId,
    pub title: String,
    /// Plain text; the blurb is cut from it when the editor wrote none.
    pub body: String,
    pub url: Option<String>,
    pub booking_url: Option<String>,
    /// The zone of its days and times.
    pub zone: Tz,
    pub kind: Kind,
    pub facts: Facts,
    pub tags: Vec<(Facet, String)>,
    /// Whether the organisation vouches for the provider.
    pub provider_known: bool,
    /// Why an editor should look before it goes out.
    pub flag: Option<String>,
    pub withdrawn: bool,
    pub decision: Option<Decision>,
    /// An editor's pick goes to everyone, first.
    pub pick: bool,
    /// When an edition last told of it; UTC.
    pub told_at: Option<DateTime<Utc>>,
    /// Oldest first.
    pub changes: Vec<Change>,
}

impl EventView {
    /// What rules over events see of it at an instant.
    #[must_use]
    pub fn traits(&self, now: DateTime<Utc>) -> EventTraits {
        let facts = &self.facts;
        let title = folded(&self.title);
        EventTraits {
            tags: self.tags.clone(),
            region: facts.region.as_ref().map(|f| f.value),
            authority: facts.town.as_ref().and_then(|t| authority_of_town(&t.value, facts.region.as_ref().map(|r| r.value))).map(|a| a.slug),
            mode: facts.mode.as_ref().map(|f| f.value),
            price_max: facts.price.as_ref().and_then(|f| f.value.max),
            flags: facts.cost_flags.iter().map(|f| f.value).collect(),
            closes_in: facts.deadline.as_ref().and_then(|d| self.days_until(&d.value, now)),
            starts_in: self.start().and_then(|s| self.days_until(&s, now)),
            last_places: super::content::is_last_places(self),
            provider: facts.provider.as_ref().map(|p| p.value.clone()),
            provider_known: self.provider_known,
            words: format!("{}{}", title, folded(&self.body).trim_start()),
            title,
        }
    }

    /// The first moment that is stated.
    #[must_use]
    pub fn start(&self) -> Option<When> {
        self.facts.start.as_ref().map(|f| f.value).or_else(|| self.facts.sessions.first().map(|s| s.start))
    }

    /// Civil days in the event's zone; `None` for what is over or no more exact than a month.
    fn days_until(&self, when: &When, now: DateTime<Utc>) -> Option<i64> {
        let day = when.day().filter(|_| when.latest(self.zone) > now)?;
        Some((day - now.with_timezone(&self.zone).date_naive()).num_days().max(0))
    }

    /// As announced when nothing else is stated.
    #[must_use]
    pub fn status(&self) -> Status {
        self.facts.status.as_ref().map_or(Status::Scheduled, |f| f.value)
    }

    /// The changes that those who were told of it have not heard; none when nobody was told.
    pub fn untold_changes(&self) -> impl Iterator<Item = &Change> {
        let told = self.told_at;
        self.changes.iter().filter(move |c| told.is_some_and(|t| c.at > t))
    }
}

/// A section of the bulletin, in the bulletin's order.
#[derive(Debug, Clone)]
pub struct SectionView {
    pub id: SectionId,
    pub heading: String,
    pub rule: Rule<EventIs>,
}

/// A segment: who, and what they get.
#[derive(Debug, Clone)]
pub struct SegmentView {
    pub people: Rule<PersonIs>,
    pub events: Rule<EventIs>,
}

/// Where in an edition an item stands. The order of the variants is the order in which readers see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The editor's picks, before all sections.
    Picks,
    /// Closing soon or with few places left; only in what one reader gets.
    Soon,
    /// A section, by its position in the bulletin.
    Section(usize),
    /// No section's rule holds.
    More,
    /// Changes to what was told before.
    Changes,
    /// What touches nothing that the reader named as an interest; only in what one reader gets.
    Also,
}

impl Place {
    /// The place of a stored item: `section` is the position of its section, `None` when the section is gone or never was.
    #[must_use]
    pub fn of(pick: bool, because: ItemReason, section: Option<usize>) -> Self {
        match (because, pick, section) {
            (ItemReason::Changed, ..) => Self::Changes,
            (_, true, _) => Self::Picks,
            (_, _, Some(position)) => Self::Section(position),
            _ => Self::More,
        }
    }
}

/// An item of an edition together with its event, as selecting and rendering see it.
#[derive(Debug, Clone)]
pub struct ItemView {
    pub id: ItemId,
    pub place: Place,
    /// Within the edition.
    pub position: usize,
    pub pick: bool,
    pub because: ItemReason,
    /// The editor's words; `None` for the event's own.
    pub heading: Option<String>,
    pub blurb: Option<String>,
    /// When something about the event that readers should hear last changed. UTC.
    pub changed_at: Option<DateTime<Utc>>,
    /// The number of the earlier edition it stood in, for readers who did not get that one; `None` for an item of the edition itself.
    pub missed_in: Option<u32>,
    pub event: EventView,
}

/// An edition with all its items, before it is cut to a reader's measure.
#[derive(Debug, Clone, Default)]
pub struct EditionView {
    pub items: Vec<ItemView>,
    /// "Now" for everything it says. UTC.
    pub as_of: DateTime<Utc>,
}

/// Names an item that a reader gets, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemRef {
    pub item: ItemId,
    pub event: EventId,
    pub place: Place,
}

/// The events that earlier editions and alerts told a reader of (`edition_content_event`), and when last. UTC.
pub type Told = BTreeMap<EventId, DateTime<Utc>>;
