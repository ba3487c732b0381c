//! From tagged events to one bulletin: compose (what is in, where and why), render (what a reader sees), and its delivery.
//!
//! [`compose`], [`select`] and [`render`] are pure: they import only `domain`, and "now" is a parameter.

pub mod calendar;
pub mod compose;
pub mod content;
pub mod deliver;
pub mod digest;
pub mod labels;
pub mod publish;
pub mod render;
pub mod select;
pub mod subject;
pub mod subscribers;
pub mod templates;
pub mod view;
pub mod wording;
