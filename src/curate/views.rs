//! Rows to what composing and rendering see.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::{
    bulletin::{
        compose,
        view::{Change, Decision, EditionView, EventView, ItemView, Place, SectionView, SegmentView},
    },
    domain::{EventId, Field, ItemReason, Status},
    store::{
        Result, Store,
        bulletin::Bulletin,
        edition::Edition,
        event::{Event, EventChange, Verb},
    },
};

/// Events as the bulletin's organisation sees them: its decisions, the providers it knows, what its readers were told.
pub async fn events(store: &Store, bulletin: &Bulletin, events: Vec<Event>) -> Result<Vec<EventView>> {
    let told = store.events_told(bulletin.id).await?;
    events_told(store, bulletin, events, &told).await
}

/// The same when readers had been told of these, and when last.
async fn events_told(store: &Store, bulletin: &Bulletin, events: Vec<Event>, told: &HashMap<EventId, DateTime<Utc>>) -> Result<Vec<EventView>> {
    let ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
    let decisions = store.approvals(bulletin.organisation_id).await?;
    let known = store.known_providers(bulletin.organisation_id).await?;
    let mut changes = store.changes_of(&ids).await?;
    Ok(events
        .into_iter()
        .map(|e| {
            let provider_known = e.provider.is_some_and(|p| known.contains(&p));
            let told_at = told.get(&e.id).copied();
            let changes = news(changes.remove(&e.id).unwrap_or_default(), told_at);
            EventView {
                id: e.id,
                zone: e.zone,
                kind: e.verdict.kind,
                tags: e.verdict.tags.iter().map(|t| (t.facet, t.term.clone())).collect(),
                provider_known,
                withdrawn: e.withdrawn_at.is_some(),
                decision: decisions.get(&e.id).map(|v| if *v == Verb::Approve { Decision::Approved } else { Decision::Rejected }),
                pick: false,
                told_at,
                changes: changes
                    .into_iter()
                    .filter(|(_, c)| c.to_be_told)
                    .map(|(at, c)| Change { at, what: c.what, was: c.was, becomes: c.becomes })
                    .collect(),
                facts: e.facts,
                title: e.title,
                body: e.text,
                url: e.url,
                booking_url: e.booking_url,
                flag: e.doubt.or(e.flag),
            }
        })
        .collect())
}

/// What changed and changed back since readers were told is no news: a merge that was undone, a cancellation that was taken back.
fn news(mut changes: Vec<(DateTime<Utc>, EventChange)>, told_at: Option<DateTime<Utc>>) -> Vec<(DateTime<Utc>, EventChange)> {
    let Some(told_at) = told_at else { return changes };
    let untold = |change: &&(DateTime<Utc>, EventChange)| change.0 > told_at && change.1.to_be_told;
    let is_as_told = |what: &str| {
        let mut of_it = changes.iter().filter(untold).filter(|(_, c)| c.what == what);
        let first = of_it.next().map(|(_, c)| value(what, c.was.as_deref()));
        let last = of_it.next_back().map(|(_, c)| value(what, c.becomes.as_deref()));
        last.is_some() && first == last
    };
    let back: BTreeSet<String> = changes.iter().map(|(_, c)| c.what.clone()).filter(|what| is_as_told(what)).collect();
    changes.retain(|(at, c)| *at <= told_at || !back.contains(&c.what));
    changes
}

/// A status that nobody states is that it takes place.
fn value<'c>(what: &str, stored: Option<&'c str>) -> Option<&'c str> {
    stored.or((what == Field::Status.as_str()).then_some(Status::Scheduled.as_str()))
}

/// A bulletin's sections, in order.
#[must_use]
pub fn sections(bulletin: &Bulletin) -> Vec<SectionView> {
    bulletin.sections.iter().map(|s| SectionView { id: s.id, heading: s.heading.clone(), rule: s.events.clone() }).collect()
}

