//! Months without a day: "March 2027", "Sept '27", "end of January", "Jan-Feb 2027". They stay months.

use super::day::{self, Dates};
use super::token::{Kind, Token};

/// "March 2027", "Sept '27", or a month alone after a word that asks for one: "end of January", "in May".
pub(super) fn only(tokens: &[Token], i: usize) -> Option<(Dates, usize)> {
    let token = tokens.get(i)?;
    if let Some(month) = day::number(tokens, i, 1..=2).filter(|m| (1..=12).contains(m)) {
        let year = day::number(tokens, i + 2, 4..=4).filter(|n| (1900..=2199).contains(n)).and_then(day::year_value)?;
        let plain = tokens[i + 1].kind == Kind::Slash && tokens[i + 1].glued && tokens[i + 2].glued;
        let before = token.glued && i > 0 && matches!(tokens[i - 1].kind, Kind::Slash | Kind::Dash | Kind::Dot);
        return (plain && !before).then(|| (day::single(Some(year), month, None, None), i + 3));
    }
    let (month, next) = day::month_word(tokens, i)?;
    if is_of_impossible_day(tokens, i) {
        return None;
    }
    if let Some((year, next)) = day::year(tokens, next) {
        return (!day::is_verb(token) || token.text.len() > 5).then(|| (day::single(Some(year), month, None, None), next));
    }
    (is_asked_for(tokens, i) && token.is_capital()).then(|| (day::single(None, month, None, None), next))
}

/// "31 June 2027" is no day, and so no month either.
fn is_of_impossible_day(tokens: &[Token], month: usize) -> bool {
    let light =
        |t: &Token| day::is_ordinal_ending(t) || t.is_any(&["of", "day"]) || t.glued && matches!(t.kind, Kind::Dash | Kind::Slash | Kind::Dot);
    let before = tokens[month.saturating_sub(4)..month].iter().rposition(|t| !light(t)).map(|at| at + month.saturating_sub(4));
    before.and_then(|at| day::number(tokens, at, 2..=2)).is_some_and(|n| (29..=39).contains(&n))
}

/// "January (date TBC)".
fn is_to_be_confirmed(tokens: &[Token], i: usize) -> bool {
    let light = |t: &Token| t.text == "(" || t.kind == Kind::Dash || t.kind == Kind::Comma || t.is_any(&["date", "dates", "day", "exact"]);
    tokens.iter().skip(i).take(5).find(|t| !light(t)).is_some_and(|t| t.is_any(&["tbc", "tba"]))
}

fn is_asked_for(tokens: &[Token], i: usize) -> bool {
    #[rustfmt::skip]
    const ASKING: &[&str] = &[
        "in", "of", "from", "during", "early", "mid", "late", "this", "next", "between", "by", "before", "starting", "starts",
    ];
    let range_start = tokens.get(i + 1).is_some_and(|t| t.kind == Kind::Dash) && matches!(tokens.get(i + 2).map(|t| t.kind), Some(Kind::Month(_)));
    let slashed = |at: usize| matches!(tokens.get(at).map(|t| t.kind), Some(Kind::Month(_)));
    let range_start = range_start
        || tokens.get(i + 1).is_some_and(|t| t.kind == Kind::Slash) && slashed(i + 2)
        || i >= 2 && tokens[i - 1].kind == Kind::Slash && slashed(i - 2)
        || is_to_be_confirmed(tokens, i + 1);
    let Some(before) = i.checked_sub(1).map(|b| &tokens[b]) else { return range_start };
    let range_end = before.kind == Kind::Dash || before.kind == Kind::And && i >= 2 && matches!(tokens[i - 2].kind, Kind::Month(_));
    before.is_any(ASKING) || range_end || range_start
}
