//! A file of listings for `gleaner try duplicates`: events of forty sources, every fifth told again by another source in its own way, and
//! some courses that run again and again under one name.

use std::io::Write;

use super::{Numbers, Sample, Words, samples};

/// Events that are held in memory at once.
const AT_ONCE: usize = 10_000;

/// Writes `n` lines.
pub fn write(out: &mut impl Write, n: usize, words: &Words) -> std::io::Result<()> {
    let mut numbers = Numbers::seeded(11);
    let mut written = 0;
    let mut seed = 100;
    while written < n {
        seed += 1;
        for mut sample in samples(seed, AT_ONCE, words) {
            sample.number = written;
            if numbers.below(50) == 0 {
                // A course that everybody gives: one name, many days and towns.
                sample.title = numbers.one(&["Emergency first aid at work", "Safeguarding basics", "Mental health first aid"]).into();
            }
            one(out, &sample, &sample.title, 0)?;
            written += 1;
            if written < n && numbers.below(5) == 0 {
                one(out, &sample, &told_again(&sample, &mut numbers), 1 + numbers.below(7))?;
                written += 1;
            }
            if written >= n {
                break;
            }
        }
    }
    out.flush()
}

fn told_again(sample: &Sample, numbers: &mut Numbers) -> String {
    match numbers.below(5) {
        0 => format!("{} (workshop)", sample.title),
        1 => sample.title.to_uppercase(),
        2 => format!("{}: {}", sample.provider, sample.title),
        3 => format!("{} in {}", sample.title, sample.town),
        _ => sample.title.clone(),
    }
}

/// `retold` is 0 for the host's own words; a re-poster gives no time and no price.
fn one(out: &mut impl Write, s: &Sample, title: &str, retold: usize) -> std::io::Result<()> {
    let source = (s.number + retold) % 40;
    let mut line = serde_json::json!({
        "id": format!("s{source}:{}-{retold}", s.number), "source": format!("s{source}"), "title": title, "start": s.day.to_string(),
        "city": s.town, "provider": s.provider, "description": s.text,
    });
    if retold == 0 {
        line["start"] = format!("{}T{:02}:00", s.day, s.hour).into();
        line["url"] = s.url().into();
        line["price"] = s.pounds.into();
    }
    writeln!(out, "{line}")
}
