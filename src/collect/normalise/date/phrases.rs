//! Further date phrases as listings print them, seen on Saturday 21 November 2026. All are our own wording; `-` is "not stated".

use super::cases::check;

#[test]
fn times_stand_on_both_sides_of_a_range() {
    check(&[
        ("10am, Tue 12 - Fri 15, 4pm", "2027-01-12T10:00/2027-01-15T16:00"),
        ("10am, Tue 12 - Fri 15 January, 4pm", "2027-01-12T10:00/2027-01-15T16:00"),
        ("10am Tue 12 January - 4pm Fri 15 January", "2027-01-12T10:00/2027-01-15T16:00"),
        ("Tuesday 12 January 10am to Friday 15 January 4pm", "2027-01-12T10:00/2027-01-15T16:00"),
        ("Tuesday 12th, 7pm", "2027-01-12T19:00"),
    ]);
}

#[test]
fn sittings_are_counted_out_where_count_and_step_are_stated() {
    check(&[
        ("6 Wednesdays from 13 Jan", "2027-01-13/2027-02-17"),
        ("6 Wednesdays from 13 Jan, 6-8pm", "2027-01-13T18:00/2027-02-17T20:00"),
        ("Six Wednesday evenings from 13 January, 6.30-8.30pm", "2027-01-13T18:30/2027-02-17T20:30"),
        ("Weekly for six weeks from Wednesday 13 January, 10am-12noon", "2027-01-13T10:00/2027-02-17T12:00"),
        ("Wednesdays for 6 weeks, starting 13 January, 2-4pm", "2027-01-13T14:00/2027-02-17T16:00"),
        ("Every Wednesday from 13 January for six weeks, 2-4pm", "2027-01-13T14:00/2027-02-17T16:00"),
        ("Six weekly sessions starting Wednesday 13 January 2027 at 7pm", "2027-01-13T19:00/2027-02-17"),
        ("6 Wednesdays from 13 Jan, excluding half term", "2027-01-13"),
        ("First Monday of every month, 10am", "2026-12-07T10:00"),
        ("The first and third Tuesday of the month, 6pm", "2026-12-01T18:00"),
        ("Last Thursday of the month from January to March, 5-6pm", "2027-01-28T17:00/2027-03-25T18:00"),
        ("Monthly on the second Wednesday, 1-2pm", "2026-12-09T13:00/2026-12-09T14:00"),
        ("Every second Tuesday of the month, 7pm", "2026-12-08T19:00"),
        ("The first Tuesday of the month until July", "2026-12-01/2027-07-06"),
        ("Fortnightly on Thursdays from 14 January, 4-5pm", "2027-01-14T16:00"),
        ("Every other Thursday, 14 January to 25 March, 4-5pm", "2027-01-14T16:00/2027-03-25T17:00"),
        ("Every Thursday between 14 January and 18 February", "2027-01-14/2027-02-18"),
    ]);
}

#[test]
fn days_stay_days() {
    check(&[
        ("w/c Monday 3 May", "2027-05-03"),
        ("Week of 3rd May 2027", "2027-05-03"),
        ("W/C 3/5/27", "2027-05-03"),
        ("Sunday 2.5.27", "2027-05-02"),
        ("Tuesday 4 May, lunchtime", "2027-05-04"),
        ("Starts 12 January 2027 (6 sessions)", "2027-01-12"),
        ("Next course starts 12th January", "2027-01-12"),
        ("Tuesday 4 May 2027, all day", "2027-05-04"),
        ("Closing date for entries is 5pm, 1 March 2027", "-"),
        ("May the 4th be with you: 4 May 2027", "2027-05-04"),
    ]);
}

