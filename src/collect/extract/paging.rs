//! Where a list goes on, and which events have pages of their own worth reading.
//!
//! Never leaves the host, and never goes to a different list: only what counts pages or days may differ in the address.

use std::collections::HashSet;

use scraper::{ElementRef, Html};
use url::Url;

use crate::collect::html;
use crate::domain::{Method, RawEvent};

/// Most links of a page that are looked at.
const MOST_LINKS: usize = 5_000;

/// The next page of the list: `rel=next`, a link that says so, or the number after the current one.
pub fn next(page: &Html, base: Option<&Url>, here: Option<&Url>) -> Option<Url> {
    let here = here.or(base)?;
    let root = page.root_element();
    let target = |a: ElementRef<'_>| {
        let href = html::attr(a, "href").or_else(|| html::attr(a, "data-href")).or_else(|| html::attr(a, "data-url"))?;
        html::absolute(base, href).filter(|to| is_further(here, to))
    };
    let related = html::all(root, "link[rel~=next][href], a[rel~=next][href]").into_iter().find_map(target);
    let links = || html::all(root, "a[href], button[data-href], button[data-url]").into_iter().take(MOST_LINKS);
    related.or_else(|| links().filter(|a| says_next(*a)).find_map(target)).or_else(|| {
        let number = |url: &Url| page_number(url).unwrap_or(1);
        links().filter(|a| html::line(*a).parse::<u32>().is_ok()).filter_map(target).find(|to| number(to) == number(here) + 1)
    })
}

/// "Next", "Next page »", "Load more", "Older events", an arrow.
fn says_next(a: ElementRef<'_>) -> bool {
    const WORDS: [&str; 16] = [
        "next",
        "next page",
        "load more",
        "show more",
        "more events",
        "older",
        "older events",
        "older posts",
        "later events",
        "next events",
        "load more events",
        "show more events",
        "view more events",
        "next results",
        "see more events",
        "next month",
    ];
    let says = |words: &str| {
        let words = words.to_lowercase();
        let bare = words.trim_matches(|c: char| !c.is_alphanumeric());
        WORDS.contains(&bare) || matches!(words.trim(), "›" | "»" | "→" | ">" | ">>")
    };
    let labels = ["aria-label", "title"].into_iter().filter_map(|l| html::attr(a, l)).any(says);
    labels || says(&html::line(a))
}

/// Whether an address is the same list further on.
fn is_further(here: &Url, to: &Url) -> bool {
    let mut plain = to.clone();
    plain.set_fragment(None);
    let mut own = here.clone();
    own.set_fragment(None);
    plain != own
        && to.host_str() == here.host_str()
        && to.port_or_known_default() == here.port_or_known_default()
        && list_of(here) == list_of(to)
        && page_number(to).unwrap_or(1) >= page_number(here).unwrap_or(1)
}

/// Keys of a query that count pages.
const PAGING: [&str; 20] = [
    "page",
    "paged",
    "p",
    "pg",
    "pageno",
    "pagenum",
    "page_number",
    "pagenumber",
    "pageindex",
    "offset",
    "start",
    "skip",
    "from",
    "cursor",
    "after",
    "before",
    "tribe_paged",
    "tribe-bar-date",
    "month",
    "date",
];

/// What stays the same from page to page of one list: its path without numbers and its query without counters.
fn list_of(url: &Url) -> (Vec<String>, Vec<(String, String)>) {
    let counts = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'-') || matches!(s, "page" | "p" | "pages");
    let numbered =
        |s: &str| s.strip_prefix("page-").or_else(|| s.strip_prefix('p')).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let segments = url.path_segments().into_iter().flatten().map(str::to_lowercase).filter(|s| !counts(s) && !numbered(s)).collect();
    let mut query: Vec<(String, String)> = url.query_pairs().map(|(k, v)| (k.to_lowercase(), v.into_owned())).collect();
    query.retain(|(k, _)| !PAGING.contains(&k.as_str()) && !k.ends_with("page"));
    query.sort();
    (segments, query)
}

