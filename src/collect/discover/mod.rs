//! The discovery ladder for a bare address: what each way of reading it yields, which one is best and why.
//!
//! Reads only, within a budget of requests and seconds; who asked decides what becomes of the answer.

mod budget;
mod judge;
mod leads;
pub mod sitemap;

use std::collections::{BTreeMap, HashSet};

use tokio::task::spawn_blocking;
use url::Url;

use budget::{Budget, Missed};
use judge::Judge;
use leads::Lead;

use crate::{
    collect::{
        extract::{self, Format},
        fetch::{FetchError, Fetcher},
        html, normalise,
    },
    domain::{Candidate, Document, Method, Reading, RungName, SourceKind},
    tag::Tagger,
};

/// Events still ahead from which a page counts as the page of events, so that its links are not tried as well.
const ENOUGH: usize = 5;
/// Addresses tried that a page advertises.
const MOST_ADVERTISED: usize = 8;
/// The same for a page that was itself found by a link.
const MOST_ADVERTISED_THERE: usize = 3;
/// Links tried whose words promise events.
const MOST_LINKS: usize = 4;
/// Pages read of a sitemap to judge it by.
const SAMPLED: usize = 6;
/// Children of a sitemap index that are opened.
const MOST_CHILDREN: usize = 3;

/// One way of reading an address, and what it yields.
#[derive(Debug, Clone)]
pub struct Rung {
    pub name: RungName,
    /// What is read there.
    pub url: Url,
    pub kind: SourceKind,
    pub events: Vec<Candidate>,
    /// Items that are plainly something else: jobs, news, adverts. Not among the events.
    pub set_aside: usize,
    /// Why it yields nothing, when that is a failure and not an answer.
    pub trouble: Option<String>,
    /// What led there: the platform, the words of a link.
    pub hint: Option<String>,
    /// Why it was chosen or not, in words.
    pub why: String,
    pub chosen: bool,
    /// What is read when the chosen one fails.
    pub fallback: bool,
    /// A sitemap's pages in all, of which `events` are a sample.
    pub pages: usize,
    /// The share of dated events that are not over. 0..=1.
    pub freshness: f64,
}

impl Rung {
    fn new(name: RungName, url: Url, kind: SourceKind) -> Self {
        Self {
            name,
            url,
            kind,
            events: Vec::new(),
            set_aside: 0,
            trouble: None,
            hint: None,
            why: String::new(),
            chosen: false,
            fallback: false,
            pages: 0,
            freshness: 0.0,
        }
    }

    /// The share of events that state each fact. 0..=1.
    #[must_use]
    pub fn filled(&self) -> BTreeMap<&'static str, f64> {
        judge::filled(self)
    }
}

/// Walks the ladder.
pub struct Explorer<'a> {
    pub fetcher: &'a Fetcher,
    pub tagger: &'a Tagger,
    pub reading: &'a Reading,
}

impl Explorer<'_> {
    /// Tries every rung within the budget. The error is about the address itself; a rung that fails says so in its place.
    pub async fn walk(&self, url: &Url) -> Result<Vec<Rung>, FetchError> {
        let mut walk = Walk { explorer: self, budget: Budget::start(), rungs: Vec::new(), asked: HashSet::new(), bodies: HashSet::new() };
        let judge = Judge { tagger: self.tagger, reading: self.reading, asked: url };
        walk.up(url, &judge).await?;
        let mut rungs = walk.rungs;
        judge.choose(&mut rungs);
        Ok(rungs)
    }
}

/// A walk under way.
struct Walk<'a> {
    explorer: &'a Explorer<'a>,
    budget: Budget,
    rungs: Vec<Rung>,
    asked: HashSet<Url>,
    /// Digests of what was read: the same page at another address is no other rung.
    bodies: HashSet<String>,
}

/// What one document holds.
struct Looked {
    format: Option<Format>,
    events: Vec<Candidate>,
    trouble: Option<String>,
    leads: Vec<Lead>,
}

