//! The words of a VEVENT: title, text, place, links, status. Never a joining link as the event's address.

use super::lines::Component;
use crate::collect::extract::joining::{is_meeting_link, without_meetings};
use crate::collect::html;
use crate::domain::{Fact, Method, Mode, Origin, RawEvent, Status};

/// Slots that calendars print for nobody: free/busy blocks and unbooked slots.
pub fn is_placeholder(event: &Component) -> bool {
    let title = event.text("SUMMARY").unwrap_or_default().to_lowercase();
    let busy = event.get("X-MICROSOFT-CDO-BUSYSTATUS").is_some();
    let only_state = matches!(title.as_str(), "free" | "busy" | "tentative" | "out of office" | "away" | "working elsewhere");
    title.starts_with("empty slot") || (only_state && (busy || event.get("DESCRIPTION").is_none()))
}

pub fn is_cancelled(event: &Component) -> bool {
    event.text("STATUS").is_some_and(|s| s.eq_ignore_ascii_case("CANCELLED") || s.eq_ignore_ascii_case("CANCELED"))
}

/// What an event without a name is called, as calendar programs show it.
const UNTITLED: &str = "(No title)";

/// Everything but the dates.
pub fn event(source: &Component, orphan: bool) -> RawEvent {
    let title = source.text("SUMMARY").map(|t| html::plain_line(&t)).filter(|t| !t.is_empty());
    let confidence = if title.is_some() { 1.0 } else { 0.3 };
    let mut event = RawEvent::new(Method::Ical, title.unwrap_or_else(|| UNTITLED.to_owned()));
    event.confidence = confidence;
    event.native_id = native_id(source, orphan);
    let description = source.text("DESCRIPTION").unwrap_or_default();
    event.text = without_meetings(&html::plain(&description));
    event.url = source.text("URL").and_then(|u| web_address(&u));
    event.booking_url = ["X-TICKETS-URL", "X-REGISTRATION-URL"].iter().find_map(|n| source.text(n)).and_then(|u| web_address(&u));
    event.price_words = source.text("X-COST").map(|c| html::plain_line(&c));
    event.provider = source.get("ORGANIZER").and_then(|o| o.param("CN")).map(html::plain_line).filter(|cn| !cn.is_empty() && !cn.contains('@'));
    let location = source.text("LOCATION").map(|l| html::plain(&l)).filter(|l| is_place(l));
    event.mode = mode(source, location.as_deref(), &description);
    event.place.words = location.filter(|l| !is_address(l));
    if is_cancelled(source) {
        event.status = Some(Fact::new(Status::Cancelled, Origin::Structured, "STATUS:CANCELLED", 1.0));
    }
    event
}

/// UID; a changed sitting without its series is known by UID and the sitting it changes.
fn native_id(source: &Component, orphan: bool) -> Option<String> {
    let uid = source.text("UID")?;
    match source.text("RECURRENCE-ID") {
        Some(sitting) if orphan => Some(format!("{uid}#{sitting}")),
        _ => Some(uid),
    }
}

/// Not a template that was never filled in, nor the word a program prints for nothing.
fn is_place(location: &str) -> bool {
    !location.is_empty()
        && !location.contains("#_")
        && !matches!(location.to_lowercase().as_str(), "none" | "null" | "undefined" | "n/a" | "-" | "tbc" | "tba")
}

fn is_address(s: &str) -> bool {
    let s = s.trim();
    !s.contains(char::is_whitespace) && (s.starts_with("http://") || s.starts_with("https://") || s.starts_with("www."))
}

fn web_address(s: &str) -> Option<String> {
    let url = html::absolute(None, s)?;
    (!is_meeting_link(url.as_str())).then(|| url.to_string())
}

/// Online when the place is an address or a meeting; unknown when there is a room as well.
fn mode(source: &Component, location: Option<&str>, description: &str) -> Option<Fact<Mode>> {
    let online = |words: &str| Some(Fact::new(Mode::Online, Origin::Structured, words, 0.8));
    if location.is_some_and(|l| is_address(l) || is_meeting_link(l)) {
        return online("the location is a web address");
    }
    let conference = ["X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "CONFERENCE"].into_iter().find(|n| source.get(n).is_some());
    match (location, conference) {
        (None, Some(name)) => online(name),
        (None, None) if is_meeting_link(description) => online("a meeting link in the description"),
        _ => None,
    }
}
