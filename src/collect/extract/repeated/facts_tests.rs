//! Where and when the records of invented listing pages take place, by their own words and by those over them.

use super::*;
use crate::collect::html;

/// title | place | place over it | time over it
fn show(source: &str) -> Vec<String> {
    let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
    let base = Url::parse("https://museum.example/events").unwrap();
    let events = read(&html::parse(source).html, Some(&base), &reading, &mut Vec::new());
    let said = |s: &Option<crate::domain::Said>| s.as_ref().map(|s| s.words.replace('\n', " / ")).unwrap_or_default();
    let own = |e: &RawEvent| e.place.words.clone().unwrap_or_default().replace('\n', " / ");
    events.iter().map(|e| format!("{} | {} | {} | {}", e.title, own(e), said(&e.context.place), said(&e.context.time))).collect()
}

fn check(source: &str, expected: &[&str]) {
    assert_eq!(show(source), expected, "{source}");
}

const LIST: &str = "<ul><li>Pests and moulds 4 May 2027<li>Grant writing 5 May 2027<li>Oral history 6 May 2027</ul>";

fn all_with(place: &str, over: &str, time: &str) -> Vec<String> {
    ["Pests and moulds", "Grant writing", "Oral history"].iter().map(|t| format!("{t} | {place} | {over} | {time}")).collect()
}

#[test]
fn a_sentence_over_the_list_holds_for_its_records() {
    let page = format!("<h1>Training</h1><p>All sessions are held at Weir Mill, 12 Mill Street, Stockport, from 10am to 12 noon.</p>{LIST}");
    assert_eq!(show(&page), all_with("", "Weir Mill, 12 Mill Street, Stockport", "10am to 12 noon"));
    let page = format!("<h1>Training</h1>{LIST}<p>Unless otherwise stated, workshops take place in the Learning Studio, Town Hall.</p>");
    assert_eq!(show(&page), all_with("", "Learning Studio, Town Hall", ""));
}

#[test]
fn a_label_over_the_list_holds_for_its_records() {
    let page = format!("<h1>Training</h1><h2>Location</h2><p>Weir Mill, 12 Mill Street</p><p>Stockport SK1 1AA</p>{LIST}");
    assert_eq!(show(&page), all_with("", "Weir Mill, 12 Mill Street / Stockport SK1 1AA", ""));
}

#[test]
fn an_address_of_the_publisher_is_no_place_of_events() {
    let page = format!(
        "<h1>Training</h1>{LIST}<h2>Contact us</h2><p>Guild Office<br>12 Mill Street<br>Stockport SK1 1AA<br>Phone 0161 496 0000</p><p>Office hours 9am to 5pm</p>"
    );
    assert_eq!(show(&page), all_with("", "", ""));
    let page = format!("<h1>Training</h1>{LIST}<footer><p>All meetings are held at the Guild Office, 12 Mill Street.</p></footer>");
    assert_eq!(show(&page), all_with("", "", ""));
}

#[test]
fn a_time_or_place_said_of_one_date_is_not_that_of_others() {
    let page = format!("<h1>Training</h1><p>The next session is held on Tuesday 2 March 2027 at 2pm at Weir Mill.</p>{LIST}");
    assert!(show(&page).iter().filter(|e| !e.contains("session")).all(|e| e.ends_with(" |  |  | ")), "{:?}", show(&page));
}

#[test]
fn each_committee_has_its_own_habit() {
    let list = |who: &str| format!("<ul><li>{who} 4 May 2027<li>{who} 1 June 2027</ul>");
    let page = format!(
        "<p>The steering committee meets at 9:30 am at City Hall.</p>{}<p>The skills forum meets at 2pm at Weir Mill.</p>{}",
        list("Steering"),
        list("Skills")
    );
    check(
        &page,
        &["Steering |  | City Hall | 9:30 am", "Steering |  | City Hall | 9:30 am", "Skills |  | Weir Mill | 2pm", "Skills |  | Weir Mill | 2pm"],
    );
}

#[test]
fn a_record_states_its_own_place_in_many_ways() {
    let page = "<h1>Training</h1><ul>\
        <li><b>Pests and moulds</b><br>4 May 2027, 2pm<br>Weir Mill<br>12 Mill Street<br>Stockport SK1 1AA\
        <li><b>Grant writing</b><br>5 May 2027, 2pm at the Old Guildhall\
        <li><b>Oral history</b><br>6 May 2027<br>Central Library, Room 4\
        <li><b>Labels that work</b><br>7 May 2027<br>The session will be held in the Learning Studio, Town Hall.</ul>";
    check(
        page,
        &[
            "Pests and moulds | Weir Mill / 12 Mill Street / Stockport SK1 1AA |  | ",
            "Grant writing | Old Guildhall |  | ",
            "Oral history | Central Library, Room 4 |  | ",
            "Labels that work | Learning Studio, Town Hall |  | ",
        ],
    );
}

#[test]
fn a_column_that_asks_where_gives_the_place() {
    let page = "<h1>Courses</h1><table><tr><th>Date<th colspan=2>Course<th>Venue</tr>\
        <tr><td>4 May 2027<td>A<td>Pests and moulds<td>Weir Mill</tr><tr><td>5 May 2027<td>B<td>Grant writing<td>Town Hall, Hull</tr></table>";
    let places: Vec<String> = show(page).iter().map(|e| e.split(" | ").nth(1).unwrap_or_default().to_owned()).collect();
    assert_eq!(places, ["Weir Mill", "Town Hall, Hull"]);
}

#[test]
fn titles_and_papers_are_no_places() {
    let page = "<h1>Board</h1><ul><li>Library committee 4 May 2027<br>Agenda<br>Minutes<li>Museum friends day 5 May 2027<br>Agenda</ul>";
    assert!(show(page).iter().all(|e| e.ends_with(" |  |  | ")), "{:?}", show(page));
}

#[test]
fn of_several_rules_a_date_takes_the_time_of_its_own() {
    let page = "<h1>Networks</h1><table><tr><td>Access<br>2nd Thursday of every month<br>8:30 a.m.<td>Skills<br>3rd Tuesday of every month<br>2pm</tr></table>\
        <h2>2027 dates</h2><ul><li>Access meeting 13 May 2027<li>Skills meeting 18 May 2027<li>Access meeting 10 June 2027<li>Summer meeting 25 June 2027</ul>";
    let times: Vec<String> = show(page).iter().map(|e| e.rsplit(" | ").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(times, ["8:30 a.m.", "2pm", "8:30 a.m.", ""]);
}
