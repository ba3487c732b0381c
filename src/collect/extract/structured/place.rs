//! Where a schema.org event takes place: Place, PostalAddress, VirtualLocation, a plain string, or several of them.

use serde_json::Value;

use super::{Object, kinds, list, words};
use crate::collect::html;
use crate::domain::{Fact, Mode, Origin, RawEvent, RawPlace};

/// Reads all locations into the event; one virtual beside a physical one makes it hybrid.
pub fn read<'a>(locations: &'a [Value], object: impl Fn(&'a Value) -> Option<&'a Object>, event: &mut RawEvent) {
    let mut online = false;
    for location in locations.iter().take(10) {
        match object(location) {
            Some(o) if kinds(o).any(|k| k == "VirtualLocation") => online = true,
            Some(o) if event.place == RawPlace::default() => event.place = place(o, &object),
            Some(_) => {}
            None => {
                let text = words(Some(location)).map(|w| html::plain(&w)).filter(|w| !w.is_empty());
                match text {
                    Some(t) if t.starts_with("http") => online = true,
                    Some(t) if event.place == RawPlace::default() => event.place.words = Some(t),
                    _ => {}
                }
            }
        }
    }
    if online {
        let mode = if event.place == RawPlace::default() { Mode::Online } else { Mode::Hybrid };
        event.mode = Some(Fact::new(mode, Origin::Structured, "VirtualLocation", 0.8));
    }
}

/// A `Place`, or anything with a name and an address.
pub fn place<'a>(source: &'a Object, object: &impl Fn(&'a Value) -> Option<&'a Object>) -> RawPlace {
    let line = |value: Option<&Value>| words(value).map(|w| html::plain_line(&w)).filter(|w| !w.is_empty());
    let mut out = RawPlace { name: line(source.get("name")), ..RawPlace::default() };
    let Some(address) = source.get("address") else { return out };
    match list(Some(address)).first().and_then(object) {
        Some(parts) => {
            out.address = line(parts.get("streetAddress"));
            out.town = line(parts.get("addressLocality"));
            out.postcode = line(parts.get("postalCode"));
            out.region = line(parts.get("addressRegion"));
        }
        None => out.address = line(Some(address)),
    }
    out
}
