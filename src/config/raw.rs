//! The configuration as it is written: every key optional, unknown keys refused. Checked and completed in `mod.rs`.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use crate::domain::{Columns, EventIs, PersonIs, Rule, Selectors};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConfig {
    pub organisation: Vec<RawOrganisation>,
    pub bulletin: Vec<RawBulletin>,
    pub source: Vec<RawSource>,
    /// By name.
    pub mailbox: BTreeMap<String, RawMailbox>,
    pub mail: RawMail,
    pub feedback: RawFeedback,
    pub fetch: RawFetch,
    pub collect: RawCollect,
    pub alarms: RawAlarms,
    pub deliverability: RawDeliverability,
    pub web: RawWeb,
    pub templates: RawTemplates,
    pub taxonomy: RawTaxonomy,
    pub log: RawLog,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOrganisation {
    pub slug: String,
    pub name: String,
    pub postal_address: String,
    pub contact: String,
    /// Providers this organisation vouches for, by name.
    #[serde(default)]
    pub known_providers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBulletin {
    pub slug: String,
    /// Slug of the organisation; may be left out when there is one.
    pub organisation: Option<String>,
    pub name: String,
    #[serde(default)]
    pub strapline: String,
    pub from_name: String,
    pub from_address: String,
    pub reply_to: Option<String>,
    pub colour: Option<String>,
    pub schedule: Option<String>,
    pub zone: Option<String>,
    pub window_minutes: Option<i64>,
    pub approval: Option<String>,
    pub min_items: Option<i64>,
    pub max_items: Option<i64>,
    pub horizon_days: Option<i64>,
    pub uncertain: Option<String>,
    pub per_section: Option<u32>,
    pub in_all: Option<u32>,
    pub brief_above: Option<u32>,
    pub picks_anyway: Option<bool>,
    pub alerts: Option<bool>,
    #[serde(default)]
    pub send_despite: Vec<String>,
    pub deadline_minutes: Option<i64>,
    #[serde(default)]
    pub section: Vec<RawSection>,
    #[serde(default)]
    pub segment: Vec<RawSegment>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSection {
    pub heading: String,
    /// Left out: takes everything.
    pub rule: Option<Rule<EventIs>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSegment {
    pub name: String,
    pub people: Option<Rule<PersonIs>>,
    pub events: Option<Rule<EventIs>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSource {
    pub url: String,
    pub kind: Option<String>,
    pub provider: Option<String>,
    pub zone: Option<String>,
    pub day_first: Option<bool>,
    pub interval_minutes: Option<i64>,
    pub selectors: Option<Selectors>,
    pub columns: Option<Columns>,
    pub discover: Option<bool>,
    pub ignore_robots: Option<String>,
}

/// Who reads which mailbox over IMAP.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawMailbox {
    pub address: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub password: Option<SecretString>,
    pub password_file: Option<PathBuf>,
    pub after: Option<String>,
    pub keyword: Option<String>,
    pub folder: Option<String>,
}

/// Returned mail.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawFeedback {
    pub mailbox: Option<RawMailbox>,
    pub maildir: Option<PathBuf>,
    pub interval_minutes: Option<u32>,
    pub former_return_paths: Vec<String>,
    pub hard_bounces: Option<u32>,
    pub soft_score: Option<f64>,
    pub half_life_days: Option<f64>,
    pub soft_span_days: Option<f64>,
    pub unsubscribe_by_sender: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawMail {
    pub transport: Option<String>,
    /// Where the Maildir transport writes; relative to the data directory.
    pub outbox: Option<PathBuf>,
    pub max_attempts: Option<u32>,
    pub smtp: RawSmtp,
    pub relay: Vec<RawRelay>,
    pub limit: Vec<RawDomainLimit>,
    pub dkim: RawDkim,
    pub return_path: Option<String>,
}

/// One of several relays: as `mail.smtp`, with a share and limits.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawRelay {
    pub name: Option<String>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub tls: Option<String>,
    #[serde(deserialize_with = "text")]
    pub username: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub password: Option<SecretString>,
    pub connections: Option<u16>,
    pub weight: Option<u32>,
    pub per_second: Option<u64>,
    pub per_minute: Option<u64>,
    pub per_hour: Option<u64>,
    pub per_day: Option<u64>,
    pub warm_up: Option<RawWarmUp>,
}

/// Messages a day for a relay that is new to the receivers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawWarmUp {
    pub from: String,
    pub first: u64,
    pub growth: Option<f64>,
    pub until: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawDomainLimit {
    pub domain: String,
    pub per_second: Option<u64>,
    pub per_minute: Option<u64>,
    pub per_hour: Option<u64>,
    pub per_day: Option<u64>,
    pub connections: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawAlarms {
    pub digest: Option<bool>,
    pub hour: Option<u32>,
    pub zone: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawDeliverability {
    pub enforce: Option<bool>,
    pub addresses: Vec<IpAddr>,
    pub resolver: Option<SocketAddr>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawSmtp {
    pub host: Option<String>,
    pub port: Option<u16>,
    pub tls: Option<String>,
    #[serde(deserialize_with = "text")]
    pub username: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub password: Option<SecretString>,
    pub connections: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawDkim {
    pub selector: Option<String>,
    pub domain: Option<String>,
    pub key_file: Option<PathBuf>,
    /// Further keys that every message is signed with.
    pub also: Vec<RawDkim>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawFetch {
    pub user_agent: Option<String>,
    /// An address or page that a webmaster can turn to; part of the User-Agent.
    pub contact: Option<String>,
    pub allow_networks: Vec<IpNet>,
    pub connect_timeout_seconds: Option<u64>,
    pub read_timeout_seconds: Option<u64>,
    pub total_timeout_seconds: Option<u64>,
    pub max_body_bytes: Option<usize>,
    pub redirects: Option<usize>,
    pub delay_ms: Option<u64>,
    pub most_crawl_delay_seconds: Option<u64>,
    pub adapt_intervals: Option<bool>,
    pub least_interval_minutes: Option<u32>,
    pub most_interval_minutes: Option<u32>,
    pub retries: Option<u32>,
    pub concurrency: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawCollect {
    pub horizon_days: Option<i64>,
    pub confidence_threshold: Option<f32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawWeb {
    pub listen: Option<String>,
    pub public_url: Option<String>,
    pub sign_up: RawSignUp,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawSignUp {
    pub per_domain: Option<u32>,
    pub per_network: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawTemplates {
    pub directory: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawTaxonomy {
    pub file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawLog {
    pub level: Option<String>,
    pub format: Option<String>,
}

/// A text that may look like a number: passwords and user names given through the environment.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
}

fn text<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Scalar>::deserialize(d)?.map(|s| match s {
        Scalar::Text(t) => t,
        Scalar::Integer(n) => n.to_string(),
        Scalar::Float(n) => n.to_string(),
        Scalar::Bool(b) => b.to_string(),
    }))
}

fn secret<'de, D: Deserializer<'de>>(d: D) -> Result<Option<SecretString>, D::Error> {
    Ok(text(d)?.map(SecretString::from))
}
