//! Applying for the electronic card: "My > My card > e-card" (S9).
//!
//! ```text
//! agreement ──► face check ──────► password ──► issued
//!         └───► SMS code to the phone on file ──┘
//! ```

use askama::Template;
use axum::Router;
use axum::extract::{Extension, Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::e_card_words::{obstacle_words, password_words};
use super::face::{has_passed, send_to_check, take_passed};
use super::sessions::PhoneSession;
use super::{Phone, e_card_words};
use crate::accounts::{Account, PhoneNumber, password};
use crate::cards::{self, Obstacle};
use crate::db;
use crate::face::{Claim, Purpose as FacePurpose};
use crate::pages::{Failure, Frame, Locale, Surface, page};
use crate::records::inbox;
use crate::registers::Card;
use crate::registration::{self, Problem};
use crate::secret::Secret;
use crate::serving::Connection;
use crate::sms_codes::{Binding, NotSent, Purpose};

const PATH: &str = "/card/apply";

/// The pages.
pub fn routes() -> Router<Phone> {
    Router::new()
        .route(PATH, get(show).post(apply))
        .route("/card/apply/face", post(check_face))
        .route("/card/apply/code", post(send_code))
}

/// How far an application is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It cannot be made.
    Refused(Obstacle),
    /// The agreement is to be accepted.
    Agreement,
    /// The password is to be set, with the code that proves who it is if no face check has.
    Password { by_code: bool },
    /// There is an electronic card.
    Issued,
}

#[derive(Template)]
#[template(path = "phone/e_card.html")]
struct ECardPage<'a> {
    frame: Frame<'a>,
    stage: Stage,
    /// The phone on file with the card, masked.
    phone: Option<String>,
    face_ready: bool,
    told: Told,
}

/// What is wrong, and beside which field.
#[derive(Debug, Default)]
struct Told {
    agreed: Option<&'static str>,
    code: Option<String>,
    password: Option<&'static str>,
    repeat: Option<&'static str>,
    status: StatusCode,
}

impl Told {
    fn refused() -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, ..Self::default() }
    }

    fn code(problem: Problem, locale: Locale) -> Self {
        Self { code: Some(problem.text(locale)), ..Self::refused() }
    }
}

impl ECardPage<'_> {
    fn obstacle(&self, obstacle: &Obstacle) -> &'static str {
        let (zh, en) = obstacle_words(*obstacle);
        self.frame.say(zh, en)
    }

    fn agreement(&self) -> [&'static str; 3] {
        e_card_words::AGREEMENT.map(|(zh, en)| self.frame.say(zh, en))
    }
}

/// A person at the page, and their card as its register has it now.
struct Visit {
    account: Account,
    card: Option<Card>,
    holder: Secret,
    locale: Locale,
}

impl Visit {
    async fn of(phone: &Phone, session: &PhoneSession, locale: Locale) -> Result<Result<Self, Response>, Failure> {
        let Some(account) = Account::find(&phone.db, &session.account_id).await? else {
            return Ok(Err(Redirect::to("/login").into_response()));
        };
        let card = phone.registers.cards.card(&account.id_number).await?;
        Ok(Ok(Self { account, card, holder: session.holder(), locale }))
    }

    /// Where an application ends before it has begun.
    async fn end(&self, phone: &Phone) -> Result<Option<Stage>, Failure> {
        if cards::has_e_card(&phone.db, &self.account.id).await? {
            return Ok(Some(Stage::Issued));
        }
        Ok(cards::obstacle(&self.account, self.card.as_ref()).map(Stage::Refused))
    }

    fn phone_on_file(&self) -> Option<PhoneNumber> {
        PhoneNumber::try_from(self.card.as_ref()?.phone.as_deref()?).ok()
    }

    async fn has_passed(&self, phone: &Phone, headers: &HeaderMap) -> Result<bool, Failure> {
        Ok(has_passed(&phone.face, FacePurpose::ECard, self.account.id_number.as_str(), headers).await?)
    }

    fn answer(&self, phone: &Phone, stage: Stage, told: Told) -> Result<Response, Failure> {
        let frame = Frame { locale: self.locale, surface: Surface::Phone, path: PATH };
        let masked = self.phone_on_file().as_ref().map(PhoneNumber::masked);
        page(told.status, &ECardPage { frame, stage, phone: masked, face_ready: phone.face.is_ready(), told })
    }

    fn not_agreed(&self, phone: &Phone) -> Result<Response, Failure> {
        let agreed = self.locale.pick("请先阅读并同意协议。", "Read and accept the agreement first.");
        self.answer(phone, Stage::Agreement, Told { agreed: Some(agreed), ..Told::refused() })
    }

    fn ended(&self, phone: &Phone, stage: Stage) -> Result<Response, Failure> {
        let status = if stage == Stage::Issued { StatusCode::OK } else { StatusCode::CONFLICT };
        self.answer(phone, stage, Told { status, ..Told::default() })
    }
}

