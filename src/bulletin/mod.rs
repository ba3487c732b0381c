//! bulletin

pub mod deliver;
pub mod publish;
pub mod subscribers;
