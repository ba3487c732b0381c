//! The sample organisation, its bulletin, three segments and twelve readers, as data. Every address is under a reserved name (RFC 2606).

use crate::domain::{Approval, EventIs, Facet, PersonIs, Rule};

/// Who sends the demo's bulletin.
#[derive(Debug, Clone, Copy)]
pub struct SampleOrganisation {
    pub slug: &'static str,
    pub name: &'static str,
    pub postal_address: &'static str,
    pub contact: &'static str,
}

pub const ORGANISATION: SampleOrganisation = SampleOrganisation {
    slug: "demo",
    name: "Northern Culture Skills (sample)",
    postal_address: "1 Sample Street, Manchester M1 1AA",
    contact: "desk@demo.example",
};

/// The demo's publication, in the words of the table `bulletin`.
#[derive(Debug, Clone, Copy)]
pub struct SampleBulletin {
    pub slug: &'static str,
    pub name: &'static str,
    pub strapline: &'static str,
    pub from_name: &'static str,
    pub from_address: &'static str,
    pub reply_to: Option<&'static str>,
    /// CSS; 7.6:1 on white (WCAG 2.2 1.4.3 asks for 4.5:1).
    pub colour: &'static str,
    /// Cron in civil time of `zone`.
    pub schedule: &'static str,
    pub zone: &'static str,
    pub window_minutes: i64,
    pub approval: Approval,
    pub min_items: i64,
    pub max_items: i64,
    pub horizon_days: i64,
}

pub const BULLETIN: SampleBulletin = SampleBulletin {
    slug: "demo",
    name: "Culture Skills North",
    strapline: "Training for arts, museums and cultural education, in one email",
    from_name: "Culture Skills North",
    from_address: "bulletin@demo.example",
    reply_to: Some("desk@demo.example"),
    colour: "#1f4e79",
    schedule: "0 7 * * TUE",
    zone: "Europe/London",
    window_minutes: 240,
    approval: Approval::AutoWhenClean,
    min_items: 3,
    max_items: 30,
    horizon_days: 90,
};

/// A heading and what stands under it; an item goes under the first whose rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleSection {
    pub heading: &'static str,
    pub rule: Rule<EventIs>,
}

/// Who, and what they get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleSegment {
    pub name: &'static str,
    pub people: Rule<PersonIs>,
    pub events: Rule<EventIs>,
}

#[must_use]
pub fn sections() -> Vec<SampleSection> {
    vec![
        SampleSection { heading: "Schools and young people", rule: teaching() },
        SampleSection {
            heading: "Museums and collections",
            rule: any([tagged(Facet::Need, &["coll"]), tagged(Facet::Subsector, &["mgal", "her", "arc"])]),
        },
        SampleSection {
            heading: "Working for yourself",
            rule: any([tagged(Facet::Audience, &["free", "sme"]), tagged(Facet::Need, &["biz", "self"])]),
        },
        SampleSection { heading: "For everyone in culture", rule: Rule::always() },
    ]
}

#[must_use]
pub fn segments() -> Vec<SampleSegment> {
    vec![
        SampleSegment {
            name: "Museums and collections",
            people: Rule::Is(PersonIs::Subsector(terms(&["mgal", "her", "arc", "lib"]))),
            events: any([
                tagged(Facet::Subsector, &["mgal", "her", "arc", "lib"]),
                tagged(Facet::Need, &["coll", "gov", "lead", "eval", "aud", "cust", "env"]),
                tagged(Facet::Audience, &["vol", "board", "foh"]),
            ]),
        },
        SampleSegment {
            name: "Freelancers and artists",
            people: Rule::Is(PersonIs::Audience(terms(&["free", "sme"]))),
            events: any([
                tagged(Facet::Audience, &["free", "sme"]),
                tagged(Facet::Need, &["biz", "fin", "fund", "mkt", "self", "career", "perf"]),
                tagged(Facet::Subsector, &["va"]),
            ]),
        },
        SampleSegment {
            name: "Teachers and cultural education",
            people: Rule::Is(PersonIs::Audience(terms(&["teach", "cpdl", "sup", "lcepc"]))),
            events: teaching(),
        },
    ]
}

/// Twelve readers: four for each segment, some in two. Roles stand where names would.
pub const SUBSCRIBERS_CSV: &str = "\
email,name,region,sub,aud,stage,need,cost_max,format,frequency
collections@harbour-row.example,Collections Officer,nw,mgal,spec,mid,coll;cur,60,,each
volunteers@castle-hill.example,Volunteer Coordinator,nw,mgal;her,vol,early,coll;gov,25,,each
archive@countyrecords.example,Assistant Archivist,yh,arc,spec,early,coll;ict,100,onl,each
trustee@borderhouse.example,Chair of Trustees,nw;ne,her,board,senior,gov;fund,,,each
printmaker@studio12.example,Printmaker,nw,va,free,mid,biz;mkt,40,,each
producer@smallstage.example,Independent Producer,nw;yh,thr;dan,free,mid,fund;self,50,,each
ceramics@kilnyard.example,Ceramicist,ne,va,free;sme,early,biz;fin,60,inp,each
evaluator@fieldnotes.example,Freelance Evaluator,,mgal;va,free;spec,mid,eval;res,150,,each
art@hilltop-primary.example,Art Lead,nw,ced,teach,mid,school;ped,20,,each
music@valley-high.example,Music Teacher,nw,ced;mus,teach,early,ped;cyp,30,onl,each
head@lakeside-school.example,Deputy Head,nw,ced,cpdl,senior,school;cpdlead,150,,each
partnership@oldbrook-cep.example,Partnership Coordinator,nw,ced,lcepc,mid,part;cyp,,,each
";

fn teaching() -> Rule<EventIs> {
    any([
        tagged(Facet::Audience, &["teach", "cpdl", "sup", "lcepc"]),
        tagged(Facet::Need, &["school", "ped", "cyp"]),
        tagged(Facet::Subsector, &["ced"]),
    ])
}

fn any<const N: usize>(rules: [Rule<EventIs>; N]) -> Rule<EventIs> {
    Rule::Any(rules.into())
}

fn tagged(facet: Facet, any_of: &[&str]) -> Rule<EventIs> {
    Rule::Is(EventIs::Tagged { facet, any_of: terms(any_of) })
}

fn terms(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}
