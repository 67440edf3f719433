//! Requests from pages of other origins (CORS).

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::relying_parties::ClientRegistry;

/// Returns a layer that lets pages of every client that is registered at the time send GET and POST.
pub(crate) fn for_pages_of(clients: &Arc<ClientRegistry>) -> CorsLayer {
    let clients = Arc::clone(clients);
    let admits = move |origin: &HeaderValue, _: &Parts| {
        origin
            .to_str()
            .is_ok_and(|origin| clients.current().admits_origin_of_any(origin))
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(admits))
        .allow_methods([Method::GET, Method::POST])
}
