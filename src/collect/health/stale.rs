//! A source that answers and has nothing new: quiet for far longer than its habit, or with nothing but the past to show.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{AlarmKind, Symptom};

/// Quiet for less is never told: holidays are long.
const LEAST: TimeDelta = TimeDelta::weeks(8);
/// Quiet for longer is told whatever the habit.
const MOST: TimeDelta = TimeDelta::weeks(52);
/// Times its usual pause.
const TIMES: i32 = 4;
/// While the habit is not known: a term.
const UNKNOWN: TimeDelta = TimeDelta::weeks(17);
/// Pauses from which a habit can be told.
const PAUSES: usize = 3;
/// Everything over for so long.
const PAST: TimeDelta = TimeDelta::weeks(4);

/// What a source did and what it shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Habit {
    /// Looks that brought something new or changed, newest first.
    pub news: Vec<DateTime<Utc>>,
    /// The end of the last event it ever listed; none when no date was ever stated.
    pub last_end: Option<DateTime<Utc>>,
    /// It lists something without a date now: that may still be ahead.
    pub undated: bool,
}

/// What its quiet says now.
#[must_use]
pub fn quiet(habit: &Habit, now: DateTime<Utc>) -> Vec<Symptom> {
    let mut out = Vec::new();
    if let Some(since) = habit.last_end.filter(|end| now - *end >= PAST && !habit.undated) {
        let words = format!(
            "nothing ahead: the last event it listed ended on {}. Look whether the programme has moved to another page",
            since.format("%-d %B %Y")
        );
        out.push(Symptom::new(AlarmKind::PastOnly, words));
    }
    if let Some(last) = habit.news.first().filter(|last| now - **last >= patience(&habit.news)) {
        let words = format!(
            "nothing new since {} ({} weeks); usually there is sooner. Look whether it is still kept, or whether news now appear elsewhere",
            last.format("%-d %B %Y"),
            (now - *last).num_weeks()
        );
        out.push(Symptom::new(AlarmKind::Stale, words));
    }
    out
}

/// How long its quiet is nothing unusual.
fn patience(news: &[DateTime<Utc>]) -> TimeDelta {
    let mut pauses: Vec<TimeDelta> = news.windows(2).map(|w| w[0] - w[1]).collect();
    if pauses.len() < PAUSES {
        return UNKNOWN;
    }
    pauses.sort_unstable();
    pauses[pauses.len() / 2].checked_mul(TIMES).unwrap_or(MOST).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(weeks_ago: &[i64], last_end: Option<i64>, undated: bool) -> Vec<AlarmKind> {
        let now: DateTime<Utc> = "2027-03-01T09:00:00Z".parse().unwrap();
        let ago = |weeks: &i64| now - TimeDelta::weeks(*weeks);
        let habit = Habit { news: weeks_ago.iter().map(ago).collect(), last_end: last_end.as_ref().map(ago), undated };
        quiet(&habit, now).into_iter().map(|s| s.kind).collect()
    }

    #[test]
    fn quiet_is_judged_by_habit() {
        use AlarmKind::{PastOnly, Stale};
        // Weekly news, now silent.
        assert_eq!(kinds(&[7, 8, 9, 10], Some(-3), false), []);
        assert_eq!(kinds(&[8, 9, 10, 11], Some(-3), false), [Stale]);
        // Once a term.
        assert_eq!(kinds(&[20, 35, 51, 66], Some(-3), false), []);
        assert_eq!(kinds(&[52, 68, 84, 100], Some(-3), false), [Stale]);
        // Nothing known of its habit.
        assert_eq!(kinds(&[16], Some(-3), false), []);
        assert_eq!(kinds(&[17], Some(-3), false), [Stale]);
        assert_eq!(kinds(&[], None, false), []);
        // Nothing ahead.
        assert_eq!(kinds(&[1], Some(3), false), []);
        assert_eq!(kinds(&[1], Some(4), false), [PastOnly]);
        assert_eq!(kinds(&[1], Some(4), true), [], "something without a date may be ahead");
    }
}
