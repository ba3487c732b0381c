//! How a source is doing, judged by what it usually yields. Pure: rows in, symptoms out; `run::checkup` asks and writes.
//!
//! Never withdraws anything (invariant 1): the strongest word here is a question to the editor ("withdrawn?", see [`absence`]).

pub mod absence;
pub mod access;
mod baseline;
mod judge;
mod stale;

pub use access::Fault;
pub use baseline::{Baseline, READS, usual};
pub use judge::{Standing, has_become_usual, judge};
pub use stale::{Habit, quiet};

/// What a fetch showed besides listings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signs {
    /// The address it moved to for good.
    pub moved_to: Option<String>,
    /// A page that asks for a password came instead of what was looked for.
    pub login: bool,
    /// What was changed just now about how it is read, because the stored way failed, in words.
    pub changed_way: Option<String>,
    /// A further page or a window was left out, so that what is not in it may still be there.
    pub partial: bool,
}
