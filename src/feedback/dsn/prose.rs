//! Reports in prose: qmail, Exim, Sendmail, Courier, Exchange, Domino, GroupWise, Gmail, Yahoo and others that write for people alone.
//!
//! A message is one of them only when both who writes it and what it says speak for it: answers of people and of their machines say
//! "could not be delivered" as well.

use super::{
    Head, Letter, MOST_REPORTS, clues, first_address,
    head::{addresses, checked, message_ids},
    told,
};
use crate::domain::{Clues, EmailAddress, Report, ReportKind};

/// Lines from which on the returned mail stands. Lists of phrases are separated by bars and in lower case.
const RETURNED: &str = "--- below this line is a copy of the message|------ this is a copy of|----- original message|---- original message|\
    --- original message|----- unsent message follows|---- unsent message|--- the following message could not|--- copy of message|\
    original message headers:|original message header|---------- message text follows|---------- forwarded message|\
    --- returned message|------- returned message|--- message header follows|message headers follow|\
    headers of the original message:|-----original message|--- the header of the original message is following|\
    --- undelivered message|included is a copy of the message header|: message contains";

/// What a report of a failure says in its subject.
const SUBJECTS: &str = "mail failed|failed mail|processing error|returning to sender|user unknown|rejected mail|mail error|undeliver|delivery status notification|delivery failure|failure notice|mail delivery failed|mail delivery failure|\
    delivery failed|returned mail|message not delivered|non delivery|non-delivery|nondeliverable|delivery report|\
    mail could not be delivered|message status|permanent error|delayed mail|mail delivery system|delivery has failed|\
    delivery has been delayed|message delayed|not delivered|failed delivery|delivery problem|rejected:|mail system error|\
    delivery incomplete|delivery notification|unzustellbar|message blocked|warning: could not send|warning: message|\
    returned to sender|blocked by";

/// What it says in its body.
const BODIES: &str = "failed recipient|has been returned because|automatically rejected|no such user|returning to sender|wasn't able to deliver|unable to deliver|could not be delivered|couldn't be delivered|cannot be delivered|can't be delivered|\
    was not delivered|were not delivered|not been delivered|has not been delivered|was undeliverable|did not reach the following|\
    could not be reached|delivery to the following|permanent fatal errors|permanent error|transient non-fatal errors|\
    delivery has failed|delivery failed|failed permanently|failed to deliver|undeliverable|not able to deliver|have failed|\
    could not deliver|delivery attempts|has not yet been delivered|delivery has been delayed|message was blocked|was blocked|\
    returned to you|fatal delivery errors|message has been delayed|has been rejected|was rejected|could not send message|\
    problem delivering your message|couldn't be found";

/// What says that it is still being tried.
const STILL_TRIED: &str = "will keep trying|will continue to|will be retried|will retry|no action is required|you do not need to resend|\
    do not need to resend|not yet been delivered|has not been delivered yet|warning message only|transient non-fatal errors|\
    will try again|attempts will continue|still being tried|still trying|delivery is delayed|has been delayed|continue trying";

/// What says that it is not.
const GIVEN_UP: &str = "given up|giving up|permanent fatal errors|permanent error|failed permanently|has been removed from the mail queue|\
    retry timeout exceeded|no further attempts";

/// Who writes reports: the part before the at sign, or a name.
const WRITERS: &str = "mailer-daemon|mailerdaemon|postmaster|mail-daemon|mdaemon|mail delivery|mail administrator|microsoft outlook|\
    system administrator|microsoftexchange|noreply-bounce|mailsystem";

