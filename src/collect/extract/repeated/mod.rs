//! Events of a page without structure and without rules: blocks that repeat and mostly hold a date.
//!
//! Every group of like siblings is a guess; the groups whose members name one date each and a title win. Navigation, footers and
//! lists of posts are left out. Never a fact without words in the page.

mod archive;
mod bodies;
mod context;
mod detail;
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

use chrono::NaiveDate;
use scraper::Html;
use url::Url;

use crate::collect::normalise::date;
use crate::domain::{RawEvent, Reading};
use archive::Listed;
use groups::Group;
use layout::Layout;
use words::has_clock;

/// Most lists of one page.
const MOST_GROUPS: usize = 24;

/// The events of a page by its repeating blocks; else the one event that the whole page is about.
pub fn read(page: &Html, base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let layout = Layout::of(page, reading);
    if layout.cut {
        notes.push(format!("only the first {} KB of the page's text were looked at", layout::MOST_TEXT / 1000));
    }
    if page.root_element().descendent_elements().nth(groups::MOST_ELEMENTS).is_some() {
        notes.push(format!("only the first {} elements of the page were looked at for lists", groups::MOST_ELEMENTS));
    }
    let groups = best(groups::all(page, &layout), &layout);
    if let Some(event) = detail::own_page(page, &layout, &groups, base) {
        return vec![event];
    }
    let mut out = listed(page, &layout, &groups, base, reading, notes);
    // Where records were found and none is an event, the page is not about one either.
    if out.is_empty() && !groups.iter().any(|g| g.members.len() > 1) {
        out.extend(detail::single(page, &layout, base).filter(|e| first_day(e, reading).is_some()));
    }
    out
}

fn listed(page: &Html, layout: &Layout, groups: &[Group<'_>], base: Option<&Url>, reading: &Reading, notes: &mut Vec<String>) -> Vec<RawEvent> {
    let context = member::Context::of(page, layout, reading);
    let over = context::Context::of(layout, &records(groups, layout));
    let mut out: Vec<Listed> = Vec::new();
    let mut seen = HashSet::new();
    for group in groups {
        let confidence = group.confidence(layout);
        let untitled = is_untitled(group, layout);
        let from = out.len();
        for block in group.members.iter().take(super::MOST_EVENTS + 1) {
            if groups::is_prose(block, layout) {
                continue;
            }
            let Some((mut event, part)) = member::event(block, untitled, layout, &context, base) else { continue };
            let timed = has_clock(&event.text);
            place::fill(&mut event, block, layout);
            let Some(day) = first_day(&event, reading) else { continue };
            over.fill(&mut event, block.range.start, day);
            // The blocks of one course are its sittings.
            if let Some(whole) = out[from..].last_mut().filter(|last| part && last.part && last.event.title == event.title) {
                whole.join(&event);
                continue;
            }
            event.confidence = sureness(confidence, &event, timed);
            if seen.insert((words::stem(&event.title), first_date(&event))) {
                out.push(Listed { event, day, timed, part });
            }
        }
        if archive::are_posts(&out[from..], group, base, reading) {
            out.truncate(from);
        }
    }
    archive::without(out, reading, notes)
}

/// How sure an event is: as its list, more with a time, a page and a place of its own, less without.
fn sureness(list: f32, event: &RawEvent, timed: bool) -> f32 {
    let own = [timed, event.url.is_some(), event.place.words.is_some()].into_iter().filter(|has| *has).count();
    #[allow(clippy::cast_precision_loss, reason = "at most three")]
    let more = (own as f32 - 1.0) * 0.05;
    (list + more).clamp(0.3, 0.8)
}

/// The first day that the event's words of date name as when it takes place.
fn first_day(event: &RawEvent, reading: &Reading) -> Option<NaiveDate> {
    let words = event.date_words.as_deref()?;
    date::read(words, reading).iter().filter(|m| m.role == date::Role::Event).find_map(|m| m.start.day())
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

#[cfg(test)]
mod facts_tests;
#[cfg(test)]
mod tests;
