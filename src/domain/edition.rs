//! One issue of a bulletin and the way it goes: draft -> in review -> approved -> sending -> sent, or held, or cancelled.

use super::vocabulary;

vocabulary! {
    pub enum EditionState("state of an edition") {
        Draft = "draft",
        InReview = "in_review",
        Approved = "approved",
        /// Recipients are frozen; mails are going out.
        Sending = "sending",
        Sent = "sent",
        /// Too late, or stopped by a person: goes on only when a person says so.
        Held = "held",
        Cancelled = "cancelled",
    }
}

vocabulary! {
    /// Why an event is in an edition.
    pub enum ItemReason("reason of an item") {
        New = "new",
        /// Told before, and something changed that readers should hear.
        Changed = "changed",
        /// Told before, and told again because the editor wants it.
        Repeat = "repeat",
    }
}

/// A step that an edition's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an edition that is {from} cannot become {to}")]
pub struct BadStep {
    pub from: EditionState,
    pub to: EditionState,
}

impl EditionState {
    /// The next state, if the step is allowed.
    pub fn step(self, to: Self) -> Result<Self, BadStep> {
        use EditionState::{Approved, Cancelled, Draft, Held, InReview, Sending, Sent};
        let allowed = matches!(
            (self, to),
            (Draft, InReview | Approved | Held | Cancelled)
                | (InReview, Draft | Approved | Held | Cancelled)
                | (Approved, Draft | Sending | Held | Cancelled)
                | (Sending, Sent | Held | Cancelled)
                | (Held, Draft | Approved | Sending | Cancelled)
        );
        if allowed { Ok(to) } else { Err(BadStep { from: self, to }) }
    }

    /// Whether its content may still change.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::InReview)
    }
}

#[cfg(test)]
mod tests {
    use super::EditionState::*;
    use super::*;

    #[test]
    fn what_was_sent_stays_sent() {
        for next in EditionState::ALL {
            assert!(Sent.step(*next).is_err());
            assert!(Cancelled.step(*next).is_err());
        }
        assert_eq!(Draft.step(Approved), Ok(Approved));
        assert!(Draft.step(Sending).is_err(), "nothing goes out that nobody approved");
    }
}
