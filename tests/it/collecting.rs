//! A desk with its own database that collects from a test's own server through the real collector.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use gleaner::{
    collect::{
        fetch::{FetchSettings, Fetcher, Guard},
        mailbox::Accounts,
        run::{Collector, Report},
    },
    curate::decide::Editor,
    domain::{Field, FieldRow, ListingId, OrganisationId, Selectors, Slug, SourceId, SourceKind},
    schedule::IntervalBounds,
    store::{
        Store,
        event::Event,
        listing::Listing,
        merge::Word,
        source::{NewSource, Source},
    },
    tag::{Tagger, Taxonomy},
};

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Limits of a test: loopback allowed, no pauses, short patience.
pub fn manners() -> FetchSettings {
    FetchSettings {
        pause: Duration::ZERO,
        back_off: Duration::from_millis(1),
        read_timeout: Duration::from_millis(500),
        guard: Guard::new(vec!["127.0.0.0/8".parse().unwrap()]),
        ..FetchSettings::default()
    }
}

/// What an operator says of a source; British and undelivered by anybody unless a test says otherwise.
pub fn source(url: impl Into<String>, kind: SourceKind) -> NewSource {
    NewSource {
        url: url.into(),
        kind,
        provider: None,
        selectors: None,
        columns: None,
        zone: Tz::Europe__London,
        day_first: true,
        interval_minutes: 60,
    }
}

pub fn american(url: impl Into<String>, kind: SourceKind, selectors: Option<Selectors>) -> NewSource {
    NewSource { selectors, zone: Tz::America__Chicago, day_first: false, ..source(url, kind) }
}

/// The database goes with the value.
pub struct Desk {
    pub dir: tempfile::TempDir,
    pub store: Store,
    pub organisation: OrganisationId,
    fetcher: Fetcher,
    tagger: Tagger,
    /// Who reads mailboxes over IMAP.
    pub accounts: Accounts,
}

impl Desk {
    pub async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gleaner.db")).await.unwrap();
        let slug = Slug::parse("culture").unwrap();
        let organisation =
            store.create_organisation(&slug, "Culture Body", "1 Sample Street", "hello@sender.example", DateTime::UNIX_EPOCH).await.unwrap();
        Self {
            dir,
            store,
            organisation,
            fetcher: Fetcher::new(manners()).unwrap(),
            tagger: Tagger::new(Taxonomy::built_in()),
            accounts: Accounts::default(),
        }
    }

    pub async fn add(&self, new: NewSource) -> SourceId {
        self.store.add_source(&new, DateTime::UNIX_EPOCH).await.unwrap()
    }

    /// Reads these sources, due or not.
    pub async fn look(&self, sources: &[SourceId], now: &str) -> Report {
        self.look_with(&self.store, sources, now).await
    }

    /// As [`Desk::look`], through a handle of its own, as another process would have it.
    pub async fn look_with(&self, store: &Store, sources: &[SourceId], now: &str) -> Report {
        let mut list = Vec::new();
        for id in sources {
            list.push(store.source(*id).await.unwrap());
        }
        self.collector(store, at(now)).pass(list, at(now), |_| ()).await.unwrap()
    }

    /// The collector with its clock stopped.
    pub fn collector<'a>(&'a self, store: &'a Store, now: DateTime<Utc>) -> Collector<'a> {
        Collector {
            store,
            fetcher: &self.fetcher,
            tagger: &self.tagger,
            accounts: &self.accounts,
            concurrency: 4,
            horizon_days: 400,
            min_confidence: 0.3,
            adapts: Some(IntervalBounds::default()),
            clock: Arc::new(move || now),
        }
    }

    /// An editor of the organisation, deciding at that time.
    pub fn editor(&self, now: &str) -> Editor<'_> {
        let word = Word { organisation: self.organisation, by: "editor@body.example", at: at(now), note: None };
        Editor { store: &self.store, tagger: &self.tagger, min_confidence: 0.3, word }
    }

    /// The one event of that title.
    pub async fn titled(&self, title: &str) -> Event {
        let (mut found, others): (Vec<Event>, Vec<Event>) = self.events().await.into_iter().partition(|e| e.title == title);
        assert_eq!(found.len(), 1, "events called {title}, beside {:?}", others.iter().map(|e| &e.title).collect::<Vec<_>>());
        found.remove(0)
    }

    pub async fn source(&self, id: SourceId) -> Source {
        self.store.source(id).await.unwrap()
    }

    /// Every event, whenever it is.
    pub async fn events(&self) -> Vec<Event> {
        self.store.events_ahead(at("0001-01-01T00:00:00Z"), at("9999-01-01T00:00:00Z")).await.unwrap()
    }

    /// The one event there is.
    pub async fn event(&self) -> Event {
        let mut events = self.events().await;
        assert_eq!(events.len(), 1, "{:?}", events.iter().map(|e| &e.title).collect::<Vec<_>>());
        events.remove(0)
    }

    /// The newest revision of every listing that hangs on an event.
    pub async fn listings(&self) -> Vec<Listing> {
        let events: Vec<_> = self.events().await.iter().map(|e| e.id).collect();
        let ids: Vec<ListingId> = self.store.listings_of(&events).await.unwrap().into_values().flatten().collect();
        self.store.listings(&ids).await.unwrap()
    }

    pub async fn listings_from(&self, source: SourceId) -> Vec<Listing> {
        self.listings().await.into_iter().filter(|l| l.source == source).collect()
    }

    /// Counts rows of a table, for what no reader needs to ask.
    pub async fn rows(&self, table: &'static str) -> i64 {
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"))).fetch_one(self.store.read()).await.unwrap()
    }

    /// Invariant 2: whatever is stored says the words it came from.
    pub async fn assert_evidence(&self) {
        let facts = |rows: Vec<FieldRow>, of: &str| {
            for row in rows.into_iter().filter(|r| r.field != Field::Session) {
                assert!(!row.evidence.words.trim().is_empty(), "{of}: {} = {} has no evidence", row.field, row.value);
            }
        };
        for event in self.events().await {
            facts(event.facts.rows(), &event.title);
        }
        for listing in self.listings().await {
            facts(listing.candidate.facts.rows(), &listing.candidate.title);
        }
    }
}
