//! Step 3: create the user.

use askama::Template;
use axum::Json;
use axum::extract::{Extension, Form, FromRequestParts, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{ACCEPT, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::{elsewhere, keep, keep_and_go, path_of, status_of, with_wait};
use crate::accounts::Account;
use crate::browsers::Origin;
use crate::host::Host;
use crate::pages::{Failure, Frame, Locale, Surface, has_script, page};
use crate::registration::{
    CredentialFields, Desk, Draft, Problem, Problems, Proof, Step, UserFields, masked_phone,
};
use crate::serving::Connection;
use crate::sms_codes::BETWEEN_CODES;

/// Sends codes and looks user names up without leaving the page.
const SCRIPT: &str = "register-page.js";

#[derive(Template)]
#[template(path = "registration/user.html")]
struct UserPage<'a> {
    frame: Frame<'a>,
    user: &'a UserFields,
    proof: Proof,
    face_check_page: Option<&'static str>,
    password_again: bool,
    code_notice: String,
    problems: &'a Problems,
    script: Option<&'static str>,
}

impl UserPage<'_> {
    fn problem(&self, field: &str) -> Option<String> {
        self.problems
            .of(field)
            .map(|problem| problem.text(self.frame.locale))
    }

    fn by_code(&self) -> bool {
        self.proof == Proof::SmsCode
    }

    /// The step's place in the stepper, from 1.
    fn place(&self) -> usize {
        if self.frame.surface == Surface::Portal {
            3
        } else {
            2
        }
    }

    fn phone_hint(&self) -> &'static str {
        let texts = &self.frame.texts().registration;
        if self.by_code() {
            texts.phone_hint
        } else {
            texts.any_phone_hint
        }
    }
}

/// All that the form has.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Typed {
    user_name: String,
    phone: String,
    email: String,
    qq: String,
    wechat: String,
    password: String,
    confirmation: String,
    code: String,
}

impl Typed {
    fn split(self) -> (UserFields, CredentialFields) {
        let Self {
            user_name,
            phone,
            email,
            qq,
            wechat,
            password,
            confirmation,
            code,
        } = self;
        (
            UserFields {
                user_name,
                phone,
                email,
                qq,
                wechat,
            },
            CredentialFields {
                password,
                confirmation,
                code,
            },
        )
    }
}

/// The draft of somebody who has come to this step. As an extractor it sends everybody else to theirs.
pub struct AtUser(pub Draft);

impl<H: Host> FromRequestParts<H> for AtUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &H) -> Result<Self, Response> {
        let draft = Draft::open(host.db(), &parts.headers, H::REGISTRATION_COOKIE).await;
        let draft = draft.map_err(IntoResponse::into_response)?;
        match elsewhere::<H>(&draft, Step::User) {
            Some(elsewhere) => Err(elsewhere),
            None => Ok(Self(draft)),
        }
    }
}

/// Keeps what was typed, but the password, for whoever leaves the page for another one.
///
/// # Errors
/// The database's.
pub async fn keep_typed<H: Host>(
    host: &H,
    draft: &mut Draft,
    typed: Typed,
    connection: Connection,
    response: Response,
) -> Result<Response, Failure> {
    (draft.data.user, _) = typed.split();
    keep(host, draft, connection, response).await
}

/// What the script is told.
#[derive(Serialize)]
struct ForScript {
    problem: Option<String>,
    /// The field that it belongs to.
    field: Option<&'static str>,
    notice: Option<String>,
    /// Seconds until the next code.
    wait: u32,
}

/// Answers `GET /register/user`.
pub async fn show<H: Host>(
    State(host): State<H>,
    Extension(connection): Extension<Connection>,
    AtUser(draft): AtUser,
    locale: Locale,
) -> Result<Response, Failure> {
    let proof = desk(&host, connection).proof(&draft).await?;
    answer(&host, locale, &draft, proof, &Problems::default())
}

/// Answers `POST /register/user`: the account is made.
pub async fn submit<H: Host>(
    State(host): State<H>,
    Extension(connection): Extension<Connection>,
    AtUser(mut draft): AtUser,
    headers: HeaderMap,
    locale: Locale,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let (user, credentials) = typed.split();
    draft.data.user = user;
    let desk = desk(&host, connection);
    let proof = desk.proof(&draft).await?;
    match desk.finish(&mut draft, &credentials, proof).await? {
        Ok(account_id) => {
            let mut response = Redirect::to(path_of(Step::Done, H::SURFACE)).into_response();
            if let Some(account) = Account::find(host.db(), &account_id).await? {
                let session = host
                    .log_in(account, connection, &Origin::of(connection, &headers))
                    .await?;
                response.headers_mut().append(SET_COOKIE, session);
            }
            keep(&host, &draft, connection, response).await
        }
        Err(problems) => {
            let proof = desk.proof(&draft).await?;
            let response = answer(&host, locale, &draft, proof, &problems)?;
            keep(&host, &draft, connection, response).await
        }
    }
}

