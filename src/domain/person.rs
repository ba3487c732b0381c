//! People on a list: an address that was checked, what they asked for, and where they stand.

use std::{fmt, str::FromStr};

use super::vocabulary;

/// An e-mail address (RFC 5321 mailbox, RFC 6531 international), in the form in which it is compared and stored: trimmed, domain in lower case.
/// Holding one is the proof that it is a single address without controls; that it can be reached only sending shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

/// Why an address is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("no address")]
    Empty,
    #[error("`{0}` is not an e-mail address ({1})")]
    Malformed(String, String),
    #[error("`{0}`: the domain has no dot")]
    NoDot(String),
}

impl EmailAddress {
    pub fn parse(s: &str) -> Result<Self, BadAddress> {
        let s = s.trim();
        if s.is_empty() {
            return Err(BadAddress::Empty);
        }
        let shown = super::text::single_line(s, 120);
        if s.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(BadAddress::Malformed(shown, "white space inside".into()));
        }
        let options = email_address::Options::default().without_display_text().without_domain_literal();
        let parsed = email_address::EmailAddress::parse_with_options(s, options).map_err(|e| BadAddress::Malformed(shown.clone(), e.to_string()))?;
        if !parsed.domain().contains('.') {
            return Err(BadAddress::NoDot(shown));
        }
        Ok(Self(format!("{}@{}", parsed.local_part(), parsed.domain().to_lowercase())))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, d)| d)
    }

    /// What makes two addresses the same person: case of the local part is ignored as every large provider does.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// As logs may show it.
    #[must_use]
    pub fn masked(&self) -> String {
        super::text::masked(&self.0)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = BadAddress;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}

/// The keyed hash of an address: what the consent ledger and the suppression list keep of a person who was erased. Made by
/// `feedback::Secret`; without the installation's key it tells nobody who it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailHash(pub String);

vocabulary! {
    /// Where a subscriber stands.
    pub enum SubscriberState("state of a subscriber") {
        /// Signed up, not yet confirmed.
        Pending = "pending",
        Active = "active",
        Unsubscribed = "unsubscribed",
        Bounced = "bounced",
        Complained = "complained",
    }
}

impl SubscriberState {
    /// Whether nothing is sent in this state that was sent before.
    #[must_use]
    pub const fn has_left(self) -> bool {
        matches!(self, Self::Unsubscribed | Self::Bounced | Self::Complained)
    }

    /// Whether the state may follow: nobody comes back from `complained`, and only a person's own act makes anyone active again.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        use SubscriberState::{Active, Bounced, Complained, Pending, Unsubscribed};
        matches!(
            (self, next),
            (Pending, Active | Unsubscribed | Bounced | Complained)
                | (Active, Unsubscribed | Bounced | Complained)
                | (Unsubscribed | Bounced, Pending | Active | Complained)
        )
    }
}

vocabulary! {
    /// The ground on which a person is written to (UK GDPR art. 6, PECR reg. 22).
    pub enum Basis("lawful basis") {
        Consent = "consent",
        CharitySoftOptIn = "charity_soft_opt_in",
        /// A corporate subscriber in the sense of PECR.
        Corporate = "corporate",
    }
}

vocabulary! {
    /// What a person may do at the desk of an organisation.
    pub enum Role("role") {
        Owner = "owner",
        Editor = "editor",
        Viewer = "viewer",
    }
}

vocabulary! {
    /// An entry of the consent ledger.
    pub enum ConsentAct("act of consent") {
        /// Signed up; a confirmation was asked for.
        Asked = "asked",
        Confirmed = "confirmed",
        /// Brought in by the operator with a ground.
        Imported = "imported",
        /// Left the list, by whatever way.
        Withdrawn = "withdrawn",
        Erased = "erased",
    }
}

vocabulary! {
    /// Why an address gets nothing.
    pub enum SuppressionReason("reason of suppression") {
        Bounced = "bounced",
        Complained = "complained",
        Erased = "erased",
        /// An operator's own entry.
        Operator = "operator",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_put_in_one_form() {
        assert_eq!(EmailAddress::parse(" Jo.Bloggs+cpd@Example.ORG ").unwrap().as_str(), "Jo.Bloggs+cpd@example.org");
        assert_eq!(EmailAddress::parse("Jo@example.org").unwrap().key(), "jo@example.org");
        assert_eq!(EmailAddress::parse("jö@münchen.example").unwrap().domain(), "münchen.example");
        for bad in [
            "",
            "jo",
            "jo@",
            "@example.org",
            "jo@example",
            "a b@example.org",
            "jo@example.org\r\nBcc: x@y.org",
            "jo@[127.0.0.1]",
            "Jo <jo@example.org>",
            "a@b@c.org",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_complaint_is_final() {
        use SubscriberState::*;
        for next in SubscriberState::ALL {
            assert!(!Complained.may_become(*next));
        }
        assert!(Pending.may_become(Active) && Unsubscribed.may_become(Pending) && !Active.may_become(Pending));
    }
}
