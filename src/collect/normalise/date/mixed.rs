//! Dates with a named month and the year where few put it: "2027/23/Sep", "September-2027-23", "23-2027-May", "2027 May 4".
//!
//! The named month makes every order plain, so nothing is guessed. Looks at five tokens at most.

use super::day::{self, Dates};
use super::token::{Kind, Token};

/// Reads such a date at token `i`.
pub(super) fn date(tokens: &[Token], i: usize) -> Option<(Dates, usize)> {
    let sign = |at: usize| tokens.get(at).filter(|t| t.glued && matches!(t.kind, Kind::Dash | Kind::Slash | Kind::Dot) && t.text.len() == 1);
    let glued = |at: usize| tokens.get(at).is_some_and(|t| t.glued);
    if let (Some(first), Some(second)) = (sign(i + 1), sign(i + 3)) {
        let whole = first.kind == second.kind && glued(i + 2) && glued(i + 4);
        return whole.then(|| in_any_order(tokens, [i, i + 2, i + 4])).flatten();
    }
    let year_first = day::number(tokens, i, 4..=4).is_some() && matches!(tokens.get(i + 1)?.kind, Kind::Month(_));
    let ordinal = usize::from(tokens.get(i + 3).is_some_and(day::is_ordinal_ending));
    let (dates, next) = in_any_order(tokens, [i, i + 1, i + 2]).filter(|_| year_first && !day::is_clock_ahead(tokens, i + 3))?;
    Some((dates, next + ordinal))
}

fn in_any_order(tokens: &[Token], places: [usize; 3]) -> Option<(Dates, usize)> {
    let month = places.iter().find_map(|&at| match tokens.get(at)?.kind {
        Kind::Month(month) => Some(month),
        _ => None,
    })?;
    let year = places.iter().find_map(|&at| day::number(tokens, at, 4..=4)).and_then(day::year_value)?;
    let day = places.iter().find_map(|&at| day::number(tokens, at, 1..=2))?;
    day::is_day(Some(year), month, day).then(|| (day::single(Some(year), month, Some(day), None), places[2] + 1))
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn check(text: &str, expected: Option<(i32, u32, u32)>) {
        let got = date(&tokens(text), 0).map(|(d, _)| (d.list[0].year.unwrap(), d.list[0].month, d.list[0].day.unwrap()));
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn a_named_month_makes_every_order_plain() {
        for text in ["2027/23/Sep", "2027-Sep-23", "September-2027-23", "23-2027-September", "2027 September 23", "2027 Sept 23rd"] {
            check(text, Some((2027, 9, 23)));
        }
    }

    #[test]
    fn what_has_no_day_or_no_year_is_none() {
        for text in ["2027 May 4pm", "2027 May 4.30", "2027-05-04", "May-2027", "31-2027-June", "2027/Sep 23", "12 May 4"] {
            check(text, None);
        }
    }
}
