//! Stylesheets and pictures of the hall, and what the web side's build makes: scripts, and the stylesheets compressed.

use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use rust_embed::RustEmbed;
use saoma_gateway::assets;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Sources;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

pub(crate) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    asset_at(&file, &headers)
}

/// Answers with a file that stands at an address of its own.
pub(crate) fn asset_at(file: &str, headers: &HeaderMap) -> Response {
    if Built::get(file).is_some() {
        assets::serve::<Built>(file, headers)
    } else {
        assets::serve::<Sources>(file, headers)
    }
}

/// Returns true if a script has been built. Pages work without, so they name none that is missing.
pub(crate) fn has_script(file: &str) -> bool {
    Built::get(file).is_some()
}

/// A file of the weights of the face check's nets, which the web side's build copies from the npm package.
pub(crate) fn weights(file: &str) -> Option<Vec<u8>> {
    Built::get(&format!("weights/{file}")).map(|file| file.data.into_owned())
}
