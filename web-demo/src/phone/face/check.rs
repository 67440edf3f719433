//! The page on which a face is looked at, and what its script asks: a challenge, then what its pictures show.

use askama::Template;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use data_encoding::BASE64;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::Phone;
use crate::accounts::by_identity::account_of_number;
use crate::face::{Asked, CheckResult, Refusal, Unanswered, Verdict};
use crate::pages::{Failure, Frame, Locale, has_script, page};
use crate::phone::sessions::PhoneSession;
use crate::proof::ticket;
use crate::purpose::Purpose;
use crate::serving::Connection;

const SCRIPT: &str = "face-check.js";

#[derive(Template)]
#[template(path = "phone/face_check.html")]
struct CheckPage<'a> {
    frame: Frame<'a>,
    purpose: Purpose,
    script: Option<&'static str>,
}

impl CheckPage<'_> {
    /// The use of the pictures, and their counterpart.
    const fn pictures_hint(&self) -> &'static str {
        let texts = &self.frame.texts().face;
        match self.purpose {
            Purpose::CardPassword => texts.nothing_is_kept,
            _ => texts.what_is_kept,
        }
    }

    /// The way without a face.
    const fn other_way(&self) -> &'static str {
        let texts = &self.frame.texts().face.other_way;
        match self.purpose {
            Purpose::Register | Purpose::Verify => texts.register,
            Purpose::LogIn => texts.log_in,
            Purpose::ECard => texts.e_card,
            Purpose::CardPassword => texts.card_password,
        }
    }
}

/// The answer to a challenge.
#[derive(Deserialize)]
pub struct Frames {
    challenge: String,
    /// JPEG pictures, in base64.
    frames: Vec<String>,
}

#[derive(Serialize)]
struct Challenge {
    challenge: String,
    seconds: u32,
}

/// The answer to the script, which has a text for each `outcome`.
#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Outcome {
    Passed {
        next: &'static str,
        first: bool,
    },
    NoPictures,
    NoFace,
    SeveralFaces,
    Still,
    NotRecognised,
    TooLate,
    TooMany {
        seconds: u32,
    },
    /// The browser has not been asked for a check, or has passed it already.
    NotAsked {
        begin: &'static str,
    },
}

/// Answers `GET /face/{purpose}`.
pub async fn show(
    State(phone): State<Phone>,
    Path(purpose): Path<Purpose>,
    headers: HeaderMap,
    locale: Locale,
) -> Result<Response, Failure> {
    if asked(&phone, purpose, &headers).await?.is_none() {
        return Ok(Redirect::to(purpose.page()).into_response());
    }
    let path = format!("/face/{}", purpose.name());
    let frame = Frame::phone(locale, &path);
    let script = Some(SCRIPT).filter(|script| has_script(script) && phone.face.is_ready());
    page(
        StatusCode::OK,
        &CheckPage {
            frame,
            purpose,
            script,
        },
    )
}

/// Answers `POST /face/{purpose}/challenge`.
pub async fn challenge(
    State(phone): State<Phone>,
    Path(purpose): Path<Purpose>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Some(asked) = asked(&phone, purpose, &headers).await? else {
        return Ok(Outcome::NotAsked {
            begin: purpose.page(),
        }
        .into_response());
    };
    let (challenge, seconds) = phone.face.challenge(&asked).await?;
    Ok(Json(Challenge { challenge, seconds }).into_response())
}

/// Answers `POST /face/{purpose}/frames`.
pub async fn submit(
    State(phone): State<Phone>,
    Path(purpose): Path<Purpose>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    answer: Result<Json<Frames>, JsonRejection>,
) -> Result<Response, Failure> {
    let Some(asked) = asked(&phone, purpose, &headers).await? else {
        return Ok(Outcome::NotAsked {
            begin: purpose.page(),
        }
        .into_response());
    };
    let Ok(Json(Frames { challenge, frames })) = answer else {
        return Ok(Outcome::NoPictures.into_response());
    };
    let decoded: Result<Vec<_>, _> = frames
        .iter()
        .map(|frame| BASE64.decode(frame.as_bytes()))
        .collect();
    let Ok(frames) = decoded else {
        return Ok(Outcome::NoPictures.into_response());
    };
    let outcome = match phone
        .face
        .answer(&asked, &challenge, frames, connection.peer)
        .await?
    {
        CheckResult::Told(Verdict::Passed { first }) => Outcome::Passed {
            next: purpose.next(),
            first,
        },
        CheckResult::Told(Verdict::Refused(refusal)) => refusal.into(),
        CheckResult::Not(Unanswered::Challenge) => Outcome::TooLate,
        CheckResult::Not(Unanswered::TooMany(wait)) => Outcome::TooMany { seconds: wait.0 },
    };
    match (&outcome, purpose) {
        (Outcome::Passed { .. }, Purpose::LogIn) => {
            log_in(&phone, &asked, &headers, connection, outcome).await
        }
        _ => Ok(outcome.into_response()),
    }
}

/// Logs in by itself: the passed check is taken at once.
async fn log_in(
    phone: &Phone,
    asked: &Asked,
    headers: &HeaderMap,
    connection: Connection,
    passed: Outcome,
) -> Result<Response, Failure> {
    let id_number = &asked.claim.id_number;
    let passed_check = match ticket(headers) {
        Some(ticket) => {
            let passed = phone.face.passed(&ticket, Purpose::LogIn, id_number);
            passed.await?
        }
        None => None,
    };
    let taken = match passed_check {
        Some(check) => check.take(&mut *phone.db.acquire().await?).await?,
        None => false,
    };
    let citizen = if taken {
        account_of_number(&phone.db, id_number).await?
    } else {
        None
    };
    let Some(citizen) = citizen else {
        return Ok(Outcome::NotRecognised.into_response());
    };
    let session = PhoneSession::start(&phone.db, citizen).await?;
    let cookie = PhoneSession::to_cookie(&session, connection);
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), passed).into_response())
}

async fn asked(
    phone: &Phone,
    purpose: Purpose,
    headers: &HeaderMap,
) -> Result<Option<Asked>, Failure> {
    match ticket(headers) {
        Some(ticket) => Ok(phone.face.find(&ticket, purpose).await?),
        None => Ok(None),
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoPictures => Self::NoPictures,
            Refusal::NoFace => Self::NoFace,
            Refusal::SeveralFaces => Self::SeveralFaces,
            Refusal::Still => Self::Still,
            Refusal::NotRecognised => Self::NotRecognised,
        }
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Passed { .. } => StatusCode::OK,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NotAsked { .. } => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        (status, Json(self)).into_response()
    }
}
