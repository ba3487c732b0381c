//! A hundred thousand readers who asked for different things: import, segment preview, the plan of an edition and the number of its contents.
//!
//! `cargo bench --bench people`

mod support;

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use gleaner::{
    bulletin::{subscribers, templates::Templates},
    collect::{normalise::normalise, place::Placer},
    curate::{
        draft,
        issue::Issue,
        segments::{self, Asked},
    },
    domain::{EventIs, Facet, PersonIs, Rule, SourceKind},
    identity::Corpus,
    store::{
        listing::{Seen, Sighting},
        source::NewSource,
    },
    tag::{Tagger, Taxonomy},
};
use support::{Figure, Numbers, Words, desk::Desk, now};

const READERS: usize = 100_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let desk = Desk::new().await?;
    let tagger = Tagger::new(Taxonomy::built_in());
    let csv = readers(tagger.taxonomy());
    for what in ["import 100,000 readers who asked for different things", "import them again"] {
        let began = Instant::now();
        let knows = |facet: Facet, term: &str| tagger.taxonomy().knows(facet, term);
        let report = subscribers::import(&desk.store, &desk.secret, csv.as_bytes(), &desk.intake(), knows, now()).await?;
        anyhow::ensure!(report.rejected.is_empty() && report.warnings.is_empty(), "{:?}", report.warnings.first());
        Figure::of(READERS, began.elapsed()).within(what, Duration::from_secs(10));
    }
    preview(&desk).await?;
    events(&desk, &tagger).await?;
    plan(&desk).await?;
    println!("{:<58} {} MiB", "memory at most", support::peak_memory());
    Ok(())
}

/// Two thirds name a place, some a council; needs and sub-sectors from the whole taxonomy, the first ones named most.
fn readers(taxonomy: &Taxonomy) -> String {
    let mut numbers = Numbers::seeded(11);
    let ids = |facet| taxonomy.terms(facet).iter().map(|t| t.id.clone()).collect::<Vec<_>>();
    let (regions, needs, subsectors, audiences) = (ids(Facet::Region), ids(Facet::Need), ids(Facet::Subsector), ids(Facet::Audience));
    let mut csv = String::from("email,name,region,sub,aud,need,cost_max,format,frequency,time,authority\n");
    for n in 0..READERS {
        let mut some = |of: &[String], most: usize| {
            let count = numbers.below(most + 1);
            // A term at half the place is named twice as often.
            let mut one = || {
                let within = 1 + numbers.below(of.len());
                of[numbers.below(within)].as_str()
            };
            (0..count).map(|_| one()).collect::<Vec<_>>().join(";")
        };
        let (region, need, sub, aud) = (some(&regions[..12], 2), some(&needs, 3), some(&subsectors, 2), some(&audiences, 1));
        let cost = numbers.one(&["", "", "0", "25", "50", "100"]);
        let format = numbers.one(&["", "", "", "onl", "inp", "inp;onl;hyb"]);
        let frequency = numbers.one(&["each", "each", "each", "weekly", "monthly", "instant"]);
        let time = numbers.one(&["", "", "", "", "", "eve;am"]);
        let authority = numbers.one(&["", "", "", "", "leeds", "manchester"]);
        let _ = writeln!(csv, "reader{n}@reader.example,Reader {n},{region},{sub},{aud},{need},{cost},{format},{frequency},{time},{authority}");
    }
    csv
}

fn rules() -> Vec<Asked> {
    let asked = |name: &str, people: Rule<PersonIs>, events: Rule<EventIs>| Asked { name: name.into(), people, events };
    let list = |terms: &[&str]| terms.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    vec![
        asked("Fundraisers", Rule::Is(PersonIs::Need(list(&["fund", "fin"]))), Rule::always()),
        asked(
            "North",
            Rule::Any(vec![Rule::Is(PersonIs::Region(list(&["nw", "yh", "ne"]))), Rule::Is(PersonIs::Authority(list(&["leeds"])))]),
            Rule::always(),
        ),
        asked(
            "Freelancers",
            Rule::All(vec![Rule::Is(PersonIs::Audience(list(&["free"]))), Rule::Not(Box::new(Rule::Is(PersonIs::Format(list(&["inp"])))))]),
            Rule::Is(EventIs::Free),
        ),
    ]
}