/// Answers `POST /register/user/code`: a page, or JSON for the script.
pub async fn send_code<H: Host>(
    State(host): State<H>,
    Extension(connection): Extension<Connection>,
    AtUser(mut draft): AtUser,
    headers: HeaderMap,
    locale: Locale,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    (draft.data.user, _) = typed.split();
    let problems = desk(&host, connection)
        .send_code(&mut draft, locale)
        .await?;
    let for_script = headers
        .get(ACCEPT)
        .is_some_and(|accepted| accepted == "application/json");
    let response = if for_script {
        let field = ["phone", "code"]
            .into_iter()
            .find(|field| problems.of(field).is_some());
        let problem = field
            .and_then(|field| problems.of(field))
            .map(|problem| problem.text(locale));
        let sent = problem.is_none();
        let wait = problems
            .wait()
            .map_or(if sent { BETWEEN_CODES.interval } else { 0 }, |wait| wait.0);
        let answer = ForScript {
            problem,
            field,
            notice: code_notice(&draft, locale),
            wait,
        };
        (status_of(&problems), Json(answer)).into_response()
    } else if problems.is_empty() {
        Redirect::to(path_of(Step::User, H::SURFACE)).into_response()
    } else {
        answer(&host, locale, &draft, Proof::SmsCode, &problems)?
    };
    keep(&host, &draft, connection, response).await
}

/// Answers `POST /register/user/back`.
pub async fn back<H: Host>(
    State(host): State<H>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let mut draft = Draft::open(host.db(), &headers, H::REGISTRATION_COOKIE).await?;
    if draft.data.step() == Step::User {
        (draft.data.user, _) = typed.split();
    }
    keep_and_go(
        &host,
        &draft,
        connection,
        path_of(Step::Identity, H::SURFACE),
    )
    .await
}

/// What is being typed.
#[derive(Deserialize)]
pub struct UserNameQuery {
    #[serde(default)]
    user_name: String,
}

/// Answers `GET /register/user-name`: JSON for the script.
pub async fn check_user_name<H: Host>(
    State(host): State<H>,
    Extension(connection): Extension<Connection>,
    headers: HeaderMap,
    locale: Locale,
    Query(query): Query<UserNameQuery>,
) -> Result<Response, Failure> {
    let draft = Draft::open(host.db(), &headers, H::REGISTRATION_COOKIE).await?;
    // Nobody looks up who has an account without having said who they are.
    let Some(person) = &draft.data.person else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let problem: Option<Problem> = desk(&host, connection)
        .check_user_name(&query.user_name, person)
        .await?;
    let problem = problem.map(|problem| problem.text(locale));
    Ok(Json(ForScript {
        problem,
        field: Some("user_name"),
        notice: None,
        wait: 0,
    })
    .into_response())
}

fn desk<H: Host>(host: &H, connection: Connection) -> Desk<'_> {
    Desk {
        db: host.db(),
        registers: host.registers(),
        address: connection.peer,
    }
}

fn code_notice(draft: &Draft, locale: Locale) -> Option<String> {
    let sent_to = draft.data.code_sent_to.as_deref()?;
    Some(locale.texts().registration.code_sent(masked_phone(sent_to)))
}

fn answer<H: Host>(
    host: &H,
    locale: Locale,
    draft: &Draft,
    proof: Proof,
    problems: &Problems,
) -> Result<Response, Failure> {
    let code_notice = code_notice(draft, locale).unwrap_or_default();
    let user = UserPage {
        frame: Frame::new(H::SURFACE, locale, path_of(Step::User, H::SURFACE)),
        user: &draft.data.user,
        proof,
        face_check_page: host.face_check_page(),
        password_again: !problems.is_empty() || !code_notice.is_empty(),
        code_notice,
        problems,
        script: has_script(SCRIPT).then_some(SCRIPT),
    };
    Ok(with_wait(page(status_of(problems), &user)?, problems))
}
