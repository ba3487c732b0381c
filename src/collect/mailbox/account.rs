//! The address of a mailbox over IMAP, and who reads it with what password.
//!
//! `imaps://user@host[:port][/Folder]`; `imap:` begins in the clear and must be encrypted (STARTTLS) before the password is sent, but on
//! this machine. A password in an address is refused: addresses are stored, shown and logged.

use std::{fmt, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::MailboxError;
use crate::domain::vocabulary;

/// Where a mailbox over IMAP is (RFC 5092, without the parts that name a message).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImapAddress {
    /// TLS from the first byte.
    pub implicit_tls: bool,
    pub user: String,
    pub host: Host<String>,
    pub port: u16,
    /// As people read it, not in IMAP's own encoding.
    pub folder: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadImapAddress {
    #[error("expected imaps://user@host/Folder")]
    Shape,
    #[error("the address names no user; expected imaps://user@host/Folder")]
    NoUser,
    #[error(
        "a password in an address would be stored and shown: leave it out, and put it into password_file of a [mailbox.NAME] in the configuration"
    )]
    Password,
}

/// Reads the %-signs of a part of an address.
fn plain(part: &str) -> Result<String, BadImapAddress> {
    // A query reader decodes them; a plus sign is itself here.
    let encoded = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let text = url::form_urlencoded::parse(encoded.as_bytes()).next().map(|(k, _)| k.into_owned()).unwrap_or_default();
    if text.chars().any(char::is_control) { Err(BadImapAddress::Shape) } else { Ok(text) }
}

impl ImapAddress {
    /// Reads an address; `None` when it is none of IMAP.
    pub fn parse(text: &str) -> Option<Result<Self, BadImapAddress>> {
        let scheme = text.split_once(':')?.0;
        let implicit_tls = scheme.eq_ignore_ascii_case("imaps");
        (implicit_tls || scheme.eq_ignore_ascii_case("imap")).then(|| Self::read(text, implicit_tls))
    }

    fn read(text: &str, implicit_tls: bool) -> Result<Self, BadImapAddress> {
        let url = Url::parse(text).map_err(|_| BadImapAddress::Shape)?;
        if url.password().is_some() {
            return Err(BadImapAddress::Password);
        }
        // In addresses of other schemes than http the library leaves hosts as they are written: 0x7f000001 must be the address it means.
        let host = url.host_str().and_then(|h| Host::parse(h).ok()).ok_or(BadImapAddress::Shape)?;
        let user = plain(url.username())?;
        if user.is_empty() {
            return Err(BadImapAddress::NoUser);
        }
        let folder = plain(url.path().trim_matches('/'))?;
        let folder = if folder.is_empty() || folder.eq_ignore_ascii_case("inbox") { "INBOX".to_owned() } else { folder };
        let port = url.port().unwrap_or(if implicit_tls { 993 } else { 143 });
        Ok(Self { implicit_tls, user, host, port, folder })
    }

    /// The same user on the same server, whatever the folder.
    #[must_use]
    pub fn is_account_of(&self, other: &Self) -> bool {
        self.user == other.user && self.host == other.host && self.port == other.port
    }

    /// The address without its folder.
    #[must_use]
    pub fn account(&self) -> String {
        Self { folder: String::new(), ..self.clone() }.to_string()
    }
}

impl fmt::Display for ImapAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.implicit_tls { ("imaps", 993) } else { ("imap", 143) };
        let escaped = |s: &str, keep: &str| {
            let byte = |b: u8| {
                let c = char::from(b);
                if c.is_ascii_alphanumeric() || keep.contains(c) { c.to_string() } else { format!("%{b:02X}") }
            };
            s.bytes().map(byte).collect::<String>()
        };
        write!(f, "{scheme}://{}@{}", escaped(&self.user, "-._~+@"), self.host)?;
        if self.port != usual {
            write!(f, ":{}", self.port)?;
        }
        if self.folder.is_empty() { Ok(()) } else { write!(f, "/{}", escaped(&self.folder, "-._~+/")) }
    }
}

