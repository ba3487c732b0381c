//! What goes wrong out there, beside a source that is well: each failure is told in words to act on, the others are collected, nothing is
//! withdrawn (invariant 1), an editor's word stands (invariant 3), and whoever looks twice or at once doubles nothing.

use std::{fmt::Write as _, io::Write as _};

use gleaner::{
    domain::{Field, Health, SourceId, SourceKind},
    store::{Store, event::Verb},
};

use crate::{
    collecting::{Desk, at, source},
    site::{Answer, Site},
};

const NOW: &str = "2027-03-01T09:00:00Z";

/// A feed of courses: identifier, title, date in words.
pub fn feed(items: &[(&str, &str, &str)]) -> Answer {
    let mut body = String::from("<rss version=\"2.0\"><channel><title>Courses</title><link>https://body.example/</link><description>d</description>");
    for (id, title, date) in items {
        write!(
            body,
            "<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title><link>https://body.example/{id}</link>\
             <description>A course on {date} at the Weaving Shed, Hull.</description></item>"
        )
        .unwrap();
    }
    Answer::ok("application/rss+xml", body + "</channel></rss>")
}

const COURSES: [(&str, &str, &str); 6] = [
    ("c1", "Caring for textiles", "4 May 2027, 10am to 4pm"),
    ("c2", "Writing a funding bid", "11 May 2027, 10am to 4pm"),
    ("c3", "Pest management in store rooms", "18 May 2027, 10am to 4pm"),
    ("c4", "Audio description for galleries", "25 May 2027, 10am to 4pm"),
    ("c5", "Volunteer management", "1 June 2027, 10am to 4pm"),
    ("c6", "Safeguarding for freelancers", "8 June 2027, 10am to 4pm"),
];

async fn good(site: &Site, desk: &Desk, path: &str) -> SourceId {
    site.set(path, feed(&COURSES));
    desk.add(source(site.url(path), SourceKind::Feed)).await
}

fn bomb() -> Answer {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        zip.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    Answer::ok("application/rss+xml", zip.finish().unwrap()).with("content-encoding", "gzip")
}

#[tokio::test]
async fn a_bad_source_is_told_in_words_and_the_good_one_beside_it_is_collected() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let stalled = Answer { stalls: true, ..Answer::ok("application/rss+xml", "") };
    let page = Answer::ok("text/html", "<html><head><title>We have moved</title></head><body><p>Hello</p></body></html>");
    let bad: [(&str, Answer, SourceKind, &str); 10] = [
        ("/slow", stalled, SourceKind::Feed, "no answer within"),
        ("/500", Answer::status(500), SourceKind::Feed, "trouble on their side"),
        ("/404", Answer::status(404), SourceKind::Feed, "look for its new address"),
        ("/403", Answer::status(403), SourceKind::Feed, "ask the provider for a feed"),
        ("/page", page, SourceKind::Feed, "expected a feed, got an HTML page titled \"We have moved\""),
        ("/large", Answer::ok("text/html", vec![b'a'; 6 * 1024 * 1024]), SourceKind::Auto, "fetch.max_body_bytes"),
        ("/bomb", bomb(), SourceKind::Feed, "fetch.max_body_bytes"),
        ("/empty", Answer::ok("application/rss+xml", ""), SourceKind::Feed, "the document is empty"),
        ("/broken", Answer::ok("application/rss+xml", "<rss version=\"2.0\"><channel><item><title>Half a"), SourceKind::Feed, "cut off"),
        ("/calendar", Answer::ok("text/calendar", "BEGIN:VCALENDAR"), SourceKind::Feed, "expected a feed, got a calendar"),
    ];
    let well = good(&site, &desk, "/well").await;
    let mut ids = vec![well];
    for (path, answer, kind, _) in &bad {
        site.set(path, answer.clone());
        ids.push(desk.add(source(site.url(path), *kind)).await);
    }
    let report = desk.look(&ids, NOW).await;
    assert_eq!((report.failed, report.new), (bad.len(), COURSES.len()), "{report:#?}");
    for (id, (path, _, _, words)) in ids[1..].iter().zip(&bad) {
        let source = desk.source(*id).await;
        assert_eq!(source.health, Health::Failed, "{path}");
        let reason = source.health_reason.unwrap();
        assert!(reason.contains(words), "{path}: {reason}");
        assert_eq!(source.failures, 1);
        assert!(source.next_due_at > at(NOW), "{path} is looked at again");
    }
    assert_eq!(desk.source(well).await.health, Health::Ok);
    assert_eq!(desk.events().await.len(), COURSES.len());
    desk.assert_evidence().await;
}

