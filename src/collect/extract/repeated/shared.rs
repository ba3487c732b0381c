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
    pub fn fill(&self, event: &mut RawEvent, habits: &Habits) {
        if let (Some(time), Some(words)) = (self.time.as_ref().filter(|_| !habits.differ()), &mut event.date_words)
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

/// When the page says that its sessions usually are, wherever it says so: "The committee meets at 1:30 pm on the third Wednesday".
pub struct Habits(Vec<(usize, String)>);

impl Habits {
    pub fn of(layout: &Layout) -> Self {
        let mut at = 0;
        let mut found = Vec::new();
        for line in layout.text.split_inclusive('\n') {
            found.extend(habit(line).map(|time| (at, time)));
            at += line.len();
        }
        Self(found)
    }

    /// What was said last before a place in the text; what stands after it only when nothing else is said.
    fn at(&self, place: usize) -> Option<&str> {
        let before = self.0.iter().rev().find(|(at, _)| *at <= place);
        let only = self.0.first().filter(|_| self.0.len() == 1);
        before.or(only).map(|(_, time)| time.as_str())
    }

    /// Adds the time that neither the event nor its list states.
    pub fn fill(&self, event: &mut RawEvent, place: usize) {
        if let (Some(time), Some(words)) = (self.at(place), &mut event.date_words)
            && !has_clock(words)
            && !has_clock(&event.text)
        {
            words.push_str(", ");
            words.push_str(time);
        }
    }

    /// Several habits: each list has its own, and what stands near the first says nothing of the others.
    pub fn differ(&self) -> bool {
        self.0.windows(2).any(|w| w[0].1 != w[1].1)
    }
}

/// The one time in a line that says of all sessions, and of no date in particular, when they are.
fn habit(line: &str) -> Option<String> {
    const WHO: [&str; 9] = ["meeting", "session", "committee", "commission", "board", "workshop", "course", "class", "training"];
    const ARE: [&str; 9] = ["meets", "meet at", "are held", "is held", "will be held", "take place", "takes place", "begin", "start"];
    const OTHER: [&str; 5] = ["hours", "deadline", "closed", "opening", "until further notice"];
    if line.len() > 600 {
        return None;
    }
    let lower = line.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    if !says(&WHO) || !says(&ARE) || says(&OTHER) || !date::spans(line).is_empty() {
        return None;
    }
    let mut times = clocks(line);
    times.dedup();
    (times.len() == 1).then(|| times.remove(0))
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
