//! An event as a file for the reader's own diary, by the link beside it in the mail.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};

use super::handlers::bulletin;
use crate::{
    bulletin::calendar,
    curate::views,
    domain::EventId,
    web::server::{Web, WebError},
};

/// `/{slug}/events/{id}.ics`: of an event that an edition of this bulletin told of. What no reader heard of is nobody's to see.
pub async fn file(State(web): State<Web>, Path((slug, name)): Path<(String, String)>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"event.ics\"")];
    match web.answer(made(&web, &slug, &name)).await {
        Ok(file) => (headers, file.0).into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn made(web: &Web, slug: &str, name: &str) -> Result<String, WebError> {
    let id: EventId = name.strip_suffix(".ics").and_then(|id| id.parse().ok()).ok_or(WebError::NotFound)?;
    let bulletin = bulletin(web, slug).await?;
    if !web.store.is_told(bulletin.id, id).await? {
        return Err(WebError::NotFound);
    }
    // A mail of last month may name an event that was since found to be the same as another.
    let id = web.store.stands_as(id).await?.unwrap_or(id);
    let event = web.store.events(&[id]).await?;
    let views = views::events(&web.store, &bulletin, event).await?;
    let host = web.public_url.host_str().unwrap_or("localhost");
    views.first().and_then(|view| calendar::file(view, host, web.now())).ok_or(WebError::NotFound)
}
