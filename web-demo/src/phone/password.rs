//! Logging in to the app by user name and password, and out again.

use askama::Template;
use axum::extract::{Extension, Form, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::{RETRY_AFTER, SET_COOKIE};
use serde::Deserialize;

use super::Phone;
use super::sessions::{COOKIE, PhoneSession};
use crate::accounts::PasswordError;
use crate::pages::{Failure, Frame, Locale, expired, page};
use crate::serving::Connection;

#[derive(Template)]
#[template(path = "phone/password.html")]
struct PasswordPage<'a> {
    frame: Frame<'a>,
    user_name: &'a str,
    error: Option<String>,
}

impl<'a> PasswordPage<'a> {
    const fn new(locale: Locale, user_name: &'a str, error: Option<String>) -> Self {
        let frame = Frame::phone(locale, "/login");
        Self {
            frame,
            user_name,
            error,
        }
    }
}

/// What is typed.
#[derive(Deserialize)]
pub struct Credentials {
    user_name: String,
    password: String,
}

/// Answers `GET /login`.
pub async fn show(locale: Locale) -> Result<Response, Failure> {
    page(StatusCode::OK, &PasswordPage::new(locale, "", None))
}

/// Answers `POST /login`.
pub async fn log_in(
    State(phone): State<Phone>,
    Extension(connection): Extension<Connection>,
    locale: Locale,
    Form(Credentials {
        user_name,
        password,
    }): Form<Credentials>,
) -> Result<Response, Failure> {
    let texts = locale.texts();
    let refused = |status, error| page(status, &PasswordPage::new(locale, &user_name, Some(error)));
    match phone
        .accounts
        .log_in(&user_name, &password, connection.peer)
        .await
    {
        Ok(account_id) => {
            let cookie = PhoneSession::start(&phone.db, account_id).await?;
            let cookie = PhoneSession::to_cookie(&cookie, connection);
            Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")).into_response())
        }
        Err(PasswordError::Wrong) => refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            texts.phone.wrong_password.to_owned(),
        ),
        Err(PasswordError::TooMany(wait)) => {
            let mut response = refused(
                StatusCode::TOO_MANY_REQUESTS,
                texts.problems.too_many(wait.0),
            )?;
            response.headers_mut().insert(RETRY_AFTER, wait.0.into());
            Ok(response)
        }
        Err(PasswordError::Database(error)) => Err(error.into()),
    }
}

/// Answers `POST /logout`.
pub async fn log_out(
    State(phone): State<Phone>,
    session: PhoneSession,
) -> Result<Response, Failure> {
    session.end(&phone.db).await?;
    Ok((
        AppendHeaders([(SET_COOKIE, expired(COOKIE))]),
        Redirect::to("/login"),
    )
        .into_response())
}
