//! A fresh database with one organisation and one bulletin, and so many readers.

use chrono_tz::Tz;
use gleaner::{
    bulletin::publish::{Plan, RenderedContent},
    domain::{Approval, Basis, BulletinId, EditionId, EditionState, EmailAddress, Measure, OrganisationId, Slug, UncertainPolicy},
    feedback::Secret,
    store::{
        Store,
        bulletin::Bulletin,
        edition::NewEdition,
        new_id,
        subscriber_batch::{Ceiling, Incoming, Intake},
    },
};

use super::now;

pub struct Desk {
    pub dir: tempfile::TempDir,
    pub store: Store,
    pub organisation: OrganisationId,
    pub bulletin: BulletinId,
    pub secret: Secret,
}

impl Desk {
    pub async fn new() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let store = Store::open(&dir.path().join("gleaner.db")).await?;
        let slug = Slug::parse("culture")?;
        let organisation = store.create_organisation(&slug, "Culture Body", "1 Sample Street", "hello@sender.example", now()).await?;
        let bulletin = Bulletin {
            id: new_id(),
            organisation_id: organisation,
            slug,
            name: "Culture Bulletin".into(),
            strapline: String::new(),
            from_name: "Culture Bulletin".into(),
            from_address: EmailAddress::parse("bulletin@sender.example")?,
            reply_to: None,
            colour: "#204060".into(),
            schedule: None,
            zone: Tz::Europe__London,
            window_minutes: 120,
            approval: Approval::Person,
            min_items: 0,
            max_items: 40,
            horizon_days: 60,
            uncertain_policy: UncertainPolicy::ResendOnce,
            measure: Measure::default(),
            send_despite: Vec::new(),
            sections: Vec::new(),
            segments: Vec::new(),
        };
        let bulletin = store.put_bulletin(&bulletin, now()).await?;
        Ok(Self { dir, store, organisation, bulletin, secret: Secret::from_bytes([9; 32]) })
    }

    pub fn intake(&self) -> Intake {
        Intake { organisation: self.organisation, bulletin: self.bulletin, basis: Basis::Consent, note: "bench".into() }
    }

    pub async fn subscribe(&self, readers: usize) -> anyhow::Result<()> {
        let mut all = Vec::with_capacity(readers);
        for n in 0..readers {
            let email = EmailAddress::parse(&format!("reader{n}@reader.example"))?;
            let hash = self.secret.email_hash(&email);
            all.push(Incoming { hash, email, name: format!("Reader {n}"), terms: Vec::new(), cost_max: Ceiling::AsItWas, frequency: None });
        }
        for some in all.chunks(1_000) {
            self.store.take_in(&self.intake(), some, now()).await?;
        }
        Ok(())
    }

    /// An approved edition, and the plan that gives every active reader one content.
    pub async fn approved(&self, html: &str, text: &str) -> anyhow::Result<(EditionId, Plan)> {
        let new = NewEdition {
            bulletin_id: self.bulletin,
            scheduled_for: None,
            subject: "Three courses".into(),
            intro: String::new(),
            as_of: now(),
            items: Vec::new(),
        };
        let edition = self.store.draft_edition(&new, now()).await?;
        self.store.step_edition(edition, EditionState::Draft, EditionState::Approved, "desk", None, now()).await?;
        let people = self.store.active_people(self.bulletin).await?;
        let content = RenderedContent { key: "one".into(), subject: new.subject, html: html.into(), text: text.into(), events: Vec::new() };
        let plan = Plan { contents: vec![content], readers: people.iter().map(|p| (p.0, Some("one".to_owned()))).collect(), ..Plan::default() };
        Ok((edition, plan))
    }
}
