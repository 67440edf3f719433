//! Denials as HTTP answers: problem documents (RFC 9457).

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use saoma_protocol::{ErrorCode, Problem};

use super::json::Json;
use crate::error::ApiError;
use crate::request_id::RequestId;

/// An HTTP answer that refuses.
#[derive(Debug)]
pub(crate) struct ApiProblem {
    problem: Box<Problem>,
    status: StatusCode,
    header: Option<(HeaderName, HeaderValue)>,
}

impl ApiProblem {
    /// Returns the error code, for programs.
    pub(crate) const fn error(&self) -> ErrorCode {
        self.problem.error
    }

    /// The same with another status.
    #[must_use]
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self.problem.status = status.as_u16();
        self
    }

    /// The same with a header that says what to do.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }

    /// The same with the versions that are served.
    #[must_use]
    pub(crate) fn with_supported<'a>(mut self, versions: impl Iterator<Item = &'a str>) -> Self {
        self.problem.supported = Some(versions.map(str::to_owned).collect());
        self
    }
}

impl From<ApiError> for ApiProblem {
    fn from(denial: ApiError) -> Self {
        let mut problem = Problem::new(denial.error, denial.detail.clone());
        problem.retry_after = denial.retry_after_seconds();
        problem.reason = denial.reason;
        problem.may_choose_again = denial.may_choose_again;
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            problem: Box::new(problem),
            status,
            header: None,
        }
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(mut self) -> Response {
        self.problem.request_id = RequestId::current().map(|id| id.to_string());
        let mut response = (self.status, Json(&self.problem)).into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(Problem::MEDIA_TYPE));
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
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
pub(crate) async fn not_found() -> ApiProblem {
    ApiError::new(ErrorCode::NotFound, "there is nothing at this address").into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::to_bytes;

    use super::*;
    use crate::store::StoreError;

    async fn answered(problem: ApiProblem) -> (http::response::Parts, Problem) {
        let (head, body) = problem.into_response().into_parts();
        let body = to_bytes(body, 65_536).await.expect("a body");
        (
            head,
            serde_json::from_slice(&body).expect("a problem document"),
        )
    }

    #[tokio::test]
    async fn every_refusal_is_a_problem_document_that_says_its_status_twice() {
        for error in ErrorCode::ALL {
            let (head, problem) = answered(ApiError::new(*error, "what to do").into()).await;
            assert_eq!(head.headers[CONTENT_TYPE], "application/problem+json");
            assert_eq!(head.headers[CACHE_CONTROL], "no-store");
            assert_eq!(
                (head.status.as_u16(), problem.error),
                (problem.status, *error)
            );
            assert_eq!(
                problem.type_uri,
                format!("urn:saoma:error:{}", error.as_str())
            );
            assert_eq!(problem.detail, "what to do");
            assert!(
                head.status.is_client_error() || head.status.is_server_error(),
                "{error:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_must_wait_is_told_how_long_in_header_and_body() {
        let denial = ApiError::too_many_requests(Duration::from_millis(1200));
        let (head, problem) = answered(denial.into()).await;
        assert_eq!(head.headers[RETRY_AFTER], "2");
        assert_eq!(problem.retry_after, Some(2));
    }

    #[tokio::test]
    async fn who_comes_in_too_great_a_crowd_is_not_told_that_the_store_is_down() {
        let (head, crowd) = answered(ApiError::from(StoreError::Busy).into()).await;
        assert_eq!(
            (head.status.as_u16(), crowd.error),
            (503, ErrorCode::TemporarilyUnavailable)
        );
        assert!(head.headers.contains_key(RETRY_AFTER));
        let (_, down) = answered(ApiError::from(StoreError::Timeout).into()).await;
        assert_ne!(crowd.detail, down.detail);
    }

    #[tokio::test]
    async fn an_ended_app_token_is_challenged() {
        let (head, _) =
            answered(ApiError::new(ErrorCode::InvalidToken, "log in again").into()).await;
        assert_eq!(
            head.headers[WWW_AUTHENTICATE],
            "Bearer error=\"invalid_token\""
        );
    }

    #[tokio::test]
    async fn another_status_stands_in_the_body_too() {
        let problem = ApiProblem::from(ApiError::new(ErrorCode::InvalidRequest, "no handshake"));
        let (head, problem) = answered(problem.with_status(StatusCode::UPGRADE_REQUIRED)).await;
        assert_eq!((head.status.as_u16(), problem.status), (426, 426));
    }
}
