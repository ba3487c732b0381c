//! From an approved edition to the last delivery: the plan, the freezing, the sending. Used by the command and by the daemon alike.

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::{App, Clock};
use crate::{
    bulletin::{
        deliver::{Outcome, Progress, deliver},
        publish::{Published, publish},
    },
    curate::issue::Issue,
    domain::{EditionId, EditionState},
};

impl App {
    /// Freezes who gets what of an approved edition. Published already, it changes nothing.
    pub async fn publish(&self, id: EditionId) -> anyhow::Result<Published> {
        let edition = self.store.edition(id).await?;
        let plan = if edition.published_at.is_some() {
            crate::bulletin::publish::Plan::default()
        } else {
            anyhow::ensure!(
                edition.state == EditionState::Approved,
                "edition {id} is {}; approve it first: gleaner edition approve {id}",
                edition.state
            );
            let changed = self.store.changed_since_approval(id).await?;
            anyhow::ensure!(
                changed.is_empty(),
                "changed since it was approved: {}; look at it (gleaner edition show {id}) and approve it again",
                changed.join("; ")
            );
            let bulletin = self.store.bulletin(edition.bulletin_id).await?;
            let organisation = self.store.organisation(bulletin.organisation_id).await?;
            self.ensure_deliverable(&bulletin).await?;
            let issue = Issue::load(&self.store, &bulletin, &organisation, &edition, &self.templates, &self.config.public_url).await?;
            issue.plan(&self.store).await.context("the edition cannot be rendered")?
        };
        Ok(publish(&self.store, &self.secret, id, plan, self.now()).await?)
    }

    /// Delivers what is queued of a published edition until nothing is left or `stop` says so. Always by the machine's clock: leases are
    /// compared between processes, and a mail is dated when it is sent.
    pub async fn deliver(&self, id: EditionId, progress: Progress, stop: CancellationToken) -> anyhow::Result<Outcome> {
        let outcome = deliver(&self.store, &self.transport(), &self.delivery()?, id, Clock::System.now(), progress, stop).await?;
        // What a server put off while the edition was called off came back to the queue.
        self.store.skip_rest_of_cancelled(self.now()).await?;
        // What servers refused counts like what comes back later: one policy says whom it ends for.
        self.count_refusals().await?;
        Ok(outcome)
    }
}
