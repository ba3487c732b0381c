//! One edition to one subscriber: the states that make sending crash-proof.
//!
//! `queued` -> `handing_over` (committed before the server hears of it) -> `sent` or `failed`. A process that dies between leaves
//! `handing_over`, which on resume is known by name as `uncertain`.

use super::vocabulary;

vocabulary! {
    pub enum DeliveryState("state of a delivery") {
        /// To be sent, now or at `not_before`.
        Queued = "queued",
        /// About to be or being given to the server. Holds a lease.
        HandingOver = "handing_over",
        /// The server has taken it; its words are kept.
        Sent = "sent",
        /// Refused for good, or out of time; the server's words are kept.
        Failed = "failed",
        /// The answer was lost after the final dot, or the process died while handing over.
        Uncertain = "uncertain",
        /// Not sent because the address was suppressed or unsubscribed after publishing.
        Skipped = "skipped",
    }
}

vocabulary! {
    /// What to do with an uncertain delivery.
    pub enum UncertainPolicy("policy for uncertain deliveries") {
        /// Once more, with the same Message-ID, so that the repeat can be recognised.
        ResendOnce = "resend_once",
        /// Leave it for a person.
        Hold = "hold",
    }
}

vocabulary! {
    /// Why a message was refused for good: what the server's words come to.
    pub enum Failure("kind of refusal") {
        /// There is no such mailbox, or not any more.
        MailboxUnknown = "mailbox_unknown",
        /// There is one that takes nothing now: full, or put out of use.
        MailboxFull = "mailbox_full",
        MailboxDisabled = "mailbox_disabled",
        /// The receiving domain is not there or takes no mail.
        DomainUnknown = "domain_unknown",
        /// The server does not want it from us: reputation, block list, rules of the house.
        Policy = "policy",
        /// SPF, DKIM or DMARC did not hold.
        NotAuthenticated = "not_authenticated",
        /// What it says: taken for spam, a forbidden attachment or link.
        Content = "content",
        TooLarge = "too_large",
        /// It could not be built, or not be written in SMTP.
        NotBuilt = "not_built",
        /// Not accepted in as many attempts, or until the deadline, as the settings allow.
        TooLate = "too_late",
        Other = "other",
    }
}
