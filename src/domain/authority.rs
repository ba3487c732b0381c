//! Local authorities: which there are, in which region each lies, and in which of them a town does.
//!
//! Never guesses: a town that the list does not name lies in no authority.

use std::{collections::HashMap, sync::LazyLock};

use super::Region;

/// A local authority by its short form ("newcastle-upon-tyne").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    pub slug: &'static str,
    /// As it calls itself.
    pub name: &'static str,
    pub region: Region,
}

struct Gazetteer {
    by_slug: HashMap<&'static str, Authority>,
    /// Short forms of towns and of the authorities themselves -> authority.
    by_town: HashMap<String, &'static str>,
}

static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(|| read(include_str!("../../config/authorities.txt")));

/// The authority of that short form.
#[must_use]
pub fn authority(slug: &str) -> Option<Authority> {
    GAZETTEER.by_slug.get(slug).copied()
}

/// The authority in which a town lies, by its name as sources write it.
#[must_use]
pub fn authority_of_town(town: &str) -> Option<Authority> {
    authority(GAZETTEER.by_town.get(&slug_of(town))?)
}

/// Every authority, by name.
#[must_use]
pub fn authorities() -> Vec<Authority> {
    let mut all: Vec<Authority> = GAZETTEER.by_slug.values().copied().collect();
    all.sort_by_key(|a| a.name);
    all
}

/// Words in lower case with hyphens: "King's Lynn" -> "kings-lynn".
#[must_use]
pub fn slug_of(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars().filter(|c| !matches!(c, '\'' | '’')) {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

/// Lines `region: Name (Town, Town); Name; ...`. A line that is none is left out; a test reads the built-in list to its end.
fn read(text: &'static str) -> Gazetteer {
    let mut out = Gazetteer { by_slug: HashMap::new(), by_town: HashMap::new() };
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let Some((region, list)) = line.split_once(": ") else { continue };
        let Ok(region) = region.parse::<Region>() else { continue };
        for entry in list.split(';').map(str::trim) {
            let (name, towns) = entry.split_once(" (").unwrap_or((entry, ""));
            // Kept for the life of the program: some four hundred short words, once.
            let slug: &'static str = Box::leak(slug_of(name).into_boxed_str());
            out.by_slug.insert(slug, Authority { slug, name, region });
            out.by_town.insert(slug.to_owned(), slug);
            for town in towns.trim_end_matches(')').split(',').map(slug_of).filter(|t| !t.is_empty()) {
                out.by_town.entry(town).or_insert(slug);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_of_the_country_has_its_authorities() {
        let all = authorities();
        assert!(all.len() > 380, "{}", all.len());
        for region in Region::ALL.iter().filter(|r| !matches!(r, Region::Uk | Region::International)) {
            assert!(all.iter().filter(|a| a.region == *region).count() >= 11, "{region}");
        }
        assert!(all.iter().all(|a| !a.slug.is_empty() && a.slug == slug_of(a.name)), "short forms follow from names");
    }

    #[test]
    fn a_town_lies_in_one_authority_or_in_none_that_is_known() {
        let of = |town: &str| authority_of_town(town).map(|a| (a.slug, a.region.as_str()));
        assert_eq!(of("Hebden Bridge"), Some(("calderdale", "yh")));
        assert_eq!(of("LEEDS"), Some(("leeds", "yh")));
        assert_eq!(of("King’s Lynn"), Some(("kings-lynn-and-west-norfolk", "ee")));
        assert_eq!(of("Nowhere"), None);
        assert_eq!(of(""), None);
    }
}
