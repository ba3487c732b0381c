//! Blocking keys: texts, hashed, that two listings of one event share at least one of, so that only those are compared.
//!
//! Functions of one listing alone, so that they can be stored and indexed; bounded in number.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate};

use super::{
    Profile, address,
    corpus::hash,
    dates::Dates,
    place_words::Place,
    prepared::provider,
    title::{Title, is_series},
};

/// No listing has more keys than this.
pub const KEYS_AT_MOST: usize = 25;
/// Words of a title that make keys of their own.
const KEY_WORDS: usize = 5;

/// The keys of a listing, sorted, without repeats, at most [`KEYS_AT_MOST`]. A key of a day is made for the day and for the next, so
/// that listings a day apart meet. They are numbers, for being stored and indexed by the million: hashes, of which two that fall together
/// cost a comparison and no more.
#[must_use]
pub fn keys(profile: &Profile) -> Vec<i64> {
    let title = Title::read(&profile.title);
    let place = Place::read(profile.town.as_deref(), profile.country.as_deref());
    hashes(profile, &title, &Dates::read(profile), &place).into_iter().map(u64::cast_signed).collect()
}

/// The same, for a caller that has taken the listing apart already.
pub(super) fn hashes(profile: &Profile, title: &Title, dates: &Dates, place: &Place) -> Vec<u64> {
    let mut out = Vec::with_capacity(KEYS_AT_MOST);
    let mut keys = Keys { emit: |key: &str| out.push(hash(key)), buffer: String::new() };
    keys.addresses(profile);
    keys.names(profile, title, dates);
    if let Some((day, _)) = dates.days {
        keys.days(profile, title, place, day);
        keys.fortnights(title, place, day);
    }
    out.sort_unstable();
    out.dedup();
    out.truncate(KEYS_AT_MOST);
    out
}

struct Keys<F: FnMut(&str)> {
    emit: F,
    buffer: String,
}

impl<F: FnMut(&str)> Keys<F> {
    fn put(&mut self, key: std::fmt::Arguments) {
        self.buffer.clear();
        // Writing to a String cannot fail.
        let _ = self.buffer.write_fmt(key);
        (self.emit)(&self.buffer);
    }

    fn addresses(&mut self, profile: &Profile) {
        if let Some(url) = profile.url.as_deref().and_then(address::canonical).filter(|u| address::is_particular(u)) {
            self.put(format_args!("u:{url}"));
        }
        if let Some(id) = profile.native_id.as_deref().map(str::trim).filter(|id| !id.is_empty() && id.len() <= 512) {
            let source = if address::is_worldwide(id) { "" } else { profile.source.as_str() };
            self.put(format_args!("i:{source}:{id}"));
        }
    }

    /// Without a day: finds reschedules, and listings that state only a month or nothing.
    fn names(&mut self, profile: &Profile, title: &Title, dates: &Dates) {
        let signature = title.signature();
        if signature.is_empty() {
            return;
        }
        let provider = provider(profile.provider.as_deref().unwrap_or_default());
        if !provider.is_empty() {
            self.put(format_args!("p:{provider}:{signature}"));
        }
        match dates.days.map(|(day, _)| (day.year(), day.month())) {
            Some((year, month)) => self.put(format_args!("m:{}:{signature}", year * 12 + i32::try_from(month).unwrap_or(0))),
            None => match dates.month {
                Some(month) => self.put(format_args!("m:{month}:{signature}")),
                None => self.put(format_args!("t:{signature}")),
            },
        }
    }

    fn days(&mut self, profile: &Profile, title: &Title, place: &Place, day: NaiveDate) {
        let provider = provider(profile.provider.as_deref().unwrap_or_default());
        let start: String = title.compact().chars().take(4).collect();
        // "PNSQC" meets "Pacific NW Software Quality Conference".
        let initials = (title.words.len() > 2).then(|| title.words.iter().filter_map(|w| w.chars().next()).take(4).collect::<String>());
        let number = day.num_days_from_ce();
        for day in [number, number + 1] {
            for word in key_words(title) {
                self.put(format_args!("d:{day}:{word}"));
            }
            if !start.is_empty() {
                self.put(format_args!("s:{day}:{start}"));
            }
            if let Some(initials) = &initials {
                self.put(format_args!("s:{day}:{initials}"));
            }
            if !place.town.is_empty() {
                self.put(format_args!("w:{day}:{}", place.town));
            }
            if !provider.is_empty() {
                self.put(format_args!("v:{day}:{provider}"));
            }
        }
    }

