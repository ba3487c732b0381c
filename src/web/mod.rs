//! Pages over HTTP: `reader` is public, and every answer carries the headers of [`security_headers`].
//!
//! Never names the database, the mail transport or the HTTP client; no page needs a script, and no GET changes anything (invariant 6).

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

pub mod assets;
pub mod origin;
pub mod reader;
pub mod server;

/// What every page may load: our own style sheet and pictures, nothing else, and nobody may frame it. Inline styles and scripts do not run,
/// so that text from outside that slipped through the escaping would still do nothing (CSP level 3).
pub const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Headers that every answer gets, whatever it is.
const ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // Signed links are in the address: no other site may learn of them.
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Middleware for `axum::middleware::from_fn`: adds the security headers, and forbids keeping pages whose handler said nothing about it.
pub async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, middleware, routing::get};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// The whole answer to a GET, in lower case, from a server on a free port.
    async fn answer(path: &str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/", get(|| async { "page" })).route(assets::STYLESHEET_PATH, get(assets::stylesheet));
        let server = tokio::spawn(axum::serve(listener, app.layer(middleware::from_fn(security_headers))).into_future());
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut out = String::new();
        stream.read_to_string(&mut out).await.unwrap();
        server.abort();
        out.to_lowercase()
    }

    #[tokio::test]
    async fn every_answer_carries_the_security_headers() {
        for path in ["/", assets::STYLESHEET_PATH, "/no-such-page"] {
            let answer = answer(path).await;
            for expected in ["content-security-policy: default-src 'none';", "x-content-type-options: nosniff", "referrer-policy: no-referrer"] {
                assert!(answer.contains(expected), "{path}: {expected}\n{answer}");
            }
        }
        assert!(answer("/").await.contains("cache-control: no-store"));
    }

    #[tokio::test]
    async fn the_style_sheet_is_served_as_one() {
        let answer = answer(assets::STYLESHEET_PATH).await;
        assert!(answer.starts_with("http/1.1 200") && answer.contains("content-type: text/css; charset=utf-8"), "{answer}");
        assert!(answer.contains("cache-control: public, max-age=3600"));
    }
}
