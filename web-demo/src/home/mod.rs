//! What people come to the portal for: the start page for strangers, the home page of a person (S15) or of a unit (S16),
//! and the page of every entry on it.
//!
//! A page is a handler here and a template of the same name, whose words stand in it in both languages. What it shows
//! comes from `records`, `cards`, `units` and `accounts`; who may see it is decided by its extractor: [`Person`],
//! [`VerifiedPerson`], or for a unit's affairs [`UnitLogin`].

mod account;
mod affairs;
mod announcements;
mod app_link;
mod applications;
mod card;
mod card_service;
mod card_words;
mod delegations;
mod details;
mod exams;
mod inbox;
mod insurance;
mod person;
mod questions;
mod resume;
mod start;
mod training;
mod unit;
mod unit_login;

use axum::Router;
use axum::extract::FromRef;
use axum::response::Response;
use axum::routing::{get, post};
use sqlx::SqlitePool;

pub use app_link::AppLink;
pub use person::{Person, VerifiedPerson};
pub use unit_login::UnitLogin;

use crate::pages::{self, Failure, Frame, Locale, Surface};
use crate::portal::Portal;

/// What the pages share.
#[derive(Debug, Clone)]
pub struct Hall {
    /// The portal, which knows who is logged in.
    pub portal: Portal,
    /// Where phones find the app.
    pub app: AppLink,
}

impl Hall {
    /// The hall's database.
    pub const fn db(&self) -> &SqlitePool {
        &self.portal.db
    }
}

impl FromRef<Hall> for Portal {
    fn from_ref(hall: &Hall) -> Self {
        hall.portal.clone()
    }
}

/// The pages.
pub fn routes(hall: Hall) -> Router {
    Router::new()
        .route("/", get(start::show))
        .route("/details", get(details::show).post(details::show_in_full))
        .route(
            "/card/{service}",
            get(card_service::show).post(card_service::act),
        )
        .route("/account", get(account::show))
        .route(
            "/account/password",
            get(account::password).post(account::change_password),
        )
        .route(
            "/account/details",
            get(account::contacts).post(account::change_contacts),
        )
        .route(
            "/insurance/statement",
            get(insurance::statement).post(insurance::statement_in_full),
        )
        .route("/insurance/{insurance}", get(insurance::show))
        .route("/announcements", get(announcements::list))
        .route("/announcements/{id}", get(announcements::show))
        .route("/applications", get(applications::list))
        .route(
            "/applications/new/{service}",
            get(applications::form).post(applications::submit),
        )
        .route("/applications/{id}", get(applications::show))
        .route("/applications/{id}/withdraw", post(applications::withdraw))
        .route("/exams", get(exams::list))
        .route("/exams/{id}/register", post(exams::register))
        .route("/exams/{id}/cancel", post(exams::cancel))
        .route("/questions", get(questions::list).post(questions::ask))
        .route("/resume", get(resume::show).post(resume::keep))
        .route("/resume/edit", get(resume::edit))
        .route("/inbox", get(inbox::list))
        .route("/inbox/{id}", get(inbox::show))
        .route("/inbox/{id}/not-me", post(inbox::not_me))
        .route("/training", get(training::list))
        .route("/training/{id}/enrol", post(training::enrol))
        .route("/training/{id}/leave", post(training::leave))
        .route("/delegations", post(delegations::appoint))
        .route(
            "/delegations/{id}/withdraw",
            get(delegations::ask_to_withdraw).post(delegations::withdraw),
        )
        .merge(affairs::routes())
        .fallback(missing)
        .with_state(hall)
}

/// The answer where there is no page, or none for this person.
pub async fn missing(locale: Locale) -> Result<Response, Failure> {
    pages::missing(Surface::Portal, locale)
}

/// The frame of a page of the portal.
const fn frame(locale: Locale, path: &str) -> Frame<'_> {
    Frame {
        locale,
        surface: Surface::Portal,
        path,
    }
}
