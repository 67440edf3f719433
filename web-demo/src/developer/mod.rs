//! The developer's pages, in the demo only: what the carrier of short messages sees, and the authority's desk. Both stand on the
//! demo's own registers; with registers elsewhere they are not there.

mod desk;
mod messages;

use axum::Router;
use axum::routing::{get, post};
use sqlx::SqlitePool;

/// The pages.
pub fn routes(db: SqlitePool) -> Router {
    Router::new()
        .route(messages::PATH, get(messages::show))
        .route(desk::PATH, get(desk::show))
        .route(
            "/developer/desk/applications/{id}",
            post(desk::answer_application),
        )
        .route(
            "/developer/desk/questions/{id}",
            post(desk::answer_question),
        )
        .with_state(db)
}
