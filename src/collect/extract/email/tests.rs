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
fn nested_messages_end() {
    let mut message = format!("{HEAD}Content-Type: text/plain\n\n{LIST}");
    for n in 0..50 {
        message = format!("{HEAD}Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\nContent-Type: message/rfc822\n\n{message}\n--b{n}--\n");
    }
    assert!(show(&message).len() <= 2);
}
