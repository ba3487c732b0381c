//! One reader's measure of an edition: the items of all segments that hold for them, each event once, within what they asked for, in the order
//! that suits them.
//!
//! Pure. A fact that is not stated never keeps an item from a reader: silence is not a mismatch. docs/SEGMENTS.md tells the order.

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;

use super::{
    content::{is_closing_soon, is_last_places},
    view::{EditionView, EventView, ItemRef, ItemView, Place, SegmentView, Told},
};
use crate::domain::{
    EventId, EventIs, Facet, Frequency, ItemReason, Measure, Mode, Money, Nothing, PersonIs, PersonTraits, Preferences, Region, Status, authority,
    authority_of_town,
};

/// A reader as selecting sees one.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub person: PersonTraits<'a>,
    pub told: &'a Told,
    /// The number of the last edition of which they got a mail, when they want to catch up on those since; `None` for everybody else.
    pub had: Option<u32>,
}

/// Whose order the items stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By the reader's interests and nearness.
    Personal,
    /// By the edition's own order: fewer different contents.
    Shared,
}

/// Whether a reader who wants mail so often is to get one now: weeks (ISO 8601) and months are civil ones in the bulletin's zone. `last` is
/// when the edition was of which they got the last.
#[must_use]
pub fn is_due(frequency: Frequency, last: Option<DateTime<Utc>>, now: DateTime<Utc>, zone: Tz) -> bool {
    let Some(last) = last else { return true };
    let (last, now) = (last.with_timezone(&zone).date_naive(), now.with_timezone(&zone).date_naive());
    match frequency {
        Frequency::EachEdition | Frequency::Instant => true,
        Frequency::Weekly => last.iso_week() < now.iso_week(),
        Frequency::Monthly => (last.year(), last.month()) < (now.year(), now.month()),
    }
}

/// An item and what is asked of it again and again.
#[derive(Debug)]
struct Known<'a> {
    item: &'a ItemView,
    soon: bool,
    off: bool,
    price: Option<Money>,
    /// The formats in which one can take part; empty when not stated.
    formats: &'static [&'static str],
    /// Where one must be; `None` when anywhere will do or it is not stated.
    region: Option<Region>,
    authority: Option<&'static str>,
    online: bool,
}

/// What a reader makes of an item.
enum Hearing {
    Item,
    /// They heard of the event, and of this not.
    Change,
    ToldBefore,
    No,
}

/// An edition and its segments, looked at once so that asking for each of many readers is cheap.
#[derive(Debug)]
pub struct Selector<'a> {
    /// In the edition's order, each event once; then what stood in earlier editions.
    items: Vec<Known<'a>>,
    segments: &'a [SegmentView],
    /// For each segment, which items its rule over events takes.
    taken: Vec<Vec<bool>>,
    measure: Measure,
    /// What touches none of a reader's interests is left out.
    only_of_interest: bool,
}

impl<'a> Selector<'a> {
    #[must_use]
    pub fn new(edition: &'a EditionView, segments: &'a [SegmentView], measure: Measure) -> Self {
        let mut items: Vec<&ItemView> = edition.items.iter().collect();
        items.sort_by_key(|i| (i.missed_in.is_some(), std::cmp::Reverse(i.missed_in), i.place, i.position));
        let mut seen = std::collections::BTreeSet::new();
        items.retain(|i| seen.insert(i.event.id));
        let traits: Vec<_> = items.iter().map(|i| i.event.traits(edition.as_of)).collect();
        let row = |s: &SegmentView| traits.iter().map(|t| s.events.holds(&|c: &EventIs| c.holds(t))).collect();
        let taken = segments.iter().map(row).collect();
        Self { taken, items: items.into_iter().map(|i| Known::new(i, edition.as_of)).collect(), segments, measure, only_of_interest: false }
    }

    /// For alerts: nobody is disturbed for what touches none of their interests.
    #[must_use]
    pub fn only_of_interest(self) -> Self {
        Self { only_of_interest: true, ..self }
    }

