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
fn a_title_may_end_as_half_a_phrase_does() {
    let page = "<h1>Training</h1><ul><li><h3><a href=/1>Pests in store: what to look for</a></h3><p>Online, by Zoom</p><p>4 May 2027, 10am</p>\
        <li><h3><a href=/2>Grant writing</a></h3><p>Hull</p><p>5 May 2027, 2pm</p></ul>";
    assert!(show(page)[0].starts_with("Pests in store: what to look for | "), "{:?}", show(page));
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
    assert!(show(page)[0].starts_with("Trustee network meeting | 4 May 2027"));
}

#[test]
fn a_habit_said_once_is_the_time_of_the_dates_below_it() {
    let page = "<p>The steering committee meets at 9:30 am on first Tuesdays.</p><ul><li>Steering 4 May 2027<li>Steering 1 June 2027</ul>\
        <p>Skills workshops are held at 2pm</p><ul><li>Skills 5 May 2027<li>Skills 2 June 2027, 6pm</ul>";
    let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
    let events = read(&html::parse(page).html, None, &reading, &mut Vec::new());
    let said: Vec<bool> = events.iter().map(|e| e.context.time.is_some()).collect();
    assert_eq!(said, [true, true, true, false]);
    for (event, time) in events.iter().zip(["9:30", "9:30", "2pm"]) {
        assert!(event.context.time.as_ref().is_some_and(|t| t.words.contains(time)), "{:?}", event.context.time);
    }
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

fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().concat()
}

fn lines(source: &str) -> Vec<String> {
    show(source).iter().map(|l| l.splitn(3, " | ").take(2).collect::<Vec<_>>().join(" | ")).collect()
}

#[test]
fn many_workshops_on_one_page_without_a_year() {
    let page = "<h1>Skills for museums</h1><div><h3>Documentation basics</h3><p>Thursday 20 February, 10am - 4pm</p><p>An introduction for beginners.</p>\
        <h3>Pest management</h3><p>Tuesday 4 March, 10am - 1pm</p><p>With a walk through the stores.</p>\
        <h3>Writing labels</h3><p>Wednesday 12 March, 2pm - 4pm</p><p>Bring a label.</p></div>";
    assert_eq!(
        lines(page),
        [
            "Documentation basics | Thursday 20 February, 10am - 4pm",
            "Pest management | Tuesday 4 March, 10am - 1pm",
            "Writing labels | Wednesday 12 March, 2pm - 4pm"
        ]
    );
}

#[test]
fn one_course_with_two_cohorts_is_named_by_its_page() {
    let page = "<h1>Learning in museums course</h1><p>A course in three blocks.</p><ul><li>Manchester: 24 April 2027, 22 May 2027</li><li>London: 9 October 2027, 6 November 2027</li></ul>";
    let found = lines(page);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|l| l.contains("Manchester") || l.contains("London") || l.contains("Learning in museums")), "{found:?}");
}

#[test]
fn rows_are_called_by_the_body_that_meets_and_not_by_their_papers() {
    let page = "<title>Dates - Harbour Trust</title><h1>Harbour Trust</h1><p>The Heritage Learning Network meets at 10am.</p><h3>2027 meeting dates</h3>\
        <ul><li>4 May 2027 <a href=/a.pdf>Agenda</a> <a href=/n.pdf>Slides on moulds</a></li><li>1 June 2027 <a href=/b.pdf>Agenda</a></li><li>6 July 2027</li></ul>";
    for line in lines(page) {
        assert!(line.starts_with("Harbour Trust"), "{line}");
    }
    assert_eq!(lines(page).len(), 3);
}

#[test]
fn the_panes_of_tabs_keep_their_own_names() {
    let page = "<h1>Committees</h1><a class=tab-title>Finance Committee</a><div role=tabpanel style='display:none'><table><tr><th>Date<th>Time</tr>\
        <tr><td>4 May 2027<td>2pm</tr><tr><td>1 June 2027<td>2pm</tr></table></div>\
        <h3 class=accordion-title>Access Network</h3><div class=accordion-panel hidden><table><tr><th>Date<th>Time</tr>\
        <tr><td>4 May 2027<td>5pm</tr><tr><td>1 June 2027<td>5pm</tr></table></div>";
    let found = lines(page);
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found.iter().filter(|l| l.contains("Access Network")).count(), 2, "{found:?}");
}

#[test]
fn bare_days_stand_under_their_month() {
    let page = "<h1>Makers' Network 2027</h1><table><tr><td>JAN.</td><td>07</td><td>21 - Agenda</td></tr><tr><td>FEB.</td><td>04</td><td>18</td></tr></table>";
    let found = lines(page);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found[1].ends_with("21 january 2027"), "{found:?}");
}

