//! Facts as rows: one name, one text, one evidence each. What listings and events keep in the database, and what an editor edits.
//!
//! Reading back what was written gives the same facts; a row that cannot be read is an error, never silently dropped.

use chrono_tz::Tz;

use super::{BadWhen, Currency, Evidence, Fact, Facts, Money, Origin, Price, Session, UnknownWord, When, vocabulary};

vocabulary! {
    pub enum Field("field") {
        Start = "start",
        End = "end",
        /// `start/end`, one row a sitting.
        Session = "session",
        Deadline = "deadline",
        Status = "status",
        Mode = "mode",
        Venue = "venue",
        Address = "address",
        Town = "town",
        Postcode = "postcode",
        Region = "region",
        Provider = "provider",
        /// `min..max CODE` in minor units, either bound may be empty.
        Price = "price",
        CostFlag = "cost_flag",
    }
}

/// One fact as a row.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldRow {
    pub field: Field,
    /// Place among several values of the field.
    pub position: usize,
    pub value: String,
    pub evidence: Evidence,
}

/// A row that does not hold what its field says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadField {
    #[error(transparent)]
    When(#[from] BadWhen),
    #[error(transparent)]
    Word(#[from] UnknownWord),
    #[error("`{0}` is not a price")]
    Price(String),
}

impl Facts {
    /// Every stated fact as a row.
    #[must_use]
    pub fn rows(&self) -> Vec<FieldRow> {
        let mut out = Vec::new();
        let mut put = |field, position, value: String, evidence: &Evidence| {
            out.push(FieldRow { field, position, value, evidence: evidence.clone() });
        };
        let whens = [(Field::Start, &self.start), (Field::End, &self.end), (Field::Deadline, &self.deadline)];
        for (field, fact) in whens {
            if let Some(f) = fact {
                put(field, 0, f.value.to_string(), &f.evidence);
            }
        }
        // A sitting's evidence is the start's: both were read from the same words.
        if let Some(start) = &self.start {
            for (i, s) in self.sessions.iter().enumerate() {
                let end = s.end.map(|e| e.to_string()).unwrap_or_default();
                put(Field::Session, i, format!("{}/{end}", s.start), &start.evidence);
            }
        }
        if let Some(f) = &self.status {
            put(Field::Status, 0, f.value.to_string(), &f.evidence);
        }
        if let Some(f) = &self.mode {
            put(Field::Mode, 0, f.value.to_string(), &f.evidence);
        }
        let texts = [
            (Field::Venue, &self.venue),
            (Field::Address, &self.address),
            (Field::Town, &self.town),
            (Field::Postcode, &self.postcode),
            (Field::Provider, &self.provider),
        ];
        for (field, fact) in texts {
            if let Some(f) = fact {
                put(field, 0, f.value.clone(), &f.evidence);
            }
        }
        if let Some(f) = &self.region {
            put(Field::Region, 0, f.value.to_string(), &f.evidence);
        }
        if let Some(f) = &self.price {
            put(Field::Price, 0, price_text(f.value), &f.evidence);
        }
        for (i, f) in self.cost_flags.iter().enumerate() {
            put(Field::CostFlag, i, f.value.to_string(), &f.evidence);
        }
        out
    }

    /// Reads rows back; times are shown in `zone`.
    pub fn from_rows(rows: impl IntoIterator<Item = FieldRow>, zone: Tz) -> Result<Self, BadField> {
        let mut facts = Self::default();
        for row in rows {
            facts.set(row, zone)?;
        }
        Ok(facts)
    }

    /// Puts one row in its place, replacing a single-valued field and adding to a multi-valued one.
    pub fn set(&mut self, row: FieldRow, zone: Tz) -> Result<(), BadField> {
        let FieldRow { field, value, evidence, .. } = row;
        let when = |v: &str| When::parse(v, zone);
        match field {
            Field::Start => self.start = Some(Fact { value: when(&value)?, evidence }),
            Field::End => self.end = Some(Fact { value: when(&value)?, evidence }),
            Field::Deadline => self.deadline = Some(Fact { value: when(&value)?, evidence }),
            Field::Session => {
                let (start, end) = value.split_once('/').unwrap_or((&value, ""));
                let end = if end.is_empty() { None } else { Some(when(end)?) };
                self.sessions.push(Session { start: when(start)?, end });
            }
            Field::Status => self.status = Some(Fact { value: value.parse()?, evidence }),
            Field::Mode => self.mode = Some(Fact { value: value.parse()?, evidence }),
            Field::Venue => self.venue = Some(Fact { value, evidence }),
            Field::Address => self.address = Some(Fact { value, evidence }),
            Field::Town => self.town = Some(Fact { value, evidence }),
            Field::Postcode => self.postcode = Some(Fact { value, evidence }),
            Field::Provider => self.provider = Some(Fact { value, evidence }),
            Field::Region => self.region = Some(Fact { value: value.parse()?, evidence }),
            Field::Price => self.price = Some(Fact { value: read_price(&value)?, evidence }),
            Field::CostFlag => self.cost_flags.push(Fact { value: value.parse()?, evidence }),
        }
        Ok(())
    }

    /// Forgets a field.
    pub fn clear(&mut self, field: Field) {
        match field {
            Field::Start => self.start = None,
            Field::End => self.end = None,
            Field::Deadline => self.deadline = None,
            Field::Session => self.sessions.clear(),
            Field::Status => self.status = None,
            Field::Mode => self.mode = None,
            Field::Venue => self.venue = None,
            Field::Address => self.address = None,
            Field::Town => self.town = None,
            Field::Postcode => self.postcode = None,
            Field::Provider => self.provider = None,
            Field::Region => self.region = None,
            Field::Price => self.price = None,
            Field::CostFlag => self.cost_flags.clear(),
        }
    }
}

impl Evidence {
    /// An editor's own word.
    #[must_use]
    pub fn editor(words: impl Into<String>) -> Self {
        Self { words: words.into(), origin: Origin::Editor, confidence: 1.0 }
    }
}

fn price_text(price: Price) -> String {
    let bound = |m: Option<Money>| m.map(|m| m.minor.to_string()).unwrap_or_default();
    let currency = price.max.or(price.min).map_or(Currency::GBP, |m| m.currency);
    format!("{}..{} {}", bound(price.min), bound(price.max), currency.as_str())
}

fn read_price(text: &str) -> Result<Price, BadField> {
    let bad = || BadField::Price(text.to_owned());
    let (bounds, code) = text.split_once(' ').ok_or_else(bad)?;
    let (min, max) = bounds.split_once("..").ok_or_else(bad)?;
    let currency = Currency::parse(code).ok_or_else(bad)?;
    let bound = |s: &str| -> Result<Option<Money>, BadField> {
        if s.is_empty() {
            return Ok(None);
        }
        s.parse().ok().and_then(|minor| Money::new(minor, currency)).map(Some).ok_or_else(bad)
    };
    let price = Price { min: bound(min)?, max: bound(max)? };
    if price.min.is_none() && price.max.is_none() { Err(bad()) } else { Ok(price) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CostFlag, Mode, Region, Status};
    use chrono_tz::Europe::London;

    #[test]
    fn rows_read_back_to_the_same_facts() {
        let say = |w: &str| Evidence { words: w.into(), origin: Origin::Prose, confidence: 0.9 };
        let when = |s| When::parse(s, London).unwrap();
        let facts = Facts {
            start: Some(Fact { value: when("2027-05-04T10:00"), evidence: say("Tues 4 May, 10am") }),
            end: Some(Fact { value: when("2027-05-11"), evidence: say("11 May") }),
            sessions: vec![
                Session { start: when("2027-05-04T10:00"), end: Some(when("2027-05-04T12:00")) },
                Session { start: when("2027-05-11"), end: None },
            ],
            deadline: Some(Fact { value: when("2027-04"), evidence: say("apply by April") }),
            status: Some(Fact { value: Status::SoldOut, evidence: say("sold out") }),
            mode: Some(Fact { value: Mode::Hybrid, evidence: say("in person or on Zoom") }),
            venue: Some(Fact { value: "The Mill".into(), evidence: say("The Mill") }),
            address: None,
            town: Some(Fact { value: "Hull".into(), evidence: say("Hull") }),
            postcode: Some(Fact { value: "HU1 1AA".into(), evidence: say("HU1 1AA") }),
            region: Some(Fact { value: Region::YorkshireHumber, evidence: say("HU1 1AA") }),
            provider: Some(Fact { value: "Humber Museums".into(), evidence: say("with Humber Museums") }),
            price: Some(Fact { value: Price { min: Some(Money::pence(2500)), max: None }, evidence: say("from £25") }),
            cost_flags: vec![Fact { value: CostFlag::Members, evidence: say("members £25") }],
        };
        assert_eq!(Facts::from_rows(facts.rows(), London).unwrap(), facts);
    }

    #[test]
    fn a_row_that_says_something_else_is_an_error() {
        let row = |field, value: &str| FieldRow { field, position: 0, value: value.into(), evidence: Evidence::editor("") };
        for bad in [row(Field::Start, "soon"), row(Field::Mode, "by post"), row(Field::Price, ".. GBP"), row(Field::Price, "-5.. GBP")] {
            assert!(Facts::from_rows([bad], London).is_err());
        }
    }
}