    /// The items for one reader, in their order, or why there are none.
    ///
    /// Picks always; what a segment's rule over events takes, for every segment whose rule over people holds (a bulletin without segments
    /// gives everything), within the person's ceiling of cost, formats, places and times. What the reader was told of comes again only if it
    /// changed since, or the editor repeats it. A change is for those who were told of the event; for others an event that still takes place
    /// is simply an event, and one that does not is nothing. Then the caps: picks and changes are never cut.
    pub fn select(&self, reader: &Reader<'_>, order: Order) -> Result<Vec<ItemRef>, Nothing> {
        let theirs: Vec<&Vec<bool>> = self.segments.iter().zip(&self.taken).filter(|(s, _)| is_theirs(s, reader)).map(|(_, row)| row).collect();
        let covered = |n: usize| self.segments.is_empty() || theirs.iter().any(|row| row[n]);
        let (mut chosen, mut told_before) = (Vec::new(), false);
        for (n, known) in self.items.iter().enumerate() {
            let place = match known.heard_by(reader) {
                Hearing::Change => Place::Changes,
                Hearing::Item if known.item.pick => Place::Picks,
                Hearing::Item if covered(n) && known.suits(reader.person.asked) && self.may_concern(known, reader) => {
                    known.place_for(reader.person.asked, order)
                }
                Hearing::ToldBefore => {
                    told_before |= covered(n);
                    continue;
                }
                Hearing::Item | Hearing::No => continue,
            };
            let near = if order == Order::Personal { known.nearness(reader.person.asked) } else { 0 };
            chosen.push((place, near, n));
        }
        if chosen.is_empty() {
            let no_segment = !self.segments.is_empty() && theirs.is_empty();
            return Err(if no_segment {
                Nothing::NoSegment
            } else if told_before {
                Nothing::ToldBefore
            } else {
                Nothing::NotWanted
            });
        }
        if !self.measure.picks_anyway && chosen.iter().all(|(place, ..)| *place == Place::Picks) {
            return Err(Nothing::PicksAlone);
        }
        chosen.sort_unstable();
        self.cut(&mut chosen);
        Ok(chosen.into_iter().map(|(place, _, n)| self.items[n].named(place)).collect())
    }

    fn may_concern(&self, known: &Known<'_>, reader: &Reader<'_>) -> bool {
        !self.only_of_interest || known.interests(reader.person.asked)
    }

    /// Holds the caps; what stands first under its heading, and the first headings, stay.
    fn cut(&self, chosen: &mut Vec<(Place, u8, usize)>) {
        let is_owed = |place: Place| matches!(place, Place::Picks | Place::Changes);
        let mut room = (self.measure.in_all as usize).saturating_sub(chosen.iter().filter(|c| is_owed(c.0)).count());
        let (mut heading, mut under) = (None, 0);
        chosen.retain(|(place, ..)| {
            if is_owed(*place) {
                return true;
            }
            under = if heading == Some(*place) { under + 1 } else { 1 };
            heading = Some(*place);
            let stays = under <= self.measure.per_section && room > 0;
            room -= usize::from(stays);
            stays
        });
    }

    /// The items that `refs` name, placed and numbered as the reader sees them, for [`super::content::ContentView::new`].
    #[must_use]
    pub fn items(&self, refs: &[ItemRef]) -> Vec<ItemView> {
        let find = |r: &ItemRef| self.items.iter().find(|k| k.item.id == r.item).map(|k| (k.item, r.place));
        refs.iter().filter_map(find).enumerate().map(|(position, (item, place))| ItemView { place, position, ..item.clone() }).collect()
    }

    /// The events that selecting can speak of.
    pub fn events(&self) -> impl Iterator<Item = EventId> + '_ {
        self.items.iter().map(|k| k.item.event.id)
    }
}

fn is_theirs(segment: &SegmentView, reader: &Reader<'_>) -> bool {
    segment.people.holds(&|c: &PersonIs| c.holds(&reader.person))
}

impl<'a> Known<'a> {
    fn new(item: &'a ItemView, now: DateTime<Utc>) -> Self {
        let (event, facts) = (&item.event, &item.event.facts);
        let mode = facts.mode.as_ref().map(|m| m.value);
        // An online event that names a region is limited to it (taxonomy section 11); one that is both ways at once is open to all.
        let region = facts.region.as_ref().map(|r| r.value).filter(|r| *r != Region::Uk && mode != Some(Mode::Hybrid));
        Self {
            item,
            soon: is_closing_soon(event, now) || is_last_places(event),
            off: is_off(event),
            // The highest stated price counts; "from £60" is over a ceiling of £50.
            price: facts.price.as_ref().and_then(|f| f.value.max.or(f.value.min)),
            formats: mode.map_or(&[], formats),
            region,
            authority: facts.town.as_ref().and_then(|t| authority_of_town(&t.value, facts.region.as_ref().map(|r| r.value))).map(|a| a.slug),
            online: mode.is_some_and(|m| m != Mode::InPerson),
        }
    }

    fn named(&self, place: Place) -> ItemRef {
        ItemRef { item: self.item.id, event: self.item.event.id, place }
    }