#[test]
fn a_time_belongs_to_its_day() {
    check(&[
        ("1830 on Tuesday 4 May", "2027-05-04T18:30"),
        ("Tuesday 4 May, 1830", "2027-05-04T18:30"),
        ("Tuesday 4 May 2027 at 1830", "2027-05-04T18:30"),
        ("4 May 2027, 10h-12h", "2027-05-04T10:00/2027-05-04T12:00"),
        ("4 May 2027, 14h30-16h", "2027-05-04T14:30/2027-05-04T16:00"),
        ("Tues 5 May, 5.30-7pm", "2026-05-05T17:30/2026-05-05T19:00"),
        ("Tuesday 4th May, 10.00am - 1.00pm", "2027-05-04T10:00/2027-05-04T13:00"),
        ("04.05.2027, 18:00 Uhr", "2027-05-04T18:00"),
        ("Date: Tuesday, May 4th 2027. Time: 7.30 pm", "2027-05-04T19:30"),
        ("4/5/27, 10am", "2027-05-04T10:00"),
        ("4-5-27 @ 10am", "2027-05-04T10:00"),
        ("04 MAY 2027 // 10AM-12PM", "2027-05-04T10:00/2027-05-04T12:00"),
        ("TUE 04 MAY · 10:00–11:30", "2027-05-04T10:00/2027-05-04T11:30"),
        ("Tuesday 4 May 2027 10am - 12", "2027-05-04T10:00/2027-05-04T12:00"),
        ("Tuesday 4 May, 12-2", "2027-05-04T12:00/2027-05-04T14:00"),
        ("Tuesday 4 May, 12noon–1.30", "2027-05-04T12:00/2027-05-04T13:30"),
        ("Tuesday 4 May, 12.30 to 2", "2027-05-04T12:30/2027-05-04T14:00"),
        ("Tuesday 4 May, 9.30 for 10 start, ends 4", "2027-05-04T10:00/2027-05-04T16:00"),
        ("Tuesday 4 May, 9:30am for a 10am start until 4pm", "2027-05-04T10:00/2027-05-04T16:00"),
        ("Tuesday 4 May, 7pm (doors 6.30pm)", "2027-05-04T19:00"),
        ("Tuesday 4 May, doors 6.30pm, 7pm start", "2027-05-04T19:00"),
        ("Doors open at 6pm for a 6.30pm start, Tuesday 4 May", "2027-05-04T18:30"),
        ("Tuesday 4 May, 10am sharp", "2027-05-04T10:00"),
        ("Tuesday 4 May at 10 o'clock", "2027-05-04T10:00"),
        ("Tuesday 4 May at 10", "2027-05-04T10:00"),
        ("Tuesday 4 May from 6", "2027-05-04T18:00"),
        ("Tuesday 4 May, 6 'til late", "2027-05-04T18:00"),
        ("Tuesday 4 May, 6pm till late", "2027-05-04T18:00"),
        ("Tuesday 4 May, 6pm onwards", "2027-05-04T18:00"),
        ("Tuesday 4 May, from 6pm", "2027-05-04T18:00"),
        ("Tuesday 4 May, 1pm (45 mins)", "2027-05-04T13:00/2027-05-04T13:45"),
        ("Tuesday 4 May, 1pm. Duration: 1 hour 30 minutes", "2027-05-04T13:00/2027-05-04T14:30"),
        ("Tuesday 4 May, 1pm, 1.5 hours", "2027-05-04T13:00/2027-05-04T14:30"),
        ("Tuesday 4 May, 1pm, 1½ hours", "2027-05-04T13:00/2027-05-04T14:30"),
        ("Tuesday 4 May, half nine to half four", "2027-05-04T09:30/2027-05-04T16:30"),
        ("Tuesday 4 May, 6:30-8:30 in the evening", "2027-05-04T18:30/2027-05-04T20:30"),
        ("Tuesday 4 May, 9.15-11.45am", "2027-05-04T09:15/2027-05-04T11:45"),
        ("Tuesday 4 May, 11.45-12.45", "2027-05-04T11:45/2027-05-04T12:45"),
        ("Tuesday 4 May, 0930-1630", "2027-05-04T09:30/2027-05-04T16:30"),
        ("Tuesday 4 May, 09.30hrs to 16.30hrs", "2027-05-04T09:30/2027-05-04T16:30"),
        ("Tuesday 4 May, 10am–12pm & 1–3pm", "2027-05-04T10:00/2027-05-04T15:00"),
        ("Tuesday 4 May, 10am or 2pm", "2027-05-04T10:00"),
        ("Tuesday 4 May, morning session 10-12, afternoon session 2-4", "2027-05-04T10:00/2027-05-04T12:00"),
        ("Tuesday 12 January, 10am-12pm OR Thursday 14 January, 2-4pm", "2027-01-12T10:00/2027-01-12T12:00"),
        ("Starts Tues 12 Jan at 6pm", "2027-01-12T18:00"),
        ("Tuesday 1st of June 2027 at seven in the evening", "2027-06-01T19:00"),
        ("Tues. 1st June @7pm", "2027-06-01T19:00"),
        ("1 June 2027 at 7.00 p.m. – 9.00 p.m.", "2027-06-01T19:00/2027-06-01T21:00"),
        ("1 June 2027 7-9 p.m.", "2027-06-01T19:00/2027-06-01T21:00"),
        ("1 June 2027; 7pm-9pm; online", "2027-06-01T19:00/2027-06-01T21:00"),
        ("Tuesday 1st June, 7 - 9", "2027-06-01T19:00/2027-06-01T21:00"),
        ("Tue 1 June 8.30-10", "2027-06-01T08:30/2027-06-01T10:00"),
        ("Breakfast briefing: Tue 1 June, 8-9.30", "2027-06-01T08:00/2027-06-01T09:30"),
        ("Tuesday the 1st of June, ten till three", "2027-06-01T10:00/2027-06-01T15:00"),
        ("Tuesday 1 June, 10am to midday", "2027-06-01T10:00/2027-06-01T12:00"),
        ("TUESDAY 4TH MAY 2027, 10AM TO 4PM, LEEDS", "2027-05-04T10:00/2027-05-04T16:00"),
    ]);
}

