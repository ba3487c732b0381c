//! An editor's word about events: it stands through every re-run, says who gave it, and can be taken back (invariant 3).

use gleaner::{
    collect::place::Placer,
    domain::{EventId, ListingId, SourceKind},
    identity::Corpus,
    store::merge::Word,
    tag::{Tagger, Taxonomy},
};

use crate::{
    bad_input::feed,
    collecting::{Desk, at, source},
    site::Site,
};

const NOW: &str = "2027-03-01T09:00:00Z";
const NEXT: &str = "2027-03-02T09:00:00Z";

/// Two listings that nobody would take for one event, each with its event.
async fn two(site: &Site, desk: &Desk) -> Vec<(EventId, ListingId)> {
    site.set("/own", feed(&[("own-7", "Caring for textiles", "4 May 2027, 10am to 4pm")]));
    site.set("/board", feed(&[("board-1", "A day among the looms", "9 September 2027")]));
    let own = desk.add(source(site.url("/own"), SourceKind::Feed)).await;
    let board = desk.add(source(site.url("/board"), SourceKind::Feed)).await;
    desk.look(&[own, board], NOW).await;
    let listings = [desk.listings_from(own).await.remove(0), desk.listings_from(board).await.remove(0)];
    listings.into_iter().map(|l| (l.event.unwrap(), l.id)).collect()
}

fn word(desk: &Desk) -> Word<'static> {
    Word { organisation: desk.organisation, by: "editor@body.example", at: at(NOW), note: None }
}

#[tokio::test]
async fn a_merge_stands_says_who_made_it_and_is_undone_by_a_split() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let [(first, own), (second, board)] = two(&site, &desk).await[..] else { panic!("not two events") };
    let (tagger, corpus) = (Tagger::new(Taxonomy::built_in()), Corpus::neutral());
    let placer = Placer { store: &desk.store, tagger: &tagger, corpus: &corpus, min_confidence: 0.3 };
    placer.merge(second, first, word(&desk)).await.unwrap();
    assert!(placer.merge(second, first, word(&desk)).await.unwrap_err().to_string().contains("was merged into"));
    // Other words, so that it is placed and built again.
    site.set("/board", feed(&[("board-1", "A day among the looms and the threads", "9 September 2027")]));
    let sources: Vec<_> = desk.store.sources().await.unwrap().iter().map(|s| s.id).collect();
    desk.look(&sources, NEXT).await;
    assert_eq!(desk.event().await.id, first);
    assert_eq!(desk.store.stands_as(second).await.unwrap(), Some(first));
    let joinings = desk.store.joinings(first).await.unwrap();
    assert_eq!(joinings.iter().find(|j| j.listing == board).unwrap().came_from, Some(second));
    let said = desk.store.said_about(first, &[own, board]).await.unwrap();
    assert_eq!(said.iter().map(|s| (s.verb.as_str(), s.by_whom.as_str())).collect::<Vec<_>>(), [("merge", "editor@body.example")]);
    assert_eq!(said[0].value, Some(second.to_string()), "it says which event went in");

    assert_eq!(placer.split(first, &[board], word(&desk)).await.unwrap(), second, "the merge is undone: it is the event that it was");
    site.set("/board", feed(&[("board-1", "Caring for textiles", "4 May 2027, 10am to 4pm")]));
    desk.look(&sources, "2027-03-03T09:00:00Z").await;
    assert_eq!(desk.events().await.len(), 2, "not the same, however alike they become");
    let event = desk.events().await.into_iter().find(|e| e.id == second).unwrap();
    assert_eq!(event.title, "Caring for textiles");
}

#[tokio::test]
async fn an_event_is_not_split_into_nothing_and_all() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let [(first, own), (_, board)] = two(&site, &desk).await[..] else { panic!("not two events") };
    let (tagger, corpus) = (Tagger::new(Taxonomy::built_in()), Corpus::neutral());
    let placer = Placer { store: &desk.store, tagger: &tagger, corpus: &corpus, min_confidence: 0.3 };
    for wrong in [vec![own], vec![], vec![board]] {
        let refused = placer.split(first, &wrong, word(&desk)).await.unwrap_err();
        assert!(refused.to_string().contains("name some, and not all"), "{refused}");
    }
    assert_eq!(desk.events().await.len(), 2);
}

/// Placing is idempotent: a listing that has its place keeps it, and nothing is written twice.
#[tokio::test]
async fn placing_again_changes_nothing() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    let known = two(&site, &desk).await;
    let (tagger, corpus) = (Tagger::new(Taxonomy::built_in()), Corpus::neutral());
    let placer = Placer { store: &desk.store, tagger: &tagger, corpus: &corpus, min_confidence: 0.3 };
    let tables = ["event", "event_listing", "event_field", "event_change", "block_key", "listing_profile", "tag_assignment"];
    let mut before = Vec::new();
    for table in tables {
        before.push(desk.rows(table).await);
    }
    for (_, listing) in &known {
        let done = placer.place(*listing, at(NEXT)).await.unwrap();
        assert!(!done.founded && !done.joined && !done.updated, "{done:?}");
    }
    for (table, rows) in tables.into_iter().zip(before) {
        assert_eq!(desk.rows(table).await, rows, "{table}");
    }
}

/// Keys of an older version of the program are made anew before the next pass, or its listings would never be found again.
#[tokio::test]
async fn listings_described_by_an_older_version_are_found_again() {
    let (site, desk) = (Site::start().await, Desk::open().await);
    site.set("/own", feed(&[("own-7", "Caring for textiles", "4 May 2027, 10am to 4pm")]));
    site.set("/board", feed(&[("board-1", "Caring for Textiles (one-day course)", "Tuesday 4 May 2027, 10:00-16:00")]));
    let own = desk.add(source(site.url("/own"), SourceKind::Feed)).await;
    let board = desk.add(source(site.url("/board"), SourceKind::Feed)).await;
    desk.look(&[own], NOW).await;
    sqlx::query("DELETE FROM block_key").execute(desk.store.write()).await.unwrap();
    sqlx::query("UPDATE listing_profile SET scheme = 0, profile = ''").execute(desk.store.write()).await.unwrap();
    let report = desk.look(&[board], NEXT).await;
    assert_eq!((report.new, report.duplicates, report.events), (1, 1, 0), "{report:?}");
}
