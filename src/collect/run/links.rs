//! Tracking links of messages: where they lead is asked once, under the guard, and remembered by digest.
//!
//! Never asks a link that would act for its reader, and never stores one: a link that cannot be resolved is left to be dropped.

use chrono::{DateTime, Utc};
use url::Url;

use super::{Collector, read::Trouble};
use crate::{collect::normalise::link, domain::RawEvent};

/// Links asked for one message.
const PER_MESSAGE: usize = 40;
/// Links asked for one mailbox in one pass.
const PER_PASS: usize = 200;
/// Times a link is asked that nobody answers for.
const TRIES: i64 = 3;

/// How many links may still be asked in this pass.
pub(super) struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: PER_PASS }
    }
}

impl Collector<'_> {
    /// Puts the target in the place of each tracking link.
    pub(super) async fn follow_links(&self, events: &mut [RawEvent], budget: &mut Budget, now: DateTime<Utc>) -> Result<(), Trouble> {
        let mut links = events.iter_mut().flat_map(|e| [&mut e.url, &mut e.booking_url]).flatten().collect::<Vec<_>>();
        let digests: Vec<String> = links.iter().filter_map(|l| link::tracked(l)).map(|l| digest(&l)).collect();
        let mut known = self.store.tracked_links(&digests).await?;
        let mut asked = 0;
        for href in &mut links {
            let Some(url) = link::tracked(href) else { continue };
            let digest = digest(&url);
            let tries = known.get(&digest).map_or(0, |k| k.tries);
            if let Some(target) = known.get(&digest).and_then(|k| k.target.clone()) {
                **href = target;
                continue;
            }
            if tries >= TRIES || budget.left == 0 || asked == PER_MESSAGE {
                continue;
            }
            (budget.left, asked) = (budget.left - 1, asked + 1);
            let target = self.behind(&url).await;
            self.store.remember_link(&digest, target.as_deref(), now).await?;
            // Asked once in this pass, however many events share it.
            known.insert(digest, crate::store::mailbox::TrackedLink { target: target.clone(), tries: TRIES });
            if let Some(target) = target {
                **href = target;
            }
        }
        Ok(())
    }

    /// Where a link leads, in public form; `None` when it leads nowhere that can be published.
    async fn behind(&self, url: &Url) -> Option<String> {
        let found = match self.fetcher.resolve(url).await {
            Ok(found) => found,
            Err(e) => {
                tracing::debug!(host = url.host_str().unwrap_or_default(), reason = %e, "a tracking link was not resolved");
                return None;
            }
        };
        link::canonical(found.as_str(), None).filter(|target| link::tracked(target.as_str()).is_none()).map(String::from)
    }
}

fn digest(url: &Url) -> String {
    blake3::hash(url.as_str().as_bytes()).to_hex().to_string()
}
