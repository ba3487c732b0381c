//! Who gets what, in which order, and never twice: cases, and properties over invented editions and readers.

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::bulletin::compose::testing::{NOW, event, fact, priced, when};
use crate::domain::{ItemId, Rule};

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

fn item(n: u128, event: EventView) -> ItemView {
    let position = usize::try_from(n).unwrap();
    let (place, because) = (Place::More, ItemReason::New);
    ItemView {
        id: ItemId(Uuid::from_u128(n)),
        place,
        position,
        pick: false,
        because,
        heading: None,
        blurb: None,
        changed_at: None,
        missed_in: None,
        event,
    }
}

fn about(n: u128, need: &str) -> EventView {
    EventView { tags: vec![(Facet::Need, need.into())], ..event(n) }
}

fn tagged(need: &str) -> Rule<EventIs> {
    Rule::Is(EventIs::Tagged { facet: Facet::Need, any_of: vec![need.into()] })
}

fn edition(items: Vec<ItemView>) -> EditionView {
    EditionView { items, as_of: now() }
}

fn list(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

const ALL_PICKS: Measure = Measure { per_section: 15, in_all: 40, brief_above: 5, picks_anyway: true, alerts: true };

fn choose(items: Vec<ItemView>, segments: &[SegmentView], reader: &Reader<'_>, measure: Measure) -> Result<Vec<(u128, Place)>, Nothing> {
    let edition = edition(items);
    let chosen = Selector::new(&edition, segments, measure).select(reader, Order::Personal)?;
    Ok(chosen.iter().map(|r| (r.event.0.as_u128(), r.place)).collect())
}

fn chosen(items: Vec<ItemView>, segments: &[SegmentView], person: &Preferences, told: &Told) -> Vec<u128> {
    let reader = Reader { person: PersonTraits::new(person), told, had: None };
    choose(items, segments, &reader, ALL_PICKS).map(|c| c.into_iter().map(|(n, _)| n).collect()).unwrap_or_default()
}

fn told(n: u128, at: &str) -> Told {
    [(EventId(Uuid::from_u128(n)), at.parse().unwrap())].into()
}

#[test]
fn segments_add_up_and_an_event_comes_once() {
    let segment = |region: &str, need: &str| SegmentView { people: Rule::Is(PersonIs::Region(vec![region.into()])), events: tagged(need) };
    let segments = [segment("nw", "eval"), segment("nw", "fund"), segment("lon", "mkt")];
    let items = || vec![item(1, about(1, "eval")), item(2, about(2, "fund")), item(3, about(3, "mkt")), item(4, about(1, "eval"))];
    let person = Preferences { region: list(&["nw"]), ..Preferences::default() };
    assert_eq!(chosen(items(), &segments, &person, &Told::new()), [1, 2]);
    assert_eq!(chosen(items(), &[], &person, &Told::new()), [1, 2, 3], "no segments: everything");
}

#[test]
fn picks_go_to_everyone_first_but_alone_only_if_the_bulletin_wants_it() {
    let picked = || {
        let mut pick = item(9, about(9, "mkt"));
        (pick.pick, pick.place) = (true, Place::Picks);
        vec![item(1, event(1)), pick]
    };
    let nobody = [SegmentView { people: Rule::Any(vec![]), events: Rule::always() }];
    assert_eq!(chosen(picked(), &nobody, &Preferences::default(), &Told::new()), [9]);
    assert_eq!(chosen(picked(), &[], &Preferences::default(), &Told::new()), [9, 1]);
    let (asked, nothing) = (Preferences::default(), Told::new());
    let reader = Reader { person: PersonTraits::new(&asked), told: &nothing, had: None };
    assert_eq!(choose(picked(), &nobody, &reader, Measure::default()), Err(Nothing::PicksAlone));
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

fn placed(n: u128, mode: Mode, town: Option<&str>, region: Option<Region>) -> ItemView {
    let mut e = event(n);
    (e.facts.mode, e.facts.region) = (fact(mode), region.and_then(fact));
    e.facts.town = town.and_then(|t| fact(t.to_owned()));
    item(n, e)
}

#[test]
fn formats_and_regions_are_respected() {
    let person = Preferences { format: list(&["onl"]), region: list(&["nw"]), ..Preferences::default() };
    let items = vec![
        placed(1, Mode::Online, None, None),
        placed(2, Mode::InPerson, None, Some(Region::NorthWest)),
        placed(3, Mode::Hybrid, None, Some(Region::London)),
        placed(4, Mode::Online, None, Some(Region::London)),
        placed(5, Mode::Online, None, Some(Region::Uk)),
    ];
    assert_eq!(chosen(items, &[], &person, &Told::new()), [1, 3, 5]);
}

#[test]
fn the_nearest_comes_first_and_an_authority_names_its_region() {
    let items = || {
        vec![
            placed(1, Mode::Online, None, None),
            placed(2, Mode::InPerson, Some("York"), Some(Region::YorkshireHumber)),
            placed(3, Mode::InPerson, Some("Hebden Bridge"), Some(Region::YorkshireHumber)),
            placed(4, Mode::InPerson, Some("Leeds"), Some(Region::YorkshireHumber)),
            placed(5, Mode::InPerson, Some("London"), Some(Region::London)),
        ]
    };
    let leeds = Preferences { authority: list(&["leeds"]), ..Preferences::default() };
    assert_eq!(chosen(items(), &[], &leeds, &Told::new()), [4, 2, 3, 1], "London is out of reach");
    let anywhere = Preferences { authority: list(&["leeds"]), region: list(&["uk"]), ..Preferences::default() };
    assert_eq!(chosen(items(), &[], &anywhere, &Told::new()), [4, 2, 3, 1, 5]);
    assert_eq!(chosen(items(), &[], &Preferences::default(), &Told::new()), [1, 2, 3, 4, 5]);
}

#[test]
fn what_closes_soon_comes_before_interests_and_those_before_the_rest() {
    let mut closing = about(3, "mkt");
    closing.facts.deadline = fact(when("2027-03-04"));
    let mut changed = item(5, about(5, "mkt"));
    (changed.because, changed.changed_at, changed.place) = (ItemReason::Changed, Some(now()), Place::Changes);
    let items = vec![item(1, about(1, "mkt")), item(2, about(2, "fund")), item(3, closing), item(4, event(4)), changed];
    let person = Preferences { need: list(&["fund"]), ..Preferences::default() };
    let told = told(5, "2027-01-01T00:00:00Z");
    let reader = Reader { person: PersonTraits::new(&person), told: &told, had: None };
    let expected = [(3, Place::Soon), (2, Place::More), (5, Place::Changes), (1, Place::Also), (4, Place::Also)];
    assert_eq!(choose(items, &[], &reader, ALL_PICKS), Ok(expected.to_vec()));
}

#[test]
fn a_time_of_day_that_was_not_asked_for_is_left_out_and_an_unknown_one_is_not() {
    let at = |n, time: &str| EventView { tags: vec![(Facet::TimeOfDay, time.into())], ..event(n) };
    let person = Preferences { time_of_day: list(&["eve"]), ..Preferences::default() };
    let items = vec![item(1, at(1, "eve")), item(2, at(2, "am")), item(3, at(3, "na")), item(4, event(4))];
    assert_eq!(chosen(items, &[], &person, &Told::new()), [1, 3, 4]);
}

#[test]
fn a_cancellation_reaches_those_who_were_told_and_nobody_else() {
    let mut off = item(1, event(1));
    (off.because, off.changed_at) = (ItemReason::Changed, Some(now()));
    off.event.facts.status = fact(Status::Cancelled);
    assert_eq!(chosen(vec![off.clone()], &[], &Preferences::default(), &told(1, "2027-01-01T00:00:00Z")), [1]);
    assert!(chosen(vec![off], &[], &Preferences::default(), &Told::new()).is_empty());
}

#[test]
fn what_an_alert_told_is_not_told_again_unless_it_changed() {
    let (asked, heard) = (Preferences::default(), told(1, "2027-02-01T00:00:00Z"));
    let reader = Reader { person: PersonTraits::new(&asked), told: &heard, had: None };
    let mut same = item(1, event(1));
    assert_eq!(choose(vec![same.clone()], &[], &reader, ALL_PICKS), Err(Nothing::ToldBefore));
    same.changed_at = Some("2027-02-02T00:00:00Z".parse().unwrap());
    assert_eq!(choose(vec![same.clone()], &[], &reader, ALL_PICKS), Ok(vec![(1, Place::More)]));
    same.event.facts.status = fact(Status::Cancelled);
    assert_eq!(choose(vec![same.clone()], &[], &reader, ALL_PICKS), Ok(vec![(1, Place::Changes)]));
    (same.changed_at, same.because) = (None, ItemReason::Repeat);
    same.event.facts.status = None;
    assert_eq!(choose(vec![same], &[], &reader, ALL_PICKS), Ok(vec![(1, Place::More)]), "the editor repeats it");
}

#[test]
fn who_catches_up_gets_what_stood_in_the_editions_since_their_last() {
    let missed = |n, number| ItemView { missed_in: Some(number), ..item(n, event(n)) };
    let items = || vec![item(1, event(1)), missed(2, 5), missed(3, 4), missed(4, 3)];
    let asked = Preferences::default();
    let check = |had: Option<u32>, told: &Told, expected: &[u128]| {
        let reader = Reader { person: PersonTraits::new(&asked), told, had };
        let got: Vec<u128> = choose(items(), &[], &reader, ALL_PICKS).unwrap().into_iter().map(|(n, _)| n).collect();
        assert_eq!(got, expected, "{had:?}");
    };
    check(None, &Told::new(), &[1]);
    check(Some(3), &Told::new(), &[1, 2, 3]);
    check(Some(5), &Told::new(), &[1]);
    check(Some(2), &told(3, "2027-02-20T00:00:00Z"), &[1, 2, 4]);
}

#[test]
fn mail_is_due_by_civil_weeks_and_months() {
    let check = |frequency: &str, last: &str, now: &str, expected: bool| {
        let at = |t: &str| t.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(is_due(frequency.parse().unwrap(), Some(at(last)), at(now), Tz::Europe__London), expected, "{frequency} {last} {now}");
    };
    check("each", "2027-03-01T09:00:00Z", "2027-03-01T09:00:00Z", true);
    check("instant", "2027-03-01T09:00:00Z", "2027-03-02T09:00:00Z", true);
    check("weekly", "2027-03-01T09:00:00Z", "2027-03-07T09:00:00Z", false);
    check("weekly", "2027-03-07T09:00:00Z", "2027-03-08T09:00:00Z", true);
    check("weekly", "2026-12-31T09:00:00Z", "2027-01-03T09:00:00Z", false);
    check("weekly", "2026-12-31T09:00:00Z", "2027-01-04T09:00:00Z", true);
    // 23:30 UTC on 31 May is June in London.
    check("monthly", "2027-05-31T09:00:00Z", "2027-05-31T23:30:00Z", true);
    check("monthly", "2027-05-31T23:30:00Z", "2027-06-30T09:00:00Z", false);
    check("monthly", "2027-06-30T09:00:00Z", "2027-06-29T09:00:00Z", false);
    assert!(is_due(Frequency::Monthly, None, now(), Tz::Europe__London));
}

#[test]
fn names_of_contents_differ_by_items_order_and_headings() {
    let named = |n: u128, place| ItemRef { item: ItemId(Uuid::from_u128(n)), event: EventId(Uuid::from_u128(n)), place };
    let keys = [
        content_key(&[named(1, Place::More), named(2, Place::More)]),
        content_key(&[named(2, Place::More), named(1, Place::More)]),
        content_key(&[named(1, Place::More), named(2, Place::Also)]),
        content_key(&[named(1, Place::Section(1)), named(2, Place::Section(11))]),
        content_key(&[named(1, Place::Section(11)), named(2, Place::Section(1))]),
    ];
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
}

/// An invented item: need, price in pounds, region, how it came in, when it changed, in which edition it stood.
type Drawn = (usize, Option<u32>, usize, usize, bool, Option<u32>);

const NEEDS: [&str; 3] = ["eval", "fund", "mkt"];
const REGIONS: [Region; 3] = [Region::NorthWest, Region::London, Region::Uk];

fn invented(drawn: &[Drawn]) -> Vec<ItemView> {
    let one = |(n, (need, pounds, region, kind, changed, missed_in)): (usize, &Drawn)| {
        // Every third shares its event with the first, as stored items never do and merged ones might.
        let of = if n % 3 == 2 { 0 } else { n as u128 };
        let mut e = about(of, NEEDS[*need]);
        e.facts.price = pounds.and_then(|p| fact(crate::domain::Price { min: None, max: Some(Money::pence(p * 100)) }));
        e.facts.region = fact(REGIONS[*region]);
        e.facts.mode = fact(Mode::InPerson);
        let mut i = item(n as u128, e);
        i.because = [ItemReason::New, ItemReason::Changed, ItemReason::Repeat, ItemReason::New][*kind];
        i.pick = *kind == 3 && missed_in.is_none();
        i.place = Place::of(i.pick, i.because, (n % 4 == 0).then_some(n % 2));
        i.changed_at = changed.then(|| "2027-02-15T00:00:00Z".parse().unwrap());
        i.missed_in = *missed_in;
        i
    };
    drawn.iter().enumerate().map(one).collect()
}

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let one = (0usize..3, prop::option::of(0u32..200), 0usize..3, 0usize..4, any::<bool>(), prop::option::of(1u32..9));
    prop::collection::vec(one, 0..30)
}

proptest! {
    #[test]
    fn an_item_never_comes_twice_nor_beyond_the_ceiling_nor_told_unless_changed(
        drawn in drawn(),
        ceiling in prop::option::of(0u32..150),
        needs in prop::collection::btree_set(0usize..3, 0..3),
        region in prop::option::of(0usize..3),
        heard in prop::collection::btree_map(0u128..30, 0i64..60, 0..15),
        had in prop::option::of(0u32..9),
        caps in (1u32..6, 1u32..12),
        personal in any::<bool>(),
    ) {
        let person = Preferences {
            cost_max: ceiling.map(|c| Money::pence(c * 100)),
            need: needs.iter().map(|n| NEEDS[*n].to_owned()).collect(),
            region: region.map(|r| REGIONS[r].to_string()).into_iter().collect(),
            ..Preferences::default()
        };
        let start: DateTime<Utc> = "2027-01-20T00:00:00Z".parse().unwrap();
        let told: Told = heard.iter().map(|(n, day)| (EventId(Uuid::from_u128(*n)), start + chrono::TimeDelta::days(*day))).collect();
        let items = invented(&drawn);
        let view = edition(items.clone());
        let measure = Measure { per_section: caps.0, in_all: caps.1, ..Measure::default() };
        let reader = Reader { person: PersonTraits::new(&person), told: &told, had };
        let order = if personal { Order::Personal } else { Order::Shared };
        let Ok(chosen) = Selector::new(&view, &[], measure).select(&reader, order) else { return Ok(()) };

        let find = |r: &ItemRef| items.iter().find(|i| i.id == r.item).unwrap();
        let events: BTreeSet<EventId> = chosen.iter().map(|r| r.event).collect();
        prop_assert_eq!(events.len(), chosen.len(), "no event twice");
        prop_assert!(chosen.windows(2).all(|w| w[0].place <= w[1].place), "in the order of places, picks first");
        for r in &chosen {
            let i = find(r);
            prop_assert_eq!(i.pick && r.place != Place::Changes, r.place == Place::Picks);
            if !matches!(r.place, Place::Picks | Place::Changes) {
                let price = i.event.facts.price.as_ref().and_then(|p| p.value.max);
                prop_assert!(person.cost_max.is_none_or(|c| price.is_none_or(|p| p.minor <= c.minor)), "beyond the ceiling");
            }
            if let Some(at) = told.get(&r.event) {
                let repeats = i.because == ItemReason::Repeat && i.missed_in.is_none();
                prop_assert!(repeats || i.changed_at.is_some_and(|c| c > *at), "told and unchanged");
            }
            prop_assert!(i.missed_in.is_none_or(|n| had.is_some_and(|h| n > h)), "a caught-up item was missed");
        }
        let owed = chosen.iter().filter(|r| matches!(r.place, Place::Picks | Place::Changes)).count();
        prop_assert!(chosen.len() <= owed.max(caps.1 as usize), "the cap on all holds");
        for run in chosen.chunk_by(|a, b| a.place == b.place) {
            let cut = !matches!(run[0].place, Place::Picks | Place::Changes);
            prop_assert!(!cut || run.len() <= caps.0 as usize, "the cap on a heading holds");
        }
    }
}
