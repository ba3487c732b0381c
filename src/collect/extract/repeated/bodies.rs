//! Who meets: boards, committees, networks and the like, as the words of a page name them.
//!
//! Only names that stand in the page; a single word like "Board" names nobody.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::layout::Layout;
use super::words::is_kind;

/// Bodies that meet, as titles write them: "Board of Directors", "Finance Committee", "Heritage Learning Network".
static BODY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:[A-Z][\w’'./-]*,? (?:(?:of|and|on|for|the|&) ){0,2}){0,6}(?:Board|Committee|Commission|Council|Authority|Trust|Forum|Network|Panel|Association|Society|Partnership|Academy|Consortium|Coalition|BOARD|COMMITTEE|COMMISSION|COUNCIL|FORUM|NETWORK)\b(?: (?:of|on|for) (?:the )?[A-Z][\w’'-]+(?:(?: and | & |, )[A-Z][\w’'-]+){0,2}(?: [A-Z][\w’'-]+){0,2})?",
    )
    .ok()
});

/// The body of a house as running text mentions it: "its board of directors".
static SMALL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bboard of (?:directors|trustees|governors|commissioners|managers)\b").ok());

/// Houses whose name ends like a body that meets.
const HOUSES: &[&str] = &["trust", "association", "society", "partnership", "academy", "consortium", "coalition", "authority"];

/// Whether a name says who meets, and not just whose house it is.
pub fn says_who(name: &str) -> bool {
    lowercase_words(name).any(|w| BODIES.contains(&w.as_str()) && !HOUSES.contains(&w.as_str()))
}

/// The board that a text speaks of in small letters only, as a name.
pub fn board(text: &str) -> Option<String> {
    let found = SMALL.as_ref()?.find(text)?.as_str();
    let of = found.rsplit(' ').next()?;
    let mut letters = of.chars();
    Some(format!("Board of {}{}", letters.next()?.to_uppercase(), letters.as_str()))
}

/// Words for bodies that meet.
pub const BODIES: &[&str] = &[
    "board",
    "committee",
    "commission",
    "council",
    "authority",
    "trust",
    "forum",
    "network",
    "panel",
    "association",
    "society",
    "partnership",
    "academy",
    "consortium",
    "coalition",
];

/// A body that the page speaks of.
pub struct Body {
    pub name: String,
    /// How much speaks for it: mentions, more in titles and where it is said to meet.
    pub weight: usize,
    /// It is said to meet, or to have meetings.
    pub meets: bool,
    /// The page says what it is: "The Access Panel is a body of ...".
    pub defined: bool,
}

/// The bodies a text names in full, by how often and where it does.
pub fn named(text: &str, heads: &str) -> Vec<Body> {
    const MEETS: [&str; 9] = ["giving notice", "meets", "meeting", "will meet", "is scheduled", "hold", "monthly", "regular", "is required"];
    const STARTS: [&str; 12] = ["The ", "All ", "Our ", "This ", "Each ", "For ", "In ", "Contact ", "About ", "Join ", "If ", "Your "];
    const PAPERS: [&str; 6] = ["minutes", "agenda", "archive", "meeting", "schedule", "member"];
    let mut found: BTreeMap<String, (Body, usize)> = BTreeMap::new();
    for at in BODY.as_ref().into_iter().flat_map(|b| b.find_iter(text)).take(2_000) {
        let mut name = at.as_str();
        while let Some(rest) = STARTS.iter().find_map(|s| name.strip_prefix(s)) {
            name = rest;
        }
        let lower = name.to_lowercase();
        if name.len() > 90 || name.split(' ').count() < 2 || is_kind(name) || PAPERS.iter().any(|p| lower.contains(p)) {
            continue;
        }
        let after = text[at.end()..].chars().take(30).collect::<String>().to_lowercase();
        let meets = MEETS.iter().any(|m| after.contains(m));
        let begins = text[..at.start()].trim_end_matches("The ").chars().next_back().is_none_or(|c| c == '\n');
        let defined = begins && (after.starts_with(" is a") || after.starts_with(" is the")) && name.len() < 70;
        let weight = if heads.contains(&lower) { 8 } else { 0 };
        let first = found.len();
        let (body, _) = found.entry(lower).or_insert_with(|| (Body { name: name.to_owned(), weight, meets, defined }, first));
        body.meets |= meets;
        body.defined |= defined;
        body.weight = (body.weight + if meets { 4 } else { 1 }).min(30);
    }
    let mut out: Vec<(Body, usize)> = found.into_values().collect();
    out.sort_by(|a, b| b.0.weight.cmp(&a.0.weight).then(a.1.cmp(&b.1)));
    out.into_iter().map(|(body, _)| body).take(40).collect()
}

/// What bodies are called by, and how a title says it.
const NOUNS: [(&str, &str); 5] =
    [("commission", "Commission"), ("committee", "Committee"), ("board", "Board"), ("council", "Council"), ("network", "Network")];

fn noun_of(word: &str) -> Option<usize> {
    NOUNS.iter().position(|(noun, _)| word.starts_with(noun))
}

/// The body that a text last says to meet: "Commission meetings are held", "the network meets".
pub fn said_to_meet(text: &str) -> Option<&'static str> {
    let mut before = None;
    let mut last = None;
    for word in lowercase_words(text) {
        last = before.filter(|_| word.starts_with("meet")).or(last);
        before = noun_of(&word);
    }
    last.map(|n| NOUNS[n].1)
}

/// The body that the running text speaks of most without naming it in full.
pub fn noun(layout: &Layout) -> Option<&'static str> {
    let mut counts = [0_usize; NOUNS.len()];
    let mut at = 0;
    for line in layout.text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        // The lists themselves speak of papers and of other bodies.
        if layout.dates(&range).is_empty() {
            for n in lowercase_words(line).filter_map(|word| noun_of(&word)) {
                counts[n] += 1;
            }
        }
    }
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    counts.iter().position(|c| *c == most).map(|n| NOUNS[n].1)
}

/// The words of a text in small letters.
pub fn lowercase_words(words: &str) -> impl Iterator<Item = String> + '_ {
    words.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase)
}

/// Words for people coming together to meet or to learn, besides the [`BODIES`] that do.
const GATHERINGS: &[&str] = &[
    "subcommittee",
    "group",
    "meeting",
    "meetings",
    "workshop",
    "workshops",
    "course",
    "courses",
    "seminar",
    "seminars",
    "webinar",
    "webinars",
    "training",
    "class",
    "classes",
    "conference",
    "symposium",
    "lecture",
    "lectures",
    "talk",
    "talks",
    "session",
    "sessions",
    "meetup",
    "masterclass",
    "masterclasses",
    "surgery",
    "clinic",
    "hearing",
    "hearings",
    "retreat",
    "roundtable",
    "programme",
    "program",
    "school",
    "briefing",
    "drop-in",
    "tour",
    "study day",
    "summit",
    "festival",
    "assembly",
    "taskforce",
    "club",
];

/// Whether words name people who meet, or a meeting; not its members, papers or rules.
pub fn is_gathering(words: &str) -> bool {
    const NOT: [&str; 13] = [
        "member",
        "members",
        "commissioners",
        "staff",
        "contact",
        "rules",
        "ordinance",
        "results",
        "report",
        "map",
        "opportunities",
        "documents",
        "materials",
    ];
    let lower = words.to_lowercase();
    let mut found = false;
    for word in lower.split(|c: char| !c.is_alphanumeric() && c != '-') {
        if NOT.contains(&word) {
            return false;
        }
        found |= BODIES.contains(&word) || GATHERINGS.contains(&word);
    }
    found
}
