//! The drafted subject line: an editorial field with a default that is short and says the concrete first.
//!
//! Readers decide by it whether to read on; the first words are what a telephone shows.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{content, view::EventView, wording};
use crate::domain::Status;

/// Characters at most: what most mail programs show on one line.
pub const MOST: usize = 70;

/// "Free: Evaluation workshop in Leeds, 4 May – and 11 more". `events` in the order readers see them.
#[must_use]
pub fn subject(events: &[&EventView], now: DateTime<Utc>, zone: Tz) -> String {
    let leads = |e: &&&EventView| matches!(e.status(), Status::Scheduled | Status::Rescheduled);
    match events.iter().find(leads).or(events.first()) {
        None => "Nothing new this time".into(),
        Some(lead) => around(lead, events.len() - 1, now, zone),
    }
}

/// The richest form that fits.
fn around(lead: &EventView, others: usize, now: DateTime<Utc>, zone: Tz) -> String {
    let more = if others == 0 { String::new() } else { format!(" – and {others} more") };
    let title = content::one_line(wording::without_status(&lead.title), 200);
    let title = match lead.status() {
        Status::Cancelled => format!("Cancelled: {title}"),
        Status::Postponed => format!("Postponed: {title}"),
        Status::SoldOut => format!("Sold out: {title}"),
        _ if is_free(lead) && !has(&title, "free") => format!("Free: {title}"),
        _ => title,
    };
    let day = day(lead, now, zone);
    // Where and when before a subtitle: readers ask for them first.
    for title in [title.as_str(), main_title(&title)] {
        let line = format!("{title}{}{day}{more}", place(lead, title));
        if line.chars().count() <= MOST {
            return line;
        }
    }
    for head in [format!("{title}{day}"), format!("{}{day}", main_title(&title)), title.clone()] {
        let line = format!("{head}{more}");
        if line.chars().count() <= MOST {
            return line;
        }
    }
    format!("{}{more}", content::cut(&title, MOST - more.chars().count()))
}

/// A title without its subtitle, when enough is left to know it by.
fn main_title(title: &str) -> &str {
    const ENOUGH: usize = 20;
    let ends = [": ", " – ", " - ", " | ", " (", "; "].iter().flat_map(|mark| title.match_indices(mark)).map(|(at, _)| at);
    ends.filter(|at| title[..*at].chars().count() >= ENOUGH).min().map_or(title, |at| &title[..at])
}

fn is_free(event: &EventView) -> bool {
    event.facts.price.as_ref().is_some_and(|p| p.value.is_free())
}

fn has(title: &str, word: &str) -> bool {
    title.to_lowercase().contains(&word.to_lowercase())
}

/// " in Leeds" or " online", unless the title says so.
fn place(event: &EventView, title: &str) -> String {
    let spot = wording::where_short(&event.facts);
    match spot.as_str() {
        _ if spot.contains(wording::NOT_STATED) || has(title, &spot) => String::new(),
        "Online" => " online".into(),
        "In person and online" => String::new(),
        _ => format!(" in {spot}"),
    }
}

/// ", 4 May", with the year when it is another than now's.
fn day(event: &EventView, now: DateTime<Utc>, zone: Tz) -> String {
    let start = event.facts.start.as_ref().map(|f| f.value).or_else(|| event.facts.sessions.first().map(|s| s.start));
    let Some(day) = start.and_then(|s| s.day()) else { return String::new() };
    let today = now.with_timezone(&zone).date_naive();
    let words = wording::short_date(day, today);
    // "Tue 4 May" without the weekday: every character counts here.
    words.split_once(' ').map_or(String::new(), |(_, date)| format!(", {date}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulletin::compose::testing::{NOW, event, fact, priced, when};
    use chrono_tz::Europe::London;

    fn check(lead: &EventView, others: usize, expected: &str) {
        let rest: Vec<EventView> = (0..others).map(|n| event(900 + n as u128)).collect();
        let events: Vec<&EventView> = std::iter::once(lead).chain(&rest).collect();
        let line = subject(&events, NOW.parse().unwrap(), London);
        assert_eq!(line, expected);
        assert!(line.chars().count() <= MOST, "{line}");
    }

    #[test]
    fn the_concrete_comes_first_and_the_line_is_short() {
        let mut lead = priced(1, Some(0), Some(0));
        lead.title = "Evaluation workshop".into();
        lead.facts.town = fact("Leeds".to_owned());
        lead.facts.start = fact(when("2027-05-04T10:00"));
        check(&lead, 11, "Free: Evaluation workshop in Leeds, 4 May – and 11 more");
        check(&lead, 0, "Free: Evaluation workshop in Leeds, 4 May");
        lead.title = "Evaluation that people read: a workshop for small museums".into();
        check(&lead, 5, "Free: Evaluation that people read in Leeds, 4 May – and 5 more");
        lead.title = "Evaluation for everyone who ever ran a project in Leeds".into();
        check(&lead, 1, "Free: Evaluation for everyone who ever ran a project in… – and 1 more");
        lead.facts.price = None;
        lead.facts.start = None;
        lead.title = "Free evaluation workshop".into();
        check(&lead, 1, "Free evaluation workshop in Leeds – and 1 more");
    }

    #[test]
    fn what_is_off_does_not_lead_unless_it_is_alone() {
        let mut off = event(1);
        off.facts.status = fact(Status::Cancelled);
        off.title = "Old news".into();
        check(&off, 0, "Cancelled: Old news, 4 May");
        let mut on = event(2);
        on.title = "Good news".into();
        let line = subject(&[&off, &on], NOW.parse().unwrap(), London);
        assert_eq!(line, "Good news, 4 May – and 1 more");
        assert_eq!(subject(&[], NOW.parse().unwrap(), London), "Nothing new this time");
    }
}
