//! Who delivers it, as the words name them: "organised by X", "X presents", "with X", a sign-off line. Never guessed from an address.

use super::gazetteer;
use super::words;
use crate::domain::{Fact, Origin};

/// Words that organisations have in their names.
const KINDS: &[&str] = &[
    "network",
    "museum",
    "museums",
    "association",
    "society",
    "university",
    "trust",
    "union",
    "institute",
    "council",
    "gallery",
    "galleries",
    "centre",
    "agency",
    "theatre",
    "theatres",
    "hub",
    "partnership",
    "alliance",
    "exchange",
    "federation",
    "forum",
    "school",
    "library",
    "libraries",
    "archive",
    "archives",
    "college",
    "group",
    "guild",
    "foundation",
    "studio",
    "studios",
    "arts",
    "training",
    "ltd",
    "limited",
    "cic",
    "consortium",
    "collective",
    "academy",
    "service",
    "services",
    "development",
    "skills",
    "practitioners",
    "orchestra",
    "consultancy",
    "associates",
    "company",
    "heritage",
    "culture",
    "productions",
    "learning",
    "committee",
    "authority",
    "department",
    "faculty",
    "office",
    "england",
    "scotland",
    "wales",
    "uk",
    "north",
    "stages",
    "opera",
    "ballet",
    "charity",
    "commission",
    "board",
    "press",
    "team",
    "festival",
    "festivals",
    "breakfast",
    "house",
    "archivists",
    "curators",
];
/// What stands before the name of who delivers it, strongest first.
const BY: &[&str] = &[
    "organised by",
    "organized by",
    "hosted by",
    "presented by",
    "delivered by",
    "run by",
    "provided by",
    "brought to you by",
    "in partnership with",
    "a partnership between",
    "offered by",
    "convened by",
    "in association with",
    "facilitated by",
    "led by",
    "supported by the",
    "e-learning from",
    "training from",
    "course from",
    "programme from",
    "workshop from",
    "a mentor from",
    "session from",
    "webinar from",
    "contact",
];
/// What stands after the name of who delivers it.
const AFTER: &[&str] = &[
    "presents",
    "is running",
    "is hosting",
    "is offering",
    "are running",
    "are hosting",
    "invites",
    "invite you",
    "is holding",
    "runs",
    "hosts",
    "offers",
    "with the",
    "members free",
    "members £",
    "is delighted",
    "are delighted",
    "has places",
    "members:",
];
/// Words that join the parts of a name.
const JOINS: &[&str] = &["of", "the", "and", "for", "in", "de", "on"];

/// Reads the provider of `title` and `text`; `venue` is one when nothing better is named and it is an organisation.
#[must_use]
pub fn read(title: &str, text: &str, venue: Option<&str>) -> Option<Fact<String>> {
    named(text)
        .or_else(|| signed(text, venue))
        .or_else(|| mentioned(title, text, venue))
        .or_else(|| venue.filter(|v| is_organisation(v)).map(|v| (v.to_owned(), v.to_owned(), 0.5)))
        .map(|(name, said, sure)| Fact::new(name, Origin::Prose, said, sure))
}

type Named = (String, String, f32);

/// "organised by X", "X presents".
fn named(text: &str) -> Option<Named> {
    let lower = words::lower(text);
    let by = BY.iter().find_map(|phrase| {
        let at = words::find(&lower, phrase)? + phrase.len();
        let name = name_from(&text[at..])?;
        (is_organisation(&name) || is_proper(&name) && !is_person_phrase(phrase)).then(|| (name, words::around(text, at).to_owned(), 0.85))
    });
    by.or_else(|| {
        AFTER.iter().find_map(|phrase| {
            let at = words::find(&lower, phrase)?;
            let name = name_until(&text[..at])?;
            is_organisation(&name).then(|| (name, words::around(text, at).to_owned(), 0.8))
        })
    })
}