/// Answers `GET /card/apply`.
async fn show(
    State(phone): State<Phone>,
    session: PhoneSession,
    headers: HeaderMap,
    locale: Locale,
) -> Result<Response, Failure> {
    let visit = match Visit::of(&phone, &session, locale).await? {
        Ok(visit) => visit,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let stage = match visit.end(&phone).await? {
        Some(end) => end,
        None if visit.has_passed(&phone, &headers).await? => Stage::Password { by_code: false },
        None => Stage::Agreement,
    };
    visit.answer(&phone, stage, Told::default())
}

#[derive(Deserialize)]
struct Agreement {
    agreed: Option<String>,
}

/// Answers `POST /card/apply/face`: the agreement is accepted, and a face check proves who it is.
async fn check_face(
    State(phone): State<Phone>,
    Extension(connection): Extension<Connection>,
    session: PhoneSession,
    locale: Locale,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    let visit = match Visit::of(&phone, &session, locale).await? {
        Ok(visit) => visit,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if let Some(end) = visit.end(&phone).await? {
        return visit.ended(&phone, end);
    }
    if agreement.agreed.is_none() {
        return visit.not_agreed(&phone);
    }
    let id_number = visit.account.id_number.as_str().to_owned();
    let claim = Claim { id_number, known: true, proved_otherwise: true };
    Ok(send_to_check(&phone.face, FacePurpose::ECard, &claim, connection).await?)
}

/// Answers `POST /card/apply/code`: the agreement is accepted, and a code to the phone on file proves who it is.
async fn send_code(
    State(phone): State<Phone>,
    Extension(connection): Extension<Connection>,
    session: PhoneSession,
    locale: Locale,
    Form(agreement): Form<Agreement>,
) -> Result<Response, Failure> {
    let visit = match Visit::of(&phone, &session, locale).await? {
        Ok(visit) => visit,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if let Some(end) = visit.end(&phone).await? {
        return visit.ended(&phone, end);
    }
    let Some(on_file) = visit.phone_on_file() else {
        return visit.answer(&phone, Stage::Agreement, Told::refused());
    };
    if agreement.agreed.is_none() {
        return visit.not_agreed(&phone);
    }
    let binding = Binding { purpose: Purpose::ECard, phone: &on_file, holder: &visit.holder };
    let text = |code: &str| registration::Texts::of(locale).message(code);
    let told = match binding.send(&phone.db, &*phone.registers.sms, connection.peer, text).await {
        Ok(()) => Told::default(),
        Err(NotSent::TooMany(wait)) => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            Told { status, ..Told::code(Problem::CodeTooSoon(wait), locale) }
        }
        Err(NotSent::Carrier(error)) => {
            tracing::error!(%error, "the carrier took no message");
            Told::code(Problem::CarrierDown, locale)
        }
        Err(NotSent::Randomness(error)) => return Err(error.into()),
        Err(NotSent::Database(error)) => return Err(error.into()),
    };
    visit.answer(&phone, Stage::Password { by_code: true }, told)
}

#[derive(Deserialize)]
struct NewPassword {
    #[serde(default)]
    code: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    repeat: String,
}

/// Answers `POST /card/apply`: with a proof and a password the card is issued.
async fn apply(
    State(phone): State<Phone>,
    session: PhoneSession,
    headers: HeaderMap,
    locale: Locale,
    Form(new): Form<NewPassword>,
) -> Result<Response, Failure> {
    let visit = match Visit::of(&phone, &session, locale).await? {
        Ok(visit) => visit,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if let Some(end) = visit.end(&phone).await? {
        return visit.ended(&phone, end);
    }
    let id_number = &visit.account.id_number;
    let by_code = !visit.has_passed(&phone, &headers).await?;
    let stage = Stage::Password { by_code };
    if let Err(refused) = cards::check_card_password(&new.password, id_number) {
        let (zh, en) = password_words(refused);
        return visit.answer(&phone, stage, Told { password: Some(locale.pick(zh, en)), ..Told::refused() });
    }
    if new.password != new.repeat {
        let repeat = Some(locale.pick("两次输入的密码不一致。", "The two passwords differ."));
        return visit.answer(&phone, stage, Told { repeat, ..Told::refused() });
    }
    let code = match (by_code, visit.phone_on_file()) {
        (false, _) => None,
        (true, None) => return visit.answer(&phone, Stage::Agreement, Told::refused()),
        (true, Some(on_file)) => {
            let binding = Binding { purpose: Purpose::ECard, phone: &on_file, holder: &visit.holder };
            match binding.check(&phone.db, &new.code).await? {
                Ok(code) => Some(code),
                Err(refused) => return visit.answer(&phone, stage, Told::code(Problem::Code(refused), locale)),
            }
        }
    };
    let hash = password::hash_later(new.password).await?;
    // A face check is taken before the transaction begins: it has a connection of its own, and writers wait for each other.
    if !by_code && !take_passed(&phone.face, FacePurpose::ECard, id_number.as_str(), &headers).await? {
        return visit.answer(&phone, Stage::Agreement, Told::refused());
    }
    let mut transaction = db::write(&phone.db).await?;
    if let Some(code) = code
        && !code.take(&mut transaction).await?
    {
        return visit.answer(&phone, Stage::Agreement, Told::refused());
    }
    let issued = cards::issue(&mut transaction, &visit.account.id, &hash).await?;
    transaction.commit().await?;
    if issued {
        inbox::notify(&phone.db, &visit.account.id, &e_card_words::issued()).await?;
    }
    Ok(Redirect::to(PATH).into_response())
}
