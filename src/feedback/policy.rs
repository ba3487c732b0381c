//! When bounces mean that nobody is there any more: at once when the server says so, else by a score that decays.
//!
//! Pure: what happened, when, and what is now. What is about us (block lists, content) never counts against a reader.

use chrono::{DateTime, Utc};

use crate::domain::{BounceClass, Report, ReportKind};

/// How bounces are judged. The defaults suit anything from daily to monthly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Mails that must have bounced hard before the address is suppressed; 1: at once.
    pub hard_bounces: u32,
    /// Score of soft bounces from which on a person counts as bounced.
    pub soft_score: f64,
    /// Days in which the weight of a soft bounce halves.
    pub half_life_days: f64,
    /// Days between the first soft bounce that counts and the last, at least: a full mailbox over a holiday is no farewell.
    pub soft_span_days: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { hard_bounces: 1, soft_score: 3.0, half_life_days: 60.0, soft_span_days: 7.0 }
    }
}

/// A mail that came back: each counts once, by its worst report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounce {
    pub class: BounceClass,
    pub at: DateTime<Utc>,
}

/// What a report leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The address gets nothing any more.
    Suppress,
    /// The person is bounced on every list, and may come back.
    Bounced,
    Count,
    /// It is about us.
    Alarm,
    Unsubscribe,
    Complain,
    /// Nothing follows.
    Note,
    /// A person should read it.
    ShowAPerson,
}

/// Weight of a fresh bounce. Trouble of the other server is less telling than a mailbox that nobody empties.
fn weight(class: BounceClass) -> f64 {
    match class {
        BounceClass::Full | BounceClass::Refused | BounceClass::Mailbox | BounceClass::Domain => 1.0,
        BounceClass::Temporary => 0.5,
        BounceClass::Policy | BounceClass::Content => 0.0,
    }
}

#[allow(clippy::cast_precision_loss, reason = "seconds between two dates of our time")]
fn days(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).num_seconds().max(0) as f64 / 86_400.0
}

impl Policy {
    /// The sum of `weight * 2^(-age / half-life)`. What lies ahead of `now` counts as now.
    #[must_use]
    pub fn score(&self, bounces: &[Bounce], now: DateTime<Utc>) -> f64 {
        bounces.iter().map(|b| weight(b.class) * (-days(b.at, now) / self.half_life_days.max(0.01)).exp2()).sum()
    }

    /// What a report leads to, with all bounces of the person, this one included.
    #[must_use]
    pub fn effect(&self, report: &Report, bounces: &[Bounce], now: DateTime<Utc>) -> Effect {
        match report.kind {
            ReportKind::Bounce => self.bounce(report.class.unwrap_or(BounceClass::Refused), bounces, now),
            ReportKind::Delayed if report.class.is_some_and(BounceClass::is_about_us) => Effect::Alarm,
            ReportKind::Complaint => Effect::Complain,
            ReportKind::Unsubscribe => Effect::Unsubscribe,
            ReportKind::Delayed | ReportKind::Delivered | ReportKind::NotSpam | ReportKind::AutoReply => Effect::Note,
            ReportKind::Challenge | ReportKind::AddressChanged | ReportKind::Other => Effect::ShowAPerson,
        }
    }

