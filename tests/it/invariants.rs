//! Invariants 2 and 3 of the design, as properties of whole databases: no fact without evidence, where "not stated" is a value; a merge can be
//! undone, and an editor's decision outlives every re-run.

use gleaner::{
    curate::decide::ToCorrect,
    domain::{Aspect, Facet, Field, IdPrefix, Kind, SourceId, SourceKind},
    store::event::Event,
};
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::{
    bad_input::feed,
    collecting::{Desk, source},
    program::{page, training_day},
    site::{Answer, Site},
};

const NOW: &str = "2027-03-01T09:00:00Z";
const NEXT: &str = "2027-03-02T09:00:00Z";

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x1@network.example\r\nDTSTART;TZID=Europe/London:20270504T100000\r\n\
DTEND;TZID=Europe/London:20270504T160000\r\nSUMMARY:Training: Caring for Textiles\r\nLOCATION:Weaving Shed\\, Hull\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
UID:x2@network.example\r\nDTSTART;VALUE=DATE:20270610\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Peer learning circle\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

const PLAIN: &str = "<html><body><h1>What's on</h1><ul><li class=e><h3><a href=/a>Object handling for volunteers</a></h3><p>Wednesday 12 May 2027, 2pm-4pm, \
The Mill, Leeds LS1 4AP. £15, members free.</p></li><li class=e><h3><a href=/b>Touring on a small budget</a></h3><p>Friday 14 May 2027, 10am, online via Zoom. \
Free, booking essential.</p></li><li class=e><h3><a href=/c>Labels people read</a></h3><p>Thursday 20 May 2027 at 10am. Book by 1 May 2027.</p></li></ul></body></html>";

const SHEET: &str = "Title,Date,Venue,Price\nDyes and mordants,4 June 2027,The Mill,£45\nA talk without a price,5 June 2027,The Mill,\n";

/// A database collected from documents of every kind, with events that several of them list.
async fn collected(site: &Site, desk: &Desk) -> Vec<SourceId> {
    site.set(
        "/feed",
        feed(&[
            ("f1", "Caring for textiles", "4 May 2027, 10am to 4pm"),
            ("f2", "Writing a bid", "11 May 2027"),
            ("f3", "Reading an old building", "a day in July 2027"),
        ]),
    );
    site.set("/calendar", Answer::ok("text/calendar", CALENDAR));
    site.set("/plain", Answer::ok("text/html", PLAIN));
    site.set("/sheet", Answer::ok("text/csv", SHEET));
    site.set("/page", Answer::ok("text/html; charset=utf-8", page(&structured())));
    let mut ids = Vec::new();
    for (path, kind) in [
        ("/feed", SourceKind::Feed),
        ("/calendar", SourceKind::Ical),
        ("/plain", SourceKind::Page),
        ("/sheet", SourceKind::Auto),
        ("/page", SourceKind::Page),
    ] {
        ids.push(desk.add(source(site.url(path), kind)).await);
    }
    let report = desk.look(&ids, NOW).await;
    assert_eq!(report.failed, 0, "{report:?}");
    assert!(desk.events().await.len() >= 8, "{report:?}");
    ids
}

fn structured() -> Vec<serde_json::Value> {
    let mut bare = training_day("Interpretation planning", "2027-06-22");
    for field in ["offers", "location", "eventAttendanceMode"] {
        bare[field] = json!(null);
    }
    let mut sold_out = training_day("Volunteer management", "2027-06-16T10:00:00+01:00");
    sold_out["offers"][0]["availability"] = json!("https://schema.org/SoldOut");
    vec![training_day("Collections care on a shoestring", "2027-05-16T10:00:00+01:00"), sold_out, bare]
}

/// Rows of a query as text, for what no reader needs to ask.
async fn rows(desk: &Desk, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(desk.store.read()).await.unwrap()
}

const UNFOUNDED: [&str; 4] = [
    "SELECT 'revision fact ' || field || ' = ' || value FROM revision_field WHERE TRIM(words) = '' OR confidence <= 0 OR confidence > 1",
    "SELECT 'event fact ' || field || ' = ' || value FROM event_field WHERE TRIM(words) = '' OR confidence <= 0 OR confidence > 1",
    // What no editor said is from a listing, and that listing is the event's own and states this value. One that was merged keeps what it was.
    "SELECT 'event fact ' || f.field || ' = ' || f.value || ' from nowhere' FROM event_field f JOIN event e ON e.id = f.event_id
     WHERE f.origin <> 'editor' AND e.merged_into IS NULL AND NOT EXISTS (
         SELECT 1 FROM event_listing el JOIN listing l ON l.id = el.listing_id JOIN revision r ON r.listing_id = l.id AND r.number = l.revision
         JOIN revision_field rf ON rf.revision_id = r.id AND rf.field = f.field AND rf.value = f.value AND rf.words = f.words
         WHERE el.event_id = f.event_id AND el.listing_id = f.listing_id)",
    "SELECT 'tag ' || facet || ' ' || term FROM tag_assignment WHERE TRIM(reason) = ''",
];

