//! HTTP, as a good guest: robots.txt, conditional GET, one request at a time per host, time and size limits, an honest name, addresses checked
//! on every hop.
//!
//! Never looks inside what it fetched, and never imports `store` or `mail`.

use std::time::Duration;

use url::Url;

use crate::domain::Document;

mod error;
mod fetcher;
pub mod guard;
mod headers;
mod pacing;
mod public;
mod resolve;
mod robots;

pub use error::FetchError;
pub use fetcher::Fetcher;
pub use guard::{Guard, Refused};
pub use robots::{Forbidden, product_token};

/// Limits and manners.
#[derive(Debug, Clone)]
pub struct FetchSettings {
    /// Product, version and a contact address. What stands before the version is the name by which robots.txt files speak to us.
    pub user_agent: String,
    pub connect_timeout: Duration,
    /// Longest silence before an answer and while its body arrives.
    pub read_timeout: Duration,
    /// Longest time for one request with all its redirects, waiting for the host's turn not counted.
    pub total_timeout: Duration,
    /// Most bytes of a body after decompression.
    pub max_body_bytes: usize,
    pub max_redirects: usize,
    /// Between two requests to one host; up to a quarter more is added at random.
    pub pause: Duration,
    /// The longest pause that a robots.txt can ask for (Crawl-delay).
    pub most_crawl_delay: Duration,
    /// Further tries after a time-out, a broken connection, 429 or 5xx.
    pub retries: u32,
    /// Wait before the first further try; doubles each time.
    pub back_off: Duration,
    pub guard: Guard,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            user_agent: concat!("GleanerBot/", env!("CARGO_PKG_VERSION"), " (events bulletin)").to_owned(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(15),
            total_timeout: Duration::from_mins(1),
            max_body_bytes: 5 * 1024 * 1024,
            max_redirects: 5,
            pause: Duration::from_secs(1),
            most_crawl_delay: Duration::from_secs(30),
            retries: 2,
            back_off: Duration::from_secs(2),
            guard: Guard::default(),
        }
    }
}

/// What a server gave last time, sent back so that it can answer "not modified" (RFC 9110 s13).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl Validators {
    fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// A good answer.
#[derive(Debug)]
pub enum Fetched {
    Unchanged,
    Body(Box<Body>),
}

/// A document with what is worth remembering about its answer.
#[derive(Debug)]
pub struct Body {
    pub document: Document,
    pub validators: Validators,
    /// Digest of the body, hex.
    pub hash: String,
    /// Where it moved for good (301, 308), when every hop said so and none led from https to http.
    pub moved_to: Option<Url>,
}
