//! JSON bodies in and out, with the contract's own errors.

pub use axum::Json;
use axum::body::to_bytes;
use axum::extract::Request;
use saoma_protocol::{ErrorCode, MAX_INBOUND_MESSAGE_BYTES, read_object};
use serde::de::DeserializeOwned;

use crate::logins::Denial;

/// Reads a JSON body of at most [`MAX_INBOUND_MESSAGE_BYTES`].
///
/// # Errors
/// The body is too large, or not what is asked for; the detail says what is wrong with it.
pub async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, Denial> {
    let body = to_bytes(request.into_body(), MAX_INBOUND_MESSAGE_BYTES)
        .await
        .map_err(|_| Denial::new(ErrorCode::RequestTooLarge, "a body holds at most 4096 bytes"))?;
    read_object(&body)
        .map_err(|complaint| Denial::new(ErrorCode::InvalidRequest, format!("the body is not as asked: {complaint}")))
}
