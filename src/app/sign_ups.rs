//! Answering sign-ups: claims what waits, judges it, sends the confirmation, and lets the row go when the server has taken the mail.

use anyhow::Context;
use chrono::TimeDelta;

use super::App;
use crate::{
    feedback::sign_up::{self, Confirmation, Judged, Limits},
    store::sign_up::Waiting,
};

/// How long a claimed wish is nobody else's; more than a mail server takes to answer.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// Wishes claimed at a time.
const AT_A_TIME: u32 = 20;
/// After the first failure; doubled for each further one, up to an hour.
const FIRST_RETRY: TimeDelta = TimeDelta::minutes(1);

impl App {
    #[must_use]
    pub fn sign_up_limits(&self) -> Limits {
        Limits { per_domain: self.config.sign_ups.per_domain, per_network: self.config.sign_ups.per_network }
    }

    /// Works off what waits; how many confirmations were sent. Killed anywhere, the next call goes on: at worst one mail goes twice, with the same
    /// link and the same Message-ID.
    pub async fn tend_sign_ups(&self) -> anyhow::Result<usize> {
        let mut sent = 0;
        loop {
            let now = self.now();
            let wishes = self.store.claim_sign_ups(now, now + LEASE, AT_A_TIME).await?;
            if wishes.is_empty() {
                // A day is the longest window.
                self.store.forget_windows(now - TimeDelta::days(1)).await?;
                return Ok(sent);
            }
            for wish in &wishes {
                sent += usize::from(self.answer_sign_up(wish).await?);
            }
        }
    }

    /// Whether a confirmation was sent.
    async fn answer_sign_up(&self, wish: &Waiting) -> anyhow::Result<bool> {
        let now = self.now();
        match sign_up::judge(&self.store, &self.secret, wish, rand::random(), self.sign_up_limits(), now).await? {
            Judged::Nothing => {
                self.store.drop_sign_up(wish.id).await?;
                Ok(false)
            }
            Judged::Later(at) => {
                self.store.put_off_sign_up(wish.id, wish.attempts, at).await?;
                Ok(false)
            }
            Judged::Send(to_confirm) => {
                let confirmation = Confirmation { bulletin: wish.bulletin, email: wish.email.clone(), to_confirm };
                if let Err(e) = self.send_confirmation(&confirmation).await {
                    let wait = FIRST_RETRY * 2_i32.pow(wish.attempts.min(6));
                    tracing::warn!(to = %wish.email.masked(), error = %format!("{e:#}"), "a confirmation was not sent; trying again");
                    self.store.put_off_sign_up(wish.id, wish.attempts + 1, now + wait.min(TimeDelta::hours(1))).await?;
                    return Ok(false);
                }
                self.store.drop_sign_up(wish.id).await.context("a confirmation that was sent may go again")?;
                Ok(true)
            }
        }
    }
}
