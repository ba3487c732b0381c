//! A person's hand on an edition that is on its way: hold it, let it go on, call off the rest.
//!
//! What was handed over stays handed over; each step is one transaction, so that a mail is either before it or after it.

use chrono::{DateTime, Utc};

use crate::{
    domain::{EditionId, EditionState},
    store::{Result, Store},
};

/// Stops an edition where it is. Mails in the hands of a server end; none is begun. `why` is shown to whoever looks at it.
pub async fn hold(store: &Store, id: EditionId, by: &str, why: &str, now: DateTime<Utc>) -> Result<()> {
    let state = store.edition(id).await?.state;
    store.step_edition(id, state, EditionState::Held, by, Some(why), now).await
}

/// Lets a held edition go on: to its remaining readers when it was being sent, else it is approved by whoever says so. Returns its new state.
pub async fn resume(store: &Store, id: EditionId, by: &str, now: DateTime<Utc>) -> Result<EditionState> {
    let edition = store.edition(id).await?;
    // A held edition that was never published has no rows: from "sending" it would end as sent, to nobody.
    let to = if edition.published_at.is_some() { EditionState::Sending } else { EditionState::Approved };
    store.step_edition(id, EditionState::Held, to, by, None, now).await?;
    Ok(to)
}

/// Calls an edition off. Those who have it have it; returns how many will not get it.
pub async fn cancel(store: &Store, id: EditionId, by: &str, now: DateTime<Utc>) -> Result<u64> {
    let state = store.edition(id).await?.state;
    store.step_edition(id, state, EditionState::Cancelled, by, None, now).await?;
    store.skip_rest_of_cancelled(now).await
}
