//! A source that breaks, even half, is noticed and takes nothing with it: alarms open and close by themselves, what is known of events stays,
//! an event that its source no longer shows is a question to the editor (invariant 1), and editors hear of it all once.

use std::fmt::Write as _;

use chrono::TimeDelta;
use gleaner::{
    app::{App, alarms},
    domain::{AlarmEnd, AlarmKind, EmailAddress, Health, OrganisationId, Role, Selectors, SourceId, SourceKind, SuppressionReason},
    store::{digest::DigestState, health::Alarm},
};

use crate::{
    collecting::{Desk, at, source},
    program::{Program, collect, email, monday, page, training_day},
    site::{Answer, Site},
};

const NOW: &str = "2027-03-01T09:00:00Z";

/// The same time of day so many days later.
fn day(n: i64) -> String {
    (at(NOW) + TimeDelta::days(n)).to_rfc3339()
}

/// A page that lists courses: name and date. Without dates it is the page of a theme that forgot to print them.
fn list(courses: &[(&str, &str)], with_dates: bool) -> Answer {
    let mut body = String::from("<html><body><h1>Courses</h1><ul>");
    for (name, date) in courses {
        let slug = name.to_lowercase().replace(' ', "-");
        let date = if with_dates { *date } else { "" };
        write!(body, "<li class=run><a href=/courses/{slug}>{name}</a> <b>{date}</b> <i>Weaving Shed, Hull</i></li>").unwrap();
    }
    Answer::ok("text/html", body + "</ul></body></html>")
}

const COURSES: [(&str, &str); 6] = [
    ("Caring for textiles", "4 May 2027, 10am to 4pm"),
    ("Writing a funding bid", "11 May 2027, 10am to 4pm"),
    ("Pest management in store rooms", "18 May 2027, 10am to 4pm"),
    ("Audio description for galleries", "25 May 2027, 10am to 4pm"),
    ("Volunteer management", "1 June 2027, 10am to 4pm"),
    ("Safeguarding for freelancers", "8 June 2027, 10am to 4pm"),
];

async fn listed(site: &Site, desk: &Desk, path: &str) -> SourceId {
    site.set(path, list(&COURSES, true));
    let rules =
        Selectors { item: "li.run".into(), title: "a".into(), date: Some("b".into()), place: Some("i".into()), pages: 1, ..Default::default() };
    let mut page = source(site.url(path), SourceKind::Page);
    page.selectors = Some(rules);
    let id = desk.add(page).await;
    desk.look(&[id], NOW).await;
    assert_eq!((desk.events().await.len(), alarms_of(desk, id).await), (COURSES.len(), vec![]));
    id
}

async fn open(desk: &Desk, id: SourceId) -> Vec<Alarm> {
    desk.store.open_alarms_of(id).await.unwrap()
}

async fn alarms_of(desk: &Desk, id: SourceId) -> Vec<AlarmKind> {
    open(desk, id).await.into_iter().map(|a| a.kind).collect()
}

async fn ended(desk: &Desk, id: SourceId) -> Vec<(AlarmKind, AlarmEnd)> {
    let all = desk.store.alarms_of(id, 20).await.unwrap();
    all.into_iter().filter_map(|a| Some((a.kind, a.closed?.1))).collect()
}

async fn dates(desk: &Desk) -> Vec<Option<String>> {
    let mut all: Vec<_> = desk.events().await.iter().map(|e| e.facts.start.as_ref().map(|s| s.value.to_string())).collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_half_broken_page_is_noticed_and_takes_no_date_from_anybody() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    let before = dates(&desk).await;
    assert!(before.iter().all(Option::is_some));
    site.set("/list", list(&COURSES, false));
    for n in 1..=30 {
        desk.look(&[id], &day(n)).await;
    }
    let alarm = open(&desk, id).await.remove(0);
    assert_eq!((alarm.kind, alarm.looks, alarm.opened_at), (AlarmKind::FieldLost, 30, at(&day(1))), "one alarm, however often it is seen");
    assert!(alarm.words.contains("date (usually 100 % of the events, now 0 %)"), "{}", alarm.words);
    assert_eq!(desk.source(id).await.health, Health::Suspect);
    assert_eq!(dates(&desk).await, before, "nothing is withdrawn, and nothing forgotten");
    assert!(desk.events().await.iter().all(|e| e.withdrawn_at.is_none() && e.doubt.is_none()));
    site.set("/list", list(&COURSES, true));
    let report = desk.look(&[id], &day(31)).await;
    assert_eq!((report.new, report.changed), (0, 0), "{report:?}");
    assert_eq!(alarms_of(&desk, id).await, []);
    assert_eq!(ended(&desk, id).await, [(AlarmKind::FieldLost, AlarmEnd::Mended)]);
    assert_eq!(desk.source(id).await.health, Health::Ok);
}

