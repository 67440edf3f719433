//! Changing the electronic card's password by typing the present one.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::applicant::{Applicant, CardHolder};
use super::texts::notice;
use crate::accounts::password;
use crate::cards::{self, TypedPassword};
use crate::db;
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::{Failure, Frame};
use crate::phone::Phone;
use crate::records::inbox;

#[derive(Template)]
#[template(path = "phone/card_password.html")]
struct PasswordPage<'a> {
    frame: Frame<'a>,
    changed: bool,
    errors: &'a FormErrors,
}

impl PasswordPage<'_> {
    fn error(&self, field: &str) -> Option<String> {
        self.errors.text(field, self.frame.locale)
    }
}

/// The form. The page shows nothing of it again.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Typed {
    #[serde(deserialize_with = "cards::card_password")]
    old: String,
    #[serde(deserialize_with = "cards::card_password")]
    password: String,
    #[serde(deserialize_with = "cards::card_password")]
    repeat: String,
}

pub(super) async fn show(
    State(phone): State<Phone>,
    CardHolder(holder): CardHolder,
) -> Result<Response, Failure> {
    if !cards::has_password(&phone.db, &holder.account.id).await? {
        return Ok(Redirect::to("/card/reset").into_response());
    }
    answer(&holder, false, &FormErrors::default())
}

/// Answers `POST /card/password`. The new one is looked at first: a mistyped one costs no try at the old.
pub(super) async fn change(
    State(phone): State<Phone>,
    CardHolder(holder): CardHolder,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let id = &holder.account.id;
    let refused = |field, error| answer(&holder, false, &FormErrors::one(field, error));
    if let Err(error) = cards::check_card_password(&typed.password, &holder.account.id_number) {
        return refused("password", FieldError::CardPassword(error));
    }
    if typed.password != typed.repeat {
        return refused("repeat", FieldError::Confirmation);
    }
    let known = cards::hash_of(&phone.db, id).await?.unwrap_or_default();
    let mut tried = cards::try_password(&phone.db, id, &typed.old).await?;
    if tried == TypedPassword::Right {
        let hash = password::hash_later(typed.password).await?;
        let mut transaction = db::write(&phone.db).await?;
        if cards::change_password(&mut transaction, id, &known, &hash).await? {
            let changed = notice(|texts| texts.changed_notice);
            inbox::notify(&mut *transaction, id, &changed).await?;
            transaction.commit().await?;
        } else {
            tried = TypedPassword::Wrong;
        }
    }
    match FieldError::of_card_password(tried) {
        Some(error) => refused("old", error),
        None => answer(&holder, true, &FormErrors::default()),
    }
}

fn answer(holder: &Applicant, changed: bool, errors: &FormErrors) -> Result<Response, Failure> {
    let frame = holder.frame("/card/password");
    errors.page(&PasswordPage {
        frame,
        changed,
        errors,
    })
}
