//! An editor's work on events and editions: what waits, decisions, what a bulletin can draw on, drafting, approving, and the plan of who gets what.
//!
//! A shell: reads and writes rows around the pure stages of `bulletin`. Never renders by itself and never sends.

pub mod alert;
pub mod corrections;
pub mod decide;
pub mod draft;
pub mod issue;
pub mod queue;
pub mod segments;
pub mod steps;
pub mod typed;
pub mod views;