    fn heard_by(&self, reader: &Reader<'_>) -> Hearing {
        let missed = match (self.item.missed_in, reader.had) {
            (None, _) => false,
            (Some(number), Some(had)) if number > had => true,
            _ => return Hearing::No,
        };
        let told = reader.told.get(&self.item.event.id);
        let news = told.is_none_or(|t| self.item.changed_at.is_some_and(|c| c > *t));
        match (self.item.because, told) {
            // Of one that is off and new in the edition itself an editor knows: it was looked at again and approved.
            (because, None) if self.off && (missed || because == ItemReason::Changed) => Hearing::No,
            (_, None) => Hearing::Item,
            (ItemReason::Changed, Some(_)) if news => Hearing::Change,
            (ItemReason::New, Some(_)) if news && self.off => Hearing::Change,
            (ItemReason::New, Some(_)) if news => Hearing::Item,
            (ItemReason::Repeat, Some(_)) if !missed => Hearing::Item,
            _ => Hearing::ToldBefore,
        }
    }

    /// Within what the person asked for: cost, format, place and time of day.
    fn suits(&self, asked: &Preferences) -> bool {
        self.within_cost(asked) && self.in_format(asked) && self.in_reach(asked) && self.at_their_time(asked)
    }

    /// Amounts in another currency are not compared.
    fn within_cost(&self, asked: &Preferences) -> bool {
        match (asked.cost_max, self.price) {
            (Some(ceiling), Some(price)) => price.currency != ceiling.currency || price.minor <= ceiling.minor,
            _ => true,
        }
    }

    fn in_format(&self, asked: &Preferences) -> bool {
        self.formats.is_empty() || asked.format.is_empty() || asked.format.iter().any(|f| self.formats.contains(&f.as_str()))
    }

    /// Who names an authority can go wherever its region is.
    fn in_reach(&self, asked: &Preferences) -> bool {
        let Some(region) = self.region else { return true };
        let named_none = asked.region.is_empty() && asked.authority.is_empty();
        let is_named = |r: &String| r == Region::Uk.as_str() || r == region.as_str();
        named_none || asked.region.iter().any(is_named) || asked.authority.iter().any(|a| authority(a).is_some_and(|a| a.region == region))
    }

    fn at_their_time(&self, asked: &Preferences) -> bool {
        let mut times = self.item.event.tags.iter().filter(|(f, t)| *f == Facet::TimeOfDay && t != "na").peekable();
        asked.time_of_day.is_empty() || times.peek().is_none() || times.any(|(_, t)| asked.time_of_day.contains(t))
    }

    fn place_for(&self, asked: &Preferences, order: Order) -> Place {
        if self.soon {
            return Place::Soon;
        }
        let own = if self.item.place == Place::Changes { Place::More } else { self.item.place };
        if order == Order::Shared || self.interests(asked) { own } else { Place::Also }
    }

    /// Touches a need, a sub-sector or a role that the person named; somebody who named none is interested in everything.
    fn interests(&self, asked: &Preferences) -> bool {
        let named = [(Facet::Need, &asked.need), (Facet::Subsector, &asked.subsector), (Facet::Audience, &asked.audience)];
        let touches = |facet: Facet, terms: &Vec<String>| self.item.event.tags.iter().any(|(f, t)| *f == facet && terms.contains(t));
        named.iter().all(|(_, terms)| terms.is_empty()) || named.iter().any(|(facet, terms)| touches(*facet, terms))
    }

    /// Nearest first: the same authority, the same region, online or anywhere, elsewhere. Somebody who named no place is near everything.
    fn nearness(&self, asked: &Preferences) -> u8 {
        if asked.region.is_empty() && asked.authority.is_empty() {
            return 0;
        }
        let in_region =
            |r: Region| asked.region.iter().any(|n| n == r.as_str()) || asked.authority.iter().any(|a| authority(a).is_some_and(|a| a.region == r));
        match (self.authority, self.region) {
            (Some(here), _) if asked.authority.iter().any(|a| a == here) => 0,
            (_, Some(region)) if in_region(region) => 1,
            _ if self.online || self.region.is_none() => 2,
            _ => 3,
        }
    }
}

/// A hybrid event suits those who asked for either way. Terms of the taxonomy's section 6.
const fn formats(mode: Mode) -> &'static [&'static str] {
    match mode {
        Mode::InPerson => &["inp"],
        Mode::Online => &["onl"],
        Mode::Hybrid => &["hyb", "inp", "onl"],
        Mode::SelfPaced => &["dist", "onl"],
    }
}

fn is_off(event: &EventView) -> bool {
    matches!(event.status(), Status::Cancelled | Status::Postponed)
}

/// Names a content within its edition: equal for equal items in equal order under equal headings (`edition_content.content_key`).
#[must_use]
pub fn content_key(items: &[ItemRef]) -> String {
    let mut hasher = blake3::Hasher::new();
    for item in items {
        hasher.update(item.item.0.as_bytes());
        hasher.update(format!("{:?};", item.place).as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
#[path = "select_tests.rs"]
mod tests;
