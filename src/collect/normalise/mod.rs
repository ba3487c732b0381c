//! Words to facts.

pub mod date;
