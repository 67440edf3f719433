//! HTTP to the app's backend: no redirects, status 200 only, and answers of a bounded size.

use std::time::Duration;

use http::StatusCode;
use reqwest::{Client, Response};

/// Maximum size of an answer. A person with a hundred identities takes some 30 KiB.
pub(super) const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Reasons for an answer not to be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnswerError {
    /// The request failed.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The answer is a refusal, a redirect or something else.
    #[error("expected status 200, found {0}")]
    Status(StatusCode),
    /// The answer is larger than any that makes sense.
    #[error("the answer is larger than {MAX_ANSWER_BYTES} bytes")]
    TooLarge,
}

/// Creates a client. A redirect would move the question, and the trust in its answer, to another server.
///
/// # Errors
/// Returns an error if no HTTP client can be made on this machine.
pub(super) fn client(timeout: Duration) -> Result<Client, reqwest::Error> {
    Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// Reads the body of an answer.
///
/// # Errors
/// Returns an error if the status is not 200, or if the body is too large or breaks off.
pub(super) async fn body(mut answer: Response) -> Result<Vec<u8>, AnswerError> {
    if answer.status() != StatusCode::OK {
        return Err(AnswerError::Status(answer.status()));
    }
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + part.len() > MAX_ANSWER_BYTES {
            return Err(AnswerError::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}
