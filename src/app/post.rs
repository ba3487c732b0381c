//! The way mail leaves, from the configuration: the transport, and how deliveries are made with it.

use std::sync::Arc;

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::App;
use crate::{
    bulletin::{
        deliver::{
            DomainRule, Pace, Settings, Wording,
            scribe::{self, Reader, Scribe},
        },
        render::{self, Rendered},
        wording::{greeting, why_you_get_this},
    },
    config::{DomainLimitConfig, RelayConfig, SmtpConfig, TransportKind},
    domain::{Basis, BulletinId, EmailAddress, SubscriberId},
    feedback::{links, sign_up::Confirmation},
    mail::{self, Dkim, Login, Maildir, Message, Relay, Smtp, Transport, Verp},
    store::{bulletin::Bulletin, subscriber::Subscriber},
};

/// One mail, to look at or to send for a test.
pub struct Sample {
    pub html: String,
    pub text: String,
    pub message: Message,
}

fn smtp(s: &SmtpConfig) -> Smtp {
    let login = match (&s.username, &s.password) {
        (Some(username), Some(password)) => Some(Login { username: username.clone(), password: password.clone() }),
        _ => None,
    };
    Smtp { host: s.host.clone(), port: s.port, security: s.tls, login, connections: s.connections }
}

fn relay(r: &RelayConfig) -> Relay {
    Relay { name: r.name.clone(), smtp: smtp(&r.smtp), weight: r.weight, limits: r.limits.clone(), warm_up: r.warm_up }
}

fn domain_rule(l: &DomainLimitConfig) -> DomainRule {
    DomainRule { domain: l.domain.clone(), limits: l.limits.clone(), connections: l.connections }
}

impl App {
    /// Where messages go.
    #[must_use]
    pub fn transport(&self) -> Transport {
        let mail = &self.config.mail;
        match mail.transport {
            TransportKind::Maildir => Transport::Maildir(Maildir::new(self.data.join(&mail.outbox))),
            TransportKind::Smtp if mail.relays.is_empty() => Transport::Smtp(smtp(&mail.smtp)),
            TransportKind::Smtp => Transport::Relays(mail.relays.iter().map(relay).collect()),
        }
    }

    /// How deliveries are made.
    pub fn delivery(&self) -> anyhow::Result<Settings> {
        Ok(Settings {
            secret: Arc::clone(&self.secret),
            public_url: self.config.public_url.clone(),
            data: self.data.clone(),
            dkim: self.dkim()?,
            return_path: self.config.mail.return_path.as_ref().map(|base| Verp::new(self.secret.return_path_key(), base)),
            domains: self.config.mail.limits.iter().map(domain_rule).collect(),
            wording: Wording { greeting, why: why_you_get_this },
            pace: Pace { attempts: self.config.mail.max_attempts, ..Pace::default() },
        })
    }

    pub(super) fn dkim(&self) -> anyhow::Result<Option<Dkim>> {
        let mut all: Option<Dkim> = None;
        for d in &self.config.mail.dkim {
            let one =
                Dkim::load(&d.selector, &d.domain, &d.key_file).with_context(|| format!("mail.dkim: {} cannot be used", d.key_file.display()))?;
            all = Some(all.map_or_else(|| one.clone(), |before| before.and(&one)));
        }
        Ok(all)
    }

    /// Sends the one mail that is not an edition: the link with which a person confirms a sign-up.
    pub async fn send_confirmation(&self, c: &Confirmation) -> anyhow::Result<()> {
        let bulletin = self.store.bulletin(c.bulletin).await?;
        let message = self.confirmation(&bulletin, c, self.now())?;
        match self.transport().send_one(&message).await?.taken() {
            Ok(_) => Ok(()),
            Err(said) => anyhow::bail!("the mail server said: {said}"),
        }
    }

    fn confirmation(&self, bulletin: &Bulletin, c: &Confirmation, now: DateTime<Utc>) -> anyhow::Result<Message> {
        let url =
            links::confirm_url(&self.secret, &self.config.public_url, c.to_confirm.subscriber, bulletin.id, c.to_confirm.nonce, c.to_confirm.until);
        let name = &bulletin.name;
        let text = format!(
            "Somebody, probably you, asked for {name} to be sent to this address.\n\nTo start getting it, open this page and press the button:\n{url}\n\n\
             If it was not you, do nothing: you will not hear from us again.\n"
        );
        let note = mail::Note {
            from: mail::Mailbox::new(&bulletin.from_name, &bulletin.from_address)?,
            to: mail::Mailbox::new("", &c.email)?,
            subject: mail::HeaderText::new(&format!("Please confirm: {name}")),
            text,
            html: None,
        };
        let id = format!("{:016x}.{}", c.to_confirm.nonce, c.to_confirm.subscriber);
        let mut message = mail::note(&note, &id, now)?;
        if let Some(dkim) = self.dkim()? {
            message.bytes = dkim.sign(&message.bytes, now).map_err(|e| anyhow::anyhow!("the confirmation cannot be signed: {e}"))?;
        }
        Ok(message)
    }

    /// The mail that `to` would get of this rendering. For an address on no list the links lead to a person who is not there.
    pub async fn sample(
        &self,
        bulletin: &Bulletin,
        rendered: &Rendered,
        to: Option<&EmailAddress>,
        listed: Option<&Subscriber>,
    ) -> anyhow::Result<Sample> {
        let nobody = EmailAddress::parse("reader@example.org")?;
        let (email, name) = listed.map_or((to.unwrap_or(&nobody), ""), |s| (&s.email, s.name.as_str()));
        let subscriber = listed.map_or(SubscriberId(uuid::Uuid::nil()), |s| s.id);
        let scribe = Scribe::new(&self.store, &self.delivery()?, bulletin.id, "sample".to_owned()).await?;
        let message_id = format!("sample.{:016x}@{}", rand::random::<u64>(), scribe.domain());
        let reader = Reader { subscriber, email, name, basis: Basis::Consent, message_id: &message_id, delivery: None };
        let content = scribe::content(&rendered.subject, &rendered.html, &rendered.text);
        let message = scribe.write(&reader, &content, self.now()).map_err(|e| anyhow::anyhow!("the mail cannot be made: {e}"))?;
        let organisation = self.store.organisation(bulletin.organisation_id).await?;
        let (html, text) = rendered.personalise(&render::Personal {
            name,
            email: email.as_str(),
            why: &why_you_get_this(Basis::Consent, &bulletin.name, &organisation.name),
            unsubscribe_url: &links::unsubscribe_url(&self.secret, &self.config.public_url, subscriber, bulletin.id),
            preferences_url: &links::preferences_url(&self.secret, &self.config.public_url, subscriber, bulletin.id),
        });
        Ok(Sample { html, text, message })
    }

    /// One bulletin by its short name, or an error that says which there are.
    pub async fn bulletin_named(&self, slug: &str) -> anyhow::Result<Bulletin> {
        let bulletins = self.store.bulletins().await?;
        let names: Vec<&str> = bulletins.iter().map(|b| b.slug.as_str()).collect();
        let known = if names.is_empty() { "none; add a [[bulletin]] to the configuration".to_owned() } else { names.join(", ") };
        let found: Option<BulletinId> = bulletins.iter().find(|b| b.slug.as_str() == slug).map(|b| b.id);
        let id = found.with_context(|| format!("there is no bulletin `{slug}`; there is: {known}"))?;
        Ok(self.store.bulletin(id).await?)
    }
}
