//! Local authorities: which there are, in which region each lies, and in which of them a town does.
//!
//! Never guesses: a town that the list does not name lies in no authority.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use super::Region;

/// A local authority by its short form ("newcastle-upon-tyne").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authority {
    pub slug: &'static str,
    /// As it calls itself.
    pub name: &'static str,
    pub region: Region,
}

/// Short forms and towns, from `config/places.toml`.
struct Gazetteer {
    by_slug: HashMap<String, Authority>,
    /// Short forms of towns and of the authorities themselves -> the authorities they may lie in.
    by_town: HashMap<String, Vec<Authority>>,
}

/// The part of the file that is read here: region -> authority -> its towns; and what an unqualified name stands for.
#[derive(serde::Deserialize)]
struct Table {
    authorities: BTreeMap<Region, BTreeMap<String, String>>,
    #[serde(default)]
    principal: BTreeMap<String, String>,
}

static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| toml::from_str(include_str!("../../config/places.toml")).ok());
static SLUGS: LazyLock<BTreeMap<&'static str, String>> =
    LazyLock::new(|| TABLE.iter().flat_map(|t| t.authorities.values()).flat_map(BTreeMap::keys).map(|name| (name.as_str(), slug_of(name))).collect());
static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(read);

/// The authority of that short form.
#[must_use]
pub fn authority(slug: &str) -> Option<Authority> {
    GAZETTEER.by_slug.get(slug).copied()
}

/// The authority in which a town lies, by its name as sources write it. A name that several bear is told apart by its region, or not at all.
#[must_use]
pub fn authority_of_town(town: &str, region: Option<Region>) -> Option<Authority> {
    let mut homes = GAZETTEER.by_town.get(&slug_of(town))?.iter().filter(|a| region.is_none_or(|r| r == a.region));
    homes.next().filter(|_| homes.next().is_none()).copied()
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

fn read() -> Gazetteer {
    let mut out = Gazetteer { by_slug: HashMap::new(), by_town: HashMap::new() };
    // The file is part of the program, and a test reads it.
    let Some(table) = TABLE.as_ref() else { return out };
    for (region, list) in &table.authorities {
        for (name, towns) in list {
            let Some(slug) = SLUGS.get(name.as_str()) else { continue };
            let authority = Authority { slug, name, region: *region };
            out.by_slug.insert(slug.clone(), authority);
            for town in towns.split(',').map(slug_of).chain([slug.clone()]).filter(|t| !t.is_empty()) {
                let homes = out.by_town.entry(town).or_default();
                if !homes.contains(&authority) {
                    homes.push(authority);
                }
            }
        }
    }
    // "Leeds" is the authority of that name before a village elsewhere; "Newcastle" is what the file says.
    for (town, homes) in &mut out.by_town {
        let principal = table.principal.iter().find(|(name, _)| slug_of(name) == *town).map(|(_, of)| slug_of(of));
        let meant = principal.or_else(|| out.by_slug.contains_key(town).then(|| town.clone()));
        if let Some(one) = meant.and_then(|slug| homes.iter().find(|a| a.slug == slug).copied()) {
            *homes = vec![one];
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
        assert!(all.len() > 330, "{}", all.len());
        for region in Region::ALL.iter().filter(|r| !matches!(r, Region::Uk | Region::International)) {
            assert!(all.iter().filter(|a| a.region == *region).count() >= 10, "{region}");
        }
        assert!(all.iter().all(|a| !a.slug.is_empty() && a.slug == slug_of(a.name)), "short forms follow from names");
    }

    #[test]
    fn a_town_lies_in_one_authority_or_in_none_that_is_known() {
        let of = |town: &str| authority_of_town(town, None).map(|a| (a.slug, a.region.as_str()));
        assert_eq!(of("Hebden Bridge"), Some(("calderdale", "yh")));
        assert_eq!(of("LEEDS"), Some(("leeds", "yh")));
        assert_eq!(of("King’s Lynn"), Some(("kings-lynn-and-west-norfolk", "ee")));
        assert_eq!(of("Newcastle"), Some(("newcastle-upon-tyne", "ne")));
        assert_eq!(authority_of_town("Leeds", Some(Region::London)), None, "another place of that name");
        assert_eq!(of("Nowhere"), None);
        assert_eq!(of(""), None);
    }
}
