//! Which mention says when it takes place: one event's start, end and sittings out of all mentions of a text.

use super::mention::Mention;
use super::role::Role;
use crate::collect::normalise::words;
use crate::domain::{Reading, Session, When};

/// When one event takes place, with the bytes of the text that say so.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    pub start: When,
    pub end: Option<When>,
    /// All sittings when there are several, otherwise empty.
    pub sessions: Vec<Session>,
    pub span: std::ops::Range<usize>,
    pub confidence: f32,
}

/// Words before or between dates that make them alternatives, not sittings of one event.
#[rustfmt::skip]
const REPEATS: &[&str] = &[
    "repeat", "repeats", "repeated", "or ", "again", "alternative", "choose", "either", "same content", "rerun", "second running", "next session", "previous", "cohort", "intake", "option", "group a", "group b", "group 1", "group 2", "group one", "group two",
    "course a", "course b", "stream",
];
/// Words that say that several sittings belong together.
#[rustfmt::skip]
const COUNTS: &[&str] = &[
    "part", "sessions", "session", "evenings", "mornings", "afternoons", "days", "modules", "module", "weeks", "fridays", "thursdays",
    "wednesdays", "tuesdays", "mondays", "saturdays", "sundays", "meetings", "both", "dates", "twilights", "workshops", "webinars", "day one",
    "day 1", "series",
];

/// Chooses among the mentions of `text`: a day before a month, what is to come before what is past, then the first.
#[must_use]
pub fn choose(text: &str, mentions: &[Mention], reading: &Reading) -> Option<Chosen> {
    let events: Vec<&Mention> = mentions.iter().filter(|m| m.role == Role::Event).collect();
    let absolute = events.iter().any(|m| !m.vague);
    let events: Vec<&Mention> = events.into_iter().filter(|m| !(absolute && m.vague)).collect();
    let has_day = |m: &&&Mention| m.start.day().is_some();
    let to_come = |m: &&&Mention| m.end.unwrap_or(m.start).latest(reading.zone) >= reading.now;
    let first = events.iter().filter(has_day).find(to_come).or_else(|| events.iter().find(has_day)).or_else(|| events.first())?;
    let at = events.iter().position(|m| std::ptr::eq(*m, *first))?;
    let linked = linked(text, &events[at..]);
    let mut chosen = join(&linked, reading);
    if let Some(end) = stated_end(text, &events[at..]) {
        chosen.end = Some(end.start);
        chosen.span.end = end.span.end;
        return Some(chosen);
    }
    if chosen.start.time().is_none() && linked.len() == 1 {
        borrow_time(&mut chosen, &events);
        alternative_time(text, &mut chosen, &events[at..], reading);
    }
    Some(chosen)
}

/// The mention and those after it that are sittings of the same event.
fn linked<'m>(text: &str, events: &[&'m Mention]) -> Vec<&'m Mention> {
    let mut out = vec![events[0]];
    if events[0].series || events[0].start.day().is_none() {
        return out;
    }
    let counted = says_several(text);
    for next in &events[1..] {
        let last = out[out.len() - 1];
        let gap = text.get(last.span.end..next.span.start).unwrap_or("");
        if next.start.day().is_none() || next.start.first_day() <= last.start.first_day() || !is_link(gap, counted) {
            break;
        }
        out.push(next);
    }
    out
}

/// "Starts: 13 January 10:00. Ends: 14 January 16:00": the second date is the end of the first.
fn stated_end<'m>(text: &str, events: &[&'m Mention]) -> Option<&'m Mention> {
    const ENDS: &[&str] = &["ends", "end", "end date", "finish", "finishes", "finish date", "ends on", "finishes on", "ending", "end time"];
    let [first, second, ..] = events else { return None };
    let gap = words::lower(text.get(first.span.end..second.span.start).filter(|gap| gap.len() <= 60)?);
    let label = gap.trim_end_matches([':', ' ', '\n', '-', '–']);
    let named = ENDS.iter().any(|e| label.ends_with(e) && !label[..label.len() - e.len()].ends_with(char::is_alphanumeric));
    let as_precise = first.start.time().is_some() == second.start.time().is_some();
    let later = second.start.first_day() >= first.start.first_day() && second.start != first.start;
    (named && as_precise && later && first.start.day().is_some() && first.sessions.is_empty() && first.end.is_none()).then_some(*second)
}

