//! Messages to be read: over IMAP, or in a Maildir, a directory or a file on this machine.
//!
//! Nothing is ever deleted. A folder on this machine is not touched at all; over IMAP a message is marked or moved, as the operator chose, and
//! only after what it says was stored. Passwords come from the configuration and stand in no address, log line or error.

mod account;
mod folder;
mod imap;
mod server;
mod stream;
mod utf7;

use std::{io, path::PathBuf, time::Duration};

pub use account::{Account, Accounts, After, BadImapAddress, ImapAddress};
pub use folder::{Folder, file, is_message, local_path};
pub use imap::{Dial, Imap, Letter};
pub use server::Server;

use super::fetch::Refused;

/// Largest message that is read. Bytes.
pub const MOST_BYTES: u64 = 20 * 1024 * 1024;
/// Messages that are read, stored and marked together.
pub const BATCH: usize = 200;

/// Why a mailbox cannot be read, in words an operator can act on.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    #[error("there is no mailbox or message at {0}")]
    Missing(PathBuf),
    #[error("{path} cannot be read: {cause}")]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error(
        "no password is configured for {0}; add a [mailbox.NAME] with address = \"{0}\" and password_file, or set GLEANER__MAILBOX__NAME__PASSWORD"
    )]
    NoAccount(String),
    #[error("the password file {path} cannot be read: {cause}")]
    PasswordFile { path: PathBuf, cause: io::Error },
    #[error("not dialled: {0}")]
    Refused(Refused),
    #[error("cannot connect to {host}: {cause}")]
    Connect { host: String, cause: String },
    #[error("TLS with {host} failed: {cause}; check its certificate, and that imaps:// is right for its port (993; imap:// for 143)")]
    Tls { host: String, cause: String },
    #[error("{host} offers no encryption (STARTTLS), so no password is sent; use imaps://")]
    NotEncrypted { host: String },
    #[error(
        "{host} refused the login of {user}: {said}; check user name and password, and that the account allows IMAP (an app password may be needed)"
    )]
    Login { host: String, user: String, said: String },
    #[error("there is no folder `{folder}` ({said}); the mailbox has {folders}")]
    NoFolder { folder: String, said: String, folders: String },
    #[error("{host} did not answer within {} s", .after.as_secs())]
    TimedOut { host: String, after: Duration },
    #[error("{host} refused: {said}")]
    Answered { host: String, said: String },
    #[error("the connection to {host} broke off: {cause}")]
    Broken { host: String, cause: String },
}

impl MailboxError {
    /// Whether the connection can still be used: the server answered, with a no.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Answered { .. })
    }
}
