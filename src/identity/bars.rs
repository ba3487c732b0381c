//! What two listings of one event cannot differ in, however alike they look: the cannot-link rules.
//!
//! A bar is about siblings (another year, another date, another part, another town), not about doubt: doubt is the score's.

use super::{cues::providers_agree, place_words::Agreement, prepared::Prepared, title::Mark};
use crate::domain::Status;

/// Why two listings cannot be one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Bar {
    #[error("their titles name different years")]
    OtherYear,
    #[error("their titles name different editions")]
    OtherEdition,
    #[error("their titles name different parts")]
    OtherPart,
    #[error("their titles name different levels")]
    OtherLevel,
    #[error("their titles name different numbers")]
    OtherNumber,
    #[error("they take place on different dates, and no change of date is stated")]
    OtherDate,
    #[error("one source lists both, on different dates")]
    Repeat,
    #[error("they take place in different towns")]
    OtherTown,
}

/// A week: conferences are sometimes dated a week off by one curator, but never longer.
const DAYS_OF_DOUBT: i64 = 7;
/// A reschedule beyond this is the next edition.
const DAYS_OF_RESCHEDULE: i64 = 300;
/// Doors, registration and start are within an hour; a repeat is not.
const MINUTES_OF_DOUBT: i64 = 60;

pub(super) fn between(a: &Prepared, b: &Prepared) -> Option<Bar> {
    if a.native_id.is_some() && a.native_id == b.native_id && a.source == b.source {
        return None;
    }
    marks(a, b).or_else(|| dates(a, b)).or_else(|| towns(a, b))
}

/// A kind of mark that both titles carry must have a value in common.
fn marks(a: &Prepared, b: &Prepared) -> Option<Bar> {
    type Kind = fn(&Mark) -> bool;
    let kinds: [(Kind, Bar); 5] = [
        (|m| matches!(m, Mark::Year(_)), Bar::OtherYear),
        (|m| matches!(m, Mark::Edition(_)), Bar::OtherEdition),
        (|m| matches!(m, Mark::Part(_)), Bar::OtherPart),
        (|m| matches!(m, Mark::Level(_)), Bar::OtherLevel),
        (|m| matches!(m, Mark::Number(_)), Bar::OtherNumber),
    ];
    if a.marks.is_empty() || b.marks.is_empty() {
        return None;
    }
    kinds.into_iter().find(|(of_kind, _)| disagree(&a.marks, &b.marks, *of_kind)).map(|(_, bar)| bar)
}

fn disagree(a: &[Mark], b: &[Mark], of_kind: fn(&Mark) -> bool) -> bool {
    let in_both = a.iter().filter(|m| of_kind(m)).any(|m| b.contains(m));
    a.iter().any(of_kind) && b.iter().any(of_kind) && !in_both
}

fn dates(a: &Prepared, b: &Prepared) -> Option<Bar> {
    let (x, y) = (&a.dates, &b.dates);
    if a.source != b.source && x.apart(y) == Some(0) {
        return None;
    }
    if x.share_a_sitting(y) || x.once_agreed(y) {
        return None;
    }
    if x.month_agrees(y) == Some(false) {
        return (!stated_change(a, b)).then_some(Bar::OtherDate);
    }
    let apart = x.apart(y)?;
    if a.source == b.source {
        let other_time = x.minutes_apart(y).is_some_and(|m| m > MINUTES_OF_DOUBT);
        return (apart > 0 || other_time).then_some(Bar::Repeat);
    }
    // Two spans of several days may be one conference with a slip in its dates; two single days are two runs of a course.
    let slip = apart <= 1 || x.overlap(y) || (apart <= DAYS_OF_DOUBT && x.length() > 0 && y.length() > 0);
    (!slip && !stated_change(a, b)).then_some(Bar::OtherDate)
}

