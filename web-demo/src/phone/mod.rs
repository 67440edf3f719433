//! The phone app: server-rendered pages. Its backend holds the person's access token and speaks to the gateway.
//!
//! ```text
//! /login ──► / ──► /scan ──► POST /scan ──► /logins/{login_id} ──► POST …/confirm or …/reject
//!            │     /open ──► POST /open ──┘   └── once decided, the same address tells the outcome ──► POST …/not-me
//!            ├──► /sessions ──► /sessions/{id}/end or /sessions/at-sites/{sid}/end (asks) ──► POST of the same
//!            └──► /inbox ──► /inbox/{id} ──► POST /inbox/{id}/not-me
//! ```
//!
//! `/login/face` is the other way in: who you are, then the check on `/face/{purpose}`, which registration, a forgotten
//! password, the card's application and its forgotten password send people to as well.
//!
//! Each page works without JavaScript; the camera is an addition, and a person without one goes the
//! other way that each purpose of a face check offers.

mod browsers;
mod claim;
mod confirmation;
mod confirmation_page;
mod disowned_computers;
mod e_card;
mod face;
mod gateway_client;
mod home;
mod identity_choice;
mod inbox;
mod installed;
mod linked_code;
mod login_at_hand;
mod my_password;
mod outcome;
mod requester;
mod scan;
mod scan_barrier;
mod scan_error;
mod scanned_login;
pub(crate) mod sessions;
mod surface;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
pub(crate) use gateway_client::GatewayClient;
use sqlx::SqlitePool;

use crate::accounts::Accounts;
use crate::face::FaceChecks;
use crate::kept_pages::{Forms, answer_forms};
use crate::known_browsers::KnownBrowsers;
use crate::logouts::Logouts;
use crate::pages::{
    Failure, Locale, Policy, Surface, asset, missing, refuse_cross_origin, refuse_doubled_cookies,
    remember_locale, with_a_page, with_policy,
};
use crate::registers::Registers;
use crate::sms_codes::Outgoing;
use crate::surface::with_page_context;
use crate::{
    forgotten_password, information, password_login, registration, session_page, verification,
};

/// The state that the pages share.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    pub db: SqlitePool,
    pub accounts: Accounts,
    /// The registers of people, cards, units and messages.
    pub registers: Registers,
    pub face: FaceChecks,
    pub known_browsers: KnownBrowsers,
    /// The outbox of logouts for the gateway.
    pub logouts: Logouts,
    /// Short messages that no answer waits for.
    pub outgoing: Outgoing,
    /// The gateway, for scans and decisions.
    pub gateway: GatewayClient,
    /// The public origin of the portal, where cards are looked after.
    pub portal: String,
}

/// The largest form: a QR code's text of a few hundred bytes.
const MAX_FORM_BYTES: usize = 16 * 1024;

pub(crate) fn routes(phone: Phone, policy: Policy, double_click: Duration) -> Router {
    let login = get(password_login::show::<Phone>).post(password_login::log_in::<Phone>);
    let my_password = get(my_password::show).post(my_password::change);
    let pages = Router::new()
        .route("/", get(home::show))
        .route(password_login::path(Surface::Phone), login)
        .route("/logout", post(sessions::log_out))
        .route("/scan", get(scan::show).post(scan::submit))
        .route("/logins/{login_id}", get(confirmation::show))
        .route("/logins/{login_id}/confirm", post(confirmation::confirm))
        .route("/logins/{login_id}/reject", post(confirmation::reject))
        .route("/logins/{login_id}/not-me", post(outcome::disown))
        .route("/open", get(linked_code::show).post(linked_code::scan))
        .route("/open/decline", post(linked_code::decline))
        .route("/open/declined", get(linked_code::declined))
        .route("/sessions", get(browsers::list))
        .route("/sessions/{id}/end", get(browsers::ask).post(browsers::end))
        .route(
            "/sessions/at-sites/{sid}/end",
            get(browsers::ask).post(browsers::end_at_sites),
        )
        .route("/inbox", get(inbox::list))
        .route("/inbox/{id}", get(inbox::show))
        .route("/inbox/{id}/not-me", post(inbox::not_me))
        .route(my_password::PATH, my_password)
        .route("/app.webmanifest", get(installed::manifest))
        .route("/service-worker.js", get(installed::worker))
        .route("/offline", get(installed::offline))
        .route("/assets/{file}", get(asset))
        .merge(information::routes())
        .merge(registration::pages::routes())
        .merge(verification::routes())
        .merge(forgotten_password::routes())
        .merge(session_page::routes())
        .merge(face::routes())
        .merge(e_card::routes())
        .fallback(no_such_page)
        .with_state(phone.clone());
    let forms = Forms::new(phone.clone(), pages.clone(), double_click);
    pages
        .layer(from_fn_with_state(phone, with_page_context::<Phone>))
        .layer(from_fn(with_a_page))
        .layer(from_fn_with_state(forms, answer_forms::<Phone>))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn(remember_locale))
        .layer(from_fn(refuse_cross_origin))
        .layer(from_fn(refuse_doubled_cookies))
        .layer(from_fn_with_state(policy, with_policy))
}

async fn no_such_page(locale: Locale) -> Result<Response, Failure> {
    missing(Surface::Phone, locale)
}