async fn preview(desk: &Desk) -> anyhow::Result<()> {
    let bulletin = desk.store.bulletin(desk.bulletin).await?;
    for what in ["segment preview of 100,000, first", "segment preview of 100,000"] {
        let began = Instant::now();
        let preview = segments::people(&desk.store, &bulletin, &rules()).await?;
        anyhow::ensure!(preview.readers == READERS as u64 && preview.segments.iter().all(|s| s.readers > 0), "{preview:?}");
        Figure::of(READERS, began.elapsed()).within(what, Duration::from_millis(200));
    }
    let alike = desk.store.alike(desk.bulletin, false).await?.len();
    println!("{:<58} {alike}", "  different lines of preferences");
    Ok(())
}

/// Sixty events with facts and tags, as collecting leaves them.
async fn events(desk: &Desk, tagger: &Tagger) -> anyhow::Result<()> {
    let source = desk
        .store
        .add_source(
            &NewSource {
                url: "https://one.example/".to_owned(),
                kind: SourceKind::Auto,
                provider: None,
                selectors: None,
                columns: None,
                zone: chrono_tz::Europe::London,
                day_first: true,
                interval_minutes: 60,
            },
            now(),
        )
        .await?;
    let corpus = Corpus::neutral();
    let placer = Placer { store: &desk.store, tagger, corpus: &corpus, min_confidence: 0.0 };
    for mut sample in support::samples(21, 60, &Words::new(10_000)) {
        sample.day = now().date_naive() + chrono::Days::new(7 + sample.number as u64 % 40);
        let key = sample.number.to_string();
        let candidate = normalise(sample.structured(), &support::reading(), None).ok_or_else(|| anyhow::anyhow!("no listing"))?;
        let seen = Seen { native_key: key.clone(), own_name: true, raw_hash: key, candidate };
        let Some(Sighting::New(listing)) = desk.store.see_listings(source, &[seen], now()).await?.pop() else { anyhow::bail!("not new") };
        placer.place(listing, now()).await?;
    }
    Ok(())
}

/// Who gets what of an edition of forty items, and how many contents that makes.
async fn plan(desk: &Desk) -> anyhow::Result<()> {
    let (store, templates) = (&desk.store, Templates::embedded()?);
    let bulletin = store.bulletin(desk.bulletin).await?;
    let drafted = draft::draft(store, &bulletin, None, false, now()).await?;
    let (organisation, edition) = (store.organisation(desk.organisation).await?, store.edition(drafted.edition).await?);
    let url = "https://bulletin.example/".parse()?;
    let began = Instant::now();
    let issue = Issue::load(store, &bulletin, &organisation, &edition, &templates, &url).await?;
    let plan = issue.plan(store).await?;
    anyhow::ensure!(plan.readers.len() == READERS, "{}", plan.readers.len());
    Figure::of(READERS, began.elapsed()).print(&format!("plan an edition of {} items", edition.items.len()));
    println!("{:<58} {}", "  different contents", plan.contents.len());
    println!("{:<58} {:?}", "  readers with nothing", plan.nothing);
    let began = Instant::now();
    store.step_edition(drafted.edition, gleaner::domain::EditionState::Draft, gleaner::domain::EditionState::Approved, "desk", None, now()).await?;
    let published = gleaner::bulletin::publish::publish(store, &desk.secret, drafted.edition, plan, now()).await?;
    Figure::of(READERS, began.elapsed()).within(&format!("publish it to {}", published.queued), Duration::from_secs(5));
    Ok(())
}
