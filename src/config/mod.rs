//! Raw configuration (`raw.rs`: a TOML file and `GLEANER__SECTION__KEY` variables) -> checked configuration, on which the program relies.
//!
//! Every error names file, line, key and what is expected. Only `app` and `cli` read this; other modules are handed their own settings.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono_tz::Tz;
use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use secrecy::SecretString;
use url::Url;

use crate::{
    collect::fetch::{FetchSettings, Guard},
    domain::{Approval, EmailAddress, EventIs, PersonIs, Rule, Selectors, Slug, SourceKind, UncertainPolicy, vocabulary},
    mail::Security,
    schedule::Cron,
};

mod locate;
mod raw;

use raw::{RawBulletin, RawConfig, RawSource};

vocabulary! {
    /// Where mails go.
    pub enum TransportKind("transport") {
        Maildir = "maildir",
        Smtp = "smtp",
    }
}

vocabulary! {
    pub enum LogFormat("log format") {
        Text = "text",
        Json = "json",
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
    pub mail: MailConfig,
    pub fetch: FetchSettings,
    /// Sources read at the same time.
    pub concurrency: usize,
    pub collect: CollectConfig,
    pub listen: SocketAddr,
    pub public_url: Url,
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
    pub sections: Vec<(String, Rule<EventIs>)>,
    pub segments: Vec<(String, Rule<PersonIs>, Rule<EventIs>)>,
}

#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// An http(s) address, or a path of a Maildir or message file.
    pub url: String,
    pub kind: SourceKind,
    pub provider: Option<String>,
    pub zone: Tz,
    pub day_first: bool,
    pub interval_minutes: i64,
    pub selectors: Option<Selectors>,
}

#[derive(Debug, Clone)]
pub struct MailConfig {
    pub transport: TransportKind,
    /// Relative to the data directory.
    pub outbox: PathBuf,
    pub max_attempts: u32,
    pub smtp: SmtpConfig,
    pub dkim: Option<DkimConfig>,
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
        Self::parse(&text, file, Env::prefixed("GLEANER__").split("__"))
    }

    /// The defaults alone, whatever files and variables say.
    pub fn built_in() -> Result<Self, ConfigError> {
        Checker { place: Place { file: None, text: "" } }.check(RawConfig::default(), None)
    }

    fn parse(text: &str, file: Option<PathBuf>, env: Env) -> Result<Self, ConfigError> {
        let place = Place { file: file.as_deref(), text };
        let raw: RawConfig =
            Figment::new().merge(Toml::string(text)).merge(env).extract().map_err(|e| locate::figment_error(e, file.as_deref(), text))?;
        Checker { place }.check(raw, file.clone())
    }
}

/// Where a value stands, for messages.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: Option<&'a Path>,
    text: &'a str,
}

struct Checker<'a> {
    place: Place<'a>,
}

