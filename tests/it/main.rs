//! Tests on the real thing: a database on disk, a mail server over TCP, processes that are killed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod bad_relay;
mod cli;
mod collecting;
mod configured;
mod delivery;
mod demo;
mod disk;
mod dkim;
mod doubt;
mod edition;
mod editor;
mod fetch;
mod health;
mod imap;
mod kill;
mod ladder;
mod manners;
mod polling;
mod postfix;
mod postgres;
mod program;
mod real_input;
mod relay_settings;
mod relays;
mod serve;
mod site;
mod smtp_sink;
mod stages;
mod tables;
mod train;
mod web;
