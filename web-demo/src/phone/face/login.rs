//! Logging in by face: name and ID number, then the check.

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::response::Response;
use saoma_protocol::typed;
use serde::Deserialize;

use super::Phone;
use crate::accounts::Account;
use crate::accounts::attempts::address_key;
use crate::accounts::id_number::IdNumber;
use crate::face::{Claim, NAMED_PER_ADDRESS};
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::{Cookies, Failure, Frame, Locale};
use crate::proof::start_face_check;
use crate::purpose::Purpose;
use crate::serving::Connection;
use crate::surface::SurfaceContext;

#[derive(Template)]
#[template(path = "phone/face_login.html")]
struct LoginPage<'a> {
    frame: Frame<'a>,
    name: &'a str,
    id_number: &'a str,
    error: Option<String>,
    ready: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct FaceLogin {
    name: String,
    id_number: String,
}

impl FaceLogin {
    fn page(
        &self,
        phone: &Phone,
        locale: Locale,
        errors: &FormErrors,
    ) -> Result<Response, Failure> {
        errors.page(&LoginPage {
            frame: Frame::phone(locale, Purpose::LogIn.page()),
            name: &self.name,
            id_number: &self.id_number,
            error: errors.text("id_number", locale),
            ready: phone.face.is_ready(),
        })
    }
}

pub(super) async fn show(State(phone): State<Phone>, locale: Locale) -> Result<Response, Failure> {
    FaceLogin::default().page(&phone, locale, &FormErrors::default())
}

/// Answers `POST /login/face`. The answer does not tell which people have an account: all are sent
/// to the check.
pub(super) async fn begin(
    State(phone): State<Phone>,
    Extension(connection): Extension<Connection>,
    cookies: Cookies,
    locale: Locale,
    Form(typed): Form<FaceLogin>,
) -> Result<Response, Failure> {
    let refused = |error| typed.page(&phone, locale, &FormErrors::one("id_number", error));
    let Ok(id_number) = IdNumber::try_from(typed.id_number.clone()) else {
        return refused(FieldError::WrongIdNumber);
    };
    let account = Account::of(&phone.db, &id_number).await?;
    let known = match &account {
        Some(account) => {
            let (browsers, name) = (&phone.known_browsers, Phone::KNOWN_COOKIE);
            browsers.find(&cookies, name, &account.user_name).await?
        }
        None => None,
    };
    if known.is_none() {
        let address = address_key(connection.address);
        if let Err(wait) = NAMED_PER_ADDRESS.count(&phone.db, &address).await? {
            return refused(FieldError::TooMany(wait));
        }
    }
    let claim = Claim {
        id_number: id_number.as_str().to_owned(),
        known: account
            .is_some_and(|account| typed::name_key(&account.name) == typed::name_key(&typed.name)),
        proved_otherwise: false,
    };
    let known_by = known.as_ref().map(|known| &*known.key);
    start_face_check(&phone.face, Purpose::LogIn, &claim, known_by, &cookies).await
}
