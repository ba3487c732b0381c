//! What one walk up the ladder may cost: requests and seconds. The fetcher paces each host besides.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    collect::fetch::{FetchError, Fetched, Fetcher, Validators},
    domain::Document,
};

/// Requests of one walk, redirects and further tries not counted.
const MOST_REQUESTS: usize = 32;
/// A person waits for the answer.
const MOST_TIME: Duration = Duration::from_secs(50);

/// Why a document was not got.
pub(super) enum Missed {
    Fetch(FetchError),
    /// Nothing more is asked in this walk.
    Spent,
}

pub(super) struct Budget {
    requests: usize,
    until: Instant,
    refused: bool,
}

impl Budget {
    pub fn start() -> Self {
        Self { requests: MOST_REQUESTS, until: Instant::now() + MOST_TIME, refused: false }
    }

    /// Whether something was not asked for want of requests or time.
    pub fn is_spent(&self) -> bool {
        self.refused
    }

    pub fn words(&self) -> String {
        if self.requests == 0 {
            format!("not tried any further: {MOST_REQUESTS} requests were made")
        } else {
            format!("not tried any further: it took longer than {} s", MOST_TIME.as_secs())
        }
    }

    /// The address itself: whatever time the fetcher allows.
    pub async fn get_first(&mut self, fetcher: &Fetcher, url: &Url) -> Result<(Document, String), FetchError> {
        self.requests -= 1;
        got(fetcher, url).await
    }

    /// A document and the digest of its body.
    pub async fn get(&mut self, fetcher: &Fetcher, url: &Url) -> Result<(Document, String), Missed> {
        if self.requests == 0 {
            self.refused = true;
            return Err(Missed::Spent);
        }
        self.requests -= 1;
        match timeout_at(self.until, got(fetcher, url)).await {
            Ok(done) => done.map_err(Missed::Fetch),
            Err(_) => {
                self.refused = true;
                Err(Missed::Spent)
            }
        }
    }
}

async fn got(fetcher: &Fetcher, url: &Url) -> Result<(Document, String), FetchError> {
    match fetcher.get(url, &Validators::default()).await? {
        Fetched::Body(body) => Ok((body.document, body.hash)),
        // Nothing was said that it could be unchanged from: an answer without content.
        Fetched::Unchanged => Ok((Document { url: Some(url.clone()), content_type: None, body: Vec::new() }, String::new())),
    }
}
