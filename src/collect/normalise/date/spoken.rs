//! Times of day in words: "half past six", "quarter to seven", "six o'clock", "seven pm". Gives hour and minute; the clock judges the half of the day.

use super::token::{Kind, Token};

/// A time in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    /// On the clock's face, 1..=12.
    pub hour: u32,
    pub minute: u32,
    /// It can be nothing else; "half nine" and the "ten" of "ten till three" can.
    pub plain: bool,
}

/// The time said at token `i`, and the index after the last token used.
pub(super) fn time(tokens: &[Token], i: usize) -> Option<(Said, usize)> {
    past_or_to(tokens, i).or_else(|| whole_hour(tokens, i)).or_else(|| half_or_bare(tokens, i))
}

fn past_or_to(tokens: &[Token], i: usize) -> Option<(Said, usize)> {
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
        return Some((Said { hour, minute, plain: true }, i + 3));
    }
    // "ten to four" is as often a range of hours.
    (side.is("to") && token.is("quarter")).then(|| (Said { hour: if hour == 1 { 12 } else { hour - 1 }, minute: 60 - minute, plain: true }, i + 3))
}

fn whole_hour(tokens: &[Token], i: usize) -> Option<(Said, usize)> {
    let hour = word(tokens.get(i)?)?;
    let after = tokens.get(i + 1)?;
    // "Am" behind "one" is more often a verb.
    let half =
        after.is_any(&["pm", "p"]) || after.is_any(&["am", "a"]) && hour != 1 && (after.is("am") || tokens.get(i + 2).is_some_and(|t| t.text == "."));
    let dotted = !after.is_any(&["a", "p"]) || tokens.get(i + 2).is_some_and(|t| t.glued && t.text == ".");
    let part = after.is("in")
        && tokens.get(i + 2).is_some_and(|t| t.is("the"))
        && tokens.get(i + 3).is_some_and(|t| t.is_any(&["morning", "afternoon", "evening"]));
    (part || after.is_any(&["o'clock", "o’clock", "oclock"]) || half && dotted).then_some((Said { hour, minute: 0, plain: true }, i + 1))
}

/// "half nine" is half past nine; a bare word counts on either side of "till".
fn half_or_bare(tokens: &[Token], i: usize) -> Option<(Said, usize)> {
    let token = tokens.get(i)?;
    let till = |at: Option<usize>| at.and_then(|at| tokens.get(at)).is_some_and(|t| t.is_any(&["till", "til", "until"]));
    if token.is("half") {
        let hour = word(tokens.get(i + 1)?)?;
        return Some((Said { hour, minute: 30, plain: false }, i + 2));
    }
    let hour = word(token)?;
    let quoted = tokens.get(i + 1).is_some_and(|t| t.kind == Kind::Apostrophe) && till(Some(i + 2));
    (till(Some(i + 1)) || quoted || till(i.checked_sub(1))).then_some((Said { hour, minute: 0, plain: false }, i + 1))
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
