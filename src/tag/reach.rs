//! Who is invited from how far (taxonomy section 6): by what is said, then by the remit of the provider, then by the format.

use super::choose::choose;
use super::computed::tag;
use super::cues::{Findings, Group, topical};
use super::rule_tag;
use super::taxonomy::Taxonomy;
use crate::domain::{Facet, Facts, Mode, Region, Tag};

/// The reach of an event. Always one: the fall-backs end with the venue.
#[must_use]
pub fn reach(taxonomy: &Taxonomy, findings: &Findings<'_>, provider: &Findings<'_>, facts: &Facts, provider_type: Option<&str>) -> Tag {
    invited(taxonomy, findings)
        .or_else(|| online_for_a_region(facts))
        .or_else(|| named_after(taxonomy, provider))
        .or_else(|| remit(provider_type, is_online(facts)))
        .unwrap_or_else(|| by_format(facts))
}

fn invited(taxonomy: &Taxonomy, findings: &Findings<'_>) -> Option<Tag> {
    let terms = taxonomy.terms(Facet::Reach);
    let scores = findings.scores(Group::Of(Facet::Reach), topical);
    let best = choose(terms, scores, &taxonomy.choice(Facet::Reach)).into_iter().next()?;
    Some(rule_tag(Facet::Reach, &terms[best.term].id, &best.score))
}

fn online_for_a_region(facts: &Facts) -> Option<Tag> {
    let region = facts.region.as_ref().filter(|r| !matches!(r.value, Region::Uk | Region::International))?;
    is_online(facts).then(|| tag(Facet::Reach, "reg", 0.7, format!("online for {}: “{}”", region.value.label(), region.evidence.words)))
}

/// A provider whose name holds a region or the nation works there.
fn named_after(taxonomy: &Taxonomy, provider: &Findings<'_>) -> Option<Tag> {
    let terms = taxonomy.terms(Facet::Reach);
    let scores = provider.scores(Group::Of(Facet::Reach), |_| 1.0);
    let best = choose(terms, scores, &taxonomy.choice(Facet::Reach)).into_iter().next()?;
    Some(rule_tag(Facet::Reach, &terms[best.term].id, &best.score))
}

fn remit(provider_type: Option<&str>, online: bool) -> Option<Tag> {
    let (term, why) = match provider_type? {
        "body" | "gov" => ("nat", "a national body"),
        "la" => ("loc", "one council"),
        _ if online => return None,
        "dev" | "net" | "venue" | "edu" | "hei" => ("reg", "a regional body or a single venue"),
        _ => return None,
    };
    Some(tag(Facet::Reach, term, 0.5, format!("nothing is said of who is invited; the provider is {why}")))
}

fn by_format(facts: &Facts) -> Tag {
    let (term, why) = if is_online(facts) { ("nat", "it is online") } else { ("reg", "it is at one place") };
    tag(Facet::Reach, term, 0.4, format!("nothing is said of who is invited; {why}"))
}

fn is_online(facts: &Facts) -> bool {
    facts.mode.as_ref().is_some_and(|m| matches!(m.value, Mode::Online | Mode::SelfPaced))
}
