//! A course that everybody gives: thousands of listings of one name. A newcomer is compared with a few of them, and its own event is among them.

use gleaner::{
    collect::place::Placer,
    domain::{Candidate, EventId, Fact, Facts, ListingId, Method, Origin, SourceId, SourceKind, When},
    identity::{self, Corpus, Profile},
    store::{
        Store,
        listing::{Seen, Sighting},
        placing::{Bucket, Description, Nearest},
    },
    tag::{Tagger, Taxonomy},
};

use crate::collecting::{Desk, at, source};

const NOW: &str = "2027-03-01T09:00:00Z";
const COURSE: &str = "Emergency first aid at work";

#[allow(clippy::unnecessary_wraps, reason = "facts are optional, and tests put them in place")]
fn fact<T>(value: T) -> Option<Fact<T>> {
    Some(Fact::new(value, Origin::Structured, "as stated", 1.0))
}

/// `title | start | town | provider`; empty where not stated.
fn candidate(line: &str) -> Candidate {
    let mut parts = line.split('|').map(str::trim);
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (title, start, town, provider) = (next(), next(), next(), next());
    let zone = chrono_tz::Europe::London;
    let stated = |words: String| if words.is_empty() { None } else { fact(words) };
    let facts = Facts { start: fact(When::parse(&start, zone).unwrap()), town: stated(town), provider: stated(provider), ..Facts::default() };
    Candidate {
        method: Method::Repeated,
        native_id: None,
        title,
        text: String::new(),
        url: None,
        booking_url: None,
        zone,
        facts,
        confidence: 1.0,
        conflicts: Vec::new(),
    }
}

async fn see(store: &Store, source: SourceId, lines: &[String]) -> Vec<ListingId> {
    let seen = |(n, line): (usize, &String)| {
        let name = format!("{source}-{n}-{line}");
        Seen { native_key: name.clone(), own_name: true, raw_hash: name, candidate: candidate(line) }
    };
    let seen: Vec<Seen> = lines.iter().enumerate().map(seen).collect();
    let new = |s: Sighting| if let Sighting::New(id) = s { id } else { panic!("{s:?}") };
    store.see_further_listings(source, &seen, at(NOW)).await.unwrap().into_iter().map(new).collect()
}

/// Twenty days of one course, each day in ten towns, by 37 providers.
async fn runs(desk: &Desk, placer: &Placer<'_>) {
    let host = desk.add(source("https://diary.example/", SourceKind::Feed)).await;
    let towns = ["Leeds", "York", "Hull", "Derby", "Truro", "Exeter", "Cardiff", "Belfast", "Norwich", "Glasgow"];
    let line = |n: usize| {
        let (day, town) = (chrono::NaiveDate::from_ymd_opt(2027, 4, 1).unwrap() + chrono::Days::new(n as u64 / 10), towns[n % 10]);
        format!("{COURSE} | {day}T{:02}:00 | {town} | Aid{} Training", 9 + n % 7, n % 37)
    };
    for listing in see(&desk.store, host, &(0..200).map(line).collect::<Vec<_>>()).await {
        placer.place(listing, at(NOW)).await.unwrap();
    }
}

async fn near(store: &Store, line: &str) -> Vec<EventId> {
    let mut placing = store.placing().await.unwrap();
    let probes = identity::probes(&Profile::of_candidate("new", "new", &candidate(line)));
    let buckets: Vec<Bucket> = probes.into_iter().map(|p| Bucket { first: p.first, at: p.at, last: p.last }).collect();
    placing.near(&buckets, ListingId(uuid::Uuid::nil()), Nearest { each_way: 8, most: 16 }).await.unwrap()
}

#[tokio::test]
async fn of_a_course_that_everybody_gives_a_newcomer_finds_its_own_run() {
    let desk = Desk::open().await;
    let (tagger, corpus) = (Tagger::new(Taxonomy::built_in()), Corpus::neutral());
    let placer = Placer { store: &desk.store, tagger: &tagger, corpus: &corpus, min_confidence: 0.3 };
    runs(&desk, &placer).await;
    assert_eq!(desk.rows("event").await, 200, "each run is an event of its own");
    let board = desk.add(source("https://board.example/", SourceKind::Feed)).await;
    for (line, joins) in [
        ("Emergency First Aid at Work | 2027-04-15 | Hull |", true),
        ("Emergency first aid at work (course) | 2027-04-20T13:00 | Derby |", true),
        ("EMERGENCY FIRST AID AT WORK | 2027-04-09T11:00 | | Aid12 Training", true),
        ("Emergency First Aid at Work | 2027-04-15 | Aberdeen |", false),
        ("Emergency First Aid at Work | 2027-09-15 | Hull |", false),
    ] {
        assert!(near(&desk.store, line).await.len() <= 16, "what is compared is bounded");
        let listing = see(&desk.store, board, &[line.to_owned()]).await[0];
        let done = placer.place(listing, at(NOW)).await.unwrap();
        assert_eq!(done.joined, joins, "{line}");
        if joins {
            let event = desk.store.listings(&[listing]).await.unwrap()[0].event.unwrap();
            let host = &desk.store.listings(&desk.store.listings_of(&[event]).await.unwrap()[&event]).await.unwrap()[0].candidate.facts;
            let (own, theirs) = (candidate(line).facts, host.start.as_ref().unwrap().value);
            assert_eq!(own.start.unwrap().value.day(), theirs.day(), "{line}");
            assert!(own.town.is_none_or(|town| town.value == host.town.as_ref().unwrap().value), "{line}");
        }
    }
}

/// What is found of a listing's own keys is the same in an archive of strangers, however many they are.
#[tokio::test]
async fn strangers_do_not_hide_what_is_near() {
    let desk = Desk::open().await;
    let (tagger, corpus) = (Tagger::new(Taxonomy::built_in()), Corpus::neutral());
    let placer = Placer { store: &desk.store, tagger: &tagger, corpus: &corpus, min_confidence: 0.3 };
    let host = desk.add(source("https://own.example/", SourceKind::Feed)).await;
    let known = see(&desk.store, host, &["Caring for textiles | 2027-05-04T10:00 | Leeds | Mill Trust".to_owned()]).await[0];
    placer.place(known, at(NOW)).await.unwrap();
    let event = desk.store.listings(&[known]).await.unwrap()[0].event.unwrap();
    let told = "Textiles: how to care for them | 2027-05-04 | Leeds | ";
    assert_eq!(near(&desk.store, told).await, [event]);
    // Of the same day and town, with nothing in the name.
    let strangers: Vec<String> = (0..200).map(|n| format!("Course{n} about subject{n} | 2027-05-04 | Leeds | Provider{n}")).collect();
    for listing in see(&desk.store, host, &strangers).await {
        let candidate = desk.store.listings(&[listing]).await.unwrap().remove(0).candidate;
        let profile = Profile::of_candidate(listing.to_string(), host.to_string(), &candidate);
        let mut placing = desk.store.placing().await.unwrap();
        let what = Description { scheme: identity::SCHEME, keys: &identity::keys(&profile), profile: &profile.kept() };
        placing.describe(listing, what).await.unwrap();
        placing.commit().await.unwrap();
    }
    assert!(near(&desk.store, told).await.contains(&event));
}
