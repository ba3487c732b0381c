//! Which listings a good read ought to have held and did not. Three such reads in a row are a question to the editor ("withdrawn?"), never
//! an answer (invariant 1).
//!
//! A list can speak of absence only where it would show the event if it were there: a page, a calendar or an API, not a feed of the newest
//! items nor an e-bulletin; whole, not cut off; up to the last date it shows; and only while at least half of those that stood beside the
//! missing one are still there, for otherwise the page has changed and not the event.

use chrono::{DateTime, Utc};

use crate::domain::{ListedAhead, ListingId, Method};

/// Good reads without it after which the editor is asked.
pub const ASKED_AFTER: i64 = 3;
/// A listing that so many answers did not hold, without its absence ever counting, is given up: its page went another way.
const GIVEN_UP_AFTER: i64 = 12;

/// Whether a document of this kind shows everything there is in its window.
#[must_use]
pub const fn shows_all(method: Method) -> bool {
    !matches!(method, Method::Feed | Method::Email)
}

/// Those that the read at `read_at` ought to have held.
#[must_use]
pub fn absent(ahead: &[ListedAhead], read_at: DateTime<Utc>) -> Vec<ListingId> {
    let here = |a: &ListedAhead| a.last_seen_at >= read_at;
    // A list in order of date that is cut off somewhere says nothing of what comes after.
    let Some(shown_until) = ahead.iter().filter(|a| here(a)).map(|a| a.starts_at).max() else { return Vec::new() };
    if ahead.iter().any(|a| here(a) && !shows_all(a.method)) {
        return Vec::new();
    }
    let is_missing = |a: &ListedAhead| {
        !here(a)
            && shows_all(a.method)
            && a.starts_at <= shown_until
            && a.starts_at > read_at
            && a.absences < ASKED_AFTER
            && a.missed <= GIVEN_UP_AFTER
    };
    // Those that vanished together have the same neighbours: few generations, however long the list.
    let mut left_at: Vec<DateTime<Utc>> = ahead.iter().filter(|a| is_missing(a)).map(|a| a.last_seen_at).collect();
    left_at.sort_unstable();
    left_at.dedup();
    left_at.retain(|at| most_neighbours_remain(ahead, *at, read_at));
    ahead.iter().filter(|a| is_missing(a) && left_at.binary_search(&a.last_seen_at).is_ok()).map(|a| a.listing).collect()
}

/// Of those that were there when a listing was last seen (and are not asked about already), at least half are still there.
fn most_neighbours_remain(ahead: &[ListedAhead], left_at: DateTime<Utc>, read_at: DateTime<Utc>) -> bool {
    let neighbours = ahead.iter().filter(|a| a.first_seen_at <= left_at && a.last_seen_at >= left_at && a.absences < ASKED_AFTER);
    let (all, remaining) = neighbours.fold((0_usize, 0_usize), |(all, rest), a| (all + 1, rest + usize::from(a.last_seen_at >= read_at)));
    // The missing one is among them, and no sibling of itself.
    remaining > 0 && remaining * 2 >= all - 1
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    fn day(n: i64) -> DateTime<Utc> {
        let first: DateTime<Utc> = "2027-03-01T09:00:00Z".parse().unwrap();
        first + TimeDelta::days(n)
    }

    /// A listing that starts in so many days, first and last seen on these days.
    fn one(id: u128, starts: i64, first: i64, last: i64, absences: i64) -> ListedAhead {
        ListedAhead {
            listing: ListingId(Uuid::from_u128(id)),
            method: Method::Repeated,
            starts_at: day(starts),
            first_seen_at: day(first),
            last_seen_at: day(last),
            missed: absences + 1,
            absences,
        }
    }

    /// The read is on day 10.
    #[track_caller]
    fn check(ahead: &[ListedAhead], expected: &[u128]) {
        let found: Vec<u128> = absent(ahead, day(10)).into_iter().map(|l| l.0.as_u128()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn one_of_several_that_is_gone_is_absent() {
        let rest = [one(1, 20, 0, 10, 0), one(2, 30, 0, 10, 0)];
        check(&[rest[0], rest[1], one(3, 25, 0, 9, 0)], &[3]);
        check(&[rest[0], rest[1], one(3, 25, 0, 7, 2)], &[3]);
        check(&[rest[0], rest[1], one(3, 25, 0, 7, 3)], &[]);
        check(&[rest[0], rest[1], one(3, 9, 0, 9, 0)], &[]);
    }

    #[test]
    fn beyond_the_last_date_shown_nothing_is_absent() {
        check(&[one(1, 20, 0, 10, 0), one(2, 30, 0, 10, 0), one(3, 31, 0, 9, 0)], &[]);
    }

    #[test]
    fn a_page_that_shows_others_now_speaks_of_nobody() {
        let gone = |id| one(id, 20, 0, 9, 0);
        let new = |id| one(id, 40, 10, 10, 0);
        check(&[gone(1), gone(2), gone(3), new(4), new(5), new(6), new(7)], &[]);
        // And on the following reads, when the new ones are known.
        let settled = |id| one(id, 40, 10, 10, 0);
        check(&[gone(1), gone(2), settled(4), settled(5), settled(6)], &[]);
    }

    #[test]
    fn a_feed_of_the_newest_and_an_e_bulletin_speak_of_nobody() {
        for method in [Method::Feed, Method::Email] {
            let mut list = [one(1, 20, 0, 10, 0), one(2, 30, 0, 10, 0), one(3, 25, 0, 9, 0)];
            for listing in &mut list {
                listing.method = method;
            }
            check(&list, &[]);
        }
    }

    #[test]
    fn a_long_list_is_judged_in_one_go() {
        let list: Vec<ListedAhead> = (0..20_000).map(|i| one(i, 50, 0, if i % 3 == 0 { 9 } else { 10 }, 0)).collect();
        assert_eq!(absent(&list, day(10)).len(), 6_667);
    }
}
