//! The kept data of a person's face, and its deletion.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::Phone;
use crate::accounts::by_identity::id_number_of;
use crate::pages::{Failure, Frame, Locale, page};
use crate::phone::sessions::PhoneSession;

#[derive(Template)]
#[template(path = "phone/my_face.html")]
struct MyFacePage<'a> {
    frame: Frame<'a>,
    kept: bool,
}

/// Answers `GET /my/face`.
pub async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
) -> Result<Response, Failure> {
    let kept = match id_number_of(&phone.db, &session.account_id).await? {
        Some(id_number) => phone.face.kept_since(&id_number).await?.is_some(),
        None => false,
    };
    let frame = Frame::phone(locale, "/my/face");
    page(StatusCode::OK, &MyFacePage { frame, kept })
}

/// Answers `POST /my/face/delete`.
pub async fn forget(
    State(phone): State<Phone>,
    session: PhoneSession,
) -> Result<Response, Failure> {
    if let Some(id_number) = id_number_of(&phone.db, &session.account_id).await? {
        phone.face.forget(&id_number).await?;
    }
    Ok(Redirect::to("/my/face").into_response())
}