#[test]
fn ranges_and_lists_have_a_first_and_a_last_day() {
    check(&[
        ("4th, 11th and 18th May, 6pm", "2027-05-04T18:00/2027-05-18"),
        ("4, 11, 18 & 25 May 2027, 6-8pm", "2027-05-04T18:00/2027-05-25T20:00"),
        ("Tuesdays 4, 11 and 18 May, 6-8pm", "2027-05-04T18:00/2027-05-18T20:00"),
        ("Tuesdays in May (4, 11, 18, 25), 6-8pm", "2027-05-04T18:00/2027-05-25T20:00"),
        ("Tue 4, Tue 11 & Tue 18 May, 2-4pm", "2027-05-04T14:00/2027-05-18T16:00"),
        ("Tue 4 & Wed 5 May, 9.30am-4.30pm both days", "2027-05-04T09:30/2027-05-05T16:30"),
        ("Tues 4 to Thurs 6 May, 10-4 daily", "2027-05-04T10:00/2027-05-06T16:00"),
        ("Mon 3rd–Fri 7th May inclusive, 9am–5pm", "2027-05-03T09:00/2027-05-07T17:00"),
        ("Sat 1st and Sun 2nd May 2027 (10am-5pm)", "2027-05-01T10:00/2027-05-02T17:00"),
        ("Weekend of 1-2 May 2027", "2027-05-01/2027-05-02"),
        ("Thursdays 14 January – 18 February 2027", "2027-01-14/2027-02-18"),
        ("Thursdays, 10am-12pm, 14 Jan - 18 Feb", "2027-01-14T10:00/2027-02-18T12:00"),
        ("Running from 14 January to 18 February 2027", "2027-01-14/2027-02-18"),
        ("14 January 2027 – 18 February 2027 (Thursdays 10am–12pm)", "2027-01-14T10:00/2027-02-18T12:00"),
        ("Between 14 and 18 February", "2027-02-14/2027-02-18"),
        ("14 to 18 Feb inc.", "2027-02-14/2027-02-18"),
        ("30/31 January 2027", "2027-01-30/2027-01-31"),
        ("30 Jan–1 Feb 2027", "2027-01-30/2027-02-01"),
        ("31 December 2026–2 January 2027", "2026-12-31/2027-01-02"),
        ("Dates: 12/1, 19/1 and 26/1, 6pm", "2027-01-12T18:00/2027-01-26"),
        ("12/01/27, 19/01/27, 26/01/27", "2027-01-12/2027-01-26"),
        ("Jan 12, 19 & 26, 6-8pm", "2027-01-12T18:00/2027-01-26T20:00"),
        ("12 Jan / 19 Jan / 26 Jan 6–8pm", "2027-01-12T18:00/2027-01-26T20:00"),
        ("Session 1: Tue 12 Jan 10am; Session 2: Tue 19 Jan 10am; Session 3: Tue 26 Jan 10am", "2027-01-12T10:00/2027-01-26"),
        ("Week 1 - 12 January, Week 2 - 19 January", "2027-01-12/2027-01-19"),
        ("Day one: 12 January. Day two: 19 January. 10am-4pm", "2027-01-12T10:00/2027-01-19T16:00"),
        ("Spring cohort: 12 Jan - 23 Mar 2027. Autumn cohort: 14 Sept - 23 Nov 2027", "2027-01-12/2027-03-23"),
        ("Tuesday 1 June, 6pm-midnight", "2027-06-01T18:00/2027-06-02T00:00"),
    ]);
}

