//! Files that pages load: one small style sheet of our own, compiled in. Nothing comes from another host.

use axum::{http::header, response::IntoResponse};

/// Where pages look for it.
pub const STYLESHEET_PATH: &str = "/assets/gleaner.css";

/// The style sheet of all pages: light and dark, print, from 320 px.
pub const STYLESHEET: &str = include_str!("../../templates/web/gleaner.css");

/// Handler for [`STYLESHEET_PATH`].
#[allow(clippy::unused_async, reason = "handlers are async")]
pub async fn stylesheet() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, STYLESHEET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_loads_nothing() {
        assert!(!STYLESHEET.contains("url(") && !STYLESHEET.contains("@import"));
        assert!(STYLESHEET.contains("prefers-color-scheme: dark") && STYLESHEET.contains("@media print"));
    }
}
