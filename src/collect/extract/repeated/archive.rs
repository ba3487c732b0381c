//! What stands beside a current list and is no event of its own: the record of years gone by, and posts.
//!
//! A page of nothing but past events keeps them all: only what stands beside current ones is ever left out, and a note says so.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};
use url::Url;

use super::groups::Group;
use crate::domain::{RawEvent, Reading};

/// So many dates from before last year are an archive.
const ARCHIVE: usize = 40;
/// Most words of date that the parts of one event add up to, in bytes.
const MOST_WORDS: usize = 4_000;

/// An event of a list with what decides whether it is kept.
pub struct Listed {
    pub event: RawEvent,
    pub day: NaiveDate,
    /// Its block states a time of day.
    pub timed: bool,
    /// It stands for one part, or several, of what it is called by.
    pub part: bool,
}

impl Listed {
    /// Takes a further part as a sitting of its own.
    pub fn join(&mut self, part: &RawEvent) {
        if let (Some(words), Some(more)) = (self.event.date_words.as_mut(), part.date_words.as_ref())
            && words.len() < MOST_WORDS
        {
            words.push('\n');
            words.push_str(more);
            self.event.text.push('\n');
            self.event.text.push_str(&part.text);
        }
    }
}

/// The events without a long record of bare or all alike dates from before last year, when there are newer ones.
pub fn without(mut all: Vec<Listed>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let today = reading.now.with_timezone(&reading.zone).date_naive();
    let from = NaiveDate::from_ymd_opt(today.year() - 1, 1, 1).unwrap_or(NaiveDate::MIN);
    let old: Vec<&Listed> = all.iter().filter(|l| l.day < from).collect();
    let bare = 2 * old.iter().filter(|l| !l.timed).count() > old.len();
    let titles: HashSet<&str> = old.iter().map(|l| l.event.title.as_str()).collect();
    let (past, count) = (old.len(), all.len());
    if past >= ARCHIVE && (bare || titles.len() * 10 <= past) && count - past >= 3 {
        all.retain(|l| l.day >= from);
        notes.push(format!("{past} dates from before {from}, an archive beside the current ones, were left out"));
    }
    all.into_iter().map(|l| l.event).collect()
}

/// Whether a list is one of posts: all in the past, none with a time or place, each with a link, and called news or blog.
pub fn are_posts(list: &[Listed], group: &Group<'_>, base: Option<&Url>, reading: &Reading) -> bool {
    let today = reading.now.with_timezone(&reading.zone).date_naive();
    let like_posts = |l: &Listed| !l.timed && l.day <= today && l.event.place.words.is_none() && l.event.url.is_some();
    if list.len() < 2 || !list.iter().all(like_posts) {
        return false;
    }
    let says = |words: &str| {
        let words = words.to_lowercase();
        words.split(|c: char| !c.is_alphanumeric()).any(|w| matches!(w, "news" | "blog" | "post" | "posts" | "press" | "stories" | "latest"))
    };
    let classes = || group.members.iter().take(3).filter_map(|m| m.elements.first()).flat_map(|e| e.value().classes()).any(says);
    base.is_some_and(|b| says(b.path())) || classes()
}
