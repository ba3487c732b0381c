//! The discovery ladder and what follows from its choice, on a real HTTP server.

use gleaner::{
    collect::{
        discover::{Explorer, Rung},
        fetch::Fetcher,
        run::plan_of,
    },
    domain::{AlarmKind, Reading, RungName, SourceId, SourceKind},
    store::plan::{Plan, Way},
    tag::{Tagger, Taxonomy},
};

use crate::{
    collecting::{Desk, at, manners, source},
    program::{page, training_day},
    site::{Answer, Site},
};

const NOW: &str = "2026-11-21T12:00:00Z";

async fn walk(site: &Site, path: &str) -> Vec<Rung> {
    let (fetcher, tagger) = (Fetcher::new(manners()).unwrap(), Tagger::new(Taxonomy::built_in()));
    let reading = Reading::british(at(NOW));
    Explorer { fetcher: &fetcher, tagger: &tagger, reading: &reading }.walk(&site.url(path).parse().unwrap()).await.unwrap()
}

/// The one rung that is chosen.
fn chosen(rungs: &[Rung]) -> &Rung {
    let all: Vec<&Rung> = rungs.iter().filter(|r| r.chosen).collect();
    assert_eq!(all.len(), 1, "{:#?}", rungs.iter().map(|r| (r.name, r.url.as_str(), &r.why)).collect::<Vec<_>>());
    all[0]
}

fn html(body: &str) -> Answer {
    Answer::ok("text/html; charset=utf-8", format!("<!doctype html><html lang=en><head><title>Mill Museum</title></head><body>{body}</body></html>"))
}

/// A page of cards without any markup for programs.
fn cards() -> String {
    let card = |i: usize, (title, date): (&str, &str)| {
        format!("<article class=card><h3><a href=/course/{i}>{title}</a></h3><p>{date}, 10am to 4pm</p><p>The Mill, Leeds</p><p>£45</p></article>")
    };
    let courses = [
        ("Training day: handling textiles", "Tuesday 4 May 2027"),
        ("Workshop: writing museum labels", "Wednesday 12 May 2027"),
        ("Course: pests and mould", "Thursday 20 May 2027"),
        ("Workshop: access audits", "Friday 28 May 2027"),
    ];
    courses.into_iter().enumerate().map(|(i, c)| card(i, c)).collect()
}