impl Checker<'_> {
    fn error(&self, key: &str, problem: impl ToString) -> ConfigError {
        ConfigError { place: locate::place(self.place.file, self.place.text, key), key: key.to_owned(), problem: problem.to_string() }
    }

    /// Parses a text, naming its key when it cannot be used.
    fn parsed<T>(&self, key: &str, text: &str) -> Result<T, ConfigError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        text.parse().map_err(|e| self.error(key, e))
    }

    fn parsed_or<T>(&self, key: &str, text: Option<&String>, default: T) -> Result<T, ConfigError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        text.map_or(Ok(default), |t| self.parsed(key, t))
    }

    fn at_least<T: PartialOrd + std::fmt::Display>(&self, key: &str, value: T, least: T) -> Result<T, ConfigError> {
        if value >= least { Ok(value) } else { Err(self.error(key, format!("{value} is too small; expected at least {least}"))) }
    }

    fn zone(&self, key: &str, name: Option<&String>) -> Result<Tz, ConfigError> {
        let bad = |n: &String| self.error(key, format!("`{n}` is not a time zone; expected an IANA name such as Europe/London"));
        name.map_or(Ok(Tz::Europe__London), |n| n.parse().map_err(|_| bad(n)))
    }

    fn check(&self, raw: RawConfig, file: Option<PathBuf>) -> Result<Config, ConfigError> {
        let organisations = raw
            .organisation
            .iter()
            .enumerate()
            .map(|(i, o)| {
                Ok(OrganisationConfig {
                    slug: self.slug(&format!("organisation.{i}.slug"), &o.slug)?,
                    name: o.name.clone(),
                    postal_address: o.postal_address.clone(),
                    contact: self.parsed(&format!("organisation.{i}.contact"), &o.contact)?,
                })
            })
            .collect::<Result<Vec<_>, ConfigError>>()?;
        let bulletins = raw.bulletin.iter().enumerate().map(|(i, b)| self.bulletin(i, b, &organisations)).collect::<Result<Vec<_>, _>>()?;
        let sources = raw.source.iter().enumerate().map(|(i, s)| self.source(i, s)).collect::<Result<Vec<_>, _>>()?;
        let listen = raw.web.listen.clone().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let listen: SocketAddr = listen
            .parse()
            .map_err(|_| self.error("web.listen", format!("`{listen}` is not an address and port; expected one such as 127.0.0.1:8080")))?;
        Ok(Config {
            file,
            organisations,
            bulletins,
            sources,
            mail: self.mail(&raw)?,
            fetch: self.fetch(&raw)?,
            concurrency: self.at_least("fetch.concurrency", raw.fetch.concurrency.unwrap_or(8), 1)?,
            collect: CollectConfig {
                horizon_days: self.at_least("collect.horizon_days", raw.collect.horizon_days.unwrap_or(400), 1)?,
                min_confidence: self.share("collect.confidence_threshold", raw.collect.confidence_threshold.unwrap_or(0.5))?,
            },
            listen,
            public_url: self.public_url(raw.web.public_url.as_deref(), listen)?,
            templates: raw.templates.directory.map(|d| self.existing("templates.directory", d, Path::is_dir)).transpose()?,
            taxonomy: raw.taxonomy.file.map(|f| self.existing("taxonomy.file", f, Path::is_file)).transpose()?,
            log_level: raw.log.level.unwrap_or_else(|| "info".to_owned()),
            log_format: self.parsed_or("log.format", raw.log.format.as_ref(), LogFormat::Text)?,
        })
    }

    fn slug(&self, key: &str, text: &str) -> Result<Slug, ConfigError> {
        Slug::parse(text).map_err(|e| self.error(key, e))
    }

    fn share(&self, key: &str, value: f32) -> Result<f32, ConfigError> {
        if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(self.error(key, format!("{value} is not between 0 and 1"))) }
    }

    fn existing(&self, key: &str, path: PathBuf, is: fn(&Path) -> bool) -> Result<PathBuf, ConfigError> {
        if is(&path) { Ok(path) } else { Err(self.error(key, format!("{} is not there", path.display()))) }
    }

    fn public_url(&self, text: Option<&str>, listen: SocketAddr) -> Result<Url, ConfigError> {
        let text = text.map_or_else(|| format!("http://{listen}/"), |t| format!("{}/", t.trim_end_matches('/')));
        let url: Url = self.parsed("web.public_url", &text)?;
        if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(self.error("web.public_url", "expected an http or https address")) }
    }

    fn bulletin(&self, i: usize, b: &RawBulletin, organisations: &[OrganisationConfig]) -> Result<BulletinConfig, ConfigError> {
        let key = |name: &str| format!("bulletin.{i}.{name}");
        let organisation = match (&b.organisation, organisations) {
            (Some(slug), all) if all.iter().any(|o| o.slug.as_str() == slug) => self.slug(&key("organisation"), slug)?,
            (Some(slug), _) => return Err(self.error(&key("organisation"), format!("there is no [[organisation]] with slug `{slug}`"))),
            (None, [one]) => one.slug.clone(),
            (None, []) => return Err(self.error(&key("organisation"), "add an [[organisation]]: it owns the bulletin's readers")),
            (None, _) => return Err(self.error(&key("organisation"), "there are several organisations; say whose bulletin it is")),
        };
        if let Some(expression) = &b.schedule {
            Cron::parse(expression).map_err(|e| self.error(&key("schedule"), e))?;
        }
        let colour = b.colour.clone().unwrap_or_else(|| "#0b3d5c".to_owned());
        if !(colour.len() == 7 && colour.starts_with('#') && colour[1..].bytes().all(|c| c.is_ascii_hexdigit())) {
            return Err(self.error(&key("colour"), format!("`{colour}` is not a colour; expected six hexadecimal digits such as #0b3d5c")));
        }
        Ok(BulletinConfig {
            slug: self.slug(&key("slug"), &b.slug)?,
            organisation,
            name: b.name.clone(),
            strapline: b.strapline.clone(),
            from_name: b.from_name.clone(),
            from_address: self.parsed(&key("from_address"), &b.from_address)?,
            reply_to: b.reply_to.as_ref().map(|a| self.parsed(&key("reply_to"), a)).transpose()?,
            colour,
            schedule: b.schedule.clone(),
            zone: self.zone(&key("zone"), b.zone.as_ref())?,
            window_minutes: self.at_least(&key("window_minutes"), b.window_minutes.unwrap_or(360), 1)?,
            approval: self.parsed_or(&key("approval"), b.approval.as_ref(), Approval::Person)?,
            min_items: self.at_least(&key("min_items"), b.min_items.unwrap_or(1), 0)?,
            max_items: self.at_least(&key("max_items"), b.max_items.unwrap_or(40), 1)?,
            horizon_days: self.at_least(&key("horizon_days"), b.horizon_days.unwrap_or(180), 1)?,
            uncertain_policy: self.parsed_or(&key("uncertain"), b.uncertain.as_ref(), UncertainPolicy::ResendOnce)?,
            sections: b.section.iter().map(|s| (s.heading.clone(), s.rule.clone().unwrap_or_else(Rule::always))).collect(),
            segments: b
                .segment
                .iter()
                .map(|s| (s.name.clone(), s.people.clone().unwrap_or_else(Rule::always), s.events.clone().unwrap_or_else(Rule::always)))
                .collect(),
        })
    }

    fn source(&self, i: usize, s: &RawSource) -> Result<SourceConfig, ConfigError> {
        let key = |name: &str| format!("source.{i}.{name}");
        Ok(SourceConfig {
            url: s.url.clone(),
            kind: self.parsed_or(&key("kind"), s.kind.as_ref(), SourceKind::Auto)?,
            provider: s.provider.clone(),
            zone: self.zone(&key("zone"), s.zone.as_ref())?,
            day_first: s.day_first.unwrap_or(true),
            interval_minutes: self.at_least(&key("interval_minutes"), s.interval_minutes.unwrap_or(360), 5)?,
            selectors: s.selectors.clone(),
        })
    }

    fn mail(&self, raw: &RawConfig) -> Result<MailConfig, ConfigError> {
        let m = &raw.mail;
        let transport = self.parsed_or("mail.transport", m.transport.as_ref(), TransportKind::Maildir)?;
        let tls = self.parsed_or("mail.smtp.tls", m.smtp.tls.as_ref(), Security::Starttls)?;
        if transport == TransportKind::Smtp && m.smtp.host.is_none() {
            return Err(self.error("mail.smtp.host", "is missing; expected the name of the mail server, because mail.transport is smtp"));
        }
        if m.smtp.username.is_some() != m.smtp.password.is_some() {
            return Err(self.error("mail.smtp.username", "username and password go together; one of them is missing"));
        }
        let default_port = match tls {
            Security::Implicit => 465,
            Security::None => 25,
            _ => 587,
        };
        let dkim = match (&m.dkim.selector, &m.dkim.domain, &m.dkim.key_file) {
            (None, None, None) => None,
            (Some(selector), Some(domain), Some(file)) => Some(DkimConfig {
                selector: selector.clone(),
                domain: domain.clone(),
                key_file: self.existing("mail.dkim.key_file", file.clone(), Path::is_file)?,
            }),
            _ => return Err(self.error("mail.dkim", "selector, domain and key_file go together; one of them is missing")),
        };
        Ok(MailConfig {
            transport,
            outbox: m.outbox.clone().unwrap_or_else(|| PathBuf::from("outbox")),
            max_attempts: self.at_least("mail.max_attempts", m.max_attempts.unwrap_or(12), 1)?,
            smtp: SmtpConfig {
                host: m.smtp.host.clone().unwrap_or_else(|| "localhost".to_owned()),
                port: m.smtp.port.unwrap_or(default_port),
                tls,
                username: m.smtp.username.clone(),
                password: m.smtp.password.clone(),
                connections: self.at_least("mail.smtp.connections", m.smtp.connections.unwrap_or(4), 1)?,
            },
            dkim,
        })
    }

    fn fetch(&self, raw: &RawConfig) -> Result<FetchSettings, ConfigError> {
        let f = &raw.fetch;
        let d = FetchSettings::default();
        let seconds =
            |key: &str, value: Option<u64>, default: Duration| self.at_least(key, value.unwrap_or(default.as_secs()), 1).map(Duration::from_secs);
        let user_agent = match (&f.user_agent, &f.contact) {
            (Some(agent), _) => agent.clone(),
            (None, Some(contact)) => format!("Gleaner/{} (events bulletin; {contact})", env!("CARGO_PKG_VERSION")),
            (None, None) => d.user_agent.clone(),
        };
        if user_agent.chars().any(char::is_control) {
            return Err(self.error("fetch.user_agent", "holds a control character"));
        }
        Ok(FetchSettings {
            user_agent,
            connect_timeout: seconds("fetch.connect_timeout_seconds", f.connect_timeout_seconds, d.connect_timeout)?,
            read_timeout: seconds("fetch.read_timeout_seconds", f.read_timeout_seconds, d.read_timeout)?,
            total_timeout: seconds("fetch.total_timeout_seconds", f.total_timeout_seconds, d.total_timeout)?,
            max_body_bytes: self.at_least("fetch.max_body_bytes", f.max_body_bytes.unwrap_or(d.max_body_bytes), 1024)?,
            max_redirects: f.redirects.unwrap_or(d.max_redirects),
            pause: f.delay_ms.map_or(d.pause, Duration::from_millis),
            retries: f.retries.unwrap_or(d.retries),
            back_off: d.back_off,
            guard: Guard::new(f.allow_networks.clone()),
        })
    }
}

#[cfg(test)]
mod tests;
