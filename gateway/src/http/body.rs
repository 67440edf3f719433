//! Bodies: read within limits of size and time, with the contract's own errors.

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

/// Reads a JSON body that may be left out, as [`read_json`] does.
///
/// # Errors
/// As [`read_json`].
pub(crate) async fn read_optional_json<T: DeserializeOwned + Default>(
    request: Request,
) -> Result<T, ApiError> {
    let body = read_small(request).await?;
    if body.is_empty() {
        Ok(T::default())
    } else {
        parse(&body)
    }
}

/// Reads a JSON body of at most [`MAX_INBOUND_MESSAGE_BYTES`].
///
/// # Errors
/// The body is too large, too slow, or not what is asked for; the detail says what is wrong with it.
pub(crate) async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    parse(&read_small(request).await?)
}

async fn read_small(request: Request) -> Result<Bytes, ApiError> {
    match read(request, MAX_INBOUND_MESSAGE_BYTES).await {
        Ok((_, body)) => Ok(body),
        Err(BodyError::TooLarge) => Err(ApiError::new(
            ErrorCode::RequestTooLarge,
            "a body holds at most 4096 bytes",
        )),
        Err(BodyError::TooSlow) => Err(ApiError::new(
            ErrorCode::InvalidRequest,
            "send the body at once: it did not come in time",
        )),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    read_object(body).map_err(|complaint| {
        ApiError::new(
            ErrorCode::InvalidRequest,
            format!("invalid request body: {complaint}"),
        )
    })
}