#[test]
fn months_stay_months_and_seasons_are_declined() {
    check(&[
        ("January 14th through February 18th", "2027-01-14/2027-02-18"),
        ("Launching January 2027", "2027-01"),
        ("Spring 2027", "-"),
        ("January (date TBC)", "2027-01"),
        ("Date TBC - January 2027", "2027-01"),
        ("late January 2027", "2027-01"),
        ("mid to late January 2027", "2027-01"),
        ("January/February 2027", "2027-01/2027-02"),
        ("From January 2027", "2027-01"),
        ("Autumn term 2027", "-"),
        ("Time TBC, Tuesday 4 May", "2027-05-04"),
    ]);
}

#[test]
fn deadlines_closings_and_news_are_no_start() {
    check(&[
        ("Book by 3 May. Workshop 4 May, 10am", "2027-05-04T10:00"),
        ("Workshop Tuesday 4 May. Please book by noon on Friday 30 April", "2027-05-04"),
        ("Applications close Monday 12 April at 5pm. Residency runs 1-12 June", "2027-06-01/2027-06-12"),
        ("Applications close at 23:59 on 12 April 2027", "-"),
        ("Deadline for applications: 12 noon, Monday 12 April 2027", "-"),
        ("Sign up by 1 May for our workshop on 4 May", "2027-05-04"),
        ("Registration closes on 1 May; the training is on 4 May from 10am", "2027-05-04T10:00"),
        ("Please register before 1 May 2027", "-"),
        ("Tickets on sale from 1 March for the 4 May conference", "2027-05-04"),
        ("Bookings open 1 March. Tuesday 4 May, 7pm", "2027-05-04T19:00"),
        ("Booking opens on Monday 1 March 2027", "-"),
        ("Last date to book: 1 March 2027", "-"),
        ("Ends 1 March 2027", "-"),
        ("Extended deadline: midnight 1 March 2027", "-"),
        ("Apply now! Deadline 1 March, start date 12 April 2027", "2027-04-12"),
        ("Early bird ends 1 March 2027. 12-13 April 2027", "2027-04-12/2027-04-13"),
        ("Offer ends 1 March 2027", "-"),
        ("We will be closed 24 December to 3 January", "-"),
        ("Office closed 24 December 2026", "-"),
        ("Postponed from 12 January; new date 9 February 2027", "2027-02-09"),
        ("New date: 9 February 2027 (was 12 January)", "2027-02-09"),
        ("Originally planned for 12 January, now 9 February", "2027-02-09"),
        ("This event took place on 12 October 2026", "-"),
        ("Recorded on 12 October 2026", "-"),
        ("Rescheduled to 9 February 2027 at 2pm", "2027-02-09T14:00"),
        ("Posted: 12 October 2026. Event: 9 February 2027", "2027-02-09"),
        ("Since 1 January 2020 we have trained 500 people", "-"),
    ]);
}

#[test]
fn zones_and_iso_forms() {
    check(&[
        ("Tuesday 4 May | 10:00 to 13:00 GMT", "2027-05-04T10:00/2027-05-04T13:00"),
        ("Monday 1 Feb 2027 19:00 - 20:30 (GMT)", "2027-02-01T19:00/2027-02-01T20:30"),
        ("1 June 2027, 19:00-20:30 BST", "2027-06-01T19:00/2027-06-01T20:30"),
        ("1 June 2027 3pm UK time", "2027-06-01T15:00"),
        ("3pm BST / 4pm CEST, 1 June 2027", "2027-06-01T15:00"),
        ("1 June 2027, 3pm (UK) / 10am (EDT)", "2027-06-01T15:00"),
        ("2027-06-01 19:00", "2027-06-01T19:00"),
        ("2027-06-01T18:00:00Z", "2027-06-01T19:00"),
    ]);
}

#[test]
fn what_no_calendar_or_clock_has_is_not_stated() {
    check(&[
        ("20270601T190000", "-"),
        ("Christmas Day", "-"),
        ("31/02/2027 10am", "-"),
        ("30 February", "-"),
        ("Tuesday 4 May, 25:00", "2027-05-04"),
        ("99/99/9999", "-"),
        ("1 January 0000", "-"),
        ("12th of Never", "-"),
        ("00/00/0000", "-"),
        ("99999999999999999999 May 2027", "2027-05"),
        ("٤ مايو 2027", "-"),
        ("4 May 2027, 12:60", "2027-05-04"),
        ("4 May 2027, 24:00", "2027-05-04"),
        ("4 May 2027, 13pm", "2027-05-04"),
        ("29 Feb 2027", "-"),
        ("29 February", "2028-02-29"),
        ("4 May 20277", "2027-05-04"),
    ]);
}
