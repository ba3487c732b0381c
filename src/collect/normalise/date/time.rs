//! Times of day that stand without a date: "All sessions begin at 6pm". What they hold for is the caller's to judge.

use std::ops::Range;

use chrono::NaiveTime;

use super::clock::{self, Sureness};
use super::token::{self, Token};
use super::{day, role};

/// A time of day, perhaps with an end, and the bytes it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeOfDay {
    pub span: Range<usize>,
    pub start: NaiveTime,
    pub end: Option<NaiveTime>,
}

/// The times of day of a text in order; not the times of doors, lunch or registration, and no figure that only may be a time.
#[must_use]
pub fn times(text: &str) -> Vec<TimeOfDay> {
    let tokens = token::tokens(text);
    let mut out = Vec::new();
    let mut i = 0;
    let mut floor = 0;
    while i < tokens.len() {
        if let Some((_, next)) = day::dates(&tokens, i, true) {
            (i, floor) = (next, next);
            continue;
        }
        let Some((found, next)) = clock::times(&tokens, i).filter(|(t, _)| t.sure == Sureness::Sure || is_announced(&tokens, i, t.sure)) else {
            i += 1;
            continue;
        };
        if role::of_time(&tokens, floor, i) != role::TimeRole::Aside {
            out.push(TimeOfDay { span: tokens[i].start..tokens[next - 1].end(), start: found.start, end: found.end });
        }
        (i, floor) = (next, next);
    }
    out
}

/// "at 10.30", "from 10–4".
fn is_announced(tokens: &[Token], i: usize, sure: Sureness) -> bool {
    sure == Sureness::Likely && i.checked_sub(1).is_some_and(|b| tokens[b].is_any(&["at", "from", "@", "begins", "starts"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let show = |t: &TimeOfDay| {
            let end = t.end.map(|e| e.format("-%H:%M").to_string()).unwrap_or_default();
            format!("{}={}{end}", &text[t.span.clone()], t.start.format("%H:%M"))
        };
        assert_eq!(times(text).iter().map(show).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn times_without_a_date_are_found() {
        check("All sessions run from 10.30 to 12 noon.", &["10.30 to 12 noon=10:30-12:00"]);
        check("Meetings begin at 6:30 p.m. and end by 8 pm", &["6:30 p.m.=18:30", "8 pm=20:00"]);
        check("We meet @ 8:00 am in Room 514", &["8:00 am=08:00"]);
        check("noon", &["noon=12:00"]);
    }

    #[test]
    fn dates_doors_and_figures_are_none() {
        check("4.5.27, room 10.30, 12 people, doors 6pm", &[]);
    }
}
