//! The OpenID provider, with the code flow of OpenID Connect Core 1.0.

mod app_files;
mod authorize;
mod backchannel;
mod begin_session;
mod claims;
mod client_auth;
mod code_page;
mod device_authorization;
mod discovery;
mod end_session;
mod form_request;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_properties;
mod id_token_hint;
mod keys;
mod oauth_error;
mod pages;
mod par;
mod revoke;
mod session_cookie;
mod token;
mod userinfo;
mod wrong_address;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
pub(crate) use backchannel::LogoutDeliveries;
pub(crate) use keys::PemSigner;
pub use keys::{KeyError, KeyKind, KeyRing, KeyRingError, SignError, Signer, generate_pem};
use saoma_protocol::paths;
use tower_http::cors::{Any, CorsLayer};
pub(crate) use wrong_address::not_found;

use crate::apps::Apps;
use crate::http::admission::Admission;
use crate::http::cors;
use crate::http::trusted_proxies::TrustedProxies;
use crate::logins::{Grant, Logins};
use crate::relying_parties::Client;
use crate::replaceable::Replaceable;
use crate::subjects::Subjects;

/// The provider of one node.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    /// The gateway's public origin.
    pub(crate) issuer: String,
    /// The login service.
    pub(crate) logins: Arc<Logins>,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub(crate) trusted_proxies: Arc<TrustedProxies>,
    /// The node's capacity, of which a waiting device takes a part.
    pub(crate) admission: Arc<Admission>,
    /// The apps with which people scan codes.
    pub(crate) apps: Arc<Apps>,
    /// Keys that sign tokens, which change while the node runs.
    pub(crate) keys: Arc<Replaceable<KeyRing>>,
    /// Maker of the subjects that clients are told.
    pub(crate) subjects: Subjects,
}

impl Provider {
    /// Returns the `sub` of a login for its client, the same at every place.
    fn subject(&self, client: &Client, grant: &Grant) -> String {
        self.subjects.of(client, &grant.person, &grant.identity)
    }
}

/// The provider's routes.
pub(crate) fn routes(provider: Provider) -> Router {
    let public = Router::new()
        .route(paths::DISCOVERY, get(discovery::configuration))
        .route(paths::JWKS, get(discovery::jwks))
        .layer(CorsLayer::new().allow_origin(Any));
    let check_files = app_files::check_files(&provider.apps);
    let for_phones = Router::new()
        .route(paths::ASSET_LINKS, get(app_files::asset_links))
        .route(paths::APPLE_APP_SITE_ASSOCIATION, get(app_files::apple))
        .route(paths::APP_LINKING, get(app_files::harmony))
        .merge(check_files);
    let for_clients = Router::new()
        .route(paths::TOKEN, post(token::token))
        .route(paths::REVOKE, post(revoke::revoke))
        .route(paths::PUSHED_REQUESTS, post(par::push))
        .route(
            paths::DEVICE_AUTHORIZATION,
            post(device_authorization::authorize),
        )
        .route(
            paths::USERINFO,
            get(userinfo::userinfo).post(userinfo::userinfo),
        )
        .layer(for_public_clients(&provider));
    Router::new()
        .route(
            paths::AUTHORIZE,
            get(authorize::by_get).post(authorize::by_post),
        )
        .route(paths::DEVICE, get(code_page::of_device))
        .route("/q/{code}", get(code_page::of_code))
        .route("/Q/{code}", get(code_page::of_code))
        .route(
            paths::END_SESSION,
            get(end_session::by_get).post(end_session::by_post),
        )
        .route(paths::BEGIN_SESSION, post(begin_session::begin_session))
        .route("/assets/{file}", get(pages::asset))
        .merge(public)
        .merge(for_phones)
        .merge(for_clients)
        .with_state(provider)
}

/// Public clients are pages: they may ask from the origins that they have registered.
fn for_public_clients(provider: &Provider) -> CorsLayer {
    cors::for_pages_of(provider.logins.client_registry())
        .allow_headers([http::header::AUTHORIZATION, http::header::CONTENT_TYPE])
}
