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
