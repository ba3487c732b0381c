//! Contents that take every branch of a template: one with everything, one with nothing. Loading checks templates against them.

use minijinja::Value;

use super::page;
use crate::bulletin::content::{Badge, BulletinView, ContentView, FactLine, ItemContent, SectionContent};

/// What every mail must print: its name for the author, the words in the full sample, and how often they stand there at least.
pub const REQUIRED: [(&str, &str, usize); 4] = [
    ("reader.unsubscribe_url", "\u{E000}unsubscribe\u{E001}", 1),
    ("bulletin.organisation", "Organisation", 1),
    ("bulletin.postal_address", "1 Street, Town", 1),
    ("all facts of every item", "not stated", 2 * 4),
];

/// Everything there, and everything absent that can be.
pub fn contents() -> [Value; 2] {
    views().map(|v| page(&v))
}

/// The same before they are made into values.
pub fn views() -> [ContentView; 2] {
    [full(), bare()]
}

fn full() -> ContentView {
    let section = SectionContent { heading: "Section".into(), items: vec![item(), bare_item()] };
    ContentView {
        bulletin: bulletin("Strapline"),
        subject: "Subject".into(),
        intro: "Intro".into(),
        date: "Monday 1 March 2027".into(),
        sections: vec![section],
        in_brief: true,
        web_url: Some("https://bulletin.example/1".into()),
    }
}

fn bare() -> ContentView {
    ContentView {
        bulletin: bulletin(""),
        subject: String::new(),
        intro: String::new(),
        date: String::new(),
        sections: Vec::new(),
        in_brief: false,
        web_url: None,
    }
}

fn bulletin(strapline: &str) -> BulletinView {
    BulletinView {
        name: "Bulletin".into(),
        strapline: strapline.into(),
        colour: "#0b3d5c".into(),
        organisation: "Organisation".into(),
        postal_address: "1 Street, Town".into(),
        contact: "contact@bulletin.example".into(),
    }
}

fn item() -> ItemContent {
    ItemContent {
        url: Some("https://events.example/1".into()),
        badges: ["stop", "change", "soon"].map(|tone| Badge { text: "Badge", tone }).into(),
        was: vec!["Was Monday 1 March 2027".into()],
        deadline: Some("Monday 1 March 2027".into()),
        blurb: "Blurb.".into(),
        tags: vec!["evaluation", "introductory"],
        ..bare_item()
    }
}

fn bare_item() -> ItemContent {
    let fact = |label| FactLine { label, text: "not stated".into() };
    ItemContent {
        heading: "Heading".into(),
        url: None,
        link_text: "Details",
        badges: Vec::new(),
        was: Vec::new(),
        facts: ["When", "Where", "Who", "Cost"].map(fact).into(),
        deadline: None,
        blurb: String::new(),
        tags: Vec::new(),
        brief: "Mon 1 Mar · Town · £5".into(),
    }
}
