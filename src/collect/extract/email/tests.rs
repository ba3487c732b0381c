//! Newsletters of invented senders and the items they must split into.

use super::*;

fn show(message: &str) -> Vec<String> {
    let reading = Reading::british("2026-11-21T12:00:00Z".parse().unwrap());
    let events = read(message.replace('\n', "\r\n").as_bytes(), &reading, &mut Vec::new()).unwrap();
    let or = |o: &Option<String>| o.clone().unwrap_or_default();
    events.iter().map(|e| format!("{} | {} | {} | {}", e.title, or(&e.date_words), or(&e.url), or(&e.provider))).collect()
}

const HEAD: &str = "From: Culture North <news@culture.example>\nSubject: Training news\nMIME-Version: 1.0\n";

const LIST: &str = "## Upcoming events\n\nTraining between 1 May 2027 and 1 June 2027\n\n### Online\n* 4 May 2027 | Zoom | [Museums North](https://museums.example)\n    * [**Pests and moulds**](https://museums.example/1)\n* 5 May 2027 - [Grant writing](https://funds.example/2)\n";

#[test]
fn dated_list_lines_are_items() {
    let expected = [
        "Pests and moulds | 4 May 2027 | Zoom | Museums North | https://museums.example/1 | Museums North",
        "Grant writing | 5 May 2027 - Grant writing | https://funds.example/2 | ",
    ];
    assert_eq!(show(&format!("{HEAD}Content-Type: text/plain\n\n{LIST}")), expected);
    let quoted: String = LIST.lines().map(|l| format!("> {l}\n")).collect::<Vec<_>>().concat();
    let forwarded = format!(
        "{HEAD}Content-Type: text/plain\n\n---------- Forwarded message ---------\nFrom: x\nDate: Tue, 4 May 2027 at 10:00\nSubject: News\n\n{quoted}"
    );
    assert_eq!(show(&forwarded), expected);
    let attached = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nFYI\n--b\nContent-Type: message/rfc822\n\n{HEAD}Content-Type: text/plain\n\n{LIST}\n--b--\n"
    );
    assert_eq!(show(&attached), expected);
}

#[test]
fn headings_with_dated_text_are_items() {
    let html = "<h2>Training</h2><h3>Pests and moulds</h3><p>4 May 2027, 10am, Hull</p><p>Learn more.</p><p><a href='https://museums.example/1'>Book now</a></p>\
        <h3>Job: Marketing officer</h3><p>No date here</p><p><b>Grant writing</b></p><p>5 May 2027</p><p><a href='https://funds.example/2'>Read more</a></p>";
    assert_eq!(
        show(&format!("{HEAD}Content-Type: text/html\n\n{html}")),
        ["Pests and moulds | 4 May 2027, 10am, Hull | https://museums.example/1 | ", "Grant writing | 5 May 2027 | https://funds.example/2 | "]
    );
}

#[test]
fn a_programme_that_states_its_deadline_alone_is_an_item_and_what_stands_under_jobs_is_none() {
    let html = "<h2>Training</h2><h3>Green curators fellowship</h3><p>Six months of mentoring. Deadline for applications: 31 January 2027.</p>\
        <h2>Jobs</h2><h3>Collections officer</h3><p>Closing date 12 January 2027.</p><h2>Funding</h2><h3>Small grants</h3><p>Apply by 3 March 2027.</p>";
    let found = show(&format!("{HEAD}Content-Type: text/html\n\n{html}"));
    assert!(found.len() == 1 && found[0].starts_with("Green curators fellowship | "), "{found:?}");
}

#[test]
fn nested_messages_end() {
    let mut message = format!("{HEAD}Content-Type: text/plain\n\n{LIST}");
    for n in 0..50 {
        message = format!("{HEAD}Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\nContent-Type: message/rfc822\n\n{message}\n--b{n}--\n");
    }
    assert!(show(&message).len() <= 2);
}

/// One line for each event: title, start, place, price, link.
fn facts(message: &[u8]) -> Vec<String> {
    let reading = Reading::british("2027-03-01T12:00:00Z".parse().unwrap());
    let events = read(message, &reading, &mut Vec::new()).unwrap();
    let candidates = events.into_iter().filter_map(|e| crate::collect::normalise::normalise(e, &reading, None));
    candidates
        .map(|c| {
            let f = &c.facts;
            let text = |fact: &Option<crate::domain::Fact<String>>| fact.as_ref().map(|f| f.value.clone());
            let online = f.mode.as_ref().filter(|m| m.value == crate::domain::Mode::Online).map(|_| "online".to_owned());
            let place = online.or_else(|| {
                let parts: Vec<String> = [text(&f.venue), text(&f.town)].into_iter().flatten().collect();
                (!parts.is_empty()).then(|| parts.join(", "))
            });
            let price = f.price.as_ref().map(|p| if p.value.is_free() { "free".to_owned() } else { price(&p.value) });
            let start = f.start.as_ref().map(|s| s.value.to_string());
            let show = |o: Option<String>| o.unwrap_or_else(|| "-".into());
            assert!(!serde_json::to_string(&c).unwrap().contains("pwd="), "{c:?}");
            format!("{} | {} | {} | {} | {}", c.title, show(start), show(place), show(price), show(c.url.clone()))
        })
        .collect()
}

fn price(p: &crate::domain::Price) -> String {
    let pounds = |m: &Option<crate::domain::Money>| m.as_ref().map(|m| m.to_string().replace(".00", "")).unwrap_or_default();
    if p.min == p.max { pounds(&p.max) } else { format!("{}-{}", pounds(&p.min), pounds(&p.max)) }
}

macro_rules! bulletins {
    ($($name:ident),* $(,)?) => { [$((
        stringify!($name),
        include_str!(concat!("../../../../tests/fixtures/mail/", stringify!($name), ".eml")),
        include_str!(concat!("../../../../tests/fixtures/mail/", stringify!($name), ".expected")),
    )),*] };
}

#[test]
fn each_bulletin_yields_exactly_its_events() {
    let all =
        bulletins![forwarded_inline, forwarded_attached, mailchimp, campaign_monitor, emoji_list, digest, meeting_links, news_only, linked_lines,];
    let mut wrong = Vec::new();
    for (name, message, expected) in all {
        let mut found = facts(message.replace('\n', "\r\n").as_bytes());
        let mut expected: Vec<String> = expected.lines().map(str::to_owned).collect();
        found.sort();
        expected.sort();
        if found != expected {
            wrong.push(format!("{name}\n  found {found:#?}\n  expected {expected:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
