//! Passes over sources as a guest's: where a source moved, what its publisher permitted, how long its host wants rest, how often it is looked at.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use gleaner::{
    collect::run::{Collector, Report},
    domain::{AlarmKind, Health, RungName, SourceId, SourceKind},
    store::plan::{Plan, Way},
};

use crate::{
    cli,
    collecting::{Desk, at, source},
    site::{Answer, Site},
};

const START: &str = "2027-03-01T09:00:00Z";

fn hours(n: i64) -> String {
    (at(START) + TimeDelta::hours(n)).to_rfc3339()
}

fn feed(title: &str) -> Answer {
    let item = format!("<item><guid>c1</guid><title>{title}</title><description>A course on 4 May 2027, 10am to 4pm.</description></item>");
    Answer::ok("application/rss+xml", format!("<rss version=\"2.0\"><channel><title>Courses</title>{item}</channel></rss>"))
}

fn notes_say(report: &Report, words: &str) -> bool {
    report.notes.iter().any(|n| n.contains(words))
}

#[tokio::test]
async fn a_source_that_moved_for_good_is_read_there_after_three_looks_and_back_home_when_that_is_gone() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/old", Answer::status(301).with("location", "/new"));
    site.set("/new", feed("Caring for textiles"));
    let id = desk.add(source(site.url("/old"), SourceKind::Feed)).await;
    for look in 1..=3 {
        let report = desk.look(&[id], &hours(look)).await;
        assert_eq!(notes_say(&report, "it is read there from now on"), look == 3, "{:?}", report.notes);
        assert_eq!(desk.source(id).await.moved_times, look);
    }
    let moved = desk.source(id).await;
    assert_eq!((moved.url.as_str(), moved.reads_at()), (site.url("/old").as_str(), site.url("/new").as_str()), "what was written stays");
    desk.look(&[id], &hours(4)).await;
    assert_eq!((site.asked("/old").len(), site.asked("/new").len()), (3, 4));
    site.set("/new", Answer::status(404));
    let report = desk.look(&[id], &hours(5)).await;
    assert!(notes_say(&report, "read at its own address again"), "{:?}", report.notes);
    site.set("/old", feed("Caring for textiles"));
    assert_eq!(desk.look(&[id], &hours(6)).await.failed, 0);
    assert_eq!(desk.source(id).await.reads_at(), site.url("/old"));
}

#[tokio::test]
async fn what_the_ladder_reads_at_the_operators_address_moves_with_it_and_the_alarm_stays() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/old", Answer::status(301).with("location", "/new"));
    site.set("/new", feed("Caring for textiles"));
    let id = desk.add(source(site.url("/old"), SourceKind::Auto)).await;
    let way = Way { rung: RungName::Itself, url: site.url("/old"), kind: SourceKind::Auto, why: "test".into(), events: 1 };
    desk.store.put_plan(id, &Plan { walked_at: Some(at(START)), note: None, ways: vec![way] }).await.unwrap();
    for look in 1..=4 {
        site.set("/new", feed(&format!("Caring for textiles, part {look}")));
        assert_eq!(desk.look(&[id], &hours(look)).await.listings, 1);
    }
    assert_eq!((site.asked("/old").len(), site.asked("/new").len()), (3, 4));
    let alarms = desk.store.open_alarms_of(id).await.unwrap();
    assert!(alarms.iter().any(|a| a.kind == AlarmKind::Moved), "the operator still holds the old address: {alarms:?}");
}

#[tokio::test]
async fn a_redirect_that_is_not_for_good_or_not_in_a_row_moves_nothing() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let to = |status: u16| Answer::status(status).with("location", "/new");
    site.set_in_turn("/old", vec![to(301), to(308), to(302), to(301), to(301), feed("Caring for textiles"), to(301)]);
    site.set("/new", feed("Caring for textiles"));
    let id = desk.add(source(site.url("/old"), SourceKind::Feed)).await;
    for (look, times) in [1, 2, 0, 1, 2, 0, 1].into_iter().enumerate() {
        desk.look(&[id], &hours(i64::try_from(look).unwrap())).await;
        assert_eq!(desk.source(id).await.moved_times, times, "look {look}");
    }
    assert_eq!(desk.source(id).await.reads_at(), site.url("/old"));
}

#[tokio::test]
async fn a_host_that_wants_rest_puts_its_sources_off_which_is_no_failure() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/a", Answer::status(503).with("retry-after", "7200"));
    site.set("/b", feed("Caring for textiles"));
    let a = desk.add(source(site.url("/a"), SourceKind::Feed)).await;
    let b = desk.add(source(site.url("/b"), SourceKind::Feed)).await;
    // One after the other: side by side either could have the host's first turn.
    assert_eq!(desk.look(&[a], START).await.failed, 1);
    let report = desk.look(&[b], START).await;
    assert_eq!((report.failed, report.put_off), (0, 1), "{report:?}");
    assert!(notes_say(&report, "asked to be left alone for another 120 min"), "{:?}", report.notes);
    let (a, b) = (desk.source(a).await, desk.source(b).await);
    assert!(a.next_due_at >= at(START) + TimeDelta::hours(2), "{}", a.next_due_at);
    assert_eq!((a.health, a.failures), (Health::Failed, 1));
    assert!(b.next_due_at > at(START) + TimeDelta::minutes(119), "{}", b.next_due_at);
    assert_eq!((b.health, b.failures), (Health::New, 0));
    assert_eq!(desk.rows("fetch_log").await, 1, "nobody looked at the other");
}

