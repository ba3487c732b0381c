//! A museum development network's RSS feed: the dates are in the text, `pubDate` is the post's own.

use chrono::{
    DateTime, TimeDelta, Utc,
    Weekday::{Thu, Tue, Wed},
};
use html_escape::encode_text as text;

use super::{
    Sample,
    course::{Course, at},
    slot::Slot,
};

pub const PATH: &str = "/museums/feed.xml";
pub const PROVIDER: &str = "Pennine Shore Museum Development";
pub const CANCELLED_LATER: &str = "Writing labels that people read";
pub const ADDED_LATER: &str = "Moths, mould and mice: pest management for historic houses";

const COURSES: [Course; 5] = [
    Course {
        path: "/museums/collections-care-on-a-shoestring",
        title: "Collections care on a shoestring",
        provider: PROVIDER,
        slot: Slot { weeks: 2, day: Tue, from: (10, 0), to: (16, 0) },
        place: at("Harbour Row Museum", "Preston", "PR1 2LD"),
        price: "Places cost £35, lunch included. Bursaries of £50 towards travel are available for volunteer-run museums.",
        about: "A practical training day for anyone who looks after objects with little money: cleaning, packing, light and damp, and what to \
                leave to a conservator. You will leave with a care plan for one store.",
    },
    Course {
        path: "/museums/documentation-basics",
        title: "Documentation basics: Spectrum for small museums",
        provider: PROVIDER,
        slot: Slot { weeks: 1, day: Thu, from: (10, 0), to: (15, 30) },
        place: at("Castle Hill Museum", "Lancaster", "LA1 1YJ"),
        price: "Free to museums in the North West. Travel bursaries on request.",
        about: "An introduction to accessioning, cataloguing and tackling the backlog, for staff and volunteers who are new to collections \
                documentation. Bring three objects that nobody can find the paperwork for.",
    },
    Course {
        path: "/museums/writing-labels",
        title: CANCELLED_LATER,
        provider: PROVIDER,
        slot: Slot { weeks: 3, day: Wed, from: (10, 0), to: (16, 0) },
        place: at("Wool Hall Gallery", "Kendal", "LA9 4DQ"),
        price: "£45 per person, £30 for museums with fewer than 10,000 visitors a year.",
        about: "A workshop on interpretation for curators and exhibition teams: who reads labels, how many words they read, and how to say one \
                thing well. Plenty of rewriting of your own texts.",
    },
    Course {
        path: "/museums/emergency-planning",
        title: "Trustees' briefing: emergency planning for small museums",
        provider: PROVIDER,
        slot: Slot { weeks: 2, day: Thu, from: (18, 0), to: (19, 30) },
        place: None,
        price: "Free of charge.",
        about: "An evening webinar for trustees and board members: what a governing body has to have in place before the water comes in. Includes a \
                template emergency plan. Live captions.",
    },
    Course {
        path: "/museums/dementia-welcome",
        title: "Welcoming visitors with dementia",
        provider: PROVIDER,
        slot: Slot { weeks: 4, day: Tue, from: (13, 0), to: (16, 0) },
        place: at("Border Gate Museum", "Carlisle", "CA3 8TP"),
        price: "",
        about: "An afternoon of training for front of house teams and volunteers in museums and heritage sites: first conversations, signs, noise, and \
                quiet hours. Delivered together with a local carers' group.",
    },
];

const ADDED: Course = Course {
    path: "/museums/pest-management",
    title: ADDED_LATER,
    provider: PROVIDER,
    slot: Slot { weeks: 5, day: Wed, from: (10, 30), to: (15, 30) },
    place: at("Weir House", "Chester", "CH1 2HQ"),
    price: "£40 including lunch.",
    about: "A hands-on course in integrated pest management for house teams and collections staff: traps, identification, cleaning, and when to call \
            for help.",
};

/// The feed, newest post first. Later one course is called off in place and a new post stands on top.
pub fn feed(anchor: DateTime<Utc>, base: &str, later: bool) -> String {
    let mut items = String::new();
    if later {
        items.push_str(&item(&ADDED, ADDED.title, anchor, base, 0));
    }
    for (days, course) in (2..).zip(&COURSES) {
        items.push_str(&item(course, &title(course, later), anchor, base, days * 3));
    }
    items.push_str(&guide(anchor, base));
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel>\n<title>{PROVIDER}: training and news</title>\n\
         <link>{base}/museums</link>\n<description>For museums from the Solway to the Dee</description>\n<language>en-gb</language>\n{items}</channel></rss>\n"
    )
}

/// The pages that the posts link to.
pub fn pages(anchor: DateTime<Utc>, later: bool) -> Vec<Sample> {
    let added = later.then(|| ADDED.page(anchor));
    COURSES.iter().map(|c| c.page_titled(anchor, &title(c, later))).chain(added).collect()
}

fn title(course: &Course, later: bool) -> String {
    if later && course.title == CANCELLED_LATER { format!("CANCELLED: {}", course.title) } else { course.title.to_owned() }
}

fn item(course: &Course, title: &str, anchor: DateTime<Utc>, base: &str, days_ago: i64) -> String {
    let price = if course.price.is_empty() { String::new() } else { format!("<p>{}</p>", text(course.price)) };
    let prose = format!(
        "<p>{}, {}. {}.</p><p>{}</p>{price}<p>Book your place on our website.</p>",
        course.slot.long(anchor),
        course.slot.hours(),
        text(&course.where_words()),
        text(course.about)
    );
    post(title, &format!("{base}{}", course.path), anchor - TimeDelta::days(days_ago), &prose)
}

/// A post that is no event at all.
fn guide(anchor: DateTime<Utc>, base: &str) -> String {
    let prose = "<p>Our new guide to salvage priorities is ready to download. Two sides of A4, to be pinned up beside the fire panel.</p>";
    post("New guide: salvage priorities on one page", &format!("{base}/museums/salvage-guide"), anchor - TimeDelta::days(30), prose)
}

fn post(title: &str, link: &str, published: DateTime<Utc>, html: &str) -> String {
    format!(
        "<item><title>{}</title><link>{link}</link><guid isPermaLink=\"true\">{link}</guid><pubDate>{}</pubDate><description>{}</description></item>\n",
        text(title),
        published.format("%a, %d %b %Y 09:15:00 +0000"),
        text(html)
    )
}
