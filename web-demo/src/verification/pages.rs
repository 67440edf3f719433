//! The page of the verification, on both surfaces.

use std::net::IpAddr;

use askama::Template;
use axum::Router;
use axum::extract::{Extension, Form, FromRequestParts, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::request::Parts;
use saoma_protocol::typed;
use serde::Deserialize;

use super::ways::Ways;
use crate::accounts::attempts::AttemptLimit;
use crate::accounts::{Account, AccountStanding, PhoneNumber};
use crate::cards::CardPasswordRefused;
use crate::db;
use crate::form_errors::{FieldError, FormErrors};
use crate::pages::{Cookies, Failure, Frame, Locale, shown};
use crate::proof::Claimant;
use crate::purpose::Purpose;
use crate::registers::PasswordCheck;
use crate::secret::Secret;
use crate::serving::Connection;
use crate::surface::SurfaceContext;

const PATH: &str = Purpose::Verify.page();

/// Card passwords tried for one person: three, then one in eight hours. With a person's name and
/// number alone, an attacker must not be able to lock that person's card, by any number of accounts:
/// the register locks it after five. The person's other way is a code.
const CARD_PASSWORDS: AttemptLimit = AttemptLimit::new("card_password", 3, 8 * 3600);

pub(crate) fn routes<S: SurfaceContext>() -> Router<S> {
    Router::new()
        .route(PATH, get(show::<S>))
        .route("/verify/code/send", post(send_code::<S>))
        .route("/verify/code", post(by_code::<S>))
        .route("/verify/password", post(by_password::<S>))
}

#[derive(Template)]
#[template(path = "verification/verify.html")]
struct VerifyPage<'a> {
    frame: Frame<'a>,
    ways: &'a Ways,
    code_sent: String,
    code_problem: Option<String>,
    password_problem: Option<String>,
}

#[derive(Template)]
#[template(path = "verification/verified.html")]
struct VerifiedPage<'a> {
    frame: Frame<'a>,
}

/// A person with a provisional account, and the ways that their card opens. As an extractor it
/// redirects strangers and verified users.
struct ProvisionalUser<S> {
    surface: S,
    account: Account,
    holder: Secret,
    ways: Ways,
    address: IpAddr,
    locale: Locale,
}

impl<S: SurfaceContext> ProvisionalUser<S> {
    fn answer(&self, errors: &FormErrors, sent: bool) -> Result<Response, Failure> {
        let locale = self.locale;
        let sent_to = self.ways.by_code.as_ref().ok().filter(|_| sent);
        let code_sent = sent_to.map(PhoneNumber::masked);
        let code_sent = code_sent.map(|masked| locale.texts().registration.code_sent(masked));
        errors.page(&VerifyPage {
            frame: Frame::new(S::SURFACE, locale, PATH),
            ways: &self.ways,
            code_sent: code_sent.unwrap_or_default(),
            code_problem: errors.text("code", locale),
            password_problem: errors.text("card_password", locale),
        })
    }

    fn refused(&self, field: &'static str, error: FieldError) -> Result<Response, Failure> {
        self.answer(&FormErrors::one(field, error), false)
    }

    fn verified(&self) -> Result<Response, Failure> {
        let frame = Frame::new(S::SURFACE, self.locale, "/");
        shown(&VerifiedPage { frame })
    }

    const fn claimant(&self) -> Claimant<'_, S> {
        Claimant {
            surface: &self.surface,
            purpose: Purpose::Verify,
            id_number: &self.account.id_number,
            holder: &self.holder,
        }
    }

    async fn of(
        surface: &S,
        cookies: &Cookies,
        connection: Connection,
        locale: Locale,
    ) -> Result<Result<Self, &'static str>, Failure> {
        let Some(visitor) = surface.visitor(cookies).await? else {
            return Ok(Err("/login"));
        };
        let account = Account::find(surface.db(), &visitor.account_id).await?;
        let provisional = |account: &Account| account.standing == AccountStanding::Provisional;
        let Some(account) = account.filter(provisional) else {
            return Ok(Err("/"));
        };
        let card = surface.registers().cards.card(&account.id_number).await?;
        Ok(Ok(Self {
            surface: surface.clone(),
            account,
            holder: visitor.holder,
            ways: Ways::of(card.as_ref()),
            address: connection.address,
            locale,
        }))
    }
}

