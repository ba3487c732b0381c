//! Delivery status notifications: the standard ones (RFC 3464 in RFC 6522) and what mail servers wrote before or beside it.
//!
//! Pure, and bounded by [`Letter`]: a message in, statements out. Whether they are true is not asked here.

pub mod head;
pub mod letter;
pub mod prose;
pub mod words;

pub use head::Head;
pub use letter::Letter;

use crate::domain::{BounceClass, Clues, Report, ReportKind, StatusCode, text::single_line};
use head::{addresses, checked, message_ids};

/// Statements of one message that are kept.
pub const MOST_REPORTS: usize = 20;
/// Characters of a diagnostic that are kept.
pub const MOST_WORDS: usize = 500;
/// Members that say where a message was delivered to, the surest first.
const SENT_TO: [&str; 8] = ["x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "x-failed-to", "to", "cc", "apparently-to"];

/// What a letter says of deliveries, if it is a report of them.
pub fn read(letter: &Letter) -> Option<Vec<Report>> {
    standard(letter).or_else(|| prose::read(letter))
}

/// Clues that the letter as a whole gives.
pub fn clues(letter: &Letter) -> Clues {
    let mut ids: Vec<String> = Vec::new();
    let mut add = |found: Vec<String>| {
        for id in found {
            if ids.len() < MOST_REPORTS && !ids.contains(&id) {
                ids.push(id);
            }
        }
    };
    add(letter.original.get("message-id").map(message_ids).unwrap_or_default());
    for block in &letter.blocks {
        add(block.get("x-original-message-id").map(message_ids).unwrap_or_default());
    }
    for name in ["x-original-message-id", "original-message-id", "in-reply-to", "references"] {
        add(letter.head.get(name).map(message_ids).unwrap_or_default());
    }
    add(letter.complaint.get("original-message-id").map(message_ids).unwrap_or_default());
    let mut sent_to = letter.head.addresses(&SENT_TO);
    sent_to.extend(letter.original.addresses(&["return-path", "x-envelope-from"]));
    sent_to.extend(letter.complaint.addresses(&["original-mail-from"]));
    let tokens = letter.original.get("list-unsubscribe").map(tokens).unwrap_or_default();
    let from = checked(letter.head.addresses(&["from"])).into_iter().next();
    Clues { sent_to, message_ids: ids, tokens, recipients: Vec::new(), from }
}

/// What may be tokens of our links: long runs of base64url.
pub fn tokens(text: &str) -> Vec<String> {
    let runs = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    runs.filter(|run| (80..=100).contains(&run.len())).take(4).map(str::to_owned).collect()
}

/// Reads message/delivery-status.
fn standard(letter: &Letter) -> Option<Vec<Report>> {
    let speaks_of_one = |b: &&Head| ["final-recipient", "original-recipient", "action", "status"].iter().any(|n| b.get(n).is_some());
    let per_recipient: Vec<&Head> = letter.blocks.iter().filter(speaks_of_one).take(MOST_REPORTS).collect();
    if per_recipient.is_empty() {
        return None;
    }
    let whole = letter.blocks.first();
    let shared = clues(letter);
    Some(per_recipient.into_iter().map(|block| statement(letter, whole, block, &shared)).collect())
}

fn statement(letter: &Letter, whole: Option<&Head>, block: &Head, shared: &Clues) -> Report {
    let status: Option<StatusCode> = block.get("status").and_then(|s| s.split_whitespace().next()).and_then(|s| s.parse().ok());
    let diagnostic = block.get("diagnostic-code").map_or("", |d| d.split_once(';').map_or(d, |(_, words)| words).trim());
    // Some servers write no diagnostic, or 5.0.0 for everything; the words beside it know more.
    let named = checked(block.addresses(&["original-recipient", "final-recipient", "x-actual-recipient", "x-original-recipient"]));
    let said = if diagnostic.is_empty() { prose::about(letter, named.first().map_or("", |a| a.as_str())) } else { diagnostic.to_owned() };
    let better = status.filter(|s| (s.subject, s.detail) != (0, 0)).or_else(|| words::status_in(&said)).or(status);
    let kind = action(block.get("action").unwrap_or_default(), better);
    let class = matches!(kind, ReportKind::Bounce | ReportKind::Delayed).then(|| words::class_of(better, &said));
    let by = block.get("remote-mta").or_else(|| whole.and_then(|w| w.get("reporting-mta"))).unwrap_or_default();
    let at = block.date("last-attempt-date").or_else(|| letter.head.date("date"));
    Report {
        kind,
        class,
        status: better,
        words: single_line(&said, MOST_WORDS),
        by: server(by),
        at,
        clues: Clues { recipients: named, ..shared.clone() },
    }
}

/// What an action means (RFC 3464 s2.3.3); without one the status says it.
fn action(word: &str, status: Option<StatusCode>) -> ReportKind {
    let word = word.trim().to_ascii_lowercase();
    match (word.split_whitespace().next().unwrap_or_default(), status.map(|s| s.class)) {
        ("delayed" | "deferred", _) | ("", Some(4)) => ReportKind::Delayed,
        ("delivered" | "relayed" | "expanded", _) | ("", Some(2)) => ReportKind::Delivered,
        _ => ReportKind::Bounce,
    }
}

/// The name out of `dns; mx.reader.example (192.0.2.1)`.
fn server(value: &str) -> String {
    let name = value.split_once(';').map_or(value, |(_, name)| name);
    single_line(name.split_whitespace().next().unwrap_or_default(), 120)
}

/// A bounce or a delay in one value, for those that are told in prose.
fn told(kind: ReportKind, said: &str, by: &str, letter: &Letter, clues: Clues) -> Report {
    let status = words::status_in(said);
    let class: Option<BounceClass> = Some(words::class_of(status, said));
    Report { kind, class, status, words: single_line(said, MOST_WORDS), by: single_line(by, 120), at: letter.head.date("date"), clues }
}

/// The first address of a text that may be a recipient.
fn first_address(text: &str) -> Option<String> {
    addresses(text).into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(status: &str) -> Report {
        let text = format!(
            "From: MAILER-DAEMON@mx.example\nTo: back@sender.example\nDate: Mon, 1 Mar 2027 10:00:00 +0000\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nI am sorry.\n--b\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; jo@reader.example\n{status}\n--b\nContent-Type: text/rfc822-headers\n\n\
             Message-ID: <1@sender.example>\n--b--\n"
        );
        read(&Letter::open(text.as_bytes())).unwrap().remove(0)
    }

    #[test]
    fn a_block_is_a_statement_about_one_recipient() {
        let report = one("Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; in.reader.example\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n");
        assert_eq!((report.kind, report.class, report.by.as_str()), (ReportKind::Bounce, Some(BounceClass::Mailbox), "in.reader.example"));
        assert_eq!(report.clues.recipients[0].as_str(), "jo@reader.example");
        assert_eq!((report.clues.message_ids, report.clues.sent_to), (vec!["1@sender.example".to_owned()], vec!["back@sender.example".to_owned()]));
        assert_eq!(report.at, "2027-03-01T10:00:00Z".parse().ok());
    }

    #[test]
    fn an_action_decides_and_a_status_stands_in_for_it() {
        let kind = |s: &str| one(s).kind;
        assert_eq!(kind("Action: delayed\nStatus: 4.4.1\n"), ReportKind::Delayed);
        assert_eq!(kind("Action: failed\nStatus: 4.4.7\n"), ReportKind::Bounce);
        assert_eq!(kind("Action: relayed\nStatus: 2.0.0\n"), ReportKind::Delivered);
        assert_eq!(kind("Status: 4.4.1\n"), ReportKind::Delayed);
        assert_eq!(kind("Status: 5.1.1 (no such user)\n"), ReportKind::Bounce);
        let vague = one("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full\n");
        assert_eq!((vague.class, vague.status), (Some(BounceClass::Full), "5.2.2".parse().ok()));
    }
}
