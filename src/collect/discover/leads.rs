//! Where else a page's events may stand: the feeds and calendars it advertises or embeds, links whose words promise events, and the paths
//! where sites usually have them.
//!
//! Pure.

use ego_tree::NodeRef;
use scraper::{ElementRef, Html, Node};
use url::Url;

use crate::{
    collect::{
        extract::platform::{WayIn, ways_in},
        html,
    },
    domain::{RungName, SourceKind, text::single_line},
};

/// Links of a page that are looked at.
const MOST_LINKS: usize = 3_000;
/// Calendars linked one by one: more are "add to my calendar" beside each event.
const MOST_LINKED_CALENDARS: usize = 3;
/// Where such pages usually are.
const USUAL: &[&str] = &[
    "/events/",
    "/whats-on/",
    "/training/",
    "/courses/",
    "/events/?ical=1",
    "/events.ics",
    "/what-we-do/training/",
    "/training-events/",
    "/news-events/events/",
    "/calendar/",
    "/feed/",
];
/// Words of links that promise events, the plainest first.
const PROMISES: &[&str] = &[
    "events",
    "training",
    "courses",
    "what's on",
    "whats on",
    "workshops",
    "events and training",
    "training and events",
    "cpd",
    "professional development",
    "webinars",
    "calendar",
    "conferences",
    "classes",
    "diary",
    "learning",
    "programme",
    "upcoming",
    "seminars",
    "happenings",
    "meetings",
];

/// An address to try, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lead {
    pub rung: RungName,
    pub url: Url,
    pub kind: SourceKind,
    pub hint: Option<String>,
}

/// The leads of a page: calendars and feeds first, then links, the most promising first; each address once.
pub(super) fn of_page(page: &Html, found_at: Option<&Url>) -> Vec<Lead> {
    let base = html::base(page, found_at);
    let mut out: Vec<Lead> = found_at.map(|at| platforms(page, at)).unwrap_or_default();
    let root = page.root_element();
    for element in html::all(root, "link[rel~=alternate][href], a[href]").into_iter().take(MOST_LINKS) {
        if let Some(lead) = calendar(element, base.as_ref()).or_else(|| feed(element, base.as_ref())) {
            out.push(lead);
        }
    }
    let mut linked_calendars = 0;
    out.retain(|l| {
        linked_calendars += usize::from(l.hint.is_none() && l.rung == RungName::Calendar);
        l.hint.is_some() || l.rung != RungName::Calendar || linked_calendars <= MOST_LINKED_CALENDARS
    });
    out.sort_by_key(|l| l.rung == RungName::Feed);
    out.extend(promising(root, base.as_ref()));
    let mut seen = std::collections::HashSet::new();
    out.retain(|l| Some(&l.url) != found_at && seen.insert(l.url.clone()));
    out
}

/// The machine-readable ways into the platform that made the page.
fn platforms(page: &Html, at: &Url) -> Vec<Lead> {
    let lead = |w: WayIn| {
        let rung = if w.kind == SourceKind::Ical { RungName::Calendar } else { RungName::Platform };
        Lead { rung, url: w.url, kind: w.kind, hint: Some(format!("{}: {}", w.platform, w.why)) }
    };
    // Plain links to calendars are looked at here, where too many of them mean something else.
    ways_in(page, at).into_iter().filter(|w| w.platform != "calendar").map(lead).collect()
}

/// The usual paths of a site.
pub(super) fn common(at: &Url) -> Vec<Lead> {
    let lead = |path: &&str| Some(Lead { rung: RungName::Common, url: at.join(path).ok()?, kind: SourceKind::Auto, hint: None });
    USUAL.iter().filter_map(lead).collect()
}

