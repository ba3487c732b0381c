//! Small events for tests; everything else is not stated.

use chrono_tz::Europe::London;
use uuid::Uuid;

use crate::{
    bulletin::view::EventView,
    domain::{EventId, Fact, Facts, Kind, Money, Origin, Price, When},
};

pub const NOW: &str = "2027-03-01T09:00:00Z";

pub fn when(text: &str) -> When {
    When::parse(text, London).unwrap()
}

#[allow(clippy::unnecessary_wraps, reason = "facts are optional, and tests put them in place")]
pub fn fact<T>(value: T) -> Option<Fact<T>> {
    Some(Fact::new(value, Origin::Structured, "", 1.0))
}

/// Training on 4 May 2027, nothing else known.
pub fn event(n: u128) -> EventView {
    EventView {
        id: EventId(Uuid::from_u128(n)),
        title: format!("Event {n}"),
        body: String::new(),
        url: Some(format!("https://events.example/{n}")),
        booking_url: None,
        zone: London,
        kind: Kind::Cpd,
        facts: Facts { start: fact(when("2027-05-04T10:00")), ..Facts::default() },
        tags: Vec::new(),
        provider_known: false,
        flag: None,
        withdrawn: false,
        decision: None,
        pick: false,
        told_at: None,
        changes: Vec::new(),
    }
}

pub fn priced(n: u128, min: Option<u32>, max: Option<u32>) -> EventView {
    let mut event = event(n);
    event.facts.price = fact(Price { min: min.map(Money::pence), max: max.map(Money::pence) });
    event
}
