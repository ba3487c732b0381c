//! Dates of structured data: ISO 8601 as it should be, and as sites print it.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset};
use chrono_tz::Tz;

use crate::domain::{Fact, Origin, When};

/// An end more days than this after its start is a slip of the editor (2067 was seen).
const ABSURD_DAYS: i64 = 3 * 365;

/// Start and end. Midnight to midnight are days; an end before its start, or years after it, is left out. `None` when the start cannot be read.
pub fn span(start: &str, end: Option<&str>, zone: Tz) -> Option<(Fact<When>, Option<Fact<When>>)> {
    let first = read(start, zone)?;
    let last = end.and_then(|e| read(e, zone));
    let midnight = |w: &When| w.time() == Some(NaiveTime::MIN);
    let late = |w: &When| w.time().is_some_and(|t| t.to_string().starts_with("23:59"));
    let days = midnight(&first) && last.as_ref().is_none_or(|l| midnight(l) || late(l) || l.time().is_none());
    let (first, last) = if days { (day(first), last.map(day)) } else { (first, last) };
    let last = last.filter(|l| match (l.time(), first.time()) {
        (Some(_), Some(_)) => l.earliest(zone) > first.earliest(zone),
        // A bare end date on the start's own day says nothing more.
        _ => l.first_day() > first.first_day(),
    });
    let last = last.filter(|l| (l.first_day() - first.first_day()).num_days() <= ABSURD_DAYS);
    let fact = |when, words: &str| Fact::new(when, Origin::Structured, words, confidence(words, zone));
    Some((fact(first, start), last.map(|l| fact(l, end.unwrap_or_default()))))
}

fn day(when: When) -> When {
    when.day().map_or(when, When::Day)
}

/// A time in UTC written `+00:00` where the zone is not at UTC then was probably meant as civil time.
fn confidence(words: &str, zone: Tz) -> f32 {
    if is_suspect_utc(words, zone) { 0.6 } else { 1.0 }
}

fn is_suspect_utc(words: &str, zone: Tz) -> bool {
    let utc = words.trim_end().ends_with("+00:00") || words.trim_end().ends_with("+0000");
    let british = matches!(
        zone,
        Tz::Europe__London | Tz::Europe__Dublin | Tz::Europe__Belfast | Tz::Europe__Jersey | Tz::Europe__Guernsey | Tz::Europe__Isle_of_Man
    );
    utc && british && with_offset(words.trim()).is_some_and(|at| at.with_timezone(&zone).offset().fix().local_minus_utc() != 0)
}

/// One moment: with offset (`+01:00`, `+0100`, `Z`), civil, or a day. Words after it (`JST`) are passed over.
pub fn read(words: &str, zone: Tz) -> Option<When> {
    let s = words.trim();
    if let Some(at) = with_offset(s) {
        if is_suspect_utc(s, zone) {
            return Some(When::at(at.naive_utc(), zone));
        }
        return Some(When::Minute(at.with_timezone(&zone_of(at, zone, s))));
    }
    if let Some(local) = civil(s) {
        return Some(When::at(local, zone));
    }
    if let Some(day) = ["%Y-%m-%d", "%Y%m%d", "%Y-%j"].iter().find_map(|p| NaiveDate::parse_from_str(s, p).ok()) {
        return Some(When::Day(day));
    }
    // "2027-05-04t10:00z", "2027-05-04T10:00[Europe/London]".
    let upper = s.to_ascii_uppercase();
    if upper != s && s.starts_with(|c: char| c.is_ascii_digit()) && s.len() < 60 {
        let plain = upper.split('[').next().unwrap_or_default();
        if plain != s {
            return read(plain, zone);
        }
    }
    let (head, rest) = s.split_once(' ')?;
    // "2027-05-04T10:00:00 JST", but not "2027-05-04 half past ten".
    (head.contains('T') && rest.len() <= 5).then(|| read(head, zone))?
}

