//! The mail section: relays, their limits, keys to sign with, where bounces go.

use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use super::{
    ConfigError, DkimConfig, DomainLimitConfig, MailConfig, RelayConfig, SmtpConfig, TransportKind,
    check::Checker,
    raw::{RawConfig, RawDkim, RawDomainLimit, RawRelay, RawSmtp, RawWarmUp},
};
use crate::{
    domain::{EmailAddress, RateLimit, WarmUp, text::single_line},
    mail::{Security, Verp},
};

/// Limits by the name of their key, with the length of the window.
type Rates = [(&'static str, Option<u64>, TimeDelta); 4];

impl Checker<'_> {
    pub(super) fn mail(&self, raw: &RawConfig) -> Result<MailConfig, ConfigError> {
        let m = &raw.mail;
        let transport = self.parsed_or("mail.transport", m.transport.as_ref(), TransportKind::Maildir)?;
        let relays = m.relay.iter().enumerate().map(|(i, r)| self.relay(i, r)).collect::<Result<Vec<_>, _>>()?;
        if let Some((i, twice)) = relays.iter().enumerate().find(|(i, r)| relays[..*i].iter().any(|before| before.name == r.name)) {
            return Err(self.error(&format!("mail.relay.{i}.name"), format!("`{}` is there twice; limits are counted by name", twice.name)));
        }
        if transport == TransportKind::Smtp && m.smtp.host.is_none() && relays.is_empty() {
            return Err(self.error("mail.smtp.host", "is missing; expected the name of the mail server, because mail.transport is smtp"));
        }
        if m.smtp.host.is_some() && !relays.is_empty() {
            return Err(self.error("mail.smtp.host", "stands beside [[mail.relay]]; make it one of the relays"));
        }
        Ok(MailConfig {
            transport,
            outbox: m.outbox.clone().unwrap_or_else(|| PathBuf::from("outbox")),
            max_attempts: self.at_least("mail.max_attempts", m.max_attempts.unwrap_or(40), 1)?,
            smtp: self.smtp("mail.smtp", &m.smtp)?,
            relays,
            limits: m.limit.iter().enumerate().map(|(i, l)| self.domain_limit(i, l)).collect::<Result<_, _>>()?,
            dkim: self.keys(&m.dkim)?,
            return_path: m.return_path.as_deref().map(|address| self.return_path(address)).transpose()?,
        })
    }

    fn smtp(&self, at: &str, s: &RawSmtp) -> Result<SmtpConfig, ConfigError> {
        let tls = self.parsed_or(&format!("{at}.tls"), s.tls.as_ref(), Security::Starttls)?;
        if s.username.is_some() != s.password.is_some() {
            return Err(self.error(&format!("{at}.username"), "username and password go together; one of them is missing"));
        }
        let default_port = match tls {
            Security::Implicit => 465,
            Security::None => 25,
            _ => 587,
        };
        Ok(SmtpConfig {
            host: s.host.clone().unwrap_or_else(|| "localhost".to_owned()),
            port: s.port.unwrap_or(default_port),
            tls,
            username: s.username.clone(),
            password: s.password.clone(),
            connections: self.at_least(&format!("{at}.connections"), s.connections.unwrap_or(4), 1)?,
        })
    }

    fn relay(&self, i: usize, r: &RawRelay) -> Result<RelayConfig, ConfigError> {
        let at = format!("mail.relay.{i}");
        let host = r.host.clone().ok_or_else(|| self.error(&format!("{at}.host"), "is missing; expected the name of the mail server"))?;
        let name = single_line(r.name.as_deref().unwrap_or(&host), 60);
        let smtp = RawSmtp {
            host: Some(host),
            port: r.port,
            tls: r.tls.clone(),
            username: r.username.clone(),
            password: r.password.clone(),
            connections: r.connections,
        };
        let rates = [
            ("per_second", r.per_second, TimeDelta::seconds(1)),
            ("per_minute", r.per_minute, TimeDelta::minutes(1)),
            ("per_hour", r.per_hour, TimeDelta::hours(1)),
            ("per_day", r.per_day, TimeDelta::days(1)),
        ];
        Ok(RelayConfig {
            smtp: self.smtp(&at, &smtp)?,
            weight: self.at_least(&format!("{at}.weight"), r.weight.unwrap_or(1), 1)?,
            limits: self.rates(&at, &format!("relay:{name}"), rates)?,
            warm_up: r.warm_up.as_ref().map(|w| self.warm_up(&format!("{at}.warm_up"), w)).transpose()?,
            name,
        })
    }

    fn rates(&self, at: &str, scope: &str, rates: Rates) -> Result<Vec<RateLimit>, ConfigError> {
        let set = rates.into_iter().filter_map(|(key, most, window)| most.map(|most| (key, most, window)));
        set.map(|(key, most, window)| {
            let most = self.at_least(&format!("{at}.{key}"), most, 1)?;
            Ok(RateLimit { scope: scope.to_owned(), window, most })
        })
        .collect()
    }

    fn warm_up(&self, at: &str, w: &RawWarmUp) -> Result<WarmUp, ConfigError> {
        let bad = |_| self.error(&format!("{at}.from"), format!("`{}` is not a date; expected the first day, such as 2027-03-01", w.from));
        Ok(WarmUp {
            from: w.from.parse().map_err(bad)?,
            first: self.at_least(&format!("{at}.first"), w.first, 1)?,
            growth: self.at_least(&format!("{at}.growth"), w.growth.unwrap_or(1.5), 1.0)?,
            until: self.at_least(&format!("{at}.until"), w.until.unwrap_or(100_000), w.first)?,
        })
    }

    fn domain_limit(&self, i: usize, l: &RawDomainLimit) -> Result<DomainLimitConfig, ConfigError> {
        let at = format!("mail.limit.{i}");
        let Ok(url::Host::Domain(domain)) = url::Host::parse(l.domain.trim_start_matches('@')) else {
            return Err(self.error(&format!("{at}.domain"), format!("`{}` is not a domain; expected one such as gmail.com", l.domain)));
        };
        let rates = [
            ("per_second", l.per_second, TimeDelta::seconds(1)),
            ("per_minute", l.per_minute, TimeDelta::minutes(1)),
            ("per_hour", l.per_hour, TimeDelta::hours(1)),
            ("per_day", l.per_day, TimeDelta::days(1)),
        ];
        let limits = self.rates(&at, &format!("domain:{domain}"), rates)?;
        let connections = l.connections.map(|n| self.at_least(&format!("{at}.connections"), n, 1)).transpose()?;
        if limits.is_empty() && connections.is_none() {
            return Err(self.error(&at, "limits nothing; expected per_second, per_minute, per_hour, per_day or connections"));
        }
        Ok(DomainLimitConfig { domain, limits, connections })
    }

    /// The keys, the first one's settings first.
    fn keys(&self, raw: &RawDkim) -> Result<Vec<DkimConfig>, ConfigError> {
        let mut keys: Vec<DkimConfig> = self.key("mail.dkim", raw)?.into_iter().collect();
        for (i, also) in raw.also.iter().enumerate() {
            let at = format!("mail.dkim.also.{i}");
            if !also.also.is_empty() || keys.is_empty() {
                return Err(self.error(&at, "a further key stands beside mail.dkim.selector, domain and key_file, and not inside another"));
            }
            keys.extend(self.key(&at, also)?);
        }
        Ok(keys)
    }

    fn key(&self, at: &str, raw: &RawDkim) -> Result<Option<DkimConfig>, ConfigError> {
        match (&raw.selector, &raw.domain, &raw.key_file) {
            (None, None, None) => Ok(None),
            (Some(selector), Some(domain), Some(file)) => Ok(Some(DkimConfig {
                selector: selector.clone(),
                domain: domain.clone(),
                key_file: self.existing(&format!("{at}.key_file"), file, Path::is_file)?,
            })),
            _ => Err(self.error(at, "selector, domain and key_file go together; one of them is missing")),
        }
    }

    fn return_path(&self, text: &str) -> Result<EmailAddress, ConfigError> {
        let address: EmailAddress = self.parsed("mail.return_path", text)?;
        Verp::suits(&address).map_err(|e| self.error("mail.return_path", e))?;
        Ok(address)
    }
}
