//! What segments reach: people by count, events by count and sample, and how far segments overlap. Changes nothing.
//!
//! People are counted by the line of what they asked for, so that a hundred thousand cost one walk over an index and a few thousand rules.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::views;
use crate::{
    domain::{EventIs, PersonIs, PersonTraits, Rule},
    store::{Result, Store, bulletin::Bulletin, profile::Alike},
};

/// Titles shown of a segment's events.
const SAMPLE: usize = 5;

/// A segment to look at, stored or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub name: String,
    pub people: Rule<PersonIs>,
    pub events: Rule<EventIs>,
}

/// What segments reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// Active readers of the bulletin.
    pub readers: u64,
    /// Readers for whom no segment holds: they get no mail, or the editor's picks.
    pub in_none: u64,
    /// Events within the bulletin's horizon.
    pub events: usize,
    /// Events that no segment takes.
    pub events_in_none: usize,
    pub segments: Vec<Reach>,
    /// Pairs that share readers. A reader of both still gets one mail, each event once.
    pub overlaps: Vec<Overlap>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reach {
    pub name: String,
    pub readers: u64,
    pub events: usize,
    /// Some of the titles, soonest first.
    pub sample: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overlap {
    pub a: String,
    pub b: String,
    pub readers: u64,
}

/// People and events that the segments reach.
pub async fn preview(store: &Store, bulletin: &Bulletin, segments: &[Asked], now: DateTime<Utc>) -> Result<Preview> {
    let mut out = people(store, bulletin, segments).await?;
    let until = now + TimeDelta::days(i64::from(bulletin.horizon_days));
    let mut events = views::events(store, bulletin, store.events_ahead(now, until).await?).await?;
    events.retain(|e| crate::bulletin::compose::still_stands(e, now));
    events.sort_by_key(|e| e.start().map_or(DateTime::<Utc>::MAX_UTC, |s| s.earliest(e.zone)));
    out.events = events.len();
    for event in &events {
        let traits = event.traits(now);
        let mut in_none = true;
        for (segment, reach) in segments.iter().zip(&mut out.segments) {
            if segment.events.holds(&|c: &EventIs| c.holds(&traits)) {
                in_none = false;
                reach.events += 1;
                if reach.sample.len() < SAMPLE {
                    reach.sample.push(event.title.clone());
                }
            }
        }
        out.events_in_none += usize::from(in_none);
    }
    Ok(out)
}

/// People alone: what a form asks after every change of a rule.
pub async fn people(store: &Store, bulletin: &Bulletin, segments: &[Asked]) -> Result<Preview> {
    let by_day = segments.iter().flat_map(|s| s.people.conditions()).any(|c| matches!(c, PersonIs::JoinedSince(_) | PersonIs::JoinedBefore(_)));
    Ok(count(&store.alike(bulletin.id, by_day).await?, segments))
}

fn count(alike: &[Alike], segments: &[Asked]) -> Preview {
    let reach = |s: &Asked| Reach { name: s.name.clone(), readers: 0, events: 0, sample: Vec::new() };
    let mut out =
        Preview { readers: 0, in_none: 0, events: 0, events_in_none: 0, segments: segments.iter().map(reach).collect(), overlaps: Vec::new() };
    let mut shared = vec![0; segments.len() * segments.len()];
    for some in alike {
        let person = PersonTraits { asked: &some.asked, joined: some.joined };
        let holds = |s: &Asked| s.people.holds(&|c: &PersonIs| c.holds(&person));
        let of: Vec<usize> = segments.iter().enumerate().filter(|(_, s)| holds(s)).map(|(n, _)| n).collect();
        out.readers += some.readers;
        out.in_none += if of.is_empty() { some.readers } else { 0 };
        for (n, a) in of.iter().enumerate() {
            out.segments[*a].readers += some.readers;
            for b in &of[n + 1..] {
                shared[a * segments.len() + b] += some.readers;
            }
        }
    }
    let name = |n: usize| segments[n].name.clone();
    let pairs = shared.iter().enumerate().filter(|(_, readers)| **readers > 0);
    out.overlaps = pairs.map(|(at, readers)| Overlap { a: name(at / segments.len()), b: name(at % segments.len()), readers: *readers }).collect();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Preferences;

    fn alike(need: &str, readers: u64, joined: &str) -> Alike {
        let need = if need.is_empty() { Vec::new() } else { vec![need.to_owned()] };
        Alike { asked: Preferences { need, ..Preferences::default() }, joined: joined.parse().ok(), readers }
    }

    #[test]
    fn readers_are_counted_once_for_each_segment_and_pair() {
        let asked = |name: &str, people: PersonIs| Asked { name: name.into(), people: Rule::Is(people), events: Rule::always() };
        let segments = [
            asked("Leaders", PersonIs::Need(vec!["lead".into()])),
            asked("Fundraisers", PersonIs::Need(vec!["fund".into(), "lead".into()])),
            asked("New", PersonIs::JoinedSince("2027-03-01".parse().unwrap())),
        ];
        let people = [alike("lead", 5, "2027-01-01"), alike("fund", 3, "2027-03-02"), alike("mkt", 2, ""), alike("", 1, "2027-02-28")];
        let preview = count(&people, &segments);
        let readers: Vec<u64> = preview.segments.iter().map(|s| s.readers).collect();
        assert_eq!((preview.readers, preview.in_none, readers), (11, 2, vec![6, 9, 3]));
        let overlaps: Vec<(&str, &str, u64)> = preview.overlaps.iter().map(|o| (o.a.as_str(), o.b.as_str(), o.readers)).collect();
        assert_eq!(overlaps, [("Leaders", "Fundraisers", 6), ("Fundraisers", "New", 3)]);
        assert_eq!(count(&people, &[]).in_none, 11);
    }
}