/// One says that its date changed, and nothing else speaks against one event.
fn stated_change(a: &Prepared, b: &Prepared) -> bool {
    let says = |p: &Prepared| matches!(p.status, Some(Status::Rescheduled | Status::Postponed));
    let near = a.dates.apart(&b.dates).is_none_or(|d| d <= DAYS_OF_RESCHEDULE);
    let same_hands =
        a.url.is_some() && a.url == b.url || !a.provider.is_empty() && !b.provider.is_empty() && providers_agree(&a.provider, &b.provider);
    (says(a) || says(b)) && near && a.signature == b.signature && same_hands
}

/// The same course elsewhere. One address speaks for one event whose place one of them misread, and a gathering of several days
/// that two sources date alike may be placed in a suburb by one and in its city by the other: there the score decides.
fn towns(a: &Prepared, b: &Prepared) -> Option<Bar> {
    let elsewhere = a.place.town_against(&b.place) == Agreement::Differs;
    let one_page = a.url.is_some() && a.url == b.url;
    let days_together = a.dates.length() > 0 && b.dates.length() > 0 && a.dates.overlap(&b.dates);
    let abroad = a.place.country_against(&b.place) == Agreement::Differs;
    (elsewhere && !one_page && (abroad || !days_together || a.source == b.source)).then_some(Bar::OtherTown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Session, When};
    use crate::identity::{Corpus, Profile};

    /// `title | start | end | town`, of the source before the colon of the id.
    fn listing(id: &str, line: &str) -> Profile {
        let mut parts = line.split('|').map(str::trim);
        let mut next = || parts.next().filter(|s| !s.is_empty()).map(str::to_owned);
        let mut p = Profile::new(id, id.split(':').next().unwrap(), next().unwrap());
        let when = |s: Option<String>| s.map(|s| When::parse(&s, Profile::new("", "", "").zone).unwrap());
        p.start = when(next());
        p.end = when(next());
        p.town = next();
        p
    }

    fn bar(a: &Profile, b: &Profile) -> Option<Bar> {
        let read = |p| Prepared::read(p, &Corpus::neutral());
        let found = between(&read(a), &read(b));
        assert_eq!(found, between(&read(b), &read(a)), "a bar holds both ways");
        found
    }

    fn check(a: &str, b: &str, expected: Option<Bar>) {
        assert_eq!(bar(&listing("a:1", a), &listing("b:1", b)), expected, "{a} / {b}");
    }

    #[test]
    fn siblings_are_held_apart() {
        check("Museums Conference 2026", "Museums Conference 2027", Some(Bar::OtherYear));
        check("Museums Conference | 2026-05-04", "Museums Conference | 2027-05-04", Some(Bar::OtherDate));
        check("12th Archives Day | 2027-05-04", "13th Archives Day | 2027-05-04", Some(Bar::OtherEdition));
        check("Bid writing: Part 1 | 2027-05-04", "Bid writing Part Two | 2027-05-04", Some(Bar::OtherPart));
        check("Excel for beginners | 2027-05-04", "Advanced Excel | 2027-05-04", Some(Bar::OtherLevel));
        check("Curator Talks 7 | 2027-05-04", "Curator Talks 8 | 2027-05-04", Some(Bar::OtherNumber));
        check("Bid writing | 2027-05-04 | | Leeds", "Bid writing | 2027-05-04 | | York", Some(Bar::OtherTown));
        check("Bid writing | 2027-05-04", "Bid writing | 2027-05-11", Some(Bar::OtherDate));
        check("Bid writing | 2027-05-04", "Bid writing | 2027-06", Some(Bar::OtherDate));
    }

    #[test]
    fn runs_of_one_course_are_held_apart() {
        // Cohorts, groups, stages and levels, by letter, number and word.
        for (a, b) in [
            ("Leading change, cohort A", "Leading change, cohort B"),
            ("Leading change (Group 1)", "Leading change (Group 2)"),
            ("Leading change: cohort three", "Leading change: cohort four"),
            ("Conservation, stage 1", "Conservation, stage 2"),
            ("BSL level 1", "BSL Level Two"),
            ("BSL level II", "BSL level III"),
            ("Collections, module b", "Collections - Module C"),
            ("Evaluation (1 of 3)", "Evaluation (3 of 3)"),
            ("Evaluation day 1", "Evaluation, day two"),
            ("Evaluation week 2", "Evaluation week 3"),
        ] {
            check(&format!("{a} | 2027-05-04"), &format!("{b} | 2027-05-04"), Some(Bar::OtherPart));
        }
        check("Introduction to BSL | 2027-05-04", "Intermediate BSL | 2027-05-04", Some(Bar::OtherLevel));
        check("Third Archives Forum | 2027-05-04", "4th Archives Forum | 2027-05-04", Some(Bar::OtherEdition));
        check("Archives Forum, edition 3 | 2027-05-04", "Archives Forum, edition 4 | 2027-05-04", Some(Bar::OtherEdition));
        check("First aid at work (3 day) | 2027-05-04", "First aid at work (1 day) | 2027-05-04", Some(Bar::OtherNumber));
        // The same course again: the next day is doubt, two days off is a repeat; of several days a week off is.
        check("Bid writing | 2027-05-04", "Bid writing | 2027-05-05", None);
        check("Bid writing | 2027-05-04", "Bid writing | 2027-05-06", Some(Bar::OtherDate));
        check("Bid writing | 2027-05-04 | 2027-05-05", "Bid writing | 2027-05-18 | 2027-05-19", Some(Bar::OtherDate));
        // The same day elsewhere, whatever the time; abroad even if it lasts.
        check("Bid writing | 2027-05-04T10:00 | | Truro", "Bid writing | 2027-05-04T10:00 | | Exeter", Some(Bar::OtherTown));
    }

    #[test]
    fn what_only_one_says_is_no_bar() {
        check("Museums Conference 2027 | 2027-05-04", "Museums Conference | 2027-05-04", None);
        check("Bid writing Part 2 | 2027-05-04", "Bid writing | 2027-05-04", None);
        check("Bid writing | 2027-05-04 | | Leeds", "Bid writing | 2027-05-04", None);
        check("Bid writing | 2027-05-04", "Bid writing", None);
        check("Bid writing | 2027-05-04", "Bid writing | 2027-05", None);
        check("Museums Congress | 2027-05-04 | 2027-05-06", "Museums Congress | 2027-05-05 | 2027-05-06", None);
        check("Museums Congress | 2027-05-04 | 2027-05-06 | Salford", "Museums Congress | 2027-05-04 | 2027-05-06 | Manchester", None);
    }

    #[test]
    fn one_source_does_not_list_an_event_on_two_dates() {
        let (a, b) = (listing("a:1", "Bid writing | 2027-05-04"), listing("a:2", "Bid writing | 2027-05-05"));
        assert_eq!(bar(&a, &b), Some(Bar::Repeat));
        let (a, b) = (listing("a:1", "Bid writing | 2027-05-04T10:00"), listing("a:2", "Bid writing | 2027-05-04T14:00"));
        assert_eq!(bar(&a, &b), Some(Bar::Repeat));
    }

    #[test]
    fn a_sitting_and_a_stated_change_of_date_are_no_repeat() {
        let (mut a, mut b) = (listing("a:1", "Bid writing | 2027-05-04"), listing("b:1", "Bid writing | 2027-06-18"));
        assert_eq!(bar(&a, &b), Some(Bar::OtherDate));
        a.sessions = ["2027-05-04", "2027-06-18"].map(|d| Session { start: When::parse(d, a.zone).unwrap(), end: None }).to_vec();
        assert_eq!(bar(&a, &b), None);
        a.sessions.clear();
        b.former = vec![When::parse("2027-05-04", b.zone).unwrap()];
        assert_eq!(bar(&a, &b), None);
        b.former.clear();
        b.status = Some(Status::Rescheduled);
        assert_eq!(bar(&a, &b), Some(Bar::OtherDate), "another provider's course may have the same name");
        (a.provider, b.provider) = (Some("Mill Trust".into()), Some("The Mill Trust".into()));
        assert_eq!(bar(&a, &b), None);
    }
}
