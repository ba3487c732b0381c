//! Drafts an edition: which events are in, where, in which order, and why each is in or out.
//!
//! Pure: the same input gives the same draft. Nothing is published here, and nothing that an editor rejected comes back.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{
    content::{is_closing_soon, is_last_places},
    subject,
    view::{Decision, EventView, Place, SectionView},
    wording,
};
use crate::domain::{Approval, EventId, EventIs, ItemReason, Kind, Mode, SectionId, Status};

/// What a draft is made from.
#[derive(Debug, Clone)]
pub struct DraftInput<'a> {
    /// Every event that could be in; the draft says of each why it is or is not.
    pub events: &'a [EventView],
    pub sections: &'a [SectionView],
    pub approval: Approval,
    /// Days ahead from which events are taken.
    pub horizon_days: u32,
    pub min_items: usize,
    /// Picks and changes are never cut off by it.
    pub max_items: usize,
    /// Tell again of events that were told before.
    pub repeat: bool,
    pub now: DateTime<Utc>,
    /// The bulletin's zone, for dates in the subject line.
    pub zone: Tz,
}

/// An edition as drafted, for an editor to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// At most 70 characters.
    pub subject: String,
    pub intro: String,
    /// In the order readers see them.
    pub items: Vec<DraftItem>,
    pub left: Vec<Left>,
    /// What an editor should know before approving, in words.
    pub warnings: Vec<String>,
}

/// An event that is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftItem {
    pub event: EventId,
    pub place: Place,
    pub section: Option<SectionId>,
    /// Within the edition, from 0.
    pub position: usize,
    pub pick: bool,
    pub because: ItemReason,
    /// The same in words.
    pub reason: String,
    /// Carried over from the event for the editor.
    pub flag: Option<String>,
}

/// An event that is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub event: EventId,
    pub because: String,
}

impl Draft {
    /// Whether the bulletin's policy lets it go out without a person's word.
    #[must_use]
    pub fn may_go_by_itself(&self, approval: Approval, min_items: usize) -> bool {
        let enough = !self.items.is_empty() && self.items.len() >= min_items;
        match approval {
            Approval::Person => false,
            Approval::Auto => enough,
            Approval::AutoWhenClean => enough && self.items.iter().all(|i| i.flag.is_none()),
        }
    }
}

/// Chooses, places, orders and caps.
#[must_use]
pub fn draft(input: &DraftInput) -> Draft {
    let mut chosen = Vec::new();
    let mut left = Vec::new();
    for event in input.events {
        match judge(event, input) {
            Ok(because) => chosen.push(Chosen::new(event, because, input)),
            Err(because) => left.push(Left { event: event.id, because }),
        }
    }
    left.extend(cap(&mut chosen, input.max_items));
    chosen.sort_by(|a, b| (a.place, &a.rank).cmp(&(b.place, &b.rank)));
    let items: Vec<DraftItem> = chosen.iter().enumerate().map(|(position, c)| c.item(position, input)).collect();
    let placed: Vec<(Place, &EventView)> = chosen.iter().map(|c| (c.place, c.event)).collect();
    Draft { subject: subject_of(&placed, input.now, input.zone), intro: intro_of(&placed, input.now), warnings: warnings(&items, input), items, left }
}

/// In, and why; or out, and why.
fn judge(event: &EventView, input: &DraftInput) -> Result<ItemReason, String> {
    admissible(event, input.approval)?;
    timely(event, input.now, Some(input.horizon_days))?;
    novelty(event, input.repeat)
}

/// What an editor, the tagger or the source said of it.
fn admissible(event: &EventView, approval: Approval) -> Result<(), String> {
    if event.decision == Some(Decision::Rejected) {
        return Err("an editor rejected it".into());
    }
    if event.withdrawn {
        return Err("it was withdrawn".into());
    }
    if event.kind != Kind::Cpd {
        return Err(format!("it is not training but {}", kind_in_words(event.kind)));
    }
    match &event.flag {
        // Under `person` somebody reads the draft before it goes; under `auto` nobody asked for a check.
        Some(flag) if approval == Approval::AutoWhenClean && event.decision.is_none() && !event.pick => {
            Err(format!("it waits for an editor: {flag}"))
        }
        _ => Ok(()),
    }
}

const fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Cpd => "training",
        Kind::Job => "a job",
        Kind::Fund => "a fund",
        Kind::Call => "a call for work",
        Kind::Public => "an event for the public",
        Kind::News => "news",
        Kind::Survey => "a survey",
        Kind::Resource => "a publication or recording",
        Kind::Advert => "an advertisement",
    }
}

