//! `gleaner try page FILE|URL|-`: one JSON object per event found, CPD or not.

use std::{io::Read, path::PathBuf};

use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use url::Url;

use crate::{
    app,
    cli::{Globals, Usage, first_moment, output, rules_file},
    collect::{
        extract,
        fetch::{Fetched, Validators},
        normalise,
    },
    domain::{Candidate, Columns, Document, Fact, Reading, Selectors, SourceKind, When},
};

#[derive(Debug, Args)]
pub struct PageArgs {
    /// A file, an http(s) address, or - for standard input
    document: String,
    /// Where the document came from: what relative links hang on
    #[arg(long)]
    url: Option<Url>,
    /// What the document is; worked out when left out
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Zone of times that name none
    #[arg(long, value_name = "ZONE", default_value = "Europe/London")]
    timezone: Tz,
    /// Whether 03/04 is 3 April (dmy) or March 4 (mdy)
    #[arg(long, value_enum, default_value = "dmy")]
    dates: DateOrder,
    /// Expand recurring events from this day [default: a year before now]
    #[arg(long, value_name = "D")]
    from: Option<NaiveDate>,
    /// Expand recurring events up to, but not including, this day [default: 400 days after now]
    #[arg(long, value_name = "D")]
    to: Option<NaiveDate>,
    /// Apply an operator's rules (TOML) instead of finding the events alone
    #[arg(long, value_name = "FILE")]
    selectors: Option<PathBuf>,
    /// Read a spreadsheet (CSV) or JSON array with these columns (TOML)
    #[arg(long, value_name = "FILE", conflicts_with = "selectors")]
    columns: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DateOrder {
    Dmy,
    Mdy,
}

pub fn run(globals: &Globals, args: &PageArgs) -> anyhow::Result<()> {
    let reading = reading(args, app::Clock::from(globals.as_of).now())?;
    let selectors: Option<Selectors> = args.selectors.as_deref().map(rules_file).transpose()?;
    let columns: Option<Columns> = args.columns.as_deref().map(rules_file).transpose()?;
    let document = tokio::task::block_in_place(|| load(globals, args))?;
    let found = match &columns {
        Some(columns) => extract::extract_table(&document, &reading, columns),
        None => extract::extract(&document, &reading, SourceKind::Auto, selectors.as_ref()),
    };
    let found = found.with_context(|| format!("cannot read {}", args.document))?;
    for note in &found.notes {
        tracing::info!("{note}");
    }
    for raw in found.events {
        if let Some(candidate) = normalise::normalise(raw, &reading, document.url.as_ref()) {
            output::json(&event_json(&candidate))?;
        }
    }
    Ok(())
}

fn reading(args: &PageArgs, now: DateTime<Utc>) -> anyhow::Result<Reading> {
    let zone = args.timezone;
    let from = args.from.map_or(now - TimeDelta::days(365), |d| first_moment(d, zone));
    let to = args.to.map_or(now + TimeDelta::days(400), |d| first_moment(d, zone));
    if from >= to {
        bail!(Usage("--from must be before --to".into()));
    }
    Ok(Reading { now, zone, day_first: args.dates == DateOrder::Dmy, window: (from, to) })
}

fn load(globals: &Globals, args: &PageArgs) -> anyhow::Result<Document> {
    let mut document = match args.document.as_str() {
        "-" => {
            let mut body = Vec::new();
            std::io::stdin().lock().read_to_end(&mut body).context("cannot read standard input")?;
            Document { url: None, content_type: None, body }
        }
        address if address.starts_with("http://") || address.starts_with("https://") => fetch(globals, &address.parse()?)?,
        file => {
            let body = std::fs::read(file).with_context(|| format!("cannot read {file}"))?;
            Document { url: None, content_type: None, body }
        }
    };
    document.url = args.url.clone().or(document.url);
    document.content_type = args.content_type.clone().or(document.content_type);
    Ok(document)
}

fn fetch(globals: &Globals, url: &Url) -> anyhow::Result<Document> {
    let fetcher = app::fetcher(&app::configuration(globals)?)?;
    let answer = tokio::runtime::Handle::current().block_on(fetcher.get(url, &Validators::default()))?;
    match answer {
        Fetched::Body(body) => Ok(body.document),
        Fetched::Unchanged => bail!("the server says that {url} is not modified although nothing was asked"),
    }
}

/// The object of CONTRACTS, `try page`. Absent facts are null.
pub fn event_json(c: &Candidate) -> Value {
    let f = &c.facts;
    let text = |fact: &Option<Fact<String>>| fact.as_ref().map(|f| f.value.clone());
    let when = |fact: &Option<Fact<When>>| fact.as_ref().map(|f| f.value.to_string());
    let price = f.price.as_ref().map(|p| p.value);
    let currency = price.and_then(|p| p.max.or(p.min)).map(|m| m.currency);
    let evidence: serde_json::Map<String, Value> =
        f.rows().into_iter().filter(|r| r.position == 0).map(|r| (r.field.to_string(), Value::String(r.evidence.words))).collect();
    let all_day = f.start.as_ref().map(|s| matches!(s.value, When::Day(_)));
    json!({
        "title": c.title,
        "start": when(&f.start),
        "end": when(&f.end),
        "all_day": all_day,
        "timezone": c.zone.name(),
        "sessions": f.sessions,
        "status": c.status(),
        "mode": f.mode.as_ref().map_or("unknown", |m| m.value.as_str()),
        "venue": text(&f.venue),
        "address": text(&f.address),
        "town": text(&f.town),
        "postcode": text(&f.postcode),
        "region": f.region.as_ref().map(|r| r.value),
        "provider": text(&f.provider),
        "url": c.url,
        "booking_url": c.booking_url,
        "price_min": price.and_then(|p| p.min),
        "price_max": price.and_then(|p| p.max),
        "currency": currency.as_ref().map(crate::domain::Currency::as_str),
        "free": price.map(|p| p.is_free()),
        "cost_flags": f.cost_flags.iter().map(|c| c.value).collect::<Vec<_>>(),
        "deadline": when(&f.deadline),
        "description": (!c.text.is_empty()).then_some(&c.text),
        "method": c.method,
        "confidence": (f64::from(c.confidence) * 100.0).round() / 100.0,
        "evidence": evidence,
        "conflicts": c.conflicts,
    })
}
