//! Why a mail was refused, out of the server's words and the codes in them (RFC 3463, RFC 5321 s4.2).
//!
//! In doubt it is nothing hard: a reader who is wrongly taken for gone is lost, one who is wrongly kept costs a mail.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::{BounceClass, StatusCode};

/// Phrases that decide, separated by bars; the first that is found. In the order of how sure they are: what speaks of us comes before what speaks of a
/// mailbox, because "mailbox unavailable" is also said to those who are blocked.
const PHRASES: &[(BounceClass, &str)] = &[
    (
        BounceClass::Policy,
        "block list|blocklist|blocklisted|blacklist|blacklisted|blocked using|spamhaus|spamcop|barracudacentral|sorbs|dnsbl|rbl|\
         reputation|spf check|spf fail|spf record|failed spf|dkim|dmarc|unauthenticated|authentication checks|\
         authentication required|sender authentication|authentication results|ptr record|reverse dns|rdns|unusual rate|\
         suspicious activity|too many connections|rate limited|rate limit|rate limiting|too many messages|too many complaints|\
         user complaints|poor reputation|bad reputation|not authorized to send|banned sending ip|your ip|\
         ip address has been blocked|client host rejected|client host blocked|helo command rejected|sender address rejected|\
         sender domain|sender denied|sender rejected|access denied, banned|s3140|s3150",
    ),
    (
        BounceClass::Full,
        "over quota|over its quota|overquota|quota exceeded|quota has been exceeded|exceeded quota|exceeds quota|\
         exceeded storage|exceeded its storage|quota violation|quota reached|mailbox full|mailbox is full|inbox is full|\
         inbox full|user is full|out of storage|storage quota|storage limit|insufficient storage space|insufficient quota|\
         disk quota|mailbox size limit|mailbox has exceeded|mailbox for user is full|no space left in mailbox|mailbox exceeded|\
         not enough storage space|account is full|full mailbox|folder is full|exceeding their quota|mail box space not enough|exceeds allowed size|exceeds the allowed size|\
         over the maximum allowed mailbox size",
    ),
    // A name server that did not answer.
    (BounceClass::Temporary, "host not found, try again|temporary lookup failure"),
    (
        BounceClass::Domain,
        "host not found|host unknown|domain not found|unknown domain|domain name not found|name or service not known|\
         no such domain|unrouteable address|unrouteable mail domain|unroutable domain|unable to route|null mx|\
         does not accept mail|nullmx|nxdomain|bad destination host|no mx record|no mail hosts for domain|\
         couldn't find any host named|couldn't find any host by that name|domain does not exist|hostname unknown|\
         domain isn't in my list|cannot resolve your domain",
    ),
    (
        BounceClass::Mailbox,
        "user unknown|user not known|invalid final delivery userid|no such local user|unknown user|no such user|no such mailbox|no such recipient|no such person|no such address|no such email|\
         does not exist|doesn't exist|does not have an account|does not have a mailbox|doesn't have a|not found by smtp address lookup|recipientnotfound|\
         recipnotfound|recipient not found|user not found|mailbox not found|address not found|account not found|\
         unknown recipient|recipient unknown|unknown local part|unknown address|invalid mailbox|invalid recipient|\
         no mailbox here|mailbox unknown|account disabled|account is disabled|mailbox disabled|mailbox is disabled|\
         account has been disabled|account that you tried to reach is disabled|inactive user|account inactive|\
         mailbox is inactive|is no longer valid|no longer active|no longer in use|has been closed|\
         account closed|account has been suspended|account has been deactivated|not listed in domino directory|\
         not listed in public name|not a known user|isn't a known user|not a valid user|not a valid mailbox|\
         not a valid recipient|unrouteable local part|there is no one here|nobody by that name|recipient name is not recognized|\
         unknown or illegal alias|undeliverable address|wasn't found at|couldn't be found|could not be found|\
         address rejected: access denied|user doesn't exist|unknown virtual mailbox|unknown mailbox",
    ),
    (
        BounceClass::Content,
        "spam|spamming|junk mail|junk|bulk mail|virus|malware|phishing|message content|content rejected|contents rejected|\
         content policy|rejected due to content|unsolicited|looks like|high probability|message size|message too large|\
         message is too large|too big|maximum size|size limit|attachment|url in message|listed url|suspicious link|\
         message was blocked|message refused by",
    ),
    (
        BounceClass::Refused,
        "relay access denied|relaying denied|unable to relay|relay not permitted|not permitted to relay|moderated|restricted|\
         only accepts mail from|not authorized|permission to send",
    ),
    (
        BounceClass::Policy,
        "blocked|policy|policies|not allowed to send|security reasons|access denied|refused to talk to me|\
         relay access denied by policy",
    ),
    (
        BounceClass::Temporary,
        "timed out|timeout|time out|connection refused|connection reset|connection dropped|lost connection|no route to host|\
         network is unreachable|try again|temporarily|temporary|temporary failure|server busy|service unavailable|resources|\
         system load|retry|too long in queue|retry timeout exceeded|message expired|too many hops|hop count exceeded|mail loop|\
         loops back|loop detected|not accepting messages|queue too long|still in the queue|not responding|did not respond|\
         could not connect|couldn't connect|wasn't able to establish|local error|configuration error|tls|dns query failed|\
         deferred|greylisted|greylisting|greylist|graylisted",
    ),
    (
        BounceClass::Mailbox,
        "mailbox unavailable|recipient rejected|recipient address rejected|address rejected|bad address|invalid address|\
         invalid user|not a user|rejected address",
    ),
];

