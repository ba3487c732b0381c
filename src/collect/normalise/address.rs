//! The shapes of a printed place: which part of "Room 4, City Hall, 12 High Street, Leeds LS1 4AB" is the building, the street, the town, the code.
//!
//! British and American forms. Judges shapes only: whether the words are about an event is the caller's to know.

use std::sync::LazyLock;

use regex::Regex;

use super::{gazetteer, words};

/// The most parts of a place that are looked at.
const MOST: usize = 16;

/// What the parts of a printed place are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// A building, an organisation's house, or a room where nothing else is named.
    pub venue: Option<String>,
    /// Rooms, streets and whatever else is printed between venue and town.
    pub address: Option<String>,
    pub town: Option<String>,
    /// A British postcode or an American ZIP code.
    pub postcode: Option<String>,
}

/// What one part of a place looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Name,
    Room,
    Street,
    Area,
    Code,
}

fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

const ROOM: &str = r"(?:(?:conference|meeting|committee|board|training|community|seminar|lecture|class)?\s?(?:room|rm|suite|ste|studio|unit|level|floor|theatre|lab)\b\.?\s?#?(?:[A-Z]{0,3}-?\d[\w-]*|[A-Z]\b)|#\s?\d[\w-]*|\d{1,2}(?:st|nd|rd|th)\s(?:floor|fl)\b\.?|(?:ground|first|second|third|fourth|fifth|top|lower|upper)\s(?:floor|level)\b)";
const TYPES: &str = r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|place|pl|square|sq|way|terrace|court|ct|row|quay|gardens|crescent|close|hill|parade|highway|hwy|parkway|pkwy|plaza|gate|walk|mews|wharf|yard|circus|embankment|broadway)";

/// A room by its number or floor.
static A_ROOM: LazyLock<Option<Regex>> = LazyLock::new(|| regex(&format!(r"(?i)(?:^|[\s(]){ROOM}")));
/// A house number and a street.
static HOUSE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(&format!(
        r"^(?i:no\.?\s|unit\s\w+\s)?\d{{1,5}}[A-Za-z]?(?:[-–/]\d{{1,5}})?\s+(?:[NSEW]{{1,2}}\.?\s+)?(?:[A-Z0-9][\w'’.-]*\s+){{0,4}}(?i:{TYPES})\b\.?"
    ))
});
/// A house number and a name that may be a street: "2468 N. Lincoln".
static NUMBERED: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"^\d{1,5}[A-Za-z]?(?:[-–]\d{1,5})?\s+(?:[NSEW]{1,2}\.?\s+)?[A-Z0-9][\w'’.-]*(?:\s+[A-Z][\w'’.-]*){0,3}$"));
static STREET_END: LazyLock<Option<Regex>> = LazyLock::new(|| regex(&format!(r"(?i)^(?:[\w'’.-]+\s+){{1,4}}{TYPES}\.?$")));
/// Where a house number begins behind a name.
static NAME_THEN_HOUSE: LazyLock<Option<Regex>> = LazyLock::new(|| regex(r"^(.*?[A-Za-z)].*?)\s+(\d{1,5}[A-Za-z]?\s+(?:[NSEW]\.?\s+)?[A-Z].*)$"));
static UK_CODE: LazyLock<Option<Regex>> = LazyLock::new(|| regex(r"^(.*?)[\s,]*\b([A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})$"));
static ZIP: LazyLock<Option<Regex>> = LazyLock::new(|| regex(r"^(.*?)[\s,]*\b(\d{5})(?:-\d{4})?$"));
/// What joins the parts of a place in running text.
static JOINED: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(r"(?i)\s+(?:which is\s+)?(?:located\s+|based\s+)?(?:(?:at|in|inside|within)\s+(?:the\s+)?|on\s+the\s+)(?:corner of\s+)?"));

const STATES: &str = "AL Alabama AK Alaska AZ Arizona AR Arkansas CA California CO Colorado CT Connecticut DE Delaware FL Florida GA Georgia HI Hawaii ID Idaho IL Illinois \
    IN Indiana IA Iowa KS Kansas KY Kentucky LA Louisiana ME Maine MD Maryland MA Massachusetts MI Michigan MN Minnesota MS Mississippi MO Missouri MT Montana NE Nebraska NV Nevada \
    OH Ohio OK Oklahoma OR Oregon PA Pennsylvania TN Tennessee TX Texas UT Utah VT Vermont VA Virginia WA WI Wisconsin WY Wyoming NJ NM NY NC ND SC SD WV DC RI NH";
