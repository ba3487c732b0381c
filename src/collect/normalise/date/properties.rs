//! What holds of every date phrase: printed ranges read back, an end never stands before its start, no time is invented, no text is too long.

use chrono::{NaiveDate, TimeDelta, TimeZone, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::When;

fn seen() -> Reading {
    Reading::british(Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).single().unwrap())
}

fn chosen(text: &str) -> Option<Chosen> {
    choose(text, &read(text, &seen()), &seen())
}

/// A day from a week before `seen` to two years after.
fn day() -> impl Strategy<Value = NaiveDate> {
    (0i64..700).prop_map(|n| NaiveDate::from_ymd_opt(2026, 11, 22).unwrap() + TimeDelta::days(n))
}

/// Words that dates, times and their neighbours are made of.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "5",
        "12",
        "31",
        "2027",
        "May",
        "January",
        "Tue",
        "Wednesdays",
        "-",
        "to",
        ",",
        "10.30",
        "6pm",
        "10am",
        "for",
        "/",
        "and",
        "noon",
        "six",
        "weeks",
        "weekly",
        "from",
        "until",
        "till",
        "late",
        "first",
        "third",
        "of",
        "the",
        "month",
        "(",
        ")",
        "half",
        "nine",
        "1830",
        "on",
        "10h",
        "12h",
        "th",
        "ends",
        "doors",
        "by",
        "book",
        "TBC",
        "or",
        "repeated",
        "tomorrow",
        "next",
        "week",
        ".",
        "\n",
        ";",
        "session",
        "Day",
        "two",
        "1½",
        "hours",
        "30",
        "minutes",
        "0000",
        "24:00",
    ])
}

proptest! {
    #[test]
    fn a_printed_range_of_days_reads_back(from in day(), more in 1i64..80) {
        let to = from + TimeDelta::days(more);
        let styles = [
            ("%-d %B %Y", " - "), ("%-d %b %Y", "–"), ("%a %-d %b %Y", " to "), ("%A %-d %B %Y", " until "), ("%d/%m/%Y", " - "), ("%-d.%-m.%y", " – "), ("%a, %-d %B %Y", " – "),
        ];
        for (style, dash) in styles {
            let text = format!("{}{dash}{}", from.format(style), to.format(style));
            let read = chosen(&text).unwrap();
            prop_assert_eq!((read.start, read.end), (When::Day(from), Some(When::Day(to))), "{}", text);
        }
    }

    #[test]
    fn a_printed_sitting_reads_back(on in day(), start in 0u32..96, quarters in 1u32..24) {
        let from = on.and_hms_opt(start / 4, start % 4 * 15, 0).unwrap();
        let to = from + TimeDelta::minutes(i64::from(quarters) * 15);
        prop_assume!(to.date() == on);
        let zone = seen().zone;
        for (style, clock, dash) in [
            ("%A %-d %B %Y", "%H:%M", "-"), ("%a %-d %b %Y", "%-I.%M%P", " - "), ("%-d %B %Y", "%-I:%M %p", " to "), ("%d/%m/%Y", "%H.%M", "–"), ("%a %d %b %y", "%H%Mhrs", "-"),
        ] {
            let text = format!("{}, {}{dash}{}", on.format(style), from.format(clock), to.format(clock));
            let read = chosen(&text).unwrap();
            prop_assert_eq!((read.start, read.end), (When::at(from, zone), Some(When::at(to, zone))), "{}", text);
        }
    }

    #[test]
    fn an_end_never_stands_before_its_start_and_sittings_are_in_order(words in prop::collection::vec(word(), 0..40), glue in any::<bool>()) {
        let text = words.join(if glue { "" } else { " " });
        let zone = seen().zone;
        for mention in read(&text, &seen()) {
            prop_assert!(mention.end.is_none_or(|end| end.latest(zone) >= mention.start.earliest(zone)), "{} {:?}", text, mention);
        }
        if let Some(read) = chosen(&text) {
            prop_assert!(read.end.is_none_or(|end| end.latest(zone) >= read.start.earliest(zone)), "{} {:?}", text, read);
            prop_assert!(text.get(read.span.clone()).is_some());
        }
    }

    #[test]
    fn a_run_of_sittings_has_as_many_as_are_stated(on in day(), count in 2usize..13) {
        let text = format!("{count} {}s from {}", on.format("%A"), on.format("%-d %B %Y"));
        let read = chosen(&text).unwrap();
        prop_assert_eq!(read.sessions.len(), count, "{}", text);
        prop_assert_eq!(read.end, Some(When::Day(on + TimeDelta::days(7 * (i64::try_from(count).unwrap() - 1)))));
    }

    #[test]
    fn without_a_figure_of_a_clock_no_time_is_read(on in day(), words in prop::collection::vec("[a-z]{3,9}", 0..12)) {
        let said = ["noon", "midday", "midnight", "clock", "half", "late", "till", "until"];
        prop_assume!(!words.iter().any(|w| said.contains(&w.as_str())));
        let text = format!("{} {} {}", words.join(" "), on.format("%A %-d %B %Y"), words.join(" "));
        prop_assert!(read(&text, &seen()).iter().all(|m| m.start.time().is_none() && m.end.is_none_or(|e| e.time().is_none())), "{}", text);
    }
}

#[test]
fn a_long_text_of_one_phrase_is_read() {
    for phrase in [
        "5 ",
        "Tue 12 - ",
        "6 Wednesdays from 13 Jan ",
        "10am-12pm & ",
        "first and third ",
        "12/1, ",
        "(",
        "weekly for six weeks from ",
        "half nine ",
        "5 May 2027, 10-4. ",
    ] {
        let text = phrase.repeat(250_000 / phrase.len());
        let mentions = read(&text, &seen());
        let _ = choose(&text, &mentions, &seen());
        assert!(mentions.len() <= text.len());
    }
}

#[test]
fn signs_of_other_scripts_capitals_and_long_runs_of_digits_do_no_harm() {
    for (text, expected) in [
        ("\u{202e}7202 yaM 4\u{202c}", None),
        ("TUESDAY 4TH MAY 2027, 10AM", Some("2027-05-04T10:00:00+01:00")),
        ("\u{200f}4 May 2027\u{200f}", Some("2027-05-04")),
        ("4 May 2027 🎭 7pm", Some("2027-05-04T19:00:00+01:00")),
        ("4 &amp;nbsp; May 2027", None),
        ("12345678901234567890", None),
    ] {
        let start = chosen(text).map(|c| c.start).filter(|s| s.day().is_some()).map(|s| s.to_string());
        assert_eq!(start.as_deref(), expected, "{text}");
    }
}