    fn bounce(&self, class: BounceClass, bounces: &[Bounce], now: DateTime<Utc>) -> Effect {
        if class.is_about_us() {
            return Effect::Alarm;
        }
        let hard = bounces.iter().filter(|b| b.class.is_hard()).count();
        if class.is_hard() && hard >= self.hard_bounces as usize {
            return Effect::Suppress;
        }
        let counting = || bounces.iter().filter(|b| weight(b.class) > 0.0).map(|b| b.at);
        let span = counting().min().zip(counting().max()).map_or(0.0, |(first, last)| days(first, last));
        if self.score(bounces, now) >= self.soft_score && span >= self.soft_span_days { Effect::Bounced } else { Effect::Count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Clues;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(10_000 + day)
    }

    fn report(kind: ReportKind, class: Option<BounceClass>) -> Report {
        Report { kind, class, status: None, words: String::new(), by: String::new(), at: None, clues: Clues::default() }
    }

    /// The number of the mail, one every `every` days, at which a person counts as bounced; `None` within four years.
    fn bounced_at(class: BounceClass, every: i64) -> Option<usize> {
        let mut bounces = Vec::new();
        for n in 0..1_460 / every {
            bounces.push(Bounce { class, at: at(n * every) });
            let effect = Policy::default().effect(&report(ReportKind::Bounce, Some(class)), &bounces, at(n * every));
            if effect != Effect::Count {
                assert_eq!(effect, Effect::Bounced);
                return Some(bounces.len());
            }
        }
        None
    }

    #[test]
    fn a_full_mailbox_is_given_up_after_a_while_however_often_mail_goes_out() {
        assert_eq!(bounced_at(BounceClass::Full, 1), Some(8), "daily: after a week");
        assert_eq!(bounced_at(BounceClass::Full, 7), Some(4), "weekly: after three weeks");
        assert_eq!(bounced_at(BounceClass::Full, 30), Some(7), "monthly: after half a year");
        assert_eq!(bounced_at(BounceClass::Full, 91), None, "quarterly: never by score alone");
        assert_eq!(bounced_at(BounceClass::Temporary, 7), Some(8));
        assert_eq!(bounced_at(BounceClass::Temporary, 30), None);
    }

    #[test]
    fn nobody_there_is_believed_at_once_or_as_often_as_was_set() {
        let hard = |n: usize| vec![Bounce { class: BounceClass::Mailbox, at: at(0) }; n];
        let effect = |policy: Policy, n| policy.effect(&report(ReportKind::Bounce, Some(BounceClass::Mailbox)), &hard(n), at(0));
        assert_eq!(effect(Policy::default(), 1), Effect::Suppress);
        let twice = Policy { hard_bounces: 2, ..Policy::default() };
        assert_eq!((effect(twice, 1), effect(twice, 2)), (Effect::Count, Effect::Suppress));
    }

    #[test]
    fn kinds_lead_where_they_must() {
        let effect = |kind, class| Policy::default().effect(&report(kind, class), &[], at(0));
        assert_eq!(effect(ReportKind::Complaint, None), Effect::Complain);
        assert_eq!(effect(ReportKind::Delayed, Some(BounceClass::Temporary)), Effect::Note);
        assert_eq!(effect(ReportKind::Delayed, Some(BounceClass::Policy)), Effect::Alarm);
        assert_eq!(effect(ReportKind::AutoReply, None), Effect::Note);
        assert_eq!(effect(ReportKind::Other, None), Effect::ShowAPerson);
    }

    proptest! {
        #[test]
        fn what_is_about_us_never_costs_a_reader(days in proptest::collection::vec(0i64..400, 0..60), policy in any::<bool>()) {
            let class = if policy { BounceClass::Policy } else { BounceClass::Content };
            let bounces: Vec<Bounce> = days.iter().map(|d| Bounce { class, at: at(*d) }).collect();
            prop_assert_eq!(Policy::default().effect(&report(ReportKind::Bounce, Some(class)), &bounces, at(400)), Effect::Alarm);
            prop_assert!(Policy::default().score(&bounces, at(400)).abs() < f64::EPSILON);
        }

        #[test]
        fn a_score_only_falls_while_nothing_happens(days in proptest::collection::vec(0i64..300, 1..30), later in 0i64..300) {
            let bounces: Vec<Bounce> = days.iter().map(|d| Bounce { class: BounceClass::Full, at: at(*d) }).collect();
            let policy = Policy::default();
            prop_assert!(policy.score(&bounces, at(300 + later)) <= policy.score(&bounces, at(300)));
        }
    }
}
