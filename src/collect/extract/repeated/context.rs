//! What a page says once for its records: "All sessions are held at the Town Hall at 6pm", "Location: Town Hall" over the dates.
//!
//! Holds for a record only what stands over it, or what the page says once for all. A publisher's address is no place of events.

use std::ops::Range;

use super::layout::Layout;
use super::place;
use super::sentences::{habit, sentences};
use super::words::is_only_when;
use crate::collect::html;
use crate::collect::normalise::{address, date};
use crate::domain::{RawEvent, Said};

/// Most statements of a page.
const MOST: usize = 200;

/// Where a statement stands, who it speaks of, and what it says.
#[derive(Debug)]
struct Statement {
    at: usize,
    /// How many records end before it: statements without a record between them stand together.
    behind: usize,
    /// The sentence in small letters.
    subject: String,
    said: Said,
}

/// A page's statements, in order.
#[derive(Debug, Default)]
pub struct Context {
    places: Vec<Statement>,
    times: Vec<Statement>,
    /// The line behind the last place: what belongs to one place is not read as another.
    read: usize,
}

/// One line of the page and whether a record holds it.
struct Line<'a> {
    at: usize,
    behind: usize,
    text: &'a str,
    inside: bool,
}

impl Context {
    /// `records` are the ranges of the page's records, in order: a label or an address inside one is that record's own.
    pub fn of(layout: &Layout, records: &[Range<usize>]) -> Self {
        let lines = lines(layout, records);
        let mut out = Self::default();
        for n in 0..lines.len() {
            if out.places.len() + out.times.len() > MOST {
                break;
            }
            out.habits(&lines, n);
            if !lines[n].inside {
                out.labelled(&lines, n);
                out.beside_time(&lines, n);
                out.leading(&lines, n);
            }
        }
        out
    }

