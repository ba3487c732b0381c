//! Real documents over real HTTP, collected twice: what is found agrees with what maintained scrapers find in the same documents, and the
//! second look finds nothing new. The documents are third parties' and lie beside the project, not in it; without them the tests say so and end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use gleaner::{
    domain::{Selectors, Session, SourceId, SourceKind, When},
    store::listing::Listing,
};
use serde::Deserialize;

use crate::{
    collecting::{Desk, american, source},
    dkim::has,
    site::{Answer, Site},
};

fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    has("the corpus of real documents (../shared/corpus)", path.is_dir()).then_some(path)
}

/// A listing page's expectation, as a maintained scraper reads it.
#[derive(Deserialize)]
struct Case {
    file: String,
    as_of: NaiveDate,
    timezone: Tz,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    title: String,
    /// Civil time; midnight where the page prints a day only.
    start: chrono::NaiveDateTime,
    end: Option<chrono::NaiveDateTime>,
    location_name: String,
}

fn case(corpus: &Path, id: &str) -> Case {
    let cases = fs::read_to_string(corpus.join("pages/cases.jsonl")).unwrap();
    let line = cases.lines().find(|l| l.contains(&format!("\"id\": \"{id}\""))).unwrap();
    serde_json::from_str(line).unwrap()
}

fn instant(day: NaiveDate) -> String {
    format!("{day}T12:00:00Z")
}

/// Serves a file with an ETag, so that a second look can be answered with 304.
fn serve(site: &Site, path: &str, content_type: &str, file: &Path) -> String {
    let body = fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    site.set(path, Answer::ok(content_type, body).with("etag", "\"first\""));
    site.url(path)
}

/// Collects a second time and checks that it changes nothing.
async fn again(desk: &Desk, sources: &[SourceId], now: &str) {
    let before = (desk.rows("revision").await, desk.rows("event").await, desk.rows("event_change").await);
    let failed = usize::try_from(desk.rows("source WHERE health = 'failed'").await).unwrap();
    let report = desk.look(sources, now).await;
    assert_eq!((report.new, report.changed, report.events), (0, 0, 0), "{report:?}");
    assert_eq!(report.failed, failed, "{report:?}");
    assert_eq!((desk.rows("revision").await, desk.rows("event").await, desk.rows("event_change").await), before);
}

/// The civil start without the time where only a day was stated.
fn civil(when: &When, zone: Tz) -> String {
    match when {
        When::Minute(at) => at.with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string(),
        other => other.to_string(),
    }
}

fn starts(listings: &[Listing]) -> BTreeSet<String> {
    listings.iter().filter_map(|l| Some(civil(&l.candidate.facts.start.as_ref()?.value, l.candidate.zone))).collect()
}

fn expected_start(item: &Item) -> String {
    if item.start.time() == chrono::NaiveTime::MIN { item.start.date().to_string() } else { item.start.format("%Y-%m-%dT%H:%M").to_string() }
}

#[tokio::test]
async fn a_page_with_structured_data_yields_its_event_once() {
    let Some(corpus) = corpus() else { return };
    let (site, desk) = (Site::start().await, Desk::open().await);
    let case = case(&corpus, "city-scrapers:chi_ssa_25:d4c508d");
    let url = serve(&site, "/calendar", "text/html; charset=utf-8", &corpus.join("pages").join(&case.file));
    let id = desk.add(american(url, SourceKind::Auto, None)).await;
    let report = desk.look(&[id], &instant(case.as_of)).await;
    assert_eq!((report.failed, report.listings), (0, 1), "{report:?}");
    let (item, event) = (&case.items[0], desk.event().await);
    assert_eq!(event.title, item.title);
    let start = event.facts.start.as_ref().unwrap();
    assert_eq!(start.value.to_string(), "2019-11-19T09:00:00-06:00", "{}", start.evidence.words);
    assert_eq!(civil(&event.facts.end.as_ref().unwrap().value, case.timezone), item.end.unwrap().format("%Y-%m-%dT%H:%M").to_string());
    assert_eq!(event.facts.venue.as_ref().unwrap().value, item.location_name);
    desk.assert_evidence().await;
    again(&desk, &[id], &instant(case.as_of)).await;
    assert_eq!(site.asked("/calendar").len(), 2);
    assert_eq!(site.asked("/calendar")[1]["if-none-match"], "\"first\"");
}

