//! The words with a meaning of their own in titles and places. Sorted where the doc says so, for binary search.

/// Words that name nothing. Sorted.
pub(super) const STOP: &[&str] = &[
    "a", "about", "an", "and", "are", "as", "at", "by", "das", "de", "der", "des", "die", "du", "e", "el", "et", "for", "from", "how", "in", "into",
    "is", "la", "le", "los", "my", "of", "on", "our", "the", "to", "und", "via", "vs", "with", "y", "your",
];

/// Notices that sources put before a title. Sorted.
pub(super) const NOTICES: &[&str] = &["canceled", "cancelled", "postponed", "rescheduled", "waitlist"];

/// What kind of occasion, or which half of the world; not which one. Sorted.
pub(super) const SERIES: &[&str] = &[
    "africa",
    "america",
    "american",
    "annual",
    "asia",
    "british",
    "camp",
    "class",
    "clinic",
    "con",
    "conf",
    "conference",
    "congress",
    "convention",
    "course",
    "courses",
    "day",
    "days",
    "east",
    "edition",
    "europe",
    "european",
    "event",
    "events",
    "fest",
    "festival",
    "forum",
    "global",
    "international",
    "lecture",
    "live",
    "masterclass",
    "meeting",
    "meetup",
    "national",
    "nordic",
    "north",
    "online",
    "program",
    "programme",
    "regional",
    "remote",
    "seminar",
    "series",
    "session",
    "sessions",
    "show",
    "south",
    "summit",
    "surgery",
    "symposium",
    "talk",
    "taster",
    "training",
    "uk",
    "unconference",
    "virtual",
    "webinar",
    "webinars",
    "week",
    "west",
    "workshop",
    "workshops",
    "world",
];

/// Short forms, and what they are read as. Sorted.
pub(super) const ABBREVIATIONS: &[(&str, &str)] = &[
    ("assoc", "association"),
    ("comms", "communications"),
    ("conf", "conference"),
    ("courses", "course"),
    ("days", "day"),
    ("dev", "developer"),
    ("ed", "education"),
    ("edu", "education"),
    ("eng", "engineering"),
    ("events", "event"),
    ("exec", "executive"),
    ("govt", "government"),
    ("intl", "international"),
    ("intro", "introduction"),
    ("mgmt", "management"),
    ("mktg", "marketing"),
    ("org", "organisation"),
    ("prog", "programme"),
    ("program", "programme"),
    ("sessions", "session"),
    ("uni", "university"),
    ("webinars", "webinar"),
    ("workshops", "workshop"),
    ("ws", "workshop"),
];

/// What a part of several is called: "Part 2", "Module B", "Cohort 3".
pub(super) const PART_WORDS: &[&str] = &[
    "part", "pt", "module", "session", "day", "unit", "workshop", "webinar", "episode", "level", "stage", "week", "lesson", "group", "cohort",
    "term", "series", "tier", "block",
];

/// Months, whole and short. Sorted.
pub(super) const MONTHS: &[&str] = &[
    "apr",
    "april",
    "aug",
    "august",
    "dec",
    "december",
    "feb",
    "february",
    "jan",
    "january",
    "jul",
    "july",
    "jun",
    "june",
    "mar",
    "march",
    "may",
    "nov",
    "november",
    "oct",
    "october",
    "sep",
    "sept",
    "september",
];

/// Numbers as words, and the Roman numerals that are not words or initials.
pub(super) const NUMBER_WORDS: &[(&str, u16)] = &[
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("ii", 2),
    ("iii", 3),
    ("iv", 4),
    ("vi", 6),
    ("vii", 7),
    ("viii", 8),
];

/// Spellings of countries. The nations of the UK are one country: a listing names either.
pub(super) const COUNTRIES: &[(&str, &str)] = &[
    ("uk", "uk"),
    ("gb", "uk"),
    ("great britain", "uk"),
    ("united kingdom", "uk"),
    ("england", "uk"),
    ("scotland", "uk"),
    ("wales", "uk"),
    ("northern ireland", "uk"),
    ("us", "us"),
    ("usa", "us"),
    ("united states", "us"),
    ("united states of america", "us"),
    ("america", "us"),
    ("czechia", "czech republic"),
    ("holland", "netherlands"),
    ("the netherlands", "netherlands"),
    ("uae", "united arab emirates"),
    ("republic of ireland", "ireland"),
    ("eire", "ireland"),
    ("korea", "south korea"),
    ("republic of korea", "south korea"),
    ("turkiye", "turkey"),
    ("deutschland", "germany"),
    ("espana", "spain"),
    ("italia", "italy"),
    ("brasil", "brazil"),
];

/// Towns with two names in English.
pub(super) const TOWNS: &[(&str, &str)] = &[
    ("bangalore", "bengaluru"),
    ("kiev", "kyiv"),
    ("wien", "vienna"),
    ("munchen", "munich"),
    ("koln", "cologne"),
    ("praha", "prague"),
    ("lisboa", "lisbon"),
    ("warszawa", "warsaw"),
    ("kobenhavn", "copenhagen"),
    ("goteborg", "gothenburg"),
    ("bruxelles", "brussels"),
    ("milano", "milan"),
    ("roma", "rome"),
    ("firenze", "florence"),
    ("nyc", "new york"),
    ("new york city", "new york"),
    ("caerdydd", "cardiff"),
    ("abertawe", "swansea"),
    ("casnewydd", "newport"),
    ("derry", "londonderry"),
    ("hull", "kingston upon hull"),
    ("newcastle", "newcastle upon tyne"),
    ("cracow", "krakow"),
    ("bombay", "mumbai"),
    ("gurgaon", "gurugram"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_by_halving_is_sorted() {
        for list in [STOP, NOTICES, SERIES, MONTHS] {
            assert!(list.is_sorted());
        }
        assert!(ABBREVIATIONS.is_sorted());
    }
}