#[tokio::test]
async fn what_is_odd_but_readable_is_read() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    // Says UTF-8 and is Windows-1252.
    let latin = b"<rss version=\"2.0\"><channel><title>t</title><item><guid>l1</guid><title>Caf\xe9 culture \x96 a workshop</title><description>On 4 May 2027.</description></item></channel></rss>";
    site.set("/latin", Answer::ok("application/rss+xml; charset=utf-8", latin.to_vec()));
    // Long lines broken without the blank that marks a fold, and bare line feeds.
    let folded = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:f1@body.example\nDTSTART:20270504T100000Z\nDTEND:20270504T120000Z\nSUMMARY:Handling objects\nDESCRIPTION:A morning in the\nstore with a conservator\nLOCATION:Weaving Shed\\, Hull\nEND:VEVENT\nEND:VCALENDAR\n";
    site.set("/folded", Answer::ok("text/calendar", folded));
    let latin = desk.add(source(site.url("/latin"), SourceKind::Feed)).await;
    let folded = desk.add(source(site.url("/folded"), SourceKind::Ical)).await;
    let report = desk.look(&[latin, folded], NOW).await;
    assert_eq!(report.failed, 0, "{report:?}");
    let title = |l: &[gleaner::store::listing::Listing]| l.iter().map(|l| l.candidate.title.clone()).collect::<Vec<_>>();
    assert_eq!(title(&desk.listings_from(latin).await), ["Café culture – a workshop"]);
    let folded = desk.listings_from(folded).await;
    assert_eq!(title(&folded), ["Handling objects"]);
    assert_eq!(folded[0].candidate.facts.start.as_ref().unwrap().value.to_string(), "2027-05-04T11:00:00+01:00");
    assert!(report.notes.iter().any(|n| n.contains("/folded")), "what was skipped is told: {:?}", report.notes);
}

/// Invariant 1: an empty or failed fetch withdraws nothing.
#[tokio::test]
async fn silence_is_not_deletion() {
    let broken = Answer::ok("application/rss+xml", "<rss><cha");
    let few: Vec<_> = COURSES[..2].to_vec();
    for (what, answer, health) in [
        ("failing", Answer::status(500), Health::Failed),
        ("broken", broken, Health::Failed),
        ("without items", feed(&[]), Health::Suspect),
        ("much shorter", feed(&few), Health::Suspect),
    ] {
        let (site, desk) = (Site::start().await, Desk::open().await);
        let id = good(&site, &desk, "/feed").await;
        desk.look(&[id], NOW).await;
        let before = desk.events().await;
        assert_eq!(before.len(), COURSES.len());
        site.set("/feed", answer);
        desk.look(&[id], "2027-03-02T09:00:00Z").await;
        let source = desk.source(id).await;
        assert_eq!(source.health, health, "{what}");
        let reason = source.health_reason.unwrap();
        assert!(health == Health::Failed || reason.contains("usually 6"), "{what}: {reason}");
        let after = desk.events().await;
        assert_eq!(after.len(), before.len(), "{what}");
        assert!(after.iter().all(|e| e.withdrawn_at.is_none()), "{what}");
        site.set("/feed", feed(&COURSES));
        let report = desk.look(&[id], "2027-03-03T09:00:00Z").await;
        assert_eq!((report.new, report.changed, report.failed), (0, 0, 0), "{what}: {report:?}");
        let source = desk.source(id).await;
        assert_eq!((source.health, source.health_reason, source.failures), (Health::Ok, None, 0), "{what}");
        assert_eq!(desk.rows("revision").await, 6, "{what}");
        assert_eq!(desk.rows("event_change").await, 0, "{what}");
    }
}

/// Two sources that list one course, each in its own words.
async fn twice(site: &Site, desk: &Desk) -> (SourceId, SourceId) {
    site.set("/own", feed(&[("own-7", "Caring for textiles", "4 May 2027, 10am to 4pm")]));
    site.set("/board", feed(&[("board-90210", "Caring for Textiles (one-day course)", "Tuesday 4 May 2027, 10:00-16:00")]));
    let own = desk.add(source(site.url("/own"), SourceKind::Feed)).await;
    let board = desk.add(source(site.url("/board"), SourceKind::Feed)).await;
    (own, board)
}

