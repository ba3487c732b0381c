//! Small events for tests; everything else is not stated.

use chrono_tz::Europe::London;
use uuid::Uuid;

use crate::{
    bulletin::{
        compose::{self, DraftInput, DraftItem},
        content::{BulletinView, ContentView},
        view::{Change, EventView, ItemView, SectionView},
    },
    domain::{
        Approval, CostFlag, EventId, EventIs, Facet, Fact, Facts, ItemId, Kind, Mode, Money, Origin, Price, Region, Rule, SectionId, Session, Status,
        When,
    },
};

pub const NOW: &str = "2027-03-01T09:00:00Z";

pub fn when(text: &str) -> When {
    When::parse(text, London).unwrap()
}

#[allow(clippy::unnecessary_wraps, reason = "facts are optional, and tests put them in place")]
pub fn fact<T>(value: T) -> Option<Fact<T>> {
    Some(Fact::new(value, Origin::Structured, "", 1.0))
}

/// Training on 4 May 2027, nothing else known.
pub fn event(n: u128) -> EventView {
    EventView {
        id: EventId(Uuid::from_u128(n)),
        title: format!("Event {n}"),
        body: String::new(),
        url: Some(format!("https://events.example/{n}")),
        booking_url: None,
        zone: London,
        kind: Kind::Cpd,
        facts: Facts { start: fact(when("2027-05-04T10:00")), ..Facts::default() },
        tags: Vec::new(),
        provider_known: false,
        flag: None,
        withdrawn: false,
        decision: None,
        pick: false,
        told_at: None,
        changes: Vec::new(),
    }
}

pub fn priced(n: u128, min: Option<u32>, max: Option<u32>) -> EventView {
    let mut event = event(n);
    event.facts.price = fact(Price { min: min.map(Money::pence), max: max.map(Money::pence) });
    event
}

/// An edition with what an editor can meet: a pick, several sittings, a cancellation, a new date, markup in titles, and silence.
pub fn sample_edition() -> ContentView {
    let now = NOW.parse().unwrap();
    let events = sample_events();
    let sections = [
        section(1, "Raising money and showing what it does", Facet::Need, &["fund", "eval"]),
        section(2, "Collections and places", Facet::Need, &["coll", "cur"]),
    ];
    let input = DraftInput {
        events: &events,
        sections: &sections,
        approval: Approval::Person,
        horizon_days: 180,
        min_items: 1,
        max_items: 60,
        repeat: false,
        now,
        zone: London,
    };
    let draft = compose::draft(&input);
    let items: Vec<ItemView> = draft.items.iter().map(|i| item_view(i, &events)).collect();
    let shown: Vec<&ItemView> = items.iter().collect();
    let mut content = ContentView::new(bulletin(), &draft.subject, &draft.intro, &shown, &sections, now, London);
    content.web_url = Some("https://bulletin.example/culture-north/12".into());
    content
}

pub fn bulletin() -> BulletinView {
    BulletinView {
        name: "Culture North training".into(),
        strapline: "Training for people who work in culture, every other Monday".into(),
        colour: "#0b3d5c".into(),
        organisation: "Culture North".into(),
        postal_address: "The Old Exchange\n1 Market Street\nPreston PR1 1AA".into(),
        contact: "training@culture-north.example".into(),
    }
}

fn section(n: u128, heading: &str, facet: Facet, terms: &[&str]) -> SectionView {
    let any_of = terms.iter().map(|t| (*t).to_owned()).collect();
    SectionView { id: SectionId(Uuid::from_u128(n)), heading: heading.into(), rule: Rule::Is(EventIs::Tagged { facet, any_of }) }
}

fn item_view(item: &DraftItem, events: &[EventView]) -> ItemView {
    let event = events.iter().find(|e| e.id == item.event).unwrap().clone();
    let id = ItemId(Uuid::from_u128(item.position as u128));
    ItemView {
        id,
        place: item.place,
        position: item.position,
        pick: item.pick,
        because: item.because,
        heading: None,
        blurb: None,
        changed_at: None,
        missed_in: None,
        event,
    }
}

