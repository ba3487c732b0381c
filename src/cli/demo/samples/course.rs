//! One sample course, and the page of its own that every listing links to.

use chrono::{DateTime, Utc};
use html_escape::encode_text as text;

use super::{Sample, slot::Slot};

/// A course as one provider announces it.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    /// Path of its own page on the sample server.
    pub path: &'static str,
    pub title: &'static str,
    pub provider: &'static str,
    pub slot: Slot,
    /// Venue, town and postcode; `None` when it is online.
    pub place: Option<Place>,
    /// A sentence; empty when the provider does not say.
    pub price: &'static str,
    pub about: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub venue: &'static str,
    pub town: &'static str,
    pub postcode: &'static str,
}

/// Short for the tables of courses.
#[allow(clippy::unnecessary_wraps, reason = "a course's place is optional, and the tables read better without Some(Place { .. })")]
pub const fn at(venue: &'static str, town: &'static str, postcode: &'static str) -> Option<Place> {
    Some(Place { venue, town, postcode })
}

impl Course {
    /// "Harbour Row Museum, Preston PR1 2LD", or that it is online.
    pub fn where_words(&self) -> String {
        self.place.map_or_else(|| "Online, on Zoom".to_owned(), |p| format!("{}, {} {}", p.venue, p.town, p.postcode))
    }

    /// Its own page: plain HTML with the facts in prose.
    pub fn page(&self, anchor: DateTime<Utc>) -> Sample {
        self.page_titled(anchor, self.title)
    }

    /// As [`Self::page`], under another title such as "CANCELLED: ...".
    pub fn page_titled(&self, anchor: DateTime<Utc>, title: &str) -> Sample {
        let price = if self.price.is_empty() { String::new() } else { format!("<p>{}</p>\n", text(self.price)) };
        let body = format!(
            "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>{title} | {provider}</title></head>\n<body><main>\n\
             <h1>{title}</h1>\n<p>{date}, {hours}</p>\n<p>{place}</p>\n<p>{about}</p>\n{price}<p>With {provider}.</p>\n</main></body></html>\n",
            title = text(title),
            provider = text(self.provider),
            date = self.slot.long(anchor),
            hours = self.slot.hours(),
            place = text(&self.where_words()),
            about = text(self.about),
        );
        Sample { path: self.path.to_owned(), content_type: "text/html; charset=utf-8", body }
    }
}
