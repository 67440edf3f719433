//! The affairs of a unit (S16): its employees' registration, their contributions, their cards. An
//! agent is offered those that they are appointed for; the pages of the others refuse them.

mod cards;
mod contributions;
mod employees;

use std::marker::PhantomData;
use std::ops::Deref;

use askama::Template;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::request::Parts;

use super::{Answer, Hall, UnitLogin};
use crate::pages::{Frame, Texts, page};
use crate::registers::UnitRole;
use crate::units::Affair;

pub(super) fn routes() -> Router<Hall> {
    let employees = get(employees::list).post(employees::register);
    let end = get(employees::ask_to_end).post(employees::end);
    let declaration = get(contributions::form).post(contributions::declare);
    Router::new()
        .route("/unit/employees", employees)
        .route("/unit/employees/{id}/end", end)
        .route("/unit/contributions", get(contributions::show))
        .route("/unit/contributions/{id}", declaration)
        .route("/unit/cards", get(cards::list))
        .route("/unit/cards/{id}/remind", post(cards::remind))
}

/// An affair, as a type that a handler can ask for.
pub(super) trait IsAffair: Send + Sync {
    const AFFAIR: Affair;
}

macro_rules! affairs {
    ($($name:ident)+) => {$(
        pub(crate) struct $name;

        impl IsAffair for $name {
            const AFFAIR: Affair = Affair::$name;
        }
    )+};
}

affairs!(Registration Contributions Cards);

/// A person who may act in this affair of the unit now. As an extractor it refuses agents whose
/// appointment is for others, and names the person to ask.
pub(super) struct ActingIn<A: IsAffair>(UnitLogin, PhantomData<A>);

impl<A: IsAffair> Deref for ActingIn<A> {
    type Target = UnitLogin;

    fn deref(&self) -> &UnitLogin {
        &self.0
    }
}

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
        Err(refuse(&login, A::AFFAIR).await.into_response())
    }
}

async fn refuse(login: &UnitLogin, affair: Affair) -> Answer {
    let mut members = login.members().await?.into_iter();
    let representative = members.find(|member| member.role == UnitRole::LegalRepresentative);
    let refusal = OutsideScopePage {
        frame: login.frame("/"),
        login,
        affair: affair.words(login.texts()),
        scope: login.scope_words().unwrap_or_default(),
        representative: representative.map(|member| member.name).unwrap_or_default(),
    };
    page(StatusCode::FORBIDDEN, &refusal)
}

/// The address of an affair's page, and its name there.
pub(super) const fn entry(affair: Affair, texts: &Texts) -> (&'static str, &'static str) {
    match affair {
        Affair::Registration => ("/unit/employees", texts.employees.title),
        Affair::Contributions => ("/unit/contributions", texts.contributions.title),
        Affair::Cards => ("/unit/cards", texts.unit_cards.title),
    }
}
