//! The electronic card on the phone: "My > My card > e-card" (S9).
//!
//! ```text
//! /card/apply: agreement ──► face check ──────► password ──► issued ──► /card
//!                      └───► SMS code to the phone on file ──┘
//! /card: shows the full number to whoever knows the password ──► /card/password: changes it
//! /card/reset: forgotten, or never set ──► face check or SMS code ──► password
//! ```

mod card;
mod errand;
mod password;
mod stages;
mod visit;
mod words;

use axum::Router;
use axum::routing::{get, post};

use super::Phone;

/// The pages.
pub fn routes() -> Router<Phone> {
    Router::new()
        .route("/card", get(card::show))
        .route("/card/number", post(card::show_number))
        .route("/card/password", get(password::show).post(password::change))
        .route("/card/{errand}", get(errand::show).post(errand::finish))
        .route("/card/{errand}/face", post(errand::check_face))
        .route("/card/{errand}/code", post(errand::send_code))
}
