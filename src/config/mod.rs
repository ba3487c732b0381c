//! Raw configuration (`raw.rs`: a TOML file and `GLEANER__SECTION__KEY` variables) -> checked configuration, on which the program relies.
//!
//! Every error names file, line, key and what is expected. Only `app` and `cli` read this; other modules are handed their own settings.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use chrono_tz::Tz;
use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use secrecy::SecretString;
use url::Url;

use crate::{
    collect::{fetch::FetchSettings, mailbox::Accounts},
    domain::{
        Approval, Columns, EmailAddress, EventIs, Measure, PersonIs, RateLimit, Rule, Selectors, Slug, SourceKind, UncertainPolicy, WarmUp,
        vocabulary,
    },
    mail::{Security, deliverability::Topic},
    schedule::IntervalBounds,
    telemetry::LogFormat,
};

mod check;
mod feedback;
mod locate;
mod mail;
mod raw;

use check::Checker;
pub use feedback::FeedbackConfig;
use raw::RawConfig;

vocabulary! {
    /// Where mails go.
    pub enum TransportKind("transport") {
        Maildir = "maildir",
        Smtp = "smtp",
    }
}

/// A setting that cannot be used: where it stands, what it is called, what was expected.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {key}: {problem}")]
pub struct ConfigError {
    /// File and line, or the environment variable.
    pub place: String,
    pub key: String,
    pub problem: String,
}

/// Checked settings of the whole program.
#[derive(Debug)]
pub struct Config {
    /// The file it was read from, when there is one.
    pub file: Option<PathBuf>,
    pub organisations: Vec<OrganisationConfig>,
    pub bulletins: Vec<BulletinConfig>,
    pub sources: Vec<SourceConfig>,
    pub mailboxes: Accounts,
    pub mail: MailConfig,
    pub feedback: FeedbackConfig,
    pub fetch: FetchSettings,
    /// Sources read at the same time.
    pub concurrency: usize,
    /// How far a source's interval follows its rate of change; none: not at all.
    pub adapts: Option<IntervalBounds>,
    pub collect: CollectConfig,
    pub alarms: AlarmsConfig,
    pub deliverability: DeliverabilityConfig,
    pub listen: SocketAddr,
    pub public_url: Url,
    pub sign_ups: SignUpLimits,
    pub templates: Option<PathBuf>,
    pub taxonomy: Option<PathBuf>,
    pub log_level: String,
    pub log_format: LogFormat,
}

#[derive(Debug, Clone)]
pub struct OrganisationConfig {
    pub slug: Slug,
    pub name: String,
    pub postal_address: String,
    pub contact: EmailAddress,
    /// Providers this organisation vouches for, by name.
    pub known_providers: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct BulletinConfig {
    pub slug: Slug,
    pub organisation: Slug,
    pub name: String,
    pub strapline: String,
    pub from_name: String,
    pub from_address: EmailAddress,
    pub reply_to: Option<EmailAddress>,
    pub colour: String,
    pub schedule: Option<String>,
    pub zone: Tz,
    pub window_minutes: i64,
    pub approval: Approval,
    pub min_items: i64,
    pub max_items: i64,
    pub horizon_days: i64,
    pub uncertain_policy: UncertainPolicy,
    pub measure: Measure,
    /// Deliverability checks whose failure does not keep this bulletin back.
    pub send_despite: Vec<Topic>,
    /// Minutes from the start of sending until which refusals for now are tried again; none: a day.
    pub deadline_minutes: Option<i64>,
    pub sections: Vec<(String, Rule<EventIs>)>,
    pub segments: Vec<(String, Rule<PersonIs>, Rule<EventIs>)>,
}

#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// An http(s) address, a mailbox over IMAP, or a path of a Maildir or message file.
    pub url: String,
    pub kind: SourceKind,
    pub provider: Option<String>,
    pub zone: Tz,
    pub day_first: bool,
    pub interval_minutes: i64,
    pub selectors: Option<Selectors>,
    /// Which column of a table holds what.
    pub columns: Option<Columns>,
    /// Whether the discovery ladder is walked at the first look, when neither kind nor rules are named.
    pub discover: bool,
    /// The publisher's permission to read it whatever its robots.txt says, in words.
    pub ignore_robots: Option<String>,
}

