//! Calendars of invented senders: recurrence, zones, faults, and bombs.

use chrono::{DateTime, Utc};

use super::*;

fn at(s: &str) -> DateTime<Utc> {
    format!("{s}T00:00:00Z").parse().unwrap()
}

/// Events of a calendar body in a window of days, as `title start..end [sessions]`.
fn show(body: &str, from: &str, to: &str) -> Vec<String> {
    let reading = Reading { window: (at(from), at(to)), ..Reading::british(at("2026-11-21")) };
    let source = format!("BEGIN:VCALENDAR\r\n{body}\r\nEND:VCALENDAR\r\n");
    let events = read(&source, &reading, &mut Vec::new()).unwrap();
    let show = |e: &RawEvent| {
        let start = |w: &When| w.to_string().replace(":00+", "+");
        let sessions: Vec<String> = e.sessions.iter().map(|s| start(&s.start)).collect();
        let end = e.end.as_ref().map(|w| start(&w.value)).unwrap_or_default();
        format!("{} {}..{} {}", e.title, e.start.as_ref().map(|w| start(&w.value)).unwrap_or_default(), end, sessions.join(" ")).trim().to_owned()
    };
    events.iter().map(show).collect()
}

fn check(event: &str, expected: &[&str]) {
    let body = format!("BEGIN:VEVENT\nUID:1@museum.example\nSUMMARY:Pests\n{event}\nEND:VEVENT");
    assert_eq!(show(&body, "2027-03-01", "2027-05-01"), expected, "{event}");
}

#[test]
fn days_end_on_their_last_day() {
    check("DTSTART;VALUE=DATE:20270304\nDTEND;VALUE=DATE:20270305", &["Pests 2027-03-04.."]);
    check("DTSTART;VALUE=DATE:20270304\nDTEND;VALUE=DATE:20270306", &["Pests 2027-03-04..2027-03-05"]);
    check("DTSTART;VALUE=DATE:20270304", &["Pests 2027-03-04.."]);
}

#[test]
fn times_are_of_their_zone() {
    check("DTSTART;TZID=GMT Standard Time:20270401T100000\nDURATION:PT2H", &["Pests 2027-04-01T10:00+01:00..2027-04-01T12:00+01:00"]);
    check("DTSTART:20270401T090000Z", &["Pests 2027-04-01T10:00+01:00.."]);
    check("DTSTART:20270401T100000\nDTEND:20270401T090000", &["Pests 2027-04-01T10:00+01:00.."]);
}

#[test]
fn a_weekly_course_keeps_its_civil_time_across_the_clock_change() {
    check(
        "DTSTART;TZID=Europe/London:20270319T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3",
        &["Pests 2027-03-19T10:00+00:00..2027-04-02T11:00+01:00 2027-03-19T10:00+00:00 2027-03-26T10:00+00:00 2027-04-02T10:00+01:00"],
    );
}

#[test]
fn exceptions_additions_and_ends_of_a_rule() {
    check(
        "DTSTART:20270319T100000\nRRULE:FREQ=DAILY;UNTIL=20270320\nEXDATE:20270319T100000",
        &["Pests 2027-03-20T10:00+00:00.. 2027-03-20T10:00+00:00"],
    );
    check(
        "DTSTART:20270319T100000\nRDATE:20270321T100000Z\nRRULE:FREQ=DAILY;COUNT=1",
        &["Pests 2027-03-19T10:00+00:00.. 2027-03-19T10:00+00:00 2027-03-21T10:00+00:00"],
    );
    check("DTSTART:20200101T100000\nRRULE:FREQ=MONTHLY;BYDAY=1MO", &["Pests 2027-03-01T10:00+00:00.. 2027-03-01T10:00+00:00 2027-04-05T10:00+01:00"]);
    check("DTSTART:20270319T100000\nRRULE:FREQ=SOMETIMES", &["Pests 2027-03-19T10:00+00:00.. 2027-03-19T10:00+00:00"]);
}

#[test]
fn what_does_not_touch_the_window_is_left_out() {
    check("DTSTART:20260319T100000", &[]);
    check("DTSTART:20270501T020000", &[]);
    check("DTSTART:20270228T230000\nDURATION:PT2H", &["Pests 2027-02-28T23:00+00:00..2027-03-01T01:00+00:00"]);
    check("DTSTART:20270228T230000\nDURATION:PT1H", &[]);
}

const COURSE: &str = "BEGIN:VEVENT\nUID:1\nSUMMARY:Course\nDTSTART:20270301T100000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nEND:VEVENT\n";

