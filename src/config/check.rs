//! From what was written to what the program relies on: defaults filled in, every value checked.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono_tz::Tz;
use url::Url;

use super::{
    AlarmsConfig, BulletinConfig, CollectConfig, Config, ConfigError, DeliverabilityConfig, OrganisationConfig, SignUpLimits, SourceConfig, locate,
    raw::{RawBulletin, RawConfig, RawMailbox, RawSource},
};
use crate::{
    collect::{
        fetch::{FetchSettings, Guard, product_token},
        mailbox::{Account, Accounts, After, ImapAddress},
    },
    domain::{Approval, Measure, Rule, Slug, SourceKind, UncertainPolicy, text::single_line},
    schedule::{Cron, IntervalBounds},
    telemetry::LogFormat,
};

/// Checks values against what the program can work with, and says where each stands in the file.
pub(super) struct Checker<'a> {
    file: Option<&'a Path>,
    text: &'a str,
}

impl<'a> Checker<'a> {
    pub(super) fn new(file: Option<&'a Path>, text: &'a str) -> Self {
        Self { file, text }
    }

    pub(super) fn error(&self, key: &str, problem: impl std::fmt::Display) -> ConfigError {
        ConfigError { place: locate::place(self.file, self.text, key), key: key.to_owned(), problem: problem.to_string() }
    }

