//! A mailbox over IMAP, message by message from where the last look ended. One at which reading breaks off is passed over after a few
//! times, so that it does not hide the others.

use super::{Account, Dial, Imap, ImapAddress, Letter, MailboxError};
use crate::store::mailbox::{Progress, ReadMessage};

/// Looks that break off at one message before it is passed over.
const PATIENCE: u32 = 3;

/// An open mailbox, and how far it was read.
pub struct Server {
    pub imap: Imap,
    pub progress: Progress,
    /// Numbers still to be read, ascending.
    waiting: std::vec::IntoIter<u32>,
}

impl Server {
    /// Opens the folder and asks what is new since `before`. Under another UIDVALIDITY all numbers are new; what was read is known by its digest.
    pub async fn open(address: &ImapAddress, account: &Account, dial: &Dial, before: Progress) -> Result<Self, MailboxError> {
        let mut imap = Imap::open(address, account, dial).await?;
        let same = before.uid_validity == imap.uid_validity;
        let progress = if same { before } else { Progress { uid_validity: imap.uid_validity, ..Progress::default() } };
        let waiting = imap.after(progress.read_uid).await?.into_iter();
        Ok(Self { imap, progress, waiting })
    }

    /// Whether nothing new is there.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.waiting.len() == 0
    }

    /// The next message that can be read; `None` when there are no more. After an error the connection is of no use, and
    /// `progress` says where it broke off.
    pub async fn next_message(&mut self, notes: &mut Vec<String>) -> Result<Option<(ReadMessage, Vec<u8>)>, MailboxError> {
        while let Some(uid) = self.waiting.next() {
            if uid == self.progress.stuck_uid && self.progress.stuck_times >= PATIENCE {
                notes.push(format!("message {uid} was passed over: reading broke off at it {PATIENCE} times"));
                self.passed(uid);
                continue;
            }
            match self.imap.message(uid).await {
                Ok(Letter::Body(body)) => {
                    self.passed(uid);
                    return Ok(Some((ReadMessage { name: blake3::hash(&body).to_hex().to_string(), uid: Some(uid) }, body)));
                }
                Ok(Letter::Gone) => self.passed(uid),
                Ok(Letter::TooLarge(bytes)) => {
                    notes.push(format!("message {uid} has {} MB and was not read", bytes / 1024 / 1024));
                    self.passed(uid);
                }
                Err(e) if e.is_answer() => {
                    notes.push(format!("message {uid} was not read: {e}"));
                    self.passed(uid);
                }
                Err(e) => {
                    let times = if self.progress.stuck_uid == uid { self.progress.stuck_times + 1 } else { 1 };
                    (self.progress.stuck_uid, self.progress.stuck_times) = (uid, times);
                    return Err(e);
                }
            }
        }
        Ok(None)
    }

    fn passed(&mut self, uid: u32) {
        self.progress.read_uid = uid;
        if self.progress.stuck_uid == uid {
            (self.progress.stuck_uid, self.progress.stuck_times) = (0, 0);
        }
    }
}
