//! One name for the portal: cookies and registrations are bound to it.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::HOST;

use super::Portal;

/// Sends a browser that came by another name, such as `localhost`, to the registered one: the cookie that it got there
/// would not be sent to the callback here.
pub(super) async fn one_origin(
    State(portal): State<Portal>,
    request: Request,
    next: Next,
) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    if host.is_none_or(|host| portal.origin.ends_with(&format!("//{host}"))) {
        return next.run(request).await;
    }
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    Redirect::temporary(&format!("{}{path}", portal.origin)).into_response()
}
