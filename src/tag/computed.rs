//! Facets that follow from the facts: cost, format, region, time of day, weekend (taxonomy sections 6, 7, 9 and 11).
//!
//! Never guessed: without the fact there is no term but the one that says "not stated". Each reason quotes the fact.

use chrono::{Datelike, NaiveTime, Weekday};

use crate::domain::{Facet, Facts, Mode, Tag, TagOrigin, When};

/// Every facet that the facts alone decide.
#[must_use]
pub fn facets(facts: &Facts) -> Vec<Tag> {
    let mut tags = vec![cost_band(facts), time_of_day(facts)];
    tags.extend(format(facts));
    tags.extend(weekend(facts));
    tags.extend(facts.region.as_ref().map(|r| tag(Facet::Region, r.value.as_str(), r.evidence.confidence, quoted("place", &r.evidence.words))));
    for flag in &facts.cost_flags {
        let known = tags.iter().any(|t| t.facet == Facet::CostFlags && t.term == flag.value.as_str());
        if !known {
            tags.push(tag(Facet::CostFlags, flag.value.as_str(), flag.evidence.confidence, quoted("price", &flag.evidence.words)));
        }
    }
    tags
}

/// A tag that follows from facts.
#[must_use]
pub fn tag(facet: Facet, term: &str, confidence: f32, reason: String) -> Tag {
    Tag { facet, term: term.to_owned(), origin: TagOrigin::Computed, confidence: confidence.clamp(0.0, 1.0), reason }
}

fn quoted(what: &str, words: &str) -> String {
    if words.trim().is_empty() { format!("the {what} as stated") } else { format!("{what}: “{words}”") }
}

/// From the highest price as printed; "from £5" states no highest price.
fn cost_band(facts: &Facts) -> Tag {
    let max = facts.price.as_ref().and_then(|p| p.value.max.map(|max| (max, p)));
    let Some((max, price)) = max else {
        return tag(Facet::CostBand, "tbc", 1.0, "no highest price is stated".into());
    };
    let band = match max.minor {
        0 => "free",
        1..=5_000 => "low",
        5_001..=15_000 => "mid",
        15_001..=50_000 => "high",
        _ => "prem",
    };
    tag(Facet::CostBand, band, price.evidence.confidence, format!("highest price {max}, {}", quoted("read from", &price.evidence.words)))
}

fn format(facts: &Facts) -> Option<Tag> {
    if let Some(mode) = &facts.mode {
        let term = match mode.value {
            Mode::InPerson => "inp",
            Mode::Online => "onl",
            Mode::Hybrid => "hyb",
            Mode::SelfPaced => "dist",
        };
        return Some(tag(Facet::Format, term, mode.evidence.confidence, quoted("how one takes part", &mode.evidence.words)));
    }
    let place = facts.venue.as_ref().or(facts.town.as_ref()).or(facts.postcode.as_ref())?;
    Some(tag(Facet::Format, "inp", place.evidence.confidence, quoted("place", &place.evidence.words)))
}

fn weekend(facts: &Facts) -> Option<Tag> {
    let start = facts.start.as_ref()?;
    let day = start.value.day()?;
    let term = if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) { "true" } else { "false" };
    Some(tag(Facet::Weekend, term, start.evidence.confidence, format!("the first session is on a {}", day.format("%A"))))
}

/// From the local times of the first session.
fn time_of_day(facts: &Facts) -> Tag {
    let Some((start, from)) = facts.start.as_ref().and_then(|s| s.value.time().map(|t| (s, t))) else {
        return tag(Facet::TimeOfDay, "na", 1.0, "no time of day is stated".into());
    };
    let until = first_session_end(facts).and_then(|end| end.time());
    let term = part_of_day(from, until);
    let reason = match until {
        Some(until) => format!("from {} to {}", from.format("%H:%M"), until.format("%H:%M")),
        None => format!("from {}, the end is not stated", from.format("%H:%M")),
    };
    tag(Facet::TimeOfDay, term, start.evidence.confidence, reason)
}