#[test]
fn a_small_list_to_come_stands_beside_a_long_list_gone_by() {
    let past = many(20, |n| format!("<p>Board meeting {}.03.2026 <a href=/{n}.pdf>Minutes</a></p>", n + 1));
    let page = format!("<h1>Board</h1><h2>Next meetings<br>4-2-27 – 10:00 a.m.<br>5-5-27 – 10:00 a.m.</h2><h2>Meetings and agendas</h2>{past}");
    assert_eq!(lines(&page).len(), 22);
}

#[test]
fn a_long_archive_of_bare_dates_is_left_out_with_a_note() {
    let old = many(60, |n| format!("<li>{} March {}</li>", n % 28 + 1, 2010 + n / 6));
    let page =
        format!("<h1>Harbour Network</h1><h2>Dates to come</h2><ul><li>4 May 2027<li>1 June 2027<li>6 July 2027</ul><h2>Archive</h2><ol>{old}</ol>");
    let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
    let mut notes = Vec::new();
    let events = read(&html::parse(&page).html, None, &reading, &mut notes);
    assert_eq!((events.len(), notes.len()), (3, 1), "{notes:?}");
    let all_past = format!("<h1>Harbour Network</h1><ol>{old}</ol>");
    assert_eq!(read(&html::parse(&all_past).html, None, &reading, &mut Vec::new()).len(), 60, "past events are told where they are all there is");
}

#[test]
fn jobs_and_news_are_no_events() {
    let jobs = "<h1>Jobs</h1><ul><li><a href=/1>Learning officer</a> Closing date: 4 May 2027</li><li><a href=/2>Archivist</a> Closing date: 5 May 2027</li><li><a href=/3>Registrar</a> Closing date: 6 May 2027</li></ul>";
    assert!(show(jobs).is_empty(), "{:?}", show(jobs));
    let news = "<h1>Latest</h1><div class=news-item><h3><a href=/n/1>New roof opens</a></h3><p>4 May 2026</p></div><div class=news-item><h3><a href=/n/2>New staff</a></h3><p>1 June 2026</p></div>\
        <div class=news-item><h3><a href=/n/3>Funding won</a></h3><p>9 June 2026</p></div>";
    assert!(show(news).is_empty(), "{:?}", show(news));
}

#[test]
fn a_row_whose_date_ends_something_is_no_event() {
    let page = "<h1>Trustees</h1><table><tr><td>Name<td>Term ends</tr><tr><td>A. Trustee<td>31 August 2027</tr><tr><td>B. Trustee<td>31 August 2028</tr><tr><td>C. Trustee<td>31 August 2029</tr></table>";
    assert!(show(page).is_empty(), "{:?}", show(page));
}

#[test]
fn an_event_s_own_page_is_one_event_although_others_are_listed() {
    let page = "<title>Pests and moulds | Museum</title><nav>Events</nav><h1>Pests and moulds</h1><p><b>When:</b> 4 May 2027 from 10am to 1pm</p><p>About pests.</p>\
        <h3>More events</h3><ul><li><a href=/events/2>Choir</a> 5 May 2027</li><li><a href=/events/3>Market</a> 6 May 2027</li><li><a href=/events/4>Fair</a> 7 May 2027</li></ul>";
    let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
    let here = Url::parse("https://museum.example/events/pests-and-moulds").unwrap();
    let events = read(&html::parse(page).html, Some(&here), &reading, &mut Vec::new());
    assert_eq!(events.iter().map(|e| e.title.as_str()).collect::<Vec<_>>(), ["Pests and moulds"]);
}

#[test]
fn hostile_pages_end_soon() {
    let rows = many(3_000, |n| format!("<tr><td>{} May 2027</td><td>Course {n}</td></tr>", n % 28 + 1));
    let broken = many(3_000, |n| format!("{} May 2027 Course {n}<br>", n % 28 + 1));
    let nested = format!("{}4 May 2027{}", "<div><b>".repeat(5_000), "</b></div>".repeat(5_000));
    for page in [format!("<table>{rows}</table>"), format!("<p>{broken}</p>"), nested] {
        show(&page);
    }
}

#[test]
fn dates_in_a_wrapper_with_line_breaks_keep_the_heading_right_above_them() {
    let page = "<h1>About us</h1><div>Welcome<br>to the guild<div><h3>Skills network</h3><p>4 May 2027<br>1 June 2027<br>6 July 2027</p></div></div>";
    let found = lines(page);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|l| l.contains("Skills network")), "{found:?}");
}

