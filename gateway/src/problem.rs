//! Denials as HTTP answers: problem documents (RFC 9457).

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use saoma_protocol::{ErrorCode, Problem};

use crate::logins::Denial;

/// An HTTP answer that refuses.
#[derive(Debug)]
pub struct ApiProblem {
    problem: Box<Problem>,
    status: StatusCode,
    header: Option<(HeaderName, HeaderValue)>,
}

impl ApiProblem {
    /// What went wrong, for programs.
    pub const fn error(&self) -> ErrorCode {
        self.problem.error
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self.problem.status = status.as_u16();
        self
    }

    /// The same with a header that says what to do.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }

    /// The same with the versions that are served.
    #[must_use]
    pub fn with_supported<'a>(mut self, versions: impl Iterator<Item = &'a str>) -> Self {
        self.problem.supported = Some(versions.map(str::to_owned).collect());
        self
    }
}

impl From<Denial> for ApiProblem {
    fn from(denial: Denial) -> Self {
        let mut problem = Problem::new(denial.error, denial.detail.clone());
        problem.retry_after = denial.retry_after_seconds();
        problem.reason = denial.reason;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { problem: Box::new(problem), status, header: None }
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, Problem::MEDIA_TYPE), (CACHE_CONTROL, "no-store")];
        let mut response = (self.status, headers, axum::Json(&self.problem)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(Problem::MEDIA_TYPE));
        if let Some(seconds) = self.problem.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        if self.problem.error == ErrorCode::InvalidToken {
            // RFC 6750 §3.
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// Answers what no route takes.
pub async fn not_found() -> ApiProblem {
    Denial::new(ErrorCode::NotFound, "there is nothing at this address").into()
}