#[tokio::test]
async fn an_operator_can_say_that_a_field_is_gone_for_good() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    site.set("/list", list(&COURSES, false));
    desk.look(&[id], &day(1)).await;
    assert_eq!(alarms_of(&desk, id).await, [AlarmKind::FieldLost]);
    desk.store.accept_as_usual(id, at(&day(1))).await.unwrap();
    assert_eq!(ended(&desk, id).await, [(AlarmKind::FieldLost, AlarmEnd::Usual)]);
    desk.look(&[id], &day(2)).await;
    assert_eq!((alarms_of(&desk, id).await, desk.source(id).await.health), (vec![], Health::Ok));
}

#[tokio::test]
async fn an_empty_page_withdraws_nothing_and_never_becomes_usual() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    site.set("/list", list(&[], true));
    for n in 1..=20 {
        desk.look(&[id], &day(n)).await;
    }
    let alarm = open(&desk, id).await.remove(0);
    assert_eq!((alarm.kind, alarm.looks), (AlarmKind::Empty, 20));
    assert!(alarm.words.contains("usually 6") && alarm.words.contains("nothing was withdrawn"), "{}", alarm.words);
    assert_eq!(desk.events().await.len(), COURSES.len());
    assert!(desk.events().await.iter().all(|e| e.doubt.is_none()));
    site.set("/list", list(&COURSES, true));
    desk.look(&[id], &day(21)).await;
    assert_eq!(ended(&desk, id).await, [(AlarmKind::Empty, AlarmEnd::Mended)]);
}

#[tokio::test]
async fn a_list_that_stays_shorter_for_a_week_is_the_usual_one() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    site.set("/list", list(&COURSES[..2], true));
    for n in 1..8 {
        desk.look(&[id], &day(n)).await;
        assert_eq!(alarms_of(&desk, id).await, [AlarmKind::Shorter], "day {n}");
    }
    for n in 8..12 {
        desk.look(&[id], &day(n)).await;
        assert_eq!(alarms_of(&desk, id).await, [], "day {n}");
    }
    assert_eq!(ended(&desk, id).await, [(AlarmKind::Shorter, AlarmEnd::Usual)]);
    assert_eq!(desk.events().await.len(), COURSES.len());
}

#[tokio::test]
async fn who_keeps_programs_out_is_asked_once_a_day_and_told() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    site.set("/list", Answer::status(403));
    desk.look(&[id], &day(1)).await;
    assert_eq!(alarms_of(&desk, id).await, [], "once is nothing");
    desk.look(&[id], &day(2)).await;
    let alarm = open(&desk, id).await.remove(0);
    assert_eq!(alarm.kind, AlarmKind::Blocked);
    assert!(alarm.words.contains("403") && alarm.words.contains("ask the provider"), "{}", alarm.words);
    assert!(desk.source(id).await.next_due_at > at(&day(2)) + TimeDelta::hours(20));
    site.set("/list", Answer::status(404));
    desk.look(&[id], &day(3)).await;
    assert_eq!(alarms_of(&desk, id).await, [AlarmKind::Blocked, AlarmKind::Gone]);
    site.set("/list", list(&COURSES, true));
    desk.look(&[id], &day(4)).await;
    assert_eq!(alarms_of(&desk, id).await, []);
}

#[tokio::test]
async fn a_page_that_asks_for_a_password_is_not_an_empty_list() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    site.set("/list", Answer::ok("text/html", "<html><body><form><input type=\"password\" name=p></form></body></html>"));
    desk.look(&[id], &day(1)).await;
    assert_eq!(alarms_of(&desk, id).await, [AlarmKind::Login]);
}

