//! Which zone of the IANA database a TZID means: by its name, a Windows name, or the offsets of its VTIMEZONE block.
//!
//! The name is trusted before the block: Google writes Europe/Dublin with a negative summer time.

use std::collections::HashMap;
use std::str::FromStr;

use chrono::{NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

use super::lines::Component;

/// Zones tried, in order, for a block whose name says nothing.
const LIKELY: &[Tz] = &[
    Tz::Europe__London,
    Tz::Europe__Paris,
    Tz::Europe__Helsinki,
    Tz::America__New_York,
    Tz::America__Chicago,
    Tz::America__Denver,
    Tz::America__Los_Angeles,
    Tz::America__Halifax,
    Tz::Australia__Sydney,
    Tz::Pacific__Auckland,
    Tz::Asia__Kolkata,
    Tz::Asia__Tokyo,
    Tz::UTC,
];

/// The zones of one calendar.
pub struct Zones {
    named: HashMap<String, Tz>,
    /// The zone the calendar states for itself (`X-WR-TIMEZONE`).
    pub calendar: Option<Tz>,
    /// Of floating times, when the calendar states none.
    default: Tz,
    /// A site left on UTC: what it calls UTC is civil time.
    utc_is_civil: bool,
}

impl Zones {
    pub fn of(calendar: &Component, default: Tz) -> Self {
        let utc_is_civil = is_site_of_events_calendar(calendar);
        let stated = calendar.get("X-WR-TIMEZONE").or_else(|| calendar.get("TIMEZONE-ID")).and_then(|p| by_name(&p.text()));
        let mut named = HashMap::new();
        for block in calendar.children.iter().filter(|c| c.name == "VTIMEZONE") {
            let Some(id) = block.text("TZID") else { continue };
            let location = block.text("X-LIC-LOCATION").and_then(|l| by_name(&l));
            if let Some(zone) = by_name(&id).or(location).or_else(|| by_offsets(block, default)) {
                named.insert(id, zone);
            }
        }
        let stated = stated.filter(|z| !(utc_is_civil && *z == Tz::UTC));
        Self { named, calendar: stated, default, utc_is_civil }
    }

    /// The zone of a TZID; `None` when nobody knows it.
    pub fn named(&self, id: &str) -> Option<Tz> {
        self.named.get(id).copied().or_else(|| by_name(id)).filter(|z| !(self.utc_is_civil && is_utc(*z)))
    }

    /// The zone of times that name none.
    pub fn floating(&self) -> Tz {
        self.calendar.unwrap_or(self.default)
    }
}

/// The Events Calendar exports in the site's zone (its PRODID ends in `ECPv6.x`): where that is UTC, nobody has set it.
fn is_site_of_events_calendar(calendar: &Component) -> bool {
    calendar.get("PRODID").is_some_and(|p| p.value.contains("ECPv"))
}

fn is_utc(zone: Tz) -> bool {
    matches!(zone, Tz::UTC | Tz::Etc__UTC | Tz::Etc__GMT | Tz::GMT | Tz::Etc__GMT0 | Tz::Etc__UCT | Tz::UCT | Tz::Zulu | Tz::Etc__Zulu)
}

/// IANA names, Windows names, and IANA names behind a vendor's prefix (`/vendor.example/20070129_1/Europe/London`).
fn by_name(id: &str) -> Option<Tz> {
    let id = id.trim().trim_matches('"');
    let known = |name: &str| match calcard::common::timezone::Tz::from_str(name) {
        Ok(calcard::common::timezone::Tz::Tz(zone)) => Some(zone),
        _ => Tz::from_str(name).ok(),
    };
    let tails = id.match_indices('/').take(8).map(|(at, _)| &id[at + 1..]);
    known(id).or_else(|| tails.filter(|t| t.contains('/')).find_map(known))
}

/// A zone with the block's winter and summer offsets.
fn by_offsets(block: &Component, default: Tz) -> Option<Tz> {
    let offset = |name| block.children.iter().rfind(|c| c.name == name).and_then(|c| seconds(&c.text("TZOFFSETTO")?));
    let standard = offset("STANDARD")?;
    let summer = offset("DAYLIGHT").unwrap_or(standard);
    std::iter::once(&default).chain(LIKELY).copied().find(|z| offsets(*z) == (standard, summer)).or_else(|| fixed(standard))
}

/// Standard and summer offsets of a zone today, in seconds east.
fn offsets(zone: Tz) -> (i32, i32) {
    let at = |month| {
        let noon = NaiveDate::from_ymd_opt(2025, month, 1).and_then(|d| d.and_hms_opt(12, 0, 0)).unwrap_or_default();
        zone.offset_from_utc_datetime(&noon).fix().local_minus_utc()
    };
    let (january, july) = (at(1), at(7));
    (january.min(july), january.max(july))
}

/// `Etc/GMT-1` is one hour east (POSIX signs).
fn fixed(east: i32) -> Option<Tz> {
    let hours = east / 3600;
    (east % 3600 == 0).then(|| Tz::from_str(&format!("Etc/GMT{}{}", if hours > 0 { '-' } else { '+' }, hours.abs())).ok())?
}

/// `+0100`, `-053000`
fn seconds(offset: &str) -> Option<i32> {
    let digits = offset.trim().strip_prefix(['+', '-'])?;
    let part = |n: usize| digits.get(n..n + 2).and_then(|d| d.parse::<i32>().ok());
    let total = part(0)? * 3600 + part(2)? * 60;
    Some(if offset.trim().starts_with('-') { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn names_of_every_kind_are_known() {
        for (id, zone) in [
            ("Europe/London", Tz::Europe__London),
            ("GMT Standard Time", Tz::Europe__London),
            ("/calendar.example/20070129_1/Europe/Dublin", Tz::Europe__Dublin),
            ("W. Europe Standard Time", Tz::Europe__Berlin),
        ] {
            assert_eq!(by_name(id), Some(zone), "{id}");
        }
        assert_eq!(by_name("Our office"), None);
    }

    #[test]
    fn an_unknown_name_is_read_from_its_block() {
        let block = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nTZOFFSETTO:+0000\nEND:STANDARD\n\
                     BEGIN:DAYLIGHT\nTZOFFSETTO:+0100\nEND:DAYLIGHT\nEND:VTIMEZONE\nEND:VCALENDAR";
        let root = lines::read(block, &mut Vec::new()).unwrap();
        let zones = Zones::of(&root.children[0], Tz::America__Chicago);
        assert_eq!(zones.named("Ours"), Some(Tz::Europe__London));
        assert_eq!(zones.named("Theirs"), None);
    }
}
