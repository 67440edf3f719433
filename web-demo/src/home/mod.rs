//! The portal's pages: the start page for strangers, the home page of a person (S15) or of a unit
//! (S16), and the page of every entry on it.
//!
//! A page is a handler here and a template. Its content comes from `records`, `cards`, `units` and
//! `accounts`; access is decided by its extractor: [`Person`], [`VerifiedPerson`], or for a unit's
//! affairs [`UnitLogin`].

mod account;
mod affairs;
mod app_link;
mod appointment_form;
mod ask;
mod card;
mod card_service;
mod delegations;
mod details;
mod person;
mod records;
mod start;
mod unit;
mod unit_login;

use axum::Router;
use axum::extract::FromRef;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sqlx::SqlitePool;

pub(crate) use app_link::AppLink;
pub(crate) use person::{Person, VerifiedPerson};
pub(crate) use unit_login::UnitLogin;

use crate::pages::{self, Failure, Frame, Locale, Surface};
use crate::portal::Portal;

type Answer = Result<Response, Failure>;

/// The state that all pages share.
#[derive(Debug, Clone)]
pub(crate) struct Hall {
    /// The portal, which knows the logins.
    pub portal: Portal,
    pub app: AppLink,
}

impl Hall {
    pub(crate) const fn db(&self) -> &SqlitePool {
        &self.portal.db
    }
}

impl FromRef<Hall> for Portal {
    fn from_ref(hall: &Hall) -> Self {
        hall.portal.clone()
    }
}

pub(crate) fn routes(hall: Hall) -> Router {
    let withdraw = get(delegations::ask_to_withdraw).post(delegations::withdraw);
    let password = get(account::password).post(account::change_password);
    let contacts = get(account::contacts).post(account::change_contacts);
    Router::new()
        .route("/", get(start::show))
        .route("/details", get(details::show).post(details::show_in_full))
        .route(
            "/card/{service}",
            get(card_service::show).post(card_service::act),
        )
        .route("/account", get(account::show))
        .route("/account/password", password)
        .route("/account/details", contacts)
        .route("/delegations", post(delegations::appoint))
        .route("/delegations/{id}/withdraw", withdraw)
        .merge(records::routes())
        .merge(affairs::routes())
        .fallback(missing)
        .with_state(hall)
}

/// Answers where there is no page, or no page for this person.
pub(crate) async fn missing(locale: Locale) -> Answer {
    pages::missing(Surface::Portal, locale)
}

/// Sends the browser on to another page.
fn see_other(path: &str) -> Answer {
    Ok(Redirect::to(path).into_response())
}

/// The frame of a page of the portal.
const fn frame(locale: Locale, path: &str) -> Frame<'_> {
    Frame::portal(locale, path)
}
