//! The policies that a browser applies to a page.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::serving::Connection;

/// Features of a browser that no page of the hall uses. An embedded or injected script gets none of them.
macro_rules! without_features {
    ($camera:literal) => {
        concat!(
            $camera,
            ", microphone=(), geolocation=(), payment=(), usb=(), midi=(), ",
            "display-capture=(), publickey-credentials-get=()"
        )
    };
}

/// Two years of HTTPS only, for this host: other hosts of the domain are not the hall's to decide about.
const HTTPS_ONLY: &str = "max-age=63072000";

/// The policy headers of a surface.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    content: HeaderValue,
    /// A path with a policy of its own.
    apart: Option<(&'static str, HeaderValue)>,
    permissions: &'static str,
}

impl Policy {
    /// The portal: its page shows the gateway's element, which talks to the gateway.
    pub(crate) fn portal(gateway: &str) -> Result<Self, http::header::InvalidHeaderValue> {
        let socket = gateway.replacen("http", "ws", 1);
        // Older browsers load the element's stylesheet from the gateway, and the page's icon follows the login. The form of
        // the logout leads on to the gateway, and back.
        let own = format!(
            "style-src 'self' {gateway}; img-src 'self' blob: data:; script-src 'self' {gateway}; connect-src 'self' {gateway} {socket}; form-action 'self' {gateway}"
        );
        Self::new(&own, without_features!("camera=()"))
    }

    /// The phone: its page has a camera, whose pictures a worker reads. The pages of the face check talk to the server;
    /// their worker loads its models and runs them as WebAssembly, which no page may.
    pub(crate) fn phone() -> Result<Self, http::header::InvalidHeaderValue> {
        const PAGE: &str = "style-src 'self'; img-src 'self' blob:; script-src 'self'; connect-src 'self'; worker-src 'self'; media-src 'self' blob:; manifest-src 'self'; form-action 'self'";
        let face_worker = content(
            "style-src 'self'; img-src 'self' blob:; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; form-action 'self'",
        )?;
        Ok(Self {
            apart: Some(("/assets/face-worker.js", face_worker)),
            ..Self::new(PAGE, without_features!("camera=(self)"))?
        })
    }

    fn new(own: &str, permissions: &'static str) -> Result<Self, http::header::InvalidHeaderValue> {
        Ok(Self {
            content: content(own)?,
            apart: None,
            permissions,
        })
    }

    fn content_of(self, path: &str) -> HeaderValue {
        match self.apart {
            Some((apart, content)) if apart == path => content,
            _ => self.content,
        }
    }
}

fn content(own: &str) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    HeaderValue::try_from(format!(
        "default-src 'none'; {own}; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'"
    ))
}

/// Adds the headers to every answer that they concern.
pub(crate) async fn with_policy(
    State(policy): State<Policy>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let connection = request.extensions().get::<Connection>().copied();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if !is_style_or_picture(headers) {
        headers.insert(
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static(policy.permissions),
        );
        headers.insert(CONTENT_SECURITY_POLICY, policy.content_of(&path));
        // A page that another site opens shares no window with it.
        headers.insert(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        );
    }
    // With "no-referrer" browsers would send `Origin: null` with our own forms (Fetch, "append a request Origin header").
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    if connection.is_some_and(|connection| connection.secure) {
        let https_only = HeaderValue::from_static(HTTPS_ONLY);
        headers.insert(STRICT_TRANSPORT_SECURITY, https_only);
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Returns true for what can neither be a page nor run: browsers apply no policy of pages to it, and it would make up most
/// of a small answer. A script keeps its policy, because a worker runs by the one that came with its script.
fn is_style_or_picture(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/css") || kind == b"image/png")
}
