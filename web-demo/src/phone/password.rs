//! Logging in to the app by user name and password, and out again.

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::Phone;
use super::sessions::{COOKIE, PhoneSession};
use crate::form_errors::FormErrors;
use crate::pages::{Failure, Frame, Locale, expired};
use crate::serving::Connection;

#[derive(Template)]
#[template(path = "phone/password.html")]
struct PasswordPage<'a> {
    frame: Frame<'a>,
    user_name: &'a str,
    error: Option<String>,
}

/// The form.
#[derive(Deserialize)]
pub struct Credentials {
    user_name: String,
    password: String,
}

/// Answers `GET /login`.
pub async fn show(locale: Locale) -> Result<Response, Failure> {
    answer(locale, "", &FormErrors::default())
}

/// Answers `POST /login`.
pub async fn log_in(
    State(phone): State<Phone>,
    Extension(connection): Extension<Connection>,
    locale: Locale,
    Form(typed): Form<Credentials>,
) -> Result<Response, Failure> {
    let Credentials {
        user_name,
        password,
    } = &typed;
    let logged_in = phone.accounts.log_in(user_name, password, connection.peer);
    match logged_in.await {
        Ok(account_id) => {
            let cookie = PhoneSession::start(&phone.db, account_id).await?;
            let cookie = PhoneSession::to_cookie(&cookie, connection);
            Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")).into_response())
        }
        Err(error) => answer(locale, user_name, &FormErrors::of_login(error)?),
    }
}

/// Answers `POST /logout`.
pub async fn log_out(
    State(phone): State<Phone>,
    session: PhoneSession,
) -> Result<Response, Failure> {
    session.end(&phone.db).await?;
    let cookie = AppendHeaders([(SET_COOKIE, expired(COOKIE))]);
    Ok((cookie, Redirect::to("/login")).into_response())
}

fn answer(locale: Locale, user_name: &str, errors: &FormErrors) -> Result<Response, Failure> {
    errors.page(&PasswordPage {
        frame: Frame::phone(locale, "/login"),
        user_name,
        error: errors.text("login", locale),
    })
}
