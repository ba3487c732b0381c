//! What a person types for a field, read as the store keeps it. An empty value is "not stated"; nothing is guessed.

use chrono_tz::Tz;
use url::Url;

use crate::{
    collect::normalise::price,
    domain::{
        Editable, Evidence, Facts, Field, FieldRow, Origin,
        text::{multi_line, single_line},
    },
};

/// Characters of a line, and of a text.
const MOST_LINE: usize = 300;
const MOST_TEXT: usize = 20_000;

/// What was typed cannot be that field's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: `{typed}` cannot be read; expected {expected}")]
pub struct BadValue {
    pub field: Editable,
    pub typed: String,
    pub expected: &'static str,
}

/// Reads what was typed; `None` is "not stated". `zone` is that of times without one.
pub fn read(field: Editable, typed: &str, zone: Tz) -> Result<Option<String>, BadValue> {
    let value = match field {
        Editable::Text => multi_line(typed, MOST_TEXT),
        _ => single_line(typed, MOST_LINE),
    };
    let wrong = || BadValue { field, typed: single_line(typed, 60), expected: expected(field) };
    if value.is_empty() {
        return if field == Editable::Title { Err(wrong()) } else { Ok(None) };
    }
    match field {
        Editable::Title | Editable::Text => Ok(Some(value)),
        Editable::Url | Editable::BookingUrl => address(&value).map(Some).ok_or_else(wrong),
        Editable::Fact(field) => fact(field, &value, zone).map(Some).ok_or_else(wrong),
    }
}

fn address(value: &str) -> Option<String> {
    let url = Url::parse(value).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.into())
}

/// The value as a field's rows hold it, several divided by commas.
fn fact(field: Field, value: &str, zone: Tz) -> Option<String> {
    let parts: Vec<&str> = match field {
        Field::Session | Field::CostFlag => value.split(',').map(str::trim).filter(|v| !v.is_empty()).collect(),
        _ => vec![value],
    };
    let mut facts = Facts::default();
    for (position, part) in parts.into_iter().enumerate() {
        let stored = FieldRow { field, position, value: part.to_owned(), evidence: Evidence::editor(part) };
        if facts.set(stored, zone).is_err() {
            price_in_words(&mut facts, field, part)?;
        }
    }
    // A sitting is kept beside a start, whose evidence it shares.
    if field == Field::Session {
        return sittings(&facts);
    }
    let values: Vec<String> = facts.rows().into_iter().map(|r| r.value).collect();
    Some(values.join(",")).filter(|v| !v.is_empty())
}

fn sittings(facts: &Facts) -> Option<String> {
    let one = |s: &crate::domain::Session| format!("{}/{}", s.start, s.end.map(|e| e.to_string()).unwrap_or_default());
    let all: Vec<String> = facts.sessions.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join(","))
}

/// "£25", "£20 to £45", "free": as people write it. A bare number is pounds.
fn price_in_words(facts: &mut Facts, field: Field, words: &str) -> Option<()> {
    if field != Field::Price {
        return None;
    }
    let is_number = words.parse::<f64>().is_ok_and(|n| n >= 0.0);
    let cost = if is_number { price::read(&format!("£{words}"), Origin::Editor) } else { price::read(words, Origin::Editor) };
    facts.price = Some(cost.price?);
    Some(())
}

const fn expected(field: Editable) -> &'static str {
    match field {
        Editable::Title => "a title; it is never empty",
        Editable::Text => "text",
        Editable::Url | Editable::BookingUrl => "an address that begins with https:// or http://",
        Editable::Fact(Field::Start | Field::End | Field::Deadline) => "a month (2027-05), a day (2027-05-04) or a time (2027-05-04T10:00)",
        Editable::Fact(Field::Session) => "sittings as start/end, divided by commas (2027-05-04T10:00/2027-05-04T12:00,2027-05-11)",
        Editable::Fact(Field::Status) => "scheduled, cancelled, postponed, rescheduled or sold_out",
        Editable::Fact(Field::Mode) => "in_person, online, hybrid or self_paced",
        Editable::Fact(Field::Region) => "a region such as nw, ne, yh, em, wm, ee, lon, se, sw, wal, sco or ni",
        Editable::Fact(Field::Price) => "a price such as 25, £20 to £45 or free",
        Editable::Fact(Field::CostFlag) => "members, bursary, travel, pwyc, vat, early or deposit, divided by commas",
        Editable::Fact(Field::Venue | Field::Address | Field::Town | Field::Postcode | Field::Provider) => "words",
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::London;

    use super::*;

    fn check(field: &str, typed: &str, expected: Result<Option<&str>, &str>) {
        let found = read(field.parse().unwrap(), typed, London).map_err(|e| e.to_string());
        match expected {
            Ok(value) => assert_eq!(found.as_ref().map(|v| v.as_deref()), Ok(value), "{field}={typed}"),
            Err(words) => assert!(found.as_ref().is_err_and(|e| e.contains(words)), "{field}={typed}: {found:?}"),
        }
    }

    #[test]
    fn what_is_typed_is_kept_as_rows_hold_it() {
        check("start", "2027-05-04T10:00", Ok(Some("2027-05-04T10:00:00+01:00")));
        check("start", " 2027-05-04 ", Ok(Some("2027-05-04")));
        check("end", "2027-05", Ok(Some("2027-05")));
        check("start", "", Ok(None));
        check(
            "session",
            "2027-05-04T10:00/2027-05-04T12:00, 2027-05-11",
            Ok(Some("2027-05-04T10:00:00+01:00/2027-05-04T12:00:00+01:00,2027-05-11/")),
        );
        check("price", "25", Ok(Some("2500..2500 GBP")));
        check("price", "£20 to £45", Ok(Some("2000..4500 GBP")));
        check("price", "free", Ok(Some("0..0 GBP")));
        check("price", "1200..3000 GBP", Ok(Some("1200..3000 GBP")));
        check("cost_flag", "members, vat", Ok(Some("members,vat")));
        check("town", "  Hull\n", Ok(Some("Hull")));
        check("url", "https://mill.example/day", Ok(Some("https://mill.example/day")));
        check("title", "The real name", Ok(Some("The real name")));
    }

    #[test]
    fn what_cannot_be_it_says_what_is_expected() {
        check("start", "next Tuesday", Err("start: `next Tuesday` cannot be read; expected a month (2027-05)"));
        check("start", "2027-02-31", Err("cannot be read"));
        check("status", "maybe", Err("sold_out"));
        check("price", "a lot", Err("a price such as 25"));
        check("url", "javascript:alert(1)", Err("https://"));
        check("title", " ", Err("never empty"));
        check("cost_flag", "members, cheap", Err("pwyc"));
    }
}
