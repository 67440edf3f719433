//! Bodies: read within limits of size and time, with the contract's own errors.

pub(crate) use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use http::request::Parts;
use saoma_protocol::{ErrorCode, MAX_INBOUND_MESSAGE_BYTES, read_object};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::error::ApiError;
use crate::http::server::BodyTimeout;

/// A body that is not taken.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum BodyError {
    /// It is larger than what is asked for can be, or broke off.
    #[error("the body is too large, or broke off")]
    TooLarge,
    /// It did not come in time.
    #[error("the body did not come in time")]
    TooSlow,
}

/// Reads a request whose body has at most `limit` bytes, in the time that its listener leaves it.
///
/// # Errors
/// See [`BodyError`].
pub(crate) async fn read(request: Request, limit: usize) -> Result<(Parts, Bytes), BodyError> {
    let (parts, body) = request.into_parts();
    let BodyTimeout(patience) = parts.extensions.get().copied().unwrap_or_default();
    match timeout(patience, to_bytes(body, limit)).await {
        Ok(Ok(body)) => Ok((parts, body)),
        Ok(Err(_)) => Err(BodyError::TooLarge),
        Err(_) => Err(BodyError::TooSlow),
    }
}

/// Reads a JSON body of at most [`MAX_INBOUND_MESSAGE_BYTES`].
///
/// # Errors
/// The body is too large, too slow, or not what is asked for; the detail says what is wrong with it.
pub(crate) async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    let (_, body) =
        read(request, MAX_INBOUND_MESSAGE_BYTES)
            .await
            .map_err(|error| match error {
                BodyError::TooLarge => ApiError::new(
                    ErrorCode::RequestTooLarge,
                    "a body holds at most 4096 bytes",
                ),
                BodyError::TooSlow => ApiError::new(
                    ErrorCode::InvalidRequest,
                    "send the body at once: it did not come in time",
                ),
            })?;
    read_object(&body).map_err(|complaint| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            format!("invalid request body: {complaint}"),
        )
    })
}