fn with_offset(s: &str) -> Option<DateTime<FixedOffset>> {
    let patterns = [
        "%Y-%m-%dT%H:%M:%S%.f%#z",
        "%Y-%m-%dT%H:%M%#z",
        "%Y-%m-%d %H:%M:%S%.f%#z",
        "%Y-%m-%d %H:%M:%S %#z",
        "%Y-%m-%d %H:%M%#z",
        "%Y%m%dT%H%M%S%#z",
        "%Y%m%dT%H%M%#z",
    ];
    DateTime::parse_from_rfc3339(s)
        .ok()
        .or_else(|| patterns.iter().find_map(|p| DateTime::parse_from_str(s, p).ok()))
        .or_else(|| DateTime::parse_from_rfc2822(s).ok())
}

fn civil(s: &str) -> Option<NaiveDateTime> {
    let patterns = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y%m%dT%H%M%S",
        "%Y%m%dT%H%M",
        "%Y-%m-%dT%I:%M%p",
        "%Y-%m-%d %I:%M %p",
        "%Y-%m-%d %I:%M%p",
    ];
    patterns.iter().find_map(|p| NaiveDateTime::parse_from_str(s, p).ok())
}

/// The reader's zone when its offset fits or the time is in UTC; else a fixed zone of that offset.
fn zone_of(at: DateTime<FixedOffset>, zone: Tz, words: &str) -> Tz {
    let east = at.offset().local_minus_utc();
    if east == at.with_timezone(&zone).offset().fix().local_minus_utc() || words.ends_with('Z') || east == 0 {
        return zone;
    }
    let hours = east / 3600;
    let name = format!("Etc/GMT{}{}", if hours > 0 { '-' } else { '+' }, hours.abs());
    if east % 3600 == 0 { name.parse().unwrap_or(zone) } else { zone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::London;

    #[test]
    fn moments_are_read_as_printed() {
        for (words, expected) in [
            ("2027-05-04T10:00:00+0100", "2027-05-04T10:00:00+01:00"),
            ("2027-05-04T09:00:00Z", "2027-05-04T10:00:00+01:00"),
            ("2027-05-04T09:00:00.000Z", "2027-05-04T10:00:00+01:00"),
            ("2027-05-04T10:00", "2027-05-04T10:00:00+01:00"),
            ("2027-05-04 10:00:00", "2027-05-04T10:00:00+01:00"),
            ("2027-05-04", "2027-05-04"),
            ("2027-05-04T10:00:00-05:00", "2027-05-04T10:00:00-05:00"),
            ("2027-05-04T10:00:00 JST", "2027-05-04T10:00:00+01:00"),
            ("2027-05-04t09:00z", "2027-05-04T10:00:00+01:00"),
            ("2027-05-04T10:00:00[Europe/London]", "2027-05-04T10:00:00+01:00"),
            ("2027-05-04T10:00+01", "2027-05-04T10:00:00+01:00"),
            ("2027-124", "2027-05-04"),
            // A site left on UTC prints its civil time with +00:00 all summer.
            ("2027-05-04T10:00:00+00:00", "2027-05-04T10:00:00+01:00"),
            ("2027-01-04T10:00:00+00:00", "2027-01-04T10:00:00+00:00"),
        ] {
            assert_eq!(read(words, London).map(|w| w.to_string()).as_deref(), Some(expected), "{words}");
        }
        for words in ["", "soon", "4 May 2027", "2027-13-04", "0000-00-00"] {
            assert_eq!(read(words, London), None, "{words}");
        }
    }

    #[test]
    fn midnights_are_days_and_an_end_before_the_start_is_dropped() {
        let show = |s, e| span(s, e, London).map(|(a, b)| format!("{}..{}", a.value, b.map(|b| b.value.to_string()).unwrap_or_default())).unwrap();
        assert_eq!(show("2027-05-04T00:00:00", Some("2027-05-05T23:59:59")), "2027-05-04..2027-05-05");
        assert_eq!(show("2027-05-04T00:00:00+01:00", None), "2027-05-04..");
        assert_eq!(show("2027-05-04T10:00", Some("2067-05-04T12:00")), "2027-05-04T10:00:00+01:00..");
        assert_eq!(show("2027-05-04T10:00", Some("2027-05-03")), "2027-05-04T10:00:00+01:00..");
        assert_eq!(show("2027-05-04T10:00", Some("2027-05-04T12:00")), "2027-05-04T10:00:00+01:00..2027-05-04T12:00:00+01:00");
    }
}