/// Invariant 3: an editor's decision outlives every re-run.
#[tokio::test]
async fn not_the_same_stays_not_the_same() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let (own, board) = twice(&site, &desk).await;
    desk.look(&[own], NOW).await;
    let first = desk.listings_from(own).await.remove(0);
    // The second listing is known, and told apart, before it is put anywhere.
    let seen = gleaner::store::listing::Seen {
        native_key: "board-90210".into(),
        own_name: true,
        raw_hash: String::new(),
        candidate: first.candidate.clone(),
    };
    desk.store.see_listings(board, &[seen], at(NOW)).await.unwrap();
    let second: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM listing WHERE source_id = $1").bind(board.0).fetch_one(desk.store.read()).await.unwrap();
    desk.store.decide(desk.organisation, Verb::NotSame, None, Some((first.id, second.into())), "editor@body.example", at(NOW)).await.unwrap();
    for now in [NOW, "2027-03-02T09:00:00Z", "2027-03-03T09:00:00Z"] {
        desk.look(&[own, board], now).await;
        assert_eq!(desk.events().await.len(), 2);
        // Other words, so that it is placed and built again.
        site.set("/board", feed(&[("board-90210", "Caring for textiles", &format!("4 May 2027, 10am to 4pm. Seen {now}"))]));
    }
}

#[tokio::test]
async fn the_same_is_joined_however_different_it_looks() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/own", feed(&[("own-7", "Caring for textiles", "4 May 2027, 10am to 4pm")]));
    site.set("/board", feed(&[("board-1", "A day among the looms", "9 September 2027")]));
    let own = desk.add(source(site.url("/own"), SourceKind::Feed)).await;
    let board = desk.add(source(site.url("/board"), SourceKind::Feed)).await;
    desk.look(&[own], NOW).await;
    let first = desk.listings_from(own).await.remove(0);
    let seen =
        gleaner::store::listing::Seen { native_key: "board-1".into(), own_name: true, raw_hash: String::new(), candidate: first.candidate.clone() };
    desk.store.see_listings(board, &[seen], at(NOW)).await.unwrap();
    let second: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM listing WHERE source_id = $1").bind(board.0).fetch_one(desk.store.read()).await.unwrap();
    desk.store.decide(desk.organisation, Verb::Same, None, Some((first.id, second.into())), "editor@body.example", at(NOW)).await.unwrap();
    desk.look(&[board], "2027-03-02T09:00:00Z").await;
    assert_eq!(desk.events().await.len(), 1);
    assert_eq!(desk.listings().await.len(), 2);
}

#[tokio::test]
async fn a_reschedule_is_the_same_event_and_is_told() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/feed", feed(&[("c1", "Caring for textiles", "4 May 2027, 10am to 4pm")]));
    let id = desk.add(source(site.url("/feed"), SourceKind::Feed)).await;
    desk.look(&[id], NOW).await;
    let before = desk.event().await;
    site.set("/feed", feed(&[("c1", "Caring for textiles", "15 June 2027, 10am to 4pm")]));
    let report = desk.look(&[id], "2027-03-08T09:00:00Z").await;
    assert_eq!((report.new, report.changed, report.updates), (0, 1, 1), "{report:?}");
    let after = desk.event().await;
    assert_eq!(after.id, before.id);
    assert_eq!(after.facts.start.as_ref().unwrap().value.to_string(), "2027-06-15T10:00:00+01:00");
    assert_eq!(after.changed_at, Some(at("2027-03-08T09:00:00Z")));
    let changes = desk.store.changes_of(&[after.id]).await.unwrap().remove(&after.id).unwrap();
    let start: Vec<_> = changes.iter().filter(|(_, c)| c.what == Field::Start.as_str()).collect();
    assert_eq!(start.len(), 1, "{changes:?}");
    assert!(start[0].1.to_be_told);
    assert_eq!(start[0].1.was.as_deref(), Some("2027-05-04T10:00:00+01:00"));
    assert_eq!(desk.rows("revision").await, 2, "what it said before is kept");
}

/// A page that lists one course on several dates under one address.
fn runs(dates: &[&str]) -> Answer {
    let mut body = String::from("<html><body><h1>Courses</h1><ul>");
    for date in dates {
        write!(body, "<li class=run><a href=/courses/textiles>Caring for textiles</a> <b>{date}</b></li>").unwrap();
    }
    Answer::ok("text/html", body + "</ul></body></html>")
}

