//! Events of a page without structure and without rules: blocks that repeat and mostly hold a date.
//!
//! Every group of like siblings is a guess; the groups whose members name one date each and a title win. Navigation, footers and
//! lists of posts are left out. Never a fact without words in the page.

mod context;
mod groups;
mod layout;
mod member;
mod months;
mod naming;
mod phrases;
mod place;
mod sentences;
pub(super) mod words;

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};
use scraper::Html;
use url::Url;

use crate::collect::html;
use crate::collect::normalise::date;
use crate::domain::{RawEvent, Reading};
use groups::Group;
use layout::Layout;
use words::has_clock;

/// So many dates from before last year are an archive.
const ARCHIVE: usize = 40;
/// Most lists of one page.
const MOST_GROUPS: usize = 24;

/// The events of a page by its repeating blocks; else the one event that the whole page is about.
pub fn read(page: &Html, base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let layout = Layout::of(page);
    if layout.cut {
        notes.push(format!("only the first {} KB of the page's text were looked at", layout::MOST_TEXT / 1000));
    }
    if page.root_element().descendent_elements().nth(groups::MOST_ELEMENTS).is_some() {
        notes.push(format!("only the first {} elements of the page were looked at for lists", groups::MOST_ELEMENTS));
    }
    let mut out = listed(page, &layout, base, reading, notes);
    if out.is_empty() {
        out.extend(single(page, &layout, base));
    }
    out
}

/// An event of a list with what decides whether it is kept.
struct Listed {
    event: RawEvent,
    day: NaiveDate,
    /// Its block states a time of day.
    timed: bool,
}

fn listed(page: &Html, layout: &Layout, base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let context = member::Context::of(page, layout, reading);
    let mut out: Vec<Listed> = Vec::new();
    let mut seen = HashSet::new();
    let groups = best(groups::all(page, layout), layout);
    let over = context::Context::of(layout, &records(&groups, layout));
    for group in groups {
        let confidence = group.confidence(layout);
        let untitled = is_untitled(&group, layout);
        for block in group.members.iter().take(super::MOST_EVENTS + 1) {
            if groups::is_prose(block, layout) {
                continue;
            }
            let Some(mut event) = member::event(block, untitled, layout, &context, base) else { continue };
            let timed = has_clock(&event.text);
            place::fill(&mut event, block, layout);
            over.fill(&mut event, block.range.start);
            let Some(day) = first_day(&event, reading) else { continue };
            event.confidence = confidence;
            if seen.insert((words::stem(&event.title), first_date(&event))) {
                out.push(Listed { event, day, timed });
            }
        }
    }
    without_archive(out, reading, notes).into_iter().map(|l| l.event).collect()
}

/// The first day that the event's words of date name.
fn first_day(event: &RawEvent, reading: &Reading) -> Option<NaiveDate> {
    let words = event.date_words.as_deref()?;
    date::read(words, reading).iter().find_map(|m| m.start.day())
}

/// Leaves out what is kept of years gone by beside a current list: a long record of bare dates.
fn without_archive(mut all: Vec<Listed>, reading: &Reading, notes: &mut Vec<String>) -> Vec<Listed> {
    let today = reading.now.with_timezone(&reading.zone).date_naive();
    let before = all.len();
    let Some(from) = NaiveDate::from_ymd_opt(today.year() - 1, 1, 1) else { return all };
    let old: Vec<&Listed> = all.iter().filter(|l| l.day < from).collect();
    let bare = 2 * old.iter().filter(|l| !l.timed).count() > old.len();
    let titles: HashSet<&str> = old.iter().map(|l| l.event.title.as_str()).collect();
    if old.len() >= ARCHIVE && (bare || titles.len() * 10 <= old.len()) && all.len() - old.len() >= 3 {
        all.retain(|l| l.day >= from);
    }
    if all.len() < before {
        notes.push(format!("{} past dates of an archive beside the current ones were left out", before - all.len()));
    }
    all
}

/// Where the records of a page stand, in order.
fn records(groups: &[Group<'_>], layout: &Layout) -> Vec<std::ops::Range<usize>> {
    let members = groups.iter().flat_map(|g| &g.members).filter(|m| !groups::is_prose(m, layout));
    let mut out: Vec<_> = members.map(|m| m.range.clone()).collect();
    out.sort_by_key(|r| r.start);
    out
}

/// Whether most blocks of a group have no title of their own.
fn is_untitled(group: &Group<'_>, layout: &Layout) -> bool {
    let looked: Vec<_> = group.members.iter().step_by((group.members.len() / 200).max(1)).collect();
    2 * looked.iter().filter(|m| member::is_titled(m, layout)).count() < looked.len()
}

/// The words of the first date: agenda and minutes of one meeting are one event.
fn first_date(event: &RawEvent) -> Option<String> {
    let words = event.date_words.as_deref()?;
    date::spans(words).first().map(|s| words[s.clone()].to_lowercase())
}

/// The groups that hold the page's events: best first, none overlapping another, in the order of the page. A small list beside a large one
/// counts when nearly each of its blocks is a record.
fn best<'a>(groups: Vec<Group<'a>>, layout: &Layout) -> Vec<Group<'a>> {
    let mut scored: Vec<(f64, Group<'a>)> = groups.into_iter().map(|g| (g.score(layout), g)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let top = scored.first().map_or(0.0, |(score, _)| *score);
    let mut chosen: Vec<Group<'a>> = Vec::new();
    for (score, group) in scored.into_iter().take(400) {
        if chosen.len() >= MOST_GROUPS || score < 1.2 {
            break;
        }
        let clear = score >= top * 0.2 || group.is_clear(score);
        if clear && !chosen.iter().any(|c| c.overlaps(&group)) {
            chosen.push(group);
        }
    }
    chosen.sort_by_key(|g| g.members.first().map_or(0, |m| m.range.start));
    chosen
}

/// A page about one event: a heading and few dates.
fn single(page: &Html, layout: &Layout, base: Option<&Url>) -> Option<RawEvent> {
    let whole = 0..layout.text.len();
    let dates = layout.dates(&whole);
    let heading = html::first(page.root_element(), "h1").map(|h| layout.text_of(h).to_owned()).filter(|h| !h.is_empty());
    let title = heading.or_else(|| html::page_title(page)).map(|t| words::without_date(&html::one_line(&t))).filter(|t| !words::is_generic(t))?;
    if dates.is_empty() || dates.len() > 6 {
        return None;
    }
    let mut event = member::of_range(&whole, None, title, layout)?;
    place::fill_of(&mut event, layout.slice(whole));
    event.url = base.map(Url::to_string);
    event.native_id.clone_from(&event.url);
    event.confidence = 0.4;
    Some(event)
}

#[cfg(test)]
mod tests;
