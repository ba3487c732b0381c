//! Leaving on the web: one list or all, with a reason or without, once or again.

use gleaner::{
    domain::{ConsentAct, LeavingReason, SubscriberState},
    feedback::links::Purpose,
    store::subscriber_batch::Intake,
};
use reqwest::StatusCode;

use crate::{
    program::{self, monday},
    web::Pages,
};

/// A second bulletin of the organisation, with the reader on it.
async fn second_list(pages: &Pages) -> gleaner::domain::BulletinId {
    let mut second = pages.bulletin().await;
    (second.id, second.slug, second.name) = (gleaner::store::new_id(), "second".parse().unwrap(), "Second Bulletin".into());
    (second.sections, second.segments) = (Vec::new(), Vec::new());
    let id = pages.app.store.put_bulletin(&second, monday()).await.unwrap();
    let intake = Intake { organisation: second.organisation_id, bulletin: id, basis: gleaner::domain::Basis::Consent, note: "test".into() };
    gleaner::cli::subscribers::import_from(&pages.app, &b"email\nreader@reader.example\n"[..], &intake).await.unwrap();
    id
}

#[tokio::test]
async fn a_reader_leaves_one_list_or_all_says_why_or_not_and_may_press_again() {
    let pages = Pages::new().await;
    let reader = pages.reader().await;
    let path = pages.link(Purpose::Unsubscribe, reader).await;
    let (_, alone) = pages.get(&path).await;
    assert!(alone.contains("value=\"too_often\"") && !alone.contains("name=\"scope\""), "with one list there is nothing to choose: {alone}");
    let second = second_list(&pages).await;
    assert!(pages.get(&path).await.1.contains("All bulletins of Culture Body"));
    let state = async |list| pages.app.store.subscription_state(reader, list).await.unwrap().unwrap();
    let first = pages.bulletin().await.id;

    // A mail program's one click means its own list, whatever else is in the body.
    assert_eq!(pages.post(&path, "List-Unsubscribe=One-Click&scope=all").await.0, StatusCode::OK);
    assert_eq!((state(first).await, state(second).await), (SubscriberState::Unsubscribed, SubscriberState::Active));
    let (status, text) = pages.post(&path, "scope=all&reason=not_relevant&words=too+far+%3Cb%3Eaway%3C%2Fb%3E").await;
    assert!(status == StatusCode::OK && text.contains("no more mail from Culture Body"), "{text}");
    assert_eq!(state(second).await, SubscriberState::Unsubscribed);
    let said = pages.app.store.leavings(reader).await.unwrap();
    assert_eq!((said.len(), said[0].1, said[0].2.as_str()), (1, LeavingReason::NotRelevant, "too far <b>away</b>"));

    let before = program::dump(&pages.app).await;
    for body in ["List-Unsubscribe=One-Click", "scope=all", "scope=this&reason=nonsense", ""] {
        assert_eq!(pages.post(&path, body).await.0, StatusCode::OK, "{body}");
    }
    assert_eq!(program::dump(&pages.app).await, before, "pressing again changes nothing");
    let withdrawn = pages.ledger("reader@reader.example").await.into_iter().filter(|(act, _)| *act == ConsentAct::Withdrawn);
    assert_eq!(withdrawn.map(|(_, way)| way).collect::<Vec<_>>(), ["one_click", "web"]);
}