fn ics(events: &[(&str, &str)]) -> Answer {
    let event = |(title, day): &(&str, &str)| {
        format!(
            "BEGIN:VEVENT\r\nUID:{day}@mill.example\r\nSUMMARY:{title}\r\nDTSTART;TZID=Europe/London:{day}T100000\r\nDTEND;TZID=Europe/London:{day}T160000\r\nLOCATION:The Mill\\, Leeds\r\nURL:https://mill.example/{day}\r\nDESCRIPTION:A practical training day. Cost: £45\r\nEND:VEVENT\r\n"
        )
    };
    let body: String = events.iter().map(event).collect();
    Answer::ok("text/calendar", format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Mill//EN\r\n{body}END:VCALENDAR\r\n"))
}

#[tokio::test]
async fn a_feed_that_is_a_blog_loses_to_the_page_with_events() {
    let site = Site::start().await;
    site.set("/training", html(&format!("<link rel=alternate type=application/rss+xml title=News href=/feed/><h1>Training</h1>{}", cards())));
    let post = |i: usize, title: &str, text: &str| {
        format!(
            "<item><title>{title}</title><link>https://mill.example/news/{i}</link><pubDate>Tue, 10 Nov 2026 09:00:00 +0000</pubDate><description>{text}</description></item>"
        )
    };
    let posts = [
        post(1, "Our new director begins on 4 January 2027", "We are delighted to announce that our new director joins us on 4 January 2027."),
        post(2, "Job opening: collections assistant", "Apply by 12 December 2026. Salary £24,000."),
        post(3, "A look back at the summer", "Thank you to all who came on 4 July 2026."),
        post(4, "Museum closed for the holidays", "The museum is closed from 24 December 2026 to 2 January 2027."),
    ]
    .concat();
    site.set("/feed/", Answer::ok("application/rss+xml", format!("<rss version='2.0'><channel><title>News</title>{posts}</channel></rss>")));
    let rungs = walk(&site, "/training").await;
    assert_eq!((chosen(&rungs).name, chosen(&rungs).events.len()), (RungName::Repeated, 4));
    let feed = rungs.iter().find(|r| r.name == RungName::Feed).expect("the feed was tried");
    assert!(!feed.chosen && !feed.why.is_empty(), "{feed:?}");
}

#[tokio::test]
async fn a_page_of_jobs_yields_nothing() {
    let site = Site::start().await;
    let job = |i: usize, title: &str, day: &str| {
        format!(
            "<article class=card><h3><a href=/jobs/{i}>{title}</a></h3><p>Salary: £24,000 to £28,000 a year, 37 hours a week</p><p>Closing date: {day} January 2027. Interviews: 2{i} January 2027</p><a href=/jobs/{i}>Apply for this job</a></article>"
        )
    };
    let jobs = [job(1, "Collections assistant", "8"), job(2, "Learning officer (maternity cover)", "9"), job(3, "Head of marketing", "10")].concat();
    site.set("/jobs", html(&format!("<h1>Job vacancies</h1>{jobs}")));
    let rungs = walk(&site, "/jobs").await;
    assert!(
        rungs.iter().all(|r| !r.chosen && r.events.is_empty()),
        "{:#?}",
        rungs.iter().map(|r| (r.name, r.events.len(), &r.why)).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_calendar_with_every_fact_wins_over_the_page_that_shows_the_same() {
    let site = Site::start().await;
    let teaser = |t: &str, d: &str| format!("<li class=row><a href=/c/{}>{t}</a> <span>{d}</span></li>", d.replace(' ', "-"));
    let rows =
        [teaser("Handling textiles", "4 May 2027"), teaser("Writing labels", "12 May 2027"), teaser("Pests and mould", "20 May 2027")].concat();
    site.set("/training", html(&format!("<h1>Training</h1><ul>{rows}</ul><a href=/calendar.ics>Subscribe</a>")));
    site.set("/calendar.ics", ics(&[("Handling textiles", "20270504"), ("Writing labels", "20270512"), ("Pests and mould", "20270520")]));
    let rungs = walk(&site, "/training").await;
    let best = chosen(&rungs);
    assert_eq!((best.name, best.url.path(), best.kind), (RungName::Calendar, "/calendar.ics", SourceKind::Ical));
    let next = rungs.iter().find(|r| r.fallback).expect("the page is kept");
    assert_eq!(next.url.path(), "/training");
}

#[tokio::test]
async fn a_home_page_leads_to_its_events_through_redirects() {
    let site = Site::start().await;
    site.set("/", Answer::status(302).with("location", "/en/"));
    site.set("/en/", html("<nav><a href=about>About</a><a href=whats-on>What’s on</a><a href=news>News</a></nav><p>Welcome to the Mill.</p>"));
    site.set("/en/whats-on", Answer::status(301).with("location", "/en/events/"));
    site.set("/en/events/", html(&cards()));
    let rungs = walk(&site, "/").await;
    let best = chosen(&rungs);
    assert_eq!((best.name, best.url.path(), best.events.len()), (RungName::Linked, "/en/whats-on", 4));
    assert!(best.why.contains("What’s on"), "{}", best.why);
    assert!(site.asked("/en/news").is_empty(), "only what promises events is asked for");
}

/// A site that lists its events nowhere but in its sitemap.
async fn without_a_list() -> Site {
    let site = Site::start().await;
    site.set("/", html("<p>Welcome. Search our site.</p>"));
    sitemap(&site, "2026-11-01");
    for (name, day) in [("looms", "2027-05-04T10:00:00"), ("dyes", "2027-06-04T10:00:00")] {
        let title = format!("Training day: {name}");
        site.set(&format!("/events/{name}"), Answer::ok("text/html", page(&[training_day(&title, day)])));
    }
    site
}

fn sitemap(site: &Site, looms_changed: &str) {
    let entry = |path: &str, day: &str| format!("<url><loc>{}</loc><lastmod>{day}</lastmod></url>", site.url(path));
    let urls = [entry("/events/looms", looms_changed), entry("/events/dyes", "2026-10-01"), entry("/about", "2026-11-20")].concat();
    site.set("/sitemap.xml", Answer::ok("application/xml", format!("<urlset>{urls}</urlset>")));
}

async fn add_discovered(desk: &Desk, site: &Site, path: &str) -> (SourceId, Plan) {
    let id = desk.add(source(site.url(path), SourceKind::Auto)).await;
    let plan = plan_of(&walk(site, path).await, &Reading::british(at(NOW)));
    desk.store.put_plan(id, &plan).await.unwrap();
    (id, plan)
}

#[tokio::test]
async fn a_site_without_a_list_is_read_by_its_sitemap_and_only_what_changed_is_read_again() {
    let (site, desk) = (without_a_list().await, Desk::open().await);
    let (id, plan) = add_discovered(&desk, &site, "/").await;
    assert_eq!(plan.chosen().unwrap().rung, RungName::Sitemap, "{plan:?}");
    let (looms, dyes) = (site.asked("/events/looms").len(), site.asked("/events/dyes").len());
    let report = desk.look(&[id], NOW).await;
    assert_eq!((report.listings, report.failed, report.events), (2, 0, 2), "{report:?}");
    assert_eq!(desk.look(&[id], "2026-11-21T13:00:00Z").await.unchanged, 1);
    sitemap(&site, "2026-11-22");
    let again = desk.look(&[id], "2026-11-22T13:00:00Z").await;
    assert_eq!((again.listings, again.new, again.changed), (2, 0, 0), "{again:?}");
    assert_eq!((site.asked("/events/looms").len() - looms, site.asked("/events/dyes").len() - dyes), (2, 1));
}

#[tokio::test]
async fn a_source_that_failed_three_times_reads_its_fallback_and_says_so() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/training", html(&cards()));
    site.set("/calendar.ics", ics(&[("Training day: handling textiles", "20270504")]));
    let id = desk.add(source(site.url("/training"), SourceKind::Auto)).await;
    let way = |rung, path: &str, kind| Way { rung, url: site.url(path), kind, why: "test".into(), events: 4 };
    let ways = vec![way(RungName::Calendar, "/calendar.ics", SourceKind::Ical), way(RungName::Repeated, "/training", SourceKind::Auto)];
    desk.store.put_plan(id, &Plan { walked_at: Some(at(NOW)), note: None, ways }).await.unwrap();
    assert_eq!(desk.look(&[id], NOW).await.listings, 1);
    site.set("/calendar.ics", Answer::status(404));
    for day in ["22", "23", "24"] {
        let report = desk.look(&[id], &format!("2026-11-{day}T12:00:00Z")).await;
        assert_eq!((report.failed, report.listings), (1, 0), "not before three looks failed");
    }
    let mended = desk.look(&[id], "2026-11-25T12:00:00Z").await;
    assert_eq!((mended.failed, mended.listings), (0, 4), "{mended:?}");
    let alarms = desk.store.alarms_of(id, 9).await.unwrap();
    let said = alarms.iter().find(|a| a.kind == AlarmKind::Fallback).expect("it says so");
    assert!(said.words.contains("/training is read") && said.words.contains("nothing was withdrawn"), "{}", said.words);
    let source = desk.source(id).await;
    assert_eq!(source.url, site.url("/training"), "the address that the operator gave stays its name");
    let plan = desk.store.plan(id).await.unwrap().unwrap();
    assert_eq!((plan.chosen().unwrap().rung, plan.fallback().unwrap().rung), (RungName::Repeated, RungName::Calendar));
    assert!(desk.events().await.iter().any(|e| e.title.contains("textiles")), "invariant 1");
}

#[tokio::test]
async fn what_could_not_be_reached_when_it_was_added_is_discovered_at_its_first_look() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = desk.add(source(site.url("/"), SourceKind::Auto)).await;
    desk.store.put_plan(id, &Plan::default()).await.unwrap();
    assert_eq!(desk.look(&[id], NOW).await.failed, 1);
    site.set("/", html("<a href=/events/>Events</a>"));
    site.set("/events/", html(&cards()));
    let report = desk.look(&[id], "2026-11-22T12:00:00Z").await;
    assert_eq!((report.failed, report.listings), (0, 4), "{report:?}");
    assert_eq!(desk.store.plan(id).await.unwrap().unwrap().chosen().unwrap().rung, RungName::Linked);
}

#[tokio::test]
async fn a_source_that_answers_not_modified_after_three_failures_is_in_no_trouble() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let calendar = ics(&[("Training day: handling textiles", "20270504")]).with("etag", "\"1\"");
    site.set("/calendar.ics", calendar);
    site.set("/training", html(&cards()));
    let id = desk.add(source(site.url("/training"), SourceKind::Auto)).await;
    let way = Way { rung: RungName::Calendar, url: site.url("/calendar.ics"), kind: SourceKind::Ical, why: "test".into(), events: 1 };
    desk.store.put_plan(id, &Plan { walked_at: Some(at(NOW)), note: None, ways: vec![way] }).await.unwrap();
    assert_eq!(desk.look(&[id], NOW).await.listings, 1);
    site.set("/calendar.ics", Answer::status(404));
    for hour in ["13", "14", "15"] {
        assert_eq!(desk.look(&[id], &format!("2026-11-21T{hour}:00:00Z")).await.failed, 1);
    }
    site.set("/calendar.ics", Answer::status(304));
    // Too soon after the last walk for another one.
    assert_eq!(desk.look(&[id], "2026-11-21T16:00:00Z").await.unchanged, 1);
    assert_eq!(desk.look(&[id], "2026-11-28T12:00:00Z").await.unchanged, 1);
    assert!(site.asked("/training").is_empty(), "nobody looked for another way");
}

