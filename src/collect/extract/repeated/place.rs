//! Where one record takes place, by its own words: a column or label that says so, an address, a hall named beside the time.
//!
//! A record's title, its papers and its organiser's address are no places.

use std::sync::LazyLock;

use regex::Regex;
use scraper::ElementRef;

use super::groups::Member;
use super::layout::Layout;
use super::sentences::{self, habit};
use super::words::{is_generic, is_only_when, without_date};
use crate::collect::html;
use crate::collect::normalise::{address, date};
use crate::domain::RawEvent;

/// Most lines of a record that are looked at.
const MOST_LINES: usize = 400;
/// Longest words of a place, in bytes.
const LONGEST: usize = 300;

static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:meeting\s+|event\s+|training\s+|course\s+)?(?:location|locations|venue|where|place|meeting place|held at|room|site|campus)\s*(?:$|[:：–—-]\s*)|\blocations?(?: are| is):$").ok()
});

static BESIDE_TIME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|\s|,)(?:at|in|@|AT|IN)\s+(?:the\s+)?").ok());

/// Sets the place by the record's own words, where they state one better than what was found before.
pub fn fill(event: &mut RawEvent, block: &Member<'_>, layout: &Layout) {
    let found = column(block, layout);
    let found = found.or_else(|| of_lines(&lines(layout.slice(block.range.clone())), &event.title)).or_else(|| map_link(block, layout));
    set(event, found);
}

/// The same for an event that a whole page is about.
pub fn fill_of(event: &mut RawEvent, text: &str) {
    let found = of_lines(&lines(text), &event.title);
    set(event, found);
}

fn set(event: &mut RawEvent, found: Option<String>) {
    if found.is_some() || event.place.words.as_deref().is_some_and(is_stray) {
        event.place.words = found;
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).take(MOST_LINES).collect()
}

/// Words of a label that are none of a place: "Location subject to change."
fn is_stray(words: &str) -> bool {
    words.len() > LONGEST || is_only_when(words)
}

/// The place in a record's lines: labelled, said in a sentence, an address with its house, or beside the time.
fn of_lines(lines: &[&str], title: &str) -> Option<String> {
    let labelled = || (0..lines.len()).find_map(|n| label(&lines[n..]));
    let said = || lines.iter().find_map(|l| sentences::sentences(l).into_iter().find_map(|s| own_sentence(&l[s])));
    labelled().or_else(said).or_else(|| postal(lines, title)).or_else(|| lines.iter().find_map(|l| beside_time(l))).or_else(|| named(lines, title))
}

/// The words behind "Location:" on the first line, or on the lines below it.
pub fn label(lines: &[&str]) -> Option<String> {
    let first = *lines.first()?;
    let found = LABEL.as_ref()?.find(first)?;
    let rest = first[found.end()..].trim();
    let next = lines.get(1).copied().unwrap_or_default();
    let mut words = if rest.is_empty() { next.to_owned() } else { rest.to_owned() };
    if words.len() < 3
        || words.len() > LONGEST
        || is_only_when(&words)
        || words.ends_with(':')
        || rest.is_empty() && !first.ends_with(':') && first.len() > 14
    {
        return None;
    }
    let below = lines.iter().skip(if rest.is_empty() { 2 } else { 1 }).take(3).take_while(|l| continues(l));
    for line in below {
        words.push('\n');
        words.push_str(line);
    }
    Some(words)
}

/// "The workshop will be held in the Learning Studio": said of this record, dated or not.
fn own_sentence(sentence: &str) -> Option<String> {
    if let Some(found) = habit(sentence).and_then(|h| h.place) {
        return Some(found);
    }
    let lower = sentence.to_lowercase();
    let verb = ["held ", "take place ", "takes place ", "taking place ", "meet at ", "join us "].iter().find_map(|v| lower.find(v))?;
    let rest = sentence.get(verb..)?;
    if rest.len() > 600 || lower.contains("was held") {
        return None;
    }
    BESIDE_TIME.as_ref()?.find_iter(rest).take(8).find_map(|at| sentences::place_words(&rest[at.end()..]))
}

/// A place printed on lines without a label: an address, or a venue by its noun on the first of them.
pub fn printed(lines: &[&str]) -> Option<String> {
    let first = named(lines, "").filter(|found| lines.first().is_some_and(|l| found.starts_with(l)));
    postal(lines, "").or(first)
}