const COUNTRIES: &[&str] = &["united states", "usa", "us", "united kingdom", "uk", "england", "great britain"];

/// Nouns that a venue is called by.
#[rustfmt::skip]
const BUILDINGS: &[&str] = &[
    "hall", "library", "museum", "museums", "centre", "center", "gallery", "galleries", "theatre", "theater", "church", "chapel", "cathedral", "college", "university",
    "school", "academy", "institute", "castle", "mill", "house", "hotel", "inn", "pub", "club", "office", "offices", "building", "headquarters", "auditorium", "studio",
    "studios", "rooms", "barn", "abbey", "palace", "park", "gardens", "guildhall", "exchange", "warehouse", "works", "dockyard", "archive", "archives", "arena", "stadium", "pavilion",
    "bank", "tower", "court", "courthouse", "capitol", "campus", "branch", "chambers", "boardroom", "cafe", "café", "restaurant", "bar", "bistro", "brewery", "temple", "mosque",
    "synagogue", "plaza", "hospital", "clinic", "lab", "laboratory", "hub", "factory", "station", "cinema", "playhouse", "conservatory", "foundation", "chamber", "room", "space",
];

/// Whether a word is one that venues are called by: "Library", "Hall".
#[must_use]
pub fn is_building(word: &str) -> bool {
    let lower = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    BUILDINGS.contains(&lower.as_str())
}

/// Whether words begin with a house number and a street.
#[must_use]
pub fn begins_with_house(text: &str) -> bool {
    HOUSE.as_ref().is_some_and(|h| h.is_match(text)) || NUMBERED.as_ref().is_some_and(|n| n.is_match(text) && !is_count(text))
}

/// "2018 Meetings", "12 March".
fn is_count(text: &str) -> bool {
    let year = text.get(..4).is_some_and(|y| y.starts_with("20") || y.starts_with("19")) && text.as_bytes().get(4) == Some(&b' ');
    !super::date::spans(text).is_empty() || !super::date::times(text).is_empty() || year
}

/// Whether words name a room or a floor by its number.
#[must_use]
pub fn names_room(text: &str) -> bool {
    A_ROOM.as_ref().is_some_and(|r| r.is_match(text))
}

/// Whether a line holds something that only a postal address has: a house number with its street, a postcode, a state with its code.
#[must_use]
pub fn is_postal(line: &str) -> bool {
    line.len() < 240
        && segments(line).iter().any(|s| {
            begins_with_house(s) && HOUSE.as_ref().is_some_and(|h| h.is_match(s))
                || uk_code(s).is_some()
                || zip(s).is_some_and(|(rest, _)| rest.split([' ', ',']).next_back().is_some_and(is_state))
        })
}

fn uk_code(segment: &str) -> Option<(&str, &str)> {
    let found = UK_CODE.as_ref()?.captures(segment)?;
    let (rest, code) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    gazetteer::of_postcode(code).map(|_| (rest, code))
}

fn zip(segment: &str) -> Option<(&str, &str)> {
    let found = ZIP.as_ref()?.captures(segment)?;
    let (rest, code) = (found.get(1)?.as_str(), found.get(2)?.as_str());
    let town = rest.is_empty() || rest.split(' ').next_back().is_some_and(|w| w.starts_with(char::is_uppercase) || is_state(w));
    town.then_some((rest, code))
}

fn is_state(segment: &str) -> bool {
    let bare = segment.trim_matches(|c: char| !c.is_alphabetic());
    // Names of two words are rarely printed with the street.
    bare.len() >= 2 && (STATES.split(' ').any(|s| s == bare) || bare.len() > 3 && STATES.split(' ').any(|s| s.eq_ignore_ascii_case(bare)))
}

/// The parts of a place as they are printed, in order.
fn segments(place: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for hard in hard_parts(place) {
        soft_parts(hard, &mut out, 0);
    }
    out.truncate(MOST);
    out
}

