//! Whether a segment's rules can mean anything: every term known, every number in reach, no tree deeper than a form can show.
//!
//! A rule that names an unknown term would quietly select nobody; it is refused with the segment, the condition and what is expected.

use super::{EventIs, Facet, PersonIs, Preference, Rule, authority, folded};

/// Levels of nesting at most.
pub const MOST_DEPTH: usize = 8;
/// Conditions in one rule at most.
pub const MOST_CONDITIONS: usize = 200;
/// Days ahead that a rule may speak of.
const MOST_DAYS: u32 = 366;
/// Characters of a phrase.
const PHRASE: std::ops::RangeInclusive<usize> = 2..=60;

/// A rule that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{segment}”, {rule}: {problem}")]
pub struct BadRule {
    /// Name of the segment, or heading of the section.
    pub segment: String,
    /// `people` or `events`.
    pub rule: &'static str,
    pub problem: String,
}

/// Checks the rule over people of the segment that is called `name`. `terms` gives the vocabulary of a facet.
pub fn check_people(name: &str, rule: &Rule<PersonIs>, terms: &impl Fn(Facet) -> Vec<String>) -> Result<(), BadRule> {
    let bad = |problem| BadRule { segment: name.to_owned(), rule: "people", problem };
    size(rule).map_err(bad)?;
    for condition in rule.conditions() {
        let problem = match (condition, condition.terms()) {
            (PersonIs::Frequency(often), _) if often.is_empty() => Err("`frequency` is empty and would hold for nobody".to_owned()),
            (_, Some((heading, named))) => preference(heading, named, terms),
            _ => Ok(()),
        };
        problem.map_err(bad)?;
    }
    Ok(())
}

/// The same for a rule over events, of a segment or of a section.
pub fn check_events(name: &str, rule: &Rule<EventIs>, terms: &impl Fn(Facet) -> Vec<String>) -> Result<(), BadRule> {
    let bad = |problem| BadRule { segment: name.to_owned(), rule: "events", problem };
    size(rule).map_err(bad)?;
    rule.conditions().into_iter().try_for_each(|c| event(c, terms)).map_err(bad)
}

fn size<C>(rule: &Rule<C>) -> Result<(), String> {
    if rule.depth() > MOST_DEPTH {
        return Err(format!("is nested {} deep; at most {MOST_DEPTH} levels can be shown and followed", rule.depth()));
    }
    let count = rule.conditions().len();
    if count > MOST_CONDITIONS { Err(format!("has {count} conditions; at most {MOST_CONDITIONS} are taken")) } else { Ok(()) }
}

fn preference(heading: Preference, named: &[String], terms: &impl Fn(Facet) -> Vec<String>) -> Result<(), String> {
    filled(heading.as_str(), named)?;
    match (heading, heading.facet()) {
        (_, Some(facet)) => known(facet, named, terms),
        (Preference::Authority, None) => authorities(named),
        (_, None) => match named.iter().find(|t| !heading.takes(t, |_, _| false)) {
            Some(bad) => Err(format!("`{heading}` names `{bad}`, which is not a short form; expected lower-case letters, digits and hyphens")),
            None => Ok(()),
        },
    }
}

fn event(condition: &EventIs, terms: &impl Fn(Facet) -> Vec<String>) -> Result<(), String> {
    if let Some((facet, named)) = condition.tagged() {
        filled(facet.as_str(), named)?;
        return known(facet, named, terms);
    }
    match condition {
        EventIs::Authority(named) => filled("authority", named).and_then(|()| authorities(named)),
        EventIs::Region(list) => filled("region", list),
        EventIs::Mode(list) => filled("mode", list),
        EventIs::ClosingWithin(days) => in_reach("closing_within", *days),
        EventIs::StartingWithin(days) => in_reach("starting_within", *days),
        EventIs::Provider(list) => phrases("provider", list),
        EventIs::Title(list) => phrases("title", list),
        EventIs::Words(list) => phrases("words", list),
        _ => Ok(()),
    }
}

