//! What is said once for a whole list: "All sessions 10am to noon", "Held at the Town Hall".

use super::groups::Group;
use super::layout::Layout;
use super::words::{clocks, has_clock, held_at, labelled_place};
use crate::collect::normalise::date;
use crate::domain::RawEvent;

/// How far before and after a list its common facts are looked for, in bytes.
const BEFORE: usize = 800;
const AFTER: usize = 400;

/// The time and place common to the blocks of a group.
#[derive(Default)]
pub struct Shared {
    time: Option<String>,
    place: Option<String>,
}

impl Shared {
    pub fn of(group: &Group<'_>, layout: &Layout) -> Self {
        let (Some(first), Some(last)) = (group.members.first(), group.members.last()) else { return Self::default() };
        let text = &layout.text;
        let before = &text[floor(text, first.range.start.saturating_sub(BEFORE))..floor(text, first.range.start)];
        let after = &text[floor(text, last.range.end)..floor(text, (last.range.end + AFTER).min(text.len()))];
        let place = labelled_place(before).or_else(|| held_at(before)).or_else(|| labelled_place(after)).or_else(|| held_at(after));
        Self { time: time(before).or_else(|| time(after)), place }
    }

    /// Adds what the event's own block does not say.
    pub fn fill(&self, event: &mut RawEvent) {
        if let (Some(time), Some(words)) = (&self.time, &mut event.date_words)
            && !has_clock(words)
            && !has_clock(&event.text)
        {
            words.push_str(", ");
            words.push_str(time);
        }
        if event.place.words.is_none() {
            event.place.words.clone_from(&self.place);
        }
    }
}

/// The one time of day in lines that speak of every date and of none in particular.
fn time(text: &str) -> Option<String> {
    let mut found: Vec<String> = text.lines().filter(|l| date::spans(l).is_empty() && !is_about_us(l)).flat_map(clocks).collect();
    found.dedup();
    (found.len() == 1).then(|| found.remove(0))
}

/// Opening hours and deadlines are not the time of the sessions.
fn is_about_us(line: &str) -> bool {
    let line = line.to_lowercase();
    ["hours", "open ", "opening", "closed", "deadline", "by ", "before", "office", "phone", "call "].iter().any(|w| line.contains(w))
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
