//! The pages of the face check.
//!
//! ```text
//! /login/face ──► /face/log_in ──► POST …/challenge ──► POST …/frames ──► logged in
//! ```
//!
//! Registration, the card's application and its forgotten password send people to `/face/{purpose}`
//! by [`crate::proof`].

mod check;
mod login;
mod mine;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::Phone;
use crate::face::{FRAMES, MAX_FRAME_BYTES};

/// The largest answer to a challenge: base64 is a third longer than the pictures.
const MAX_ANSWER_BYTES: usize = *FRAMES.end() * MAX_FRAME_BYTES.div_ceil(3) * 4 + 1024;

pub(super) fn routes() -> Router<Phone> {
    let frames = post(check::submit).layer(DefaultBodyLimit::max(MAX_ANSWER_BYTES));
    Router::new()
        .route("/login/face", get(login::show).post(login::begin))
        .route("/face/{purpose}", get(check::show))
        .route("/face/{purpose}/challenge", post(check::challenge))
        .route("/face/{purpose}/frames", frames)
        .route("/my/face", get(mine::show))
        .route(
            "/my/face/delete",
            get(mine::ask_to_forget).post(mine::forget),
        )
}
