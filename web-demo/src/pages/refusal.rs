//! Answers where there is no page: of the hall, or of axum before any handler is called.

use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{Failure, Frame, Locale, Surface, Texts, page};

#[derive(Template)]
#[template(path = "missing.html")]
struct MissingPage<'a> {
    frame: Frame<'a>,
}

/// The answer where there is no page, or none for this person.
pub(crate) fn missing(surface: Surface, locale: Locale) -> Result<Response, Failure> {
    page(
        StatusCode::NOT_FOUND,
        &MissingPage {
            frame: Frame::new(surface, locale, "/"),
        },
    )
}

#[derive(Template)]
#[template(path = "cookies_off.html")]
struct CookiesOffPage<'a> {
    frame: Frame<'a>,
    page: &'a str,
}

/// The answer to a browser that sends no cookies where they are needed. `page` is where to begin again.
pub(crate) fn cookies_off(
    surface: Surface,
    locale: Locale,
    path: &str,
) -> Result<Response, Failure> {
    page(
        StatusCode::BAD_REQUEST,
        &CookiesOffPage {
            frame: Frame::new(surface, locale, path),
            page: path,
        },
    )
}

/// A page without a template or a language of its own: nothing that could fail. Markup of ours, in both languages.
pub(crate) fn plain(status: StatusCode, text: fn(&'static Texts) -> &'static str) -> Response {
    let [zh, en] = [Locale::Chinese, Locale::English].map(Locale::texts);
    let ([chinese, english], [back_zh, back_en]) = (
        [zh, en].map(text),
        [zh, en].map(|texts| texts.common.back_home),
    );
    let page = format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{chinese}</title><link rel=\"icon\" type=\"image/png\" href=\"/assets/icon.png\">\
         <link rel=\"stylesheet\" href=\"/assets/tokens.css\"><link rel=\"stylesheet\" href=\"/assets/components.css\">\
         <main><h1>{chinese}</h1><p lang=\"en\">{english}</p>\
         <p><a href=\"/\">{back_zh} / <span lang=\"en\">{back_en}</span></a></p></main></html>"
    );
    (status, Html(page)).into_response()
}

/// Puts a page in place of a refusal in bare text, or of nothing: of a form without its fields, or too large, or of a
/// method that the address does not have.
pub(crate) async fn with_a_page(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if !response.status().is_client_error() || is_worded(response.headers()) {
        return response;
    }
    let page = plain(response.status(), |texts| texts.common.cannot_be_handled);
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    *response.body_mut() = page.into_body();
    response
}

/// Returns true for a page, or an answer to a script.
fn is_worded(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    kind.starts_with("text/html") || kind.starts_with("application/json")
}
