//! `[feedback]`: where returned mail is read, and how it is judged.

use std::path::PathBuf;

use super::{
    ConfigError,
    check::Checker,
    raw::{RawFeedback, RawMailbox},
};
use crate::{collect::mailbox::Account, domain::EmailAddress, feedback::policy::Policy, mail::Verp};

/// What comes back, where, and what it counts.
#[derive(Debug, Clone)]
pub struct FeedbackConfig {
    /// The mailbox over IMAP; with its folder.
    pub mailbox: Option<Account>,
    /// Or a Maildir on this machine.
    pub maildir: Option<PathBuf>,
    pub interval_minutes: u32,
    /// Bases of return paths that mail went out with before: it still comes back to them.
    pub former_return_paths: Vec<EmailAddress>,
    pub policy: Policy,
    /// Whether a wish to leave counts that is known by its sender's address alone.
    pub believes_senders: bool,
}

impl Checker<'_> {
    pub(super) fn feedback(&self, f: &RawFeedback) -> Result<FeedbackConfig, ConfigError> {
        let key = |name: &str| format!("feedback.{name}");
        let d = Policy::default();
        let positive = |name: &str, value: Option<f64>, default: f64| match value.unwrap_or(default) {
            v if v.is_finite() && v > 0.0 => Ok(v),
            v => Err(self.error(&key(name), format!("{v} is too small; expected more than 0"))),
        };
        let is_set = |m: &RawMailbox| m.address.is_some();
        let base = |text: &String| {
            let base: EmailAddress = self.parsed(&key("former_return_paths"), text)?;
            Verp::suits(&base).map(|()| base).map_err(|e| self.error(&key("former_return_paths"), e))
        };
        Ok(FeedbackConfig {
            mailbox: f.mailbox.as_ref().filter(|m| is_set(m)).map(|m| self.mailbox("feedback.mailbox", m)).transpose()?,
            maildir: f.maildir.clone(),
            interval_minutes: self.at_least(&key("interval_minutes"), f.interval_minutes.unwrap_or(5), 1)?,
            former_return_paths: f.former_return_paths.iter().map(base).collect::<Result<_, _>>()?,
            policy: Policy {
                hard_bounces: self.at_least(&key("hard_bounces"), f.hard_bounces.unwrap_or(d.hard_bounces), 1)?,
                soft_score: positive("soft_score", f.soft_score, d.soft_score)?,
                half_life_days: positive("half_life_days", f.half_life_days, d.half_life_days)?,
                soft_span_days: f.soft_span_days.unwrap_or(d.soft_span_days).max(0.0),
            },
            believes_senders: f.unsubscribe_by_sender.unwrap_or(true),
        })
    }
}