/// An address line with the name above it and the town below it.
fn postal(lines: &[&str], title: &str) -> Option<String> {
    let sentence = |l: &str| l.ends_with('.') && l.split(' ').count() > 12;
    let n = lines.iter().position(|l| l.len() < 200 && address::is_postal(l) && *l != title && !sentence(l))?;
    let whole = without_time(lines[n]);
    let above = n.checked_sub(1).map(|a| lines[a]).filter(|l| is_name_line(l) && !title.contains(*l) && address::begins_with_house(&whole));
    let below = lines[n + 1..].iter().take(3).take_while(|l| continues(l)).copied();
    let words: Vec<&str> = above.into_iter().chain(std::iter::once(whole.as_str())).chain(below).collect();
    Some(words.join("\n"))
}

/// A line without the date and time that begin it.
fn without_time(line: &str) -> String {
    let end = date::spans(line).last().map_or(0, |s| s.end).max(date::times(line).last().map_or(0, |t| t.span.end));
    let rest = line[end..].trim_start_matches(|c: char| !c.is_alphanumeric() && c != '#').trim();
    let rest = rest.strip_prefix("at ").or_else(|| rest.strip_prefix("in ")).unwrap_or(rest);
    let rest = rest.strip_prefix("the ").unwrap_or(rest);
    if rest.len() >= 4 { rest.to_owned() } else { without_date(line) }
}

/// "4 May, 2pm at Weir Mill": the name behind "at" on the line that says when.
pub fn beside_time(line: &str) -> Option<String> {
    if line.len() > 300 {
        return None;
    }
    let end = date::times(line).last().map(|t| t.span.end).or_else(|| date::spans(line).last().map(|s| s.end))?;
    let rest = &line[end..];
    let at = BESIDE_TIME.as_ref()?.find(rest).filter(|at| at.start() < 12)?;
    sentences::place_words(&rest[at.end()..]).filter(|w| !is_generic(w))
}

/// A line that is a venue's name by its noun: "Engbretson Hall", "Main Library".
fn named(lines: &[&str], title: &str) -> Option<String> {
    let found = lines.iter().enumerate().find(|(_, l)| {
        let rest = if date::spans(l).is_empty() && date::times(l).is_empty() { (**l).to_owned() } else { without_time(l) };
        is_venue_line(&rest) && !title.contains(rest.as_str()) && (title.is_empty() || !rest.contains(title))
    })?;
    let first = if date::spans(found.1).is_empty() && date::times(found.1).is_empty() { (*found.1).to_owned() } else { without_time(found.1) };
    let below = lines[found.0 + 1..].iter().take(3).take_while(|l| continues(l)).copied();
    Some(std::iter::once(first.as_str()).chain(below).collect::<Vec<_>>().join("\n"))
}

/// A short line of capitalised words, one of which venues are called by, and none of which events are called by.
fn is_venue_line(line: &str) -> bool {
    #[rustfmt::skip]
    const EVENTS: &[&str] = &[
        "meeting", "meetings", "committee", "commission", "board", "council", "workshop", "training", "course", "session", "seminar", "webinar", "conference", "event", "events", "tour",
        "talk", "lecture", "class", "agenda", "minutes", "notice", "hearing", "friends", "trustees", "day", "forum", "network", "open", "report", "director", "chair", "manager", "members",
        "president", "officer", "view", "read", "book", "download", "project", "programme", "program", "education", "music", "series", "festival", "exhibition", "closed", "budget", "finance",
    ];
    const LIGHT: &[&str] = &["of", "the", "and", "at", "in", "on", "for", "de", "&"];
    let words: Vec<&str> = line.split([' ', ',', '/', '-']).filter(|w| !w.is_empty()).collect();
    let bare = |w: &&str| w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let capital = |w: &&str| {
        w.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '(' | '#' | '\'')) || LIGHT.contains(&bare(w).as_str())
    };
    let room = address::is_room(line);
    (1..=10).contains(&words.len())
        && line.len() <= 100
        && words.iter().filter(|w| !w.starts_with('(')).all(|w| capital(w) || line.contains('('))
        && (words.len() >= 2 && words.iter().any(|w| address::is_building(w)) || room)
        && (room || !words.iter().any(|w| EVENTS.contains(&bare(w).as_str())))
        && !line.contains(['?', '@', '$', '£'])
        && date::spans(line).is_empty()
}

