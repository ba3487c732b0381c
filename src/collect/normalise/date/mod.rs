//! Dates and times in running text: a tokenizer, a small grammar over tokens, and a judge of what each mention is for.
//!
//! Never invents a time of day, never reads a clock, never panics, and looks at each token a bounded number of times.

#[cfg(test)]
mod cases;
mod choose;
mod clock;
#[cfg(test)]
mod clock_tests;
mod day;
mod draft;
mod length;
mod mention;
mod mixed;
mod month;
mod offset;
#[cfg(test)]
mod phrases;
#[cfg(test)]
mod properties;
mod recur;
mod relative;
mod role;
mod run;
mod scan;
mod spoken;
#[cfg(test)]
mod tests;
mod time;
pub(super) mod token;
mod weekdays;
mod year;

use std::ops::Range;

pub use choose::{Chosen, choose};
pub use mention::Mention;
pub use role::Role;
pub use time::{TimeOfDay, times};

use crate::domain::Reading;

/// Byte spans of date mentions in order: a day with its month, a numeric or ISO date, or a month with its year.
#[must_use]
pub fn spans(text: &str) -> Vec<Range<usize>> {
    let tokens = token::tokens(text);
    let mut out = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match day::dates(&tokens, i, true) {
            Some((dates, next)) => {
                if dates.list.iter().any(|d| d.day.is_some() || d.year.is_some()) {
                    out.push(tokens[i].start..tokens[next - 1].end());
                }
                i = next;
            }
            None => i += 1,
        }
    }
    out
}

/// Every date of the text in order, with its times, its sittings and what it is for. British or American order and the zone as `reading` says.
#[must_use]
pub fn read(text: &str, reading: &Reading) -> Vec<Mention> {
    let tokens = token::tokens(text);
    let today = reading.now.with_timezone(&reading.zone).date_naive();
    let items = scan::items(&tokens, reading.day_first, today);
    draft::drafts(&tokens, &items).iter().filter_map(|draft| mention::mention(&tokens, draft, today, reading.zone)).collect()
}

#[cfg(test)]
mod span_tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(spans(text).into_iter().map(|s| &text[s]).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn mentions_of_dates_are_found_whole() {
        check("Join us Tues 5 May, 5.30-7pm in Hull", &["Tues 5 May"]);
        check("16/17 May 2027 and the 22nd February", &["16/17 May 2027 and the 22nd February"]);
        check("13–14 May 2027, Stockport", &["13–14 May 2027"]);
        check("29 April - 2 May; 26 Feb, 5 Mar, 12 Mar", &["29 April - 2 May", "26 Feb, 5 Mar, 12 Mar"]);
        check("Sat 8–Sun 9 May. 1, 8 and 15 June, 6–7.15pm", &["Sat 8–Sun 9 May", "1, 8 and 15 June"]);
        check("May 5, 2027; Friday, June 7th at 6:30 p.m.", &["May 5, 2027", "Friday, June 7th"]);
        check("2027-05-04T10:00 or 04/05/2027, Thurs 18/3", &["2027-05-04", "04/05/2027, Thurs 18/3"]);
        check("Starts February 2027", &["February 2027"]);
        check("Wednesday 20 January 1.15–3.45pm", &["Wednesday 20 January"]);
        check("From 10.30, 18 March", &["18 March"]);
    }

    #[test]
    fn what_is_not_a_date_is_left_alone() {
        for text in [
            "Marketing, Decolonising, Augmented, you may 20 people sat in the sun",
            "open 24/7, 50/50, version 1.2.3.4, Room 4",
            "£12.50 or £5/£8",
            "in January",
            "a.example/2027-05-04-x",
            "We march 4 times. 20 may attend",
            "Feb 30",
        ] {
            check(text, &[]);
        }
    }
}
