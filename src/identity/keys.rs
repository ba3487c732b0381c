//! Blocking keys: what two listings of one event share at least one of, so that only those are compared.
//!
//! Functions of one listing alone, so that they can be stored and indexed; bounded in number. A key is a number: a name (hashed, with a
//! day where it has one) above a rank, which puts the most alike of its bearers side by side, so that of a key that thousands bear the
//! nearest few are found without looking at the others.

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
pub const KEYS_AT_MOST: usize = 16;
/// Words of a title that make keys of their own.
const KEY_WORDS: usize = 5;
/// Days from one fortnight's beginning to the next.
const WEEK: i64 = 7;

/// A key of a listing, before it becomes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Hash of what kind of key it is and of the words.
    name: u64,
    /// The day that it is of, counted from the year 1; for weeks and months their first.
    day: Option<i64>,
    /// Listings meet if their days are this far apart or less. 0, 1 or 7.
    reach: i64,
    /// Order of its bearers; [`RANK_BITS`] bits.
    rank: u32,
}

/// Bits of a stored key: one that says whether it has a day; the day and a hash, or a longer hash; the rank.
const RANK_BITS: u32 = 24;
const NAME_BITS: u32 = 24;
const DAY_BITS: u32 = 15;

/// The bearers of one key, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// The number of the first possible bearer.
    pub first: i64,
    /// Where the listing itself stands, or would: the nearest to it are the most alike.
    pub at: i64,
    /// The number of the last possible bearer.
    pub last: i64,
}

impl Key {
    /// Keys of a day stand together whatever their names, so that new listings, most of which are of the months ahead, are put where the
    /// last ones were. Two names that fall together cost a comparison and no more.
    fn number(self, day: Option<i64>) -> i64 {
        let name = match day {
            Some(day) => (day.cast_unsigned() & low(DAY_BITS)) << NAME_BITS | self.name & low(NAME_BITS),
            None => 1 << (DAY_BITS + NAME_BITS) | self.name & low(DAY_BITS + NAME_BITS),
        };
        (name << RANK_BITS | u64::from(self.rank)).cast_signed()
    }

    fn probe(self, day: Option<i64>) -> Probe {
        let at = self.number(day);
        let rank = low(RANK_BITS).cast_signed();
        Probe { first: at & !rank, at, last: at | rank }
    }

    /// The numbers under which two listings that meet find each other when both bear them: no ranks, and a key of a day for the next as well.
    pub(super) fn met_under(self) -> impl Iterator<Item = u64> {
        let next = self.day.filter(|_| self.reach > 0).map(|day| day + self.reach);
        // An odd factor spreads neighbouring days over all 64 bits.
        let with = move |day: i64| (self.name ^ day.cast_unsigned()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        std::iter::once(self.day.map_or(self.name, with)).chain(next.map(with))
    }
}

const fn low(bits: u32) -> u64 {
    (1 << bits) - 1
}

/// The keys under which a listing is filed: sorted, without repeats, at most [`KEYS_AT_MOST`].
#[must_use]
pub fn keys(profile: &Profile) -> Vec<i64> {
    let mut out: Vec<i64> = of_profile(profile).into_iter().map(|key| key.number(key.day)).collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Where listings that may be the same event are filed: under the same keys, and those of a day also a day earlier and later (those of a
/// week, a week). Sorted, without repeats.
#[must_use]
pub fn probes(profile: &Profile) -> Vec<Probe> {
    let around = |key: Key| match key.day {
        Some(day) if key.reach > 0 => vec![key.probe(Some(day - key.reach)), key.probe(Some(day)), key.probe(Some(day + key.reach))],
        day => vec![key.probe(day)],
    };
    let mut out: Vec<Probe> = of_profile(profile).into_iter().flat_map(around).collect();
    out.sort_unstable();
    out.dedup();
    out
}

fn of_profile(profile: &Profile) -> Vec<Key> {
    let title = Title::read(&profile.title);
    let place = Place::read(profile.town.as_deref(), profile.country.as_deref());
    read(profile, &title, &Dates::read(profile), &place)
}

/// The keys, for a caller that has taken the listing apart already.
pub(super) fn read(profile: &Profile, title: &Title, dates: &Dates, place: &Place) -> Vec<Key> {
    let day = dates.days.map(|(day, _)| day).or_else(|| dates.month.and_then(first_of)).map(number_of);
    let mut keys = Keys {
        found: Vec::with_capacity(KEYS_AT_MOST),
        buffer: String::new(),
        day,
        provider: provider(profile.provider.as_deref().unwrap_or_default()),
        compact: without_place(title, place).compact(),
        town: place.town.as_str(),
        minute: dates.minute,
    };
    keys.addresses(profile);
    keys.names(title, dates);
    if dates.days.is_some() {
        keys.days(title);
        keys.fortnights();
    }
    keys.found.sort_unstable();
    keys.found.dedup_by_key(|key| (key.name, key.day));
    keys.found.truncate(KEYS_AT_MOST);
    keys.found
}

fn number_of(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce())
}

/// Of months since year 0, as [`Dates::month`] counts from 1.
fn first_of(month: i32) -> Option<NaiveDate> {
    let month = month - 1;
    NaiveDate::from_ymd_opt(month.div_euclid(12), month.rem_euclid(12).cast_unsigned() + 1, 1)
}

struct Keys<'a> {
    found: Vec<Key>,
    buffer: String,
    day: Option<i64>,
    provider: String,
    /// The title without the words of its place.
    compact: String,
    town: &'a str,
    minute: Option<i64>,
}

impl Keys<'_> {
    fn put(&mut self, day: Option<i64>, reach: i64, rank: u32, words: std::fmt::Arguments) {
        self.buffer.clear();
        // Writing to a String cannot fail.
        let _ = self.buffer.write_fmt(words);
        self.found.push(Key { name: hash(&self.buffer), day, reach, rank });
    }

