//! What is in, what is out, in which order, and that the draft says why.

use chrono_tz::Europe::London;
use proptest::prelude::*;
use uuid::Uuid;

use super::testing::{NOW, event, fact, when};
use super::*;
use crate::bulletin::view::Change;
use crate::domain::{Facet, Rule};

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

fn input<'a>(events: &'a [EventView], sections: &'a [SectionView]) -> DraftInput<'a> {
    let approval = Approval::Person;
    DraftInput { events, sections, approval, horizon_days: 120, min_items: 1, max_items: 60, repeat: false, now: now(), zone: London }
}

fn told(mut event: EventView, changed: Option<(&str, &str, &str)>) -> EventView {
    event.told_at = Some(now() - TimeDelta::days(7));
    event.changes.extend(changed.map(|(what, was, becomes)| Change {
        at: now() - TimeDelta::days(1),
        what: what.into(),
        was: Some(was.into()),
        becomes: Some(becomes.into()),
    }));
    event
}

fn with(change: impl FnOnce(&mut EventView)) -> EventView {
    let mut e = event(1);
    change(&mut e);
    e
}

/// The word of the item, or the reason why it is out.
fn verdict(event: EventView) -> String {
    let events = [event];
    let draft = draft(&input(&events, &[]));
    match (draft.items.first(), draft.left.first()) {
        (Some(item), None) => item.because.to_string(),
        (None, Some(left)) => left.because.clone(),
        other => panic!("an event is in or out: {other:?}"),
    }
}

#[test]
fn every_event_is_in_or_out_and_the_draft_says_why() {
    let table = vec![
        (event(1), "new"),
        (with(|e| e.decision = Some(Decision::Rejected)), "an editor rejected it"),
        (with(|e| e.withdrawn = true), "it was withdrawn"),
        (with(|e| e.kind = Kind::Job), "it is not training but a job"),
        (with(|e| e.facts.start = fact(when("2027-02-28"))), "it has begun (Sunday 28 February 2027)"),
        (with(|e| e.facts.start = fact(when("2027-03-01"))), "new"),
        (with(|e| e.facts.start = fact(when("2027-02"))), "it has begun (February 2027)"),
        (with(|e| e.facts.start = fact(when("2027-12-01"))), "it begins after the next 120 days (Wednesday 1 December 2027)"),
        (with(|e| e.facts.start = None), "new"),
        (with(|e| (e.facts.start, e.facts.end) = (None, fact(when("2027-01-01")))), "it is over (Friday 1 January 2027)"),
        (with(|e| e.facts.deadline = fact(when("2027-02-20"))), "booking has closed (Saturday 20 February 2027)"),
        (with(|e| e.facts.status = fact(Status::Cancelled)), "it is cancelled and nobody was told of it"),
        (with(|e| e.flag = Some("no start".into())), "new"),
        (told(event(1), None), "it was told on 22 February 2027 and nothing has changed since"),
        (told(event(1), Some(("description", "a", "b"))), "it was told on 22 February 2027 and nothing has changed since"),
        (told(event(1), Some(("start", "2027-05-03", "2027-05-04"))), "changed"),
        (told(with(|e| e.facts.status = fact(Status::Cancelled)), Some(("status", "scheduled", "cancelled"))), "changed"),
        (told(with(|e| e.facts.status = fact(Status::Cancelled)), None), "it was told on 22 February 2027 and nothing has changed since"),
        (told(with(|e| e.decision = Some(Decision::Rejected)), Some(("start", "x", "y"))), "an editor rejected it"),
    ];
    for (event, expected) in table {
        assert_eq!(verdict(event), expected);
    }
}

#[test]
fn the_policy_says_who_must_look_at_a_flag() {
    let flagged = [with(|e| e.flag = Some("two dates disagree".into()))];
    let under = |approval| draft(&DraftInput { approval, ..input(&flagged, &[]) });
    assert_eq!(under(Approval::AutoWhenClean).left[0].because, "it waits for an editor: two dates disagree");
    assert_eq!(under(Approval::Person).items[0].flag.as_deref(), Some("two dates disagree"));
    assert_eq!(under(Approval::Person).warnings, ["1 item is flagged for an editor"]);
    assert!(under(Approval::Auto).may_go_by_itself(Approval::Auto, 1));
    assert!(!under(Approval::Auto).may_go_by_itself(Approval::AutoWhenClean, 1));
    assert!(!under(Approval::Auto).may_go_by_itself(Approval::Person, 0));
    assert!(!draft(&input(&[], &[])).may_go_by_itself(Approval::Auto, 0), "an empty edition never goes");
    let approved = [with(|e| (e.flag, e.decision) = (Some("x".into()), Some(Decision::Approved)))];
    assert_eq!(draft(&DraftInput { approval: Approval::AutoWhenClean, ..input(&approved, &[]) }).items.len(), 1);
}

#[test]
fn repeats_come_only_when_asked_for() {
    let events = [told(event(1), None), told(with(|e| e.facts.status = fact(Status::Postponed)), None)];
    let draft = draft(&DraftInput { repeat: true, ..input(&events, &[]) });
    assert_eq!(draft.items.iter().map(|i| i.because).collect::<Vec<_>>(), [ItemReason::Repeat]);
}

