//! The affairs of a unit (S16): its employees' registration, their contributions, their cards. An agent is offered those that they
//! are appointed for; the pages of the others refuse them, whatever address is typed.

mod cards;
mod contributions;
mod employees;

use std::marker::PhantomData;

use askama::Template;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::request::Parts;

use super::{Hall, UnitLogin};
use crate::pages::{Failure, Frame, Locale, page};
use crate::registers::UnitRole;
use crate::units::Affair;

/// The pages.
pub fn routes() -> Router<Hall> {
    Router::new()
        .route(
            "/unit/employees",
            get(employees::list).post(employees::register),
        )
        .route(
            "/unit/employees/{id}/end",
            get(employees::ask_to_end).post(employees::end),
        )
        .route("/unit/contributions", get(contributions::show))
        .route(
            "/unit/contributions/{id}",
            get(contributions::form).post(contributions::declare),
        )
        .route("/unit/cards", get(cards::list))
        .route("/unit/cards/{id}/remind", post(cards::remind))
}

/// An affair, as a type that a handler can ask for.
pub trait IsAffair: Send + Sync {
    /// Which one.
    const AFFAIR: Affair;
}

/// See [`Affair`].
pub struct Registration;

/// See [`Affair`].
pub struct Contributions;

/// See [`Affair`].
pub struct Cards;

impl IsAffair for Registration {
    const AFFAIR: Affair = Affair::Registration;
}

impl IsAffair for Contributions {
    const AFFAIR: Affair = Affair::Contributions;
}

impl IsAffair for Cards {
    const AFFAIR: Affair = Affair::Cards;
}

/// Somebody who may act in this affair of the unit now. As an extractor it refuses agents whose appointment is for others, and says
/// whom to ask.
pub struct ActingIn<A: IsAffair>(pub UnitLogin, PhantomData<A>);

#[derive(Template)]
#[template(path = "home/affairs/outside_scope.html")]
struct OutsideScopePage<'a> {
    frame: Frame<'a>,
    login: &'a UnitLogin,
    affair: &'static str,
    scope: String,
    representative: String,
}

impl<A: IsAffair> FromRequestParts<Hall> for ActingIn<A> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, hall: &Hall) -> Result<Self, Response> {
        let login = UnitLogin::from_request_parts(parts, hall).await?;
        if login.may(A::AFFAIR) {
            return Ok(Self(login, PhantomData));
        }
        Err(refuse(hall, &login, A::AFFAIR).await.into_response())
    }
}

async fn refuse(hall: &Hall, login: &UnitLogin, affair: Affair) -> Result<Response, Failure> {
    let record = hall.portal.registers.units.unit(&login.unit.id).await?;
    let members = record.map(|record| record.members).unwrap_or_default();
    let representative = members
        .into_iter()
        .find(|member| member.role == UnitRole::LegalRepresentative);
    let refusal = OutsideScopePage {
        frame: login.frame("/"),
        login,
        affair: affair.words(login.locale),
        scope: login.scope_words().unwrap_or_default(),
        representative: representative.map(|member| member.name).unwrap_or_default(),
    };
    page(StatusCode::FORBIDDEN, &refusal)
}

/// Where an affair's page is, and what it is called there.
pub const fn entry(affair: Affair, locale: Locale) -> (&'static str, &'static str) {
    match affair {
        Affair::Registration => (
            "/unit/employees",
            locale.pick("职工参保登记", "Insured employees"),
        ),
        Affair::Contributions => (
            "/unit/contributions",
            locale.pick("缴费申报", "Contributions"),
        ),
        Affair::Cards => (
            "/unit/cards",
            locale.pick("职工社保卡业务", "Employees' cards"),
        ),
    }
}
