//! Alerts for readers who want to hear at once: made, published, and left to the sending loop. What a death left approved goes on.

use chrono::TimeDelta;

use super::App;
use crate::{curate::alert, domain::EditionState, store::bulletin::Bulletin};

/// An alert that was not published within this time is stale: its readers will hear by the next edition or alert.
const STALE: TimeDelta = TimeDelta::hours(12);

impl App {
    /// Makes the day's alert of a bulletin if it is for anybody, and publishes what is approved. How many alerts were published.
    pub async fn tend_alerts(&self, bulletin: &Bulletin) -> anyhow::Result<usize> {
        alert::make(&self.store, bulletin, self.now()).await?;
        let alerts = self.store.alerts(bulletin.id).await?;
        let mut published = 0;
        for edition in self.store.editions(bulletin.id).await? {
            if edition.state != EditionState::Approved || !alerts.contains(&edition.id) {
                continue;
            }
            let changed = self.store.changed_since_approval(edition.id).await?;
            if self.now() - edition.as_of > STALE || !changed.is_empty() {
                let why = if changed.is_empty() { "too late".to_owned() } else { format!("changed since: {}", changed.join("; ")) };
                self.store.step_edition(edition.id, EditionState::Approved, EditionState::Cancelled, "alert", Some(&why), self.now()).await?;
                tracing::info!(bulletin = %bulletin.slug, %why, "an alert was called off");
                continue;
            }
            let done = self.publish(edition.id).await?;
            tracing::info!(bulletin = %bulletin.slug, queued = done.queued, "an alert goes out");
            published += 1;
        }
        Ok(published)
    }
}
