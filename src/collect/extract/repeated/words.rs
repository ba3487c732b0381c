//! Words that are no title: dates, times, "read more", section names. Also places and prices that a label announces.

use std::sync::LazyLock;

use regex::Regex;

use super::phrases::{GENERAL, GENERIC};
use crate::collect::normalise::date;

static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:from |at )?(?:\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?|noon|midnight)(?:\s?(?:-|–|—|to|until)\s?(?:\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?|noon|midnight))?(?:\s?(?:bst|gmt|utc|est|edt|cst|cdt|et|ct|cet|cest|pt|pst|pdt)\b)?").ok()
});

static DAY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?\b\.?,?").ok());

static LABEL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?im)^\s*(location|venue|where|place|meeting place|address|held at)\s*[:：–-]?\s*(?:\n\s*)?(\S[^\n]{2,200})").ok());

static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(?:Room|Rm|Suite|Ste)\.? #?\d|\b\d{1,5}[A-Za-z]?,? (?:[NSEW]\.? )?(?:[A-Z0-9][\w'’.-]* ){1,4}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Place|Pl|Square|Sq|Way|Terrace|Court|Ct|Row|Quay|Gardens|Crescent|Close|Park|Hill|Parade|Floor|Highway|Hwy)\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|, [A-Z]{2},? \d{5}\b",
    )
    .ok()
});

static PRICE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?im)^\s*(?:price|cost|fee|tickets?|admission|entry)s?\s*[:：]\s*(\S[^\n]{0,150})").ok());

/// Whether words name no event by themselves.
pub fn is_generic(words: &str) -> bool {
    let lower = words.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let letters = bare.chars().filter(|c| c.is_alphabetic()).count();
    letters < 3
        || lower.starts_with('(')
        || bare.ends_with("pdf")
        || GENERIC.contains(&bare)
        || bare.starts_with("http")
        || bare.starts_with("www.")
        || bare.starts_with("read more")
        || bare.ends_with("no meeting")
        || bare.ends_with("no meetings")
        || bare.contains("no meeting is scheduled")
        || bare.contains("no meetings are scheduled")
        || is_months(bare)
        || is_general(bare)
}

/// "2027 Meeting Schedule", "Agendas & Minutes".
fn is_general(bare: &str) -> bool {
    let number = |w: &str| w.chars().all(|c| c.is_ascii_digit());
    let words: Vec<&str> = bare.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    // "Special board meeting" says which meeting; "Board meeting dates" is a heading.
    let kind = |w: &str| matches!(w, "special" | "annual" | "regular" | "board" | "public" | "full" | "general" | "monthly" | "weekly" | "quarterly");
    let names = words.iter().any(|w| kind(w)) && words.iter().all(|w| kind(w) || matches!(*w, "meeting" | "of" | "the"));
    !names && words.iter().all(|w| number(w) || GENERAL.contains(w))
}

/// Whether a title says only what kind of meeting it is, so that the page must say whose.
pub fn is_kind(title: &str) -> bool {
    let lower = title.to_lowercase();
    let kinds = [
        "special",
        "annual",
        "regular",
        "board",
        "public",
        "full",
        "general",
        "monthly",
        "quarterly",
        "weekly",
        "virtual",
        "online",
        "meeting",
        "meetings",
        "commission",
        "committee",
        "emergency",
        "joint",
        "of",
        "the",
        "session",
        "next",
        "call",
        "in",
        "person",
        "hybrid",
        "zoom",
        "rescheduled",
        "cancelled",
        "canceled",
        "work",
        "study",
        "working",
    ];
    lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).all(|w| kinds.contains(&w))
}

/// Whether a line is a postal address: a house number and a street, a room, or a postcode.
pub fn is_address(line: &str) -> bool {
    line.len() < 200 && ADDRESS.as_ref().is_some_and(|a| a.is_match(line))
}

