//! The form in which a person says what they want to hear about, and the reading of what comes back.
//!
//! Nothing ticked under a heading means "anything" there. Terms that no form offered are dropped.

use serde::Serialize;

use crate::{
    bulletin::labels,
    domain::{Facet, Frequency, Money, Preferences, Region},
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
}

impl PreferencesForm {
    /// The form with what the person has now.
    #[must_use]
    pub fn new(email: &str, now: &Preferences, action: &str, unsubscribe: &str) -> Self {
        let terms = |name, legend, facet, asked: &[String]| group(name, legend, labels::terms(facet).map(|(v, l)| (v, choice_label(l))), asked);
        let regions = Region::ALL.iter().filter(|r| **r != Region::International).map(|r| (r.as_str(), region_label(*r)));
        let formats = FORMATS.iter().map(|(v, l)| (*v, (*l).to_owned()));
        let frequency = FREQUENCIES.iter().map(|(f, l)| (f.as_str(), (*l).to_owned()));
        let often = ChoiceGroup { is_single: true, ..group("frequency", "How often?", frequency, &[now.frequency.to_string()]) };
        Self {
            email: email.to_owned(),
            action: action.to_owned(),
            unsubscribe: unsubscribe.to_owned(),
            groups: vec![
                group("region", "Where can you go?", regions, &now.region),
                group("format", "How do you like to take part?", formats, &now.format),
                terms("need", "What do you want to learn about?", Facet::Need, &now.need),
                terms("sub", "What do you work in?", Facet::Subsector, &now.subsector),
                terms("aud", "What is your role?", Facet::Audience, &now.audience),
                often,
            ],
            cost_max: now.cost_max.map(|m| (m.minor / 100).to_string()).unwrap_or_default(),
        }
    }
}

/// What a posted form says: pairs of field and value, as decoded from `application/x-www-form-urlencoded`. `before` keeps what the form does
/// not ask (the career stage).
#[must_use]
pub fn read(pairs: &[(String, String)], before: &Preferences) -> Preferences {
    let form = PreferencesForm::new("", before, "", "");
    let ticked = |name: &str| -> Vec<String> {
        let offered = form.groups.iter().find(|g| g.name == name).map_or(&[][..], |g| &g.choices);
        let is_ticked = |c: &&Choice| pairs.iter().any(|(n, v)| n == name && v == c.value);
        offered.iter().filter(is_ticked).map(|c| c.value.to_owned()).collect()
    };
    let pounds = pairs.iter().find(|(n, _)| n == "cost_max").and_then(|(_, v)| v.trim().trim_start_matches('£').parse::<u32>().ok());
    Preferences {
        region: ticked("region"),
        format: ticked("format"),
        need: ticked("need"),
        subsector: ticked("sub"),
        audience: ticked("aud"),
        stage: before.stage.clone(),
        cost_max: pounds.and_then(|p| p.checked_mul(100)).map(Money::pence),
        frequency: ticked("frequency").first().and_then(|f| f.parse().ok()).unwrap_or(before.frequency),
    }
}

const FORMATS: [(&str, &str); 4] = [("inp", "In person"), ("onl", "Online"), ("hyb", "Either at the same event"), ("dist", "At my own pace")];
const FREQUENCIES: [(Frequency, &str); 3] =
    [(Frequency::EachEdition, "Every edition"), (Frequency::Weekly, "At most once a week"), (Frequency::Monthly, "At most once a month")];

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
            cost_max: Some(Money::pence(5_000)),
            format: vec!["onl".into()],
            frequency: Frequency::Weekly,
        };
        let form = PreferencesForm::new("a@b.example", &before, "/p", "/u");
        let ticked = form.groups.iter().flat_map(|g| g.choices.iter().filter(|c| c.checked).map(|c| (g.name.to_owned(), c.value.to_owned())));
        let mut posted: Vec<(String, String)> = ticked.collect();
        posted.push(("cost_max".into(), form.cost_max.clone()));
        assert_eq!(read(&posted, &before), before);
    }

    #[test]
    fn what_was_not_offered_is_dropped() {
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        let read = read(&[pair("region", "moon"), pair("need", "<b>"), pair("cost_max", "-5"), pair("frequency", "hourly")], &Preferences::default());
        assert_eq!(read, Preferences::default());
    }
}
