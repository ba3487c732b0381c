//! How likely two listings are one event, and every reason for it.

use super::{Corpus, Profile, bars, cues, prepared::Prepared, weights::weight};

/// From here on two listings are taken for one event.
pub const SAME: f64 = 0.5;
/// From here on an editor is asked.
pub const MAYBE: f64 = 0.1;

/// Log-odds of an editor's word: the logistic function of it is 1 to the last bit.
const CERTAIN: f64 = 40.0;

/// A judgement over a pair, with its reasons.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Score {
    /// Probability that both are one event, 0..=1. Zero when barred.
    pub value: f64,
    /// Contributions in log-odds, positive for "same". Unless barred, the logistic function of their sum is `value`.
    pub because: Vec<(String, f64)>,
    /// Why they cannot be one event, whatever else agrees.
    pub barred: Option<String>,
}

impl Score {
    /// Whether it is enough to take both for one event.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.barred.is_none() && self.value >= SAME
    }

    /// An editor's word: certain.
    #[must_use]
    pub fn decided() -> Self {
        Self { value: 1.0, because: vec![("editor".to_owned(), CERTAIN)], barred: None }
    }
}

/// Compares two listings. Symmetric, and a function of its arguments alone.
#[must_use]
pub fn score(a: &Profile, b: &Profile, corpus: &Corpus) -> Score {
    of(&Prepared::read(a, corpus), &Prepared::read(b, corpus))
}

pub(super) fn of(a: &Prepared, b: &Prepared) -> Score {
    let because: Vec<(String, f64)> =
        cues::of(a, b).into_iter().map(|(cue, share)| (cue.as_str().to_owned(), share * weight(cue))).filter(|(_, part)| *part != 0.0).collect();
    let barred = bars::between(a, b).map(|bar| bar.to_string());
    let sum: f64 = because.iter().map(|(_, part)| part).sum();
    Score { value: if barred.is_some() { 0.0 } else { logistic(sum) }, because, barred }
}

/// The value alone, without words: zero when barred.
pub(super) fn value(a: &Prepared, b: &Prepared) -> f64 {
    if bars::between(a, b).is_some() {
        return 0.0;
    }
    logistic(cues::of(a, b).into_iter().map(|(cue, share)| share * weight(cue)).sum())
}

fn logistic(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum).exp())
}
