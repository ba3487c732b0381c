//! Cancelled, postponed, rescheduled, sold out: what is said of the event itself, never of a policy.

use super::words;
use crate::domain::{Fact, Origin, Status};

const CANCELLED: &[&str] = &[
    "cancelled",
    "canceled",
    "has been cancelled",
    "is cancelled",
    "event cancelled",
    "no longer taking place",
    "will not take place",
    "called off",
];
const POSTPONED: &[&str] =
    &["postponed", "on hold until further notice", "date to be rearranged", "new date to be announced", "new date tba", "new date tbc"];
const RESCHEDULED: &[&str] = &[
    "rescheduled",
    "re-scheduled",
    "new date",
    "moved to a new date",
    "date change",
    "change of date",
    "date changed",
    "rearranged for",
    "moved from",
];
const SOLD_OUT: &[&str] = &[
    "sold out",
    "fully booked",
    "fully subscribed",
    "now full",
    "no places left",
    "waiting list only",
    "waitlist only",
    "join the waiting list",
    "join waiting list",
    "join the waitlist",
    "join waitlist",
    "event is full",
    "no spaces left",
];

/// Reads the status from the title and the text.
#[must_use]
pub fn read(title: &str, text: &str) -> Option<Fact<Status>> {
    in_words(title, true).or_else(|| in_words(text, false))
}

fn in_words(text: &str, title: bool) -> Option<Fact<Status>> {
    let lower = words::lower(text);
    let find = |phrases: &[&str]| phrases.iter().filter_map(|p| stated(&lower, p, title)).min();
    let say = |status, at: usize| Some(Fact::new(status, Origin::Prose, words::around(text, at), if title { 0.95 } else { 0.8 }));
    if let Some(at) = find(CANCELLED) {
        return say(Status::Cancelled, at);
    }
    let (postponed, moved) = (find(POSTPONED), find(RESCHEDULED));
    match (postponed, moved) {
        // "Postponed to 5 May" names the new date.
        (Some(at), None) if names_new_date(&lower, at) => say(Status::Rescheduled, at),
        (Some(at), None) => say(Status::Postponed, at),
        (Some(at), Some(_)) if lower.contains("new date to be") || lower.contains("new date tb") => say(Status::Postponed, at),
        (_, Some(at)) => say(Status::Rescheduled, at),
        (None, None) => find(SOLD_OUT).and_then(|at| say(Status::SoldOut, at)),
    }
}

fn names_new_date(lower: &str, at: usize) -> bool {
    let rest = &lower[at..];
    let rest = rest.strip_prefix("postponed").unwrap_or(rest);
    rest.starts_with(" to ") && super::date::spans(&rest[..words::floor(rest, rest.len().min(60))]).first().is_some_and(|s| s.start < 20)
        || rest.starts_with(" until ")
}

/// Where the phrase is said of the event: not "if cancelled", "cancelled bookings", "last year's was sold out".
fn stated(lower: &str, phrase: &str, title: bool) -> Option<usize> {
    #[rustfmt::skip]
    const UNLESS: &[&str] = &[
        "if", "be", "not", "may be", "are", "unless", "case", "bookings", "places", "or", "tickets", "once", "when", "until", "last", "year",
        "previous", "any", "previously",
    ];
    #[rustfmt::skip]
    const NOT_AFTER: &[&str] = &[
        "less than", "within", "bookings", "places", "without", "after", "by you", "tickets", "last time", "last year", "at short",
        "or transferred", "policy", "orders", "up to",
    ];
    let mut at = 0;
    while let Some(found) = words::find_from(lower, phrase, at) {
        at = found + phrase.len();
        let before = lower[..found].rsplit(|c: char| !c.is_alphanumeric()).find(|w| !w.is_empty()).unwrap_or("");
        let rest = lower[at..].trim_start();
        let policy = NOT_AFTER.iter().any(|w| rest.starts_with(w))
            || UNLESS.contains(&before) && !lower[..found].trim_end().ends_with([':', '.', '!', '\n', '-', '–']);
        if title || !policy {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, text: &str, expected: Option<Status>) {
        assert_eq!(read(title, text).map(|f| f.value), expected, "{title}: {text}");
    }

    #[test]
    fn what_is_said_of_the_event() {
        check("CANCELLED: Pest day", "", Some(Status::Cancelled));
        check("Pest day", "This event has been cancelled.", Some(Status::Cancelled));
        check("Pest day - POSTPONED", "", Some(Status::Postponed));
        check("Pest day", "Postponed to 5 May 2027", Some(Status::Rescheduled));
        check("Pest day", "NEW DATE: 5 May", Some(Status::Rescheduled));
        check("Pest day", "Now sold out", Some(Status::SoldOut));
        check("Pest day", "4 May 2027\nJoin the waiting list", Some(Status::SoldOut));
    }

    #[test]
    fn a_policy_is_not_a_status() {
        check("Pest day", "Places cancelled less than a week before are charged. If cancelled, we refund.", None);
        check("Pest day", "Last year sold out", None);
    }
}
