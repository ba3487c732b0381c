//! What changed about an event between two readings of its facts, and which of it those who were told of the event should hear.
//!
//! Learning more is not a change (a time for a known day, a town where there was none), and neither is silence: a fact that is no
//! longer stated was not taken back.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use super::{
    place_words::{Agreement, Place},
    title::split,
};
use crate::domain::{Fact, Facts, Field, Status, When};

/// One fact that is now otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub what: Field,
    /// As stored in a field row. None when it held by default (status "scheduled" that nobody stated).
    pub was: Option<String>,
    pub becomes: Option<String>,
    /// Whether readers who were told of the event should hear of it.
    pub tell: bool,
}

/// The changes from `before` to `after`, in the order a reader cares: status, date, place, mode, then the rest.
#[must_use]
pub fn changes(before: &Facts, after: &Facts) -> Vec<Change> {
    let moved_start = moved(before.start.as_ref(), after.start.as_ref());
    let checks = [
        (Field::Status, status_changed(before, after), true),
        (Field::Start, moved_start, true),
        // An end that moves with its start is no news of its own.
        (Field::End, !moved_start && day_moved(before.end.as_ref(), after.end.as_ref()), true),
        (Field::Session, sittings_changed(before, after) && !moved_start, true),
        (Field::Mode, differ(before.mode.as_ref(), after.mode.as_ref()), true),
        (Field::Town, town_changed(before, after), true),
        (Field::Venue, venue_changed(before, after), true),
        (Field::Price, differ(before.price.as_ref(), after.price.as_ref()), true),
        (Field::Deadline, moved(before.deadline.as_ref(), after.deadline.as_ref()), false),
    ];
    let change = |what, tell| Change { what, was: stored(before, what), becomes: stored(after, what), tell };
    checks.into_iter().filter(|(_, changed, _)| *changed).map(|(what, _, tell)| change(what, tell)).collect()
}

/// The value as its row holds it; several joined by commas.
fn stored(facts: &Facts, field: Field) -> Option<String> {
    let values: Vec<String> = facts.rows().into_iter().filter(|r| r.field == field).map(|r| r.value).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn differ<T: PartialEq>(before: Option<&Fact<T>>, after: Option<&Fact<T>>) -> bool {
    before.zip(after).is_some_and(|(a, b)| a.value != b.value)
}

/// "Scheduled" is what holds when nobody says otherwise; but no longer saying "cancelled" does not call it off.
fn status_changed(before: &Facts, after: &Facts) -> bool {
    let was = before.status.as_ref().map_or(Status::Scheduled, |s| s.value);
    after.status.as_ref().is_some_and(|s| s.value != was)
}

/// Whether two statements cannot both hold: another day, another month, or another time of day.
fn moved(before: Option<&Fact<When>>, after: Option<&Fact<When>>) -> bool {
    let Some((before, after)) = before.zip(after) else { return false };
    match (before.value, after.value) {
        (When::Minute(a), When::Minute(b)) => a != b,
        (a, b) => !same_day(a, b),
    }
}

fn day_moved(before: Option<&Fact<When>>, after: Option<&Fact<When>>) -> bool {
    before.zip(after).is_some_and(|(a, b)| !same_day(a.value, b.value))
}

/// As far as both were stated.
fn same_day(a: When, b: When) -> bool {
    if let (Some(a), Some(b)) = (a.day(), b.day()) {
        return a == b;
    }
    let month = |w: When| (w.first_day().year(), w.first_day().month());
    month(a) == month(b)
}

fn sittings_changed(before: &Facts, after: &Facts) -> bool {
    let days = |f: &Facts| f.sessions.iter().filter_map(|s| s.start.day()).collect::<BTreeSet<NaiveDate>>();
    let (was, becomes) = (days(before), days(after));
    !was.is_empty() && !becomes.is_empty() && was != becomes
}

fn town_changed(before: &Facts, after: &Facts) -> bool {
    let place = |f: &Facts| Place::read(f.town.as_ref().map(|t| t.value.as_str()), None);
    place(before).town_against(&place(after)) == Agreement::Differs
}

/// "The Mill" and "The Mill, Park Street" are one venue.
fn venue_changed(before: &Facts, after: &Facts) -> bool {
    let Some((a, b)) = before.venue.as_ref().zip(after.venue.as_ref()) else { return false };
    let (a, b) = (split(&a.value), split(&b.value));
    let within = |a: &[String], b: &[String]| a.iter().all(|w| b.contains(w));
    !within(&a, &b) && !within(&b, &a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Evidence, FieldRow};
    use chrono_tz::Europe::London;

    fn facts(rows: &[(Field, &str)]) -> Facts {
        let row = |(field, value): &(Field, &str)| FieldRow { field: *field, position: 0, value: (*value).into(), evidence: Evidence::editor("") };
        Facts::from_rows(rows.iter().map(row), London).unwrap()
    }

    fn check(before: &[(Field, &str)], after: &[(Field, &str)], expected: &[(Field, bool)]) {
        let found: Vec<_> = changes(&facts(before), &facts(after)).into_iter().map(|c| (c.what, c.tell)).collect();
        assert_eq!(found, expected, "{before:?} -> {after:?}");
    }

    #[test]
    fn what_readers_must_hear_is_marked() {
        use Field::{Mode, Price, Start, Status, Town, Venue};
        check(&[], &[(Status, "cancelled")], &[(Status, true)]);
        check(&[(Status, "scheduled")], &[(Status, "sold_out")], &[(Status, true)]);
        check(&[(Status, "cancelled")], &[(Status, "scheduled")], &[(Status, true)]);
        check(&[(Start, "2027-05-04")], &[(Start, "2027-05-11"), (Status, "rescheduled")], &[(Status, true), (Start, true)]);
        check(&[(Start, "2027-05-04T10:00")], &[(Start, "2027-05-04T14:00")], &[(Start, true)]);
        check(&[(Start, "2027-05")], &[(Start, "2027-06-04")], &[(Start, true)]);
        check(&[(Mode, "in_person")], &[(Mode, "online")], &[(Mode, true)]);
        check(&[(Town, "Leeds")], &[(Town, "York")], &[(Town, true)]);
        check(&[(Venue, "The Mill")], &[(Venue, "Town Hall")], &[(Venue, true)]);
        check(&[(Price, "0..0 GBP")], &[(Price, "2500..2500 GBP")], &[(Price, true)]);
    }

    #[test]
    fn learning_more_and_silence_are_no_changes() {
        use Field::{Mode, Start, Status, Town, Venue};
        check(&[(Start, "2027-05-04")], &[(Start, "2027-05-04T10:00")], &[]);
        check(&[(Start, "2027-05")], &[(Start, "2027-05-04")], &[]);
        check(&[(Start, "2027-05-04T10:00")], &[], &[]);
        check(&[], &[(Start, "2027-05-04"), (Town, "Leeds"), (Mode, "online")], &[]);
        check(&[(Status, "cancelled")], &[], &[]);
        check(&[(Venue, "The Mill")], &[(Venue, "The Mill, Park Street")], &[]);
        check(&[(Start, "2027-05-04T10:00:00+01:00")], &[(Start, "2027-05-04T09:00:00+00:00")], &[]);
    }

    #[test]
    fn a_change_says_what_was_and_what_becomes() {
        let found = changes(&facts(&[(Field::Town, "Leeds")]), &facts(&[(Field::Town, "York")]));
        assert_eq!((found[0].was.as_deref(), found[0].becomes.as_deref()), (Some("Leeds"), Some("York")));
    }
}
