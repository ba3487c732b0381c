//! Somebody else's e-bulletin, forwarded: courses of several providers between a job, a public exhibition and a fund.

use std::fmt::Write as _;

use chrono::{
    DateTime, TimeDelta, Utc,
    Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed},
};
use html_escape::{encode_double_quoted_attribute as attribute, encode_text as text};

use super::{
    course::{Course, at},
    faculty, makers, museums,
    slot::{Slot, on},
};

pub const PATH: &str = "/mail/culture-post.eml";
const BOUNDARY: &str = "=_culture_post_7f3a";

/// Courses that are only announced here.
pub const COURSES: [Course; 3] = [
    Course {
        path: "/post/carbon-literacy",
        title: "Carbon literacy for cultural venues",
        provider: "Greener Stages",
        slot: Slot { weeks: 4, day: Wed, from: (9, 30), to: (16, 30) },
        place: at("Harbourside Arts", "Bristol", "BS1 5TY"),
        price: "£75.",
        about: "A certified day course for venue managers and producers: your footprint, your building, your touring. You go home with a pledge and a plan.",
    },
    Course {
        path: "/post/youth-voice",
        title: "Youth voice sharing day",
        provider: "Oldbrook Cultural Education Partnership",
        slot: Slot { weeks: 3, day: Thu, from: (10, 0), to: (15, 0) },
        place: at("Parliament Mill", "Oldham", "OL1 1QN"),
        price: "Free, lunch provided.",
        about: "For learning officers, youth workers and teachers: how three partnerships handed decisions to young people, and what went wrong.",
    },
    Course {
        path: "/post/audience-data",
        title: "Making sense of audience data",
        provider: "Box Office Forum",
        slot: Slot { weeks: 6, day: Thu, from: (14, 0), to: (16, 0) },
        place: None,
        price: "£20.",
        about: "An online workshop for marketing and box office staff: segmentation, surveys and what ticketing data cannot tell you.",
    },
];

/// One entry as the bulletin prints it.
struct Entry {
    title: String,
    line: String,
    about: String,
    link: String,
}

pub fn message(anchor: DateTime<Utc>, base: &str) -> String {
    let sent = anchor - TimeDelta::days(1);
    let date = sent.format("%a, %d %b %Y 08:40:00 +0000");
    let training = training(anchor, base);
    let others = others(anchor);
    format!(
        "From: Culture Desk <desk@demo.example>\r\nTo: listings@demo.example\r\nSubject: Fwd: Culture Post: training, jobs and news\r\nDate: {date}\r\n\
         Message-ID: <culture-post-{}@demo.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"{BOUNDARY}\"\r\n\r\n\
         --{BOUNDARY}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n\
         --{BOUNDARY}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n--{BOUNDARY}--\r\n",
        sent.format("%Y%m%d"),
        crlf(&plain(sent, &training, &others)),
        crlf(&html(sent, &training, &others)),
    )
}

/// The courses: three of its own finding, and three that others list too, under the words of this bulletin.
fn training(anchor: DateTime<Utc>, base: &str) -> Vec<Entry> {
    let slot = |weeks, day, from, to| Slot { weeks, day, from, to };
    let again = [
        (
            "Training day: caring for your collection on a shoestring",
            slot(2, Tue, (10, 0), (16, 0)),
            format!("Harbour Row Museum, Preston, £35, with {}", museums::PROVIDER),
            "Cleaning, packing and storing objects on next to no money. For museum staff and volunteers.",
            "/museums/collections-care-on-a-shoestring",
        ),
        (
            "Evaluating cultural projects: a one-day short course",
            slot(4, Thu, (9, 30), (16, 30)),
            format!("Mersey Building, Liverpool, £120, with the {}", faculty::PROVIDER),
            "From theory of change to a report that people read. For project managers.",
            "/ravensholme/evaluating-cultural-projects",
        ),
        (
            "Getting paid: how to price your creative work",
            slot(2, Mon, (10, 30), (13, 0)),
            format!("The Print Shed, Salford, £25 (£15 low income), with {}", makers::PROVIDER),
            "Day rates, quotes and invoices for artists and makers.",
            "/makers/pricing-your-work",
        ),
    ];
    let link = |path: &str| format!("{base}{path}?utm_source=culture-post&utm_medium=email");
    let when = |s: &Slot| format!("{}, {}", s.without_year(anchor), s.hours());
    let found = COURSES.iter().map(|c| Entry {
        title: c.title.into(),
        line: format!("{}. {}. {} With {}.", when(&c.slot), c.where_words(), c.price, c.provider),
        about: c.about.into(),
        link: link(c.path),
    });
    let repeated = again.into_iter().map(|(title, slot, place, about, path)| Entry {
        title: title.into(),
        line: format!("{}. {place}.", when(&slot)),
        about: about.into(),
        link: link(path),
    });
    repeated.chain(found).collect()
}