#[tokio::test]
async fn a_source_with_nothing_ahead_or_nothing_new_is_told_once_a_day() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/calendar", Answer::ok("text/calendar", CALENDAR).with("etag", "\"1\""));
    let id = desk.add(source(site.url("/calendar"), SourceKind::Ical)).await;
    desk.look(&[id], NOW).await;
    assert_eq!(alarms_of(&desk, id).await, []);
    desk.look(&[id], "2027-06-15T09:00:00Z").await;
    assert_eq!(alarms_of(&desk, id).await, [AlarmKind::PastOnly], "not modified, and its only event is long over");
    desk.look(&[id], "2027-07-15T09:00:00Z").await;
    assert_eq!(alarms_of(&desk, id).await, [AlarmKind::PastOnly, AlarmKind::Stale]);
    site.set("/calendar", Answer::ok("text/calendar", CALENDAR.replace("20270504", "20270910")));
    desk.look(&[id], "2027-07-16T09:00:00Z").await;
    assert_eq!(alarms_of(&desk, id).await, []);
}

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x1@network.example\r\nDTSTART;TZID=Europe/London:20270504T100000\r\nDTEND;TZID=Europe/London:20270504T160000\r\nSUMMARY:Caring for Textiles\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// Why the editor is asked about the one event of that title.
async fn doubt(desk: &Desk, title: &str) -> Option<String> {
    desk.events().await.into_iter().find(|e| e.title == title).unwrap().doubt
}

#[tokio::test]
async fn three_reads_without_it_are_a_question_and_coming_back_is_the_answer() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    let without: Vec<_> = COURSES.iter().copied().filter(|c| c.0 != "Pest management in store rooms").collect();
    site.set("/list", list(&without, true));
    for n in 1..3 {
        desk.look(&[id], &day(n)).await;
        assert_eq!(doubt(&desk, "Pest management in store rooms").await, None, "day {n}");
    }
    desk.look(&[id], &day(3)).await;
    let asked = doubt(&desk, "Pest management in store rooms").await.unwrap();
    assert!(asked.starts_with("withdrawn?") && asked.contains("/list"), "{asked}");
    let events = desk.events().await;
    assert_eq!(events.len(), COURSES.len(), "it is a question");
    assert!(events.iter().all(|e| e.withdrawn_at.is_none()));
    assert_eq!(events.iter().filter(|e| e.doubt.is_some()).count(), 1);
    assert_eq!(alarms_of(&desk, id).await, [], "a list that is one shorter is well");
    site.set("/list", list(&COURSES, true));
    desk.look(&[id], &day(4)).await;
    assert_eq!(doubt(&desk, "Pest management in store rooms").await, None);
}

#[tokio::test]
async fn absence_must_be_in_a_row_and_a_changed_page_is_none() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    // Gone, gone, there, gone, gone.
    for (n, there) in [(1, false), (2, false), (3, true), (4, false), (5, false)] {
        site.set("/list", list(if there { &COURSES } else { &COURSES[1..] }, true));
        desk.look(&[id], &day(n)).await;
    }
    assert_eq!(desk.rows("event WHERE doubt IS NOT NULL").await, 0);
    site.set("/list", list(&COURSES, true));
    desk.look(&[id], &day(6)).await;
    // All but one are others: the page has changed, not the events.
    let mut others: Vec<(String, &str)> = COURSES.iter().map(|c| (format!("{} again", c.0), c.1)).collect();
    others[0].0 = COURSES[0].0.to_owned();
    let others: Vec<(&str, &str)> = others.iter().map(|(name, date)| (name.as_str(), *date)).collect();
    site.set("/list", list(&others, true));
    for n in 7..20 {
        desk.look(&[id], &day(n)).await;
    }
    assert_eq!(desk.rows("event WHERE doubt IS NOT NULL").await, 0);
    // The last of a list may have moved to a page that we do not read.
    site.set("/list", list(&others[..5], true));
    for n in 20..26 {
        desk.look(&[id], &day(n)).await;
    }
    assert_eq!(desk.rows("event WHERE doubt IS NOT NULL").await, 0);
}

