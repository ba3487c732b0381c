//! Who is alive: a worker holds the lock of a file that bears its id, and the operating system lets go of it when the process dies.
//!
//! Never takes a missing file for a death: the worker may be on another machine, where only the end of its lease tells.

use std::{
    fs::{File, TryLockError},
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

fn path_of(data: &Path, id: WorkerId) -> PathBuf {
    data.join("workers").join(format!("{id}.lock"))
}

impl Worker {
    /// Takes an id and its lock, before anything is claimed under it.
    pub fn enlist(data: &Path) -> Result<Self, DeliverError> {
        let id: WorkerId = new_id();
        let path = path_of(data, id);
        let locked = || {
            std::fs::create_dir_all(data.join("workers"))?;
            let file = File::create_new(&path)?;
            file.lock()?;
            Ok(file)
        };
        let lock = locked().map_err(|e| DeliverError::Lock(path.clone(), e))?;
        Ok(Self { id, path, _lock: lock })
    }

    /// Leaves no file behind after an orderly end.
    pub fn retire(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Proof that a worker is dead, to be kept until its rows are taken over, so that no second process does the same meanwhile.
pub struct Remains {
    held: Option<(File, PathBuf)>,
}

impl Remains {
    /// Removes the dead worker's file.
    pub fn clear(self) {
        if let Some((_, path)) = &self.held {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The remains of a worker that is gone; `None` while it may be alive. `lease_over` decides when there is no file here.
pub fn remains(data: &Path, id: WorkerId, lease_over: bool) -> Option<Remains> {
    let path = path_of(data, id);
    let Ok(file) = File::open(&path) else {
        return lease_over.then_some(Remains { held: None });
    };
    match file.try_lock() {
        Ok(()) => Some(Remains { held: Some((file, path)) }),
        Err(TryLockError::WouldBlock) => None,
        // A file system without locks: the lease decides.
        Err(TryLockError::Error(_)) => lease_over.then_some(Remains { held: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_alive_until_its_lock_is_let_go() {
        let dir = tempfile::tempdir().unwrap();
        let worker = Worker::enlist(dir.path()).unwrap();
        let id = worker.id;
        assert!(remains(dir.path(), id, true).is_none(), "alive, whatever its lease says");
        drop(worker);
        remains(dir.path(), id, false).unwrap().clear();
        assert!(remains(dir.path(), id, false).is_none(), "no file: perhaps on another machine");
        assert!(remains(dir.path(), id, true).is_some());
    }
}
