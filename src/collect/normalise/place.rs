//! Where, from words: postcode, town, venue, and the region they lie in.
//!
//! A name counts by how it stands (", Leeds.", "in Leeds", "Leeds LS1") and by its nearness to the date; a name inside the name of an
//! organisation gives a region at most.

use std::ops::Range;

use super::gazetteer::{self, Place, Usage};
use super::words::{self, Word};
use super::{homonym, postcode};
use crate::domain::{Fact, Origin, Region};

/// What words say of the place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Where {
    pub venue: Option<Fact<String>>,
    pub town: Option<Fact<String>>,
    pub postcode: Option<Fact<String>>,
    pub region: Option<Fact<Region>>,
    /// The region or county named, whether or not a town is: what an online event may be limited to.
    pub area: Option<Fact<Region>>,
}

/// A known place at words `first..=last`, and how much it looks like the place of the event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub place: Place,
    pub first: usize,
    pub last: usize,
    pub score: f32,
}

/// Score from which a name is the town of the event and not only a hint of the region.
const TOWN: f32 = 2.0;
/// Bytes on either side of the date within which a place belongs to it.
const NEAR: usize = 120;

/// Reads the place from `text`; `date` is where the event's date stands in it.
#[must_use]
pub fn read(text: &str, date: Option<&Range<usize>>, origin: Origin) -> Where {
    let words = words::split(text);
    let found = places(text, &words, date);
    let postcode = postcode::first(text, &words);
    let best = |town: bool| {
        let mut best: Option<Found> = None;
        for f in found.iter().filter(|f| f.place.town == town) {
            if best.is_none_or(|b| f.score > b.score) {
                best = Some(*f);
            }
        }
        best
    };
    let (town, area) = (best(true), best(false));
    let fact = |f: &Found| words::around(text, words[f.first].start).to_owned();
    let code_region = postcode.as_ref().and_then(|(code, _)| gazetteer::of_postcode(code));
    let settled = town.and_then(|f| homonym::region(text, &words, &f, &found, code_region));
    let area_region = area.and_then(|f| f.place.region().map(|r| (f, r)));
    let mut out = Where { area: area_region.map(|(f, r)| Fact::new(r, origin, fact(&f), 0.7)), ..Where::default() };
    if let Some(f) = town.filter(|f| f.score >= TOWN) {
        let name = &text[words[f.first].start..words[f.last].end()];
        out.town = Some(Fact::new(
            name.to_owned(),
            origin,
            fact(&f),
            if f.score >= 5.0 {
                0.95
            } else if f.score >= 4.0 {
                0.85
            } else {
                0.7
            },
        ));
        out.venue = venue(text, &words, &f).map(|v| Fact::new(v, origin, fact(&f), 0.7));
    }
    if out.town.is_none() {
        let code = postcode.as_ref().map(|(_, at)| *at);
        out.town = code.and_then(|at| town_before_code(text, at).map(|t| Fact::new(t, origin, words::around(text, at), 0.7)));
    }
    let derived = |region, words: &str, sure| Fact::new(region, Origin::Derived, words, sure);
    let by_code = || postcode.as_ref().and_then(|(_, at)| code_region.map(|r| derived(r, words::around(text, *at), 0.95)));
    let by_town = |least: f32, sure: f32| town.filter(|f| f.score >= least).and_then(|f| settled.map(|r| derived(r, &fact(&f), sure)));
    // A town that may lie in several regions is not settled by a region that none of them is.
    let in_doubt = town.is_some_and(|f| f.score >= TOWN) && settled.is_none();
    let by_area = || area_region.filter(|_| !in_doubt).map(|(f, r)| derived(r, &fact(&f), 0.8));
    out.region = by_code().or_else(|| by_town(TOWN, 0.9)).or_else(by_area).or_else(|| by_town(1.0, 0.5));
    out.postcode = postcode.map(|(code, at)| Fact::new(code, origin, words::around(text, at), 0.95));
    out
}

/// The part of an address before its postcode, past a county: "Gawthorpe Hall, Padiham, Lancashire BB12 8UA".
fn town_before_code(text: &str, code: usize) -> Option<String> {
    let line = text[..code].rfind('\n').map_or(0, |i| i + 1);
    let mut parts = text[line..code].trim_end_matches([' ', ',']).rsplit(',').map(str::trim).take(4);
    let is_county = |p: &&str| gazetteer::place(p).is_some_and(|p| !p.town);
    let town = parts.by_ref().find(|p| !is_county(p))?;
    let named = town.split([' ', '-']).count() <= 4 && town.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’'));
    // Something must stand before the town, or it may be the venue.
    (named && is_venue(town) && !is_street(town) && parts.next().is_some()).then(|| town.to_owned())
}

fn places(text: &str, words: &[Word], date: Option<&Range<usize>>) -> Vec<Found> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let Some((place, last)) = name_at(text, words, i) else {
            i += 1;
            continue;
        };
        let score = score(text, words, i, last, place, date);
        let named = match place.usage {
            Usage::Plain => true,
            Usage::Name => score.0 >= 3.0,
            Usage::Word => score.0 >= 3.0 && is_expected(text, words, i, last),
        };
        if named {
            out.push(Found { place, first: i, last, score: score.0 + score.1 });
        }
        i = last + 1;
    }
    out
}

