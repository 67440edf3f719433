//! The page on which a face is looked at, and what its script asks: a challenge, then what its pictures show.

use askama::Template;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, FromRequestParts, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Phone;
use crate::accounts::Account;
use crate::accounts::id_number::IdNumber;
use crate::browsers::Origin;
use crate::face::{Asked, Refusal, Unanswered, Verdict};
use crate::pages::{Cookies, Failure, Frame, Locale, has_script, shown};
use crate::proof::ticket;
use crate::purpose::Purpose;
use crate::registration;
use crate::serving::Connection;
use crate::surface::SurfaceContext;

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
            Purpose::CardPassword | Purpose::Password => texts.nothing_is_kept,
            _ => texts.what_is_kept,
        }
    }

    /// The way without a face.
    const fn other_way(&self) -> &'static str {
        let texts = &self.frame.texts().face.other_way;
        match self.purpose {
            Purpose::Register | Purpose::Verify | Purpose::Password => texts.register,
            Purpose::LogIn => texts.log_in,
            Purpose::ECard => texts.e_card,
            Purpose::CardPassword => texts.card_password,
        }
    }
}

/// The answer to a challenge.
#[derive(Deserialize)]
pub(super) struct Frames {
    challenge: String,
    /// JPEG pictures, in base64.
    frames: Vec<String>,
}

pub(super) async fn show(
    State(phone): State<Phone>,
    Path(purpose): Path<Purpose>,
    cookies: Cookies,
    locale: Locale,
) -> Result<Response, Failure> {
    if asked(&phone, purpose, &cookies).await?.is_none() {
        return Ok(Redirect::to(purpose.page()).into_response());
    }
    let path = format!("/face/{}", purpose.name());
    let usable = has_script(SCRIPT) && phone.face.is_ready();
    shown(&CheckPage {
        frame: Frame::phone(locale, &path),
        purpose,
        script: usable.then_some(SCRIPT),
    })
}

/// A check that this browser has been sent to. As an extractor it stands before the pictures, so that those of other
/// browsers are not read into memory.
pub(super) struct AskedFor {
    purpose: Purpose,
    asked: Asked,
}

impl FromRequestParts<Phone> for AskedFor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let (Path(purpose), cookies) =
            <(Path<Purpose>, Cookies)>::from_request_parts(parts, phone).await?;
        let found = asked(phone, purpose, &cookies).await;
        match found.map_err(IntoResponse::into_response)? {
            Some(asked) => Ok(Self { purpose, asked }),
            None => Err(not_asked(purpose)),
        }
    }
}

pub(super) async fn challenge(
    State(phone): State<Phone>,
    AskedFor { asked, .. }: AskedFor,
) -> Result<Response, Failure> {
    let (challenge, seconds) = phone.face.challenge(&asked).await?;
    Ok(Json(json!({ "challenge": challenge, "seconds": seconds })).into_response())
}

pub(super) async fn submit(
    State(phone): State<Phone>,
    AskedFor { purpose, asked }: AskedFor,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    cookies: Cookies,
    answer: Result<Json<Frames>, JsonRejection>,
) -> Result<Response, Failure> {
    let decoded = answer.ok().and_then(|Json(Frames { challenge, frames })| {
        let frames = frames.iter().map(|frame| BASE64.decode(frame.as_bytes()));
        Some((challenge, frames.collect::<Result<_, _>>().ok()?))
    });
    let Some((challenge, frames)) = decoded else {
        return Ok(refused(Refusal::NoPictures));
    };
    let answer = phone
        .face
        .answer(&asked, &challenge, frames, connection.address);
    let passed = match answer.await? {
        Ok(Verdict::Passed { first }) => {
            Json(json!({ "outcome": "passed", "next": purpose.next(), "first": first }))
        }
        Ok(Verdict::Refused(refusal)) => return Ok(refused(refusal)),
        Err(Unanswered::Challenge) => {
            let answer = Json(json!({ "outcome": "too_late" }));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, answer).into_response());
        }
        Err(Unanswered::TooMany(wait)) => {
            let answer = Json(json!({ "outcome": "too_many", "seconds": wait.0 }));
            return Ok((StatusCode::TOO_MANY_REQUESTS, answer).into_response());
        }
    };
    match purpose {
        Purpose::LogIn => {
            let origin = Origin::of(connection, &headers);
            log_in(&phone, &asked, &cookies, &origin, passed).await
        }
        _ => Ok(passed.into_response()),
    }
}

/// Logs in by itself: the passed check is taken at once.
async fn log_in(
    phone: &Phone,
    asked: &Asked,
    cookies: &Cookies,
    origin: &Origin,
    passed: Json<Value>,
) -> Result<Response, Failure> {
    let unknown = || Ok(refused(Refusal::NotRecognised));
    let (face, person) = (&phone.face, &asked.claim.id_number);
    let (Some(ticket), Ok(id_number)) = (ticket(cookies), IdNumber::try_from(person.clone()))
    else {
        return unknown();
    };
    let check = face.passed(&ticket, Purpose::LogIn, id_number.as_str());
    let taken = match check.await? {
        Some(check) => check.take(&mut *phone.db.acquire().await?).await?,
        None => false,
    };
    let account = Account::of(&phone.db, &id_number).await?;
    let Some(account) = account.filter(|_| taken) else {
        return unknown();
    };
    let logged_in = phone.log_in(account, cookies, origin).await?;
    let draft = Phone::REGISTRATION_COOKIE;
    let no_draft = registration::abandon(&phone.db, cookies, draft).await?;
    Ok((logged_in.and([no_draft]), passed).into_response())
}

async fn asked(
    phone: &Phone,
    purpose: Purpose,
    cookies: &Cookies,
) -> Result<Option<Asked>, Failure> {
    match ticket(cookies) {
        Some(ticket) => Ok(phone.face.find(&ticket, purpose).await?),
        None => Ok(None),
    }
}

/// Answers the script of a browser that has not been sent to the check, or has passed it already.
fn not_asked(purpose: Purpose) -> Response {
    let answer = json!({ "outcome": "not_asked", "begin": purpose.page() });
    (StatusCode::CONFLICT, Json(answer)).into_response()
}

/// Answers the script that the check was not passed.
fn refused(refusal: Refusal) -> Response {
    let answer = json!({ "outcome": refusal });
    (StatusCode::UNPROCESSABLE_ENTITY, Json(answer)).into_response()
}
