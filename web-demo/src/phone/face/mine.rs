//! The kept data of a person's face, and its deletion.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::Phone;
use crate::accounts::Account;
use crate::pages::{Failure, Frame, Locale, shown};
use crate::phone::sessions::PhoneSession;
use crate::records::Words;

const PATH: &str = "/my/face";

#[derive(Template)]
#[template(path = "phone/my_face.html")]
struct MyFacePage<'a> {
    frame: Frame<'a>,
    kept: bool,
    told: Option<Words>,
}

#[derive(Template)]
#[template(path = "phone/my_face_delete.html")]
struct DeletePage<'a> {
    frame: Frame<'a>,
}

pub(super) async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
) -> Result<Response, Failure> {
    let kept = is_kept(&phone, &session).await?;
    let told = session.take_told(&phone.db).await?;
    let frame = Frame::phone(locale, PATH);
    shown(&MyFacePage { frame, kept, told })
}

async fn is_kept(phone: &Phone, session: &PhoneSession) -> Result<bool, Failure> {
    let Some(account) = Account::find(&phone.db, &session.account_id).await? else {
        return Ok(false);
    };
    let since = phone.face.kept_since(account.id_number.as_str()).await?;
    Ok(since.is_some())
}

/// Answers `GET /my/face/delete`: asks for a confirmation.
pub(super) async fn ask_to_forget(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
) -> Result<Response, Failure> {
    if !is_kept(&phone, &session).await? {
        return Ok(Redirect::to(PATH).into_response());
    }
    let frame = Frame::phone(locale, "/my/face/delete");
    shown(&DeletePage { frame })
}

pub(super) async fn forget(
    State(phone): State<Phone>,
    session: PhoneSession,
) -> Result<Response, Failure> {
    if let Some(account) = Account::find(&phone.db, &session.account_id).await? {
        phone.face.forget(account.id_number.as_str()).await?;
        let told = |locale: Locale| locale.texts().told.face_deleted.to_owned();
        session.tell(&phone.db, told).await?;
    }
    Ok(Redirect::to(PATH).into_response())
}