#[test]
fn changed_and_cancelled_sittings() {
    let moved = "BEGIN:VEVENT\nUID:1\nSUMMARY:Course\nRECURRENCE-ID:20270302T100000\nDTSTART:20270302T150000\nDURATION:PT1H\nEND:VEVENT\n";
    let gone = "BEGIN:VEVENT\nUID:1\nSUMMARY:Course\nRECURRENCE-ID:20270303T100000\nDTSTART:20270303T100000\nSTATUS:CANCELLED\nEND:VEVENT";
    assert_eq!(
        show(&format!("{COURSE}{moved}{gone}"), "2027-03-01", "2027-05-01"),
        ["Course 2027-03-01T10:00+00:00..2027-03-04T11:00+00:00 2027-03-01T10:00+00:00 2027-03-02T15:00+00:00 2027-03-04T10:00+00:00"]
    );
}

#[test]
fn a_change_that_the_series_left_behind_is_dropped() {
    let change = |sequence: u8, at: &str| {
        format!("BEGIN:VEVENT\nUID:1\nSUMMARY:Course\nSEQUENCE:{sequence}\nRECURRENCE-ID:{at}\nDTSTART:{at}\nDURATION:PT1H\nEND:VEVENT\n")
    };
    let series = COURSE.replace("COUNT=4", "COUNT=1\nSEQUENCE:2\nEXDATE:20270305T100000");
    let body = format!("{series}{}{}{}", change(1, "20270304T100000"), change(2, "20270305T100000"), change(2, "20270306T100000"));
    assert_eq!(
        show(&body, "2027-03-01", "2027-05-01"),
        ["Course 2027-03-01T10:00+00:00..2027-03-06T11:00+00:00 2027-03-01T10:00+00:00 2027-03-06T10:00+00:00"]
    );
}

#[test]
fn an_event_without_a_name_says_so() {
    let body = "BEGIN:VEVENT\nUID:1\nDTSTART:20270319T100000\nEND:VEVENT";
    assert_eq!(show(body, "2027-03-01", "2027-05-01"), ["(No title) 2027-03-19T10:00+00:00.."]);
}

#[test]
fn this_and_future_moves_the_rest() {
    let later = "BEGIN:VEVENT\nUID:1\nSUMMARY:Course\nRECURRENCE-ID;RANGE=THISANDFUTURE:20270303T100000\nDTSTART:20270303T140000\nDURATION:PT2H\nEND:VEVENT\n";
    assert_eq!(
        show(&format!("{COURSE}{later}"), "2027-03-03", "2027-05-01"),
        ["Course 2027-03-03T14:00+00:00..2027-03-04T16:00+00:00 2027-03-03T14:00+00:00 2027-03-04T14:00+00:00"]
    );
}

#[test]
fn endless_and_hostile_rules_end() {
    for rule in [
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYDAY=é",
        "FREQ=DAILY;COUNT=99999999999",
    ] {
        let body = format!("BEGIN:VEVENT\nUID:1\nSUMMARY:Bomb\nDTSTART:19000319T100000\nRRULE:{rule}\nEND:VEVENT\n").repeat(3);
        assert!(show(&body, "2027-03-01", "2027-05-01").len() <= 3, "{rule}");
    }
}

#[test]
fn placeholders_templates_and_joining_links_are_not_shown() {
    let body = "BEGIN:VEVENT\nUID:1\nSUMMARY:Busy\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\nDTSTART:20270319T100000\nEND:VEVENT\n\
                BEGIN:VEVENT\nUID:2\nSUMMARY:Empty slot (auto created)\nDTSTART:20270319T100000\nEND:VEVENT\n\
                BEGIN:VEVENT\nUID:3\nSUMMARY:Talk\nLOCATION:#_LOCATIONNAME\\, #_LOCATIONFULLLINE\nURL:https://us02web.zoom.us/j/1?pwd=x\n\
                DESCRIPTION:Join https://us02web.zoom.us/j/1?pwd=x now\nDTSTART:20270319T100000\nEND:VEVENT";
    let reading = Reading::british(at("2026-11-21"));
    let events = read(&format!("BEGIN:VCALENDAR\n{body}\nEND:VCALENDAR"), &reading, &mut Vec::new()).unwrap();
    assert_eq!(events.len(), 1);
    let talk = &events[0];
    assert_eq!((talk.place.words.as_deref(), talk.url.as_deref()), (None, None));
    assert!(!talk.text.contains("zoom.us"));
    assert_eq!(talk.mode.as_ref().unwrap().value, crate::domain::Mode::Online);
}