fn list_page(number: usize, most: usize) -> Answer {
    let day = |i: usize| format!("2027-{:02}-{:02}T10:00:00", 1 + (number / 20) % 12, 1 + (number + i) % 27);
    let events = [training_day(&format!("Training day {number}a"), &day(0)), training_day(&format!("Workshop {number}b"), &day(1))];
    let next = if number < most { format!("<link rel=next href='/list?page={}'>", number + 1) } else { String::new() };
    Answer::ok("text/html", page(&events).replace("</head>", &format!("{next}</head>"))).with("etag", &format!("\"{number}-{most}\""))
}

#[tokio::test]
async fn further_pages_are_followed_and_cost_nothing_while_they_stay_the_same() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    for number in 1..=3 {
        site.set(&format!("/list?page={number}"), list_page(number, 3));
    }
    let id = desk.add(source(site.url("/list?page=1"), SourceKind::Page)).await;
    assert_eq!(desk.look(&[id], NOW).await.listings, 6);
    assert_eq!(desk.look(&[id], "2026-11-21T13:00:00Z").await.unchanged, 1);
    for number in 1..=3 {
        let asked = site.asked(&format!("/list?page={number}"));
        assert!(asked.len() == 2 && asked[1].contains_key("if-none-match"), "page {number}: {asked:?}");
    }
    let more = page(&[training_day("Training day 3a", "2027-01-04T10:00:00"), training_day("A new workshop", "2027-09-01T10:00:00")]);
    site.set("/list?page=3", Answer::ok("text/html", more));
    let report = desk.look(&[id], "2026-11-21T14:00:00Z").await;
    assert_eq!((report.unchanged, report.listings, report.new + report.changed), (0, 6, 1), "a change on the last page is seen: {report:?}");
}

