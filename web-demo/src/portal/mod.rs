//! The portal: a plain OpenID Connect relying party, on a computer.
//!
//! ```text
//! /login (<qr-login>) ─┐
//! /login/hosted ───────┴─► the gateway ──► /callback ──► / ──► POST /logout
//! /login/password, /register ───────────────────────────►
//! ```
//!
//! What people come for is behind it, in `home`.

mod authentication_request;
mod backchannel;
mod callback;
mod canonical;
mod login;
mod relying_party;
mod sessions;
mod surface;

use std::time::Duration;

pub(crate) use authentication_request::AuthenticationRequests;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
pub(crate) use backchannel::{BACKCHANNEL_PATH, routes as backchannel_routes};
pub(crate) use relying_party::RelyingParty;
pub(crate) use sessions::PortalSession;
use sqlx::SqlitePool;
use tower_http::compression::CompressionLayer;

use crate::accounts::Accounts;
use crate::kept_pages::{Forms, answer_forms};
use crate::known_browsers::KnownBrowsers;
use crate::logouts::Logouts;
use crate::pages::{
    Policy, Surface, asset, refuse_cross_origin, refuse_doubled_cookies, remember_locale,
    with_a_page, with_policy,
};
use crate::registers::Registers;
use crate::sms_codes::Outgoing;
use crate::surface::with_page_context;
use crate::{
    forgotten_password, information, password_login, registration, session_page, verification,
};

/// The page to which the gateway sends browsers back.
pub(crate) const CALLBACK_PATH: &str = "/callback";

/// The page to which the gateway sends browsers after a logout.
pub(crate) const AFTER_LOGOUT_PATH: &str = "/login";

/// The state that the pages share.
#[derive(Debug, Clone)]
pub(crate) struct Portal {
    pub db: SqlitePool,
    pub accounts: Accounts,
    /// The registers of people, cards, units and messages.
    pub registers: Registers,
    /// The portal's part in OpenID Connect.
    pub relying_party: RelyingParty,
    /// The logins that browsers have begun.
    pub requests: AuthenticationRequests,
    pub known_browsers: KnownBrowsers,
    /// The outbox of logouts for the gateway.
    pub logouts: Logouts,
    /// Short messages that no answer waits for.
    pub outgoing: Outgoing,
    pub origin: String,
    /// Origin of the phone app, which phones open in place of scanning their own screen.
    pub app: String,
}

impl Portal {
    /// Returns the page to which browsers come after a logout.
    pub(crate) fn after_logout(&self) -> String {
        format!("{}{AFTER_LOGOUT_PATH}", self.origin)
    }
}

/// The largest form: a resume of a few thousand characters, nine bytes each.
const MAX_FORM_BYTES: usize = 128 * 1024;

/// The pages of logging in and out, and around `inside` what holds for every page of the portal.
pub(crate) fn routes(
    portal: Portal,
    inside: Router,
    policy: Policy,
    double_click: Duration,
) -> Router {
    let login = get(password_login::show::<Portal>).post(password_login::log_in::<Portal>);
    let pages = Router::new()
        .route("/login", get(login::show))
        .route("/login/hosted", get(login::hosted))
        .route(password_login::path(Surface::Portal), login)
        .route(CALLBACK_PATH, get(callback::answer))
        .route("/logout", post(login::log_out))
        .route("/assets/{file}", get(asset))
        .merge(information::routes())
        .merge(registration::pages::routes())
        .merge(verification::routes())
        .merge(forgotten_password::routes())
        .merge(session_page::routes())
        .with_state(portal.clone())
        .merge(inside);
    let forms = Forms::new(portal.clone(), pages.clone(), double_click);
    pages
        .layer(from_fn_with_state(
            portal.clone(),
            with_page_context::<Portal>,
        ))
        .layer(from_fn(with_a_page))
        .layer(from_fn_with_state(forms, answer_forms::<Portal>))
        .layer(CompressionLayer::new().compress_when(login::is_compressible))
        .layer(from_fn_with_state(portal, canonical::one_origin))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn(remember_locale))
        .layer(from_fn(refuse_cross_origin))
        .layer(from_fn(refuse_doubled_cookies))
        .layer(from_fn_with_state(policy, with_policy))
}
