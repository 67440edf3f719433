//! The page behind a code, to which scanners of other apps lead, and the one at which a device's code is explained.
//!
//! The page is the same for every text that has the form of a code: none is looked up, so nothing is used up or told, and a link that another person has
//! forwarded shows nothing of the login. It has no script. Its links are relative, so that an app's leads on with the code
//! in the address.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use saoma_protocol::ScanCode;
use url::form_urlencoded;

use super::Provider;
use super::pages::{self, Locale, WITHOUT_SCRIPTS};
use crate::apps::App;

/// Parameter of the query that names an app by its number.
const APP: &str = "app";

#[derive(Debug, Template)]
#[template(path = "code.html")]
struct CodePage<'a> {
    locale: Locale,
    kind: CodePageKind,
    apps: &'a [App],
}

/// The address that a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CodePageKind {
    /// A code's own, which an app can open.
    Code,
    /// That of a text that cannot be a code.
    NoCode,
    /// The page for devices.
    Device,
}

impl CodePageKind {
    const fn is_code(self) -> bool {
        matches!(self, Self::Code)
    }
}

/// Answers `GET /q/{code}`.
pub(super) async fn of_code(
    State(provider): State<Provider>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let app = parameter(&uri, APP)
        .and_then(|number| provider.apps.all().get(number.parse::<usize>().ok()?));
    let code = uri
        .path()
        .rsplit('/')
        .next()
        .and_then(|code| code.parse::<ScanCode>().ok());
    match (code, app) {
        (Some(code), Some(app)) => lead_to(app, &code),
        (Some(_), None) => provider.show_code_page(CodePageKind::Code, &uri, &headers),
        (None, _) => provider.show_code_page(CodePageKind::NoCode, &uri, &headers),
    }
}

/// Answers `GET /device`.
pub(super) async fn of_device(
    State(provider): State<Provider>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    provider.show_code_page(CodePageKind::Device, &uri, &headers)
}

impl Provider {
    fn show_code_page(&self, kind: CodePageKind, uri: &Uri, headers: &HeaderMap) -> Response {
        let page = CodePage {
            locale: Locale::of(parameter(uri, "ui_locales").as_deref(), headers),
            kind,
            apps: self.apps.all(),
        };
        let status = if kind == CodePageKind::NoCode {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::OK
        };
        pages::render(&page, status, WITHOUT_SCRIPTS)
    }
}

/// Sends the browser to an app with a code.
fn lead_to(app: &App, code: &ScanCode) -> Response {
    let Ok(link) = HeaderValue::from_str(&app.link_of(code)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (LOCATION, link),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Returns a parameter of an address's query.
pub(super) fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let mut query = form_urlencoded::parse(uri.query()?.as_bytes());
    query.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}
