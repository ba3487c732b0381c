//! The schema is read by PostgreSQL too: the same files, statement for statement, into a server of the test's own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::dkim::has;

/// Debian keeps the server's programs out of the PATH, by version.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|v| Some(v.ok()?.path().join("bin"))).collect();
    versions.retain(|v| v.join("initdb").exists());
    versions.sort();
    versions.pop()
}

/// PostgreSQL refuses to run as root: then as Debian's own user.
fn command(program: &Path, dir: &Path) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0");
    let mut command = if root {
        let mut su = Command::new("setpriv");
        su.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        su
    } else {
        Command::new(program)
    };
    command.current_dir(dir);
    command
}

fn run(program: &Path, dir: &Path, args: &[&str]) {
    let out = command(program, dir).args(args).output().unwrap();
    assert!(out.status.success(), "{} {args:?}: {}{}", program.display(), String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
}

/// A server that listens on a socket in its directory alone; stopped when dropped.
struct Server {
    bin: PathBuf,
    dir: tempfile::TempDir,
}

impl Server {
    fn start(bin: PathBuf) -> Self {
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(dir.path(), open).unwrap();
        let server = Self { bin, dir };
        let at = server.path();
        run(&server.bin.join("initdb"), &at, &["-D", "data", "-U", "gleaner", "-A", "trust", "--no-sync", "-E", "UTF8"]);
        let options = format!("-c listen_addresses='' -c unix_socket_directories={} -c fsync=off", at.display());
        run(&server.bin.join("pg_ctl"), &at, &["-D", "data", "-l", "log", "-o", &options, "-w", "start"]);
        server
    }

    fn path(&self) -> PathBuf {
        self.dir.path().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = command(&self.bin.join("pg_ctl"), &self.path()).args(["-D", "data", "-m", "immediate", "-w", "stop"]).output();
    }
}

#[test]
fn every_migration_runs_on_postgresql_as_it_stands() {
    let bin = programs();
    if !has("PostgreSQL", bin.is_some()) {
        return;
    }
    let server = Server::start(bin.unwrap());
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    let mut files: Vec<_> = std::fs::read_dir(migrations).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 4);
    let at = server.path();
    for file in files {
        let copy = at.join(file.file_name().unwrap());
        std::fs::copy(&file, &copy).unwrap();
        let socket = at.display().to_string();
        let script = copy.display().to_string();
        run(&server.bin.join("psql"), &at, &["-h", &socket, "-U", "gleaner", "-d", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "-f", &script]);
    }
}