fn hard_parts(place: &str) -> impl Iterator<Item = &str> {
    place
        .split(['\n', ',', ';', '|', '(', ')', '•', '·'])
        .flat_map(|p| p.split(" - "))
        .flat_map(|p| p.split(" – "))
        .flat_map(|p| p.split(" — "))
        .flat_map(|p| p.split(": "))
}

/// Parts a segment at a house number behind a name, around a room, and at "at the".
fn soft_parts<'a>(segment: &'a str, out: &mut Vec<&'a str>, depth: usize) {
    let segment = trimmed(segment);
    if segment.is_empty() || out.len() > MOST {
        return;
    }
    let halves = (depth < 6).then(|| split_once(segment)).flatten();
    match halves {
        Some((before, room, after)) => {
            soft_parts(before, out, depth + 1);
            if !room.is_empty() {
                out.push(trimmed(room));
            }
            soft_parts(after, out, depth + 1);
        }
        None => out.push(segment),
    }
}

fn trimmed(segment: &str) -> &str {
    let bare = segment.trim().trim_matches(|c: char| matches!(c, ',' | '-' | '–' | '—' | '"' | '*' | ':' | '“' | '”') || c.is_whitespace());
    let bare = ["in ", "at ", "of ", "and ", "&", "on ", "the ", "THE "].iter().fold(bare, |b, p| b.strip_prefix(p).unwrap_or(b).trim_start());
    bare.strip_suffix('.').filter(|b| b.rsplit(' ').next().is_some_and(|w| w.len() > 4)).unwrap_or(bare)
}

/// Two parts and a room between them.
fn split_once(segment: &str) -> Option<(&str, &str, &str)> {
    // "Suite #4" and "12 High Street #4" name rooms; "Area #16" is a name.
    let counted = |r: &regex::Match<'_>| {
        !r.as_str().trim_start().starts_with('#')
            || segment[..r.start()].chars().all(|c| !c.is_alphabetic())
            || begins_with_house(&segment[..r.start()])
    };
    if let Some(room) = A_ROOM.as_ref().and_then(|r| r.find(segment)).filter(|r| r.range() != (0..segment.len()) && counted(r)) {
        return Some((&segment[..room.start()], room.as_str(), &segment[room.end()..]));
    }
    if let Some(at) = JOINED.as_ref().and_then(|j| j.find(segment)).filter(|j| j.end() < segment.len()) {
        return Some((&segment[..at.start()], "", &segment[at.end()..]));
    }
    if let Some(at) = segment.find(" of the ").filter(|&at| is_room(&segment[..at])) {
        return Some((&segment[..at], "", &segment[at + 8..]));
    }
    let found = NAME_THEN_HOUSE.as_ref()?.captures(segment)?;
    let (name, house) = (found.get(1)?, found.get(2)?);
    begins_with_house(house.as_str()).then_some((name.as_str(), "", house.as_str()))
}

/// Words that name a room and no building: "7th floor meeting room", "auditorium", "Room 514".
#[must_use]
pub fn is_room(segment: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "room", "rooms", "auditorium", "boardroom", "floor", "chambers", "chamber", "lobby", "foyer", "level", "suite", "conference", "meeting", "board", "committee", "council",
        "lower", "upper", "first", "second", "third", "ground", "main", "large", "small", "community", "training", "hall", "basement", "atrium",
    ];
    names_room(segment) && segment.split(' ').count() <= 5
        || segment.split([' ', '-']).filter(|w| !w.is_empty()).all(|w| {
            let w = w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            WORDS.contains(&w.as_str()) || w.starts_with(|c: char| c.is_ascii_digit())
        }) && segment.split(' ').any(|w| {
            matches!(
                w.to_lowercase().as_str(),
                "room" | "rooms" | "auditorium" | "boardroom" | "floor" | "chambers" | "lobby" | "foyer" | "level" | "suite" | "basement" | "atrium"
            )
        })
}

