//! What a server's refusal comes to: its enhanced status code (RFC 3463) where it gave one that says something, else the words that the
//! large receivers are known to use.
//!
//! Pure. Takes nobody for gone on a doubtful word: what is not known is `Other`, which suppresses nobody.

use crate::domain::Failure;

/// `class.subject.detail` of RFC 3463.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enhanced {
    pub class: u8,
    pub subject: u16,
    pub detail: u16,
}

/// Words in lower case with what they come to; the first that is found counts. Most telling first: a full mailbox of a user who is known
/// is told in other words than a user who is not.
const WORDS: &[(&str, Failure)] = &[
    ("user unknown", Failure::MailboxUnknown),
    ("unknown user", Failure::MailboxUnknown),
    ("unknown local part", Failure::MailboxUnknown),
    ("unknown recipient", Failure::MailboxUnknown),
    ("recipient unknown", Failure::MailboxUnknown),
    ("no such user", Failure::MailboxUnknown),
    ("no such recipient", Failure::MailboxUnknown),
    ("no such mailbox", Failure::MailboxUnknown),
    ("no such address", Failure::MailboxUnknown),
    ("no mailbox here", Failure::MailboxUnknown),
    ("invalid recipient", Failure::MailboxUnknown),
    ("invalid mailbox", Failure::MailboxUnknown),
    ("recipientnotfound", Failure::MailboxUnknown),
    ("recipient not found", Failure::MailboxUnknown),
    ("mailbox not found", Failure::MailboxUnknown),
    ("user not found", Failure::MailboxUnknown),
    ("not a known user", Failure::MailboxUnknown),
    ("not a valid mailbox", Failure::MailboxUnknown),
    ("does not exist", Failure::MailboxUnknown),
    ("doesn't exist", Failure::MailboxUnknown),
    ("doesn't have a", Failure::MailboxUnknown),
    ("no user record found", Failure::MailboxUnknown),
    ("address rejected: access denied", Failure::MailboxUnknown),
    ("over quota", Failure::MailboxFull),
    ("quota exceeded", Failure::MailboxFull),
    ("overquota", Failure::MailboxFull),
    ("mailbox full", Failure::MailboxFull),
    ("mailbox is full", Failure::MailboxFull),
    ("out of storage", Failure::MailboxFull),
    ("storage allocation", Failure::MailboxFull),
    ("account disabled", Failure::MailboxDisabled),
    ("account is disabled", Failure::MailboxDisabled),
    ("account that you tried to reach is disabled", Failure::MailboxDisabled),
    ("mailbox disabled", Failure::MailboxDisabled),
    ("inactive", Failure::MailboxDisabled),
    ("suspended", Failure::MailboxDisabled),
    ("domain not found", Failure::DomainUnknown),
    ("host not found", Failure::DomainUnknown),
    ("unrouteable", Failure::DomainUnknown),
    ("unroutable", Failure::DomainUnknown),
    ("null mx", Failure::DomainUnknown),
    ("dmarc", Failure::NotAuthenticated),
    ("unauthenticated", Failure::NotAuthenticated),
    ("spf", Failure::NotAuthenticated),
    ("dkim", Failure::NotAuthenticated),
    ("too large", Failure::TooLarge),
    ("size exceeds", Failure::TooLarge),
    ("size limit", Failure::TooLarge),
    ("blocklist", Failure::Policy),
    ("block list", Failure::Policy),
    ("blacklist", Failure::Policy),
    ("spamhaus", Failure::Policy),
    ("reputation", Failure::Policy),
    ("spam", Failure::Content),
    ("virus", Failure::Content),
    ("content rejected", Failure::Content),
    ("policy", Failure::Policy),
    ("blocked", Failure::Policy),
    ("not authorized", Failure::Policy),
    ("access denied", Failure::Policy),
];

/// What a permanent refusal comes to. `said` is the server's answer, its code first.
#[must_use]
pub fn classify(said: &str) -> Failure {
    let lower = said.to_lowercase();
    let by_words = WORDS.iter().find(|(words, _)| lower.contains(words)).map(|(_, failure)| *failure);
    enhanced(said).and_then(|code| by_code(code, by_words)).or(by_words).or_else(|| by_reply(&lower)).unwrap_or(Failure::Other)
}

/// What the enhanced code says by itself. `None` for one that servers use for anything.
fn by_code(code: Enhanced, by_words: Option<Failure>) -> Option<Failure> {
    match (code.subject, code.detail) {
        // Microsoft and others answer 5.1.x and 5.4.1 for a mailbox that is not there; 5.1.7 and 5.1.8 are about the sender.
        (1, 0) => by_words.or(Some(Failure::MailboxUnknown)),
        (1, 2 | 10) if by_words != Some(Failure::MailboxUnknown) => Some(Failure::DomainUnknown),
        (1, 1 | 3 | 6 | 10) => Some(Failure::MailboxUnknown),
        (2, 1) => by_words.filter(|w| *w == Failure::MailboxUnknown).or(Some(Failure::MailboxDisabled)),
        (2, 2) => Some(Failure::MailboxFull),
        (2 | 3, 3 | 4) => Some(Failure::TooLarge),
        (4, 4) => Some(Failure::DomainUnknown),
        (6, _) => Some(Failure::Content),
        (7, 20..=27) => Some(Failure::NotAuthenticated),
        // What servers give when they have no better: the words know more.
        (7, 0 | 1) => by_words.or(Some(Failure::Policy)),
        (7, _) => Some(by_words.filter(|w| matches!(w, Failure::Content | Failure::NotAuthenticated)).unwrap_or(Failure::Policy)),
        _ => None,
    }
}

