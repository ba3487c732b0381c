//! How one takes part: in person, online, either, or at one's own pace (taxonomy section 6).
//!
//! "Online booking" is not online, and a recording afterwards is not hybrid.

use super::words;
use crate::domain::{Fact, Mode, Origin};

#[rustfmt::skip]
const SELF_PACED: &[&str] = &[
    "self-paced", "self paced", "e-learning", "elearning", "mooc", "at your own pace", "start any time", "start anytime", "start whenever",
    "on-demand course", "on demand course", "on demand webinar", "on-demand webinar", "work through at",
];
#[rustfmt::skip]
const ONLINE: &[&str] = &[
    "online", "youtube", "zoom", "webinar", "webinars", "virtual", "virtually", "livestream", "livestreamed", "live stream", "live-streamed", "by phone", "by telephone", "over the phone", "via telephone", "live streamed",
    "by video", "video call", "on teams", "via teams", "ms teams", "microsoft teams", "google meet", "remotely",
];
const IN_PERSON: &[&str] = &["in person", "in-person", "face to face", "face-to-face", "on site", "on-site"];
#[rustfmt::skip]
const HYBRID: &[&str] = &[
    "hybrid", "in person or online", "in person and online", "in-person and online", "in-person or online", "online and in person",
    "online or in person", "online and in-person", "online or in-person", "and online", "or online", "and on teams", "and on zoom", "or on zoom",
    "or on teams", "or via zoom", "and via zoom", "online option", "in person and streamed", "in-person and streamed", "and live streamed", "and livestreamed",
    "and live-streamed", "also streamed", "streamed live", "also online", "or join us on zoom", "or join on zoom", "or join us online", "or join online",
];
/// After "online": what is done or found there is not the event.
#[rustfmt::skip]
const NOT_AFTER: &[&str] = &[
    "booking", "bookings", "form", "forms", "shop", "ticket", "tickets", "registration", "application", "applications", "presence", "safety",
    "marketing", "collection", "collections", "resources", "resource", "audiences", "audience", "catalogue", "tools", "content", "store", "portal",
    "survey", "fundraising", "sales", "payment", "payments", "sessions", "communities", "community", "archive", "archives", "publishing", "giving",
    "exhibitions", "at www", "at http", "museum", "museums", "harms", "abuse", "toolkit", "engagement", "visitors", "platforms",
    "learning resources", "dating",
];
/// Before "online": "book online", "repeated online".
#[rustfmt::skip]
const NOT_BEFORE: &[&str] = &[
    "book", "booking", "bookings", "apply", "register", "tickets", "available", "buy", "repeated", "pay", "recording", "recordings", "find us",
    "visit us", "order", "reserve", "sign up", "published", "watch", "selling", "sell", "going", "presence", "catch up",
];

/// Words that deny what follows them: "not online", "this is not a hybrid event", "no online option".
const DENIED: &[&str] = &[
    "not",
    "no",
    "isn't",
    "isn’t",
    "never",
    "won't",
    "won’t",
    "cannot",
    "can't",
    "can’t",
    "unlike",
    "previously",
    "formerly",
    "without",
    "neither",
    "nor",
    "rather than",
    "instead of",
    "was",
];
/// Words that may stand between a denial and what it denies.
const BETWEEN: &[&str] = &["a", "an", "be", "being", "held", "available", "the", "our", "usual", "via", "on", "offered", "running", "as", "any"];

/// Whether a denial stands right before byte `at`, in the same sentence.
fn is_denied(lower: &str, at: usize) -> bool {
    let from = words::floor(lower, at.saturating_sub(60));
    let sentence = lower[from..at].rfind(['.', '\n', ';', '!', '?', ',']).map_or(from, |i| from + i + 1);
    let mut before = lower[sentence..at].trim_end();
    loop {
        if DENIED.iter().any(|d| ends_with_word(before, d)) {
            return true;
        }
        let Some(word) = BETWEEN.iter().find(|w| ends_with_word(before, w)) else { return false };
        before = before[..before.len() - word.len()].trim_end();
    }
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.ends_with(word) && !text[..text.len() - word.len()].ends_with(char::is_alphanumeric)
}

/// Reads the mode from `text`; `placed` says that a venue or town was stated for it.
#[must_use]
pub fn read(text: &str, placed: bool, origin: Origin) -> Option<Fact<Mode>> {
    let lower = words::lower(text);
    let say = |mode, at: usize, sure| Some(Fact::new(mode, origin, words::around(text, at), sure));
    if let Some(at) = first(&lower, SELF_PACED) {
        return say(Mode::SelfPaced, at, 0.85);
    }
    if let Some(at) = first(&lower, MOVED_ONLINE) {
        return say(Mode::Online, at, 0.85);
    }
    let only_in_person = words::has(&lower, "in person only") || words::has(&lower, "in-person only");
    if let Some(at) = first_hybrid(&lower, placed).filter(|_| !only_in_person) {
        return say(Mode::Hybrid, at, 0.85);
    }
    let online = ONLINE.iter().filter_map(|p| first_meant(&lower, p)).min().or_else(|| teams(text));
    let present = first(&lower, IN_PERSON);
    match (online, present) {
        (Some(at), _) if placed && streams(&lower, at) => say(Mode::Hybrid, at, 0.7),
        (Some(at), None) if !placed => say(Mode::Online, at, 0.85),
        (Some(at), None) => say(Mode::Online, at, 0.6),
        (_, Some(at)) => say(Mode::InPerson, at, 0.85),
        (None, None) => None,
    }
}

