//! Who is alive: a worker holds the lock of a file that bears its id, and the operating system lets go of it when the process dies.
//!
//! Never takes a missing file for a death: the worker may be on another machine, where only the end of its lease tells.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::DeliverError;
use crate::{domain::WorkerId, store::new_id};

/// This run, with its lock.
pub struct Worker {
    pub id: WorkerId,
    path: PathBuf,
    // Held for as long as the value lives.
    _lock: File,
}

fn folder(data: &Path) -> PathBuf {
    data.join("workers")
}

fn path_of(data: &Path, id: WorkerId) -> PathBuf {
    folder(data).join(format!("{id}.lock"))
}

impl Worker {
    /// Takes an id and its lock, before anything is claimed under it.
    pub fn enlist(data: &Path) -> Result<Self, DeliverError> {
        let id: WorkerId = new_id();
        let path = path_of(data, id);
        let lock = locked(&path).map_err(|e| DeliverError::Lock(path.clone(), e))?;
        Ok(Self { id, path, _lock: lock })
    }

    /// Leaves no file behind after an orderly end.
    pub fn retire(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Locked before it gets the name by which others look for it, so that nobody can find it unlocked.
fn locked(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let unnamed = path.with_extension("new");
    let file = File::create_new(&unnamed)?;
    file.lock()?;
    std::fs::rename(&unnamed, path)?;
    Ok(file)
}

/// A worker of this machine that is gone. Its lock is ours until its rows are taken over, so that nobody does the same meanwhile.
pub struct Dead {
    pub id: WorkerId,
    path: PathBuf,
    _lock: File,
}

impl Dead {
    /// Removes its file: nothing of it is left in the database.
    pub fn clear(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The workers of this machine that died without an orderly end. On a file system without locks nobody is found, and leases decide.
pub fn dead_here(data: &Path) -> Vec<Dead> {
    let Ok(files) = std::fs::read_dir(folder(data)) else { return Vec::new() };
    files.flatten().filter_map(|f| dead(f.path())).collect()
}

fn dead(path: PathBuf) -> Option<Dead> {
    let id = path.file_name()?.to_str()?.strip_suffix(".lock")?.parse().ok()?;
    let lock = File::open(&path).ok()?;
    lock.try_lock().ok()?;
    Some(Dead { id, path, _lock: lock })
}

/// Whether a worker of this machine holds its lock. False says nothing about one of another machine.
pub fn is_alive_here(data: &Path, id: WorkerId) -> bool {
    File::open(path_of(data, id)).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_alive_until_its_lock_is_let_go() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (Worker::enlist(dir.path()).unwrap(), Worker::enlist(dir.path()).unwrap());
        assert!(dead_here(dir.path()).is_empty());
        let id = one.id;
        drop(one);
        let dead = dead_here(dir.path());
        assert_eq!(dead.iter().map(|d| d.id).collect::<Vec<_>>(), [id]);
        assert!(dead_here(dir.path()).is_empty(), "one process takes over, not two");
        dead.into_iter().for_each(Dead::clear);
        assert!(!is_alive_here(dir.path(), id) && is_alive_here(dir.path(), two.id));
        two.retire();
        assert_eq!(std::fs::read_dir(dir.path().join("workers")).unwrap().count(), 0);
    }
}
