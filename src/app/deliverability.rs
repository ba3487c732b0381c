//! Whether receivers will take a bulletin's mail: the sending domain by the DNS, the relay's encryption, the unsubscribe address, the sender's
//! identity. `gleaner check` prints it; with `deliverability.enforce` publishing asks it first.

use std::net::IpAddr;

use super::App;
use crate::{
    collect::fetch::Validators,
    config::{SmtpConfig, TransportKind},
    mail::{
        Dkim, Security,
        deliverability::{Check, Dns, Sender, SigningKey, Topic, Verdict, examine},
    },
    store::bulletin::Bulletin,
};

/// A bulletin whose domain receivers will turn away, in production mode.
#[derive(Debug, thiserror::Error)]
#[error("receivers would turn this bulletin away: {0}. Mend it (gleaner check --deliverability), or name the checks in the bulletin's send_despite")]
pub struct Undeliverable(pub String);

impl App {
    /// Everything that receivers and the law ask of a bulletin's mail, in the order of [`Topic`].
    pub async fn deliverability(&self, bulletin: &Bulletin) -> anyhow::Result<Vec<Check>> {
        let settings = &self.config.deliverability;
        let dns = Dns::new(settings.resolver)?;
        let dkim = self.dkim()?;
        let keys = dkim.iter().flat_map(Dkim::published);
        let keys = keys.map(|k| SigningKey { selector: k.selector.into(), domain: k.domain.into(), record: k.record }).collect();
        let sender = Sender {
            from: bulletin.from_address.clone(),
            return_path: self.config.mail.return_path.as_ref().unwrap_or(&bulletin.from_address).domain().to_owned(),
            keys,
            addresses: settings.addresses.clone(),
        };
        let mut checks = examine(&dns, &sender).await;
        checks.push(self.encryption());
        checks.push(self.unsubscribing().await);
        checks.push(self.identity(bulletin).await?);
        Ok(checks)
    }

    /// Refuses a bulletin that fails a check which its owner did not accept by name. Asks nothing unless in production mode.
    pub async fn ensure_deliverable(&self, bulletin: &Bulletin) -> anyhow::Result<()> {
        if !self.config.deliverability.enforce {
            return Ok(());
        }
        let checks = self.deliverability(bulletin).await?;
        let minds = |c: &&Check| c.verdict == Verdict::Mend && !bulletin.send_despite.iter().any(|t| t == c.topic.as_str());
        let failing: Vec<String> = checks.iter().filter(minds).map(|c| format!("{} ({})", c.topic, c.said)).collect();
        if failing.is_empty() { Ok(()) } else { Err(Undeliverable(failing.join("; ")).into()) }
    }

    /// The first way out that is not certain to be encrypted speaks for all.
    fn encryption(&self) -> Check {
        let mail = &self.config.mail;
        if mail.transport == TransportKind::Maildir {
            return Check::unknown(Topic::Tls, "mail.transport is maildir: nothing leaves this machine");
        }
        let relays: Vec<&SmtpConfig> = if mail.relays.is_empty() { vec![&mail.smtp] } else { mail.relays.iter().map(|r| &r.smtp).collect() };
        let open = relays.iter().find_map(|relay| in_the_clear(relay));
        open.map_or_else(
            || Check::good(Topic::Tls, "mail to every relay is encrypted, or does not leave this machine"),
            |said| Check::mend(Topic::Tls, said),
        )
    }

    /// Asks the pages from outside, as a mail program would that unsubscribes.
    async fn unsubscribing(&self) -> Check {
        let base = &self.config.public_url;
        if base.scheme() != "https" {
            return Check::mend(Topic::Unsubscribe, format!("web.public_url is {base}; one-click unsubscribing needs https (RFC 8058 s3.1)"));
        }
        let asked = async {
            let url = base.join("health").map_err(|e| e.to_string())?;
            let fetcher = self.fetcher().map_err(|e| e.to_string())?.for_source(&url, true);
            fetcher.get(&url, &Validators::default()).await.map_err(|e| e.to_string())
        };
        match asked.await {
            Ok(_) => Check::good(Topic::Unsubscribe, format!("{base} answers")),
            Err(said) => Check::mend(
                Topic::Unsubscribe,
                format!("{base} does not answer ({said}); readers could not unsubscribe. Is `gleaner serve` running behind it?"),
            ),
        }
    }

    /// Who sends, as the law wants it said in every mail.
    pub async fn identity(&self, bulletin: &Bulletin) -> anyhow::Result<Check> {
        let organisation = self.store.organisation(bulletin.organisation_id).await?;
        Ok(if organisation.postal_address.trim().is_empty() {
            Check::mend(Topic::Identity, format!("organisation `{}` has no postal_address; mails must carry one (PECR reg. 23)", organisation.slug))
        } else {
            Check::good(Topic::Identity, format!("sent as {} <{}>, for {}", bulletin.from_name, bulletin.from_address, organisation.name))
        })
    }
}

/// How mail to a relay can be read on the way, if it can. A relay on this machine encrypts by its own settings.
fn in_the_clear(relay: &SmtpConfig) -> Option<String> {
    let host = &relay.host;
    if host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()) {
        return None;
    }
    match relay.tls {
        Security::StarttlsRequired | Security::Implicit => None,
        Security::Starttls => {
            Some(format!("mail to {host} goes in the clear when somebody on the way hides its offer of TLS; set tls = \"starttls_required\""))
        }
        Security::None => Some(format!("mail to {host} goes in the clear; set tls = \"starttls_required\" or \"implicit\"")),
    }
}
