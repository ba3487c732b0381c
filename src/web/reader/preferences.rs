//! The form in which a person says what they want to hear about, and the reading of what comes back.
//!
//! Nothing ticked under a heading means "anything" there. Terms that no form offered are dropped.

use serde::Serialize;

use crate::{
    bulletin::labels,
    domain::{Facet, Frequency, Money, Preferences, Region, Slug, authority, authority_of_town},
};

/// One thing to tick or to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    pub value: &'static str,
    pub label: String,
    pub checked: bool,
}

/// Choices under one question. `name` is the form field, the same word as in the subscribers' CSV.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChoiceGroup {
    pub name: &'static str,
    pub legend: &'static str,
    /// Exactly one (radio buttons) or any number (check boxes).
    pub is_single: bool,
    pub choices: Vec<Choice>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferencesForm {
    pub email: String,
    /// Where it posts to; signed.
    pub action: String,
    /// The signed page for leaving altogether.
    pub unsubscribe: String,
    pub groups: Vec<ChoiceGroup>,
    /// In pounds; empty for no ceiling.
    pub cost_max: String,
    /// Local authorities by their names, and partnerships by their short forms, with commas between.
    pub authority: String,
    pub lcep: String,
}

impl PreferencesForm {
    /// The form with what the person has now.
    #[must_use]
    pub fn new(email: &str, now: &Preferences, action: &str, unsubscribe: &str) -> Self {
        let terms = |name, legend, facet, asked: &[String]| group(name, legend, labels::terms(facet).map(|(v, l)| (v, choice_label(l))), asked);
        let regions = Region::ALL.iter().filter(|r| **r != Region::International).map(|r| (r.as_str(), region_label(*r)));
        let formats = FORMATS.iter().map(|(v, l)| (*v, (*l).to_owned()));
        let frequency = FREQUENCIES.iter().map(|(f, l)| (f.as_str(), (*l).to_owned()));
        let times = TIMES.iter().map(|(v, l)| (*v, (*l).to_owned()));
        let stages = STAGES.iter().map(|(v, l)| (*v, (*l).to_owned()));
        let often = ChoiceGroup { is_single: true, ..group("frequency", "How often?", frequency, &[now.frequency.to_string()]) };
        Self {
            email: email.to_owned(),
            action: action.to_owned(),
            unsubscribe: unsubscribe.to_owned(),
            groups: vec![
                group("region", "Where can you go?", regions, &now.region),
                group("format", "How do you like to take part?", formats, &now.format),
                group("time", "When can you take part?", times, &now.time_of_day),
                terms("need", "What do you want to learn about?", Facet::Need, &now.need),
                terms("sub", "What do you work in?", Facet::Subsector, &now.subsector),
                terms("aud", "What is your role?", Facet::Audience, &now.audience),
                group("stage", "How far into your career are you?", stages, &now.stage),
                often,
            ],
            cost_max: now.cost_max.map(|m| (m.minor / 100).to_string()).unwrap_or_default(),
            authority: now.authority.iter().map(|a| authority(a).map_or(a.as_str(), |a| a.name)).collect::<Vec<_>>().join(", "),
            lcep: now.lcep.join(", "),
        }
    }
}

/// What a posted form says: pairs of field and value, as decoded from `application/x-www-form-urlencoded`. `before` keeps what the form cannot
/// show (pence of a ceiling that was not changed).
#[must_use]
pub fn read(pairs: &[(String, String)], before: &Preferences) -> Preferences {
    let form = PreferencesForm::new("", before, "", "");
    let ticked = |name: &str| -> Vec<String> {
        let offered = form.groups.iter().find(|g| g.name == name).map_or(&[][..], |g| &g.choices);
        let is_ticked = |c: &&Choice| pairs.iter().any(|(n, v)| n == name && v == c.value);
        offered.iter().filter(is_ticked).map(|c| c.value.to_owned()).collect()
    };
    let typed = |name: &str| pairs.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim());
    let pounds = typed("cost_max").trim_start_matches('£').parse::<u32>().ok();
    let ceiling = if typed("cost_max") == form.cost_max { before.cost_max } else { pounds.and_then(|p| p.checked_mul(100)).map(Money::pence) };
    Preferences {
        region: ticked("region"),
        format: ticked("format"),
        need: ticked("need"),
        subsector: ticked("sub"),
        audience: ticked("aud"),
        stage: ticked("stage"),
        time_of_day: ticked("time"),
        authority: listed(typed("authority"), |name| authority_of_town(name, None).map(|a| a.slug.to_owned())),
        lcep: listed(typed("lcep"), |name| Slug::parse(&name.to_lowercase()).ok().map(|s| s.to_string())),
        cost_max: ceiling,
        frequency: ticked("frequency").first().and_then(|f| f.parse().ok()).unwrap_or(before.frequency),
    }
}

