//! Where, compared: do two statements of a place agree, disagree, or say too little?

use super::{
    prepared::short_hash,
    title::split,
    words::{COUNTRIES, TOWNS},
};

/// What two statements of a place say about each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    Same,
    /// Spelt alike, or one holds the other.
    Near,
    Unknown,
    Differs,
}

/// A place as it is compared: words without accents and case, known second names replaced.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Place {
    /// Empty when not stated.
    pub town: String,
    /// What follows the town: district, county, the city a suburb belongs to.
    pub around: Vec<String>,
    pub country: String,
    /// Hashes of the words of town and country and of the town's second names, as titles name them.
    named: Box<[u32]>,
}

/// What a town field says when there is no town.
const NOWHERE: &[&str] = &["online", "virtual", "remote", "tbc", "tba", "zoom", "worldwide", "various", "anywhere", "webinar", "hybrid"];

impl Place {
    pub(super) fn read(town: Option<&str>, country: Option<&str>) -> Self {
        let mut parts = town.map(read_town).unwrap_or_default().into_iter();
        let (town, around, country) = (parts.next().unwrap_or_default(), parts.collect(), country.map(read_country).unwrap_or_default());
        let second = TOWNS.iter().filter(|(_, name)| !town.is_empty() && *name == town).map(|(name, _)| *name);
        let named = words_of(&town, &country).chain(second).map(short_hash).collect();
        Self { town, around, country, named }
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        words_of(&self.town, &self.country)
    }

    /// Whether a word of a title, by its hash, says no more than this place: its words, or a second name of its town ("NYC").
    pub(super) fn is_named(&self, word: u32) -> bool {
        self.named.contains(&word)
    }

    /// Compares the towns; a town that is the other's country or stands in it is near.
    pub(super) fn town_against(&self, other: &Self) -> Agreement {
        if self.town.is_empty() || other.town.is_empty() {
            return Agreement::Unknown;
        }
        if self.town == other.town {
            return Agreement::Same;
        }
        let holds = |a: &str, b: &str| b.split(' ').all(|w| a.split(' ').any(|x| x == w));
        let alike = spelt_alike(&self.town, &other.town);
        let within = |a: &Self, b: &Self| a.town == b.country || b.around.contains(&a.town);
        if holds(&self.town, &other.town) || holds(&other.town, &self.town) || alike || within(self, other) || within(other, self) {
            return Agreement::Near;
        }
        Agreement::Differs
    }

    pub(super) fn country_against(&self, other: &Self) -> Agreement {
        match (self.country.as_str(), other.country.as_str()) {
            ("", _) | (_, "") => Agreement::Unknown,
            (a, b) if a == b => Agreement::Same,
            (a, b) if a.len() > 3 && strsim::jaro_winkler(a, b) >= 0.9 => Agreement::Near,
            _ => Agreement::Differs,
        }
    }
}

fn words_of<'a>(town: &'a str, country: &'a str) -> impl Iterator<Item = &'a str> {
    town.split(' ').chain(country.split(' ')).filter(|w| !w.is_empty())
}

/// The parts between commas and brackets: "Dallas, TX", "Logroño (in person)", "Hybrid / Denver". Abbreviations of states and counties,
/// and parts that name no place, are left out.
fn read_town(town: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for part in town.split([',', '(', ')', '/']).take(4) {
        let mut words = split(part);
        words.truncate(6);
        words.iter_mut().filter(|w| *w == "saint").for_each(|w| "st".clone_into(w));
        let nowhere = words.is_empty() || words.iter().any(|w| NOWHERE.contains(&w.as_str())) || words[0] == "in";
        let joined = second_name(TOWNS, words.join(" "));
        if !nowhere && (parts.is_empty() || joined.len() > 3) {
            parts.push(joined);
        }
    }
    parts
}

/// An ending more ("Antwerp", "Antwerpen"), or one slip of the pen in a long name. No more: Hereford and Hertford, Harlow and Harrow are different towns.
fn spelt_alike(a: &str, b: &str) -> bool {
    let length = a.len().min(b.len());
    let ending = length >= 6 && a.len().abs_diff(b.len()) <= 2 && (a.starts_with(b) || b.starts_with(a));
    ending || length >= 9 && strsim::osa_distance(a, b) <= 1 + usize::from(length >= 12)
}

fn read_country(country: &str) -> String {
    let mut words = split(&country.replace('.', ""));
    words.truncate(6);
    second_name(COUNTRIES, words.join(" "))
}

fn second_name(table: &[(&str, &str)], name: String) -> String {
    table.iter().find(|(a, _)| *a == name).map_or(name, |(_, b)| (*b).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: (&str, &str), b: (&str, &str), town: Agreement) {
        let (a, b) = (Place::read(Some(a.0), Some(a.1)), Place::read(Some(b.0), Some(b.1)));
        assert_eq!(a.town_against(&b), town, "{a:?} {b:?}");
        assert_eq!(b.town_against(&a), town, "{b:?} {a:?}");
    }

    #[test]
    fn towns_agree_under_their_spellings() {
        check(("Dallas, TX", "U.S.A"), ("Dallas", "United States"), Agreement::Same);
        check(("Hull", "UK"), ("Kingston upon Hull", "England"), Agreement::Same);
        check(("Kraków", "Poland"), ("Krakow", ""), Agreement::Same);
        check(("Newcastle upon Tyne", ""), ("Newcastle", ""), Agreement::Same);
        check(("Taghazout, Agadir", ""), ("Agadir", ""), Agreement::Near);
        check(("Truro, Cornwall", ""), ("Falmouth, Cornwall", ""), Agreement::Differs);
        check(("Hybrid / Leeds", ""), ("Leeds", ""), Agreement::Same);
        check(("St Albans", ""), ("Saint Albans", ""), Agreement::Same);
        check(("Leeds", ""), ("Online", ""), Agreement::Unknown);
        check(("Leeds", ""), ("York", ""), Agreement::Differs);
        check(("Hereford", ""), ("Hertford", ""), Agreement::Differs);
        check(("Chester", ""), ("Chesterfield", ""), Agreement::Differs);
        check(("Birmingham", ""), ("Birmigham", ""), Agreement::Near);
        check(("Bath", ""), ("Bristol", ""), Agreement::Differs);
    }

    #[test]
    fn the_nations_are_one_country() {
        let place = |c| Place::read(None, Some(c));
        assert_eq!(place("U.K").country_against(&place("Scotland")), Agreement::Same);
        assert_eq!(place("France").country_against(&place("Germany")), Agreement::Differs);
        assert_eq!(place("France").country_against(&place("")), Agreement::Unknown);
    }
}
