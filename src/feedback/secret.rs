//! The installation's secret and what is derived from it: signatures of links, hashes of addresses, Message-IDs.
//!
//! Never printed, never compared in variable time; one key per purpose, so that no value of one can stand for another.

use std::{fs::OpenOptions, io, io::Write, path::Path};

use secrecy::{ExposeSecret, SecretBox};

use crate::domain::{EditionId, EmailAddress, EmailHash, SubscriberId};

/// Thirty-two random bytes kept in `secret.key` of the data directory.
#[derive(Debug)]
pub struct Secret(SecretBox<[u8; 32]>);

impl Secret {
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// Reads the key file, or makes one that only its owner can read.
    pub fn load_or_create(path: &Path) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => {
                let bytes: [u8; 32] =
                    bytes.try_into().map_err(|_| io::Error::other(format!("{} does not hold 32 bytes; restore it from a backup", path.display())))?;
                Ok(Self::from_bytes(bytes))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(e) => Err(e),
        }
    }

    fn create(path: &Path) -> io::Result<Self> {
        let bytes: [u8; 32] = rand::random();
        let staged = path.with_extension(format!("{:016x}.new", rand::random::<u64>()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&staged)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        // A hard link fails if another process was first: then its key is the key.
        let linked = std::fs::hard_link(&staged, path);
        std::fs::remove_file(&staged)?;
        match linked {
            Ok(()) => Ok(Self::from_bytes(bytes)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Self::load_or_create(path),
            Err(e) => Err(e),
        }
    }

    /// BLAKE3 keyed for one purpose.
    fn keyed(&self, purpose: &str) -> blake3::Hasher {
        let key = blake3::keyed_hash(self.0.expose_secret(), purpose.as_bytes());
        blake3::Hasher::new_keyed(key.as_bytes())
    }

    /// What is kept of an address when the address itself must go.
    #[must_use]
    pub fn email_hash(&self, address: &EmailAddress) -> EmailHash {
        EmailHash(self.keyed("email").update(address.key().as_bytes()).finalize().to_hex().to_string())
    }

    /// What is kept of the network address that an act came from.
    #[must_use]
    pub fn origin_hash(&self, origin: &str) -> String {
        self.keyed("origin").update(origin.as_bytes()).finalize().to_hex().to_string()
    }

    /// The Message-ID of one edition to one subscriber, without brackets: the same however often it is tried, and telling nobody who it is for.
    #[must_use]
    pub fn message_id(&self, edition: EditionId, subscriber: SubscriberId, domain: &str) -> String {
        let hash = self.keyed("message-id").update(edition.0.as_bytes()).update(subscriber.0.as_bytes()).finalize();
        format!("{}@{domain}", &hash.to_hex()[..32])
    }

    /// The key of the return paths that name a delivery.
    #[must_use]
    pub fn return_path_key(&self) -> [u8; 32] {
        *self.keyed("return-path").finalize().as_bytes()
    }

    /// A signature of `payload`. Comparing two takes the same time wherever they differ.
    pub(super) fn signature(&self, payload: &[u8]) -> blake3::Hash {
        self.keyed("link").update(payload).finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_read_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        let jo = EmailAddress::parse("Jo@Example.org").unwrap();
        let first = Secret::load_or_create(&path).unwrap().email_hash(&jo);
        assert_eq!(Secret::load_or_create(&path).unwrap().email_hash(&EmailAddress::parse("jo@example.org").unwrap()), first);
        assert_ne!(Secret::from_bytes([0; 32]).email_hash(&jo), first);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        std::fs::write(&path, b"short").unwrap();
        assert!(Secret::load_or_create(&path).is_err());
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert!(!format!("{:?}", Secret::from_bytes([7; 32])).contains('7'));
    }
}
