//! What is said and read in the heads of requests and answers: validators, redirects, Retry-After.
//!
//! Pure. Never reads the clock: a date in Retry-After is compared with the answer's own Date.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::{
    Response, StatusCode,
    header::{DATE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, RETRY_AFTER},
};
use url::Url;

use super::{FetchError, Validators};
use crate::domain::text::single_line;

/// What documents we can read, best first.
pub const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, application/feed+json, text/calendar, application/json;q=0.9, */*;q=0.5",
);

/// No server silences a source for longer than a day: a slip in a header must not be the end of it.
pub const MOST_REST: Duration = Duration::from_hours(24);

/// Asks for the document only if it changed (RFC 9110 s13.1).
pub fn put_conditions(headers: &mut HeaderMap, validators: &Validators) {
    for (name, value) in [(IF_NONE_MATCH, &validators.etag), (IF_MODIFIED_SINCE, &validators.last_modified)] {
        if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
            headers.insert(name, value);
        }
    }
}

/// A header's text, cleaned and bounded.
pub fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(|v| single_line(v, 500))
}

/// Where an answer sends us, when it does.
pub fn redirect(answer: &Response, from: &Url) -> Result<Option<Url>, FetchError> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers().get(LOCATION) else { return Ok(None) };
    let text = String::from_utf8_lossy(location.as_bytes());
    from.join(&text).map(Some).map_err(|_| FetchError::BadRedirect(single_line(&text, 120)))
}

/// Whether a redirect is for good (RFC 9110 s15.4.2, s15.4.9). One from https to http is followed, for what we read is public and we
/// send no secrets, but it is never remembered: whoever sits in between could have said it.
pub fn is_for_good(status: StatusCode, from: &Url, to: &Url) -> bool {
    matches!(status.as_u16(), 301 | 308) && !(from.scheme() == "https" && to.scheme() == "http")
}

/// How long the server asks to be left alone, at most a day: seconds, or a date (RFC 9110 s10.2.3), which is measured against the answer's own
/// Date so that neither clock has to be right. A date without a Date beside it says nothing.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if asked.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a number holds are more than a day, too.
        Duration::from_secs(asked.parse().ok().or_else(|| (!asked.is_empty()).then_some(u64::MAX))?)
    } else {
        let said_at = http_date(headers.get(DATE)?.to_str().ok()?)?;
        (http_date(asked)? - said_at).to_std().unwrap_or_default()
    };
    Some(wait.min(MOST_REST))
}

/// The three forms of RFC 9110 s5.6.7.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|naive| naive.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let check = |asked: &str, date: Option<&str>, expected: Option<u64>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(asked).unwrap());
            if let Some(date) = date {
                headers.insert(DATE, HeaderValue::from_str(date).unwrap());
            }
            assert_eq!(retry_after(&headers), expected.map(Duration::from_secs), "{asked} {date:?}");
        };
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        check("120", None, Some(120));
        check(" 0 ", None, Some(0));
        check("99999999999999999999999999", None, Some(86_400));
        check("864000", None, Some(86_400));
        check("Sun, 06 Nov 1994 08:54:37 GMT", date, Some(300));
        check("Sunday, 06-Nov-94 08:54:37 GMT", date, Some(300));
        check("Sun Nov  6 08:54:37 1994", date, Some(300));
        check("Sun, 06 Nov 1994 08:00:00 GMT", date, Some(0));
        check("Sun, 06 Nov 2044 08:00:00 GMT", date, Some(86_400));
        check("Sun, 06 Nov 1994 08:54:37 GMT", None, None);
        check("soon", date, None);
        check("-5", date, None);
        check("", None, None);
    }

    #[test]
    fn a_move_to_plain_http_is_never_for_good() {
        let check = |status: u16, from: &str, to: &str, expected: bool| {
            let found = is_for_good(StatusCode::from_u16(status).unwrap(), &Url::parse(from).unwrap(), &Url::parse(to).unwrap());
            assert_eq!(found, expected, "{status} {from} {to}");
        };
        check(301, "http://a.example/", "https://a.example/", true);
        check(308, "https://a.example/", "https://b.example/", true);
        check(302, "https://a.example/", "https://b.example/", false);
        check(301, "https://a.example/", "http://a.example/", false);
    }
}