fn sample_events() -> Vec<EventView> {
    let text = |s: &str| fact(s.to_owned());
    let tags = |list: &[(Facet, &str)]| list.iter().map(|(f, t)| (*f, (*t).to_owned())).collect();
    let sitting = |s: &str| Session { start: when(s), end: None };
    let told = |what: &str, was: &str, becomes: &str| {
        let at = "2027-02-25T09:00:00Z".parse().unwrap();
        vec![Change { at, what: what.into(), was: Some(was.into()), becomes: Some(becomes.into()) }]
    };
    let pick = EventView {
        title: "Evaluation that people read: a workshop for small museums".into(),
        body: "Leave with a plan for evaluating one project, made with your own figures. Bring a project that you are proud of. Lunch is provided."
            .into(),
        pick: true,
        provider_known: true,
        tags: tags(&[(Facet::Activity, "course"), (Facet::Need, "eval"), (Facet::Audience, "vol"), (Facet::Signals, "last")]),
        facts: Facts {
            start: fact(when("2027-05-04T10:00")),
            end: fact(when("2027-05-04T13:00")),
            deadline: fact(when("2027-04-23")),
            mode: fact(Mode::InPerson),
            venue: text("The Mill"),
            town: text("Leeds"),
            region: fact(Region::YorkshireHumber),
            provider: text("Pennine Museum Development"),
            ..priced(0, Some(0), Some(0)).facts
        },
        ..event(1)
    };
    let sittings = EventView {
        title: "Fundraising from trusts: three mornings".into(),
        body: "Write one application from start to finish with a trainer at your side.".into(),
        tags: tags(&[(Facet::Activity, "course"), (Facet::Need, "fund"), (Facet::Level, "intro")]),
        facts: Facts {
            start: fact(when("2027-04-09T09:45")),
            sessions: vec![sitting("2027-04-09T09:45"), sitting("2027-04-16T09:45"), sitting("2027-04-23T09:45")],
            deadline: fact(when("2027-03-05T17:00")),
            mode: fact(Mode::Hybrid),
            town: text("Preston"),
            provider: text("Bright Bids Ltd"),
            cost_flags: vec![fact(CostFlag::Members).unwrap(), fact(CostFlag::PlusVat).unwrap(), fact(CostFlag::Bursary).unwrap()],
            ..priced(0, Some(2_500), Some(4_500)).facts
        },
        ..event(2)
    };
    let silent = EventView { title: "Care of textiles".into(), url: None, facts: Facts::default(), tags: tags(&[(Facet::Need, "coll")]), ..event(3) };
    let hostile = EventView {
        title: "<script>alert('x')</script> & \"friends\" {{ 7 * 7 }}".into(),
        body: "</td><img src=x onerror=alert(1)> \u{E000}unsubscribe\u{E001} {% raw %} Second sentence here.".into(),
        booking_url: Some("javascript:alert(1)".into()),
        url: Some("https://events.example/?a=1&b=\"><script>alert(2)</script>".into()),
        facts: Facts { provider: text("<b>Bold</b> & Co"), mode: fact(Mode::Online), ..event(0).facts },
        ..event(4)
    };
    let told_at = Some("2027-02-15T09:00:00Z".parse().unwrap());
    let cancelled = EventView {
        title: "Archives after dark".into(),
        told_at,
        changes: told("status", "scheduled", "cancelled"),
        facts: Facts { status: fact(Status::Cancelled), town: text("Hull"), ..event(0).facts },
        ..event(5)
    };
    let moved = EventView {
        title: "Chairing a board well".into(),
        told_at,
        changes: told("start", "2027-04-20T18:00:00+01:00", "2027-05-18T18:00:00+01:00"),
        facts: Facts { start: fact(when("2027-05-18T18:00")), mode: fact(Mode::Online), ..priced(0, Some(2_000), None).facts },
        ..event(6)
    };
    vec![pick, sittings, silent, hostile, cancelled, moved]
}
