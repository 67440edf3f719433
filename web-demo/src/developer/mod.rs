//! The developer's pages, in the demo only: the short messages, and the authority's desk. Both need
//! the demo's own registers; with registers elsewhere they are not there.

mod desk;
mod messages;

use axum::Router;
use axum::routing::{get, post};
use sqlx::SqlitePool;

pub(crate) fn routes(db: SqlitePool) -> Router {
    Router::new()
        .route(messages::PATH, get(messages::show))
        .route(desk::PATH, get(desk::show))
        .route("/developer/desk/{kind}/{id}", post(desk::answer_record))
        .with_state(db)
}