    /// Parses a text, naming its key when it cannot be used.
    pub(super) fn parsed<T>(&self, key: &str, text: &str) -> Result<T, ConfigError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        text.parse().map_err(|e| self.error(key, e))
    }

    pub(super) fn parsed_or<T>(&self, key: &str, text: Option<&String>, default: T) -> Result<T, ConfigError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        text.map_or(Ok(default), |t| self.parsed(key, t))
    }

    pub(super) fn at_least<T: PartialOrd + Copy + std::fmt::Display>(&self, key: &str, value: T, least: T) -> Result<T, ConfigError> {
        if value < least {
            return Err(self.error(key, format!("{value} is too small; expected at least {least}")));
        }
        Ok(value)
    }

    fn zone(&self, key: &str, name: Option<&String>) -> Result<Tz, ConfigError> {
        let bad = |n: &String| self.error(key, format!("`{n}` is not a time zone; expected an IANA name such as Europe/London"));
        name.map_or(Ok(Tz::Europe__London), |n| n.parse().map_err(|_| bad(n)))
    }

    pub(super) fn check(&self, raw: RawConfig) -> Result<Config, ConfigError> {
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
                    known_providers: o.known_providers.clone(),
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
            file: self.file.map(Path::to_owned),
            organisations,
            bulletins,
            sources,
            mailboxes: Accounts(raw.mailbox.iter().map(|(name, m)| self.mailbox(&format!("mailbox.{name}"), m)).collect::<Result<_, _>>()?),
            mail: self.mail(&raw)?,
            feedback: self.feedback(&raw.feedback)?,
            fetch: self.fetch(&raw)?,
            concurrency: self.at_least("fetch.concurrency", raw.fetch.concurrency.unwrap_or(8), 1)?,
            adapts: self.adapts(&raw)?,
            collect: CollectConfig {
                horizon_days: self.at_least("collect.horizon_days", raw.collect.horizon_days.unwrap_or(400), 1)?,
                min_confidence: self.share("collect.confidence_threshold", raw.collect.confidence_threshold.unwrap_or(0.5))?,
            },
            alarms: self.alarms(&raw)?,
            deliverability: DeliverabilityConfig {
                enforce: raw.deliverability.enforce.unwrap_or(false),
                addresses: raw.deliverability.addresses.clone(),
                resolver: raw.deliverability.resolver,
            },
            listen,
            public_url: self.public_url(raw.web.public_url.as_deref(), listen)?,
            sign_ups: self.sign_ups(&raw)?,
            templates: raw.templates.directory.as_deref().map(|d| self.existing("templates.directory", d, Path::is_dir)).transpose()?,
            taxonomy: raw.taxonomy.file.as_deref().map(|f| self.existing("taxonomy.file", f, Path::is_file)).transpose()?,
            log_level: raw.log.level.unwrap_or_else(|| "info".to_owned()),
            log_format: self.parsed_or("log.format", raw.log.format.as_ref(), LogFormat::Text)?,
        })
    }

    fn alarms(&self, raw: &RawConfig) -> Result<AlarmsConfig, ConfigError> {
        let hour = raw.alarms.hour.unwrap_or(7);
        if hour > 23 {
            return Err(self.error("alarms.hour", format!("{hour} is not an hour; expected 0 to 23")));
        }
        Ok(AlarmsConfig { digest: raw.alarms.digest.unwrap_or(true), hour, zone: self.zone("alarms.zone", raw.alarms.zone.as_ref())? })
    }

    fn slug(&self, key: &str, text: &str) -> Result<Slug, ConfigError> {
        Slug::parse(text).map_err(|e| self.error(key, e))
    }

    fn share(&self, key: &str, value: f32) -> Result<f32, ConfigError> {
        if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(self.error(key, format!("{value} is not between 0 and 1"))) }
    }

    pub(super) fn existing(&self, key: &str, path: &Path, is: fn(&Path) -> bool) -> Result<PathBuf, ConfigError> {
        if is(path) { Ok(path.to_owned()) } else { Err(self.error(key, format!("{} is not there", path.display()))) }
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
            deadline_minutes: b.deadline_minutes.map(|m| self.at_least(&key("deadline_minutes"), m, 1)).transpose()?,
            uncertain_policy: self.parsed_or(&key("uncertain"), b.uncertain.as_ref(), UncertainPolicy::ResendOnce)?,
            measure: self.measure(i, b)?,
            send_despite: b.send_despite.iter().map(|t| self.parsed(&key("send_despite"), t)).collect::<Result<_, _>>()?,
            sections: b.section.iter().map(|s| (s.heading.clone(), s.rule.clone().unwrap_or_else(Rule::always))).collect(),
            segments: b
                .segment
                .iter()
                .map(|s| (s.name.clone(), s.people.clone().unwrap_or_else(Rule::always), s.events.clone().unwrap_or_else(Rule::always)))
                .collect(),
        })
    }

    fn measure(&self, i: usize, b: &RawBulletin) -> Result<Measure, ConfigError> {
        let (key, d) = (|name: &str| format!("bulletin.{i}.{name}"), Measure::default());
        Ok(Measure {
            per_section: self.at_least(&key("per_section"), b.per_section.unwrap_or(d.per_section), 1)?,
            in_all: self.at_least(&key("in_all"), b.in_all.unwrap_or(d.in_all), 1)?,
            brief_above: b.brief_above.unwrap_or(d.brief_above),
            picks_anyway: b.picks_anyway.unwrap_or(d.picks_anyway),
            alerts: b.alerts.unwrap_or(d.alerts),
        })
    }

    fn sign_ups(&self, raw: &RawConfig) -> Result<SignUpLimits, ConfigError> {
        let s = &raw.web.sign_up;
        Ok(SignUpLimits {
            per_domain: self.at_least("web.sign_up.per_domain", s.per_domain.unwrap_or(200), 1)?,
            per_network: self.at_least("web.sign_up.per_network", s.per_network.unwrap_or(20), 1)?,
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
            columns: s.columns.clone(),
            discover: s.discover.unwrap_or(true),
            ignore_robots: s.ignore_robots.as_deref().map(|words| self.permission(&key("ignore_robots"), words)).transpose()?,
        })
    }

    /// `table`: where it stands in the configuration.
    pub(super) fn mailbox(&self, table: &str, m: &RawMailbox) -> Result<Account, ConfigError> {
        let key = |of: &str| format!("{table}.{of}");
        let expected = "expected one such as imaps://user@mail.example.org";
        let text = m.address.as_deref().ok_or_else(|| self.error(&key("address"), format!("is missing; {expected}")))?;
        let address = ImapAddress::parse(text).ok_or_else(|| self.error(&key("address"), format!("`{text}` is no address of IMAP; {expected}")))?;
        let address = address.map_err(|e| self.error(&key("address"), e))?;
        if m.password.is_some() && m.password_file.is_some() {
            return Err(self.error(&key("password_file"), "password and password_file are both set; one is enough"));
        }
        let after = self.parsed_or(&key("after"), m.after.as_ref(), After::default())?;
        let after_name = match after {
            After::Keyword => self.imap_keyword(&key("keyword"), m.keyword.as_deref().unwrap_or("Gleaned"))?,
            After::Move => {
                m.folder.clone().ok_or_else(|| self.error(&key("folder"), "is missing; expected the folder that read messages are moved to"))?
            }
            After::Seen | After::Nothing => String::new(),
        };
        Ok(Account { address, password: m.password.clone(), password_file: m.password_file.clone(), after, after_name })
    }

    /// An atom (RFC 9051 s9), so that it can stand in a command as it is.
    fn imap_keyword(&self, key: &str, text: &str) -> Result<String, ConfigError> {
        let is_atom = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'$' | b'-' | b'_' | b'.'));
        if is_atom { Ok(text.to_owned()) } else { Err(self.error(key, format!("`{text}` is not a keyword; expected letters, digits, $, -, _ or ."))) }
    }

    /// Who permitted it and when: words that somebody can check later.
    fn permission(&self, key: &str, words: &str) -> Result<String, ConfigError> {
        let words = single_line(words, 300);
        if words.is_empty() {
            return Err(self.error(key, "is empty; expected who gave permission and when, such as \"permission by e-mail, 3 May 2027\""));
        }
        Ok(words)
    }

    fn adapts(&self, raw: &RawConfig) -> Result<Option<IntervalBounds>, ConfigError> {
        let (f, d) = (&raw.fetch, IntervalBounds::default());
        let least_minutes = self.at_least("fetch.least_interval_minutes", f.least_interval_minutes.unwrap_or(d.least_minutes), 5)?;
        let most = f.most_interval_minutes.unwrap_or(d.most_minutes.max(least_minutes));
        let most_minutes = self.at_least("fetch.most_interval_minutes", most, least_minutes)?;
        Ok(f.adapt_intervals.unwrap_or(true).then_some(IntervalBounds { least_minutes, most_minutes }))
    }

    fn fetch(&self, raw: &RawConfig) -> Result<FetchSettings, ConfigError> {
        let f = &raw.fetch;
        let d = FetchSettings::default();
        let seconds =
            |key: &str, value: Option<u64>, default: Duration| self.at_least(key, value.unwrap_or(default.as_secs()), 1).map(Duration::from_secs);
        let user_agent = match (&f.user_agent, &f.contact) {
            (Some(agent), _) => agent.clone(),
            (None, Some(contact)) => format!("GleanerBot/{} (events bulletin; {contact})", env!("CARGO_PKG_VERSION")),
            (None, None) => d.user_agent.clone(),
        };
        if user_agent.chars().any(char::is_control) {
            return Err(self.error("fetch.user_agent", "holds a control character"));
        }
        if product_token(&user_agent).is_empty() {
            return Err(
                self.error("fetch.user_agent", "begins with no name; expected one such as CultureBot/1.0, by which robots.txt can speak to it")
            );
        }
        Ok(FetchSettings {
            user_agent,
            connect_timeout: seconds("fetch.connect_timeout_seconds", f.connect_timeout_seconds, d.connect_timeout)?,
            read_timeout: seconds("fetch.read_timeout_seconds", f.read_timeout_seconds, d.read_timeout)?,
            total_timeout: seconds("fetch.total_timeout_seconds", f.total_timeout_seconds, d.total_timeout)?,
            max_body_bytes: self.at_least("fetch.max_body_bytes", f.max_body_bytes.unwrap_or(d.max_body_bytes), 1024)?,
            max_redirects: f.redirects.unwrap_or(d.max_redirects),
            pause: f.delay_ms.map_or(d.pause, Duration::from_millis),
            most_crawl_delay: f.most_crawl_delay_seconds.map_or(d.most_crawl_delay, Duration::from_secs),
            retries: f.retries.unwrap_or(d.retries),
            back_off: d.back_off,
            guard: Guard::new(f.allow_networks.clone()),
        })
    }
}
