//! What gives the electronic card a password: applying for it, and setting another one in place of one that was forgotten.
//! For both a person shows anew that it is them.

use askama::Template;
use axum::extract::{Extension, Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::visit::Visit;
use super::words::{self, obstacle_words, password_words};
use crate::accounts::{PhoneNumber, password};
use crate::cards::{self, Obstacle};
use crate::db;
use crate::face::{Claim, Purpose as FacePurpose};
use crate::pages::{Failure, Frame, Locale, page};
use crate::phone::Phone;
use crate::phone::face::{has_passed, send_to_check, take_passed};
use crate::records::inbox;
use crate::registration::{self, Problem};
use crate::serving::Connection;
use crate::sms_codes::{Binding, NotSent, Purpose};

/// Which of the two; the end of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// Applying for the card.
    Apply,
    /// Setting another password.
    Reset,
}

impl Errand {
    const fn path(self) -> &'static str {
        match self {
            Self::Apply => "/card/apply",
            Self::Reset => "/card/reset",
        }
    }

    const fn face(self) -> FacePurpose {
        match self {
            Self::Apply => FacePurpose::ECard,
            Self::Reset => FacePurpose::CardPassword,
        }
    }

    const fn code(self) -> Purpose {
        match self {
            Self::Apply => Purpose::ECard,
            Self::Reset => Purpose::CardPassword,
        }
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It cannot be done.
    Refused(Obstacle),
    /// There is no electronic card whose password could be set.
    NotIssued,
    /// The way to prove who it is is to be chosen, and for an application the agreement to be accepted.
    Beginning,
    /// The password is to be set, with the code that proves who it is if no face check has.
    Password { by_code: bool },
    /// There is an electronic card.
    Issued,
    /// The password has been set.
    Set,
}

#[derive(Template)]
#[template(path = "phone/e_card.html")]
struct ErrandPage<'a> {
    frame: Frame<'a>,
    errand: Errand,
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

impl ErrandPage<'_> {
    fn obstacle(&self, obstacle: &Obstacle) -> &'static str {
        let (zh, en) = obstacle_words(*obstacle);
        self.frame.say(zh, en)
    }

    fn agreement(&self) -> [&'static str; 3] {
        words::AGREEMENT.map(|(zh, en)| self.frame.say(zh, en))
    }
}

impl Visit {
    /// Where an errand ends before it has begun.
    async fn end(&self, phone: &Phone, errand: Errand) -> Result<Option<Stage>, Failure> {
        let issued = cards::has_e_card(&phone.db, &self.account.id).await?;
        match errand {
            Errand::Apply if issued => return Ok(Some(Stage::Issued)),
            Errand::Reset if !issued => return Ok(Some(Stage::NotIssued)),
            Errand::Apply | Errand::Reset => {}
        }
        Ok(cards::obstacle(&self.account, self.card.as_ref()).map(Stage::Refused))
    }

    async fn has_passed(&self, phone: &Phone, errand: Errand, headers: &HeaderMap) -> Result<bool, Failure> {
        Ok(has_passed(&phone.face, errand.face(), self.account.id_number.as_str(), headers).await?)
    }

    fn answer(&self, phone: &Phone, errand: Errand, stage: Stage, told: Told) -> Result<Response, Failure> {
        let masked = self.phone_on_file().as_ref().map(PhoneNumber::masked);
        let face_ready = phone.face.is_ready();
        let frame = self.frame(errand.path());
        page(told.status, &ErrandPage { frame, errand, stage, phone: masked, face_ready, told })
    }

    /// What is answered where there is nothing to prove: because it ends here, or the agreement has not been accepted.
    async fn not_begun(
        &self,
        phone: &Phone,
        errand: Errand,
        agreement: &Agreement,
    ) -> Result<Option<Response>, Failure> {
        if let Some(end) = self.end(phone, errand).await? {
            return self.ended(phone, errand, end).map(Some);
        }
        if errand == Errand::Apply && agreement.agreed.is_none() {
            let agreed = self.locale.pick("请先阅读并同意协议。", "Read and accept the agreement first.");
            let told = Told { agreed: Some(agreed), ..Told::refused() };
            return self.answer(phone, errand, Stage::Beginning, told).map(Some);
        }
        Ok(None)
    }

    fn ended(&self, phone: &Phone, errand: Errand, stage: Stage) -> Result<Response, Failure> {
        let status = if stage == Stage::Issued { StatusCode::OK } else { StatusCode::CONFLICT };
        self.answer(phone, errand, stage, Told { status, ..Told::default() })
    }
}

/// Answers `GET /card/{errand}`.
pub async fn show(
    State(phone): State<Phone>,
    Path(errand): Path<Errand>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let stage = match visit.end(&phone, errand).await? {
        Some(end) => end,
        None if visit.has_passed(&phone, errand, &headers).await? => Stage::Password { by_code: false },
        None => Stage::Beginning,
    };
    visit.answer(&phone, errand, stage, Told::default())
}

#[derive(Deserialize)]
pub struct Agreement {
    agreed: Option<String>,
}

/// Answers `POST /card/{errand}/face`: a face check proves who it is.
pub async fn check_face(
    State(phone): State<Phone>,
    Path(errand): Path<Errand>,
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
    let claim = Claim { id_number, known: true, proved_otherwise: errand == Errand::Apply };
    Ok(send_to_check(&phone.face, errand.face(), &claim, connection).await?)
}

/// Answers `POST /card/{errand}/code`: a code to the phone on file proves who it is.
pub async fn send_code(
    State(phone): State<Phone>,
    Path(errand): Path<Errand>,
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
    let binding = Binding { purpose: errand.code(), phone: &on_file, holder: &visit.holder };
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
    Path(errand): Path<Errand>,
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
        let (zh, en) = password_words(refused);
        return visit.answer(&phone, errand, stage, Told { password: Some(locale.pick(zh, en)), ..Told::refused() });
    }
    if new.password != new.repeat {
        return visit.answer(&phone, errand, stage, Told { repeat: Some(words::differ(locale)), ..Told::refused() });
    }
    let code = match (by_code, visit.phone_on_file()) {
        (false, _) => None,
        (true, None) => return visit.answer(&phone, errand, Stage::Beginning, Told::refused()),
        (true, Some(on_file)) => {
            let binding = Binding { purpose: errand.code(), phone: &on_file, holder: &visit.holder };
            match binding.check(&phone.db, &new.code).await? {
                Ok(code) => Some(code),
                Err(refused) => {
                    return visit.answer(&phone, errand, stage, Told::code(Problem::Code(refused), locale));
                }
            }
        }
    };
    let hash = password::hash_later(new.password).await?;
    // A face check is taken before the transaction begins: it has a connection of its own, and writers wait for each other.
    if !by_code && !take_passed(&phone.face, errand.face(), id_number.as_str(), &headers).await? {
        return visit.answer(&phone, errand, Stage::Beginning, Told::refused());
    }
    let mut transaction = db::write(&phone.db).await?;
    if let Some(code) = code
        && !code.take(&mut transaction).await?
    {
        return visit.answer(&phone, errand, Stage::Beginning, Told::refused());
    }
    let id = &visit.account.id;
    let (done, notice) = match errand {
        Errand::Apply => (cards::issue(&mut transaction, id, &hash).await?, words::issued()),
        Errand::Reset => (cards::set_password(&mut transaction, id, &hash).await?, words::password_changed()),
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
