//! Is it training at all? One linear score a kind over words and facts; the highest wins, and the reason shows its cues (taxonomy section 0).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::cues::Score;
use super::taxonomy::Term;
use super::weights::Opinion;
use super::words::Word;
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
    ("job_title", "a title that is a job's"),
];

/// What people are employed or elected as.
pub(super) const ROLES: &[&str] = &[
    "administrator",
    "apprentice",
    "archivist",
    "assistant",
    "associate",
    "chair",
    "chef",
    "cleaner",
    "clerk",
    "conservator",
    "consultant",
    "coordinator",
    "curator",
    "designer",
    "developer",
    "director",
    "editor",
    "educator",
    "engineer",
    "evaluator",
    "executive",
    "facilitator",
    "fundraiser",
    "governor",
    "head",
    "intern",
    "leader",
    "lecturer",
    "librarian",
    "manager",
    "marketer",
    "musician",
    "officer",
    "operative",
    "practitioner",
    "producer",
    "receptionist",
    "registrar",
    "researcher",
    "secretary",
    "steward",
    "supervisor",
    "teacher",
    "technician",
    "treasurer",
    "trustee",
    "trustees",
    "tutor",
    "volunteer",
    "volunteers",
    "worker",
];
/// Words that a sentence has and the name of a post has not.
const OF_SENTENCES: &[&str] = &[
    "a",
    "an",
    "the",
    "your",
    "my",
    "our",
    "you",
    "i",
    "how",
    "what",
    "who",
    "why",
    "when",
    "to",
    "with",
    "from",
    "being",
    "becoming",
    "as",
    "is",
    "are",
    "not",
    "new",
    "first",
    "accidental",
    "confident",
    "effective",
    "better",
    "every",
    "meet",
    "ask",
    "like",
    "on",
    "by",
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
pub fn features(title: &[Word], facts: &Facts, has_subject: bool, zone: Tz, now: DateTime<Utc>) -> Vec<&'static str> {
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
        "job_title" => is_job_title(title),
        _ => false,
    };
    FEATURES.iter().map(|(name, _)| *name).filter(|name| holds(name)).collect()
}

/// "Collections Assistant (part time)", "Head of Learning"; not "Being a better manager".
fn is_job_title(title: &[Word]) -> bool {
    let first = title.first().map_or(0, |w| w.sentence);
    let name: Vec<&str> = title.iter().take_while(|w| w.sentence == first && w.exact != "for").map(|w| w.exact.as_str()).collect();
    if name.is_empty() || name.len() > 7 || name.iter().any(|w| OF_SENTENCES.contains(w)) {
        return false;
    }
    let is_role = |word: &str| ROLES.contains(&word);
    let heads = name.windows(2).next().is_some_and(|w| is_role(w[0]) && w[1] == "of");
    let before_hours = name.iter().take_while(|w| !matches!(**w, "part" | "full" | "maternity" | "fixed" | "job" | "freelance")).last();
    heads || before_hours.is_some_and(|w| is_role(w))
}

/// The kind with the highest sum. In a tie the earlier in the file wins, which is training.
#[must_use]
pub fn best(scores: &[Score]) -> usize {
    let above = |best: usize, i: usize| if scores[i].sum > scores[best].sum { i } else { best };
    (0..scores.len()).fold(0, above)
}

/// Decides between the kinds: by the learnt weights where there are any, else by the highest sum.
#[must_use]
pub fn decide(kinds: &[Term], mut scores: Vec<Score>, opinions: Option<&[Opinion]>) -> KindVerdict {
    let by_rules = best(&scores);
    let chosen = opinions.map_or(by_rules, |o| (0..o.len()).fold(0, |best, i| if o[i].probability > o[best].probability { i } else { best }));
    let kind = kinds.get(chosen).and_then(|k| k.id.parse().ok()).unwrap_or(Kind::Cpd);
    if scores.is_empty() {
        return KindVerdict { kind, confidence: 0.5, reason: "nothing speaks for another kind".to_owned() };
    }
    let score = scores.swap_remove(chosen);
    let opinion = opinions.and_then(|o| o.get(chosen));
    let reason = opinion.map_or_else(|| Some(score.reason.clone()).filter(|r| !r.is_empty()), |o| super::reason(&score, o));
    let second = scores.iter().map(|s| s.sum).fold(0.0_f32, f32::max);
    let lead = (score.sum - second).max(0.0);
    let confidence = opinion.map_or(0.5 + 0.5 * lead / (lead + 3.0), |o| o.probability);
    let otherwise = if kind == Kind::Cpd { "nothing speaks for another kind" } else { "less speaks for any other kind" };
    KindVerdict { kind, confidence, reason: reason.unwrap_or_else(|| otherwise.to_owned()) }
}

/// The reader's words for a feature.
#[must_use]
pub fn said(feature: &str) -> &str {
    FEATURES.iter().find(|(name, _)| *name == feature).map_or(feature, |(_, words)| words)
}
