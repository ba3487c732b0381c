//! From a URL to candidates: fetch, extract, normalise, run.

pub mod extract;
pub mod fetch;
pub mod normalise;
