//! Where a link in a mail leads: follows redirects without keeping any body.
//!
//! Only for links to events. A HEAD on an unsubscribe or confirmation link could be taken for the reader's own click.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use reqwest::{Method, header::HeaderMap};
use url::Url;

use super::{
    FetchError, Fetcher,
    fetcher::{Attempt, is_wish_for_rest},
    headers,
};

/// Links whose ends are remembered: the mails of a few days.
const MOST_REMEMBERED: usize = 4_096;

/// The ends of links resolved lately; the oldest go first.
#[derive(Debug, Default)]
pub struct Ends {
    known: Mutex<(HashMap<Url, Url>, VecDeque<Url>)>,
}

impl Ends {
    fn get(&self, url: &Url) -> Option<Url> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).0.get(url).cloned()
    }

    fn put(&self, url: &Url, end: &Url) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (ends, order) = &mut *known;
        if ends.insert(url.clone(), end.clone()).is_none() {
            order.push_back(url.clone());
        }
        if order.len() > MOST_REMEMBERED
            && let Some(oldest) = order.pop_front()
        {
            ends.remove(&oldest);
        }
    }
}

impl Fetcher {
    /// The address to which a link leads in the end, through at most `max_redirects` redirects. Each hop is guarded and waits for its
    /// host's turn like any fetch; no body is read. robots.txt is not asked: no page is fetched, and the link was sent to us to be followed.
    ///
    /// The end is where no further redirect is given, whatever its status: a provider that lets no programs in still has that address.
    /// Only when the link itself gives an error and no redirect is its end unknown, and that is the error. Ends are remembered, bounded.
    pub async fn resolve(&self, url: &Url) -> Result<Url, FetchError> {
        if let Some(end) = self.ends().get(url) {
            return Ok(end);
        }
        let end = self.patiently(|last| self.unwrap_redirects(url, last)).await?;
        self.ends().put(url, &end);
        Ok(end)
    }

    async fn unwrap_redirects(&self, url: &Url, last: bool) -> Result<Url, FetchError> {
        let most = self.settings().max_redirects;
        let mut attempt = Attempt::new(self.settings().total_timeout, last);
        let mut at = url.clone();
        for hop in 0..=most {
            match self.next_hop(&at, &mut attempt).await {
                Ok(Some(next)) => at = next,
                Ok(None) => return Ok(at),
                Err(e) if hop > 0 && !matches!(e, FetchError::Refused(_) | FetchError::BadRedirect(_)) => {
                    tracing::debug!(%at, error = %e, "the end of a link gives no answer; its address is known all the same");
                    return Ok(at);
                }
                Err(e) => return Err(e),
            }
        }
        Err(FetchError::TooManyRedirects(most))
    }

    /// Where one address sends us, if it does. A server that does not like HEAD is asked with GET, and its body left unread.
    async fn next_hop(&self, at: &Url, attempt: &mut Attempt) -> Result<Option<Url>, FetchError> {
        let mut said = FetchError::TooManyRedirects(0);
        for method in [Method::HEAD, Method::GET] {
            let (answer, _turn) = self.ask(method, at, HeaderMap::new(), self.settings().pause, attempt).await?;
            if let Some(next) = headers::redirect(&answer, at)? {
                return Ok(Some(next));
            }
            let status = answer.status();
            if status.is_success() {
                return Ok(None);
            }
            said = FetchError::Status { status, retry_after: headers::retry_after(answer.headers()) };
            if is_wish_for_rest(status) {
                break;
            }
        }
        Err(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_ends_are_remembered_as_there_is_room_for() {
        let (ends, link) = (Ends::default(), |n: usize| Url::parse(&format!("https://track.example/{n}")).unwrap());
        for n in 0..MOST_REMEMBERED + 10 {
            ends.put(&link(n), &link(0));
            ends.put(&link(n), &link(1));
        }
        let known = ends.known.lock().unwrap();
        assert_eq!((known.0.len(), known.1.len()), (MOST_REMEMBERED, MOST_REMEMBERED));
        drop(known);
        assert_eq!((ends.get(&link(9)), ends.get(&link(10))), (None, Some(link(1))));
    }
}
