//! A professional body's page with schema.org JSON-LD: offers, attendance modes, a rescheduled event, and another provider's course.

use chrono::{
    DateTime, Utc,
    Weekday::{Fri, Tue, Wed},
};
use html_escape::encode_text as text;
use serde_json::{Value, json};

use super::{
    course::{Course, at},
    museums,
    slot::{Slot, on},
};

pub const PATH: &str = "/guild/events";
pub const PROVIDER: &str = "Guild for Cultural Educators";

pub const COURSES: [Course; 5] = [
    Course {
        path: "/guild/object-based-learning",
        title: "Object-based learning for classroom teachers",
        provider: PROVIDER,
        slot: Slot { weeks: 2, day: Wed, from: (16, 0), to: (17, 30) },
        place: at("Cottonhall Museum", "Manchester", "M3 4JR"),
        price: "£15, members £10.",
        about: "A twilight session for primary and secondary teachers: five ways to start a lesson from one object, with loan boxes to try out. \
                Counts as one and a half hours of CPD.",
    },
    Course {
        path: "/guild/culture-leads-conference",
        title: "Culture Leads: the annual conference for arts coordinators",
        provider: PROVIDER,
        slot: Slot { weeks: 7, day: Fri, from: (9, 30), to: (16, 30) },
        place: at("Foundry Conference Centre", "Birmingham", "B1 2RA"),
        price: "£140, members £95. Online tickets £40.",
        about: "Keynotes and workshops for headteachers, arts coordinators and learning teams of cultural organisations. Join us in Birmingham or on \
                the live stream.",
    },
    Course {
        path: "/guild/arts-award-year",
        title: "Planning your school's arts award year",
        provider: PROVIDER,
        slot: Slot { weeks: 3, day: Tue, from: (16, 0), to: (17, 0) },
        place: None,
        price: "Free.",
        about: "A webinar for teachers and their cultural partners: what to plan when, what evidence to keep, and how others have done it.",
    },
    Course {
        path: "/guild/safeguarding-refresher",
        title: "Safeguarding refresher for cultural venues",
        provider: PROVIDER,
        slot: Slot { weeks: 1, day: Fri, from: (10, 0), to: (12, 0) },
        place: None,
        price: "£30.",
        about: "A two-hour online refresher on safeguarding children and young people for learning officers and freelance workshop leaders. Certificate \
                of attendance.",
    },
    Course {
        path: "/guild/caring-for-collections",
        title: "Caring for collections with little money",
        provider: museums::PROVIDER,
        slot: Slot { weeks: 2, day: Tue, from: (10, 0), to: (16, 0) },
        place: at("Harbour Row Museum", "Preston", "PR1 2LD"),
        price: "£35.",
        about: "Our friends at Pennine Shore Museum Development teach collections care to people who look after objects, handling collections included.",
    },
];
/// Index of the course that stands under another date than first announced.
const RESCHEDULED: usize = 2;
const HYBRID: usize = 1;
/// Name and price in pounds of each course's offers.
const OFFERS: [&[(&str, u32)]; 5] = [
    &[("Standard", 15), ("Members", 10)],
    &[("Standard", 140), ("Members", 95), ("Live stream", 40)],
    &[("Free", 0)],
    &[("Standard", 30)],
    &[("Standard", 35)],
];

pub fn page(anchor: DateTime<Utc>, base: &str) -> String {
    let events: Vec<Value> = COURSES.iter().enumerate().map(|(i, course)| event(i, course, anchor, base)).collect();
    let data = json!({ "@context": "https://schema.org", "@graph": events });
    let cards: String = COURSES.iter().map(|course| card(course, anchor, base)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>Events and training | {PROVIDER}</title>\n\
         <script type=\"application/ld+json\">{}</script></head>\n<body><header><a href=\"{base}/guild\">{PROVIDER}</a></header>\n\
         <main><h1>Events and training</h1>\n{cards}</main></body></html>\n",
        // Nothing in the data may close the element.
        data.to_string().replace("</", "<\\/")
    )
}

fn card(course: &Course, anchor: DateTime<Utc>, base: &str) -> String {
    format!(
        "<article><h2><a href=\"{base}{}\">{}</a></h2><p>{}</p><p>{}</p></article>\n",
        course.path,
        text(course.title),
        course.slot.long(anchor),
        text(course.about)
    )
}

fn event(i: usize, course: &Course, anchor: DateTime<Utc>, base: &str) -> Value {
    let url = format!("{base}{}", course.path);
    let mode = match (i, course.place) {
        (HYBRID, _) => "Mixed",
        (_, Some(_)) => "Offline",
        (_, None) => "Online",
    };
    let mut event = json!({
        "@type": "EducationEvent",
        "@id": url,
        "name": course.title,
        "url": url,
        "description": course.about,
        "startDate": course.slot.start(anchor).to_rfc3339(),
        "endDate": course.slot.end(anchor).to_rfc3339(),
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": format!("https://schema.org/{mode}EventAttendanceMode"),
        "location": location(course, &url, i == HYBRID),
        "organizer": { "@type": "Organization", "name": course.provider },
        "offers": offers(OFFERS[i], &url),
    });
    if i == RESCHEDULED {
        let before = Slot { weeks: 2, ..course.slot };
        event["eventStatus"] = json!("https://schema.org/EventRescheduled");
        event["previousStartDate"] = json!(format!("{}T16:00:00", on(anchor, before.weeks, before.day)));
    }
    event
}

fn location(course: &Course, url: &str, hybrid: bool) -> Value {
    let online = json!({ "@type": "VirtualLocation", "url": url });
    let Some(place) = course.place else { return online };
    let venue = json!({
        "@type": "Place",
        "name": place.venue,
        "address": { "@type": "PostalAddress", "addressLocality": place.town, "postalCode": place.postcode, "addressCountry": "GB" },
    });
    if hybrid { json!([venue, online]) } else { venue }
}

fn offers(tiers: &[(&str, u32)], url: &str) -> Value {
    let offer = |(name, pounds): &(&str, u32)| json!({ "@type": "Offer", "name": name, "price": format!("{pounds}.00"), "priceCurrency": "GBP", "url": url, "availability": "https://schema.org/InStock" });
    tiers.iter().map(offer).collect()
}
