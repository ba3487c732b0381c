//! The outbox as a Maildir: one file per message, named after its Message-ID, so that handing the same message over again
//! replaces the file and never makes a second one.
//!
//! Never leaves half a message in `new/`: written to `tmp/`, synchronised, renamed.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{Handed, Message, RelayError};

/// A Maildir, made when first used.
#[derive(Debug, Clone)]
pub struct Maildir {
    root: PathBuf,
}

impl Maildir {
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Makes the three folders.
    pub fn open(&self) -> Result<(), RelayError> {
        ["tmp", "new", "cur"]
            .iter()
            .try_for_each(|d| fs::create_dir_all(self.root.join(d)))
            .map_err(|e| RelayError::wrong(format!("cannot make the outbox {}: {e}; check --data", self.root.display())))
    }

    /// Writes one message. Blocks on the disk.
    #[must_use]
    pub fn deliver(&self, message: &Message) -> Handed {
        let name = file_name(&message.message_id);
        match self.write(&name, &message.bytes) {
            Ok(()) => Handed::Accepted(format!("stored as {name}")),
            // A full or broken disk is not the reader's fault: nothing is held against the message.
            Err(e) => Handed::Away(format!("cannot write to {}: {e}", self.root.display())),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // A mail program may have moved the first copy to cur/ already.
        if self.root.join("cur").join(name).exists() {
            return Ok(());
        }
        let (staged, place) = (self.root.join("tmp").join(name), self.root.join("new").join(name));
        let mut file = File::create(&staged)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&staged, &place)?;
        sync_folder(&self.root.join("new"))
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Letters, digits, hyphens, dots and underscores of the Message-ID; anything else becomes an underscore.
fn file_name(message_id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '_' };
    let stem: String = message_id.chars().take(120).map(safe).collect();
    format!("{}.eml", stem.trim_start_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_twice_is_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let maildir = Maildir::new(dir.path().join("outbox"));
        maildir.open().unwrap();
        let message = crate::mail::message::tests::sample("Jo");
        for _ in 0..2 {
            assert!(matches!(maildir.deliver(&message), Handed::Accepted(_)));
        }
        let files: Vec<_> = fs::read_dir(dir.path().join("outbox/new")).unwrap().map(|f| f.unwrap().path()).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(fs::read(&files[0]).unwrap(), message.bytes);
        assert_eq!(fs::read_dir(dir.path().join("outbox/tmp")).unwrap().count(), 0);
    }

    #[test]
    fn a_name_stays_in_its_folder() {
        assert_eq!(file_name("../../etc/passwd@x"), "_.._etc_passwd_x.eml");
    }
}
