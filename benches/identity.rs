//! Which listings are one event, by the million: the whole command on generated files, time and memory.
//!
//! `cargo bench --bench identity`; `-- FILE N` writes a file of N listings and measures nothing.

mod support;

use std::{
    fs::File,
    io::BufWriter,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Context;
use support::{Figure, Words, once, records};

/// `gleaner try duplicates` on a million listings may take this many times what it takes on a hundred thousand.
const LIMIT: f64 = 12.0;

fn main() -> anyhow::Result<()> {
    let words = Words::new(10_000);
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let [file, n] = args.as_slice() {
        return Ok(records::write(&mut BufWriter::new(File::create(file)?), n.parse()?, &words)?);
    }
    let small = measured(100_000, &words)?;
    let large = measured(1_000_000, &words)?;
    println!("{:<58} {:.2} x the time for 100,000 (limit {LIMIT})", "1,000,000 listings", 10.0 * small.rate() / large.rate());
    Ok(())
}

fn measured(n: usize, words: &Words) -> anyhow::Result<Figure> {
    let file = tempfile::NamedTempFile::new()?;
    records::write(&mut BufWriter::new(file.as_file()), n, words)?;
    let (figure, memory) = once(n, || run(file.path()));
    figure.print(&format!("gleaner try duplicates, {n} listings, most memory {}", memory?));
    Ok(figure)
}

/// Runs the command under GNU time, where it is installed, for the most memory it held.
fn run(file: &Path) -> anyhow::Result<String> {
    let timed = Path::new("/usr/bin/time").exists();
    let mut command = Command::new(if timed { "/usr/bin/time" } else { env!("CARGO_BIN_EXE_gleaner") });
    if timed {
        command.args(["-f", "%M", env!("CARGO_BIN_EXE_gleaner")]);
    }
    let output = command.args(["try", "duplicates"]).arg(file).stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    anyhow::ensure!(output.status.success(), "{told}");
    let Some(kilobytes) = told.lines().last().filter(|_| timed) else { return Ok("not known".into()) };
    let kilobytes: u64 = kilobytes.trim().parse().with_context(|| told.clone())?;
    Ok(format!("{} MiB", kilobytes / 1024))
}
