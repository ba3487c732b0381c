//! HTTP, as a good guest: conditional GET, one request at a time per host, time and size limits, an honest name, addresses checked on every hop.
//!
//! Never looks inside what it fetched, and never imports `store` or `mail`.

use std::{error::Error as _, time::Duration};

use futures::StreamExt;
use reqwest::{
    Client, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER},
};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::domain::{Document, text::single_line};

pub mod guard;
mod pacing;

pub use guard::{Guard, Refused};
use pacing::{HostTurn, Pacing};

/// Limits and manners.
#[derive(Debug, Clone)]
pub struct FetchSettings {
    /// Product, version and a contact address.
    pub user_agent: String,
    pub connect_timeout: Duration,
    /// Longest silence while a body arrives.
    pub read_timeout: Duration,
    /// Longest time for one request with all its redirects, waiting for the host's turn not counted.
    pub total_timeout: Duration,
    /// Most bytes of a body after decompression.
    pub max_body_bytes: usize,
    pub max_redirects: usize,
    /// Between two requests to one host.
    pub pause: Duration,
    /// Further tries after a time-out, a broken connection, 429 or 5xx.
    pub retries: u32,
    /// Wait before the first further try; doubles each time.
    pub back_off: Duration,
    pub guard: Guard,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            user_agent: concat!("Gleaner/", env!("CARGO_PKG_VERSION"), " (events bulletin)").to_owned(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(15),
            total_timeout: Duration::from_mins(1),
            max_body_bytes: 5 * 1024 * 1024,
            max_redirects: 5,
            pause: Duration::from_secs(1),
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
    /// Where it moved for good (301, 308), when every hop said so.
    pub moved_to: Option<Url>,
}

/// Why there is no good answer, in words an operator can act on.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Its words are in the message already, so it is no source of its own.
    #[error("not fetched: {0}")]
    Refused(Refused),
    #[error("the server answered {status}{}", hint(*.status))]
    Status { status: StatusCode, retry_after: Option<Duration> },
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    #[error("cannot connect: {0}")]
    Connect(String),
    #[error("larger than the limit of {} MB (fetch.max_body_bytes)", *.0 / (1024 * 1024))]
    TooLarge(usize),
    #[error("more than {0} redirects")]
    TooManyRedirects(usize),
    #[error("redirected to `{0}`, which is not an address")]
    BadRedirect(String),
    #[error("the answer broke off: {0}")]
    Broken(String),
    #[error("the HTTP client cannot be set up: {0}")]
    SetUp(String),
}

fn hint(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => " (it does not let programs in; ask the provider for a feed)",
        404 | 410 => " (the page is gone; look for its new address)",
        429 => " (too many requests; it is asked more slowly)",
        500..=599 => " (trouble on their side; it is tried again later)",
        _ => "",
    }
}

impl From<Refused> for FetchError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl FetchError {
    fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Self::TimedOut(_) | Self::Connect(_) | Self::Broken(_) => true,
            _ => false,
        }
    }

    /// The server's status, when it gave one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(status.as_u16()),
            _ => None,
        }
    }
}

/// The one HTTP client of the program.
pub struct Fetcher {
    client: Client,
    settings: FetchSettings,
    pacing: Pacing,
}

/// Longest wait that a server's Retry-After can impose within one pass; a longer one fails the try instead.
const PATIENCE: Duration = Duration::from_secs(30);