/// A calendar that is linked, advertised or embedded.
fn calendar(element: ElementRef<'_>, base: Option<&Url>) -> Option<Lead> {
    let href = html::attr(element, "href")?;
    let lead = |url: Url, hint: Option<&str>| Lead { rung: RungName::Calendar, url, kind: SourceKind::Ical, hint: hint.map(str::to_owned) };
    if let Some(rest) = href.strip_prefix("webcal://").or_else(|| href.strip_prefix("webcals://")) {
        return Some(lead(html::absolute(None, &format!("https://{rest}"))?, Some("to subscribe to")));
    }
    let url = html::absolute(base, href)?;
    if element.attr("type") == Some("text/calendar") {
        return Some(lead(url, Some("advertised")));
    }
    let is_file = url.path().to_ascii_lowercase().ends_with(".ics");
    let asks_for_one = url.query_pairs().any(|(k, v)| matches!((&*k, &*v), ("ical" | "outlook-ical", "1") | ("format", "ical" | "ics")));
    (is_file || asks_for_one).then(|| lead(url, None))
}

/// A feed that the page advertises, comments apart.
fn feed(element: ElementRef<'_>, base: Option<&Url>) -> Option<Lead> {
    let kind = element.attr("type").unwrap_or_default();
    let is_feed = matches!(kind, "application/rss+xml" | "application/atom+xml" | "application/feed+json");
    let url = html::absolute(base, html::attr(element, "href")?)?;
    if !is_feed || url.path().contains("/comments/") {
        return None;
    }
    let hint = html::attr(element, "title").map(|t| format!("“{}”", single_line(t, 80)));
    Some(Lead { rung: RungName::Feed, url, kind: SourceKind::Feed, hint })
}

/// Links of the same site whose words promise events, the plainest first.
fn promising(root: ElementRef<'_>, base: Option<&Url>) -> Vec<Lead> {
    let mut found: Vec<(usize, usize, Lead)> = Vec::new();
    for a in html::all(root, "a[href]").into_iter().take(MOST_LINKS) {
        let Some(url) = html::attr(a, "href").and_then(|h| html::absolute(base, h)) else { continue };
        let words = words_of(a);
        let Some(rank) = rank(&words, &url).filter(|_| same_site(&url, base) && is_page(&url)) else { continue };
        let depth = url.path_segments().map_or(0, |s| s.filter(|p| !p.is_empty()).count());
        let mut url = url;
        url.set_fragment(None);
        found.push((rank, depth, Lead { rung: RungName::Linked, url, kind: SourceKind::Auto, hint: Some(format!("a link says “{words}”")) }));
    }
    found.sort_by_key(|(rank, depth, _)| (*rank, *depth));
    found.into_iter().map(|(_, _, lead)| lead).collect()
}

/// Whether an address can be a page: its last part has no ending of a file, or a page's.
fn is_page(url: &Url) -> bool {
    let last = url.path().rsplit('/').next().unwrap_or_default();
    last.rsplit_once('.').is_none_or(|(_, ending)| matches!(ending, "html" | "htm" | "php" | "asp" | "aspx" | "jsp"))
}

/// How plainly a link promises events: its words are such a word, or begin with one, or its last part of path is one. Long words are headlines.
fn rank(words: &str, url: &Url) -> Option<usize> {
    let lower = words.to_lowercase().replace('’', "'").replace('&', "and");
    let lower = lower.trim().trim_start_matches("our ").trim_start_matches("all ").trim_start_matches("view ").trim_start_matches("upcoming ").trim();
    if lower.chars().count() > 40 {
        return None;
    }
    if let Some(at) = PROMISES.iter().position(|p| *p == lower) {
        return Some(at);
    }
    let slug = url.path_segments().and_then(|s| { s }.rfind(|p| !p.is_empty())).unwrap_or_default().to_lowercase().replace(['-', '_'], " ");
    if let Some(at) = PROMISES.iter().position(|p| p.replace('\'', "") == slug) {
        return Some(100 + at);
    }
    let begins = |p: &str| lower.split(|c: char| !c.is_alphanumeric() && c != '\'').any(|w| w == p);
    PROMISES.iter().position(|p| begins(p)).map(|at| 200 + at)
}

