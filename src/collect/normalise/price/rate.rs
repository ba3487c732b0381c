//! Rates with a stated count: "£40 per month for 6 months" is £240 in all. A rate without one is no price of a course.

use super::super::date::token::{Kind, Token};
use super::amount::Amount;
use crate::domain::Money;

/// The whole sum of a monthly or weekly rate whose count is stated behind it; the words stay as the fact's evidence.
pub(super) fn total(tokens: &[Token], amount: &Amount) -> Option<Amount> {
    let (unit, at) = period(tokens, amount.to)?;
    tokens.get(at).filter(|t| t.is_any(&["for", "over"]))?;
    let count = number(tokens.get(at + 1)?)?;
    let units = tokens.get(at + 2).filter(|t| t.text.to_ascii_lowercase().starts_with(unit))?;
    let times = |money: Money| Money::new(money.minor.checked_mul(count)?, money.currency);
    units.is_any(&["months", "weeks"]).then(|| Some(Amount { low: times(amount.low)?, high: times(amount.high)?, from: amount.from, to: at + 3 }))?
}

/// "per month", "a week", "/month", "monthly": the unit, and the index behind it.
fn period(tokens: &[Token], i: usize) -> Option<(&'static str, usize)> {
    let token = tokens.get(i)?;
    let unit = |t: &Token| ["month", "week"].into_iter().find(|u| t.is(u));
    if token.is_any(&["per", "a", "each", "every"]) || token.kind == Kind::Slash {
        return unit(tokens.get(i + 1)?).map(|u| (u, i + 2));
    }
    [("monthly", "month"), ("weekly", "week")].into_iter().find(|(word, _)| token.is(word)).map(|(_, u)| (u, i + 1))
}

fn number(token: &Token) -> Option<i64> {
    const WORDS: &[&str] = &["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    match token.kind {
        Kind::Number(n @ 2..=60) => Some(i64::from(n)),
        _ => WORDS.iter().zip(2..).find(|(w, _)| token.is(w)).map(|(_, n)| n),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::date::token::tokens;
    use super::super::amount;
    use super::*;

    fn check(text: &str, expected: Option<i64>) {
        let tokens = tokens(text);
        let first = amount::amounts(&tokens)[0];
        assert_eq!(total(&tokens, &first).map(|a| a.low.minor), expected, "{text}");
    }

    #[test]
    fn a_rate_and_a_count_make_a_sum() {
        check("£40 per month for 6 months", Some(24_000));
        check("£12.50 a week for ten weeks", Some(12_500));
        check("£40 monthly over six months", Some(24_000));
    }

    #[test]
    fn a_rate_alone_makes_none() {
        for text in ["£40 per month", "£40 a month for members", "£40 per month for 6 weeks", "£40 for 6 months", "£40 per month for 99999 months"]
        {
            check(text, None);
        }
    }
}
