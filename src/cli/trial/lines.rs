//! Lines of a file worked on by all cores a chunk at a time, with the results in the order of the lines. What is held at once is bounded
//! whatever the size of the file.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    num::NonZero,
    path::Path,
    thread,
};

use anyhow::Context;

/// Lines, and bytes of them, that are read before they are worked on.
const LINES: usize = 4_096;
const BYTES: usize = 16 << 20;

/// Calls `work` on every line that is not empty, with its number from 1, on as many threads as there are cores; then `take` on each result
/// in order. The first error ends it.
pub fn each<T: Send>(
    file: &Path,
    work: impl Fn(usize, &str) -> anyhow::Result<T> + Sync,
    mut take: impl FnMut(T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut lines = (1..).zip(BufReader::new(File::open(file).with_context(|| format!("cannot read {}", file.display()))?).lines());
    let mut chunk = Vec::with_capacity(LINES);
    loop {
        chunk.clear();
        let mut bytes = 0;
        let mut unreadable = None;
        while chunk.len() < LINES && bytes < BYTES {
            match lines.next() {
                Some((number, Ok(line))) => {
                    bytes += line.len();
                    if !line.trim().is_empty() {
                        chunk.push((number, line));
                    }
                }
                Some((number, Err(e))) => {
                    unreadable = Some(anyhow::Error::new(e).context(format!("{}:{number}: not UTF-8 text", file.display())));
                    break;
                }
                None => break,
            }
        }
        if chunk.is_empty() && unreadable.is_none() {
            return Ok(());
        }
        for result in side_by_side(&chunk, &work) {
            take(result?)?;
        }
        if let Some(e) = unreadable {
            return Err(e);
        }
    }
}

/// The results in the order of the lines.
fn side_by_side<T: Send>(lines: &[(usize, String)], work: &(impl Fn(usize, &str) -> anyhow::Result<T> + Sync)) -> Vec<anyhow::Result<T>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = lines.len().div_ceil(cores).max(1);
    let on_one = |lines: &[(usize, String)]| lines.iter().map(|(number, line)| work(*number, line)).collect::<Vec<_>>();
    thread::scope(|scope| {
        let workers: Vec<_> = lines.chunks(share).map(|lines| scope.spawn(move || on_one(lines))).collect();
        // A panic of a worker is a panic of the command.
        workers.into_iter().flat_map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn numbers(text: &[u8]) -> (Vec<usize>, anyhow::Result<()>) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text).unwrap();
        let mut out = Vec::new();
        let read = |number: usize, line: &str| line.parse::<usize>().with_context(|| format!("line {number}"));
        let done = each(file.path(), read, |n| {
            out.push(n);
            Ok(())
        });
        (out, done)
    }

    #[test]
    fn the_order_of_the_lines_is_kept() {
        let text: String = (0..3 * LINES + 7).map(|n| n.to_string()).collect::<Vec<_>>().join("\n\n");
        let (out, done) = numbers(text.as_bytes());
        done.unwrap();
        assert!(out.into_iter().eq(0..3 * LINES + 7));
        assert_eq!(numbers(b"").0, Vec::<usize>::new());
    }

    #[test]
    fn what_stands_before_a_bad_line_is_done() {
        let (out, done) = numbers(b"1\n2\nx\n4\n");
        assert_eq!((out, done.unwrap_err().to_string().as_str()), (vec![1, 2], "line 3"));
        let (out, done) = numbers(b"1\n\xff\n3\n");
        assert_eq!(out, [1]);
        assert!(done.unwrap_err().to_string().ends_with(":2: not UTF-8 text"));
    }
}
