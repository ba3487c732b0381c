//! The program on a data directory of its own: a configuration file that the library and the binary read alike, a source on loopback,
//! one bulletin.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use gleaner::{
    app::App,
    cli::Globals,
    collect::run::Report,
    curate::draft,
    domain::{EditionId, EditionState, EmailAddress},
    store::{bulletin::Bulletin, subscriber_batch::Intake},
};
use sqlx::AssertSqlSafe;
use tokio_util::sync::CancellationToken;

use crate::site::{Answer, Site};

/// Monday: when a test's world begins.
pub fn monday() -> DateTime<Utc> {
    "2027-03-01T09:00:00Z".parse().unwrap()
}

/// The directory goes with the value.
pub struct Program {
    pub dir: tempfile::TempDir,
    pub site: Site,
}

impl Program {
    /// `bulletin`: further keys of the bulletin, as TOML. `listings`: what the source shows.
    pub async fn new(bulletin: &str, listings: &str) -> Self {
        let (dir, site) = (tempfile::tempdir().unwrap(), Site::start().await);
        site.set("/events", Answer::ok("text/html; charset=utf-8", listings));
        let program = Self { dir, site };
        std::fs::write(program.config(), program.toml(bulletin)).unwrap();
        program
    }

    fn toml(&self, bulletin: &str) -> String {
        let source = self.site.url("/events");
        format!(
            r#"
            [web]
            listen = "127.0.0.1:0"
            public_url = "https://bulletin.example/"
            [fetch]
            allow_networks = ["127.0.0.0/8"]
            delay_ms = 0
            [[organisation]]
            slug = "body"
            name = "Culture Body"
            postal_address = "1 Sample Street, Leeds LS1 1AA"
            contact = "hello@sender.example"
            [[bulletin]]
            slug = "culture"
            name = "Culture Bulletin"
            from_name = "Culture Bulletin"
            from_address = "bulletin@sender.example"
            {bulletin}
            [[source]]
            url = "{source}"
            kind = "page"
            provider = "Northfield Museum Network"
            "#
        )
    }

    pub fn config(&self) -> PathBuf {
        self.dir.path().join("gleaner.toml")
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The program with its clock stopped.
    pub async fn at(&self, now: DateTime<Utc>) -> App {
        let globals = Globals { config: Some(self.config()), data: self.data(), as_of: Some(now), json: true };
        App::open(&globals).await.unwrap()
    }

    /// The mails in the outbox, in the order of their names.
    pub fn outbox(&self) -> Vec<Vec<u8>> {
        mails(&self.data().join("outbox/new"))
    }
}

fn mails(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().map(|f| std::fs::read(f).unwrap()).collect()
}

pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub async fn bulletin(app: &App) -> Bulletin {
    app.bulletin_named("culture").await.unwrap()
}

/// Reads the source once.
pub async fn collect(app: &App) -> Report {
    let fetcher = app.fetcher().unwrap();
    app.collector(&fetcher).pass(app.store.sources().await.unwrap(), app.now(), |_| ()).await.unwrap()
}

/// Puts people on the list, as an operator does.
pub async fn subscribe(app: &App, addresses: &[&str]) {
    let bulletin = bulletin(app).await;
    let intake =
        Intake { organisation: bulletin.organisation_id, bulletin: bulletin.id, basis: gleaner::domain::Basis::Consent, note: "test".into() };
    let csv = format!("email,name\n{}\n", addresses.iter().map(|a| format!("{a},Reader")).collect::<Vec<_>>().join("\n"));
    gleaner::cli::subscribers::import_from(app, csv.as_bytes(), &intake).await.unwrap();
}

/// Drafts, approves, publishes and delivers one edition.
pub async fn send_edition(app: &App) -> EditionId {
    let drafted = draft::draft(&app.store, &bulletin(app).await, None, false, app.now()).await.unwrap();
    app.store.step_edition(drafted.edition, EditionState::Draft, EditionState::Approved, "desk", None, app.now()).await.unwrap();
    app.publish(drafted.edition).await.unwrap();
    app.deliver(drafted.edition, std::sync::Arc::new(|_| ()), CancellationToken::new()).await.unwrap();
    drafted.edition
}

/// Every row of every table as text: two dumps that are equal are two databases that are equal.
pub async fn dump(app: &App) -> Vec<String> {
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")
            .fetch_all(app.store.read())
            .await
            .unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let columns: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info($1)").bind(&table).fetch_all(app.store.read()).await.unwrap();
        let columns: Vec<String> = columns.iter().map(|c| format!("quote({c})")).collect();
        let select = format!("SELECT '{table} ' || {} FROM {table} ORDER BY 1", columns.join(" || ',' || "));
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(app.store.read()).await.unwrap();
        rows.extend(found);
    }
    rows
}

/// A page with its events as JSON-LD.
pub fn page(events: &[serde_json::Value]) -> String {
    let graph = serde_json::json!({"@context": "https://schema.org", "@graph": events});
    // As careful pages do: nothing inside can end the element.
    let graph = graph.to_string().replace('<', "\\u003c");
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><title>Training</title><script type=\"application/ld+json\">{graph}</script></head><body></body></html>"
    )
}

/// A training day with all its facts.
pub fn training_day(title: &str, start: &str) -> serde_json::Value {
    serde_json::json!({
        "@type": "EducationEvent", "name": title, "startDate": start,
        "description": "A practical training workshop for museum staff and volunteers, with time to try what you learn.",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": {"@type": "Place", "name": "The Mill", "address": {"@type": "PostalAddress", "addressLocality": "Leeds", "postalCode": "LS1 1AA"}},
        "offers": [{"@type": "Offer", "price": "25.00", "priceCurrency": "GBP"}],
        "url": "https://northfield.example/training",
    })
}
