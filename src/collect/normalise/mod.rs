//! Words to facts, each with the words it was read from: dates, prices, places, modes, providers, status and links.
//!
//! `normalise` lays structured values over marked fields over prose. Nothing here fetches, stores or reads a clock, and a fact that was
//! not stated stays absent.

pub mod address;
mod context;
pub mod date;
mod facts;
mod field_place;
mod gazetteer;
mod homonym;
pub mod link;
mod merge;
pub mod mode;
pub mod place;
mod postcode;
pub mod price;
pub mod provider;
pub mod status;
#[cfg(test)]
mod tests;
mod words;
pub use facts::facts_of_text;
pub use gazetteer::local_authority;
pub use merge::normalise;
