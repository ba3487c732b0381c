//! Which region and local authority a postcode, a town or a county lies in, from `config/places.toml`. Knows nothing of texts.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::Region;

/// Where a place of some name lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Home {
    pub region: Region,
    /// The council's area, where one is known: never for counties, regions and places abroad.
    pub authority: Option<&'static str>,
}

/// How much a name must look like a place to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Plain,
    /// A surname or a place abroad too.
    Name,
    /// A common word too.
    Word,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Every place of that name; never empty.
    pub homes: &'static [Home],
    /// A town or city; otherwise a county, borough or region.
    pub town: bool,
    pub usage: Usage,
}

impl Place {
    /// The region, where all places of the name lie in one.
    pub(super) fn region(&self) -> Option<Region> {
        let first = self.homes.first()?.region;
        self.homes.iter().all(|h| h.region == first).then_some(first)
    }
}

struct Entry {
    homes: Vec<Home>,
    town: bool,
    usage: Usage,
}

struct Gazetteer {
    areas: HashMap<String, Region>,
    districts: HashMap<String, Region>,
    places: HashMap<String, Entry>,
    /// The most words a name has.
    longest: usize,
}

#[derive(serde::Deserialize)]
struct Table {
    postcodes: HashMap<Region, String>,
    districts: HashMap<Region, String>,
    abroad: HashMap<Region, String>,
    areas: HashMap<Region, String>,
    authorities: HashMap<Region, HashMap<String, String>>,
    principal: HashMap<String, String>,
    common: Common,
}

#[derive(serde::Deserialize)]
struct Common {
    names: String,
    words: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // The table is part of the program, and a test reads it.
    toml::from_str(include_str!("../../../config/places.toml")).unwrap_or_else(|e| panic!("config/places.toml: {e}"))
});

static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(|| build(&TABLE));

fn names(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(|n| n.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|n| !n.is_empty())
}

fn key(name: &str) -> String {
    name.replace('’', "'").to_lowercase()
}

fn build(table: &'static Table) -> Gazetteer {
    let mut places: HashMap<String, Entry> = HashMap::new();
    let mut put = |name: &str, home: Home, town: bool| {
        let entry = places.entry(key(name)).or_insert(Entry { homes: Vec::new(), town, usage: Usage::Plain });
        // A town is meant before the authority or the county that bears its name.
        if town == entry.town && !entry.homes.contains(&home) {
            entry.homes.push(home);
        }
    };
    for (&region, authorities) in &table.authorities {
        for (authority, list) in authorities {
            names(list).for_each(|name| put(&name, Home { region, authority: Some(authority) }, true));
        }
    }
    for (&region, list) in &table.abroad {
        names(list).for_each(|name| put(&name, Home { region, authority: None }, true));
    }
    for (&region, authorities) in &table.authorities {
        for name in authorities.keys() {
            put(name, Home { region, authority: Some(name) }, false);
        }
    }
    for (&region, list) in &table.areas {
        names(list)
            .filter(|name| !table.authorities.get(&region).is_some_and(|a| a.contains_key(name)))
            .for_each(|name| put(&name, Home { region, authority: None }, false));
    }
    settle(&mut places, table);
    let codes = |table: &HashMap<Region, String>| {
        table.iter().flat_map(|(&r, l)| l.split_whitespace().map(move |a| (a.to_owned(), r)).collect::<Vec<_>>()).collect()
    };
    let longest = places.keys().map(|n| n.split([' ', '-']).count()).max().unwrap_or(1);
    Gazetteer { areas: codes(&table.postcodes), districts: codes(&table.districts), places, longest }
}

/// What is common, what a bare name stands for, and an order that does not hang on a hash.
fn settle(places: &mut HashMap<String, Entry>, table: &Table) {
    for (list, usage) in [(&table.common.names, Usage::Name), (&table.common.words, Usage::Word)] {
        for name in names(list) {
            if let Some(entry) = places.get_mut(&key(&name)) {
                entry.usage = usage;
            }
        }
    }
    for (name, authority) in &table.principal {
        if let Some(entry) = places.get_mut(&key(name)) {
            entry.homes.retain(|h| h.authority == Some(authority.as_str()));
        }
    }
    for entry in places.values_mut() {
        entry.homes.sort_by_key(|h| (h.region.as_str(), h.authority));
    }
}

/// The place of that name, in any case.
pub(super) fn place(name: &str) -> Option<Place> {
    let entry = GAZETTEER.places.get(&key(name))?;
    Some(Place { homes: &entry.homes, town: entry.town, usage: entry.usage })
}

