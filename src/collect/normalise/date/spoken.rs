//! Times of day in words: "half past six", "quarter to seven", "six o'clock", "seven pm". Gives hour and minute; the clock judges the half of the day.

use super::token::{Kind, Token};

/// An hour of a clock face, the minute, and the index after the last token used.
pub(super) fn time(tokens: &[Token], i: usize) -> Option<(u32, u32, usize)> {
    past_or_to(tokens, i).or_else(|| whole_hour(tokens, i))
}

fn past_or_to(tokens: &[Token], i: usize) -> Option<(u32, u32, usize)> {
    let token = tokens.get(i)?;
    let minute = if token.is("half") {
        30
    } else if token.is("quarter") {
        15
    } else {
        [(5, "five"), (10, "ten"), (20, "twenty")].into_iter().find(|(n, word)| token.is(word) || token.kind == Kind::Number(*n))?.0
    };
    let side = tokens.get(i + 1)?;
    let hour = hour(tokens, i + 2)?;
    if side.is("past") {
        return Some((hour, minute, i + 3));
    }
    // "ten to four" is as often a range of hours.
    (side.is("to") && token.is("quarter")).then(|| (if hour == 1 { 12 } else { hour - 1 }, 60 - minute, i + 3))
}

fn whole_hour(tokens: &[Token], i: usize) -> Option<(u32, u32, usize)> {
    let hour = word(tokens.get(i)?)?;
    let after = tokens.get(i + 1)?;
    // "Am" behind "one" is more often a verb.
    let half =
        after.is_any(&["pm", "p"]) || after.is_any(&["am", "a"]) && hour != 1 && (after.is("am") || tokens.get(i + 2).is_some_and(|t| t.text == "."));
    let dotted = !after.is_any(&["a", "p"]) || tokens.get(i + 2).is_some_and(|t| t.glued && t.text == ".");
    (after.is_any(&["o'clock", "o’clock", "oclock"]) || half && dotted).then_some((hour, 0, i + 1))
}

fn hour(tokens: &[Token], i: usize) -> Option<u32> {
    let token = tokens.get(i)?;
    match token.kind {
        Kind::Number(n @ 1..=12) => Some(n),
        _ => word(token),
    }
}

fn word(token: &Token) -> Option<u32> {
    const HOURS: [&str; 12] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    HOURS.iter().position(|w| token.is(w)).and_then(|p| u32::try_from(p + 1).ok())
}