#[test]
fn a_year_in_a_long_label_is_that_of_the_dates_below_it() {
    let label = "Instructions for speakers, with addresses and what to bring to the 2028 meetings:";
    let page = format!("<h1>Skills network 2027</h1><p><strong>{label}</strong></p><ul><li>4 May<li>1 June<li>6 July</ul>");
    assert!(lines(&page).iter().all(|l| l.ends_with("2028")), "{:?}", lines(&page));
}

#[test]
fn the_time_is_that_of_its_column_and_the_date_the_first() {
    let page = "<h1>Courses</h1><table><tr><th>Course<th>Date<th>Changed<th>Time</tr><tr><td>Pests and moulds<td>4 May 2027<td>1 March 2027<td>10am</tr>\
        <tr><td>Grant writing<td>5 May 2027<td>2 March 2027<td>2pm</tr></table>";
    assert_eq!(lines(page), ["Pests and moulds | 4 May 2027 / 10am", "Grant writing | 5 May 2027 / 2pm"]);
}

#[test]
fn dates_in_a_choice_are_of_the_body_that_the_page_is_about() {
    let page = "<title>Harbour Planning Commission</title><p>The Board of Harbour Pilots is a body of five members.</p><b>Photographs</b>: from the meetings\
        <select><option>4 May 2027<option>1 June 2027<option>6 July 2027<option>3 August 2027<option>7 September 2027</select>";
    let found = lines(page);
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found.iter().all(|l| l.starts_with("Board of Harbour Pilots")), "{found:?}");
}

#[test]
fn a_board_in_small_letters_or_a_sentence_over_the_list_says_who_meets() {
    let list = "<h2>2027 meetings</h2><ul><li>4 May 2027<li>1 June 2027<li>6 July 2027</ul>";
    let page = format!("<h1>Harbour Trust</h1><p>The trust has a board of trustees.</p>{list}");
    assert!(lines(&page).iter().all(|l| l.starts_with("Harbour Trust: Board of Trustees")), "{:?}", lines(&page));
    let page =
        format!("<h1>Quarter</h1><p>Committee, committee, committee.</p><h2>2027 meetings</h2><p>Commission meetings are held at noon.</p>{list}");
    assert!(lines(&page).iter().all(|l| l.starts_with("Quarter: Commission meeting")), "{:?}", lines(&page));
}

#[test]
fn the_deadline_of_a_programme_is_no_session_of_it() {
    let page = "<title>Leading museums</title><h1>Leading museums: a programme for heads of learning</h1><p>Apply by 12 March 2027, 5pm.</p>\
        <h2>Sessions</h2><ul><li>Session 1: Purpose, 13 April 2027, 10am - 4pm</li><li>Session 2: People, 11 May 2027, 10am - 4pm</li>\
        <li>Session 3: Money, 8 June 2027, 10am - 4pm</li></ul><p>Application deadline: 12 March 2027</p>";
    let found = lines(page);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|l| !l.contains("March")), "{found:?}");
}

#[test]
fn prose_with_the_last_and_the_next_dates_is_read() {
    let page = "<h1>Museum educators' meetup</h1><p>We meet each term to share practice.</p>\
        <p>Our last meetup was held on 4 February 2026 at the Weir Mill.</p><p>The next meetup takes place on Tuesday 4 May 2027 at 2pm.</p>";
    assert_eq!(lines(page), ["Museum educators' meetup | The next meetup takes place on Tuesday 4 May 2027 at 2pm."]);
}

#[test]
fn each_cohort_of_a_course_is_one_event_with_its_three_blocks() {
    let page = "<h1>Learning in museums course</h1><h2>Cohort 1: Manchester</h2><ul><li>Block 1: 24 April 2027</li><li>Block 2: 22 May 2027</li><li>Block 3: 19 June 2027</li></ul>\
        <h2>Cohort 2: London</h2><ul><li>Block 1: 9 October 2027</li><li>Block 2: 6 November 2027</li><li>Block 3: 4 December 2027</li></ul>";
    assert_eq!(show(page).len(), 2, "{:?}", show(page));
    for (event, expected) in show(page).iter().zip([
        "Learning in museums course: Cohort 1: Manchester | Block 1: 24 April 2027 / Block 2: 22 May 2027 / Block 3: 19 June 2027",
        "Learning in museums course: Cohort 2: London | Block 1: 9 October 2027 / Block 2: 6 November 2027 / Block 3: 4 December 2027",
    ]) {
        assert!(event.starts_with(expected), "{event}");
    }
}
