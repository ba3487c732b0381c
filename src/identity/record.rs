//! A listing as `gleaner try duplicates` reads it: one JSON object a line.

use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;

use super::Profile;
use crate::domain::{Currency, Money, Price, When, text};

/// One line of input. What is not stated, or not in the shape that is expected, is absent.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    pub id: String,
    /// Default: the id before the first colon.
    #[serde(default)]
    pub source: Value,
    #[serde(default)]
    pub title: Value,
    #[serde(default)]
    pub start: Value,
    #[serde(default)]
    pub end: Value,
    #[serde(default)]
    pub city: Value,
    /// Another word for `city`, which goes first.
    #[serde(default)]
    pub town: Value,
    #[serde(default)]
    pub country: Value,
    #[serde(default)]
    pub online: Value,
    #[serde(default)]
    pub url: Value,
    #[serde(default)]
    pub provider: Value,
    #[serde(default)]
    pub description: Value,
    /// An amount in pounds, or words such as "£25".
    #[serde(default)]
    pub price: Value,
}

impl Record {
    /// The profile; times without an offset are civil time in `zone`.
    #[must_use]
    pub fn profile(self, zone: Tz) -> Profile {
        let when = |s: &Value| s.as_str().and_then(|s| When::parse(s, zone).ok());
        let stated = |s: &Value| s.as_str().map(|s| text::single_line(s, 300)).filter(|s| !s.is_empty());
        let source = self.source.as_str().unwrap_or_else(|| self.id.split(':').next().unwrap_or_default()).to_owned();
        let title = text::single_line(self.title.as_str().unwrap_or_default(), 400);
        Profile {
            start: when(&self.start),
            end: when(&self.end),
            zone,
            town: stated(&self.city).or_else(|| stated(&self.town)),
            country: stated(&self.country),
            online: self.online.as_bool(),
            url: stated(&self.url),
            provider: stated(&self.provider),
            price: price(&self.price),
            text: text::multi_line(self.description.as_str().unwrap_or_default(), 4000),
            ..Profile::new(self.id, source, title)
        }
    }
}

fn price(value: &Value) -> Option<Price> {
    let words = match value {
        Value::Number(n) => n.to_string(),
        Value::String(s) => s.trim().to_owned(),
        _ => return None,
    };
    let amount =
        if words.eq_ignore_ascii_case("free") { 0.0 } else { words.trim_start_matches('£').parse::<f64>().ok().filter(|a| a.is_finite())? };
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
        let odd =
            read(r#"{"id": "mill:1", "title": null, "start": 20270504, "city": ["Leeds"], "town": "York", "online": "perhaps", "url": {}, "x": 1}"#);
        assert_eq!((odd.title.as_str(), odd.start, odd.town.as_deref(), odd.online, odd.url), ("", None, Some("York"), None, None));
    }

    #[test]
    fn prices_are_amounts_or_words() {
        for (json, pence) in [("25", 2500), (r#""£12.50""#, 1250), (r#""Free""#, 0)] {
            let p = read(&format!(r#"{{"id": "a:1", "title": "x", "price": {json}}}"#));
            assert_eq!(p.price.unwrap().min, Some(Money::pence(pence)));
        }
    }
}
