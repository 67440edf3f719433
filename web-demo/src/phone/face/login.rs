//! Logging in by face: first, who are you?

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::response::Response;
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Deserialize;

use super::{Phone, send_to_check};
use crate::accounts::attempts::address_key;
use crate::accounts::by_identity::account_of;
use crate::accounts::id_number::IdNumber;
use crate::face::{Claim, NAMED_PER_ADDRESS, Purpose};
use crate::pages::{Failure, Frame, Locale, page};
use crate::serving::Connection;

#[derive(Template)]
#[template(path = "phone/face_login.html")]
struct LoginPage<'a> {
    frame: Frame<'a>,
    name: &'a str,
    id_number: &'a str,
    error: Option<String>,
    ready: bool,
}

/// What is typed.
#[derive(Debug, Default, Deserialize)]
pub struct Person {
    name: String,
    id_number: String,
}

impl Person {
    fn page(
        &self,
        phone: &Phone,
        locale: Locale,
        status: StatusCode,
        error: Option<String>,
    ) -> Result<Response, Failure> {
        let frame = Frame::phone(locale, "/login/face");
        let ready = phone.face.is_ready();
        page(
            status,
            &LoginPage {
                frame,
                name: &self.name,
                id_number: &self.id_number,
                error,
                ready,
            },
        )
    }
}

/// Answers `GET /login/face`.
pub async fn show(State(phone): State<Phone>, locale: Locale) -> Result<Response, Failure> {
    Person::default().page(&phone, locale, StatusCode::OK, None)
}

/// Answers `POST /login/face`. Nobody learns here who has an account: whoever is named is sent to the check.
pub async fn begin(
    State(phone): State<Phone>,
    Extension(connection): Extension<Connection>,
    locale: Locale,
    Form(person): Form<Person>,
) -> Result<Response, Failure> {
    if let Err(wait) = NAMED_PER_ADDRESS
        .count(&phone.db, &address_key(connection.peer))
        .await?
    {
        let error = Some(locale.texts().problems.too_many(wait.0));
        let mut response = person.page(&phone, locale, StatusCode::TOO_MANY_REQUESTS, error)?;
        response.headers_mut().insert(RETRY_AFTER, wait.0.into());
        return Ok(response);
    }
    let Ok(id_number) = IdNumber::try_from(person.id_number.clone()) else {
        return person.page(
            &phone,
            locale,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(locale.texts().face.wrong_id_number.to_owned()),
        );
    };
    let known = account_of(&phone.db, person.name.trim(), &id_number)
        .await?
        .is_some();
    let claim = Claim {
        id_number: id_number.as_str().to_owned(),
        known,
        proved_otherwise: false,
    };
    Ok(send_to_check(&phone.face, Purpose::LogIn, &claim, connection).await?)
}
