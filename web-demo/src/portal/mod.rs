//! The portal: a plain OpenID Connect relying party, on a computer.
//!
//! ```text
//! /login (<qr-login>) ─┐
//! /login/hosted ───────┴─► the gateway ──► /callback ──► / (home) ──► POST /logout
//! /login/password, /register ───────────────────────────►
//! ```

mod authentication_request;
mod callback;
mod canonical;
mod home;
mod host;
mod login;
mod password;
mod relying_party;
mod sessions;
mod texts;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
pub use relying_party::{RelyingParty, RelyingPartyError};
use sqlx::SqlitePool;

use crate::accounts::Accounts;
use crate::pages::{Policy, asset, refuse_cross_origin, remember_locale, with_policy};
use crate::registers::Registers;
use crate::{registration, verification};

/// Where the gateway sends browsers back to.
pub const CALLBACK_PATH: &str = "/callback";

/// What the pages share.
#[derive(Debug, Clone)]
pub struct Portal {
    /// The hall's database.
    pub db: SqlitePool,
    /// Who may log in by password.
    pub accounts: Accounts,
    /// What the outside world says of people.
    pub registers: Registers,
    /// The portal's part in OpenID Connect.
    pub relying_party: RelyingParty,
    /// The portal's own origin.
    pub origin: String,
}

/// The largest form: a registration.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// The pages; with those of the developer, if there are any.
pub fn routes(portal: Portal, developer: Option<Router>, policy: Policy) -> Router {
    Router::new()
        .route("/", get(home::show))
        .route("/login", get(login::show))
        .route("/login/hosted", get(login::hosted))
        .route("/login/password", get(password::show).post(password::log_in))
        .route(CALLBACK_PATH, get(callback::answer))
        .route("/logout", post(home::log_out))
        .route("/assets/{file}", get(asset))
        .merge(registration::pages::routes())
        .merge(verification::routes())
        .layer(from_fn_with_state(portal.clone(), canonical::one_origin))
        .with_state(portal)
        .merge(developer.unwrap_or_default())
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn(remember_locale))
        .layer(from_fn(refuse_cross_origin))
        .layer(from_fn_with_state(policy, with_policy))
}