    /// The name with its day and town; and with two overlapping windows of a fortnight, for a name dated some days off.
    fn fortnights(&mut self, title: &Title, place: &Place, day: NaiveDate) {
        let compact = without_place(title, place).compact();
        if !compact.is_empty() && !place.town.is_empty() {
            // Few share it even of a course that everybody gives.
            self.put(format_args!("c:{}:{}:{compact}", day.num_days_from_ce(), place.town));
        }
        let week = day.num_days_from_ce().div_euclid(7);
        if !compact.is_empty() {
            for week in [week, week + 1] {
                self.put(format_args!("f:{week}:{compact}"));
            }
        }
    }
}

/// The title without the words of its place, as long as a word is left: "RoboCon Helsinki" in Helsinki is "RoboCon".
fn without_place(title: &Title, place: &Place) -> Title {
    let words: Vec<String> = title.words.iter().filter(|w| !place.words().any(|p| p == w.as_str())).cloned().collect();
    if words.is_empty() { title.clone() } else { Title { words, marks: Vec::new() } }
}

/// The words most likely to be telling: no series words, the longest first. All words when there are no others.
fn key_words(title: &Title) -> Vec<&str> {
    let mut words: Vec<&str> = title.words.iter().map(String::as_str).filter(|w| !is_series(w)).collect();
    if words.is_empty() {
        words = title.words.iter().map(String::as_str).collect();
    }
    words.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    words.dedup();
    words.truncate(KEY_WORDS);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::When;

    fn full(title: &str, day: &str) -> Profile {
        let mut p = Profile::new("a:1", "a", title);
        p.start = Some(When::parse(day, p.zone).unwrap());
        p.town = Some("Leeds".into());
        p.provider = Some("Mill Trust".into());
        p.url = Some("https://mill.example/events/1".into());
        p.native_id = Some("1@mill.example".into());
        p
    }

    fn meet(a: &Profile, b: &Profile) -> bool {
        let theirs = keys(b);
        keys(a).iter().any(|k| theirs.contains(k))
    }

    #[test]
    fn keys_are_bounded() {
        let long = (0..100).map(|i| format!("word{i}x")).collect::<Vec<_>>().join(" ");
        assert!(keys(&full(&long, "2027-05-04")).len() <= KEYS_AT_MOST);
        assert!(keys(&full("Bid writing", "2027-05-04")).len() > 8);
        assert!(!keys(&Profile::new("a:1", "a", "Bid writing")).is_empty());
        assert!(keys(&Profile::new("a:1", "a", "")).is_empty());
    }

    #[test]
    fn listings_that_may_be_one_event_meet() {
        let other = |title: &str, day: &str| {
            let mut p = Profile::new("b:1", "b", title);
            p.start = Some(When::parse(day, p.zone).unwrap());
            p
        };
        let base = full("Fundraising for small museums", "2027-05-04");
        for (title, day) in [
            ("Fundraising clinic", "2027-05-05T10:00"),
            ("Museums: fundraising", "2027-05-03"),
            ("FSM", "2027-05-04"),
            ("Fundraising for small museums", "2027-05-11"),
        ] {
            assert!(meet(&base, &other(title, day)), "{title} {day}");
        }
        assert!(!meet(&base, &other("Object handling", "2027-05-04")));
        assert!(!meet(&base, &other("Fundraising clinic", "2027-09-04")));
        let moved = Profile { provider: Some("The Mill Trust".into()), ..other("Fundraising for small museums", "2027-11-04") };
        assert!(meet(&base, &moved), "a reschedule is found by provider and name");
    }
}
