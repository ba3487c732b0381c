//! From a URL to events: fetch, extract, normalise, and put each listing in its place.

pub mod address;
pub mod discover;
pub mod extract;
pub mod fetch;
pub mod health;
pub mod html;
pub mod mailbox;
pub mod normalise;
pub mod place;
pub mod run;
pub mod said;
pub mod understand;
