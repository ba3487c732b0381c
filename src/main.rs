//! Parses the command line and calls the command.
#![forbid(unsafe_code)]

fn main() {}
