//! Sittings counted from their first day: "6 Wednesdays from 13 Jan", "weekly for six weeks from 13 January".
//!
//! Only where both the count and the step are stated and nothing is said to be left out; otherwise nobody knows the last day.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::token::{Kind, Token};

/// The most sittings that one phrase counts.
const MOST: u32 = 30;
/// The tokens looked at on either side of the date.
const REACH: usize = 14;

/// So many sittings, a fixed number of days apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    count: u32,
    /// Days from one to the next.
    step: u64,
    /// The weekday named, with which the first day must agree.
    weekday: Option<Weekday>,
}

impl Run {
    /// Every day from `first` on; none when `first` is not of the weekday named.
    pub(super) fn days(&self, first: NaiveDate) -> Vec<NaiveDate> {
        if self.weekday.is_some_and(|w| w != first.weekday()) {
            return Vec::new();
        }
        (0..u64::from(self.count)).filter_map(|n| first.checked_add_days(Days::new(n * self.step))).collect()
    }
}

/// Reads the count and the step around the date at tokens `from..to`; `floor` is the end of what stands before it.
pub(super) fn read(tokens: &[Token], floor: usize, from: usize, to: usize) -> Option<Run> {
    let least = from.saturating_sub(REACH).max(floor.min(from));
    let lo = tokens[least..from].iter().rposition(ends).map_or(least, |at| least + at + 1);
    let hi = tokens[to..].iter().take(REACH).position(ends).map_or(tokens.len().min(to + REACH), |at| to + at);
    let (before, after) = (&tokens[lo..from], &tokens[to..hi]);
    let begins = before.iter().rev().take(4).any(|t| t.is_any(&["from", "starting", "starts", "beginning", "commencing", "begins"]));
    let left_out = |t: &Token| t.is_any(&["except", "excluding", "excl", "break", "half-term", "half", "apart", "not", "no", "skipping", "plus"]);
    if !begins || before.iter().chain(after).any(left_out) {
        return None;
    }
    counted(before).or_else(|| counted_apart(before, after))
}

fn ends(t: &Token) -> bool {
    t.kind == Kind::Newline || matches!(t.text, ";" | "!" | "?")
}

/// "6 Wednesdays", "six Wednesday evenings", "six weekly sessions", "four fortnightly meetings".
fn counted(words: &[Token]) -> Option<Run> {
    words.iter().enumerate().find_map(|(at, token)| {
        let count = number(token)?;
        let next = words.get(at + 1)?;
        let next = if next.is("consecutive") { words.get(at + 2)? } else { next };
        match next.kind {
            Kind::Weekday(weekday) => Some(Run { count, step: 7, weekday: Some(weekday) }),
            _ if next.is("weekly") => Some(Run { count, step: 7, weekday: None }),
            _ if next.is("fortnightly") => Some(Run { count, step: 14, weekday: None }),
            _ => None,
        }
    })
}

/// "weekly for six weeks from", "every Wednesday from ... for six weeks".
fn counted_apart(before: &[Token], after: &[Token]) -> Option<Run> {
    let all = || before.iter().chain(after);
    let weekday = before.iter().enumerate().find_map(|(at, t)| match t.kind {
        Kind::Weekday(day) if t.text.len() > 6 && t.text.ends_with('s') || at > 0 && before[at - 1].is_any(&["every", "each"]) => Some(day),
        _ => None,
    });
    let weekly = weekday.is_some() || all().any(|t| t.is_any(&["weekly", "consecutive"]));
    if !weekly || all().any(|t| t.is_any(&["fortnightly", "other", "monthly"])) {
        return None;
    }
    let weeks = |words: &[Token]| words.windows(2).find_map(|w| number(&w[0]).filter(|_| w[1].is_any(&["weeks", "weekly"])));
    let consecutive = |words: &[Token]| words.windows(3).find_map(|w| number(&w[0]).filter(|_| w[1].is("consecutive") && w[2].is("weeks")));
    let count = weeks(before).or_else(|| weeks(after)).or_else(|| consecutive(before)).or_else(|| consecutive(after))?;
    Some(Run { count, step: 7, weekday })
}

fn number(token: &Token) -> Option<u32> {
    const WORDS: &[&str] = &["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    match token.kind {
        Kind::Number(n) if (2..=MOST).contains(&n) => Some(n),
        _ => WORDS.iter().zip(2..).find(|(w, _)| token.is(w)).map(|(_, n)| n),
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    /// The last day, the date standing where `@` is; it is Wednesday 13 January 2027.
    fn check(text: &str, expected: &str) {
        let tokens = tokens(text);
        let at = tokens.iter().position(|t| t.text == "@").unwrap();
        let first = NaiveDate::from_ymd_opt(2027, 1, 13).unwrap();
        let last = read(&tokens, 0, at, at + 1).and_then(|run| run.days(first).last().map(ToString::to_string));
        assert_eq!(last.unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn a_count_and_a_step_give_the_last_day() {
        check("6 Wednesdays from @, 6-8pm", "2027-02-17");
        check("Six Wednesday evenings from @", "2027-02-17");
        check("Six weekly sessions starting @ at 7pm", "2027-02-17");
        check("four fortnightly meetings from @", "2027-02-24");
        check("weekly for six weeks from @", "2027-02-17");
        check("Every Wednesday from @ for six weeks", "2027-02-17");
        check("Wednesdays for 6 weeks, starting @", "2027-02-17");
    }

    #[test]
    fn where_either_is_missing_or_days_are_left_out_nothing_is() {
        for text in [
            "6 Wednesdays from @ excluding half term",
            "starts @ and runs for 8 weeks",
            "6 Thursdays from @",
            "monthly from @ for six weeks",
            "6 Wednesdays: @",
            "Six artists from @",
        ] {
            check(text, "");
        }
    }
}
