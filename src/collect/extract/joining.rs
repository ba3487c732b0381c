//! Addresses that let their holder into a meeting are secrets of those who booked: no text that is kept holds one.
//!
//! A page to register for a meeting is no secret and stays.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::domain::{Fact, Mode, Origin, RawEvent, RawPlace};

static MEETING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)https?://(?:[\w.-]*\.)?(?:zoom\.us|zoom\.com|teams\.microsoft\.com|teams\.live\.com|meet\.google\.com|webex\.com|gotomeeting\.com|meet\.jit\.si|whereby\.com)/[^\s<>,\x22]*").ok()
});

/// Whether the words hold an address that lets one into a meeting.
pub fn is_meeting_link(s: &str) -> bool {
    MEETING.as_ref().is_some_and(|m| m.find_iter(s).any(|found| !is_registration(found.as_str())))
}

/// The words without such addresses.
pub fn without_meetings(text: &str) -> String {
    let Some(meeting) = MEETING.as_ref() else { return text.to_owned() };
    let kept = |found: &Captures<'_>| if is_registration(&found[0]) { found[0].to_owned() } else { String::new() };
    meeting.replace_all(text, kept).trim().to_owned()
}

fn is_registration(address: &str) -> bool {
    address.contains("/register")
}

/// Takes them out of everything an event says in words.
pub fn strip(event: &mut RawEvent) {
    for words in [&mut event.date_words, &mut event.place.words, &mut event.place.name, &mut event.place.address].into_iter().flatten() {
        if is_meeting_link(words) {
            *words = without_meetings(words);
        }
    }
    if is_meeting_link(&event.text) {
        event.text = without_meetings(&event.text);
        if event.mode.is_none() && event.place == RawPlace::default() {
            event.mode = Some(Fact::new(Mode::Online, Origin::Structured, "a meeting link in the description", 0.8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Method;

    #[test]
    fn joining_is_secret_and_registering_is_not() {
        for (text, expected) in [
            ("Join https://us02web.zoom.us/j/1?pwd=x now", "Join  now"),
            ("Register at https://us02web.zoom.us/webinar/register/WN_x", "Register at https://us02web.zoom.us/webinar/register/WN_x"),
            ("https://teams.microsoft.com/l/meetup-join/x", ""),
            ("See https://museum.example/zoom.us", "See https://museum.example/zoom.us"),
        ] {
            let mut event = RawEvent { text: text.into(), ..RawEvent::new(Method::JsonLd, "Talk") };
            strip(&mut event);
            assert_eq!(event.text, expected);
        }
    }
}