#[tokio::test]
async fn an_unchanged_answer_lacks_it_once_more() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let event = |uid: &str, day: &str| format!("BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:{day}T100000Z\r\nSUMMARY:Course {uid}\r\nEND:VEVENT\r\n");
    let calendar = |events: &[String]| format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.concat());
    let all = [event("a", "20270504"), event("b", "20270604"), event("c", "20270704")];
    site.set("/calendar", Answer::ok("text/calendar", calendar(&all)));
    let id = desk.add(source(site.url("/calendar"), SourceKind::Ical)).await;
    desk.look(&[id], NOW).await;
    site.set("/calendar", Answer::ok("text/calendar", calendar(&all[1..])).with("etag", "\"2\""));
    for (n, asked) in [(1, 0), (2, 0), (3, 1), (4, 1)] {
        let report = desk.look(&[id], &day(n)).await;
        assert_eq!(report.unchanged, usize::from(n > 1));
        assert_eq!(desk.rows("event WHERE doubt IS NOT NULL").await, asked, "day {n}");
    }
    assert!(doubt(&desk, "Course a").await.is_some());
}

#[tokio::test]
async fn a_feed_of_the_newest_items_says_nothing_of_the_others() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let item = |(name, date): &(&str, &str)| {
        format!("<item><guid>{name}</guid><title>{name}</title><description>A course on {date} in Hull.</description></item>")
    };
    let feed = |c: &[(&str, &str)]| {
        let items: String = c.iter().map(item).collect();
        Answer::ok("application/rss+xml", format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>"))
    };
    site.set("/feed", feed(&COURSES));
    let id = desk.add(source(site.url("/feed"), SourceKind::Auto)).await;
    desk.look(&[id], NOW).await;
    for n in 1..6 {
        let mut changed = feed(&COURSES[1..]);
        changed.body.extend_from_slice(format!("<!-- {n} -->").as_bytes());
        site.set("/feed", changed);
        desk.look(&[id], &day(n)).await;
    }
    assert_eq!(desk.rows("event WHERE doubt IS NOT NULL").await, 0);
    assert_eq!(desk.rows("listing WHERE missed > 0").await, 1);
}

#[tokio::test]
async fn words_that_call_it_off_are_a_question_too() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    let mut off = COURSES;
    off[0].1 = "4 May 2027, 10am to 4pm - CANCELLED";
    site.set("/list", list(&off, true));
    let report = desk.look(&[id], &day(1)).await;
    assert_eq!((report.changed, report.updates), (1, 1), "{report:?}");
    let flag = desk.events().await.into_iter().find(|e| e.title == COURSES[0].0).unwrap().flag.unwrap();
    assert!(flag.starts_with("withdrawn?") && flag.to_lowercase().contains("cancelled"), "{flag}");
    site.set("/list", list(&COURSES, true));
    desk.look(&[id], &day(2)).await;
    assert!(desk.events().await.iter().all(|e| e.flag.is_none()));
}

#[tokio::test]
async fn what_another_source_still_lists_is_no_question() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    site.set("/board", list(&COURSES, true));
    let mut board = source(site.url("/board"), SourceKind::Page);
    board.selectors = desk.source(id).await.selectors;
    let board = desk.add(board).await;
    desk.look(&[board], NOW).await;
    assert_eq!(desk.events().await.len(), COURSES.len(), "each is one event with two listings");
    site.set("/list", list(&COURSES[1..], true));
    for n in 1..5 {
        desk.look(&[id, board], &day(n)).await;
    }
    assert_eq!(desk.rows("event WHERE doubt IS NOT NULL").await, 0);
    site.set("/board", list(&COURSES[1..], true));
    for n in 5..8 {
        desk.look(&[id, board], &day(n)).await;
    }
    assert!(doubt(&desk, COURSES[0].0).await.is_some(), "now nobody does");
}

/// A program with two editors, a viewer, and a source that has just gone empty.
async fn in_trouble() -> Program {
    let program = Program::new("", &page(&[training_day("Collections care", "2027-05-16T10:00:00+00:00")])).await;
    let app = program.at(monday()).await;
    let organisation = organisation(&app).await;
    for (address, role) in [("owner@sender.example", Role::Owner), ("editor@sender.example", Role::Editor), ("viewer@sender.example", Role::Viewer)] {
        app.store.put_user(organisation, &email(address), role, app.now()).await.unwrap();
    }
    collect(&app).await;
    assert_eq!(alarms::tend(&app).await.unwrap(), 0, "nothing to tell");
    app.store.close().await;
    program.site.set("/events", Answer::ok("text/html", page(&[])));
    program
}

