//! The id that a proxy in front has given a request, or else one of the gateway's own.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::trusted_proxies::TrustedProxies;
use crate::request_id::RequestId;

/// The header in which proxies name a request, and each answer too.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header in which a traced caller names its trace (W3C Trace Context).
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Returns the id of a request: that of `X-Request-Id`, or the trace id of `traceparent`, if the peer is a trusted proxy
/// and the header holds one; otherwise a new one. A stranger does not choose by what an operator searches the log.
pub(super) fn of<B>(request: &http::Request<B>, trusted_proxies: &TrustedProxies) -> RequestId {
    let named = trusted_proxies
        .trusts_peer_of(request)
        .then(|| named(request.headers()));
    named.flatten().unwrap_or_else(RequestId::generate)
}

fn named(headers: &HeaderMap) -> Option<RequestId> {
    let single = |name: HeaderName| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    };
    let traced = || single(TRACEPARENT).and_then(trace_id);
    single(X_REQUEST_ID)
        .and_then(RequestId::parse)
        .or_else(|| RequestId::parse(traced()?))
}

/// Returns the trace id of a `traceparent` of any version (W3C Trace Context §3.2): `00-<32 digits>-<16 digits>-<flags>`.
pub(crate) fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.trim().split('-');
    let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length| {
        text.len() == length
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let is_right = is_hex(version, 2)
        && version != "ff"
        && is_hex(trace, 32)
        && is_hex(parent, 16)
        && is_hex(parts.next()?.get(..2)?, 2)
        && !is_zero(trace)
        && !is_zero(parent);
    is_right.then_some(trace)
}

/// Returns an id as the value of a header.
pub(super) fn value(id: &RequestId) -> Option<HeaderValue> {
    HeaderValue::from_str(id.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_traceparent_is_read_as_w3c_trace_context_says() {
        for right in [
            format!("00-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{TRACE}-00f067aa0ba902b7-00"),
            format!("01-{TRACE}-00f067aa0ba902b7-01-later"),
        ] {
            assert_eq!(trace_id(&right), Some(TRACE), "{right}");
        }
        for wrong in [
            String::new(),
            TRACE.to_owned(),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-00f067aa0ba902b-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{TRACE}-00f067aa0ba902b7"),
        ] {
            assert_eq!(trace_id(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_proxies_id_counts_before_the_trace_and_only_if_it_is_one() {
        let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let of = |lines: &[(HeaderName, &str)]| {
            let headers = lines
                .iter()
                .map(|(name, value)| (name.clone(), value.parse().expect("a header's value")));
            named(&headers.collect()).map(|id| id.to_string())
        };
        let expected = Some("edge-1".to_owned());
        assert_eq!(
            of(&[(X_REQUEST_ID, "edge-1"), (TRACEPARENT, &traceparent)]),
            expected
        );
        let traced = Some(TRACE.to_owned());
        assert_eq!(of(&[(TRACEPARENT, &traceparent)]), traced);
        assert_eq!(
            of(&[(X_REQUEST_ID, "a b"), (TRACEPARENT, &traceparent)]),
            traced
        );
        assert_eq!(of(&[(X_REQUEST_ID, "one"), (X_REQUEST_ID, "two")]), None);
        assert_eq!(of(&[]), None);
    }
}
