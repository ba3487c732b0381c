//! Platforms that publish events in a shape of their own: how a page gives one away ([`ways_in`]), and how its answers are read.
//!
//! An answer is known by its shape, not only by its address. Nothing is fetched here, and no address is made up for a host that the
//! page does not name.

mod arlo;
mod bookwhen;
mod calendars;
mod drupal;
mod eventbrite;
mod events_calendar;
mod fields;
mod humanitix;
mod libcal;
mod localist;
mod meetup;
mod spektrix;
mod squarespace;
mod ticket_tailor;
mod traces;
mod wix;

use std::collections::HashSet;

use scraper::Html;
use serde_json::Value;
use url::Url;

use super::{ExtractError, Extracted, json_ld, structured};
use crate::collect::html;
use crate::domain::{RawEvent, Reading, SourceKind};
use traces::Traces;

/// Most ways in that are named for one page.
const MOST_WAYS: usize = 24;
/// Most scripts with data that are looked into.
const MOST_SCRIPTS: usize = 200;

/// A machine-readable address worth asking, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayIn {
    /// As in the method `api:NAME`, or the calendar program's name.
    pub platform: &'static str,
    pub url: Url,
    /// What is expected there.
    pub kind: SourceKind,
    /// What on the page gave it away; for the operator.
    pub why: String,
}

/// The machine-readable addresses that a page and its own address point to, the most telling first, each once.
#[must_use]
pub fn ways_in(page: &Html, url: &Url) -> Vec<WayIn> {
    let traces = Traces::of(page, url);
    let finders = [
        events_calendar::ways,
        squarespace::ways,
        localist::ways,
        arlo::ways,
        libcal::ways,
        humanitix::ways,
        ticket_tailor::ways,
        eventbrite::ways,
        calendars::ways,
        meetup::ways,
        bookwhen::ways,
        spektrix::ways,
        drupal::ways,
    ];
    let mut known = HashSet::from([url.clone()]);
    let mut ways: Vec<WayIn> = finders.iter().flat_map(|find| find(&traces)).filter(|w| known.insert(w.url.clone())).collect();
    ways.truncate(MOST_WAYS);
    ways
}

/// What one answer of a platform holds.
#[derive(Debug, Default)]
struct Payload {
    events: Vec<RawEvent>,
    /// The address of the next answer, when there is more within the window.
    next_page: Option<Url>,
}

/// What an answer is read against.
struct Asked<'a> {
    /// Where the answer came from.
    url: Option<&'a Url>,
    reading: &'a Reading,
}

impl Asked<'_> {
    /// The next page, unless this one already reaches beyond the window.
    fn next(&self, events: &[RawEvent], address: Option<Url>) -> Option<Url> {
        let beyond = events.last().and_then(|e| e.start.as_ref()).is_some_and(|s| s.value.earliest(self.reading.zone) >= self.reading.window.1);
        address.filter(|a| !beyond && Some(a) != self.url)
    }

    /// This answer's own address with one parameter changed.
    fn with(&self, name: &str, value: &str) -> Option<Url> {
        let mut url = self.url?.clone();
        let kept: Vec<(String, String)> = url.query_pairs().filter(|(k, _)| k != name).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        url.query_pairs_mut().clear().extend_pairs(kept).append_pair(name, value);
        Some(url)
    }
}

/// Reads a JSON document: a platform's answer by its shape, else whatever schema.org events it holds.
pub(super) fn json(source: &str, reading: &Reading, url: Option<&Url>, out: &mut Extracted) -> Result<(), ExtractError> {
    let value = json_ld::parse(source).map_err(ExtractError::Json)?;
    let asked = Asked { url, reading };
    let readers = [
        events_calendar::read,
        squarespace::read,
        localist::read,
        arlo::read,
        ticket_tailor::read,
        eventbrite::read,
        meetup::read,
        bookwhen::read,
        spektrix::read,
        drupal::read,
    ];
    match readers.iter().find_map(|read| read(&value, &asked, &mut out.notes)) {
        Some(payload) => {
            out.events = payload.events;
            out.next_page = payload.next_page;
        }
        None => out.events = structured::value(&value, url, reading, &mut out.notes),
    }
    Ok(())
}

/// Adds the events that a page carries as data of a platform, and mends what its structured data is known to get wrong.
pub(super) fn page(page: &Html, base: Option<&Url>, reading: &Reading, out: &mut Extracted) {
    let asked = Asked { url: base, reading };
    if out.events.is_empty() {
        let mut scripts = html::all(page.root_element(), "script[type='application/json'], script#__NEXT_DATA__");
        if scripts.len() > MOST_SCRIPTS {
            out.notes.push(format!("only the first {MOST_SCRIPTS} of {} data scripts of the page were looked into", scripts.len()));
            scripts.truncate(MOST_SCRIPTS);
        }
        for value in scripts.into_iter().filter_map(|s| serde_json::from_str::<Value>(&s.text().collect::<String>()).ok()) {
            for read in [wix::embedded, meetup::embedded, eventbrite::embedded] {
                out.events.extend(read(&value, &asked, &mut out.notes));
            }
        }
        out.events = fields::once(std::mem::take(&mut out.events));
    }
    if out.events.is_empty() {
        humanitix::links(page, base, out);
    }
    eventbrite::settle(reading, out);
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