impl Fetcher {
    pub fn new(settings: FetchSettings) -> Result<Self, FetchError> {
        // reqwest is built without a crypto provider of its own; a second call finds the first one's choice in place.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(&settings.user_agent)
            .connect_timeout(settings.connect_timeout)
            .read_timeout(settings.read_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .dns_resolver(settings.guard.clone())
            .build()
            .map_err(|e| FetchError::SetUp(causes(&e)))?;
        Ok(Self { client, settings, pacing: Pacing::default() })
    }

    /// Limits and manners, for whoever dials something else than HTTP under the same guard.
    #[must_use]
    pub fn settings(&self) -> &FetchSettings {
        &self.settings
    }

    /// STUB
    pub async fn resolve(&self, url: &Url) -> Result<Url, FetchError> {
        let _ = self.get(url, &Validators::default()).await?;
        Ok(url.clone())
    }

    /// Gets a document, or learns that it is unchanged. Tries again after transient failures, with back-off and the server's Retry-After.
    pub async fn get(&self, url: &Url, validators: &Validators) -> Result<Fetched, FetchError> {
        let mut wait = self.settings.back_off;
        for _ in 0..self.settings.retries {
            match self.follow(url, validators).await {
                Err(e) if e.is_transient() => {
                    let asked = if let FetchError::Status { retry_after, .. } = &e { *retry_after } else { None };
                    if asked.is_some_and(|a| a > PATIENCE) {
                        return Err(e);
                    }
                    tracing::debug!(%url, error = %e, "trying again");
                    tokio::time::sleep(asked.unwrap_or(wait)).await;
                    wait *= 2;
                }
                done => return done,
            }
        }
        self.follow(url, validators).await
    }

    /// Goes from hop to hop; every hop is checked before it is dialled and waits for its host's turn. The time limit runs only while we are
    /// being served: with many sources on one slow host the queue alone can be longer.
    async fn follow(&self, url: &Url, validators: &Validators) -> Result<Fetched, FetchError> {
        let mut at = url.clone();
        let mut for_good = true;
        let limit = self.settings.total_timeout;
        let mut left = limit;
        for hop in 0..=self.settings.max_redirects {
            self.settings.guard.check(&at)?;
            let mut turn = self.pacing.turn(at.host_str().unwrap_or_default(), self.settings.pause).await;
            // Validators belong to the address they came from; after a redirect they would vouch for another document.
            let headers = if hop == 0 { conditional(validators) } else { HeaderMap::new() };
            let served = Instant::now();
            let sent = self.client.get(at.clone()).headers(headers).header(ACCEPT, ACCEPTED).send();
            let answer = timeout(left, sent).await.map_err(|_| FetchError::TimedOut(limit))?.map_err(|e| self.send_error(&e))?;
            left = left.saturating_sub(served.elapsed());
            if answer.status() == StatusCode::NOT_MODIFIED {
                return Ok(Fetched::Unchanged);
            }
            if let Some(next) = redirect(&answer)? {
                for_good &= matches!(answer.status().as_u16(), 301 | 308);
                at = next;
                continue;
            }
            let moved_to = (hop > 0 && for_good).then(|| at.clone());
            let read = self.read(answer, at, moved_to, &mut turn);
            return timeout(left, read).await.map_err(|_| FetchError::TimedOut(limit))?;
        }
        Err(FetchError::TooManyRedirects(self.settings.max_redirects))
    }

    async fn read(&self, answer: Response, at: Url, moved_to: Option<Url>, turn: &mut HostTurn) -> Result<Fetched, FetchError> {
        let status = answer.status();
        if !status.is_success() {
            let retry_after = retry_after(answer.headers());
            if let Some(asked) = retry_after {
                turn.rest(asked.min(PATIENCE));
            }
            return Err(FetchError::Status { status, retry_after });
        }
        let text = |name| answer.headers().get(name).and_then(|v: &HeaderValue| v.to_str().ok()).map(|v| single_line(v, 500));
        let validators = Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) };
        let content_type = text(CONTENT_TYPE);
        let body = self.capped(answer).await?;
        let hash = blake3::hash(&body).to_hex().to_string();
        Ok(Fetched::Body(Box::new(Body { document: Document { url: Some(at), content_type, body }, validators, hash, moved_to })))
    }

    /// Reads the decoded body up to the cap: a bomb of any kind costs at most the cap in memory.
    async fn capped(&self, answer: Response) -> Result<Vec<u8>, FetchError> {
        let cap = self.settings.max_body_bytes;
        let mut body = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk =
                chunk.map_err(|e| if e.is_timeout() { FetchError::TimedOut(self.settings.read_timeout) } else { FetchError::Broken(causes(&e)) })?;
            if body.len() + chunk.len() > cap {
                return Err(FetchError::TooLarge(cap));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn send_error(&self, e: &reqwest::Error) -> FetchError {
        if let Some(refused) = refused_inside(e) {
            FetchError::Refused(refused)
        } else if e.is_timeout() {
            FetchError::TimedOut(if e.is_connect() { self.settings.connect_timeout } else { self.settings.read_timeout })
        } else if e.is_connect() {
            FetchError::Connect(causes(e))
        } else {
            FetchError::Broken(causes(e))
        }
    }
}

const ACCEPTED: &str = "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, application/feed+json, text/calendar, application/json;q=0.9, */*;q=0.5";

fn conditional(validators: &Validators) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [(IF_NONE_MATCH, &validators.etag), (IF_MODIFIED_SINCE, &validators.last_modified)] {
        if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

fn redirect(answer: &Response) -> Result<Option<Url>, FetchError> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers().get(LOCATION) else { return Ok(None) };
    let text = String::from_utf8_lossy(location.as_bytes()).into_owned();
    answer.url().join(&text).map(Some).map_err(|_| FetchError::BadRedirect(single_line(&text, 120)))
}

/// Seconds only; for the date form our own back-off is used, which needs no clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The guard's verdict, when it is what stopped the connection.
fn refused_inside(e: &reqwest::Error) -> Option<Refused> {
    let mut cause = e.source();
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<Refused>() {
            return Some(refused.clone());
        }
        cause = inner.source();
    }
    None
}

/// The innermost cause is what tells the operator most.
fn causes(e: &dyn std::error::Error) -> String {
    let mut last = e.to_string();
    let mut cause = e.source();
    while let Some(inner) = cause {
        last = inner.to_string();
        cause = inner.source();
    }
    if last.contains("InvalidContentType") {
        return "the server does not speak TLS on that port; try http:// instead of https://".to_owned();
    }
    single_line(&last, 200)
}
