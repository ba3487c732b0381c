//! Alerts: between editions, at most once a civil day and bulletin, for readers who want to hear at once of what closes soon.
//!
//! Never tells what nobody let go: under a policy that asks for a person, only what stood in an edition that went out, or what an editor approved.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};

use super::views;
use crate::{
    bulletin::{
        compose,
        content::{is_closing_soon, is_last_places},
        select::{Order, Reader, Selector},
        view::{Decision, EditionView, EventView, ItemView, Place, Told},
    },
    domain::{Approval, EditionId, EventId, Frequency, ItemId, ItemReason, PersonTraits, Preferences, SubscriberId},
    store::{
        Result, Store,
        bulletin::Bulletin,
        edition::{NewEdition, NewItem},
        profile::parsed,
        told::Heard,
    },
};

/// Hours of the civil day in which an alert may go out.
const HOURS: std::ops::Range<u32> = 8..20;

/// Makes the day's alert, approved and ready to publish, if it is for anybody. `None` when there is nothing, it is night, or there was one today.
pub async fn make(store: &Store, bulletin: &Bulletin, now: DateTime<Utc>) -> Result<Option<EditionId>> {
    let local = now.with_timezone(&bulletin.zone);
    let day = local.date_naive();
    if !bulletin.measure.alerts || !HOURS.contains(&local.hour()) || store.was_alerted(bulletin.id, day).await? {
        return Ok(None);
    }
    let readers = instant_readers(store, bulletin).await?;
    if readers.is_empty() {
        return Ok(None);
    }
    let candidates = candidates(store, bulletin, now).await?;
    let ids: Vec<EventId> = candidates.iter().map(|e| e.id).collect();
    let heard = store.readers_told(bulletin.id, &ids, true).await?;
    let wanted = wanted(bulletin, candidates, &readers, &heard, now);
    if wanted.is_empty() {
        return Ok(None);
    }
    let placed: Vec<(Place, &EventView)> = wanted.iter().map(|e| (Place::Soon, e)).collect();
    let item = |e: &EventView| NewItem { event_id: e.id, section_id: None, pick: false, because: ItemReason::New, heading: None, blurb: None };
    let new = NewEdition {
        bulletin_id: bulletin.id,
        scheduled_for: None,
        subject: compose::subject_of(&placed, now, bulletin.zone),
        intro: compose::intro_of(&placed, now),
        as_of: now,
        items: wanted.iter().map(item).collect(),
    };
    store.make_alert(&new, day, now).await
}

/// An active reader who wants to hear at once.
struct Listener {
    id: SubscriberId,
    asked: Preferences,
    joined: Option<NaiveDate>,
}

async fn instant_readers(store: &Store, bulletin: &Bulletin) -> Result<Vec<Listener>> {
    if !store.alike(bulletin.id, false).await?.iter().any(|a| a.asked.frequency == Frequency::Instant) {
        return Ok(Vec::new());
    }
    let mut lines = Vec::new();
    store.reader_lines(bulletin.id, |line| lines.push(line)).await?;
    let mut out = Vec::new();
    for line in lines {
        let asked = parsed(bulletin.id, &line.profile)?;
        if asked.frequency == Frequency::Instant {
            out.push(Listener { id: SubscriberId(line.subscriber_id), asked, joined: line.joined_on.parse().ok() });
        }
    }
    Ok(out)
}

/// What closes soon, can still be had, and was let go.
async fn candidates(store: &Store, bulletin: &Bulletin, now: DateTime<Utc>) -> Result<Vec<EventView>> {
    let until = now + TimeDelta::days(i64::from(bulletin.horizon_days));
    let today = now.with_timezone(&bulletin.zone).date_naive();
    let since = today.checked_sub_days(Days::new(1)).map_or(now, |d| d.and_time(NaiveTime::MIN).and_utc());
    let mut events = views::events(store, bulletin, store.events_ahead(since, until).await?).await?;
    events.retain(|e| compose::still_stands(e, now) && (is_closing_soon(e, now) || is_last_places(e)) && was_let_go(e, bulletin.approval));
    Ok(events)
}

fn was_let_go(event: &EventView, approval: Approval) -> bool {
    let by_a_person = event.told_at.is_some() || event.decision == Some(Decision::Approved);
    match approval {
        Approval::Person => by_a_person,
        Approval::AutoWhenClean => by_a_person || event.flag.is_none(),
        Approval::Auto => true,
    }
}

/// Those of the events that some reader is to hear of, as publishing will select them.
fn wanted(bulletin: &Bulletin, events: Vec<EventView>, readers: &[Listener], heard: &Heard, now: DateTime<Utc>) -> Vec<EventView> {
    let items = events.iter().enumerate().map(|(position, event)| as_item(position, event.clone())).collect();
    let (view, segments, nothing) = (EditionView { items, as_of: now }, views::segments(bulletin), Told::new());
    let selector = Selector::new(&view, &segments, bulletin.measure).only_of_interest();
    let (mut known, mut wanted) = (HashSet::new(), BTreeSet::new());
    for Listener { id, asked, joined } in readers {
        let class = heard.class_of(*id);
        if known.insert((asked.profile(), *joined, class)) {
            let person = PersonTraits { asked, joined: *joined };
            let reader = Reader { person, told: heard.set(class).unwrap_or(&nothing), had: None };
            wanted.extend(selector.select(&reader, Order::Shared).into_iter().flatten().map(|r| r.event));
        }
    }
    events.into_iter().filter(|e| wanted.contains(&e.id)).collect()
}

fn as_item(position: usize, event: EventView) -> ItemView {
    ItemView {
        id: ItemId(event.id.0),
        place: Place::More,
        position,
        pick: false,
        because: ItemReason::New,
        heading: None,
        blurb: None,
        changed_at: event.changes.last().map(|c| c.at),
        missed_in: None,
        event,
    }
}
