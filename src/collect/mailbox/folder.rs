//! Messages on this machine: a Maildir, a directory of .eml files, or one file. Reading changes nothing there.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{MOST_BYTES, MailboxError};

/// The path a source's address names, if it names one: `file:` or anything without a scheme.
#[must_use]
pub fn local_path(address: &str) -> Option<PathBuf> {
    match address.split_once(':') {
        Some(("file", _)) => url::Url::parse(address).ok()?.to_file_path().ok(),
        Some((scheme, _)) if scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => None,
        _ => Some(PathBuf::from(address)),
    }
}

/// One file as it lies there, of whatever kind.
pub fn file(path: &Path) -> Result<Vec<u8>, MailboxError> {
    let unreadable = |cause| MailboxError::Unreadable { path: path.to_owned(), cause };
    if fs::metadata(path).map_err(unreadable)?.len() > MOST_BYTES {
        return Err(unreadable(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 20 MiB")));
    }
    fs::read(path).map_err(unreadable)
}

/// Whether a file begins with the header of a message. One that cannot be read does: reading it says why it cannot.
#[must_use]
pub fn is_message(path: &Path) -> bool {
    const MEMBERS: [&str; 6] = ["from", "return-path", "received", "delivered-to", "subject", "date"];
    let mut head = [0_u8; 512];
    let Ok(n) = fs::File::open(path).and_then(|mut f| io::Read::read(&mut f, &mut head)) else { return true };
    let head = String::from_utf8_lossy(&head[..n]).into_owned();
    let name = head.lines().next().and_then(|l| l.split_once(':')).map(|(name, _)| name.trim().to_ascii_lowercase());
    let is_member = |n: &str| MEMBERS.contains(&n) || n.starts_with("x-") || (n.contains('-') && !n.contains(' '));
    head.starts_with("From ") || name.as_deref().is_some_and(is_member)
}

/// Messages that were not read before, oldest first: what a later one says is newer.
pub struct Folder {
    /// Newest first: the next one is taken from the end.
    waiting: Vec<Entry>,
    /// What was left out, in words.
    pub notes: Vec<String>,
}

struct Entry {
    written: SystemTime,
    name: String,
    path: PathBuf,
}

impl Folder {
    /// Looks at a Maildir (`cur` and `new`), a directory or a file. Messages whose names are `known` are not opened.
    pub fn open(path: &Path, known: &HashSet<String>) -> Result<Self, MailboxError> {
        let mut folder = Self { waiting: Vec::new(), notes: Vec::new() };
        if path.is_file() {
            folder.add(path.to_owned(), false, known);
            return Ok(folder);
        }
        if !path.is_dir() {
            return Err(MailboxError::Missing(path.to_owned()));
        }
        let unreadable = |cause| MailboxError::Unreadable { path: path.to_owned(), cause };
        let parts = [path.join("new"), path.join("cur")];
        let is_maildir = parts.iter().any(|p| p.is_dir());
        let folders = if is_maildir { parts.to_vec() } else { vec![path.to_owned()] };
        for part in folders.iter().filter(|f| f.is_dir()) {
            for entry in fs::read_dir(part).map_err(unreadable)? {
                folder.add(entry.map_err(unreadable)?.path(), is_maildir, known);
            }
        }
        folder.waiting.sort_by(|a, b| (b.written, &b.name).cmp(&(a.written, &a.name)));
        Ok(folder)
    }

    fn add(&mut self, path: PathBuf, is_maildir: bool, known: &HashSet<String>) {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A Maildir's unique name stays when the message moves from `new` to `cur` and its flags change; the message itself never does.
        let unique = file.split(":2,").next().unwrap_or_default();
        if file.starts_with('.') || is_maildir && known.contains(unique) {
            return;
        }
        let Ok(meta) = path.metadata() else { return };
        if !meta.is_file() {
            return;
        }
        let written = meta.modified().unwrap_or(UNIX_EPOCH);
        let name = if is_maildir {
            unique.to_owned()
        } else {
            // Another file may be written under the same name.
            let age = written.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            format!("{file}:{age}:{}", meta.len())
        };
        if known.contains(&name) {
            return;
        }
        if meta.len() > MOST_BYTES {
            self.notes.push(format!("{file} is larger than {} MB and was not read", MOST_BYTES / 1024 / 1024));
            return;
        }
        self.waiting.push(Entry { written, name, path });
    }

    /// The next message: its name and its bytes. One that another program moved away meanwhile is passed over, one that cannot be read is noted.
    pub fn next_message(&mut self) -> Option<(String, Vec<u8>)> {
        while let Some(entry) = self.waiting.pop() {
            match fs::read(&entry.path) {
                Ok(body) => return Some((entry.name, body)),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(cause) => self.notes.push(format!("{} cannot be read: {cause}", entry.path.display())),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &mut Folder) -> Vec<String> {
        std::iter::from_fn(|| folder.next_message()).map(|(name, _)| name).collect()
    }

    #[test]
    fn a_maildir_is_read_without_being_touched_and_each_message_once() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["new", "cur", "tmp"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        fs::write(dir.path().join("new/1"), "a").unwrap();
        fs::write(dir.path().join("cur/2:2,S"), "b").unwrap();
        fs::write(dir.path().join("tmp/3"), "unfinished").unwrap();
        let mut found = names(&mut Folder::open(dir.path(), &HashSet::new()).unwrap());
        found.sort();
        assert_eq!(found, ["1", "2"]);
        assert!(dir.path().join("new/1").exists());
        // A mail program has looked: the message is the same one.
        fs::rename(dir.path().join("new/1"), dir.path().join("cur/1:2,RS")).unwrap();
        fs::write(dir.path().join("new/4"), "c").unwrap();
        assert_eq!(names(&mut Folder::open(dir.path(), &found.into_iter().collect()).unwrap()), ["4"]);
        assert!(Folder::open(&dir.path().join("nothing"), &HashSet::new()).is_err());
    }

    #[test]
    fn a_message_that_was_moved_away_meanwhile_does_not_hide_the_others() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["1.eml", "2.eml"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let mut found = Folder::open(dir.path(), &HashSet::new()).unwrap();
        fs::remove_file(dir.path().join("1.eml")).unwrap();
        let left = names(&mut found);
        assert!(left.len() == 1 && left[0].starts_with("2.eml:"), "{left:?}");
    }

    #[test]
    fn a_file_written_anew_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("bulletin.eml");
        fs::write(&file, "one").unwrap();
        let known: HashSet<String> = names(&mut Folder::open(&file, &HashSet::new()).unwrap()).into_iter().collect();
        assert_eq!(names(&mut Folder::open(&file, &known).unwrap()).len(), 0);
        fs::write(&file, "another").unwrap();
        assert_eq!(names(&mut Folder::open(&file, &known).unwrap()).len(), 1);
    }

    #[test]
    fn addresses_and_paths_are_told_apart() {
        assert_eq!(local_path("https://a.example/x"), None);
        assert_eq!(local_path("webcal://a.example/x"), None);
        assert_eq!(local_path("imaps://a@b.example/x"), None);
        assert_eq!(local_path("/var/mail/in"), Some("/var/mail/in".into()));
        assert_eq!(local_path("file:///var/mail/in"), Some("/var/mail/in".into()));
        assert_eq!(local_path("mail/in"), Some("mail/in".into()));
    }
}
