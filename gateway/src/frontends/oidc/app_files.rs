//! The files by which phones know that a code's address belongs to an app, and others know whose domain this is.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use super::Provider;
use crate::apps::Apps;
use crate::http::problem::not_found;

/// Android, Apple's servers and HarmonyOS ask again when an app is installed, and after a while.
const CACHED: &str = "public, max-age=3600";

/// Answers `GET /.well-known/assetlinks.json`.
pub(super) async fn asset_links(State(provider): State<Provider>) -> Response {
    json(provider.apps.asset_links()).await
}

/// Answers `GET /.well-known/apple-app-site-association`.
pub(super) async fn apple(State(provider): State<Provider>) -> Response {
    json(provider.apps.apple_app_site_association()).await
}

/// Answers `GET /.well-known/applinking.json`.
pub(super) async fn harmony(State(provider): State<Provider>) -> Response {
    json(provider.apps.app_linking()).await
}

/// Returns the routes of the check files, which are named by settings.
pub(super) fn check_files(apps: &Apps) -> Router<Provider> {
    apps.check_files()
        .iter()
        .fold(Router::new(), |router, file| {
            let content = file.content.clone();
            let serve = move || async move { answer("text/plain; charset=utf-8", content) };
            let path = format!("/{}", file.name);
            router.route(&path, get(serve))
        })
}

async fn json(document: Option<&str>) -> Response {
    match document {
        Some(document) => answer("application/json", document.to_owned()),
        None => not_found().await.into_response(),
    }
}

fn answer(media_type: &'static str, content: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, HeaderValue::from_static(CACHED)),
    ];
    (headers, content).into_response()
}
