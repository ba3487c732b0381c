//! Tables of facts and the words they must give.

use super::*;
use crate::{
    bulletin::compose::testing::fact,
    domain::{Money, Session},
};
use chrono_tz::Europe::{London, Paris};

fn at(text: &str) -> When {
    When::parse(text, London).unwrap()
}

#[test]
fn times_of_day() {
    for (input, expected) in
        [("00:00", "midnight"), ("09:45", "9.45am"), ("10:00", "10am"), ("12:00", "midday"), ("12:30", "12.30pm"), ("13:05", "1.05pm")]
    {
        assert_eq!(time(NaiveTime::parse_from_str(input, "%H:%M").unwrap()), expected);
    }
}

#[test]
fn when_is_as_precise_as_it_was_stated_and_no_more() {
    let table = [
        ("", "", "not stated"),
        ("2027-05-04T10:00", "2027-05-04T13:00", "Tuesday 4 May 2027, 10am to 1pm"),
        ("2027-05-04T10:00", "", "Tuesday 4 May 2027, 10am"),
        ("2027-05-04T10:00", "2027-05-04", "Tuesday 4 May 2027, 10am"),
        ("2027-05-04T10:00", "2027-05-04T09:00", "Tuesday 4 May 2027, 10am"),
        ("2027-05-04T22:00", "2027-05-05T00:00", "Tuesday 4 May 2027, 10pm to midnight"),
        ("2027-05-04", "", "Tuesday 4 May 2027"),
        ("2027-05-04", "2027-05-04", "Tuesday 4 May 2027"),
        ("2027-05-04", "2027-05-06", "Tuesday 4 to Thursday 6 May 2027"),
        ("2027-04-30", "2027-05-02", "Friday 30 April to Sunday 2 May 2027"),
        ("2027-12-31", "2028-01-01", "Friday 31 December 2027 to Saturday 1 January 2028"),
        ("2027-05-04T10:00", "2027-05-06T16:00", "Tuesday 4 May 2027, 10am to Thursday 6 May 2027, 4pm"),
        ("2027-05", "", "May 2027, day not stated"),
        ("2027-05", "2027-05", "May 2027, day not stated"),
        ("2027-05", "2027-07", "May 2027 to July 2027"),
        ("", "2027-05-06", "Until Thursday 6 May 2027, start not stated"),
    ];
    for (start, end, expected) in table {
        let moment = |s: &str| if s.is_empty() { None } else { fact(at(s)) };
        let facts = Facts { start: moment(start), end: moment(end), ..Facts::default() };
        assert_eq!(when_line(&facts), expected, "{start} {end}");
    }
}

#[test]
fn several_sittings_are_summarised() {
    let sitting = |s: &str| Session { start: at(s), end: None };
    let facts = Facts {
        start: fact(at("2027-02-26T09:45")),
        sessions: vec![sitting("2027-02-26T09:45"), sitting("2027-03-05T09:45"), sitting("2027-03-12T09:45")],
        ..Facts::default()
    };
    assert_eq!(when_line(&facts), "3 sessions, first Friday 26 February 2027, 9.45am");
}

#[test]
fn clocks_elsewhere_are_named() {
    let facts = Facts { start: fact(When::parse("2027-05-04T14:00", Paris).unwrap()), ..Facts::default() };
    assert_eq!(when_line(&facts), "Tuesday 4 May 2027, 2pm (Paris time)");
    let winter = Facts { start: fact(When::parse("2027-01-05T14:00", chrono_tz::UTC).unwrap()), ..Facts::default() };
    assert_eq!(when_line(&winter), "Tuesday 5 January 2027, 2pm");
}