/// A bulletin's segments. One without any is one segment: everybody gets everything.
#[must_use]
pub fn segments(bulletin: &Bulletin) -> Vec<SegmentView> {
    use crate::domain::Rule;
    if bulletin.segments.is_empty() {
        return vec![SegmentView { people: Rule::always(), events: Rule::always() }];
    }
    bulletin.segments.iter().map(|s| SegmentView { people: s.people.clone(), events: s.events.clone() }).collect()
}

/// A stored edition with its items' events as they are now.
pub async fn edition(store: &Store, bulletin: &Bulletin, edition: &Edition) -> Result<EditionView> {
    let ids: Vec<EventId> = edition.items.iter().map(|i| i.event_id).collect();
    // An edition says what was news when it was drafted, however often it is shown afterwards.
    let told = store.events_told_before(bulletin.id, edition.as_of).await?;
    let views = events_told(store, bulletin, store.events(&ids).await?, &told).await?;
    let mut by_id: HashMap<EventId, EventView> = views.into_iter().map(|v| (v.id, v)).collect();
    let position_of = |id| bulletin.sections.iter().position(|s| Some(s.id) == id);
    let items = edition
        .items
        .iter()
        .enumerate()
        .filter_map(|(position, item)| {
            let mut event = by_id.remove(&item.event_id)?;
            let changed_at = event.changes.last().map(|c| c.at);
            // An edition says what was news when it was drafted: a change is shown only for an item that is in because of it.
            if item.because != ItemReason::Changed {
                event.changes.clear();
            }
            event.pick = item.pick;
            Some(ItemView {
                id: item.id,
                place: Place::of(item.pick, item.because, position_of(item.section_id)),
                position,
                pick: item.pick,
                because: item.because,
                heading: item.heading.clone(),
                blurb: item.blurb.clone(),
                changed_at,
                missed_in: None,
                event,
            })
        })
        .collect();
    Ok(EditionView { items, as_of: edition.as_of })
}

/// What stood in the editions since an instant, for readers who did not get them: newest first, without what is over, withdrawn or rejected by now.
pub async fn missed(store: &Store, bulletin: &Bulletin, of: &Edition, since: DateTime<Utc>) -> Result<Vec<ItemView>> {
    let mut out = Vec::new();
    for id in store.editions_since(bulletin.id, since, of.number).await? {
        let earlier = store.edition(id).await?;
        let items = edition(store, bulletin, &earlier).await?.items;
        let standing = items.into_iter().filter(|i| compose::still_stands(&i.event, of.as_of));
        out.extend(standing.map(|item| ItemView { missed_in: Some(earlier.number), ..item }));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(changes: &[(i64, &str, Option<&str>, Option<&str>)], expected: &[&str]) {
        let owned = |v: Option<&str>| v.map(str::to_owned);
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let change = |(n, what, was, becomes): &(i64, &str, Option<&str>, Option<&str>)| {
            (at(*n), EventChange { what: (*what).to_owned(), was: owned(*was), becomes: owned(*becomes), to_be_told: true })
        };
        let left = news(changes.iter().map(change).collect(), Some(at(10)));
        assert_eq!(left.iter().map(|(_, c)| c.becomes.as_deref().unwrap_or("-")).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_changed_back_since_readers_were_told_is_no_news() {
        check(&[(11, "town", Some("Leeds"), Some("York")), (12, "town", Some("York"), Some("Leeds"))], &[]);
        check(&[(9, "town", Some("Leeds"), Some("York")), (12, "town", Some("York"), Some("Leeds"))], &["York", "Leeds"]);
        check(&[(11, "status", None, Some("cancelled")), (12, "status", Some("cancelled"), Some("scheduled"))], &[]);
        check(&[(11, "town", Some("Leeds"), Some("York")), (12, "town", Some("York"), Some("Hull"))], &["York", "Hull"]);
        check(&[(11, "town", Some("Leeds"), Some("York"))], &["York"]);
    }
}