/// The words of a link, or what an image in it is called.
fn words_of(a: ElementRef<'_>) -> String {
    let text: String = a.descendants().filter_map(|n: NodeRef<'_, Node>| n.value().as_text().map(|t| t.to_string())).collect::<Vec<_>>().join(" ");
    let named = || html::attr(a, "aria-label").or_else(|| html::attr(a, "title")).unwrap_or_default().to_owned();
    let words = single_line(&text, 60);
    if words.is_empty() { single_line(&named(), 60) } else { words }
}

/// The same host, or one below or above it: `events.museum.example` for `www.museum.example`.
fn same_site(url: &Url, base: Option<&Url>) -> bool {
    let host = |u: &Url| u.host_str().unwrap_or_default().trim_start_matches("www.").to_owned();
    let Some(base) = base else { return false };
    let (a, b) = (host(url), host(base));
    a == b || a.ends_with(&format!(".{b}")) || b.ends_with(&format!(".{a}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(page: &str, expected: &[&str]) {
        let at = Url::parse("https://www.museum.example/").unwrap();
        let found: Vec<String> = of_page(&html::parse(page).html, Some(&at)).iter().map(|l| format!("{}: {}", l.rung, l.url)).collect();
        assert_eq!(found, expected, "{page}");
    }

    #[test]
    fn calendars_stand_before_feeds_and_feeds_before_links() {
        check(
            "<link rel=alternate type=application/rss+xml href=/feed/><link rel=alternate type=application/rss+xml href=/comments/feed/>
             <a href='webcal://museum.example/all'>Subscribe</a><a href=/whats-on>What’s on</a><a href=/about>About</a>",
            &[
                "advertised calendar: https://museum.example/all",
                "advertised feed: https://www.museum.example/feed/",
                "linked page: https://www.museum.example/whats-on",
            ],
        );
    }

    #[test]
    fn an_embedded_calendar_is_read_where_it_is_published() {
        check(
            "<iframe src='https://calendar.google.com/calendar/embed?src=abc%40group.calendar.google.com&ctz=Europe/London'></iframe>
             <iframe src='https://outlook.office365.com/owa/calendar/aaa@b.example/ccc/calendar.html'></iframe>
             <a href='https://teamup.com/ksabcdefghijkl'>Diary</a><a href='https://outlook.office365.com/owa/calendar/x/bookings/'>Book</a>",
            &[
                "advertised calendar: https://calendar.google.com/calendar/ical/abc@group.calendar.google.com/public/basic.ics",
                "advertised calendar: https://outlook.office365.com/owa/calendar/aaa@b.example/ccc/calendar.ics",
                "advertised calendar: https://ics.teamup.com/feed/ksabcdefghijkl/0.ics",
            ],
        );
    }

    #[test]
    fn the_plainest_promise_is_tried_first() {
        check(
            "<a href=/news/our-training-day-was-a-success>Our training day was a success for everybody who came along</a><a href=/learn/training/dyes>Training in dyes</a>
             <a href=/learn/training>Training</a><a href=https://events.museum.example/>Events</a><a href=https://other.example/events>Events</a>",
            &[
                "linked page: https://events.museum.example/",
                "linked page: https://www.museum.example/learn/training",
                "linked page: https://www.museum.example/learn/training/dyes",
            ],
        );
    }

    #[test]
    fn add_to_calendar_beside_each_event_is_no_calendar_of_events() {
        let page = "<a href='/event/N.ics'>Add to calendar</a>"
            .repeat(20)
            .split('N')
            .zip(0..)
            .map(|(part, i)| part.to_owned() + &i.to_string())
            .collect::<String>();
        assert_eq!(of_page(&html::parse(&page).html, Url::parse("https://a.example/").ok().as_ref()).len(), MOST_LINKED_CALENDARS);
    }
}
