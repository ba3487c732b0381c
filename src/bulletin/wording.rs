//! Facts in British words: dates, times, money, places and people as readers see them, the same in every rendering.
//!
//! A fact that was not stated reads [`NOT_STATED`]; it is never guessed, and unknown cost is never "free" (invariant 2).

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::domain::{Basis, CostFlag, Facts, Mode, Price, Region, When};

/// What stands for a fact that no source stated.
pub const NOT_STATED: &str = "not stated";

/// "10am", "9.45am", "midday", "midnight".
#[must_use]
pub fn time(t: NaiveTime) -> String {
    match (t.hour(), t.minute()) {
        (0, 0) => return "midnight".into(),
        (12, 0) => return "midday".into(),
        _ => {}
    }
    let (pm, hour) = t.hour12();
    let half = if pm { "pm" } else { "am" };
    if t.minute() == 0 { format!("{hour}{half}") } else { format!("{hour}.{:02}{half}", t.minute()) }
}

/// "4 May 2027".
#[must_use]
pub fn date(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// "Tuesday 4 May 2027".
#[must_use]
pub fn long_date(day: NaiveDate) -> String {
    day.format("%A %-d %B %Y").to_string()
}

/// "Tue 4 May", with the year when it is not `now`'s.
#[must_use]
pub fn short_date(day: NaiveDate, now: NaiveDate) -> String {
    let pattern = if day.year() == now.year() { "%a %-d %b" } else { "%a %-d %b %Y" };
    day.format(pattern).to_string()
}

/// A moment as precisely as stated: "Tuesday 4 May 2027, 10am", "Tuesday 4 May 2027", "May 2027".
#[must_use]
pub fn moment(when: &When) -> String {
    match when {
        When::Month { .. } => when.first_day().format("%B %Y").to_string(),
        When::Day(day) => long_date(*day),
        When::Minute(at) => format!("{}, {}{}", long_date(at.date_naive()), time(at.time()), foreign_zone(at)),
    }
}

/// The fact "When" on one line. Several sittings are summarised: "3 sessions, first Friday 26 February 2027, 9.45am".
#[must_use]
pub fn when_line(facts: &Facts) -> String {
    if let [first, _, ..] = facts.sessions.as_slice() {
        return format!("{} sessions, first {}", facts.sessions.len(), moment(&first.start));
    }
    let single = facts.sessions.first();
    let start = facts.start.as_ref().map(|f| f.value).or_else(|| single.map(|s| s.start));
    let end = facts.end.as_ref().map(|f| f.value).or_else(|| single.and_then(|s| s.end));
    match (start, end) {
        (Some(start), Some(end)) => span(&start, &end),
        (Some(start @ When::Month { .. }), None) => format!("{}, day {NOT_STATED}", moment(&start)),
        (Some(start), None) => moment(&start),
        (None, _) if is_mode(facts, Mode::SelfPaced) => "At any time, at your own pace".into(),
        (None, Some(end)) => format!("Until {}, start {NOT_STATED}", moment(&end)),
        (None, None) => NOT_STATED.into(),
    }
}

fn span(start: &When, end: &When) -> String {
    match (start, end) {
        (When::Minute(a), When::Minute(b)) if a >= b => moment(start),
        (When::Minute(a), When::Minute(b)) if same_sitting(a, b) => {
            format!("{}, {} to {}{}", long_date(a.date_naive()), time(a.time()), time(b.time()), foreign_zone(a))
        }
        (When::Minute(a), When::Day(b)) if a.date_naive() == *b => moment(start),
        (When::Day(a), When::Day(b)) => days(*a, *b),
        (When::Month { .. }, When::Month { .. }) if start == end => format!("{}, day {NOT_STATED}", moment(start)),
        _ => format!("{} to {}", moment(start), moment(end)),
    }
}

/// The same day, or a night that ends at midnight.
fn same_sitting(a: &DateTime<Tz>, b: &DateTime<Tz>) -> bool {
    let (from, to) = (a.date_naive(), b.date_naive());
    from == to || (from.succ_opt() == Some(to) && b.time() == NaiveTime::MIN)
}

/// "Tuesday 4 to Thursday 6 May 2027", leaving out what the end repeats.
fn days(a: NaiveDate, b: NaiveDate) -> String {
    if a >= b {
        return long_date(a);
    }
    let from = match (a.year() == b.year(), a.month() == b.month()) {
        (true, true) => a.format("%A %-d"),
        (true, false) => a.format("%A %-d %B"),
        _ => a.format("%A %-d %B %Y"),
    };
    format!("{from} to {}", long_date(b))
}

/// " (Paris time)" when clocks there differ from those in the United Kingdom at that moment.
fn foreign_zone(at: &DateTime<Tz>) -> String {
    let london = Tz::Europe__London.offset_from_utc_datetime(&at.naive_utc()).fix();
    if at.offset().fix() == london {
        return String::new();
    }
    let name = at.timezone().name();
    match name.rsplit_once('/') {
        Some((_, city)) => format!(" ({} time)", city.replace('_', " ")),
        None => format!(" ({name})"),
    }
}

/// "Tue 4 May", "May 2027", "any time" or "date not stated", for lists.
#[must_use]
pub fn when_short(facts: &Facts, now: DateTime<Utc>, zone: Tz) -> String {
    let today = now.with_timezone(&zone).date_naive();
    let start = facts.sessions.first().map(|s| s.start).or_else(|| facts.start.as_ref().map(|f| f.value));
    match start {
        Some(When::Month { .. }) => start.map(|w| moment(&w)).unwrap_or_default(),
        Some(when) => short_date(when.first_day(), today),
        None if is_mode(facts, Mode::SelfPaced) => "any time".into(),
        None => format!("date {NOT_STATED}"),
    }
}

/// "Book or apply by Friday 23 April 2027", `None` when no deadline is stated.
#[must_use]
pub fn deadline_line(facts: &Facts) -> Option<String> {
    facts.deadline.as_ref().map(|f| moment(&f.value))
}

/// The fact "Where": "Leeds (The Mill)", "Online", "Leeds and online".
#[must_use]
pub fn where_line(facts: &Facts) -> String {
    let mode = facts.mode.as_ref().map(|f| f.value);
    let place = place(facts);
    match (mode, place) {
        (Some(Mode::SelfPaced), _) => "Online, at your own pace".into(),
        (Some(Mode::Online), _) => online(region(facts)),
        (Some(Mode::Hybrid), Some(place)) => format!("{place} and online"),
        (Some(Mode::Hybrid), None) => format!("In person and online, place {NOT_STATED}"),
        (_, Some(place)) => place,
        (Some(Mode::InPerson), None) => format!("In person, place {NOT_STATED}"),
        (None, None) => NOT_STATED.into(),
    }
}

/// "Leeds", "Online", "Leeds and online" or "place not stated", for lists.
#[must_use]
pub fn where_short(facts: &Facts) -> String {
    let mode = facts.mode.as_ref().map(|f| f.value);
    let spot = [&facts.town, &facts.venue].into_iter().find_map(|f| f.as_ref().map(|f| f.value.clone()));
    let spot = spot.or_else(|| region(facts).map(|r| r.label().to_owned()));
    match (mode, spot) {
        (Some(Mode::Online | Mode::SelfPaced), _) => "Online".into(),
        (Some(Mode::Hybrid), Some(spot)) => format!("{spot} and online"),
        (Some(Mode::Hybrid), None) => "In person and online".into(),
        (_, Some(spot)) => spot,
        (_, None) => format!("place {NOT_STATED}"),
    }
}

fn place(facts: &Facts) -> Option<String> {
    let text = |f: &Option<crate::domain::Fact<String>>| f.as_ref().map(|f| f.value.trim().to_owned()).filter(|v| !v.is_empty());
    match (text(&facts.town), text(&facts.venue)) {
        (Some(town), Some(venue)) if venue.to_lowercase().contains(&town.to_lowercase()) => Some(venue),
        (Some(town), Some(venue)) => Some(format!("{town} ({venue})")),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => text(&facts.address).or_else(|| text(&facts.postcode)).or_else(|| region(facts).map(|r| r.label().to_owned())),
    }
}

/// A region that says something about place: not "anywhere".
fn region(facts: &Facts) -> Option<Region> {
    facts.region.as_ref().map(|f| f.value).filter(|r| *r != Region::Uk)
}

fn online(region: Option<Region>) -> String {
    match region {
        Some(region) if region != Region::International => format!("Online, for {}", in_the(region)),
        _ => "Online".into(),
    }
}

fn in_the(region: Region) -> String {
    let article = matches!(
        region,
        Region::NorthWest | Region::NorthEast | Region::EastMidlands | Region::WestMidlands | Region::East | Region::SouthEast | Region::SouthWest
    );
    format!("{}{}", if article { "the " } else { "" }, region.label())
}

fn is_mode(facts: &Facts, mode: Mode) -> bool {
    facts.mode.as_ref().is_some_and(|f| f.value == mode)
}

/// The fact "Who": the provider, and whether the organisation knows it.
#[must_use]
pub fn who_line(facts: &Facts, known: bool) -> String {
    match &facts.provider {
        Some(provider) if known => format!("{} (known to us)", provider.value),
        Some(provider) => format!("{} (new to us)", provider.value),
        None => NOT_STATED.into(),
    }
}

/// A price without its conditions: "£25 to £45", "Free", "from £20", "not stated".
#[must_use]
pub fn price(price: Option<&Price>) -> String {
    let Some(price) = price else { return NOT_STATED.into() };
    match (price.min, price.max) {
        _ if price.is_free() => "Free".into(),
        (Some(min), Some(max)) if min == max => max.to_string(),
        (Some(min), Some(max)) if min.minor == 0 => format!("Free for some, otherwise up to {max}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        // One tier is free and what others pay is not stated.
        (Some(min), None) if min.minor == 0 => format!("Free for some, otherwise {NOT_STATED}"),
        (Some(min), None) => format!("from {min}"),
        (None, Some(max)) => format!("up to {max}"),
        (None, None) => NOT_STATED.into(),
    }
}

/// The fact "Cost" with its conditions: "£25 to £45 plus VAT; members pay less".
#[must_use]
pub fn cost_line(facts: &Facts) -> String {
    let has = |flag| facts.cost_flags.iter().any(|f| f.value == flag);
    let mut line = price(facts.price.as_ref().map(|f| &f.value));
    if has(CostFlag::PlusVat) && facts.price.is_some() {
        line.push_str(" plus VAT");
    }
    let notes = [
        (CostFlag::Members, "members’ rates"),
        (CostFlag::Bursary, "bursaries available"),
        (CostFlag::PayWhatYouCan, "pay what you can"),
        (CostFlag::EarlyBird, "early bird rate"),
        (CostFlag::Travel, "help with travel or other costs"),
        (CostFlag::Deposit, "refundable deposit"),
    ];
    for (_, words) in notes.into_iter().filter(|(flag, _)| has(*flag)) {
        line.push_str("; ");
        line.push_str(words);
    }
    line
}

/// The cost for lists: as [`price()`], but "cost not stated" so that it stands alone.
#[must_use]
pub fn cost_short(facts: &Facts) -> String {
    match &facts.price {
        Some(fact) => price(Some(&fact.value)),
        None => format!("cost {NOT_STATED}"),
    }
}

/// Why a reader gets this mail, for the foot of it (UK GDPR art. 13, PECR reg. 22).
#[must_use]
pub fn why_you_get_this(basis: Basis, bulletin: &str, organisation: &str) -> String {
    match basis {
        Basis::Consent => format!("You get this because you asked for {bulletin} from {organisation}."),
        Basis::CharitySoftOptIn => {
            format!("You get this because you have supported or been in touch with {organisation} and did not say no to {bulletin}.")
        }
        Basis::Corporate => format!("You get this at your work address because {organisation} writes to organisations in the sector."),
    }
}

/// A title without the word that says what became of it ("CANCELLED: Label writing"): the status is said beside it.
#[must_use]
pub fn without_status(title: &str) -> &str {
    const WORDS: [&str; 6] = ["cancelled", "canceled", "postponed", "rescheduled", "sold out", "fully booked"];
    let is_status = |head: &str| WORDS.contains(&head.trim_matches(['[', '(', ']', ')', '*', ' ']).to_lowercase().as_str());
    let ends = [": ", " - ", " – ", " — ", "] ", ") "].iter().filter_map(|mark| title.split_once(mark));
    ends.min_by_key(|(head, _)| head.len()).filter(|(head, rest)| is_status(head) && !rest.trim().is_empty()).map_or(title, |(_, rest)| rest.trim())
}

/// The first line of a mail; `name` may be empty.
#[must_use]
pub fn greeting(name: &str) -> String {
    let name = crate::domain::text::single_line(name, 80);
    if name.is_empty() { "Hello,".into() } else { format!("Hello {name},") }
}

/// "1 event", "12 events".
#[must_use]
pub fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

#[cfg(test)]
#[path = "wording_tests.rs"]
mod tests;