#[derive(Debug, Clone)]
pub struct MailConfig {
    pub transport: TransportKind,
    /// Relative to the data directory.
    pub outbox: PathBuf,
    pub max_attempts: u32,
    pub smtp: SmtpConfig,
    /// In place of `smtp`, when there are any.
    pub relays: Vec<RelayConfig>,
    pub limits: Vec<DomainLimitConfig>,
    /// Every message is signed with each.
    pub dkim: Vec<DkimConfig>,
    /// What the return paths that name a delivery are made of.
    pub return_path: Option<EmailAddress>,
}

/// One of several relays.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    pub name: String,
    pub smtp: SmtpConfig,
    pub weight: u32,
    pub limits: Vec<RateLimit>,
    pub warm_up: Option<WarmUp>,
}

/// What a receiving domain is given at most.
#[derive(Debug, Clone)]
pub struct DomainLimitConfig {
    pub domain: String,
    pub limits: Vec<RateLimit>,
    pub connections: Option<u16>,
}

#[derive(Debug, Clone)]
pub struct SmtpConfig {
    pub host: String,
    pub port: u16,
    pub tls: Security,
    pub username: Option<String>,
    pub password: Option<SecretString>,
    pub connections: u16,
}

#[derive(Debug, Clone)]
pub struct DkimConfig {
    pub selector: String,
    pub domain: String,
    pub key_file: PathBuf,
}

#[derive(Debug, Clone, Copy)]
pub struct CollectConfig {
    /// How far ahead recurring events are expanded and lists are followed.
    pub horizon_days: i64,
    /// Below it an event is flagged for the editor and no policy sends it.
    pub min_confidence: f32,
}

/// How often confirmations are sent and sign-ups taken: more is somebody's abuse of the form.
#[derive(Debug, Clone, Copy)]
pub struct SignUpLimits {
    /// Mails in an hour to addresses of one domain; the others wait.
    pub per_domain: u32,
    /// Sign-ups in an hour from one network (IPv4 /24, IPv6 /48); the others are refused.
    pub per_network: u32,
}

/// What is asked about the sending domain, and whether an answer keeps mail back.
#[derive(Debug, Clone, Default)]
pub struct DeliverabilityConfig {
    /// Production: an edition of a bulletin whose domain fails is held.
    pub enforce: bool,
    /// The machines that speak to readers' servers, when they are known.
    pub addresses: Vec<IpAddr>,
    /// A name server to ask instead of the system's.
    pub resolver: Option<SocketAddr>,
}

/// The mail that tells editors of trouble with sources.
#[derive(Debug, Clone, Copy)]
pub struct AlarmsConfig {
    /// Whether it is sent at all.
    pub digest: bool,
    /// The hour of the civil day from which on it is sent, 0..=23.
    pub hour: u32,
    pub zone: Tz,
}

/// Where the file is looked for when nobody names one.
pub const DEFAULT_FILE: &str = "config/gleaner.toml";

impl Config {
    /// Reads the named file (it must be there), or the default one when it is there, and then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let file = match file {
            Some(path) if path.is_file() => Some(path.to_owned()),
            Some(path) => {
                return Err(ConfigError { place: path.display().to_string(), key: "--config".into(), problem: "there is no such file".into() });
            }
            None => Some(PathBuf::from(DEFAULT_FILE)).filter(|p| p.is_file()),
        };
        let text = match &file {
            Some(path) => std::fs::read_to_string(path).map_err(|e| ConfigError {
                place: path.display().to_string(),
                key: "--config".into(),
                problem: format!("cannot be read as UTF-8 text: {e}"),
            })?,
            None => String::new(),
        };
        Self::parse(&text, file.as_deref(), Env::prefixed("GLEANER__").split("__"))
    }

    /// The defaults alone, whatever files and variables say.
    pub fn built_in() -> Result<Self, ConfigError> {
        Checker::new(None, "").check(RawConfig::default())
    }

    fn parse(text: &str, file: Option<&Path>, env: Env) -> Result<Self, ConfigError> {
        let raw: RawConfig = Figment::new().merge(Toml::string(text)).merge(env).extract().map_err(|e| locate::figment_error(&e, file, text))?;
        Checker::new(file, text).check(raw)
    }
}

#[cfg(test)]
mod tests;
