//! The pages of the face check.
//!
//! ```text
//! /login/face ──► /face/log_in ──► POST …/challenge ──► POST …/frames ──► logged in
//! ```
//!
//! Registration by face, the card's application and its forgotten password send people to `/face/{purpose}` by
//! [`send_to_check`] and take what came of it by [`take_passed`].

mod check;
mod login;
mod mine;
pub mod registration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::HeaderMap;
use http::header::SET_COOKIE;

use super::Phone;
use crate::face::{Claim, FRAMES, FaceChecks, FaceError, MAX_FRAME_BYTES, Purpose};
use crate::pages::{Cookie, CookieName, value_of};
use crate::secret::Secret;
use crate::serving::Connection;

/// The cookie of the check that a browser has been asked for.
const COOKIE: CookieName = CookieName("shili_face");

/// How long a browser keeps it: the check, and then ten minutes to use it.
const COOKIE_SECONDS: u32 = 1200;

/// The largest answer to a challenge: base64 is a third longer than the pictures.
const MAX_ANSWER_BYTES: usize = *FRAMES.end() * MAX_FRAME_BYTES.div_ceil(3) * 4 + 1024;

/// The routes.
pub fn routes() -> Router<Phone> {
    let frames = post(check::submit).layer(DefaultBodyLimit::max(MAX_ANSWER_BYTES));
    Router::new()
        .route("/login/face", get(login::show).post(login::begin))
        .route("/face/{purpose}", get(check::show))
        .route("/face/{purpose}/challenge", post(check::challenge))
        .route("/face/{purpose}/frames", frames)
        .route(registration::BEGIN, post(registration::begin))
        .route(Purpose::Register.next(), get(registration::take))
        .route("/my/face", get(mine::show))
        .route("/my/face/delete", post(mine::forget))
}

/// Sends a person to the face check, as whom they say that they are.
///
/// # Errors
/// The database's, or no randomness.
pub async fn send_to_check(
    face: &FaceChecks,
    purpose: Purpose,
    claim: &Claim,
    connection: Connection,
) -> Result<Response, FaceError> {
    let ticket = face.ask(purpose, claim).await?;
    let (value, secure) = (ticket.expose(), connection.secure);
    let cookie = Cookie {
        name: COOKIE,
        value,
        max_age: COOKIE_SECONDS,
        secure,
    }
    .to_header();
    let check = Redirect::to(&format!("/face/{}", purpose.name()));
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), check).into_response())
}

/// Takes a passed check: whether this browser has passed one of this person for this purpose within ten minutes. Each passed check is
/// taken once.
///
/// # Errors
/// The database's.
pub async fn take_passed(
    face: &FaceChecks,
    purpose: Purpose,
    id_number: &str,
    headers: &HeaderMap,
) -> Result<bool, FaceError> {
    match ticket(headers) {
        Some(ticket) => face.consume(&ticket, purpose, id_number).await,
        None => Ok(false),
    }
}

/// Whether [`take_passed`] would say yes now.
///
/// # Errors
/// The database's.
pub async fn has_passed(
    face: &FaceChecks,
    purpose: Purpose,
    id_number: &str,
    headers: &HeaderMap,
) -> Result<bool, FaceError> {
    match ticket(headers) {
        Some(ticket) => face.is_passed(&ticket, purpose, id_number).await,
        None => Ok(false),
    }
}

fn ticket(headers: &HeaderMap) -> Option<Secret> {
    value_of(headers, COOKIE).map(Secret::received)
}
