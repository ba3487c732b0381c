//! The pure stages: what each does in a second on one core, beside the parser it stands on, alone, on the same bytes.
//!
//! `cargo bench --bench stages`

mod support;

use std::{io::Write as _, process::Command};

use gleaner::{
    bulletin::{
        content::{BulletinView, ContentView},
        render::{self, Personal},
        select::{Order, Reader, Selector},
        templates::Templates,
        view::{EditionView, EventView, ItemView, Place, SegmentView, Told},
    },
    collect::{extract::extract, normalise::normalise, understand::understand},
    domain::{
        Candidate, Document, EventId, EventIs, Facet, Facts, ItemId, ItemReason, Kind, Measure, PersonIs, PersonTraits, Preferences, RawEvent,
        Region, Rule, SourceKind,
    },
    identity::{self, Profile},
    tag::{TagInput, Tagger, Taxonomy},
};
use support::{Figure, Numbers, Sample, Words, documents, once, repeated};
use uuid::Uuid;

fn main() -> anyhow::Result<()> {
    let words = Words::new(10_000);
    let samples = support::samples(1, 1_000, &words);
    parsers(&samples)?;
    let candidates = normalising(&samples);
    tagging(&candidates);
    listings(&samples)?;
    clustering(&words);
    selecting(&samples);
    rendering(&samples)
}

fn parsers(samples: &[Sample]) -> anyhow::Result<()> {
    let rss = documents::rss(&samples[..50]);
    let text = |d: &Document| String::from_utf8_lossy(&d.body).into_owned();
    let peer = repeated(1, || feed_rs::parser::parse(&rss.body[..]).is_ok());
    ours("feed, 50 items", &rss, SourceKind::Feed, 50)?.against("feed, 50 items", "feed-rs alone", peer);

    let calendar = documents::calendar(&samples[..500]);
    let source = text(&calendar);
    let peer = repeated(1, || calcard::icalendar::ICalendar::parse(&source).is_ok());
    ours("calendar, 500 events, 10 recurring", &calendar, SourceKind::Ical, 100)?.against(
        "calendar, 500 events, 10 recurring",
        "calcard alone",
        peer,
    );

    for (what, page, least) in [
        ("page, 100 events as JSON-LD", documents::json_ld(&samples[..100]), 100),
        ("page without structure, 200 kB", documents::listing(&samples[..300], 200_000), 250),
    ] {
        let source = text(&page);
        let peer = repeated(1, || scraper::Html::parse_document(&source));
        ours(what, &page, SourceKind::Page, least)?.against(&format!("{what} ({} kB)", page.body.len() / 1_000), "scraper alone", peer);
    }

    let mail = documents::e_mail(&samples[..20]);
    let peer = repeated(1, || mail_parser::MessageParser::default().parse(&mail.body).is_some());
    ours("e-mail, 20 items", &mail, SourceKind::Mailbox, 18)?.against("e-mail, 20 items", "mail-parser alone", peer);
    Ok(())
}

/// Documents per second; fails when fewer events are found than must be there, for then the speed means nothing.
fn ours(what: &str, document: &Document, kind: SourceKind, least: usize) -> anyhow::Result<Figure> {
    let reading = support::reading();
    let found = extract(document, &reading, kind, None)?.events.len();
    anyhow::ensure!(found >= least, "{what}: {found} events found");
    Ok(repeated(1, || extract(document, &reading, kind, None).map(|e| e.events.len())))
}

fn normalising(samples: &[Sample]) -> Vec<Candidate> {
    let reading = support::reading();
    let read = |raw: &RawEvent| normalise(raw.clone(), &reading, None);
    let prose: Vec<RawEvent> = samples.iter().map(Sample::prose).collect();
    repeated(prose.len(), || prose.iter().map(read).collect::<Vec<_>>()).print("normalise, facts in the prose");
    let structured: Vec<RawEvent> = samples.iter().map(Sample::structured).collect();
    repeated(structured.len(), || structured.iter().map(read).collect::<Vec<_>>()).print("normalise, facts in fields");
    structured.iter().filter_map(read).collect()
}

