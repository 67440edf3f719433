//! The app on a home screen: the manifest, the service worker, and the page that stands in while there is no network.
//!
//! The worker keeps that page and static files, and no page of a person. All of the app works without it.

use askama::Template;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use crate::pages::{Failure, Frame, Locale, asset_at, shown};

/// Path of the page without a network, as the service worker asks for it.
const OFFLINE_PATH: &str = "/offline";

#[derive(Template)]
#[template(path = "phone/offline.html")]
struct OfflinePage<'a> {
    frame: Frame<'a>,
}

/// Answers `GET /app.webmanifest` (W3C Web Application Manifest), in the language of the request.
pub(super) async fn manifest(locale: Locale) -> Response {
    let texts = locale.texts();
    let icon = |size: &str, purpose: &str| {
        let name = if purpose == "maskable" {
            "maskable"
        } else {
            "app"
        };
        json!({
            "src": format!("/assets/{name}-{size}.png"), "sizes": format!("{size}x{size}"),
            "type": "image/png", "purpose": purpose,
        })
    };
    let shortcut = |name: &str, url: &str| json!({ "name": name, "url": url, "icons": [{ "src": "/assets/app-192.png", "sizes": "192x192" }] });
    let manifest = json!({
        "id": "/",
        "name": texts.common.app_name,
        "short_name": texts.installed.short_name,
        "description": texts.installed.description,
        "lang": locale.tag(),
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "orientation": "portrait",
        "theme_color": "#0a4785",
        "background_color": "#f3f6fa",
        "icons": [icon("192", "any"), icon("512", "any"), icon("192", "maskable"), icon("512", "maskable")],
        "shortcuts": [
            shortcut(texts.phone.scan, "/scan"),
            shortcut(texts.phone.computers, "/sessions"),
        ],
    });
    let mut response = Json(manifest).into_response();
    let media_type = HeaderValue::from_static("application/manifest+json");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// Answers `GET /service-worker.js`: at the root, because a worker sees only what lies below its own address.
pub(super) async fn worker(headers: HeaderMap) -> Response {
    asset_at("service-worker.js", &headers)
}

/// Answers `GET /offline`: a page of no person, which the worker keeps.
pub(super) async fn offline(locale: Locale) -> Result<Response, Failure> {
    let mut page = shown(&OfflinePage {
        frame: Frame::phone(locale, OFFLINE_PATH),
    })?;
    let revalidated = HeaderValue::from_static("no-cache");
    page.headers_mut().insert(CACHE_CONTROL, revalidated);
    Ok(page)
}
