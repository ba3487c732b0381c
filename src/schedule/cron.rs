//! Cron expressions in civil time. The `cron` crate reasons in naive time only; the way to instants is ours.
//!
//! Measured: given a zone with daylight saving the crate skips 01:30 in spring and fires it twice in autumn. So it is fed civil
//! time as if it were UTC, and `domain::civil` maps the result: gap -> first valid instant, fold -> first pass.

use std::str::FromStr;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::{civil, text};

/// A checked expression that comes at least once between 1970 and 2100.
#[derive(Debug, Clone)]
pub struct Cron {
    written: String,
    civil: cron::Schedule,
}

/// One time at which a bulletin is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// The date of the edition, as the expression means it; what the database holds to be unique.
    pub civil_date: NaiveDate,
    /// The instant. After a gap at midnight it can lie on the civil day after.
    pub at: DateTime<Utc>,
}

/// Why an expression cannot be used, with an example that can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCron {
    #[error(
        "`{written}` has {found} fields; expected five (minute hour day month weekday), such as `0 7 * * MON`, six with seconds first or seven with the year last"
    )]
    FieldCount { written: String, found: usize },
    #[error("`{value}` cannot be the {field}; expected {expected}, such as `{example}`")]
    Field { field: &'static str, value: String, expected: &'static str, example: &'static str },
    #[error("`{0}` never comes: no such date exists; try `0 7 1 * *`")]
    Never(String),
}

