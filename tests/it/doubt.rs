//! What waits for an editor: a doubt that nothing hides, and an approval that does not cover what changed after it.

use gleaner::{
    curate::draft,
    domain::{EditionState, SourceKind},
    store::source::NewSource,
};
use serde_json::json;

use crate::{
    program::{self, Program, monday, page, training_day},
    site::Answer,
};

#[tokio::test]
async fn a_new_revision_does_not_end_the_doubt() {
    let first = training_day("Training day: caring for your collection on a shoestring", "2027-03-16T10:00:00+00:00");
    let program = Program::new("", &page(&[first])).await;
    let app = program.at(monday()).await;
    program::collect(&app).await;
    let other = NewSource {
        url: program.site.url("/other").parse().unwrap(),
        kind: SourceKind::Page,
        provider: None,
        selectors: None,
        columns: None,
        zone: chrono_tz::Europe::London,
        day_first: true,
        interval_minutes: 60,
    };
    app.store.add_source(&other, monday()).await.unwrap();
    let second = |about: &str| {
        let mut event = training_day("Caring for collections with little money", "2027-03-16T10:00:00+00:00");
        event["description"] = json!(about);
        event["url"] = json!("https://keepers.example/caring");
        Answer::ok("text/html; charset=utf-8", page(&[event]))
    };
    program.site.set("/other", second("Collections care training for people who look after objects."));
    program::collect(&app).await;
    let flags = async || -> Vec<String> {
        let events = app.store.events_ahead(monday(), monday() + chrono::TimeDelta::days(60)).await.unwrap();
        assert_eq!(events.len(), 2);
        events.into_iter().filter_map(|e| e.flag).collect()
    };
    let before = flags().await;
    assert!(before.len() == 1 && before[0].starts_with("possibly the same as event "), "{before:?}");
    program.site.set("/other", second("Collections care training for people who look after objects, with lunch."));
    assert_eq!(program::collect(&app).await.changed, 1);
    assert_eq!(flags().await, before);
}

#[tokio::test]
async fn what_changes_after_the_approval_is_looked_at_again_before_it_goes_out() {
    let course = training_day("Training day: object handling for museum staff", "2027-03-16T10:00:00+00:00");
    let program = Program::new("", &page(std::slice::from_ref(&course))).await;
    let app = program.at(monday()).await;
    program::collect(&app).await;
    program::subscribe(&app, &["reader@reader.example"]).await;
    let bulletin = program::bulletin(&app).await;
    let edition = draft::draft(&app.store, &bulletin, None, false, monday()).await.unwrap().edition;
    app.store.step_edition(edition, EditionState::Draft, EditionState::Approved, "editor", None, monday()).await.unwrap();
    let mut cancelled = course;
    cancelled["eventStatus"] = json!("https://schema.org/EventCancelled");
    program.site.set("/events", Answer::ok("text/html; charset=utf-8", page(&[cancelled])));
    let later = monday() + chrono::TimeDelta::hours(3);
    let app = program.at(later).await;
    assert_eq!(program::collect(&app).await.updates, 1);
    let said = app.publish(edition).await.unwrap_err().to_string();
    assert!(said.contains("changed since it was approved: Training day: object handling"), "{said}");
    app.store.approve_again(edition, "editor", later).await.unwrap();
    assert_eq!(app.publish(edition).await.unwrap().queued, 1);
}
