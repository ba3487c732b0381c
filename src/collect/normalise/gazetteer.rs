//! Which region a postcode, a town or a county lies in, from `config/places.toml`. Knows nothing of texts.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::domain::Region;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub region: Region,
    /// A town or city; otherwise a county, borough or region.
    pub town: bool,
    /// A common word or surname too.
    pub common: bool,
}

struct Gazetteer {
    areas: HashMap<String, Region>,
    places: HashMap<String, Place>,
    /// The most words a name has.
    longest: usize,
}

#[derive(serde::Deserialize)]
struct Table {
    postcodes: HashMap<Region, String>,
    towns: HashMap<Region, String>,
    areas: HashMap<Region, String>,
    common: HashMap<String, String>,
}

static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(|| {
    // The table is part of the program, and a test reads it.
    let table: Table = toml::from_str(include_str!("../../../config/places.toml")).unwrap_or_else(|e| panic!("config/places.toml: {e}"));
    build(&table)
});

fn names(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(|n| n.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|n| !n.is_empty())
}

fn build(table: &Table) -> Gazetteer {
    let common: HashSet<String> = table.common.values().flat_map(|l| names(l)).collect();
    let mut places = HashMap::new();
    for (lists, town) in [(&table.areas, false), (&table.towns, true)] {
        for (&region, list) in lists {
            for name in names(list) {
                let common = common.contains(&name);
                places.insert(name.replace('’', "'").to_lowercase(), Place { region, town, common });
            }
        }
    }
    let areas = table.postcodes.iter().flat_map(|(&r, l)| l.split_whitespace().map(move |a| (a.to_owned(), r))).collect();
    let longest = places.keys().map(|n| n.split([' ', '-']).count()).max().unwrap_or(1);
    Gazetteer { areas, places, longest }
}

/// The place of that name, in any case.
pub(super) fn place(name: &str) -> Option<Place> {
    GAZETTEER.places.get(&name.replace('’', "'").to_lowercase()).copied()
}

/// The most words (parted by spaces or hyphens) a name has.
pub(super) fn longest() -> usize {
    GAZETTEER.longest
}

/// The region of a postcode or of its outward half, by its area letters.
pub(super) fn of_postcode(postcode: &str) -> Option<Region> {
    let area: String = postcode.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_uppercase();
    GAZETTEER.areas.get(&area).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_knows_its_places() {
        for (name, region) in
            [("Liverpool", Region::NorthWest), ("hull", Region::YorkshireHumber), ("King’s Lynn", Region::East), ("Kent & Medway", Region::SouthEast)]
        {
            assert_eq!(place(name).map(|p| p.region), Some(region), "{name}");
        }
        assert_eq!(place("Atlantis"), None);
        for (code, region) in
            [("L3 1AB", Region::NorthWest), ("WC2", Region::London), ("bt1", Region::NorthernIreland), ("YO1", Region::YorkshireHumber)]
        {
            assert_eq!(of_postcode(code), Some(region), "{code}");
        }
        assert_eq!(of_postcode("QQ1 1AA"), None);
    }
}
