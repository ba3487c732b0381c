//! One listing at a time: which known event it belongs to, given the events that share a key with it.
//!
//! An editor's word wins over every score. Nothing is merged here; the caller records the placement and its reasons.

use std::collections::BTreeSet;

use super::{Corpus, MAYBE, Profile, SAME, Score, Weights, cluster::MEMBERS_AT_MOST, prepared::Prepared, score};
use crate::domain::EventId;

/// Events that are offered to an editor.
const OFFERED_AT_MOST: usize = 5;

/// What editors decided about pairs of listings, by id. Pairs hold either way round.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decisions {
    same: BTreeSet<(String, String)>,
    not_same: BTreeSet<(String, String)>,
}

impl Decisions {
    /// Remembers "these are one event"; the later word about a pair counts.
    pub fn say_same(&mut self, a: &str, b: &str) {
        self.not_same.remove(&ordered(a, b));
        self.same.insert(ordered(a, b));
    }

    /// Remembers "these are not one event"; the later word about a pair counts.
    pub fn say_not_same(&mut self, a: &str, b: &str) {
        self.same.remove(&ordered(a, b));
        self.not_same.insert(ordered(a, b));
    }

    /// Some(true) for "same", Some(false) for "not the same", None when nobody decided.
    #[must_use]
    pub fn about(&self, a: &str, b: &str) -> Option<bool> {
        let pair = ordered(a, b);
        if self.not_same.contains(&pair) { Some(false) } else { self.same.contains(&pair).then_some(true) }
    }
}

fn ordered(a: &str, b: &str) -> (String, String) {
    if a <= b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) }
}

/// Where a listing belongs.
#[derive(Debug, Clone, PartialEq)]
pub enum Placement {
    /// It is this event; the score is that of its best pair.
    Join { event: EventId, score: Score },
    /// Nothing known is like it: it founds an event.
    Found,
    /// It founds an event, and an editor is asked whether it is one of these; best first, never empty, at most five.
    Possible { with: Vec<(EventId, Score)> },
}

/// Places a listing that is in no event yet among `candidates` (events with their listings, as found by [`super::keys`]). A listing that
/// merely changed stays in its event and is not placed again. Ties go to the candidate that comes first.
#[must_use]
pub fn place(new: &Profile, candidates: &[(EventId, Vec<Profile>)], decisions: &Decisions, corpus: &Corpus) -> Placement {
    let decided = |members: &[Profile], word: bool| members.iter().any(|m| decisions.about(&new.id, &m.id) == Some(word));
    let open: Vec<&(EventId, Vec<Profile>)> = candidates.iter().filter(|(_, members)| !decided(members, false)).collect();
    if let Some((event, _)) = open.iter().find(|(_, members)| decided(members, true)) {
        return Placement::Join { event: *event, score: Score::decided() };
    }
    let prepared = Prepared::read(new, corpus);
    let mut best: Option<(EventId, Score)> = None;
    let mut doubtful = Vec::new();
    for (event, members) in open {
        match judge(new, &prepared, members, corpus) {
            Some((score, true)) if best.as_ref().is_none_or(|(_, b)| score.value > b.value) => {
                doubtful.extend(best.replace((*event, score)));
            }
            Some((score, _)) => doubtful.push((*event, score)),
            None => {}
        }
    }
    if let Some((event, score)) = best {
        return Placement::Join { event, score };
    }
    doubtful.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
    doubtful.truncate(OFFERED_AT_MOST);
    if doubtful.is_empty() { Placement::Found } else { Placement::Possible { with: doubtful } }
}

