//! A fresh database with one organisation and one bulletin, for tests.

use chrono::{DateTime, Utc};

use super::{Store, bulletin::Bulletin, new_id};
use crate::domain::{Approval, BulletinId, EmailAddress, Measure, OrganisationId, Slug, UncertainPolicy};

/// The database goes with the value.
pub struct Sample {
    pub store: Store,
    pub organisation: OrganisationId,
    pub bulletin: BulletinId,
    pub dir: tempfile::TempDir,
}

pub async fn store() -> Sample {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("gleaner.db")).await.unwrap();
    let slug = Slug::parse("culture").unwrap();
    let organisation =
        store.create_organisation(&slug, "Culture Body", "1 Sample Street", "hello@sender.example", DateTime::<Utc>::UNIX_EPOCH).await.unwrap();
    let bulletin = store.put_bulletin(&bulletin(organisation), DateTime::<Utc>::UNIX_EPOCH).await.unwrap();
    Sample { store, organisation, bulletin, dir }
}

pub fn bulletin(organisation_id: OrganisationId) -> Bulletin {
    Bulletin {
        id: new_id(),
        organisation_id,
        slug: Slug::parse("culture").unwrap(),
        name: "Culture Bulletin".into(),
        strapline: String::new(),
        from_name: "Culture Bulletin".into(),
        from_address: EmailAddress::parse("bulletin@sender.example").unwrap(),
        reply_to: None,
        colour: "#204060".into(),
        schedule: None,
        zone: chrono_tz::Europe::London,
        window_minutes: 120,
        approval: Approval::Person,
        min_items: 1,
        max_items: 40,
        horizon_days: 60,
        uncertain_policy: UncertainPolicy::ResendOnce,
        measure: Measure::default(),
        send_despite: Vec::new(),
        sections: Vec::new(),
        segments: Vec::new(),
    }
}
