//! What a page says once for its records: "All sessions are held at the Town Hall at 6pm", "Location: Town Hall" over the dates.
//!
//! Holds for a record only what stands over it, or what the page says once for all. A publisher's address is no place of events.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use regex::Regex;

use super::layout::Layout;
use super::place;
use super::sentences::{habit, sentences};
use super::words::is_only_when;
use crate::collect::html;
use crate::collect::normalise::{address, date};
use crate::domain::{RawEvent, Said};

/// Most statements of a page.
const MOST: usize = 200;
/// A record of fewer bytes may go on in the lines behind it.
const SHORT: usize = 200;
/// Most lines between a record and the next that are taken for its own.
const TRAIL: usize = 6;

/// "Every Tuesday", "First Thursday of the month".
static RECURS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:(?:every|each|first|second|third|fourth|last|1st|2nd|3rd|4th|alternate)\s+(?:\w+\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)days?|of\s+(?:every|each|the)\s+month|(?:mon|tues|wednes|thurs|fri|satur|sun)days\b)",
    )
    .ok()
});

/// Where a statement stands, who it speaks of, and what it says.
#[derive(Debug)]
struct Statement {
    at: usize,
    /// How many records end before it: statements without a record between them stand together.
    behind: usize,
    /// The sentence in small letters.
    subject: String,
    /// The days it speaks of: "second Thursday".
    rule: Option<Rule>,
    said: Said,
}

/// A weekday of the month: the first to the fourth, or the last as 0.
type Rule = (u32, Weekday);

static RULE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(first|second|third|fourth|last|1st|2nd|3rd|4th)\s+(mon|tues|wednes|thurs|fri|satur|sun)day\b").ok());