#[test]
fn where_names_the_way_and_the_place() {
    let table = [
        (None, "", "", None, "not stated", "place not stated"),
        (None, "Leeds", "", None, "Leeds", "Leeds"),
        (Some(Mode::InPerson), "Leeds", "The Mill", None, "Leeds (The Mill)", "Leeds"),
        (Some(Mode::InPerson), "Leeds", "Leeds Arts Hall", None, "Leeds Arts Hall", "Leeds"),
        (Some(Mode::InPerson), "", "The Mill", None, "The Mill", "The Mill"),
        (Some(Mode::InPerson), "", "", Some(Region::YorkshireHumber), "Yorkshire and the Humber", "Yorkshire and the Humber"),
        (Some(Mode::InPerson), "", "", None, "In person, place not stated", "place not stated"),
        (Some(Mode::InPerson), "", "", Some(Region::Uk), "In person, place not stated", "place not stated"),
        (Some(Mode::Online), "Leeds", "The Mill", Some(Region::Uk), "Online", "Online"),
        (Some(Mode::Online), "", "", Some(Region::NorthWest), "Online, for the North West", "Online"),
        (Some(Mode::Online), "", "", Some(Region::Wales), "Online, for Wales", "Online"),
        (Some(Mode::Hybrid), "Leeds", "", None, "Leeds and online", "Leeds and online"),
        (Some(Mode::Hybrid), "", "", None, "In person and online, place not stated", "In person and online"),
        (Some(Mode::SelfPaced), "", "", None, "Online, at your own pace", "Online"),
    ];
    for (mode, town, venue, region, long, short) in table {
        let text = |s: &str| if s.is_empty() { None } else { fact(s.to_owned()) };
        let facts = Facts { mode: mode.and_then(fact), town: text(town), venue: text(venue), region: region.and_then(fact), ..Facts::default() };
        assert_eq!(where_line(&facts), long);
        assert_eq!(where_short(&facts), short);
    }
}

#[test]
fn unknown_cost_is_never_free() {
    let table = [
        (None, None, "not stated"),
        (Some(0), Some(0), "Free"),
        (None, Some(0), "Free"),
        (Some(0), None, "Free for some, otherwise not stated"),
        (Some(0), Some(4500), "Free for some, otherwise up to £45"),
        (Some(2500), Some(4500), "£25 to £45"),
        (Some(2500), Some(2500), "£25"),
        (Some(2000), None, "from £20"),
        (None, Some(1250), "up to £12.50"),
    ];
    for (min, max, expected) in table {
        let value = Price { min: min.map(Money::pence), max: max.map(Money::pence) };
        assert_eq!(price(Some(&value)), expected);
    }
    assert_eq!(price(None), "not stated");
    assert_eq!(cost_short(&Facts::default()), "cost not stated");
}

#[test]
fn conditions_of_the_price_are_told() {
    let value = Price { min: Some(Money::pence(2500)), max: Some(Money::pence(4500)) };
    let flag = |f| fact(f).unwrap();
    let mut facts = Facts { price: fact(value), cost_flags: vec![flag(CostFlag::Members), flag(CostFlag::PlusVat)], ..Facts::default() };
    assert_eq!(cost_line(&facts), "£25 to £45 plus VAT; members’ rates");
    facts.price = None;
    assert_eq!(cost_line(&facts), "not stated; members’ rates");
}

#[test]
fn who_says_whether_we_know_them() {
    let facts = Facts { provider: fact("Mill Trust".to_owned()), ..Facts::default() };
    assert_eq!(who_line(&facts, true), "Mill Trust (known to us)");
    assert_eq!(who_line(&facts, false), "Mill Trust (new to us)");
    assert_eq!(who_line(&Facts::default(), true), "not stated");
}

#[test]
fn lists_leave_out_this_year() {
    let now: DateTime<Utc> = "2027-03-01T09:00:00Z".parse().unwrap();
    for (start, expected) in [("2027-05-04T10:00", "Tue 4 May"), ("2028-05-04", "Thu 4 May 2028"), ("2027-05", "May 2027")] {
        let facts = Facts { start: fact(at(start)), ..Facts::default() };
        assert_eq!(when_short(&facts, now, London), expected);
    }
    assert_eq!(when_short(&Facts::default(), now, London), "date not stated");
}

#[test]
fn a_title_does_not_repeat_what_became_of_it() {
    let check = |title: &str, expected: &str| assert_eq!(without_status(title), expected);
    check("CANCELLED: Writing labels", "Writing labels");
    check("Cancelled - Writing labels: a workshop", "Writing labels: a workshop");
    check("[POSTPONED] Writing labels", "Writing labels");
    check("(Sold out) Writing labels", "Writing labels");
    check("Cancelled: ", "Cancelled: ");
    check("Cancelled culture: a seminar", "Cancelled culture: a seminar");
    check("Writing labels: cancelled", "Writing labels: cancelled");
}
