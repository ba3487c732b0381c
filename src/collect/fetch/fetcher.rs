//! The one HTTP client of the program: goes from hop to hop, each one guarded, allowed by robots.txt and in its host's turn.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use reqwest::{
    Client, Method, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, LAST_MODIFIED},
};
use tokio::time::{Instant, timeout};
use url::Url;

use super::{
    Body, FetchError, FetchSettings, Fetched, Validators, error, headers,
    pacing::{HostTurn, PATIENCE, Pacing, Resting, host_of},
    resolve::Ends,
    robots::{self, Found, Known, Robots, Rules},
};
use crate::domain::Document;

/// How long a host rests that answered "too many requests" to the last, and did not say how long.
const UNSAID_REST: Duration = Duration::from_mins(5);
/// Connections are kept for the next request of the same pass; between two polls of a source lie hours.
const IDLE: Duration = Duration::from_secs(20);

/// The one HTTP client of the program. Clones share it.
#[derive(Clone)]
pub struct Fetcher {
    shared: Arc<Shared>,
    source: Option<Arc<SourceView>>,
}

/// What is particular to the fetches for one source.
struct SourceView {
    address: Url,
    /// Its publisher permitted to read it whatever robots.txt says.
    permitted: bool,
    moved_to: Mutex<Option<Url>>,
}

struct Shared {
    client: Client,
    /// For names on unusual ports: reaches only networks of the configuration. None when there are none.
    inside: Option<Client>,
    settings: FetchSettings,
    pacing: Pacing,
    robots: Robots,
    ends: Ends,
}

/// One try at a document: what is left of its time, which runs only while we are being served. With many sources on one slow host the
/// queue alone can be longer.
pub(super) struct Attempt {
    limit: Duration,
    left: Duration,
    /// There will be no further one.
    last: bool,
}

impl Attempt {
    pub(super) fn new(limit: Duration, last: bool) -> Self {
        Self { limit, left: limit, last }
    }

    /// Waits for `work` as long as `most` and as the whole attempt allow.
    async fn within<T>(&mut self, most: Duration, work: impl Future<Output = T>) -> Result<T, FetchError> {
        let (began, allowed) = (Instant::now(), most.min(self.left));
        let done = timeout(allowed, work).await;
        self.left = self.left.saturating_sub(began.elapsed());
        done.map_err(|_| FetchError::TimedOut(if allowed < most { self.limit } else { most }))
    }
}

impl Fetcher {
    pub fn new(settings: FetchSettings) -> Result<Self, FetchError> {
        // reqwest is built without a crypto provider of its own; a second call finds the first one's choice in place.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = client_of(&settings, settings.guard.clone())?;
        let inside = settings.guard.inside_only().map(|guard| client_of(&settings, guard)).transpose()?;
        let shared = Shared { client, inside, settings, pacing: Pacing::default(), robots: Robots::default(), ends: Ends::default() };
        Ok(Self { shared: Arc::new(shared), source: None })
    }

    /// The same fetcher for one look at a source: it sees where that moved, and with its publisher's permission does not ask the
    /// robots.txt of its host. Every other host is asked all the same.
    #[must_use]
    pub fn for_source(&self, address: &Url, permitted: bool) -> Self {
        let view = SourceView { address: address.clone(), permitted, moved_to: Mutex::default() };
        Self { shared: Arc::clone(&self.shared), source: Some(Arc::new(view)) }
    }