/// Still ahead, within the horizon, and open to book. An event without a date is not held against it.
fn timely(event: &EventView, now: DateTime<Utc>, horizon_days: Option<u32>) -> Result<(), String> {
    let facts = &event.facts;
    let start = event.start();
    let deadline = facts.deadline.as_ref().map(|f| f.value);
    if let Some(start) = start {
        if start.latest(event.zone) <= now && facts.mode.as_ref().is_none_or(|m| m.value != Mode::SelfPaced) {
            return Err(format!("it has begun ({})", wording::moment(&start)));
        }
        if let Some(days) = horizon_days.filter(|days| start.earliest(event.zone) > now + TimeDelta::days(i64::from(*days))) {
            return Err(format!("it begins after the next {days} days ({})", wording::moment(&start)));
        }
    }
    if start.is_none()
        && let Some(end) = facts.end.as_ref().map(|f| f.value).filter(|e| e.latest(event.zone) <= now)
    {
        return Err(format!("it is over ({})", wording::moment(&end)));
    }
    match deadline {
        // Those who were told of it may hold a place, so a change concerns them after the deadline too.
        Some(d) if d.latest(event.zone) <= now && event.untold_changes().next().is_none() => {
            Err(format!("booking has closed ({})", wording::moment(&d)))
        }
        _ => Ok(()),
    }
}

/// Whether what an edition told of can be told later to somebody who missed it: nobody took it back since, and one can still go.
#[must_use]
pub fn still_stands(event: &EventView, now: DateTime<Utc>) -> bool {
    event.decision != Some(Decision::Rejected) && !event.withdrawn && event.kind == Kind::Cpd && timely(event, now, None).is_ok()
}

/// New, changed since it was told, or a repeat that was asked for. What does not take place is news only to those who heard that it would.
fn novelty(event: &EventView, repeat: bool) -> Result<ItemReason, String> {
    let off = matches!(event.status(), Status::Cancelled | Status::Postponed);
    match event.told_at {
        None if off => Err(format!("it is {} and nobody was told of it", event.status())),
        None => Ok(ItemReason::New),
        Some(_) if event.untold_changes().any(|c| matters(&c.what)) => Ok(ItemReason::Changed),
        Some(_) if repeat && !off => Ok(ItemReason::Repeat),
        Some(told) => Err(format!("it was told on {} and nothing has changed since", wording::date(told.date_naive()))),
    }
}

/// Changes that someone who plans to go must hear of. A new description is none.
fn matters(what: &str) -> bool {
    matches!(what, "start" | "end" | "session" | "status" | "mode" | "venue" | "town" | "price")
}

/// Picks first, then what cannot wait, then by date; sold out last. Smaller comes first.
type Rank = (bool, bool, Option<DateTime<Utc>>, String, EventId);

struct Chosen<'a> {
    event: &'a EventView,
    because: ItemReason,
    place: Place,
    rank: Rank,
}

impl<'a> Chosen<'a> {
    fn new(event: &'a EventView, because: ItemReason, input: &DraftInput) -> Self {
        let urgent = is_closing_soon(event, input.now) || is_last_places(event);
        // Undated events come after all dated ones.
        let start = start_of(event).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let rank = (event.status() == Status::SoldOut, !urgent, Some(start), event.title.to_lowercase(), event.id);
        Self { event, because, place: Place::of(event.pick, because, section_of(event, input)), rank }
    }

    /// Whether the cap on items leaves it alone.
    fn is_owed(&self) -> bool {
        matches!(self.place, Place::Picks | Place::Changes)
    }

    fn item(&self, position: usize, input: &DraftInput) -> DraftItem {
        let section = match self.place {
            Place::Section(i) => input.sections.get(i).map(|s| s.id),
            _ => None,
        };
        let (event, because) = (self.event, self.because);
        DraftItem {
            event: event.id,
            place: self.place,
            section,
            position,
            pick: event.pick,
            because,
            reason: self.reason(input),
            flag: event.flag.clone(),
        }
    }

