//! The answer at an address that no route takes: a page to browsers, a problem document to programs.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header::ACCEPT;
use http::{HeaderMap, Method, StatusCode, Uri};

use super::code_page::parameter;
use super::pages::{self, Locale, WITHOUT_SCRIPTS};
use crate::http::problem;

#[derive(Debug, Template)]
#[template(path = "wrong_address.html")]
struct WrongAddressPage {
    locale: Locale,
}

/// Answers what no route takes, the gateway's root too.
pub(crate) async fn not_found(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !is_browser(&method, &headers) {
        return problem::not_found().await.into_response();
    }
    let locale = Locale::of(parameter(&uri, "ui_locales").as_deref(), &headers);
    let page = WrongAddressPage { locale };
    pages::render(&page, StatusCode::NOT_FOUND, WITHOUT_SCRIPTS)
}

/// Returns true for a request that names HTML among what it accepts: programs take what they get.
fn is_browser(method: &Method, headers: &HeaderMap) -> bool {
    let accepts_html = |line: &str| line.to_ascii_lowercase().contains("text/html");
    let mut lines = headers.get_all(ACCEPT).iter();
    matches!(*method, Method::GET | Method::HEAD)
        && lines.any(|line| line.to_str().is_ok_and(accepts_html))
}
