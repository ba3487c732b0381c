//! What figures and words of the clock mean by themselves.

use chrono::NaiveTime;

use super::clock::times;
use super::token::tokens;

fn check(text: &str, expected: &str) {
    let tokens = tokens(text);
    let show = |t: NaiveTime| t.format("%H:%M").to_string();
    let got = times(&tokens, 0).map(|(t, _)| t.end.map_or_else(|| show(t.start), |e| format!("{}-{}", show(t.start), show(e))));
    assert_eq!(got.unwrap_or_default(), expected, "{text}");
}

#[test]
fn the_stated_half_of_the_day_decides_the_other() {
    check("5.30-7pm", "17:30-19:00");
    check("10am-1pm", "10:00-13:00");
    check("10-11.30", "10:00-11:30");
    check("11–12.30pm", "11:00-12:30");
    check("9.30am–1pm", "09:30-13:00");
    check("10am to 1", "10:00-13:00");
    check("2-4", "14:00-16:00");
    check("9–5", "09:00-17:00");
    check("9.45-12", "09:45-12:00");
    check("10.30-3.30", "10:30-15:30");
    check("12.30–1.30pm", "12:30-13:30");
    check("7-9", "19:00-21:00");
    check("7-3", "07:00-15:00");
    check("11PM to 1AM", "23:00-01:00");
    check("8pm-midnight", "20:00-00:00");
}

#[test]
fn twenty_four_hours_are_read_as_printed() {
    check("13.00–16.30", "13:00-16:30");
    check("09:30-11:00", "09:30-11:00");
    check("8:00-22:00", "08:00-22:00");
    check("1900-2100", "19:00-21:00");
    check("1900 hrs", "19:00");
    check("0930hrs", "09:30");
}

#[test]
fn words_and_other_forms() {
    check("noon", "12:00");
    check("12 noon - 2pm", "12:00-14:00");
    check("6:30 p.m.", "18:30");
    check("10.15 for 10.30", "10:30");
    check("5.30pm prompt - 7pm", "17:30-19:00");
    check("9 in the morning", "09:00");
    check("3p", "15:00");
    check("6 for 6.30pm", "18:30");
    check("10 'til 4", "10:00-16:00");
    check("half past six", "18:30");
    check("quarter to seven in the evening", "18:45");
    check("seven pm", "19:00");
    check("ten o'clock", "10:00");
    check("five to seven", "");
    check("half nine to half four", "09:30-16:30");
    check("ten till three", "10:00-15:00");
    check("10h-12h", "10:00-12:00");
    check("14h30-16h", "14:30-16:00");
    check("6 'til late", "18:00");
    check("2h", "14:00");
}

#[test]
fn figures_that_count_are_not_times() {
    for text in ["25", "10 people", "5%", "1.30m", "2027", "4.5", "90 mins"] {
        check(text, "");
    }
}
