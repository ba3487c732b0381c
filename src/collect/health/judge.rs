//! One read against what is usual: empty, much shorter, or without a field that was always there.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Baseline, Signs};
use crate::domain::{AlarmKind, Symptom, YieldField, Yields};

/// Lists shorter than this vary too much to be called short.
const SHORT_LIST: usize = 5;
/// A field counts as usual from this share of listings on.
const USUAL_SHARE: f64 = 0.5;
/// A field is lost when no more than this part of its usual share is left.
const LOST_PART: f64 = 0.25;
/// At least so many listings must have lost it: two without a price are chance.
const LOST_AT_LEAST: f64 = 3.0;
/// A shorter list is the usual one after so many reads that agree...
const READS_TO_BELIEVE: i64 = 5;
/// ...over at least this time: a weekend's mishap is not a new habit.
const TIME_TO_BELIEVE: TimeDelta = TimeDelta::days(7);

/// What a read shows to be wrong, the weightiest first. `usual` is none while nothing was learnt.
#[must_use]
pub fn judge(found: &Yields, usual: Option<&Baseline>, signs: &Signs) -> Vec<Symptom> {
    let mut out = Vec::new();
    // Another way of reading has other yields.
    let comparable = usual.filter(|_| signs.changed_way.is_none());
    out.extend(length(found, comparable, signs));
    out.extend(comparable.and_then(|u| lost_fields(found, u)));
    if let Some(to) = &signs.moved_to {
        out.push(Symptom::new(
            AlarmKind::Moved,
            format!("moved for good to {to}; when three looks in a row lead there, it is read there from then on"),
        ));
    }
    // The first way that is ever found is no fallback.
    if let (Some(why), Some(_)) = (&signs.changed_way, usual) {
        let words = format!("{why}. What is usual begins anew; look whether what it finds is as good: `gleaner source show ID`");
        out.push(Symptom::new(AlarmKind::Fallback, words));
    }
    out
}

fn length(found: &Yields, usual: Option<&Baseline>, signs: &Signs) -> Option<Symptom> {
    let n = found.listings;
    if n == 0 && signs.login {
        let words = "a page that asks for a password came instead of the list; look for a public address, or ask the provider for a feed";
        return Some(Symptom::new(AlarmKind::Login, words));
    }
    let median = match usual {
        None if n == 0 => {
            let words = "no events were found there; `gleaner try source URL` shows what each way of reading it yields";
            return Some(Symptom::new(AlarmKind::Empty, words));
        }
        None => return None,
        Some(usual) => usual.listings,
    };
    if n == 0 && median > 0 {
        let words = format!(
            "no events where there were usually {median}; nothing was withdrawn. Open the page: if it still lists events, `gleaner try source URL` shows which way of reading it finds them"
        );
        return Some(Symptom::new(AlarmKind::Empty, words));
    }
    (median >= SHORT_LIST && n * 10 <= median * 4).then(|| {
        let words = format!(
            "{} where there were usually {median}; nothing was withdrawn, look at the page. A list that stays this short is taken as the usual one after {} days",
            if n == 1 { "1 event".to_owned() } else { format!("{n} events") },
            TIME_TO_BELIEVE.num_days()
        );
        Symptom::new(AlarmKind::Shorter, words)
    })
}

/// All fields that vanished, in one symptom.
#[allow(clippy::cast_precision_loss, reason = "counts of listings on a page")]
fn lost_fields(found: &Yields, usual: &Baseline) -> Option<Symptom> {
    let listings = found.listings as f64;
    let lost: Vec<String> = usual
        .shares
        .iter()
        .filter_map(|(field, was)| Some((*field, *was, found.share(*field)?)))
        .filter(|(field, was, now)| {
            *field != YieldField::Title && *was >= USUAL_SHARE && *now <= was * LOST_PART && (was - now) * listings >= LOST_AT_LEAST
        })
        .map(|(field, was, now)| format!("{} (usually {:.0} % of the events, now {:.0} %)", field.label(), was * 100.0, now * 100.0))
        .collect();
    (!lost.is_empty()).then(|| {
        let words = format!(
            "no longer stated: {}; what was known of events stays. If the page still shows it, its layout changed: `gleaner try source URL`; if it does not, `gleaner source accept ID`",
            lost.join(", ")
        );
        Symptom::new(AlarmKind::FieldLost, words)
    })
}

/// An open alarm, as far as it decides what becomes usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub kind: AlarmKind,
    pub opened_at: DateTime<Utc>,
    /// Reads that showed it, this one not counted.
    pub looks: i64,
}