#[tokio::test]
async fn when_the_first_of_several_runs_is_over_the_next_is_not_taken_for_it() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let rules = gleaner::domain::Selectors { item: "li.run".into(), title: "a".into(), date: Some("b".into()), pages: 1, ..Default::default() };
    site.set("/runs", runs(&["10 March 2027", "14 April 2027", "12 May 2027"]));
    let mut page = source(site.url("/runs"), SourceKind::Page);
    page.selectors = Some(rules);
    let id = desk.add(page).await;
    desk.look(&[id], NOW).await;
    assert_eq!(desk.events().await.len(), 3, "other dates are other events");
    site.set("/runs", runs(&["14 April 2027", "12 May 2027", "9 June 2027"]));
    let report = desk.look(&[id], "2027-03-11T09:00:00Z").await;
    assert_eq!((report.new, report.changed, report.updates), (1, 0, 0), "{report:?}");
    assert_eq!(desk.events().await.len(), 4);
}

#[tokio::test]
async fn one_course_on_three_sources_is_one_event() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let (own, board) = twice(&site, &desk).await;
    let calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x1@network.example\r\nDTSTART;TZID=Europe/London:20270504T100000\r\nDTEND;TZID=Europe/London:20270504T160000\r\nSUMMARY:Training: Caring for Textiles\r\nLOCATION:Weaving Shed\\, Hull\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    site.set("/calendar", Answer::ok("text/calendar", calendar));
    let calendar = desk.add(source(site.url("/calendar"), SourceKind::Ical)).await;
    let report = desk.look(&[own, board, calendar], NOW).await;
    assert_eq!((report.new, report.events, report.duplicates), (3, 1, 2), "{report:?}");
    desk.event().await;
    desk.assert_evidence().await;
}

#[tokio::test]
async fn a_date_without_a_year_stays_the_day_it_was() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/feed", feed(&[("c1", "Caring for textiles", "5 May, 10am to 4pm")]));
    let id = desk.add(source(site.url("/feed"), SourceKind::Feed)).await;
    desk.look(&[id], NOW).await;
    let start = desk.event().await.facts.start.unwrap().value.to_string();
    assert_eq!(start, "2027-05-05T10:00:00+01:00");
    // The page is still there a year later; a header more makes it another body with the same items.
    let mut later = feed(&[("c1", "Caring for textiles", "5 May, 10am to 4pm")]);
    later.body.extend_from_slice(b"<!-- built anew -->");
    site.set("/feed", later);
    let report = desk.look(&[id], "2028-03-01T09:00:00Z").await;
    assert_eq!((report.unchanged, report.new, report.changed), (0, 0, 0), "{report:?}");
    assert_eq!(desk.event().await.facts.start.unwrap().value.to_string(), start);
    assert_eq!(desk.rows("revision").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_collect_at_once_double_nothing() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let mut ids = Vec::new();
    for n in 0..4 {
        let titles: Vec<String> = COURSES.iter().map(|c| if n == 0 { c.1.to_owned() } else { format!("{}: a course", c.1) }).collect();
        let names: Vec<String> = COURSES.iter().map(|c| format!("source-{n}-{}", c.0)).collect();
        let items: Vec<(&str, &str, &str)> = COURSES.iter().zip(&titles).zip(&names).map(|((c, t), i)| (i.as_str(), t.as_str(), c.2)).collect();
        site.set(&format!("/{n}"), feed(&items));
        ids.push(desk.add(source(site.url(&format!("/{n}")), SourceKind::Feed)).await);
    }
    let other = Store::open(&desk.dir.path().join("gleaner.db")).await.unwrap();
    let mut backwards = ids.clone();
    backwards.reverse();
    let (a, b) = tokio::join!(desk.look(&ids, NOW), desk.look_with(&other, &backwards, NOW));
    assert_eq!((a.failed, b.failed), (0, 0));
    assert_eq!(desk.rows("listing").await, 24);
    assert_eq!(desk.rows("revision").await, 24);
    assert_eq!(desk.rows("event_listing").await, 24, "every listing is placed");
    assert_eq!(desk.rows("event").await, 6, "and none founded an event of its own");
    assert_eq!(desk.rows("event_change WHERE to_be_told").await, 0);
}

#[tokio::test]
async fn what_a_killed_pass_stored_and_did_not_place_is_placed_by_the_next() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = good(&site, &desk, "/feed").await;
    desk.look(&[id], NOW).await;
    // As a kill between storing and placing leaves it.
    sqlx::query("DELETE FROM event_listing").execute(desk.store.write()).await.unwrap();
    sqlx::query("UPDATE source SET body_hash = NULL").execute(desk.store.write()).await.unwrap();
    let report = desk.look(&[id], "2027-03-02T09:00:00Z").await;
    assert_eq!(report.new, COURSES.len(), "{report:?}");
    assert_eq!(desk.listings().await.len(), COURSES.len());
}