fn numbered(n: u128, change: impl FnOnce(&mut EventView)) -> EventView {
    let mut e = event(n);
    change(&mut e);
    e
}

fn order(draft: &Draft) -> Vec<u128> {
    draft.items.iter().map(|i| i.event.0.as_u128()).collect()
}

#[test]
fn an_item_goes_into_the_first_section_whose_rule_holds() {
    let section = |n: u128, need: &str| SectionView {
        id: SectionId(Uuid::from_u128(n)),
        heading: need.into(),
        rule: Rule::Is(EventIs::Tagged { facet: Facet::Need, any_of: vec![need.into()] }),
    };
    let sections = [section(100, "fund"), section(101, "eval")];
    let tag = |need: &str| (Facet::Need, need.to_owned());
    let events = [
        numbered(1, |_| {}),
        numbered(2, |e| e.tags = vec![tag("eval"), tag("fund")]),
        numbered(3, |e| e.tags = vec![tag("eval")]),
        numbered(4, |e| (e.pick, e.tags) = (true, vec![tag("eval")])),
        told(numbered(5, |e| e.tags = vec![tag("eval")]), Some(("mode", "in_person", "online"))),
    ];
    let draft = draft(&input(&events, &sections));
    let places: Vec<Place> = draft.items.iter().map(|i| i.place).collect();
    assert_eq!(order(&draft), [4, 2, 3, 1, 5]);
    assert_eq!(places, [Place::Picks, Place::Section(0), Place::Section(1), Place::More, Place::Changes]);
    assert_eq!(draft.items[1].section, Some(SectionId(Uuid::from_u128(100))));
    assert_eq!(draft.items[4].reason, "changed since it was told: mode");
}

#[test]
fn what_cannot_wait_comes_first_then_the_soonest_then_the_undated_and_the_sold_out() {
    let events = [
        numbered(1, |e| e.facts.status = fact(Status::SoldOut)),
        numbered(2, |e| e.facts.start = None),
        numbered(3, |e| e.facts.start = fact(when("2027-05-05"))),
        numbered(4, |e| e.facts.start = fact(when("2027-04-05"))),
        numbered(5, |e| e.facts.deadline = fact(when("2027-03-05"))),
        numbered(6, |e| (e.facts.start, e.tags) = (fact(when("2027-06-05")), vec![(Facet::Signals, "last".into())])),
    ];
    let whole = draft(&input(&events, &[]));
    assert_eq!(order(&whole), [5, 6, 4, 3, 2, 1]);
    let short = draft(&DraftInput { max_items: 2, ..input(&events, &[]) });
    assert_eq!(order(&short), [5, 6]);
    assert_eq!(short.left.len(), 4);
    assert!(short.left[0].because.starts_with("no room"));
}

#[test]
fn picks_and_changes_are_never_cut_off() {
    let events = [numbered(1, |e| e.pick = true), told(event(2), Some(("start", "2027-05-03", "2027-05-04"))), event(3)];
    assert_eq!(order(&draft(&DraftInput { max_items: 1, ..input(&events, &[]) })), [1, 2]);
}

#[test]
fn the_intro_counts_what_readers_look_for() {
    let mut free = testing::priced(1, Some(0), Some(0));
    free.facts.mode = fact(Mode::Online);
    free.facts.deadline = fact(when("2027-03-05"));
    let events = [free, event(2), told(event(3), Some(("start", "2027-05-03", "2027-05-04")))];
    let draft = draft(&input(&events, &[]));
    assert_eq!(draft.intro, "2 events: 1 free, 1 online. Booking closes within a week for 1. 1 change to what we told you before.");
}

proptest! {
    #[test]
    fn whatever_comes_each_event_is_in_or_out_once_and_positions_are_whole(
        kinds in proptest::collection::vec((0u8..6, any::<bool>(), any::<bool>(), 0i64..400), 0..40),
        max_items in 0usize..20,
        repeat in any::<bool>(),
    ) {
        let events: Vec<EventView> = kinds
            .iter()
            .zip(1u128..)
            .map(|((state, pick, was_told, day), n)| {
                let mut e = event(n);
                e.pick = *pick;
                e.facts.start = fact(crate::domain::When::Day((now() + TimeDelta::days(*day - 100)).date_naive()));
                e.facts.status = fact(Status::ALL[usize::from(*state) % Status::ALL.len()]);
                if *was_told { told(e, (*state > 3).then_some(("start", "2027-05-03", "2027-05-04"))) } else { e }
            })
            .collect();
        let draft = draft(&DraftInput { max_items, repeat, ..input(&events, &[]) });
        let mut seen: Vec<u128> = order(&draft).into_iter().chain(draft.left.iter().map(|l| l.event.0.as_u128())).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, (1..=events.len() as u128).collect::<Vec<_>>());
        prop_assert!(draft.items.iter().enumerate().all(|(n, i)| i.position == n));
        prop_assert!(draft.items.is_sorted_by_key(|i| i.place));
        prop_assert!(draft.subject.chars().count() <= crate::bulletin::subject::MOST);
        let owed = draft.items.iter().filter(|i| matches!(i.place, Place::Picks | Place::Changes)).count();
        prop_assert!(draft.items.len() <= max_items.max(owed));
    }
}
