//! For which part of culture (taxonomy sections 1a and 3): sub-sectors, "all" or "not specific", never both; and sector or generic.

use super::choose::{Chosen, choose};
use super::cues::{Findings, Group, Score, by_provider_too, topical};
use super::taxonomy::Taxonomy;
use super::{nothing_said, rule_tag};
use crate::domain::{Facet, Tag};

const ALL: &str = "all";
const GENERAL: &str = "gen";

/// The tags of both facets.
#[must_use]
pub fn tags(taxonomy: &Taxonomy, findings: &Findings<'_>, provider_type: Option<&str>) -> Vec<Tag> {
    let terms = taxonomy.terms(Facet::Subsector);
    let scores = findings.scores(Group::Of(Facet::Subsector), by_provider_too);
    let of_culture: f32 = terms.iter().zip(&scores).filter(|(t, _)| t.id != GENERAL).map(|(_, s)| s.sum.max(0.0)).sum();
    let tailoring = tailoring(taxonomy, findings, of_culture, provider_type);
    let mut tags = subsectors(taxonomy, scores, tailoring.term == "generic");
    tags.push(tailoring);
    tags
}

/// Generic when said so more clearly than any word of culture, or when no word of culture stands beside a provider for any trade.
fn tailoring(taxonomy: &Taxonomy, findings: &Findings<'_>, of_culture: f32, provider_type: Option<&str>) -> Tag {
    let scores = findings.scores(Group::Of(Facet::Tailoring), topical);
    let score = |id: &str| taxonomy.terms(Facet::Tailoring).iter().position(|t| t.id == id).map(|i| scores[i].clone()).unwrap_or_default();
    let (generic, sector) = (score("generic"), score("sector"));
    if generic.sum >= 2.0 && generic.sum > sector.sum.max(of_culture / 2.0) {
        return rule_tag(Facet::Tailoring, "generic", &generic);
    }
    let for_any_trade = matches!(provider_type, Some("train" | "hei" | "char"));
    if of_culture <= 0.0 && sector.sum <= 0.0 && (for_any_trade || generic.sum > 0.0) {
        let reason = "no word of culture, and a provider for any trade".to_owned();
        return rule_tag(Facet::Tailoring, "generic", &Score { sum: 1.0, support: 1, firm: 1, reason });
    }
    if sector.sum > 0.0 { rule_tag(Facet::Tailoring, "sector", &sector) } else { nothing_said(Facet::Tailoring, "sector") }
}

fn subsectors(taxonomy: &Taxonomy, scores: Vec<Score>, is_generic: bool) -> Vec<Tag> {
    let terms = taxonomy.terms(Facet::Subsector);
    let choice = taxonomy.choice(Facet::Subsector);
    let chosen = choose(terms, scores, &choice);
    let is = |c: &Chosen, id: &str| terms[c.term].id == id;
    let whole = |c: &Chosen| is(c, ALL) || is(c, GENERAL);
    let tag = |c: &Chosen| rule_tag(Facet::Subsector, &terms[c.term].id, &c.score);
    match chosen.first() {
        None if is_generic => vec![nothing_said(Facet::Subsector, GENERAL)],
        None => vec![nothing_said(Facet::Subsector, ALL)],
        Some(best) if whole(best) => vec![tag(best)],
        Some(_) => chosen.iter().filter(|c| !whole(c)).map(tag).collect(),
    }
}
