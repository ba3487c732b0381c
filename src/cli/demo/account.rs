//! What the demo says of each stage, in words for somebody who sees Gleaner for the first time. With `--json` it says nothing.

use std::collections::{BTreeMap, HashMap};

use crate::{
    app::App,
    bulletin::{labels, view::EventView, view::Place, wording},
    cli::output,
    collect::run::Report,
    curate::draft::Drafted,
    domain::{EventId, Facet, Kind, ListingId, Status},
    store::{bulletin::Bulletin, delivery::Counts, event::Event},
};

/// Where the text of a stage begins.
const INDENT: &str = "             ";
/// Subjects of learning that are named.
const SUBJECTS: usize = 5;

pub struct Account {
    silent: bool,
}

impl Account {
    pub fn new(silent: bool) -> Self {
        Self { silent }
    }

    fn say(&self, text: &str) -> anyhow::Result<()> {
        if self.silent { Ok(()) } else { output::line(text) }
    }

    fn stage(&self, name: &str, text: &str) -> anyhow::Result<()> {
        self.say(&format!("{name:<13}{text}"))
    }

    fn more(&self, text: &str) -> anyhow::Result<()> {
        self.say(&format!("{INDENT}{text}"))
    }

    pub fn opening(&self, base: &str, again: bool) -> anyhow::Result<()> {
        let visit = if again { "A further visit: one of them has changed something since." } else { "Everything about them is invented." };
        self.say(&format!(
            "Gleaner demo: five sample providers are read and become one edition of a bulletin. {visit}\n\
             A feed, a calendar and two pages are served at {base}; an e-bulletin lies in a mailbox.\n"
        ))
    }

    pub async fn collected(&self, app: &App, r: &Report) -> anyhow::Result<()> {
        let failed = if r.failed == 0 { "none failed".to_owned() } else { format!("{} failed", r.failed) };
        self.stage("1. Collect", &format!("{} sources read, {failed}: {} listings, {} new and {} changed", r.sources, r.listings, r.new, r.changed))?;
        for f in &r.failures {
            self.more(&format!("failed: {}: {}", f.url, f.reason))?;
        }
        let events = app.store.events_ahead(app.now(), app.now() + chrono::TimeDelta::days(800)).await?;
        self.compared(app, r, &events).await?;
        self.tagged(&events)
    }

    /// Which listings tell of the same event, under which titles; and what does not take place as announced.
    async fn compared(&self, app: &App, r: &Report, events: &[Event]) -> anyhow::Result<()> {
        let ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
        let listings = app.store.listings_of(&ids).await?;
        let titles = titles(app, &listings).await?;
        let told = listings.values().map(Vec::len).sum::<usize>();
        self.stage(
            "2. Compare",
            &format!(
                "{told} listings tell of {} events ahead: {} new, {} changed in a way that readers must hear of",
                events.len(),
                r.events,
                r.updates
            ),
        )?;
        for event in events {
            let of = listings.get(&event.id).map_or(&[][..], Vec::as_slice);
            let others: Vec<&str> = of.iter().filter_map(|l| titles.get(l)).map(String::as_str).filter(|t| *t != event.title).collect();
            match (of.len(), others.as_slice()) {
                (0 | 1, _) => {}
                (n, []) => self.more(&format!("one event in {n} sources: “{}”", event.title))?,
                (_, others) => self.more(&format!("the same event:  “{}” and “{}”", event.title, others.join("”, “")))?,
            }
        }
        for (status, word) in [(Status::Cancelled, "cancelled:"), (Status::Postponed, "postponed:"), (Status::Rescheduled, "new date:")] {
            for event in events.iter().filter(|e| e.facts.status.as_ref().is_some_and(|s| s.value == status)) {
                self.more(&format!("{word:<16} “{}”", wording::without_status(&event.title)))?;
            }
        }
        Ok(())
    }

    /// How many are training and what they are about.
    fn tagged(&self, events: &[Event]) -> anyhow::Result<()> {
        let (training, others): (Vec<&Event>, Vec<&Event>) = events.iter().partition(|e| e.verdict.kind == Kind::Cpd);
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for event in &others {
            *kinds.entry(kind_word(event.verdict.kind)).or_default() += 1;
        }
        let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        let kept_out = if kinds.is_empty() { String::new() } else { format!("; the rest: {}", kinds.join(", ")) };
        self.stage("3. Tag", &format!("{} of them are training{kept_out}", training.len()))?;
        let mut subjects: HashMap<&str, usize> = HashMap::new();
        for tag in training.iter().flat_map(|e| &e.verdict.tags).filter(|t| t.facet == Facet::Need) {
            if let Some(label) = labels::label(Facet::Need, &tag.term) {
                *subjects.entry(label).or_default() += 1;
            }
        }
        let mut subjects: Vec<(&str, usize)> = subjects.into_iter().collect();
        subjects.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let most: Vec<String> = subjects.iter().take(SUBJECTS).map(|(label, n)| format!("{label} ({n})")).collect();
        self.more(&format!("most often about {}", most.join("; ")))
    }

    pub fn people(&self, bulletin: &Bulletin, people: u64) -> anyhow::Result<()> {
        self.stage("4. Readers", &format!("{people} subscribers of “{}” in {} segments", bulletin.name, bulletin.segments.len()))?;
        bulletin.segments.iter().try_for_each(|s| self.more(&s.name))
    }