/// What stands between the courses and must not get into a training bulletin.
fn others(anchor: DateTime<Utc>) -> Vec<Entry> {
    let day = |weeks, weekday| on(anchor, weeks, weekday).format("%A %-d %B").to_string();
    vec![
        Entry {
            title: "Job: Learning Officer (0.6 FTE), Wool Hall Gallery, Kendal".into(),
            line: format!("Salary £27,400 pro rata, fixed term. Closing date {}, interviews {}.", day(2, Fri), day(4, Fri)),
            about: "We are recruiting a Learning Officer to run our schools programme. Training will be given. Apply with CV and covering letter."
                .into(),
            link: "https://woolhall.example/jobs/learning-officer".into(),
        },
        Entry {
            title: "Exhibition: Looms and Light".into(),
            line: format!("{} to {}, Cottonhall Museum, Manchester. Free entry, all ages.", day(1, Sat), day(7, Sun)),
            about: "See the restored looms in motion. Family activities every Saturday, no booking needed.".into(),
            link: "https://cottonhall.example/exhibitions/looms-and-light".into(),
        },
        Entry {
            title: "Small Grants for Local Festivals".into(),
            line: format!("Grants of up to £2,000. Deadline for applications {}, 12 noon.", day(3, Fri)),
            about: "For volunteer-run festivals and carnivals in Lancashire and Cumbria. Eligible costs include artists' fees and road closures."
                .into(),
            link: "https://luneforum.example/grants".into(),
        },
    ]
}

fn plain(sent: DateTime<Utc>, training: &[Entry], others: &[Entry]) -> String {
    let mut out = format!(
        "For the next bulletin, please.\n\n---------- Forwarded message ---------\nFrom: Culture Post <post@luneforum.example>\nDate: {}\n\
         Subject: Culture Post: training, jobs and news\nTo: Culture Desk <desk@demo.example>\n\nCULTURE POST\nfrom the Lune Valley Culture Forum\n",
        sent.format("%a, %-d %b %Y at 08:02")
    );
    for (heading, entries) in [("TRAINING AND EVENTS", training), ("JOBS, EXHIBITIONS AND FUNDING", others)] {
        let _ = write!(out, "\n{heading}\n");
        for e in entries {
            let _ = write!(out, "\n* {}\n{}\n{}\n{}\n", e.title, e.line, e.about, e.link);
        }
    }
    out + "\nYou receive this because you subscribed to Culture Post. Unsubscribe: https://luneforum.example/unsubscribe\n"
}

fn html(sent: DateTime<Utc>, training: &[Entry], others: &[Entry]) -> String {
    let rows: Vec<String> = training.iter().map(|e| format!("<tr><td>{}</td></tr>\n", entry(e))).collect();
    let paragraphs: String = others.iter().map(entry).collect();
    format!(
        "<html><body><p>For the next bulletin, please.</p>\n<div class=\"gmail_quote\"><div dir=\"ltr\">---------- Forwarded message ---------<br>\
         From: <b>Culture Post</b> &lt;post@luneforum.example&gt;<br>Date: {}<br>Subject: Culture Post: training, jobs and news<br>\
         To: Culture Desk &lt;desk@demo.example&gt;<br></div>\n<h1>Culture Post</h1><p>from the Lune Valley Culture Forum</p>\n\
         <h2>Training and events</h2>\n<table role=\"presentation\" width=\"600\">\n{}</table>\n<h2>Jobs, exhibitions and funding</h2>\n{paragraphs}\
         <p>You receive this because you subscribed to Culture Post. <a href=\"https://luneforum.example/unsubscribe\">Unsubscribe</a></p>\n\
         </div></body></html>",
        sent.format("%a, %-d %b %Y at 08:02"),
        rows.concat(),
    )
}

fn entry(e: &Entry) -> String {
    format!("<h3><a href=\"{}\">{}</a></h3><p><strong>{}</strong></p><p>{}</p>\n", attribute(&e.link), text(&e.title), text(&e.line), text(&e.about))
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}
