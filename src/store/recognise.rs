//! Which known listing of a source a sighting is, among those of one name. A course that runs on three dates under one address is three
//! listings; one whose date moved is the same listing with a new revision.
//!
//! Pure; the queries are in `listing.rs`.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Result, listing::Seen, zone};
use crate::domain::When;

/// What parts a name from the number of its second and later bearers. No name holds it: text is sanitised on the way in.
const SECOND: char = '\u{1}';

/// A listing on file, with its newest revision and what became of it.
#[derive(FromRow)]
pub(super) struct Known {
    pub id: Uuid,
    pub revision: i64,
    pub content_hash: String,
    zone: String,
    missed: i64,
    start_value: Option<String>,
    /// It has sittings of its own, so that its start says little.
    several: bool,
    /// The revision its event was last built from; none when it hangs on no event yet.
    pub built_from: Option<i64>,
}

impl Known {
    fn is_over(&self, now: DateTime<Utc>) -> Result<bool> {
        let Some(start) = self.start_value.as_deref().filter(|_| !self.several) else { return Ok(false) };
        let zone = zone("revision", self.id, &self.zone)?;
        Ok(When::parse(start, zone).is_ok_and(|w| w.latest(zone) < now))
    }

    /// Whether another date under its name can be news of it. What the source itself gives an identifier can change at will; what we named after
    /// its address cannot once it is over or gone, for then the next run has taken its place.
    fn may_move(&self, seen: &Seen, now: DateTime<Utc>) -> Result<bool> {
        Ok(seen.own_name || (self.missed == 0 && !self.is_over(now)?))
    }
}

/// The stored name of a name's `bearers`-th further bearer.
pub(super) fn key(name: &str, bearers: usize) -> String {
    if bearers == 0 { name.to_owned() } else { format!("{name}{SECOND}{}", bearers + 1) }
}

/// Half-open range that holds the stored names of all bearers of a name and nothing else, compared byte by byte.
pub(super) fn range(name: &str) -> (String, String) {
    (name.to_owned(), format!("{name}\u{2}"))
}

/// For each sighting of one name the known listing it is, as an index; none is a new one.
pub(super) fn recognise(seen: &[&Seen], known: &[Known], now: DateTime<Utc>) -> Result<Vec<Option<usize>>> {
    let mut found: Vec<Option<usize>> = vec![None; seen.len()];
    let mut free: Vec<usize> = (0..known.len()).collect();
    let mut take = |found: &mut Vec<Option<usize>>, fits: &dyn Fn(&Seen, &Known) -> bool| {
        for (one, place) in seen.iter().zip(found).filter(|(_, p)| p.is_none()) {
            if let Some(at) = free.iter().position(|k| fits(one, &known[*k])) {
                *place = Some(free.remove(at));
            }
        }
    };
    take(&mut found, &|s, k| s.raw_hash == k.content_hash);
    take(&mut found, &|s, k| k.start_value.is_some() && start(s) == k.start_value);
    let open: Vec<usize> = (0..seen.len()).filter(|i| found[*i].is_none()).collect();
    let Some(first) = open.first() else { return Ok(found) };
    let mut movable = Vec::new();
    for k in free {
        if known[k].may_move(seen[*first], now)? {
            movable.push(k);
        }
    }
    // As many as are missing have taken another shape: in order, they are those. Otherwise there is no telling, and what is on file stays as it is.
    if movable.len() == open.len() {
        for (i, k) in open.into_iter().zip(movable) {
            found[i] = Some(k);
        }
    }
    Ok(found)
}

fn start(seen: &Seen) -> Option<String> {
    seen.candidate.facts.start.as_ref().map(|s| s.value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Fact, Facts, Method, Origin};

    fn seen(start: &str, own_name: bool) -> Seen {
        let when = When::parse(start, chrono_tz::Europe::London).unwrap();
        let facts = Facts { start: Some(Fact::new(when, Origin::Prose, start, 0.9)), ..Facts::default() };
        let candidate = crate::domain::Candidate {
            method: Method::Repeated,
            native_id: None,
            title: "Pests".into(),
            text: String::new(),
            url: None,
            booking_url: None,
            zone: chrono_tz::Europe::London,
            facts,
            confidence: 1.0,
            conflicts: Vec::new(),
        };
        Seen { native_key: "pests".into(), own_name, raw_hash: format!("words about {start}"), candidate }
    }

    fn known(start: &str, missed: i64) -> Known {
        Known {
            id: Uuid::nil(),
            revision: 1,
            content_hash: format!("words about {start}"),
            zone: "Europe/London".into(),
            missed,
            start_value: Some(start.into()),
            several: false,
            built_from: Some(1),
        }
    }

    #[track_caller]
    fn check(sightings: &[(&str, bool)], on_file: &[(&str, i64)], expected: &[Option<usize>]) {
        let seen: Vec<Seen> = sightings.iter().map(|(s, own)| seen(s, *own)).collect();
        let known: Vec<Known> = on_file.iter().map(|(s, missed)| known(s, *missed)).collect();
        let now = "2027-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(recognise(&seen.iter().collect::<Vec<_>>(), &known, now).unwrap(), expected);
    }

    #[test]
    fn the_same_words_are_the_same_listing_in_whatever_order() {
        check(&[("2027-06-12", false), ("2027-05-05", false)], &[("2027-05-05", 0), ("2027-06-12", 0)], &[Some(1), Some(0)]);
    }

    #[test]
    fn one_date_that_became_another_is_a_change() {
        check(&[("2027-06-12", false)], &[("2027-05-05", 0)], &[Some(0)]);
        check(&[("2027-05-05", false), ("2027-06-19", false)], &[("2027-05-05", 0), ("2027-06-12", 0)], &[Some(0), Some(1)]);
    }

    #[test]
    fn the_next_run_does_not_take_the_place_of_the_last() {
        check(&[("2027-06-12", false)], &[("2027-02-05", 0)], &[None]);
        check(&[("2027-06-12", false)], &[("2027-05-05", 2)], &[None]);
        check(&[("2027-05-05", false), ("2027-06-12", false)], &[("2027-05-05", 0)], &[Some(0), None]);
    }

    #[test]
    fn what_the_source_itself_names_is_the_same_whenever_it_is() {
        check(&[("2027-06-12", true)], &[("2027-02-05", 3)], &[Some(0)]);
    }
}