/// The longest known name that begins at word `i`.
fn name_at(text: &str, words: &[Word], i: usize) -> Option<(Place, usize)> {
    if !words[i].is_capital() || in_link(text, words[i].start) {
        return None;
    }
    let most = (i + gazetteer::longest()).min(words.len());
    let mut last = i;
    while last + 1 < most && matches!(&text[words[last].end()..words[last + 1].start], " " | "-" | " & ") {
        last += 1;
    }
    (i..=last).rev().find_map(|last| gazetteer::place(&text[words[i].start..words[last].end()]).map(|p| (p, last)))
}

/// Inside a web address.
fn in_link(text: &str, at: usize) -> bool {
    text[..at].ends_with(['/', '.', '@', '_', '=']) && !text[..at].ends_with(". ")
}

/// Whether a place is expected where a common word stands: ", Street", "in Bath.", "Deal, Kent", "Ware SG12".
fn is_expected(text: &str, words: &[Word], first: usize, last: usize) -> bool {
    let ahead = text[..words[first].start].trim_end_matches([' ', '\t']).chars().next_back();
    let next = words.get(last + 1).filter(|w| matches!(&text[words[last].end()..w.start], " " | ", "));
    let before = first.checked_sub(1).map(|b| words[b].text);
    let inside = matches!(before, Some("in" | "near" | "central"))
        && next.is_none_or(|w| w.is_capital() || matches!(w.text, "on" | "at" | "from" | "this") || text[words[last].end()..].starts_with(','));
    let region = next.is_some_and(|_| name_at(text, words, last + 1).is_some_and(|(p, _)| !p.town));
    let coded = next.is_some_and(|w| postcode::is_outward(w.text));
    matches!(ahead, Some(',' | '(' | '|' | '·' | '•')) || inside || region || coded
}

/// How it stands by itself, and what its nearness to the date adds.
fn score(text: &str, words: &[Word], first: usize, last: usize, place: Place, date: Option<&Range<usize>>) -> (f32, f32) {
    let (start, end) = (words[first].start, words[last].end());
    let ahead = text[..start].trim_end_matches([' ', '\t']).chars().next_back();
    let behind = text[end..].trim_start_matches([' ', '\t']).chars().next();
    let parted_before = ahead.is_none_or(|c| matches!(c, ',' | '(' | '|' | '\n' | '–' | '—' | '-' | '·' | ';' | ':' | '/' | '•'));
    let parted_after = behind.is_none_or(|c| matches!(c, ',' | '.' | ';' | ')' | '|' | '\n' | '(' | '–' | '—' | '·' | ':' | '/' | '!' | '?'));
    let before = first.checked_sub(1).map(|b| words[b].text.to_ascii_lowercase()).filter(|_| !parted_before);
    let after = words.get(last + 1).filter(|_| !parted_after);
    let coded = words.get(last + 1).is_some_and(|w| text[end..w.start].trim_matches([',', ' ']).is_empty() && postcode::is_outward(w.text));
    let organisation = after
        .is_some_and(|w| matches!(w.text, "University" | "City" | "Council" | "Museums" | "County" | "College" | "Metropolitan" | "Museum" | "Arts"));
    let own = match before.as_deref() {
        _ if coded => 5.0,
        Some("in" | "near" | "central") if !organisation => 4.0,
        Some("from" | "for" | "with" | "by") => 0.5,
        Some("of" | "and") => 1.0,
        _ if organisation => 1.5,
        _ if parted_before && parted_after => 4.0,
        _ if parted_after => 3.0,
        None if after.is_some_and(Word::is_capital) => 2.0,
        _ if parted_before => 2.5,
        _ => {
            if after.is_some_and(Word::is_capital) {
                1.5
            } else {
                2.0
            }
        }
    };
    let near = date.is_some_and(|d| start + NEAR >= d.start && start <= d.end + NEAR);
    (own, if near && place.town && own >= 1.5 { 2.0 } else { 0.0 })
}

/// The name before a town ("Weir Mill, Stockport"), or the name a town begins ("Kirkby Gallery & Library").
fn venue(text: &str, words: &[Word], town: &Found) -> Option<String> {
    let start = words[town.first].start;
    let line = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let ahead = text[line..start].trim_end();
    let segment = match ahead.strip_suffix(',') {
        Some(rest) => building(rest),
        None => capital_run(text, words, town.first),
    };
    is_venue(&segment).then_some(segment).or_else(|| begun_by(text, words, town))
}

/// The name before a street, where a street stands between it and the town.
fn building(rest: &str) -> String {
    let last = last_segment(rest);
    let before = rest.rfind(',').map(|i| last_segment(&rest[..i])).filter(|b| is_street(&last) && is_venue(b));
    before.unwrap_or(last)
}

