//! From the server's answer to the row: pure, so that every case is a line in a table.

use chrono::{DateTime, TimeDelta, Utc};

use super::Pace;
use crate::{
    domain::{DeliveryId, DeliveryState, Failure, UncertainPolicy},
    mail::{Handed, answer},
    store::delivery::{Claimed, Record},
};

const LONGEST_RETRY: TimeDelta = TimeDelta::hours(1);

/// What to record. `deadline` is the instant after which nothing is tried again.
pub fn record(job: &Claimed, handed: Handed, pace: &Pace, policy: UncertainPolicy, deadline: DateTime<Utc>, now: DateTime<Utc>) -> Record {
    // Times the server was asked, this one included.
    let asked = u32::try_from(job.attempts).unwrap_or(u32::MAX).saturating_add(1);
    let base = |state, reply| Record { id: job.id, state, reply, not_before: None, counts: true, repeats: false, failure: None };
    let failed = |failure, reply| Record { failure: Some(failure), ..base(DeliveryState::Failed, reply) };
    let again = now + retry_in(job.id, asked, pace);
    match handed {
        Handed::Accepted(said) => base(DeliveryState::Sent, said),
        Handed::Refused(said) => failed(answer::classify(&said), said),
        Handed::Deferred(said) if asked >= pace.attempts => {
            failed(Failure::TooLate, format!("not accepted in {asked} attempts; the last answer: {said}"))
        }
        Handed::Deferred(said) if again > deadline => failed(Failure::TooLate, format!("deadline passed; the last answer: {said}")),
        Handed::Deferred(said) => Record { not_before: Some(again), ..base(DeliveryState::Queued, said) },
        Handed::Away(said) | Handed::Wrong(said) => Record { counts: false, ..base(DeliveryState::Queued, said) },
        Handed::Lost(said) if policy == UncertainPolicy::ResendOnce && job.repeats == 0 => {
            Record { repeats: true, not_before: Some(again), ..base(DeliveryState::Queued, said) }
        }
        Handed::Lost(said) => base(DeliveryState::Uncertain, said),
    }
}

/// One that cannot be built fails alone.
pub fn not_built(id: DeliveryId, why: String) -> Record {
    Record { id, state: DeliveryState::Failed, reply: why, not_before: None, counts: false, repeats: false, failure: Some(Failure::NotBuilt) }
}

/// One whose domain is given no more for now.
pub fn postponed(id: DeliveryId, domain: &str, until: DateTime<Utc>) -> Record {
    let reply = format!("waits for its turn: the limit for {domain} is used up");
    Record { id, state: DeliveryState::Queued, reply, not_before: Some(until), counts: false, repeats: false, failure: None }
}

/// Doubled each time up to an hour, with up to a quarter more that depends on the delivery, so that they do not all come back at once.
fn retry_in(id: DeliveryId, asked: u32, pace: &Pace) -> TimeDelta {
    let doubled = pace.first_retry.saturating_mul(1_u32 << asked.saturating_sub(1).min(16));
    let delay = TimeDelta::from_std(doubled).unwrap_or(LONGEST_RETRY).min(LONGEST_RETRY);
    let spread = i32::from(blake3::hash(id.0.as_bytes()).as_bytes()[0]);
    delay + delay * spread / 1_024
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::*;

    fn job(attempts: i64, repeats: i64) -> Claimed {
        let id = uuid::Uuid::from_u128(5);
        Claimed {
            id: id.into(),
            subscriber_id: Some(id),
            content_id: id,
            email: String::new(),
            name: String::new(),
            message_id: String::new(),
            attempts,
            repeats,
        }
    }

    #[test]
    fn each_answer_has_its_row() {
        let words = || "words".to_owned();
        let cases = [
            (Handed::Accepted(words()), job(0, 0), Sent, true, false),
            (Handed::Refused(words()), job(0, 0), Failed, true, false),
            (Handed::Deferred(words()), job(0, 0), Queued, true, true),
            (Handed::Deferred(words()), job(39, 0), Failed, true, false),
            (Handed::Away(words()), job(11, 0), Queued, false, false),
            (Handed::Wrong(words()), job(0, 0), Queued, false, false),
            (Handed::Lost(words()), job(0, 0), Queued, true, true),
            (Handed::Lost(words()), job(1, 1), Uncertain, true, false),
        ];
        let now = DateTime::UNIX_EPOCH;
        for (handed, job, state, counts, waits) in cases {
            let case = format!("{handed:?} after {}", job.attempts);
            let record = record(&job, handed, &Pace::default(), UncertainPolicy::ResendOnce, DateTime::<Utc>::MAX_UTC, now);
            assert_eq!((record.state, record.counts, record.not_before.is_some()), (state, counts, waits), "{case}");
        }
        let held = record(&job(0, 0), Handed::Lost(words()), &Pace::default(), UncertainPolicy::Hold, DateTime::<Utc>::MAX_UTC, now);
        assert_eq!(held.state, Uncertain);
    }

    #[test]
    fn what_would_be_tried_after_the_deadline_has_failed() {
        let now = DateTime::UNIX_EPOCH;
        let record =
            |deadline| record(&job(0, 0), Handed::Deferred("451 later".into()), &Pace::default(), UncertainPolicy::ResendOnce, deadline, now);
        let late = record(now + TimeDelta::seconds(5));
        assert_eq!((late.state, late.failure, late.reply.as_str()), (Failed, Some(Failure::TooLate), "deadline passed; the last answer: 451 later"));
        assert_eq!(record(now + TimeDelta::minutes(5)).state, Queued);
    }

    #[test]
    fn a_refusal_is_recorded_with_its_kind() {
        let said = "550 5.1.1 no such user".to_owned();
        let record =
            record(&job(0, 0), Handed::Refused(said), &Pace::default(), UncertainPolicy::ResendOnce, DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH);
        assert_eq!(record.failure, Some(Failure::MailboxUnknown));
    }

    #[test]
    fn waits_double_up_to_an_hour() {
        let seconds = |asked| retry_in(job(0, 0).id, asked, &Pace::default()).num_seconds();
        assert!((10..=12).contains(&seconds(1)) && (20..=25).contains(&seconds(2)) && (3_600..=4_500).contains(&seconds(30)));
    }
}
