//! A correction changes what is like it and nothing else, in any order, and without it everything is as before.

use chrono::{DateTime, Utc};
use chrono_tz::Europe::London;
use proptest::prelude::*;

use super::*;
use crate::domain::{Evidence, Facts, Field, FieldRow};

fn now() -> DateTime<Utc> {
    "2027-03-01T09:00:00Z".parse().unwrap()
}

struct Announced {
    title: String,
    text: String,
    facts: Facts,
}

fn announced(title: &str, text: &str, provider: &str) -> Announced {
    let row = |field, value: &str| FieldRow { field, position: 0, value: value.into(), evidence: Evidence::editor(value) };
    let rows = [row(Field::Start, "2027-05-04T10:00"), row(Field::Provider, provider)];
    Announced { title: title.into(), text: text.into(), facts: Facts::from_rows(rows, London).unwrap() }
}

impl Announced {
    fn input(&self) -> TagInput<'_> {
        TagInput { title: &self.title, text: &self.text, facts: &self.facts, zone: London, now: now() }
    }
}

fn mingle() -> Announced {
    announced(
        "Museum Mingle: May",
        "Come and meet colleagues from other museums over coffee and cake. Bring a question, leave with a contact.",
        "Northfield Museum Network",
    )
}

fn next_mingle() -> Announced {
    announced(
        "Museum Mingle: September",
        "Meet colleagues from museums near you over coffee and cake. Bring a question about volunteers.",
        "Northfield Museum Network",
    )
}

fn others() -> Vec<Announced> {
    [
        (
            "Object handling for volunteers",
            "A practical workshop on handling museum objects safely, with a conservator.",
            "Northfield Museum Network",
        ),
        (
            "Writing a funding bid",
            "A workshop for museum staff on applications to trusts and foundations. Coffee from 9.30.",
            "Northfield Museum Network",
        ),
        ("Museum boards: the trustee's role", "What the law asks of trustees of museums. Bring your questions.", "Charity Law Clinic"),
        ("Meet the funder", "Meet a programme officer and ask about grants for museums.", "Northern Arts Trust"),
        ("Audio description for galleries", "Learn to describe pictures for visitors who cannot see them.", "Vision Arts"),
        ("Pest management in store rooms", "Traps, moths and what to do about them. For museums and houses.", "Conservation Shed"),
        ("Coffee with a curator", "An informal talk for the public with coffee in the gallery.", "Hull City Museum"),
        ("Safeguarding for freelancers", "Your duties when you work with children and young people.", "Safe Arts"),
        ("Marketing on no budget", "A webinar on reaching new audiences for museums.", "Culture Marketing"),
        ("Volunteer management day", "Recruiting and keeping volunteers in museums; bring a case.", "Northfield Museum Network"),
    ]
    .into_iter()
    .map(|(title, text, provider)| announced(title, text, provider))
    .collect()
}

fn said(aspect: &str, signed: &str) -> Correction {
    let (holds, term) = Correction::read_signed(signed);
    Correction { aspect: aspect.parse().unwrap(), term: term.into(), holds, by: "ed@body.example".into(), at: now(), note: None }
}

fn taught(tagger: &Tagger, examples: &[(Announced, Vec<Correction>)]) -> Tagger {
    let mut lessons = Lessons::default();
    for (event, corrections) in examples {
        lessons.add(tagger, &Corrected { input: event.input(), corrections });
    }
    tagger.taught(lessons)
}

#[test]
fn one_correction_changes_a_similar_listing_leaves_ten_others_alone_and_without_it_all_is_as_before() {
    let tagger = Tagger::new(Taxonomy::built_in());
    let corrections = vec![said("kind", "public"), said("need", "+coll"), said("activity", "talk")];
    let known = corrections.iter().all(|c| is_known(tagger.taxonomy(), c));
    assert!(known, "the test speaks the vocabulary");
    let learnt = taught(&tagger, &[(mingle(), corrections)]);
    let (next, before) = (learnt.judge(&next_mingle().input()), tagger.judge(&next_mingle().input()));
    assert_ne!(before.kind, Kind::Public);
    assert_eq!(next.kind, Kind::Public, "{}", before.kind_reason);
    assert!(next.kind_reason.contains("an editor said so on 1 March 2027 of “Museum Mingle: May”"), "{}", next.kind_reason);
    assert!(next.kind_reason.contains("“mingle”"), "names the words: {}", next.kind_reason);
    assert!(next.terms(Facet::Need).any(|t| t == "coll"));
    assert_eq!(next.terms(Facet::Activity).collect::<Vec<_>>(), ["talk"]);
    assert!(next.tags.iter().filter(|t| t.origin == TagOrigin::Learned && t.term == "coll").all(|t| t.reason.contains("an editor said so")));
    for other in others() {
        assert_eq!(learnt.judge(&other.input()), tagger.judge(&other.input()), "{}", other.title);
    }
    let forgotten = learnt.taught(Lessons::default());
    for event in others().iter().chain([&mingle(), &next_mingle()]) {
        assert_eq!(forgotten.judge(&event.input()), tagger.judge(&event.input()), "{}", event.title);
    }
}