/// The best pair's score, and whether every member bears the newcomer; of an event that has its fill of listings none does. None when not
/// even an editor need look.
#[allow(clippy::cast_precision_loss, reason = "at most MEMBERS_AT_MOST")]
fn judge(new: &Profile, prepared: &Prepared, members: &[Profile], corpus: &Corpus) -> Option<(Score, bool)> {
    let others = members.iter().filter(|m| m.id != new.id).take(MEMBERS_AT_MOST);
    let scores: Vec<(bool, Score)> =
        others.map(|m| (m.source == new.source, score::of(prepared, &Prepared::read(m, corpus), Weights::shipped()))).collect();
    let mean = scores.iter().map(|(_, s)| s.value).sum::<f64>() / scores.len().max(1) as f64;
    let borne = mean >= SAME
        && members.len() < MEMBERS_AT_MOST
        && scores.iter().all(|(one_source, s)| s.barred.is_none() && (!one_source || s.value >= SAME));
    let best = scores.into_iter().map(|(_, s)| s).reduce(|a, b| if b.value > a.value { b } else { a })?;
    (best.value >= MAYBE).then_some((best, borne))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::When;
    use uuid::Uuid;

    fn listing(id: &str, title: &str, day: &str) -> Profile {
        let source = id.split(':').next().unwrap();
        let mut p = Profile::new(id, source, title);
        p.start = Some(When::parse(day, p.zone).unwrap());
        p.town = Some("Leeds".into());
        p
    }

    fn event(n: u128) -> EventId {
        EventId(Uuid::from_u128(n))
    }

    fn placed(new: &Profile, known: &[(EventId, Vec<Profile>)], decisions: &Decisions) -> Placement {
        place(new, known, decisions, &Corpus::neutral())
    }

    #[test]
    fn a_listing_joins_the_event_it_is_about() {
        let known = [
            (event(1), vec![listing("a:1", "Governance for small museums", "2027-03-04")]),
            (event(2), vec![listing("a:2", "Bid writing", "2027-03-04")]),
        ];
        let new = listing("b:1", "Governance for Small Museums: webinar", "2027-03-04T10:00");
        let Placement::Join { event: joined, score } = placed(&new, &known, &Decisions::default()) else { panic!("not joined") };
        assert_eq!(joined, event(1));
        assert!(!score.because.is_empty());
        assert_eq!(placed(&listing("b:2", "Object handling", "2027-03-04"), &known, &Decisions::default()), Placement::Found);
    }

    #[test]
    fn an_editors_word_wins_over_the_score() {
        let known = [(event(1), vec![listing("a:1", "Governance for museums", "2027-03-04")])];
        let (twin, stranger) = (listing("b:1", "Governance for museums", "2027-03-04"), listing("b:2", "Object handling", "2027-09-01"));
        let mut decisions = Decisions::default();
        decisions.say_not_same("b:1", "a:1");
        decisions.say_same("a:1", "b:2");
        assert_eq!(placed(&twin, &known, &decisions), Placement::Found);
        assert!(matches!(placed(&stranger, &known, &decisions), Placement::Join { score, .. } if score.is_same()));
        decisions.say_same("a:1", "b:1");
        assert!(matches!(placed(&twin, &known, &decisions), Placement::Join { .. }));
    }

    /// One wrong pair brings nobody in: the others have to bear the newcomer too.
    #[test]
    fn a_listing_that_fits_one_member_alone_does_not_join() {
        let members = vec![
            listing("a:1", "Fundraising for small museums", "2027-03-04"),
            listing("b:1", "Fundraising basics for museums", "2027-03-04"),
            listing("c:1", "Small museums: fundraising basics and evaluation of volunteers", "2027-03-04"),
        ];
        let new = listing("d:1", "Evaluation of volunteers", "2027-03-04");
        assert!(score::of(&Prepared::read(&new, &Corpus::neutral()), &Prepared::read(&members[2], &Corpus::neutral()), Weights::shipped()).is_same());
        let found = placed(&new, &[(event(1), members)], &Decisions::default());
        assert!(matches!(found, Placement::Possible { .. }), "{found:?}");
    }

    /// A broken source that says one thing a thousand times: its events stay small, and so does the cost of the next.
    #[test]
    fn an_event_that_has_its_fill_takes_no_more() {
        let told = |i: usize| listing(&format!("s{i}:1"), "Governance for museums", "2027-03-04");
        let full: Vec<Profile> = (0..MEMBERS_AT_MOST).map(told).collect();
        let (new, mut decisions) = (listing("b:1", "Governance for museums", "2027-03-04"), Decisions::default());
        let known = [(event(1), full[1..].to_vec())];
        assert!(matches!(placed(&new, &known, &decisions), Placement::Join { .. }));
        let known = [(event(1), full)];
        assert!(matches!(placed(&new, &known, &decisions), Placement::Possible { .. }));
        decisions.say_same("b:1", "s1:1");
        assert!(matches!(placed(&new, &known, &decisions), Placement::Join { .. }), "an editor's word counts all the same");
    }

    #[test]
    fn an_event_with_a_member_that_bars_it_is_only_offered() {
        let members = vec![listing("a:1", "Governance for museums", "2027-03-04"), listing("c:1", "Governance for museums 2026", "2027-03-04")];
        let new = listing("b:1", "Governance for museums 2027", "2027-03-04");
        assert!(matches!(placed(&new, &[(event(1), members)], &Decisions::default()), Placement::Possible { with } if with[0].0 == event(1)));
    }
}