fn tagging(candidates: &[Candidate]) {
    let tagger = Tagger::new(Taxonomy::built_in());
    let now = support::now();
    let judge = |c: &Candidate| tagger.judge(&TagInput { title: &c.title, text: &c.text, facts: &c.facts, zone: c.zone, now });
    repeated(candidates.len(), || candidates.iter().map(judge).collect::<Vec<_>>()).at_least("tag, one core", 5_000.0);
}

/// From a listing's words to its verdict: the stages alone on one core, then the whole command on all cores.
fn listings(samples: &[Sample]) -> anyhow::Result<()> {
    let tagger = Tagger::new(Taxonomy::built_in());
    let reading = support::reading();
    let text = |s: &Sample| format!("{}\n{}\n{}\n{}", s.date(), s.town, s.price(), s.text);
    let judge = |s: &Sample| {
        let c = understand(&s.title, &text(s), &reading)?;
        Some(tagger.judge(&TagInput { title: &c.title, text: &c.text, facts: &c.facts, zone: c.zone, now: reading.now }))
    };
    repeated(samples.len(), || samples.iter().map(judge).collect::<Vec<_>>()).print("listing read and tagged, one core");

    let mut file = tempfile::NamedTempFile::new()?;
    for n in 0..20_000 {
        let s = &samples[n % samples.len()];
        writeln!(file, "{}", serde_json::json!({"id": n.to_string(), "source": "one", "as_of": "2027-03-01", "title": s.title, "text": text(s)}))?;
    }
    file.flush()?;
    let (figure, output) = once(20_000, || Command::new(env!("CARGO_BIN_EXE_gleaner")).args(["try", "listings"]).arg(file.path()).output());
    let lines = output?.stdout.split(|b| *b == b'\n').count() - 1;
    anyhow::ensure!(lines == 20_000, "`gleaner try listings` printed {lines} lines");
    figure.at_least("gleaner try listings, the whole command", 5_000.0);
    Ok(())
}

fn clustering(words: &Words) {
    let profiles = |n: usize| -> Vec<Profile> {
        // A tenth is listed a second time, by a re-poster.
        let samples = support::samples(2, n * 9 / 10, words);
        let again = samples.iter().take(n - samples.len()).cloned().map(|s| Sample { number: s.number + n, ..s });
        samples.iter().cloned().chain(again).map(|s| profile(&s)).collect()
    };
    let (small, large) = (profiles(10_000), profiles(100_000));
    let (few, clusters) = once(small.len(), || identity::cluster(&small));
    few.print(&format!("cluster, 10,000 records into {}", clusters.len()));
    let (many, clusters) = once(large.len(), || identity::cluster(&large));
    many.against(&format!("cluster, 100,000 records into {}", clusters.len()), "the rate at 10,000", few);
    let subject: Vec<Profile> = small.iter().take(1_000).cloned().collect();
    repeated(subject.len(), || subject.iter().map(|p| identity::keys(p).len()).sum::<usize>()).print("blocking keys of one record");
}

fn profile(s: &Sample) -> Profile {
    let mut p = Profile::new(format!("s{}:{}", s.number % 40, s.number), format!("s{}", s.number % 40), s.title.clone());
    p.start = gleaner::domain::When::parse(&format!("{}T{:02}:00", s.day, s.hour), p.zone).ok();
    p.town = Some(s.town.to_owned());
    p.provider = Some(s.provider.clone());
    p.url = Some(s.url());
    p.text.clone_from(&s.text);
    p
}

const REGIONS: [Region; 4] = [Region::NorthWest, Region::YorkshireHumber, Region::London, Region::Wales];
const NEEDS: [&str; 5] = ["eval", "fund", "lead", "coll", "dig"];