/// The number of a page in its address; none on the first.
fn page_number(url: &Url) -> Option<u32> {
    let counted = |k: &str| {
        matches!(k, "page" | "paged" | "p" | "pg" | "pageno" | "pagenum" | "page_number" | "pagenumber" | "pageindex" | "tribe_paged")
            || k.ends_with("page")
    };
    let query = url.query_pairs().find(|(k, _)| counted(&k.to_lowercase())).and_then(|(_, v)| v.parse().ok());
    query.or_else(|| {
        let path: Vec<&str> = url.path_segments()?.filter(|s| !s.is_empty()).collect();
        let at = path.iter().position(|s| matches!(*s, "page" | "p"))?;
        path.get(at + 1)?.parse().ok()
    })
}

/// The pages of events whose list does not state a time or a place, in step with the events; empty when the records have no pages of their own.
pub fn details(events: &[RawEvent], base: Option<&Url>) -> Vec<Option<Url>> {
    let own = |e: &RawEvent| -> Option<Url> {
        let url = Url::parse(e.url.as_deref()?).ok()?;
        let here = base?;
        (url.host_str() == here.host_str() && url.path() != here.path() && !is_file(&url)).then_some(url)
    };
    let lacking = |e: &RawEvent| e.method == Method::Repeated && !(has_time(e) && e.place.words.is_some());
    let pages: Vec<Option<Url>> = events.iter().map(own).collect();
    let different: HashSet<&Url> = pages.iter().flatten().collect();
    // Links that many records share are not their pages.
    if different.is_empty() || 5 * different.len() < 4 * events.len() {
        return Vec::new();
    }
    let wanted: Vec<Option<Url>> = events.iter().zip(&pages).map(|(e, page)| page.clone().filter(|_| lacking(e))).collect();
    if wanted.iter().any(Option::is_some) { wanted } else { Vec::new() }
}

fn has_time(event: &RawEvent) -> bool {
    event.date_words.as_deref().is_some_and(super::repeated::words::has_clock) || event.start.as_ref().is_some_and(|s| s.value.time().is_some())
}

fn is_file(url: &Url) -> bool {
    let last = url.path().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    [".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".ics", ".jpg", ".png", ".zip", ".mp3", ".mp4"].iter().any(|e| last.ends_with(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(links: &str, expected: Option<&str>) {
        let here = Url::parse("https://museum.example/events?type=training").unwrap();
        let page = html::parse(links);
        let found = next(&page.html, Some(&here), Some(&here));
        assert_eq!(found.as_ref().map(Url::as_str), expected, "{links}");
    }

    #[test]
    fn a_list_goes_on_where_it_says_so() {
        check("<link rel=next href='/events?type=training&page=2'>", Some("https://museum.example/events?type=training&page=2"));
        check("<a href='/events/page/2?type=training'>Next »</a>", Some("https://museum.example/events/page/2?type=training"));
        check("<a href='?type=training&offset=20'>Load more</a>", Some("https://museum.example/events?type=training&offset=20"));
        check(
            "<b>1</b><a href='?type=training&page=2'>2</a><a href='?type=training&page=3'>3</a>",
            Some("https://museum.example/events?type=training&page=2"),
        );
    }

    #[test]
    fn another_list_or_host_is_not_the_next_page() {
        check("<a rel=next href='/news/old-roof'>Next</a>", None);
        check("<a rel=next href='https://other.example/events?type=training&page=2'>Next</a>", None);
        check("<a href='/events?type=concerts&page=2'>Next</a>", None);
        check("<a href='/events?type=training'>Next</a>", None);
        check("<a href='/events?type=training#top'>Next</a>", None);
    }

    fn listed(words: &str, url: &str) -> RawEvent {
        let mut event = RawEvent::new(Method::Repeated, "Pests");
        event.date_words = Some(words.to_owned());
        event.url = Some(url.to_owned());
        event
    }

    #[test]
    fn events_that_lack_facts_are_read_on_their_own_pages() {
        let base = Url::parse("https://museum.example/events").unwrap();
        let mut full = listed("4 May 2027, 10am", "https://museum.example/e/1");
        full.place.words = Some("Hull".into());
        let events = [full, listed("5 May 2027", "https://museum.example/e/2")];
        assert_eq!(details(&events, Some(&base)), [None, Some(Url::parse("https://museum.example/e/2").unwrap())]);
        let booking = [listed("4 May 2027", "https://museum.example/book"), listed("5 May 2027", "https://museum.example/book")];
        assert!(details(&booking, Some(&base)).is_empty());
        assert!(details(&[listed("4 May 2027", "https://tickets.example/1")], Some(&base)).is_empty());
    }
}
