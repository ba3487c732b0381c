//! A university faculty's iCalendar: a weekly series with a week left out, a cancelled course, an all-day symposium.

use chrono::{
    DateTime, Days, Utc,
    Weekday::{Fri, Mon, Thu, Tue, Wed},
};

use super::{
    course::{Course, at},
    slot::Slot,
};

pub const PATH: &str = "/ravensholme/events.ics";
pub const PROVIDER: &str = "Faculty of Arts and Education, University of Ravensholme";

pub const COURSES: [Course; 5] = [
    Course {
        path: "/ravensholme/museums-and-place",
        title: "Research into practice: museums and place",
        provider: PROVIDER,
        slot: Slot { weeks: 1, day: Wed, from: (17, 30), to: (19, 0) },
        place: at("Mersey Building", "Liverpool", "L3 5TR"),
        price: "Free",
        about: "A seminar series in which researchers and museum professionals share findings and argue about what to do with them. Open to anyone \
                working in culture and heritage.",
    },
    Course {
        path: "/ravensholme/copyright-for-freelancers",
        title: "Copyright and licensing for cultural freelancers",
        provider: PROVIDER,
        slot: Slot { weeks: 3, day: Mon, from: (10, 0), to: (13, 0) },
        place: at("Mersey Building", "Liverpool", "L3 5TR"),
        price: "£20",
        about: "A half-day workshop for self-employed artists and producers: who owns what, licences in plain English, contracts to keep.",
    },
    Course {
        path: "/ravensholme/creative-ageing",
        title: "Creative ageing: a symposium for arts and health practitioners",
        provider: PROVIDER,
        slot: Slot { weeks: 5, day: Fri, from: (9, 30), to: (16, 30) },
        place: at("Quayside Hall", "Liverpool", "L1 8BN"),
        price: "£60, students £25",
        about: "Keynotes, panels and practical sessions on creative health with older people, with NHS and voluntary sector partners.",
    },
    Course {
        path: "/ravensholme/evaluating-cultural-projects",
        title: "Short course: evaluating cultural projects",
        provider: PROVIDER,
        slot: Slot { weeks: 4, day: Thu, from: (9, 30), to: (16, 30) },
        place: at("Mersey Building", "Liverpool", "L3 5TR"),
        price: "£120",
        about: "Theory of change, indicators that mean something, and reports that funders read. For project managers in arts organisations.",
    },
    Course {
        path: "/ravensholme/leading-without-authority",
        title: "Leading without authority: a masterclass for heads of service",
        provider: PROVIDER,
        slot: Slot { weeks: 6, day: Tue, from: (10, 0), to: (16, 30) },
        place: at("Exchange House", "Manchester", "M2 4WU"),
        price: "£250 + VAT",
        about: "Negotiation and influence for senior leaders of council culture services and large venues: members, officers, funders and boards.",
    },
];
const SERIES: usize = 0;
const CANCELLED: usize = 1;
const ALL_DAY: usize = 2;

/// The British zone as RFC 5545 3.6.5 wants it stated.
const ZONE: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/London\r\nBEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nTZNAME:BST\r\n\
    DTSTART:19810329T010000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\nTZOFFSETFROM:+0100\r\n\
    TZOFFSETTO:+0000\r\nTZNAME:GMT\r\nDTSTART:19961027T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

pub fn calendar(anchor: DateTime<Utc>, base: &str) -> String {
    let events: String = COURSES.iter().enumerate().map(|(i, course)| event(i, course, anchor, base)).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//University of Ravensholme//Events//EN\r\n{ZONE}{events}END:VCALENDAR\r\n")
}

fn event(i: usize, course: &Course, anchor: DateTime<Utc>, base: &str) -> String {
    let date = course.slot.date(anchor);
    let mut lines = vec![
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}@ravensholme.example", course.path.rsplit('/').next().unwrap_or_default()),
        format!("DTSTAMP:{}", anchor.format("%Y%m%dT%H%M%SZ")),
    ];
    if i == ALL_DAY {
        lines.push(format!("DTSTART;VALUE=DATE:{}", date.format("%Y%m%d")));
        lines.push(format!("DTEND;VALUE=DATE:{}", (date + Days::new(1)).format("%Y%m%d")));
    } else {
        lines.push(format!("DTSTART;TZID=Europe/London:{}", course.slot.start(anchor).format("%Y%m%dT%H%M%S")));
        lines.push(format!("DTEND;TZID=Europe/London:{}", course.slot.end(anchor).format("%Y%m%dT%H%M%S")));
    }
    if i == SERIES {
        // Five Wednesdays; the third falls into reading week.
        let left_out = course.slot.start(anchor).naive_local() + Days::new(14);
        lines.push("RRULE:FREQ=WEEKLY;COUNT=5".to_owned());
        lines.push(format!("EXDATE;TZID=Europe/London:{}", left_out.format("%Y%m%dT%H%M%S")));
    }
    lines.push(format!("STATUS:{}", if i == CANCELLED { "CANCELLED" } else { "CONFIRMED" }));
    lines.push(format!("SUMMARY:{}", escaped(course.title)));
    lines.push(format!("LOCATION:{}", escaped(&course.where_words())));
    lines.push(format!("DESCRIPTION:{}", escaped(&format!("{}\nCost: {}.", course.about, course.price))));
    lines.push(format!("URL:{base}{}", course.path));
    lines.push(format!("ORGANIZER;CN=\"{}\":mailto:events@ravensholme.example", course.provider));
    lines.push("END:VEVENT".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

/// RFC 5545 3.3.11.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// RFC 5545 3.1: at most 75 octets a line, never within a character.
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > 73 {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out + "\r\n"
}
