//! DATE, DATE-TIME, DURATION and PERIOD values of RFC 5545 section 3.3.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::lines::Property;
use super::zone::Zones;
use crate::domain::{When, civil};

/// A day or a civil date and time in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Midnight when it is a day.
    pub local: NaiveDateTime,
    pub is_day: bool,
    pub zone: Tz,
}

impl Stamp {
    /// All stamps of a property (EXDATE and RDATE can hold several); what cannot be read is left out.
    pub fn all(property: &Property, zones: &Zones) -> Vec<Self> {
        property.value.split(',').take(5_000).filter_map(|v| Self::read(v, property, zones)).collect()
    }

    pub fn one(property: &Property, zones: &Zones) -> Option<Self> {
        Self::read(&property.value, property, zones)
    }

    /// Reads one value in the zone its property states.
    pub fn read(value: &str, property: &Property, zones: &Zones) -> Option<Self> {
        let value = value.trim();
        let stated = property.param("TZID").and_then(|id| zones.named(id));
        let digits = value.trim_end_matches(['Z', 'z']);
        let zone = if digits.len() < value.len() { Tz::UTC } else { stated.unwrap_or_else(|| zones.floating()) };
        let (date, time) = digits.split_once(['T', 't', ' ']).unwrap_or((digits, ""));
        let day = NaiveDate::parse_from_str(&date.replace('-', ""), "%Y%m%d").ok()?;
        let clock = time.replace(':', "");
        let time = match clock.len() {
            0 => None,
            4 => Some(NaiveTime::parse_from_str(&clock, "%H%M").ok()?),
            _ => Some(NaiveTime::parse_from_str(clock.get(..6)?, "%H%M%S").ok()?),
        };
        Some(Self { local: day.and_time(time.unwrap_or(NaiveTime::MIN)), is_day: time.is_none(), zone })
    }

    pub fn instant(&self) -> DateTime<Utc> {
        civil(self.local, self.zone).with_timezone(&Utc)
    }

    /// The civil time of this stamp in another zone; a day stays that day.
    pub fn local_in(&self, zone: Tz) -> NaiveDateTime {
        if self.is_day || self.zone == zone { self.local } else { self.instant().with_timezone(&zone).naive_local() }
    }

    /// As a fact's value; times in UTC are shown in the zone `shown`.
    pub fn when(&self, shown: Tz) -> When {
        match (self.is_day, self.zone == Tz::UTC) {
            (true, _) => When::Day(self.local.date()),
            (false, true) => When::Minute(self.instant().with_timezone(&shown)),
            (false, false) => When::at(self.local, self.zone),
        }
    }

    /// The last day of something that ends, exclusively, here.
    pub fn last_day(&self) -> NaiveDate {
        let before = self.local.date().checked_sub_days(Days::new(1)).unwrap_or(self.local.date());
        if self.local.time() == NaiveTime::MIN { before } else { self.local.date() }
    }
}

/// `P1DT2H30M`, `PT15M`, `P2W`; negative ones are none. At most ten years.
pub fn duration(value: &str) -> Option<TimeDelta> {
    let mut rest = value.trim().trim_start_matches('+').strip_prefix('P')?;
    let mut total = 0_i64;
    let mut any = false;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T') {
            rest = after;
            continue;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        let unit = match rest.as_bytes().get(digits)? {
            b'W' => 7 * 86_400,
            b'D' => 86_400,
            b'H' => 3_600,
            b'M' => 60,
            b'S' => 1,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        any = true;
        rest = &rest[digits + 1..];
    }
    (any && total <= 3_653 * 86_400).then(|| TimeDelta::seconds(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("PT15M", Some(900)),
            ("P1DT2H", Some(93_600)),
            ("P2W", Some(1_209_600)),
            ("P", None),
            ("-PT5M", None),
            ("P99999D", None),
            ("PT1X", None),
        ] {
            assert_eq!(duration(text).map(|d| d.num_seconds()), seconds, "{text}");
        }
    }
}