fn filled<T>(what: &str, list: &[T]) -> Result<(), String> {
    if list.is_empty() { Err(format!("`{what}` is empty and would hold for nothing; name at least one term")) } else { Ok(()) }
}

fn known(facet: Facet, named: &[String], terms: &impl Fn(Facet) -> Vec<String>) -> Result<(), String> {
    let there = terms(facet);
    match named.iter().find(|t| !there.contains(t)) {
        Some(bad) => Err(format!("names {facet} `{bad}`, which the taxonomy does not have; expected one of {}", there.join(", "))),
        None => Ok(()),
    }
}

fn authorities(named: &[String]) -> Result<(), String> {
    match named.iter().find(|t| authority(t).is_none()) {
        Some(bad) => {
            Err(format!("names authority `{bad}`, which is not a local authority; expected a short form such as leeds or newcastle-upon-tyne"))
        }
        None => Ok(()),
    }
}

fn in_reach(what: &str, days: u32) -> Result<(), String> {
    if days > MOST_DAYS { Err(format!("`{what}` is {days} days; expected at most {MOST_DAYS}")) } else { Ok(()) }
}

fn phrases(what: &str, list: &[String]) -> Result<(), String> {
    filled(what, list)?;
    match list.iter().find(|p| !PHRASE.contains(&folded(p).trim().chars().count())) {
        Some(bad) => Err(format!("`{what}` looks for `{bad}`; expected {} to {} letters or digits", PHRASE.start(), PHRASE.end())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(facet: Facet) -> Vec<String> {
        if facet == Facet::Need { vec!["lead".into(), "fund".into()] } else { vec!["intro".into()] }
    }

    fn said<C: serde::de::DeserializeOwned>(json: &str, check: impl Fn(&Rule<C>) -> Result<(), BadRule>) -> String {
        check(&serde_json::from_str(json).unwrap()).map_or_else(|e| e.to_string(), |()| "ok".to_owned())
    }

    #[test]
    fn what_would_select_nobody_is_refused_and_says_what_is_expected() {
        let people = |json: &str, expected: &str| {
            let said = said(json, |r| check_people("North", r, &terms));
            assert!(said.contains(expected), "{json}: {said}");
        };
        people(r#"{"is":{"need":["lead"]}}"#, "ok");
        people(r#"{"is":{"need":["leed"]}}"#, "“North”, people: names need `leed`, which the taxonomy does not have; expected one of lead, fund");
        people(r#"{"is":{"need":[]}}"#, "`need` is empty");
        people(r#"{"is":{"authority":["atlantis"]}}"#, "not a local authority");
        people(r#"{"is":{"lcep":["No Slug"]}}"#, "not a short form");
        people(r#"{"is":{"frequency":[]}}"#, "`frequency` is empty");
        people(r#"{"is":{"joined_since":"2027-01-01"}}"#, "ok");
        let events = |json: &str, expected: &str| {
            let said = said(json, |r| check_events("North", r, &terms));
            assert!(said.contains(expected), "{json}: {said}");
        };
        events(r#"{"not":{"is":{"level":["introductory"]}}}"#, "“North”, events: names level `introductory`");
        events(r#"{"is":{"closing_within":4000}}"#, "at most 366");
        events(r#"{"is":{"title":["x"]}}"#, "expected 2 to 60");
        events(r#"{"is":{"words":["––––"]}}"#, "expected 2 to 60");
        events(r#"{"is":{"mode":[]}}"#, "`mode` is empty");
        events(r#"{"is":{"authority":["leeds"]}}"#, "ok");
    }

    #[test]
    fn a_tree_that_nobody_could_follow_is_refused() {
        let mut deep: Rule<EventIs> = Rule::Is(EventIs::Free);
        for _ in 0..MOST_DEPTH {
            deep = Rule::Not(Box::new(deep));
        }
        assert!(check_events("x", &deep, &terms).unwrap_err().problem.contains("nested 9 deep"));
        let wide = Rule::Any(vec![Rule::Is(EventIs::Free); MOST_CONDITIONS + 1]);
        assert!(check_events("x", &wide, &terms).unwrap_err().problem.contains("201 conditions"));
    }
}