/// After "led by" people stand too; then only the name of an organisation counts.
fn is_person_phrase(phrase: &str) -> bool {
    matches!(phrase, "led by" | "facilitated by" | "contact" | "a mentor from" | "supported by the")
}

/// A last sentence or line, or a part after a dash, that is nothing but a name.
fn signed(text: &str, venue: Option<&str>) -> Option<Named> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let last = lines.iter().rev().take(3).find_map(|line| sentence_name(line, venue));
    let dashed = || {
        let after = lines.iter().take(2).find_map(|l| l.split_once(" — ").or_else(|| l.split_once(" – ")))?.1;
        let name = after.split(['.', ',', '—', '–']).next()?.trim();
        (is_name_alone(name) && is_organisation(name)).then(|| (name.to_owned(), after.to_owned(), 0.7))
    };
    let inner = || {
        lines.iter().rev().find_map(|line| {
            sentences(line).skip(1).find(|s| is_signature(s, venue) && is_organisation(s)).map(|s| (s.to_owned(), s.to_owned(), 0.75))
        })
    };
    last.or_else(inner).or_else(dashed)
}

fn sentence_name(line: &str, venue: Option<&str>) -> Option<Named> {
    let all: Vec<&str> = sentences(line).collect();
    // "National Network — network.example/page"
    let name = &all.last()?.split(" — ").next()?.trim();
    let whole = all.len() == 1;
    (is_signature(name, venue) && (is_organisation(name) || !whole || name.split_whitespace().count() <= 5))
        .then(|| ((*name).to_owned(), line.to_owned(), 0.75))
}

fn sentences(line: &str) -> impl Iterator<Item = &str> {
    line.split(". ").map(|s| s.trim().trim_end_matches(['.', '!'])).filter(|s| !s.is_empty())
}

fn is_signature(name: &str, venue: Option<&str>) -> bool {
    is_name_alone(name) && venue != Some(name) && gazetteer::place(name).is_none()
}

/// Two to nine words, all capitalised but those that join, none of them a day, a price or a plain noun of practice.
fn is_name_alone(s: &str) -> bool {
    const PLAIN: &[&str] = &[
        "free",
        "lunch",
        "wine",
        "online",
        "captioned",
        "book",
        "booking",
        "register",
        "all",
        "levels",
        "bsl",
        "zoom",
        "teams",
        "max",
        "cost",
        "tickets",
        "places",
        "members",
        "best",
        "regards",
        "thanks",
        "dear",
        "no",
        "cohort",
        "cpd",
        "quiet",
    ];
    let words: Vec<&str> = s.split_whitespace().collect();
    (2..=9).contains(&words.len())
        && s.len() <= 90
        && !s.contains(['£', '@', '/', '|', ':', '?', '"', ';', ','])
        && !s.chars().any(|c| c.is_ascii_digit())
        && words.first().is_some_and(|w| w.chars().next().is_some_and(char::is_uppercase))
        && words.iter().all(|w| *w == "&" || JOINS.contains(w) || is_kind(w) || w.chars().next().is_some_and(char::is_uppercase))
        && !words.iter().any(|w| PLAIN.contains(&words::lower(w).as_str()))
}

fn is_kind(word: &str) -> bool {
    KINDS.contains(&words::lower(word.trim_matches(|c: char| !c.is_alphanumeric())).as_str())
}

/// Holds a word that organisations have in their names.
fn is_organisation(name: &str) -> bool {
    name.split_whitespace().any(is_kind)
}

fn is_proper(name: &str) -> bool {
    name.split_whitespace().count() >= 2
}

