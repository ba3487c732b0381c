//! Documents of each format, made of samples.

use std::fmt::Write as _;

use gleaner::domain::Document;

use super::{Sample, Words};

pub fn document(content_type: &str, body: String) -> Document {
    Document { url: url::Url::parse("https://events.example/list").ok(), content_type: Some(content_type.to_owned()), body: body.into_bytes() }
}

pub fn rss(samples: &[Sample]) -> Document {
    let mut out = String::from("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Training</title><link>https://events.example/</link>");
    for s in samples {
        let _ = write!(
            out,
            "<item><title>{}</title><link>{}</link><guid>{}</guid><pubDate>Mon, 01 Mar 2027 09:00:00 GMT</pubDate><description>&lt;p&gt;{}&lt;/p&gt;&lt;p&gt;{}, {}. {}&lt;/p&gt;</description></item>",
            s.title,
            s.url(),
            s.url(),
            s.text,
            s.date(),
            s.town,
            s.price()
        );
    }
    out.push_str("</channel></rss>");
    document("application/rss+xml", out)
}

/// Every fiftieth event recurs weekly, ten times.
pub fn calendar(samples: &[Sample]) -> Document {
    let mut out = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sample//EN\r\n");
    for s in samples {
        let day = s.day.format("%Y%m%d");
        let rule = if s.number % 50 == 0 { "RRULE:FREQ=WEEKLY;COUNT=10\r\n" } else { "" };
        let (from, to) = (s.hour, s.hour + 2);
        let _ = write!(
            out,
            "BEGIN:VEVENT\r\nUID:{}@events.example\r\nDTSTAMP:20270301T090000Z\r\nDTSTART;TZID=Europe/London:{day}T{from:02}0000\r\nDTEND;TZID=Europe/London:{day}T{to:02}3000\r\n{rule}SUMMARY:{}\r\nLOCATION:Old Hall\\, {}\r\nURL:{}\r\nDESCRIPTION:{}\r\n {}\r\nEND:VEVENT\r\n",
            s.number,
            s.title,
            s.town,
            s.url(),
            s.price(),
            s.text
        );
    }
    out.push_str("END:VCALENDAR\r\n");
    document("text/calendar", out)
}

pub fn json_ld(samples: &[Sample]) -> Document {
    let event = |s: &Sample| {
        serde_json::json!({
            "@context": "https://schema.org", "@type": "Event", "name": s.title, "description": s.text, "url": s.url(),
            "startDate": format!("{}T{:02}:00", s.day, s.hour), "endDate": format!("{}T{:02}:30", s.day, s.hour + 2),
            "location": {"@type": "Place", "name": "Old Hall", "address": {"@type": "PostalAddress", "addressLocality": s.town}},
            "organizer": {"@type": "Organization", "name": s.provider},
            "offers": {"@type": "Offer", "price": s.pounds.to_string(), "priceCurrency": "GBP"},
        })
    };
    let all: Vec<_> = samples.iter().map(event).collect();
    let list = serde_json::Value::from(all);
    let cards: String = samples.iter().map(card).collect();
    document(
        "text/html",
        format!(
            "<!doctype html><html><head><title>Events</title><script type=\"application/ld+json\">{list}</script></head><body><main>{cards}</main></body></html>"
        ),
    )
}

/// A list without any structured data, filled up to `bytes`.
pub fn listing(samples: &[Sample], bytes: usize) -> Document {
    let mut cards: String = samples.iter().map(card).collect();
    let words = Words::new(2_000);
    let mut numbers = super::Numbers::seeded(3);
    while cards.len() < bytes {
        let _ = write!(cards, "<div class=\"aside\"><p>{}</p></div>", words.phrase(&mut numbers, 30));
    }
    document(
        "text/html",
        format!("<!doctype html><html><head><title>Training</title></head><body><nav><a href=\"/\">Home</a></nav><main>{cards}</main></body></html>"),
    )
}

fn card(s: &Sample) -> String {
    format!(
        "<article class=\"card\"><h3><a href=\"{}\">{}</a></h3><p class=\"date\">{}</p><p class=\"place\">{}</p><p>{}</p><p>{}</p></article>\n",
        s.url(),
        s.title,
        s.date(),
        s.town,
        s.price(),
        s.text
    )
}

pub fn e_mail(samples: &[Sample]) -> Document {
    let mut out = String::from(
        "From: Culture Body <news@sender.example>\r\nTo: desk@reader.example\r\nSubject: Training this month\r\nDate: Mon, 1 Mar 2027 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><table>",
    );
    for s in samples {
        let _ = write!(
            out,
            "<tr><td><h2>{}</h2><p>{}<br>{}<br>{}</p><p>{}</p><p><a href=\"{}\">Book a place</a></p></td></tr>\r\n",
            s.title,
            s.date(),
            s.town,
            s.price(),
            s.text,
            s.url()
        );
    }
    out.push_str("</table></body></html>\r\n");
    document("message/rfc822", out)
}