/// Reads a report in prose, if the letter is one.
pub fn read(letter: &Letter) -> Option<Vec<Report>> {
    let (said, returned) = split(&letter.text);
    let low = said.to_lowercase().replace('\u{2019}', "'");
    if !is_report(letter, &low) {
        return None;
    }
    let still = has(&low, STILL_TRIED) && !has(&low, GIVEN_UP);
    let kind = if still { ReportKind::Delayed } else { ReportKind::Bounce };
    let shared = with_returned(clues(letter), &returned, said);
    let recipients = recipients(letter, said, &shared, &returned);
    let by = letter.blocks.first().and_then(|b| b.get("reporting-mta")).map(super::server);
    let by = by.or_else(|| shared.from.as_ref().map(|f| f.domain().to_owned())).unwrap_or_default();
    if recipients.is_empty() {
        return Some(vec![told(kind, &beginning(said), &by, letter, shared)]);
    }
    let alone = recipients.len() == 1;
    let one = |r: EmailAddress| {
        let mut words = reason(said, r.as_str());
        // A code that stands elsewhere in the text can only be this one's.
        let code = super::words::status_in(said).filter(|_| alone && super::words::status_in(&words).is_none());
        words.extend(code.map(|c| format!(" ({c})")));
        told(kind, &words, &by, letter, Clues { recipients: vec![r], ..shared.clone() })
    };
    Some(recipients.into_iter().take(MOST_REPORTS).map(one).collect())
}

/// The words of a report that concern an address: what a standard report without a diagnostic is judged by.
pub fn about(letter: &Letter, address: &str) -> String {
    let (said, _) = split(&letter.text);
    if address.is_empty() { beginning(said) } else { reason(said, address) }
}

fn has(text: &str, phrases: &str) -> bool {
    super::words::holds(text, phrases)
}

fn is_report(letter: &Letter, low: &str) -> bool {
    let head = &letter.head;
    if head.get("x-failed-recipients").is_some() || !letter.blocks.is_empty() {
        return true;
    }
    let from = head.get("from").unwrap_or_default().to_lowercase();
    let nobody = head.get("return-path").is_some_and(|p| p.trim() == "<>");
    let official = has(&from, WRITERS) || nobody && !head.begins("auto-submitted", "auto-replied");
    let subject = head.subject().to_lowercase();
    let subject = subject.trim_start_matches("re: ");
    // People answer reports and quote them; machines write them, and return the mail or answer nothing.
    let returned = !letter.original.is_empty() || has(&letter.text.to_lowercase(), RETURNED);
    match (official, has(subject, SUBJECTS), has(low, BODIES)) {
        (true, subject, body) => subject || body,
        (false, true, true) => returned || head.get("in-reply-to").is_none(),
        _ => false,
    }
}

/// The text before the returned mail, and the returned mail's header.
fn split(text: &str) -> (&str, Head) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let low = line.trim().to_lowercase();
        let is_member = ["return-path: <", "received: from", "message-id: <"].iter().any(|m| low.starts_with(m));
        if is_member || low.len() < 200 && has(&low, RETURNED) {
            let from = if is_member { at } else { at + line.len() };
            return (&text[..at], Head::among(&text[from..]));
        }
        at += line.len();
    }
    (text, Head::default())
}

/// Clues in the returned mail, and in the words themselves ("Message-ID: <..>" in a list of facts).
fn with_returned(mut clues: Clues, returned: &Head, said: &str) -> Clues {
    let in_words = said.lines().filter(|l| l.to_lowercase().contains("message-id") || l.to_lowercase().contains("message id")).flat_map(message_ids);
    let found = returned.get("message-id").map(message_ids).unwrap_or_default().into_iter().chain(in_words.take(4));
    for id in found {
        if !clues.message_ids.contains(&id) {
            clues.message_ids.insert(0, id);
        }
    }
    clues.sent_to.extend(returned.addresses(&["return-path"]));
    clues.tokens.extend(returned.get("list-unsubscribe").map(super::tokens).unwrap_or_default());
    clues
}

/// Whom the mail was not delivered to: as a member says it, or the addresses that stand at the beginning of a line, else the first that is
/// neither the writer nor ourselves.
fn recipients(letter: &Letter, said: &str, shared: &Clues, returned: &Head) -> Vec<EmailAddress> {
    let failed = checked(letter.head.addresses(&["x-failed-recipients", "x-failed-recipient"]));
    if !failed.is_empty() {
        return failed;
    }
    let ours = |a: &EmailAddress| {
        let own = |s: &String| s.eq_ignore_ascii_case(a.as_str());
        shared.sent_to.iter().any(own) || shared.from.as_ref() == Some(a) || has(&a.key(), "postmaster@|mailer-daemon@|abuse@|support@|helpdesk@")
    };
    let led_by = |labels: &'static str| said.lines().filter(move |line| leads(line, labels)).filter_map(first_address);
    let mut found = checked(led_by("failed address:|recipient:|smtp:|failed recipient:|address:|recipient address:|undeliverable address:"));
    found.retain(|a| !ours(a));
    if found.is_empty() {
        // Of a mail that names several it is whom the writer meant to reach, and not always who was not reached.
        found = checked(led_by("to:"));
        found.retain(|a| !ours(a));
    }
    if found.is_empty() {
        found = checked(addresses(said));
        found.retain(|a| !ours(a));
        found.truncate(1);
    }
    if found.is_empty() {
        found = checked(returned.addresses(&["to"]));
    }
    found
}

