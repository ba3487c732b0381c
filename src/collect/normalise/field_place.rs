//! The place that a field, or a sentence over the whole list, states: taken apart into venue, address, town, postcode and region.
//!
//! Never a meeting's link: it is a secret.

use super::{address, gazetteer, place, words};
use crate::domain::{Fact, Origin, RawPlace, Region, Said, text};

/// The longest name of a venue or town, in characters.
const NAME: usize = 200;
/// The longest words of a place that nobody took apart, in characters.
const WORDS: usize = 300;

/// What fields say of the place.
#[derive(Debug, Default)]
pub(super) struct FieldPlace {
    pub venue: Option<Fact<String>>,
    pub address: Option<Fact<String>>,
    pub town: Option<Fact<String>>,
    pub postcode: Option<Fact<String>>,
    pub region: Option<Fact<Region>>,
}

impl FieldPlace {
    pub(super) fn is_stated(&self) -> bool {
        self.venue.is_some() || self.town.is_some() || self.postcode.is_some()
    }
}

/// What the place fields say, the words of an address read where no field has them.
pub(super) fn of_fields(raw: &RawPlace) -> FieldPlace {
    let line = |s: &Option<String>| s.as_deref().map(|s| without_links(&text::single_line(s, NAME))).filter(|s| !s.is_empty());
    let (name, address, town, postcode) = (line(&raw.name), line(&raw.address), line(&raw.town), line(&raw.postcode));
    let all = raw.words.as_deref().map(|w| without_links(&text::multi_line(w, WORDS))).filter(|w| !w.is_empty());
    let region = line(&raw.region);
    let fields = [&name, &address, &town, &postcode, &region, &all];
    let joined = fields.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n");
    if joined.is_empty() {
        return FieldPlace::default();
    }
    let read = place::read(&joined, None, Origin::Field);
    let fact = |value: String| Fact::new(value.clone(), Origin::Structured, value, 0.95);
    let loose = all.as_deref().map(|w| of_words(w, w, Origin::Field, 0.85)).unwrap_or_default();
    let known = |n: &String| !is_remote(n) && gazetteer::place(n).is_none();
    FieldPlace {
        venue: name.filter(known).map(fact).or(loose.venue).or(read.venue),
        address: address.map(fact).or(loose.address),
        town: town.map(fact).or(loose.town).or(read.town.filter(|t| !is_in_street(&t.value, &joined))),
        postcode: postcode.map(|p| fact(p.to_uppercase())).or(read.postcode).or(loose.postcode),
        region: read.region,
    }
}

/// The place that is said of a whole list; believed less than a record's own.
pub(super) fn of_context(said: &Said) -> FieldPlace {
    let words = without_links(&text::multi_line(&said.words, WORDS));
    let sentence = text::single_line(&said.sentence, WORDS);
    let read = place::read(&words, None, Origin::Prose);
    let known = |fact: Option<Fact<String>>| fact.map(|f| Fact::new(f.value, Origin::Prose, sentence.as_str(), 0.65));
    let loose = of_words(&words, &sentence, Origin::Prose, 0.65);
    FieldPlace {
        venue: loose.venue.or_else(|| known(read.venue)),
        address: loose.address,
        town: loose.town.or_else(|| known(read.town).filter(|t| !is_in_street(&t.value, &words))),
        postcode: known(read.postcode).or(loose.postcode),
        region: read.region.map(|f| Fact::new(f.value, Origin::Derived, sentence.as_str(), 0.65)),
    }
}

fn of_words(words: &str, said: &str, origin: Origin, confidence: f32) -> FieldPlace {
    let parts = address::parts(words);
    let fact = |value: Option<String>| value.map(|v| Fact::new(text::single_line(&v, NAME), origin, said, confidence));
    FieldPlace { venue: fact(parts.venue), address: fact(parts.address), town: fact(parts.town), postcode: fact(parts.postcode), region: None }
}

/// "12 West Washington": the name of a street.
fn is_in_street(town: &str, words: &str) -> bool {
    words.split(['\n', ',']).any(|part| part.contains(town) && address::begins_with_house(part.trim()))
}

fn is_remote(name: &str) -> bool {
    let lower = words::lower(name);
    ["online", "zoom", "teams", "webinar", "virtual", "tbc", "tba", "http", "to be confirmed"].iter().any(|w| words::has(&lower, w))
}

/// A location field may carry the link of a meeting, which is a secret.
fn without_links(field: &str) -> String {
    let lines = field.lines().map(|line| {
        let kept: Vec<&str> = line.split(' ').filter(|w| !w.contains("://")).collect();
        kept.join(" ").trim_matches([' ', '/', '|', '-', ',']).to_owned()
    });
    lines.filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
}
