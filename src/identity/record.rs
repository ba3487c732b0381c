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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::London;

    fn read(json: &str) -> Profile {
        serde_json::from_str::<Record>(json).unwrap().profile(London)
    }

    #[test]
    fn what_is_not_stated_is_absent() {
        let p = read(r#"{"id": "mill:1", "source": "mill", "title": "A\u0000 b", "start": "soon", "city": "", "price": "TBC"}"#);
        assert_eq!((p.source.as_str(), p.title.as_str()), ("mill", "A b"));
        assert_eq!((p.start, p.town, p.price), (None, None, None));
        assert_eq!(read(r#"{"id": "mill:1"}"#).source, "mill");
    }

    #[test]
    fn prices_are_amounts_or_words() {
        for (json, pence) in [("25", 2500), (r#""£12.50""#, 1250), (r#""Free""#, 0)] {
            let p = read(&format!(r#"{{"id": "a:1", "title": "x", "price": {json}}}"#));
            assert_eq!(p.price.unwrap().min, Some(Money::pence(pence)));
        }
    }
}
