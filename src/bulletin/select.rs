//! One reader's measure of an edition: the items of all segments that hold for them, each event once, within what they asked for.
//!
//! Pure. A fact that is not stated never keeps an item from a reader: silence is not a mismatch.

use std::collections::BTreeMap;

use super::view::{EditionView, EventView, ItemRef, ItemView, SegmentView, Told};
use crate::domain::{EventIs, ItemReason, Mode, PersonIs, Preferences, Region, Status, SubscriberId};

/// An edition and its segments, looked at once so that asking for each of many readers is cheap.
#[derive(Debug)]
pub struct Selector<'a> {
    /// In the order readers see them, each event once.
    items: Vec<&'a ItemView>,
    segments: &'a [SegmentView],
    /// For each segment, which items its rule over events takes.
    taken: Vec<Vec<bool>>,
}

impl<'a> Selector<'a> {
    #[must_use]
    pub fn new(edition: &'a EditionView, segments: &'a [SegmentView]) -> Self {
        let mut items: Vec<&ItemView> = edition.items.iter().collect();
        items.sort_by_key(|i| (i.place, i.position));
        let mut seen = Told::new();
        items.retain(|i| seen.insert(i.event.id));
        let traits: Vec<_> = items.iter().map(|i| i.event.traits()).collect();
        let takes = |s: &SegmentView| traits.iter().map(|t| s.events.holds(&|c: &EventIs| c.holds(t))).collect();
        Self { taken: segments.iter().map(takes).collect(), items, segments }
    }

    /// The items for one person, in the edition's order.
    ///
    /// Picks always; what a segment's rule over events takes, for every segment whose rule over people holds (a bulletin without segments
    /// gives everything), within the person's ceiling of cost, formats and regions. A change is for those who were `told` of the event;
    /// for others an event that still takes place is simply an event, and one that does not is nothing.
    #[must_use]
    pub fn select(&self, person: &Preferences, told: &Told) -> Vec<ItemRef> {
        let theirs = |s: &SegmentView| s.people.holds(&|c: &PersonIs| c.holds(person));
        let rows: Vec<&Vec<bool>> = self.segments.iter().zip(&self.taken).filter(|(s, _)| theirs(s)).map(|(_, row)| row).collect();
        let covered = |n: usize| self.segments.is_empty() || rows.iter().any(|row| row[n]);
        let wanted = |(n, item): &(usize, &&ItemView)| match item.because {
            ItemReason::Changed if told.contains(&item.event.id) => true,
            ItemReason::Changed if is_off(&item.event) => false,
            _ => item.pick || (covered(*n) && suits(&item.event, person)),
        };
        self.items.iter().enumerate().filter(wanted).map(|(_, i)| ItemRef { item: i.id, event: i.event.id }).collect()
    }

    /// The items that `refs` name, for [`super::content::ContentView::new`].
    #[must_use]
    pub fn items(&self, refs: &[ItemRef]) -> Vec<&'a ItemView> {
        self.items.iter().filter(|i| refs.iter().any(|r| r.item == i.id)).copied().collect()
    }
}

/// The items for one person; see [`Selector::select`]. For many people make one [`Selector`].
#[must_use]
pub fn select(edition: &EditionView, segments: &[SegmentView], person: &Preferences, told: &Told) -> Vec<ItemRef> {
    Selector::new(edition, segments).select(person, told)
}

/// Readers by what they get: one rendering for each entry. Readers with nothing in the edition for them stand under the empty list.
#[must_use]
pub fn by_content<'a>(
    selector: &Selector,
    readers: impl Iterator<Item = (SubscriberId, &'a Preferences, &'a Told)>,
) -> BTreeMap<Vec<ItemRef>, Vec<SubscriberId>> {
    let mut out: BTreeMap<Vec<ItemRef>, Vec<SubscriberId>> = BTreeMap::new();
    for (id, preferences, told) in readers {
        out.entry(selector.select(preferences, told)).or_default().push(id);
    }
    out
}

