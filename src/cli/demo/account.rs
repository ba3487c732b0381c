//! What the demo says of each stage, in words for somebody who sees Gleaner for the first time. With `--json` it says nothing.

use std::collections::BTreeMap;

use crate::{
    app::App,
    bulletin::wording,
    cli::output,
    collect::run::Report,
    curate::draft::Drafted,
    domain::{EventId, Kind},
    store::{bulletin::Bulletin, delivery::Counts},
};

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

    pub fn opening(&self, base: &str, again: bool) -> anyhow::Result<()> {
        let visit = if again { "A further visit: the providers have changed something since the last one." } else { "Everything in it is invented." };
        self.say(&format!("Gleaner demo. Five sample providers are served at {base} and in a mailbox. {visit}\n"))
    }

    pub async fn collected(&self, app: &App, r: &Report) -> anyhow::Result<()> {
        self.say(&format!(
            "1. Collect    {} sources read, {} failed: {} listings, {} of them new, {} changed",
            r.sources, r.failed, r.listings, r.new, r.changed
        ))?;
        for f in &r.failures {
            self.say(&format!("              failed: {}: {}", f.url, f.reason))?;
        }
        self.say(&format!(
            "2. Compare    {} new events; {} listings were recognised as an event that another source has too; {} changes to tell readers",
            r.events, r.duplicates, r.updates
        ))?;
        let events = app.store.events_ahead(app.now(), app.now() + chrono::TimeDelta::days(800)).await?;
        let ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
        let listings = app.store.listings_of(&ids).await?;
        for event in events.iter().filter(|e| listings.get(&e.id).is_some_and(|l| l.len() > 1)) {
            self.say(&format!("              {} sources: {}", listings[&event.id].len(), event.title))?;
        }
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for event in &events {
            *kinds.entry(kind_word(event.verdict.kind)).or_default() += 1;
        }
        let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        self.say(&format!("3. Tag        {} events ahead: {}", events.len(), kinds.join(", ")))
    }

    pub fn people(&self, bulletin: &Bulletin, people: u64) -> anyhow::Result<()> {
        self.say(&format!("4. Readers    {people} subscribers of “{}”, {} segments", bulletin.name, bulletin.segments.len()))
    }

    pub fn drafted(&self, d: &Drafted) -> anyhow::Result<()> {
        self.say(&format!(
            "5. Compose    {} items, {} events left out\n              subject: {}",
            d.draft.items.len(),
            d.draft.left.len(),
            d.draft.subject
        ))?;
        let title = |id| d.events.iter().find(|e| e.id == id).map_or("", |e| e.title.as_str());
        let told = |because: &str| because.starts_with("it was told on");
        for left in d.draft.left.iter().filter(|l| !told(&l.because)) {
            self.say(&format!("              left out: {} ({})", title(left.event), left.because))?;
        }
        let old = d.draft.left.iter().filter(|l| told(&l.because)).count();
        if old > 0 {
            self.say(&format!("              left out: {old} that earlier editions told of and that are as they were"))?;
        }
        for event in d.draft.items.iter().filter_map(|i| d.events.iter().find(|e| e.id == i.event)) {
            let facts =
                [wording::when_short(&event.facts, d.as_of, event.zone), wording::where_short(&event.facts), wording::cost_short(&event.facts)];
            self.say(&format!("              {} — {}", event.title, facts.join(" · ")))?;
        }
        Ok(())
    }

    pub fn sent(&self, app: &App, counts: Option<&Counts>) -> anyhow::Result<()> {
        let Some(c) = counts else {
            return self.say("6. Send       nothing is new or changed since the last edition: nobody gets an empty mail");
        };
        let outbox = app.data.join(&app.config.mail.outbox);
        self.say(&format!("6. Send       {} mails written to {}, {} failed", c.sent, outbox.display(), c.failed))
    }

    pub fn closing(&self, app: &App, account: &serde_json::Value) -> anyhow::Result<()> {
        let (data, edition) = (app.data.display(), account["edition"].as_str().unwrap_or_default());
        self.say(&format!(
            "\nLook at it:   ls {data}/outbox/new\n              gleaner --data {data} edition preview {edition} --format text\nRun it again: only what is new or changed goes out."
        ))
    }

    pub fn serving(&self, url: &url::Url) -> anyhow::Result<()> {
        self.say(&format!("\nThe edition as readers see it: {url}   (Ctrl-C ends)"))
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Cpd => "training",
        Kind::Job => "job",
        Kind::Fund => "fund",
        Kind::Call => "call",
        Kind::Public => "for the public",
        Kind::News => "news",
        Kind::Survey => "survey",
        Kind::Resource => "resource",
        Kind::Advert => "advert",
    }
}
