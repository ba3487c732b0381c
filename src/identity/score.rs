//! How likely two listings are one event, and every reason for it.

use super::{Corpus, Profile, Weights, bars, cues, prepared::Prepared};

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
    of(&Prepared::read(a, corpus), &Prepared::read(b, corpus), Weights::shipped())
}

pub(super) fn of(a: &Prepared, b: &Prepared, weights: &Weights) -> Score {
    let mut because = Vec::with_capacity(20);
    cues::each(a, b, |cue, share| because.push((cue.as_str().to_owned(), share * weights.of(cue))));
    because.retain(|(_, part)| *part != 0.0);
    let barred = bars::between(a, b).map(|bar| bar.to_string());
    let sum: f64 = because.iter().map(|(_, part)| part).sum();
    Score { value: if barred.is_some() { 0.0 } else { logistic(sum) }, because, barred }
}

/// The value alone, without words: zero when barred.
pub(super) fn value(a: &Prepared, b: &Prepared, weights: &Weights) -> f64 {
    if bars::between(a, b).is_some() {
        return 0.0;
    }
    let mut sum = 0.0;
    cues::each(a, b, |cue, share| sum += share * weights.of(cue));
    logistic(sum)
}

pub(super) fn logistic(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::When;
    use proptest::prelude::*;

    fn profile(id: &str, title: &str, start: Option<&str>, town: &str) -> Profile {
        let mut p = Profile::new(id, id, title);
        p.start = start.map(|s| When::parse(s, p.zone).unwrap());
        p.town = (!town.is_empty()).then(|| town.to_owned());
        p
    }

    fn check(a: &Profile, b: &Profile, same: bool) {
        let found = score(a, b, &Corpus::neutral());
        assert_eq!(found.is_same(), same, "{} / {}: {found:?}", a.title, b.title);
    }

    #[test]
    fn re_posted_listings_are_the_same_and_neighbours_are_not() {
        let day = Some("2027-05-04");
        let base = profile("a", "Fundraising for small museums", day, "Leeds");
        check(&base, &profile("b", "Fundraising for Small Museums (workshop)", Some("2027-05-04T10:00"), "Leeds"), true);
        check(&base, &profile("b", "Small museums: fundraising", day, ""), true);
        check(&base, &profile("b", "Governance for small museums", day, "Leeds"), false);
        check(&base, &profile("b", "Fundraising for small museums", Some("2027-05-11"), "Leeds"), false);
        check(&base, &profile("b", "Fundraising for small museums", day, "York"), false);
    }

    #[test]
    fn one_address_or_identifier_outweighs_a_loose_title() {
        let mut a = profile("a", "Fundraising for small museums", Some("2027-05-04"), "");
        let mut b = profile("b", "Raise more: fundraising clinic", Some("2027-05-04"), "");
        check(&a, &b, false);
        a.url = Some("https://mill.example/events/raise-more".into());
        b.url = Some("http://www.mill.example/events/raise-more/?utm_source=mail".into());
        check(&a, &b, true);
        (a.url, b.url) = (None, None);
        (a.native_id, b.native_id) = (Some("4711@mill.example".into()), Some("4711@mill.example".into()));
        check(&a, &b, true);
    }

    #[test]
    fn a_name_alone_is_not_enough() {
        let with = |id: &str, start: Option<&str>, provider: &str| Profile {
            provider: (!provider.is_empty()).then(|| provider.to_owned()),
            ..profile(id, "Safeguarding basics", start, "")
        };
        let dated = with("a", Some("2027-05-04T10:00"), "Mill Trust");
        check(&dated, &with("b", None, ""), false);
        check(&dated, &with("b", None, "The Mill Trust"), true);
        check(&dated, &with("b", Some("2027-05-04T14:00"), "Harbour Arts"), false);
        check(&dated, &with("b", Some("2027-05-04T10:00"), ""), true);
    }

    fn any_profile() -> impl Strategy<Value = Profile> {
        let title = "(Part |[Bb]id |writing |museum |2027 |3rd |[a-zé&]{1,9} ){0,6}";
        (title, proptest::option::of(1_u32..28), proptest::option::of("Leeds|York|L"), "[ab]").prop_map(|(title, day, town, source)| {
            let start = day.map(|d| format!("2027-05-{d:02}"));
            profile(&source, &title, start.as_deref(), town.as_deref().unwrap_or_default())
        })
    }

    proptest! {
        #[test]
        fn the_reasons_add_up_to_the_score(a in any_profile(), b in any_profile()) {
            let found = score(&a, &b, &Corpus::neutral());
            let sum: f64 = found.because.iter().map(|(_, part)| part).sum();
            let expected = if found.barred.is_some() { 0.0 } else { 1.0 / (1.0 + (-sum).exp()) };
            prop_assert!((found.value - expected).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&found.value));
        }

        #[test]
        fn a_score_is_the_same_both_ways(a in any_profile(), b in any_profile()) {
            let (there, back) = (score(&a, &b, &Corpus::neutral()), score(&b, &a, &Corpus::neutral()));
            prop_assert!((there.value - back.value).abs() < 1e-6, "{:?} {:?}", there, back);
            prop_assert_eq!(there.barred, back.barred);
        }

        #[test]
        fn nothing_in_a_title_panics(a in ".{0,80}", b in ".{0,80}") {
            let found = score(&profile("a", &a, None, &b), &profile("b", &b, None, &a), &Corpus::neutral());
            prop_assert!(found.value.is_finite());
        }
    }
}
