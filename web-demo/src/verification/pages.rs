//! The page of the verification, on both surfaces.

use std::net::IpAddr;

use askama::Template;
use axum::Router;
use axum::extract::{Extension, Form, FromRequestParts, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::RETRY_AFTER;
use http::request::Parts;
use serde::Deserialize;

use super::ways::Ways;
use crate::accounts::attempts::{AttemptLimit, Wait};
use crate::accounts::{Account, AccountStanding, PhoneNumber};
use crate::db;
use crate::host::Host;
use crate::pages::{Failure, Frame, Locale, page};
use crate::registers::PasswordCheck;
use crate::registration::Problem;
use crate::secret::Secret;
use crate::serving::Connection;
use crate::sms_codes::{Binding, NotSent, Purpose};

const PATH: &str = "/verify";

/// Card passwords tried from one account: three, then one in eight hours. Whoever has only somebody's name and number
/// must not be able to lock that person's card.
const CARD_PASSWORDS: AttemptLimit = AttemptLimit {
    name: "card_password",
    burst: 3,
    interval: 8 * 3600,
};

/// The pages.
pub fn routes<H: Host>() -> Router<H> {
    Router::new()
        .route(PATH, get(show::<H>))
        .route("/verify/code/send", post(send_code::<H>))
        .route("/verify/code", post(by_code::<H>))
        .route("/verify/password", post(by_password::<H>))
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

/// What is wrong, and beside which field.
#[derive(Debug)]
enum Wrong {
    Code(Problem),
    Password(String),
    TooManyPasswords(Wait),
}

/// A person at the page: a provisional account, and the ways that its owner's card opens. As an extractor it sends everybody else
/// where they belong.
struct Visit {
    account: Account,
    holder: Secret,
    ways: Ways,
    address: IpAddr,
    locale: Locale,
}

impl Visit {
    fn answer<H: Host>(&self, wrong: Option<Wrong>, sent: bool) -> Result<Response, Failure> {
        let locale = self.locale;
        let wait = match &wrong {
            Some(Wrong::Code(Problem::CodeTooSoon(wait)) | Wrong::TooManyPasswords(wait)) => {
                Some(wait.0)
            }
            _ => None,
        };
        let status = match &wrong {
            None => StatusCode::OK,
            Some(_) if wait.is_some() => StatusCode::TOO_MANY_REQUESTS,
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let (code_problem, password_problem) = match wrong {
            None => (None, None),
            Some(Wrong::Code(problem)) => (Some(problem.text(locale)), None),
            Some(Wrong::Password(text)) => (None, Some(text)),
            Some(Wrong::TooManyPasswords(wait)) => {
                (None, Some(Problem::TooMany(wait).text(locale)))
            }
        };
        let masked = self
            .ways
            .by_code
            .as_ref()
            .ok()
            .filter(|_| sent)
            .map(PhoneNumber::masked);
        let code_sent = masked
            .map(|masked| locale.texts().registration.code_sent(masked))
            .unwrap_or_default();
        let frame = Frame::new(H::SURFACE, locale, PATH);
        let verify = VerifyPage {
            frame,
            ways: &self.ways,
            code_sent,
            code_problem,
            password_problem,
        };
        let mut response = page(status, &verify)?;
        if let Some(wait) = wait {
            response.headers_mut().insert(RETRY_AFTER, wait.into());
        }
        Ok(response)
    }

    fn verified<H: Host>(&self) -> Result<Response, Failure> {
        let frame = Frame::new(H::SURFACE, self.locale, "/");
        page(StatusCode::OK, &VerifiedPage { frame })
    }
}

impl<H: Host> FromRequestParts<H> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &H) -> Result<Self, Response> {
        let to = |path: &str| Redirect::to(path).into_response();
        let failed = |error: Failure| error.into_response();
        let Extension(connection) = Extension::<Connection>::from_request_parts(parts, host)
            .await
            .map_err(IntoResponse::into_response)?;
        let Ok(locale) = Locale::from_request_parts(parts, host).await;
        let visitor = host
            .visitor(&parts.headers)
            .await
            .map_err(failed)?
            .ok_or_else(|| to("/login"))?;
        let account = Account::find(host.db(), &visitor.account_id)
            .await
            .map_err(|error| failed(error.into()))?;
        let Some(account) =
            account.filter(|account| account.standing == AccountStanding::Provisional)
        else {
            return Err(to("/"));
        };
        let card = host
            .registers()
            .cards
            .card(&account.id_number)
            .await
            .map_err(|error| failed(error.into()))?;
        let (holder, address) = (visitor.holder, connection.peer);
        Ok(Self {
            account,
            holder,
            ways: Ways::of(card.as_ref()),
            address,
            locale,
        })
    }
}

/// Answers `GET /verify`.
async fn show<H: Host>(visit: Visit) -> Result<Response, Failure> {
    visit.answer::<H>(None, false)
}

/// Answers `POST /verify/code/send`: sends a code to the phone on file.
async fn send_code<H: Host>(State(host): State<H>, visit: Visit) -> Result<Response, Failure> {
    let Ok(phone) = &visit.ways.by_code else {
        return visit.answer::<H>(None, false);
    };
    let binding = Binding {
        purpose: Purpose::Verification,
        phone,
        holder: &visit.holder,
    };
    let text = |code: &str| visit.locale.texts().registration.code_message(code);
    match binding
        .send(host.db(), &*host.registers().sms, visit.address, text)
        .await
    {
        Ok(()) => visit.answer::<H>(None, true),
        Err(NotSent::TooMany(wait)) => {
            visit.answer::<H>(Some(Wrong::Code(Problem::CodeTooSoon(wait))), false)
        }
        Err(NotSent::Carrier(error)) => {
            tracing::error!(%error, "the carrier took no message");
            visit.answer::<H>(Some(Wrong::Code(Problem::CarrierDown)), false)
        }
        Err(NotSent::Randomness(error)) => Err(error.into()),
        Err(NotSent::Database(error)) => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct Code {
    #[serde(default)]
    code: String,
}

/// Answers `POST /verify/code`.
async fn by_code<H: Host>(
    State(host): State<H>,
    visit: Visit,
    Form(Code { code }): Form<Code>,
) -> Result<Response, Failure> {
    let Ok(phone) = &visit.ways.by_code else {
        return visit.answer::<H>(None, false);
    };
    let binding = Binding {
        purpose: Purpose::Verification,
        phone,
        holder: &visit.holder,
    };
    let code = match binding.check(host.db(), &code).await? {
        Ok(code) => code,
        Err(refused) => return visit.answer::<H>(Some(Wrong::Code(Problem::Code(refused))), false),
    };
    let mut transaction = db::write(host.db()).await?;
    if code.take(&mut transaction).await? {
        Account::verify(&mut transaction, &visit.account.id).await?;
        transaction.commit().await?;
    }
    visit.verified::<H>()
}

#[derive(Deserialize)]
struct CardPassword {
    #[serde(default)]
    card_password: String,
}

/// Answers `POST /verify/password`.
async fn by_password<H: Host>(
    State(host): State<H>,
    visit: Visit,
    Form(CardPassword { card_password }): Form<CardPassword>,
) -> Result<Response, Failure> {
    if visit.ways.by_password.is_err() {
        return visit.answer::<H>(None, false);
    }
    let Account { id, id_number, .. } = &visit.account;
    if let Err(wait) = CARD_PASSWORDS.count(host.db(), id).await? {
        return visit.answer::<H>(Some(Wrong::TooManyPasswords(wait)), false);
    }
    let texts = &visit.locale.texts().verification;
    match host
        .registers()
        .cards
        .check_password(id_number, card_password.trim())
        .await?
    {
        PasswordCheck::Right => {
            CARD_PASSWORDS.forgive(host.db(), id).await?;
            Account::verify(&mut *host.db().acquire().await?, id).await?;
            visit.verified::<H>()
        }
        PasswordCheck::Wrong(left) => {
            visit.answer::<H>(Some(Wrong::Password(texts.wrong_password(left))), false)
        }
        PasswordCheck::Locked => visit.answer::<H>(
            Some(Wrong::Password(texts.wrong_password_locked.to_owned())),
            false,
        ),
        // The card has changed since the page was shown: it says so by itself.
        PasswordCheck::NotChecked | PasswordCheck::NoCard => Ok(Redirect::to(PATH).into_response()),
    }
}
