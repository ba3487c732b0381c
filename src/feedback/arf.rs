//! Complaints: feedback reports (RFC 5965), and the older form in which a provider forwards the mail that its user called spam.
//!
//! Providers black out who complained, so a report may name nobody; the mail that it returns does.

use super::dsn::{self, Head, Letter, head};
use crate::domain::{Clues, Report, ReportKind, text::single_line};

/// Members in which a provider says for whom the mail was: standard, and of the older form.
const RECIPIENTS: [&str; 3] = ["original-rcpt-to", "removal-recipient", "redacted-address"];

/// What a letter complains of, if it does.
pub fn read(letter: &Letter) -> Option<Vec<Report>> {
    if letter.complaint.is_empty() && letter.report_type != "feedback-report" {
        return forwarded(letter).map(|r| vec![r]);
    }
    let kind = kind(letter.complaint.get("feedback-type").unwrap_or("abuse"));
    let by = letter.complaint.get("reporting-mta").or_else(|| letter.complaint.get("user-agent")).unwrap_or_default();
    let said = match letter.complaint.get("feedback-type") {
        Some(word) => format!("{word}: {}", letter.head.subject()),
        None => letter.head.subject(),
    };
    let at = letter.complaint.date("arrival-date").or_else(|| letter.complaint.date("received-date")).or_else(|| letter.head.date("date"));
    let mut clues = dsn::clues(letter);
    clues.recipients = recipients(&letter.complaint);
    Some(vec![Report { kind, class: None, status: None, words: single_line(&said, dsn::MOST_WORDS), by: single_line(by, 120), at, clues }])
}

/// RFC 5965 s7.3, and the words that providers add.
fn kind(word: &str) -> ReportKind {
    match word.trim().to_ascii_lowercase().as_str() {
        "abuse" | "miscategorized" | "complaint" => ReportKind::Complaint,
        "not-spam" => ReportKind::NotSpam,
        "opt-out" | "opt-out-list" | "unsubscribe" => ReportKind::Unsubscribe,
        _ => ReportKind::Other,
    }
}

/// Named recipients, but those that were blacked out.
fn recipients(complaint: &Head) -> Vec<crate::domain::EmailAddress> {
    let is_name = |a: &String| !["redacted", "xxx", "hidden", "undisclosed", "anonymous", "***"].iter().any(|r| a.to_lowercase().contains(r));
    head::checked(complaint.addresses(&RECIPIENTS).into_iter().filter(is_name))
}

/// The form of some junk mail programmes: "complaint about message from 192.0.2.1" with the mail attached, whose recipient stands in a member of its own.
fn forwarded(letter: &Letter) -> Option<Report> {
    let subject = letter.head.subject();
    let says_so = subject.to_ascii_lowercase().starts_with("complaint about message from");
    if !says_so || letter.original.is_empty() {
        return None;
    }
    let named = letter.original.addresses(&["x-hmxmroriginalrecipient", "x-original-recipient"]);
    let clues = Clues { recipients: head::checked(named), ..dsn::clues(letter) };
    let by = clues.from.as_ref().map(|f| f.domain().to_owned()).unwrap_or_default();
    Some(Report { kind: ReportKind::Complaint, class: None, status: None, words: subject, by, at: letter.head.date("date"), clues })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(fields: &str) -> Report {
        let text = format!(
            "From: fbl@post.example\nSubject: Complaint\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nA complaint.\n--b\n\
             Content-Type: message/feedback-report\n\n{fields}\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <1@sender.example>\n\
             List-Unsubscribe: <https://b.example/unsubscribe/{}>\n\nhello\n--b--\n",
            "A".repeat(87)
        );
        read(&Letter::open(text.as_bytes())).unwrap().remove(0)
    }

    #[test]
    fn types_of_feedback_are_told_apart() {
        for (word, expected) in [
            ("abuse", ReportKind::Complaint),
            ("not-spam", ReportKind::NotSpam),
            ("opt-out", ReportKind::Unsubscribe),
            ("fraud", ReportKind::Other),
            ("auth-failure", ReportKind::Other),
        ] {
            assert_eq!(report(&format!("Feedback-Type: {word}\nUser-Agent: X/1\nVersion: 1\n")).kind, expected, "{word}");
        }
        assert_eq!(report("Version: 1\n").kind, ReportKind::Complaint);
    }

    #[test]
    fn a_blacked_out_recipient_is_none_and_the_returned_mail_still_names_itself() {
        let hidden = report("Feedback-Type: abuse\nOriginal-Rcpt-To: <redacted@post.example>\n");
        assert!(hidden.clues.recipients.is_empty());
        assert_eq!((hidden.clues.message_ids, hidden.clues.tokens.len()), (vec!["1@sender.example".to_owned()], 1));
        assert_eq!(report("Feedback-Type: abuse\nOriginal-Rcpt-To: <jo@post.example>\n").clues.recipients[0].as_str(), "jo@post.example");
    }
}
