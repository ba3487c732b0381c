//! Any message that came back, as typed reports: complaint, delivery status, answer of a machine, wish to leave, or none of them.
//!
//! Pure. Never fails and never guesses: what is not understood is `Other`, for a person.

use super::{
    arf,
    dsn::{self, Letter, head},
};
use crate::domain::{Clues, Report, ReportKind, text::single_line};

/// What a machine's answer says in its subject.
const AWAY: &str = "out of office|out of the office|automatic reply|automatic response|auto reply|auto-reply|autoreply|auto response|autoresponse|\
    auto:|abwesenheit|on annual leave|on holiday|away from my|currently away|maternity leave|vacation|réponse automatique|absence|\
    thank you for your email|away from the office";

/// What a filter says that wants its sender to prove to be a person.
const CHALLENGES: &str = "confirm that you are a human|prove that you are human|prove you are human|verify that you are a human|to verify your address|\
    your message is being held|message has been held|authenticate yourself|sender verification|challenge-response|\
    click the link below to deliver|click here to deliver|requires verification|you need to verify|first-time sender|\
    complete the verification|release your message|confirm your email to be delivered";

/// What says that the person writes from elsewhere now, or is gone.
const MOVED: &str = "my new email|my new e-mail|new email address is|new e-mail address|email address has changed|e-mail address has changed|\
    has a new email|changed my email|address is no longer|please use my new|no longer work|no longer with|no longer employed|\
    has left|have left|i have now left|mailbox is no longer monitored|address will no longer|please update your records|\
    update your address book";

/// What a person writes who wants to leave, at the beginning of a line of their own.
const LEAVE: &str = "unsubscribe|please unsubscribe|please remove me|remove me from|take me off|please take me off|opt out|stop sending me|\
    remove my email|remove my address|remove this address";

/// Reads a message.
pub fn read(message: &[u8]) -> Vec<Report> {
    let letter = Letter::open(message);
    if let Some(reports) = arf::read(&letter) {
        return reports;
    }
    // A machine's answer can quote anything; only a machine-readable part outweighs that it calls itself one.
    let is_answer = letter.blocks.is_empty() && is_away(&letter);
    if !is_answer && let Some(reports) = dsn::read(&letter) {
        return reports;
    }
    vec![answer(&letter)]
}

fn has(text: &str, phrases: &str) -> bool {
    dsn::words::holds(text, phrases)
}

fn is_away(letter: &Letter) -> bool {
    let subject = letter.head.subject().to_lowercase();
    has(&subject, AWAY) && letter.head.get("x-failed-recipients").is_none()
}

/// Whether a machine wrote it (RFC 3834 s3.1.7, and the members from before).
fn is_automatic(letter: &Letter) -> bool {
    let head = &letter.head;
    let submitted = head.get("auto-submitted").is_some_and(|v| !v.trim_start().to_ascii_lowercase().starts_with("no"));
    let named = ["x-autoreply", "x-autorespond", "x-auto-response-suppress", "x-autoresponder"].iter().any(|n| head.get(n).is_some());
    let precedence = ["auto_reply", "bulk", "junk", "list"].iter().any(|p| head.begins("precedence", p));
    let nobody = head.get("return-path").is_some_and(|p| p.trim() == "<>");
    submitted || named || precedence || nobody || is_away(letter)
}

/// What an answer is: of a machine, or of a person who wants to leave or something else.
fn answer(letter: &Letter) -> Report {
    let subject = letter.head.subject();
    let own = own_words(&letter.text);
    let low = format!("{subject}\n{own}").to_lowercase().replace('\u{2019}', "'");
    let automatic = is_automatic(letter);
    let kind = match () {
        () if has(&low, CHALLENGES) && (automatic || !letter.text.is_empty()) => ReportKind::Challenge,
        () if automatic && has(&low, MOVED) => ReportKind::AddressChanged,
        () if automatic => ReportKind::AutoReply,
        () if wants_to_leave(&subject, &own) => ReportKind::Unsubscribe,
        () if has(&low, MOVED) => ReportKind::AddressChanged,
        () => ReportKind::Other,
    };
    let mut clues = dsn::clues(letter);
    if kind == ReportKind::Unsubscribe {
        clues = of_a_wish(letter, clues, &subject, &own);
    }
    let by = clues.from.as_ref().map(|f| f.domain().to_owned()).unwrap_or_default();
    let cut = if letter.is_cut { " (the message was too large and not read to its end)" } else { "" };
    let words = single_line(&format!("{subject}: {own}"), dsn::MOST_WORDS - cut.len()) + cut;
    Report { kind, class: None, status: None, words, by, at: letter.head.date("date"), clues }
}

