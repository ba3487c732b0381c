//! Documents made to exhaust whoever reads them.

use std::fmt::Write as _;

use super::{Numbers, mutate::Seed};

fn seed(name: &str, content_type: &'static str, body: impl Into<Vec<u8>>) -> Seed {
    Seed { name: name.into(), content_type: Some(content_type), body: body.into() }
}

fn many(n: usize, one: impl Fn(usize) -> String) -> String {
    (0..n).map(one).fold(String::new(), |all, one| all + &one)
}

/// Pages and feeds.
pub fn markup() -> Vec<Seed> {
    let html = "text/html";
    let row = |n: usize| format!("<tr><td>Course {n}</td><td>4 May 2027</td><td>10am</td></tr>");
    let item = |n: usize| format!("<li class=event><h3><a href=/{n}>Course {n}</a></h3> <p>{} May 2027, 10am, Hull, £{n}</p></li>", n % 28 + 1);
    vec![
        seed("100,000 nested elements", html, "<div>".repeat(100_000) + "4 May 2027"),
        seed("nested formatting", html, "<b><i><u>".repeat(30_000)),
        seed("nested tables", html, "<table><tr><td>".repeat(20_000)),
        seed("nested microdata", html, "<div itemscope itemtype=\"https://schema.org/Event\" itemprop=subEvent>".repeat(5_000)),
        seed("nested h-event", html, "<div class=\"h-event\"><div class=\"p-location h-card\">".repeat(5_000)),
        seed("nested RDFa", html, "<div vocab=\"https://schema.org/\" typeof=Event property=subEvent>".repeat(5_000)),
        seed(
            "itemref in circles",
            html,
            "<div id=a itemscope itemtype=https://schema.org/Event itemref=\"a b\"><p id=b itemref=a itemprop=name>x</div>".repeat(2_000),
        ),
        seed("a page of 10,000 events", html, format!("<ul>{}</ul>", many(10_000, item))),
        seed("a table of 60,000 rows", html, format!("<table>{}</table>", many(60_000, row))),
        seed("5 MB on one line", html, "4 May 2027 10am Course at Hull £5 ".repeat(150_000)),
        seed("20,000 attributes", html, format!("<div {}>x</div>", many(20_000, |n| format!("a{n}=1 ")))),
        seed("100,000 links", html, "<a href=\"/events/4-may-2027?page=2\">Next</a> ".repeat(100_000)),
        seed("JSON-LD nested", html, format!("<script type=\"application/ld+json\">{}", "{\"@type\":\"Event\",\"subEvent\":[".repeat(50_000))),
        seed("entities", "application/xml", entities()),
        seed(
            "a feed of 40,000 items",
            "application/rss+xml",
            format!("<rss><channel>{}", "<item><title>Course</title><description>4 May 2027</description></item>".repeat(40_000)),
        ),
        seed("a feed of nested elements", "application/rss+xml", format!("<rss><channel><item>{}", "<x>".repeat(200_000))),
    ]
}

/// The billion laughs, ten wide and ten deep.
fn entities() -> String {
    let mut out = String::from("<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a0 \"ha\">");
    for n in 1..10 {
        let _ = write!(out, "<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10));
    }
    out + "]><rss version=\"2.0\"><channel><title>&a9;</title><item><title>&a9;</title></item></channel></rss>"
}

/// Calendars.
pub fn calendars() -> Vec<Seed> {
    let ics = "text/calendar";
    let event = |body: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:x\r\nDTSTART:20200101T100000Z\r\n{body}END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    let dates = many(100_000, |n| format!(",2027{:02}{:02}T{:02}0000Z", n % 12 + 1, n % 28 + 1, n % 24));
    vec![
        seed("8,000 nested components", ics, "BEGIN:VEVENT\r\n".repeat(8_000)),
        seed("every second for ever", ics, event("RRULE:FREQ=SECONDLY\r\n")),
        seed("never, looked for for ever", ics, event("RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31\r\n")),
        seed("never, in days", ics, event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=1;BYMINUTE=1;BYSECOND=1\r\n")),
        seed("100,000 extra dates", ics, event(&format!("RDATE:20270101T100000Z{dates}\r\n"))),
        seed("100,000 exceptions", ics, event(&format!("RRULE:FREQ=HOURLY\r\nEXDATE:20270101T100000Z{dates}\r\n"))),
        seed("2,000 endless series", ics, "BEGIN:VCALENDAR\r\n".to_owned() + &event("RRULE:FREQ=MINUTELY\r\n").repeat(2_000)),
        seed("a line of 3 MB", ics, event(&format!("DESCRIPTION:{}\r\n", "a\\,".repeat(1_000_000)))),
    ]
}

/// Mails, texts, tables and noise.
pub fn others() -> Vec<Seed> {
    let (json, mail) = ("application/json", "message/rfc822");
    let mut numbers = Numbers::seeded(11);
    let noise: Vec<u8> = (0..1_000_000).map(|_| u8::try_from(numbers.below(256)).unwrap_or(0)).collect();
    let nested: String = many(5_000, |n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"));
    let forwarded = "Content-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nSubject: Fwd\r\n".repeat(5_000);
    let prose = "On Tuesday 4 May 2027, 10am to 4pm at Hull (£5): a course.\r\n".repeat(30_000);
    vec![
        seed("JSON nested", json, "[".repeat(1_000_000)),
        seed("JSON of 200,000 objects", json, format!("[{}{{}}]", "{\"title\":\"Course\",\"start_date\":\"2027-05-04\"},".repeat(200_000))),
        seed("multipart in multipart", mail, format!("From: a@b.example\r\nSubject: x\r\n{nested}")),
        seed("message in message", mail, format!("From: a@b.example\r\n{forwarded}")),
        seed("a mail of 30,000 dates", mail, format!("From: a@b.example\r\nSubject: x\r\n\r\n{prose}")),
        seed("text of 30,000 dates", "text/plain", prose),
        seed("brackets", "text/plain", "((((10-11-12) [".repeat(100_000)),
        seed("digits", "text/plain", "1".repeat(3_000_000)),
        seed("quotation marks", "text/csv", "\"a,\"\",".repeat(400_000)),
        seed("a table of 100,000 rows", "text/csv", format!("title,date\r\n{}", "Course,4 May 2027\r\n".repeat(100_000))),
        seed("noise", "application/octet-stream", noise.clone()),
        seed("noise as a page", "text/html", noise),
    ]
}
