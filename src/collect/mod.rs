//! From a URL to candidates: fetch, extract, normalise, run.

pub mod extract;
pub mod html;
pub mod normalise;