    pub fn drafted(&self, bulletin: &Bulletin, d: &Drafted) -> anyhow::Result<()> {
        self.stage(
            "5. Compose",
            &format!("{} in the edition, {} left out", wording::count(d.draft.items.len(), "event", "events"), d.draft.left.len()),
        )?;
        if !d.draft.items.is_empty() {
            self.more(&format!("Subject: {}", d.draft.subject))?;
        }
        let mut place = None;
        for (item, event) in d.draft.items.iter().filter_map(|i| Some((i, d.events.iter().find(|e| e.id == i.event)?))) {
            if place.replace(item.place) != Some(item.place) {
                self.more(&heading(bulletin, item.place))?;
            }
            self.more(&line(event, d))?;
        }
        self.left_out(d)
    }

    /// What is not in, each with the reason; what was told before is only counted.
    fn left_out(&self, d: &Drafted) -> anyhow::Result<()> {
        let told = |because: &str| because.starts_with("it was told on");
        let (old, others): (Vec<_>, Vec<_>) = d.draft.left.iter().partition(|l| told(&l.because));
        if !d.draft.left.is_empty() {
            self.more("Left out")?;
        }
        for left in others {
            self.more(&format!("  “{}”: {}", title(d, left.event), with_titles(&left.because, d)))?;
        }
        if !old.is_empty() {
            self.more(&format!("  {} of which earlier editions told and which are as they were", wording::count(old.len(), "event", "events")))?;
        }
        Ok(())
    }

    pub fn sent(&self, app: &App, counts: Option<&Counts>) -> anyhow::Result<()> {
        let Some(c) = counts else {
            return self.stage("6. Send", "nothing is new or changed since the last edition: nobody gets an empty mail");
        };
        let outbox = app.data.join(&app.config.mail.outbox);
        let failed = if c.failed == 0 { String::new() } else { format!(", {} failed", c.failed) };
        let mails = wording::count(usize::try_from(c.sent).unwrap_or(usize::MAX), "mail", "mails");
        self.stage("6. Send", &format!("{mails} written to {}{failed}; nothing left this machine", outbox.display()))?;
        self.more("each reader gets one, with the events of their segments within what they asked for, and a subject line that speaks of these")
    }

    pub fn closing(&self, app: &App, account: &serde_json::Value) -> anyhow::Result<()> {
        let (data, edition) = (app.data.display(), account["edition"].as_str().unwrap_or_default());
        self.say("")?;
        if account["items"] != 0 {
            self.stage("Read it", &format!("gleaner --data {data} edition preview {edition} --format text"))?;
            self.more(&format!("ls {data}/outbox/new"))?;
        }
        self.stage("Run again", "only what is new or changed since goes out")
    }

    pub fn serving(&self, url: &url::Url) -> anyhow::Result<()> {
        self.say(&format!("\nThe editions as readers see them: {url}   (Ctrl-C ends)"))
    }
}

/// The title under which each listing tells of its event.
async fn titles(app: &App, listings: &HashMap<EventId, Vec<ListingId>>) -> anyhow::Result<HashMap<ListingId, String>> {
    let shared: Vec<ListingId> = listings.values().filter(|l| l.len() > 1).flatten().copied().collect();
    Ok(app.store.listings(&shared).await?.into_iter().map(|l| (l.id, l.candidate.title)).collect())
}

fn heading(bulletin: &Bulletin, place: Place) -> String {
    match place {
        Place::Picks => "Editor’s picks".to_owned(),
        Place::Section(i) => bulletin.sections.get(i).map_or_else(|| "More training".to_owned(), |s| s.heading.clone()),
        Place::More => "More training".to_owned(),
        Place::Changes => "Changes to what was told before".to_owned(),
        Place::Soon => "Closing soon and last places".to_owned(),
        Place::Also => "Also this week".to_owned(),
    }
}

/// "  Fri 27 Nov       Bid writing surgery · Leeds · Free".
fn line(event: &EventView, d: &Drafted) -> String {
    let state = match event.status() {
        Status::Cancelled => "CANCELLED: ",
        Status::Postponed => "POSTPONED: ",
        Status::Rescheduled => "NEW DATE: ",
        Status::SoldOut => "SOLD OUT: ",
        Status::Scheduled => "",
    };
    let when = wording::when_short(&event.facts, d.as_of, event.zone);
    let title = wording::without_status(&event.title);
    format!("  {when:<15}  {state}{title} · {} · {}", wording::where_short(&event.facts), wording::cost_short(&event.facts))
}

fn title(d: &Drafted, id: EventId) -> &str {
    d.events.iter().find(|e| e.id == id).map_or("", |e| e.title.as_str())
}

/// A reason that names an event by its number, with the title instead.
fn with_titles(because: &str, d: &Drafted) -> String {
    let Some((reason, number)) = because.rsplit_once(" event ") else { return because.to_owned() };
    match number.parse().map(|id| title(d, id)) {
        Ok(title) if !title.is_empty() => format!("{reason} “{title}”"),
        _ => because.to_owned(),
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Cpd => "training",
        Kind::Job => "job",
        Kind::Fund => "fund",
        Kind::Call => "call for work",
        Kind::Public => "event for the public",
        Kind::News => "news item",
        Kind::Survey => "survey",
        Kind::Resource => "publication or recording",
        Kind::Advert => "advertisement",
    }
}
