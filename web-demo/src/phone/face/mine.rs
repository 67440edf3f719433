//! The kept data of a person's face, and its deletion.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::Phone;
use crate::accounts::Account;
use crate::pages::{Failure, Frame, Locale, shown};
use crate::phone::sessions::PhoneSession;

#[derive(Template)]
#[template(path = "phone/my_face.html")]
struct MyFacePage<'a> {
    frame: Frame<'a>,
    kept: bool,
}

pub(super) async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
) -> Result<Response, Failure> {
    let kept = match Account::find(&phone.db, &session.account_id).await? {
        Some(account) => {
            let kept_since = phone.face.kept_since(account.id_number.as_str());
            kept_since.await?.is_some()
        }
        None => false,
    };
    let frame = Frame::phone(locale, "/my/face");
    shown(&MyFacePage { frame, kept })
}

pub(super) async fn forget(
    State(phone): State<Phone>,
    session: PhoneSession,
) -> Result<Response, Failure> {
    if let Some(account) = Account::find(&phone.db, &session.account_id).await? {
        phone.face.forget(account.id_number.as_str()).await?;
    }
    Ok(Redirect::to("/my/face").into_response())
}
