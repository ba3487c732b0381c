//! What comes back about a mail, as one typed report: what it says, how hard it is, and by which clues it names the mail.
//!
//! A report is a claim by whoever sent it. Nothing here says that it is true: only a clue that we signed proves it (`feedback::record`).

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use super::{EmailAddress, vocabulary};

vocabulary! {
    /// What a message that came back says.
    pub enum ReportKind("kind of report") {
        /// The mail was given up (RFC 3464 action `failed`).
        Bounce = "bounce",
        /// Not delivered yet, and still being tried. Counts for nothing: a bounce follows if it stays so.
        Delayed = "delayed",
        /// Delivered, relayed or expanded.
        Delivered = "delivered",
        /// The reader called it spam (RFC 5965 `abuse`).
        Complaint = "complaint",
        /// The reader said that it is no spam.
        NotSpam = "not_spam",
        Unsubscribe = "unsubscribe",
        /// Out of office, or another machine's answer. The mail arrived.
        AutoReply = "auto_reply",
        /// Somebody's filter asks the sender to prove to be a person. It is never answered.
        Challenge = "challenge",
        /// The person has left or writes from another address now; for a person to look at.
        AddressChanged = "address_changed",
        /// Anything else: a person's answer, a report of fraud, what could not be read.
        Other = "other",
    }
}

vocabulary! {
    /// Why a mail was not delivered.
    pub enum BounceClass("class of bounce") {
        /// There is no such mailbox, or it was closed.
        Mailbox = "mailbox",
        /// There is no such domain, or it takes no mail.
        Domain = "domain",
        /// Over quota.
        Full = "full",
        /// Out of time, connection or server trouble, a loop.
        Temporary = "temporary",
        /// About us: block lists, reputation, authentication, rate.
        Policy = "policy",
        /// About what the mail holds: called spam, too large, a forbidden attachment.
        Content = "content",
        /// Refused by this recipient's own rule, or without a reason that is known.
        Refused = "refused",
    }
}

impl BounceClass {
    /// Nobody is there: no later mail will arrive either.
    #[must_use]
    pub const fn is_hard(self) -> bool {
        matches!(self, Self::Mailbox | Self::Domain)
    }

    /// It says something about the sender and nothing about the reader.
    #[must_use]
    pub const fn is_about_us(self) -> bool {
        matches!(self, Self::Policy | Self::Content)
    }
}

vocabulary! {
    /// What was done about a report.
    pub enum FeedbackOutcome("outcome of a report") {
        /// The address is suppressed: nobody is there, or the reader complained.
        Suppressed = "suppressed",
        /// The person is `bounced` on every list of the organisation, and may come back by signing up.
        Bounced = "bounced",
        /// A soft bounce that counts towards that.
        Counted = "counted",
        /// The reader left.
        Unsubscribed = "unsubscribed",
        /// It is about us: the operator was told.
        Alarmed = "alarmed",
        /// Written down; nothing follows from it.
        Noted = "noted",
        /// It proves nothing: no clue of ours, or its recipient is not the delivery's. Changed nothing; for a person to look at.
        Unproven = "unproven",
        /// For a person to look at.
        ForAPerson = "for_a_person",
    }
}

impl FeedbackOutcome {
    /// Whether somebody should read it.
    #[must_use]
    pub const fn wants_a_person(self) -> bool {
        matches!(self, Self::Unproven | Self::ForAPerson)
    }
}

vocabulary! {
    /// Why a reader leaves, as the page offers it.
    pub enum LeavingReason("reason for leaving") {
        TooOften = "too_often",
        NotRelevant = "not_relevant",
        NeverAsked = "never_asked",
        ChangedWork = "changed_work",
        Other = "other",
    }
}

/// An enhanced mail system status code (RFC 3463 s2): `class.subject.detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusCode {
    /// 2 success, 4 for now, 5 for good.
    pub class: u8,
    pub subject: u16,
    pub detail: u16,
}

/// A text that is no status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a status code such as 5.1.1")]
pub struct BadStatus;

impl FromStr for StatusCode {
    type Err = BadStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.');
        let (Some(class), Some(subject), Some(detail), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(BadStatus);
        };
        let number = |part: &str| -> Result<u16, BadStatus> {
            let plain = !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
            if plain { part.parse().map_err(|_| BadStatus) } else { Err(BadStatus) }
        };
        let class = match class {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => return Err(BadStatus),
        };
        Ok(Self { class, subject: number(subject)?, detail: number(detail)? })
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// By what a report names the mail that it is about. Each list is short and in the order in which it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clues {
    /// Where the report was sent: one of them may be a return path of ours (VERP).
    pub sent_to: Vec<String>,
    /// Of the mail, without brackets.
    pub message_ids: Vec<String>,
    /// What may be the token of an unsubscribe link of ours.
    pub tokens: Vec<String>,
    /// Whom the mail was for, as the report says. Empty when it does not say, as in redacted complaints.
    pub recipients: Vec<EmailAddress>,
    /// Who wrote the message: means something for an unsubscribe by mail alone.
    pub from: Option<EmailAddress>,
}

/// One statement about one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub kind: ReportKind,
    /// Of bounces and delays.
    pub class: Option<BounceClass>,
    pub status: Option<StatusCode>,
    /// The diagnostic words, on one line; of an answer its subject and beginning.
    pub words: String,
    /// Who says so: the server that refused, or the one that reports. Empty when unknown.
    pub by: String,
    /// When it happened, as the report says. UTC; to be taken with salt.
    pub at: Option<DateTime<Utc>>,
    pub clues: Clues,
}

impl Report {
    /// Whether nobody is there.
    #[must_use]
    pub fn is_hard(&self) -> bool {
        self.kind == ReportKind::Bounce && self.class.is_some_and(BounceClass::is_hard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_code_has_three_numbers_and_a_known_class() {
        for good in ["5.1.1", "4.2.2", "2.0.0", "5.7.509"] {
            assert_eq!(good.parse::<StatusCode>().unwrap().to_string(), good);
        }
        for bad in ["", "5", "5.1", "3.1.1", "5.1.1.1", "5.1111.1", "5.-1.1", "5.1.x", "127.0.0.1"] {
            assert!(bad.parse::<StatusCode>().is_err(), "{bad}");
        }
    }
}