/// The most words (parted by spaces or hyphens) a name has.
pub(super) fn longest() -> usize {
    GAZETTEER.longest
}

/// The region of a postcode or of its outward half, by its district where that lies apart from most of its area.
pub(super) fn of_postcode(postcode: &str) -> Option<Region> {
    let outward = outward(postcode).to_ascii_uppercase();
    let area: String = outward.chars().take_while(char::is_ascii_alphabetic).collect();
    GAZETTEER.districts.get(&outward).or_else(|| GAZETTEER.areas.get(&area)).copied()
}

/// "SK13" of "SK13 8AA", "SK138AA" and "SK13".
fn outward(postcode: &str) -> &str {
    let code = postcode.trim();
    if let Some((outward, _)) = code.split_once(' ') {
        return outward;
    }
    let inward = |s: &str| matches!(s.as_bytes(), [d, a, b] if d.is_ascii_digit() && a.is_ascii_alphabetic() && b.is_ascii_alphabetic());
    code.len().checked_sub(3).filter(|&cut| cut >= 2 && code.is_char_boundary(cut) && inward(&code[cut..])).map_or(code, |cut| &code[..cut])
}

/// The local authority that a town lies in, where its name, and the region if it is known, leave no doubt.
#[must_use]
pub fn local_authority(town: &str, region: Option<Region>) -> Option<&'static str> {
    let found = place(town)?;
    let mut homes = found.homes.iter().filter(|h| region.is_none_or(|r| r == h.region));
    let first = homes.next()?.authority;
    first.filter(|_| homes.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_knows_its_places() {
        for (name, region) in
            [("Liverpool", Region::NorthWest), ("hull", Region::YorkshireHumber), ("King’s Lynn", Region::East), ("Kent & Medway", Region::SouthEast)]
        {
            assert_eq!(place(name).and_then(|p| p.region()), Some(region), "{name}");
        }
        assert_eq!(place("Atlantis"), None);
    }

    #[test]
    fn a_district_may_lie_apart_from_its_area() {
        for (code, region) in [
            ("L3 1AB", Region::NorthWest),
            ("WC2", Region::London),
            ("bt1", Region::NorthernIreland),
            ("YO1", Region::YorkshireHumber),
            ("SK10 1EA", Region::NorthWest),
            ("SK13 8AA", Region::EastMidlands),
            ("SK138AA", Region::EastMidlands),
            ("OL14 5AJ", Region::YorkshireHumber),
            ("SY1 1AA", Region::WestMidlands),
            ("SY23 2AX", Region::Wales),
            ("TD15 1AA", Region::NorthEast),
            ("DA8 1AA", Region::London),
            ("MK40 1AA", Region::East),
        ] {
            assert_eq!(of_postcode(code), Some(region), "{code}");
        }
        assert_eq!(of_postcode("QQ1 1AA"), None);
    }

    #[test]
    fn every_postcode_area_and_many_towns_are_there() {
        assert_eq!(GAZETTEER.areas.len(), 124);
        assert!(TABLE.authorities.values().map(HashMap::len).sum::<usize>() >= 350);
        assert!(GAZETTEER.places.values().filter(|p| p.town && p.homes.iter().any(|h| h.authority.is_some())).count() >= 1400);
        let exceptions = TABLE.districts.values().flat_map(|l| l.split_whitespace());
        assert!(
            exceptions.clone().all(|d| of_postcode(d) != GAZETTEER.areas.get(d.trim_end_matches(|c: char| c.is_ascii_digit())).copied()),
            "{exceptions:?}"
        );
    }

    #[test]
    fn every_name_marked_as_common_or_principal_is_a_place() {
        for name in names(&TABLE.common.names).chain(names(&TABLE.common.words)).chain(TABLE.principal.keys().cloned()) {
            assert!(place(&name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_town_has_its_authority_unless_several_bear_its_name() {
        for (town, region, expected) in [
            ("Todmorden", None, Some("Calderdale")),
            ("Newport", None, None),
            ("Newport", Some(Region::Wales), Some("Newport")),
            ("Newport", Some(Region::WestMidlands), Some("Telford and Wrekin")),
            ("Ashford", Some(Region::SouthEast), None),
            ("Newcastle", None, Some("Newcastle upon Tyne")),
            ("Paris", None, None),
            ("Kent", None, None),
            ("Tameside", None, Some("Tameside")),
        ] {
            assert_eq!(local_authority(town, region), expected, "{town}");
        }
    }
}
