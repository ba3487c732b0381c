//! The routes and what they share. A handler answers a page or an error; which status code an error has is known here alone.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, Utc};
use tokio::{net::TcpListener, sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    assets,
    reader::{
        calendar, handlers, leaving,
        pages::{Pages, Site},
    },
};
use crate::{
    bulletin::templates::{TemplateError, Templates},
    feedback::{Secret, links::BadLink, reader::ActError, sign_up::Limits},
    store::{Store, StoreError},
    telemetry::names,
};

/// What handlers share.
#[derive(Clone)]
pub struct Web {
    pub store: Store,
    pub secret: Arc<Secret>,
    pub pages: Arc<Pages>,
    pub templates: Arc<Templates>,
    pub public_url: Url,
    pub now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// Everything counted so far, in the Prometheus text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub sign_ups: Limits,
    /// Rung when a sign-up was kept, so that its mail goes at once; one that nobody hears is found at the next look.
    pub bell: Arc<Notify>,
}

/// Why a request has no page.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error("no such page")]
    NotFound,
    #[error(transparent)]
    Link(#[from] BadLink),
    #[error("{0}")]
    BadInput(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("too many sign-ups from one network")]
    TooMany,
}

impl From<ActError> for WebError {
    fn from(e: ActError) -> Self {
        match e {
            ActError::Link(e) => Self::Link(e),
            ActError::Store(e) => Self::Store(e),
        }
    }
}

impl From<crate::curate::issue::IssueError> for WebError {
    fn from(e: crate::curate::issue::IssueError) -> Self {
        match e {
            crate::curate::issue::IssueError::Store(e) => Self::Store(e),
            crate::curate::issue::IssueError::Template(e) => Self::Template(e),
        }
    }
}

pub type Answer = Result<Html<String>, Problem>;

/// An error on its way to a reader: what to do about it is on the page, the cause is in the log.
pub struct Problem {
    error: WebError,
    page: Arc<Pages>,
}

impl Web {
    /// Lets a handler use `?` and still answer with a page.
    pub async fn answer<F>(&self, work: F) -> Answer
    where
        F: Future<Output = Result<String, WebError>>,
    {
        work.await.map(Html).map_err(|error| Problem { error, page: Arc::clone(&self.pages) })
    }

    pub fn now(&self) -> DateTime<Utc> {
        (self.now)()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, title, advice) = match &self.error {
            WebError::NotFound | WebError::Store(StoreError::NotFound { .. }) => {
                (StatusCode::NOT_FOUND, "Page not found", "Check the address, or start from the bulletin's home page.".to_owned())
            }
            WebError::Link(e) => (StatusCode::GONE, "This link does not work", format!("{}.", capital(&e.to_string()))),
            WebError::BadInput(what) => (StatusCode::UNPROCESSABLE_ENTITY, "Please look at what you typed", what.clone()),
            WebError::TooMany => {
                let advice = "Many people have signed up from your network in the last hour. Nothing was changed.".to_owned();
                (StatusCode::TOO_MANY_REQUESTS, "Please try again in an hour", advice)
            }
            WebError::Store(_) | WebError::Template(_) => {
                tracing::error!(error = %self.error, "a page could not be made");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Sorry, something went wrong here",
                    "Nothing was changed. Please try again in a few minutes.".to_owned(),
                )
            }
        };
        refusal(&self.page, status, title, &advice)
    }
}

fn refusal(pages: &Pages, status: StatusCode, title: &str, advice: &str) -> Response {
    let page = pages.error_page(&Site { name: "Gleaner".into(), ..Site::default() }, title, advice);
    (status, Html(page.unwrap_or_else(|_| title.to_owned()))).into_response()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// All routes.
pub fn router(web: Web) -> Router {
    Router::new()
        .route(assets::STYLESHEET_PATH, get(assets::stylesheet))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/", get(handlers::index))
        .route("/confirm/{token}", get(handlers::confirm_form).post(handlers::confirm))
        .route("/unsubscribe/{token}", get(leaving::form).post(leaving::leave))
        .route("/preferences/{token}", get(handlers::preferences_form).post(handlers::preferences))
        .route("/{slug}", get(handlers::home))
        .route("/{slug}/subscribe", axum::routing::post(handlers::subscribe))
        .route("/{slug}/editions/{number}", get(handlers::edition))
        .route("/{slug}/events/{name}", get(calendar::file))
        .fallback(handlers::not_found)
        .layer(axum::extract::DefaultBodyLimit::max(64 * 1024))
        .layer(middleware::from_fn_with_state(web.clone(), explained))
        .layer(middleware::from_fn(super::security_headers))
        .layer(middleware::from_fn(counted))
        .with_state(web)
}

/// A request that was refused before a handler saw it (too long, no form, another method) gets a page as well, and the headers of the refusal.
async fn explained(State(web): State<Web>, request: Request, next: Next) -> Response {
    let answer = next.run(request).await;
    let is_page = answer.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    if is_page || !answer.status().is_client_error() {
        return answer;
    }
    let (title, advice) = match answer.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ("That was too long", "Nothing was changed. Go back and send less."),
        StatusCode::METHOD_NOT_ALLOWED => ("This address does not work that way", "Nothing was changed. Start from the bulletin’s home page."),
        _ => ("Please look at what you typed", "Nothing was changed. Go back, load the page again and fill in the form once more."),
    };
    let mut page = refusal(&web.pages, answer.status(), title, advice);
    if let Some(methods) = answer.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, methods.clone());
    }
    page
}

/// Counts answers by class of status, and how long they took.
async fn counted(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let answer = next.run(request).await;
    let class = match answer.status().as_u16() {
        500.. => "5xx",
        400.. => "4xx",
        300.. => "3xx",
        _ => "2xx",
    };
    metrics::counter!(names::REQUESTS, "status" => class).increment(1);
    metrics::histogram!(names::REQUEST_SECONDS).record(began.elapsed().as_secs_f64());
    answer
}

/// Serves until told to stop, then lets running answers end.
pub async fn serve(listener: TcpListener, web: Web, stop: CancellationToken) -> std::io::Result<()> {
    let service = router(web).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// 200 when the database answers.
async fn health(State(web): State<Web>) -> Response {
    match web.store.answers().await {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(e) => {
            tracing::error!(error = %e, "health check failed");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

async fn metrics(State(web): State<Web>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (web.metrics)())
}
