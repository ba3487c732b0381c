//! How long it takes (taxonomy section 9): from sessions and times, and where those are silent from stated spans such as "six days".

use super::computed::{first_session_end, tag};
use super::words::Word;
use crate::domain::{Facet, Facts, Mode, Tag, When};

/// What a text says of length.
#[derive(Debug, Clone, PartialEq)]
struct Stated {
    length: Length,
    words: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Length {
    Minutes(u32),
    OneDay,
    /// So many days, evenings or sessions.
    Sittings(u32),
    /// Months, terms, or again and again.
    Months,
}

/// The duration of an event. `is_programme`: a cohort over weeks or months by its nature. `is_meeting`: a standing meeting, of
/// which "monthly" says how often, not how long.
#[must_use]
pub fn duration(facts: &Facts, words: &[Word], is_programme: bool, is_meeting: bool) -> Tag {
    let (term, reason) = self_paced(facts)
        .or_else(|| listed_sessions(facts))
        .or_else(|| stated_series(words, is_meeting))
        .or_else(|| start_to_end(facts))
        .or_else(|| stated_sitting(words))
        .or_else(|| is_programme.then(|| ("long", "a programme for a cohort".to_owned())))
        .unwrap_or(("unk", "neither the end nor the length is stated".to_owned()));
    tag(Facet::Duration, term, 0.8, reason)
}

type Found = (&'static str, String);

fn self_paced(facts: &Facts) -> Option<Found> {
    let mode = facts.mode.as_ref().filter(|m| m.value == Mode::SelfPaced)?;
    Some(("self", format!("at one's own pace: “{}”", mode.evidence.words)))
}

fn listed_sessions(facts: &Facts) -> Option<Found> {
    let count = facts.sessions.len();
    (count > 1).then(|| (if count > 5 { "long" } else { "multi" }, format!("{count} sessions are listed")))
}

fn stated_series(words: &[Word], is_meeting: bool) -> Option<Found> {
    let found = stated(words, |length| match length {
        Length::Sittings(n) => n > 1,
        Length::Months => !is_meeting,
        _ => false,
    })?;
    let term = if matches!(found.length, Length::Sittings(n) if n <= 5) { "multi" } else { "long" };
    Some((term, format!("“{}”", found.words)))
}

fn start_to_end(facts: &Facts) -> Option<Found> {
    let (start, end) = (facts.start.as_ref()?.value, first_session_end(facts)?);
    let (first, last) = (start.day()?, end.day()?);
    let days = (last - first).num_days();
    if days > 0 {
        return Some((if days > 31 { "long" } else { "multi" }, format!("from {first} to {last}")));
    }
    let (When::Minute(from), When::Minute(until)) = (start, end) else { return None };
    let minutes = u32::try_from((until - from).num_minutes()).ok().filter(|m| *m > 0)?;
    Some((by_minutes(minutes), format!("from {} to {}", from.format("%H:%M"), until.format("%H:%M"))))
}

fn stated_sitting(words: &[Word]) -> Option<Found> {
    let found = stated(words, |length| matches!(length, Length::Minutes(_) | Length::OneDay))?;
    let term = match found.length {
        Length::Minutes(m) => by_minutes(m),
        _ => "day",
    };
    Some((term, format!("“{}”", found.words)))
}

const fn by_minutes(minutes: u32) -> &'static str {
    match minutes {
        0..=119 => "short",
        120..=240 => "half",
        _ => "day",
    }
}

/// The first stated length that is of the wanted sort.
fn stated(words: &[Word], wanted: impl Fn(Length) -> bool) -> Option<Stated> {
    (0..words.len()).find_map(|at| {
        let (length, used) = length_at(words, at)?;
        wanted(length).then(|| Stated { length, words: words[at..at + used].iter().map(|w| w.exact.as_str()).collect::<Vec<_>>().join(" ") })
    })
}

/// A length that begins at this word, and how many words it takes.
fn length_at(words: &[Word], at: usize) -> Option<(Length, usize)> {
    let exact = |i: usize| words.get(at + i).filter(|w| w.sentence == words[at].sentence).map_or("", |w| w.exact.as_str());
    match (exact(0), exact(1), exact(2)) {
        ("half", "a", "day") => return Some((Length::Minutes(180), 3)),
        ("half", "day", _) => return Some((Length::Minutes(180), 2)),
        ("all" | "full" | "whole" | "one" | "a", "day", next) if next != "a" && next != "s" => return Some((Length::OneDay, 2)),
        ("monthly" | "fortnightly" | "weekly" | "termly", ..) => return Some((Length::Months, 1)),
        ("once" | "every", "every" | "a" | "month" | "week" | "term" | "fortnight" | "half", _) => return Some((Length::Months, 2)),
        ("over" | "for", "a", "year" | "term") => return Some((Length::Months, 3)),
        ("a" | "training" | "residential", "weekend" | "fortnight", _) => return Some((Length::Sittings(2), 2)),
        _ => {}
    }
    counted_length(words, at)
}

/// "90 minutes", "three short evenings", "over six months".
fn counted_length(words: &[Word], at: usize) -> Option<(Length, usize)> {
    let count = words[at].number?;
    if let Some(unit) = words[at].folded.strip_prefix('#').filter(|unit| !unit.is_empty()) {
        return unit_length(count, unit).map(|l| (l, 1));
    }
    if !counts_lengths(words, at) || !(1..=60).contains(&count) && count != 90 && count != 75 {
        return None;
    }
    let same = |i: usize| words.get(at + i).filter(|w| w.sentence == words[at].sentence);
    let ago = |i: usize| same(i).is_some_and(|w| matches!(w.exact.as_str(), "ago" | "notice" | "later" | "on" | "old"));
    (1..=2).find_map(|i| {
        let length = unit_length(count, &same(i)?.exact)?;
        (!ago(i + 1)).then_some((length, i + 1))
    })
}

/// Whether the number here can count days or hours: not the end of a range ("10-4"), not "the last three years".
fn counts_lengths(words: &[Word], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|i| &words[i]).filter(|w| w.sentence == words[at].sentence) else { return true };
    let of_something_else = matches!(before.exact.as_str(), "last" | "past" | "within" | "valid" | "first" | "next" | "under" | "least");
    !of_something_else && before.number.is_none()
}