/// A line that can be a venue's name above its address.
pub fn is_name_line(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let capitals = words.iter().filter(|w| w.starts_with(char::is_uppercase)).count();
    line.len() <= 90
        && (1..=10).contains(&words.len())
        && 2 * capitals >= words.len()
        && !is_generic(line)
        && !is_only_when(line)
        && date::spans(line).is_empty()
        && date::times(line).is_empty()
        && !line.ends_with([':', '.', '?', '!'])
}

/// A line that goes on with an address: a street, a room, a town with its code.
pub fn continues(line: &str) -> bool {
    line.len() <= 120
        && date::spans(line).is_empty()
        && date::times(line).is_empty()
        && (address::is_postal(line)
            || address::names_room(line) && line.split(' ').count() <= 8
            || address::begins_with_house(line)
            || is_town(line))
}

/// "Chicago, IL", "Leeds".
fn is_town(line: &str) -> bool {
    let parts = address::parts(line);
    parts.town.is_some() && parts.venue.is_none() && parts.address.is_none()
        || line
            .rsplit_once(", ")
            .is_some_and(|(town, state)| state.len() == 2 && state.chars().all(|c| c.is_ascii_uppercase()) && town.split(' ').count() <= 3)
}

/// The cell under a header that asks where.
fn column(block: &Member<'_>, layout: &Layout) -> Option<String> {
    let row = *block.elements.first().filter(|e| e.value().name() == "tr")?;
    let table = row.ancestors().take(4).filter_map(ElementRef::wrap).find(|e| e.value().name() == "table")?;
    // Lazily: a table of many thousand rows is not to be gone through for each of them.
    let mut above = table.descendent_elements().filter(|e| e.value().name() == "tr").take(6).take_while(|h| h.id() != row.id());
    let header = above.find_map(|h| where_column(h, layout))?;
    let cell = cells(row).find(|(at, _)| *at == header)?.1;
    let words = layout.text_of(cell).trim().to_owned();
    (words.chars().filter(|c| c.is_alphabetic()).count() >= 2 && words.len() < LONGEST && !is_only_when(&words)).then_some(words)
}

fn where_column(header: ElementRef<'_>, layout: &Layout) -> Option<usize> {
    const WHERE: [&str; 6] = ["location", "venue", "where", "place", "room", "campus"];
    let found = cells(header).find(|(_, cell)| {
        let name = layout.text_of(*cell).to_lowercase();
        name.len() < 30 && name.split(|c: char| !c.is_alphanumeric()).any(|w| WHERE.contains(&w.trim_end_matches('s')))
    });
    found.map(|(at, _)| at)
}

/// The cells of a row and the columns they begin in.
fn cells(row: ElementRef<'_>) -> impl Iterator<Item = (usize, ElementRef<'_>)> {
    let mut at = 0;
    row.child_elements().filter(|c| matches!(c.value().name(), "td" | "th")).take(60).map(move |cell| {
        let here = at;
        at += cell.attr("colspan").and_then(|s| s.trim().parse::<usize>().ok()).map_or(1, |n| n.clamp(1, 60));
        (here, cell)
    })
}

/// The words of a link to a map, or the address that it asks the map for.
fn map_link(block: &Member<'_>, layout: &Layout) -> Option<String> {
    const MAPS: [&str; 6] = ["google.com/maps", "maps.google.", "goo.gl/maps", "maps.apple.", "openstreetmap.org", "bing.com/maps"];
    let links = block.elements.iter().flat_map(|e| html::all(*e, "a[href]")).take(30);
    let link = links.into_iter().find(|a| a.attr("href").is_some_and(|h| MAPS.iter().any(|m| h.contains(m))))?;
    let words = html::one_line(layout.text_of(link));
    let says = words.len() >= 5
        && words.len() < LONGEST
        && !words.to_lowercase().contains("map")
        && !words.to_lowercase().contains("direction")
        && !is_generic(&words);
    if says {
        return Some(words);
    }
    let href = url::Url::parse(link.attr("href")?).ok()?;
    let asked = href.query_pairs().find(|(k, _)| matches!(&**k, "q" | "query" | "daddr" | "destination")).map(|(_, v)| html::one_line(&v))?;
    (asked.len() < LONGEST && asked.chars().filter(|c| c.is_alphabetic()).count() >= 5).then_some(asked)
}
