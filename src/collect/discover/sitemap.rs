//! Sitemaps (sitemaps.org 0.9): which pages of a site look like events, newest first.
//!
//! Pure. Bounded in entries; an index is read one level deep by whoever asks.

use std::collections::HashSet;

use quick_xml::{Reader, events::Event};
use url::Url;

use crate::collect::html;

/// Where sitemaps are.
pub const USUAL: &[&str] = &["/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml"];
/// Entries that are read of one file; the format allows 50,000.
const MOST_ENTRIES: usize = 50_000;
/// Words of a path below which each page is an event.
const SECTIONS: &[&str] = &[
    "event",
    "events",
    "training",
    "course",
    "courses",
    "workshop",
    "workshops",
    "whats-on",
    "what-s-on",
    "webinar",
    "webinars",
    "conference",
    "conferences",
    "happenings",
    "programme",
    "class",
    "classes",
    "seminar",
    "seminars",
    "cpd",
    "calendar",
    "session",
    "sessions",
    "exhibition",
    "exhibitions",
];
/// Parts of a path that mark a list, not an event.
const LISTS: &[&str] = &[
    "category",
    "categories",
    "tag",
    "tags",
    "page",
    "archive",
    "author",
    "feed",
    "venue",
    "organiser",
    "organizer",
    "series",
    "list",
    "month",
    "day",
];

/// A page that a sitemap names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub url: Url,
    /// When it was last changed, as printed (W3C date and time: sorts as text).
    pub changed: Option<String>,
}

/// One sitemap file.
#[derive(Debug, Default)]
pub struct Sitemap {
    pub pages: Vec<Entry>,
    /// Further sitemaps, when the file is an index.
    pub children: Vec<Entry>,
}

/// Reads a sitemap. What is no sitemap is an empty one.
#[must_use]
pub fn read(body: &[u8]) -> Sitemap {
    let text = String::from_utf8_lossy(body);
    let mut reader = Reader::from_str(&text);
    let mut out = Sitemap::default();
    let mut open = Open::default();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(e) => open.start(e.local_name().as_ref()),
            Event::Text(t) => open.words.push_str(&t.xml10_content()),
            Event::CData(t) => open.words.push_str(&t.xml10_content()),
            Event::GeneralRef(r) => open.words.push_str(if &*r.xml10_content() == "amp" { "&" } else { "" }),
            Event::End(e) => open.end(e.local_name().as_ref(), &mut out),
            Event::Eof => break,
            _ => {}
        }
        if out.pages.len() + out.children.len() >= MOST_ENTRIES {
            break;
        }
    }
    out
}

/// The entry that is being read.
#[derive(Default)]
struct Open {
    words: String,
    url: Option<Url>,
    changed: Option<String>,
}

impl Open {
    fn start(&mut self, name: &str) {
        self.words.clear();
        if matches!(name, "url" | "sitemap") {
            *self = Self::default();
        }
    }

    fn end(&mut self, name: &str, out: &mut Sitemap) {
        let words = self.words.trim();
        match name {
            "loc" if self.url.is_none() => self.url = html::absolute(None, words),
            "lastmod" => self.changed = Some(words.chars().take(40).collect()).filter(|w: &String| !w.is_empty()),
            "url" | "sitemap" => {
                if let Some(url) = self.url.take() {
                    let list = if name == "url" { &mut out.pages } else { &mut out.children };
                    list.push(Entry { url, changed: self.changed.take() });
                }
            }
            _ => {}
        }
        self.words.clear();
    }
}

impl Sitemap {
    /// The pages of the same site that look like events, newest change first, each once.
    #[must_use]
    pub fn events(&self, site: &Url) -> Vec<Entry> {
        let mut seen = HashSet::new();
        let mut found: Vec<Entry> =
            self.pages.iter().filter(|e| same_site(&e.url, site) && looks_like_event(&e.url) && seen.insert(e.url.as_str())).cloned().collect();
        found.sort_by(|a, b| b.changed.cmp(&a.changed));
        found
    }

    /// The children of an index that most likely name events: those whose names say so, then the others.
    #[must_use]
    pub fn promising(&self, most: usize) -> Vec<Url> {
        let mut urls: Vec<&Url> = self.children.iter().map(|e| &e.url).collect();
        urls.sort_by_key(|u| !parts(u).any(|p| words(&p).any(|w| SECTIONS.contains(&w))));
        urls.into_iter().take(most).cloned().collect()
    }
}

/// The same host, with or without `www.`.
fn same_site(a: &Url, b: &Url) -> bool {
    let host = |u: &Url| u.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
    host(a) == host(b)
}

fn parts(url: &Url) -> impl Iterator<Item = String> {
    url.path().split('/').filter(|p| !p.is_empty()).map(str::to_lowercase).collect::<Vec<_>>().into_iter()
}

fn words(part: &str) -> impl Iterator<Item = &str> {
    part.split(|c: char| !c.is_alphanumeric() && c != '\'')
}

/// `/events/<name>`, `/training/2027/<name>`: a page below a section of events, and no list.
fn looks_like_event(url: &Url) -> bool {
    let parts: Vec<String> = parts(url).collect();
    let Some(section) = parts.iter().position(|p| SECTIONS.contains(&p.as_str())) else { return false };
    section + 1 < parts.len() && !parts.iter().any(|p| LISTS.contains(&p.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:image='x'>
        <url><loc>https://a.example/events/looms?x=1&amp;y=2</loc><lastmod>2026-11-01</lastmod><image:image><image:loc>https://a.example/i.png</image:loc></image:image></url>
        <url><loc><![CDATA[https://www.a.example/training/dyes/]]></loc><lastmod>2026-11-20T10:00:00+00:00</lastmod></url>
        <url><loc>https://a.example/events/</loc></url>
        <url><loc>https://a.example/events/category/textiles/</loc></url>
        <url><loc>https://a.example/news/our-events</loc></url>
        <url><loc>https://b.example/events/elsewhere</loc></url>
        <url><loc>javascript:alert(1)</loc></url></urlset>";

    #[test]
    fn pages_that_look_like_events_are_found_newest_first() {
        let found = read(MAP.as_bytes()).events(&Url::parse("https://a.example/").unwrap());
        let shown: Vec<&str> = found.iter().map(|e| e.url.as_str()).collect();
        assert_eq!(shown, ["https://www.a.example/training/dyes/", "https://a.example/events/looms?x=1&y=2"]);
    }

    #[test]
    fn an_index_is_opened_where_its_names_promise_events() {
        let index = "<sitemapindex><sitemap><loc>https://a.example/post-sitemap.xml</loc></sitemap>\
            <sitemap><loc>https://a.example/tribe_events-sitemap.xml</loc></sitemap></sitemapindex>";
        assert_eq!(read(index.as_bytes()).promising(1)[0].as_str(), "https://a.example/tribe_events-sitemap.xml");
    }

    #[test]
    fn what_is_no_sitemap_is_an_empty_one() {
        for body in [&b"<html><url><loc>x"[..], b"", b"\xff\xfe\0", b"<!DOCTYPE a [<!ENTITY b 'c'>]><urlset><url><loc>&b;</loc></url></urlset>"] {
            let read = read(body);
            assert!(read.pages.is_empty() && read.children.is_empty());
        }
    }
}
