//! Tests on the real thing: a database on disk, a mail server over TCP, processes that are killed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod collecting;
mod delivery;
mod dkim;
mod edition;
mod fetch;
mod kill;
mod postfix;
mod real_input;
mod relay_settings;
mod site;
mod smtp_sink;
