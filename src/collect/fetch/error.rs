//! Why there is no good answer, in words an operator can act on.

use std::{error::Error, time::Duration};

use reqwest::StatusCode;

use super::{Refused, robots::Forbidden};
use crate::domain::text::single_line;

/// Why there is no good answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Its words are in the message already, so it is no source of its own.
    #[error("not fetched: {0}")]
    Refused(Refused),
    #[error("not fetched: {0}")]
    Forbidden(Forbidden),
    /// The host said earlier, to this or another source, how long it wants to be left alone.
    #[error("{host} asked to be left alone for another {} min; it is asked again after that", minutes(*left))]
    Resting { host: String, left: Duration },
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

fn minutes(left: Duration) -> u64 {
    left.as_secs().div_ceil(60)
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
    pub(super) fn is_transient(&self) -> bool {
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

    /// How long the server wants to be left alone: a source is not looked at again before that.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::Resting { left, .. } => Some(*left),
            _ => None,
        }
    }

    /// Nobody was asked, because the host rests: a look put off, not a look that failed.
    #[must_use]
    pub fn is_put_off(&self) -> bool {
        matches!(self, Self::Resting { .. })
    }

    /// What went wrong between sending a request and the head of its answer; `limit` is how long that was waited for.
    pub(super) fn of_sending(e: &reqwest::Error, limit: Duration) -> Self {
        if let Some(refused) = refused_inside(e) {
            Self::Refused(refused)
        } else if e.is_timeout() {
            Self::TimedOut(limit)
        } else if e.is_connect() {
            Self::Connect(causes(e))
        } else {
            Self::Broken(causes(e))
        }
    }
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
pub(super) fn causes(e: &dyn Error) -> String {
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