/// The name that begins right there, past "the" and "a".
fn name_from(rest: &str) -> Option<String> {
    let rest = rest.trim_start_matches([' ', ':', '\n']);
    let rest = rest.strip_prefix("the ").or_else(|| rest.strip_prefix("The ")).unwrap_or(rest);
    let mut end = 0;
    let mut kept = 0;
    for word in rest.split_inclusive(' ').take(10) {
        let bare = word.trim_end();
        let first = bare.chars().next()?;
        let joins = JOINS.contains(&bare) || bare == "&";
        let kind = kept > 0 && is_kind(bare) && first.is_lowercase();
        if !(first.is_uppercase() || joins && kept > 0 || kind) {
            break;
        }
        end += word.len();
        if !joins {
            kept = end;
        }
        if bare.ends_with(['.', ',', ';', ')', ':', '!', '?', '\n']) || bare.contains('\n') {
            break;
        }
    }
    clean(rest[..kept].split('\n').next()?)
}

/// The name that ends right there.
fn name_until(ahead: &str) -> Option<String> {
    let from = words::floor(ahead, ahead.len().saturating_sub(120));
    let ahead = ahead[from..].trim_end();
    let ahead = ahead.rsplit(['\n', ';', '(', '"', ':']).next()?;
    let mut start = ahead.len();
    let mut at = ahead.len();
    for word in ahead.split(' ').rev().take(10) {
        at = at.saturating_sub(word.len());
        let first = word.chars().next();
        let joins = JOINS.contains(&word) || word == "&";
        let ends = word.ends_with(['.', ',', '!', '?']) && start < ahead.len();
        if ends || !(joins || first.is_some_and(char::is_uppercase)) {
            break;
        }
        if !joins {
            start = at;
        }
        at = at.saturating_sub(1);
    }
    clean(ahead.get(start..)?)
}

fn clean(name: &str) -> Option<String> {
    let name = name.trim().trim_end_matches(['.', ',', ';', ')', ':', '!', '?']);
    let name = name.strip_suffix("'s").or_else(|| name.strip_suffix("’s")).unwrap_or(name);
    let name = name.strip_prefix("The ").unwrap_or(name).trim();
    (name.len() >= 3 && name.len() <= 90).then(|| name.to_owned())
}

/// The name of an organisation that stands for itself between separators, not as the venue.
fn mentioned(title: &str, text: &str, venue: Option<&str>) -> Option<Named> {
    let parts = text.split(['.', ',', '\n', '|', ';', '(', ')', '—', '–', ':']).map(str::trim);
    let best = parts.filter(|p| is_name_alone(p) && is_organisation(p) && Some(*p) != venue && *p != title && gazetteer::place(p).is_none());
    let phrase = |p: &str| (p.to_owned(), p.to_owned(), 0.5);
    best.last().map(phrase).or_else(|| {
        // "from Green Stages", "with Fens Museums" at the start of a sentence.
        let lower = words::lower(text);
        ["with", "from", "join"].iter().find_map(|w| {
            let at = words::find(&lower, w)? + w.len();
            name_from(&text[at..]).filter(|n| is_organisation(n) && is_proper(n)).map(|n| (n, words::around(text, at).to_owned(), 0.5))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, venue: Option<&str>, expected: &str) {
        assert_eq!(read("Title", text, venue).map(|f| f.value).unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn who_delivers_it_is_named_in_several_ways() {
        check("Tuesday 13 April, Zoom. £0. Fens & Coast Museum Network.", None, "Fens & Coast Museum Network");
        check("Two heads talk. Hosted by Bright Minds North. £15", None, "Bright Minds North");
        check("A day out.\nMersey Heritage Skills Trust", None, "Mersey Heritage Skills Trust");
        check("LEADING — Northern Minds Trust. Free.", None, "Northern Minds Trust");
        check("Dunes Gallery is running a session on 28 January.", None, "Dunes Gallery");
        check("Free e-learning from Green Stages. Four modules", None, "Green Stages");
        check("6 March, Weir Arts, Stockport. £65", Some("Weir Arts"), "Weir Arts");
    }

    #[test]
    fn nobody_is_guessed() {
        check("Thursday 18 March, all day. Free. Lunch.", None, "");
        check("Book at a.example/network", None, "");
    }
}