    /// The nearest dates stand side by side.
    fn by_day(&self) -> u32 {
        share(self.day.unwrap_or(0).cast_unsigned(), RANK_BITS)
    }

    /// Equal names in one town stand side by side.
    fn by_name_and_town(&self) -> u32 {
        hashed(&self.compact, 12) << 12 | hashed(self.town, 12)
    }

    /// Within some weeks the nearest dates stand side by side, and of a day those in one town.
    fn by_day_and_town(&self, from: i64) -> u32 {
        share((self.day.unwrap_or(from) - from).cast_unsigned(), 5) << 19 | hashed(self.town, 19)
    }

    fn addresses(&mut self, profile: &Profile) {
        let rank = self.by_day();
        if let Some(url) = profile.url.as_deref().and_then(address::canonical).filter(|u| address::is_particular(u)) {
            self.put(None, 0, rank, format_args!("u:{url}"));
        }
        if let Some(id) = profile.native_id.as_deref().map(str::trim).filter(|id| !id.is_empty() && id.len() <= 512) {
            let source = if address::is_worldwide(id) { "" } else { profile.source.as_str() };
            self.put(None, 0, rank, format_args!("i:{source}:{id}"));
        }
    }

    /// Without a day: finds reschedules, and listings that state only a month or nothing.
    fn names(&mut self, title: &Title, dates: &Dates) {
        let signature = title.signature();
        if signature.is_empty() {
            return;
        }
        let provider = std::mem::take(&mut self.provider);
        if !provider.is_empty() {
            self.put(None, 0, self.by_day(), format_args!("p:{provider}:{signature}"));
        }
        let month = dates.days.map(|(day, _)| day).or_else(|| dates.month.and_then(first_of)).and_then(|day| day.with_day(1)).map(number_of);
        match month {
            Some(month) => self.put(Some(month), 0, self.by_day_and_town(month), format_args!("m:{signature}")),
            None => self.put(None, 0, hashed(self.town, 12) << 12 | hashed(&provider, 12), format_args!("t:{signature}")),
        }
        self.provider = provider;
    }

    fn days(&mut self, title: &Title) {
        let start: String = title.compact().chars().take(4).collect();
        // "PNSQC" meets "Pacific NW Software Quality Conference".
        let initials = (title.words.len() > 2).then(|| title.words.iter().filter_map(|w| w.chars().next()).take(4).collect::<String>());
        let (day, rank) = (self.day, self.by_name_and_town());
        for word in key_words(title) {
            self.put(day, 1, rank, format_args!("d:{word}"));
        }
        if !start.is_empty() {
            self.put(day, 1, rank, format_args!("s:{start}"));
        }
        if let Some(initials) = initials {
            self.put(day, 1, rank, format_args!("s:{initials}"));
        }
        let (town, provider) = (self.town, std::mem::take(&mut self.provider));
        if !town.is_empty() {
            self.put(day, 1, first_letters(&self.compact), format_args!("w:{town}"));
        }
        if !provider.is_empty() {
            self.put(day, 1, rank, format_args!("v:{provider}"));
        }
        self.provider = provider;
    }

    /// The name with its day and town; and with two overlapping windows of a fortnight, for a name dated some days off.
    fn fortnights(&mut self) {
        let (town, compact) = (self.town, std::mem::take(&mut self.compact));
        if compact.is_empty() {
            return;
        }
        if !town.is_empty() {
            // Few share it even of a course that everybody gives; of those the ones of one time of day, and of one provider, stand side by side.
            let minute = share(self.minute.map_or(0, |m| m.rem_euclid(24 * 60)).cast_unsigned(), 11);
            self.put(self.day, 0, minute << 13 | hashed(&self.provider, 13), format_args!("c:{town}:{compact}"));
        }
        if let Some(week) = self.day.map(|day| day.div_euclid(WEEK) * WEEK) {
            self.put(Some(week), WEEK, self.by_day_and_town(week), format_args!("f:{compact}"));
        }
        self.compact = compact;
    }
}

/// The low bits of a number.
#[allow(clippy::cast_possible_truncation, reason = "at most 24 bits are asked for")]
const fn share(number: u64, bits: u32) -> u32 {
    (number & low(bits)) as u32
}

/// So many bits of a text's hash; 0 for no text.
fn hashed(text: &str, bits: u32) -> u32 {
    if text.is_empty() { 0 } else { share(hash(text) >> 32, bits) }
}

/// The first four letters, so that names that begin alike stand side by side.
fn first_letters(text: &str) -> u32 {
    text.bytes().chain(std::iter::repeat(0)).take(4).fold(0, |all, byte| all << 6 | u32::from(byte & 0x3f))
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

    /// Whether one is found by the other's probes; and the same in a batch.
    fn meet(a: &Profile, b: &Profile) -> bool {
        let finds = |a: &Profile, b: &Profile| probes(a).iter().any(|p| keys(b).iter().any(|k| (p.first..=p.last).contains(k)));
        let met = |p: &Profile| of_profile(p).into_iter().flat_map(Key::met_under).collect::<Vec<_>>();
        let (found, theirs) = (finds(a, b), met(b));
        assert_eq!(found, finds(b, a), "{} / {}: both ways", a.title, b.title);
        assert_eq!(found, met(a).iter().any(|k| theirs.contains(k)), "{} / {}: by the million as one by one", a.title, b.title);
        found
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