/// What an enhanced code says, and whether words may say it better.
#[allow(clippy::match_same_arms, reason = "in the order of the code's parts")]
fn by_code(code: StatusCode) -> (BounceClass, bool) {
    use BounceClass::{Content, Domain, Full, Mailbox, Policy, Refused, Temporary};
    match (code.class, code.subject, code.detail) {
        (4, 2, 2) => (Full, false),
        (4, 7, _) => (Policy, true),
        (4, ..) => (Temporary, true),
        (_, 1, 1 | 3 | 6 | 10) => (Mailbox, false),
        (_, 1, 2) => (Domain, false),
        (_, 1, 7..=9) => (Policy, false),
        (_, 2, 1) => (Mailbox, true),
        (_, 2, 2) => (Full, false),
        (_, 2 | 3, 3 | 4) | (_, 6, _) => (Content, true),
        (_, 4, 4 | 310) => (Domain, true),
        (_, 3, 1 | 2) | (_, 4 | 5, _) => (Temporary, true),
        // A group or a person that takes mail from its own people only.
        (_, 7, 120 | 121 | 122 | 123 | 124 | 133 | 134 | 135 | 136) => (Refused, false),
        (_, 7, _) => (Policy, true),
        _ => (Refused, true),
    }
}

/// Why it was refused: the code where it is plain, else the words, else what the code suggests.
pub fn class_of(status: Option<StatusCode>, said: &str) -> BounceClass {
    let told = phrase(said);
    match status.map(by_code) {
        // "Unknown user" with the code of a mailbox is one; the same code with words about us is about us.
        Some((BounceClass::Mailbox, false)) if told == Some(BounceClass::Policy) => BounceClass::Policy,
        Some((class, false)) => class,
        // A code for now never makes anybody unknown: "451 user unknown" is a lookup that failed.
        Some((class, true)) if status.is_some_and(|s| s.class == 4) => told.filter(|t| !t.is_hard()).unwrap_or(class),
        Some((class, true)) => told.unwrap_or(class),
        None => match (told, basic_code(said)) {
            (Some(t), Some(code)) if code < 500 && t.is_hard() => BounceClass::Temporary,
            (Some(t), _) => t,
            (None, Some(code)) if code < 500 => BounceClass::Temporary,
            (None, Some(552)) => BounceClass::Full,
            (None, _) => BounceClass::Refused,
        },
    }
}

/// Whether a text in lower case holds one of the phrases, which are separated by bars.
pub fn holds(text: &str, phrases: &str) -> bool {
    phrases.split('|').any(|p| text.contains(p))
}

/// The class of the first phrase of the table that stands in the words as words.
fn phrase(said: &str) -> Option<BounceClass> {
    let text = plain(said);
    let stands = |phrase: &str| {
        text.match_indices(phrase).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + phrase.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
    };
    PHRASES.iter().find(|(_, phrases)| phrases.split('|').any(stands)).map(|(class, _)| *class)
}