/// Looks at a source every hour, and says how long it will be left alone then.
async fn wait_after(desk: &Desk, id: SourceId, looks: i64, before_each: impl Fn(i64)) -> TimeDelta {
    for look in 0..looks {
        before_each(look);
        desk.look(&[id], &hours(look)).await;
    }
    desk.source(id).await.next_due_at - at(&hours(looks - 1))
}

#[tokio::test]
async fn what_never_changes_is_left_alone_for_longer_and_what_changes_is_not() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/still", feed("Caring for textiles").with("etag", "\"1\""));
    let still = desk.add(source(site.url("/still"), SourceKind::Feed)).await;
    let wait = wait_after(&desk, still, 12, |_| ()).await;
    assert!(wait > TimeDelta::hours(6), "{wait}");
    let lively = desk.add(source(site.url("/lively"), SourceKind::Feed)).await;
    let wait = wait_after(&desk, lively, 12, |look| site.set("/lively", feed(&format!("Caring for textiles, part {look}")))).await;
    assert!(wait < TimeDelta::minutes(67), "{wait}");
}

#[tokio::test]
async fn a_look_lasts_as_long_as_the_clock_says() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/feed", feed("Caring for textiles"));
    let id = desk.add(source(site.url("/feed"), SourceKind::Feed)).await;
    let seconds = Arc::new(AtomicI64::new(0));
    let clock = Arc::new(move || at(START) + TimeDelta::seconds(seconds.fetch_add(7, Ordering::Relaxed)));
    let collector = Collector { clock, ..desk.collector(&desk.store, at(START)) };
    collector.pass(vec![desk.source(id).await], at(START), |_| ()).await.unwrap();
    let (started, finished): (DateTime<Utc>, DateTime<Utc>) =
        sqlx::query_as("SELECT started_at, finished_at FROM fetch_log").fetch_one(desk.store.read()).await.unwrap();
    assert_eq!((started, finished), (at(START), at(START) + TimeDelta::seconds(7)));
}

#[tokio::test]
async fn a_refusal_by_robots_txt_says_what_to_do_and_a_permission_is_kept() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /feed\n"));
    site.set("/feed", feed("Caring for textiles"));
    let id = desk.add(source(site.url("/feed"), SourceKind::Feed)).await;
    let report = desk.look(&[id], START).await;
    let reason = &report.failures[0].reason;
    assert!(reason.contains("disallows /feed for GleanerBot; ask them, then `gleaner source add URL --ignore-robots"), "{reason}");
    desk.store.permit_robots(id, Some("permission by e-mail, 3 May"), at(START)).await.unwrap();
    assert_eq!(desk.look(&[id], &hours(1)).await.new, 1);
    let permitted = desk.source(id).await;
    assert_eq!(permitted.robots_permission.as_deref(), Some("permission by e-mail, 3 May"));
    assert_eq!(permitted.robots_permission_at, Some(at(START)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_is_given_and_taken_back_on_the_command_line() {
    let (site, program) = (Site::start().await, cli::Program::new());
    let url = site.url("/feed");
    let add = |more: &[&str]| program.json(&[&["--json", "source", "add", &url], more].concat());
    let id = add(&["--ignore-robots", " permission by e-mail,\n3 May "])["source"].as_str().unwrap().to_owned();
    let shown = || program.json(&["source", "show", &id, "--json"]);
    assert_eq!(shown()["ignore_robots"], "permission by e-mail, 3 May");
    assert!(shown()["ignore_robots_since"].is_string());
    add(&["--interval", "60"]);
    assert_eq!(shown()["ignore_robots"], "permission by e-mail, 3 May", "it stays when nothing is said of it");
    add(&["--ignore-robots", ""]);
    assert!(shown()["ignore_robots"].is_null() && shown()["ignore_robots_since"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn proxies_of_the_environment_are_not_used() {
    let (site, proxy) = (Site::start().await, Site::start().await);
    site.set("/events", Answer::ok("text/html", "<p>Nothing</p>"));
    let via = proxy.url("");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, &via);
    }
    command.env_remove("no_proxy").env_remove("NO_PROXY").env("GLEANER__FETCH__ALLOW_NETWORKS", "[\"127.0.0.0/8\"]");
    let status = command.args(["try", "source", &site.url("/events")]).output().unwrap().status;
    assert!(status.success());
    assert_eq!(site.asked("/events").len(), 1);
    assert_eq!(proxy.most_at_once(), 0, "the proxy would have seen everything");
}

/// Sources wait for database connections while they are read; what is written down of others needs some, too.
#[tokio::test]
async fn however_many_sources_are_read_at_once_each_is_written_down() {
    const SOURCES: usize = 150;
    let (desk, dir) = (Desk::open().await, tempfile::tempdir().unwrap());
    for n in 0..SOURCES {
        let folder = dir.path().join(n.to_string());
        std::fs::create_dir(&folder).unwrap();
        let mail = format!(
            "From: news@body.example\r\nSubject: Training\r\n\r\nCaring for object {n}\r\n4 May 2027, 10am to 4pm, Hull. Book at https://body.example/{n}\r\n"
        );
        std::fs::write(folder.join("a.eml"), mail).unwrap();
        desk.add(source(folder.to_str().unwrap(), SourceKind::Mailbox)).await;
    }
    let sources = desk.store.sources().await.unwrap();
    let collector = Collector { concurrency: 64, ..desk.collector(&desk.store, at(START)) };
    let report = collector.pass(sources, at(START), |_| ()).await.unwrap();
    assert_eq!((report.failed, report.new), (0, SOURCES), "{:?}", report.failures.first());
}