#[test]
fn a_term_that_is_wrong_is_taken_from_what_is_like_it() {
    let tagger = Tagger::new(Taxonomy::built_in());
    let event = |month: &str| announced(&format!("Fundraising forum: {month}"), "Fundraising strategy and major donors, with lunch.", "Mill Trust");
    let given: Vec<String> = tagger.judge(&event("June").input()).terms(Facet::Need).map(str::to_owned).collect();
    let wrong = given.first().expect("a need is found").clone();
    let learnt = taught(&tagger, &[(event("May"), vec![said("need", &format!("-{wrong}"))])]);
    assert!(!learnt.judge(&event("June").input()).terms(Facet::Need).any(|t| t == wrong));
}

#[test]
fn editors_who_contradict_one_another_teach_nothing() {
    let tagger = Tagger::new(Taxonomy::built_in());
    let learnt = taught(&tagger, &[(mingle(), vec![said("kind", "public")]), (mingle(), vec![said("kind", "news")])]);
    assert_eq!(learnt.judge(&next_mingle().input()), tagger.judge(&next_mingle().input()));
}

#[test]
fn a_term_that_the_vocabulary_lacks_teaches_nothing() {
    let tagger = Tagger::new(Taxonomy::built_in());
    let learnt = taught(&tagger, &[(mingle(), vec![said("need", "+zoo")])]);
    assert_eq!(learnt.judge(&mingle().input()), tagger.judge(&mingle().input()));
}

#[test]
fn what_is_said_of_the_event_itself_settles_it_and_says_who() {
    let tagger = Tagger::new(Taxonomy::built_in());
    let event = mingle();
    let mut verdict = tagger.judge(&event.input());
    correct(&mut verdict, &[said("kind", "call"), said("need", "+lead"), said("activity", "talk"), said("provider_type", "-hei")]);
    assert_eq!((verdict.kind, verdict.kind_reason.as_str()), (Kind::Call, "stated by ed@body.example on 1 March 2027"));
    let lead = verdict.tags.iter().find(|t| t.facet == Facet::Need && t.term == "lead").unwrap();
    assert_eq!((lead.origin, lead.reason.as_str()), (TagOrigin::Editor, "stated by ed@body.example on 1 March 2027"));
    assert_eq!(verdict.terms(Facet::Activity).collect::<Vec<_>>(), ["talk"]);
    correct(&mut verdict, &[said("need", "-lead")]);
    assert!(!verdict.tags.iter().any(|t| t.term == "lead" || t.facet == Facet::LeadershipSense));
}

#[test]
fn events_without_words_are_like_nothing() {
    let tagger = Tagger::new(Taxonomy::built_in());
    let empty = Announced { title: String::new(), text: String::new(), facts: Facts::default() };
    let learnt = taught(&tagger, &[(Announced { title: String::new(), text: String::new(), facts: Facts::default() }, vec![said("kind", "job")])]);
    assert_eq!(learnt.judge(&empty.input()), tagger.judge(&empty.input()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The same corrections teach the same, in whatever order they are read.
    #[test]
    fn the_order_of_corrections_does_not_matter(order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let tagger = Tagger::new(Taxonomy::built_in());
        let examples = |places: &[usize]| -> Vec<(Announced, Vec<Correction>)> {
            let of = |place: &usize| {
                let event = if place.is_multiple_of(2) { mingle() } else { next_mingle() };
                (event, vec![said("kind", ["public", "public", "news", "public", "public", "call"][*place]), said("need", "+fund")])
            };
            places.iter().map(of).collect()
        };
        let (there, other) = (taught(&tagger, &examples(&[0, 1, 2, 3, 4, 5])), taught(&tagger, &examples(&order)));
        for event in [mingle(), next_mingle()] {
            let (a, b) = (there.judge(&event.input()), other.judge(&event.input()));
            prop_assert_eq!(a.kind, b.kind);
            prop_assert_eq!(a.tags.iter().map(|t| &t.term).collect::<Vec<_>>(), b.tags.iter().map(|t| &t.term).collect::<Vec<_>>());
        }
    }
}
