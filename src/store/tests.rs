//! What the aggregates promise together: rows read back as written, one civil day one edition, no organisation sees another's people.

use chrono::{DateTime, Utc};

use super::{
    Store,
    bulletin::{Section, Segment},
    edition::NewEdition,
    new_id,
    sample::{self, Sample},
    subscriber_batch::{Ceiling, Incoming, Intake},
};
use crate::domain::*;

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn hash(email: &EmailAddress) -> EmailHash {
    EmailHash(email.key())
}

async fn take_in(store: &Store, organisation: OrganisationId, bulletin: BulletinId, email: &EmailAddress) {
    let intake = Intake { organisation, bulletin, basis: Basis::Consent, note: String::new() };
    let person = Incoming {
        email: email.clone(),
        hash: hash(email),
        name: "Jo".into(),
        terms: vec![(Preference::Need, vec!["lead".into()])],
        cost_max: Ceiling::Lifted,
        frequency: None,
    };
    store.take_in(&intake, &[person], at()).await.unwrap();
}

#[tokio::test]
async fn a_bulletin_reads_back_as_written_and_parts_keep_their_ids() {
    let Sample { store, organisation, dir: _dir, .. } = sample::store().await;
    let mut bulletin = sample::bulletin(organisation);
    let part = |heading: &str| Section { id: new_id(), heading: heading.into(), events: Rule::Is(EventIs::Free) };
    bulletin.sections = vec![part("Free"), part("Others")];
    bulletin.segments =
        vec![Segment { id: new_id(), name: "North".into(), people: Rule::Is(PersonIs::Region(vec!["nw".into()])), events: Rule::always() }];
    store.put_bulletin(&bulletin, at()).await.unwrap();
    let first = store.bulletin_by_slug(&bulletin.slug).await.unwrap().unwrap();
    assert_eq!(first.sections.iter().map(|s| s.heading.as_str()).collect::<Vec<_>>(), ["Free", "Others"]);
    assert_eq!((&first.segments[0].people, &first.sections[0].events), (&bulletin.segments[0].people, &bulletin.sections[0].events));
    bulletin.sections.pop();
    bulletin.sections[0].heading = "Costs nothing".into();
    bulletin.name = "Another name".into();
    store.put_bulletin(&bulletin, at()).await.unwrap();
    let second = store.bulletin(first.id).await.unwrap();
    assert_eq!((second.name.as_str(), second.sections.len(), second.segments[0].id), ("Another name", 1, first.segments[0].id));
    assert_eq!((second.sections[0].heading.as_str(), second.sections[0].id), ("Costs nothing", first.sections[0].id));
}

#[tokio::test]
async fn no_organisation_sees_or_takes_what_is_anothers() {
    let Sample { store, organisation, bulletin, dir: _dir } = sample::store().await;
    let other = store.create_organisation(&Slug::parse("other").unwrap(), "Other", "2 Sample Street", "x", at()).await.unwrap();
    let jo = EmailAddress::parse("jo@example.org").unwrap();
    take_in(&store, organisation, bulletin, &jo).await;
    assert!(store.subscriber_by_email(organisation, &jo).await.unwrap().is_some());
    assert!(store.subscriber_by_email(other, &jo).await.unwrap().is_none());
    assert!(store.consent_history(other, &hash(&jo)).await.unwrap().is_empty());
    assert!(!store.forget(other, &EmailAddress::parse("kim@example.org").unwrap(), &EmailHash("kim".into()), at()).await.unwrap());
    assert!(store.put_bulletin(&sample::bulletin(other), at()).await.unwrap_err().to_string().contains("another organisation"));
    assert!(store.create_organisation(&Slug::parse("other").unwrap(), "", "", "", at()).await.unwrap_err().to_string().contains("already"));
}

#[tokio::test]
async fn one_civil_day_one_edition_and_only_one_is_fastest() {
    use EditionState::{Approved, Draft, Sending};
    let Sample { store, bulletin, dir: _dir, .. } = sample::store().await;
    let day = chrono::NaiveDate::from_ymd_opt(2027, 3, 28);
    let mut new =
        NewEdition { bulletin_id: bulletin, scheduled_for: day, subject: String::new(), intro: String::new(), as_of: at(), items: Vec::new() };
    let first = store.draft_edition(&new, at()).await.unwrap();
    assert!(store.draft_edition(&new, at()).await.unwrap_err().to_string().contains("2027-03-28"));
    new.scheduled_for = None;
    let second = store.draft_edition(&new, at()).await.unwrap();
    assert_eq!((store.edition(first).await.unwrap().number, store.edition(second).await.unwrap().number), (1, 2));
    store.step_edition(first, Draft, Approved, "desk", None, at()).await.unwrap();
    assert!(store.step_edition(first, Draft, Approved, "desk", None, at()).await.unwrap_err().to_string().contains("no longer draft"));
    assert!(store.step_edition(second, Draft, Sending, "", None, at()).await.is_err());
    assert!(store.set_edition_words(first, "later", "").await.is_err(), "what was approved is closed");
    let approved = store.edition(first).await.unwrap();
    assert_eq!((approved.approved_by.as_deref(), approved.scheduled_for), (Some("desk"), day));
}

#[tokio::test]
async fn preferences_are_replaced_and_lists_are_read_in_pages() {
    let Sample { store, organisation, bulletin, dir: _dir } = sample::store().await;
    for n in 0..7 {
        take_in(&store, organisation, bulletin, &EmailAddress::parse(&format!("r{n}@example.org")).unwrap()).await;
    }
    let mut after = None;
    let mut seen = 0;
    loop {
        let page = store.subscribers(bulletin, Some(SubscriberState::Active), after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.subscriber.id);
        seen += page.len();
        assert!(page.iter().all(|p| p.subscriber.preferences.need == ["lead"]));
    }
    assert_eq!((seen, store.count_subscribers(bulletin).await.unwrap()[&SubscriberState::Active]), (7, 7));
    let wanted =
        Preferences { format: vec!["day".into()], cost_max: Some(Money::pence(500)), frequency: Frequency::Monthly, ..Preferences::default() };
    store.set_preferences(after.unwrap(), &wanted).await.unwrap();
    assert_eq!(store.subscriber(after.unwrap()).await.unwrap().unwrap().preferences, wanted);
}
