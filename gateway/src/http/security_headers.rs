//! Headers that limit what a browser does with an answer, on every answer of the public listener.

use axum::response::Response;
use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::host_scope::HostScope;

/// Two years, as the preload list of browsers asks. Other hosts of the domain are not the gateway's to decide for.
const HSTS: &str = "max-age=63072000";

/// For answers that are no pages: nothing is loaded, and no page frames them.
const NO_CONTENT: &str = "default-src 'none'; frame-ancestors 'none'";

/// Features that no page of the gateway uses.
const NO_FEATURES: &str = "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), \
     gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), \
     xr-spatial-tracking=()";

/// Number of these headers.
const HEADERS: usize = 7;

/// Number of headers that answers have besides, at most.
const OTHERS: usize = 5;

/// Returns an empty map for an answer, with room for these headers too: a map that grows is allocated again, and copied.
pub(crate) fn map_with_room() -> HeaderMap {
    HeaderMap::with_capacity(HEADERS + OTHERS)
}

/// The headers of a gateway. An answer that has one of its own keeps it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecurityHeaders {
    is_https: bool,
}

impl SecurityHeaders {
    /// Returns the headers of a gateway at this URL. HSTS is for `https` URLs of other machines: a browser would keep it
    /// for every service on `localhost`.
    pub(crate) fn of(public_url: &str) -> Self {
        Self {
            is_https: public_url.starts_with("https:")
                && HostScope::of_url(public_url) != HostScope::Loopback,
        }
    }

    /// Adds them to an answer.
    pub(crate) fn add_to(self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        // At once, for answers that were not made with room for them.
        headers.reserve(HEADERS);
        if self.is_https {
            add(headers, STRICT_TRANSPORT_SECURITY, HSTS);
        }
        add(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
        add(headers, REFERRER_POLICY, "no-referrer");
        add(headers, CONTENT_SECURITY_POLICY, NO_CONTENT);
        if !is_part_of_a_page(headers) {
            add(
                headers,
                HeaderName::from_static("permissions-policy"),
                NO_FEATURES,
            );
            // A page that opened this one in a window keeps no hold of it.
            add(
                headers,
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            );
        }
        // Portals read answers by CORS, to which this does not apply. Scripts that they load say otherwise themselves.
        add(
            headers,
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        );
        response
    }
}

/// Returns true for scripts and stylesheets: browsers apply the two policies of windows and features to pages only, and
/// each login page would load their 270 bytes with each of its parts.
fn is_part_of_a_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/javascript") || kind.starts_with(b"text/css"))
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn only_an_encrypted_gateway_of_the_network_asks_for_encryption() {
        for (public_url, asks) in [
            ("https://login.example", true),
            ("https://login.example:8443", true),
            ("http://login.example", false),
            ("https://localhost:8443", false),
            ("http://127.0.0.1:8080", false),
        ] {
            let answer = SecurityHeaders::of(public_url).add_to(().into_response());
            let headers = answer.headers();
            assert_eq!(
                headers.contains_key(STRICT_TRANSPORT_SECURITY),
                asks,
                "{public_url}"
            );
        }
    }

    #[test]
    fn an_answer_keeps_headers_of_its_own() {
        let own = [(CONTENT_SECURITY_POLICY, "default-src 'self'")].into_response();
        let answer = SecurityHeaders::of("https://login.example").add_to(own);
        let policies: Vec<_> = answer
            .headers()
            .get_all(CONTENT_SECURITY_POLICY)
            .iter()
            .collect();
        assert_eq!(policies, ["default-src 'self'"]);
    }
}
