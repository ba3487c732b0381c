//! An edition ready to deliver: a fresh database, one bulletin, so many readers.

use std::{path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use gleaner::{
    bulletin::{
        deliver::{self, DeliverError, Outcome, Pace, Settings, Wording},
        publish::{self, Plan, Published, RenderedContent},
    },
    domain::*,
    feedback::Secret,
    mail::{Login, Security, Smtp, Transport},
    store::{
        Store,
        bulletin::Bulletin,
        edition::NewEdition,
        new_id,
        subscriber_batch::{Ceiling, Incoming, Intake},
    },
};
use tokio_util::sync::CancellationToken;

pub const HTML: &str = "<!doctype html><html lang=\"en\"><body><p>\u{E000}greeting\u{E001}</p><p>Zoë’s course, £25</p><p>\u{E000}why\u{E001}</p><a href=\"\u{E000}unsubscribe\u{E001}\">Unsubscribe</a></body></html>";
pub const TEXT: &str =
    "\u{E000}greeting\u{E001}\n\nZoë’s course, £25\n.\nFrom Monday\n\n\u{E000}why\u{E001}\nUnsubscribe: \u{E000}unsubscribe\u{E001}\n";

/// A published edition in its own data directory, which goes with the value.
pub struct TestEdition {
    pub dir: tempfile::TempDir,
    pub store: Store,
    pub organisation: OrganisationId,
    pub bulletin: BulletinId,
    pub edition: EditionId,
    pub published: Published,
    pub publishing_took: Duration,
}

pub fn start() -> DateTime<Utc> {
    "2027-03-01T09:00:00Z".parse().unwrap()
}

pub fn secret() -> Secret {
    Secret::from_bytes([9; 32])
}

pub fn address(n: usize) -> EmailAddress {
    EmailAddress::parse(&format!("reader{n}@reader.example")).unwrap()
}

impl TestEdition {
    /// `readers` people, all with the same content.
    pub async fn published(readers: usize) -> Self {
        Self::with_body(readers, HTML, TEXT).await
    }

    pub async fn with_body(readers: usize, html: &str, text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).await;
        let (organisation, bulletin) = bulletin(&store).await;
        subscribe(&store, organisation, bulletin, readers).await;
        let new = NewEdition {
            bulletin_id: bulletin,
            scheduled_for: None,
            subject: "Three courses – one closes on Friday".into(),
            intro: String::new(),
            as_of: start(),
            items: Vec::new(),
        };
        let edition = store.draft_edition(&new, start()).await.unwrap();
        store.step_edition(edition, EditionState::Draft, EditionState::Approved, "desk", None, start()).await.unwrap();
        let people = store.active_people(bulletin).await.unwrap();
        let content = RenderedContent { key: "one".into(), subject: new.subject, html: html.into(), text: text.into(), events: Vec::new() };
        let plan = Plan { contents: vec![content], readers: people.iter().map(|p| (p.0, Some("one".to_owned()))).collect(), ..Plan::default() };
        let began = std::time::Instant::now();
        let published = publish::publish(&store, &secret(), edition, plan, start()).await.unwrap();
        Self { dir, store, organisation, bulletin, edition, published, publishing_took: began.elapsed() }
    }

    pub async fn deliver(&self, transport: &Transport) -> Result<Outcome, DeliverError> {
        deliver(&self.store, self.dir.path(), self.edition, transport, CancellationToken::new()).await
    }

    /// The subscriber with this number.
    pub async fn person(&self, n: usize) -> gleaner::store::subscriber::Subscriber {
        self.store.subscriber_by_email(self.organisation, &address(n)).await.unwrap().unwrap()
    }
}

pub async fn open(data: &Path) -> Store {
    Store::open(&data.join("gleaner.db")).await.unwrap()
}

/// Delivers as the program does, with short waits.
pub async fn deliver(
    store: &Store,
    data: &Path,
    edition: EditionId,
    transport: &Transport,
    stop: CancellationToken,
) -> Result<Outcome, DeliverError> {
    deliver::deliver(store, transport, &settings(data), edition, start(), Arc::new(|_| {}), stop).await
}

pub fn settings(data: &Path) -> Settings {
    let pace = Pace {
        first_retry: Duration::from_millis(20),
        attempts: 4,
        first_pause: Duration::from_millis(20),
        patience: Duration::from_secs(20),
        first_patience: Duration::from_millis(200),
        ..Pace::default()
    };
    Settings {
        secret: Arc::new(secret()),
        public_url: "https://bulletin.example/".parse().unwrap(),
        data: data.to_owned(),
        dkim: None,
        return_path: None,
        domains: Arc::new([]),
        wording: Wording {
            greeting: |name| format!("Hello {name},"),
            why: |_, bulletin, organisation| format!("You asked {organisation} for {bulletin}."),
        },
        pace,
    }
}

pub fn smtp(port: u16, connections: u16) -> Transport {
    Transport::Smtp(Smtp { host: "127.0.0.1".into(), port, security: Security::None, login: None::<Login>, connections })
}

async fn bulletin(store: &Store) -> (OrganisationId, BulletinId) {
    let slug = Slug::parse("culture").unwrap();
    let organisation = store.create_organisation(&slug, "Culture Body", "1 Sample Street", "hello@sender.example", start()).await.unwrap();
    let bulletin = Bulletin {
        id: new_id(),
        organisation_id: organisation,
        slug,
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
        min_items: 0,
        max_items: 40,
        horizon_days: 60,
        uncertain_policy: UncertainPolicy::ResendOnce,
        measure: Measure::default(),
        send_despite: Vec::new(),
        sections: Vec::new(),
        segments: Vec::new(),
    };
    (organisation, store.put_bulletin(&bulletin, start()).await.unwrap())
}

async fn subscribe(store: &Store, organisation: OrganisationId, bulletin: BulletinId, readers: usize) {
    let intake = Intake { organisation, bulletin, basis: Basis::Consent, note: "test".into() };
    let secret = secret();
    let all: Vec<Incoming> = (0..readers)
        .map(|n| Incoming {
            hash: secret.email_hash(&address(n)),
            email: address(n),
            name: format!("Reader {n}"),
            terms: Vec::new(),
            cost_max: Ceiling::AsItWas,
            frequency: None,
        })
        .collect();
    for some in all.chunks(1_000) {
        store.take_in(&intake, some, start()).await.unwrap();
    }
}
