//! The electronic card on the phone: "My > My card > e-card" (S9).
//!
//! ```text
//! /card/apply: agreement ──► face check ──────► password ──► issued ──► /card
//!                      └───► SMS code to the phone on file ──┘
//! /card: shows the full number once the password is typed ──► /card/password: changes it
//! /card/reset: forgotten, or never set ──► face check or SMS code ──► password
//! ```

mod applicant;
mod card;
mod flow;
mod flow_page;
mod password;
mod texts;

use axum::Router;
use axum::routing::{get, post};

use super::Phone;

pub(super) fn routes() -> Router<Phone> {
    Router::new()
        .route("/card", get(card::show))
        .route("/card/number", post(card::show_number))
        .route("/card/password", get(password::show).post(password::change))
        .route("/card/{flow}", get(flow::show).post(flow::finish))
        .route("/card/{flow}/face", post(flow::check_face))
        .route("/card/{flow}/code", post(flow::send_code))
}
