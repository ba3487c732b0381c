//! The time of day that a page states once for all its sessions, laid on a record's date. Never over a time of the record's own.

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::date;
use crate::domain::{Evidence, Fact, Facts, Said, Session, When, text};

/// How much less a time that is said of all is believed than one beside its date.
const LESS: f32 = 0.75;

/// Gives the start, and the sittings, the time said of all of them; the evidence is the date's words and the sentence.
pub(super) fn lay_time(facts: &mut Facts, said: &Said, zone: Tz) {
    let times = date::times(&said.words);
    let (Some(first), Some(Fact { value: When::Day(day), evidence })) = (times.first(), facts.start.clone()) else { return };
    let end = first.end.or_else(|| times.get(1).map(|t| t.start)).filter(|e| *e > first.start);
    let evidence = Evidence {
        words: format!("{} … {}", evidence.words, text::single_line(&said.sentence, 160)),
        confidence: evidence.confidence * LESS,
        ..evidence
    };
    let whole_day = facts.end.as_ref().is_none_or(|e| e.value == When::Day(day));
    facts.start = Some(Fact { value: When::at(day.and_time(first.start), zone), evidence: evidence.clone() });
    if whole_day {
        facts.end = end.map(|e| Fact { value: When::at(day.and_time(e), zone), evidence });
    }
    for session in &mut facts.sessions {
        *session = timed(session, first.start, end, zone);
    }
}

fn timed(session: &Session, start: NaiveTime, end: Option<NaiveTime>, zone: Tz) -> Session {
    match (session.start, session.end) {
        (When::Day(day), None) => Session { start: When::at(day.and_time(start), zone), end: end.map(|e| When::at(day.and_time(e), zone)) },
        _ => *session,
    }
}
