//! What a line or sentence says of all sessions of a page: "All meetings are held at the Town Hall at 6pm unless otherwise stated".
//!
//! Reads one sentence at a time. A sentence about booking, papers or opening hours says nothing of the sessions.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::collect::normalise::{address, date};

/// Longest sentence that is read, in bytes.
const LONGEST: usize = 700;

/// The place and time that one sentence states for the sessions it speaks of, as parts of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Habit {
    pub place: Option<String>,
    pub time: Option<String>,
}

fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

/// Who meets or what takes place.
static WHO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:meetings?|sessions?|workshops?|courses?|class(?:es)?|trainings?|events?|seminars?|talks?|lectures?|webinars?|hearings?|rehearsals?|drop-ins?|twilights?|tutorials?|programmes?|all dates|we|group|network|panel|forum|committee|commission|commissioners|board|council|coalition|association|society|trustees|members|ssa|status call)\b",
    )
});

/// That it takes place, meets or begins.
static ARE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:(?:are|is|be|being|usually|normally|generally|regularly|always)\s+(?:\w+\s+){0,2}(?:held|hosted|located|based|run|delivered|scheduled|conducted)|held|takes?\s+place|taking\s+place|meets?|convenes?|gathers?|(?:holds?|hosts?|conducts?)\s+(?:\w+\s+){0,4}(?:meetings?|sessions?|workshops?|hearings?)(?:\s+(?:monthly|weekly|quarterly))?|begins?|starts?|commences?|runs?|schedule(?:d)?\s+as\s+follows|(?:are|is)\s+(?:all\s+)?(?:at|from|in))\b",
    )
});

/// Said of one sitting that is over, of the organisation, or of something else that happens at a place or a time.
static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:w(?:as|ere)\s+(?:\w+\s+)?held|(?:has|have|had)\s+been|opening hours|office hours|hours:|opening times|deadline|rsvp|no later than|copies|(?:agendas?|minutes|documents|materials|notices?)\s+(?:\w+\s+){0,3}(?:posted|available|published)|comments?\s+(?:must|may|will|should|can)|sign(?:ed)?\s+up|cookies?|parking is|doors|tickets?|booking opens|registration)\b",
    )
});

/// What ends the name of a place in a sentence.
static END: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)(?:\s+(?:unless|except|if|when|where|which|who|until|till|between|every|each|starting|beginning|commencing|due|please|to|for|with|by|via|as|but|so|is|are|will|has|have|can|may|per|throughout|during|usually|generally)\b|,?\s+and\s+(?:begin|start|run|are|is|will|last|all|can|via|then|by|online)|,?\s+(?:at|from|@)\s+(?:about\s+|approximately\s+)?(?:\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m|hrs|o.clock|noon|[-–])|\d{1,2}[:.]\d\d|noon|midday)|,?\s+on\s+(?:the\s+(?:first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|following|dates?|below)\s?(?:$|mon|tue|wed|thu|fri|sat|sun|day|week|and|or|of|dates)|mon|tue|wed|thu|fri|sat|sun|dates|\d{1,2}\s|alternate|weekdays)|\s+(?:unless|monthly|weekly|quarterly|fortnightly)\b|[;?!:]|\.$|\.\s)",
    )
});

static AT: LazyLock<Option<Regex>> = LazyLock::new(|| regex(r"(?i)(?:^|\s)(?:at|in|inside|within|from|@)\s+(?-i:the\s+|THE\s+|our\s+)?"));

/// Words after "in" or "at" that are no place.
static NOWHERE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(
        r"(?i)^(?:\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m|hrs|noon|o.clock)|\d{1,2}[:.]\d\d|noon|midday|january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn|fall\b|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday|20\d\d|19\d\d|person|advance|addition|accordance|order|english|welsh|spanish|least|this|that|these|those|each|which|any|all|a\b|an\b|various|different|locations?|https?|www|pdf|microsoft|zoom|teams|webex|goto|zoom|google)",
    )
});

