//! From scores to terms: threshold, share of the best, at most so many, and the term that stands for "nothing said".

use super::cues::Score;
use super::taxonomy::{Choice, Term};

/// A term that was chosen, by its place in the facet's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    pub term: usize,
    pub score: Score,
}

/// The terms whose scores suffice, best first; ties in the order of the file. Empty when nothing was said.
#[must_use]
pub fn choose(terms: &[Term], scores: Vec<Score>, choice: &Choice) -> Vec<Chosen> {
    let mut chosen: Vec<Chosen> = scores
        .into_iter()
        .enumerate()
        .map(|(term, score)| Chosen { term, score })
        .filter(|c| c.score.sum >= choice.threshold && suffices(&terms[c.term], &c.score))
        .collect();
    chosen.sort_by(|a, b| b.score.sum.total_cmp(&a.score.sum));
    let least = chosen.first().map_or(0.0, |best| best.score.sum * choice.share);
    chosen.retain(|c| c.score.sum >= least);
    chosen.truncate(choice.most);
    chosen
}

/// One weak cue gives nothing, however often or prominent; a term that needs several cues needs a firm one among them.
fn suffices(term: &Term, score: &Score) -> bool {
    match term.cues.needs {
        Some(needs) => score.support >= needs && score.firm > 0,
        None => score.firm > 0 || score.support > 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Facet;
    use crate::tag::taxonomy::Taxonomy;

    fn check(sums: &[f32], choice: &Choice, expected: &[usize]) {
        let taxonomy = Taxonomy::built_in();
        let terms = &taxonomy.terms(Facet::Subsector)[..sums.len()];
        let scores = sums.iter().map(|sum| Score { sum: *sum, support: 1, firm: 1, reason: "x".into() }).collect();
        assert_eq!(choose(terms, scores, choice).iter().map(|c| c.term).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_weak_beside_the_best_is_left_out() {
        let choice = Choice { threshold: 2.0, share: 0.5, most: 3, otherwise: None };
        check(&[1.9, 0.0], &choice, &[]);
        check(&[2.0, 8.0, 4.0], &choice, &[1, 2]);
        check(&[4.0, 4.0, 4.0, 4.0], &choice, &[0, 1, 2]);
        check(&[f32::NAN, 2.0], &choice, &[1]);
    }
}