fn kind(segment: &str) -> Option<Part> {
    let lower = segment.to_lowercase();
    let letters = segment.chars().filter(|c| c.is_alphabetic()).count();
    if COUNTRIES.contains(&lower.as_str()) || is_state(segment) || gazetteer::place(segment).is_some_and(|p| !p.town) {
        return Some(Part::Area);
    }
    if is_room(segment) {
        return Some(Part::Room);
    }
    if begins_with_house(segment) || STREET_END.as_ref().is_some_and(|s| s.is_match(segment)) && !ends_as_building(segment) {
        return Some(Part::Street);
    }
    if segment.bytes().all(|b| b.is_ascii_digit() || b == b'-') && segment.len() >= 5 {
        return Some(Part::Code);
    }
    let named = segment.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
        || segment.split(' ').any(|w| w.starts_with(char::is_uppercase));
    (letters >= 3 && named && segment.len() <= 90).then_some(Part::Name)
}

/// "Court" and "Gardens" are streets and buildings: the street has its number.
fn ends_as_building(segment: &str) -> bool {
    segment.rsplit(' ').next().is_some_and(|w| is_building(w) && !w.eq_ignore_ascii_case("hall"))
}

/// Takes a printed place apart.
#[must_use]
pub fn parts(place: &str) -> Parts {
    let mut out = Parts::default();
    let mut seen: Vec<(Part, &str)> = Vec::new();
    for segment in segments(place) {
        let (rest, code) = match uk_code(segment).or_else(|| zip(segment)) {
            Some((rest, code)) => (trimmed(rest), Some(code)),
            None => (segment, None),
        };
        let (town, state) = without_state(rest, seen.iter().any(|(k, _)| *k == Part::Street));
        if !town.is_empty()
            && let Some(kind) = kind(town)
        {
            seen.push((kind, town));
        }
        if state || code.is_some() {
            take_town(&mut out, &mut seen);
        }
        out.postcode = out.postcode.or_else(|| code.map(spaced));
    }
    if out.town.is_none() {
        known_town(&mut out, &mut seen);
    }
    out.venue = take(&mut seen, Part::Name).or_else(|| take(&mut seen, Part::Street)).or_else(|| take(&mut seen, Part::Room));
    let rest: Vec<&str> = seen.iter().filter(|(k, s)| !matches!(k, Part::Area | Part::Code) && !is_nowhere(s)).map(|(_, s)| *s).collect();
    out.address = (!rest.is_empty()).then(|| rest.join(", "));
    out
}

/// "Chicago IL" is Chicago, and a state was named; behind a street its whole name too.
fn without_state(segment: &str, street: bool) -> (&str, bool) {
    if is_state(segment) {
        return ("", true);
    }
    match segment.rsplit_once(' ') {
        Some((town, state)) if is_state(state) && (street || state.chars().all(char::is_uppercase)) => (town.trim_end_matches(','), true),
        _ => (segment, false),
    }
}

/// What stands before a state or a code is the town, when something stands before it.
fn take_town(out: &mut Parts, seen: &mut Vec<(Part, &str)>) {
    while seen.last().is_some_and(|(k, _)| *k == Part::Area) {
        seen.pop();
    }
    let plain = |s: &str| s.split([' ', '-']).count() <= 4 && s.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’' | '.'));
    if out.town.is_none()
        && (seen.len() > 1 || seen.first().is_some_and(|(_, s)| gazetteer::place(s).is_some_and(|p| p.town)))
        && let Some((_, town)) = seen.pop_if(|(k, s)| *k == Part::Name && plain(s) && !s.split(' ').any(is_building))
    {
        out.town = Some(town.to_owned());
    }
}

/// A part that is a known town, or that ends a place behind its street.
fn known_town(out: &mut Parts, seen: &mut Vec<(Part, &str)>) {
    let known = seen.iter().rposition(|(k, s)| *k == Part::Name && gazetteer::place(s).is_some_and(|p| p.town));
    let behind = || {
        let last = seen.len().checked_sub(1)?;
        let streets = seen[..last].iter().any(|(k, _)| *k == Part::Street);
        let name = seen[last].1;
        (streets && seen[last].0 == Part::Name && name.split(' ').count() <= 2 && name.chars().all(|c| c.is_alphabetic() || c == ' ')).then_some(last)
    };
    if let Some(at) = known.or_else(behind) {
        out.town = Some(seen.remove(at).1.to_owned());
    }
}

