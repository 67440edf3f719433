//! HTTP to the app's backend: no redirects, status 200 only, and answers of a bounded size.

use std::time::Duration;

use http::StatusCode;
use reqwest::{Client, RequestBuilder, Response};
use tokio::time::Instant;

use crate::metrics::{BackendCall, BackendMetrics, CallResult};

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

/// A client for one kind of request. Each is counted.
#[derive(Debug)]
pub(super) struct BackendClient {
    http: Client,
    call: BackendCall,
    metrics: BackendMetrics,
}

impl BackendClient {
    /// Creates a client. A redirect would move the question, and the trust in its answer, to another server.
    ///
    /// # Errors
    /// Returns an error if no HTTP client can be made on this machine.
    pub(super) fn new(
        timeout: Duration,
        call: BackendCall,
        metrics: &BackendMetrics,
    ) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let metrics = metrics.clone();
        Ok(Self {
            http,
            call,
            metrics,
        })
    }

    /// Begins a GET.
    pub(super) fn get(&self, url: &str) -> RequestBuilder {
        self.http.get(url)
    }

    /// Begins a POST.
    pub(super) fn post(&self, url: &str) -> RequestBuilder {
        self.http.post(url)
    }

    /// Sends a request and reads the body of its answer.
    ///
    /// # Errors
    /// Returns an error if the request fails, if the status is not 200, or if the body is too large or breaks off.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Vec<u8>, AnswerError> {
        let begun = Instant::now();
        let answer = match request.send().await {
            Ok(answer) => body(answer).await,
            Err(error) => Err(error.into()),
        };
        let result = match &answer {
            Ok(_) => CallResult::Ok,
            Err(AnswerError::Status(_) | AnswerError::TooLarge) => CallResult::Refused,
            Err(AnswerError::Http(_)) => CallResult::Failed,
        };
        self.metrics.ended(self.call, result, begun.elapsed());
        answer
    }
}

impl AnswerError {
    /// Removes the address, which the caller's own error names or leaves out.
    pub(super) fn without_url(self) -> Self {
        match self {
            Self::Http(error) => Self::Http(error.without_url()),
            other => other,
        }
    }
}

/// Reads the body of an answer.
///
/// # Errors
/// Returns an error if the status is not 200, or if the body is too large or breaks off.
async fn body(mut answer: Response) -> Result<Vec<u8>, AnswerError> {
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