/// When the first session ends; the end of the whole when there is but one.
#[must_use]
pub fn first_session_end(facts: &Facts) -> Option<When> {
    match facts.sessions.first() {
        Some(first) => first.end,
        None => facts.end.as_ref().map(|e| e.value),
    }
}

fn part_of_day(from: NaiveTime, until: Option<NaiveTime>) -> &'static str {
    let minutes = |t: NaiveTime| chrono::Timelike::num_seconds_from_midnight(&t) / 60;
    let at = |hour: u32, minute: u32| hour * 60 + minute;
    let (from, until) = (minutes(from), until.map(minutes));
    match from {
        f if f < at(12, 0) => match until {
            Some(u) if f < at(9, 30) && u <= at(11, 0) => "early",
            Some(u) if u <= at(13, 30) => "am",
            Some(_) => "full",
            None => "am",
        },
        f if f < at(15, 30) => "pm",
        f if f < at(17, 30) => "twi",
        _ => "eve",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CostFlag, Fact, Money, Origin, Price};
    use chrono_tz::Europe::London;

    fn fact<T>(value: T) -> Fact<T> {
        Fact::new(value, Origin::Prose, "the words", 0.9)
    }

    fn at(start: &str, end: &str) -> Facts {
        let when = |s: &str| When::parse(s, London).ok().map(fact);
        Facts { start: when(start), end: when(end), ..Facts::default() }
    }

    fn term(facts: &Facts, facet: Facet) -> Option<String> {
        facets(facts).into_iter().find(|t| t.facet == facet).map(|t| t.term)
    }

    #[test]
    fn time_of_day_is_read_from_the_first_session() {
        let check = |start, end, expected: &str| assert_eq!(term(&at(start, end), Facet::TimeOfDay).as_deref(), Some(expected), "{start}-{end}");
        check("2027-03-01T08:30", "2027-03-01T10:00", "early");
        check("2027-03-01T09:00", "2027-03-01T12:30", "am");
        check("2027-03-01T10:00", "2027-03-01T13:30", "am");
        check("2027-03-01T10:00", "2027-03-01T13:31", "full");
        check("2027-03-01T12:00", "", "pm");
        check("2027-03-01T15:30", "", "twi");
        check("2027-03-01T17:30", "2027-03-01T19:00", "eve");
        check("2027-03-01", "", "na");
        check("", "", "na");
    }

    #[test]
    fn cost_follows_the_highest_price_and_is_never_free_unless_stated() {
        let check = |max: Option<u32>, expected: &str| {
            let price = Some(fact(Price { min: Some(Money::pence(0)), max: max.map(Money::pence) }));
            assert_eq!(term(&Facts { price, ..Facts::default() }, Facet::CostBand).as_deref(), Some(expected), "{max:?}");
        };
        for (max, band) in [(0, "free"), (5_000, "low"), (5_001, "mid"), (15_000, "mid"), (15_001, "high"), (50_000, "high"), (50_001, "prem")] {
            check(Some(max), band);
        }
        check(None, "tbc");
        assert_eq!(term(&Facts::default(), Facet::CostBand).as_deref(), Some("tbc"));
    }

    #[test]
    fn weekend_and_format_need_their_facts() {
        assert_eq!(term(&at("2027-03-06", ""), Facet::Weekend).as_deref(), Some("true"));
        assert_eq!(term(&at("2027-03-08", ""), Facet::Weekend).as_deref(), Some("false"));
        assert_eq!(term(&at("2027-03", ""), Facet::Weekend), None);
        assert_eq!(term(&Facts::default(), Facet::Format), None);
        assert_eq!(term(&Facts { town: Some(fact("Leeds".into())), ..Facts::default() }, Facet::Format).as_deref(), Some("inp"));
        assert_eq!(term(&Facts { mode: Some(fact(Mode::SelfPaced)), ..Facts::default() }, Facet::Format).as_deref(), Some("dist"));
        let flags = Facts { cost_flags: vec![fact(CostFlag::EarlyBird), fact(CostFlag::EarlyBird)], ..Facts::default() };
        assert_eq!(facets(&flags).iter().filter(|t| t.facet == Facet::CostFlags).count(), 1);
    }
}
