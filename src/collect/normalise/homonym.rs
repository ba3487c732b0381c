//! Which of several places of one name is meant: told by a postcode, a county or a nation beside it, and otherwise left open.
//!
//! Never guesses by size.

use super::place::Found;
use super::words::Word;
use crate::domain::Region;

/// Countries and states behind a name that a town abroad bears too: "Perth, Western Australia".
#[rustfmt::skip]
const ABROAD: &[&str] = &[
    "Australia", "Western Australia", "Canada", "Ontario", "USA", "US", "United States", "Massachusetts", "MA", "DC", "Nebraska", "New Zealand", "Virginia",
    "France", "Germany", "Ireland", "Jamaica", "South Africa",
];

/// The region of a town: of its only place, or of the one that the postcode or the county beside it names.
pub(super) fn region(text: &str, words: &[Word], town: &Found, all: &[Found], by_code: Option<Region>) -> Option<Region> {
    if is_abroad(text, words[town.last].end()) {
        return Some(Region::International);
    }
    if let Some(region) = town.place.region() {
        return Some(region);
    }
    let one_of = |region: Region| town.place.homes.iter().any(|h| h.region == region);
    if let Some(region) = by_code.filter(|r| one_of(*r)) {
        return Some(region);
    }
    let named = all.iter().filter(|f| !f.place.town && f.first != town.first).filter_map(|f| f.place.region().filter(|r| one_of(*r)).map(|r| (f, r)));
    named.min_by_key(|(f, _)| f.first.abs_diff(town.first)).map(|(_, region)| region)
}

fn is_abroad(text: &str, end: usize) -> bool {
    let rest = text[end..].strip_prefix(',').unwrap_or_default().trim_start_matches(' ');
    ABROAD.iter().any(|name| rest.strip_prefix(name).is_some_and(|after| !after.starts_with(char::is_alphanumeric)))
}

#[cfg(test)]
mod tests {
    use super::super::place;
    use crate::domain::Origin;

    fn check(text: &str, expected: &str) {
        let found = place::read(text, None, Origin::Prose);
        let show = |r: Option<&'static str>| r.unwrap_or("-");
        let town = found.town.map(|t| t.value).unwrap_or_default();
        assert_eq!(format!("{town} {}", show(found.region.map(|r| r.value.as_str()))), expected, "{text}");
    }

    #[test]
    fn further_words_settle_a_name_that_several_places_bear() {
        check("Town Hall, Newport, Shropshire", "Newport wm");
        check("Town Hall, Newport, Isle of Wight", "Newport se");
        check("Town Hall, Newport, South Wales", "Newport wal");
        check("Town Hall, Newport NP20 4UR", "Newport wal");
        check("Town Hall, Richmond, North Yorkshire", "Richmond yh");
        check("Town Hall, Bangor, County Down", "Bangor ni");
        check("Town Hall, Gillingham, Dorset", "Gillingham sw");
        check("Ashford, Kent", "Ashford se");
        check("Town Hall, Perth", "Perth sco");
        check("Town Hall, Perth, Western Australia", "Perth int");
        check("Gallery, Cambridge, MA", "Cambridge int");
        check("Gallery, Newcastle", "Newcastle ne");
    }

    #[test]
    fn without_them_the_region_is_not_stated() {
        check("Town Hall, Newport", "Newport -");
        check("Town Hall, Bangor. For museums in the East of England", "Bangor -");
    }
}
