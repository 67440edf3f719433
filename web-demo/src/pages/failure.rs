//! Failures of the hall itself.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::plain;
use crate::log_pace::LogPace;
use crate::registers::RegisterError;

static FAILURES: LogPace = LogPace::new();

/// A fault of the hall itself: logged in full, told to the person in a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the page could not be written: {0}")]
    Page(#[from] askama::Error),
    #[error("a record could not be read or written: {0}")]
    Record(#[from] serde_json::Error),
    #[error("a register gave no answer: {0}")]
    Register(#[from] RegisterError),
    #[error("a password cannot be hashed: {0}")]
    Password(argon2::password_hash::Error),
    #[error("a face check failed: {0}")]
    Face(Box<dyn std::error::Error + Send + Sync>),
    #[error("no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}

impl From<argon2::password_hash::Error> for Failure {
    fn from(error: argon2::password_hash::Error) -> Self {
        Self::Password(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Some(unlogged) = FAILURES.admit() {
            tracing::error!(error = %self, unlogged, "a page could not be made");
        }
        let status = match self {
            Self::Register(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        plain(status, |texts| texts.common.failure)
    }
}