/// Splits a line into sentences; the dots of initials, street types and a.m. end none.
pub fn sentences(line: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for (at, _) in
        line.match_indices(". ").chain(line.match_indices("? ")).chain(line.match_indices("! ")).collect::<std::collections::BTreeMap<_, _>>()
    {
        if ends_sentence(&line[start..at], &line[at + 2..]) {
            out.push(start..at + 1);
            start = at + 2;
        }
    }
    out.push(start..line.len());
    out
}

fn ends_sentence(before: &str, after: &str) -> bool {
    #[rustfmt::skip]
    const SHORT: &[&str] = &[
        "st", "ave", "blvd", "rd", "no", "dr", "mr", "mrs", "ms", "bldg", "rm", "ste", "fl", "ln", "ct", "pl", "sq", "hwy", "approx", "tel", "jan", "feb", "mar", "apr", "jun",
        "jul", "aug", "sept", "sep", "oct", "nov", "dec", "mon", "tues", "tue", "wed", "thurs", "thu", "fri", "sat", "sun", "prof", "rev", "inc",
    ];
    #[rustfmt::skip]
    const OPENERS: &[&str] = &[
        "the", "all", "if", "please", "meetings", "for", "to", "we", "this", "these", "you", "there", "contact", "any", "each", "our", "it", "surface", "click", "see", "call",
        "unless", "they", "members", "sessions", "meeting", "download",
    ];
    let last = before.rsplit([' ', '\u{a0}', '(']).next().unwrap_or("");
    let word = last.to_lowercase();
    let opener = after.split([' ', ',']).next().unwrap_or("").to_lowercase();
    let capital = after.trim_start().starts_with(|c: char| c.is_uppercase() || c == '(' || c == '“' || c == '"');
    let abbreviated = SHORT.contains(&word.as_str()) || word.chars().count() == 1 && last != "a";
    capital && (!abbreviated || OPENERS.contains(&opener.as_str()))
}

/// What a sentence says of all sessions; nothing where it speaks of one date or of something else.
pub fn habit(sentence: &str) -> Option<Habit> {
    if sentence.len() > LONGEST || sentence.len() < 12 {
        return None;
    }
    let verb = ARE.as_ref()?.find(sentence)?;
    let who = WHO.as_ref()?.find(sentence)?;
    if OTHER.as_ref()?.is_match(sentence) || who.start() > verb.end() + 40 {
        return None;
    }
    let dated = !date::spans(sentence).is_empty();
    let lead = sentence.trim_end().ends_with(':') || sentence.to_lowercase().contains("the following");
    let place = if dated && !lead { None } else { place(sentence, verb.start()) };
    let time = if dated { None } else { time(sentence) };
    (place.is_some() || time.is_some()).then_some(Habit { place, time })
}

/// The words of the place behind the verb.
fn place(sentence: &str, verb: usize) -> Option<String> {
    let rest = &sentence[verb..];
    AT.as_ref()?.find_iter(rest).take(8).find_map(|at| place_words(&rest[at.end()..]))
}

/// The name or address that words begin with, up to where the sentence goes on about something else.
pub fn place_words(words: &str) -> Option<String> {
    if NOWHERE.as_ref()?.is_match(words) {
        return None;
    }
    let end = END.as_ref()?.find_iter(words).find(|e| !is_inside(words, e.start())).map_or(words.len(), |e| e.start());
    let found = first_address(words[..end].trim()).trim_end_matches(['.', ',', ' ']);
    let found = found.strip_suffix("located at").or_else(|| found.strip_suffix("located")).unwrap_or(found).trim_end_matches([',', ' ']);
    let capital = |w: &str| w.starts_with(char::is_uppercase);
    let named = found.split(' ').take(7).any(capital) && !found.split(' ').take(1).any(|w| w.chars().all(char::is_lowercase) && !is_part(found));
    let housed = address::begins_with_house(found.split(',').next().unwrap_or(found));
    let numbered = found.starts_with(|c: char| c.is_ascii_digit());
    (found.len() >= 4 && found.len() <= 220 && (housed || named && (!numbered || address::names_room(found)))).then(|| found.to_owned())
}

/// Of two addresses that "and" joins the first.
fn first_address(words: &str) -> &str {
    words
        .match_indices(" and ")
        .map(|(at, _)| &words[..at])
        .find(|w| address::is_postal(w) || w.split(", ").any(address::begins_with_house))
        .unwrap_or(words)
}