    fn habits(&mut self, lines: &[Line<'_>], n: usize) {
        let line = &lines[n];
        for range in sentences(line.text) {
            let sentence = line.text[range.clone()].trim();
            let Some(found) = habit(sentence) else { continue };
            if let Some(mut words) = found.place {
                // "All meetings are held at the Mill:" with its address on the lines below.
                let ends = range.end == line.text.len() && sentence.rfind(&words).is_some_and(|at| at + words.len() + 14 > sentence.len());
                self.read = n + 1;
                let below = lines[n + 1..].iter().take(if ends { 3 } else { 0 }).take_while(|l| !l.inside && place::continues(l.text));
                for (count, next) in below.enumerate() {
                    words = format!("{words}\n{}", next.text);
                    self.read = n + count + 2;
                }
                self.places.push(statement(line, range.start, words, sentence));
            }
            if let Some(words) = found.time {
                self.times.push(statement(line, range.start, words, sentence));
            }
        }
    }

    /// "Location: Town Hall", "Time: 2-4pm" outside the records.
    fn labelled(&mut self, lines: &[Line<'_>], n: usize) {
        const TIME: [&str; 7] = ["time", "times", "when", "start", "start time", "meeting time", "day and time"];
        let line = &lines[n];
        let near: Vec<&str> = lines[n..].iter().take(6).take_while(|l| !l.inside).map(|l| l.text).collect();
        if let Some(words) = place::label(&near).filter(|_| !speaks_of_us(lines, n)) {
            let own = words.split('\n').next().unwrap_or_default();
            let sentence = if line.text.contains(own) { line.text.to_owned() } else { format!("{} {own}", line.text) };
            self.read = n + words.lines().count() + 1;
            self.places.push(statement(line, 0, words, &sentence));
        }
        let label = line.text.split([':', '–']).next().unwrap_or_default().trim().to_lowercase();
        if TIME.contains(&label.as_str()) && date::spans(line.text).is_empty() {
            self.only_time(line);
        }
    }

    /// A line that is only a time, right above the records or above "Meetings are held on:".
    fn leading(&mut self, lines: &[Line<'_>], n: usize) {
        let line = &lines[n];
        let when = line.text.len() < 80 && is_only_when(line.text) && date::spans(line.text).is_empty();
        let leads = || lines[n + 1..].iter().take(3).any(|l| l.inside || l.text.ends_with(':') && says_when(l.text));
        if when && leads() && !follows_date(lines, n) {
            self.only_time(line);
        }
    }

    fn only_time(&mut self, line: &Line<'_>) {
        if let [time] = date::times(line.text).as_slice() {
            self.times.push(statement(line, 0, line.text[time.span.clone()].to_owned(), line.text));
        }
    }

    /// An address beside lines that say when: "Town Hall / 12 High Street / 10am to noon / Meetings are held on:".
    fn beside_time(&mut self, lines: &[Line<'_>], n: usize) {
        let line = &lines[n];
        if n < self.read
            || line.text.len() > 160
            || !address::is_postal(line.text)
            || !date::spans(line.text).is_empty()
            || speaks_of_us(lines, n)
            || follows_date(lines, n)
        {
            return;
        }
        let around = &lines[n.saturating_sub(3)..lines.len().min(n + 5)];
        let Some(when) = around.iter().find(|l| l.text.len() < 200 && !l.inside && says_when(l.text)) else { return };
        let from = n.saturating_sub(usize::from(n > 0 && !lines[n - 1].inside && place::is_name_line(lines[n - 1].text)));
        let to = (n + 1..lines.len().min(n + 4)).take_while(|&m| !lines[m].inside && place::continues(lines[m].text)).last().unwrap_or(n);
        let words = lines[from..=to].iter().map(|l| l.text).collect::<Vec<_>>().join("\n");
        let sentence = html::one_line(&format!("{words} … {}", when.text));
        self.read = to + 1;
        self.places.push(statement(line, 0, words, &sentence));
    }

    /// Adds what the record itself does not say.
    pub fn fill(&self, event: &mut RawEvent, at: usize) {
        let title = event.title.to_lowercase();
        if event.place.words.is_none() {
            event.context.place = holding(&self.places, at, &title).map(|s| s.said.clone());
        }
        let unsaid = date::times(event.date_words.as_deref().unwrap_or_default()).is_empty() && date::times(&event.text).is_empty();
        if unsaid && !self.times_differ(at, &title) {
            event.context.time = holding(&self.times, at, &title).map(|s| s.said.clone());
        }
    }

    /// Two different times are said near one another, and neither is said of this record by name.
    fn times_differ(&self, at: usize, title: &str) -> bool {
        let Some(chosen) = holding(&self.times, at, title) else { return false };
        let start = |s: &Statement| date::times(&s.said.words).first().map(|t| t.start);
        !names(chosen, title) && self.times.iter().any(|s| s.behind == chosen.behind && start(s) != start(chosen))
    }
}

fn statement(line: &Line<'_>, from: usize, words: String, sentence: &str) -> Statement {
    Statement {
        at: line.at + from,
        behind: line.behind,
        subject: sentence.to_lowercase(),
        said: Said { words, sentence: sentence.trim().to_owned() },
    }
}

/// The statement that holds for a record: the last before it, or one close to that which names it; of those after it only what all of them say.
fn holding<'s>(all: &'s [Statement], at: usize, title: &str) -> Option<&'s Statement> {
    let before = &all[..all.partition_point(|s| s.at <= at)];
    let Some(last) = before.iter().rev().find(|s| !is_of_other(s, title)) else {
        let same = all.windows(2).all(|w| w[0].said.words.eq_ignore_ascii_case(&w[1].said.words));
        return all.first().filter(|s| before.is_empty() && same && !is_of_other(s, title));
    };
    Some(before.iter().rev().take_while(|s| s.behind == last.behind).find(|s| names(s, title)).unwrap_or(last))
}

/// "Regular meetings begin at 10am" says nothing of a special meeting.
fn is_of_other(statement: &Statement, title: &str) -> bool {
    statement.subject.trim_start().trim_start_matches("all ").starts_with("regular") && ["special", "emergency"].iter().any(|w| title.contains(w))
}

/// Whether a statement speaks of what the title names: "The finance committee meets" of "Finance committee, 4 May".
fn names(statement: &Statement, title: &str) -> bool {
    #[rustfmt::skip]
    const COMMON: &[&str] = &[
        "meeting", "meetings", "committee", "commission", "board", "session", "sessions", "training", "course", "courses", "workshop", "workshops", "event", "events", "regular",
        "special", "public", "annual", "monthly", "council", "group", "network",
    ];
    title.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() >= 5 && !COMMON.contains(w)).any(|w| statement.subject.contains(w))
}

fn lines<'a>(layout: &'a Layout, records: &[Range<usize>]) -> Vec<Line<'a>> {
    let mut at = 0;
    let mut out = Vec::new();
    for line in layout.text.split_inclusive('\n') {
        let text = line.trim();
        if !text.is_empty() {
            let next = records.partition_point(|r| r.end <= at);
            let inside = records.get(next).is_some_and(|r| r.start < at + line.trim_end().len());
            out.push(Line { at, behind: next, text, inside });
        }
        at += line.len();
    }
    out
}

/// Whether a date stands right above: what follows is of that date, unless a whole list of them stands there.
fn follows_date(lines: &[Line<'_>], n: usize) -> bool {
    let above = &lines[n.saturating_sub(4)..n];
    let mut records: Vec<usize> = lines[n.saturating_sub(8)..n].iter().filter(|l| l.inside).map(|l| l.behind).collect();
    records.dedup();
    records.len() < 3 && above.iter().any(|l| l.inside || !date::spans(l.text).is_empty())
}

/// Whether the lines around are of how to reach the publisher.
fn speaks_of_us(lines: &[Line<'_>], n: usize) -> bool {
    const US: &[&str] = &[
        "contact",
        "phone",
        "tel:",
        "telephone",
        "fax",
        "e-mail",
        "email",
        "@",
        "mailing address",
        "head office",
        "registered",
        "quick links",
        "hours:",
    ];
    let near = &lines[n.saturating_sub(2)..lines.len().min(n + 3)];
    near.iter().any(|l| {
        let lower = l.text.get(..l.text.floor_char_boundary(120)).unwrap_or_default().to_lowercase();
        US.iter().any(|w| lower.contains(w))
    })
}

/// Whether a line says at what time, or on which days, something is held.
fn says_when(line: &str) -> bool {
    let lower = line.to_lowercase();
    let held = ["held on", "meet on", "meetings", "starts", "begins", "sessions"].iter().any(|w| lower.contains(w));
    !date::times(line).is_empty() || held && lower.len() < 80
}
