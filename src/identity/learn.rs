//! Weights from labelled pairs: a logistic regression that is pulled towards weights that are there already.
//!
//! Deterministic: Newton's method from one start, sums in the order of the examples. A cue that no example shows keeps its weight.

use super::{Batch, Cue, Weights, bars, cluster::in_order, cues, score::logistic, weights::CUES};

/// A pair and whether it is one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub a: String,
    pub b: String,
    /// As [`super::cues`] gives them.
    pub cues: Vec<(Cue, f64)>,
    pub same: bool,
}

impl Batch {
    /// The pairs that are compared and not barred, labelled by `same`; None leaves a pair out.
    #[must_use]
    pub fn examples(mut self, same: impl Fn(&str, &str) -> Option<bool>) -> Vec<Example> {
        let mut out = Vec::new();
        for (a, b) in self.compared() {
            let (a, b) = in_order(&self.ids, a as usize, b as usize);
            let (p, q) = (&self.prepared[a], &self.prepared[b]);
            let Some(same) = same(&self.ids[a], &self.ids[b]).filter(|_| bars::between(p, q).is_none()) else { continue };
            out.push(Example { a: self.ids[a].to_string(), b: self.ids[b].to_string(), cues: cues::of(p, q), same });
        }
        out
    }
}

/// Steps at most; it settles in about eight.
const STEPS: usize = 30;
/// A step shorter than this changes nothing that matters.
const SETTLED: f64 = 1e-9;

/// Fits weights to examples. `pull` is the strength of the L2 term towards `prior`; the greater, the more it takes to move a weight.
#[must_use]
pub fn learn(examples: &[Example], prior: &Weights, pull: f64) -> Weights {
    let pull = pull.max(1e-6);
    let mut weights = prior.clone();
    let mut loss = loss_of(examples, &weights, prior, pull);
    for _ in 0..STEPS {
        let Some(step) = newton_step(examples, &weights, prior, pull) else { return weights };
        let mut share = 1.0;
        let (next, lower) = loop {
            let next = moved(&weights, &step, share);
            let lower = loss_of(examples, &next, prior, pull);
            if lower <= loss || share < 1e-6 {
                break (next, lower);
            }
            share /= 2.0;
        };
        let length: f64 = step.iter().map(|s| s * s).sum();
        if lower > loss {
            return weights;
        }
        (weights, loss) = (next, lower);
        if length < SETTLED {
            break;
        }
    }
    weights
}

fn moved(weights: &Weights, step: &[f64; CUES], share: f64) -> Weights {
    let mut next = weights.clone();
    Cue::ALL.iter().zip(step).for_each(|(cue, s)| next.set(*cue, weights.of(*cue) - share * s));
    next
}

fn sum(example: &Example, weights: &Weights) -> f64 {
    example.cues.iter().map(|(cue, share)| share * weights.of(*cue)).sum()
}

/// Negative log-likelihood and the pull.
fn loss_of(examples: &[Example], weights: &Weights, prior: &Weights, pull: f64) -> f64 {
    let wrong = |e: &Example| {
        let against = if e.same { -sum(e, weights) } else { sum(e, weights) };
        // ln(1 + exp(x)) without overflow.
        against.max(0.0) + (-against.abs()).exp().ln_1p()
    };
    let pulled: f64 = Cue::ALL.iter().map(|c| (weights.of(*c) - prior.of(*c)).powi(2)).sum();
    examples.iter().map(wrong).sum::<f64>() + pull / 2.0 * pulled
}

/// The step to take away from the weights: the inverse of the curvature times the slope.
fn newton_step(examples: &[Example], weights: &Weights, prior: &Weights, pull: f64) -> Option<[f64; CUES]> {
    let mut slope = [0.0; CUES];
    let mut curve = vec![[0.0; CUES]; CUES];
    for (at, cue) in Cue::ALL.iter().enumerate() {
        slope[at] = pull * (weights.of(*cue) - prior.of(*cue));
        curve[at][at] = pull;
    }
    for e in examples {
        let p = logistic(sum(e, weights));
        let error = p - f64::from(u8::from(e.same));
        for (cue, share) in &e.cues {
            slope[*cue as usize] += error * share;
            e.cues.iter().for_each(|(other, s)| curve[*cue as usize][*other as usize] += p * (1.0 - p) * share * s);
        }
    }
    solve(curve, slope)
}

/// Solves `a x = b` for a symmetric positive matrix by Cholesky's decomposition; None if it is not positive.
fn solve(mut a: Vec<[f64; CUES]>, mut b: [f64; CUES]) -> Option<[f64; CUES]> {
    for i in 0..CUES {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| a[i][k] * a[j][k]).sum();
            let rest = a[i][j] - dot;
            a[i][j] = if i == j { Some(rest).filter(|r| *r > 0.0)?.sqrt() } else { rest / a[j][j] };
        }
    }
    for i in 0..CUES {
        let dot: f64 = (0..i).map(|k| a[i][k] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i][i];
    }
    for i in (0..CUES).rev() {
        let dot: f64 = (i + 1..CUES).map(|k| a[k][i] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i][i];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(cues: &[(Cue, f64)], same: bool) -> Example {
        Example { a: "a:1".into(), b: "b:1".into(), cues: cues.to_vec(), same }
    }

    fn examples() -> Vec<Example> {
        let one = |i: u32| {
            let share = f64::from(i % 10) / 10.0;
            example(&[(Cue::Prior, 1.0), (Cue::TitleShared, share), (Cue::SameTown, f64::from(i % 2))], share > 0.55)
        };
        (0..200).map(one).collect()
    }

    #[test]
    fn what_tells_is_learnt_and_what_is_never_seen_stays() {
        let prior = Weights::shipped();
        let learnt = learn(&examples(), prior, 0.1);
        assert!(examples().iter().all(|e| (sum(e, &learnt) > 0.0) == e.same));
        assert!((learnt.of(Cue::SameUrl) - prior.of(Cue::SameUrl)).abs() < 1e-9);
        assert_eq!(learn(&examples(), prior, 0.1), learnt, "the same examples give the same weights");
    }

    #[test]
    fn a_strong_pull_keeps_the_weights() {
        let learnt = learn(&examples(), Weights::shipped(), 1e9);
        assert!(Cue::ALL.iter().all(|c| (learnt.of(*c) - Weights::shipped().of(*c)).abs() < 1e-3));
        assert_eq!(learn(&[], Weights::shipped(), 1.0), *Weights::shipped());
    }

    #[test]
    fn contradicting_and_extreme_examples_stay_finite() {
        let all = [example(&[(Cue::Prior, 1.0)], true), example(&[(Cue::Prior, 1.0)], false), example(&[(Cue::SameUrl, 1e3)], false)];
        assert!(Cue::ALL.iter().all(|c| learn(&all, Weights::shipped(), 0.0).of(*c).is_finite()));
    }
}
