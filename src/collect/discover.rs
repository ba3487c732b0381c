//! The discovery ladder for a bare address: what each way of reading it yields, and which one is best.
//!
//! Reads only; choosing a source is the operator's.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use scraper::Selector;
use url::Url;

use crate::{
    collect::{
        extract::{self, Extracted},
        fetch::{FetchError, Fetched, Fetcher, Validators},
        html, normalise,
    },
    domain::{Candidate, Document, Method, Reading, SourceKind},
};

/// Advertised addresses tried at most.
const MOST_ADVERTISED: usize = 8;

/// One way of reading an address.
#[derive(Debug)]
pub struct Rung {
    /// `itself`, `advertised feed`, `advertised calendar`, `structured data`, `repeated blocks`, `common path`.
    pub name: String,
    pub url: Url,
    pub events: Vec<Candidate>,
    /// Why it yields nothing, when it does not.
    pub trouble: Option<String>,
    pub chosen: bool,
}

impl Rung {
    /// The share of events that state each fact. 0..=1.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts of events")]
    pub fn filled(&self) -> BTreeMap<&'static str, f64> {
        let n = self.events.len().max(1) as f64;
        let share = |has: &dyn Fn(&Candidate) -> bool| (self.events.iter().filter(|c| has(c)).count() as f64 / n * 100.0).round() / 100.0;
        BTreeMap::from([
            ("start", share(&|c| c.facts.start.is_some())),
            ("time", share(&|c| c.facts.start.as_ref().is_some_and(|s| s.value.time().is_some()))),
            ("place", share(&|c| c.facts.venue.is_some() || c.facts.town.is_some() || c.facts.mode.is_some())),
            ("price", share(&|c| c.facts.price.is_some())),
            ("provider", share(&|c| c.facts.provider.is_some())),
            ("url", share(&|c| c.url.is_some())),
        ])
    }

    /// Events still ahead that say when, weighted by how much they say. An archive or a blog scores nothing.
    #[allow(clippy::cast_precision_loss, reason = "counts of events")]
    fn worth(&self, now: DateTime<Utc>) -> f64 {
        let ahead = |c: &&Candidate| c.facts.start.as_ref().is_some_and(|s| s.value.latest(c.zone) >= now);
        let live = self.events.iter().filter(ahead).count() as f64;
        let filled = self.filled();
        live * (1.0 + filled.values().sum::<f64>()) * self.events.iter().map(|c| f64::from(c.confidence)).sum::<f64>()
            / (self.events.len().max(1) as f64)
    }
}

/// Tries every rung. The error is about the address itself; a rung that fails says so in its place.
pub async fn ladder(fetcher: &Fetcher, url: &Url, reading: &Reading) -> Result<Vec<Rung>, FetchError> {
    let document = get(fetcher, url).await?;
    let mut rungs = own_rungs(&document, url, reading);
    for (name, address, kind) in advertised(&document, url) {
        if rungs.iter().any(|r| r.url == address) {
            continue;
        }
        rungs.push(match get(fetcher, &address).await {
            Ok(found) => rung(name, address, extract::extract(&found, reading, kind, None), reading),
            // A common path that is not there is no trouble, only no rung.
            Err(_) if name == "common path" => continue,
            Err(e) => Rung { name: name.to_owned(), url: address, events: Vec::new(), trouble: Some(e.to_string()), chosen: false },
        });
    }
    choose(&mut rungs, reading.now);
    Ok(rungs)
}

fn choose(rungs: &mut [Rung], now: DateTime<Utc>) {
    let mut best = None;
    for (i, rung) in rungs.iter().enumerate() {
        let worth = rung.worth(now);
        if worth > 0.0 && best.is_none_or(|(_, most)| worth > most) {
            best = Some((i, worth));
        }
    }
    if let Some((i, _)) = best {
        rungs[i].chosen = true;
    }
}

async fn get(fetcher: &Fetcher, url: &Url) -> Result<Document, FetchError> {
    match fetcher.get(url, &Validators::default()).await? {
        Fetched::Body(body) => Ok(body.document),
        Fetched::Unchanged => Ok(Document { url: Some(url.clone()), content_type: None, body: Vec::new() }),
    }
}

/// What the document itself holds, apart by how it was found.
fn own_rungs(document: &Document, url: &Url, reading: &Reading) -> Vec<Rung> {
    let whole = rung("itself", url.clone(), extract::extract(document, reading, SourceKind::Auto, None), reading);
    let mut by_name: BTreeMap<&'static str, Vec<Candidate>> = BTreeMap::new();
    for candidate in &whole.events {
        let name = match candidate.method {
            Method::JsonLd | Method::Microdata => "structured data",
            Method::Repeated => "repeated blocks",
            _ => "itself",
        };
        by_name.entry(name).or_default().push(candidate.clone());
    }
    if by_name.is_empty() {
        return vec![whole];
    }
    by_name.into_iter().map(|(name, events)| Rung { name: name.to_owned(), url: url.clone(), events, trouble: None, chosen: false }).collect()
}

fn rung(name: &str, url: Url, found: Result<Extracted, extract::ExtractError>, reading: &Reading) -> Rung {
    let (events, trouble) = match found {
        Ok(found) => (found.events.into_iter().filter_map(|raw| normalise::normalise(raw, reading, Some(&url))).collect(), None),
        Err(e) => (Vec::new(), Some(e.to_string())),
    };
    Rung { name: name.to_owned(), url, events, trouble, chosen: false }
}

/// Feeds and calendars that a page names, and where they usually are.
fn advertised(document: &Document, url: &Url) -> Vec<(&'static str, Url, SourceKind)> {
    let mut out = Vec::new();
    let page = html::parse(&String::from_utf8_lossy(&document.body)).html;
    let Ok(links) = Selector::parse("link[rel~=alternate][href], a[href]") else { return out };
    for element in page.select(&links) {
        let href = element.value().attr("href").unwrap_or_default();
        let kind = match element.value().attr("type").unwrap_or_default() {
            "application/rss+xml" | "application/atom+xml" | "application/feed+json" => Some(("advertised feed", SourceKind::Feed)),
            "text/calendar" => Some(("advertised calendar", SourceKind::Ical)),
            _ if is_calendar(href) => Some(("advertised calendar", SourceKind::Ical)),
            _ => None,
        };
        let https = href.strip_prefix("webcal://").map(|rest| format!("https://{rest}"));
        if let (Some((name, kind)), Ok(address)) = (kind, url.join(https.as_deref().unwrap_or(href)))
            && !out.iter().any(|(_, known, _)| *known == address)
            && out.len() < MOST_ADVERTISED
        {
            out.push((name, address, kind));
        }
    }
    for path in ["/events/?ical=1", "/events.ics", "/feed/"] {
        if let Ok(address) = url.join(path)
            && !out.iter().any(|(_, known, _)| *known == address)
        {
            out.push(("common path", address, SourceKind::Auto));
        }
    }
    out
}

fn is_calendar(href: &str) -> bool {
    let path = href.split(['?', '#']).next().unwrap_or_default();
    href.starts_with("webcal://") || path.to_ascii_lowercase().ends_with(".ics") || href.contains("ical=1")
}
