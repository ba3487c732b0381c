//! What a read of a source yields, field by field, and what can be wrong with a source.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Candidate, ListingId, Method, vocabulary};

vocabulary! {
    /// What is counted of each read: how many of its listings state this.
    pub enum YieldField("field of a yield") {
        /// Every listing has one.
        Title = "title",
        /// A day or at least a month.
        Start = "start",
        /// A time of day.
        Time = "time",
        /// A venue, town, address or postcode, or that it is online.
        Place = "place",
        Price = "price",
        Booking = "booking",
        Provider = "provider",
        Description = "description",
    }
}

impl YieldField {
    /// As an operator reads it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Start => "date",
            Self::Time => "time of day",
            Self::Place => "place",
            Self::Price => "price",
            Self::Booking => "booking link",
            Self::Provider => "provider",
            Self::Description => "description",
        }
    }

    /// Whether a listing states it.
    #[must_use]
    pub fn is_stated(self, c: &Candidate) -> bool {
        let f = &c.facts;
        match self {
            Self::Title => true,
            Self::Start => f.start.is_some(),
            Self::Time => f.start.as_ref().is_some_and(|s| s.value.time().is_some()),
            Self::Place => f.venue.is_some() || f.address.is_some() || f.town.is_some() || f.postcode.is_some() || f.mode.is_some(),
            Self::Price => f.price.is_some(),
            Self::Booking => c.booking_url.is_some(),
            Self::Provider => f.provider.is_some(),
            Self::Description => !c.text.trim().is_empty(),
        }
    }
}

/// What one read found: its listings, and how many of them state each field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Yields {
    pub listings: usize,
    pub filled: BTreeMap<YieldField, usize>,
}

impl Yields {
    /// Counts.
    pub fn of<'a>(candidates: impl IntoIterator<Item = &'a Candidate>) -> Self {
        let mut out = Self::default();
        for candidate in candidates {
            out.listings += 1;
            for field in YieldField::ALL.iter().filter(|f| f.is_stated(candidate)) {
                *out.filled.entry(*field).or_default() += 1;
            }
        }
        out
    }

    /// The share of listings that state a field, 0..=1; none without listings or when fields were not counted.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts of listings on a page")]
    pub fn share(&self, field: YieldField) -> Option<f64> {
        let counted = self.listings > 0 && !self.filled.is_empty();
        counted.then(|| self.filled.get(&field).copied().unwrap_or(0) as f64 / self.listings as f64)
    }
}

vocabulary! {
    /// How much an alarm matters.
    pub enum Severity("severity") {
        /// Good to know; what is collected is right.
        Note = "note",
        /// What is collected is poorer than it was.
        Warning = "warning",
        /// Nothing is collected.
        Failure = "failure",
    }
}

vocabulary! {
    /// What can be wrong with a source. docs/SOURCES.md says of each what to do.
    pub enum AlarmKind("kind of alarm") {
        /// No events where there usually are some, or never any.
        Empty = "empty",
        /// At least 60 % fewer events than usual.
        Shorter = "shorter",
        /// A field that was usually stated no longer is.
        FieldLost = "field_lost",
        /// A page that asks for a password instead of the list.
        Login = "login",
        /// What came is not what was expected there: a page instead of a feed, or broken off.
        Unreadable = "unreadable",
        /// The server's certificate cannot be trusted.
        Certificate = "certificate",
        /// 401, 403, 406, 451: it does not let programs in. Asked less often, never disguised.
        Blocked = "blocked",
        /// robots.txt asks programs to stay away.
        Robots = "robots",
        /// 404 or 410.
        Gone = "gone",
        /// Another 4xx, or our own guard said no.
        Refused = "refused",
        /// 5xx, no answer or no connection, several times in a row.
        Failing = "failing",
        /// It has moved for good to another address.
        Moved = "moved",
        /// The stored way of reading it failed and another is in use. Over once it was told.
        Fallback = "fallback",
        /// Nothing new for far longer than is its habit.
        Stale = "stale",
        /// Nothing ahead for weeks: every event it lists is over.
        PastOnly = "past_only",
    }
}

impl AlarmKind {
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Empty
            | Self::Login
            | Self::Unreadable
            | Self::Certificate
            | Self::Blocked
            | Self::Robots
            | Self::Gone
            | Self::Refused
            | Self::Failing => Severity::Failure,
            Self::Shorter | Self::FieldLost | Self::Fallback => Severity::Warning,
            Self::Moved | Self::Stale | Self::PastOnly => Severity::Note,
        }
    }

    /// Whether it speaks of the way to the document and not of what it holds: any good answer, even "not modified", contradicts it.
    #[must_use]
    pub const fn is_about_access(self) -> bool {
        matches!(self, Self::Login | Self::Unreadable | Self::Certificate | Self::Blocked | Self::Robots | Self::Gone | Self::Refused | Self::Failing)
    }

    /// Whether a read that shows it is not to be trusted: it neither teaches what is usual nor speaks of absence.
    #[must_use]
    pub const fn is_suspect(self) -> bool {
        matches!(self, Self::Empty | Self::Shorter | Self::FieldLost | Self::Login)
    }
}

vocabulary! {
    /// Why an alarm is over.
    pub enum AlarmEnd("end of an alarm") {
        /// A look contradicted it.
        Mended = "mended",
        /// It has been so for long enough, or a person said so: it counts as usual now.
        Usual = "usual",
        /// Nobody looks there any more.
        Disabled = "disabled",
    }
}

/// Something that a look shows to be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symptom {
    pub kind: AlarmKind,
    /// In words an operator can act on.
    pub words: String,
}

impl Symptom {
    pub fn new(kind: AlarmKind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into() }
    }
}

/// What a look says of a source's health.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkup {
    /// What a read found; none for any other look.
    pub yields: Option<Yields>,
    /// It counts for what is usual.
    pub teaches: bool,
    pub symptoms: Vec<Symptom>,
    /// Alarms that this look contradicts.
    pub closes: Vec<AlarmKind>,
    /// What was read since then is the usual from now on, and what was usual before no longer is.
    pub usual_since: Option<DateTime<Utc>>,
    /// Listings that this read ought to have held and did not.
    pub absent: Vec<ListingId>,
}

impl Checkup {
    /// Why the read is not to be trusted, the weightiest reason first.
    #[must_use]
    pub fn suspicion(&self) -> Option<&Symptom> {
        self.symptoms.iter().find(|s| s.kind.is_suspect())
    }

    #[must_use]
    pub fn shows(&self, kind: AlarmKind) -> bool {
        self.symptoms.iter().any(|s| s.kind == kind)
    }
}

/// A listing of a source whose event is still to come. Times in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedAhead {
    pub listing: ListingId,
    pub method: Method,
    /// Of its event.
    pub starts_at: DateTime<Utc>,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    /// Good answers in a row that did not hold it, whether or not they can speak of absence; the newest included.
    pub missed: i64,
    /// Absences counted so far.
    pub absences: i64,
}