/// Name, range and example of a field.
type FieldWords = (&'static str, &'static str, &'static str);

const FIELDS: [FieldWords; 7] = [
    ("second", "0-59", "0"),
    ("minute", "0-59", "30"),
    ("hour", "0-23", "7"),
    ("day of the month", "1-31", "1-7"),
    ("month", "1-12 or JAN-DEC", "JAN,JUL"),
    ("weekday", "MON-SUN or 0-7 (0 and 7 are Sunday)", "MON-FRI"),
    ("year", "1970-2100", "2027"),
];
const WEEKDAY: usize = 5;

/// Longer is a mistake or an attack; the longest sensible list of minutes has 170 characters.
const LONGEST: usize = 200;

impl Cron {
    /// Reads five fields as crontab(5) has them, six with seconds first, seven with years last, or `@daily`, `@weekly`, `@monthly`...
    ///
    /// Weekdays count as in crontab(5) whatever the number of fields: 1 is Monday. Unlike crontab(5), a day of the month and a
    /// weekday must both hold, so that `0 7 1-7 * MON` is the first Monday of the month.
    pub fn parse(expr: &str) -> Result<Self, BadCron> {
        let shown = text::single_line(expr, 80);
        let written: Vec<&str> = expr.split_whitespace().collect();
        let crates_own = match written.as_slice() {
            [shorthand] if shorthand.starts_with('@') => (*shorthand).to_owned(),
            _ if expr.len() > LONGEST => return Err(BadCron::FieldCount { written: shown, found: written.len() }),
            five if five.len() == 5 => checked(&[&["0"], five].concat())?,
            more if more.len() == 6 || more.len() == 7 => checked(more)?,
            other => return Err(BadCron::FieldCount { written: shown, found: other.len() }),
        };
        let civil = cron::Schedule::from_str(&crates_own).map_err(|_| BadCron::FieldCount { written: shown.clone(), found: written.len() })?;
        let cron = Self { written: written.join(" "), civil };
        if cron.first_on_or_after(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default()).is_none() {
            return Err(BadCron::Never(shown));
        }
        Ok(cron)
    }

    /// The expression as it was written, white space apart.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The occurrences strictly after an instant, in order, at most one for each civil date: the first, when the expression
    /// comes several times a day.
    pub fn occurrences(&self, zone: Tz, after: DateTime<Utc>) -> impl Iterator<Item = Occurrence> {
        // From the day before, because a gap at midnight can push an occurrence into the next day.
        let mut from = within_years(after).with_timezone(&zone).date_naive().checked_sub_days(Days::new(1));
        std::iter::from_fn(move || {
            let local = self.first_on_or_after(from?)?;
            from = local.date().succ_opt();
            Some(Occurrence { civil_date: local.date(), at: civil(local, zone).with_timezone(&Utc) })
        })
        .filter(move |o| o.at > after)
    }

    /// The next `n` times, for the desk and the command line.
    pub fn next_fires(&self, zone: Tz, after: DateTime<Utc>, n: usize) -> Vec<DateTime<Tz>> {
        self.occurrences(zone, after).take(n).map(|o| o.at.with_timezone(&zone)).collect()
    }

    /// The first civil time on or after a date.
    fn first_on_or_after(&self, date: NaiveDate) -> Option<NaiveDateTime> {
        // Outside these years the crate has nothing to say, and its arithmetic could overflow.
        let date = date.max(NaiveDate::from_ymd_opt(1970, 1, 1)?);
        if date > NaiveDate::from_ymd_opt(2100, 12, 31)? {
            return None;
        }
        let before = date.and_time(NaiveTime::MIN) - TimeDelta::seconds(1);
        self.civil.after(&before.and_utc()).next().map(|at| at.naive_utc())
    }
}

/// The crate knows 1970 to 2100; a few years around them are enough, and keep local times from overflowing.
fn within_years(at: DateTime<Utc>) -> DateTime<Utc> {
    let year = |y| NaiveDate::from_ymd_opt(y, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN).and_utc();
    at.clamp(year(1960), year(2110))
}

impl FromStr for Cron {
    type Err = BadCron;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}

/// Checks six or seven fields one by one, so that the error can name the wrong one, and returns them in the crate's numbering.
fn checked(fields: &[&str]) -> Result<String, BadCron> {
    let mut out = Vec::with_capacity(fields.len());
    for (i, value) in fields.iter().enumerate() {
        let (field, expected, example) = FIELDS[i];
        let bad = || BadCron::Field { field, value: text::single_line(value, 40), expected, example };
        // Numbers are bounded here because the crate expands ranges before it checks them.
        if value.split(|c: char| !c.is_ascii_digit()).any(|n| n.len() > 4) || value.contains("/0") {
            return Err(bad());
        }
        let ours = if i == WEEKDAY { weekdays(value).ok_or_else(bad)? } else { (*value).to_owned() };
        let mut alone = ["*"; 7];
        alone[i] = &ours;
        cron::Schedule::from_str(&alone.join(" ")).map_err(|_| bad())?;
        out.push(ours);
    }
    Ok(out.join(" "))
}

/// Weekdays of crontab(5) as the crate's list: it counts Sunday as 1, and knows no range over the end of the week.
fn weekdays(field: &str) -> Option<String> {
    if field == "*" || field == "?" {
        return Some("*".to_owned());
    }
    let mut days = [false; 7];
    for item in field.split(',') {
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let step: usize = step.parse().ok().filter(|s| (1..=7).contains(s))?;
        let (first, last) = match range.split_once('-') {
            Some((a, b)) => (weekday(a)?, weekday(b)?),
            None if range == "*" => (0, 6),
            None if item.contains('/') => (weekday(range)?, 6),
            None => (weekday(range)?, weekday(range)?),
        };
        // FRI-MON runs over the end of the week.
        let last = if last < first { last + 7 } else { last };
        (first..=last).step_by(step).for_each(|d| days[d % 7] = true);
    }
    let list: Vec<String> = (0..7).filter(|d| days[*d]).map(|d| (d + 1).to_string()).collect();
    Some(list.join(","))
}

/// 0 to 7 as crontab(5) counts, or an English name of at least three letters.
fn weekday(word: &str) -> Option<usize> {
    const NAMES: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    if let Ok(n) = word.parse::<usize>() {
        return (n <= 7).then_some(n);
    }
    let word = word.to_ascii_lowercase();
    (word.len() >= 3).then(|| NAMES.iter().position(|name| name.starts_with(&word)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::Nuuk, Europe::London, Pacific::Apia};
    use proptest::prelude::*;

    fn fires(expr: &str, zone: Tz, after: &str, n: usize) -> Vec<String> {
        let fires = Cron::parse(expr).unwrap().next_fires(zone, after.parse().unwrap(), n);
        fires.iter().map(|at| at.format("%a %F %H:%M:%S %Z").to_string()).collect()
    }

    #[test]
    fn five_six_and_seven_fields_mean_the_same() {
        for expr in ["30 7 * * 1", "30 7 * * MON", "30 7 * * mon", "0 30 7 * * 1", "0 30 7 * * Monday *", "30 7 ? * 1"] {
            assert_eq!(fires(expr, London, "2027-01-01T00:00:00Z", 2), ["Mon 2027-01-04 07:30:00 GMT", "Mon 2027-01-11 07:30:00 GMT"], "{expr}");
        }
    }

    #[test]
    fn weekdays_count_as_in_crontab() {
        let check = |field: &str, expected: &str| {
            let days = Cron::parse(&format!("0 7 * * {field}")).unwrap().next_fires(London, "2027-01-03T12:00:00Z".parse().unwrap(), 7);
            let mut week: Vec<_> =
                days.iter().filter(|d| d.date_naive() <= "2027-01-10".parse().unwrap()).map(|d| d.format("%a").to_string()).collect();
            week.dedup();
            assert_eq!(week.join(" "), expected, "{field}");
        };
        check("0", "Sun");
        check("7", "Sun");
        check("1-5", "Mon Tue Wed Thu Fri");
        check("5-7", "Fri Sat Sun");
        check("FRI-MON", "Mon Fri Sat Sun");
        check("*/2", "Tue Thu Sat Sun");
        check("1,thurs", "Mon Thu");
        check("1-5/2", "Mon Wed Fri");
    }

    #[test]
    fn day_and_weekday_must_both_hold() {
        assert_eq!(fires("0 7 1-7 * MON", London, "2027-01-05T00:00:00Z", 2), ["Mon 2027-02-01 07:00:00 GMT", "Mon 2027-03-01 07:00:00 GMT"]);
    }

    #[test]
    fn several_times_a_day_is_one_edition_a_day() {
        assert_eq!(fires("* * * * * *", London, "2027-01-01T00:00:00Z", 2), ["Sat 2027-01-02 00:00:00 GMT", "Sun 2027-01-03 00:00:00 GMT"]);
    }

    #[test]
    fn clock_changes_neither_skip_nor_repeat() {
        assert_eq!(
            fires("30 1 * * *", London, "2027-03-27T12:00:00Z", 2),
            ["Sun 2027-03-28 02:00:00 BST", "Mon 2027-03-29 01:30:00 BST"],
            "01:30 on 28 March does not exist"
        );
        let autumn = ["Sun 2027-10-31 01:30:00 BST", "Mon 2027-11-01 01:30:00 GMT"];
        assert_eq!(fires("30 1 * * *", London, "2027-10-30T12:00:00Z", 2), autumn, "01:30 on 31 October comes twice");
        assert_eq!(fires("30 1 * * *", London, "2027-10-31T01:10:00Z", 1), autumn[1..], "started within the repeated hour");
    }

    #[test]
    fn a_gap_at_midnight_belongs_to_the_day_it_was_meant_for() {
        let cron = Cron::parse("30 23 * * *").unwrap();
        let found: Vec<_> = cron.occurrences(Nuuk, "2027-03-27T12:00:00Z".parse().unwrap()).take(2).collect();
        assert_eq!(found[0].civil_date.to_string(), "2027-03-27");
        assert_eq!(found[0].at.to_rfc3339(), "2027-03-28T01:00:00+00:00", "23:00 to 24:00 is left out that night");
        assert_eq!(cron.occurrences(Nuuk, found[0].at).next(), Some(found[1]));
    }

    #[test]
    fn the_day_samoa_left_out_stops_nothing() {
        let cron = Cron::parse("0 7 * * *").unwrap();
        let days: Vec<_> = cron.occurrences(Apia, "2011-12-28T00:00:00Z".parse().unwrap()).take(5).collect();
        assert!(days.is_sorted_by(|a, b| a.civil_date < b.civil_date && a.at <= b.at), "{days:?}");
    }

    #[test]
    fn errors_name_the_field_and_show_an_example() {
        let check = |expr: &str, words: &[&str]| {
            let told = Cron::parse(expr).unwrap_err().to_string();
            assert!(words.iter().all(|w| told.contains(w)), "{expr}: {told}");
        };
        check("", &["0 fields", "0 7 * * MON"]);
        check("0 7 * *", &["4 fields"]);
        check("1 2 3 4 5 6 7 8", &["8 fields"]);
        check("60 7 * * *", &["`60` cannot be the minute", "0-59"]);
        check("0 24 * * *", &["`24` cannot be the hour"]);
        check("0 7 0 * *", &["day of the month"]);
        check("0 7 * FOO *", &["month", "JAN"]);
        check("0 7 * * 8", &["weekday", "MON-FRI"]);
        check("0 7 * * FUNDAY", &["weekday"]);
        check("0 0 7 * * * 1066", &["year", "2027"]);
        check("*/0 7 * * *", &["minute"]);
        check("0-4294967295 7 * * *", &["minute"]);
        check("0 7 30 2 *", &["never"]);
        check("@fortnightly", &["1 fields"]);
        check(&"*".repeat(10_000), &["fields"]);
    }

    proptest! {
        #[test]
        fn no_expression_panics(expr in "[-0-9*/,?A-Za-z@#LW ]{0,40}") {
            if let Ok(cron) = Cron::parse(&expr) {
                let _ = cron.next_fires(London, "2027-01-01T00:00:00Z".parse().unwrap(), 3);
            }
        }
    }
}
