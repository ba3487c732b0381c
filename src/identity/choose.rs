//! An event's facts, chosen from its listings field by field; each remembers the listing it came from (invariant 2).
//!
//! The host's own page over re-posters; structured over prose unless that listing's prose contradicts it; the newest last. An editor's
//! locked field is never replaced (invariant 3).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::place_words::{Agreement, Place};
use crate::domain::{Candidate, Fact, Facts, Field, FieldRow, ListingId, Origin, Status, When};

/// A listing of the event, read.
#[derive(Debug, Clone, Copy)]
pub struct Sourced<'a> {
    pub listing: ListingId,
    /// Its newest revision.
    pub candidate: &'a Candidate,
    /// Whether its source belongs to the provider of the event.
    pub is_host: bool,
    /// When the revision was seen. UTC.
    pub seen_at: DateTime<Utc>,
}

/// What an editor fixed. A field in `fields` without a row is fixed as "not stated".
#[derive(Debug, Clone, Default)]
pub struct Locked {
    pub fields: BTreeSet<Field>,
    pub rows: Vec<FieldRow>,
    pub title: Option<String>,
    pub text: Option<String>,
    pub url: Option<String>,
    pub booking_url: Option<String>,
}

impl Locked {
    fn holds(&self, field: Field) -> bool {
        self.fields.contains(&field) || self.rows.iter().any(|r| r.field == field)
    }
}

/// An event as its listings and its editor state it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chosen {
    pub title: String,
    pub text: String,
    pub url: Option<String>,
    pub booking_url: Option<String>,
    pub facts: Facts,
    /// Where each field came from; locked fields are not in it.
    pub from: BTreeMap<Field, ListingId>,
    /// What other listings, or the prose of a listing, say otherwise. For the editor; sorted, without repeats.
    pub conflicts: Vec<(Field, String)>,
}

/// Chooses. Does not depend on the order of `listings`; without listings only what is locked is known.
#[must_use]
pub fn choose(listings: &[Sourced], locked: &Locked) -> Chosen {
    let mut order: Vec<&Sourced> = listings.iter().collect();
    order.sort_by(|a, b| b.is_host.cmp(&a.is_host).then(b.seen_at.cmp(&a.seen_at)).then(a.listing.cmp(&b.listing)));
    let mut choice = Choice { order: &order, chosen: Chosen::default() };
    choice.words();
    choice.dates();
    choice.place(locked);
    choice.rest();
    choice.own_conflicts();
    choice.lock(locked)
}

struct Choice<'a> {
    /// Hosts first, then the newest first.
    order: &'a [&'a Sourced<'a>],
    chosen: Chosen,
}

/// Shorter texts say too little to be preferred for being the host's.
const TEXT_WORTH_TAKING: usize = 80;

impl<'a> Choice<'a> {
    fn words(&mut self) {
        let Some(first) = self.order.first() else { return };
        self.chosen.title.clone_from(&first.candidate.title);
        let long = |s: &&&Sourced| s.candidate.text.chars().count() >= TEXT_WORTH_TAKING;
        let longest = || self.order.iter().rev().max_by_key(|s| s.candidate.text.len());
        let text = self.order.iter().find(long).or_else(longest).map(|s| s.candidate.text.clone());
        self.chosen.text = text.unwrap_or_default();
        self.chosen.url = self.order.iter().find_map(|s| s.candidate.url.clone());
        self.chosen.booking_url = self.order.iter().find_map(|s| s.candidate.booking_url.clone());
    }