#[tokio::test]
async fn endless_pagination_ends() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    for number in 1..=60 {
        site.set(&format!("/list?page={number}"), list_page(number, usize::MAX));
    }
    let id = desk.add(source(site.url("/list?page=1"), SourceKind::Page)).await;
    let report = desk.look(&[id], NOW).await;
    assert_eq!(report.listings, 40);
    assert!(report.notes.iter().any(|n| n.contains("goes on after 20 pages")), "{:?}", report.notes);
    assert!(site.asked("/list?page=21").is_empty());
}

#[tokio::test]
async fn what_a_list_left_out_is_taken_from_the_events_own_pages_which_are_remembered() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let courses = [("Handling textiles", "4 May 2027"), ("Writing museum labels", "12 May 2027"), ("Pests and mould", "20 May 2027")];
    let row = |i: usize, (title, date): &(&str, &str)| format!("<article class=card><h3><a href=/course/{i}>{title}</a></h3><p>{date}</p></article>");
    let rows: String = courses.iter().enumerate().map(|(i, c)| row(i, c)).collect();
    site.set("/training", html(&format!("<h1>Training</h1>{rows}")).with("etag", "\"list\""));
    for (i, (title, date)) in courses.iter().enumerate() {
        let text = format!("<h1>{title}</h1><p>{date}, 10am to 4pm</p><p>Venue: The Mill, Leeds</p><p>Cost: £45</p><p>A practical training day.</p>");
        site.set(&format!("/course/{i}"), html(&text).with("etag", &format!("\"{i}\"")));
    }
    let id = desk.add(source(site.url("/training"), SourceKind::Page)).await;
    let report = desk.look(&[id], NOW).await;
    assert_eq!((report.failed, report.listings), (0, 3), "{report:?}");
    for event in desk.events().await {
        assert!(event.facts.start.as_ref().is_some_and(|s| s.value.time().is_some()), "{}: {:?}", event.title, event.facts.start);
        assert!(event.facts.price.is_some() && event.facts.town.is_some(), "{}: {:?}", event.title, event.facts);
    }
    desk.assert_evidence().await;
    assert_eq!(desk.look(&[id], "2026-11-21T13:00:00Z").await.unchanged, 1);
    assert_eq!(site.asked("/course/1").len(), 1, "an unchanged event costs no request");
    let week = desk.look(&[id], "2026-11-27T13:00:00Z").await;
    assert_eq!((week.new, week.changed, week.failed), (0, 0, 0), "{week:?}");
    let asked = site.asked("/course/1");
    assert!(asked.len() == 2 && asked[1].contains_key("if-none-match"), "after some days it is asked whether it is the same");
}