fn is_street(segment: &str) -> bool {
    #[rustfmt::skip]
    const STREETS: &[&str] = &[
        "street", "st", "road", "rd", "lane", "cross", "square", "avenue", "way", "row", "gate", "hill", "quay", "terrace", "crescent", "drive",
        "parade",
    ];
    let last = words::lower(segment.rsplit(' ').next().unwrap_or(""));
    segment.starts_with(|c: char| c.is_ascii_digit()) || segment.contains(' ') && STREETS.contains(&last.as_str())
}

fn last_segment(rest: &str) -> String {
    let from = rest
        .rfind([',', '|', ';', '(', '–', '—', '·', ':', '•'])
        .map_or(0, |i| words::floor(rest, i) + rest[i..].chars().next().map_or(1, char::len_utf8));
    let from = rest[from..].rfind(". ").map_or(from, |i| from + i + 2);
    let segment = rest[from..].trim();
    let padded = format!(" {segment}");
    let after = |w: &str| padded.rfind(w).map(|i| i + w.len() - 1);
    let from = [" at the ", " at ", " At ", " in the ", " in ", "enue "].iter().filter_map(|w| after(w)).max().unwrap_or(0);
    strip_clock(segment[from..].trim()).to_owned()
}

/// Without a time or date that stands before the name.
fn strip_clock(segment: &str) -> &str {
    let tokens = super::date::token::tokens(segment);
    let last = tokens
        .iter()
        .rposition(|t| matches!(t.kind, super::date::token::Kind::Number(_) | super::date::token::Kind::Month(_)) || t.is_any(&["am", "pm", "noon"]));
    last.map_or(segment, |i| segment[tokens[i].end()..].trim())
}

/// The capitalised words right before word `i`: "Central Library Warrington".
fn capital_run(text: &str, words: &[Word], i: usize) -> String {
    let mut from = i;
    while from > 0 && i - from < 6 && words[from - 1].is_capital() && matches!(&text[words[from - 1].end()..words[from].start], " " | " & ") {
        from -= 1;
    }
    text[words[from].start..words[i].start].trim().trim_end_matches('&').trim().to_owned()
}

fn begun_by(text: &str, words: &[Word], town: &Found) -> Option<String> {
    let start = words[town.first].start;
    let end = text[start..].find([',', '.', ';', '\n', '|', '(']).map_or(text.len(), |i| start + i);
    let segment = text[start..end].split(" on ").next().unwrap_or("").split(" from ").next().unwrap_or("").trim();
    let named = [
        "gallery", "library", "museum", "hall", "theatre", "centre", "house", "café", "cafe", "offices", "church", "mill", "college", "castle",
        "studios", "dockyard", "rooms",
    ];
    let lower = segment.to_lowercase();
    (segment.len() <= 60 && segment.len() > words[town.last].end() - start && named.iter().any(|n| words::has(&lower, n))).then(|| segment.to_owned())
}

fn is_venue(segment: &str) -> bool {
    let letters = segment.chars().filter(|c| c.is_alphabetic()).count();
    let first = segment.chars().next();
    let lower = words::lower(segment);
    letters >= 4
        && segment.len() <= 70
        && first.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
        && !["online", "zoom", "teams", "webinar", "free", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
            .iter()
            .any(|w| words::has(&lower, w))
        && gazetteer::place(segment).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// venue | town | region
    fn check(text: &str, expected: &str) {
        let w = read(text, None, Origin::Prose);
        let show = |f: Option<Fact<String>>| f.map(|f| f.value).unwrap_or_default();
        let region = w.region.map(|r| r.value.as_str()).unwrap_or_default();
        assert_eq!(format!("{} | {} | {region}", show(w.venue), show(w.town)), expected, "{text}");
    }

    #[test]
    fn a_place_is_read_as_it_stands() {
        check("13 May 2027, Weir Mill, Stockport. £5", "Weir Mill | Stockport | nw");
        check("at the Tithe Barn, Skipton, on Tuesday", "Tithe Barn | Skipton | yh");
        check("10–4, Central Library Warrington.", "Central Library | Warrington | nw");
        check("Hall Y, London WC2", "Hall Y | London | lon");
        check("Kirkby Gallery & Library, and on Teams", "Kirkby Gallery & Library | Kirkby | nw");
        check("Unit 3, Mill Lane, LS1 4AB", " |  | yh");
        check("Old Hall, Padiham, Lancashire BB12 8UA", "Old Hall | Padiham | nw");
        check("Arts Hub, Bishop's Castle", "Arts Hub | Bishop's Castle | wm");
        check("The Mill, Street, Somerset", "The Mill | Street | sw");
    }

    #[test]
    fn a_name_in_passing_is_no_town() {
        check("The University of Leicester says", " |  | em");
        check("Reading is fun, March on", " |  | ");
        check("Street art, a sale of works, and the deal with data", " |  | ");
        check("Battle of ideas; Eye on the prize; Rugby league heritage", " |  | ");
        check("Sign up by 5 March. North East", " |  | ne");
        check("for museums in the East of England", " |  | ee");
    }
}