/// Names with commas between, without those that are none and without repeats; twenty at most.
fn listed(text: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut out: Vec<String> = text.split([',', ';']).take(20).filter_map(|name| read(name.trim())).collect();
    out.sort();
    out.dedup();
    out
}

const TIMES: [(&str, &str); 6] = [
    ("early", "Before the working day"),
    ("am", "Mornings"),
    ("full", "Whole days"),
    ("pm", "Afternoons"),
    ("twi", "Late afternoons"),
    ("eve", "Evenings"),
];
const STAGES: [(&str, &str); 4] = [("entry", "Starting out"), ("early", "Early career"), ("mid", "Mid-career"), ("senior", "Senior")];
const FORMATS: [(&str, &str); 4] = [("inp", "In person"), ("onl", "Online"), ("hyb", "Either at the same event"), ("dist", "At my own pace")];
const FREQUENCIES: [(Frequency, &str); 4] = [
    (Frequency::EachEdition, "Every edition"),
    (Frequency::Weekly, "At most once a week"),
    (Frequency::Monthly, "At most once a month"),
    (Frequency::Instant, "Every edition, and at once when something for me closes soon (at most once a day)"),
];

/// A tag's word as something to choose: "for senior leaders" -> "Senior leaders".
fn choice_label(word: &str) -> String {
    let word = word.strip_prefix("for ").unwrap_or(word);
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn region_label(region: Region) -> String {
    if region == Region::Uk { "Anywhere in the UK".into() } else { region.label().into() }
}

fn group(name: &'static str, legend: &'static str, choices: impl Iterator<Item = (&'static str, String)>, asked: &[String]) -> ChoiceGroup {
    let choice = |(value, label): (&'static str, String)| Choice { value, checked: asked.iter().any(|a| a == value), label };
    ChoiceGroup { name, legend, is_single: false, choices: choices.map(choice).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_form_shows_is_what_it_reads_back() {
        let before = Preferences {
            region: vec!["nw".into(), "uk".into()],
            subsector: vec!["mgal".into()],
            audience: vec!["free".into()],
            stage: vec!["mid".into()],
            need: vec!["fund".into(), "eval".into()],
            cost_max: Some(Money::pence(4_550)),
            format: vec!["onl".into()],
            frequency: Frequency::Weekly,
            time_of_day: vec!["eve".into()],
            authority: vec!["calderdale".into(), "leeds".into()],
            lcep: vec!["leeds-lcep".into()],
        };
        let form = PreferencesForm::new("a@b.example", &before, "/p", "/u");
        let ticked = form.groups.iter().flat_map(|g| g.choices.iter().filter(|c| c.checked).map(|c| (g.name.to_owned(), c.value.to_owned())));
        let mut posted: Vec<(String, String)> = ticked.collect();
        let typed = [("cost_max", &form.cost_max), ("authority", &form.authority), ("lcep", &form.lcep)];
        posted.extend(typed.map(|(name, value)| (name.to_owned(), value.clone())));
        assert_eq!(read(&posted, &before), before);
        assert_eq!(form.authority, "Calderdale, Leeds");
    }

    #[test]
    fn places_are_typed_by_their_names() {
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        let read = read(&[pair("authority", "York; hebden bridge, Atlantis"), pair("lcep", "Bradford-LCEP, <b>")], &Preferences::default());
        assert_eq!((read.authority, read.lcep), (vec!["calderdale".to_owned(), "york".into()], vec!["bradford-lcep".to_owned()]));
    }

    #[test]
    fn what_was_not_offered_is_dropped() {
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        let read = read(&[pair("region", "moon"), pair("need", "<b>"), pair("cost_max", "-5"), pair("frequency", "hourly")], &Preferences::default());
        assert_eq!(read, Preferences::default());
    }
}