#[tokio::test]
async fn concerts_marked_up_on_a_page_keep_their_offsets_and_places() {
    let Some(corpus) = corpus() else { return };
    let (site, desk) = (Site::start().await, Desk::open().await);
    let samples = corpus.join("pages/structured/scrapinghub+extruct/tests/samples/songkick");
    let url = serve(&site, "/artist", "text/html; charset=utf-8", &samples.join("elysianfields.html"));
    let id = desk.add(american(url, SourceKind::Auto, None)).await;
    let now = "2016-10-20T12:00:00Z";
    desk.look(&[id], now).await;
    let gold: serde_json::Value = serde_json::from_slice(&fs::read(samples.join("elysianfields.json")).unwrap()).unwrap();
    let gold: Vec<&serde_json::Value> = gold["json-ld"].as_array().unwrap().iter().filter(|v| v["@type"] == "MusicEvent").collect();
    let events = desk.events().await;
    assert_eq!(events.len(), gold.len());
    for want in gold {
        let start = DateTime::parse_from_str(want["startDate"].as_str().unwrap(), "%Y-%m-%dT%H:%M:%S%z").unwrap();
        let found = events.iter().find(|e| e.facts.start.as_ref().is_some_and(|s| s.value.earliest(e.zone) == start)).unwrap();
        assert_eq!(found.title, want["name"]);
        assert_eq!(found.facts.venue.as_ref().unwrap().value, want["location"]["name"]);
        assert_eq!(found.facts.town.as_ref().unwrap().value, want["location"]["address"]["addressLocality"]);
        let words = &found.facts.start.as_ref().unwrap().evidence.words;
        assert!(words.contains(want["startDate"].as_str().unwrap()), "evidence is verbatim: {words}");
    }
    desk.assert_evidence().await;
    again(&desk, &[id], now).await;
}

#[tokio::test]
async fn a_plain_page_is_read_by_the_operators_rules() {
    let Some(corpus) = corpus() else { return };
    let (site, desk) = (Site::start().await, Desk::open().await);
    let case = case(&corpus, "city-scrapers:il_sports_facilities_authority:d4c508d");
    let file = corpus.join("pages").join(&case.file);
    let rules =
        |item: &str, title: &str| Selectors { item: item.into(), title: title.into(), date: Some(String::new()), pages: 1, ..Selectors::default() };
    // One page, two lists of different make: what is ahead, and the archive.
    let ahead = serve(&site, "/meetings?ahead", "text/html; charset=utf-8", &file);
    let ahead = desk.add(american(ahead, SourceKind::Page, Some(rules("#post-area h2 b:not(:has(b)):not(:has(u))", "^ h2 u")))).await;
    let past = serve(&site, "/meetings?past", "text/html; charset=utf-8", &file);
    let past = desk.add(american(past, SourceKind::Page, Some(rules("#post-area h2 ~ h2 ~ h2 ~ p", "")))).await;
    let now = instant(case.as_of);
    let report = desk.look(&[ahead, past], &now).await;
    assert_eq!((report.failed, report.listings), (0, case.items.len()), "{report:?}");
    let want = |ahead: bool| case.items.iter().filter(|i| (i.start.date() > case.as_of) == ahead).map(expected_start).collect::<BTreeSet<_>>();
    assert_eq!(starts(&desk.listings_from(ahead).await), want(true), "dates month first, times in the page's zone");
    assert_eq!(starts(&desk.listings_from(past).await), want(false));
    for listing in desk.listings_from(past).await {
        let start = civil(&listing.candidate.facts.start.as_ref().unwrap().value, case.timezone);
        let names: Vec<&str> = case.items.iter().filter(|i| expected_start(i) == start).map(|i| i.title.split([' ', ',']).next().unwrap()).collect();
        assert!(names.iter().any(|n| listing.candidate.title.starts_with(n)), "{start}: {} is none of {names:?}", listing.candidate.title);
    }
    desk.assert_evidence().await;
    again(&desk, &[ahead, past], &now).await;
}

