//! What a browser lets a page do.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue};

/// The policy headers of a surface.
#[derive(Debug, Clone)]
pub struct Policy {
    content: HeaderValue,
    permissions: &'static str,
}

impl Policy {
    /// The portal: its page shows the gateway's element, which talks to the gateway.
    ///
    /// # Errors
    /// The origin is none.
    pub fn portal(gateway: &str) -> Result<Self, http::header::InvalidHeaderValue> {
        let socket = gateway.replacen("http", "ws", 1);
        Self::new(&format!("script-src 'self' {gateway}; connect-src 'self' {gateway} {socket}"), "camera=()")
    }

    /// The phone: its page has a camera, whose pictures a worker reads.
    ///
    /// # Errors
    /// None in practice: the policy is fixed.
    pub fn phone() -> Result<Self, http::header::InvalidHeaderValue> {
        Self::new("script-src 'self'; connect-src 'self'; worker-src 'self'; media-src 'self' blob:", "camera=(self)")
    }

    fn new(own: &str, permissions: &'static str) -> Result<Self, http::header::InvalidHeaderValue> {
        let content = format!(
            "default-src 'none'; style-src 'self'; img-src 'self' blob:; {own}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'"
        );
        Ok(Self { content: HeaderValue::try_from(content)?, permissions })
    }
}

/// Adds the headers to every answer.
pub async fn with_policy(State(policy): State<Policy>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy.content);
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(policy.permissions));
    // With "no-referrer" browsers would send `Origin: null` with our own forms (Fetch, "append a request Origin header").
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
