//! An editor's hand on an edition that is on its way: held, let go on, called off.

use gleaner::{
    curate::steps,
    domain::EditionState,
    store::{delivery::Counts, edition::NewEdition},
};

use crate::{
    edition::{TestEdition, smtp, start},
    smtp_sink::Sink,
};

const BY: &str = "editor@sender.example";

#[tokio::test(flavor = "multi_thread")]
async fn a_held_edition_sends_nothing_and_goes_on_where_it_was() {
    let (made, sink) = (TestEdition::published(5).await, Sink::taking_all().await);
    steps::hold(&made.store, made.edition, BY, "a mistake in it", start()).await.unwrap();
    let held = made.store.edition(made.edition).await.unwrap();
    assert_eq!((held.state, held.held_because.as_deref()), (EditionState::Held, Some("a mistake in it")));
    let _ = made.deliver(&smtp(sink.port, 2)).await;
    assert_eq!(sink.count(), 0);
    assert_eq!(steps::resume(&made.store, made.edition, BY, start()).await.unwrap(), EditionState::Sending);
    assert_eq!(made.deliver(&smtp(sink.port, 2)).await.unwrap().counts, Counts { sent: 5, ..Counts::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_reaches_nobody_more() {
    let (made, sink) = (TestEdition::published(4).await, Sink::taking_all().await);
    assert_eq!(steps::cancel(&made.store, made.edition, BY, start()).await.unwrap(), 4);
    let _ = made.deliver(&smtp(sink.port, 2)).await;
    assert_eq!(sink.count(), 0);
    assert_eq!(made.store.delivery_counts(made.edition).await.unwrap(), Counts { skipped: 4, ..Counts::default() });
    assert!(steps::resume(&made.store, made.edition, BY, start()).await.is_err(), "called off is called off");
}

#[tokio::test]
async fn a_held_draft_that_goes_on_is_approved_and_not_taken_for_sent() {
    let made = TestEdition::published(1).await;
    let words = String::new;
    let new = NewEdition { bulletin_id: made.bulletin, scheduled_for: None, subject: words(), intro: words(), as_of: start(), items: Vec::new() };
    let late = made.store.draft_edition(&new, start()).await.unwrap();
    steps::hold(&made.store, late, "schedule", "too late", start()).await.unwrap();
    assert_eq!(steps::resume(&made.store, late, BY, start()).await.unwrap(), EditionState::Approved);
    let edition = made.store.edition(late).await.unwrap();
    assert_eq!((edition.published_at, edition.approved_by.as_deref()), (None, Some(BY)));
}