    fn reason(&self, input: &DraftInput) -> String {
        let news = match self.because {
            ItemReason::New => "new".to_owned(),
            ItemReason::Repeat => "told before, repeated as asked".to_owned(),
            ItemReason::Changed => {
                let mut what: Vec<&str> = self.event.untold_changes().map(|c| c.what.as_str()).filter(|w| matters(w)).collect();
                what.sort_unstable();
                what.dedup();
                format!("changed since it was told: {}", what.join(", "))
            }
        };
        let mut parts = vec![news];
        match self.place {
            Place::Picks => parts.push("an editor’s pick".into()),
            Place::Section(i) => parts.extend(input.sections.get(i).map(|s| format!("the first section whose rule holds is “{}”", s.heading))),
            Place::More => parts.push("no section’s rule holds".into()),
            Place::Soon | Place::Changes | Place::Also => {}
        }
        if is_closing_soon(self.event, input.now) {
            parts.push("closing soon".into());
        }
        if is_last_places(self.event) {
            parts.push("last places".into());
        }
        parts.join("; ")
    }
}

fn start_of(event: &EventView) -> Option<DateTime<Utc>> {
    event.start().map(|s| s.earliest(event.zone))
}

fn section_of(event: &EventView, input: &DraftInput) -> Option<usize> {
    let traits = event.traits(input.now);
    input.sections.iter().position(|s| s.rule.holds(&|c: &EventIs| c.holds(&traits)))
}

/// Cuts to `most` items. The most urgent and the soonest stay: what begins later can still come in a later edition.
fn cap(chosen: &mut Vec<Chosen>, most: usize) -> Vec<Left> {
    let (owed, mut others): (Vec<Chosen>, Vec<Chosen>) = chosen.drain(..).partition(Chosen::is_owed);
    others.sort_by(|a, b| a.rank.cmp(&b.rank));
    let room = most.saturating_sub(owed.len()).min(others.len());
    let because = format!("no room: the bulletin takes {most} items, and others are closing or begin sooner");
    let left = others.split_off(room).into_iter().map(|c| Left { event: c.event.id, because: because.clone() }).collect();
    chosen.extend(owed);
    chosen.extend(others);
    left
}

/// The drafted subject line of these events, given in the order readers see them.
#[must_use]
pub fn subject_of(placed: &[(Place, &EventView)], now: DateTime<Utc>, zone: Tz) -> String {
    subject::subject(&placed.iter().map(|(_, event)| *event).collect::<Vec<_>>(), now, zone)
}

/// The drafted introduction of these events: "12 events: 5 free, 4 online. Booking closes within a week for 2."
#[must_use]
pub fn intro_of(placed: &[(Place, &EventView)], now: DateTime<Utc>) -> String {
    let fresh: Vec<&EventView> = placed.iter().filter(|(place, _)| *place != Place::Changes).map(|(_, event)| *event).collect();
    let changes = placed.len() - fresh.len();
    let number = |holds: &dyn Fn(&EventView) -> bool| fresh.iter().filter(|e| holds(e)).count();
    let free = number(&|e| e.facts.price.as_ref().is_some_and(|p| p.value.is_free()));
    let online = number(&|e| e.facts.mode.as_ref().is_some_and(|m| m.value != Mode::InPerson));
    let soon = number(&|e| is_closing_soon(e, now));
    let mut sentences = Vec::new();
    if !fresh.is_empty() {
        let counted = |(n, what): (usize, &str)| if fresh.len() == 1 { what.to_owned() } else { format!("{n} {what}") };
        let traits: Vec<String> = [(free, "free"), (online, "online")].into_iter().filter(|(n, _)| *n > 0).map(counted).collect();
        let traits = if traits.is_empty() { String::new() } else { format!(": {}", traits.join(", ")) };
        sentences.push(format!("{}{traits}.", wording::count(fresh.len(), "event", "events")));
    }
    if soon > 0 {
        sentences.push(format!("Booking closes within a week for {soon}."));
    }
    if changes > 0 {
        sentences.push(format!("{} to what we told you before.", wording::count(changes, "change", "changes")));
    }
    sentences.join(" ")
}

fn warnings(items: &[DraftItem], input: &DraftInput) -> Vec<String> {
    let flagged = items.iter().filter(|i| i.flag.is_some()).count();
    let mut out = Vec::new();
    if items.len() < input.min_items {
        out.push(format!("{}, fewer than the bulletin’s minimum of {}", wording::count(items.len(), "item", "items"), input.min_items));
    }
    if flagged > 0 {
        out.push(format!("{} flagged for an editor", wording::count(flagged, "item is", "items are")));
    }
    out
}

#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;

/// Events for the tests of this and of neighbouring stages.
#[cfg(test)]
#[path = "compose_testing.rs"]
pub mod testing;
