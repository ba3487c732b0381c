//! Sample providers for the demo, in five formats. Every organisation, host and course is invented; towns and weekdays are real.
//!
//! Pure: all dates hang on `anchor`, so the same anchor gives the same bytes. Reads no clock and writes nothing.

use chrono::{DateTime, Utc};

use crate::domain::{Selectors, SourceKind};

mod course;
mod e_bulletin;
mod faculty;
mod guild;
mod makers;
mod museums;
mod readers;
mod slot;
#[cfg(test)]
mod tests;

pub use readers::{BULLETIN, ORGANISATION, SUBSCRIBERS_CSV, SampleBulletin, SampleOrganisation, SampleSection, SampleSegment, sections, segments};

/// One document that the demo serves or drops into its mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Absolute path on the sample server, such as `/museums/feed.xml`.
    pub path: String,
    /// As the server declares it. `message/rfc822` belongs into the mailbox, not on the server.
    pub content_type: &'static str,
    pub body: String,
}

/// One sample source to register.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleSource {
    /// The path of its [`Sample`].
    pub path: &'static str,
    pub kind: SourceKind,
    /// Who delivers what it lists; `None` for a re-poster, whose items name others.
    pub provider: Option<&'static str>,
    pub selectors: Option<Selectors>,
}

/// Distinct CPD events in [`documents`]; one more in [`second_visit`]. For checks of the demo's own counts.
pub const CPD_EVENTS: usize = 22;
/// Listings of CPD events in [`documents`]: some events are on two or three sources.
pub const CPD_LISTINGS: usize = 26;
/// Providers that the sample organisation vouches for; the others are strangers to it.
pub const KNOWN_PROVIDERS: [&str; 3] = [museums::PROVIDER, faculty::PROVIDER, guild::PROVIDER];
/// Titles that must not get into a bulletin: a resource, a job, a public exhibition, a fund.
pub const NOT_CPD: [&str; 4] =
    ["New guide: salvage priorities on one page", "Learning Officer (0.6 FTE)", "Looms and Light", "Small Grants for Local Festivals"];
/// The title of the event that [`second_visit`] cancels, and of the one it adds.
pub const CANCELLED_LATER: &str = museums::CANCELLED_LATER;
pub const ADDED_LATER: &str = museums::ADDED_LATER;

/// Everything as it is found on the first day. `base` is the sample server, such as `http://127.0.0.1:8081`, without a slash at the end.
///
/// `anchor` (UTC) is the moment of the demo's first run: a later run on the same directory passes the same anchor, otherwise every
/// event would seem to have moved.
#[must_use]
pub fn documents(anchor: DateTime<Utc>, base: &str) -> Vec<Sample> {
    collected(anchor, base, false)
}

/// The same providers some days later: one event newly cancelled, one new.
#[must_use]
pub fn second_visit(anchor: DateTime<Utc>, base: &str) -> Vec<Sample> {
    collected(anchor, base, true)
}

/// The sources behind the documents, in the order in which they are best registered.
#[must_use]
pub fn sources() -> Vec<SampleSource> {
    let own = |path, kind, provider| SampleSource { path, kind, provider: Some(provider), selectors: None };
    vec![
        own(museums::PATH, SourceKind::Feed, museums::PROVIDER),
        own(faculty::PATH, SourceKind::Ical, faculty::PROVIDER),
        SampleSource { path: e_bulletin::PATH, kind: SourceKind::Mailbox, provider: None, selectors: None },
        own(guild::PATH, SourceKind::Page, guild::PROVIDER),
        SampleSource { selectors: Some(makers::selectors()), ..own(makers::PATH, SourceKind::Page, makers::PROVIDER) },
    ]
}

fn collected(anchor: DateTime<Utc>, base: &str, later: bool) -> Vec<Sample> {
    let html = "text/html; charset=utf-8";
    let mut out = vec![
        Sample { path: museums::PATH.into(), content_type: "application/rss+xml; charset=utf-8", body: museums::feed(anchor, base, later) },
        Sample { path: faculty::PATH.into(), content_type: "text/calendar; charset=utf-8", body: faculty::calendar(anchor, base) },
        Sample { path: guild::PATH.into(), content_type: html, body: guild::page(anchor, base) },
        Sample { path: makers::PATH.into(), content_type: html, body: makers::page(anchor, base) },
        Sample { path: e_bulletin::PATH.into(), content_type: "message/rfc822", body: e_bulletin::message(anchor, base) },
        Sample { path: "/robots.txt".into(), content_type: "text/plain; charset=utf-8", body: "User-agent: *\nAllow: /\n".into() },
    ];
    out.extend(museums::pages(anchor, later));
    for courses in [&faculty::COURSES[..], &guild::COURSES, &makers::COURSES, &e_bulletin::COURSES] {
        out.extend(courses.iter().map(|course| course.page(anchor)));
    }
    out
}
