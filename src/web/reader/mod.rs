//! What readers see on the web: editions, a bulletin's home, and the forms behind the links in a mail.

pub mod calendar;
pub mod handlers;
pub mod pages;
pub mod preferences;