impl Walk<'_> {
    async fn up(&mut self, url: &Url, judge: &Judge<'_>) -> Result<(), FetchError> {
        let (looked, at) = self.itself(url).await?;
        let is_page = matches!(looked.format, Some(Format::Html) | None);
        self.advertised(&looked.leads, MOST_ADVERTISED, judge).await;
        let mut leads = looked.leads;
        if !is_page && self.best(judge) == 0 {
            leads = self.home_of(&at, judge).await;
        }
        let is_home = at.path() == "/" && at.query().is_none();
        if is_home || self.best(judge) < ENOUGH {
            self.linked(&leads, judge).await;
        }
        if self.best(judge) == 0 {
            self.common(&at, judge).await;
        }
        if self.best(judge) == 0 {
            self.sitemap(&at, judge).await;
        }
        if self.budget.is_spent() {
            let mut unseen = Rung::new(RungName::Common, at, SourceKind::Auto);
            unseen.trouble = Some(self.budget.words());
            self.rungs.push(unseen);
        }
        Ok(())
    }

    /// The most events ahead that any rung so far has.
    fn best(&self, judge: &Judge<'_>) -> usize {
        self.rungs.iter().map(|r| judge.ahead(r)).max().unwrap_or(0)
    }

    /// What the document itself holds, apart by how it was found. Also where it was found after redirects.
    async fn itself(&mut self, url: &Url) -> Result<(Looked, Url), FetchError> {
        self.asked.insert(url.clone());
        let (document, hash) = self.budget.get_first(self.explorer.fetcher, url).await?;
        let at = document.url.clone().unwrap_or_else(|| url.clone());
        self.asked.insert(at.clone());
        self.bodies.insert(hash);
        let looked = self.look(document, SourceKind::Auto).await;
        for name in [RungName::Structured, RungName::Platform, RungName::Repeated, RungName::Itself] {
            let events: Vec<Candidate> = looked.events.iter().filter(|c| found_by(c.method) == name).cloned().collect();
            if !events.is_empty() || (name == RungName::Itself && looked.events.is_empty()) {
                let trouble = looked.trouble.clone();
                self.rungs.push(Rung { events, trouble, ..Rung::new(name, url.clone(), SourceKind::Auto) });
            }
        }
        Ok((looked, at))
    }

    /// Reads a document off the async threads. A panic in there is this document's trouble alone.
    async fn look(&self, document: Document, kind: SourceKind) -> Looked {
        let reading = *self.explorer.reading;
        spawn_blocking(move || look(&document, kind, &reading)).await.unwrap_or_else(|_| Looked {
            format: None,
            events: Vec::new(),
            trouble: Some("reading it failed inside Gleaner; please report this address".into()),
            leads: Vec::new(),
        })
    }

    /// Follows leads to feeds, calendars and platforms.
    async fn advertised(&mut self, leads: &[Lead], most: usize, judge: &Judge<'_>) {
        let wanted = leads.iter().filter(|l| !matches!(l.rung, RungName::Linked)).take(most);
        for lead in wanted {
            self.follow(lead, judge).await;
        }
    }

    /// Follows links whose words promise events, and what the pages behind them advertise.
    async fn linked(&mut self, leads: &[Lead], judge: &Judge<'_>) {
        for lead in leads.iter().filter(|l| matches!(l.rung, RungName::Linked)).take(MOST_LINKS) {
            if let Some(further) = self.follow(lead, judge).await {
                self.advertised(&further, MOST_ADVERTISED_THERE, judge).await;
            }
        }
    }

    /// Tries where such pages usually are, until one yields events.
    async fn common(&mut self, at: &Url, judge: &Judge<'_>) {
        for lead in leads::common(at) {
            let found = self.follow(&lead, judge).await;
            if self.best(judge) > 0 {
                if let Some(further) = found {
                    self.advertised(&further, MOST_ADVERTISED_THERE, judge).await;
                }
                return;
            }
        }
    }

    /// The leads of the site's home page: somebody pasted its feed.
    async fn home_of(&mut self, at: &Url, judge: &Judge<'_>) -> Vec<Lead> {
        let Ok(home) = at.join("/") else { return Vec::new() };
        let lead = Lead { rung: RungName::Linked, url: home, kind: SourceKind::Auto, hint: Some("the site's home page".into()) };
        self.follow(&lead, judge).await.unwrap_or_default()
    }

    /// Reads one lead and adds its rung. What it leads to in turn is returned; nothing when it was read before or is not there.
    async fn follow(&mut self, lead: &Lead, judge: &Judge<'_>) -> Option<Vec<Lead>> {
        if !self.asked.insert(lead.url.clone()) {
            return None;
        }
        let mut rung = Rung { hint: lead.hint.clone(), ..Rung::new(lead.rung, lead.url.clone(), lead.kind) };
        let guessed = lead.rung == RungName::Common;
        let further = match self.budget.get(self.explorer.fetcher, &lead.url).await {
            Ok((document, hash)) => {
                if let Some(at) = &document.url {
                    self.asked.insert(at.clone());
                }
                if !self.bodies.insert(hash) {
                    return None;
                }
                let looked = self.look(document, lead.kind).await;
                rung.events = looked.events;
                rung.trouble = looked.trouble;
                looked.leads
            }
            Err(Missed::Spent) => return None,
            // A usual path that is not there is no trouble, only no rung.
            Err(Missed::Fetch(_)) if guessed => return None,
            Err(Missed::Fetch(e)) => {
                rung.trouble = Some(e.to_string());
                Vec::new()
            }
        };
        judge.set_aside(&mut rung);
        if !(guessed && rung.events.is_empty()) {
            self.rungs.push(rung);
        }
        Some(further)
    }

    /// Finds the sitemap that names the most pages of events, and judges it by the newest of them.
    async fn sitemap(&mut self, at: &Url, judge: &Judge<'_>) {
        let Some((url, entries)) = self.best_sitemap(at).await else { return };
        let mut rung = Rung { pages: entries.len(), ..Rung::new(RungName::Sitemap, url, SourceKind::Page) };
        rung.hint = Some(format!("it names {} pages that look like events", entries.len()));
        for entry in entries.iter().take(SAMPLED) {
            let Ok((document, _)) = self.budget.get(self.explorer.fetcher, &entry.url).await else { continue };
            let looked = self.look(document, SourceKind::Page).await;
            rung.events.extend(looked.events);
        }
        judge.set_aside(&mut rung);
        self.rungs.push(rung);
    }

    async fn best_sitemap(&mut self, at: &Url) -> Option<(Url, Vec<sitemap::Entry>)> {
        for path in sitemap::USUAL {
            let Ok(url) = at.join(path) else { continue };
            let Ok((document, _)) = self.budget.get(self.explorer.fetcher, &url).await else { continue };
            let read = sitemap::read(&document.body);
            let mut best = (url, read.events(at));
            for child in read.promising(MOST_CHILDREN) {
                if let Ok((document, _)) = self.budget.get(self.explorer.fetcher, &child).await {
                    let events = sitemap::read(&document.body).events(at);
                    if events.len() > best.1.len() {
                        best = (child, events);
                    }
                }
            }
            if !best.1.is_empty() {
                return Some(best);
            }
        }
        None
    }
}

fn found_by(method: Method) -> RungName {
    match method {
        Method::JsonLd | Method::Microdata => RungName::Structured,
        Method::Repeated => RungName::Repeated,
        m if m.as_str().starts_with("api:") => RungName::Platform,
        _ => RungName::Itself,
    }
}

/// Events and leads of a document.
fn look(document: &Document, kind: SourceKind, reading: &Reading) -> Looked {
    let base = document.url.as_ref();
    match extract::extract(document, reading, kind, None) {
        Ok(found) => Looked {
            leads: if found.format == Format::Html {
                leads::of_page(&html::parse(&String::from_utf8_lossy(&document.body)).html, base)
            } else {
                Vec::new()
            },
            format: Some(found.format),
            events: found.events.into_iter().filter_map(|raw| normalise::normalise(raw, reading, base)).collect(),
            trouble: None,
        },
        Err(e) => Looked { format: None, events: Vec::new(), trouble: Some(e.to_string()), leads: Vec::new() },
    }
}
