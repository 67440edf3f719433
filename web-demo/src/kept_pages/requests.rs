//! What requests and answers say of themselves: their kind, their page, their key.

use axum::body::to_bytes;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, LOCATION, REFERER, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use saoma_protocol::Digest;
use url::form_urlencoded;

use super::store::KeptAnswer;
use crate::pages::{Cookies, KEPT, Locale, plain};
use crate::secret::Secret;
use crate::session_times::LoginState;

/// The largest page that is looked at, in bytes.
pub(super) const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A form that was sent.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub parts: &'a Parts,
    pub body: &'a [u8],
    pub locale: Locale,
}

impl KeptAnswer {
    /// Returns the page with its own status.
    pub(super) fn show(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = (status, Html(self.html)).into_response();
        if let Some(after) = self.retry_after.and_then(|after| after.try_into().ok()) {
            response.headers_mut().insert(RETRY_AFTER, after);
        }
        response
    }
}

/// Answers the stylesheet that a page asks for whose browser had no cookie: it shows the page's warning, unless the browser
/// sends the cookie that came with the page.
pub(super) fn cookies_style(cookies: &Cookies) -> Response {
    let style = if cookies.is_empty() {
        ".cookies-off{display:block}"
    } else {
        ""
    };
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], style).into_response()
}

/// Returns true if an answer sends a stranger to the login page from a page that is for people who are logged in.
pub(super) fn needs_login(path: &str, login: &LoginState, response: &Response) -> bool {
    const WAYS_IN: [&str; 5] = ["login", "logout", "callback", "register", "session"];
    let room = path.split('/').nth(1).unwrap_or_default();
    let is_inside = !room.is_empty() && !WAYS_IN.contains(&room);
    is_inside && !matches!(login, LoginState::LoggedIn { .. }) && is_redirect_to(response, "/login")
}

/// Returns true for a redirect to this path.
fn is_redirect_to(response: &Response, path: &str) -> bool {
    let location = response.headers().get(LOCATION);
    location.is_some_and(|location| location == path)
}

/// Returns the key of a kept page in an address.
pub(super) fn kept_key(uri: &Uri) -> Option<Secret> {
    let mut parameters = form_urlencoded::parse(uri.query()?.as_bytes());
    let (_, key) = parameters.find(|(name, _)| name == KEPT)?;
    let is_key = key.len() <= 64
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_key.then(|| Secret::received(key))
}

/// The query of an address, without the key of a kept page and the choice of a language; with `&` behind it.
pub(super) fn without_kept(uri: &Uri) -> String {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.filter(|(name, _)| name != KEPT && name != "lang"));
    let query = query.finish();
    if query.is_empty() { query } else { query + "&" }
}

/// The path and query of this surface's page that the browser comes from.
pub(super) fn referring_page(headers: &HeaderMap) -> Option<String> {
    let from: Uri = headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
    let host = headers.get(HOST)?.to_str().ok()?;
    let is_own = from
        .authority()
        .is_some_and(|authority| authority.as_str() == host);
    let page = from.path_and_query().filter(|_| is_own)?;
    Some(page.as_str().to_owned())
}

/// Returns the same text for the same form of the same browser.
pub(super) fn digest_of(parts: &Parts, body: &[u8]) -> String {
    let cookies = parts.headers.get_all(http::header::COOKIE).iter();
    let cookies: Vec<_> = cookies.map(HeaderValue::as_bytes).collect();
    let form = [
        parts.uri.to_string().as_bytes(),
        &cookies.concat()[..],
        body,
    ]
    .join(&0);
    Digest::of(&form).to_string()
}

/// Returns true for the headers of a page.
pub(super) fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    !headers.contains_key(LOCATION)
        && kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Returns true for a form of a page, and for a request without a body.
pub(super) fn is_form(parts: &Parts) -> bool {
    let kind = parts.headers.get(CONTENT_TYPE);
    kind.is_none_or(|kind| {
        kind.as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    })
}

/// Returns true for a page or form of the browser's own, and not for what a script asks for. Browsers without
/// `Sec-Fetch-Mode` are told by what they accept.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    if let Some(mode) = headers.get("sec-fetch-mode") {
        return mode == "navigate";
    }
    let accepted = headers.get(ACCEPT).and_then(|kinds| kinds.to_str().ok());
    accepted.is_some_and(|kinds| kinds.contains("text/html"))
}

/// Changes the text of a page.
pub(super) async fn with_html(
    response: Response,
    change: impl FnOnce(String) -> String,
) -> Response {
    let (mut head, body) = response.into_parts();
    let Ok(html) = to_bytes(body, MAX_PAGE_BYTES).await else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, |texts| {
            texts.common.failure
        });
    };
    head.headers.remove(http::header::CONTENT_LENGTH);
    let html = change(String::from_utf8_lossy(&html).into_owned());
    Response::from_parts(head, html.into())
}
