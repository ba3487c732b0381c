//! How right the tagger is on labelled listings: for `gleaner train` and for the test that holds the floor.

use std::collections::BTreeMap;

use super::Tagger;
use super::training::Example;
use crate::domain::{Facet, Kind, Verdict};

/// Shares of 0..=1, by name: `kind`, `non-event F1`, and for each labelled facet its accuracy, or micro- and macro-F1.
pub type Figures = BTreeMap<String, f32>;

/// Hits, wrongly given, missed.
type Counts = [usize; 3];

/// From hits, wrongly given and missed. 1 when there was nothing to find and nothing was given.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of listings")]
pub fn f1([hits, extra, missed]: Counts) -> f32 {
    if hits + extra + missed == 0 { 1.0 } else { 2.0 * hits as f32 / (2 * hits + extra + missed) as f32 }
}

/// Judges every example and counts.
#[must_use]
pub fn figures<'e>(tagger: &Tagger, examples: impl Iterator<Item = &'e Example>) -> Figures {
    let mut kinds: Counts = [0; 3];
    let mut right = Counts::default();
    let mut by_term: BTreeMap<(Facet, String), Counts> = BTreeMap::new();
    for example in examples {
        let verdict = tagger.judge(&example.input());
        let want = example.labels.kind;
        right[usize::from(verdict.kind != want)] += 1;
        match (want != Kind::Cpd, verdict.kind != Kind::Cpd) {
            (true, true) => kinds[0] += 1,
            (false, true) => kinds[1] += 1,
            (true, false) => kinds[2] += 1,
            (false, false) => {}
        }
        count_terms(example, &verdict, &mut by_term);
    }
    let mut figures = facet_figures(&by_term);
    figures.insert("kind".into(), share(right[0], right[1]));
    figures.insert("non-event F1".into(), f1(kinds));
    figures
}

fn count_terms(example: &Example, verdict: &Verdict, by_term: &mut BTreeMap<(Facet, String), Counts>) {
    for (facet, want) in &example.labels.terms {
        let have: Vec<&str> = if verdict.kind == Kind::Cpd { verdict.terms(*facet).collect() } else { Vec::new() };
        for term in want {
            let place = usize::from(!have.contains(&term.as_str())) * 2;
            by_term.entry((*facet, term.clone())).or_default()[place] += 1;
        }
        for term in have.into_iter().filter(|t| !want.contains(*t)) {
            by_term.entry((*facet, term.to_owned())).or_default()[1] += 1;
        }
    }
}

fn facet_figures(by_term: &BTreeMap<(Facet, String), Counts>) -> Figures {
    let mut figures = Figures::new();
    for facet in Facet::ALL {
        let counts: Vec<&Counts> = by_term.iter().filter(|((f, _), _)| f == facet).map(|(_, c)| c).collect();
        if counts.is_empty() {
            continue;
        }
        let all = counts.iter().fold(Counts::default(), |sum, c| [sum[0] + c[0], sum[1] + c[1], sum[2] + c[2]]);
        if facet.is_multi() {
            figures.insert(format!("{facet} micro F1"), f1(all));
            let real: Vec<f32> = counts.iter().filter(|c| c[0] + c[2] > 0).map(|c| f1(**c)).collect();
            #[expect(clippy::cast_precision_loss, reason = "a few dozen terms")]
            figures.insert(format!("{facet} macro F1"), real.iter().sum::<f32>() / real.len().max(1) as f32);
        } else {
            figures.insert(facet.to_string(), share(all[0], all[2]));
        }
    }
    figures
}

#[expect(clippy::cast_precision_loss, reason = "counts of listings")]
fn share(right: usize, wrong: usize) -> f32 {
    right as f32 / (right + wrong).max(1) as f32
}
