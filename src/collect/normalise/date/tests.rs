//! What phrases of listings mean, seen on 21 November 2026.

use chrono::{TimeZone, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::When;

fn seen() -> Reading {
    Reading::british(Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).single().unwrap())
}

/// `start` or `start/end`, without seconds and offset; `-` when no event is dated.
fn check(text: &str, expected: &str) {
    let reading = seen();
    let short = |w: When| w.to_string().replace(":00+00:00", "").replace(":00+01:00", "");
    let got = choose(text, &read(text, &reading), &reading)
        .map_or_else(|| "-".to_owned(), |c| c.end.map_or_else(|| short(c.start), |e| format!("{}/{}", short(c.start), short(e))));
    assert_eq!(got, expected, "{text}");
}

#[test]
fn one_sitting() {
    check("Tues 4 May, 5.30-7pm", "2027-05-04T17:30/2027-05-04T19:00");
    check("Tuesday 4th May 2027 10am-1pm, Leeds", "2027-05-04T10:00/2027-05-04T13:00");
    check("Thursday 5 May 2027, 10-11.30", "2027-05-05T10:00/2027-05-05T11:30");
    check("May 5, 2027", "2027-05-05");
    check("Monday, June 7th at 6:30 p.m.", "2027-06-07T18:30");
    check("Monday 7 June 2027 at noon", "2027-06-07T12:00");
    check("Wed 20 Jan | 13.00–16.30", "2027-01-20T13:00/2027-01-20T16:30");
    check("20 January 2027, 1900-2100", "2027-01-20T19:00/2027-01-20T21:00");
    check("the 22nd February", "2027-02-22");
    check("2027-05-04T10:00:00+01:00", "2027-05-04T10:00");
    check("04/05/2027 14:00", "2027-05-04T14:00");
    check("Thurs 18/3, all day", "2027-03-18");
    check("10.15 for 10.30 start, Tuesday 9 February, finish by 4pm", "2027-02-09T10:30/2027-02-09T16:00");
    check("7th Jan at 10 (two hrs)", "2027-01-07T10:00/2027-01-07T12:00");
    check("18 Mar 2027 14.00 GMT, 90 min", "2027-03-18T14:00/2027-03-18T15:30");
    check("Date: 12 May 2027\nTime: 9.30am - 4pm\nVenue: Leeds", "2027-05-12T09:30/2027-05-12T16:00");
    check("When: Sat 13 Mar 2027, from 11am", "2027-03-13T11:00");
    check("12\nJan\n2027\n10:00 am", "2027-01-12T10:00");
    check("JAN\n12\n2027", "2027-01-12");
    check("from 10am to 12 noon on Monday 1 March 2027", "2027-03-01T10:00/2027-03-01T12:00");
    check("10am – 4pm Tuesday 9 February 2027", "2027-02-09T10:00/2027-02-09T16:00");
}

#[test]
fn several_sittings() {
    check("16/17 May 2027", "2027-05-16/2027-05-17");
    check("13–14 May 2027", "2027-05-13/2027-05-14");
    check("29 April - 2 May", "2027-04-29/2027-05-02");
    check("Three Fridays 9.45-12: 26 Feb, 5 Mar, 12 Mar", "2027-02-26T09:45/2027-03-12T12:00");
    check("1, 8 and 15 June, 6–7.15pm", "2027-06-01T18:00/2027-06-15T19:15");
    check("Sat 8–Sun 9 May. Sat 10–6, Sun 10–4", "2027-05-08T10:00/2027-05-09T16:00");
    check("30 December - 2 January", "2026-12-30/2027-01-02");
    check("Wed 20th - Fri 22nd Jan 2027, 9am-5pm each day", "2027-01-20T09:00/2027-01-22T17:00");
    check("6–8 Apr, 9-5", "2027-04-06T09:00/2027-04-08T17:00");
    check("10 May 2027 5pm - 12 May 2027 7pm", "2027-05-10T17:00/2027-05-12T19:00");
    check("Two sessions: Tuesday 4 May, 10am-12pm and Tuesday 11 May, 2pm-4pm", "2027-05-04T10:00/2027-05-11T16:00");
    check("Wednesday 3 March 1-4.30pm Leeds; repeated online Wednesday 10 March same time", "2027-03-03T13:00/2027-03-03T16:30");
    check("Monthly, 6–7.30pm, from 13 January until July", "2027-01-13T18:00");
    check("Tuesday 4 May or Thursday 6 May, 2-4pm", "2027-05-04T14:00/2027-05-04T16:00");
}

#[test]
fn what_was_not_stated_is_not_invented() {
    check("starts end of January", "2027-01");
    check("Starts February 2027", "2027-02");
    check("Marketing may march on; we sat in the sun, mon ami", "-");
    check("any week in March 2027", "-");
    check("Dates by arrangement between January and July 2027", "-");
    check("Open 24/7, 10 places, ages 11-16, 5 to 25 quid", "-");
}

#[test]
fn a_deadline_or_a_door_is_not_the_start() {
    check("Deadline 11 December", "-");
    check("Apply by 5pm Friday 29 January. Course on 9 March, 10-4", "2027-03-09T10:00/2027-03-09T16:00");
    check("Closes 18 December. The day is Tuesday 2 March 2027", "2027-03-02");
    check("13–14 May 2027. Doors 9.15, first paper 10:00 both days; closes 16:45.", "2027-05-13T10:00/2027-05-14T16:45");
    check("Posted on 3 November 2026. Workshop 4 March 2027", "2027-03-04");
    check("Bookings close 1 May. Monday 10 May 2027", "2027-05-10");
    check("Early bird (to 31 March) £240. 16 to 18 June 2027", "2027-06-16/2027-06-18");
    check("Before the 31 January deadline! Thursday 7 January 10–12", "2027-01-07T10:00/2027-01-07T12:00");
    check("Moved from 5 May 2027 to 12 May 2027", "2027-05-12");
    check("Book today for Tuesday 4 May 2027", "2027-05-04");
    check("Registration opens 9am, Tuesday 4 May 2027, sessions 10am to 4pm", "2027-05-04T10:00/2027-05-04T16:00");
}

