//! When something happens, as precisely as it was stated and never more: a month, a day, or a minute in a time zone.

use std::fmt;

use chrono::{DateTime, Datelike, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

/// A moment with the precision of its statement. A time of day that nobody stated is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// "in March 2027"
    Month { year: i32, month: u32 },
    /// "4 May 2027"
    Day(NaiveDate),
    /// "4 May 2027, 10am", in the civil time of the zone it was stated in.
    Minute(DateTime<Tz>),
}

/// A stored or printed moment that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date, a month or a date and time in ISO 8601")]
pub struct BadWhen(pub String);

impl When {
    /// A civil date and time in a zone. In the gap of spring it is the first valid instant after; in the fold of
    /// autumn the first pass.
    #[must_use]
    pub fn at(local: NaiveDateTime, zone: Tz) -> Self {
        Self::Minute(civil(local, zone))
    }

    /// Reads what [`fmt::Display`] prints: `2027-03`, `2027-03-01`, or RFC 3339; a time without an offset is civil time in `zone`.
    pub fn parse(s: &str, zone: Tz) -> Result<Self, BadWhen> {
        let bad = || BadWhen(s.to_owned());
        let t = s.trim();
        if let Ok(instant) = DateTime::parse_from_rfc3339(t) {
            return Ok(Self::Minute(instant.with_timezone(&zone)));
        }
        for pattern in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"] {
            if let Ok(local) = NaiveDateTime::parse_from_str(t, pattern) {
                return Ok(Self::at(local, zone));
            }
        }
        if let Ok(day) = NaiveDate::parse_from_str(t, "%Y-%m-%d") {
            return Ok(Self::Day(day));
        }
        let (year, month) = t.split_once('-').ok_or_else(bad)?;
        let (year, month) = (year.parse().map_err(|_| bad())?, month.parse().map_err(|_| bad())?);
        NaiveDate::from_ymd_opt(year, month, 1).ok_or_else(bad)?;
        Ok(Self::Month { year, month })
    }

    /// The civil day, when at least the day was stated.
    #[must_use]
    pub fn day(&self) -> Option<NaiveDate> {
        match self {
            Self::Month { .. } => None,
            Self::Day(day) => Some(*day),
            Self::Minute(at) => Some(at.date_naive()),
        }
    }

    /// The first civil day it can mean: the first of the month when only that was stated.
    #[must_use]
    pub fn first_day(&self) -> NaiveDate {
        match self {
            Self::Month { year, month } => NaiveDate::from_ymd_opt(*year, *month, 1).unwrap_or(NaiveDate::MIN),
            Self::Day(day) => *day,
            Self::Minute(at) => at.date_naive(),
        }
    }

    /// The civil time of day, when one was stated.
    #[must_use]
    pub fn time(&self) -> Option<NaiveTime> {
        match self {
            Self::Minute(at) => Some(at.time()),
            _ => None,
        }
    }

    /// The first instant it can mean, for sorting and for windows. UTC.
    #[must_use]
    pub fn earliest(&self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Minute(at) => at.with_timezone(&Utc),
            _ => civil(self.first_day().and_time(NaiveTime::MIN), zone).with_timezone(&Utc),
        }
    }

    /// The first instant that is certainly after it: the end of the day or month when no more was stated. UTC.
    #[must_use]
    pub fn latest(&self, zone: Tz) -> DateTime<Utc> {
        let next = match self {
            Self::Minute(at) => return at.with_timezone(&Utc),
            Self::Day(day) => day.checked_add_days(Days::new(1)),
            Self::Month { .. } => self.first_day().checked_add_months(Months::new(1)),
        };
        civil(next.unwrap_or(NaiveDate::MAX).and_time(NaiveTime::MIN), zone).with_timezone(&Utc)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month { year, month } => write!(f, "{year:04}-{month:02}"),
            Self::Day(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
            Self::Minute(at) => write!(f, "{}", at.format("%Y-%m-%dT%H:%M:%S%:z")),
        }
    }
}

impl serde::Serialize for When {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// Maps civil time to an instant: gap -> the first valid instant after it, fold -> the first pass.
#[must_use]
pub fn civil(local: NaiveDateTime, zone: Tz) -> DateTime<Tz> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at,
        LocalResult::None => {
            // In a gap: read it with the offset that was in force before, then step to the first instant after the gap.
            let before = zone.offset_from_utc_datetime(&(local - chrono::TimeDelta::days(1))).fix();
            let guess = local - chrono::TimeDelta::seconds(i64::from(before.local_minus_utc()));
            let at = zone.from_utc_datetime(&guess);
            (0..=180).map(|m| at - chrono::TimeDelta::minutes(m)).take_while(|a| a.offset().fix() != before).last().unwrap_or(at)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::London;

    fn local(s: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(s, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn what_is_printed_is_what_was_stated() {
        for text in ["2027-03", "2027-03-01", "2027-07-01T10:30:00+01:00", "2027-01-01T10:30:00+00:00"] {
            assert_eq!(When::parse(text, London).unwrap().to_string(), text);
        }
        assert_eq!(When::parse("2027-07-01T10:30", London).unwrap().to_string(), "2027-07-01T10:30:00+01:00");
        for text in ["", "soon", "2027-13", "2027-02-30", "2027-2-x"] {
            assert!(When::parse(text, London).is_err(), "{text}");
        }
    }

    #[test]
    fn a_gap_gives_the_first_valid_instant_and_a_fold_the_first_pass() {
        assert_eq!(civil(local("2027-03-28 01:30"), London).to_rfc3339(), "2027-03-28T02:00:00+01:00");
        assert_eq!(civil(local("2027-03-28 01:00"), London).to_rfc3339(), "2027-03-28T02:00:00+01:00");
        assert_eq!(civil(local("2027-10-31 01:30"), London).to_rfc3339(), "2027-10-31T01:30:00+01:00");
    }

    #[test]
    fn a_day_lasts_until_the_next_one_begins() {
        let day = When::parse("2027-03-28", London).unwrap();
        assert_eq!((day.latest(London) - day.earliest(London)).num_hours(), 23);
    }
}
