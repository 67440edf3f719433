//! Answers in JSON.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::security_headers;
use crate::error_chain::chain;

/// Size of most bodies, in bytes. A larger one is copied while it grows.
const CAPACITY: usize = 512;

/// A value as the JSON body of an answer, like axum's. Body and headers have their whole room from the beginning.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut body = Vec::with_capacity(CAPACITY);
        if let Err(error) = serde_json::to_writer(&mut body, &self.0) {
            tracing::error!(error = %chain(&error), "an answer of the gateway's own could not be encoded");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        let mut response = Response::new(Body::from(body));
        *response.headers_mut() = security_headers::map_with_room();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }
}
