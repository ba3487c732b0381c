//! Two listings that may be one event: the doubt is the editor's to answer, and nothing that a source says later hides it.

use gleaner::{domain::SourceKind, store::source::NewSource};
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
        provider: Some("Guild of Keepers".into()),
        selectors: None,
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
