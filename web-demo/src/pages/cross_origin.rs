//! No other site's page can make a browser do anything here.

use axum::extract::{Extension, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use super::plain;
use crate::serving::Connection;

/// Answers 403 to a request that changes something unless it says that it comes from a page of this origin: by
/// `Sec-Fetch-Site`, or by `Origin` where a browser does not send that. A request with neither is refused, with or without
/// cookies: each browser that the hall supports sends one of them, and a form of another site that got here without them
/// could log its victim in as the attacker. `none` is the word for an address that a person typed, which changes nothing.
pub(crate) async fn refuse_cross_origin(
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || comes_from_here(request.headers(), connection.secure) {
        return next.run(request).await;
    }
    plain(StatusCode::FORBIDDEN, |texts| texts.common.cross_origin)
}

/// The scheme counts too: a page that came without TLS may be an attacker's on the way.
fn comes_from_here(headers: &HeaderMap, secure: bool) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter().peekable();
    if sites.peek().is_some() {
        return sites.all(|site| site == "same-origin");
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let scheme = if secure { "https" } else { "http" };
    let mut origins = headers.get_all(ORIGIN).iter().peekable();
    origins.peek().is_some()
        && origins.all(|origin| {
            let origin = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
            origin
                .is_some_and(|origin| origin.scheme() == scheme && Some(origin.authority()) == host)
        })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_pages_of_this_origin_may_change_something() {
        let by_origin = |origin| vec![("host", "127.0.0.1:8081"), ("origin", origin)];
        let site = |site| ("sec-fetch-site", site);
        let here = ("origin", "http://127.0.0.1:8081");
        for (headers, expected) in [
            (vec![], false),
            (vec![site("same-origin"), site("cross-site")], false),
            (
                vec![("host", "127.0.0.1:8081"), here, ("origin", "null")],
                false,
            ),
            (vec![site("same-origin")], true),
            (vec![site("none")], false),
            (vec![site("none"), here], false),
            (vec![site("same-site"), here], false),
            (vec![site("cross-site")], false),
            (by_origin("http://127.0.0.1:8081"), true),
            (by_origin("http://127.0.0.1:8080"), false),
            (by_origin("null"), false),
        ] {
            let header = |(name, value): &(&'static str, &'static str)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            };
            let mut found = HeaderMap::new();
            for (name, value) in headers.iter().map(header) {
                found.append(name, value);
            }
            assert_eq!(comes_from_here(&found, false), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_page_without_tls_changes_nothing_behind_tls() {
        for (origin, expected) in [
            ("https://hall.example", true),
            ("http://hall.example", false),
        ] {
            let header = |(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            };
            let headers = [("host", "hall.example"), ("origin", origin)].map(header);
            let headers = HeaderMap::from_iter(headers);
            assert_eq!(comes_from_here(&headers, true), expected, "{origin}");
        }
    }
}