/// Ten thousand readers of eight segments, an edition of sixty items.
fn selecting(samples: &[Sample]) {
    let edition = edition(samples, 60);
    let segments: Vec<SegmentView> = (0..8)
        .map(|n| SegmentView {
            people: Rule::Is(PersonIs::Need(vec![NEEDS[n % 5].into()])),
            events: Rule::Any(vec![
                Rule::Is(EventIs::Tagged { facet: Facet::Need, any_of: vec![NEEDS[n % 5].into()] }),
                Rule::Is(EventIs::Region(vec![REGIONS[n % 4]])),
            ]),
        })
        .collect();
    let mut numbers = Numbers::seeded(4);
    let readers: Vec<Preferences> = (0..10_000)
        .map(|_| Preferences {
            region: vec![REGIONS[numbers.below(4)].as_str().into()],
            need: vec![numbers.one(&NEEDS).into(), numbers.one(&NEEDS).into()],
            ..Preferences::default()
        })
        .collect();
    let told = Told::new();
    let figure = repeated(readers.len(), || {
        let selector = Selector::new(&edition, &segments, Measure::default());
        let reader = |asked| Reader { person: PersonTraits::new(asked), told: &told, had: None };
        readers.iter().filter_map(|r| selector.select(&reader(r), Order::Personal).ok()).map(|items| items.len()).sum::<usize>()
    });
    figure.print("select, readers of 60 items and 8 segments");
}

fn rendering(samples: &[Sample]) -> anyhow::Result<()> {
    let edition = edition(samples, 30);
    let items: Vec<&ItemView> = edition.items.iter().collect();
    let bulletin = BulletinView {
        name: "Culture training".into(),
        strapline: "Every other Monday".into(),
        colour: "#0b3d5c".into(),
        organisation: "Culture Body".into(),
        postal_address: "1 Sample Street, Leeds".into(),
        contact: "hello@sender.example".into(),
    };
    let (loading, templates) = once(1, Templates::embedded);
    loading.print("templates loaded and compiled");
    let templates = templates?;
    let content = ContentView::new(bulletin, "Thirty courses", "", &items, &[], support::now(), chrono_tz::Europe::London);
    repeated(1, || render::render(&content, &templates)).print("render, 30 items, HTML and text");
    let rendered = render::render(&content, &templates)?;
    let personal = Personal {
        name: "Reader One",
        email: "reader@reader.example",
        why: "You asked for it.",
        unsubscribe_url: "https://bulletin.example/unsubscribe/0123456789",
        preferences_url: "https://bulletin.example/preferences/0123456789",
    };
    repeated(1, || rendered.personalise(&personal)).print(&format!("personalise, {} kB", (rendered.html.len() + rendered.text.len()) / 1_000));
    Ok(())
}

fn edition(samples: &[Sample], items: usize) -> EditionView {
    let reading = support::reading();
    let event = |(n, s): (usize, &Sample)| {
        let candidate = normalise(s.structured(), &reading, None)?;
        let id = |n: usize| Uuid::from_u128(u128::try_from(n).unwrap_or_default());
        let mut facts: Facts = candidate.facts;
        if let Some(region) = &mut facts.region {
            region.value = REGIONS[n % 4];
        }
        let event = EventView {
            id: EventId(id(n)),
            title: candidate.title,
            body: candidate.text,
            url: candidate.url,
            booking_url: None,
            zone: candidate.zone,
            kind: Kind::Cpd,
            facts,
            tags: vec![(Facet::Need, NEEDS[n % 5].to_owned()), (Facet::Activity, "course".to_owned())],
            provider_known: n % 2 == 0,
            flag: None,
            withdrawn: false,
            decision: None,
            pick: n < 3,
            told_at: None,
            changes: Vec::new(),
        };
        let place = if n < 3 { Place::Picks } else { Place::More };
        Some(ItemView {
            id: ItemId(id(n)),
            place,
            position: n,
            pick: n < 3,
            because: ItemReason::New,
            heading: None,
            blurb: None,
            changed_at: None,
            missed_in: None,
            event,
        })
    };
    EditionView { items: samples.iter().take(items).enumerate().filter_map(event).collect(), as_of: support::now() }
}