    /// Listings that state a field, best first.
    fn ranked<T>(&self, field: Field, get: fn(&'a Facts) -> Option<&'a Fact<T>>) -> Vec<(&'a Sourced<'a>, &'a Fact<T>)> {
        let mut stated: Vec<_> = self.order.iter().filter_map(|s| get(&s.candidate.facts).map(|f| (*s, f))).collect();
        // A stable sort: within a rank the newest stays first.
        stated.sort_by_key(|(s, f)| (!s.is_host, strength(s, field, f.evidence.origin)));
        stated
    }

    /// Takes the best of a field; notes what differs by `same`.
    fn take<T: Clone>(&mut self, field: Field, stated: &[(&'a Sourced<'a>, &'a Fact<T>)], same: impl Fn(&T, &T) -> bool) -> Option<Fact<T>> {
        let (best, fact) = stated.first()?;
        self.chosen.from.insert(field, best.listing);
        let others = stated.iter().skip(1).filter(|(_, other)| !same(&fact.value, &other.value));
        self.chosen.conflicts.extend(others.map(|(_, other)| (field, other.evidence.words.clone())));
        Some((*fact).clone())
    }

    fn dates(&mut self) {
        let stated = precise_first(self.ranked(Field::Start, |f| f.start.as_ref()));
        self.chosen.facts.start = self.take(Field::Start, &stated, agree);
        self.sittings();
        let start = self.chosen.facts.start.as_ref().map(|f| f.value);
        let from = self.chosen.from.get(&Field::Start).copied();
        let mut ends = self.ranked(Field::End, |f| f.end.as_ref());
        ends.retain(|(s, end)| start.is_none_or(|start| fits(s, start, end.value)));
        // An end belongs to its start: the listing that gave the one gives the other if it can.
        ends.sort_by_key(|(s, _)| Some(s.listing) != from);
        self.chosen.facts.end = self.take(Field::End, &ends, agree);
        let deadlines = precise_first(self.ranked(Field::Deadline, |f| f.deadline.as_ref()));
        self.chosen.facts.deadline = self.take(Field::Deadline, &deadlines, agree);
    }

    /// All sittings come from one listing: the start's own, or the best that begins on the same day.
    fn sittings(&mut self) {
        let from = self.chosen.from.get(&Field::Start).copied();
        let day = self.chosen.facts.start.as_ref().and_then(|f| f.value.day());
        let begins = |s: &&&Sourced| s.candidate.facts.sessions.first().is_some_and(|x| day.is_none() || x.start.day() == day);
        let own = self.order.iter().find(|s| Some(s.listing) == from && !s.candidate.facts.sessions.is_empty());
        if let Some(best) = own.or_else(|| self.order.iter().find(begins)) {
            self.chosen.facts.sessions.clone_from(&best.candidate.facts.sessions);
            self.chosen.from.insert(Field::Session, best.listing);
        }
    }

    /// Venue, address and postcode are taken only from listings that agree on the town, which may be an editor's: no venue of one town in another.
    fn place(&mut self, locked: &Locked) {
        let towns = self.ranked(Field::Town, |f| f.town.as_ref());
        let read = |t: Option<&str>| Place::read(t, None);
        self.chosen.facts.town = self.take(Field::Town, &towns, |a, b| read(Some(a)).town_against(&read(Some(b))) != Agreement::Differs);
        let fixed = locked.rows.iter().find(|r| r.field == Field::Town).map(|r| r.value.as_str());
        let town = read(fixed.or(self.chosen.facts.town.as_ref().map(|f| f.value.as_str())));
        let here = |s: &Sourced| read(s.candidate.facts.town.as_ref().map(|f| f.value.as_str())).town_against(&town) != Agreement::Differs;
        let kept = |mut stated: Vec<(&'a Sourced<'a>, &'a Fact<String>)>| {
            stated.retain(|(s, _)| here(s));
            stated
        };
        let (venues, addresses) = (kept(self.ranked(Field::Venue, |f| f.venue.as_ref())), kept(self.ranked(Field::Address, |f| f.address.as_ref())));
        let postcodes = kept(self.ranked(Field::Postcode, |f| f.postcode.as_ref()));
        let mut regions = self.ranked(Field::Region, |f| f.region.as_ref());
        regions.retain(|(s, _)| here(s));
        // Venues and addresses are spelt in too many ways to call a difference a conflict.
        self.chosen.facts.venue = self.take(Field::Venue, &venues, |_, _| true);
        self.chosen.facts.address = self.take(Field::Address, &addresses, |_, _| true);
        self.chosen.facts.postcode = self.take(Field::Postcode, &postcodes, |a, b| a == b);
        self.chosen.facts.region = self.take(Field::Region, &regions, |a, b| a == b);
    }

    fn rest(&mut self) {
        let statuses = self.ranked(Field::Status, |f| f.status.as_ref());
        self.chosen.facts.status = self.take(Field::Status, &told_otherwise(statuses), |a, b| a == b);
        let modes = self.ranked(Field::Mode, |f| f.mode.as_ref());
        self.chosen.facts.mode = self.take(Field::Mode, &modes, |a, b| a == b);
        let providers = self.ranked(Field::Provider, |f| f.provider.as_ref());
        self.chosen.facts.provider = self.take(Field::Provider, &providers, |_, _| true);
        let prices = self.ranked(Field::Price, |f| f.price.as_ref());
        self.chosen.facts.price = self.take(Field::Price, &prices, |a, b| a == b);
        let flags = self.order.iter().find(|s| !s.candidate.facts.cost_flags.is_empty());
        if let Some(best) = flags {
            self.chosen.facts.cost_flags.clone_from(&best.candidate.facts.cost_flags);
            self.chosen.from.insert(Field::CostFlag, best.listing);
        }
    }

    /// What a listing's own prose says against its structured data.
    fn own_conflicts(&mut self) {
        let said = self.order.iter().flat_map(|s| &s.candidate.conflicts);
        let known = said.filter_map(|(field, words)| Some((field.parse().ok()?, words.clone())));
        self.chosen.conflicts.extend(known);
        self.chosen.conflicts.sort();
        self.chosen.conflicts.dedup();
    }

    fn lock(self, locked: &Locked) -> Chosen {
        let mut chosen = self.chosen;
        let zone = self.order.first().map_or(chrono_tz::Tz::Europe__London, |s| s.candidate.zone);
        let stated = chosen.facts.start.as_ref().map(|s| s.value);
        for field in Field::ALL.iter().copied().filter(|f| locked.holds(*f)) {
            chosen.facts.clear(field);
            chosen.from.remove(&field);
            chosen.conflicts.retain(|(f, _)| *f != field);
        }
        for row in &locked.rows {
            // Rows were checked when the editor's word was taken; one that cannot be read leaves the field "not stated".
            let _ = chosen.facts.set(row.clone(), zone);
        }
        chosen.fit_to_fixed_start(stated, locked, zone);
        let fixed = |own: Option<String>, editor: &Option<String>| editor.clone().or(own);
        chosen.title = locked.title.clone().unwrap_or(chosen.title);
        chosen.text = locked.text.clone().unwrap_or(chosen.text);
        chosen.url = fixed(chosen.url, &locked.url);
        chosen.booking_url = fixed(chosen.booking_url, &locked.booking_url);
        chosen
    }
}

impl Chosen {
    /// To a start that an editor fixed on another day belong neither the end nor the sittings that listings state, and never an end before it.
    fn fit_to_fixed_start(&mut self, stated: Option<When>, locked: &Locked, zone: chrono_tz::Tz) {
        let Some(start) = self.facts.start.as_ref().map(|s| s.value).filter(|_| locked.holds(Field::Start)) else { return };
        let is_moved = stated.is_some_and(|s| !agree_on_the_day(s, start));
        let ends_before = self.facts.end.as_ref().is_some_and(|e| e.value.latest(zone) < start.earliest(zone));
        for (field, is_wrong) in [(Field::End, is_moved || ends_before), (Field::Session, is_moved)] {
            if is_wrong && !locked.holds(field) {
                self.facts.clear(field);
                self.from.remove(&field);
            }
        }
    }
}

/// How much an origin is trusted for a field, strongest first; a structured value that its own prose contradicts is no better than prose.
fn strength(s: &Sourced, field: Field, origin: Origin) -> Origin {
    let contradicted = s.candidate.conflicts.iter().any(|(f, _)| f == field.as_str());
    if contradicted && origin == Origin::Structured { Origin::Prose } else { origin }
}

/// Moves the most precise statement that agrees with the best to the front: a time over a bare date of the same day.
fn precise_first<'a>(mut stated: Vec<(&'a Sourced<'a>, &'a Fact<When>)>) -> Vec<(&'a Sourced<'a>, &'a Fact<When>)> {
    let Some(best) = stated.first().map(|(_, f)| f.value) else { return stated };
    let finer = |w: When| precision(w) > precision(best) && agree(&w, &best);
    let most = stated.iter().map(|(_, f)| f.value).filter(|w| finer(*w)).map(precision).max();
    if let Some(at) = stated.iter().position(|(_, f)| finer(f.value) && Some(precision(f.value)) == most) {
        let found = stated.remove(at);
        stated.insert(0, found);
    }
    stated
}

fn precision(when: When) -> u8 {
    match when {
        When::Month { .. } => 0,
        When::Day(_) => 1,
        When::Minute(_) => 2,
    }
}

/// Whether two statements can both hold.
fn agree(a: &When, b: &When) -> bool {
    match (*a, *b) {
        (When::Minute(a), When::Minute(b)) => a == b,
        (When::Month { .. }, _) | (_, When::Month { .. }) => a.to_string().get(..7) == b.to_string().get(..7),
        _ => a.day() == b.day(),
    }
}

/// As far as both are stated.
fn agree_on_the_day(a: When, b: When) -> bool {
    match (a.day(), b.day()) {
        (Some(a), Some(b)) => a == b,
        _ => agree(&a, &b),
    }
}

/// An end not before the start.
fn fits(s: &Sourced, start: When, end: When) -> bool {
    end.latest(s.candidate.zone) >= start.earliest(s.candidate.zone)
}

/// "Cancelled" said by anyone of the best standing outweighs "scheduled", which is what pages say by default.
fn told_otherwise<'a>(mut stated: Vec<(&'a Sourced<'a>, &'a Fact<Status>)>) -> Vec<(&'a Sourced<'a>, &'a Fact<Status>)> {
    let Some(host) = stated.first().map(|(s, _)| s.is_host) else { return stated };
    stated.sort_by_key(|(s, f)| (s.is_host != host, f.value == Status::Scheduled));
    stated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Method, When};
    use chrono_tz::Europe::London;
    use uuid::Uuid;

    fn candidate(title: &str, origin: Origin, rows: &[(Field, &str)]) -> Candidate {
        let row = |(field, value): &(Field, &str)| FieldRow {
            field: *field,
            position: 0,
            value: (*value).into(),
            evidence: crate::domain::Evidence { words: (*value).into(), origin, confidence: 1.0 },
        };
        Candidate {
            method: Method::JsonLd,
            native_id: None,
            title: title.into(),
            text: String::new(),
            url: None,
            booking_url: None,
            zone: London,
            facts: Facts::from_rows(rows.iter().map(row), London).unwrap(),
            confidence: 1.0,
            conflicts: Vec::new(),
        }
    }

    fn sourced(n: u128, is_host: bool, candidate: &Candidate) -> Sourced<'_> {
        let seen_at = DateTime::from_timestamp(1_800_000_000 + i64::try_from(n).unwrap(), 0).unwrap();
        Sourced { listing: id(n), candidate, is_host, seen_at }
    }

    fn id(n: u128) -> ListingId {
        ListingId(Uuid::from_u128(n))
    }

    fn start(chosen: &Chosen) -> String {
        chosen.facts.start.as_ref().unwrap().value.to_string()
    }

    #[test]
    fn the_host_wins_over_re_posters_and_the_newest_among_equals() {
        let host = candidate("Bid writing", Origin::Prose, &[(Field::Start, "2027-05-04"), (Field::Town, "Leeds")]);
        let old = candidate("BID WRITING!", Origin::Structured, &[(Field::Start, "2027-05-11"), (Field::Town, "York")]);
        let new = candidate("Bid-writing", Origin::Structured, &[(Field::Provider, "Mill Trust")]);
        let chosen = choose(&[sourced(3, false, &new), sourced(1, false, &old), sourced(2, true, &host)], &Locked::default());
        assert_eq!((chosen.title.as_str(), start(&chosen).as_str()), ("Bid writing", "2027-05-04"));
        assert_eq!((chosen.from[&Field::Start], chosen.from[&Field::Provider]), (id(2), id(3)));
        assert_eq!(chosen.conflicts, [(Field::Start, "2027-05-11".to_owned()), (Field::Town, "York".to_owned())]);
        let newest = choose(&[sourced(1, false, &old), sourced(3, false, &new)], &Locked::default());
        assert_eq!(newest.title, "Bid-writing");
    }

    #[test]
    fn structured_wins_over_prose_unless_contradicted() {
        let prose = candidate("A", Origin::Prose, &[(Field::Town, "Leeds")]);
        let mut structured = candidate("A", Origin::Structured, &[(Field::Town, "York")]);
        let town = |s: &Candidate| choose(&[sourced(2, false, &prose), sourced(1, false, s)], &Locked::default()).facts.town.unwrap().value;
        assert_eq!(town(&structured), "York");
        structured.conflicts.push(("town".into(), "meet us in Leeds".into()));
        assert_eq!(town(&structured), "Leeds");
    }

    #[test]
    fn a_time_wins_over_a_bare_date_of_the_same_day_only() {
        let host = candidate("A", Origin::Structured, &[(Field::Start, "2027-05-04")]);
        for (other, expected) in [("2027-05-04T10:00", "2027-05-04T10:00:00+01:00"), ("2027-05-05T10:00", "2027-05-04")] {
            let other = candidate("A", Origin::Prose, &[(Field::Start, other)]);
            let chosen = choose(&[sourced(1, true, &host), sourced(2, false, &other)], &Locked::default());
            assert_eq!(start(&chosen), expected);
        }
    }

    #[test]
    fn no_venue_of_one_town_is_put_in_another() {
        let host = candidate("A", Origin::Field, &[(Field::Town, "Leeds")]);
        let other = candidate("A", Origin::Field, &[(Field::Town, "York"), (Field::Venue, "York Hall"), (Field::Postcode, "YO1 1AA")]);
        let chosen = choose(&[sourced(1, true, &host), sourced(2, false, &other)], &Locked::default());
        assert_eq!((chosen.facts.venue, chosen.facts.postcode), (None, None));
    }

    #[test]
    fn a_town_that_an_editor_fixed_has_no_venue_of_another() {
        let host = candidate("A", Origin::Field, &[(Field::Town, "York"), (Field::Venue, "York Hall"), (Field::Postcode, "YO1 1AA")]);
        let row =
            |value: &str| FieldRow { field: Field::Town, position: 0, value: value.into(), evidence: crate::domain::Evidence::editor("by phone") };
        let fixed = |value: &str| choose(&[sourced(1, true, &host)], &Locked { rows: vec![row(value)], ..Locked::default() }).facts;
        assert_eq!((fixed("Hull").venue, fixed("Hull").postcode, fixed("Hull").town.unwrap().value.as_str()), (None, None, "Hull"));
        assert!(fixed("York").venue.is_some());
    }

    #[test]
    fn a_locked_field_is_never_replaced() {
        let host = candidate("A", Origin::Structured, &[(Field::Start, "2027-05-04"), (Field::Town, "Leeds")]);
        let editor = FieldRow { field: Field::Start, position: 0, value: "2027-06-01".into(), evidence: crate::domain::Evidence::editor("by phone") };
        let locked = Locked { rows: vec![editor], fields: [Field::Town].into(), title: Some("The real name".into()), ..Locked::default() };
        let chosen = choose(&[sourced(1, true, &host)], &locked);
        assert_eq!((chosen.title.as_str(), start(&chosen).as_str()), ("The real name", "2027-06-01"));
        assert_eq!(chosen.facts.town, None, "locked as not stated");
        assert!(chosen.from.is_empty());
    }

    #[test]
    fn a_start_that_an_editor_fixed_stands_beside_no_end_and_no_sittings_of_another_day() {
        let rows = [(Field::Start, "2027-05-04T10:00"), (Field::End, "2027-05-04T12:00"), (Field::Session, "2027-05-04T10:00/2027-05-04T12:00")];
        let host = candidate("A", Origin::Structured, &rows);
        let fixed = |value: &str| {
            let row = FieldRow { field: Field::Start, position: 0, value: value.into(), evidence: crate::domain::Evidence::editor("by phone") };
            choose(&[sourced(1, true, &host)], &Locked { rows: vec![row], ..Locked::default() })
        };
        let later = fixed("2027-06-01T10:00");
        assert_eq!((later.facts.end, later.facts.sessions.len(), later.from.len()), (None, 0, 0));
        let earlier = fixed("2027-05-03");
        assert_eq!((earlier.facts.end, earlier.facts.sessions.len()), (None, 0));
        let same_day = fixed("2027-05-04T09:30");
        assert!(same_day.facts.end.is_some() && same_day.facts.sessions.len() == 1);
    }

    #[test]
    fn a_structured_value_that_its_own_prose_contradicts_gives_way_to_another_and_is_told() {
        let mut doubtful = candidate("A", Origin::Structured, &[(Field::Start, "2027-05-04")]);
        doubtful.conflicts = vec![("start".into(), "Tuesday 11 May".into())];
        let sound = candidate("A", Origin::Structured, &[(Field::Start, "2027-05-11")]);
        let (older, newer) = (sourced(1, false, &sound), sourced(2, false, &doubtful));
        let chosen = choose(&[older, newer], &Locked::default());
        assert_eq!((start(&chosen).as_str(), chosen.from[&Field::Start]), ("2027-05-11", older.listing));
        assert!(chosen.conflicts.contains(&(Field::Start, "Tuesday 11 May".into())), "{:?}", chosen.conflicts);
        let alone = choose(&[newer], &Locked::default());
        assert_eq!(start(&alone), "2027-05-04", "nobody else states one: it is kept, and flagged");
        assert_eq!(alone.conflicts.len(), 1);
    }

    #[test]
    fn every_field_says_which_listing_it_is_from() {
        let host = candidate("A", Origin::Prose, &[(Field::Start, "2027-05-04"), (Field::Price, "2500..2500 GBP")]);
        let poster = candidate("B", Origin::Structured, &[(Field::Town, "Leeds"), (Field::Price, "3000..3000 GBP"), (Field::Mode, "hybrid")]);
        let chosen = choose(&[sourced(1, true, &host), sourced(2, false, &poster)], &Locked::default());
        let stated: BTreeSet<Field> = chosen.facts.rows().into_iter().map(|r| r.field).collect();
        assert_eq!(stated, chosen.from.keys().copied().collect());
        assert_eq!(chosen.from[&Field::Price], ListingId(Uuid::from_u128(1)), "the host's prose before a re-poster's data");
        assert_eq!(chosen.from[&Field::Town], ListingId(Uuid::from_u128(2)));
    }

    #[test]
    fn the_order_of_listings_does_not_matter() {
        let a = candidate("A", Origin::Prose, &[(Field::Start, "2027-05-04"), (Field::Town, "Leeds")]);
        let b = candidate("B", Origin::Structured, &[(Field::Start, "2027-05-04T10:00"), (Field::Town, "York")]);
        let (there, back) = ([sourced(1, false, &a), sourced(2, false, &b)], [sourced(2, false, &b), sourced(1, false, &a)]);
        assert_eq!(choose(&there, &Locked::default()), choose(&back, &Locked::default()));
        assert_eq!(choose(&[], &Locked::default()), Chosen::default());
        assert!(matches!(choose(&there, &Locked::default()).facts.start.unwrap().value, When::Minute(_)));
    }
}
