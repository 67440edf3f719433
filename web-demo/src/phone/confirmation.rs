//! The confirmation: who asks, from where and when; then decline or confirm; then what came of it.

use askama::Template;
use axum::extract::{Form, FromRequestParts, Path};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use saoma_client::PhoneError;
use saoma_protocol::{Decision, ErrorCode, LoginId, Network};
use serde::Deserialize;
use url::Url;

use super::identity_choice::IdentityChoice;
use super::scan::refused;
use super::scan_error::{ScanError, SentForm};
use super::scanned_login::{ScannedLogin, path_of};
use super::sessions::PhoneSession;
use super::{Phone, requester};
use crate::pages::{Failure, Frame, Locale, has_script, page, shown};

/// Seconds until a confirm is repeated, if the gateway names none.
const RETRY_AFTER_SECONDS: u32 = 3;

/// The script that counts the seconds down, and repeats a confirm that the browser has to agree to.
const COUNTDOWN_SCRIPT: &str = "confirm-page.js";

#[derive(Template)]
#[template(path = "phone/confirmation.html")]
struct ConfirmationPage<'a> {
    frame: Frame<'a>,
    login: &'a ScannedLogin,
    host: String,
    choices: Vec<IdentityChoice>,
    question: Question<'a>,
    countdown_script: Option<&'static str>,
}

/// The question as it is asked: for the first time, or after an answer that is not enough.
#[derive(Clone, Copy, Default)]
struct Question<'a> {
    /// The identity that was chosen before; empty before a choice.
    chosen: &'a str,
    identity_missing: bool,
    /// The person has confirmed, and the browser has not agreed yet: seconds until it is worth asking again.
    retry_after: Option<u32>,
}

#[derive(Template)]
#[template(path = "phone/outcome.html")]
struct OutcomePage<'a> {
    frame: Frame<'a>,
    confirmed: bool,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    identity: String,
}

/// A login that this phone has scanned. As an extractor it answers requests for any other login.
pub(super) struct Confirmation {
    phone: Phone,
    session: PhoneSession,
    login: ScannedLogin,
    locale: Locale,
}

impl FromRequestParts<Phone> for Confirmation {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, phone: &Phone) -> Result<Self, Response> {
        let session = PhoneSession::from_request_parts(parts, phone).await?;
        let Ok(locale) = Locale::from_request_parts(parts, phone).await;
        let id = Path::<LoginId>::from_request_parts(parts, phone).await;
        let login = match id {
            Ok(Path(id)) => ScannedLogin::find(&phone.db, &session, id).await,
            Err(_) => Ok(None),
        };
        match login.map_err(|error| Failure::from(error).into_response())? {
            Some(login) => Ok(Self {
                phone: phone.clone(),
                session,
                login,
                locale,
            }),
            None => Err(ScanError::NotScanned
                .answer(locale, "/scan")
                .into_response()),
        }
    }
}

impl Confirmation {
    const fn id(&self) -> LoginId {
        self.login.context.login_id
    }

    fn gateway(&self) -> saoma_client::Phone {
        self.phone.gateway.phone_of(&self.session.access_token())
    }

