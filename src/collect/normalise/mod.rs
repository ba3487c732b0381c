//! Words to facts.

pub mod date;
mod facts;
mod gazetteer;
pub mod link;
mod merge;
pub mod mode;
pub mod place;
pub mod price;
pub mod provider;
pub mod status;
mod words;
pub use facts::facts_of_text;
pub use merge::normalise;