/// Names a content within its edition: equal for equal items in equal order (`edition_content.content_key`).
#[must_use]
pub fn content_key(items: &[ItemRef]) -> String {
    let mut hasher = blake3::Hasher::new();
    for item in items {
        hasher.update(item.item.0.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn is_off(event: &EventView) -> bool {
    matches!(event.status(), Status::Cancelled | Status::Postponed)
}

/// Whether the event is within what the person asked for: cost, format and region.
fn suits(event: &EventView, person: &Preferences) -> bool {
    within_cost(event, person) && in_format(event, person) && in_region(event, person)
}

/// The highest stated price counts; "from £60" is over a ceiling of £50. Amounts in another currency are not compared.
fn within_cost(event: &EventView, person: &Preferences) -> bool {
    let price = event.facts.price.as_ref().and_then(|f| f.value.max.or(f.value.min));
    match (person.cost_max, price) {
        (Some(ceiling), Some(price)) => price.currency != ceiling.currency || price.minor <= ceiling.minor,
        _ => true,
    }
}

/// A hybrid event suits those who asked for either way. Terms of the taxonomy's section 6.
fn in_format(event: &EventView, person: &Preferences) -> bool {
    let Some(mode) = &event.facts.mode else { return true };
    let terms: &[&str] = match mode.value {
        Mode::InPerson => &["inp"],
        Mode::Online => &["onl"],
        Mode::Hybrid => &["hyb", "inp", "onl"],
        Mode::SelfPaced => &["dist", "onl"],
    };
    person.format.is_empty() || person.format.iter().any(|f| terms.contains(&f.as_str()))
}

fn in_region(event: &EventView, person: &Preferences) -> bool {
    let anywhere = |r: &String| r == Region::Uk.as_str();
    match &event.facts.region {
        Some(region) if region.value != Region::Uk && !is_open_to_all(event) => {
            person.region.is_empty() || person.region.iter().any(|r| anywhere(r) || r == region.value.as_str())
        }
        _ => true,
    }
}

/// One can take part from anywhere: both ways at once. (An online event that names a region is limited to it; taxonomy section 11.)
fn is_open_to_all(event: &EventView) -> bool {
    event.facts.mode.as_ref().is_some_and(|m| m.value == Mode::Hybrid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulletin::{
        compose::testing::{event, fact, priced},
        view::Place,
    };
    use crate::domain::{EventId, Facet, ItemId, Money, Rule};
    use uuid::Uuid;

    fn item(n: u128, event: EventView) -> ItemView {
        let position = usize::try_from(n).unwrap();
        let (place, because) = (Place::More, ItemReason::New);
        ItemView { id: ItemId(Uuid::from_u128(n)), place, position, pick: false, because, heading: None, blurb: None, event }
    }

    fn about(n: u128, need: &str) -> EventView {
        EventView { tags: vec![(Facet::Need, need.into())], ..event(n) }
    }

    fn tagged(need: &str) -> Rule<EventIs> {
        Rule::Is(EventIs::Tagged { facet: Facet::Need, any_of: vec![need.into()] })
    }

    fn chosen(items: Vec<ItemView>, segments: &[SegmentView], person: &Preferences, told: &Told) -> Vec<u128> {
        select(&EditionView { items }, segments, person, told).iter().map(|r| r.event.0.as_u128()).collect()
    }

    #[test]
    fn segments_add_up_and_an_event_comes_once() {
        let segment = |region: &str, need: &str| SegmentView { people: Rule::Is(PersonIs::Region(vec![region.into()])), events: tagged(need) };
        let segments = [segment("nw", "eval"), segment("nw", "fund"), segment("lon", "mkt")];
        let items = || vec![item(1, about(1, "eval")), item(2, about(2, "fund")), item(3, about(3, "mkt")), item(4, about(1, "eval"))];
        let person = Preferences { region: vec!["nw".into()], ..Preferences::default() };
        assert_eq!(chosen(items(), &segments, &person, &Told::new()), [1, 2]);
        assert_eq!(chosen(items(), &[], &person, &Told::new()), [1, 2, 3], "no segments: everything");
    }

    #[test]
    fn picks_go_to_everyone_first() {
        let mut pick = item(9, about(9, "mkt"));
        (pick.pick, pick.place) = (true, Place::Picks);
        let nobody = [SegmentView { people: Rule::Any(vec![]), events: Rule::always() }];
        assert_eq!(chosen(vec![item(1, event(1)), pick], &nobody, &Preferences::default(), &Told::new()), [9]);
    }

    #[test]
    fn the_ceiling_holds_and_unknown_cost_passes() {
        let person = Preferences { cost_max: Some(Money::pence(5_000)), ..Preferences::default() };
        let items = vec![
            item(1, priced(1, Some(2_500), Some(5_000))),
            item(2, priced(2, Some(2_500), Some(8_000))),
            item(3, priced(3, Some(6_000), None)),
            item(4, event(4)),
        ];
        assert_eq!(chosen(items, &[], &person, &Told::new()), [1, 4]);
    }

    #[test]
    fn formats_and_regions_are_respected() {
        let with = |n, mode, region: Option<Region>| {
            let mut e = event(n);
            (e.facts.mode, e.facts.region) = (fact(mode), region.and_then(fact));
            item(n, e)
        };
        let person = Preferences { format: vec!["onl".into()], region: vec!["nw".into()], ..Preferences::default() };
        let items = vec![
            with(1, Mode::Online, None),
            with(2, Mode::InPerson, Some(Region::NorthWest)),
            with(3, Mode::Hybrid, Some(Region::London)),
            with(4, Mode::Online, Some(Region::London)),
            with(5, Mode::Online, Some(Region::Uk)),
        ];
        assert_eq!(chosen(items, &[], &person, &Told::new()), [1, 3, 5]);
    }

    #[test]
    fn readers_who_get_the_same_share_one_content() {
        let edition = EditionView { items: vec![item(1, priced(1, None, Some(9_000))), item(2, event(2))] };
        let selector = Selector::new(&edition, &[]);
        let poor = Preferences { cost_max: Some(Money::pence(1_000)), ..Preferences::default() };
        let (rich, told) = (Preferences::default(), Told::new());
        let people = [(1, &rich), (2, &poor), (3, &rich)];
        let readers = people.iter().map(|(n, p)| (SubscriberId(Uuid::from_u128(*n)), *p, &told));
        let contents = by_content(&selector, readers);
        let sizes: Vec<(usize, usize)> = contents.iter().map(|(items, readers)| (items.len(), readers.len())).collect();
        assert_eq!(sizes, [(2, 2), (1, 1)]);
        let keys: Vec<String> = contents.keys().map(|items| content_key(items)).collect();
        assert_ne!(keys[0], keys[1]);
        assert_eq!(selector.items(contents.keys().next().unwrap()).len(), 2);
    }

    #[test]
    fn a_cancellation_reaches_those_who_were_told_and_nobody_else() {
        let mut off = item(1, event(1));
        off.because = ItemReason::Changed;
        off.event.facts.status = fact(Status::Cancelled);
        let told: Told = [EventId(Uuid::from_u128(1))].into();
        assert_eq!(chosen(vec![off.clone()], &[], &Preferences::default(), &told), [1]);
        assert!(chosen(vec![off], &[], &Preferences::default(), &Told::new()).is_empty());
    }
}
