//! Changing the electronic card's password, for whoever knows it.

use askama::Template;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde::Deserialize;

use super::card::status_of;
use super::visit::{Holder, Visit};
use super::words;
use crate::accounts::password;
use crate::cards::{self, TypedPassword};
use crate::db;
use crate::pages::{Failure, Frame, page};
use crate::phone::Phone;
use crate::records::inbox;

const PATH: &str = "/card/password";

#[derive(Template)]
#[template(path = "phone/card_password.html")]
struct PasswordPage<'a> {
    frame: Frame<'a>,
    changed: bool,
    told: Told,
}

/// What is wrong, and beside which field.
#[derive(Debug, Default)]
struct Told {
    old: Option<String>,
    password: Option<&'static str>,
    repeat: Option<&'static str>,
}

/// What is typed. Nothing of it comes back.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Typed {
    old: String,
    password: String,
    repeat: String,
}

/// Answers `GET /card/password`.
pub async fn show(State(phone): State<Phone>, Holder(visit): Holder) -> Result<Response, Failure> {
    if !cards::has_password(&phone.db, &visit.account.id).await? {
        return Ok(Redirect::to("/card/reset").into_response());
    }
    answer(&visit, StatusCode::OK, Told::default())
}

/// Answers `POST /card/password`. The new one is looked at first: a mistyped one costs no try at the old.
pub async fn change(
    State(phone): State<Phone>,
    Holder(visit): Holder,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let (id, locale) = (&visit.account.id, visit.locale);
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    if let Err(error) = cards::check_card_password(&typed.password, &visit.account.id_number) {
        return answer(
            &visit,
            refused,
            Told {
                password: Some(locale.texts().e_card.problems.of(error)),
                ..Told::default()
            },
        );
    }
    if typed.password != typed.repeat {
        return answer(
            &visit,
            refused,
            Told {
                repeat: Some(locale.texts().problems.passwords_differ),
                ..Told::default()
            },
        );
    }
    let known = cards::hash_of(&phone.db, id).await?.unwrap_or_default();
    let mut tried = cards::try_password(&phone.db, id, &typed.old).await?;
    if tried == TypedPassword::Right {
        let hash = password::hash_later(typed.password).await?;
        let mut transaction = db::write(&phone.db).await?;
        if cards::change_password(&mut transaction, id, &known, &hash).await? {
            inbox::notify(
                &mut *transaction,
                id,
                &words::notice(|texts| texts.changed_notice),
            )
            .await?;
            transaction.commit().await?;
        } else {
            tried = TypedPassword::Wrong;
        }
    }
    if tried != TypedPassword::Right {
        let told = Told {
            old: words::typed_words(tried, locale),
            ..Told::default()
        };
        let mut response = answer(&visit, status_of(Some(tried)), told)?;
        if let TypedPassword::TooMany(wait) = tried {
            response.headers_mut().insert(RETRY_AFTER, wait.0.into());
        }
        return Ok(response);
    }
    page(
        StatusCode::OK,
        &PasswordPage {
            frame: visit.frame(PATH),
            changed: true,
            told: Told::default(),
        },
    )
}

fn answer(visit: &Visit, status: StatusCode, told: Told) -> Result<Response, Failure> {
    page(
        status,
        &PasswordPage {
            frame: visit.frame(PATH),
            changed: false,
            told,
        },
    )
}
