//! Gleaner: from forty websites, feeds and e-bulletins to one curated bulletin.
//!
//! The folders are the way of the data: `collect` -> `identity` -> `tag` -> `curate` -> `bulletin` -> `feedback`,
//! on the words of `domain` and the rows of `store`. `app` alone wires them; see ARCHITECTURE.md.
#![forbid(unsafe_code)]

pub mod app;
pub mod bulletin;
pub mod cli;
pub mod collect;
pub mod config;
pub mod curate;
pub mod domain;
pub mod feedback;
pub mod identity;
pub mod mail;
pub mod schedule;
pub mod store;
pub mod tag;
pub mod telemetry;
pub mod web;