impl<S: SurfaceContext> FromRequestParts<S> for ProvisionalUser<S> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, surface: &S) -> Result<Self, Response> {
        let (Extension(connection), locale, cookies) =
            <(Extension<Connection>, Locale, Cookies)>::from_request_parts(parts, surface).await?;
        let user = Self::of(surface, &cookies, connection, locale).await;
        user.map_err(IntoResponse::into_response)?
            .map_err(|path| Redirect::to(path).into_response())
    }
}

async fn show<S: SurfaceContext>(user: ProvisionalUser<S>) -> Result<Response, Failure> {
    user.answer(&FormErrors::default(), false)
}

/// Answers `POST /verify/code/send`: sends a code to the phone on file.
async fn send_code<S: SurfaceContext>(user: ProvisionalUser<S>) -> Result<Response, Failure> {
    let Ok(phone) = &user.ways.by_code else {
        return user.answer(&FormErrors::default(), false);
    };
    let claimant = user.claimant();
    match claimant.send_code(phone, user.address, user.locale).await? {
        Ok(()) => user.answer(&FormErrors::default(), true),
        Err(error) => user.refused("code", error),
    }
}

#[derive(Deserialize)]
struct Code {
    #[serde(default)]
    code: String,
}

async fn by_code<S: SurfaceContext>(
    user: ProvisionalUser<S>,
    Form(Code { code }): Form<Code>,
) -> Result<Response, Failure> {
    let Ok(phone) = &user.ways.by_code else {
        return user.answer(&FormErrors::default(), false);
    };
    let proof = match user.claimant().proof(None, Some(phone), &code).await? {
        Ok(proof) => proof,
        Err(error) => return user.refused("code", error),
    };
    let mut transaction = db::write(user.surface.db()).await?;
    if proof.take(&mut transaction).await? {
        Account::verify(&mut transaction, &user.account.id).await?;
        transaction.commit().await?;
    }
    user.verified()
}

#[derive(Deserialize)]
struct CardPassword {
    #[serde(default)]
    card_password: String,
}

async fn by_password<S: SurfaceContext>(
    State(surface): State<S>,
    user: ProvisionalUser<S>,
    Form(CardPassword { card_password }): Form<CardPassword>,
) -> Result<Response, Failure> {
    const FIELD: &str = "card_password";
    if user.ways.by_password.is_err() {
        return user.answer(&FormErrors::default(), false);
    }
    let Account { id, id_number, .. } = &user.account;
    let (db, cards) = (surface.db(), &surface.registers().cards);
    let card_password = digits_of(&card_password);
    if card_password.is_empty() {
        return user.refused(
            FIELD,
            FieldError::CardPassword(CardPasswordRefused::NotSixDigits),
        );
    }
    if let Err(wait) = CARD_PASSWORDS.count(db, id_number.as_str()).await? {
        return user.refused(FIELD, FieldError::TooMany(wait));
    }
    match cards.check_password(id_number, &card_password).await? {
        PasswordCheck::Right => {
            CARD_PASSWORDS.forgive(db, id_number.as_str()).await?;
            Account::verify(&mut *db.acquire().await?, id).await?;
            user.verified()
        }
        PasswordCheck::Wrong(left) => user.refused(FIELD, FieldError::PhysicalCardPassword(left)),
        PasswordCheck::Locked => user.refused(FIELD, FieldError::PhysicalCardLocked),
        // The card has changed since the page was shown: it says so by itself.
        PasswordCheck::NotChecked | PasswordCheck::NoCard => Ok(Redirect::to(PATH).into_response()),
    }
}

/// Returns a password of digits in their plain form, and any other as it was typed: the register decides what one may be.
fn digits_of(typed: &str) -> String {
    let folded = typed::code(typed);
    if folded.bytes().all(|byte| byte.is_ascii_digit()) {
        folded
    } else {
        typed.trim().to_owned()
    }
}
