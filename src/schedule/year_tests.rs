//! Every civil day of 2027 in zones with awkward clocks: one edition a day, whatever is restarted or set back (invariant 10).

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::{
    America::{New_York, Nuuk, Santiago},
    Asia::Kathmandu,
    Australia::Lord_Howe,
    Europe::London,
    Pacific::Chatham,
    Tz,
};
use proptest::prelude::*;

use super::{Cron, Decision, Timetable, decide};

const ZONES: [Tz; 7] = [London, New_York, Nuuk, Santiago, Kathmandu, Lord_Howe, Chatham];
const TIMES: [&str; 10] = ["0 0", "30 0", "0 1", "30 1", "59 1", "15 2", "30 2", "0 7", "30 23", "59 23"];

fn daily(time: &str) -> Cron {
    Cron::parse(&format!("{time} * * *")).unwrap()
}

fn start() -> DateTime<Utc> {
    "2026-12-31T00:00:00Z".parse().unwrap()
}

#[test]
fn each_civil_day_of_the_year_comes_exactly_once_and_in_order() {
    for zone in ZONES {
        for time in TIMES {
            let found: Vec<_> = daily(time).occurrences(zone, start()).take(400).collect();
            assert!(found.is_sorted_by(|a, b| a.at < b.at), "{zone} {time}");
            let days: Vec<NaiveDate> = found.iter().map(|o| o.civil_date).filter(|d| d.year() == 2027).collect();
            let all: Vec<NaiveDate> = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap().iter_days().take(365).collect();
            assert_eq!(days, all, "{zone} {time}");
        }
    }
}

#[test]
fn asking_from_any_occurrence_goes_on_with_the_next() {
    for zone in ZONES {
        for time in TIMES {
            let cron = daily(time);
            let found: Vec<_> = cron.occurrences(zone, start()).take(370).collect();
            for pair in found.windows(2) {
                assert_eq!(cron.occurrences(zone, pair[0].at).next(), Some(pair[1]), "{zone} {time}");
            }
        }
    }
}

/// A daemon that ticks, stops and has its clock set back; the database's memory is `last_done`.
fn live(zone: Tz, time: &str, steps: &[(u8, u16)]) -> (BTreeSet<NaiveDate>, BTreeSet<NaiveDate>) {
    let timetable = Timetable { cron: daily(time), zone, window: TimeDelta::hours(2), since: start() };
    let (mut sent, mut held, mut last_done) = (BTreeSet::new(), BTreeSet::new(), None);
    let mut now = "2027-03-25T00:00:00Z".parse::<DateTime<Utc>>().unwrap();
    for (what, minutes) in steps {
        now += match what % 8 {
            0 => -TimeDelta::hours(1),
            1 => TimeDelta::minutes(i64::from(*minutes % 5000)),
            _ => TimeDelta::minutes(i64::from(*minutes % 50)),
        };
        let (occurrence, into) = match decide(&timetable, last_done, now) {
            Decision::NotYet { next } => {
                assert!(next.is_none_or(|n| n.at > now && last_done.is_none_or(|d| n.civil_date > d)));
                continue;
            }
            Decision::Due(o) => (o, &mut sent),
            Decision::TooLate(o) => (o, &mut held),
        };
        assert!(into.insert(occurrence.civil_date), "{zone} {time}: {} twice", occurrence.civil_date);
        assert!(last_done < Some(occurrence.civil_date));
        last_done = Some(occurrence.civil_date);
    }
    (sent, held)
}

#[test]
fn a_daemon_that_keeps_ticking_holds_nothing_and_misses_no_day() {
    for zone in ZONES {
        for time in ["30 1", "0 7", "30 23"] {
            let ticks = vec![(2u8, 48u16); 30 * 300];
            let (sent, held) = live(zone, time, &ticks);
            assert!(held.len() <= 1, "only what lay before the first tick: {held:?}");
            let days: Vec<_> = sent.iter().copied().collect();
            assert!(days.windows(2).all(|w| w[1] - w[0] == TimeDelta::days(1)) && days.len() >= 299, "{zone} {time}: {}", days.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn restarts_and_clocks_set_back_never_repeat_a_day(
        zone in prop::sample::select(&ZONES[..]), time in prop::sample::select(&TIMES[..]),
        steps in prop::collection::vec((any::<u8>(), any::<u16>()), 1..200),
    ) {
        let (sent, held) = live(zone, time, &steps);
        prop_assert!(sent.is_disjoint(&held));
    }
}