/// A wish counts for who sent it: a token in the subject, the address or the wish itself is theirs, one in what they quote may be
/// another reader's who passed the mail on.
fn of_a_wish(letter: &Letter, clues: Clues, subject: &str, own: &str) -> Clues {
    let first = own.lines().next().unwrap_or_default();
    let to = letter.head.addresses(&["x-original-to", "delivered-to", "to"]).join(" ");
    let tokens = [subject, first, &to].iter().flat_map(|text| dsn::tokens(text)).take(4).collect();
    let recipients = head::checked(clues.from.iter().map(ToString::to_string));
    Clues { tokens, recipients, message_ids: Vec::new(), ..clues }
}

fn wants_to_leave(subject: &str, own: &str) -> bool {
    let first = own.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let begins = |text: &str| {
        let text = text.trim().trim_start_matches(['"', '\'', '*', '>', '[']).to_lowercase();
        let text = ["re:", "aw:", "fwd:", "fw:"].iter().fold(text.as_str(), |t, p| t.strip_prefix(p).unwrap_or(t).trim_start());
        LEAVE.split('|').any(|l| text.starts_with(l)) && !text.contains('?')
    };
    let word = |text: &str| {
        matches!(text.trim().trim_end_matches(['.', '!']).to_lowercase().as_str(), "remove" | "stop" | "leave" | "unsubscribed" | "opt-out")
    };
    begins(subject) || word(subject) || first.len() < 200 && (begins(first) || word(first))
}

/// What the writer wrote: the text without what it quotes.
fn own_words(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().take(200) {
        let low = line.trim().to_lowercase();
        let quotes = low.starts_with('>')
            || low.starts_with("-----original message")
            || low.starts_with("from: ")
            || low.starts_with("on ") && low.ends_with("wrote:");
        if quotes || out.len() > 2_000 {
            break;
        }
        out.extend(line.chars().take(500));
        out.push('\n');
    }
    out.trim().to_owned()
}

#[cfg(test)]
#[path = "bounces_tests.rs"]
mod bounces;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(message: &str, expected: ReportKind) -> Report {
        let mut found = read(message.as_bytes());
        assert_eq!((found.len(), found[0].kind), (1, expected), "{message}");
        found.remove(0)
    }

    #[test]
    fn a_wish_to_leave_is_heard_however_it_is_written() {
        let token = "x".repeat(87);
        let found =
            check(&format!("From: Jo <jo@reader.example>\nTo: news@sender.example\nSubject: unsubscribe {token}\n\n"), ReportKind::Unsubscribe);
        assert_eq!((found.clues.tokens, found.clues.from.unwrap().as_str()), (vec![token.clone()], "jo@reader.example"));
        check("From: jo@reader.example\nSubject: Re: Culture Bulletin\n\nPlease unsubscribe me, thank you.\n\n> quoted\n", ReportKind::Unsubscribe);
        check("From: jo@reader.example\nSubject: STOP\n\n", ReportKind::Unsubscribe);
        check("From: jo@reader.example\nSubject: Hello\n\nHow do I unsubscribe?\n", ReportKind::Other);
        check("From: jo@reader.example\nSubject: Re: Bulletin\n\nThank you!\n\n> Unsubscribe here\n", ReportKind::Other);
        let quoted = format!("From: kim@reader.example\nSubject: unsubscribe\n\n> https://b.example/unsubscribe/{token}\n");
        assert!(check(&quoted, ReportKind::Unsubscribe).clues.tokens.is_empty(), "somebody else's link that was passed on");
    }

    #[test]
    fn a_machines_answer_is_no_bounce_and_no_wish() {
        check(
            "From: jo@reader.example\nReturn-Path: <>\nAuto-Submitted: auto-replied\nSubject: Automatic reply: Culture\n\nunsubscribe\n",
            ReportKind::AutoReply,
        );
        check("From: jo@reader.example\nSubject: Out of office\n\nYour message could not be delivered to my desk.\n", ReportKind::AutoReply);
        check(
            "From: jo@reader.example\nX-Autoreply: yes\nSubject: Gone\n\nI have left the museum. My new email is elsewhere.\n",
            ReportKind::AddressChanged,
        );
        check(
            "From: jo@reader.example\nAuto-Submitted: auto-replied\nSubject: Please confirm\n\nClick the link to prove you are human.\n",
            ReportKind::Challenge,
        );
    }

    proptest! {
        #[test]
        fn nothing_that_arrives_stops_it(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(!read(&bytes).is_empty());
        }

        #[test]
        fn nothing_in_the_form_of_a_report_stops_it(
            kind in "(multipart/report|multipart/mixed|text/html|message/rfc822|text/plain)", boundary in "[a-z\"=;-]{0,4}", body in "(\\PC|\n|--[a-z]\n|<[a-z@.]{1,9}>:|: |5\\.1\\.1){0,60}"
        ) {
            let text = format!("From: MAILER-DAEMON@x.example\nSubject: failure notice\nContent-Type: {kind}; boundary={boundary}\n\n{body}");
            for report in read(text.as_bytes()) {
                prop_assert!(report.words.chars().count() <= dsn::MOST_WORDS && !report.words.contains('\n'));
            }
        }
    }
}
