//! Lengths of time: "90 min", "two hrs", "1½ hours", "1 hour 30 minutes", "an hour and a half". In minutes; judges no meaning.

use super::token::{Kind, Token};

const HOURS: &[&str] = &["hour", "hours", "hrs", "hr"];
const MINUTES: &[&str] = &["minute", "minutes", "mins", "min"];

/// Reads a length of five minutes to a day at token `i`.
pub(super) fn read(tokens: &[Token], i: usize) -> Option<(u32, usize)> {
    if i > 0 && tokens.get(i)?.glued && matches!(tokens[i - 1].kind, Kind::Dot | Kind::Money | Kind::Dash) {
        return None;
    }
    let (minutes, to) = half_an_hour(tokens, i).or_else(|| counted(tokens, i))?;
    (5..=1440).contains(&minutes).then_some((minutes, to))
}

/// "half an hour", "three quarters of an hour".
fn half_an_hour(tokens: &[Token], i: usize) -> Option<(u32, usize)> {
    let is = |at: usize, word: &str| tokens.get(i + at).is_some_and(|t| t.is(word));
    if is(0, "half") && is(1, "an") && is(2, "hour") {
        return Some((30, i + 3));
    }
    (is(0, "three") && is(1, "quarters") && is(2, "of") && is(3, "an") && is(4, "hour")).then_some((45, i + 5))
}

fn counted(tokens: &[Token], i: usize) -> Option<(u32, usize)> {
    let (whole, mut at) = whole(tokens, i)?;
    let part = part(tokens, at);
    at = part.map_or(at, |(_, next)| next);
    at += usize::from(tokens.get(at).is_some_and(|t| t.kind == Kind::Dash && t.text == "-"));
    let unit = tokens.get(at)?;
    if unit.is_any(MINUTES) {
        return part.is_none().then_some((whole, at + 1));
    }
    if !unit.is_any(HOURS) {
        return None;
    }
    let minutes = whole.checked_mul(60)? + part.map_or(0, |(hundredths, _)| hundredths * 60 / 100);
    let (more, to) = rest(tokens, at + 1);
    Some((minutes + more, to))
}

/// A number, or a word for one.
fn whole(tokens: &[Token], i: usize) -> Option<(u32, usize)> {
    const WORDS: &[(&str, u32)] = &[
        ("a", 1),
        ("an", 1),
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("twenty", 20),
        ("thirty", 30),
        ("forty", 40),
        ("sixty", 60),
        ("ninety", 90),
    ];
    let token = tokens.get(i)?;
    let n = match token.kind {
        Kind::Number(n) if token.text.len() <= 3 => n,
        _ => WORDS.iter().find(|(w, _)| token.is(w))?.1,
    };
    Some((n, i + 1))
}

/// ".5", "½", "and a half" behind a number, in hundredths.
fn part(tokens: &[Token], i: usize) -> Option<(u32, usize)> {
    let token = tokens.get(i)?;
    let sign = match token.text {
        "½" => Some(50),
        "¼" => Some(25),
        "¾" => Some(75),
        _ => None,
    };
    if let Some(hundredths) = sign {
        return Some((hundredths, i + 1));
    }
    if token.kind == Kind::And && tokens.get(i + 1)?.is("a") && tokens.get(i + 2)?.is("half") {
        return Some((50, i + 3));
    }
    match tokens.get(i + 1)?.kind {
        Kind::Number(n @ (5 | 25 | 75)) if token.kind == Kind::Dot && token.glued && tokens[i + 1].glued => {
            Some((if n == 5 { 50 } else { n }, i + 2))
        }
        _ => None,
    }
}

/// "30 minutes" or "and a half" behind the hours.
fn rest(tokens: &[Token], i: usize) -> (u32, usize) {
    if let Some((hundredths, to)) = part(tokens, i).filter(|_| tokens[i].kind == Kind::And) {
        return (hundredths * 60 / 100, to);
    }
    let at = i + usize::from(tokens.get(i).is_some_and(|t| matches!(t.kind, Kind::And | Kind::Comma)));
    match tokens.get(at).map(|t| t.kind) {
        Some(Kind::Number(n @ 5..=55)) if tokens.get(at + 1).is_some_and(|t| t.is_any(MINUTES)) => (n, at + 2),
        _ => (0, i),
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn check(text: &str, expected: Option<u32>) {
        assert_eq!(read(&tokens(text), 0).map(|(minutes, _)| minutes), expected, "{text}");
    }

    #[test]
    fn lengths_are_minutes() {
        check("90 min", Some(90));
        check("two hrs", Some(120));
        check("1.5 hours", Some(90));
        check("1½ hours", Some(90));
        check("2 ½ hours", Some(150));
        check("1 hour 30 minutes", Some(90));
        check("1 hour and 15 mins", Some(75));
        check("an hour and a half", Some(90));
        check("one and a half hours", Some(90));
        check("half an hour", Some(30));
        check("45-minute", Some(45));
    }

    #[test]
    fn other_counts_are_none() {
        for text in ["3 people", "an artist", "2 minutes", "100 hours", "half past six", "1.30 hours"] {
            check(text, None);
        }
    }
}
