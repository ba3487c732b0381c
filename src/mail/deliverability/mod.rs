//! What receivers ask of a sending domain before they take its mail (Gmail's and Yahoo's sender rules of 2024, Outlook's of 2025): SPF, DKIM,
//! DMARC, reverse names, a domain that takes mail. Each answer in words, with the DNS record that mends it.
//!
//! Only asks the DNS. Never sends mail, and never says that something is right because it could not be asked.

use std::net::IpAddr;

use crate::domain::{EmailAddress, vocabulary};

mod dkim;
mod dmarc;
mod dns;
mod exchange;
mod reverse;
mod spf;

pub use dns::{Dns, Trouble};

vocabulary! {
    /// What was looked at: the names by which a bulletin's owner may say "send although".
    pub enum Topic("topic of a deliverability check") {
        Spf = "spf",
        Dkim = "dkim",
        Dmarc = "dmarc",
        /// Whether the domain takes mail: replies, bounces and unsubscribing by mail come there.
        Mx = "mx",
        /// The reverse name of the sending machine.
        Ptr = "ptr",
        /// Whether mail to the relay is encrypted.
        Tls = "tls",
        /// Whether readers' mail programs can reach the address that unsubscribes.
        Unsubscribe = "unsubscribe",
        /// Who sends, with a postal address.
        Identity = "identity",
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    /// Receivers will mind.
    Mend,
    /// Nobody answered, or it cannot be known from here: no reason to stop, and none to be sure.
    Unknown,
}

/// A record for the operator to publish.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DnsRecord {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub value: String,
}

impl DnsRecord {
    fn txt(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), kind: "TXT", value: value.into() }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    pub topic: Topic,
    pub verdict: Verdict,
    /// What was found, or what to mend.
    pub said: String,
    /// What to publish, when a record is what is missing.
    pub publish: Option<DnsRecord>,
}

impl Check {
    #[must_use]
    pub fn good(topic: Topic, said: impl Into<String>) -> Self {
        Self { topic, verdict: Verdict::Good, said: said.into(), publish: None }
    }

    #[must_use]
    pub fn mend(topic: Topic, said: impl Into<String>) -> Self {
        Self { topic, verdict: Verdict::Mend, said: said.into(), publish: None }
    }

    #[must_use]
    pub fn unknown(topic: Topic, said: impl Into<String>) -> Self {
        Self { topic, verdict: Verdict::Unknown, said: said.into(), publish: None }
    }

    #[must_use]
    fn publishing(mut self, record: DnsRecord) -> Self {
        self.publish = Some(record);
        self
    }
}

/// The public half of a signing key and where receivers look for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    pub selector: String,
    pub domain: String,
    /// The whole record: `v=DKIM1; k=rsa; p=...`.
    pub record: String,
}

/// Who sends, as receivers see it.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The From header: the domain that DMARC protects.
    pub from: EmailAddress,
    /// Domain of the envelope sender, where bounces go: the one whose SPF record is asked.
    pub return_path: String,
    pub keys: Vec<SigningKey>,
    /// The machines that speak to readers' servers. Empty: not known here, because a relay sends on.
    pub addresses: Vec<IpAddr>,
}

/// Asks the DNS everything about a sender; a check for each topic at least once, in the order of [`Topic`].
pub async fn examine(dns: &Dns, sender: &Sender) -> Vec<Check> {
    let mut checks = vec![spf::check(dns, sender).await];
    checks.extend(dkim::check(dns, sender).await);
    checks.push(dmarc::check(dns, sender).await);
    checks.extend(exchange::check(dns, sender).await);
    checks.extend(reverse::check(dns, &sender.addresses).await);
    checks
}

/// Whether one domain is the other or below it.
fn same_or_below(a: &str, b: &str) -> bool {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    a == b || a.ends_with(&format!(".{b}"))
}

/// The domain in the form the DNS has it (IDNA); as it stands when it has none.
fn ascii(domain: &str) -> String {
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(d)) => d,
        _ => domain.to_lowercase(),
    }
}
