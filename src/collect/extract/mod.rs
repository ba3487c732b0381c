//! x
pub mod ical;
