//! Changing the account's password in the app, as on the portal: the present one proves the person.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Phone;
use super::sessions::PhoneSession;
use crate::accounts::{Account, ChangeError};
use crate::form_errors::{FieldError, FormErrors};
use crate::logouts::LogoutReason;
use crate::pages::{Failure, Frame, Locale};
use crate::records::Words;
use crate::records::inbox::{self, Notice};
use crate::{all_logins, db};

pub(super) const PATH: &str = "/my/password";

#[derive(Template)]
#[template(path = "phone/my_password.html")]
struct PasswordPage<'a> {
    frame: Frame<'a>,
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
    old: String,
    new: String,
    repeat: String,
}

pub(super) async fn show(_: PhoneSession, locale: Locale) -> Result<Response, Failure> {
    answer(locale, &FormErrors::default())
}

/// Answers `POST /my/password`. Every other login ends; this phone stays logged in.
pub(super) async fn change(
    State(phone): State<Phone>,
    session: PhoneSession,
    locale: Locale,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let refused = |field, error| answer(locale, &FormErrors::one(field, error));
    let Some(account) = Account::find(&phone.db, &session.account_id).await? else {
        return Ok(Redirect::to("/login").into_response());
    };
    if typed.new != typed.repeat {
        return refused("repeat", FieldError::Confirmation);
    }
    let (accounts, login) = (&phone.accounts, session.digest());
    let checked = accounts.check_new_password(&account, &login, &typed.old, &typed.new);
    let new = match checked.await {
        Ok(new) => new,
        Err(ChangeError::Wrong) => return refused("old", FieldError::PasswordAtPresent),
        Err(ChangeError::TooMany(wait)) => return refused("old", FieldError::TooMany(wait)),
        Err(ChangeError::Rule(rule)) => return refused("new", FieldError::Password(rule)),
        Err(ChangeError::Unchanged) => return refused("new", FieldError::PasswordUnchanged),
        Err(ChangeError::Hash(error)) => return Err(Failure::Password(error)),
        Err(ChangeError::Database(error)) => return Err(error.into()),
    };
    let notice = Notice::new(
        Words::of_texts(|texts| texts.account.password_changed),
        Words::of_texts(|texts| texts.account.change_notice),
    );
    let mut transaction = db::write(&phone.db).await?;
    new.keep(&mut transaction).await?;
    let reason = LogoutReason::AccountChanged;
    all_logins::end(&mut transaction, &account.id, Some(&login), reason).await?;
    inbox::notify(&mut *transaction, &account.id, &notice).await?;
    transaction.commit().await?;
    phone.logouts.wake();
    let told = |locale: Locale| locale.texts().told.password_changed.to_owned();
    session.tell(&phone.db, told).await?;
    Ok(Redirect::to("/").into_response())
}

fn answer(locale: Locale, errors: &FormErrors) -> Result<Response, Failure> {
    errors.page(&PasswordPage {
        frame: Frame::phone(locale, PATH),
        errors,
    })
}
