//! An editor's work on events and editions: what a bulletin can draw on, drafting, approving, and making the plan of who gets what.
//!
//! A shell: reads and writes rows around the pure stages of `bulletin`. Never renders by itself and never sends.

pub mod alert;
pub mod draft;
pub mod issue;
pub mod segments;
pub mod views;
