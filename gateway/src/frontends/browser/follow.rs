//! `GET /v1/logins/{login_id}/events`: followed as an event stream, or poll by poll.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::http_request::FollowQuery;
use super::long_poll::Poll;
use super::session::{Step, refused};
use super::{BrowserFrontend, long_poll, sse};
use crate::http::problem::ApiProblem;

/// Answers with a poll if the query names a message to continue after, else with a stream.
pub(super) async fn events(
    State(frontend): State<Arc<BrowserFrontend>>,
    Path(login_id): Path<String>,
    request: Request,
) -> Result<Response, ApiProblem> {
    // The body is empty, and without it the request can be borrowed across an await.
    let request = request.map(drop);
    let answer = match FollowQuery::from_uri(request.uri()) {
        Ok(query) => match Poll::from_query(query) {
            Some(poll) => long_poll::answer(&frontend, &login_id, poll, &request).await,
            None => sse::stream(&frontend, &login_id, query.attempt, &request).await,
        },
        Err(error) => Err(error),
    };
    answer.map_err(|error| {
        refused(&frontend.logins, Step::Follow, &error);
        error.into()
    })
}