/// The one rule of days that words state.
fn rule(words: &str) -> Option<Rule> {
    const COUNTS: [(&str, u32); 9] =
        [("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("last", 0), ("1st", 1), ("2nd", 2), ("3rd", 3), ("4th", 4)];
    let mut found = RULE.as_ref()?.captures_iter(words);
    let one = found.next().filter(|_| found.next().is_none())?;
    let count = COUNTS.iter().find(|(word, _)| one[1].eq_ignore_ascii_case(word))?.1;
    Some((count, one[2].get(..3)?.parse().ok()?))
}

/// Whether a day is the one that a rule speaks of in its month.
fn is_day_of((count, weekday): Rule, day: NaiveDate) -> bool {
    let last = day.checked_add_days(Days::new(7)).is_none_or(|next| next.month() != day.month());
    day.weekday() == weekday && if count == 0 { last } else { day.day0() / 7 + 1 == count }
}

/// A page's statements, in order.
#[derive(Debug, Default)]
pub struct Context {
    places: Vec<Statement>,
    times: Vec<Statement>,
    /// What stands between a short record and the next: where the record begins, and the lines.
    trails: HashMap<usize, Vec<String>>,
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
                out.recurring(&lines, n);
            }
        }
        out.trails = trails(&lines, records);
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
        if let Some(words) = place::label(&near).filter(|_| !speaks_of_us(lines, n) && !follows_date(lines, n)) {
            let own = words.split('\n').next().unwrap_or_default();
            let sentence = if line.text.contains(own) { line.text.to_owned() } else { format!("{} {own}", line.text) };
            self.read = n + words.lines().count() + 1;
            self.places.push(statement(line, 0, words, &sentence));
        }
        let label = line.text.split([':', '–']).next().unwrap_or_default().trim().to_lowercase();
        if TIME.contains(&label.as_str()) && date::spans(line.text).is_empty() && !follows_date(lines, n) {
            self.only_time(line);
        }
    }

    /// A line that is only a time, right above the records or above "Meetings are held on:".
    fn leading(&mut self, lines: &[Line<'_>], n: usize) {
        let line = &lines[n];
        let when = line.text.len() < 80 && is_only_when(line.text) && date::spans(line.text).is_empty();
        let leads = || lines[n + 1..].iter().take(3).any(|l| l.inside || l.text.ends_with(':') && says_when(l.text));
        if when && leads() && !follows_date(lines, n) && !speaks_of_hours(lines, n) {
            self.only_time(line);
        }
    }

    /// "First Tuesday of the month / 6pm / Town Hall": a rule of dates with what stands on its line and those below.
    fn recurring(&mut self, lines: &[Line<'_>], n: usize) {
        let line = &lines[n];
        let recurs = line.text.len() < 160 && RECURS.as_ref().is_some_and(|r| r.is_match(line.text)) && date::spans(line.text).is_empty();
        if n < self.read || !recurs || habit(line.text).is_some() || speaks_of_hours(lines, n) {
            return;
        }
        let near: Vec<&Line<'_>> =
            lines[n..].iter().take(4).take_while(|l| !l.inside && l.text.len() < 160 && date::spans(l.text).is_empty()).collect();
        if let Some(timed) = near.iter().take(3).find(|l| !date::times(l.text).is_empty()) {
            self.only_time(timed);
            if let Some(said) = self.times.last_mut().filter(|said| said.at == timed.at) {
                said.rule = said.rule.or_else(|| rule(line.text));
            }
        }
        let below: Vec<&str> = near.iter().skip(1).map(|l| l.text).collect();
        if let Some(words) = place::beside_time(line.text).or_else(|| place::printed(&below)) {
            let sentence = html::one_line(&format!("{} … {words}", line.text));
            self.read = n + near.len();
            self.places.push(statement(line, 0, words, &sentence));
        }
    }

    fn only_time(&mut self, line: &Line<'_>) {
        if let Some(said) = lone_time(line.text) {
            self.times.push(statement(line, 0, said.words, line.text));
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

    /// Adds what the record itself does not say: what stands right behind it, else what is said of all.
    pub fn fill(&self, event: &mut RawEvent, at: usize, day: NaiveDate) {
        let title = event.title.to_lowercase();
        let trail: Vec<&str> = self.trails.get(&at).into_iter().flatten().map(String::as_str).collect();
        if event.place.words.is_none() {
            event.place.words = (0..trail.len()).find_map(|n| place::label(&trail[n..])).or_else(|| place::printed(&trail));
        }
        if event.place.words.is_none() {
            event.context.place = of_rule(&self.places, day).or_else(|| holding(&self.places, at, &title)).map(|s| s.said.clone());
        }
        let unsaid = date::times(event.date_words.as_deref().unwrap_or_default()).is_empty() && date::times(&event.text).is_empty();
        if unsaid {
            let common = || holding(&self.times, at, &title).filter(|_| !self.times_differ(at, &title)).map(|s| s.said.clone());
            let ruled = || of_rule(&self.times, day).map(|s| s.said.clone());
            event.context.time = trail.iter().find_map(|l| lone_time(l)).or_else(ruled).or_else(common);
        }
    }

    /// Two different times are said near one another, and neither is said of this record by name.
    fn times_differ(&self, at: usize, title: &str) -> bool {
        let Some(chosen) = holding(&self.times, at, title) else { return false };
        let start = |s: &Statement| date::times(&s.said.words).first().map(|t| t.start);
        !names(chosen, title) && self.times.iter().any(|s| s.behind == chosen.behind && start(s) != start(chosen))
    }
}

/// Where several rules of days are stated, the statement whose rule a day follows; none when two such say different things.
fn of_rule(all: &[Statement], day: NaiveDate) -> Option<&Statement> {
    let mut rules = all.iter().filter_map(|s| s.rule);
    let first = rules.next()?;
    if !rules.any(|r| r != first) {
        return None;
    }
    let mut found = all.iter().filter(|s| s.rule.is_some_and(|r| is_day_of(r, day)));
    let one = found.next()?;
    let same = |other: &Statement| {
        let times = |s: &Statement| date::times(&s.said.words).first().map(|t| t.start);
        other.said.words == one.said.words || times(one).is_some() && times(one) == times(other)
    };
    found.all(same).then_some(one)
}

/// The one time of a line.
fn lone_time(line: &str) -> Option<Said> {
    let times = date::times(line);
    let [time] = times.as_slice() else { return None };
    Some(Said { words: line[time.span.clone()].to_owned(), sentence: line.to_owned() })
}

/// What stands between a record of a line or two and the next record, where that is no more than an address.
fn trails(lines: &[Line<'_>], records: &[Range<usize>]) -> HashMap<usize, Vec<String>> {
    let mut out = HashMap::new();
    for (n, line) in lines.iter().enumerate().filter(|(_, l)| l.inside) {
        let Some(record) = records.get(line.behind).filter(|r| r.len() < SHORT) else { continue };
        let trail: Vec<&Line<'_>> = lines[n + 1..]
            .iter()
            .take(TRAIL + 1)
            .take_while(|l| !l.inside && date::spans(l.text).is_empty() && !sentences(l.text).into_iter().any(|r| habit(l.text[r].trim()).is_some()))
            .collect();
        let last = lines.get(n + 1).is_some_and(|l| !l.inside) && (1..=TRAIL).contains(&trail.len());
        if last && follows_date(lines, n + 1) {
            out.insert(record.start, trail.iter().map(|l| l.text.to_owned()).collect());
        }
    }
    out
}

fn statement(line: &Line<'_>, from: usize, words: String, sentence: &str) -> Statement {
    Statement {
        at: line.at + from,
        behind: line.behind,
        subject: sentence.to_lowercase(),
        rule: rule(sentence),
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

/// Whether a date stands right above: what follows is of that date, unless it stands behind the last of a whole list of them.
fn follows_date(lines: &[Line<'_>], n: usize) -> bool {
    let above = &lines[n.saturating_sub(4)..n];
    let mut records: Vec<usize> = lines[n.saturating_sub(8)..n].iter().filter(|l| l.inside).map(|l| l.behind).collect();
    records.dedup();
    let behind_list = records.len() >= 3 && !lines[n..].iter().take(10).any(|l| l.inside);
    above.iter().any(|l| if l.inside { !behind_list } else { !date::spans(l.text).is_empty() })
}

/// Whether the lines around are of how to reach the publisher.
fn speaks_of_us(lines: &[Line<'_>], n: usize) -> bool {
    const US: &[&str] =
        &["contact", "phone", "tel:", "telephone", "fax", "e-mail", "email", "@", "mailing address", "head office", "registered", "quick links"];
    says_any(&lines[n.saturating_sub(2)..lines.len().min(n + 3)], US) || speaks_of_hours(lines, n)
}

/// Whether the lines above are of when the publisher can be reached.
fn speaks_of_hours(lines: &[Line<'_>], n: usize) -> bool {
    const HOURS: &[&str] = &["hours:", "office hours", "opening hours", "opening times", "business hours", "open to visitors", "phone", "call us"];
    says_any(&lines[n.saturating_sub(2)..=n], HOURS)
}

fn says_any(lines: &[Line<'_>], words: &[&str]) -> bool {
    lines.iter().any(|l| {
        let lower = l.text.get(..l.text.floor_char_boundary(120)).unwrap_or_default().to_lowercase();
        words.iter().any(|w| lower.contains(w))
    })
}

/// Whether a line says at what time, or on which days, something is held.
fn says_when(line: &str) -> bool {
    let lower = line.to_lowercase();
    let held = ["held on", "meet on", "meetings", "starts", "begins", "sessions"].iter().any(|w| lower.contains(w));
    !date::times(line).is_empty() || held && lower.len() < 80
}
