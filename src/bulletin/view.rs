//! What composing and rendering see of events, editions and segments: plain values that the caller reads from the store.
//!
//! No rows, no queries: the caller fills these in, the stages only read them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::{EventId, EventIs, EventTraits, Facet, Facts, ItemId, ItemReason, Kind, PersonIs, Rule, SectionId, Status};

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
    /// What rules over events see of it.
    #[must_use]
    pub fn traits(&self) -> EventTraits {
        EventTraits {
            tags: self.tags.clone(),
            region: self.facts.region.as_ref().map(|f| f.value),
            price_max: self.facts.price.as_ref().and_then(|f| f.value.max),
        }
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
    /// A section, by its position in the bulletin.
    Section(usize),
    /// No section's rule holds.
    More,
    /// Changes to what was told before, last.
    Changes,
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
    pub event: EventView,
}

/// An edition with all its items, before it is cut to a reader's measure.
#[derive(Debug, Clone, Default)]
pub struct EditionView {
    pub items: Vec<ItemView>,
}

/// Names an item that a reader gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemRef {
    pub item: ItemId,
    pub event: EventId,
}

/// The events that earlier editions told a reader of (`edition_content_event`).
pub type Told = BTreeSet<EventId>;
