//! Built web files, embedded in the binary: compressed ahead, revalidated by their content's digest.

use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::logins::Denial;
use crate::problem::ApiProblem;

/// Encodings in the order of preference, with the suffix of the file that holds them.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Answers with the file at `path`, in the best encoding that the browser accepts and the build has made.
pub fn serve<E: RustEmbed>(path: &str, request: &HeaderMap) -> Response {
    let Some(plain) = E::get(path) else {
        return ApiProblem::from(Denial::new(saoma_protocol::ErrorCode::NotFound, "no such file")).into_response();
    };
    let mut response = match encoded::<E>(path, request) {
        Some((encoding, file)) => with_encoding(answer(&file, request), encoding),
        None => answer(&plain, request),
    };
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    // Scripts are loaded by pages of other origins too.
    headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    if let Ok(media_type) = HeaderValue::from_str(&media_type(&plain)) {
        headers.insert(CONTENT_TYPE, media_type);
    }
    response
}

fn encoded<E: RustEmbed>(path: &str, request: &HeaderMap) -> Option<(&'static str, EmbeddedFile)> {
    let accepted = request.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let accepts =
        |encoding: &str| accepted.split(',').any(|offer| offer.split(';').next().map(str::trim) == Some(encoding));
    ENCODINGS
        .into_iter()
        .filter(|(encoding, _)| accepts(encoding))
        .find_map(|(encoding, suffix)| Some((encoding, E::get(&format!("{path}{suffix}"))?)))
}

fn answer(file: &EmbeddedFile, request: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", HEXLOWER.encode(&file.metadata.sha256_hash()[..16]));
    let known = request.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let headers = [(ETAG, tag), (CACHE_CONTROL, "no-cache".to_owned())];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, file.data.clone().into_owned()).into_response()
    }
}

fn with_encoding(mut response: Response, encoding: &'static str) -> Response {
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    response
}

fn media_type(file: &EmbeddedFile) -> String {
    let media_type = file.metadata.mimetype();
    if media_type.starts_with("text/") { format!("{media_type}; charset=utf-8") } else { media_type.to_owned() }
}
