//! Tests on the real thing: a database on disk, a mail server over TCP, processes that are killed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod cli;
mod collecting;
mod configured;
mod delivery;
mod demo;
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
mod people;
mod polling;
mod postfix;
mod postgres;
mod program;
mod real_input;
mod relay_settings;
mod serve;
mod site;
mod smtp_sink;
mod tables;
mod train;
mod web;