/// Since when a list that is only shorter has been so for long enough to be the usual one. A lost field never becomes usual by itself:
/// that is what a half-broken page looks like. Nor does an empty list.
#[must_use]
pub fn has_become_usual(symptoms: &[Symptom], open: &[Standing], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut suspect = symptoms.iter().filter(|s| s.kind.is_suspect()).map(|s| s.kind);
    if suspect.next() != Some(AlarmKind::Shorter) || suspect.next().is_some() {
        return None;
    }
    let standing = open.iter().find(|a| a.kind == AlarmKind::Shorter)?;
    (standing.looks + 1 >= READS_TO_BELIEVE && now - standing.opened_at >= TIME_TO_BELIEVE).then_some(standing.opened_at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::collect::health::usual;
    use proptest::prelude::*;

    fn read(listings: usize, dated: usize, priced: usize) -> Yields {
        let filled = [(YieldField::Title, listings), (YieldField::Start, dated), (YieldField::Price, priced)];
        Yields { listings, filled: BTreeMap::from(filled) }
    }

    fn kinds(found: &Yields, before: &[Yields]) -> Vec<AlarmKind> {
        judge(found, usual(before).as_ref(), &Signs::default()).into_iter().map(|s| s.kind).collect()
    }

    #[track_caller]
    fn check(found: (usize, usize, usize), usually: (usize, usize, usize), expected: &[AlarmKind]) {
        let read = |(n, dated, priced)| read(n, dated, priced);
        assert_eq!(kinds(&read(found), &[read(usually)]), expected, "{found:?} after {usually:?}");
    }

    #[test]
    fn a_read_far_below_the_usual_is_told() {
        use AlarmKind::{Empty, FieldLost, Shorter};
        check((20, 19, 9), (20, 19, 9), &[]);
        check((0, 0, 0), (3, 3, 3), &[Empty]);
        check((8, 8, 8), (20, 20, 20), &[Shorter]);
        check((9, 9, 9), (20, 20, 20), &[]);
        check((1, 1, 1), (4, 4, 4), &[]);
        check((20, 1, 9), (20, 19, 9), &[FieldLost]);
        check((20, 5, 9), (20, 19, 9), &[]);
        check((6, 0, 3), (20, 19, 9), &[Shorter, FieldLost]);
        check((2, 0, 0), (2, 2, 2), &[]);
        check((3, 0, 3), (3, 3, 3), &[FieldLost]);
        // Stated for fewer than half: never usual.
        check((20, 20, 0), (20, 20, 9), &[]);
    }

    #[test]
    fn a_source_that_never_held_anything_is_the_wrong_address() {
        let told = judge(&Yields::default(), None, &Signs::default()).remove(0);
        assert_eq!(told.kind, AlarmKind::Empty);
        assert!(told.words.contains("try source"));
        assert_eq!(kinds(&read(1, 0, 0), &[]), []);
    }

    #[test]
    fn what_the_answer_shows_besides_is_told() {
        let signs =
            Signs { moved_to: Some("https://new.example/".into()), login: true, changed_way: Some("the feed is gone".into()), partial: false };
        let before = usual(&[read(20, 20, 20)]);
        let told: Vec<_> = judge(&Yields::default(), before.as_ref(), &signs).into_iter().map(|s| s.kind).collect();
        assert_eq!(told, [AlarmKind::Login, AlarmKind::Moved, AlarmKind::Fallback]);
        let signs = Signs { changed_way: Some("the feed is gone".into()), ..Signs::default() };
        let kinds = |before: Option<&_>| judge(&read(3, 0, 0), before, &signs).into_iter().map(|s| s.kind).collect::<Vec<_>>();
        assert_eq!(kinds(before.as_ref()), [AlarmKind::Fallback], "another way of reading is not compared with the last");
        assert_eq!(kinds(None), [], "the first way that is found is no fallback");
    }

    #[test]
    fn a_shorter_list_becomes_usual_by_staying_and_a_lost_field_never() {
        let opened_at: DateTime<Utc> = "2027-03-01T09:00:00Z".parse().unwrap();
        let short = [Symptom::new(AlarmKind::Shorter, "")];
        let at = |kind, looks, days| has_become_usual(&short, &[Standing { kind, opened_at, looks }], opened_at + TimeDelta::days(days));
        assert_eq!(at(AlarmKind::Shorter, 4, 7), Some(opened_at));
        assert_eq!(at(AlarmKind::Shorter, 3, 30), None, "too few reads");
        assert_eq!(at(AlarmKind::Shorter, 400, 6), None, "too little time");
        assert_eq!(at(AlarmKind::Empty, 400, 60), None);
        let both = [Symptom::new(AlarmKind::Shorter, ""), Symptom::new(AlarmKind::FieldLost, "")];
        let standing = Standing { kind: AlarmKind::Shorter, opened_at, looks: 400 };
        assert_eq!(has_become_usual(&both, &[standing], opened_at + TimeDelta::days(60)), None);
        let lost = [Symptom::new(AlarmKind::FieldLost, "")];
        assert_eq!(has_become_usual(&lost, &[standing], opened_at + TimeDelta::days(60)), None);
    }

    proptest! {
        /// Whoever finds more is never more suspect for it.
        #[test]
        fn finding_more_raises_no_alarm(usually in 1_usize..300, found in 0_usize..300, more in 0_usize..300) {
            let before = [read(usually, usually, usually)];
            let (less, more) = (kinds(&read(found, found, found), &before), kinds(&read(found + more, found + more, found + more), &before));
            prop_assert!(more.len() <= less.len(), "{less:?} {more:?}");
        }

        #[test]
        fn what_is_as_usual_raises_none(usually in 1_usize..300, dated in 0_usize..300, priced in 0_usize..300) {
            let usually = read(usually, dated.min(usually), priced.min(usually));
            prop_assert_eq!(kinds(&usually, std::slice::from_ref(&usually)), []);
        }
    }
}