/// Words that take it out of the place named beside them.
const MOVED_ONLINE: &[&str] = &["moved online", "now online", "switched to online", "moving online", "now taking place online", "online instead"];

/// Words that say that it is held online, not only that something about it is.
#[rustfmt::skip]
const HELD_ONLINE: &[&str] = &[
    "via zoom", "on zoom", "over zoom", "via teams", "on teams", "via microsoft teams", "on microsoft teams", "via google meet", "held online",
    "takes place online", "taking place online", "take place online", "delivered online", "hosted online", "run online", "live online",
    "this is an online",
];

/// Online, when the words say so of the event itself.
#[must_use]
pub fn held_online(text: &str) -> Option<Fact<Mode>> {
    let lower = words::lower(text);
    first(&lower, HELD_ONLINE).map(|at| Fact::new(Mode::Online, Origin::Prose, words::around(text, at), 0.8))
}

fn first(lower: &str, phrases: &[&str]) -> Option<usize> {
    phrases.iter().filter_map(|p| find_said(lower, p)).min()
}

/// Where the phrase stands first without a denial.
fn find_said(lower: &str, phrase: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = words::find_from(lower, phrase, at) {
        if !is_denied(lower, found) {
            return Some(found);
        }
        at = found + phrase.len();
    }
    None
}

/// "Hybrid", or "and online" where a place was named.
fn first_hybrid(lower: &str, placed: bool) -> Option<usize> {
    HYBRID
        .iter()
        .filter(|p| placed || !p.starts_with("and ") && !p.starts_with("or "))
        .filter_map(|p| if p.ends_with("online") { first_meant(lower, p) } else { find_said(lower, p) })
        .min()
}

fn streams(lower: &str, at: usize) -> bool {
    lower[at..].starts_with("livestream") || lower[at..].starts_with("live")
}

/// Where the phrase stands as the way of taking part.
fn first_meant(lower: &str, phrase: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = words::find_from(lower, phrase, at) {
        at = found + phrase.len();
        let rest = lower[at..].trim_start_matches([' ', '-']);
        let before = lower[..found].trim_end();
        let after = NOT_AFTER.iter().any(|w| rest.starts_with(w) && !rest[w.len()..].starts_with(char::is_alphanumeric));
        let ahead = NOT_BEFORE.iter().any(|w| before.ends_with(w) && !before[..before.len() - w.len()].ends_with(char::is_alphanumeric));
        let otherwise = ahead || after && phrase.contains("online") || is_denied(lower, found);
        if !otherwise {
            return Some(found);
        }
    }
    None
}

/// "Teams" with its capital, standing where a place would.
fn teams(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = words::find_from(text, "Teams", at) {
        at = found + 5;
        let before = text[..found].trim_end();
        let after = text[at..].trim_start_matches(' ').chars().next();
        if (before.is_empty() || before.ends_with([',', '(', '|', '–', '-', ':', '.']))
            && after.is_none_or(|c| matches!(c, '.' | ',' | ')' | '|' | '\n' | ';' | '('))
        {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, placed: bool, expected: Option<Mode>) {
        assert_eq!(read(text, placed, Origin::Prose).map(|f| f.value), expected, "{text}");
    }

    #[test]
    fn how_one_takes_part() {
        check("2-4pm, online", false, Some(Mode::Online));
        check("Wed 24 Feb 1–3pm, Teams. £45", false, Some(Mode::Online));
        check("Weir Mill, Stockport and online", true, Some(Mode::Hybrid));
        check("both in person and online", false, Some(Mode::Hybrid));
        check("Free e-learning, start whenever you like", false, Some(Mode::SelfPaced));
        check("In person only this time", true, Some(Mode::InPerson));
        check("Town Hall, Leeds, in person and streamed", true, Some(Mode::Hybrid));
        check("Leeds or join us on Zoom", true, Some(Mode::Hybrid));
        check("moved online. Was at Town Hall, Leeds", true, Some(Mode::Online));
        check("a session by telephone", false, Some(Mode::Online));
    }

    #[test]
    fn what_is_denied_is_not_how_it_is_held() {
        check("Town Hall, Leeds. Not online.", true, None);
        check("Town Hall, Leeds. This is not a hybrid event.", true, None);
        check("Town Hall, Leeds. There is no online option.", true, None);
        check("The event will not be streamed live", true, None);
        check("online. This is not a hybrid event.", false, Some(Mode::Online));
        check("Unlike our usual webinars, this is face to face", false, Some(Mode::InPerson));
        check("previously online, now at Town Hall", true, None);
        check("not in person: online", false, Some(Mode::Online));
    }

    #[test]
    fn online_booking_and_a_recording_are_not_taking_part() {
        for text in ["Online booking at the desk", "Book online", "Watch online afterwards", "online safety for teams", "repeated online in May"] {
            check(text, true, None);
        }
    }
}
