//! Tags in the words that readers see. A term without a word here is not shown.
//!
//! Labels follow the taxonomy (sections 1, 2, 4, 5 and 8), shortened to what fits a line.

use crate::domain::Facet;

/// The word for a term, `None` when readers need not see it (such as "open to all" or "not accredited").
#[must_use]
pub fn label(facet: Facet, term: &str) -> Option<&'static str> {
    terms(facet).find(|(t, _)| *t == term).map(|(_, l)| l)
}

/// The terms of a facet that readers see, with their words, in the taxonomy's order.
pub fn terms(facet: Facet) -> impl Iterator<Item = (&'static str, &'static str)> {
    let table: &[(&'static str, &'static str)] = match facet {
        Facet::Activity => ACTIVITY,
        Facet::Need => NEED,
        Facet::Subsector => SUBSECTOR,
        Facet::Audience => AUDIENCE,
        Facet::Level => LEVEL,
        Facet::Accreditation => ACCREDITATION,
        _ => &[],
    };
    table.iter().copied()
}

/// At most `most` words for an event's tags: what it is first, then what it is about, whom it is for, and how demanding it is.
#[must_use]
pub fn words(tags: &[(Facet, String)], most: usize) -> Vec<&'static str> {
    const SHOWN: [Facet; 6] = [Facet::Activity, Facet::Need, Facet::Subsector, Facet::Audience, Facet::Level, Facet::Accreditation];
    let of = |facet: Facet| tags.iter().filter(move |(f, _)| *f == facet).filter_map(move |(_, t)| label(facet, t));
    let mut out: Vec<&'static str> = Vec::with_capacity(most);
    for word in SHOWN.into_iter().flat_map(of) {
        if out.len() < most && !out.contains(&word) {
            out.push(word);
        }
    }
    out
}

const ACTIVITY: &[(&str, &str)] = &[
    ("course", "course or workshop"),
    ("conf", "conference"),
    ("talk", "talk or webinar"),
    ("net", "network meeting"),
    ("coach", "coaching or mentoring"),
    ("prog", "programme"),
    ("qual", "qualification"),
    ("dist", "self-paced learning"),
    ("shadow", "shadowing or exchange"),
    ("visit", "study visit"),
    ("action", "working group"),
    ("fair", "fair or showcase"),
    ("inset", "at your workplace"),
];

const NEED: &[(&str, &str)] = &[
    ("lead", "leadership"),
    ("line", "managing people"),
    ("proj", "project management"),
    ("change", "managing change"),
    ("gov", "governance and boards"),
    ("strat", "business planning"),
    ("fin", "finance"),
    ("fund", "fundraising"),
    ("mkt", "marketing"),
    ("aud", "audience development"),
    ("biz", "enterprise and legal"),
    ("cur", "curating and interpretation"),
    ("coll", "collections, archives and libraries"),
    ("perf", "making and performing"),
    ("ped", "teaching and facilitation"),
    ("cyp", "children and young people"),
    ("health", "arts and health"),
    ("school", "schools and cultural education"),
    ("tech", "technical skills"),
    ("ict", "digital skills"),
    ("eval", "evaluation"),
    ("res", "research"),
    ("adv", "advocacy and policy"),
    ("intl", "working internationally"),
    ("edi", "inclusion and access"),
    ("part", "partnerships"),
    ("env", "environment"),
    ("comm", "communication and confidence"),
    ("self", "time, stress and wellbeing"),
    ("career", "career development"),
    ("cust", "customer service"),
    ("hs", "safety, safeguarding and the law"),
    ("cpdlead", "leading others’ learning"),
];

const SUBSECTOR: &[(&str, &str)] = &[
    ("mgal", "museums and galleries"),
    ("her", "heritage"),
    ("lib", "libraries"),
    ("arc", "archives"),
    ("va", "visual arts and craft"),
    ("thr", "theatre"),
    ("dan", "dance"),
    ("mus", "music"),
    ("lit", "literature"),
    ("film", "film and broadcast"),
    ("des", "design"),
    ("dig", "creative technology"),
    ("ced", "cultural education"),
    ("fest", "festivals and outdoor arts"),
];

const AUDIENCE: &[(&str, &str)] = &[
    ("lead", "for senior leaders"),
    ("mid", "for middle managers"),
    ("new", "for early careers"),
    ("free", "for freelancers and artists"),
    ("sme", "for small businesses"),
    ("large", "for large organisations"),
    ("board", "for trustees"),
    ("la", "for council officers"),
    ("vol", "for volunteers"),
    ("foh", "for front of house and technical"),
    ("spec", "for specialists"),
    ("teach", "for teachers"),
    ("cpdl", "for heads and CPD leaders"),
    ("sup", "for school support staff"),
    ("lcepc", "for LCEP coordinators"),
    ("lcepch", "for LCEP chairs"),
    ("acad", "for academics and students"),
];

const LEVEL: &[(&str, &str)] = &[("intro", "introductory"), ("inter", "intermediate"), ("adv", "advanced")];

const ACCREDITATION: &[(&str, &str)] =
    &[("cert", "certificate"), ("prof", "counts towards professional recognition"), ("qual", "formal qualification")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_comes_first_and_silence_is_not_a_word() {
        let tag = |f, t: &str| (f, t.to_owned());
        let tags = [
            tag(Facet::Audience, "open"),
            tag(Facet::Need, "eval"),
            tag(Facet::Need, "fund"),
            tag(Facet::Activity, "course"),
            tag(Facet::CostBand, "free"),
            tag(Facet::Level, "any"),
        ];
        assert_eq!(words(&tags, 6), ["course or workshop", "evaluation", "fundraising"]);
        assert_eq!(words(&tags, 1), ["course or workshop"]);
    }
}
