//! What gives the electronic card a password: applying for it, and setting another one in place of one that was forgotten.
//! For both a person shows anew that it is them.

use axum::extract::{Extension, Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::stages::{Agreement, Errand, Stage, Told};
use super::visit::Visit;
use super::words;
use crate::accounts::password;
use crate::cards;
use crate::db;
use crate::face::Claim;
use crate::pages::Failure;
use crate::phone::Phone;
use crate::phone::face::{send_to_check, take_passed};
use crate::records::inbox;
use crate::registration::Problem;
use crate::serving::Connection;
use crate::sms_codes::{Binding, NotSent};

/// Answers `GET /card/{errand}`.
pub async fn show(
    State(phone): State<Phone>,
    errand: Errand,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let stage = match visit.end(&phone, errand).await? {
        Some(end) => end,
        None if visit.has_passed(&phone, errand, &headers).await? => {
            Stage::Password { by_code: false }
        }
        None => Stage::Beginning,
    };
    visit.answer(&phone, errand, stage, Told::default())
}

/// Answers `POST /card/{errand}/face`: a face check proves who it is.
pub async fn check_face(
    State(phone): State<Phone>,
    errand: Errand,
    Extension(connection): Extension<Connection>,
    visit: Visit,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    if let Some(answer) = visit.not_begun(&phone, errand, &agreement).await? {
        return Ok(answer);
    }
    let id_number = visit.account.id_number.as_str().to_owned();
    // Whoever has only got at somebody's login must not get at the card by the first face shown: for another password the face
    // has to be known already.
    let claim = Claim {
        id_number,
        known: true,
        proved_otherwise: errand == Errand::Apply,
    };
    Ok(send_to_check(&phone.face, errand.face(), &claim, connection).await?)
}

/// Answers `POST /card/{errand}/code`: a code to the phone on file proves who it is.
pub async fn send_code(
    State(phone): State<Phone>,
    errand: Errand,
    Extension(connection): Extension<Connection>,
    visit: Visit,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    if let Some(answer) = visit.not_begun(&phone, errand, &agreement).await? {
        return Ok(answer);
    }
    let Some(on_file) = visit.phone_on_file() else {
        return visit.answer(&phone, errand, Stage::Beginning, Told::refused());
    };
    let locale = visit.locale;
    let binding = Binding {
        purpose: errand.code(),
        phone: &on_file,
        holder: &visit.holder,
    };
    let text = |code: &str| locale.texts().registration.code_message(code);
    let told = match binding
        .send(&phone.db, &*phone.registers.sms, connection.peer, text)
        .await
    {
        Ok(()) => Told {
            sent: true,
            ..Told::default()
        },
        Err(NotSent::TooMany(wait)) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            Told {
                status,
                ..Told::code(Problem::CodeTooSoon(wait), locale)
            }
        }
        Err(NotSent::Carrier(error)) => {
            tracing::error!(%error, "the carrier took no message");
            Told::code(Problem::CarrierDown, locale)
        }
        Err(NotSent::Randomness(error)) => return Err(error.into()),
        Err(NotSent::Database(error)) => return Err(error.into()),
    };
    visit.answer(&phone, errand, Stage::Password { by_code: true }, told)
}

#[derive(Deserialize)]
pub struct NewPassword {
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    repeat: String,
}

/// Answers `POST /card/{errand}`: with a proof and a password it is done.
pub async fn finish(
    State(phone): State<Phone>,
    errand: Errand,
    visit: Visit,
    headers: HeaderMap,
    Form(new): Form<NewPassword>,
) -> Result<Response, Failure> {
    if let Some(end) = visit.end(&phone, errand).await? {
        return visit.ended(&phone, errand, end);
    }
    let (id_number, locale) = (&visit.account.id_number, visit.locale);
    let by_code = !visit.has_passed(&phone, errand, &headers).await?;
    let stage = Stage::Password { by_code };
    if let Err(refused) = cards::check_card_password(&new.password, id_number) {
        return visit.answer(
            &phone,
            errand,
            stage,
            Told {
                password: Some(locale.texts().e_card.problems.of(refused)),
                ..Told::refused()
            },
        );
    }
    if new.password != new.repeat {
        return visit.answer(
            &phone,
            errand,
            stage,
            Told {
                repeat: Some(locale.texts().problems.passwords_differ),
                ..Told::refused()
            },
        );
    }
    let code = match (by_code, visit.phone_on_file()) {
        (false, _) => None,
        (true, None) => return visit.answer(&phone, errand, Stage::Beginning, Told::over(locale)),
        (true, Some(on_file)) => {
            let binding = Binding {
                purpose: errand.code(),
                phone: &on_file,
                holder: &visit.holder,
            };
            match binding.check(&phone.db, &new.code).await? {
                Ok(code) => Some(code),
                Err(refused) => {
                    return visit.answer(
                        &phone,
                        errand,
                        stage,
                        Told::code(Problem::Code(refused), locale),
                    );
                }
            }
        }
    };
    let hash = password::hash_later(new.password).await?;
    // A face check is taken before the transaction begins: it has a connection of its own, and writers wait for each other.
    if !by_code && !take_passed(&phone.face, errand.face(), id_number.as_str(), &headers).await? {
        return visit.answer(&phone, errand, Stage::Beginning, Told::over(locale));
    }
    let mut transaction = db::write(&phone.db).await?;
    if let Some(code) = code
        && !code.take(&mut transaction).await?
    {
        return visit.answer(&phone, errand, Stage::Beginning, Told::over(locale));
    }
    let id = &visit.account.id;
    let (done, notice) = match errand {
        Errand::Apply => (
            cards::issue(&mut transaction, id, &hash).await?,
            words::notice(|texts| texts.issued_notice),
        ),
        Errand::Reset => (
            cards::reset_password(&mut transaction, id, &hash).await?,
            words::notice(|texts| texts.changed_notice),
        ),
    };
    if done {
        inbox::notify(&mut *transaction, id, &notice).await?;
    }
    transaction.commit().await?;
    match errand {
        Errand::Apply => Ok(Redirect::to(errand.path()).into_response()),
        Errand::Reset => visit.answer(&phone, errand, Stage::Set, Told::default()),
    }
}
