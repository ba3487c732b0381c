//! Is it training at all? One linear score a kind over words and facts; the highest wins, and the reason shows its cues (taxonomy section 0).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::cues::{Findings, Group, Score, topical};
use super::taxonomy::Term;
use crate::domain::{Facts, Kind};

/// Facts that speak for or against a kind, written `@name` among the cues.
pub const FEATURES: &[(&str, &str)] = &[
    ("always", "what such bulletins mostly hold"),
    ("dated", "a date to come"),
    ("timed", "a time of day"),
    ("past", "its date is past"),
    ("undated", "no date"),
    ("deadline_only", "a deadline and no date"),
    ("priced", "a price"),
    ("placed", "a place or a way to take part"),
    ("subject", "a subject of training"),
    ("no_subject", "no subject of training"),
];

/// The kind, how sure, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct KindVerdict {
    pub kind: Kind,
    pub confidence: f32,
    pub reason: String,
}

/// Which features the facts have. `has_subject`: whether the words name a need that training meets.
#[must_use]
pub fn features(facts: &Facts, has_subject: bool, zone: Tz, now: DateTime<Utc>) -> Vec<&'static str> {
    let start = facts.start.as_ref().map(|s| s.value);
    let last = facts.end.as_ref().map(|e| e.value).or(start);
    let is_past = last.is_some_and(|w| w.latest(zone) < now);
    let holds = |name: &str| match name {
        "always" => true,
        "dated" => start.is_some() && !is_past,
        "timed" => start.is_some_and(|s| s.time().is_some()),
        "past" => is_past,
        "undated" => start.is_none() && facts.deadline.is_none(),
        "deadline_only" => start.is_none() && facts.deadline.is_some(),
        "priced" => facts.price.is_some(),
        "placed" => facts.venue.is_some() || facts.mode.is_some(),
        "subject" => has_subject,
        "no_subject" => !has_subject,
        _ => false,
    };
    FEATURES.iter().map(|(name, _)| *name).filter(|name| holds(name)).collect()
}

/// Decides between the kinds. In a tie the earlier in the file wins, which is training.
#[must_use]
pub fn decide(kinds: &[Term], findings: &Findings<'_>, features: &[&str]) -> KindVerdict {
    let mut best = (Kind::Cpd, Score::default());
    let mut second = 0.0_f32;
    for (term, score) in kinds.iter().zip(findings.scores_with(Group::Kind, topical, features)) {
        let Ok(kind) = term.id.parse::<Kind>() else { continue };
        if score.sum > best.1.sum {
            second = best.1.sum;
            best = (kind, score);
        } else {
            second = second.max(score.sum);
        }
    }
    let (kind, score) = best;
    let reason = if score.reason.is_empty() { "nothing speaks for another kind".to_owned() } else { score.reason };
    let lead = (score.sum - second).max(0.0);
    KindVerdict { kind, confidence: 0.5 + 0.5 * lead / (lead + 3.0), reason }
}

/// The reader's words for a feature.
#[must_use]
pub fn said(feature: &str) -> &str {
    FEATURES.iter().find(|(name, _)| *name == feature).map_or(feature, |(_, words)| words)
}
