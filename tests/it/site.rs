//! A real HTTP server on port 0 that answers what a test says and remembers what it was asked.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, Response, StatusCode},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What a path answers.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The head is sent and then nothing.
    pub stalls: bool,
    /// The one method that is let in; others get 405.
    pub method: Option<&'static str>,
}

impl Answer {
    pub fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: vec![("content-type".into(), content_type.into())], body: body.into(), stalls: false, method: None }
    }

    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), stalls: false, method: None }
    }

    pub fn only(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

#[derive(Default)]
struct Inner {
    /// Answers of a path in turn; the last one stays.
    answers: HashMap<String, Vec<Answer>>,
    asked: Vec<(String, Method, HeaderMap)>,
    under_way: usize,
    most_at_once: usize,
}

/// The server. It ends with the runtime of its test.
#[derive(Clone)]
pub struct Site {
    pub address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

impl Site {
    pub async fn start() -> Self {
        Self::on("127.0.0.1").await
    }

    /// On another address of this machine: to the fetcher another host.
    pub async fn on(ip: &str) -> Self {
        Self::try_on(ip).await.unwrap()
    }

    /// None where the machine has no such address.
    pub async fn try_on(ip: &str) -> Option<Self> {
        let listener = tokio::net::TcpListener::bind((ip, 0)).await.ok()?;
        let site = Self { address: listener.local_addr().unwrap(), inner: Arc::default() };
        let router = Router::new().fallback(answer).with_state(site.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Some(site)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Says what a path answers from now on.
    pub fn set(&self, path: &str, answer: Answer) {
        self.inner.lock().unwrap().answers.insert(path.to_owned(), vec![answer]);
    }

    /// Says what a path answers first, second and so on; the last one stays.
    pub fn set_in_turn(&self, path: &str, mut answers: Vec<Answer>) {
        answers.reverse();
        self.inner.lock().unwrap().answers.insert(path.to_owned(), answers);
    }

    /// The headers of each request for a path, in order.
    pub fn asked(&self, path: &str) -> Vec<HeaderMap> {
        self.inner.lock().unwrap().asked.iter().filter(|(p, ..)| p == path).map(|(.., h)| h.clone()).collect()
    }

    /// The methods of each request for a path, in order.
    pub fn methods(&self, path: &str) -> Vec<String> {
        self.inner.lock().unwrap().asked.iter().filter(|(p, ..)| p == path).map(|(_, m, _)| m.to_string()).collect()
    }

    /// The most requests that were under way at one time.
    pub fn most_at_once(&self) -> usize {
        self.inner.lock().unwrap().most_at_once
    }
}

async fn answer(State(site): State<Site>, request: Request) -> Response<Body> {
    {
        let mut inner = site.inner.lock().unwrap();
        inner.under_way += 1;
        inner.most_at_once = inner.most_at_once.max(inner.under_way);
    }
    // Whoever else is under way gets its chance to be seen.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let response = respond(&site, &request);
    site.inner.lock().unwrap().under_way -= 1;
    response
}

fn respond(site: &Site, request: &Request) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let found = {
        let mut inner = site.inner.lock().unwrap();
        inner.asked.push((path.clone(), request.method().clone(), request.headers().clone()));
        match inner.answers.get_mut(&path) {
            Some(turns) if turns.len() > 1 => turns.pop(),
            Some(turns) => turns.last().cloned(),
            None => None,
        }
    };
    let Some(mut found) = found else { return Response::builder().status(404).body(Body::empty()).unwrap() };
    if found.method.is_some_and(|only| only != request.method().as_str()) {
        found = Answer::status(405);
    }
    // A server that gave an ETag answers "not modified" to whoever sends it back.
    let etag = found.headers.iter().find(|(n, _)| n == "etag").map(|(_, v)| v.clone());
    if etag.is_some() && request.headers().get("if-none-match").and_then(|v| v.to_str().ok()).map(str::to_owned) == etag {
        found = Answer::status(304);
    }
    let mut response = Response::builder().status(StatusCode::from_u16(found.status).unwrap());
    for (name, value) in &found.headers {
        response = response.header(name, value);
    }
    let body = if found.stalls { Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>()) } else { Body::from(found.body) };
    response.body(body).unwrap()
}

/// What a server says that need not speak HTTP.
#[derive(Clone)]
pub struct Sent {
    first: String,
    /// Over and over, a little later each time.
    then: Option<String>,
}

impl Sent {
    pub fn once(text: &str) -> Self {
        Self { first: text.to_owned(), then: None }
    }

    pub fn drip(first: &str, then: &str) -> Self {
        Self { first: first.to_owned(), then: Some(then.to_owned()) }
    }
}

/// A server that has no robots.txt and says this to every other request, then closes.
pub async fn raw(sent: Sent) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(say(stream, sent.clone()));
        }
    });
    address
}

async fn say(mut stream: tokio::net::TcpStream, sent: Sent) -> std::io::Result<()> {
    let mut request = vec![0; 4096];
    let n = stream.read(&mut request).await?;
    if request[..n].starts_with(b"GET /robots.txt") {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
    }
    stream.write_all(sent.first.as_bytes()).await?;
    while let Some(then) = &sent.then {
        stream.write_all(then.as_bytes()).await?;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stream.shutdown().await
}
