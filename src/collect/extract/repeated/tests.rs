//! Listing pages of invented providers and the records in them.

use super::*;
use crate::collect::html;

fn show(source: &str) -> Vec<String> {
    let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
    let base = Url::parse("https://museum.example/events").unwrap();
    let events = read(&html::parse(source).html, Some(&base), &reading, &mut Vec::new());
    let or = |o: &Option<String>| o.clone().unwrap_or_default().replace('\n', " / ");
    events.iter().map(|e| format!("{} | {} | {} | {}", e.title, or(&e.date_words), or(&e.place.words), or(&e.url))).collect()
}

#[test]
fn cards_are_events() {
    let page = "<nav><a href=/>Home</a><a href=/2>4 May 2027</a></nav><h1>Training</h1><div class=list>\
        <div class='card card-1'><h3><a href=/e/1>Pests and moulds</a></h3><p>4 May 2027</p><p>10am to 1pm</p><p class=location>Hull</p></div>\
        <div class='card card-2'><h3><a href=/e/2>Grant writing</a></h3><p>5 May 2027, 2pm</p><p class=location>Online</p></div></div><footer>Updated 1 May 2027</footer>";
    assert_eq!(
        show(page),
        [
            "Pests and moulds | 4 May 2027 / 10am to 1pm | Hull | https://museum.example/e/1",
            "Grant writing | 5 May 2027, 2pm | Online | https://museum.example/e/2"
        ]
    );
}

#[test]
fn table_rows_are_events() {
    let page = "<h1>Courses</h1><table><tr><th>Date<th>Course<th>Place</tr><tr><td>4 May 2027<td>Pests and moulds<td>Hull</tr><tr><td>5 May 2027<td>Grant writing<td>Leeds</tr></table>";
    assert_eq!(show(page), ["Pests and moulds | 4 May 2027 | Hull | ", "Grant writing | 5 May 2027 | Leeds | "]);
}

#[test]
fn headings_with_what_follows_are_events() {
    let page = "<h2>Pests and moulds</h2><p>4 May 2027</p><p>Where: Hull</p><h2>Grant writing</h2><p>5 May 2027</p>";
    assert_eq!(show(page), ["Pests and moulds | 4 May 2027 | Hull | ", "Grant writing | 5 May 2027 |  | "]);
}

#[test]
fn bare_dates_are_called_by_their_heading() {
    let page = "<h2>Trustee network meetings</h2><p>4 May 2027<br>1 June 2027<br>6 July 2027</p>";
    assert_eq!(show(page).len(), 3);
    assert!(show(page)[0].starts_with("Trustee network meetings | 4 May 2027"));
}

#[test]
fn posts_and_navigation_are_no_events() {
    let posts =
        "<article><h2>New staff</h2><p>Posted on 4 May 2027</p></article><article><h2>New roof</h2><time class=published>5 May 2027</time></article>";
    assert!(show(posts).is_empty());
}

#[test]
fn a_page_about_one_event_is_one_event() {
    let page = "<h1>Pests and moulds</h1><p>Join us on 4 May 2027 from 10am.</p><p>Location: Town Hall, Hull</p>";
    assert_eq!(show(page), ["Pests and moulds | Join us on 4 May 2027 from 10am. | Town Hall, Hull | https://museum.example/events"]);
}
