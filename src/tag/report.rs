//! A verdict as the JSON that `gleaner try listings` prints (CONTRACTS.md). Says nothing that the verdict does not hold.

use serde_json::{Map, Value, json};

use crate::domain::{Facet, Kind, Verdict};

/// The facets of the `tags` object in its order.
const PRINTED: &[Facet] = &[
    Facet::Need,
    Facet::LeadershipSense,
    Facet::Tailoring,
    Facet::Subsector,
    Facet::Activity,
    Facet::Stage,
    Facet::Level,
    Facet::Reach,
    Facet::Format,
    Facet::CostBand,
    Facet::CostFlags,
    Facet::Accreditation,
    Facet::Duration,
    Facet::TimeOfDay,
    Facet::Weekend,
    Facet::ProviderType,
    Facet::HeiFaculty,
    Facet::LcepStage,
    Facet::Signals,
];

/// The `tags` object: an array for a facet that takes several terms, a string or null for the others, a boolean for `weekend`.
/// Null for what is no training (taxonomy section 13).
#[must_use]
pub fn tags_json(verdict: &Verdict) -> Value {
    if verdict.kind != Kind::Cpd {
        return Value::Null;
    }
    PRINTED.iter().map(|facet| (facet.as_str().to_owned(), terms_json(verdict, *facet))).collect::<Map<_, _>>().into()
}

fn terms_json(verdict: &Verdict, facet: Facet) -> Value {
    let mut terms = verdict.terms(facet);
    match facet {
        Facet::Weekend => json!(terms.next() == Some("true")),
        _ if facet.is_multi() => terms.collect(),
        _ => terms.next().map_or(Value::Null, Value::from),
    }
}

/// The `why` array: the kind first, then every tag as `facet:term` with the cue that led to it.
#[must_use]
pub fn why_json(verdict: &Verdict) -> Value {
    let kind = json!({ "tag": format!("kind:{}", verdict.kind), "cue": verdict.kind_reason });
    std::iter::once(kind).chain(verdict.tags.iter().map(|t| json!({ "tag": format!("{}:{}", t.facet, t.term), "cue": t.reason }))).collect()
}