#[test]
fn a_deadline_is_found_with_its_role() {
    let text = "Tuesday 4 May 2027, 2-4pm. Apply by 5pm on Friday 9 April.";
    let roles: Vec<_> = read(text, &seen()).iter().map(|m| (m.role, m.start.to_string())).collect();
    assert_eq!(roles, [(Role::Event, "2027-05-04T14:00:00+01:00".to_owned()), (Role::Deadline, "2027-04-09T17:00:00+01:00".to_owned())]);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}") {
        let _ = (spans(&text), read(&text, &seen()));
    }

    #[test]
    fn any_mixture_of_date_words_is_read_the_same_twice(words in proptest::collection::vec(prop_oneof![
        Just("5"), Just("31"), Just("2027"), Just("May"), Just("Fri"), Just("-"), Just("to"), Just(","), Just("10.30"), Just("pm"), Just("/"), Just("and"), Just("noon"), Just(":"),
        Just("T"), Just("th"), Just("1900"), Just("'27"), Just("by"), Just("\n"), Just("£"), Just("next"), Just("24"), Just("+01:00"),
    ], 0..40), glue in any::<bool>()) {
        let text = words.join(if glue { "" } else { " " });
        prop_assert_eq!(read(&text, &seen()), read(&text, &seen()));
        for span in spans(&text) {
            prop_assert!(text.get(span).is_some());
        }
    }

    #[test]
    fn a_printed_date_reads_back(days in 0i64..3000, hour in 0u32..24, minute in 0u32..60) {
        let day = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::TimeDelta::days(days);
        for pattern in ["%Y-%m-%d", "%-d %B %Y", "%a %-d %b %Y", "%B %-d, %Y", "%d/%m/%Y"] {
            let text = day.format(pattern).to_string();
            prop_assert_eq!(read(&text, &seen())[0].start, When::Day(day), "{}", text);
        }
        let at = day.and_hms_opt(hour, minute, 0).unwrap();
        for pattern in ["%Y-%m-%dT%H:%M", "%A %-d %B %Y, %H:%M", "%-d %b %Y at %-I.%M%P", "%H:%M, %-d %B %Y"] {
            let text = at.format(pattern).to_string();
            prop_assert_eq!(read(&text, &seen())[0].start, When::at(at, seen().zone), "{}", text);
        }
    }
}

proptest! {
    #[test]
    fn the_end_never_stands_before_the_start(first in 0i64..900, more in 0i64..60, hour in 7u32..18, length in 1u32..5, with_time in any::<bool>()) {
        let from = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap() + chrono::TimeDelta::days(first);
        let to = from + chrono::TimeDelta::days(more + 1);
        let times = if with_time { format!(", {hour}.00-{}.00", hour + length) } else { String::new() };
        for text in [format!("{} - {}{times}", from.format("%-d %B"), to.format("%-d %B")), format!("{} to {}{times}", from.format("%a %-d %b %Y"), to.format("%a %-d %b %Y"))] {
            let chosen = choose(&text, &read(&text, &seen()), &seen()).unwrap();
            let end = chosen.end.unwrap();
            prop_assert!(chosen.start.earliest(seen().zone) < end.latest(seen().zone), "{}", text);
            prop_assert_eq!(chosen.start.time().is_some(), with_time, "{}", text);
        }
    }

    #[test]
    fn a_missing_year_never_goes_back_as_days_pass(month in 1u32..13, day in 1u32..29, today in 0i64..800, later in 0i64..400) {
        let at = |days: i64| Reading::british(seen().now + chrono::TimeDelta::days(days));
        let text = format!("{day} {}", chrono::NaiveDate::from_ymd_opt(2027, month, day).unwrap().format("%B"));
        let start = |reading: &Reading| read(&text, reading)[0].start.day().unwrap();
        prop_assert!(start(&at(today)) <= start(&at(today + later)));
        prop_assert!(start(&at(today)) >= at(today).now.date_naive());
    }

    #[test]
    fn a_stated_time_is_the_time_on_the_wall_on_every_day(days in 0i64..1000, hour in 3u32..24, minute in 0u32..60) {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(days);
        let text = format!("{}, {hour:02}:{minute:02}", day.format("%A %-d %B %Y"));
        let start = read(&text, &seen())[0].start;
        prop_assert_eq!((start.day(), start.time()), (Some(day), chrono::NaiveTime::from_hms_opt(hour, minute, 0)));
    }

    #[test]
    fn a_time_is_there_only_where_one_is_written(day in 1u32..29, month in prop_oneof![Just("January"), Just("May"), Just("Oct")], tail in "[a-z ,.()]{0,30}") {
        let text = format!("{day} {month} 2027 {tail}");
        let spoken = ["noon", "midday", "midnight", "past", "clock", "pm", "am", "p.m", "a.m"];
        prop_assume!(!spoken.iter().any(|s| text.contains(s)));
        prop_assert!(read(&text, &seen()).iter().all(|m| m.start.time().is_none()), "{}", text);
    }
}