async fn organisation(app: &App) -> OrganisationId {
    app.store.organisations().await.unwrap().remove(0).id
}

/// What happens at that time: a look at the source if so wished, then the digest. Returns how many mails went out.
async fn tend(program: &Program, time: &str, look: bool) -> usize {
    let app = program.at(at(time)).await;
    if look {
        collect(&app).await;
    }
    let sent = alarms::tend(&app).await.unwrap();
    app.store.close().await;
    sent
}

#[tokio::test]
async fn editors_hear_of_trouble_once_of_its_end_once_and_weekly_between() {
    let program = in_trouble().await;
    assert_eq!(tend(&program, "2027-03-02T06:30:00Z", true).await, 0, "before the hour");
    assert_eq!(tend(&program, "2027-03-02T07:00:00Z", false).await, 2, "the owner and the editor");
    let mail = String::from_utf8(program.outbox().remove(0)).unwrap();
    let parsed = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap();
    assert_eq!(parsed.subject(), Some("1 source needs a look"));
    let text = parsed.body_text(0).unwrap();
    assert!(text.contains("Northfield Museum Network: No events") && text.contains("usually 1"), "{text}");
    assert!(parsed.body_html(0).unwrap().contains("Northfield Museum Network"));
    for time in ["2027-03-02T07:00:20Z", "2027-03-02T23:00:00Z", "2027-03-03T08:00:00Z", "2027-03-08T23:00:00Z"] {
        assert_eq!(tend(&program, time, true).await, 0, "{time}: told already");
    }
    assert_eq!(tend(&program, "2027-03-09T08:00:00Z", true).await, 2, "a week later, still open");
    program.site.set("/events", Answer::ok("text/html", page(&[training_day("Collections care", "2027-05-16T10:00:00+00:00")])));
    assert_eq!(tend(&program, "2027-03-09T12:00:00Z", true).await, 0, "once a day");
    assert_eq!(tend(&program, "2027-03-10T08:00:00Z", true).await, 2, "it is over");
    let last = program.outbox().into_iter().map(|m| String::from_utf8(m).unwrap()).filter(|m| m.contains("1 source is well again")).count();
    assert_eq!(last, 2);
    assert_eq!(tend(&program, "2027-04-10T08:00:00Z", true).await, 0, "and that was that");
}

#[tokio::test]
async fn a_suppressed_address_hears_nothing_and_without_editors_nothing_is_lost() {
    let program = in_trouble().await;
    let app = program.at(at("2027-03-02T07:00:00Z")).await;
    let owner: EmailAddress = email("owner@sender.example");
    app.store.suppress(organisation(&app).await, &app.secret.email_hash(&owner), SuppressionReason::Complained, "", app.now()).await.unwrap();
    sqlx::query("UPDATE desk_user SET role = 'viewer' WHERE email_key = 'editor@sender.example' OR email_key = 'owner@sender.example'")
        .execute(app.store.write())
        .await
        .unwrap();
    collect(&app).await;
    assert_eq!(alarms::tend(&app).await.unwrap(), 0, "nobody is there to hear");
    sqlx::query("UPDATE desk_user SET role = 'editor' WHERE email_key <> 'viewer@sender.example'").execute(app.store.write()).await.unwrap();
    assert_eq!(alarms::tend(&app).await.unwrap(), 1);
    let mut states = app.store.digest_states().await.unwrap();
    states.sort_unstable();
    assert_eq!(states, [DigestState::Sent, DigestState::Skipped]);
}

#[tokio::test]
async fn a_mail_whose_process_died_goes_again_under_the_same_name_when_its_lease_is_over() {
    let program = in_trouble().await;
    assert_eq!(tend(&program, "2027-03-02T07:00:00Z", true).await, 2);
    let app = program.at(at("2027-03-02T07:00:20Z")).await;
    // As a kill between handing over and writing the answer down leaves it.
    sqlx::query("UPDATE digest_mail SET state = 'handing_over', due_at = '2999-01-01T00:00:00+00:00'").execute(app.store.write()).await.unwrap();
    assert_eq!(alarms::tend(&app).await.unwrap(), 0, "somebody is at it");
    sqlx::query("UPDATE digest_mail SET due_at = '2020-01-01T00:00:00+00:00'").execute(app.store.write()).await.unwrap();
    assert_eq!(alarms::tend(&app).await.unwrap(), 2);
    assert_eq!(alarms::tend(&app).await.unwrap(), 0);
    let ids: std::collections::BTreeSet<String> =
        program.outbox().iter().map(|m| mail_parser::MessageParser::default().parse(m).unwrap().message_id().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2, "repeats bear the same Message-ID");
}

