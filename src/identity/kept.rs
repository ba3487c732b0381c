//! A profile as it is kept beside its listing, so that comparing with a listing reads one short text and not all that was ever said.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Profile, prepared};
use crate::domain::{Currency, Money, Price, Session, Status, When};

/// The number of the way in which keys and kept profiles are made. Raise it when either changes: what was made in another way is made
/// anew from the listing before the next pass (a test says when).
pub const SCHEME: i64 = 2;

/// What is not stated is left out.
#[derive(Serialize, Deserialize)]
struct Kept {
    source: String,
    title: String,
    zone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sittings: Vec<(String, Option<String>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    town: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    online: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    native_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// Lowest, highest and currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<(Option<i64>, Option<i64>, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sketch: Vec<u32>,
}

/// Sittings and former starts that are kept: no more are compared.
const MOST: usize = 64;

impl Profile {
    /// As it is kept, without the text: of that only the sketch.
    #[must_use]
    pub fn kept(&self) -> String {
        let written = |w: &When| w.to_string();
        let currency = |p: &Price| p.min.or(p.max).map_or(String::new(), |m| m.currency.as_str().to_owned());
        let kept = Kept {
            source: self.source.clone(),
            title: self.title.clone(),
            zone: self.zone.name().to_owned(),
            start: self.start.as_ref().map(written),
            end: self.end.as_ref().map(written),
            sittings: self.sessions.iter().take(MOST).map(|s| (written(&s.start), s.end.as_ref().map(written))).collect(),
            town: self.town.clone(),
            country: self.country.clone(),
            online: self.online,
            url: self.url.clone(),
            native_id: self.native_id.clone(),
            provider: self.provider.clone(),
            price: self.price.as_ref().map(|p| (p.min.map(|m| m.minor), p.max.map(|m| m.minor), currency(p))),
            status: self.status,
            former: self.former.iter().take(MOST).map(written).collect(),
            sketch: if self.text.is_empty() { self.sketch.clone() } else { prepared::sketch(&self.text).into() },
        };
        // Strings, numbers and lists of them can always be written.
        serde_json::to_string(&kept).unwrap_or_default()
    }

    /// Reads what [`Profile::kept`] wrote; None if it is something else. What of it cannot be read counts as not stated.
    #[must_use]
    pub fn of_kept(id: impl Into<String>, kept: &str) -> Option<Self> {
        let kept: Kept = serde_json::from_str(kept).ok()?;
        let zone: Tz = kept.zone.parse().ok()?;
        let when = |text: String| When::parse(&text, zone).ok();
        let session = |(start, end): (String, Option<String>)| Some(Session { start: when(start)?, end: end.and_then(when) });
        Some(Self {
            start: kept.start.and_then(when),
            end: kept.end.and_then(when),
            zone,
            sessions: kept.sittings.into_iter().filter_map(session).collect(),
            town: kept.town,
            country: kept.country,
            online: kept.online,
            url: kept.url,
            native_id: kept.native_id,
            provider: kept.provider,
            price: kept.price.and_then(price),
            status: kept.status,
            former: kept.former.into_iter().filter_map(when).collect(),
            sketch: kept.sketch,
            ..Self::new(id, kept.source, kept.title)
        })
    }
}

fn price((min, max, currency): (Option<i64>, Option<i64>, String)) -> Option<Price> {
    let currency = Currency::parse(&currency)?;
    let amount = |minor: Option<i64>| minor.and_then(|m| Money::new(m, currency));
    Some(Price { min: amount(min), max: amount(max) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Corpus, keys, score};

    fn full() -> Profile {
        let mut p = Profile::new("a:1", "a", "Bid writing for museums: Part 2");
        let when = |s: &str| When::parse(s, p.zone).unwrap();
        (p.start, p.end) = (Some(when("2027-05-04T10:00")), Some(when("2027-05-11")));
        p.sessions =
            vec![Session { start: when("2027-05-04T10:00"), end: None }, Session { start: when("2027-05-11"), end: Some(when("2027-05-11")) }];
        p.former = vec![when("2027-04")];
        (p.town, p.country, p.online) = (Some("Leeds".into()), Some("England".into()), Some(false));
        (p.url, p.native_id) = (Some("https://mill.example/e/1".into()), Some("1@mill.example".into()));
        p.provider = Some("Mill Trust".into());
        p.price = Some(Price { min: Some(Money::pence(0)), max: Some(Money::pence(2500)) });
        p.status = Some(Status::Rescheduled);
        p.text = "How to write a bid that a funder reads to its end, with examples from museums of every size.".into();
        p
    }

    #[test]
    fn what_is_kept_compares_as_the_whole_does() {
        for p in [full(), Profile::new("a:1", "a", "Bid writing")] {
            let back = Profile::of_kept("a:1", &p.kept()).unwrap();
            assert_eq!(Profile { text: String::new(), ..p.clone() }, Profile { sketch: Vec::new(), ..back.clone() });
            let other = Profile { id: "b:1".into(), source: "b".into(), ..full() };
            let corpus = Corpus::neutral();
            assert_eq!(score(&p, &other, &corpus), score(&back, &other, &corpus));
            assert_eq!(keys(&p), keys(&back));
            assert_eq!(back.kept(), p.kept());
        }
        assert_eq!(Profile::of_kept("a:1", ""), None);
    }

    /// If this fails, keys or kept profiles are made in another way than those on file: raise [`SCHEME`] and set the number anew.
    #[test]
    fn a_scheme_makes_the_same_keys_for_ever() {
        let of = |p: &Profile| keys(p).iter().fold(0_i64, |sum, key| sum.wrapping_mul(31).wrapping_add(*key));
        assert_eq!(
            (SCHEME, of(&full()), of(&Profile::new("a:1", "a", "Safeguarding basics"))),
            (2, 9_096_609_302_284_943_998, -5_109_206_485_125_038_080)
        );
    }
}