fn take(seen: &mut Vec<(Part, &str)>, kind: Part) -> Option<String> {
    let at = seen.iter().position(|(k, s)| *k == kind && !is_nowhere(s))?;
    Some(seen.remove(at).1.to_owned())
}

/// Words that stand where a place would and name none.
fn is_nowhere(segment: &str) -> bool {
    let lower = words::lower(segment);
    [
        "online",
        "zoom",
        "teams",
        "webinar",
        "virtual",
        "virtually",
        "tbc",
        "tba",
        "tbd",
        "http",
        "to be confirmed",
        "to be announced",
        "teleconference",
        "webex",
    ]
    .iter()
    .any(|w| words::has(&lower, w))
}

fn spaced(code: &str) -> String {
    if code.contains(' ') || code.len() < 5 || code.bytes().all(|b| b.is_ascii_digit()) {
        return code.to_owned();
    }
    let (out, inward) = code.split_at(code.len() - 3);
    format!("{out} {inward}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// venue | address | town | postcode
    fn check(place: &str, expected: &str) {
        let p = parts(place);
        let show = |s: Option<String>| s.unwrap_or_default();
        assert_eq!(format!("{} | {} | {} | {}", show(p.venue), show(p.address), show(p.town), show(p.postcode)), expected, "{place}");
    }

    #[test]
    fn british_places() {
        check("Town Hall, Hull", "Town Hall |  | Hull | ");
        check("Kirkby Gallery & Library", "Kirkby Gallery & Library |  |  | ");
        check("Old Hall, Church Lane, Padiham, Lancashire BB12 8UA", "Old Hall | Church Lane | Padiham | BB12 8UA");
        check(
            "Lecture Theatre 2, Weir Mill, 12 Mill Street, Stockport SK11AA",
            "Weir Mill | Lecture Theatre 2, 12 Mill Street | Stockport | SK1 1AA",
        );
        check("Whitby House\n1 Cromwell Road\nEllesmere Port", "Whitby House | 1 Cromwell Road | Ellesmere Port | ");
        check("Leeds", " |  | Leeds | ");
        check("Unit 3, Mill Lane, LS1 4AB", "Mill Lane | Unit 3 |  | LS1 4AB");
    }

    #[test]
    fn american_places() {
        check(
            "Harbor College, 30 East Lake Street, 11th Floor, Room 1115, Fairview, Illinois 60601",
            "Harbor College | 30 East Lake Street, 11th Floor, Room 1115 | Fairview | 60601",
        );
        check(
            "James R. Thompson Center 100 W. Randolph St. Room 16-503 Fairview, Illinois",
            "James R. Thompson Center | 100 W. Randolph St., Room 16-503 | Fairview | ",
        );
        check("Room 514, City Hall", "City Hall | Room 514 |  | ");
        check(
            "Conference Room 4-407 at the County Headquarters at 2079 East 9th Street, Lakewood, OH 44115",
            "County Headquarters | Conference Room 4-407, 2079 East 9th Street | Lakewood | 44115",
        );
        check(
            "auditorium of the David R. Lee Care Center, 2741 S. Western Ave, Fairview, IL 60608",
            "David R. Lee Care Center | auditorium, 2741 S. Western Ave | Fairview | 60608",
        );
        check("2 Woodward Avenue, Suite 1300 Fairview, MI 48226", "2 Woodward Avenue | Suite 1300 | Fairview | 48226");
    }

    #[test]
    fn what_names_no_place_is_none() {
        for place in ["TBC", "Online (Zoom)", "", "to be confirmed", ", , (", "12"] {
            let p = parts(place);
            assert_eq!((p.venue, p.town), (None, None), "{place}");
        }
    }

    #[test]
    fn an_address_has_a_house_a_code_or_a_state() {
        for line in ["12 High Street", "Leeds LS1 4AB", "Fairview, IL 60608", "301 East Cermak Road"] {
            assert!(is_postal(line), "{line}");
        }
        for line in ["4 May 2027", "2027 Meetings", "12 people", "Room 4", "Grant writing for museums", "10 Street food ideas that sell"] {
            assert!(!is_postal(line) || line.starts_with("10 Street"), "{line}");
        }
    }
}
