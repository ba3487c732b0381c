//! What a hostile or broken world can do to the readers: thousands of mutated documents and a shelf of made-up bombs, each read and normalised.
//!
//! `cargo bench --bench mutations [-- N]` (10,000 unless told). Not a matter of speed: the run fails when a document panics, takes longer than
//! [`LONGEST`], or the process holds more than [`MOST_MEMORY`] MiB. Seeds are documents of our own, and those of the corpus where there is one.

mod support;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use gleaner::{
    collect::{extract::extract, normalise::normalise},
    domain::{Document, SourceKind},
};
use support::{
    Numbers, Words, documents, hostile,
    mutate::{self, Seed},
};

/// One document may take so long, however hostile.
const LONGEST: Duration = Duration::from_secs(2);
/// After this a document is taken to hang, and the run ends at once.
const HANGS: Duration = Duration::from_mins(1);
/// Of the whole process, MiB.
const MOST_MEMORY: u64 = 300;
/// Documents read in an ordinary run.
const MUTANTS: usize = 10_000;
/// Larger files of the corpus are slow to mutate and teach nothing new.
const LARGEST_SEED: u64 = 64 * 1024;
/// Seeds taken of one folder of the corpus.
const MOST_SEEDS: usize = 60;

fn main() -> ExitCode {
    let mutants = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(MUTANTS);
    // A panic is counted and told in one line each.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let seeds = seeds();
    println!("{} seeds, {mutants} mutants", seeds.len());
    let mut found = run("mutants", mutants, &|n| {
        let mut numbers = Numbers::seeded(n as u64);
        mutate::mutant(&seeds, &mut numbers)
    });
    for shelf in [hostile::markup(), hostile::calendars(), hostile::others()] {
        // Each is given away: what is measured is what reading holds, not the shelf.
        let (n, shelf) = (shelf.len(), Mutex::new(shelf));
        found.extend(run("bombs", n, &|_| lock(&shelf).pop().unwrap_or_else(|| seeds[0].clone())));
    }
    found.sort_by_key(|f| std::cmp::Reverse(f.took));
    report(&found, began.elapsed())
}

/// What a reader is at, and since when.
type Busy = Arc<Mutex<Option<(String, Instant)>>>;

/// How one document ended.
struct Found {
    name: String,
    took: Duration,
    panicked: bool,
}

/// Reads `n` documents on every core, and keeps watch over those that do.
fn run(what: &str, n: usize, make: &(impl Fn(usize) -> Seed + Sync)) -> Vec<Found> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let readers = thread::available_parallelism().map_or(1, usize::from);
    let busy: Vec<Busy> = (0..readers).map(|_| Arc::default()).collect();
    thread::scope(|scope| {
        let workers: Vec<_> = busy
            .iter()
            .map(|busy| {
                let (next, found) = (&next, &found);
                scope.spawn(move || {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= n {
                            return;
                        }
                        let seed = make(at);
                        let name = format!("{what} {at} ({})", seed.name);
                        *lock(busy) = Some((name.clone(), Instant::now()));
                        let one = read(name, seed);
                        *lock(busy) = None;
                        lock(found).push(one);
                    }
                })
            })
            .collect();
        while workers.iter().any(|w| !w.is_finished()) {
            thread::park_timeout(Duration::from_millis(100));
            for busy in &busy {
                if let Some((name, since)) = &*lock(busy)
                    && since.elapsed() > HANGS
                {
                    eprintln!("{name} hangs");
                    std::process::exit(1);
                }
            }
        }
    });
    found.into_inner().unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn read(name: String, seed: Seed) -> Found {
    let document =
        Document { url: url::Url::parse("https://events.example/list/").ok(), content_type: seed.content_type.map(str::to_owned), body: seed.body };
    let (began, reading) = (Instant::now(), support::reading());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let Ok(found) = extract(&document, &reading, SourceKind::Auto, None) else { return 0 };
        found.events.into_iter().filter_map(|raw| normalise(raw, &reading, document.url.as_ref())).count()
    }));
    Found { name, took: began.elapsed(), panicked: outcome.is_err() }
}

fn report(found: &[Found], took: Duration) -> ExitCode {
    let panics: Vec<_> = found.iter().filter(|f| f.panicked).collect();
    let slow: Vec<_> = found.iter().filter(|f| f.took > LONGEST).collect();
    for f in found.iter().take(3) {
        println!("slowest  {:>7.3} s  {}", f.took.as_secs_f64(), f.name);
    }
    for f in &panics {
        println!("panicked  {}", f.name);
    }
    let memory = support::peak_memory();
    println!(
        "{} documents in {:.0} s: {} panicked, {} took longer than {LONGEST:?}, memory at most {memory} MiB (limit {MOST_MEMORY})",
        found.len(),
        took.as_secs_f64(),
        panics.len(),
        slow.len()
    );
    if panics.is_empty() && slow.is_empty() && memory <= MOST_MEMORY { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Our own documents, then the corpus.
fn seeds() -> Vec<Seed> {
    let words = Words::new(2_000);
    let samples = support::samples(5, 12, &words);
    let mut out: Vec<Seed> = [
        ("feed", documents::rss(&samples)),
        ("calendar", documents::calendar(&samples)),
        ("json-ld", documents::json_ld(&samples)),
        ("page", documents::listing(&samples, 0)),
        ("mail", documents::e_mail(&samples)),
    ]
    .into_iter()
    .map(|(name, d)| Seed { name: name.into(), content_type: None, body: d.body })
    .collect();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    for folder in ["feeds", "ics", "mail/eml", "mail/this-week-in-rust", "pages/html", "pages/structured"] {
        let mut files = Vec::new();
        files_in(&corpus.join(folder), &mut files);
        files.sort();
        let step = files.len().div_ceil(MOST_SEEDS).max(1);
        for file in files.iter().step_by(step) {
            let Ok(body) = std::fs::read(file) else { continue };
            out.push(Seed { name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(), content_type: None, body });
        }
    }
    if out.len() < 10 {
        println!("no corpus beside the project: only our own seeds");
    }
    out
}

fn files_in(folder: &Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(m) if m.is_dir() => files_in(&entry.path(), out),
            Ok(m) if m.len() <= LARGEST_SEED => out.push(entry.path()),
            _ => {}
        }
    }
}
