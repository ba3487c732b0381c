//! Messages on this machine: a Maildir, a directory of .eml files, or one file. Reading changes nothing in the mailbox.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Largest message that is read. Bytes.
const MOST_BYTES: u64 = 25 * 1024 * 1024;
/// Messages read in one pass, newest first.
const MOST_MESSAGES: usize = 500;

/// One message as it lies there.
pub struct Message {
    /// File name, for notes.
    pub name: String,
    pub body: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    #[error("there is no mailbox or message at {0}")]
    Missing(PathBuf),
    #[error("{path} cannot be read: {cause}")]
    Unreadable { path: PathBuf, cause: io::Error },
}

/// The path a source's address names, if it names one: `file:` or anything without a scheme.
#[must_use]
pub fn local_path(address: &str) -> Option<PathBuf> {
    match address.split_once(':') {
        Some(("file", _)) => url::Url::parse(address).ok()?.to_file_path().ok(),
        Some((scheme, _)) if scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => None,
        _ => Some(PathBuf::from(address)),
    }
}

/// The messages of a Maildir (`cur` and `new`), of a directory, or the one in a file; newest first, those too large left out. Each is read
/// when it is asked for, so that one message at a time is in memory; one that another program moved away meanwhile is passed over.
pub fn messages(path: &Path) -> Result<impl Iterator<Item = Result<Message, MailboxError>>, MailboxError> {
    Ok(files(path)?.into_iter().filter_map(|file| match read(&file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        done => Some(done.map_err(|cause| MailboxError::Unreadable { path: file, cause })),
    }))
}

/// One file as it lies there, of whatever kind.
pub fn file(path: &Path) -> Result<Message, MailboxError> {
    let unreadable = |cause| MailboxError::Unreadable { path: path.to_owned(), cause };
    let meta = fs::metadata(path).map_err(unreadable)?;
    if meta.len() > MOST_BYTES {
        return Err(unreadable(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 25 MB")));
    }
    read(path).map_err(unreadable)
}

/// Whether a file begins with the header of a message. One that cannot be read does: reading it says why it cannot.
#[must_use]
pub fn is_message(path: &Path) -> bool {
    const MEMBERS: [&str; 6] = ["From", "Return-Path", "Received", "Delivered-To", "Subject", "Date"];
    let mut head = [0_u8; 512];
    let Ok(n) = fs::File::open(path).and_then(|mut f| io::Read::read(&mut f, &mut head)) else { return true };
    let head = String::from_utf8_lossy(&head[..n]).into_owned();
    let name = head.lines().next().and_then(|l| l.split_once(':')).map(|(name, _)| name.trim().to_ascii_lowercase());
    head.starts_with("From ")
        || name.is_some_and(|n| MEMBERS.iter().any(|m| n == m.to_ascii_lowercase()) || n.starts_with("x-") || n.contains('-') && !n.contains(' '))
}

/// Where the messages lie, newest first.
fn files(path: &Path) -> Result<Vec<PathBuf>, MailboxError> {
    let unreadable = |cause| MailboxError::Unreadable { path: path.to_owned(), cause };
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        return Err(MailboxError::Missing(path.to_owned()));
    }
    let parts = [path.join("new"), path.join("cur")];
    let folders = if parts.iter().any(|p| p.is_dir()) { parts.to_vec() } else { vec![path.to_owned()] };
    let mut files = Vec::new();
    for folder in folders.iter().filter(|f| f.is_dir()) {
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_file() && meta.len() <= MOST_BYTES && !entry.file_name().to_string_lossy().starts_with('.') {
                files.push((meta.modified().ok(), entry.path()));
            }
        }
    }
    files.sort_by(|a, b| b.cmp(a));
    files.truncate(MOST_MESSAGES);
    Ok(files.into_iter().map(|(_, file)| file).collect())
}

fn read(file: &Path) -> io::Result<Message> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Message { name, body: fs::read(file)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maildir_is_read_without_being_touched() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["new", "cur", "tmp"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        fs::write(dir.path().join("new/1"), "a").unwrap();
        fs::write(dir.path().join("cur/2:2,S"), "b").unwrap();
        fs::write(dir.path().join("tmp/3"), "unfinished").unwrap();
        let mut bodies: Vec<_> = messages(dir.path()).unwrap().map(|m| m.unwrap().body).collect();
        bodies.sort();
        assert_eq!(bodies, [b"a", b"b"]);
        assert!(dir.path().join("new/1").exists());
        assert!(messages(&dir.path().join("nothing")).is_err());
    }

    #[test]
    fn a_message_that_was_moved_away_meanwhile_does_not_hide_the_others() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["1", "2"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let found = messages(dir.path()).unwrap();
        fs::remove_file(dir.path().join("1")).unwrap();
        assert_eq!(found.map(|m| m.unwrap().name).collect::<Vec<_>>(), ["2"]);
    }

    #[test]
    fn addresses_and_paths_are_told_apart() {
        assert_eq!(local_path("https://a.example/x"), None);
        assert_eq!(local_path("webcal://a.example/x"), None);
        assert_eq!(local_path("/var/mail/in"), Some("/var/mail/in".into()));
        assert_eq!(local_path("file:///var/mail/in"), Some("/var/mail/in".into()));
        assert_eq!(local_path("mail/in"), Some("mail/in".into()));
    }
}
