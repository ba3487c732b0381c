//! An artists' network's plain page without any structured data: headings, date lines, prices in prose; and the selectors an operator would write.

use chrono::{
    DateTime, Utc,
    Weekday::{Mon, Sat, Wed},
};
use html_escape::encode_text as text;

use super::{
    course::{Course, at},
    slot::Slot,
};
use crate::domain::Selectors;

pub const PATH: &str = "/makers/whats-on";
pub const PROVIDER: &str = "Northern Makers' Exchange";

pub const COURSES: [Course; 5] = [
    Course {
        path: "/makers/pricing-your-work",
        title: "Pricing your work and getting paid",
        provider: PROVIDER,
        slot: Slot { weeks: 2, day: Mon, from: (10, 30), to: (13, 0) },
        place: at("The Print Shed", "Salford", "M3 6AF"),
        price: "Places are £25, or £15 if you are on a low income.",
        about: "A workshop for artists and makers on day rates, quotes, invoices and the awkward e-mail afterwards. Bring a job you undercharged for.",
    },
    Course {
        path: "/makers/bid-surgery",
        title: "Bid writing surgery for artists",
        provider: PROVIDER,
        slot: Slot { weeks: 1, day: Wed, from: (13, 0), to: (17, 0) },
        place: at("Tide Studios", "Blackpool", "FY1 4PR"),
        price: "Free, but you need to book a slot.",
        about: "Half an hour one to one with an experienced fundraiser. Bring a draft grant application or just the idea for one.",
    },
    Course {
        path: "/makers/video-on-a-phone",
        title: "Studio to screen: editing video on your phone",
        provider: PROVIDER,
        slot: Slot { weeks: 3, day: Sat, from: (10, 0), to: (16, 0) },
        place: at("Canal Yard", "Leeds", "LS1 4BT"),
        price: "£40 for the day.",
        about: "A hands-on day course for freelancers and small creative businesses: filming a process, cutting it, captions, and where to show it.",
    },
    Course {
        path: "/makers/saying-no",
        title: "Saying no: boundaries and burnout for freelancers",
        provider: PROVIDER,
        slot: Slot { weeks: 4, day: Mon, from: (19, 0), to: (20, 30) },
        place: None,
        price: "Pay what you can, from nothing to £20.",
        about: "An online evening for self-employed practitioners about workload, boundaries and recovering from both. Small groups, cameras optional.",
    },
    Course {
        path: "/makers/tendering-public-art",
        title: "Tendering for public art",
        provider: PROVIDER,
        slot: Slot { weeks: 5, day: Wed, from: (9, 30), to: (16, 0) },
        place: at("Keel House", "Newcastle upon Tyne", "NE1 3DX"),
        price: "£55 + VAT with lunch. Two bursary places for artists in the North East.",
        about: "How councils and developers commission, what a brief really asks for, and how to put together a tender with fabricators. For visual artists \
                with some experience of commissions.",
    },
];

pub fn page(anchor: DateTime<Utc>, base: &str) -> String {
    let courses: String = COURSES.iter().map(|course| block(course, anchor, base)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>What's on | {PROVIDER}</title></head>\n\
         <body><nav><a href=\"{base}/makers\">Home</a> <a href=\"{base}{PATH}\">What's on</a></nav>\n<div id=\"content\">\n<h1>What's on for makers</h1>\n\
         <p>Courses and meet-ups for artists and freelancers across the North. Everyone is welcome, member or not.</p>\n{courses}</div>\n\
         <footer><p>{PROVIDER}, Tide Studios, Blackpool. Registered in England.</p></footer></body></html>\n"
    )
}

fn block(course: &Course, anchor: DateTime<Utc>, base: &str) -> String {
    format!(
        "<div class=\"course\">\n<h3><a href=\"{base}{}\">{}</a></h3>\n<p class=\"date\">{}, {}</p>\n<p class=\"place\">{}</p>\n\
         <p class=\"more\">{} {}</p>\n</div>\n",
        course.path,
        text(course.title),
        course.slot.without_year(anchor),
        course.slot.hours(),
        text(&course.where_words()),
        text(course.about),
        text(course.price)
    )
}

/// What an operator would write after a look at the page's source.
pub fn selectors() -> Selectors {
    Selectors {
        item: "div.course".into(),
        title: "h3".into(),
        date: Some("p.date".into()),
        place: Some("p.place".into()),
        text: Some("p.more".into()),
        link: Some("h3 a".into()),
        pages: 1,
        ..Selectors::default()
    }
}
