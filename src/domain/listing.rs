//! What sources say: a [`RawEvent`] as a parser found it, and a [`Candidate`] once its words were read.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Fact, Facts, Mode, Region, Session, Status, When, vocabulary};

vocabulary! {
    /// How an event was found in a document.
    pub enum Method("method") {
        JsonLd = "json_ld",
        Microdata = "microdata",
        Ical = "ical",
        Feed = "feed",
        Api = "api",
        EventsCalendar = "api:events_calendar",
        Squarespace = "api:squarespace",
        Wix = "api:wix",
        Localist = "api:localist",
        Arlo = "api:arlo",
        Humanitix = "api:humanitix",
        TicketTailor = "api:ticket_tailor",
        Eventbrite = "api:eventbrite",
        Meetup = "api:meetup",
        Bookwhen = "api:bookwhen",
        Spektrix = "api:spektrix",
        Drupal = "api:drupal",
        Repeated = "repeated",
        Selectors = "selectors",
        Email = "email",
        /// A row of a spreadsheet or of a JSON array.
        Table = "table",
    }
}

/// Bytes that were fetched or read, before anybody looked inside.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where it was found after redirects; what relative links hang on.
    pub url: Option<url::Url>,
    /// As the server declared it, parameters included. A hint only.
    pub content_type: Option<String>,
    /// Decoded from any transfer or content coding, within the size cap.
    pub body: Vec<u8>,
}

/// How to read what a document leaves open.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// "Today": resolves missing years. UTC.
    pub now: DateTime<Utc>,
    /// The zone of times that name none.
    pub zone: Tz,
    /// 03/04 is 3 April (true) or March 4 (false).
    pub day_first: bool,
    /// Half-open window in which recurring events are expanded. UTC.
    pub window: (DateTime<Utc>, DateTime<Utc>),
}

impl Reading {
    /// British reading at `now`, recurring events from a year before to 400 days after.
    #[must_use]
    pub fn british(now: DateTime<Utc>) -> Self {
        let days = chrono::TimeDelta::days;
        Self { now, zone: Tz::Europe__London, day_first: true, window: (now - days(365), now + days(400)) }
    }
}

/// One event as a parser found it: structured values where the document had them, and words where it had words.
/// Strings are plain text (markup removed, entities decoded) but not yet sanitised or read.
#[derive(Debug, Clone)]
pub struct RawEvent {
    pub method: Method,
    /// The source's own identifier: UID, GUID, @id. Together with the source it names the listing.
    pub native_id: Option<String>,
    pub title: String,
    /// Running text: description, body, the words around.
    pub text: String,
    /// The page of the event.
    pub url: Option<String>,
    pub booking_url: Option<String>,
    /// Structured moments, already values.
    pub start: Option<Fact<When>>,
    pub end: Option<Fact<When>>,
    /// Sittings of a recurring event within the window, the first included. Empty for a single one.
    pub sessions: Vec<Session>,
    /// The words that are known to hold the date, when a field or element holds them.
    pub date_words: Option<String>,
    pub place: RawPlace,
    /// "£25 - £45", "Free", from a field that holds the price.
    pub price_words: Option<String>,
    /// Structured prices in the major unit with a currency, such as offers; a default zero is left out.
    pub offers: Vec<RawOffer>,
    pub provider: Option<String>,
    pub status: Option<Fact<Status>>,
    /// Structured attendance mode. Weaker than words in the text.
    pub mode: Option<Fact<Mode>>,
    pub deadline: Option<Fact<When>>,
    /// The zone the source stated, if it did.
    pub zone: Option<Tz>,
    /// What is said of the whole list that it stands in.
    pub context: RawContext,
    /// 0..=1: how sure the extractor is that this is one event at all.
    pub confidence: f32,
}

impl RawEvent {
    #[must_use]
    pub fn new(method: Method, title: impl Into<String>) -> Self {
        Self {
            method,
            native_id: None,
            title: title.into(),
            text: String::new(),
            url: None,
            booking_url: None,
            start: None,
            end: None,
            sessions: Vec::new(),
            date_words: None,
            place: RawPlace::default(),
            price_words: None,
            offers: Vec::new(),
            provider: None,
            status: None,
            mode: None,
            deadline: None,
            zone: None,
            context: RawContext::default(),
            confidence: 1.0,
        }
    }
}

/// Where, as structured data said it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawPlace {
    pub name: Option<String>,
    pub address: Option<String>,
    pub town: Option<String>,
    pub postcode: Option<String>,
    pub region: Option<String>,
    /// Words of a location field that nobody took apart.
    pub words: Option<String>,
}

/// What a page says of all its records, kept apart from their own words: weaker than these, and evidence by its own sentence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawContext {
    /// Where all of them take place.
    pub place: Option<Said>,
    /// The time of day at which each of them begins, perhaps with its end.
    pub time: Option<Said>,
}

/// The words that hold a fact, and the sentence or line that says what they hold for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// "Town Hall, Hull"
    pub words: String,
    /// "All sessions are held at the Town Hall, Hull."
    pub sentence: String,
}

/// One price of structured data.
#[derive(Debug, Clone, PartialEq)]
pub struct RawOffer {
    pub name: Option<String>,
    /// Decimal text as found: "25", "25.00".
    pub low: Option<String>,
    pub high: Option<String>,
    pub currency: Option<String>,
}

/// One event as one source states it, read: the content of a listing.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Candidate {
    pub method: Method,
    pub native_id: Option<String>,
    /// One line of plain text, never empty.
    pub title: String,
    /// Plain text, sanitised, at most 20,000 characters.
    pub text: String,
    /// Canonical http(s) URL of the event's page.
    pub url: Option<String>,
    pub booking_url: Option<String>,
    /// The zone of its times.
    #[serde(serialize_with = "zone_name")]
    pub zone: Tz,
    pub facts: Facts,
    /// 0..=1; below the organisation's threshold it goes to the editor's queue.
    pub confidence: f32,
    /// Structured data and prose disagree: field, what prose says. For the editor.
    pub conflicts: Vec<(String, String)>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn zone_name<S: serde::Serializer>(zone: &Tz, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(zone.name())
}

impl Candidate {
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.facts.region.as_ref().map(|r| r.value)
    }

    #[must_use]
    pub fn status(&self) -> Status {
        self.facts.status.as_ref().map_or(Status::Scheduled, |s| s.value)
    }
}
