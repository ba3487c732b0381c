//! Words to facts.

pub mod date;
mod words;