/// Lower case on one line, without addresses: a mailbox may be called anything.
fn plain(said: &str) -> String {
    let words = said.split_whitespace().filter(|w| !w.contains('@'));
    let text = words.collect::<Vec<_>>().join(" ").to_lowercase().replace(['\u{2019}', '`'], "'");
    // Continued answers repeat the code at each line: "550-5.1.1 The email account 550-5.1.1 that you".
    REPEATED.replace_all(&text, " ").into_owned()
}

#[allow(clippy::unwrap_used, reason = "the patterns are constants that every test compiles")]
fn pattern(text: &'static str) -> Regex {
    // The patterns are constants of this file.
    Regex::new(text).unwrap()
}

static REPEATED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[245]\d\d-([245]\.\d{1,3}\.\d{1,3} )?\s*"));
static ENHANCED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|[^0-9.])([245]\.\d{1,3}\.\d{1,3})(?:\.?(?:[^0-9.]|$))"));
static BASIC: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|[^0-9.])([45]\d\d)(?:[ \-:;,#]|$)"));

/// The first enhanced code in a text that speaks of a failure.
pub fn status_in(text: &str) -> Option<StatusCode> {
    let found = ENHANCED.captures_iter(text).take(10).filter_map(|c| c.get(1)?.as_str().parse::<StatusCode>().ok());
    found.into_iter().find(|code| code.class != 2)
}

/// The first SMTP answer in a text that speaks of a failure.
fn basic_code(text: &str) -> Option<u16> {
    BASIC.captures(text)?.get(1)?.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use BounceClass::*;

    #[track_caller]
    fn check(said: &str, expected: BounceClass) {
        assert_eq!(class_of(status_in(said), said), expected, "{said}");
    }

    #[test]
    fn codes_and_words_are_read_together() {
        check("550 5.1.1 <jo@reader.example>: Recipient address rejected: User unknown in virtual mailbox table", Mailbox);
        check("550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the address", Mailbox);
        check("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", Mailbox);
        check("550 5.4.1 Recipient address rejected: Access denied. [x.protection.example]", Mailbox);
        check("550 5.2.1 The email account that you tried to reach is disabled.", Mailbox);
        check("450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents", Temporary);
        check("554: delivery error: dd This user doesn't have a post.example account", Mailbox);
        check("552 5.2.2 Over quota", Full);
        check("452 4.2.2 The email account that you tried to reach is over quota and inactive.", Full);
        check("5.4.4 Host or domain name not found. Name service error for name=gone.example type=AAAA: Host not found", Domain);
        check("Name service error for domain reader.example: Host not found, try again", Temporary);
        check("reader.example: Domain does not exist", Domain);
        check("556 5.1.10 Recipient address has null MX", Mailbox);
        check("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", Policy);
        check("550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. part of their network is on our block list (S3140)", Policy);
        check("550 5.1.1 rejected: your IP 192.0.2.1 has a poor reputation", Policy);
        check("550-5.7.26 This mail is unauthenticated, which poses a security risk to the sender", Policy);
        check("554 5.7.1 Message rejected as spam by Content Filtering", Content);
        check("552 5.3.4 Message size exceeds fixed limit", Content);
        check("451 4.7.1 Greylisting in action, please come back later", Temporary);
        check("421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume or user complaints", Policy);
        check("4.4.1 connect to mx.reader.example[192.0.2.9]:25: Connection timed out", Temporary);
        check("4.4.7 Delivery expired", Temporary);
        check("451 4.1.1 user unknown: lookup failed", Temporary);
        check("550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", Refused);
        check("550 5.5.0 Requested action not taken: mailbox unavailable", Mailbox);
        check("Remote host said: 550 no", Refused);
        check("421 come back", Temporary);
        check("", Refused);
    }

    #[test]
    fn an_address_is_no_reason() {
        check("550 <spam@blocked.example> said no", Refused);
        assert_eq!(status_in("at 10.5.1.1 and 15.1.12 nothing; 2.0.0 ok; end 5.1.1."), "5.1.1".parse().ok());
    }
}