/// A title without the paper it is the link of: "Finance committee - approved minutes" names the finance committee.
pub fn without_attachment(title: &str) -> String {
    let is_paper = |w: &str| {
        let w = w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        w.is_empty()
            || matches!(
                w.as_str(),
                "agenda"
                    | "agendas"
                    | "minutes"
                    | "draft"
                    | "approved"
                    | "packet"
                    | "pdf"
                    | "doc"
                    | "docx"
                    | "notice"
                    | "cancelled"
                    | "canceled"
                    | "rescheduled"
                    | "postponed"
            )
    };
    let words: Vec<&str> = title.split_whitespace().collect();
    if !words.iter().any(|w| is_paper(w) && w.chars().any(char::is_alphanumeric)) {
        return title.to_owned();
    }
    let from = words.iter().position(|w| !is_paper(w)).unwrap_or(words.len());
    let to = words.iter().rposition(|w| !is_paper(w)).map_or(from, |n| n + 1);
    trimmed(&words[from..to.max(from)].join(" "))
}

/// A list's heading as the name of one of its members: "2027 Network Meetings Schedule" becomes "Network Meeting".
pub fn one_of_many(heading: &str) -> String {
    const LIST: [&str; 22] = [
        "schedule",
        "schedules",
        "date",
        "dates",
        "calendar",
        "archive",
        "archives",
        "archived",
        "minutes",
        "agenda",
        "agendas",
        "for",
        "list",
        "listing",
        "upcoming",
        "past",
        "previous",
        "remaining",
        "current",
        "future",
        "our",
        "and",
    ];
    const MANY: [(&str, &str); 9] = [
        ("meetings", "meeting"),
        ("workshops", "workshop"),
        ("sessions", "session"),
        ("courses", "course"),
        ("seminars", "seminar"),
        ("webinars", "webinar"),
        ("classes", "class"),
        ("hearings", "hearing"),
        ("talks", "talk"),
    ];
    let of_list = |w: &&str| {
        let bare = w.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        LIST.contains(&bare.as_str()) || bare.is_empty() || bare.len() == 4 && bare.bytes().all(|b| b.is_ascii_digit())
    };
    let words: Vec<&str> = heading.split_whitespace().collect();
    let from = words.iter().position(|w| !of_list(w)).unwrap_or(words.len());
    let to = words.iter().rposition(|w| !of_list(w)).map_or(from, |n| n + 1);
    let one = |w: &str| {
        let (_, short) = MANY.iter().find(|(many, _)| w.trim_end_matches(':').eq_ignore_ascii_case(many))?;
        Some(w.get(..short.len())?.to_owned())
    };
    let kept: Vec<String> = words[from..to.max(from)].iter().map(|w| one(w).unwrap_or_else(|| (*w).to_owned())).collect();
    trimmed(&kept.join(" "))
}

/// What two titles of the same event share.
pub fn stem(title: &str) -> String {
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty() && !GENERAL.contains(w)).collect();
    if words.is_empty() { lower } else { words.join(" ") }
}

/// "January", "Spring 2027", "2027 meeting dates".
fn is_months(bare: &str) -> bool {
    let known = |w: &str| {
        w.chars().all(|c| c.is_ascii_digit())
            || matches!(
                w,
                "january"
                    | "february"
                    | "march"
                    | "april"
                    | "may"
                    | "june"
                    | "july"
                    | "august"
                    | "september"
                    | "october"
                    | "november"
                    | "december"
                    | "spring"
                    | "summer"
                    | "autumn"
                    | "winter"
                    | "fall"
                    | "dates"
                    | "and"
                    | "to"
            )
    };
    bare.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).all(known)
}

/// A title without the dates and times in it, and without the marks that joined them. When nothing would be left it is empty.
pub fn without_date(words: &str) -> String {
    let spans = date::spans(words);
    if spans.is_empty() && CLOCK.as_ref().is_none_or(|c| !c.is_match(words)) {
        return trimmed(words);
    }
    let mut out = String::new();
    let mut at = 0;
    for span in spans {
        out.push_str(&words[at..span.start]);
        out.push('\u{1}');
        at = span.end;
    }
    out.push_str(&words[at..]);
    if let Some(clock) = CLOCK.as_ref() {
        out = clock.replace_all(&out, "\u{1}").into_owned();
    }
    // What stands between two dates or times joined them.
    let kept: Vec<&str> = out
        .split('\u{1}')
        .map(|p| p.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | ')' | '"' | '\'' | '“' | '”' | '!' | '?')))
        .collect();
    let meaningful =
        |p: &&&str| p.chars().filter(|c| c.is_alphabetic()).count() >= 3 && !matches!(p.to_lowercase().as_str(), "and" | "until" | "from");
    trimmed(&kept.iter().filter(meaningful).copied().collect::<Vec<_>>().join(" - "))
}