fn unit_length(count: u32, unit: &str) -> Option<Length> {
    Some(match unit {
        "minute" | "minutes" | "min" | "mins" => Length::Minutes(count),
        "hour" | "hours" | "hr" | "hrs" | "h" => Length::Minutes(count.saturating_mul(60)),
        "day" | "days" if count == 1 => Length::OneDay,
        "day" | "days" | "evenings" | "mornings" | "afternoons" | "sessions" | "workshops" | "modules" | "part" | "twilights" | "meetings"
        | "webinars" | "saturdays" | "seminars" | "parts" | "meet" | "meetups" => Length::Sittings(count),
        "weeks" | "week" if count <= 4 => Length::Sittings(count.max(2)),
        "weeks" | "week" | "months" | "month" | "terms" => Length::Months,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Fact, Origin};
    use crate::tag::words::split;
    use chrono_tz::Europe::London;

    fn check(start: &str, end: &str, text: &str, expected: &str) {
        let when = |s: &str| When::parse(s, London).ok().map(|w| Fact::new(w, Origin::Prose, s, 1.0));
        let facts = Facts { start: when(start), end: when(end), ..Facts::default() };
        let found = duration(&facts, &split(text), false, false);
        assert_eq!(found.term, expected, "{start} {end} {text}: {}", found.reason);
        assert!(!found.reason.is_empty());
    }

    #[test]
    fn times_decide_when_they_are_stated() {
        check("2027-03-01T10:00", "2027-03-01T11:59", "", "short");
        check("2027-03-01T10:00", "2027-03-01T12:00", "", "half");
        check("2027-03-01T10:00", "2027-03-01T14:00", "", "half");
        check("2027-03-01T10:00", "2027-03-01T14:01", "", "day");
        check("2027-03-01", "2027-03-03", "", "multi");
        check("2027-03-01", "2027-05-03", "", "long");
        check("2027-03-01T10:00", "", "", "unk");
    }

    #[test]
    fn spans_are_read_from_words() {
        for (text, expected) in [
            ("Two hours with a lawyer", "half"),
            ("a 45 min talk", "short"),
            ("90min", "short"),
            ("One day for producers", "day"),
            ("half a day", "half"),
            ("three short evenings", "multi"),
            ("six days over two terms", "long"),
            ("over nine months", "long"),
            ("we meet monthly", "long"),
            ("five online meet-ups", "multi"),
            ("a training weekend", "multi"),
            ("10-4 Anytown Workshops", "unk"),
            ("certificate valid three years", "unk"),
            ("5 days ago", "unk"),
            ("nothing said", "unk"),
        ] {
            check("", "", text, expected);
        }
    }

    #[test]
    fn a_standing_meeting_is_as_long_as_one_of_it() {
        assert_eq!(duration(&Facts::default(), &split("monthly, 2 hours"), false, true).term, "half");
        assert_eq!(duration(&Facts::default(), &split("apply now"), true, false).term, "long");
    }
}
