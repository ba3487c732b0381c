//! A page about one event: its heading, its date, and perhaps a list of other events beside it.
//!
//! Never takes a list of events for one: the date must not be one of a list's.

use std::ops::Range;

use scraper::Html;
use url::Url;

use super::groups::Group;
use super::layout::Layout;
use super::words::{has_clock, is_generic, without_date};
use super::{member, naming, place};
use crate::collect::html;
use crate::domain::RawEvent;

/// How far behind its heading, and before it, an event's date may stand, in bytes.
const BEHIND: usize = 1_500;
const BEFORE: usize = 80;
/// Most dates of a page that is about one event, when nothing but its heading says so.
const MOST_DATES: usize = 6;

/// The event of a page of its own, as its address says (`/events/name-of-the-event`), although other events may be listed beside it.
pub fn own_page(page: &Html, layout: &Layout, groups: &[Group<'_>], base: Option<&Url>) -> Option<RawEvent> {
    let head = html::page_title(page)?.to_lowercase();
    let (title, at) = html::all(page.root_element(), "h1, h2").into_iter().take(12).find_map(|h| {
        let range = layout.range(h).filter(|r| !r.is_empty())?;
        let title = naming::title(layout.slice(range.clone()))?;
        (head.contains(&title.to_lowercase()) && is_named_by(base?, &title)).then_some((title, range))
    })?;
    let lists = || groups.iter().filter(|g| g.members.len() >= 2).flat_map(|g| g.members.iter());
    let from = layout.floor(at.start.saturating_sub(BEFORE));
    let until = lists().map(|m| m.range.start).filter(|start| *start >= at.end).min().unwrap_or(layout.text.len());
    let near = from..layout.floor(until.min(at.end + BEHIND));
    let date = layout.dates(&near).first()?;
    let words = layout.slice(date.start..layout.floor((date.end + 120).min(near.end.max(date.end))));
    if lists().any(|m| m.range.start <= date.start && date.end <= m.range.end) && !has_clock(words) {
        return None;
    }
    let year = stated_year(layout, &near, date).or_else(|| year_of(base?));
    let whole = layout.line(date).start.min(at.start)..near.end;
    let mut event = event(&whole, title, layout, base, 0.6)?;
    if let Some(year) = year {
        event.date_words = event.date_words.map(|w| member::with_year(&w, year));
    }
    Some(event)
}

/// The year with which the same day is stated again.
fn stated_year(layout: &Layout, near: &Range<usize>, date: &Range<usize>) -> Option<i32> {
    let day = layout.first_day(date)?;
    let again = layout.dates(near).iter().filter(|d| layout.first_day(d) == Some(day)).map(|d| layout.slice((*d).clone()));
    again.filter(|d| member::names_year(d)).find_map(|d| d.split(|c: char| !c.is_ascii_digit()).find(|n| n.len() == 4)?.parse().ok())
}

/// The year in an address like `/events/2027/05/04/name`.
fn year_of(base: &Url) -> Option<i32> {
    base.path_segments()?.filter(|s| s.len() == 4).filter_map(|s| s.parse().ok()).find(|y| (1990..2100).contains(y))
}

/// Whether an address is that of one thing in a collection, and its last part names the title or is a number.
fn is_named_by(base: &Url, title: &str) -> bool {
    const COLLECTIONS: [&str; 12] =
        ["event", "events", "meeting", "meetings", "course", "courses", "workshop", "workshops", "training", "whats-on", "calendar", "happenings"];
    let path: Vec<&str> = base.path_segments().map(|s| s.filter(|s| !s.is_empty()).collect()).unwrap_or_default();
    let Some((slug, above)) = path.split_last() else { return false };
    if !above.iter().any(|s| COLLECTIONS.contains(&s.to_lowercase().as_str())) {
        return false;
    }
    let slug = slug.to_lowercase();
    let parts: Vec<&str> = slug.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2).collect();
    let shared = words.iter().filter(|w| parts.contains(w)).count();
    slug.bytes().all(|b| b.is_ascii_digit()) || words.len() >= 2 && 3 * shared >= 2 * words.len()
}

/// A page with a heading and few dates.
pub fn single(page: &Html, layout: &Layout, base: Option<&Url>) -> Option<RawEvent> {
    let whole = 0..layout.text.len();
    let dates = layout.dates(&whole);
    let heading = html::first(page.root_element(), "h1").map(|h| layout.text_of(h).to_owned()).filter(|h| !h.is_empty());
    let title = heading.or_else(|| html::page_title(page)).map(|t| without_date(&html::one_line(&t))).filter(|t| !is_generic(t))?;
    if dates.is_empty() || dates.len() > MOST_DATES {
        return None;
    }
    event(&whole, title, layout, base, 0.4)
}

fn event(whole: &Range<usize>, title: String, layout: &Layout, base: Option<&Url>, confidence: f32) -> Option<RawEvent> {
    let mut event = member::of_range(whole, None, title, layout)?;
    place::fill_of(&mut event, layout.slice(whole.clone()));
    if let Some(year) = event.date_words.as_deref().and_then(member::own_year) {
        event.date_words = event.date_words.map(|w| member::with_year(&w, year));
    }
    event.url = base.map(Url::to_string);
    event.native_id.clone_from(&event.url);
    event.confidence = confidence;
    Some(event)
}
