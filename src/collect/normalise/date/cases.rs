//! Date phrases in the voices of many kinds of listing, as seen on Saturday 21 November 2026. All are our own wording.

use chrono::{TimeZone, Utc};

use super::*;
use crate::domain::When;

fn seen() -> Reading {
    Reading::british(Utc.with_ymd_and_hms(2026, 11, 21, 9, 0, 0).single().unwrap())
}

fn short(when: When) -> String {
    when.to_string().replace(":00+00:00", "").replace(":00+01:00", "")
}

fn choice(text: &str) -> Option<Chosen> {
    choose(text, &read(text, &seen()), &seen())
}

/// Checks every `text => start[/end]`; `-` is "not stated". All failures are shown at once.
pub(super) fn check(cases: &[(&str, &str)]) {
    let got = |text: &str| {
        choice(text).map_or_else(|| "-".to_owned(), |c| c.end.map_or_else(|| short(c.start), |e| format!("{}/{}", short(c.start), short(e))))
    };
    let wrong: Vec<_> = cases.iter().map(|(text, expected)| (text, expected, got(text))).filter(|(_, expected, got)| got != *expected).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn days_are_written_in_many_ways() {
    check(&[
        ("Fri 5 Mar 2027", "2027-03-05"),
        ("Friday, 5th March 2027", "2027-03-05"),
        ("On the 5th of March", "2027-03-05"),
        ("5.3.27", "2027-03-05"),
        ("05-03-2027", "2027-03-05"),
        ("5/3/27 in Truro", "2027-03-05"),
        ("FRIDAY 5 MARCH", "2027-03-05"),
        ("Date: 05 Mar 27", "2027-03-05"),
        ("Date – 4 May 27, Leeds", "2027-05-04"),
        ("Thu 10 Dec", "2026-12-10"),
        ("Save the date: Thursday 10 December!", "2026-12-10"),
        ("Sat. 6 Feb. 2027", "2027-02-06"),
        ("Mar 5th, 2027", "2027-03-05"),
        ("2027 March 5", "2027-03-05"),
        ("5-Mar-2027", "2027-03-05"),
        ("2027-03-05", "2027-03-05"),
        ("Weds 3rd Feb '27", "2027-02-03"),
        ("Training day: Tuesday (9 February)", "2027-02-09"),
        ("Mon 30/11", "2026-11-30"),
        ("on 12/1 in Hull", "2027-01-12"),
        ("31 August 2027", "2027-08-31"),
        ("29 February 2028", "2028-02-29"),
        ("the 1st of June", "2027-06-01"),
        ("Next running: 22 September 2027", "2027-09-22"),
    ]);
}

#[test]
fn times_take_the_half_of_the_day_from_each_other_and_from_words() {
    check(&[
        ("Tues 4 May 10-11.30", "2027-05-04T10:00/2027-05-04T11:30"),
        ("Tues 4 May, 10-11.30am", "2027-05-04T10:00/2027-05-04T11:30"),
        ("Tues 4 May, 11.30-1", "2027-05-04T11:30/2027-05-04T13:00"),
        ("Tues 4 May, 1–3", "2027-05-04T13:00/2027-05-04T15:00"),
        ("Tues 4 May 6-8", "2027-05-04T18:00/2027-05-04T20:00"),
        ("Tues 4 May, 9.30 - 12.30", "2027-05-04T09:30/2027-05-04T12:30"),
        ("Tues 4 May: 9am to 5", "2027-05-04T09:00/2027-05-04T17:00"),
        ("Tues 4 May, 4 to 5.30pm", "2027-05-04T16:00/2027-05-04T17:30"),
        ("Tues 4 May 12-1pm", "2027-05-04T12:00/2027-05-04T13:00"),
        ("Tues 4 May, 12.15pm-1pm", "2027-05-04T12:15/2027-05-04T13:00"),
        ("Tues 4 May, 10 'til 4", "2027-05-04T10:00/2027-05-04T16:00"),
        ("Tues 4 May, 10am until noon", "2027-05-04T10:00/2027-05-04T12:00"),
        ("Tues 4 May, 1400-1530", "2027-05-04T14:00/2027-05-04T15:30"),
        ("Tues 4 May, 14h00", "2027-05-04T14:00"),
        ("Tues 4 May at half past six", "2027-05-04T18:30"),
        ("Tues 4 May, quarter to seven in the evening", "2027-05-04T18:45"),
        ("Tues 4 May, seven o'clock", "2027-05-04T19:00"),
        ("Tues 4 May, 7 for 7.30pm", "2027-05-04T19:30"),
        ("Tues 4 May, 6pm for 6.30pm, ends 9pm", "2027-05-04T18:30/2027-05-04T21:00"),
        ("Saturday morning, 9-1, 13 March 2027", "2027-03-13T09:00/2027-03-13T13:00"),
        ("Tuesday 4 May evening 6.30-8", "2027-05-04T18:30/2027-05-04T20:00"),
        ("Wednesday 5 May, afternoon 2-4", "2027-05-05T14:00/2027-05-05T16:00"),
        ("5.30-7pm, Tuesday 4 May", "2027-05-04T17:30/2027-05-04T19:00"),
        ("2pm (two hours), Tuesday 4 May", "2027-05-04T14:00"),
        ("Tuesday 4 May, 2pm, 90 minutes", "2027-05-04T14:00/2027-05-04T15:30"),
        ("Time: 10.00-13.00\nDate: 4 May 2027", "2027-05-04T10:00/2027-05-04T13:00"),
        ("4 May 2027 | 10:00 - 13:00 | Online", "2027-05-04T10:00/2027-05-04T13:00"),
        ("Between 10am and 3pm on 4 May 2027", "2027-05-04T10:00/2027-05-04T15:00"),
        ("4 May, 3.45 for a 4pm start, finishing by 5.15", "2027-05-04T16:00/2027-05-04T17:15"),
        ("4 May; arrive from 9.30am, start at 10am, close 4pm", "2027-05-04T10:00/2027-05-04T16:00"),
        ("Lunch 1pm, talk 2pm-3pm, Tuesday 4 May", "2027-05-04T14:00/2027-05-04T15:00"),
        ("4 May, starts 10am, finishes 4pm", "2027-05-04T10:00/2027-05-04T16:00"),
    ]);
}

#[test]
fn clocks_of_other_countries_are_turned_into_ours() {
    check(&[
        ("Tuesday 4 May 2027, 3pm BST", "2027-05-04T15:00"),
        ("Tuesday 4 May 2027, 3pm GMT", "2027-05-04T15:00"),
        ("Tuesday 2 February 2027, 15:00 GMT", "2027-02-02T15:00"),
        ("Tuesday 4 May 2027, 15:00-16:30 CEST", "2027-05-04T14:00/2027-05-04T15:30"),
        ("Tuesday 2 February 2027, 3pm (CET)", "2027-02-02T14:00"),
        ("Tuesday 4 May 2027, 14:00 UTC", "2027-05-04T15:00"),
        ("Thursday 4 February 2027 at 11am EST", "2027-02-04T16:00"),
        ("2027-05-04T14:00:00Z", "2027-05-04T15:00"),
    ]);
}

#[test]
fn the_days_on_which_the_clocks_change_keep_their_stated_times() {
    for (text, expected) in [
        ("Sunday 28 March 2027, 10am-12pm", "2027-03-28T10:00:00+01:00/2027-03-28T12:00:00+01:00"),
        ("Sunday 28 March 2027, 00:30", "2027-03-28T00:30:00+00:00"),
        ("Sunday 31 October 2027, 10am-12pm", "2027-10-31T10:00:00+00:00/2027-10-31T12:00:00+00:00"),
        ("Sunday 31 October 2027, 00:30 - 03:00", "2027-10-31T00:30:00+01:00/2027-10-31T03:00:00+00:00"),
        // In the gap the first valid instant after; in the fold the first pass.
        ("Sunday 28 March 2027 at 1.30am", "2027-03-28T02:00:00+01:00"),
        ("Sunday 31 October 2027 at 1.30am", "2027-10-31T01:30:00+01:00"),
    ] {
        let chosen = choice(text).unwrap();
        let got = chosen.end.map_or_else(|| chosen.start.to_string(), |e| format!("{}/{e}", chosen.start));
        assert_eq!(got, expected, "{text}");
    }
}

#[test]
fn several_days_are_ranges_or_sittings() {
    check(&[
        ("16/17 May 2027", "2027-05-16/2027-05-17"),
        ("Sat 15 & Sun 16 May, 10-4", "2027-05-15T10:00/2027-05-16T16:00"),
        ("15-17 May", "2027-05-15/2027-05-17"),
        ("Monday 7th to Friday 11th June", "2027-06-07/2027-06-11"),
        ("30 Nov – 2 Dec", "2026-11-30/2026-12-02"),
        ("28 December 2026 to 4 January 2027", "2026-12-28/2027-01-04"),
        ("from 29 Dec until 2 Jan", "2026-12-29/2027-01-02"),
        ("Nov-Feb 2027", "2026-11/2027-02"),
        ("from May to October 2027", "2027-05/2027-10"),
        ("Two Tuesdays, 2-4pm: 12 and 19 January", "2027-01-12T14:00/2027-01-19T16:00"),
        ("Mondays 7, 14 and 21 June, 4-5.30pm", "2027-06-07T16:00/2027-06-21T17:30"),
        ("Module 1: 12 January, Module 2: 9 February, Module 3: 9 March", "2027-01-12/2027-03-09"),
        ("Four twilights, 4.15-5.45: 14 Jan, 21 Jan, 28 Jan, 4 Feb", "2027-01-14T16:15/2027-02-04T17:45"),
        ("Day 1 Tues 9 Feb 10-4, Day 2 Weds 10 Feb 10-1", "2027-02-09T10:00/2027-02-10T13:00"),
        ("Part 1 on 3 March and Part 2 on 10 March, both 1-3pm", "2027-03-03T13:00/2027-03-10T15:00"),
        ("Fri 12 Feb 5pm – Sun 14 Feb 3pm", "2027-02-12T17:00/2027-02-14T15:00"),
        ("3/2-5/2, 2027", "2027-02-03/2027-02-05"),
        ("10/06/2027 to 12/06/2027", "2027-06-10/2027-06-12"),
        ("Date and time: 13/01/2027 10:00 - 13/01/2027 12:00", "2027-01-13T10:00/2027-01-13T12:00"),
        ("Event starts: 13 January 2027 10:00. Event ends: 14 January 2027 16:00", "2027-01-13T10:00/2027-01-14T16:00"),
        ("Start: 13/01/27 09:30\nFinish: 13/01/27 16:30", "2027-01-13T09:30/2027-01-13T16:30"),
        ("Start date: 13 January 2027 End date: 17 March 2027", "2027-01-13/2027-03-17"),
        ("Every Thursday from 14 January to 18 February 2027, 6-8pm", "2027-01-14T18:00/2027-02-18T20:00"),
        ("Tue 1, Wed 2 and Thu 3 June", "2027-06-01/2027-06-03"),
    ]);
}

#[test]
fn sittings_are_listed_one_by_one() {
    let sessions = |text: &str| choice(text).unwrap().sessions.iter().map(|s| short(s.start)).collect::<Vec<_>>();
    assert_eq!(sessions("Three Fridays 9.45-12: 26 Feb, 5 Mar, 12 Mar"), ["2027-02-26T09:45", "2027-03-05T09:45", "2027-03-12T09:45"]);
    assert_eq!(sessions("Cohort 1: 12 Jan and 19 Jan; Cohort 2: 2 Feb and 9 Feb"), ["2027-01-12", "2027-01-19"]);
    assert_eq!(sessions("First Tuesday of the month until February, 6-8pm"), ["2026-12-01T18:00", "2027-01-05T18:00", "2027-02-02T18:00"]);
}

#[test]
fn repeats_and_cohorts_are_not_one_long_event() {
    check(&[
        ("Cohort A: 12-14 January 2027. Cohort B: 9-11 March 2027", "2027-01-12/2027-01-14"),
        ("Choose 5 May (Leeds) or 12 May (York), 10-4", "2027-05-05T10:00/2027-05-05T16:00"),
        ("Two sessions to choose from: option 1 Tues 4 May, option 2 Tues 11 May", "2027-05-04"),
        ("Tuesday 4 May, repeated Tuesday 11 May", "2027-05-04"),
        ("4 May 2027, again on 8 June 2027", "2027-05-04"),
        ("London: 3 March, Leeds: 10 March, Cardiff: 17 March", "2027-03-03"),
        ("3 March (London), 10 March (Leeds)", "2027-03-03"),
        ("Cohort 1 – 3 March; Cohort 2 – 5 May", "2027-03-03"),
        ("Wed 13 Jan (10–12) or Thu 14 Jan (2–4)", "2027-01-13T10:00/2027-01-13T12:00"),
        ("Autumn intake 14 September 2027, spring intake 18 January 2028", "2027-09-14"),
    ]);
}

#[test]
fn places_in_the_month_are_days() {
    check(&[
        ("First Saturday in May 2027, 10am", "2027-05-01T10:00"),
        ("the last Thursday of January, 6-8pm", "2027-01-28T18:00/2027-01-28T20:00"),
        ("We meet on the second Tuesday of every month, 12.30-1.30pm", "2026-12-08T12:30/2026-12-08T13:30"),
        ("third Wednesday of the month, 7pm, until March", "2026-12-16T19:00/2027-03-17"),
        ("1st Monday of each month from February", "2027-02-01"),
    ]);
}

#[test]
fn days_named_from_today() {
    check(&[
        ("Tomorrow, 2pm", "2026-11-22T14:00"),
        ("Tonight 7pm", "2026-11-21T19:00"),
        ("3 p.m. today", "2026-11-21T15:00"),
        ("Next Tuesday, 10-12", "2026-11-24T10:00/2026-11-24T12:00"),
        ("This Thursday at 4pm", "2026-11-26T16:00"),
        ("Friday next week, 1pm", "2026-11-27T13:00"),
        ("Wednesday of next week", "2026-11-25"),
        ("Monday week, 9.30am", "2026-11-30T09:30"),
        ("A week on Tuesday at 6pm", "2026-12-01T18:00"),
        ("This weekend", "2026-11-21/2026-11-22"),
        ("Next weekend", "2026-11-28/2026-11-29"),
        ("Next Monday morning 6-8", "2026-11-23T06:00/2026-11-23T08:00"),
        ("The course starts in two weeks.", "2026-12-05"),
        ("A fortnight today: open studio", "2026-12-05"),
        ("Two months from today", "2027-01-21"),
        ("Tomorrow's leaders meet on 4 May 2027", "2027-05-04"),
    ]);
}

#[test]
fn relative_words_in_prose_say_nothing_of_the_event() {
    check(&[
        ("Last year we trained 200 people.", "-"),
        ("In two weeks' time we will publish the report.", "-"),
        ("We will reply in 5 days.", "-"),
        ("Apply within two weeks.", "-"),
        ("A course for the leaders of tomorrow", "-"),
        ("Book today", "-"),
        ("The next cohort is for early-career staff", "-"),
        ("Open Monday to Friday", "-"),
        ("Since last summer we have grown", "-"),
        ("First come, first served", "-"),
        ("Part of this week's bulletin", "-"),
    ]);
}

#[test]
fn a_month_stays_a_month_and_a_day_a_day() {
    check(&[
        ("Early May 2027", "2027-05"),
        ("end of January", "2027-01"),
        ("mid-March", "2027-03"),
        ("Starting in September", "2027-09"),
        ("Jan-Feb 2027", "2027-01/2027-02"),
        ("10 May 2027, time TBC", "2027-05-10"),
        ("Tuesday 4 May (TBC)", "2027-05-04"),
        ("Dates TBC", "-"),
        ("TBC, spring", "-"),
        ("4 May 2027, doors 6pm", "2027-05-04"),
        ("4 May 2027, lunch at 1pm", "2027-05-04"),
        ("w/b 16 November 2026", "2026-11-16"),
        ("week beginning 7 December", "2026-12-07"),
        ("All day, 4 May 2027", "2027-05-04"),
        ("4 May 2027, Room 10, 12 places", "2027-05-04"),
    ]);
}

#[test]
fn deadlines_doors_and_news_are_no_start() {
    check(&[
        ("Closing date 5 January. Course starts 2 February 2027.", "2027-02-02"),
        ("Book by 30 April for Tuesday 4 May 2027", "2027-05-04"),
        ("Applications due 10 January; interviews 20 January; residency 1-5 March", "2027-03-01/2027-03-05"),
        ("RSVP by noon on Friday 30 April", "-"),
        ("Doors 6pm, starts 7pm, Thursday 6 May", "2027-05-06T19:00"),
        ("Registration from 9.15am. Starts 10am. Tuesday 4 May 2027", "2027-05-04T10:00"),
        ("Updated 3 November 2026", "-"),
        ("Early bird until 1 March. Conference 8 and 9 June", "2027-06-08/2027-06-09"),
        ("Send it no later than 31 January 2027", "-"),
        ("The deadline for bursaries is 1 May", "-"),
        ("Expressions of interest by 5pm on 18 December", "-"),
        ("Rescheduled from 5 May 2027 to 9 June 2027", "2027-06-09"),
    ]);
}

#[test]
fn days_that_do_not_exist_are_not_stated() {
    for text in
        ["31/02/2027", "31 February 2027", "30th of February 2027", "31 June 2027", "00/01/2027", "32/13/2027", "31 April, 10am", "29 February 2027"]
    {
        check(&[(text, "-")]);
    }
}