/// "auditorium of the Care Center": a part of a building, and the building.
fn is_part(found: &str) -> bool {
    let head = found.split(" of the ").next().unwrap_or_default();
    head.len() < found.len() && address::is_room(head) || address::names_room(found)
}

/// An abbreviation's dot, or the floor of a building.
fn is_inside(words: &str, at: usize) -> bool {
    let (before, rest) = (&words[..at], &words[at..]);
    rest.starts_with(". ") && !ends_sentence(before, rest.get(2..).unwrap_or_default())
        || rest.trim_start_matches([' ', ',']).starts_with("on the") && rest.get(..25).is_some_and(|r| r.to_lowercase().contains("floor"))
        || rest.starts_with(" for ") && rest[5..].starts_with(char::is_uppercase) && before.split(' ').next_back().is_some_and(address::is_building)
}

/// The one time, or the beginning and the end, that a sentence states.
fn time(sentence: &str) -> Option<String> {
    let times = date::times(sentence);
    let end = match times.as_slice() {
        [only] => only.span.end,
        [first, second] if first.end.is_none() && second.end.is_none() => {
            let between = sentence[first.span.end..second.span.start].to_lowercase();
            let same = first.start == second.start;
            let ends = ["end", "conclude", "finish", "until", "close", "adjourn"].iter().any(|w| between.contains(w));
            if same {
                first.span.end
            } else if ends {
                second.span.end
            } else {
                return None;
            }
        }
        _ => return None,
    };
    let start = times[0].span.start;
    let before = sentence[..start].to_lowercase();
    let limit = ["by ", "before ", "after ", "until "].iter().any(|w| before.trim_end().ends_with(w.trim_end()));
    (!limit).then(|| sentence[start..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// place | time
    fn check(line: &str, expected: &str) {
        let found: Vec<String> = sentences(line)
            .into_iter()
            .filter_map(|s| habit(line[s].trim()))
            .map(|h| format!("{} | {}", h.place.unwrap_or_default(), h.time.unwrap_or_default()))
            .collect();
        assert_eq!(found.join(" / "), expected, "{line}");
    }

    #[test]
    fn a_sentence_says_where_and_when_all_are() {
        check(
            "All sessions are held at Weir Mill, Stockport SK1 1AA from 10am to 12 noon unless otherwise stated.",
            "Weir Mill, Stockport SK1 1AA | 10am to 12 noon",
        );
        check("The network meets in the Learning Studio, Town Hall on the first Tuesday of each month at 2pm.", "Learning Studio, Town Hall | 2pm");
        check("Workshops take place at The Old Dairy, Church Lane. Bring lunch.", "The Old Dairy, Church Lane | ");
        check(
            "Meetings are held on the first Thursday at City Hall, 121 N. Main St., Room 201-A and begin at 12:45 p.m.",
            "City Hall, 121 N. Main St., Room 201-A | 12:45 p.m.",
        );
        check("The forum meets in the auditorium of the David Lee Centre, 27 Long Road.", "auditorium of the David Lee Centre, 27 Long Road | ");
        check(
            "The board meets in Room 514 on the 5th floor of Hull City Hall. If Monday is a holiday, on Tuesday.",
            "Room 514 on the 5th floor of Hull City Hall | ",
        );
        check("Each meeting will convene at 11:00 a.m. and conclude by 12:30 p.m. and is open to all.", " | 11:00 a.m. and conclude by 12:30 p.m.");
        check("Status call starts at 11:00 am", " | 11:00 am");
    }

    #[test]
    fn what_is_said_of_something_else_is_no_habit() {
        for line in [
            "The office is open from 9am to 5pm.",
            "Minutes are available at the Town Hall.",
            "The last meeting was held at the Town Hall.",
            "Registration for sessions starts at 9am.",
            "The workshop on 4 May 2027 is held at Weir Mill at 2pm.",
            "Sessions take place in spring and in person.",
            "Meetings start at 10am or at 2pm.",
            "We start in January 2027.",
        ] {
            check(line, "");
        }
    }
}
