//! Amounts of money in minor units (pence), so that no price is ever a rounded float.

use std::fmt;

/// An ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    pub const GBP: Self = Self(*b"GBP");
    pub const EUR: Self = Self(*b"EUR");
    pub const USD: Self = Self(*b"USD");

    /// Reads a code in any case, or one of the signs £ € $.
    #[must_use]
    pub fn parse(s: &str) -> Option<Self> {
        match s.trim() {
            "£" => Some(Self::GBP),
            "€" => Some(Self::EUR),
            "$" => Some(Self::USD),
            code => {
                let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
                bytes.iter().all(u8::is_ascii_alphabetic).then(|| Self(bytes.map(|b| b.to_ascii_uppercase())))
            }
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII letters get in.
        std::str::from_utf8(&self.0).unwrap_or("GBP")
    }

    /// The sign printed before the amount, or the code and a space.
    #[must_use]
    pub fn sign(&self) -> String {
        match self.as_str() {
            "GBP" => "£".into(),
            "EUR" => "€".into(),
            "USD" => "$".into(),
            code => format!("{code} "),
        }
    }
}

/// An amount: never negative, at most ten million of the major unit (nothing in this field costs more; more is a misreading).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    const MOST: i64 = 1_000_000_000;

    #[must_use]
    pub fn new(minor: i64, currency: Currency) -> Option<Self> {
        (0..=Self::MOST).contains(&minor).then_some(Self { minor, currency })
    }

    #[must_use]
    pub const fn pence(minor: u32) -> Self {
        Self { minor: minor as i64, currency: Currency::GBP }
    }

    /// In the major unit, for JSON.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "bounded by MOST, far below 2^53")]
    pub fn major(&self) -> f64 {
        self.minor as f64 / 100.0
    }
}

impl fmt::Display for Money {
    /// British form: `£25`, `£12.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.minor / 100, self.minor % 100);
        let sign = self.currency.sign();
        if part == 0 { write!(f, "{sign}{}", thousands(whole)) } else { write!(f, "{sign}{}.{part:02}", thousands(whole)) }
    }
}

fn thousands(n: i64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_f64(self.major())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn british_form() {
        for (minor, text) in [(0, "£0"), (2500, "£25"), (1250, "£12.50"), (5, "£0.05"), (123_456_700, "£1,234,567")] {
            assert_eq!(Money::new(minor, Currency::GBP).unwrap().to_string(), text);
        }
        assert_eq!(Money::new(-1, Currency::GBP), None);
        assert_eq!(Money::new(i64::MAX, Currency::GBP), None);
        assert_eq!(Currency::parse("gbp"), Some(Currency::GBP));
        assert_eq!(Currency::parse("G£P"), None);
    }
}
