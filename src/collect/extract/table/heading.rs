//! What a column's heading says it holds.

use std::collections::BTreeMap;

use crate::domain::{Column, Columns};

/// The words of headings. Looked at in this order: "course date" is a date and "venue name" a place, although both could name a title.
const VOCABULARY: &[(Column, &[&str])] = &[
    (Column::Deadline, &["deadline", "closing", "closes"]),
    (Column::End, &["end", "ends", "finish", "finishes", "until", "to", "dtend"]),
    (Column::Start, &["date", "dates", "start", "starts", "begins", "when", "day", "from", "dtstart"]),
    (Column::Booking, &["booking", "book", "tickets", "register", "registration", "signup"]),
    (Column::Link, &["link", "url", "website", "webpage", "web", "href", "permalink"]),
    (Column::Price, &["cost", "costs", "price", "prices", "fee", "fees", "charge"]),
    (Column::Postcode, &["postcode", "postal", "zip"]),
    (Column::Town, &["town", "city", "locality"]),
    (Column::Address, &["address", "street"]),
    (Column::Place, &["venue", "location", "place", "where"]),
    (Column::Provider, &["provider", "organiser", "organizer", "organisation", "organization", "host", "trainer", "tutor"]),
    (Column::Text, &["description", "details", "summary", "notes", "about", "blurb", "information"]),
    (Column::Status, &["status", "availability"]),
    (Column::Title, &["title", "event", "course", "workshop", "training", "session", "webinar", "name", "subject"]),
    (Column::Id, &["id", "uid", "ref", "reference", "code"]),
];
const TIME: &[&str] = &["time", "times"];
/// Words that say nothing about which column it is.
const SILENT: &[&str] = &["and", "or", "of", "the", "for", "event", "course", "session", "training", "workshop", "uk", "gbp"];
/// Words of a heading at most: longer ones are sentences.
const MOST_WORDS: usize = 5;

/// Which column holds what, by the headings; the operator's mapping goes before. `None` for a column's fact that no heading names.
pub fn columns(headings: &[String], mapped: Option<&Columns>) -> BTreeMap<Column, usize> {
    let mut ranked: BTreeMap<Column, (usize, usize)> = BTreeMap::new();
    for (i, heading) in headings.iter().enumerate() {
        let Some((column, rank)) = meaning(heading) else { continue };
        let best = ranked.entry(column).or_insert((rank, i));
        if rank < best.0 {
            *best = (rank, i);
        }
    }
    let mut out: BTreeMap<Column, usize> = ranked.into_iter().map(|(column, (_, i))| (column, i)).collect();
    for (column, name) in mapped.iter().flat_map(|m| &m.columns) {
        let found = headings.iter().position(|h| h.trim().eq_ignore_ascii_case(name.trim()));
        // A column the operator names is the only one for this fact, and is nothing else besides.
        out.remove(column);
        if let Some(i) = found {
            out.retain(|_, other| *other != i);
            out.insert(*column, i);
        }
    }
    out
}

/// What a heading names, and how many of its words say something else.
fn meaning(heading: &str) -> Option<(Column, usize)> {
    let words = words(heading);
    if words.is_empty() || words.len() > MOST_WORDS {
        return None;
    }
    let has = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    let named = |column: Column| VOCABULARY.iter().any(|(c, list)| *c == column && has(list));
    let rank = |list: &[&str]| words.iter().filter(|w| !list.contains(&w.as_str()) && !SILENT.contains(&w.as_str())).count();
    let dated = words.iter().any(|w| matches!(w.as_str(), "date" | "dates" | "when" | "day"));
    if has(TIME) && !dated {
        return Some(if named(Column::End) { (Column::EndTime, 0) } else { (Column::Time, rank(TIME)) });
    }
    VOCABULARY.iter().find(|(_, list)| has(list)).map(|(column, list)| (*column, rank(list)))
}

/// The words of a heading without what stands in brackets: "Date (dd/mm/yyyy)", "startDate", "start_date", "venue.name".
fn words(heading: &str) -> Vec<String> {
    let bare = heading.split(['(', '[']).next().unwrap_or_default();
    let mut out = String::with_capacity(bare.len());
    let mut was_lower = false;
    for c in bare.chars().take(120) {
        if c.is_uppercase() && was_lower {
            out.push(' ');
        }
        was_lower = c.is_lowercase();
        if c.is_alphanumeric() { out.extend(c.to_lowercase()) } else { out.push(' ') }
    }
    out.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_known_by_their_words() {
        for (heading, expected) in [
            ("Course title", Some(Column::Title)),
            ("Event", Some(Column::Title)),
            ("Course date", Some(Column::Start)),
            ("Date (dd/mm/yyyy)", Some(Column::Start)),
            ("startDate", Some(Column::Start)),
            ("Date and time", Some(Column::Start)),
            ("End date", Some(Column::End)),
            ("Start time", Some(Column::Time)),
            ("finish_time", Some(Column::EndTime)),
            ("Venue name", Some(Column::Place)),
            ("venue.address.city", Some(Column::Town)),
            ("Cost per person", Some(Column::Price)),
            ("Booking link", Some(Column::Booking)),
            ("Web page URL", Some(Column::Link)),
            ("Closing date", Some(Column::Deadline)),
            ("Organised by whom we know not and care not", None),
            ("Bananas", None),
        ] {
            assert_eq!(meaning(heading).map(|(c, _)| c), expected, "{heading}");
        }
    }

    #[test]
    fn the_plainest_heading_wins_and_the_operator_before_it() {
        let headings: Vec<String> = ["Trainer's name", "Title", "Title of series", "Date", "Sort"].map(str::to_owned).to_vec();
        assert_eq!(columns(&headings, None)[&Column::Title], 1);
        let mapped = Columns { rows: None, columns: BTreeMap::from([(Column::Title, "title of series".into()), (Column::Start, "Sort".into())]) };
        let found = columns(&headings, Some(&mapped));
        assert_eq!((found[&Column::Title], found[&Column::Start]), (2, 4));
    }
}
