//! Built web files, embedded in the binary: compressed ahead, revalidated by their content's digest.

use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::ApiError;
use crate::http::problem::ApiProblem;

/// Encodings in the order of preference, with the suffix of the file that holds them.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Answers with the file at `path`, in the best encoding that the browser accepts and the build has made.
pub fn serve<E: RustEmbed>(path: &str, request: &HeaderMap) -> Response {
    let Some(plain) = E::get(path) else {
        return ApiProblem::from(ApiError::new(
            saoma_protocol::ErrorCode::NotFound,
            "no such file",
        ))
        .into_response();
    };
    let mut response = match encoded::<E>(path, request) {
        Some((encoding, file)) => with_encoding(answer(&file, request), encoding),
        None => answer(&plain, request),
    };
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    // Scripts are loaded by pages of other origins too.
    headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("cross-origin"),
    );
    if let Ok(media_type) = HeaderValue::from_str(&media_type(&plain)) {
        headers.insert(CONTENT_TYPE, media_type);
    }
    response
}

fn encoded<E: RustEmbed>(path: &str, request: &HeaderMap) -> Option<(&'static str, EmbeddedFile)> {
    let accepted = request.get(ACCEPT_ENCODING)?.to_str().ok()?;
    ENCODINGS
        .into_iter()
        .filter(|(encoding, _)| accepts(accepted, encoding))
        .find_map(|(encoding, suffix)| Some((encoding, E::get(&format!("{path}{suffix}"))?)))
}

/// Returns true if an encoding is among the accepted ones, and not with a weight of zero (RFC 9110 §12.4.2).
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        named && !parts.any(refuses)
    })
}

/// Returns true if a parameter is a weight that is not above zero.
fn refuses(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, weight)| {
        name.eq_ignore_ascii_case("q") && !weight.parse().is_ok_and(|weight: f32| weight > 0.0)
    })
}

fn answer(file: &EmbeddedFile, request: &HeaderMap) -> Response {
    let tag = format!(
        "\"{}\"",
        HEXLOWER.encode(&file.metadata.sha256_hash()[..16])
    );
    let known = request
        .get_all(IF_NONE_MATCH)
        .iter()
        .any(|tags| knows(tags, &tag));
    let headers = [(ETAG, tag), (CACHE_CONTROL, "no-cache".to_owned())];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, file.data.clone().into_owned()).into_response()
    }
}

/// Returns true if a list of tags holds this one, by the weak comparison (RFC 9110 §13.1.2): proxies that compress weaken
/// tags.
fn knows(tags: &HeaderValue, tag: &str) -> bool {
    let tags = tags.to_str().unwrap_or_default();
    tags.split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

fn with_encoding(mut response: Response, encoding: &'static str) -> Response {
    response
        .headers_mut()
        .insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    response
}

fn media_type(file: &EmbeddedFile) -> String {
    let media_type = file.metadata.mimetype();
    if media_type.starts_with("text/") {
        format!("{media_type}; charset=utf-8")
    } else {
        media_type.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[derive(RustEmbed)]
    #[folder = "tests/files"]
    struct Files;

    fn get(path: &str, headers: &[(HeaderName, &str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().expect("a header value")));
        serve::<Files>(path, &headers.collect())
    }

    fn header(response: &Response, name: HeaderName) -> &str {
        response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }

    #[test]
    fn a_file_comes_in_the_best_encoding_that_both_sides_know() {
        for (accepted, path, encoding) in [
            ("gzip, deflate, br, zstd", "page.js", "br"),
            ("gzip;q=1.0, br;q=0", "page.js", "gzip"),
            ("GZIP", "page.js", "gzip"),
            ("deflate", "page.js", ""),
            ("brotli", "page.js", ""),
            ("br, gzip", "note.txt", ""),
        ] {
            let response = get(path, &[(ACCEPT_ENCODING, accepted)]);
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(
                header(&response, CONTENT_ENCODING),
                encoding,
                "{accepted} {path}"
            );
            assert_eq!(header(&response, VARY), "accept-encoding");
        }
    }

    #[test]
    fn an_encoded_file_keeps_the_type_of_the_plain_one() {
        for accepted in ["br", "identity"] {
            let response = get("page.js", &[(ACCEPT_ENCODING, accepted)]);
            assert_eq!(
                header(&response, CONTENT_TYPE),
                "text/javascript; charset=utf-8"
            );
            assert_eq!(
                header(&response, HeaderName::from_static("x-content-type-options")),
                "nosniff"
            );
        }
    }

    #[test]
    fn a_file_that_the_browser_has_is_not_sent_again() {
        let tag = header(&get("page.js", &[]), ETAG).to_owned();
        for known in [
            tag.clone(),
            format!("\"other\", {tag}"),
            format!("W/{tag}"),
            "*".to_owned(),
        ] {
            assert_eq!(
                get("page.js", &[(IF_NONE_MATCH, &known)]).status(),
                StatusCode::NOT_MODIFIED,
                "{known}"
            );
        }
        // Another encoding is another content.
        let encoded = get("page.js", &[(IF_NONE_MATCH, &tag), (ACCEPT_ENCODING, "br")]);
        assert_eq!(encoded.status(), StatusCode::OK);
        assert_ne!(header(&encoded, ETAG), tag);
    }

    #[test]
    fn what_is_not_in_the_build_is_not_found() {
        for path in ["", "nothing.js", "../it/cli.rs", "/etc/hostname"] {
            let response = get(path, &[]);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(header(&response, CONTENT_TYPE), "application/problem+json");
        }
    }
}