    /// Asks for the decision.
    async fn page(&self, question: Question<'_>) -> Result<Response, Failure> {
        let path = path_of(self.id());
        let frame = Frame::phone(self.locale, &path);
        let context = &self.login.context;
        // An international name in its ASCII form: look-alike letters do not pass for others.
        let host = Url::parse(&context.client.origin);
        let host = host.map(|origin| origin.authority().to_owned());
        let (account_id, offered) = (&self.session.account_id, &context.identities);
        let choices = IdentityChoice::all(&self.phone.db, account_id, offered, self.locale);
        let asking = ConfirmationPage {
            frame,
            login: &self.login,
            host: host.unwrap_or_else(|_| context.client.origin.clone()),
            choices: choices.await?,
            question,
            countdown_script: has_script(COUNTDOWN_SCRIPT).then_some(COUNTDOWN_SCRIPT),
        };
        let status = if question.retry_after.is_some() {
            StatusCode::CONFLICT
        } else if question.identity_missing {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        let mut response = page(status, &asking)?;
        if let Some(seconds) = question.retry_after {
            // The page's script goes by it.
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        Ok(response)
    }

    /// Keeps the decision and sends the phone to the page that tells it, which can be reloaded without deciding again.
    async fn decided(
        self,
        decision: Result<Decision, PhoneError>,
        sent: SentForm<'_>,
    ) -> Result<Response, Failure> {
        let path = path_of(self.id());
        match decision {
            Ok(decision) => {
                let (db, id) = (&self.phone.db, self.id());
                ScannedLogin::decide(db, &self.session, id, decision.status).await?;
                Ok(Redirect::to(&path).into_response())
            }
            Err(PhoneError::Refused { problem, .. }) if problem.error == ErrorCode::NotAgreed => {
                let question = Question {
                    chosen: sent.identity,
                    retry_after: Some(problem.retry_after.unwrap_or(RETRY_AFTER_SECONDS)),
                    ..Question::default()
                };
                self.page(question).await
            }
            Err(error) => {
                let (phone, session) = (&self.phone, self.session);
                refused(phone, session, error, Some(&sent), self.locale, &path).await
            }
        }
    }
}

pub(super) async fn show(confirmation: Confirmation) -> Result<Response, Failure> {
    let (login, locale) = (&confirmation.login, confirmation.locale);
    let path = path_of(confirmation.id());
    match login.confirmed {
        Some(confirmed) => shown(&OutcomePage {
            frame: Frame::phone(locale, &path),
            confirmed,
        }),
        None if login.seconds_left == 0 => ScanError::Expired.answer(locale, &path),
        None => confirmation.page(Question::default()).await,
    }
}

/// Answers `POST /logins/{login_id}/confirm`. A login that this phone has not scanned and shown is not confirmed (threat T1).
pub(super) async fn confirm(
    confirmation: Confirmation,
    Form(choice): Form<Choice>,
) -> Result<Response, Failure> {
    if choice.identity.is_empty() {
        let question = Question {
            identity_missing: true,
            ..Question::default()
        };
        return confirmation.page(question).await;
    }
    let (id, identity) = (confirmation.id(), &choice.identity);
    let gateway = confirmation.gateway();
    // The page of a device shows its code, and its button says that the device shows the same.
    let decision = match confirmation.login.context.device {
        Some(_) => gateway.confirm_device(id, identity).await,
        None => gateway.confirm(id, identity).await,
    };
    let action = format!("{}/confirm", path_of(id));
    let sent = SentForm {
        action: &action,
        identity,
    };
    confirmation.decided(decision, sent).await
}

pub(super) async fn reject(confirmation: Confirmation) -> Result<Response, Failure> {
    let id = confirmation.id();
    let decision = confirmation.gateway().reject(id).await;
    let action = format!("{}/reject", path_of(id));
    let sent = SentForm {
        action: &action,
        identity: "",
    };
    confirmation.decided(decision, sent).await
}

impl ConfirmationPage<'_> {
    /// Returns true for the identity that is chosen when the page is shown.
    fn is_chosen(&self, choice: &IdentityChoice) -> bool {
        choice.id == self.question.chosen || (self.choices.len() == 1 && !choice.ended)
    }

    /// The browser's network, compared with this phone's; `None` if the two cannot be compared.
    const fn network(&self) -> Option<&'static str> {
        let texts = &self.frame.texts().phone;
        match self.login.context.network {
            Network::Same => Some(texts.network_same),
            Network::Different => Some(texts.network_different),
            Network::Unknown => None,
        }
    }

    fn place(&self) -> String {
        requester::place(&self.login.context.requester, self.frame.texts())
    }

    /// The time for which other sites may log the browser in, if any may.
    fn other_sites(&self) -> Option<String> {
        let texts = &self.frame.texts().phone;
        let minutes = self.login.context.session_lifetime?.div_ceil(60);
        Some(match minutes {
            0..120 => texts.minutes(minutes),
            120..2880 => texts.hours(minutes.div_ceil(60)),
            _ => texts.days(minutes.div_ceil(24 * 60)),
        })
    }

