//! What is compared: the few facts of a listing that tell whether another is about the same event.

use chrono_tz::Tz;

use crate::domain::{Candidate, Mode, Price, Session, Status, When};

/// One listing as the comparison sees it. Absent means not stated, and never counts against a match.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Names the listing; unique among those that are compared.
    pub id: String,
    /// Which source states it: one source rarely lists one event twice.
    pub source: String,
    pub title: String,
    pub start: Option<When>,
    /// Of the last sitting, inclusive.
    pub end: Option<When>,
    /// The zone of its times.
    pub zone: Tz,
    /// All sittings when there are several.
    pub sessions: Vec<Session>,
    pub town: Option<String>,
    pub country: Option<String>,
    /// Whether one can take part from afar (online or hybrid).
    pub online: Option<bool>,
    pub url: Option<String>,
    /// The source's own identifier (UID, GUID).
    pub native_id: Option<String>,
    /// Who delivers it.
    pub provider: Option<String>,
    pub price: Option<Price>,
    /// Plain running text.
    pub text: String,
    /// A sample of a text that is not at hand; used when `text` is empty. See [`Profile::kept`].
    pub sketch: Vec<u32>,
    /// Whether it is stated to take place as announced.
    pub status: Option<Status>,
    /// Starts that earlier revisions of this listing stated: what makes a reschedule recognisable from a re-poster's old date.
    pub former: Vec<When>,
}

impl Profile {
    /// A profile of which nothing but id, source and title is known.
    #[must_use]
    pub fn new(id: impl Into<String>, source: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            source: source.into(),
            title: title.into(),
            start: None,
            end: None,
            zone: Tz::Europe__London,
            sessions: Vec::new(),
            town: None,
            country: None,
            online: None,
            url: None,
            native_id: None,
            provider: None,
            price: None,
            text: String::new(),
            sketch: Vec::new(),
            status: None,
            former: Vec::new(),
        }
    }

    /// The newest revision of a listing. `former` stays empty: the caller that knows earlier revisions adds their starts.
    #[must_use]
    pub fn of_candidate(id: impl Into<String>, source: impl Into<String>, candidate: &Candidate) -> Self {
        let facts = &candidate.facts;
        Self {
            start: facts.start.as_ref().map(|f| f.value),
            end: facts.end.as_ref().map(|f| f.value),
            zone: candidate.zone,
            sessions: facts.sessions.clone(),
            town: facts.town.as_ref().map(|f| f.value.clone()),
            online: facts.mode.as_ref().map(|f| f.value != Mode::InPerson),
            url: candidate.url.clone(),
            native_id: candidate.native_id.clone(),
            provider: facts.provider.as_ref().map(|f| f.value.clone()),
            price: facts.price.as_ref().map(|f| f.value),
            text: candidate.text.clone(),
            status: facts.status.as_ref().map(|f| f.value),
            ..Self::new(id, source, candidate.title.clone())
        }
    }
}