/// From the plain reply code, when nothing else says it.
fn by_reply(lower: &str) -> Option<Failure> {
    match lower.get(..3)? {
        "552" => Some(Failure::TooLarge),
        "556" | "521" => Some(Failure::DomainUnknown),
        "551" => Some(Failure::MailboxUnknown),
        _ => None,
    }
}

/// The enhanced code behind the reply code: `550 5.1.1 ...`, `550-5.1.1 ...`, and doubled codes as some servers write them.
#[must_use]
pub fn enhanced(said: &str) -> Option<Enhanced> {
    said.split([' ', '-', '#', '(', ')']).take(4).find_map(|word| {
        let mut parts = word.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        let code = Enhanced { class: class.parse().ok()?, subject: subject.parse().ok()?, detail: detail.trim_end_matches(':').parse().ok()? };
        (parts.next().is_none() && matches!(code.class, 2 | 4 | 5) && code.subject < 1_000 && code.detail < 1_000).then_some(code)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Failure::*;

    #[test]
    fn refusals_as_the_known_servers_word_them() {
        let cases = [
            ("550 5.1.1 <jo@reader.example>: Recipient address rejected: User unknown in local recipient table", MailboxUnknown),
            ("550 5.1.1 <jo@reader.example>: Recipient address rejected: User unknown in virtual mailbox table", MailboxUnknown),
            ("550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the address", MailboxUnknown),
            ("550-5.1.1 The email account that you tried to reach does not exist", MailboxUnknown),
            ("550 5.2.1 The email account that you tried to reach is disabled.", MailboxDisabled),
            ("552 5.2.2 The email account that you tried to reach is over quota and inactive.", MailboxFull),
            ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", MailboxUnknown),
            ("550 5.4.1 Recipient address rejected: Access denied. [XX1EUR05FT0.protection.example]", MailboxUnknown),
            ("550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).", Other),
            ("554 delivery error: dd This user doesn't have a reader.example account (jo@reader.example) [0]", MailboxUnknown),
            ("554 delivery error: dd Not a valid recipient - mailbox disabled", MailboxDisabled),
            ("550 5.1.1 <jo@reader.example>: user lookup success but no user record found", MailboxUnknown),
            ("550 Unrouteable address", DomainUnknown),
            ("550 No such user here", MailboxUnknown),
            ("550 no mailbox here by that name", MailboxUnknown),
            ("553 5.1.2 We weren't able to find the recipient domain.", DomainUnknown),
            ("556 5.1.10 Recipient address has null MX", DomainUnknown),
            ("550 5.7.1 Service unavailable; client [192.0.2.1] blocked using Spamhaus", Policy),
            ("550 5.7.1 [192.0.2.1 12] Our system has detected that this message is likely unsolicited mail (spam)", Content),
            ("550 5.7.26 This mail has been blocked because the sender is unauthenticated.", NotAuthenticated),
            ("550 5.7.509 Access denied, sending domain does not pass DMARC verification", NotAuthenticated),
            ("550 5.7.1 User unknown", MailboxUnknown),
            ("554 5.7.1 <jo@reader.example>: Relay access denied", Policy),
            ("552 5.3.4 Message size exceeds fixed limit", TooLarge),
            ("552 message too large", TooLarge),
            ("554 5.6.0 Message contains a forbidden attachment", Content),
            ("550 High probability of spam", Content),
            ("550 said the sink", Other),
            ("554 transaction failed", Other),
            ("", Other),
        ];
        for (said, expected) in cases {
            assert_eq!(classify(said), expected, "{said}");
        }
    }

    #[test]
    fn the_enhanced_code_is_found_where_servers_put_it() {
        let code = |s| enhanced(s).map(|e| (e.class, e.subject, e.detail));
        assert_eq!(code("550 5.1.1 no"), Some((5, 1, 1)));
        assert_eq!(code("550-5.7.26 no"), Some((5, 7, 26)));
        assert_eq!(code("554 550 5.1.1: no"), Some((5, 1, 1)));
        assert_eq!(code("550 192.0.2.1 is blocked"), None);
        assert_eq!(code("550 version 1.2.3"), None);
        assert_eq!(code("550 5.1"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_words_make_it_fall_over(said in "\\PC{0,200}") {
            let _ = classify(&said);
        }
    }
}