vocabulary! {
    /// What happens on the server to a message whose events are stored.
    #[derive(Default)]
    pub enum After("what happens to read messages") {
        /// It is flagged \Seen.
        #[default]
        Seen = "seen",
        /// It is flagged with a keyword.
        Keyword = "keyword",
        /// It is moved to a folder.
        Move = "move",
        /// Nothing: Gleaner alone knows what it has read.
        Nothing = "nothing",
    }
}

/// How to get into a mailbox, and what to do there.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its folder says nothing: an account serves all folders.
    pub address: ImapAddress,
    pub password: Option<SecretString>,
    /// Read at each look, so that a new password needs no restart. Its last line break is no part of it.
    pub password_file: Option<PathBuf>,
    pub after: After,
    /// The keyword, or the folder to move to.
    pub after_name: String,
}

impl Account {
    /// The password, from where the operator put it.
    pub fn secret(&self) -> Result<SecretString, MailboxError> {
        match (&self.password, &self.password_file) {
            (Some(password), _) => Ok(password.expose_secret().to_owned().into()),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|cause| MailboxError::PasswordFile { path: path.clone(), cause })?;
                Ok(text.trim_end_matches(['\r', '\n']).to_owned().into())
            }
            (None, None) => Err(MailboxError::NoAccount(self.address.account())),
        }
    }
}

/// The mailboxes of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Accounts(pub Vec<Account>);

impl Accounts {
    /// The account that an address belongs to.
    pub fn of(&self, address: &ImapAddress) -> Result<&Account, MailboxError> {
        self.0.iter().find(|a| a.address.is_account_of(address)).ok_or_else(|| MailboxError::NoAccount(address.account()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, BadImapAddress>) {
        assert_eq!(ImapAddress::parse(text).unwrap().map(|a| a.to_string()), expected.map(Into::into), "{text}");
    }

    #[test]
    fn one_mailbox_has_one_address() {
        check("imaps://news@mail.example", Ok("imaps://news@mail.example/INBOX"));
        check("IMAPS://news@Mail.example:993/inbox/", Ok("imaps://news@mail.example/INBOX"));
        check("imaps://news@body.example@mail.example/Bulletins/2027", Ok("imaps://news@body.example@mail.example/Bulletins/2027"));
        check("imap://a%20b@127.1:1143/F%C3%B6rderung%20%26%20mehr", Ok("imap://a%20b@127.0.0.1:1143/F%C3%B6rderung%20%26%20mehr"));
        check("imap://a+b@0x7f000001/x", Ok("imap://a+b@127.0.0.1/x"));
        check("imaps://mail.example/INBOX", Err(BadImapAddress::NoUser));
        check("imaps://a:secret@mail.example/", Err(BadImapAddress::Password));
        check("imaps://", Err(BadImapAddress::Shape));
        check("imaps://a@b.example/x%0d%0aLOGOUT", Err(BadImapAddress::Shape));
        assert_eq!(ImapAddress::parse("https://a.example/"), None);
    }

    #[test]
    fn an_account_serves_the_folders_of_its_user() {
        let address = |t: &str| ImapAddress::parse(t).unwrap().unwrap();
        let account = Account {
            address: address("imaps://a@b.example"),
            password: Some("p".to_owned().into()),
            password_file: None,
            after: After::Seen,
            after_name: String::new(),
        };
        let accounts = Accounts(vec![account]);
        assert!(accounts.of(&address("imaps://a@b.example/Other")).is_ok());
        let error = accounts.of(&address("imaps://c@b.example/Other")).unwrap_err().to_string();
        assert!(error.contains("address = \"imaps://c@b.example\""), "{error}");
        assert!(!format!("{accounts:?}").contains("\"p\""), "a password is not printed");
    }
}
