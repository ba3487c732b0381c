//! Drafting an edition from what is new, changed and ahead, and letting the bulletin's policy approve it.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::views;
use crate::{
    bulletin::{
        compose::{self, Draft, DraftInput},
        view::EventView,
    },
    domain::{EditionId, EditionState},
    store::{
        Result, Store,
        bulletin::Bulletin,
        edition::{NewEdition, NewItem},
    },
};

/// A drafted edition with the reasons for each event that is in or out.
pub struct Drafted {
    pub edition: EditionId,
    pub draft: Draft,
    pub events: Vec<EventView>,
    /// "Now" of the edition. UTC.
    pub as_of: DateTime<Utc>,
}

/// Drafts an edition. `scheduled_for` is the civil day it is due, `None` by hand; a second one for a day is refused by the database
/// (invariant 10). `repeat` tells again of what was told before.
pub async fn draft(store: &Store, bulletin: &Bulletin, scheduled_for: Option<NaiveDate>, repeat: bool, now: DateTime<Utc>) -> Result<Drafted> {
    let until = now + TimeDelta::days(i64::from(bulletin.horizon_days));
    // From yesterday on: what began this morning and states no end must be among them in every zone; composing judges it.
    let since =
        now.with_timezone(&bulletin.zone).date_naive().checked_sub_days(Days::new(1)).map_or(now, |d| d.and_time(chrono::NaiveTime::MIN).and_utc());
    let events = views::events(store, bulletin, store.events_ahead(since, until).await?).await?;
    let sections = views::sections(bulletin);
    let draft = compose::draft(&DraftInput {
        events: &events,
        sections: &sections,
        approval: bulletin.approval,
        horizon_days: bulletin.horizon_days,
        min_items: bulletin.min_items as usize,
        max_items: bulletin.max_items as usize,
        repeat,
        now,
        zone: bulletin.zone,
    });
    let items = draft
        .items
        .iter()
        .map(|i| NewItem { event_id: i.event, section_id: i.section, pick: i.pick, because: i.because, heading: None, blurb: None })
        .collect();
    let new = NewEdition { bulletin_id: bulletin.id, scheduled_for, subject: draft.subject.clone(), intro: draft.intro.clone(), as_of: now, items };
    let edition = store.draft_edition(&new, now).await?;
    Ok(Drafted { edition, draft, events, as_of: now })
}

/// Approves a draft when the bulletin's policy lets it go without a person's word. Says whether it did.
pub async fn approve_by_policy(store: &Store, bulletin: &Bulletin, drafted: &Drafted, now: DateTime<Utc>) -> Result<bool> {
    if !drafted.draft.may_go_by_itself(bulletin.approval, bulletin.min_items as usize) {
        return Ok(false);
    }
    store.step_edition(drafted.edition, EditionState::Draft, EditionState::Approved, "policy", None, now).await?;
    Ok(true)
}