/// Whether a line begins with an address, or with a label and then one.
fn leads(line: &str, labels: &str) -> bool {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || "<*-\u{2022}\"'>(".contains(c));
    let low = line.to_lowercase();
    labels.split('|').any(|l| low.starts_with(l)) || addresses(line).first().is_some_and(|a| line.starts_with(a.as_str()))
}

/// What is said of an address: from its line to the end of its paragraph, and the next one where that is only the address itself.
fn reason(said: &str, address: &str) -> String {
    let low = said.to_ascii_lowercase();
    let Some(at) = low.find(&address.to_ascii_lowercase()) else { return beginning(said) };
    let from = said[..at].rfind('\n').map_or(0, |n| n + 1);
    let mut out = String::new();
    let mut paragraphs = 0;
    for line in said[from..].lines().take(40) {
        if line.trim().is_empty() {
            paragraphs += usize::from(out.len() > address.len() + 8);
            if paragraphs > 2 || paragraphs > 0 && words_enough(&out) {
                break;
            }
            continue;
        }
        out.push_str(line.trim());
        out.push(' ');
        if out.len() > 1_500 {
            break;
        }
    }
    out.trim_end().to_owned()
}

/// A code says enough.
fn words_enough(text: &str) -> bool {
    super::words::status_in(text).is_some() || text.split(|c: char| !c.is_ascii_digit()).any(|n| n.len() == 3 && n.starts_with(['4', '5']))
}

fn beginning(said: &str) -> String {
    said.chars().take(1_500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::BounceClass;

    fn of(text: &str) -> Option<Vec<Report>> {
        read(&Letter::open(text.as_bytes()))
    }

    #[test]
    fn a_mail_that_was_given_up_is_told_from_one_that_is_tried() {
        let text =
            |said: &str| format!("From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n{said}\n\n<jo@reader.example>:\n550 no such user\n");
        let given = &of(&text("I wasn't able to deliver your message. I've given up.")).unwrap()[0];
        assert_eq!((given.kind, given.class), (ReportKind::Bounce, Some(BounceClass::Mailbox)));
        assert_eq!(of(&text("It has not yet been delivered. I will keep trying.")).unwrap()[0].kind, ReportKind::Delayed);
    }

    #[test]
    fn the_mail_of_a_person_is_no_report() {
        assert!(
            of("From: jo@reader.example\nSubject: Re: failure notice\nIn-Reply-To: <1@a.example>\n\nMy mail could not be delivered? Odd.\n")
                .is_none()
        );
        assert!(
            of("Return-Path: <>\nAuto-Submitted: auto-replied\nFrom: jo@reader.example\nSubject: Away\n\nMail cannot be delivered to me.\n")
                .is_none()
        );
    }

    #[test]
    fn each_recipient_has_its_own_reason() {
        let reports = of(
            "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nunable to deliver\n\n<jo@reader.example>:\n550 5.1.1 no such user\n\n\
             <kim@reader.example>:\n552 5.2.2 over quota\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <b@sender.example>\nMessage-ID: <9@sender.example>\n",
        );
        let reports = reports.unwrap();
        assert_eq!(reports.iter().map(|r| r.class).collect::<Vec<_>>(), [Some(BounceClass::Mailbox), Some(BounceClass::Full)]);
        assert_eq!((reports[0].clues.message_ids[0].as_str(), reports[0].clues.sent_to[0].as_str()), ("9@sender.example", "b@sender.example"));
    }
}