#[tokio::test]
async fn rows_under_headings_are_named_by_their_heading() {
    let Some(corpus) = corpus() else { return };
    let (site, desk) = (Site::start().await, Desk::open().await);
    let case = case(&corpus, "city-scrapers:cook_hospitals:292e3f2");
    let url = serve(&site, "/committees", "text/html; charset=utf-8", &corpus.join("pages").join(&case.file));
    let rules = Selectors {
        item: "table.table tbody tr".into(),
        title: "^ .panel-title".into(),
        date: Some("[data-title='Meeting Information']".into()),
        place: Some("[data-title='Meeting Information']".into()),
        pages: 1,
        ..Selectors::default()
    };
    let id = desk.add(american(url, SourceKind::Page, Some(rules))).await;
    let now = instant(case.as_of);
    let report = desk.look(&[id], &now).await;
    assert_eq!(report.failed, 0, "{report:?}");
    let listings = desk.listings_from(id).await;
    // The scraper leaves out what was half a year past; every sitting it knows is there under its committee.
    let found: BTreeSet<(String, String)> = listings
        .iter()
        .map(|l| (l.candidate.title.clone(), l.candidate.facts.start.as_ref().map(|s| civil(&s.value, case.timezone)).unwrap_or_default()))
        .collect();
    for item in &case.items {
        let start = expected_start(item);
        assert!(found.iter().any(|(title, at)| title.contains(&item.title) && *at == start), "{} {start} is not in {found:#?}", item.title);
    }
    assert!(listings.iter().all(|l| l.candidate.facts.start.is_some()), "every row prints a date");
    desk.assert_evidence().await;
    again(&desk, &[id], &now).await;
}

/// One line of windows.csv.
struct Window {
    from: NaiveDate,
    to: NaiveDate,
    count: usize,
    /// The first fifty.
    starts: Vec<String>,
}

fn windows(corpus: &Path) -> BTreeMap<String, Vec<Window>> {
    let mut out: BTreeMap<String, Vec<Window>> = BTreeMap::new();
    for line in fs::read_to_string(corpus.join("ics/windows.csv")).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.rsplitn(5, ',').collect();
        let &[starts, count, to, from, path] = cells.as_slice() else { panic!("{line}") };
        let starts: Vec<String> = starts.split(';').filter(|s| !s.is_empty()).map(str::to_owned).collect();
        out.entry(path.to_owned()).or_default().push(Window {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            count: count.parse().unwrap(),
            starts,
        });
    }
    out
}

/// The sittings of collected listings that overlap a window of whole days, as windows.csv prints them.
fn sittings(listings: &[Listing], window: &Window) -> Vec<String> {
    let mut out = Vec::new();
    for listing in listings {
        let (facts, zone) = (&listing.candidate.facts, listing.candidate.zone);
        let alone = || facts.start.iter().map(|s| Session { start: s.value, end: facts.end.as_ref().map(|e| e.value) }).collect();
        let sessions: Vec<Session> = if facts.sessions.is_empty() { alone() } else { facts.sessions.clone() };
        let day = |d: NaiveDate| When::Day(d).earliest(zone);
        for s in sessions {
            let (start, end) = (s.start.earliest(zone), s.end.unwrap_or(s.start).latest(zone));
            if start < day(window.to) && end > day(window.from) {
                out.push(s.start.to_string());
            }
        }
    }
    out.sort();
    out
}

#[tokio::test]
async fn calendars_yield_the_sittings_that_their_rules_mean() {
    let Some(corpus) = corpus() else { return };
    let folder = "niccokunzmann+python-recurring-ical-events/recurring_ical_events/test/calendars";
    let windows = windows(&corpus);
    for name in ["Germany.ics", "issue_28_rrule_with_UTC_endinginZ.ics", "recurring_events_moved.ics"] {
        let (site, desk) = (Site::start().await, Desk::open().await);
        let path = format!("{folder}/{name}");
        let url = serve(&site, "/calendar.ics", "text/calendar; charset=utf-8", &corpus.join("ics").join(&path));
        let id = desk.add(source(url, SourceKind::Ical)).await;
        let now = instant(windows[&path][0].from);
        let report = desk.look(&[id], &now).await;
        assert_eq!(report.failed, 0, "{name}: {report:?}");
        let listings = desk.listings_from(id).await;
        for window in &windows[&path] {
            let found = sittings(&listings, window);
            assert_eq!(found.len(), window.count, "{name} {} to {}: {found:?}", window.from, window.to);
            assert_eq!(found[..window.starts.len()], window.starts, "{name} {} to {}", window.from, window.to);
        }
        desk.assert_evidence().await;
        again(&desk, &[id], &now).await;
    }
}