fn trimmed(words: &str) -> String {
    let words =
        words.trim().trim_matches(|c: char| matches!(c, '|' | '-' | '–' | '—' | ':' | ',' | ';' | '/' | '•' | '·' | '@') || c.is_whitespace());
    let words = words.strip_suffix(" on").or_else(|| words.strip_suffix(" at")).unwrap_or(words);
    let open = words.matches('(').count() > words.matches(')').count();
    if open { words.trim_end_matches(['(', ' ']).to_owned() } else { words.replace("()", "").trim().to_owned() }
}

/// Whether words are nothing but a date, a weekday and a time.
pub fn is_only_when(words: &str) -> bool {
    let rest = without_date(words);
    let rest = DAY.as_ref().map_or(rest.clone(), |d| d.replace_all(&rest, "").into_owned());
    rest.chars().filter(|c| c.is_alphabetic()).count() < 3
}

/// "Block 2", "Session 3": one sitting of what its heading names, and nothing more.
pub fn is_part(title: &str) -> bool {
    const PARTS: [&str; 9] = ["block", "session", "part", "week", "module", "day", "unit", "date", "class"];
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let number = |w: &str| w.len() <= 2 && w.bytes().all(|b| b.is_ascii_digit()) || matches!(w, "one" | "two" | "three" | "four" | "five" | "six");
    matches!(words.as_slice(), [part, n] if PARTS.contains(part) && number(n))
}

/// A sentence that tells when something is, was or will be held.
pub fn is_telling(line: &str) -> bool {
    const TELLS: [&str; 7] = [" was held", " were held", " takes place", " take place", " took place", " will be held", " is held"];
    let lower = line.to_lowercase();
    lower.trim_end().ends_with('.') && TELLS.iter().any(|t| lower.contains(t))
}

/// Whether words hold a time of day.
pub fn has_clock(words: &str) -> bool {
    CLOCK.as_ref().is_some_and(|c| c.is_match(words))
}

/// The words after "Location:" or "Where:", on the same line or the next.
pub fn labelled_place(text: &str) -> Option<String> {
    let found = LABEL.as_ref()?.captures(text)?;
    Some(found.get(2)?.as_str().trim().trim_start_matches([':', ' ']).to_owned()).filter(|p| !is_only_when(p))
}

/// The words after "Cost:" or "Price:".
pub fn labelled_price(text: &str) -> Option<String> {
    Some(PRICE.as_ref()?.captures(text)?.get(1)?.as_str().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lose_their_dates_and_nothing_else() {
        for (words, expected) in [
            ("Grant writing - 4 May 2027, 10am-12pm", "Grant writing"),
            ("4 May 2027: Grant writing (online)", "Grant writing (online)"),
            ("Pests & moulds", "Pests & moulds"),
            ("Board meeting on 4 May 2027 at 10:00", "Board meeting"),
            ("4 May 2027", ""),
        ] {
            assert_eq!(without_date(words), expected, "{words}");
        }
    }

    #[test]
    fn labels_announce_places_and_prices() {
        assert_eq!(labelled_place("When: 4 May\nWhere: Town Hall, Hull").as_deref(), Some("Town Hall, Hull"));
        assert_eq!(labelled_place("Location\nTown Hall").as_deref(), Some("Town Hall"));
        assert_eq!(labelled_price("Cost: £25 (members free)").as_deref(), Some("£25 (members free)"));
    }

    #[test]
    fn generic_words_are_no_titles() {
        for words in ["Read more", "BOOK NOW »", "Upcoming events:", "May 2027", "PDF", "2027"] {
            assert!(is_generic(words), "{words}");
        }
        assert!(!is_generic("Training for trustees"));
        assert!(is_only_when("Tuesday 4 May 2027, 10am - 12 noon"));
    }
}