async fn assert_founded(desk: &Desk) {
    for sql in UNFOUNDED {
        assert_eq!(rows(desk, sql).await, Vec::<String>::new());
    }
    desk.assert_evidence().await;
}

#[tokio::test]
async fn invariant_2_no_fact_without_evidence_whatever_it_was_read_from_and_whoever_decided() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let ids = collected(&site, &desk).await;
    assert!(desk.rows("event_field").await > 20 && desk.rows("revision_field").await > 20);
    assert_founded(&desk).await;
    let events = desk.events().await;
    let (first, second) = (&events[0], &events[1]);
    desk.editor(NEXT).merge(second.id, first.id).await.unwrap();
    assert_founded(&desk).await;
    let fields = [("town".parse().unwrap(), "Hull".to_owned()), ("price".parse().unwrap(), String::new())];
    desk.editor(NEXT).set(first.id, &fields).await.unwrap();
    assert_founded(&desk).await;
    desk.editor(NEXT).undo(first.id).await.unwrap();
    desk.editor(NEXT).undo(first.id).await.unwrap();
    site.set("/page", Answer::ok("text/html; charset=utf-8", page(&structured()[1..])));
    desk.look(&ids, "2027-03-03T09:00:00Z").await;
    assert_founded(&desk).await;
}

#[tokio::test]
async fn invariant_2_not_stated_is_a_value_and_never_a_guess() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    collected(&site, &desk).await;
    let bare = desk.titled("Interpretation planning").await;
    assert_eq!((&bare.facts.price, &bare.facts.town, &bare.facts.mode, &bare.facts.end), (&None, &None, &None, &None));
    assert!(bare.verdict.terms(Facet::CostBand).all(|t| t == "tbc"), "unknown cost is never free");
    let vague = desk.titled("Reading an old building").await;
    assert_eq!(vague.facts.start.unwrap().value.to_string(), "2027-07", "a month stays a month");
    assert_eq!(gleaner::bulletin::wording::price(None), "not stated");
    // An editor can say "not stated" as well, and it stays.
    let priced = desk.titled("Collections care on a shoestring").await;
    assert!(priced.facts.price.is_some());
    desk.editor(NEXT).set(priced.id, &[("price".parse().unwrap(), String::new())]).await.unwrap();
    let said = desk.titled("Collections care on a shoestring").await;
    assert_eq!(said.facts.price, None);
    assert!(said.verdict.terms(Facet::CostBand).all(|t| t == "tbc"));
}

/// All that an event is: its row, facts, sittings, tags, and where its listings hang and why. Not its history.
const STATE: [&str; 5] = [
    "SELECT 'event ' || hex(id) || '|' || title || '|' || body || '|' || COALESCE(url, '-') || '|' || COALESCE(booking_url, '-') || '|' || zone || '|'
         || COALESCE(hex(provider_id), '-') || '|' || kind || '|' || kind_confidence || '|' || kind_reason || '|' || status || '|' || COALESCE(starts_at, '-')
         || '|' || COALESCE(ends_at, '-') || '|' || COALESCE(flag, '-') || '|' || COALESCE(doubt, '-') || '|' || COALESCE(hex(merged_into), '-') || '|'
         || COALESCE(withdrawn_at, '-') FROM event ORDER BY 1",
    "SELECT 'field ' || hex(event_id) || '|' || field || '|' || position || '|' || value || '|' || words || '|' || origin || '|' || confidence || '|'
         || COALESCE(hex(listing_id), '-') || '|' || locked FROM event_field ORDER BY 1",
    "SELECT 'session ' || hex(event_id) || '|' || position || '|' || start_value || '|' || COALESCE(end_value, '-') FROM session ORDER BY 1",
    "SELECT 'tag ' || hex(event_id) || '|' || facet || '|' || term || '|' || origin || '|' || confidence || '|' || reason FROM tag_assignment ORDER BY 1",
    "SELECT 'hangs ' || hex(listing_id) || '|' || hex(event_id) || '|' || joined_at || '|' || COALESCE(score, '-') || '|' || COALESCE(because, '-') || '|'
         || COALESCE(hex(came_from), '-') || '|' || COALESCE(built_from, '-') FROM event_listing ORDER BY 1",
];

async fn state(desk: &Desk) -> Vec<String> {
    let mut all = Vec::new();
    for sql in STATE {
        all.extend(rows(desk, sql).await);
    }
    all
}

#[tokio::test]
async fn invariant_3_a_merge_that_is_undone_leaves_exactly_the_earlier_state() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    collected(&site, &desk).await;
    let before = state(&desk).await;
    let events: Vec<_> = desk.events().await.iter().map(|e| e.id).collect();
    for (n, from) in events.iter().enumerate() {
        for into in events.iter().skip(n % 3).step_by(3).filter(|into| *into != from) {
            desk.editor(NEXT).merge(*from, *into).await.unwrap();
            assert_eq!(desk.events().await.len(), events.len() - 1);
            assert_ne!(state(&desk).await, before);
            desk.editor(NEXT).undo(*into).await.unwrap();
            assert_eq!(state(&desk).await, before, "{from} into {into}");
        }
    }
    // A chain of merges is undone link by link.
    desk.editor(NEXT).merge(events[0], events[1]).await.unwrap();
    let linked = state(&desk).await;
    desk.editor(NEXT).merge(events[1], events[2]).await.unwrap();
    desk.editor(NEXT).undo(events[2]).await.unwrap();
    assert_eq!(state(&desk).await, linked);
    desk.editor(NEXT).undo(events[0]).await.unwrap();
    assert_eq!(state(&desk).await, before);
}

