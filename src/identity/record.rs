//! A listing as `gleaner try duplicates` reads it: one JSON object a line.

use chrono_tz::Tz;
use serde::Deserialize;

use super::Profile;
use crate::domain::{Currency, Money, Price, When, text};

/// One line of input. What is not stated is absent; a date that cannot be read counts as not stated.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    pub id: String,
    /// Default: the id before the first colon.
    #[serde(default)]
    pub source: Option<String>,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub start: Option<String>,
    #[serde(default)]
    pub end: Option<String>,
    #[serde(default, alias = "town")]
    pub city: Option<String>,
    #[serde(default)]
    pub country: Option<String>,
    #[serde(default)]
    pub online: Option<bool>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub provider: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    /// An amount in pounds, or words such as "£25".
    #[serde(default)]
    pub price: Option<serde_json::Value>,
}

impl Record {
    /// The profile; times without an offset are civil time in `zone`.
    #[must_use]
    pub fn profile(self, zone: Tz) -> Profile {
        let when = |s: Option<String>| s.and_then(|s| When::parse(&s, zone).ok());
        let stated = |s: Option<String>| s.map(|s| text::single_line(&s, 300)).filter(|s| !s.is_empty());
        let source = self.source.unwrap_or_else(|| self.id.split(':').next().unwrap_or_default().to_owned());
        Profile {
            start: when(self.start),
            end: when(self.end),
            zone,
            town: stated(self.city),
            country: stated(self.country),
            online: self.online,
            url: stated(self.url),
            provider: stated(self.provider),
            price: self.price.as_ref().and_then(price),
            text: text::multi_line(&self.description.unwrap_or_default(), 4000),
            ..Profile::new(self.id, source, text::single_line(&self.title, 400))
        }
    }
}

fn price(value: &serde_json::Value) -> Option<Price> {
    let words = match value {
        serde_json::Value::Number(n) => n.to_string(),
        serde_json::Value::String(s) => s.trim().to_owned(),
        _ => return None,
    };
    let amount = if words.eq_ignore_ascii_case("free") { 0.0 } else { words.trim_start_matches('£').parse::<f64>().ok()? };
    #[allow(clippy::cast_possible_truncation, reason = "Money::new bounds it, and `as` saturates")]
    let money = Money::new((amount * 100.0).round() as i64, Currency::GBP)?;
    Some(Price { min: Some(money), max: Some(money) })
}