#[tokio::test]
async fn feeds_of_posts_are_accepted_and_no_event_is_made_up() {
    let Some(corpus) = corpus() else { return };
    let (site, desk) = (Site::start().await, Desk::open().await);
    let mut names: Vec<PathBuf> = fs::read_dir(corpus.join("feeds/feed-rs+feed-rs/feed-rs/fixture/rss2"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "xml"))
        .collect();
    names.sort();
    let mut ids = Vec::new();
    for file in &names {
        let path = format!("/{}", file.file_name().unwrap().to_string_lossy());
        ids.push(desk.add(source(serve(&site, &path, "application/rss+xml", file), SourceKind::Feed)).await);
    }
    let now = "2021-06-01T12:00:00Z";
    let report = desk.look(&ids, now).await;
    let failed: Vec<&str> = report.failures.iter().map(|f| f.url.as_str()).collect();
    assert!(failed.iter().all(|f| f.contains("invalid")), "{:#?}", report.failures);
    for listing in desk.listings().await {
        // Whatever is taken for a date stands in the item's own words; when it was posted is no event's date.
        let Some(start) = &listing.candidate.facts.start else { continue };
        let own = format!("{}\n{}", listing.candidate.title, listing.candidate.text);
        let words: String = start.evidence.words.trim_end_matches('…').split_whitespace().collect();
        let own: String = own.split_whitespace().collect();
        assert!(own.contains(&words), "{}: {:?} is not in its words", listing.candidate.title, start.evidence.words);
    }
    desk.assert_evidence().await;
    again(&desk, &ids, now).await;
}

#[derive(Deserialize)]
struct Issue {
    issue_date: NaiveDate,
    events: Vec<Announced>,
}

#[derive(Deserialize)]
struct Announced {
    title: String,
    start: String,
    url: Option<String>,
}

#[tokio::test]
async fn newsletters_in_a_mailbox_yield_what_they_announce() {
    let Some(corpus) = corpus() else { return };
    let desk = Desk::open().await;
    let folder = corpus.join("mail/this-week-in-rust");
    let mut issues: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "eml")).collect();
    issues.sort();
    let maildir = desk.dir.path().join("Maildir");
    for part in ["new", "cur", "tmp"] {
        fs::create_dir_all(maildir.join(part)).unwrap();
    }
    let id = desk.add(source(maildir.to_string_lossy(), SourceKind::Mailbox)).await;
    let (mut wanted, mut met) = (0, 0);
    let mut last = String::new();
    for (number, file) in issues.iter().rev().take(3).rev().enumerate() {
        fs::copy(file, maildir.join(format!("new/{number}.eml"))).unwrap();
        let issue: Issue = serde_json::from_slice(&fs::read(file.with_extension("json")).unwrap()).unwrap();
        last = instant(issue.issue_date);
        let report = desk.look(&[id], &last).await;
        assert_eq!(report.failed, 0, "{report:?}");
        let listings = desk.listings_from(id).await;
        wanted += issue.events.len();
        met += issue.events.iter().filter(|e| listings.iter().any(|l| announces(l, e))).count();
    }
    assert!(met * 100 >= wanted * 95, "{met} of {wanted} announced events were found");
    desk.assert_evidence().await;
    again(&desk, &[id], &last).await;
    let changes: i64 = desk.rows("event_change WHERE what = 'start' AND to_be_told").await;
    assert_eq!(changes, 0, "a newer issue's other date is another event, not a reschedule");
}

fn announces(listing: &Listing, announced: &Announced) -> bool {
    let c = &listing.candidate;
    let day = c.facts.start.as_ref().and_then(|s| s.value.day());
    let same_day = day.is_some_and(|d| announced.start.starts_with(&d.to_string()));
    let link =
        |u: &Option<String>| announced.url.as_deref().zip(u.as_deref()).is_some_and(|(a, b)| a.trim_end_matches('/') == b.trim_end_matches('/'));
    same_day && (link(&c.url) || link(&c.booking_url) || c.title.to_lowercase().contains(&announced.title.to_lowercase()))
}
