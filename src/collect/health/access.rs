//! Looks that failed: what kind of failure it is, and after how many in a row an operator should hear of it.

use crate::domain::{AlarmKind, Symptom};

/// Why there was no document to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The server's status.
    Status(u16),
    Certificate,
    /// robots.txt.
    Robots,
    /// No connection, no answer, or one that broke off.
    Unreachable,
    /// Our own guard or limits refused it.
    Refused,
    /// A mailbox that is not there or lets nobody in.
    Account,
    /// There was a document, and it could not be read.
    Unreadable,
}

impl Fault {
    #[must_use]
    pub const fn kind(self) -> AlarmKind {
        match self {
            Self::Status(401 | 403 | 406 | 451) => AlarmKind::Blocked,
            Self::Status(404 | 410) => AlarmKind::Gone,
            Self::Status(408 | 425 | 429 | 500..) | Self::Unreachable => AlarmKind::Failing,
            Self::Status(_) | Self::Refused | Self::Account => AlarmKind::Refused,
            Self::Certificate => AlarmKind::Certificate,
            Self::Robots => AlarmKind::Robots,
            Self::Unreadable => AlarmKind::Unreadable,
        }
    }

    /// Failures in a row from which on it is told. What mends itself by waiting is told late, what does not at once.
    const fn patience(self) -> i64 {
        match self {
            Self::Certificate | Self::Robots | Self::Refused | Self::Account | Self::Status(410) => 1,
            Self::Unreadable | Self::Status(401 | 403 | 404 | 406 | 451) => 2,
            Self::Status(_) | Self::Unreachable => 3,
        }
    }

    /// Whether asking again soon is no use and no manners: then it is asked once a day.
    #[must_use]
    pub const fn backs_off(self) -> bool {
        matches!(self.kind(), AlarmKind::Blocked | AlarmKind::Robots)
    }

    const fn advice(self) -> &'static str {
        match self.kind() {
            AlarmKind::Blocked => {
                "It does not let programs in. It is asked once a day and never under another name: ask the provider to let Gleaner in, or for a feed or calendar; a mailbox with their e-bulletin does as well"
            }
            AlarmKind::Gone => "Look for its new address, add that (`gleaner source add`) and disable this one",
            AlarmKind::Certificate => "Tell the provider that the certificate of their site is not valid; nothing is read until it is",
            AlarmKind::Robots => "Ask the provider for permission or for a feed",
            AlarmKind::Unreadable => {
                "Open the address: it answers with something else than before; `gleaner try source URL` shows what can be read there"
            }
            AlarmKind::Refused => match self {
                Self::Refused => "Look at the address and at fetch.allow_networks and fetch.max_body_bytes",
                Self::Account => "Look at its address, and for a mailbox over IMAP at its [mailbox.NAME] in the configuration",
                _ => "Look at the address",
            },
            _ => "It is tried again, less and less often; if the site is well in a browser, look at the network of this machine",
        }
    }

    /// What an operator is told after so many failures in a row, the newest with these words.
    #[must_use]
    pub fn symptom(self, in_a_row: i64, reason: &str) -> Option<Symptom> {
        let times = if in_a_row == 1 { String::new() } else { format!(" ({in_a_row} times in a row)") };
        let told = in_a_row >= self.patience();
        told.then(|| Symptom::new(self.kind(), format!("{reason}{times}. {}", self.advice())))
    }
}

/// Marks of a page that asks for a password, and ways to such pages.
const PASSWORD_FIELD: [&str; 2] = ["type=\"password\"", "type='password'"];
const LOGIN_PATHS: [&str; 8] = ["login", "log-in", "signin", "sign-in", "sso", "saml", "wp-login.php", "authorize"];

/// A page with more links is a site's own page with a field for members in its head.
const LINKS_OF_A_WAY_IN: usize = 30;

/// Whether a document looks like a way in and not like what was asked for: a password field and little else, or a redirect to a sign-in path.
#[must_use]
pub fn asks_for_login(body: &[u8], asked: &url::Url, came_from: Option<&url::Url>) -> bool {
    let is_login = |u: &url::Url| u.path_segments().is_some_and(|mut s| s.any(|p| LOGIN_PATHS.contains(&p.to_ascii_lowercase().as_str())));
    if came_from.is_some_and(|to| to != asked && is_login(to) && !is_login(asked)) {
        return true;
    }
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    PASSWORD_FIELD.iter().any(|mark| text.contains(mark)) && text.matches("<a ").take(LINKS_OF_A_WAY_IN + 1).count() <= LINKS_OF_A_WAY_IN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_is_told_when_waiting_no_longer_helps() {
        let check = |fault: Fault, kind: AlarmKind, from: i64| {
            assert_eq!(fault.kind(), kind, "{fault:?}");
            assert_eq!(fault.symptom(from - 1, "x"), None, "{fault:?} before its time");
            assert_eq!(fault.symptom(from, "x").map(|s| s.kind), Some(kind), "{fault:?}");
        };
        check(Fault::Certificate, AlarmKind::Certificate, 1);
        check(Fault::Robots, AlarmKind::Robots, 1);
        check(Fault::Refused, AlarmKind::Refused, 1);
        check(Fault::Account, AlarmKind::Refused, 1);
        check(Fault::Status(410), AlarmKind::Gone, 1);
        check(Fault::Status(404), AlarmKind::Gone, 2);
        check(Fault::Status(403), AlarmKind::Blocked, 2);
        check(Fault::Status(406), AlarmKind::Blocked, 2);
        check(Fault::Unreadable, AlarmKind::Unreadable, 2);
        check(Fault::Status(429), AlarmKind::Failing, 3);
        check(Fault::Status(503), AlarmKind::Failing, 3);
        check(Fault::Unreachable, AlarmKind::Failing, 3);
        check(Fault::Status(418), AlarmKind::Refused, 3);
    }

    #[test]
    fn who_is_kept_out_stays_away_and_says_so() {
        assert!(Fault::Status(403).backs_off() && Fault::Robots.backs_off() && !Fault::Status(500).backs_off());
        let told = Fault::Status(403).symptom(4, "the server answered 403 Forbidden").unwrap().words;
        assert!(told.starts_with("the server answered 403 Forbidden (4 times in a row). ") && told.contains("never under another name"), "{told}");
    }

    #[test]
    fn a_way_in_is_not_a_list() {
        let url = |s: &str| url::Url::parse(s).unwrap();
        let asked = url("https://a.example/events");
        assert!(asks_for_login(b"<form><INPUT TYPE=\"password\"></form>", &asked, None));
        assert!(asks_for_login(b"", &asked, Some(&url("https://a.example/account/Login?next=/events"))));
        let members = format!("<input type=\"password\">{}", "<a href=/x>x</a>".repeat(40));
        assert!(!asks_for_login(members.as_bytes(), &asked, None), "a field for members in the head of a page");
        assert!(!asks_for_login(b"<p>Passwords in museums: a course</p>", &asked, Some(&asked)));
        assert!(!asks_for_login(b"", &asked, Some(&url("https://a.example/courses/login-systems"))));
    }
}
