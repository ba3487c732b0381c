//! Amounts of money in running text: "£25", "£5–25", "£1,095", "5 to 25 quid". Judges no meaning.

use super::super::date::token::{Kind, Token};
use crate::domain::{Currency, Money};

/// An amount, or a range of amounts, at tokens `from..to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    pub low: Money,
    pub high: Money,
    pub from: usize,
    pub to: usize,
}

/// Every amount in order.
pub(super) fn amounts(tokens: &[Token]) -> Vec<Amount> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match signed(tokens, i).or_else(|| worded(tokens, i)) {
            Some(amount) => {
                i = amount.to;
                out.push(amount);
            }
            None => i += 1,
        }
    }
    out
}

/// "£25", "£5–£25", "£5–25", "€20".
fn signed(tokens: &[Token], i: usize) -> Option<Amount> {
    let currency = sign(tokens, i)?;
    let (minor, to) = figure(tokens, i + 1)?;
    let low = Money::new(minor, currency)?;
    let between = i.checked_sub(1).is_some_and(|b| tokens[b].is("between"));
    let Some((high, end)) = second(tokens, to, currency, low, between) else {
        return is_whole(tokens, to).then_some(Amount { low, high: low, from: i, to });
    };
    is_whole(tokens, end).then_some(Amount { low, high, from: i, to: end })
}

fn sign(tokens: &[Token], i: usize) -> Option<Currency> {
    let token = tokens.get(i)?;
    match token.kind {
        Kind::Money => Currency::parse(token.text),
        Kind::Word if token.text == "GBP" => Some(Currency::GBP),
        Kind::Word if token.text == "EUR" => Some(Currency::EUR),
        Kind::Word if token.text == "USD" => Some(Currency::USD),
        _ => None,
    }
}

/// The upper end behind a dash, or behind "and" in "between £5 and £25".
fn second(tokens: &[Token], i: usize, currency: Currency, low: Money, between: bool) -> Option<(Money, usize)> {
    tokens.get(i).filter(|t| t.kind == Kind::Dash || between && t.kind == Kind::And)?;
    let at = match sign(tokens, i + 1) {
        Some(other) if other == currency => i + 2,
        Some(_) => return None,
        None => i + 1,
    };
    let (minor, to) = figure(tokens, at)?;
    Money::new(minor, currency).filter(|high| *high > low).map(|high| (high, to))
}

/// "5 to 25 quid", "20 pounds", "25 GBP", "25€", "30 euros".
fn worded(tokens: &[Token], i: usize) -> Option<Amount> {
    if i.checked_sub(1).is_some_and(|b| tokens[i].glued && tokens[b].kind != Kind::Sign) {
        return None;
    }
    let (minor, to) = figure(tokens, i).or_else(|| in_words(tokens, i))?;
    if let Some((currency, end)) = unit(tokens, to) {
        let low = Money::new(minor, currency)?;
        return Some(Amount { low, high: low, from: i, to: end });
    }
    let (high, end) = second(tokens, to, Currency::GBP, Money::new(minor, Currency::GBP)?, false)?;
    let (currency, end) = unit(tokens, end)?;
    Some(Amount { low: Money::new(minor, currency)?, high: Money::new(high.minor, currency)?, from: i, to: end })
}

/// The currency named behind a figure.
fn unit(tokens: &[Token], i: usize) -> Option<(Currency, usize)> {
    let token = tokens.get(i)?;
    if token.is_any(&["quid", "pounds", "gbp"]) {
        return Some((Currency::GBP, i + 1));
    }
    if token.is_any(&["euro", "euros", "eur"]) {
        return Some((Currency::EUR, i + 1));
    }
    let goes_on = tokens.get(i + 1).is_some_and(|t| matches!(t.kind, Kind::Number(_)));
    (token.kind == Kind::Money && token.glued && !goes_on).then(|| Currency::parse(token.text).map(|c| (c, i + 1))).flatten()
}

/// "twenty pounds"
fn in_words(tokens: &[Token], i: usize) -> Option<(i64, usize)> {
    #[rustfmt::skip]
    const WORDS: &[(&str, i64)] = &[
        ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("eight", 8), ("ten", 10), ("twelve", 12), ("fifteen", 15), ("twenty", 20),
        ("thirty", 30), ("forty", 40), ("fifty", 50), ("sixty", 60),
    ];
    let token = tokens.get(i)?;
    WORDS.iter().find(|(w, _)| token.is(w)).map(|(_, pounds)| (pounds * 100, i + 1))
}

/// Digits with thousands and pence: "1,095", "12.50". In minor units.
fn figure(tokens: &[Token], i: usize) -> Option<(i64, usize)> {
    let Kind::Number(whole) = tokens.get(i)?.kind else { return None };
    let mut minor = i64::from(whole);
    let mut at = i + 1;
    let digits =
        |at: usize| tokens.get(at).filter(|t| t.glued).and_then(|t| if let Kind::Number(n) = t.kind { Some((n, t.text.len())) } else { None });
    while tokens.get(at).is_some_and(|t| t.glued && t.kind == Kind::Comma) && minor < 1_000_000_000 {
        let Some((n, 3)) = digits(at + 1) else { break };
        minor = minor * 1000 + i64::from(n);
        at += 2;
    }
    minor = minor.checked_mul(100)?;
    if let (Some(true), Some((pence, length @ 1..=2))) = (tokens.get(at).map(|t| t.glued && t.kind == Kind::Dot), digits(at + 1)) {
        minor += i64::from(pence) * if length == 1 { 10 } else { 1 };
        at += 2;
    }
    Some((minor, at))
}

/// Not "£29k", "£2m", "£1e9", "£3.1.4".
fn is_whole(tokens: &[Token], to: usize) -> bool {
    let scale = tokens.get(to).is_some_and(|t| t.is_any(&["million", "billion", "thousand", "m", "k", "bn"]));
    let glued = tokens.get(to).is_some_and(|t| {
        t.glued && (matches!(t.kind, Kind::Number(_)) || t.kind == Kind::Word && !t.is_any(&["pp", "ea", "each", "inc", "ex", "excl", "per"]))
    });
    let longer = |at: usize| tokens.get(at).is_some_and(|t| t.glued && matches!(t.kind, Kind::Number(_)));
    let code = tokens.get(to).is_some_and(|t| t.glued && t.kind == Kind::Dot) && longer(to + 1);
    !(scale || glued || code)
}

#[cfg(test)]
mod tests {
    use super::super::super::date::token::tokens;
    use super::*;

    fn check(text: &str, expected: &[(i64, i64)]) {
        let got: Vec<_> = amounts(&tokens(text)).iter().map(|a| (a.low.minor, a.high.minor)).collect();
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn amounts_are_read_to_the_penny() {
        check("£25 and £12.50, £1,095 + VAT", &[(2500, 2500), (1250, 1250), (109_500, 109_500)]);
        check("£5–£25, £5-25, £10/£8", &[(500, 2500), (500, 2500), (1000, 1000), (800, 800)]);
        check("between £5 and £25", &[(500, 2500)]);
        check("5 to 25 quid", &[(500, 2500)]);
    }

    #[test]
    fn scaled_and_broken_figures_are_no_prices() {
        for text in ["£29k", "£250k–£2m", "£1e9", "£", "25", "£2 million", "£99999999"] {
            check(text, &[]);
        }
    }
}