#[tokio::test]
async fn invariant_3_a_split_that_is_undone_leaves_one_event_as_before() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    collected(&site, &desk).await;
    let (event, listings) = several(&desk).await;
    let before = state(&desk).await;
    let apart = desk.editor(NEXT).split(event.id, &[listings[0].parse().unwrap()]).await.unwrap();
    assert_ne!(state(&desk).await, before);
    desk.editor(NEXT).undo(event.id).await.unwrap();
    let left_behind = |row: &String| !row.contains(&apart.0.simple().to_string().to_uppercase());
    let after: Vec<String> = state(&desk).await.into_iter().filter(left_behind).collect();
    assert_eq!(after, before, "but for the row of what was split off, which is kept as merged");
    assert_eq!(desk.store.stands_as(apart).await.unwrap(), Some(event.id));
}

/// The event that several sources list, with the ids of its listings.
async fn several(desk: &Desk) -> (Event, Vec<String>) {
    for event in desk.events().await {
        let listings = desk.store.listings_of(&[event.id]).await.unwrap().remove(&event.id).unwrap();
        if listings.len() > 1 {
            return (event, listings.iter().map(ToString::to_string).collect());
        }
    }
    panic!("no event of several listings")
}

/// The documents once more, each in other words, so that every listing is placed and built again.
fn reworded(site: &Site, n: usize) {
    let more = format!(" Edition {n} of this page.");
    let items =
        [("f1", "4 May 2027, 10am to 4pm."), ("f2", "11 May 2027."), ("f3", "a day in July 2027.")].map(|(id, date)| (id, format!("{date}{more}")));
    let titles = ["Caring for textiles", "Writing a bid", "Reading an old building"];
    let items: Vec<(&str, &str, &str)> = items.iter().zip(titles).map(|((id, text), title)| (*id, title, text.as_str())).collect();
    site.set("/feed", feed(&items));
    site.set("/calendar", Answer::ok("text/calendar", CALENDAR.replace("END:VEVENT", &format!("DESCRIPTION:With lunch.{more}\r\nEND:VEVENT"))));
    let mut events = structured();
    for event in &mut events {
        event["description"] = json!(format!("A practical training workshop for museum staff.{more}"));
    }
    site.set("/page", Answer::ok("text/html; charset=utf-8", page(&events)));
}

#[tokio::test]
async fn invariant_3_decisions_outlive_collecting_again_and_describing_anew() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let ids = collected(&site, &desk).await;
    let (many, listings) = several(&desk).await;
    let editor = desk.editor(NEXT);
    let apart = editor.split(many.id, &[listings[1].parse::<IdPrefix>().unwrap()]).await.unwrap();
    let (bid, care) = (desk.titled("Writing a bid").await.id, desk.titled("Collections care on a shoestring").await.id);
    editor.merge(bid, care).await.unwrap();
    editor.set(care, &[("town".parse().unwrap(), "Hull".to_owned())]).await.unwrap();
    editor.correct(care, vec![ToCorrect { aspect: Aspect::Kind, term: "news".into(), holds: true }]).await.unwrap();
    editor.approve_or_reject(care, true).await.unwrap();
    let off = desk.titled("Interpretation planning").await.id;
    editor.withdraw(off).await.unwrap();
    let standing = desk.events().await.len();
    for n in 3..7 {
        reworded(&site, n);
        // As after an update of the program: keys and profiles of an older scheme.
        sqlx::query("UPDATE listing_profile SET scheme = 0, profile = ''").execute(desk.store.write()).await.unwrap();
        sqlx::query("DELETE FROM block_key").execute(desk.store.write()).await.unwrap();
        let report = desk.look(&ids, &format!("2027-03-{n:02}T09:00:00Z")).await;
        assert!(report.failed == 0 && report.changed > 3, "{report:?}");
        assert_eq!(desk.events().await.len(), standing, "look {n}");
        assert_eq!(desk.store.stands_as(bid).await.unwrap(), Some(care), "merged stays merged");
        assert_eq!(desk.store.stands_as(apart).await.unwrap(), None, "split stays split");
        let event = desk.store.events(&[care]).await.unwrap().remove(0);
        assert_eq!((event.facts.town.as_ref().unwrap().value.as_str(), event.verdict.kind), ("Hull", Kind::News));
        assert!(event.locked.contains(&Field::Town));
        assert!(desk.store.approvals(desk.organisation).await.unwrap().contains_key(&care));
        assert!(desk.store.events(&[off]).await.unwrap()[0].withdrawn_at.is_some());
        assert_founded(&desk).await;
    }
}