fn says_several(text: &str) -> bool {
    let lower = words::lower(text);
    COUNTS.iter().any(|c| words::has(&lower, c))
}

fn is_link(gap: &str, counted: bool) -> bool {
    let lower = words::lower(gap);
    if REPEATS.iter().any(|r| words::has(&lower, r)) {
        return false;
    }
    let sentence = (gap.contains(". ") || gap.contains("\n\n")) && !is_label(&lower);
    if counted { gap.len() <= 160 && !sentence } else { gap.len() <= 14 && !sentence && is_joint(&lower) }
}

/// Words between sittings that name no place or theme.
const JOINTS: &[&str] = &["and", "then", "plus", "also", "on", "the", "to", "with", "day", "session", "part", "week", "module", "workshop", "date"];
/// Of those, what a sitting is called by its number.
const LABELS: &[&str] = &["day", "session", "part", "week", "module", "workshop", "date"];
const COUNTED: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// ". Day two: ": a new sentence that is only the next sitting's name.
fn is_label(gap: &str) -> bool {
    let mut words = gap.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let number = |w: &str| COUNTED.contains(&w) || w.len() <= 2 && w.bytes().all(|b| b.is_ascii_digit());
    words.next().is_some_and(|w| LABELS.contains(&w)) && words.next().is_some_and(number) && words.next().is_none()
}

/// No name between them: "London: 3 March, Leeds: 10 March" are two events.
fn is_joint(gap: &str) -> bool {
    gap.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).all(|w| JOINTS.contains(&w) || COUNTED.contains(&w))
}

fn join(linked: &[&Mention], reading: &Reading) -> Chosen {
    let (first, last) = (linked[0], linked[linked.len() - 1]);
    let mut chosen =
        Chosen { start: first.start, end: first.end, sessions: first.sessions.clone(), span: first.span.clone(), confidence: first.confidence };
    if linked.len() == 1 {
        return chosen;
    }
    let mut sessions: Vec<Session> = linked.iter().flat_map(|m| sittings(m)).collect();
    share_time(&mut sessions, reading);
    chosen.start = sessions[0].start;
    chosen.end = sessions[sessions.len() - 1].end.or(Some(sessions[sessions.len() - 1].start.day().map_or(last.start, When::Day)));
    chosen.sessions = sessions;
    chosen.span = first.span.start..last.span.end;
    chosen
}

fn sittings(m: &Mention) -> Vec<Session> {
    if m.sessions.is_empty() { vec![Session { start: m.start, end: m.end }] } else { m.sessions.clone() }
}

/// "3 Mar ...; 10 Mar ...; 17 Mar. All 1.30–3.30pm": the only time stated holds for all.
fn share_time(sessions: &mut [Session], reading: &Reading) {
    let Some(timed) = sessions.iter().find(|s| s.start.time().is_some()).copied() else { return };
    let (start, end) = (timed.start.time(), timed.end.and_then(|e| e.time()));
    for session in sessions.iter_mut().filter(|s| s.start.time().is_none()) {
        if let (When::Day(day), Some(start)) = (session.start, start) {
            session.start = When::at(day.and_time(start), reading.zone);
            session.end = end.filter(|e| *e > start).map(|e| When::at(day.and_time(e), reading.zone));
        }
    }
}

/// "Tuesday 12 or Thursday 14 January, 10am-3pm": the time said behind the alternatives holds for each.
fn alternative_time(text: &str, chosen: &mut Chosen, events: &[&Mention], reading: &Reading) {
    let [first, second, ..] = events else { return };
    let gap = words::lower(text.get(first.span.end..second.span.start).unwrap_or(""));
    if chosen.start.time().is_some() || chosen.end.is_some() || gap.len() > 40 || !words::has(&gap, "or") {
        return;
    }
    let mut sessions = [Session { start: chosen.start, end: None }, Session { start: second.start, end: second.end }];
    share_time(&mut sessions, reading);
    (chosen.start, chosen.end) = (sessions[0].start, sessions[0].end);
}

/// The same day stated again with a time lends it.
fn borrow_time(chosen: &mut Chosen, events: &[&Mention]) {
    let twin = events.iter().find(|m| m.start.time().is_some() && m.start.day() == chosen.start.day());
    if let Some(twin) = twin.filter(|_| chosen.end.is_none_or(|e| e.day() == chosen.start.day())) {
        (chosen.start, chosen.end) = (twin.start, twin.end);
        chosen.span = twin.span.clone();
    }
}
