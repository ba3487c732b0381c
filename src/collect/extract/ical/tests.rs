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

#[test]
fn a_wordpress_site_left_on_utc_prints_civil_time() {
    let event = "BEGIN:VEVENT\nUID:1\nSUMMARY:Pests\nDTSTART;TZID=UTC:20270401T100000\nEND:VEVENT";
    assert_eq!(
        show(&format!("PRODID:-//Museum - ECPv6.3.5//NONSGML v1.0//EN\nX-WR-TIMEZONE:UTC\n{event}"), "2027-03-01", "2027-05-01"),
        ["Pests 2027-04-01T10:00+01:00.."]
    );
    assert_eq!(show(event, "2027-03-01", "2027-05-01"), ["Pests 2027-04-01T11:00+01:00.."]);
}

#[test]
fn dublin_with_a_negative_summer_time_is_dublin() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Europe/Dublin\nBEGIN:STANDARD\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\nTZNAME:IST\nDTSTART:19700329T010000\nEND:STANDARD\n\
                BEGIN:DAYLIGHT\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0000\nTZNAME:GMT\nDTSTART:19701025T020000\nEND:DAYLIGHT\nEND:VTIMEZONE";
    let event = "BEGIN:VEVENT\nUID:1\nSUMMARY:Pests\nDTSTART;TZID=Europe/Dublin:20270401T100000\nEND:VEVENT";
    assert_eq!(show(&format!("{zone}\n{event}"), "2027-03-01", "2027-05-01"), ["Pests 2027-04-01T10:00+01:00.."]);
}

#[test]
fn outlooks_windows_zone_with_rules_from_1601_is_london() {
    let zone = "BEGIN:VTIMEZONE\nTZID:GMT Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0000\nEND:STANDARD\nEND:VTIMEZONE";
    let event = "BEGIN:VEVENT\nUID:1\nSUMMARY:Pests\nDTSTART;TZID=GMT Standard Time:20270401T100000\nEND:VEVENT";
    assert_eq!(show(&format!("{zone}\n{event}"), "2027-03-01", "2027-05-01"), ["Pests 2027-04-01T10:00+01:00.."]);
}

#[test]
fn an_empty_calendar_is_empty_and_no_error() {
    assert!(show("PRODID:Microsoft Exchange Server 2010", "2027-03-01", "2027-05-01").is_empty());
}

#[test]
fn words_that_say_nothing_are_left_out() {
    let event = "BEGIN:VEVENT\nUID:1\nSUMMARY:Pests &amp\\; moulds\nLOCATION:None\nDESCRIPTION:one&nbsp\\;two\nGEO:0;0\nX-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/meetup-join/x\n\
                 DTSTART:20270319T100000\nDURATION:PT2H\nEND:VEVENT";
    let reading = Reading::british(at("2026-11-21"));
    let events = read(&format!("BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR"), &reading, &mut Vec::new()).unwrap();
    assert_eq!((events[0].title.as_str(), events[0].text.as_str(), events[0].place.words.as_deref()), ("Pests & moulds", "one two", None));
    assert_eq!(events[0].mode.as_ref().unwrap().value, crate::domain::Mode::Online);
    assert!(!format!("{:?}", events[0]).contains("meetup-join"));
}

#[test]
fn caps_are_said() {
    let reading = Reading::british(at("2026-11-21"));
    let notes = |event: &str| {
        let mut notes = Vec::new();
        read(
            &format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:A\nDTSTART:20270301T100000\n{event}\nEND:VEVENT\nEND:VCALENDAR"),
            &reading,
            &mut notes,
        )
        .unwrap();
        notes
    };
    let dates: Vec<String> = (0..6_000).map(|n| format!("20270{}{:02}T{:02}{:02}00", 1 + n % 9, 1 + n / 9 % 28, n / 252 % 24, n % 60)).collect();
    assert_eq!(notes(&format!("RDATE:{}", dates.join(","))), ["an event names more than 5000 dates; the rest was left out"]);
    assert_eq!(notes(&"RRULE:FREQ=DAILY;COUNT=1\n".repeat(12)), ["an event has more than 10 RRULE lines; the rest was left out"]);
}