    /// Where the source's address was redirected for good when it was fetched last.
    #[must_use]
    pub fn moved_to(&self) -> Option<Url> {
        self.source.as_ref().and_then(|view| view.moved_to.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Gets a document, or learns that it is unchanged. Tries again after transient failures, with back-off and the server's Retry-After.
    pub async fn get(&self, url: &Url, validators: &Validators) -> Result<Fetched, FetchError> {
        self.patiently(|last| self.follow(url, validators, last)).await
    }

    /// The sitemaps that the robots.txt of this address names; none when it cannot be had.
    pub async fn sitemaps(&self, url: &Url) -> Vec<Url> {
        match self.settings().guard.check(url) {
            Ok(()) => self.rules(url).await.map(|rules| rules.sitemaps.clone()).unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    /// Limits and manners, for whoever dials something else than HTTP under the same guard.
    #[must_use]
    pub fn settings(&self) -> &FetchSettings {
        &self.shared.settings
    }

    pub(super) fn ends(&self) -> &Ends {
        &self.shared.ends
    }

    /// Tries, and tries again after what may pass by itself. `attempt` is told whether it is the last.
    pub(super) async fn patiently<T, F>(&self, attempt: impl Fn(bool) -> F) -> Result<T, FetchError>
    where
        F: Future<Output = Result<T, FetchError>>,
    {
        let (mut wait, mut left) = (self.settings().back_off, self.settings().retries);
        loop {
            match attempt(left == 0).await {
                Err(e) if left > 0 && e.is_transient() && e.retry_after().is_none_or(|asked| asked <= PATIENCE) => {
                    tracing::debug!(error = %e, "trying again");
                    tokio::time::sleep(e.retry_after().unwrap_or(wait)).await;
                    wait *= 2;
                    left -= 1;
                }
                done => return done,
            }
        }
    }

    /// Goes from hop to hop; each is checked before it is dialled, asked for its rules, and waits for its host's turn.
    async fn follow(&self, url: &Url, validators: &Validators, last: bool) -> Result<Fetched, FetchError> {
        let mut attempt = Attempt::new(self.settings().total_timeout, last);
        let mut at = url.clone();
        let mut for_good = true;
        for hop in 0..=self.settings().max_redirects {
            self.settings().guard.check(&at)?;
            let pause = self.admitted(&at).await?;
            let mut headers = HeaderMap::with_capacity(4);
            headers.insert(ACCEPT, headers::ACCEPTED);
            // Validators belong to the address they came from; after a redirect they would vouch for another document.
            let conditional = hop == 0 && !validators.is_empty();
            if conditional {
                headers::put_conditions(&mut headers, validators);
            }
            let (answer, _turn) = self.ask(Method::GET, &at, headers, pause, &mut attempt).await?;
            if conditional && answer.status() == StatusCode::NOT_MODIFIED {
                return Ok(Fetched::Unchanged);
            }
            if let Some(next) = headers::redirect(&answer, &at)? {
                for_good &= headers::is_for_good(answer.status(), &at, &next);
                at = next;
                continue;
            }
            let moved_to = (hop > 0 && for_good).then(|| at.clone());
            self.note_move(url, moved_to.as_ref());
            return self.read(answer, at, moved_to, &mut attempt).await;
        }
        Err(FetchError::TooManyRedirects(self.settings().max_redirects))
    }

    fn note_move(&self, url: &Url, moved_to: Option<&Url>) {
        if let Some(view) = self.source.as_ref().filter(|view| view.address == *url) {
            *view.moved_to.lock().unwrap_or_else(PoisonError::into_inner) = moved_to.cloned();
        }
    }

    /// Sends one request in its host's turn, which the caller holds until the answer is read. A 429 or 503 speaks for the whole host.
    pub(super) async fn ask(
        &self,
        method: Method,
        at: &Url,
        headers: HeaderMap,
        pause: Duration,
        attempt: &mut Attempt,
    ) -> Result<(Response, HostTurn), FetchError> {
        self.settings().guard.check(at)?;
        let resting = |Resting(left)| FetchError::Resting { host: host_of(at).to_owned(), left };
        let mut turn = self.shared.pacing.turn(host_of(at), pause).await.map_err(resting)?;
        let mut request = Request::new(method, at.clone());
        *request.headers_mut() = headers;
        let limit = self.settings().read_timeout;
        let answer = attempt
            .within(limit, self.client_for(at).execute(request))
            .await?
            .map_err(|e| FetchError::of_sending(&e, if e.is_connect() { self.settings().connect_timeout } else { limit }))?;
        if is_wish_for_rest(answer.status()) {
            let unsaid = if attempt.last && answer.status() == StatusCode::TOO_MANY_REQUESTS { UNSAID_REST } else { Duration::ZERO };
            turn.rest(headers::retry_after(answer.headers()).unwrap_or(unsaid));
        }
        Ok((answer, turn))
    }

    fn client_for(&self, at: &Url) -> &Client {
        let named_and_odd = at.domain().is_some() && at.port().is_some();
        self.shared.inside.as_ref().filter(|_| named_and_odd).unwrap_or(&self.shared.client)
    }

    async fn read(&self, answer: Response, at: Url, moved_to: Option<Url>, attempt: &mut Attempt) -> Result<Fetched, FetchError> {
        let (status, head) = (answer.status(), answer.headers());
        if !status.is_success() {
            return Err(FetchError::Status { status, retry_after: headers::retry_after(head) });
        }
        let validators = Validators { etag: headers::text(head, ETAG), last_modified: headers::text(head, LAST_MODIFIED) };
        let content_type = headers::text(head, CONTENT_TYPE);
        let most = self.settings().max_body_bytes;
        // Not the last word: a server need not say, and can lie.
        if answer.content_length().is_some_and(|said| usize::try_from(said).is_ok_and(|said| said > most)) {
            return Err(FetchError::TooLarge(most));
        }
        let (body, cut) = self.body(answer, most, attempt).await?;
        if cut {
            return Err(FetchError::TooLarge(most));
        }
        let hash = blake3::hash(&body).to_hex().to_string();
        Ok(Fetched::Body(Box::new(Body { document: Document { url: Some(at), content_type, body }, validators, hash, moved_to })))
    }

    /// Reads the decoded body up to `most` bytes and says whether there was more: a bomb of any kind costs at most the cap in memory.
    async fn body(&self, answer: Response, most: usize, attempt: &mut Attempt) -> Result<(Vec<u8>, bool), FetchError> {
        let mut body = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(chunk) = attempt.within(self.settings().read_timeout, stream.next()).await? {
            let chunk = chunk.map_err(|e| FetchError::Broken(error::causes(&e)))?;
            let room = most - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                return Ok((body, true));
            }
        }
        Ok((body, false))
    }

    /// Whether robots.txt lets us in, and the pause that host wants between two requests.
    async fn admitted(&self, url: &Url) -> Result<Duration, FetchError> {
        let settings = self.settings();
        if self.source.as_ref().is_some_and(|view| view.permitted && bare_host(&view.address) == bare_host(url)) {
            return Ok(settings.pause);
        }
        let rules = self.rules(url).await?;
        rules.check(url, robots::product_token(&settings.user_agent)).map_err(FetchError::Forbidden)?;
        let wished = rules.crawl_delay.unwrap_or_default().min(settings.most_crawl_delay);
        Ok(settings.pause.max(wished))
    }

    /// The rules of an address's origin: those of today, or asked for now, once however many wait for them.
    async fn rules(&self, url: &Url) -> Result<Arc<Rules>, FetchError> {
        let asking = match self.shared.robots.known(url) {
            Known::Fresh(rules) => return Ok(rules),
            Known::Ask(asking) => asking,
        };
        let _turn = asking.lock().await;
        if let Known::Fresh(rules) = self.shared.robots.known(url) {
            return Ok(rules);
        }
        let found = match self.patiently(|last| self.robots_txt(url, last)).await {
            Ok(found) => found,
            // A host that cannot be reached at all: the page would fail with the same words, which say more than "no robots.txt".
            Err(e @ (FetchError::Connect(_) | FetchError::Refused(_) | FetchError::Resting { .. })) => return Err(e),
            Err(e) => Found::Unreachable(e.to_string()),
        };
        Ok(self.shared.robots.keep(url, found, robots::product_token(&self.settings().user_agent)))
    }

    /// Asks for an origin's robots.txt (RFC 9309 s2.3.1): redirects are followed, any 4xx but 429 and endless redirects mean that there is none.
    async fn robots_txt(&self, url: &Url, last: bool) -> Result<Found, FetchError> {
        let mut attempt = Attempt::new(self.settings().total_timeout, last);
        let Ok(mut at) = url.join("/robots.txt") else { return Ok(Found::Missing) };
        for _ in 0..=self.settings().max_redirects {
            let (answer, _turn) = self.ask(Method::GET, &at, HeaderMap::new(), self.settings().pause, &mut attempt).await?;
            match headers::redirect(&answer, &at) {
                Ok(Some(next)) => {
                    at = next;
                    continue;
                }
                Ok(None) => {}
                Err(_) => return Ok(Found::Missing),
            }
            let status = answer.status();
            if status.is_success() {
                return Ok(Found::File(self.body(answer, robots::MOST_BYTES, &mut attempt).await?.0));
            }
            if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
                return Err(FetchError::Status { status, retry_after: headers::retry_after(answer.headers()) });
            }
            return Ok(Found::Missing);
        }
        Ok(Found::Missing)
    }
}

/// No proxy from the environment, which would dial for us what the guard never sees. No cookies, no referrer and no other credentials: there is
/// nothing that a redirect could carry elsewhere. Connections are pooled by scheme, name and port, never shared between names as
/// RFC 9113 s9.1.1 would allow: each name's own addresses were checked.
fn client_of(settings: &FetchSettings, guard: super::Guard) -> Result<Client, FetchError> {
    Client::builder()
        .user_agent(&settings.user_agent)
        .connect_timeout(settings.connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(IDLE)
        .dns_resolver(guard)
        .build()
        .map_err(|e| FetchError::SetUp(error::causes(&e)))
}

/// These speak for the whole host, not for one page.
pub(super) fn is_wish_for_rest(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// `www.` is the same house.
fn bare_host(url: &Url) -> &str {
    let host = host_of(url);
    host.strip_prefix("www.").unwrap_or(host)
}