    fn browser(&self) -> String {
        let browser = requester::browser(&self.login.context.requester);
        browser.unwrap_or_else(|| self.frame.texts().phone.unknown.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use askama::NO_VALUES;
    use serde_json::{Value, json};

    use super::*;

    /// Renders the page of a scan with these members in place of the usual ones.
    fn rendered(locale: Locale, members: &[(&str, Value)], question: Question<'_>) -> String {
        let mut context = json!({
            "login_id": "0123456789ABCDEFGHJKMNPQ",
            "client": { "client_id": "hall", "name": "示例大厅", "origin": "https://hall.example" },
            "requester": { "address": "203.0.113.9", "place": "internet" },
            "network": "unknown",
            "requested_at": 1_790_000_000,
            "expires_in": 90,
            "person": "示例甲",
            "identities": [],
        });
        for (name, value) in members {
            context[name] = value.clone();
        }
        let login = ScannedLogin {
            context: serde_json::from_value(context).expect("a context"),
            requested_at: "2026-09-21 17:33:20".to_owned(),
            seconds_left: 80,
            confirmed: None,
        };
        let choice = |id: &str| IdentityChoice {
            id: id.to_owned(),
            words: id.to_owned(),
            detail: None,
            ended: false,
        };
        let page = ConfirmationPage {
            frame: Frame::phone(locale, "/logins/0123456789ABCDEFGHJKMNPQ"),
            login: &login,
            host: "hall.example".to_owned(),
            choices: ["personal", "unit:1"].map(choice).into(),
            question,
            countdown_script: None,
        };
        let rendered = page.render_with_values(NO_VALUES).expect("a page");
        rendered.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_login_that_is_good_at_other_sites_says_so_and_for_how_long() {
        let page = |locale, seconds: u64| {
            let page = rendered(
                locale,
                &[("session_lifetime", json!(seconds))],
                Question::default(),
            );
            page.rsplit_once("<p class=\"notice\">")
                .map(|(_, rest)| rest.split('<').next().unwrap_or_default().to_owned())
        };
        assert_eq!(
            page(Locale::Chinese, 28_800).as_deref(),
            Some("确认后 8 小时内，本服务的其他网站可直接以您的身份登录这台电脑，不再询问您。")
        );
        assert_eq!(
            page(Locale::English, 90 * 60).as_deref(),
            Some(
                "For 90 minutes after you confirm, other sites of this service can log that computer in as you without asking."
            )
        );
    }

    #[test]
    fn the_network_is_said_in_plain_words_and_an_unknown_place_without_an_address() {
        let network = |locale, network: &str| {
            let page = rendered(locale, &[("network", json!(network))], Question::default());
            let from = page.find("203.0.113.9").expect("the address");
            page[..from].rsplit("<dd>").next().unwrap_or("").to_owned()
        };
        let (chinese, english) = (Locale::Chinese, Locale::English);
        assert_eq!(network(chinese, "same"), "与本手机在同一网络 <small>");
        assert_eq!(
            network(chinese, "different"),
            "与本手机不在同一网络 <small>"
        );
        assert_eq!(
            network(english, "same"),
            "The same network as this phone <small>"
        );
        assert_eq!(
            network(english, "different"),
            "Another network than this phone’s <small>"
        );
        assert_eq!(network(english, "unknown"), "");
        let requester = json!({ "address": "203.0.113.9", "place": "unknown" });
        let page = rendered(english, &[("requester", requester)], Question::default());
        assert!(page.contains("<dd>unknown place</dd>"), "{page}");
        assert!(!page.contains("203.0.113.9"), "{page}");
    }

    /// RFC 8628 §5.4.
    #[test]
    fn the_page_of_a_device_shows_its_code_and_asks_for_a_comparison() {
        let device = [("device", json!({ "user_code": "WDJB-MJHT" }))];
        for (locale, button) in [
            (Locale::English, "Same code: confirm"),
            (Locale::Chinese, "代码一致，确认登录"),
        ] {
            let page = rendered(locale, &device, Question::default());
            assert!(
                page.contains("WDJB-MJHT") && page.contains(button),
                "{page}"
            );
            let browser = rendered(locale, &[], Question::default());
            assert!(!browser.contains(button), "{browser}");
        }
    }

    /// Row A16.
    #[test]
    fn a_confirm_before_the_computer_agrees_keeps_the_choice() {
        let asked = [("agree", json!(true))];
        let first = rendered(Locale::English, &asked, Question::default());
        assert!(first.contains("On the computer, press “Yes, that is me” first."));
        assert!(!first.contains("checked"), "{first}");
        assert!(!first.contains("data-confirms-again"), "{first}");
        let question = Question {
            chosen: "unit:1",
            retry_after: Some(3),
            ..Question::default()
        };
        let again = rendered(Locale::English, &asked, question);
        assert!(again.contains("<h1>Look at the computer</h1>"), "{again}");
        assert!(again.contains("data-confirms-again"), "{again}");
        assert!(again.contains(r#"value="unit:1" required checked>"#));
        assert!(!again.contains(r#"value="personal" required checked>"#));
        let known = rendered(Locale::English, &[], Question::default());
        assert!(!known.contains("On the computer, press"), "{known}");
    }
}
