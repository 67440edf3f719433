//! The developer's pages, in the demo only: the short messages, and the authority's desk. Both need
//! the demo's own registers; with registers elsewhere they are not there, and neither are they where
//! other machines reach the hall.

mod desk;
mod messages;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::HeaderMap;
use sqlx::SqlitePool;

use crate::pages::{Locale, Surface, missing};
use crate::serving::Connection;

/// Headers by which a proxy says that it forwards for another machine.
const FORWARDING: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Returns the pages. Unless `exposed`, they answer requests of this machine alone: a proxy that was not declared may stand
/// before the portal.
pub(crate) fn routes(db: SqlitePool, exposed: bool) -> Router {
    let pages = Router::new()
        .route(messages::PATH, get(messages::show))
        .route(desk::PATH, get(desk::show))
        .route("/developer/desk/{kind}/{id}", post(desk::answer_record))
        .with_state(db);
    if exposed {
        return pages;
    }
    pages.layer(from_fn(this_machine_only))
}

async fn this_machine_only(locale: Locale, request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<Connection>();
    let is_near = connection.is_some_and(|connection| connection.address.is_loopback());
    if is_near && !is_forwarded(request.headers()) {
        return next.run(request).await;
    }
    missing(Surface::Portal, locale).into_response()
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(*name))
}