#[tokio::test]
async fn a_digest_that_is_turned_off_is_not_made() {
    let program = in_trouble().await;
    let text = std::fs::read_to_string(program.config()).unwrap();
    std::fs::write(program.config(), format!("[alarms]\ndigest = false\n{text}")).unwrap();
    assert_eq!(tend(&program, "2027-03-02T07:00:00Z", true).await, 0);
    let app = program.at(monday()).await;
    assert_eq!(app.store.open_alarms().await.unwrap().len(), 1, "the list still says so");
}

#[tokio::test]
async fn disabling_a_source_ends_its_alarms() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let id = listed(&site, &desk, "/list").await;
    site.set("/list", list(&[], true));
    desk.look(&[id], &day(1)).await;
    desk.store.disable_source(id, at(&day(2))).await.unwrap();
    assert_eq!(ended(&desk, id).await, [(AlarmKind::Empty, AlarmEnd::Disabled)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_shows_what_is_wrong_and_what_is_usual() {
    let (site, program) = (Site::start().await, crate::cli::Program::new());
    let event = |n: usize| training_day(&format!("Collections care {n}"), &format!("2027-05-{:02}T10:00:00+00:00", n + 1));
    site.set("/events", Answer::ok("text/html", page(&(0..6).map(event).collect::<Vec<_>>())));
    let run = |args: &[&str], day: &str| program.text(&[args, &["--data", "data", "--as-of", day]].concat());
    run(&["source", "add", &site.url("/events"), "--provider", "Fens Museums"], "2027-03-01");
    run(&["collect"], "2027-03-01");
    site.set("/events", Answer::ok("text/html", page(&[event(0)])));
    run(&["collect"], "2027-03-02");
    let list = run(&["source", "list"], "2027-03-02");
    assert!(list.contains("suspect") && list.contains("! Far fewer events") && list.contains("just now"), "{list}");
    let shown: serde_json::Value = serde_json::from_str(&run(&["source", "list", "--json"], "2027-03-02")).unwrap();
    let id = shown["sources"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(shown["sources"][0]["alarms"][0]["kind"], "shorter");
    let one = run(&["source", "show", &id], "2027-03-02");
    for words in
        ["events                6        1", "date              100 %    100 %", "1 event where there were usually 6", "not counted as usual"]
    {
        assert!(one.contains(words), "{words} in {one}");
    }
    let one: serde_json::Value = serde_json::from_str(&run(&["source", "show", &id, "--json"], "2027-03-02")).unwrap();
    assert_eq!(one["yield"]["listings"], serde_json::json!({"usual": 6, "newest": 1}));
    assert_eq!(one["yield"]["fields"]["start"]["usual"], 1.0);
    let check = run(&["check"], "2027-03-02");
    assert!(check.contains("1 suspect") && check.contains("usually 6"), "{check}");
    run(&["source", "accept", &id], "2027-03-02");
    run(&["collect"], "2027-03-03");
    assert!(!run(&["source", "list"], "2027-03-03").contains("Far fewer"));
}

#[tokio::test]
async fn metrics_count_alarms_and_show_each_source() {
    let program = in_trouble().await;
    let app = program.at(at("2027-03-02T07:00:00Z")).await;
    collect(&app).await;
    gleaner::app::daemon::gauge(&app).await.unwrap();
    let id = app.store.sources().await.unwrap()[0].id;
    let text = app.telemetry.render();
    for line in [
        "gleaner_alarms{kind=\"empty\"} 1".to_owned(),
        format!("gleaner_source_alarms{{source=\"{id}\"}} 1"),
        format!("gleaner_source_listings{{source=\"{id}\"}} 0"),
        format!("gleaner_source_failures{{source=\"{id}\"}} 0"),
    ] {
        assert!(text.contains(&line), "{line} in {text}");
    }
}
